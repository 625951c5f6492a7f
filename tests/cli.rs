//! The program as a user meets it: files in, tables, bundles and an exit status out.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

#[path = "cli/baseline.rs"]
mod baseline;
#[path = "cli/cache.rs"]
mod cache;
#[path = "cli/exit.rs"]
mod exit;
#[path = "cli/history.rs"]
mod history;
#[path = "cli/ls.rs"]
mod ls;
#[path = "cli/options.rs"]
mod options;
#[path = "cli/output.rs"]
mod output;
#[path = "cli/report.rs"]
mod report;
#[path = "cli/resume.rs"]
mod resume;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A workplace of its own for each test: nothing a user has cached or set can help or hurt.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Three documents and two queries, in BEIR's layout.
    fn data(&self) {
        self.write(
            "tiny/corpus.jsonl",
            r#"{"_id": "d1", "title": "red apple", "metadata": {"price": 1}}
{"_id": "d2", "title": "green pear", "metadata": {"price": 2}}
{"_id": "d3", "title": "blue plum", "metadata": {"price": 3}}
"#,
        );
        self.write(
            "tiny/queries.jsonl",
            r#"{"_id": "q1", "text": "apple"}
{"_id": "q2", "text": "cheap fruit pear", "metadata": {"filter": {"must": [{"key": "price", "range": {"lte": 2}}]}}}
"#,
        );
        self.write(
            "tiny/qrels/test.tsv",
            "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n",
        );
    }

    /// A spec over the data above with a keyword search only, so that no model is needed.
    fn spec(&self, rest: &str) -> PathBuf {
        self.data();
        let text = format!(
            "evalrun: 1
experiment: tiny
question: does it run?
data: [{{ beir: tiny }}]
backends: {{ local: {{ local: {{}} }} }}
index:
  vectors:
    words: {{ bm25: [title] }}
pipelines:
  words:
    - sparse: {{ as: s, vector: words, limit: 3 }}
{rest}"
        );
        self.write("tiny.yaml", &text)
    }

    fn evalrun(&self, args: &[&str]) -> Output {
        self.evalrun_in(&[], args)
    }

    fn evalrun_in(&self, env: &[(&str, &str)], args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_evalrun"))
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("EVALRUN_CACHE", self.path("cache"))
            .env_remove("COLUMNS")
            .env_remove("CI")
            .env_remove("GITHUB_ACTIONS")
            .env_remove("GITHUB_STEP_SUMMARY")
            .env_remove("GITHUB_WORKSPACE")
            .env("NO_COLOR", "1")
            .envs(env.iter().copied())
            .output()
            .unwrap()
    }

    fn run(&self, spec: &Path) -> Output {
        let out_dir = self.path("reports");
        self.evalrun(&[spec.to_str().unwrap(), "--out-dir", out_dir.to_str().unwrap()])
    }

    /// The bundles below `reports/<experiment>/`, oldest first.
    fn bundles(&self, experiment: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("reports").join(experiment)).unwrap();
        let mut bundles: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
        bundles.retain(|path| !path.ends_with("baselines"));
        bundles.sort();
        bundles
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn a_run_writes_a_complete_bundle_and_prints_a_table() {
    let place = Place::new();
    let output = place.run(&place.spec("measure: { quality: [success@1] }\n"));
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("success@1"), "{}", stdout(&output));
    let [bundle] = place.bundles("tiny").try_into().unwrap();
    for file in [
        "manifest.json",
        "spec.yaml",
        "plan.json",
        "cells.jsonl",
        "queries.jsonl",
        "qrels/tiny.qrels",
        "queries.parquet",
        "latency.parquet",
        "traces.jsonl.zst",
        "texts.jsonl.zst",
        "report.html",
        "summary.md",
    ] {
        let size = std::fs::metadata(bundle.join(file)).unwrap().len();
        assert!(size > 0, "{file} is empty");
    }
    assert_eq!(std::fs::read_dir(bundle.join("runs")).unwrap().count(), 1);
}

#[test]
fn the_same_bundle_renders_to_the_same_bytes() {
    let place = Place::new();
    place.run(&place.spec(""));
    let [bundle] = place.bundles("tiny").try_into().unwrap();
    let first = std::fs::read(bundle.join("report.html")).unwrap();
    let again = place.path("again.html");
    let output = place.evalrun(&["report", bundle.to_str().unwrap(), "-o", again.to_str().unwrap()]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(
        first == std::fs::read(again).unwrap(),
        "the report is no function of the bundle"
    );
}

#[test]
fn a_gate_that_cannot_be_decided_passes_unless_strict() {
    let place = Place::new();
    // Too few queries for an interval.
    let gate = "measure: { quality: [success@1] }\ngates:\n  - { that: success@1 >= 0.5, judge: interval }\n";
    let spec = place.spec(gate);
    let lenient = place.run(&spec);
    assert_eq!(status(&lenient), 0, "{}", stderr(&lenient));
    assert!(
        stdout(&lenient).contains("undecided in 1 of 1 cell"),
        "{}",
        stdout(&lenient)
    );
    let out = place.path("strict");
    let strict = place.evalrun(&[
        "run",
        spec.to_str().unwrap(),
        "--strict",
        "--out-dir",
        out.to_str().unwrap(),
    ]);
    assert_eq!(status(&strict), 100, "{}", stderr(&strict));
}

#[test]
fn validate_plan_and_run_say_the_same_of_a_bad_spec() {
    let place = Place::new();
    let spec = place.spec("measure: { quality: [ndgc@10] }\n");
    let spec = spec.to_str().unwrap();
    let validate = place.evalrun(&["validate", spec]);
    assert_eq!(status(&validate), 3);
    assert!(stderr(&validate).contains("nDCG@10"), "{}", stderr(&validate));
    assert_eq!(stdout(&validate), "");
    for verb in ["plan", "run"] {
        let output = place.evalrun(&[verb, spec]);
        assert_eq!(status(&output), 3);
        assert_eq!(stderr(&output), stderr(&validate));
    }
}

#[test]
fn bad_data_is_named_with_file_and_line() {
    let place = Place::new();
    let spec = place.spec("");
    place.write(
        "tiny/corpus.jsonl",
        "{\"_id\": \"d1\", \"title\": \"a\"}\n{\"_id\": \"d1\", \"title\": \"b\"}\nnot json\n",
    );
    let output = place.run(&spec);
    assert_eq!(status(&output), 3);
    let said = stderr(&output);
    assert!(
        said.contains("corpus.jsonl:2") && said.contains("corpus.jsonl:3"),
        "{said}"
    );
    assert!(
        !place.path("reports").exists(),
        "nothing is written before the data is known to be good"
    );
}

#[test]
fn a_quality_run_takes_no_time() {
    let place = Place::new();
    let spec = place.spec("");
    let out_dir = place.path("reports");
    let output = place.evalrun(&[
        spec.to_str().unwrap(),
        "--no-timing",
        "--out-dir",
        out_dir.to_str().unwrap(),
    ]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let [bundle] = place.bundles("tiny").try_into().unwrap();
    let cells = std::fs::read_to_string(bundle.join("cells.jsonl")).unwrap();
    assert!(cells.contains("\"timing\":null"), "{cells}");
}

#[test]
fn what_the_readme_and_experiments_show_is_valid() {
    let place = Place::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, rest) = readme
        .split_once("```yaml\n")
        .expect("the README has an experiment");
    let (example, _) = rest.split_once("```").unwrap();
    let mut specs = vec![place.write("readme.yaml", example)];
    let entries = std::fs::read_dir(root.join("experiments")).unwrap();
    let paths = entries.map(|e| e.unwrap().path());
    specs.extend(paths.filter(|p| p.extension().is_some_and(|e| e == "yaml")));
    assert!(specs.len() >= 3);
    for spec in specs {
        let output = place.evalrun(&["validate", spec.to_str().unwrap()]);
        let said = stderr(&output);
        assert!(status(&output) == 0 && !said.contains("warning"), "{said}");
    }
}

/// Two pipelines over the data above.
const TWO_PIPELINES: &str = "  fused:
    - sparse: { as: s, vector: words, limit: 3 }
    - sparse: { as: t, vector: words, limit: 3 }
    - fuse: { as: f, of: [s, t], method: { rrf: { k: 60 } }, limit: 3 }
sweep: { axes: { pipeline: [words, fused], s.limit: [1, 2, 3] } }
measure: { quality: [success@1] }
compare: { reference: { pipeline: words, s.limit: 3 } }
";

#[test]
fn a_part_of_a_plan_is_run_and_says_so() {
    let place = Place::new();
    let spec = place.spec(TWO_PIPELINES);
    let out_dir = place.path("reports");
    let spec = spec.to_str().unwrap();
    let part = [
        "-f",
        "pipeline=f*",
        "--filter",
        "s.limit=2",
        "-n",
        "1",
        "--no-timing",
    ];
    let output = place.evalrun(&[&[spec, "--out-dir", out_dir.to_str().unwrap()], &part[..]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("1 judged query ("),
        "{}",
        stderr(&output)
    );
    let [bundle] = place.bundles("tiny").try_into().unwrap();
    let cells = std::fs::read_to_string(bundle.join("cells.jsonl")).unwrap();
    assert_eq!(cells.lines().count(), 2, "the cell and the reference");
    let report = std::fs::read_to_string(bundle.join("report.html")).unwrap();
    let said = "only a part of the spec was run (--filter pipeline=f* --filter s.limit=2 --sample 1); 4 cells left out";
    assert!(report.contains(said));

    let none = place.evalrun(&[spec, "-f", "pipeline=words", "-f", "s.limit=all"]);
    assert_eq!(status(&none), 3);
    assert!(
        stderr(&none).contains("known: `1`, `2`, `3`"),
        "{}",
        stderr(&none)
    );
}

#[test]
fn every_template_is_valid_and_none_overwrites_a_file() {
    let place = Place::new();
    for template in ["minimal", "sweep", "ci"] {
        let file = place.path(&format!("{template}.yaml"));
        let file = file.to_str().unwrap();
        let output = place.evalrun(&["init", file, "--template", template]);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        let validate = place.evalrun(&["validate", file]);
        let said = stderr(&validate);
        assert!(status(&validate) == 0 && !said.contains("warning"), "{said}");
        let again = place.evalrun(&["init", file]);
        assert_eq!(status(&again), 2);
        assert!(stderr(&again).contains("is there already"), "{}", stderr(&again));
    }
}

#[test]
fn completions_and_the_manual_know_every_verb() {
    let place = Place::new();
    let manual = stdout(&place.evalrun(&["man"]));
    let bash = stdout(&place.evalrun(&["completions", "bash"]));
    for verb in ["init", "plan", "report", "doctor", "eval", "completions"] {
        assert!(manual.contains(&format!("evalrun\\-{verb}")), "man: {verb}");
        assert!(
            bash.contains(&format!("evalrun__subcmd__{verb}")) || bash.contains(&format!("evalrun__{verb}")),
            "bash: {verb}"
        );
    }
}

#[test]
fn no_file_is_a_mistake_and_no_success() {
    let place = Place::new();
    for args in [
        &["run"][..],
        &["validate"],
        &["plan"],
        &["--no-timing"],
        &["--baseline", "main"],
    ] {
        let output = place.evalrun(args);
        assert_eq!(status(&output), 2, "{args:?}");
        assert!(
            stderr(&output).contains("<FILE>..."),
            "{args:?}: {}",
            stderr(&output)
        );
    }
    assert_eq!(
        status(&place.evalrun(&["ls", "data"])),
        0,
        "verbs without a spec need none"
    );
}

#[test]
fn a_part_or_an_interrupted_run_is_not_saved_over_a_whole_one() {
    let place = Place::new();
    let spec = place.spec(TWO_PIPELINES);
    let out_dir = place.path("reports");
    let options = [
        spec.to_str().unwrap(),
        "--out-dir",
        out_dir.to_str().unwrap(),
        "--no-timing",
    ];
    let save = ["--save-baseline", "main"];
    let whole = place.evalrun(&[&options[..], &save].concat());
    assert!(stderr(&whole).contains("saved as `main`"), "{}", stderr(&whole));
    let part = place.evalrun(&[&options[..], &save, &["-n", "1"]].concat());
    assert!(
        stderr(&part).contains("not saved as `main`: only a part of the spec was run"),
        "{}",
        stderr(&part)
    );
    let compared = place.evalrun(&[&options[..], &["--baseline", "main"]].concat());
    assert!(
        stdout(&compared).contains("2 queries on both sides"),
        "{}",
        stdout(&compared)
    );
}
