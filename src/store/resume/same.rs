//! Whether a run would measure what an earlier one measured.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::super::{Bundle, DataRecord, Manifest, StoreError};
use crate::dataset::SourceFile;
use crate::plan::{Cell, Plan};

/// Cells that are named in one sentence.
const NAMED: usize = 3;

/// In what the plan of an earlier run differs from this one, as far as it bears on what is measured; empty where they are
/// the same. What is computed from the bundle alone (gates, comparisons, prose) may differ.
pub fn plan_differences(there: &Bundle, here: &Plan) -> Result<Vec<String>, StoreError> {
    let there = there.asked()?;
    let text = serde_json::to_string(here).expect("a plan serialises to JSON");
    // By the same way through JSON as the other one.
    let here: Plan = serde_json::from_str(&text).expect("a plan reads back");
    let mut all = cells(&there.cells, &here.cells);
    differ("measure", &there.measure, &here.measure, &mut all);
    differ("models", &there.models, &here.models, &mut all);
    differ("servers", &there.servers, &here.servers, &mut all);
    let data = |plan: &Plan| -> BTreeMap<String, Value> {
        let sources = plan.data.iter();
        sources.map(|d| (d.name.clone(), value(&d.kind))).collect()
    };
    differ("data", &data(&there), &data(&here), &mut all);
    let part = |plan: &Plan| plan.narrowed.as_ref().map(|n| n.by.to_string());
    match (part(&there), part(&here)) {
        (a, b) if a == b => {}
        (a, b) => {
            let words = |part: Option<String>| part.unwrap_or_else(|| "all of the spec".to_owned());
            all.push(format!("{} there, {} here", words(a), words(b)));
        }
    }
    Ok(all)
}

fn cells(there: &[Cell], here: &[Cell]) -> Vec<String> {
    let only = |these: &[Cell], those: &[Cell]| -> Vec<String> {
        let lacking = these.iter().filter(|cell| !those.contains(cell));
        lacking.map(name).collect()
    };
    let mut all = Vec::new();
    for (cells, one, many) in [
        (only(there, here), "is not in this plan", "are not in this plan"),
        (only(here, there), "is new in this plan", "are new in this plan"),
    ] {
        let named: Vec<&str> = cells.iter().take(NAMED).map(String::as_str).collect();
        let named = named.join(", ");
        match cells.len() {
            0 => {}
            1 => all.push(format!("the cell {named} {one}")),
            n if n <= NAMED => all.push(format!("{n} cells {many}: {named}")),
            n => all.push(format!("{n} cells {many}: {named} and {} more", n - NAMED)),
        }
    }
    all
}

/// Its data set, settings, and the id, which tells apart what has the same settings and is defined otherwise.
fn name(cell: &Cell) -> String {
    let label = cell.label();
    let label = match label.is_empty() {
        true => cell.pipeline.name.clone(),
        false => label,
    };
    format!("`{label}` on {} ({})", cell.data, cell.id)
}

/// In what an earlier run had other means than this one: the program, data, models, backends, and where times are wanted
/// the machine. Empty where they are the same.
pub fn manifest_differences(there: &Manifest, here: &Manifest, timed: bool) -> Vec<String> {
    let mut all = Vec::new();
    differ("evalrun", &there.tool, &here.tool, &mut all);
    data(&there.data, &here.data, &mut all);
    for (name, (a, b)) in pairs(&there.tuning, &here.tuning) {
        let none = Vec::new();
        files(name, a.unwrap_or(&none), b.unwrap_or(&none), &mut all);
    }
    differ("models", &there.models, &here.models, &mut all);
    let backends = |manifest: &Manifest| {
        let mut backends = manifest.backends.clone();
        for backend in backends.values_mut().filter(|_| !timed) {
            // How many threads there are changes no answer.
            backend.details.remove("threads");
        }
        backends
    };
    differ("backends", &backends(there), &backends(here), &mut all);
    if timed {
        all.extend(here.machine.differences(&there.machine));
        differ("--jobs", &there.jobs, &here.jobs, &mut all);
    }
    all
}

fn data(there: &BTreeMap<String, DataRecord>, here: &BTreeMap<String, DataRecord>, all: &mut Vec<String>) {
    for (name, records) in pairs(there, here) {
        let (Some(a), Some(b)) = records else {
            let where_ = if records.0.is_some() { "there" } else { "here" };
            all.push(format!("the data set {name} is only {where_}"));
            continue;
        };
        files(name, &a.files, &b.files, all);
        let rest = |record: &DataRecord| DataRecord {
            files: Vec::new(),
            ..record.clone()
        };
        differ(&format!("data set {name}"), &rest(a), &rest(b), all);
    }
}

/// Files count by name and content, wherever they are.
fn files(set: &str, there: &[SourceFile], here: &[SourceFile], all: &mut Vec<String>) {
    let by_name = |files: &[SourceFile]| -> BTreeMap<String, Vec<String>> {
        let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files {
            let name = Path::new(&file.path).file_name();
            let name = name.map_or(file.path.clone(), |n| n.to_string_lossy().into_owned());
            named.entry(name).or_default().push(file.sha256.clone());
        }
        named
    };
    for (name, (a, b)) in pairs(&by_name(there), &by_name(here)) {
        match (a, b) {
            (Some(a), Some(b)) if a == b => {}
            (Some(_), Some(_)) => all.push(format!("{set}: `{name}` has another content now")),
            (Some(_), None) => all.push(format!("{set}: `{name}` is not read any more")),
            _ => all.push(format!("{set}: `{name}` was not read there")),
        }
    }
}

/// What two maps have under each key of either.
fn pairs<'a, V>(
    a: &'a BTreeMap<String, V>,
    b: &'a BTreeMap<String, V>,
) -> BTreeMap<&'a str, (Option<&'a V>, Option<&'a V>)> {
    let keys = a.keys().chain(b.keys());
    keys.map(|key| (key.as_str(), (a.get(key), b.get(key)))).collect()
}

/// Every leaf in which two values differ, with the way to it.
fn differ<T: Serialize>(what: &str, there: &T, here: &T, all: &mut Vec<String>) {
    leaves(what, &value(there), &value(here), all);
}

fn leaves(what: &str, there: &Value, here: &Value, all: &mut Vec<String>) {
    match (there, here) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                leaves(&format!("{what}.{key}"), &of(a), &of(b), all);
            }
        }
        (a, b) if a == b => {}
        (a, b) => all.push(format!("{what}: {} there, {} here", words(a), words(b))),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn value<T: Serialize>(of: &T) -> Value {
    serde_json::to_value(of).expect("plain data serialises to JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_that_differs_is_named() {
        let mut all = Vec::new();
        let there = serde_json::json!({ "seed": 42, "latency": { "passes": 3 }, "tie": "docid" });
        let here = serde_json::json!({ "seed": 7, "latency": null, "tie": "docid" });
        differ("measure", &there, &here, &mut all);
        assert_eq!(
            all,
            [
                r#"measure.latency: {"passes":3} there, nothing here"#,
                "measure.seed: 42 there, 7 here"
            ]
        );
    }

    #[test]
    fn files_count_by_name_and_content() {
        let file = |path: &str, sha256: &str| SourceFile {
            path: path.into(),
            sha256: sha256.into(),
            rows: 1,
        };
        let there = [file("a/corpus.jsonl", "1"), file("a/queries.jsonl", "2")];
        let here = [
            file("b/corpus.jsonl", "1"),
            file("b/queries.jsonl", "3"),
            file("b/new", "4"),
        ];
        let mut all = Vec::new();
        files("parts", &there, &here, &mut all);
        assert_eq!(
            all,
            [
                "parts: `new` was not read there",
                "parts: `queries.jsonl` has another content now"
            ]
        );
    }
}
