//! What is not the same in two cells, or two data sets, in words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::plan::Cell;

/// Settings in which two complete cells differ: `pipeline.d.dense.ef: 64 → 128`, sorted by path.
pub(super) fn between(before: &Cell, now: &Cell) -> Vec<String> {
    let leaves = |cell: &Cell| {
        let mut leaves = BTreeMap::new();
        let value = serde_json::to_value(cell).expect("plain data serialises to JSON");
        walk("", &value, &mut leaves);
        // The id is a hash of the rest; labels are how the cells were found.
        leaves.retain(|path: &String, _| path != "id" && !path.starts_with("settings."));
        leaves
    };
    differing(&leaves(before), &leaves(now))
        .map(|(path, before, now)| format!("{path}: {before} → {now}"))
        .collect()
}

/// Files whose content differs, or that only one side has.
pub(super) fn files(
    before: Option<&BTreeMap<String, String>>,
    now: &BTreeMap<String, String>,
) -> Vec<String> {
    let none = BTreeMap::new();
    differing(before.unwrap_or(&none), now)
        .map(|(file, ..)| file.to_owned())
        .collect()
}

/// Keys whose values differ, in order, with both values; one that is absent reads `none`.
fn differing<'a>(
    before: &'a BTreeMap<String, String>,
    now: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let of = |map: &'a BTreeMap<String, String>, key: &str| map.get(key).map_or("none", String::as_str);
    keys.into_iter()
        .map(move |key| (key.as_str(), of(before, key), of(now, key)))
        .filter(|(_, before, now)| before != now)
}

/// Collects the leaves of a value under their paths. Entries of a list that have a name stand under it.
fn walk(path: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match key.as_str() {
                    // Levels that no person writes.
                    "stages" | "kind" => walk(path, value, leaves),
                    key => walk(&joined(path, key), value, leaves),
                }
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (i, item) in items.iter().enumerate() {
                let name = item.get("name").and_then(Value::as_str);
                let key = name.map_or_else(|| i.to_string(), str::to_owned);
                walk(&joined(path, &key), item, leaves);
            }
        }
        Value::String(text) => drop(leaves.insert(path.to_owned(), text.clone())),
        leaf => drop(leaves.insert(path.to_owned(), leaf.to_string())),
    }
}

fn joined(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::StageKind;
    use crate::report::fixture::cell;

    #[test]
    fn a_change_of_a_default_is_named_with_its_path() {
        let before = cell("a", &[("pipeline", "dense")]);
        let mut now = before.clone();
        now.id = "b".into();
        if let StageKind::Dense(dense) = &mut now.pipeline.stages[0].kind {
            dense.ef = 256;
        }
        now.index.seed = 7;
        assert_eq!(
            between(&before, &now),
            ["index.seed: 42 → 7", "pipeline.d.dense.ef: 128 → 256"]
        );
        assert_eq!(between(&before, &before), [""; 0]);
    }

    #[test]
    fn files_of_one_side_alone_differ_too() {
        let files_of = |list: &[(&str, &str)]| -> BTreeMap<String, String> {
            list.iter()
                .map(|(f, h)| ((*f).to_owned(), (*h).to_owned()))
                .collect()
        };
        let before = files_of(&[("corpus.jsonl", "1"), ("queries.jsonl", "2")]);
        let now = files_of(&[("corpus.jsonl", "9"), ("queries.jsonl", "2"), ("test.tsv", "3")]);
        assert_eq!(files(Some(&before), &now), ["corpus.jsonl", "test.tsv"]);
        assert_eq!(files(Some(&now), &now), [""; 0]);
    }
}
