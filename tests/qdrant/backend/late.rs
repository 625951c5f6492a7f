//! Late stages on the wire: multivectors, candidates by their ids, and the search with its scores in one call.

use std::path::Path;

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::vector_input::Variant as Input;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{Distance, MultiVectorComparator, QueryPoints, query};

use super::Place;

/// The built-in catalogue with the built-in model, on both backends; `late` are the settings of the late stage.
fn spec(place: &Place, late: &str) {
    let (url, rest) = (place.server.grpc_url(), place.server.rest_url());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("datasets/series-demo");
    let text = format!(
        "evalrun: 1
experiment: wire
question: is the server's MaxSim ours?
data: [{{ beir: {{ dir: '{}', name: demo }} }}]
models: {{ embedder: all-minilm-l6-v2, runtime: builtin }}
backends:
  local: local
  server: {{ qdrant: {{ url: '{url}', rest: '{rest}', indexing_timeout: 3 }} }}
index:
  vectors:
    body:   {{ text: [title, description] }}
    words:  {{ bm25: [title, description] }}
    tokens: {{ late: [title, description] }}
  quantization: binary
pipelines:
  late:
    - dense: {{ as: d, vector: body, limit: 10, exact: true }}
    - late:  {{ as: m, of: d, vector: tokens, {late} }}
  fused:
    - dense:  {{ as: d, vector: body, limit: 10, exact: true }}
    - sparse: {{ as: s, vector: words, limit: 10 }}
    - fuse:   {{ as: f, of: [d, s], method: rrf, limit: 12 }}
    - late:   {{ as: m, of: f, vector: tokens, {late} }}
measure: {{ quality: [nDCG@10], latency: {{ warmup: 1, passes: 1 }}, diagnose: false }}
sweep: {{ axes: {{ backend: [local, server], pipeline: [late, fused] }} }}
",
        data.display()
    );
    std::fs::write(place.path("spec.yaml"), text).unwrap();
}

fn multi(query: &QueryPoints) -> bool {
    let Some(query::Variant::Nearest(input)) = query.query.as_ref().and_then(|q| q.variant.as_ref()) else {
        return false;
    };
    matches!(&input.variant, Some(Input::MultiDense(rows)) if rows.vectors.len() > 1)
}

fn by_ids(query: &QueryPoints) -> Option<usize> {
    let filter = query.filter.as_ref()?;
    filter.must.iter().find_map(|c| match &c.condition_one_of {
        Some(ConditionOneOf::HasId(ids)) => Some(ids.has_id.len()),
        _ => None,
    })
}

#[test]
fn both_backends_give_the_same_and_the_server_is_held_against_max_sim() {
    let place = Place::new();
    spec(&place, "depth: 8");
    let run = place.run(&[]);
    assert!(run.output.status.success(), "{}", run.talk());
    assert_eq!(run.cells.len(), 4);
    let means: Vec<String> = run
        .table()
        .lines()
        .filter(|l| l.contains("late") || l.contains("fused"))
        .map(str::to_owned)
        .collect();
    assert!(!means.is_empty(), "{}", run.table());
    for cell in &run.cells {
        let parity = cell["outcome"]["measured"]["parity"].as_array();
        for stage in parity.into_iter().flatten() {
            assert_eq!(stage["equal"], stage["queries"], "{stage}");
        }
    }
    let checked = run
        .cells
        .iter()
        .filter_map(|c| c["outcome"]["measured"]["parity"].as_array())
        .flatten();
    assert_eq!(
        checked.filter(|p| p["stage"] == "m").count(),
        2,
        "both cells on the server"
    );
    let checks: Vec<String> = run.findings().into_iter().map(|(check, _)| check).collect();
    assert!(
        !checks
            .iter()
            .any(|c| c == "parity" || c == "timed-answers" || c == "effective"),
        "{checks:?}"
    );

    let created = place.server.creations();
    let Some(Config::ParamsMap(map)) = &created[0].vectors_config.as_ref().unwrap().config else {
        panic!("named vectors")
    };
    let tokens = &map.map["tokens"];
    assert_eq!((tokens.size, tokens.distance()), (384, Distance::Dot));
    assert_eq!(
        tokens.multivector_config.unwrap().comparator(),
        MultiVectorComparator::MaxSim
    );
    assert_eq!(tokens.hnsw_config.unwrap().m, Some(0));
    // Codes are those of the dense vector alone.
    assert!(tokens.quantization_config.is_none() && map.map["body"].quantization_config.is_some());
    assert!(created[0].quantization_config.is_none());

    // A stage less deep than its list: the candidates go by their ids, and each call scores so many.
    let asked: Vec<QueryPoints> = place.server.queries().into_iter().filter(multi).collect();
    assert!(!asked.is_empty());
    for query in &asked {
        // Fewer where a query's filter leaves fewer.
        assert!(by_ids(query).is_some_and(|n| n <= 8), "{:?}", by_ids(query));
        assert_eq!(query.params.as_ref().unwrap().exact, Some(true));
        assert!(query.prefetch.is_empty());
    }
}

#[test]
fn a_stage_as_deep_as_its_list_is_timed_as_one_call() {
    let place = Place::new();
    spec(&place, "depth: 12");
    let run = place.run(&[]);
    assert!(run.output.status.success(), "{}", run.talk());
    let checks: Vec<String> = run.findings().into_iter().map(|(check, _)| check).collect();
    assert!(
        !checks.iter().any(|c| c == "parity" || c == "timed-answers"),
        "{checks:?}"
    );
    let (at_once, apart): (Vec<QueryPoints>, Vec<QueryPoints>) = place
        .server
        .queries()
        .into_iter()
        .filter(multi)
        .partition(|q| !q.prefetch.is_empty());
    assert!(apart.iter().all(|q| by_ids(q).is_some()));
    assert!(!at_once.is_empty() && !apart.is_empty());
    let call = &at_once[0];
    assert_eq!(call.prefetch[0].using.as_deref(), Some("body"));
    assert_eq!(
        (call.using.as_deref(), call.prefetch[0].limit),
        (Some("tokens"), Some(10))
    );
    // Behind a fusion, whose equal scores the server would cut in its own order, the candidates go by their ids.
    assert!(at_once.iter().all(|q| q.prefetch[0].prefetch.is_empty()));
}
