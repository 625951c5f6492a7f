//! The headline measure by kind of query: the mean hides who wins and who pays.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::evaluate::Evaluation;

use super::board::ordered;
use super::number;
use super::set::Set;

/// One metadata field of the queries of one data set.
#[derive(Debug)]
pub(crate) struct SliceTable {
    /// The data set.
    pub(crate) data: String,
    /// The field as the spec names it.
    pub(crate) field: String,
    /// What is averaged.
    pub(crate) measure: String,
    /// The field's values with their number of queries: `paraphrase (4)`.
    pub(crate) values: Vec<String>,
    /// Name of a cell and its mean per value.
    pub(crate) rows: Vec<(String, Vec<String>)>,
}

/// More values than this are an identifier, not a kind of query.
const MOST_VALUES: usize = 20;

/// One table per data set and field of the plan's slices that tells queries apart.
pub(crate) fn slices(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<SliceTable> {
    let fields = &evaluation.plan.measure.slices;
    sets.iter()
        .flat_map(|set| fields.iter().filter_map(|f| slice(evaluation, set, f)))
        .collect()
}

fn slice(evaluation: &Evaluation, set: &Set<'_>, field: &str) -> Option<SliceTable> {
    let key = field.strip_prefix("query.").unwrap_or(field);
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for record in evaluation.queries.iter().filter(|q| q.data == set.data) {
        let value = record.metadata.get(key).map_or_else(|| "none".to_owned(), plain);
        groups.entry(value).or_default().push(&record.query);
    }
    if groups.len() < 2 || groups.len() > MOST_VALUES {
        return None;
    }
    let rows = ordered(set)
        .into_iter()
        .filter_map(|cell| set.ran().find(|r| std::ptr::eq(r.cell, cell)))
        .filter_map(|ran| {
            let quality = set.headline_of(ran)?;
            let means = groups
                .values()
                .map(|ids| number::measure_or(mean(&quality.per_query, ids)));
            Some((set.name(&ran.cell.cell.id).to_owned(), means.collect()))
        })
        .collect();
    Some(SliceTable {
        data: set.data.to_owned(),
        field: field.to_owned(),
        measure: set.headline?.to_owned(),
        values: groups
            .iter()
            .map(|(value, ids)| format!("{value} ({})", ids.len()))
            .collect(),
        rows,
    })
}

/// Over the queries that have a value; `None` when none has.
fn mean(per_query: &BTreeMap<String, f64>, ids: &[&str]) -> Option<f64> {
    let values: Vec<f64> = ids.iter().filter_map(|id| per_query.get(*id).copied()).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn queries_are_grouped_by_the_field_and_averaged_per_cell() {
        let evaluation = evaluation();
        let sets = Set::all(&evaluation);
        let tables = slices(&evaluation, &sets);
        assert_eq!(tables.len(), 1, "the second data set has one class only");
        assert_eq!(
            tables[0].values,
            ["paraphrase (8)", "part-number (8)", "title (8)"]
        );
        let (name, means) = &tables[0].rows[0];
        assert_eq!(name, "dense · quantization none");
        let whole: f64 = means.iter().map(|m| m.parse::<f64>().unwrap()).sum::<f64>() / 3.0;
        let mean = sets[0].headline_mean(sets[0].reference_ran().unwrap()).unwrap();
        assert!(
            (whole - mean).abs() < 0.001,
            "equal groups average to the whole: {whole} {mean}"
        );
    }

    #[test]
    fn undefined_values_are_left_out_and_nothing_has_no_mean() {
        let per_query = BTreeMap::from([("a".to_owned(), 0.5), ("b".to_owned(), 1.0)]);
        assert_eq!(mean(&per_query, &["a", "b", "c"]), Some(0.75));
        assert_eq!(mean(&per_query, &["c"]), None);
    }
}
