//! Runs compared with other runs, and what CI is told.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{Place, status, stderr, stdout};

/// Gates against a baseline, and one measure that two queries can decide.
const GATES: &str = "\
measure: { quality: [success@1], latency: { quantiles: [50], warmup: 1, passes: 2 } }
gates:
  - { that: success@1 >= baseline - 0.01 }
  - { that: postings <= 1.2 * baseline }
  - { that: p50 <= 1000 * baseline }
";

impl Place {
    fn run_with(&self, spec: &Path, options: &[&str]) -> Output {
        self.run_in(&[], spec, options)
    }

    fn run_in(&self, env: &[(&str, &str)], spec: &Path, options: &[&str]) -> Output {
        let out_dir = self.path("reports");
        let mut args = vec![spec.to_str().unwrap(), "--out-dir", out_dir.to_str().unwrap()];
        args.extend(options);
        self.evalrun_in(env, &args)
    }

    /// `q1` finds nothing any more.
    fn spoil(&self) {
        self.edit("tiny/corpus.jsonl", "red apple", "red appel");
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        self.write(file, &text.replace(from, to));
    }

    fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let output = Command::new("git")
            .arg("-C")
            .arg(self.dir.path())
            .args(identity)
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {}", stderr(&output));
    }

    fn last_bundle(&self) -> PathBuf {
        self.bundles("tiny").pop().unwrap()
    }
}

/// One run that is saved as `main`.
fn saved() -> (Place, PathBuf) {
    let place = Place::new();
    let spec = place.spec(GATES);
    let output = place.run_with(&spec, &["--save-baseline", "main"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    (place, spec)
}

/// The text with runs of white space as one blank, whatever its line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

#[test]
fn a_run_that_got_worse_fails_its_gate_against_a_saved_one() {
    let (place, spec) = saved();
    let same = place.run_with(&spec, &["--baseline", "main"]);
    assert_eq!(status(&same), 0, "{}", stdout(&same));
    assert!(
        stdout(&same).contains("success@1 is equal for every query"),
        "{}",
        stdout(&same)
    );
    place.spoil();
    let worse = place.run_with(&spec, &["--baseline", "main"]);
    assert_eq!(status(&worse), 100, "{}", stderr(&worse));
    let said = flat(&stdout(&worse));
    assert!(
        said.contains("success@1 >= baseline - 0.01: fails in 1 of 1 cell"),
        "{said}"
    );
    assert!(said.contains("success@1 1.000 → 0.500, −0.500"), "{said}");
    // Work over other documents is no comparison.
    assert!(
        said.contains("work and time do not compare, the data differ: corpus.jsonl"),
        "{said}"
    );
}

#[test]
fn the_report_needs_the_baseline_no_longer() {
    let (place, spec) = saved();
    place.spoil();
    place.run_with(&spec, &["--baseline", "main"]);
    let bundle = place.last_bundle();
    std::fs::remove_dir_all(place.path("reports/tiny/baselines")).unwrap();
    let again = place.path("again.html");
    let output = place.evalrun(&["report", bundle.to_str().unwrap(), "-o", again.to_str().unwrap()]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let page = std::fs::read_to_string(&again).unwrap();
    assert!(page.contains("saved as main: run 2"), "no baseline in the report");
    assert!(page == std::fs::read_to_string(bundle.join("report.html")).unwrap());
    let manifest = std::fs::read_to_string(bundle.join("manifest.json")).unwrap();
    let (_, baseline) = manifest.split_once("\"baseline\"").unwrap();
    assert!(
        !baseline.contains(place.dir.path().to_str().unwrap()),
        "a machine's path: {baseline}"
    );
}

#[test]
fn without_a_baseline_such_gates_are_undecided_and_strict_fails_them() {
    let (place, spec) = saved();
    let lenient = place.run_with(&spec, &[]);
    assert_eq!(status(&lenient), 0);
    let said = flat(&stdout(&lenient));
    assert!(
        said.contains("no baseline given; `--baseline REF` names a run to compare with"),
        "{said}"
    );
    assert_eq!(status(&place.run_with(&spec, &["--strict"])), 100);
}

#[test]
fn times_of_another_machine_decide_nothing() {
    let (place, spec) = saved();
    place.edit(
        "reports/tiny/baselines/main/manifest.json",
        "\"os\": \"",
        "\"os\": \"other-",
    );
    let output = place.run_with(&spec, &["--baseline", "main"]);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    let said = flat(&stdout(&output));
    assert!(
        said.contains("p50 <= 1000 * baseline: undecided in 1 of 1 cell"),
        "{said}"
    );
    assert!(said.contains("times of two machines do not compare"), "{said}");
    assert!(
        said.contains("success@1 >= baseline - 0.01: holds"),
        "quality compares: {said}"
    );
}

#[test]
fn queries_that_are_judged_otherwise_are_left_out_and_counted() {
    let (place, spec) = saved();
    place.edit("tiny/qrels/test.tsv", "q2\td2\t1", "q2\td3\t1");
    let output = place.run_with(&spec, &["--baseline", "main"]);
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    let said = flat(&stdout(&output));
    assert!(
        said.contains(
            "tiny: 1 query on both sides; 1 left out, with other text, filter or judgements; files that differ: test.tsv; work and times do not compare"
        ),
        "{said}"
    );
}

#[test]
fn a_changed_cell_is_named_with_what_changed_and_new_and_gone_ones_are_listed() {
    let (place, spec) = saved();
    let before = place.bundles("tiny");
    let text = std::fs::read_to_string(&spec).unwrap();
    let changed = text.replace("limit: 3", "limit: 2");
    let changed = changed.replace(
        "measure:",
        "  again:\n    - sparse: { as: s, vector: words, limit: 3 }\nmeasure:",
    );
    std::fs::write(&spec, changed).unwrap();
    let output = place.run_with(&spec, &["--baseline", "main"]);
    let said = flat(&stdout(&output));
    assert!(
        said.contains("; changed: pipeline.s.sparse.limit: 3 → 2"),
        "{said}"
    );
    assert!(said.contains("again: new"), "{said}");
    let changed = place
        .bundles("tiny")
        .into_iter()
        .find(|path| !before.contains(path));
    let back = place.spec(GATES);
    let output = place.run_with(&back, &["--baseline", changed.unwrap().to_str().unwrap()]);
    let said = flat(&stdout(&output));
    assert!(said.contains("again: gone"), "{said}");
    assert!(
        said.contains("; changed: pipeline.s.sparse.limit: 2 → 3"),
        "{said}"
    );
}

#[test]
fn a_committed_baseline_is_read_from_its_revision() {
    let (place, spec) = saved();
    place.git(&["init", "--quiet"]);
    let outside = place.run_with(&spec, &["--baseline", "git:main"]);
    assert_eq!(status(&outside), 3);
    place.git(&["add", "tiny.yaml"]);
    place.git(&["commit", "--quiet", "--message", "spec"]);
    let nothing = place.run_with(&spec, &["--baseline", "git:HEAD"]);
    assert_eq!(status(&nothing), 3);
    assert!(
        stderr(&nothing).contains("has no finished bundle under `reports/tiny/`"),
        "{}",
        stderr(&nothing)
    );
    place.git(&["add", "reports/tiny/baselines"]);
    place.git(&["commit", "--quiet", "--message", "baseline"]);
    std::fs::remove_dir_all(place.path("reports/tiny/baselines")).unwrap();
    for reference in ["git:HEAD", "git:HEAD:main"] {
        let output = place.run_with(&spec, &["--baseline", reference]);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        assert!(stdout(&output).contains("git:HEAD"), "{}", stdout(&output));
    }
    let other = place.run_with(&spec, &["--baseline", "git:HEAD:other"]);
    assert!(
        stderr(&other).contains("no finished bundle `other`"),
        "{}",
        stderr(&other)
    );
}

#[test]
fn a_baseline_that_is_not_there_stops_before_the_run() {
    let (place, spec) = saved();
    let runs = place.bundles("tiny").len();
    for (reference, message) in [
        ("mian", "did you mean `main`?"),
        ("git:main", "is in no git repository"),
        ("no/such/bundle", "it is no folder with a manifest.json"),
    ] {
        let output = place.run_with(&spec, &["--baseline", reference]);
        assert_eq!(status(&output), 3, "{reference}");
        assert!(
            stderr(&output).contains(message),
            "{reference}: {}",
            stderr(&output)
        );
    }
    assert_eq!(place.bundles("tiny").len(), runs, "nothing was run");
    let elsewhere = place.path("elsewhere");
    let args = [
        spec.to_str().unwrap(),
        "-b",
        "previous",
        "--out-dir",
        elsewhere.to_str().unwrap(),
    ];
    let output = place.evalrun(&args);
    assert!(
        stderr(&output).contains("has no finished run to compare with"),
        "{}",
        stderr(&output)
    );
    let name = place.run_with(&spec, &["--save-baseline", "a/b"]);
    assert_eq!(status(&name), 2);
}

#[test]
fn files_are_written_in_the_format_of_their_suffix() {
    let (place, spec) = saved();
    place.spoil();
    let files = [
        "out/a.junit.xml",
        "out/a.json",
        "out/a.csv",
        "out/a.md",
        "out/a.html",
    ]
    .map(|f| place.path(f));
    let mut options = vec!["--baseline", "main"];
    options.extend(files.iter().flat_map(|f| ["-o", f.to_str().unwrap()]));
    assert_eq!(status(&place.run_with(&spec, &options)), 100);
    let junit = std::fs::read_to_string(&files[0]).unwrap();
    assert!(
        junit.contains("tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"2\""),
        "{junit}"
    );
    assert!(junit.contains("tiny.yaml\" line=\"14\""), "{junit}");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&files[1]).unwrap()).unwrap();
    assert_eq!(json["gates"][0]["outcome"], "fail");
    assert_eq!(
        json["cells"][0]["measures"]["success@1"]["to_baseline"]["mean"],
        -0.5
    );
    assert_eq!(std::fs::read_to_string(&files[2]).unwrap().lines().count(), 2);
    let wrong = place.run_with(&spec, &["-o", "a.xml"]);
    assert_eq!(status(&wrong), 2);
    assert!(stderr(&wrong).contains(".junit.xml"), "{}", stderr(&wrong));
}

#[test]
fn github_gets_annotations_and_a_summary() {
    let (place, spec) = saved();
    place.spoil();
    let summary = place.write("summary.md", "earlier step\n");
    let env = [
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
        ("GITHUB_WORKSPACE", place.dir.path().to_str().unwrap()),
    ];
    let output = place.run_in(&env, &spec, &["--baseline", "main"]);
    let said = stderr(&output);
    assert!(
        said.contains("::error file=tiny.yaml,line=14,title=gate fails%3A success@1 >= baseline - 0.01::fails in 1 of 1 cell by the mean%0A"),
        "{said}"
    );
    assert!(
        said.contains("::warning file=tiny.yaml,line=15,title=gate undecided"),
        "{said}"
    );
    let summary = std::fs::read_to_string(&summary).unwrap();
    assert!(
        summary.starts_with("earlier step\n") && summary.contains("tiny: fail"),
        "{summary}"
    );
    let quiet = place.run_in(&[("GITHUB_ACTIONS", "true")], &spec, &["--baseline", "main"]);
    assert!(
        !stderr(&quiet).contains("::error"),
        "without --ci nothing is annotated"
    );
}

#[test]
fn diff_shows_the_queries_that_changed() {
    let (place, spec) = saved();
    place.spoil();
    place.run_with(&spec, &[]);
    let bundle = place.last_bundle();
    let output = place.evalrun(&["diff", "main", bundle.to_str().unwrap()]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let said = flat(&stdout(&output));
    assert!(
        said.contains("losses in success@1 1.000 → 0.000 q1 “apple”"),
        "{said}"
    );
    assert!(said.contains("rankings RBO 0.500"), "{said}");
    let json = place.evalrun(&["diff", "previous", bundle.to_str().unwrap(), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(json["cells"][0]["measures"][0]["difference"], -0.5);
    let none = place.evalrun(&["diff", "main", bundle.to_str().unwrap(), "--cell", "d.ef=*"]);
    assert_eq!(status(&none), 4);
}
