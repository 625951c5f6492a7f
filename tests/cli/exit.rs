//! Every way a command can end, by its exit status.

use super::{Place, TWO_PIPELINES, status, stderr, stdout};

fn gate(limit: &str) -> String {
    format!("measure: {{ quality: [success@1] }}\ngates:\n  - {{ that: success@1 {limit} }}\n")
}

#[test]
fn all_well_is_0() {
    let place = Place::new();
    let passed = place.run(&place.spec(&gate(">= 1")));
    assert_eq!(status(&passed), 0, "{}", stderr(&passed));
    let warned = place.run(&place.spec(&gate("< 1, level: warn")));
    assert_eq!(status(&warned), 0, "{}", stderr(&warned));
}

#[test]
fn a_file_that_cannot_be_written_is_1_and_keeps_no_result_back() {
    let place = Place::new();
    let spec = place.spec(&gate(">= 1"));
    let out_dir = place.path("reports");
    // Below a file there is no folder.
    let below = spec.join("result.csv");
    let output = place.evalrun(&[
        spec.to_str().unwrap(),
        "--out-dir",
        out_dir.to_str().unwrap(),
        "-o",
        below.to_str().unwrap(),
    ]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("error: creating `"),
        "{}",
        stderr(&output)
    );
    assert!(stdout(&output).contains("success@1"));
    assert!(place.bundles("tiny")[0].join("report.html").is_file());
}

#[test]
fn wrong_usage_is_2() {
    let place = Place::new();
    assert_eq!(status(&place.evalrun(&["--no-such-option"])), 2);
    let spec = place.spec("");
    let spec = spec.to_str().unwrap();
    assert_eq!(status(&place.evalrun(&[spec, "--shard", "5/4"])), 2);
    let output = place.evalrun(&[spec, "plan"]);
    assert_eq!(status(&output), 2);
    let says = format!("error: there is no file `plan`; verbs come first: `evalrun plan {spec}`\n");
    assert_eq!(stderr(&output), says);
}

#[test]
fn a_bad_spec_and_a_missing_bundle_are_3() {
    let place = Place::new();
    let spec = place.spec("measure: { quality: [ndgc@10] }\n");
    assert_eq!(status(&place.run(&spec)), 3);
    let output = place.evalrun(&["report", "/no/such/bundle"]);
    assert_eq!(status(&output), 3);
    assert!(stderr(&output).contains("/no/such/bundle"), "{}", stderr(&output));
}

#[test]
fn nothing_selected_is_4() {
    let place = Place::new();
    let spec = place.spec(TWO_PIPELINES);
    // Seven parts of six cells: the first is empty.
    let output = place.evalrun(&[spec.to_str().unwrap(), "--shard", "1/7"]);
    assert_eq!(status(&output), 4, "{}", stderr(&output));
}

/// Two cells, the second of which cannot be built: `hnsw_rs` compares by no dot product.
fn one_of_two_fails(place: &Place, gates: &str) -> std::path::PathBuf {
    let rows = |values: &[[f32; 2]]| -> Vec<u8> {
        let row = |row: &[f32; 2]| {
            let floats = row.iter().flat_map(|x| x.to_le_bytes());
            2_i32.to_le_bytes().into_iter().chain(floats).collect::<Vec<u8>>()
        };
        values.iter().flat_map(row).collect()
    };
    std::fs::write(
        place.path("base.fvecs"),
        rows(&[[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]]),
    )
    .unwrap();
    std::fs::write(place.path("query.fvecs"), rows(&[[1.0, 1.0], [0.0, 1.0]])).unwrap();
    let text = format!(
        "evalrun: 1
experiment: halves
question: does one failure hide another?
data: [{{ arrays: {{ documents: base.fvecs, queries: query.fvecs, metric: dot }} }}]
backends: {{ local: {{ local: {{}} }} }}
index:
  vectors: {{ v: {{ precomputed: vector }} }}
pipelines:
  dense:
    - dense: {{ as: d, vector: v, limit: 2 }}
sweep:
  axes:
    index.graph: {{ scan: exact, peer: {{ hnsw_rs: {{ m: 4, ef_construct: 8 }} }} }}
measure: {{ quality: [knn_recall@2], latency: none, diagnose: false }}
{gates}"
    );
    place.write("halves.yaml", &text)
}

#[test]
fn a_cell_that_failed_is_5() {
    let place = Place::new();
    let output = place.run(&one_of_two_fails(&place, ""));
    assert_eq!(status(&output), 5, "{}", stderr(&output));
    let [bundle] = place.bundles("halves").try_into().unwrap();
    let cells = std::fs::read_to_string(bundle.join("cells.jsonl")).unwrap();
    assert_eq!(cells.matches("\"failed\"").count(), 1, "{cells}");
}

#[test]
fn a_cell_that_takes_too_long_has_failed_and_fail_fast_ends_the_run() {
    let place = Place::new();
    let spec = place.spec(TWO_PIPELINES);
    let out_dir = place.path("reports");
    let options = [
        spec.to_str().unwrap(),
        "--out-dir",
        out_dir.to_str().unwrap(),
        "--timeout",
        "1ns",
    ];
    let output = place.evalrun(&options);
    assert_eq!(status(&output), 5, "{}", stderr(&output));
    let [bundle] = place.bundles("tiny").try_into().unwrap();
    let cells = std::fs::read_to_string(bundle.join("cells.jsonl")).unwrap();
    assert_eq!(
        cells.matches("not answered within 1ns (--timeout)").count(),
        6,
        "{cells}"
    );

    let output = place.evalrun(&[&options[..], &["--fail-fast"]].concat());
    assert_eq!(status(&output), 5, "{}", stderr(&output));
    let last = place.bundles("tiny").pop().unwrap();
    let cells = std::fs::read_to_string(last.join("cells.jsonl")).unwrap();
    assert_eq!(cells.lines().count(), 1, "{cells}");
}

#[test]
fn a_failed_gate_is_100() {
    let place = Place::new();
    let failed = place.run(&place.spec(&gate("< 1")));
    assert_eq!(status(&failed), 100, "{}", stderr(&failed));
}

#[test]
fn a_failed_gate_is_100_even_where_a_cell_failed_too() {
    let place = Place::new();
    let spec = one_of_two_fails(&place, "gates:\n  - { that: knn_recall@2 < 1 }\n");
    let output = place.run(&spec);
    assert_eq!(status(&output), 100, "{}", stderr(&output));
    // The summary says both.
    let said = stdout(&output);
    assert!(said.contains("1 of 2 cells"), "{said}");
}

#[test]
#[cfg(unix)]
fn an_interrupted_run_keeps_its_answers_and_is_130() {
    use std::io::{BufRead, BufReader};
    use std::process::Command;
    let place = Place::new();
    // Long enough to be caught at it.
    let latency = "measure: { quality: [success@1], latency: { passes: 1000000, quantiles: [50] } }\n";
    let spec = place.spec(latency);
    let mut run = Command::new(env!("CARGO_BIN_EXE_evalrun"))
        .args([
            spec.to_str().unwrap(),
            "--out-dir",
            place.path("reports").to_str().unwrap(),
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("EVALRUN_CACHE", place.path("cache"))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    assert!(
        said.any(|line| line.unwrap() == "timing"),
        "the run comes to its timed passes"
    );
    let kill = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let rest: Vec<String> = said.map(|line| line.unwrap()).collect();
    assert_eq!(run.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(
        rest.iter().any(|line| line.starts_with("interrupted: ")),
        "{rest:?}"
    );
    let [bundle] = place.bundles("tiny").try_into().unwrap();
    let manifest = std::fs::read_to_string(bundle.join("manifest.json")).unwrap();
    assert!(manifest.contains("\"finished\": null"));
    let cells = std::fs::read_to_string(bundle.join("cells.jsonl")).unwrap();
    assert!(
        cells.contains("\"timing\":null"),
        "half a pass is no time: {cells}"
    );
    let report = place.evalrun(&["report", bundle.to_str().unwrap()]);
    assert_eq!(status(&report), 0, "{}", stderr(&report));
}
