//! `evalrun ls`: runs, models, measures, stages; data sets are in `tests/cards.rs`.

use serde_json::Value;

use super::{Place, TWO_PIPELINES, status, stderr, stdout};

fn list(place: &Place, what: &str) -> Vec<Value> {
    let output = place.evalrun(&[
        "ls",
        what,
        "--json",
        "--out-dir",
        place.path("reports").to_str().unwrap(),
    ]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn every_table_fits_80_columns() {
    let place = Place::new();
    place.run(&place.spec(TWO_PIPELINES));
    for what in ["data", "runs", "models", "measures", "stages"] {
        let output = place.evalrun(&["ls", what, "--out-dir", place.path("reports").to_str().unwrap()]);
        assert_eq!(status(&output), 0, "{what}: {}", stderr(&output));
        assert!(stdout(&output).lines().count() > 3, "{what}");
        for line in stdout(&output).lines() {
            assert!(line.chars().count() <= 80, "{what}: {line}");
        }
    }
}

#[test]
fn runs_say_how_they_ended_and_under_which_names_they_were_saved() {
    let place = Place::new();
    let spec = place.spec(TWO_PIPELINES);
    let out_dir = place.path("reports");
    let run = |more: &[&str]| {
        let args = [
            spec.to_str().unwrap(),
            "--no-timing",
            "--out-dir",
            out_dir.to_str().unwrap(),
        ];
        place.evalrun(&[&args[..], more].concat())
    };
    assert_eq!(status(&run(&["--save-baseline", "main"])), 0);
    assert_eq!(status(&run(&["--baseline", "main", "--timeout", "1ns"])), 5);
    let [first, second] = list(&place, "runs").try_into().unwrap();
    assert_eq!(first["experiment"], "tiny");
    assert_eq!(first["saved"], serde_json::json!(["main"]));
    let cells = |planned, ok, failed| serde_json::json!({ "planned": planned, "ok": ok, "failed": failed, "unsupported": 0 });
    assert_eq!(first["cells"], cells(6, 6, 0));
    assert_eq!(second["cells"], cells(6, 0, 6));
    assert_eq!(second["baseline"]["named"], "main");
    assert_eq!(second["baseline"]["run"], first["run"]);
    assert!(first["finished"].is_string());
    // One that is only there as a saved one is listed with its place, and a damaged one is named.
    let [own, other] = place.bundles("tiny").try_into().unwrap();
    std::fs::remove_dir_all(own).unwrap();
    let saved = list(&place, "runs").remove(0);
    assert!(saved["folder"].as_str().unwrap().ends_with("tiny/baselines/main"));
    std::fs::write(other.join("plan.json"), "{").unwrap();
    let output = place.evalrun(&["ls", "runs", "--out-dir", out_dir.to_str().unwrap()]);
    assert_eq!(status(&output), 3);
    assert!(stderr(&output).contains("plan.json"), "{}", stderr(&output));
    assert!(stdout(&output).contains("saved as main"), "{}", stdout(&output));
}

#[test]
fn where_nothing_was_run_there_is_no_run() {
    let place = Place::new();
    assert!(list(&place, "runs").is_empty());
}

#[test]
fn models_are_the_built_in_ones_and_those_in_the_cache() {
    let place = Place::new();
    place.write("cache/models--acme--tiny-embedder/blobs/abc", "weights");
    let models = list(&place, "models");
    let of = |name: &str| models.iter().find(|m| m["name"] == name).unwrap();
    assert_eq!(of("all-minilm-l6-v2")["state"], "built_in");
    assert_eq!(of("evalrun-rerank-l4")["kind"], "reranker");
    let own = of("acme/tiny-embedder");
    assert_eq!((&own["state"], &own["bytes"]), (&"downloaded".into(), &7.into()));
    let table = stdout(&place.evalrun(&["ls", "models"]));
    assert!(table.contains("acme/tiny-embedder"), "{table}");
}

#[test]
fn measures_and_stages_have_a_sentence_each() {
    let place = Place::new();
    let measures = list(&place, "measures");
    let ndcg = measures.iter().find(|m| m["name"] == "nDCG").unwrap();
    assert_eq!(ndcg["notation"], "nDCG, nDCG@k");
    assert_eq!(ndcg["source"], "Järvelin and Kekäläinen 2002");
    let reference = std::fs::read_to_string("docs/methodology.md").unwrap();
    for measure in &measures {
        let name = measure["name"].as_str().unwrap();
        assert!(reference.contains(name), "docs/methodology.md lacks {name}");
    }
    let stages = list(&place, "stages");
    let names: Vec<&str> = stages.iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["dense", "sparse", "fuse", "late", "rerank"]);
    for stage in &stages {
        for key in stage["keys"].as_array().unwrap() {
            assert!(!key["says"].as_str().unwrap().is_empty(), "{stage}: {key}");
        }
    }
}
