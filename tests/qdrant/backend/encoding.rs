//! What is sent: collections, points and queries as the protocol wants them.

use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{Distance, Modifier, query};

use super::Place;

const HYBRID: &str = "
index:
  vectors: { v: { precomputed: vector } }
  graph: { hnsw: { m: 8, ef_construct: 32 } }
  quantization: { binary: { query: eight_bits, bits: 2 } }
  payload: [half, tenth]
pipelines:
  fused:
    - dense: { as: a, vector: v, limit: 20, ef: 77, oversampling: 3 }
    - dense: { as: b, vector: v, limit: 30, exact: true }
    - fuse:  { as: f, of: [a, b], method: { rrf: { k: 60 } }, limit: 10 }
measure: { quality: [knn_recall@10], diagnose: false }
sweep: { axes: { backend: [server] } }
";

#[test]
fn a_collection_is_made_as_the_spec_says_and_carries_its_maker_s_mark() {
    let place = Place::new();
    place.spec(", payload_m: 4, on_disk: true", HYBRID);
    let run = place.run(&["--no-timing"]);
    assert!(run.output.status.success(), "{}", run.talk());
    let [created] = &place.server.creations()[..] else {
        panic!("one collection")
    };
    assert!(created.collection_name.starts_with("evalrun-"));
    assert!(created.metadata.contains_key("evalrun"));
    let graph = created.hnsw_config.unwrap();
    assert_eq!((graph.m, graph.ef_construct), (Some(8), Some(32)));
    assert_eq!((graph.full_scan_threshold, graph.payload_m), (Some(10), Some(4)));
    assert_eq!(created.optimizers_config.unwrap().indexing_threshold, Some(1));
    let Some(Config::ParamsMap(map)) = &created.vectors_config.as_ref().unwrap().config else {
        panic!("named vectors")
    };
    assert_eq!(
        (map.map["v"].size, map.map["v"].distance()),
        (16, Distance::Cosine)
    );
    let codes = format!("{:?}", created.quantization_config);
    assert!(
        codes.contains("encoding: Some(TwoBits)") && codes.contains("Scalar8Bits"),
        "{codes}"
    );
    let points: usize = place.server.upserts().iter().map(|u| u.points.len()).sum();
    assert_eq!(points, 1200);
    let indexes = place
        .server
        .requests()
        .iter()
        .map(|r| r.method().to_owned())
        .collect::<Vec<_>>();
    let first = |what: &str| indexes.iter().position(|m| m == what).unwrap();
    assert!(
        first("points/create_field_index") < first("points/upsert"),
        "the graph is built with them"
    );
}

#[test]
fn a_fused_pipeline_is_one_call_with_our_k_as_the_server_s() {
    let place = Place::new();
    place.spec("", HYBRID);
    assert!(place.run(&["--no-timing"]).output.status.success());
    let fused = place
        .server
        .queries()
        .into_iter()
        .find(|q| !q.prefetch.is_empty())
        .unwrap();
    let Some(query::Variant::Rrf(rrf)) = fused.query.unwrap().variant else {
        panic!("a fusion of ranks")
    };
    assert_eq!((rrf.k, rrf.weights.len()), (Some(61), 0));
    let [a, b] = &fused.prefetch[..] else {
        panic!("two lists")
    };
    let params = a.params.clone().unwrap();
    assert_eq!(
        (a.limit, params.hnsw_ef, params.exact),
        (Some(20), Some(77), Some(false))
    );
    let codes = params.quantization.unwrap();
    assert_eq!((codes.rescore, codes.oversampling), (Some(true), Some(3.0)));
    assert_eq!((b.limit, b.params.clone().unwrap().exact), (Some(30), Some(true)));
    // Of a list alone one hit more is asked for, and no candidate more.
    let by_code = |q: &qdrant_client::qdrant::QueryPoints| {
        let codes = q.params.as_ref().and_then(|p| p.quantization.as_ref());
        codes.filter(|_| q.limit == Some(21)).and_then(|c| c.oversampling)
    };
    let oversampling = place.server.queries().iter().find_map(by_code).unwrap();
    assert_eq!((oversampling * 21.0) as usize, 60);
    // One more than asked for, to see whether equal scores stand on both sides of the end.
    assert_eq!(fused.limit, Some(11));
}

#[test]
fn words_are_sparse_vectors_whose_frequencies_the_server_counts() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("tiny/qrels")).unwrap();
    let corpus = "{\"_id\": \"a\", \"title\": \"red apple\"}\n{\"_id\": \"b\", \"title\": \"green pear\"}\n{\"_id\": \"c\", \"title\": \"\"}\n";
    std::fs::write(place.path("tiny/corpus.jsonl"), corpus).unwrap();
    std::fs::write(
        place.path("tiny/queries.jsonl"),
        "{\"_id\": \"q\", \"text\": \"apple\"}\n",
    )
    .unwrap();
    std::fs::write(
        place.path("tiny/qrels/test.tsv"),
        "query-id\tcorpus-id\tscore\nq\ta\t1\n",
    )
    .unwrap();
    let (url, rest) = (place.server.grpc_url(), place.server.rest_url());
    let spec = format!(
        "evalrun: 1
experiment: wire
question: words?
data: [{{ beir: tiny }}]
backends: {{ server: {{ qdrant: {{ url: '{url}', rest: '{rest}' }} }} }}
index: {{ vectors: {{ words: {{ bm25: title }} }} }}
pipelines: {{ words: [ {{ sparse: {{ as: s, vector: words, limit: 2 }} }} ] }}
measure: {{ quality: [success@1] }}
"
    );
    std::fs::write(place.path("spec.yaml"), spec).unwrap();
    let run = place.run(&["--no-timing"]);
    assert!(run.output.status.success(), "{}", run.talk());
    let created = &place.server.creations()[0];
    let words = &created.sparse_vectors_config.as_ref().unwrap().map["words"];
    assert_eq!(words.modifier(), Modifier::Idf);
    let parity = &run.cells[0]["outcome"]["measured"]["parity"][0];
    assert_eq!(
        (&parity["equal"], &parity["queries"]),
        (&1.into(), &1.into()),
        "{:?}",
        run.findings()
    );
}
