//! `evalrun explain` on a run of generated vectors: the rungs that such a pipeline has, and the mistakes one can make.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Binary codes, a thin graph and a filter that is applied afterwards: something is lost at every rung.
const SPEC: &str = "\
evalrun: 1
experiment: lossy
question: Where is it lost?
data: { synthetic: { n: 2000, queries: 60, dim: 64, seed: 7, payload: { tenth: { selectivity: 0.1 } }, filters: [[], [tenth]] } }
index:
  vectors: { v: { precomputed: vector } }
  graph: { hnsw: { m: 4, ef_construct: 8 } }
  quantization: binary
  payload: [tenth]
pipelines:
  after:
    - dense: { as: d, vector: v, limit: 10, ef: 20, oversampling: 2, filter: { strategy: post } }
measure: { quality: [knn_recall@10], latency: none";

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn evalrun(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_evalrun"))
            .args(args)
            .env("EVALRUN_CACHE", self.0.path().join("cache"))
            .env("COLUMNS", "80")
            .env("NO_COLOR", "1")
            .output()
            .unwrap()
    }

    /// Runs the spec with `rest` of its measures and returns the bundle.
    fn run(&self, rest: &str) -> PathBuf {
        let spec = self.0.path().join("lossy.yaml");
        std::fs::write(&spec, format!("{SPEC}{rest} }}\n")).unwrap();
        let out = self.0.path().join("reports");
        let output = self.evalrun(&[spec.to_str().unwrap(), "--out-dir", out.to_str().unwrap()]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let mut bundles = std::fs::read_dir(out.join("lossy")).unwrap();
        bundles.next().unwrap().unwrap().path()
    }

    fn explain(&self, bundle: &Path, args: &[&str]) -> (i32, String, String) {
        let all = [&["explain", bundle.to_str().unwrap()], args].concat();
        let output = self.evalrun(&all);
        (
            output.status.code().unwrap(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The change in the row that begins with `step`.
fn change(table: &str, step: &str) -> f64 {
    let row = table.lines().find(|l| l.trim_start().starts_with(step));
    let row = row.unwrap_or_else(|| panic!("no {step} in\n{table}"));
    let signed = row.split_whitespace().find(|w| w.starts_with(['+', '−']));
    signed.map_or(0.0, |w| w.replace('−', "-").parse().unwrap())
}

#[test]
fn codes_and_filters_lose_neighbours_and_the_rows_add_up() {
    let place = Place::new();
    let bundle = place.run("");
    let (status, table, _) = place.explain(&bundle, &[]);
    assert_eq!(status, 0);
    assert!(table.contains("exact search (d)"), "{table}");
    let exact = table.lines().find(|l| l.contains("exact search (d)")).unwrap();
    assert_eq!(
        exact.split_whitespace().last(),
        Some("1.000"),
        "an exact search finds the exact neighbours"
    );
    let steps = ["binary codes (d)", "graph (d)", "filter (d)"].map(|s| change(&table, s));
    // The walk scores by float what looks good by code, so the graph may find more than a scan of the codes.
    let [codes, _, filter] = steps;
    assert!(codes < 0.0 && filter < 0.0, "{table}");
    let whole = change(&table, "the whole way");
    // Each row is rounded to three decimals.
    assert!((steps.iter().sum::<f64>() - whole).abs() < 0.0021, "{table}");
    assert!(table.lines().all(|l| l.chars().count() <= 80), "{table}");
}

#[test]
fn a_run_without_a_diagnosis_says_so() {
    let place = Place::new();
    let bundle = place.run(", diagnose: false");
    assert!(!bundle.join("ladders.jsonl.zst").exists());
    let (status, table, _) = place.explain(&bundle, &[]);
    assert_eq!(status, 0);
    assert!(
        table.contains("search as set (d)") && table.contains("diagnose"),
        "{table}"
    );
}

#[test]
fn one_query_is_shown_list_by_list() {
    let place = Place::new();
    let bundle = place.run("");
    let queries = std::fs::read_to_string(bundle.join("queries.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(queries.lines().next().unwrap()).unwrap();
    let id = first["query"].as_str().unwrap();
    let (status, shown, _) = place.explain(&bundle, &["--query", id]);
    assert_eq!(status, 0);
    assert!(
        shown.starts_with(id) && shown.contains("code graph, 10 found"),
        "{shown}"
    );
    assert!(
        shown.contains("knn_recall@10: exact search (d) 1.000 → "),
        "{shown}"
    );
}

#[test]
fn mistakes_are_named_with_a_way_out() {
    let place = Place::new();
    let bundle = place.run("");
    let (status, _, said) = place.explain(&bundle, &["--cell", "aftre"]);
    assert_eq!(
        (status, said.as_str()),
        (
            4,
            "error: no cell is called `aftre`\nhint: did you mean `after`?\n"
        )
    );
    let (status, _, said) = place.explain(&bundle, &["--query", "no such query"]);
    assert_eq!(status, 4);
    assert!(
        said.starts_with("error: no query is called `no such query`"),
        "{said}"
    );
    let (status, _, said) = place.explain(&bundle, &["--measure", "nDGC@10"]);
    assert_eq!(status, 2);
    assert!(said.contains("nDCG@10"), "{said}");
    let (status, _, said) = place.explain(&bundle.join("nowhere"), &[]);
    assert_eq!(status, 3);
    assert!(said.contains("hint: a bundle is a folder"), "{said}");
}
