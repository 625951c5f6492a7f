//! From the values of queries to those of a run.

use super::super::{Count, Measure, Summary};
use super::{Columns, Dialect, Row, What};

/// What trec_eval counts a geometric mean's lesser values as.
const LEAST: f64 = 0.00001;

/// The queries that a summary is over.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queries {
    /// Judged queries, in the run or not.
    pub judged: usize,
    /// Judgements of a grade above 0, of all these queries.
    pub positive: usize,
    /// Whether queries that the run lacks count.
    pub complete: bool,
}

/// Sums over queries, in the order in which the rows are added.
#[derive(Debug, Clone)]
pub struct Totals {
    sums: Vec<Sums>,
    queries: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    value: f64,
    defined: usize,
    least: f64,
    expected: f64,
    greatest: f64,
    /// Queries for which bounds, and an expected value, are known.
    bounded: usize,
    expectable: usize,
    cut: usize,
}

/// The summary of one column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Total {
    /// `None` when no query has a value.
    pub value: Option<f64>,
    /// Queries that have one.
    pub scored: usize,
    /// All queries.
    pub queries: usize,
    /// Means of the least and of the greatest values over the orders of ties.
    pub bounds: Option<(f64, f64)>,
    /// Mean of the expected values.
    pub expected: Option<f64>,
    /// Share of the queries with a tie across the cut-off.
    pub cut: f64,
}

impl Totals {
    /// Nothing added yet.
    pub fn new(columns: &Columns) -> Self {
        let sums = vec![Sums::default(); columns.columns.len()];
        Self { sums, queries: 0 }
    }

    /// Adds the values of one query.
    pub fn add(&mut self, columns: &Columns, row: &Row) {
        self.queries += 1;
        for ((sums, column), value) in self.sums.iter_mut().zip(&columns.columns).zip(&row.values) {
            let Some(value) = value else { continue };
            sums.defined += 1;
            sums.value += if is_geometric(&column.what) {
                value.max(LEAST).ln()
            } else {
                *value
            };
        }
        for (sums, (over, cut)) in self.sums.iter_mut().zip(&row.ties) {
            sums.cut += usize::from(*cut);
            let Some(over) = over else { continue };
            sums.bounded += 1;
            sums.least += over.least;
            sums.greatest += over.greatest;
            if let Some(expected) = over.expected {
                sums.expectable += 1;
                sums.expected += expected;
            }
        }
    }

    /// How many queries were added.
    pub fn queries(&self) -> usize {
        self.queries
    }

    /// The summaries, column by column.
    pub(super) fn totals(&self, columns: &Columns, queries: &Queries) -> Vec<Total> {
        let total = |(sums, column): (&Sums, &super::Column)| {
            let over = self.divisor(columns, sums, queries);
            let value = (over > 0).then(|| self.value(columns, &column.what, sums, over, queries));
            // A geometric mean of extremes is none of the values in between.
            let bounds = sums.bounded > 0 && sums.bounded == sums.defined && !is_geometric(&column.what);
            let mean = |sum: f64| {
                if is_sum(&column.what) {
                    sum
                } else {
                    sum / over as f64
                }
            };
            Total {
                value,
                scored: sums.defined,
                queries: over.max(self.queries),
                bounds: bounds.then(|| (mean(sums.least), mean(sums.greatest))),
                expected: (bounds && sums.expectable == sums.bounded).then(|| mean(sums.expected)),
                cut: sums.cut as f64 / self.queries.max(1) as f64,
            }
        };
        self.sums.iter().zip(&columns.columns).map(total).collect()
    }

    /// What a mean is over.
    fn divisor(&self, columns: &Columns, sums: &Sums, queries: &Queries) -> usize {
        match columns.dialect {
            Dialect::Evalrun => sums.defined,
            _ if queries.complete => queries.judged,
            _ => self.queries,
        }
    }

    fn value(&self, columns: &Columns, what: &What, sums: &Sums, over: usize, queries: &Queries) -> f64 {
        let is_trec_eval = columns.dialect != Dialect::Evalrun;
        match what {
            What::Measure(Measure::Num {
                of: Count::Queries, ..
            }) => over as f64,
            // trec_eval counts these in the judgements, whatever grade `-l` takes for relevant.
            What::Measure(Measure::Num {
                of: Count::Relevant, ..
            }) if is_trec_eval && queries.complete => queries.positive as f64,
            what if is_sum(what) => sums.value,
            what if is_geometric(what) => {
                let missing = over - self.queries.min(over);
                ((sums.value + missing as f64 * LEAST.ln()) / over as f64).exp()
            }
            _ => sums.value / over as f64,
        }
    }
}

pub(super) fn summary(what: &What) -> Summary {
    match what {
        What::Measure(measure) => measure.summary(),
        _ => Summary::Mean,
    }
}

fn is_sum(what: &What) -> bool {
    summary(what) == Summary::Sum
}

fn is_geometric(what: &What) -> bool {
    summary(what) == Summary::GeometricMean
}
