//! Runs that go on with an earlier one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use evalrun::evaluate::{CellState, evaluate};
use evalrun::store::{Bundle, Outcome};

use super::{Place, TWO_PIPELINES, status, stderr, stdout};

/// Timed passes that take long enough to be caught at them.
const LONG: &str =
    "measure: { quality: [success@1], latency: { passes: 20000, warmup: 1, quantiles: [50] } }\n";

impl Place {
    /// A spec over two copies of the data, so that one can be finished and the other not.
    fn two_sets(&self, measure: &str) -> PathBuf {
        self.data();
        for file in ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"] {
            let text = std::fs::read_to_string(self.path("tiny").join(file)).unwrap();
            self.write(&format!("zwei/{file}"), &text);
        }
        let text = format!(
            "evalrun: 1
experiment: tiny
question: does it go on?
data: [{{ beir: tiny }}, {{ beir: zwei }}]
backends: {{ local: {{ local: {{}} }} }}
index: {{ vectors: {{ words: {{ bm25: [title] }} }} }}
pipelines:
  words:
    - sparse: {{ as: s, vector: words, limit: 3 }}
sweep: {{ axes: {{ s.limit: [2, 3] }} }}
{measure}"
        );
        self.write("two.yaml", &text)
    }

    fn with(&self, spec: &Path, options: &[&str]) -> Output {
        let out_dir = self.path("reports");
        let common = [spec.to_str().unwrap(), "--out-dir", out_dir.to_str().unwrap()];
        self.evalrun(&[&common[..], options].concat())
    }

    /// Starts a run, and lets it come to a line that begins so.
    fn start(
        &self,
        spec: &Path,
        options: &[&str],
        until: &str,
        times: usize,
    ) -> (Child, Lines<BufReader<ChildStderr>>) {
        let mut run = Command::new(env!("CARGO_BIN_EXE_evalrun"))
            .args([
                spec.to_str().unwrap(),
                "--out-dir",
                self.path("reports").to_str().unwrap(),
            ])
            .args(options)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("EVALRUN_CACHE", self.path("cache"))
            .env_remove("CI")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
        for _ in 0..times {
            assert!(
                said.any(|line| line.unwrap().starts_with(until)),
                "the run comes to `{until}`"
            );
        }
        (run, said)
    }
}

fn signal(run: &Child, name: &str) {
    let kill = Command::new("kill").args([name, &run.id().to_string()]).status();
    assert!(kill.unwrap().success());
}

/// Cell → measure → query → value, in every digit.
type Values = BTreeMap<String, BTreeMap<String, BTreeMap<String, u64>>>;

fn values(bundle: &Path) -> Values {
    let evaluation = evaluate(&Bundle::open(bundle).unwrap()).unwrap();
    let of_cell = |state: &CellState| match state {
        CellState::Ok(numbers) => (numbers.quality.iter())
            .map(|q| {
                let values = q.per_query.iter().map(|(query, v)| (query.clone(), v.to_bits()));
                (q.measure.clone(), values.collect())
            })
            .collect(),
        _ => BTreeMap::new(),
    };
    let cells = evaluation.cells.iter();
    cells.map(|c| (c.cell.id.clone(), of_cell(&c.state))).collect()
}

/// What the manifest says was taken over: run → number of cells.
fn taken(bundle: &Path) -> BTreeMap<String, usize> {
    let manifest = Bundle::open(bundle).unwrap().manifest;
    let resumed = manifest.resumed.expect("the run goes on with another");
    resumed
        .taken
        .into_iter()
        .map(|t| (t.run, t.cells.len()))
        .collect()
}

fn id(bundle: &Path) -> String {
    bundle.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
#[cfg(unix)]
fn an_interrupted_run_says_how_to_go_on_and_what_has_no_times_is_run_again() {
    let place = Place::new();
    let spec = place.two_sets(LONG);
    let (mut run, said) = place.start(&spec, &["--strict"], "timing", 2);
    signal(&run, "-INT");
    let rest: Vec<String> = said.map(|line| line.unwrap()).collect();
    assert_eq!(run.wait().unwrap().code(), Some(130), "{rest:?}");
    let command = rest.iter().find_map(|line| line.strip_prefix("go on with: "));
    let command = command.expect("the way on is named");
    assert!(
        command.starts_with("evalrun ") && command.ends_with(" --strict --resume"),
        "{command}"
    );

    let resumed = place.with(&spec, &["--resume"]);
    assert_eq!(status(&resumed), 0, "{}", stderr(&resumed));
    for said in [
        "2 of 4 cells taken over from run ",
        "2 cells run again: it was not timed",
    ] {
        assert!(stderr(&resumed).contains(said), "{}", stderr(&resumed));
    }
    let [stopped, whole] = place.bundles("tiny").try_into().unwrap();
    assert_eq!(taken(&whole), BTreeMap::from([(id(&stopped), 2)]));
}

#[test]
#[cfg(unix)]
fn a_killed_run_keeps_the_data_sets_that_it_finished_with_their_times() {
    let place = Place::new();
    let spec = place.two_sets(LONG);
    let (mut run, said) = place.start(&spec, &[], "timing", 2);
    signal(&run, "-KILL");
    drop(said);
    assert_eq!(run.wait().unwrap().code(), None, "killed");
    let [killed] = place.bundles("tiny").try_into().unwrap();
    assert!(
        !killed.join("texts.jsonl.zst").exists(),
        "the end of a bundle is written at the end"
    );
    let found = Bundle::open(&killed).unwrap();
    assert_eq!((found.manifest.finished.as_ref(), found.cells.len()), (None, 2));
    let latencies = found.latencies().unwrap();
    assert_eq!(
        latencies.iter().filter(|s| s.part == "total").count(),
        2 * 2 * 20_000
    );
    let report = place.evalrun(&["report", killed.to_str().unwrap()]);
    assert_eq!(status(&report), 0, "{}", stderr(&report));

    let resumed = place.with(&spec, &["--resume"]);
    assert_eq!(status(&resumed), 0, "{}", stderr(&resumed));
    assert!(
        stderr(&resumed).contains("2 of 4 cells taken over from run "),
        "{}",
        stderr(&resumed)
    );
    let said = format!("Resumed  ✓ 2 cells were taken from run {} of ", id(&killed));
    assert!(stdout(&resumed).contains(&said), "{}", stdout(&resumed));
    assert!(
        stdout(&resumed).contains("their times were taken then"),
        "{}",
        stdout(&resumed)
    );
    let [_, whole] = place.bundles("tiny").try_into().unwrap();
    assert_eq!(taken(&whole), BTreeMap::from([(id(&killed), 2)]));
    let bundle = Bundle::open(&whole).unwrap();
    let timed = bundle
        .cells
        .iter()
        .filter(|r| matches!(&r.outcome, Outcome::Measured(m) if m.timing.is_some()));
    assert_eq!(timed.count(), 4);
    assert_eq!(
        bundle
            .latencies()
            .unwrap()
            .iter()
            .filter(|s| s.part == "total")
            .count(),
        4 * 2 * 20_000
    );

    // A finished run went on with it, so it is done with.
    let again = place.with(&spec, &["--resume"]);
    assert_eq!(status(&again), 4, "{}", stderr(&again));
    assert!(
        stderr(&again).contains("nothing to resume: every run in `"),
        "{}",
        stderr(&again)
    );
}

/// What a run of the spec in [`TWO_PIPELINES`] leaves that is killed after `cells` cells.
fn cut_off(whole: &Path, cells: usize) -> PathBuf {
    let cut = whole.with_file_name("20200101T000000Z-0000000");
    std::fs::rename(whole, &cut).unwrap();
    let edit = |name: &str, change: &dyn Fn(String) -> String| {
        let text = std::fs::read_to_string(cut.join(name)).unwrap();
        std::fs::write(cut.join(name), change(text)).unwrap();
    };
    edit("manifest.json", &|text| {
        let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        manifest["value"]["finished"] = serde_json::Value::Null;
        manifest["value"]["run_id"] = "20200101T000000Z-0000000".into();
        manifest.to_string()
    });
    edit("cells.jsonl", &|text| {
        let lines: Vec<&str> = text.lines().collect();
        // The next line was being written.
        format!("{}\n{}", lines[..cells].join("\n"), &lines[cells][..20])
    });
    for late in [
        "texts.jsonl.zst",
        "latency.parquet",
        "queries.parquet",
        "report.html",
        "summary.md",
    ] {
        std::fs::remove_file(cut.join(late)).unwrap();
    }
    let traces = std::fs::read(cut.join("traces.jsonl.zst")).unwrap();
    std::fs::write(cut.join("traces.jsonl.zst"), &traces[..traces.len() - 20]).unwrap();
    cut
}

#[test]
fn a_resumed_run_says_the_same_as_one_that_was_never_stopped() {
    let place = Place::new();
    let spec = place.spec(TWO_PIPELINES);
    let quality = ["--no-timing"];
    let once = place.with(&spec, &quality);
    assert_eq!(status(&once), 0, "{}", stderr(&once));
    let [whole] = place.bundles("tiny").try_into().unwrap();
    let expected = values(&whole);
    assert_eq!(expected.len(), 6);
    let cut = cut_off(&whole, 4);

    let resumed = place.with(&spec, &[&quality[..], &["--resume"]].concat());
    assert_eq!(status(&resumed), 0, "{}", stderr(&resumed));
    let [_, resumed_in] = place.bundles("tiny").try_into().unwrap();
    assert_eq!(values(&resumed_in), expected);
    assert_eq!(taken(&resumed_in), BTreeMap::from([(id(&cut), 4)]));
    // The same words, up to what was taken over, and where the report is.
    let words = |output: &Output| -> Vec<String> {
        let text = stdout(output);
        let said = text
            .lines()
            .filter(|l| !l.starts_with("Resumed") && !l.starts_with("Report"));
        said.map(str::to_owned)
            .filter(|l| !l.is_empty() && !l.starts_with("         "))
            .collect()
    };
    assert_eq!(words(&resumed), words(&once));
}

#[test]
fn only_what_failed_is_run_again_and_times_of_two_sittings_are_noticed() {
    let place = Place::new();
    let spec = place.spec(&TWO_PIPELINES.replace(
        "measure: { quality: [success@1] }",
        "measure: { quality: [success@1], latency: { passes: 2, warmup: 1, quantiles: [50] } }",
    ));
    let once = place.with(&spec, &[]);
    assert_eq!(status(&once), 0, "{}", stderr(&once));
    let nothing = place.with(&spec, &["--retry-failed"]);
    assert_eq!(status(&nothing), 4);
    assert!(
        stderr(&nothing).contains("nothing to retry: no cell of the newest run, "),
        "{}",
        stderr(&nothing)
    );

    // One cell timed out.
    let [first] = place.bundles("tiny").try_into().unwrap();
    let lines = std::fs::read_to_string(first.join("cells.jsonl")).unwrap();
    let mut lines: Vec<String> = lines.lines().map(str::to_owned).collect();
    let cell: serde_json::Value = serde_json::from_str(&lines[5]).unwrap();
    lines[5] = serde_json::json!({
        "cell": cell["cell"],
        "outcome": { "failed": { "error": "not answered within 1ns (--timeout)" } },
    })
    .to_string();
    std::fs::write(first.join("cells.jsonl"), lines.join("\n") + "\n").unwrap();

    let retried = place.with(&spec, &["--retry-failed"]);
    assert_eq!(status(&retried), 0, "{}", stderr(&retried));
    assert!(
        stderr(&retried).contains("5 of 6 cells taken over from run "),
        "{}",
        stderr(&retried)
    );
    let text = stdout(&retried).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Resumed ! 5 cells were taken from run"), "{text}");
    assert!(
        text.contains("In tiny cells were not timed in turns but in two sittings"),
        "{text}"
    );
    let [_, second] = place.bundles("tiny").try_into().unwrap();
    assert_eq!(taken(&second), BTreeMap::from([(id(&first), 5)]));
}

#[test]
fn cells_that_timed_out_are_run_again_without_the_limit() {
    let place = Place::new();
    let spec = place.spec(TWO_PIPELINES);
    let failed = place.with(&spec, &["--no-timing", "--timeout", "1ns"]);
    assert_eq!(status(&failed), 5, "{}", stderr(&failed));
    assert!(
        stderr(&failed).contains(" --retry-failed"),
        "the way out is named: {}",
        stderr(&failed)
    );
    let retried = place.with(&spec, &["--no-timing", "--retry-failed"]);
    assert_eq!(status(&retried), 0, "{}", stderr(&retried));
    assert!(
        stderr(&retried).contains("0 of 6 cells taken over"),
        "{}",
        stderr(&retried)
    );
}

#[test]
fn a_run_goes_on_only_with_one_that_is_provably_the_same() {
    let place = Place::new();
    let spec = place.spec(TWO_PIPELINES);
    let once = place.with(&spec, &["--no-timing"]);
    assert_eq!(status(&once), 0, "{}", stderr(&once));
    let [whole] = place.bundles("tiny").try_into().unwrap();
    cut_off(&whole, 4);
    let refused = |options: &[&str], why: &str| {
        let output = place.with(&spec, &[&["--resume", "--no-timing"], options].concat());
        assert_eq!(status(&output), 3, "{}", stderr(&output));
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("run it without `--resume`"),
            "{}",
            stderr(&output)
        );
        assert_eq!(place.bundles("tiny").len(), 1, "nothing is written");
    };
    refused(&["--set", "measure.seed=7"], "measure.seed: 42 there, 7 here");
    refused(&["-n", "1"], "all of the spec there, --sample 1 here");
    refused(&["--set", "t.limit=2"], "cells are not in this plan");
    place.write(
        "tiny/qrels/test.tsv",
        "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td3\t1\n",
    );
    refused(&[], "tiny: `test.tsv` has another content now");
}

#[test]
fn without_an_earlier_run_there_is_nothing_to_go_on_with() {
    let place = Place::new();
    let spec = place.spec("");
    for (option, said) in [
        ("--resume", "nothing to resume: `"),
        ("--retry-failed", "nothing to retry: `"),
    ] {
        let output = place.with(&spec, &[option]);
        assert_eq!(status(&output), 4, "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    let both = place.with(&spec, &["--resume", "--retry-failed"]);
    assert_eq!(status(&both), 2);
}
