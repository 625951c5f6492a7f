//! A fusion of two lists in a whole run: weights that are tuned (which queries are asked for it, what is found, and that all
//! of the run uses it), and what equal weights do, which make ties.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

mod manifest;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use evalrun::backend::local::LocalBackend;
use evalrun::backend::{
    Backend, BackendError, BackendInfo, Index, IndexStats, Points, Request, Searcher, StageAnswer,
    Unsupported,
};
use evalrun::dataset::{Dataset, load as load_data};
use evalrun::evaluate::{CellNumbers, CellState, evaluate};
use evalrun::pipeline::{Fusion, IndexConfig, Pipeline, StageKind};
use evalrun::plan::{Catalog, load};
use evalrun::progress::Silent;
use evalrun::runner::clock::Monotonic;
use evalrun::runner::{LiveModels, Runner};
use evalrun::store::{Bundle, BundleWriter};
use manifest::manifest;

/// What was asked: the query's filter, which names it, and how many stages.
type Log = Arc<Mutex<Vec<(String, usize)>>>;

/// The embedded engine, and a list of what it was asked.
struct Listening(Log);

struct ListeningIndex(Box<dyn Index>, Log);

struct ListeningSearcher<'a>(Box<dyn Searcher + 'a>, Log);

impl Backend for Listening {
    fn info(&self) -> Result<BackendInfo, BackendError> {
        LocalBackend.info()
    }

    fn check(&self, index: &IndexConfig, pipeline: &Pipeline) -> Result<(), Unsupported> {
        LocalBackend.check(index, pipeline)
    }

    fn build(&self, index: &IndexConfig, points: &Points<'_>) -> Result<Box<dyn Index>, BackendError> {
        Ok(Box::new(ListeningIndex(
            LocalBackend.build(index, points)?,
            self.0.clone(),
        )))
    }
}

impl Index for ListeningIndex {
    fn stats(&self) -> Result<IndexStats, BackendError> {
        self.0.stats()
    }

    fn searcher(&self) -> Result<Box<dyn Searcher + '_>, BackendError> {
        Ok(Box::new(ListeningSearcher(self.0.searcher()?, self.1.clone())))
    }
}

impl Searcher for ListeningSearcher<'_> {
    fn search(&mut self, request: &Request<'_>) -> Result<Vec<StageAnswer>, BackendError> {
        let filter = serde_json::to_string(&request.filter).unwrap();
        let names = ["1001", "1002", "2001", "2002"];
        let name = names
            .into_iter()
            .find(|name| filter.contains(name))
            .unwrap_or("?");
        self.1
            .lock()
            .unwrap()
            .push((name.to_owned(), request.stages.len()));
        self.0.search(request)
    }
}

/// Two documents with their words the other way round. `split` → (query, text, limit of its filter, right document).
const QUERIES: [(&str, &str, &str, &str, &str); 4] = [
    ("tune", "t1", "lamp", "1001", "d1"),
    ("tune", "t2", "fuse", "1002", "d2"),
    ("test", "q1", "the lamp", "2001", "d1"),
    ("test", "q2", "the fuse", "2002", "d2"),
];

fn write_data(dir: &Path) {
    std::fs::create_dir_all(dir.join("qrels")).unwrap();
    let corpus = "{\"_id\": \"d1\", \"title\": \"lamp\", \"text\": \"fuse\", \"metadata\": {\"price\": 1}}\n\
                  {\"_id\": \"d2\", \"title\": \"fuse\", \"text\": \"lamp\", \"metadata\": {\"price\": 2}}\n";
    std::fs::write(dir.join("corpus.jsonl"), corpus).unwrap();
    let query = |(_, id, text, limit, _): &(&str, &str, &str, &str, &str)| {
        format!(
            "{{\"_id\": \"{id}\", \"text\": \"{text}\", \"metadata\": {{\"filter\": {{\"must\": [{{\"key\": \"price\", \
             \"range\": {{\"lt\": {limit}}}}}]}}}}}}\n"
        )
    };
    std::fs::write(
        dir.join("queries.jsonl"),
        QUERIES.iter().map(query).collect::<String>(),
    )
    .unwrap();
    for split in ["tune", "test"] {
        let of_split = QUERIES.iter().filter(|q| q.0 == split);
        let qrels: String = of_split
            .map(|(_, id, _, _, right)| format!("{id}\t{right}\t1\n"))
            .collect();
        std::fs::write(dir.join(format!("qrels/{split}.tsv")), qrels).unwrap();
    }
}

const SPEC: &str = "evalrun: 1
experiment: tuning
question: Which list is right?
data: [{ beir: data }]
models: {}
index:
  vectors:
    titles: { bm25: [title] }
    texts:  { bm25: [text] }
  payload: [price]
pipelines:
  both:
    - sparse: { as: a, vector: titles, limit: 10 }
    - sparse: { as: b, vector: texts, limit: 10 }
    - fuse:
        as: f
        of: [a, b]
        method: { rrf: { k: 60, weights: { tune: { split: tune, measure: success@1, step: 0.5 } } } }
        limit: 10
measure:
  quality: [success@1, RR]
  latency: { warmup: 1, passes: 1 }
";

/// What was asked, the bundle, and the numbers of its one cell.
struct Ran {
    asked: Vec<(String, usize)>,
    bundle: Bundle,
    numbers: CellNumbers,
    /// Of every value that `queries.parquet` would have.
    policies: BTreeSet<&'static str>,
    _dir: tempfile::TempDir,
}

/// Runs the spec above.
fn run(spec_text: &str) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    write_data(&dir.path().join("data"));
    let spec = dir.path().join("spec.yaml");
    std::fs::write(&spec, spec_text).unwrap();
    let plan = load(&spec, &Catalog::of_folders(&[]).unwrap(), &[]).unwrap().plan;
    let source = &plan.data[0].kind;
    let data = load_data("data", source, &Silent).unwrap();
    let mut tune = load_data("data", &source.with_split("tune").unwrap(), &Silent).unwrap();
    tune.docs = Vec::new();
    let datasets: BTreeMap<String, Dataset> = BTreeMap::from([("data".into(), data)]);
    let log = Log::default();
    let backends: BTreeMap<String, Box<dyn Backend>> = BTreeMap::from([(
        "local".into(),
        Box::new(Listening(log.clone())) as Box<dyn Backend>,
    )]);
    let mut bundle = BundleWriter::create(dir.path(), &manifest("tuning"), spec_text, &plan).unwrap();
    bundle.data(&datasets).unwrap();
    let runner = Runner {
        limits: Default::default(),
        plan: &plan,
        datasets: &datasets,
        tuning: &BTreeMap::from([(("data".into(), "tune".into()), tune)]),
        backends: &backends,
        models: LiveModels {
            embedder: None,
            reranker: None,
        },
        cache: &dir.path().join("cache"),
        clock: &Monotonic::start(),
        watch: &Silent,
    };
    runner.run(&mut bundle).unwrap();
    let path = bundle.finish(&manifest("tuning"), &datasets).unwrap();
    let bundle = Bundle::open(&path).unwrap();
    let evaluation = evaluate(&bundle).unwrap();
    let CellState::Ok(numbers) = evaluation.cells[0].state.clone() else {
        panic!("the cell ran");
    };
    let asked = log.lock().unwrap().clone();
    Ran {
        asked,
        bundle,
        policies: evaluation.query_values().iter().map(|v| v.tie).collect(),
        numbers: *numbers,
        _dir: dir,
    }
}

#[test]
fn the_tuning_queries_are_asked_once_and_before_all_others() {
    let Ran { asked, numbers, .. } = run(SPEC);
    // Two lists and no fusion for tuning; then the quality pass, one query to warm up and the timed pass.
    let expected = [
        ("1001", 2),
        ("1002", 2),
        ("2001", 3),
        ("2002", 3),
        ("2001", 3),
        ("2001", 3),
        ("2002", 3),
    ];
    let asked: Vec<(&str, usize)> = asked
        .iter()
        .map(|(name, stages)| (name.as_str(), *stages))
        .collect();
    assert_eq!(asked, expected);
    assert!(
        numbers
            .quality
            .iter()
            .all(|q| q.per_query.keys().eq(["q1", "q2"]))
    );
}

#[test]
fn the_weights_found_are_kept_and_used() {
    let Ran {
        bundle,
        numbers,
        _dir,
        ..
    } = run(SPEC);
    let [tuned] = numbers.measured.tuned.as_slice() else {
        panic!("{:?}", numbers.measured.tuned)
    };
    // Titles are right for both queries. With even weights the two documents tie, and the larger id is right once.
    let curve: Vec<(f64, f64)> = tuned.curve.iter().map(|p| (p.weights[0], p.score)).collect();
    assert_eq!(curve, [(1.0, 1.0), (0.5, 0.5), (0.0, 0.0)]);
    assert_eq!(
        (tuned.weights.as_slice(), tuned.score, tuned.queries),
        (&[1.0, 0.0][..], 1.0, 2)
    );
    assert_eq!(
        numbers.tuned,
        [Some(1.0)],
        "the same measure on the queries measured"
    );
    let StageKind::Fuse(fuse) = &bundle.plan.cells[0].pipeline.stages[2].kind else {
        panic!("the third stage is the fusion");
    };
    let weights = vec![1.0, 0.0];
    assert_eq!(fuse.method, Fusion::Rrf { k: 60.0, weights });
    let mut scores = Vec::new();
    bundle
        .for_each_trace(|trace| {
            scores.push((
                trace.query,
                trace.stages[2].docs.clone(),
                trace.stages[2].scores.clone(),
            ))
        })
        .unwrap();
    let list = |query: &str, docs: [&str; 2]| {
        let first = (1.0_f64 / 61.0) as f32;
        (
            query.to_owned(),
            docs.map(str::to_owned).to_vec(),
            vec![first, 0.0],
        )
    };
    assert_eq!(scores, [list("q1", ["d1", "d2"]), list("q2", ["d2", "d1"])]);
    // Timed answers equal those of the quality pass, so they were fused with the same weights; two queries are few.
    let checks: Vec<&str> = numbers
        .measured
        .findings
        .iter()
        .map(|f| f.check.as_str())
        .collect();
    assert!(
        checks.contains(&"tuning") && !checks.contains(&"timed-answers"),
        "{checks:?}"
    );
}

/// The spec above with even weights, under a policy for ties.
fn even(tie: &str) -> Ran {
    let tuned = "{ tune: { split: tune, measure: success@1, step: 0.5 } }";
    assert!(SPEC.contains(tuned));
    let spec = SPEC.replace(tuned, "[0.5, 0.5]");
    run(&spec.replace("  quality:", &format!("  tie: {tie}\n  quality:")))
}

#[test]
fn two_documents_that_tie_are_each_first_in_one_order() {
    // Each of the two lists has another document first, so that both have 0.5 / 61.
    let per_query = |ran: &Ran| -> Vec<f64> { ran.numbers.quality[0].per_query.values().copied().collect() };
    let (docid, expected) = (even("docid"), even("expected"));
    assert_eq!(
        per_query(&docid),
        [0.0, 1.0],
        "the larger id is first, which is right for q2"
    );
    assert_eq!(per_query(&expected), [0.5, 0.5]);
    for ran in [&docid, &expected] {
        let ties = ran.numbers.quality[0].ties.unwrap();
        assert_eq!((ties.least, ties.expected, ties.greatest), (0.0, Some(0.5), 1.0));
        assert_eq!(
            ties.cut,
            Some(1.0),
            "the tie lies across the first place in both queries"
        );
    }
    assert_eq!(docid.policies, BTreeSet::from(["docid"]));
    assert_eq!(expected.policies, BTreeSet::from(["expected"]));
    // `RR` has no cut-off: 1 or 1/2, 3/4 in the mean.
    let rr = expected.numbers.quality[1].ties.unwrap();
    assert_eq!(
        (rr.least, rr.expected, rr.greatest, rr.cut),
        (0.5, Some(0.75), 1.0, None)
    );
    assert_eq!(expected.numbers.quality[1].mean, Some(0.75));
}
