//! The lines of `tests.jsonl`: a query, its conditions and the documents nearest to it.

use std::path::Path;

use serde_json::Value;

use super::conditions;
use crate::dataset::json::{kind, object};
use crate::dataset::matrix::{neighbours, rows::Rows};
use crate::dataset::problem::{DatasetError, Fault, Problems};
use crate::filter::{Filter, Payload};
use crate::vectors::{Metric, Vectors};

/// One query as written.
pub(super) struct Asked {
    query: Vec<f32>,
    filter: Option<Filter>,
    closest: Vec<i64>,
    /// The filter under `filter`, and every key that nothing here reads: slices look at them.
    metadata: Payload,
}

/// A line of `tests.jsonl`. `conditions` may be absent or `null`; the scores are counted and not kept, since every
/// publisher has a scale of their own.
pub(super) fn parse(line: &str) -> Result<Asked, Fault> {
    let mut line = object(line)?;
    let query = line.shift_remove("query").ok_or(Fault::MissingKey("query"))?;
    let query = numbers("query", &query, |x| x.as_f64().map(|x| x as f32))?;
    let conditions = line.shift_remove("conditions").unwrap_or(Value::Null);
    let filter = conditions::filter(&conditions).map_err(Fault::Vector)?;
    let closest = line
        .shift_remove("closest_ids")
        .ok_or(Fault::MissingKey("closest_ids"))?;
    let closest = numbers("closest_ids", &closest, Value::as_i64)?;
    if let Some(scores) = line.shift_remove("closest_scores") {
        let scores = numbers("closest_scores", &scores, Value::as_f64)?;
        if scores.len() != closest.len() {
            let what = format!(
                "{} `closest_ids` and {} `closest_scores`",
                closest.len(),
                scores.len()
            );
            return Err(Fault::Vector(what));
        }
    }
    if let Some(column) = query.iter().position(|x| !x.is_finite()) {
        return Err(Fault::Vector(format!(
            "`query`, value {column} (from 0) is beyond float32"
        )));
    }
    if let Some(filter) = &filter {
        let filter = serde_json::to_value(filter).map_err(|e| Fault::Filter(e.to_string()))?;
        line.insert("filter".to_owned(), filter);
    }
    Ok(Asked {
        query,
        filter,
        closest,
        metadata: line,
    })
}

/// A list of numbers, each turned into what `convert` makes of it.
fn numbers<T>(key: &'static str, value: &Value, convert: fn(&Value) -> Option<T>) -> Result<Vec<T>, Fault> {
    let Value::Array(items) = value else {
        return Err(Fault::WrongType {
            key: key.to_owned(),
            found: kind(value),
            want: "write a list of numbers",
        });
    };
    let each = items.iter().enumerate().map(|(place, item)| {
        convert(item).ok_or_else(|| {
            let found = match item {
                Value::Number(number) => format!("{number}"),
                other => kind(other).to_owned(),
            };
            let want = if key == "closest_ids" {
                "whole numbers are"
            } else {
                "numbers are"
            };
            Fault::Vector(format!(
                "`{key}`, value {place} (from 0) is {found}; {want} wanted"
            ))
        })
    });
    each.collect()
}

/// Queries, their neighbours, and the filter and metadata of each.
type Collected = (Vectors, Vec<Vec<u32>>, Vec<(Option<Filter>, Payload)>);

/// Holds the queries against the documents and puts their vectors side by side.
pub(super) fn collect(
    path: &Path,
    asked: Vec<Asked>,
    docs: &Vectors,
    metric: Metric,
) -> Result<Collected, DatasetError> {
    let mut problems = Problems::default();
    let mut queries = Rows::new(path, docs.dim(), asked.len(), metric)?;
    let mut lists = Vec::with_capacity(asked.len());
    let mut rest = Vec::with_capacity(asked.len());
    for (row, asked) in asked.into_iter().enumerate() {
        let mut fault = |what: String| problems.push(path, row + 1, Fault::Vector(what));
        if asked.query.len() != docs.dim() {
            let (here, there) = (asked.query.len(), docs.dim());
            fault(format!("`query` has {here} values, the vectors have {there}"));
        } else if metric == Metric::Cosine && asked.query.iter().all(|x| *x == 0.0) {
            fault("`query` has only zeros; such a vector has no direction to compare by cosine".to_owned());
        } else {
            queries.put(row, row, |into| into.copy_from_slice(&asked.query));
        }
        match neighbours::list(asked.closest.into_iter(), docs.len()) {
            Ok(list) => lists.push(list),
            Err(what) => fault(format!("`closest_ids`: {what}")),
        }
        rest.push((asked.filter, asked.metadata));
    }
    problems.or(())?;
    Ok((queries.finish(path, "")?, lists, rest))
}
