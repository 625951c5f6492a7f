//! Four public data sets, loaded and held against the counts and hashes recorded beside them.

mod shared;

use std::collections::BTreeMap;
use std::path::Path;

use evalrun::dataset::source::BeirSource;
use evalrun::dataset::{Dataset, Source, load, resolve};
use evalrun::progress::Silent;
use serde_json::Value;

/// `stats.json` of a data set.
fn recorded(dir: &Path) -> Value {
    let text = std::fs::read_to_string(dir.join("stats.json")).expect("a stats.json beside the data");
    serde_json::from_str(&text).expect("JSON")
}

fn load_split(dir: &Path, split: &str) -> Dataset {
    let source = Source::Beir(BeirSource {
        dir: dir.to_owned(),
        split: Some(split.to_owned()),
        ..BeirSource::default()
    });
    let name = dir.file_name().expect("a folder has a name").to_string_lossy();
    load(&name, &source, &Silent).expect("a sound data set")
}

/// Judgements per grade, as `stats.json` counts them.
fn grades(data: &Dataset) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for grade in data.qrels.by_query.values().flat_map(BTreeMap::values) {
        *counts.entry(grade.to_string()).or_default() += 1;
    }
    counts
}

fn check_split(dir: &Path, split: &str, stats: &Value) {
    let data = load_split(dir, split);
    let of_split = &stats["qrels"][split];
    let queries = data.queries.len();
    assert_eq!(stats["name"], data.name);
    assert_eq!(Some(data.docs.len() as u64), stats["documents"].as_u64());
    assert_eq!(Some(queries as u64), of_split["queries"].as_u64());
    let all_queries = queries + data.unjudged_queries;
    assert_eq!(Some(all_queries as u64), stats["queries"].as_u64());
    assert_eq!(of_split["grades"], serde_json::json!(grades(&data)));

    let barren = data
        .qrels
        .by_query
        .values()
        .filter(|judged| judged.values().all(|grade| *grade < 1));
    assert_eq!(
        Some(barren.count() as u64),
        of_split["queries_without_relevant"].as_u64()
    );
    assert!(data.docs.is_sorted_by(|a, b| a.id < b.id));
    assert!(data.queries.is_sorted_by(|a, b| a.id < b.id));

    for file in &data.files {
        let relative = file.path.replace(&format!("{}/", dir.display()), "");
        assert_eq!(stats["files"][relative]["sha256"], file.sha256, "{}", file.path);
    }
}

#[test]
fn counts_grades_and_hashes_are_those_recorded() {
    let Some(root) = shared::shared("datasets") else {
        return;
    };
    let mut splits = Vec::new();
    for name in ["amazon-google", "chorus-electronics", "cranfield", "scifact"] {
        let dir = resolve(name, std::slice::from_ref(&root)).unwrap();
        let stats = recorded(&dir);
        for split in stats["qrels"].as_object().unwrap().keys() {
            check_split(&dir, split, &stats);
            splits.push(format!("{name}/{split}"));
        }
    }
    assert_eq!(splits.len(), 5, "{splits:?}");
}
