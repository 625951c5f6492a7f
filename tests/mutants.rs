//! Every check against silent wrong numbers, held against a backend with exactly that fault, and against an honest one.
//!
//! The faulty backend wraps the embedded one and spoils one thing. A check that does not fire on its mutant, or fires on the
//! honest backend, is worth nothing.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

mod manifest;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use evalrun::backend::local::LocalBackend;
use evalrun::backend::{
    Backend, BackendError, BackendInfo, Index, IndexStats, Points, Request, Searcher, StageAnswer,
    Unsupported,
};
use evalrun::dataset::{Dataset, Source, load as load_data};
use evalrun::evaluate::{CellState, Evaluation, evaluate};
use evalrun::filter::Filter;
use evalrun::models::mock::HashEmbedder;
use evalrun::pipeline::{Graph, IndexConfig, Pipeline, Stage, StageKind, Strategy};
use evalrun::plan::{Catalog, KnownModel, Loaded, load};
use evalrun::progress::Silent;
use evalrun::runner::clock::Monotonic;
use evalrun::runner::{LiveModels, Runner};
use evalrun::store::{Bundle, BundleWriter, Severity};
use manifest::manifest;

/// What a backend does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Searches without any filter.
    DropsFilter,
    /// Builds no graph, whatever is asked for.
    BuildsNoGraph,
    /// Searches with one beam width, whatever is asked for.
    IgnoresEf,
    /// Answers worst first.
    ReversesOrder,
    /// Returns its best hit twice.
    RepeatsHit,
    /// Loses a document.
    LosesPoint,
    /// Gives another answer every time.
    Unstable,
}

struct Mutant(Fault);

struct MutantIndex {
    inner: Box<dyn Index>,
    fault: Fault,
}

struct MutantSearcher<'a> {
    inner: Box<dyn Searcher + 'a>,
    fault: Fault,
    calls: usize,
}

impl Backend for Mutant {
    fn info(&self) -> Result<BackendInfo, BackendError> {
        LocalBackend.info()
    }

    fn check(&self, index: &IndexConfig, pipeline: &Pipeline) -> Result<(), Unsupported> {
        LocalBackend.check(index, pipeline)
    }

    fn build(&self, index: &IndexConfig, points: &Points<'_>) -> Result<Box<dyn Index>, BackendError> {
        let mut index = index.clone();
        if self.0 == Fault::BuildsNoGraph {
            index.graph = Graph::Exact;
        }
        Ok(Box::new(MutantIndex {
            inner: LocalBackend.build(&index, points)?,
            fault: self.0,
        }))
    }
}

impl Index for MutantIndex {
    fn stats(&self) -> Result<IndexStats, BackendError> {
        let mut stats = self.inner.stats()?;
        if self.fault == Fault::LosesPoint {
            stats.points -= 1;
        }
        Ok(stats)
    }

    fn searcher(&self) -> Result<Box<dyn Searcher + '_>, BackendError> {
        Ok(Box::new(MutantSearcher {
            inner: self.inner.searcher()?,
            fault: self.fault,
            calls: 0,
        }))
    }
}

impl Searcher for MutantSearcher<'_> {
    fn search(&mut self, request: &Request<'_>) -> Result<Vec<StageAnswer>, BackendError> {
        self.calls += 1;
        let stages: Vec<Stage> = request.stages.iter().map(|s| self.spoilt(s)).collect();
        let mut request = Request {
            stages: &stages,
            ..request.clone()
        };
        if self.fault == Fault::DropsFilter {
            request.filter = None;
        }
        let mut answers = self.inner.search(&request)?;
        for answer in &mut answers {
            match self.fault {
                Fault::ReversesOrder => answer.hits.reverse(),
                Fault::RepeatsHit => answer.hits.insert(0, answer.hits[0]),
                Fault::Unstable if self.calls.is_multiple_of(2) => {
                    answer.hits.remove(0);
                }
                _ => {}
            }
        }
        Ok(answers)
    }
}

impl MutantSearcher<'_> {
    fn spoilt(&self, stage: &Stage) -> Stage {
        let mut stage = stage.clone();
        if let StageKind::Dense(dense) = &mut stage.kind {
            match self.fault {
                Fault::IgnoresEf => dense.ef = 16,
                Fault::DropsFilter => dense.filter.strategy = Strategy::Ignore,
                _ => {}
            }
        }
        stage
    }
}

/// 60 documents with a price each and 8 queries, of which every other one has a filter on it.
fn write_data(dir: &Path) {
    let words = [
        "red", "green", "blue", "round", "square", "flat", "heavy", "light", "old", "new",
    ];
    let word = |i: usize| words[i % words.len()];
    let doc = |i: usize| {
        let text = format!("{} {} {} thing{}", word(i), word(i / 3 + 1), word(i * 7 / 5), i);
        format!("{{\"_id\": \"d{i:02}\", \"text\": \"{text}\", \"metadata\": {{\"price\": {i}}}}}\n")
    };
    let query = |i: usize| {
        let filter = match i % 2 {
            0 => "",
            _ => ", \"metadata\": {\"filter\": {\"must\": [{\"key\": \"price\", \"range\": {\"lt\": 45}}]}}",
        };
        format!(
            "{{\"_id\": \"q{i}\", \"text\": \"{} {}\"{filter}}}\n",
            word(i),
            word(i + 3)
        )
    };
    let qrels: String = (0..8).map(|i| format!("q{i}\td{:02}\t1\n", i * 3)).collect();
    std::fs::create_dir_all(dir.join("qrels")).unwrap();
    std::fs::write(dir.join("corpus.jsonl"), (0..60).map(doc).collect::<String>()).unwrap();
    std::fs::write(dir.join("queries.jsonl"), (0..8).map(query).collect::<String>()).unwrap();
    std::fs::write(dir.join("qrels").join("test.tsv"), qrels).unwrap();
}

const SPEC: &str = "evalrun: 1
experiment: mutants
question: does every check fire?
data: [{ beir: data }]
models: { embedder: hash }
index:
  vectors:
    body: { text: [text] }
  graph: { hnsw: { m: 4, ef_construct: 16 } }
  payload: [price]
pipelines:
  dense:
    - dense: { as: d, vector: body, limit: 10, ef: 10, filter: { strategy: in-graph } }
sweep:
  axes: { d.ef: [10, 60] }
measure:
  quality: [success@1, knn_recall@10]
  latency: { warmup: 1, passes: 1 }
";

fn plan(dir: &Path) -> Loaded {
    let spec = dir.join("spec.yaml");
    std::fs::write(&spec, SPEC).unwrap();
    let mut catalog = Catalog::of_folders(&[]).unwrap();
    catalog.embedders = vec![KnownModel {
        name: "hash".into(),
        builtin: true,
    }];
    load(&spec, &catalog, &[]).unwrap()
}

/// Runs the spec above on a backend with that fault.
fn run(fault: Fault) -> Evaluation {
    let dir = tempfile::tempdir().unwrap();
    write_data(&dir.path().join("data"));
    let loaded = plan(dir.path());
    let source = Source::folder(dir.path().join("data"));
    let data = load_data("data", &source, &Silent).unwrap();
    let datasets: BTreeMap<String, Dataset> = BTreeMap::from([("data".into(), data)]);
    let backends: BTreeMap<String, Box<dyn Backend>> =
        BTreeMap::from([("local".into(), Box::new(Mutant(fault)) as Box<dyn Backend>)]);
    let embedder = HashEmbedder::new(64);
    let manifest = manifest("mutants");
    let mut bundle = BundleWriter::create(dir.path(), &manifest, SPEC, &loaded.plan).unwrap();
    bundle.data(&datasets).unwrap();
    let runner = Runner {
        limits: Default::default(),
        plan: &loaded.plan,
        datasets: &datasets,
        tuning: &BTreeMap::new(),
        backends: &backends,
        models: LiveModels {
            embedder: Some(&embedder),
            reranker: None,
        },
        cache: &dir.path().join("cache"),
        clock: &Monotonic::start(),
        watch: &Silent,
    };
    runner.run(&mut bundle).unwrap();
    let path = bundle.finish(&manifest, &datasets).unwrap();
    evaluate(&Bundle::open(&path).unwrap()).unwrap()
}

/// The checks that found more than a note, over all cells.
fn fired(evaluation: &Evaluation) -> BTreeSet<String> {
    let mut checks = BTreeSet::new();
    for result in &evaluation.cells {
        let CellState::Ok(numbers) = &result.state else {
            panic!("{:?}", result.state);
        };
        let findings = numbers.measured.findings.iter();
        let serious = findings.filter(|f| f.severity > Severity::Note);
        checks.extend(serious.map(|f| f.check.clone()));
    }
    checks
}

fn fires(fault: Fault, check: &str) {
    let checks = fired(&run(fault));
    assert!(
        checks.contains(check),
        "{fault:?}: {check} did not fire, only {checks:?}"
    );
}

#[test]
fn an_honest_backend_sets_off_no_check() {
    // Timing on a busy machine may set off the one check that looks at the client's own speed.
    let checks = fired(&run(Fault::None));
    assert!(checks.iter().all(|c| c == "littles-law"), "{checks:?}");
}

#[test]
fn a_dropped_filter_is_found() {
    fires(Fault::DropsFilter, "filter");
}

#[test]
fn a_graph_that_was_not_built_is_found() {
    fires(Fault::BuildsNoGraph, "path");
}

#[test]
fn a_setting_without_effect_is_found() {
    fires(Fault::IgnoresEf, "dead-knob");
}

#[test]
fn a_list_out_of_order_is_found() {
    fires(Fault::ReversesOrder, "order");
}

#[test]
fn a_document_returned_twice_is_found() {
    fires(Fault::RepeatsHit, "order");
}

#[test]
fn a_lost_document_is_found() {
    fires(Fault::LosesPoint, "point-count");
}

#[test]
fn answers_that_change_from_call_to_call_are_found() {
    fires(Fault::Unstable, "timed-answers");
}

/// The filter of the fixture leaves something out, or the test of dropped filters would prove nothing.
#[test]
fn the_fixtures_filter_excludes_documents() {
    let filter: Filter =
        serde_json::from_str(r#"{"must": [{"key": "price", "range": {"lt": 45}}]}"#).unwrap();
    let price = |n: i64| serde_json::Map::from_iter([("price".to_owned(), n.into())]);
    assert!(filter.matches(&price(44)) && !filter.matches(&price(45)));
}
