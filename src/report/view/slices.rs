//! The headline measure by kind of query: the mean hides who wins and who pays.

use crate::evaluate::{Evaluation, SliceCell, Slices};
use crate::stats::{MIN_QUERIES, Stratum};

use super::board::ordered;
use super::number::{self, NOT_APPLICABLE, UNDEFINED};
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
    /// Name of the reference, if differences are shown.
    pub(crate) reference: Option<String>,
    /// The field's values with their number of queries: `paraphrase (4)`.
    pub(crate) values: Vec<String>,
    /// One per cell, in the order of the leaderboard.
    pub(crate) rows: Vec<SliceRow>,
}

/// One cell by kind of query, printed.
#[derive(Debug)]
pub(crate) struct SliceRow {
    /// Its name.
    pub(crate) cell: String,
    /// Mean and difference per value.
    pub(crate) values: Vec<SliceValue>,
    /// p of the difference being the same for all values, corrected over the cells.
    pub(crate) p: String,
}

/// One cell over the queries with one value.
#[derive(Debug)]
pub(crate) struct SliceValue {
    /// The mean.
    pub(crate) mean: String,
    /// Against the reference, with the interval or why there is none; empty for the reference and without one.
    pub(crate) difference: String,
}

/// One table per data set and field of the plan's slices that tells queries apart.
pub(crate) fn slices(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<SliceTable> {
    let of_set = |set: &Set<'_>| -> Vec<SliceTable> {
        let certainty = evaluation.certainty.iter().find(|c| c.data == set.data);
        let slices = certainty.map_or(&[][..], |c| &c.slices);
        slices.iter().filter_map(|s| table(set, s)).collect()
    };
    sets.iter().flat_map(of_set).collect()
}

fn table(set: &Set<'_>, slices: &Slices) -> Option<SliceTable> {
    let cell = |id: &str| slices.cells.iter().find(|c| c.cell == id);
    let rows = ordered(set).into_iter().filter_map(|c| cell(&c.cell.id));
    let value = |(value, n): &(String, usize)| format!("{value} ({n})");
    let reference = set.reference_ran().map(|r| set.name(&r.cell.cell.id).to_owned());
    Some(SliceTable {
        data: set.data.to_owned(),
        field: slices.field.clone(),
        measure: set.headline?.to_owned(),
        reference,
        values: slices.values.iter().map(value).collect(),
        rows: rows.map(|c| row(set.name(&c.cell).to_owned(), c)).collect(),
    })
}

fn row(name: String, cell: &SliceCell) -> SliceRow {
    let strata = cell.differences.as_ref();
    let difference = |i: usize| strata.map_or_else(String::new, |s| difference(&s.strata[i]));
    let values = cell.means.iter().enumerate().map(|(i, mean)| SliceValue {
        mean: number::measure_or(*mean),
        difference: difference(i),
    });
    SliceRow {
        cell: name,
        values: values.collect(),
        p: match (strata, cell.p_holm) {
            (None, _) => NOT_APPLICABLE.to_owned(),
            (Some(_), None) => UNDEFINED.to_owned(),
            (Some(_), Some(p)) => number::p(p),
        },
    }
}

fn difference(stratum: &Stratum) -> String {
    let Some(mean) = stratum.mean else {
        return UNDEFINED.to_owned();
    };
    let interval = match stratum.interval {
        Some(interval) => number::interval((interval.low, interval.high)),
        None if stratum.n < MIN_QUERIES => "n too small".to_owned(),
        None => "no interval".to_owned(),
    };
    format!("{} {interval}", number::signed(mean))
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
        let reference = &tables[0].rows[0];
        assert_eq!(reference.cell, "dense · quantization none");
        assert_eq!(
            (reference.values[0].difference.as_str(), reference.p.as_str()),
            ("", "–")
        );
        let means = reference.values.iter().map(|v| v.mean.parse::<f64>().unwrap());
        let whole: f64 = means.sum::<f64>() / 3.0;
        let mean = sets[0].headline_mean(sets[0].reference_ran().unwrap()).unwrap();
        assert!(
            (whole - mean).abs() < 0.001,
            "equal groups average to the whole: {whole} {mean}"
        );
    }

    #[test]
    fn a_difference_stands_beside_the_mean_and_small_slices_have_no_interval() {
        let evaluation = evaluation();
        let tables = slices(&evaluation, &Set::all(&evaluation));
        let rows = tables[0].rows.iter().skip(1).map(|row| {
            let values = row.values.iter().map(|v| format!("{} {}", v.mean, v.difference));
            format!(
                "{}: {}; p {}",
                row.cell,
                values.collect::<Vec<_>>().join("; "),
                row.p
            )
        });
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @"
        reranked · quantization none: 0.607 +0.280 n too small; 0.688 +0.258 n too small; 0.729 +0.192 n too small; p 1.000
        hybrid · quantization none: 0.455 +0.127 n too small; 0.546 +0.116 n too small; 0.567 +0.030 n too small; p 1.000
        hybrid · quantization binary: 0.443 +0.116 n too small; 0.525 +0.095 n too small; 0.525 −0.013 n too small; p 1.000
        dense · quantization binary: 0.303 −0.024 n too small; 0.324 −0.106 n too small; 0.461 −0.076 n too small; p 1.000
        ");
    }
}
