//! What the harness itself costs per query: a mock backend and a mock embedder answer at once, so all that is left is the
//! runner's own work. The figure to stay under is 10 µs.

#[path = "../tests/manifest/mod.rs"]
mod manifest;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use evalrun::backend::Backend;
use evalrun::backend::mock::MockBackend;
use evalrun::dataset::{Dataset, Doc, Qrels, Query};
use evalrun::filter::Payload;
use evalrun::hit::Hit;
use evalrun::models::mock::HashEmbedder;
use evalrun::plan::{Catalog, KnownModel, LatencyPlan, Plan, load};
use evalrun::progress::Silent;
use evalrun::runner::clock::Monotonic;
use evalrun::runner::{LiveModels, Runner};
use evalrun::store::{Bundle, BundleWriter, Manifest, Outcome};
use manifest::manifest;

const DOCS: usize = 1000;
const QUERIES: usize = 1000;
const HITS: u32 = 100;

const SPEC: &str = "evalrun: 1
experiment: overhead
question: what does the harness cost?
data: [{ beir: data }]
models: { embedder: hash }
index: { vectors: { body: { text: [text] } } }
pipelines:
  dense:
    - dense: { as: d, vector: body, limit: 100 }
measure: { quality: [success@1] }
";

fn dataset() -> Dataset {
    let doc = |i: usize| Doc {
        id: format!("d{i:05}"),
        fields: BTreeMap::from([("text".to_owned(), format!("thing {i}"))]),
        metadata: Payload::new(),
    };
    let query = |i: usize| Query {
        id: format!("q{i:05}"),
        text: "a query of eight words or thereabouts, say".to_owned(),
        filter: None,
        metadata: Payload::new(),
    };
    let judged = |i: usize| (format!("q{i:05}"), BTreeMap::from([("d00001".to_owned(), 1)]));
    Dataset {
        name: "data".into(),
        split: "test".into(),
        docs: (0..DOCS).map(doc).collect(),
        queries: (0..QUERIES).map(query).collect(),
        qrels: Qrels {
            by_query: (0..QUERIES).map(judged).collect(),
            ..Qrels::default()
        },
        vectors: BTreeMap::new(),
        unjudged_queries: 0,
        files: Vec::new(),
    }
}

fn plan(dir: &Path) -> Plan {
    // The plan looks for the folder; the data come from memory.
    std::fs::create_dir_all(dir.join("data")).expect("scratch folder");
    std::fs::write(
        dir.join("data").join("corpus.jsonl"),
        "{\"_id\": \"d\", \"text\": \"t\"}\n",
    )
    .expect("scratch file");
    let spec = dir.join("spec.yaml");
    std::fs::write(&spec, SPEC).expect("scratch file");
    let mut catalog = Catalog::of_folders(&[]).expect("no folder to read");
    catalog.embedders = vec![KnownModel {
        name: "hash".into(),
        builtin: true,
    }];
    load(&spec, &catalog, &[]).expect("the spec above is right").plan
}

/// Wall time of `passes` timed passes over all queries, as the runner itself records it.
fn timed(dir: &Path, plan: &Plan, data: &BTreeMap<String, Dataset>, passes: usize, run: u64) -> Duration {
    let mut plan = plan.clone();
    plan.measure.latency = Some(LatencyPlan {
        quantiles: vec![50.0],
        warmup: 10,
        passes,
        workers: 1,
    });
    let hit = |i: u32| Hit {
        point: HITS - i,
        score: 1.0 - i as f32 / HITS as f32,
    };
    let mock = MockBackend {
        answers: BTreeMap::from([("d".to_owned(), (0..HITS).map(hit).collect())]),
        ..MockBackend::default()
    };
    let backends: BTreeMap<String, Box<dyn Backend>> =
        BTreeMap::from([("local".to_owned(), Box::new(mock) as Box<dyn Backend>)]);
    let embedder = HashEmbedder::new(384);
    let manifest = Manifest {
        run_id: format!("run-{run}"),
        ..manifest("overhead")
    };
    let mut bundle = BundleWriter::create(dir, &manifest, SPEC, &plan).expect("a new bundle");
    bundle.data(data).expect("writable");
    Runner {
        limits: Default::default(),
        plan: &plan,
        datasets: data,
        tuning: &BTreeMap::new(),
        backends: &backends,
        models: LiveModels {
            embedder: Some(&embedder),
            reranker: None,
        },
        cache: &dir.join("cache"),
        clock: &Monotonic::start(),
        watch: &Silent,
    }
    .run(&mut bundle)
    .expect("the mock answers");
    let path = bundle.finish(&manifest, data).expect("writable");
    let bundle = Bundle::open(&path).expect("just written");
    match &bundle.cells[0].outcome {
        Outcome::Measured(measured) => {
            Duration::from_nanos(measured.timing.as_ref().expect("timing was asked for").wall_ns)
        }
        other => panic!("{other:?}"),
    }
}

fn overhead(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("scratch folder");
    let plan = plan(dir.path());
    let data = BTreeMap::from([("data".to_owned(), dataset())]);
    let mut run = 0;
    c.bench_function("harness/query", |b| {
        b.iter_custom(|queries| {
            run += 1;
            let passes = (queries as usize).div_ceil(QUERIES);
            let wall = timed(dir.path(), &plan, &data, passes, run);
            black_box(wall).mul_f64(queries as f64 / (passes * QUERIES) as f64)
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = overhead
}
criterion_main!(benches);
