//! JSON lines: one object per line. A column is a key, or a path of keys with dots between (`maker.name`).

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::fault::TableFault;
use super::rows::{Row, Take, Wanted};
use super::vectors;
use crate::dataset::SourceFile;
use crate::dataset::json::object;
use crate::dataset::lines::Lines;
use crate::dataset::problem::{DatasetError, Place, Problems};
use crate::filter::Payload;

/// Lines whose keys are remembered for the message about a column that no line has.
const LOOKED_AT: usize = 100;

/// See [`super::rows::each`]. A line may lack a column; that no line has it is an error.
pub(super) fn each(
    path: &Path,
    wanted: &Wanted,
    problems: &mut Problems,
    take: &mut Take<'_>,
) -> Result<SourceFile, DatasetError> {
    let mut row = Row::new(wanted);
    let names: Vec<&String> = wanted.cells.iter().chain(&wanted.vectors).collect();
    let mut seen = vec![false; names.len()];
    let mut keys = BTreeSet::new();
    let file = Lines::open(path)?.each(problems, |number, line| {
        let line = object(line)?;
        row.place = Place::Line(number);
        if number <= LOOKED_AT {
            note_keys(&line, "", &mut keys);
        }
        for (seen, name) in seen.iter_mut().zip(&names) {
            *seen = *seen || lookup(&line, name).is_some();
        }
        for (into, name) in row.cells.iter_mut().zip(&wanted.cells) {
            *into = lookup(&line, name).cloned().unwrap_or(Value::Null);
        }
        for (into, name) in row.vectors.iter_mut().zip(&wanted.vectors) {
            vectors::from_json(lookup(&line, name), name, into)?;
        }
        take(&mut row)
    })?;
    let there: Vec<String> = keys.into_iter().collect();
    let mut absent = Problems::default();
    // When no line could be read, nothing is known about columns.
    let unseen = names
        .iter()
        .zip(seen)
        .filter(|&(_, seen)| !seen && !there.is_empty());
    for wanted in unseen.map(|(&name, _)| name.clone()).collect::<BTreeSet<_>>() {
        let there = there.clone();
        absent.push(path, Place::File, TableFault::NoColumn { wanted, there }.into());
    }
    if !absent.shown.is_empty() {
        // Every line would only say once more that there is nothing in that column.
        *problems = absent;
    }
    Ok(file)
}

/// The value at a key, or at a path of keys.
fn lookup<'a>(object: &'a Payload, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    let dots = path.match_indices('.').map(|(at, _)| at);
    dots.filter_map(|dot| {
        let inner = object.get(&path[..dot])?.as_object()?;
        lookup(inner, &path[dot + 1..])
    })
    .next()
}

/// Notes every key as it could be named in a mapping.
fn note_keys(object: &Payload, prefix: &str, keys: &mut BTreeSet<String>) {
    for (key, value) in object {
        let name = format!("{prefix}{key}");
        match value {
            Value::Object(inner) => note_keys(inner, &format!("{name}."), keys),
            _ => {
                keys.insert(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_column_is_a_key_or_a_path_of_keys() {
        let object = json!({ "a": { "b": { "c": 1 }, "x.y": 2 }, "a.b": 3, "n": null });
        let at = |path| lookup(object.as_object().unwrap(), path).cloned();
        assert_eq!(at("a.b.c"), Some(json!(1)));
        assert_eq!(at("a.x.y"), Some(json!(2)));
        assert_eq!(at("a.b"), Some(json!(3)));
        assert_eq!(at("n"), Some(Value::Null));
        assert_eq!(at("a.b.d"), None);
        assert_eq!(at("n.b"), None);
    }
}
