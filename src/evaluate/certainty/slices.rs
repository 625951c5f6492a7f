//! The primary measure by kind of query: the mean hides who wins and who pays.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::difference::{Purpose, bootstrap, draws};
use super::{Primary, Values};
use crate::evaluate::{CellResult, Quality};
use crate::stats::{Draws, Strata, holm, mean, strata};
use crate::store::QueryRecord;

/// More values than this are an identifier, not a kind of query.
const MOST_VALUES: usize = 20;

/// The cells by the values of one metadata field of the queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Slices {
    /// The field as the spec names it.
    pub field: String,
    /// Its values, each with the number of queries that have it; `none` for queries without,
    /// `(none)` where that is a value itself.
    pub values: Vec<(String, usize)>,
    /// In plan order, those that ran.
    pub cells: Vec<SliceCell>,
}

/// One cell by kind of query, in the order of the values.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceCell {
    /// The cell's id.
    pub cell: String,
    /// Mean over the queries that have a value; `None` when none has.
    pub means: Vec<Option<f64>>,
    /// Differences to the reference, and the test of their being the same for all values; `None` for the reference and
    /// without one.
    pub differences: Option<Strata>,
    /// The test's p, corrected over the cells of this field (Holm).
    pub p_holm: Option<f64>,
}

/// One per field of the plan that tells queries apart.
pub(super) fn slices<'a>(
    primary: &Primary<'_>,
    queries: impl Iterator<Item = &'a QueryRecord>,
) -> Vec<Slices> {
    let queries: Vec<&QueryRecord> = queries.collect();
    let fields = &primary.plan.measure.slices;
    fields
        .iter()
        .filter_map(|f| slice(primary, &queries, f))
        .collect()
}

fn slice(primary: &Primary<'_>, queries: &[&QueryRecord], field: &str) -> Option<Slices> {
    let key = field.strip_prefix("query.").unwrap_or(field);
    let mut kinds: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut without: Vec<&str> = Vec::new();
    for record in queries {
        match record.metadata.get(key) {
            Some(value) => kinds.entry(plain(value)).or_default().push(&record.query),
            None => without.push(&record.query),
        }
    }
    if !without.is_empty() {
        kinds.insert(unused(&kinds), without);
    }
    if kinds.len() < 2 || kinds.len() > MOST_VALUES {
        return None;
    }
    let label = kinds.values().enumerate();
    let label = label
        .flat_map(|(l, ids)| ids.iter().map(move |id| (*id, l)))
        .collect();
    let of_field = OfField {
        primary,
        label,
        count: kinds.len(),
    };
    let mut cells: Vec<SliceCell> = primary.cells.iter().map(|(c, q)| of_field.cell(c, q)).collect();
    let mut tested: Vec<(&mut Option<f64>, f64)> = (cells.iter_mut())
        .filter_map(|c| {
            let p = c.differences.as_ref()?.interaction?.p;
            Some((&mut c.p_holm, p))
        })
        .collect();
    let p: Vec<f64> = tested.iter().map(|(_, p)| *p).collect();
    for ((place, _), adjusted) in tested.iter_mut().zip(holm(&p)) {
        **place = Some(adjusted);
    }
    Some(Slices {
        field: field.to_owned(),
        values: kinds.into_iter().map(|(value, ids)| (value, ids.len())).collect(),
        cells,
    })
}

struct OfField<'a> {
    primary: &'a Primary<'a>,
    /// Query → number of its value.
    label: BTreeMap<&'a str, usize>,
    count: usize,
}

impl OfField<'_> {
    fn cell(&self, cell: &CellResult, quality: &Quality) -> SliceCell {
        let mut values = vec![Vec::new(); self.count];
        for (query, value) in &quality.per_query {
            if let Some(label) = self.label.get(query.as_str()) {
                values[*label].push(*value);
            }
        }
        let reference = self.primary.reference().filter(|_| !cell.is_reference);
        SliceCell {
            cell: cell.cell.id.clone(),
            means: values.iter().map(|v| mean(v)).collect(),
            differences: reference.map(|r| self.differences(&quality.per_query, r)),
            p_holm: None,
        }
    }

    fn differences(&self, values: &Values, reference: &Values) -> Strata {
        let one = |(query, value): (&String, &f64)| {
            Some((value - reference.get(query)?, *self.label.get(query.as_str())?))
        };
        let (differences, labels): (Vec<f64>, Vec<usize>) = values.iter().filter_map(one).unzip();
        let draws = Draws {
            replicates: self
                .primary
                .replicates(differences.len() * self.primary.cells.len()),
            ..draws(self.primary.plan, Purpose::Slices)
        };
        let bootstrap = bootstrap(self.primary.plan);
        strata(&differences, &labels, self.count, &bootstrap, draws)
    }
}

/// `none`, or as many brackets around it as it takes to be no value of the field.
fn unused(kinds: &BTreeMap<String, Vec<&str>>) -> String {
    let mut label = "none".to_owned();
    while kinds.contains_key(&label) {
        label = format!("({label})");
    }
    label
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
