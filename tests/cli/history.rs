//! `evalrun history`: the runs of an experiment over time.

use serde_json::Value;

use super::{Place, status, stderr, stdout};

const SPEC: &str = "  fused:
    - sparse: { as: s, vector: words, limit: 3 }
    - sparse: { as: t, vector: words, limit: 3 }
    - fuse: { as: f, of: [s, t], method: { rrf: { k: 60 } }, limit: 3 }
measure: { quality: [success@1, R@3], latency: none }
compare: { reference: { pipeline: words } }
gates:
  - { that: success@1 >= 0.1 }
";

/// Three runs; before the third, a document changes.
fn three_runs() -> Place {
    let place = Place::new();
    let spec = place.spec(SPEC);
    for n in 0..3 {
        if n == 2 {
            let corpus = std::fs::read_to_string(place.path("tiny/corpus.jsonl")).unwrap();
            place.write("tiny/corpus.jsonl", &corpus.replace("blue plum", "blue pear"));
        }
        let output = place.run(&spec);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
    }
    place
}

fn history(place: &Place, args: &[&str]) -> std::process::Output {
    let out_dir = place.path("reports");
    let all = [&["history", "--out-dir", out_dir.to_str().unwrap()], args].concat();
    place.evalrun_in(&[("COLUMNS", "80")], &all)
}

fn json(place: &Place, args: &[&str]) -> Value {
    let output = history(place, &[args, &["--json"]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn runs_are_compared_with_the_one_before_unless_the_data_changed() {
    let place = three_runs();
    let trend = json(&place, &[]);
    let data = &trend["data"][0];
    assert_eq!(
        (&data["data"], &data["measure"]),
        (&"tiny".into(), &"success@1".into())
    );
    let runs = data["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 3);
    let of = |n: usize| (&runs[n]["reference"]["change"], &runs[n]["not_comparable"]);
    assert_eq!(of(0), (&Value::Null, &serde_json::json!([])));
    assert_eq!(of(1), (&0.0.into(), &serde_json::json!([])));
    assert_eq!(of(2), (&Value::Null, &serde_json::json!(["data"])));
    assert_eq!(
        runs[1]["gates"],
        serde_json::json!({ "pass": 1, "fail": 0, "undecided": 0 })
    );
    assert_eq!(runs[1]["best"]["label"], "pipeline=words");

    let table = stdout(&history(&place, &["tiny"]));
    assert!(
        table.starts_with("tiny · data tiny · success@1 · 3 runs\n"),
        "{table}"
    );
    assert!(table.contains("✓ 1") && table.contains('≠'), "{table}");
    assert!(table.contains(": other data than in the run before"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
}

#[test]
fn the_newest_runs_one_cell_and_another_measure() {
    let place = three_runs();
    let trend = json(&place, &["-n", "2", "--measure", "R@3", "--cell", "fused"]);
    let data = &trend["data"][0];
    assert_eq!(
        (&data["measure"], data["runs"].as_array().unwrap().len()),
        (&"R@3".into(), 2)
    );
    let run = &data["runs"][0];
    assert_eq!(run["reference"]["label"], "pipeline=fused");
    assert_eq!(run["best"], Value::Null);
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let place = three_runs();
    let said = |args: &[&str], exit: i32, text: &str| {
        let output = history(&place, args);
        assert_eq!(status(&output), exit, "{args:?}");
        assert!(stderr(&output).contains(text), "{args:?}: {}", stderr(&output));
    };
    said(&["tini"], 4, "did you mean `tiny`?");
    said(&["--cell", "word"], 4, "did you mean `words`?");
    said(&["--cell", "*"], 4, "`*` fits 2 cells: ");
    said(&["--measure", "nDCG@10"], 4, "it has success@1, R@3");
    said(&["--measure", "nonsense"], 2, "nonsense");
    said(&["-n", "0"], 2, "a whole number from 1");
    std::fs::rename(place.path("reports/tiny"), place.path("elsewhere")).unwrap();
    said(&[], 4, "no run below");
}
