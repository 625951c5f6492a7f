//! `evalrun cache`: what is kept, whether it is whole, and what is removed.

use std::path::PathBuf;

use serde_json::Value;

use super::{Place, status, stderr, stdout};

/// A cache with embeddings of a run, exact neighbours, a data set and a left-over of a broken-off write.
fn used() -> Place {
    let place = Place::new();
    let spec = place.spec(
        "  dense:
    - dense: { as: d, vector: title, limit: 3 }
measure: { quality: [success@1, knn_recall@2], latency: none }
",
    );
    let text = std::fs::read_to_string(&spec).unwrap();
    let text = text.replace("  vectors:\n", "  vectors:\n    title: { text: [title] }\n");
    let text = text.replace(
        "index:\n",
        "models: { embedder: all-minilm-l6-v2, runtime: builtin }\nindex:\n",
    );
    std::fs::write(&spec, text).unwrap();
    let output = place.run(&spec);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let sha256 = evalrun::content::sha256(b"{}\n");
    let receipt = format!(
        r#"{{"files": [], "contents": [{{"path": "corpus.jsonl", "bytes": 3, "sha256": "{sha256}"}}]}}"#
    );
    place.write("cache/data/mine/.fetched.json", &receipt);
    place.write("cache/data/mine/corpus.jsonl", "{}\n");
    place.write("cache/neighbours/abc.bin.4711", "half");
    place
}

fn ls(place: &Place) -> Vec<(String, PathBuf)> {
    let output = place.evalrun(&["cache", "ls", "--json"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let all: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    let item = |v: &Value| {
        let text = |key: &str| v[key].as_str().unwrap().to_owned();
        assert!(
            v["bytes"].as_u64().unwrap() > 0 && v["last_used"].is_string(),
            "{v}"
        );
        (text("kind"), PathBuf::from(text("path")))
    };
    all.iter().map(item).collect()
}

fn kinds(place: &Place) -> Vec<String> {
    ls(place).into_iter().map(|(kind, _)| kind).collect()
}

fn path_of(place: &Place, kind: &str) -> PathBuf {
    let found = ls(place).into_iter().find(|(k, _)| k == kind);
    found.unwrap().1
}

#[test]
fn what_a_run_leaves_is_listed_and_whole() {
    let place = used();
    assert_eq!(kinds(&place), ["embeddings", "neighbours", "data", "left over"]);
    let table = stdout(&place.evalrun(&["cache", "ls"]));
    assert!(table.contains("1 search\n") && table.contains(" in "), "{table}");
    let output = place.evalrun(&["cache", "verify"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).contains("records of 384 values"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn damage_is_named_with_its_file_and_is_1() {
    for kind in ["embeddings", "neighbours"] {
        let place = used();
        let path = path_of(&place, kind);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[100] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let output = place.evalrun(&["cache", "verify"]);
        assert_eq!(status(&output), 1, "{kind}");
        let says = format!("error: damaged: {}\n", path.display());
        assert!(stderr(&output).starts_with(&says), "{}", stderr(&output));
    }
    let place = used();
    let corpus = place.write("cache/data/mine/corpus.jsonl", "{ }\n");
    let output = place.evalrun(&["cache", "verify", "--json"]);
    assert_eq!(status(&output), 1);
    let found: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    let damaged = found.iter().find(|f| f["state"] == "damaged").unwrap();
    assert_eq!(damaged["damaged"], serde_json::json!([corpus.to_str().unwrap()]));
}

/// As if it had not been touched for so many days.
fn age(path: &std::path::Path, days: u64) {
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 86_400);
    let times = std::fs::FileTimes::new().set_modified(then).set_accessed(then);
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            age(&entry.unwrap().path(), days);
        }
    } else {
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_times(times).unwrap();
    }
}

#[test]
fn gc_takes_left_overs_and_with_an_age_what_was_not_used_for_so_long() {
    let place = used();
    let gc = |args: &[&str]| {
        let output = place.evalrun(&[&["cache", "gc"], args].concat());
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(
        gc(&[]),
        "nothing to remove\n",
        "it may belong to a run that goes on"
    );
    for (_, path) in ls(&place) {
        age(&path, 40);
    }
    let dry = gc(&["--dry-run", "--older-than", "30d"]);
    assert!(dry.contains("would remove") && kinds(&place).len() == 4, "{dry}");
    gc(&["--older-than", "60d"]);
    assert_eq!(kinds(&place), ["embeddings", "neighbours", "data"]);
    gc(&["--older-than", "30d", "--kind", "neighbours"]);
    assert_eq!(kinds(&place), ["embeddings", "data"]);
    // To look something up is to use it.
    let plan = place.evalrun(&["plan", place.path("tiny.yaml").to_str().unwrap()]);
    assert_eq!(status(&plan), 0, "{}", stderr(&plan));
    gc(&["--older-than", "30d"]);
    assert_eq!(kinds(&place), ["embeddings", "data"]);
    gc(&["--older-than", "30d", "--kind", "data"]);
    assert_eq!(kinds(&place), ["embeddings"]);
}

#[test]
fn options_of_one_verb_are_not_taken_by_another() {
    let place = Place::new();
    for args in [
        &["cache", "ls", "--older-than", "30d"][..],
        &["cache", "verify", "--dry-run"],
        &["cache", "gc", "--json"],
        &["cache", "gc", "--older-than", "soon"],
        &["cache", "gc", "--server", "--dry-run"],
        &["cache", "gc", "--kind", "data"],
    ] {
        assert_eq!(status(&place.evalrun(args)), 2, "{args:?}");
    }
}
