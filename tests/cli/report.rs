//! Finished runs rendered again: several in one report, by name, with micro-benchmarks.

use super::{Place, status, stderr};

/// Two runs of the same experiment, the first saved as `main`.
fn two_runs() -> (Place, Vec<String>) {
    let place = Place::new();
    let spec = place.spec("measure: { quality: [success@1], latency: none }\n");
    let out_dir = place.path("reports");
    let args = [spec.to_str().unwrap(), "--out-dir", out_dir.to_str().unwrap()];
    let first = place.evalrun(&[&args[..], &["--save-baseline", "main"]].concat());
    assert_eq!(status(&first), 0, "{}", stderr(&first));
    // A run is named by its second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(status(&place.evalrun(&args)), 0);
    let bundles = place.bundles("tiny");
    let bundles = bundles.iter().map(|b| b.to_str().unwrap().to_owned()).collect();
    (place, bundles)
}

#[test]
fn several_runs_are_one_report_with_a_history() {
    let (place, bundles) = two_runs();
    let file = place.path("both.html");
    let file = file.to_str().unwrap();
    let output = place.evalrun(&["report", &bundles[1], &bundles[0], "-o", file]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let page = std::fs::read_to_string(file).unwrap();
    assert!(page.contains("success@1 over 2 runs") && page.contains("id=\"runs\""));
    // The newest is in full, whichever was named first.
    let newest = std::path::Path::new(&bundles[1])
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    assert!(page.contains(&format!("<footer>\n<p>{newest} ")));
    let again = place.evalrun(&["report", &bundles[0], &bundles[1], "-o", file]);
    assert_eq!(status(&again), 0);
    assert_eq!(std::fs::read_to_string(file).unwrap(), page);
}

#[test]
fn several_runs_have_no_bundle_to_go_to_and_no_other_format() {
    let (place, bundles) = two_runs();
    let output = place.evalrun(&["report", &bundles[0], &bundles[1]]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("`-o PATH.html`"));
    let output = place.evalrun(&["report", &bundles[0], &bundles[1], "-o", "both.csv"]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("only .html holds several runs"));
}

#[test]
fn a_saved_run_goes_by_its_name() {
    let (place, _) = two_runs();
    let out_dir = place.path("reports");
    let named = |name: &str| {
        let file = place.path("named.md");
        let args = [
            "report",
            name,
            "--out-dir",
            out_dir.to_str().unwrap(),
            "-o",
            file.to_str().unwrap(),
        ];
        place.evalrun(&args)
    };
    for name in ["main", "tiny/main"] {
        let output = named(name);
        assert_eq!(status(&output), 0, "{name}: {}", stderr(&output));
    }
    assert_eq!(status(&named("no-such-name")), 3);
    // Another experiment has a run of that name, too.
    let other = out_dir.join("other/baselines/main");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::copy(
        out_dir.join("tiny/baselines/main/manifest.json"),
        other.join("manifest.json"),
    )
    .unwrap();
    let output = named("main");
    assert_eq!(status(&output), 3);
    assert!(
        stderr(&output).contains("say `other/main` or `tiny/main`"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn micro_benchmarks_stand_beside_a_run() {
    let (place, bundles) = two_runs();
    let new = "criterion/dot/384/new";
    place.write(
        &format!("{new}/benchmark.json"),
        r#"{"full_id": "dot/384", "throughput": {"Elements": 384}}"#,
    );
    let estimate =
        r#"{"confidence_interval": {"lower_bound": 39.0, "upper_bound": 41.0}, "point_estimate": 40.0}"#;
    place.write(
        &format!("{new}/estimates.json"),
        &format!(r#"{{"mean": {estimate}, "median": {estimate}}}"#),
    );
    let (folder, file) = (place.path("criterion"), place.path("micro.html"));
    let with = |folder: &std::path::Path| {
        let args = [
            "report",
            &bundles[0],
            "--criterion",
            folder.to_str().unwrap(),
            "-o",
            file.to_str().unwrap(),
        ];
        place.evalrun(&args)
    };
    assert_eq!(status(&with(&folder)), 0);
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.contains("dot/384") && page.contains("9.60 G elements/s"));
    let output = with(&place.path("nowhere"));
    assert_eq!(status(&output), 3);
    assert!(stderr(&output).contains("nowhere"));
}
