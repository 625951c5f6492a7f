//! Options of a run: how many threads, no network, times alone.

use evalrun::evaluate::{CellState, evaluate};
use evalrun::store::Bundle;

use super::{Place, TWO_PIPELINES, status, stderr, stdout};

#[test]
fn the_number_of_threads_is_written_down() {
    let place = Place::new();
    let spec = place.spec("");
    let out_dir = place.path("reports");
    let options = [
        spec.to_str().unwrap(),
        "--out-dir",
        out_dir.to_str().unwrap(),
        "-j",
    ];
    let output = place.evalrun(&[&options[..], &["3"]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let [bundle] = place.bundles("tiny").try_into().unwrap();
    let manifest = Bundle::open(&bundle).unwrap().manifest;
    assert_eq!(manifest.jobs, Some(3));
    assert_eq!(manifest.backends["local"].details["threads"], "3");
    assert_eq!(
        status(&place.evalrun(&[&options[..], &["0"]].concat())),
        2,
        "no thread does nothing"
    );
}

#[test]
fn without_a_network_servers_elsewhere_and_models_that_are_not_here_are_refused() {
    let place = Place::new();
    let spec = place.spec("measure: { quality: [success@1] }\n");
    let spec = spec.to_str().unwrap();
    let out_dir = place.path("reports");
    let out_dir = ["--out-dir", out_dir.to_str().unwrap()];
    let near = place.evalrun(&[&[spec, "--offline"], &out_dir[..]].concat());
    assert_eq!(
        status(&near),
        0,
        "nothing of it needs a network: {}",
        stderr(&near)
    );

    let text = std::fs::read_to_string(spec).unwrap();
    let far = text.replace(
        "{ local: { local: {} } }",
        "{ far: { qdrant: { url: 'http://qdrant.example:6334' } } }",
    );
    let far = place.write("far.yaml", &far);
    for (options, environment) in [(&["--offline"][..], "0"), (&[], "1")] {
        let command = [&[far.to_str().unwrap()], options, &out_dir[..]].concat();
        let output = place.evalrun_in(&[("EVALRUN_OFFLINE", environment)], &command);
        assert_eq!(status(&output), 3, "{}", stderr(&output));
        let said =
            "backend `far`: http://qdrant.example:6334 is not on this machine, and --offline asks no other";
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }

    let model = text
        .replace("words: { bm25: [title] }", "words: { text: [title] }")
        .replace("- sparse:", "- dense:")
        .replace("backends:", "models: { embedder: BGESmallENV15 }\nbackends:");
    let model = place.write("model.yaml", &model);
    let output = place.evalrun(&[&[model.to_str().unwrap(), "--offline"], &out_dir[..]].concat());
    assert_eq!(status(&output), 3, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("`BGESmallENV15` is not here and --offline fetches nothing"),
        "{}",
        stderr(&output)
    );
    assert!(
        stderr(&output).contains("models--Xenova--bge-small-en-v1.5"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn times_alone_leave_gates_on_quality_undecided_and_keep_the_work() {
    let place = Place::new();
    let gates =
        "gates:\n  - { that: success@1 >= 0.1 }\n  - { that: p50 <= 10s }\n  - { that: postings <= 100 }\n";
    let latency = "measure: { quality: [success@1], latency: { passes: 2, warmup: 1, quantiles: [50] } }";
    let rest = TWO_PIPELINES.replace("measure: { quality: [success@1] }", latency) + gates;
    let spec = place.spec(&rest);
    let out_dir = place.path("reports");
    let options = [
        spec.to_str().unwrap(),
        "--out-dir",
        out_dir.to_str().unwrap(),
        "--timing-only",
    ];
    let output = place.evalrun(&options);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let said = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "success@1 >= 0.1: undecided in 6 of 6 cells by the mean; no quality was measured (--timing-only)",
        "p50 <= 10s: holds in 6 of 6 cells",
        "Only times and work were taken (--timing-only): nothing is said about quality.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(
        !said.contains("Δ vs reference") && !said.contains("no effect"),
        "{said}"
    );

    let [bundle] = place.bundles("tiny").try_into().unwrap();
    let evaluation = evaluate(&Bundle::open(&bundle).unwrap()).unwrap();
    for cell in &evaluation.cells {
        let CellState::Ok(numbers) = &cell.state else {
            panic!("{:?}", cell.state);
        };
        assert!(numbers.quality.is_empty() && numbers.latency.is_some());
        assert!(numbers.counters[0].1.sum.postings > 0, "work is counted");
    }
    assert!(
        evaluation.traces.values().all(|queries| queries.is_empty()),
        "no lists"
    );
    let report = std::fs::read_to_string(bundle.join("report.html")).unwrap();
    assert!(report.contains("only times and work were taken") && !report.contains("id=\"certainty\""));

    let both = place.evalrun(&[&options[..], &["--no-timing"]].concat());
    assert_eq!(status(&both), 2);
    let untimed = place.spec("measure: { quality: [success@1], latency: none }\n");
    let output = place.evalrun(&[untimed.to_str().unwrap(), "--timing-only"]);
    assert_eq!(status(&output), 3);
    assert!(
        stderr(&output).contains("--timing-only leaves nothing to measure"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn two_identical_cells_tell_what_a_difference_of_times_is_worth() {
    let place = Place::new();
    let latency = "measure: { quality: [success@1], latency: { passes: 3, warmup: 1, quantiles: [50] } }\n";
    // Nothing takes a nanosecond.
    let spec = place.spec(&format!("{latency}gates: [{{ that: p50 <= 0.000001ms }}]\n"));
    let out_dir = place.path("reports");
    let common = [spec.to_str().unwrap(), "--out-dir", out_dir.to_str().unwrap()];
    let missed = place.evalrun(&common);
    assert_eq!(status(&missed), 100, "{}", stderr(&missed));

    let calibrated = place.evalrun(&[&["calibrate"], &common[..], &["--rounds", "4"]].concat());
    assert_eq!(status(&calibrated), 0, "{}", stderr(&calibrated));
    let said = stdout(&calibrated);
    let said = said.split("Noise floor of this machine: ").nth(1).unwrap();
    assert!(
        said.starts_with("words on tiny, beside itself in 4 rounds of 3 passes\n  p50"),
        "{said}"
    );
    let kinds = std::fs::read_dir(place.path("cache/noise")).unwrap();
    let [kind] = kinds
        .map(|e| e.unwrap().path())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let files = std::fs::read_dir(kind).unwrap();
    let [file] = files
        .map(|e| e.unwrap().path())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();

    // On a machine on which two identical cells differ without bounds, no time misses anything.
    let mut floor: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    floor["shares"] = serde_json::json!([[50.0, 1e12]]);
    std::fs::write(&file, floor.to_string()).unwrap();
    let undecided = place.evalrun(&common);
    assert_eq!(status(&undecided), 0, "{}", stderr(&undecided));
    let text = stdout(&undecided)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(text.contains("two identical cells differ by up to"), "{text}");
    // What was found with one thread says nothing of runs with as many as there are.
    let other = place.evalrun(&[&common[..], &["-j", "1"]].concat());
    assert_eq!(status(&other), 100, "{}", stderr(&other));

    let none = place.evalrun(&[&["calibrate"], &common[..], &["--cell", "fused*"]].concat());
    assert_eq!(status(&none), 4, "{}", stderr(&none));
}
