//! A large run measured against judgements.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::judged::{Depth, Judged, Scratch};
use super::lines::{RunQuery, RunText};
use crate::dataset::{DatasetError, Faults, JudgedQuery, QrelsTable};
use crate::measure::trec_eval::{Columns, Dialect, Queries, Row, Totals};

/// Queries that are measured before their values are added up, so that not all have to be kept.
const BATCH: usize = 4096;

/// What is to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The measures, and whose conventions count.
    pub columns: &'a Columns,
    /// Whether queries that the run lacks count. They always do in this program's own dialect.
    pub complete: bool,
    /// What of a ranking is looked at.
    pub depth: Depth,
    /// Whether the values of every query are kept.
    pub per_query: bool,
    /// Whether the orders of tied documents are looked at.
    pub ties: bool,
}

/// What came out.
#[derive(Debug)]
pub struct Measured<'t> {
    /// Values by query, if they were to be kept, sorted by the bytes of their ids.
    pub rows: Vec<(&'t str, Row)>,
    /// Their sums.
    pub totals: Totals,
    /// What the summary is over.
    pub queries: Queries,
    /// Judged queries that the run lacks.
    pub missing: usize,
    /// Queries of the run without judgements.
    pub unjudged: usize,
    /// Queries all of whose judgements are of a grade below 0; trec_eval stops at one.
    pub all_negative: usize,
}

/// A query of the run, of the judgements, or of both.
#[derive(Clone, Copy)]
struct Item<'a, 't> {
    name: &'t str,
    ranked: Option<&'a RunQuery<'t>>,
    judged: Option<&'a JudgedQuery<'t>>,
}

/// Measures every query, in as many threads as there are; the values do not depend on how many.
///
/// # Errors
/// Every unusable line of the run, judged query or not, up to the limit: too few columns, scores that are no finite
/// numbers, a document twice in one ranking.
pub fn measured<'t>(
    run: &RunText<'t>,
    qrels: &QrelsTable<'t>,
    wanted: &Wanted,
) -> Result<Measured<'t>, DatasetError> {
    let items = merged(run.queries(), qrels.queries());
    let complete = wanted.complete || wanted.columns.dialect() == Dialect::Evalrun;
    let mut result = Measured {
        rows: Vec::new(),
        totals: Totals::new(wanted.columns),
        queries: Queries {
            judged: qrels.queries().len(),
            positive: qrels.positive(),
            complete,
        },
        missing: items.iter().filter(|item| item.ranked.is_none()).count(),
        unjudged: items.iter().filter(|item| item.judged.is_none()).count(),
        all_negative: qrels
            .queries()
            .iter()
            .filter(|q| qrels.of(q).all(|(_, grade)| grade < 0))
            .count(),
    };
    let mut faults = Faults::default();
    for batch in items.chunks(BATCH) {
        let of_query =
            |scratch: &mut Scratch<'t>, item: &Item<'_, 't>| row(run, qrels, wanted, item, scratch);
        let rows: Vec<(Option<Row>, Faults)> =
            batch.par_iter().map_init(Scratch::default, of_query).collect();
        for (item, (row, of_row)) in batch.iter().zip(rows) {
            faults.append(of_row, 0);
            let Some(row) = row else { continue };
            result.totals.add(wanted.columns, &row);
            if wanted.per_query {
                result.rows.push((item.name, row));
            }
        }
        faults.cut();
    }
    run.text().check(faults, result)
}

/// The values of one query, if it has any, and what is wrong with its lines.
fn row<'t>(
    run: &RunText<'t>,
    qrels: &QrelsTable<'t>,
    wanted: &Wanted,
    item: &Item<'_, 't>,
    scratch: &mut Scratch<'t>,
) -> (Option<Row>, Faults) {
    let dialect = wanted.columns.dialect();
    let Some(ranked) = item.ranked else {
        // Up to version 9 a missing query counts in the divisor alone.
        let has_row = match dialect {
            Dialect::TrecEval9 => false,
            Dialect::TrecEval10 => wanted.complete,
            Dialect::Evalrun => true,
        };
        let judged = item.judged.filter(|_| has_row).map(|judged| qrels.of(judged));
        let row = judged.map(|judged| {
            wanted
                .columns
                .row_of_missing(judged.map(|(_, grade)| grade).collect())
        });
        return (row, Faults::default());
    };
    let judgements = item.judged.map(|judged| (qrels, judged));
    let judged = Judged::read(
        run,
        ranked,
        judgements,
        wanted.depth,
        |s| dialect.score(s),
        scratch,
    );
    let row = item.judged.map(|_| {
        if wanted.ties {
            wanted.columns.row_over_ties(&judged.topic, &judged.ties)
        } else {
            wanted.columns.row(&judged.topic)
        }
    });
    (row, judged.faults)
}

/// Two sorted lists as one.
fn merged<'a, 't>(ranked: &'a [RunQuery<'t>], judged: &'a [JudgedQuery<'t>]) -> Vec<Item<'a, 't>> {
    let (mut ranked, mut judged) = (ranked.iter().peekable(), judged.iter().peekable());
    let next = || {
        let order = match (ranked.peek(), judged.peek()) {
            (Some(ranked), Some(judged)) => ranked.name.cmp(judged.name),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        let ranked = if order.is_le() { ranked.next() } else { None };
        let judged = if order.is_ge() { judged.next() } else { None };
        let name = ranked.map(|q| q.name).or(judged.map(|q| q.name))?;
        Some(Item { name, ranked, judged })
    };
    std::iter::from_fn(next).collect()
}
