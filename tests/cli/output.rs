//! `--output`: what the suffix says, for services and for other programs.

use serde_json::Value;

use super::{Place, TWO_PIPELINES, status, stderr};

/// Writes a run's result to a file of each name and returns what is in them.
fn written(place: &Place, names: &[&str]) -> Vec<Vec<u8>> {
    let spec = place.spec(TWO_PIPELINES);
    let out_dir = place.path("reports");
    let files: Vec<String> = names
        .iter()
        .map(|name| place.path(name).to_str().unwrap().to_owned())
        .collect();
    let mut args = vec![spec.to_str().unwrap(), "--out-dir", out_dir.to_str().unwrap()];
    for file in &files {
        args.extend(["-o", file]);
    }
    let output = place.evalrun(&args);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn services_that_draw_trends_find_every_cell_under_its_own_name() {
    let place = Place::new();
    let files = written(&place, &["a.bencher.json", "a.bigger.json", "a.smaller.json"]);
    let [bencher, bigger, smaller] = files.try_into().unwrap();
    let bencher = json(&bencher);
    let name = "tiny/tiny/pipeline=words s.limit=3";
    let value = bencher[name]["success@1"]["value"].as_f64().unwrap();
    assert_eq!((bencher.as_object().unwrap().len(), value), (6, 1.0));
    let of = |list: &Value, measure: &str| -> Value {
        let name = format!("{name}/{measure}");
        let entries = list.as_array().unwrap();
        let found = entries.iter().find(|e| e["name"] == name.as_str());
        found.cloned().unwrap_or_default()
    };
    let (bigger, smaller) = (json(&bigger), json(&smaller));
    assert_eq!(of(&bigger, "success@1")["value"], 1.0);
    assert_eq!(of(&bigger, "p50_ms"), Value::Null);
    assert_eq!(of(&smaller, "p50_ms")["unit"], "ms");
    assert!(of(&smaller, "p50_ms")["value"].as_f64().unwrap() > 0.0);
    assert_eq!(of(&smaller, "success@1"), Value::Null);
}

#[test]
fn a_line_per_cell_and_the_table_per_query() {
    let place = Place::new();
    let [lines, table] = written(&place, &["sub/a.jsonl", "other/a.parquet"])
        .try_into()
        .unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), 6);
    let [bundle] = place.bundles("tiny").try_into().unwrap();
    let run = bundle.file_name().unwrap().to_str().unwrap();
    for line in lines.lines() {
        let line = json(line.as_bytes());
        assert_eq!((&line["run"], &line["state"]), (&run.into(), &"ok".into()));
    }
    let own = std::fs::read(bundle.join("queries.parquet")).unwrap();
    assert!(table == own, "the table is that of the bundle");
}

#[test]
fn an_unknown_suffix_is_answered_with_all_that_are_known() {
    let place = Place::new();
    let spec = place.spec("");
    let output = place.evalrun(&[spec.to_str().unwrap(), "-o", "result.xml"]);
    assert_eq!(status(&output), 2);
    let known =
        ".html, .md, .bencher.json, .bigger.json, .smaller.json, .json, .jsonl, .csv, .parquet, .junit.xml";
    assert_eq!(
        stderr(&output),
        format!("error: `result.xml`: the suffix says the format; this version writes {known}\n")
    );
    // The help names the same.
    for verb in ["run", "report"] {
        let help = super::stdout(&place.evalrun(&[verb, "--help"]));
        for suffix in known.split(", ") {
            assert!(help.contains(suffix), "{verb}: {suffix}");
        }
    }
}
