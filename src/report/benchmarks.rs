//! The figures of a run one by one, under names that are the same in the next run: for services that draw trends.
//!
//! A cell goes by experiment, data set and label (`techniques/parts/pipeline=dense`), a figure by its measure. Cells without
//! numbers are left out, and so is a figure that a cell has none of: a gap in a trend is true, a zero would not be.

use crate::evaluate::{CellNumbers, CellResult, CellState, Evaluation, Latency};
use crate::measure::{Count, Measure, StageMeasure};
use crate::plan::WorkCounter;

use super::view::builds::index_bytes;
use super::view::text::count;

/// Which way is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Quality, queries per second.
    Bigger,
    /// Times, work, bytes.
    Smaller,
}

/// A cell that ran.
#[derive(Debug)]
pub(super) struct Benchmark {
    /// `experiment/data/label`.
    pub(super) name: String,
    /// In the order of the report.
    pub(super) figures: Vec<Figure>,
}

/// One number of it.
#[derive(Debug)]
pub(super) struct Figure {
    /// `nDCG@10`, `p95_ms`, `distance_computations`.
    pub(super) measure: String,
    /// What the number counts.
    pub(super) unit: &'static str,
    pub(super) better: Better,
    pub(super) value: f64,
    /// Of a mean its confidence interval, of a time the least and greatest pass.
    pub(super) range: Option<(f64, f64)>,
    /// What it is taken over.
    pub(super) over: String,
}

/// Every cell that ran.
pub(super) fn benchmarks(evaluation: &Evaluation) -> Vec<Benchmark> {
    let cells = evaluation.cells.iter();
    cells.filter_map(|cell| benchmark(evaluation, cell)).collect()
}

fn benchmark(evaluation: &Evaluation, result: &CellResult) -> Option<Benchmark> {
    let CellState::Ok(numbers) = &result.state else {
        return None;
    };
    let cell = &result.cell;
    let name = format!("{}/{}/{}", evaluation.plan.experiment, cell.data, cell.label());
    let mut figures = quality(numbers);
    figures.extend(numbers.latency.iter().flat_map(times));
    figures.extend(work(numbers));
    let bytes = index_bytes(&numbers.measured.stats);
    // A lower bound would be a figure of something else.
    figures.extend(bytes.is_complete.then(|| Figure {
        measure: "index_bytes".to_owned(),
        unit: "bytes",
        better: Better::Smaller,
        value: bytes.total as f64,
        range: None,
        over: count(numbers.measured.stats.points, "document", "documents"),
    }));
    Some(Benchmark { name, figures })
}

fn quality(numbers: &CellNumbers) -> Vec<Figure> {
    let of = |quality: &crate::evaluate::Quality| {
        Some(Figure {
            measure: quality.measure.clone(),
            unit: "mean",
            better: better(&quality.measure),
            value: quality.mean?,
            range: quality.interval.map(|i| (i.low, i.high)),
            over: count(quality.scored, "query", "queries"),
        })
    };
    numbers.quality.iter().filter_map(of).collect()
}

/// Of what is counted against a ranking, less is better.
fn better(measure: &str) -> Better {
    match measure.parse().map(|m: StageMeasure| m.measure) {
        Ok(
            Measure::Unjudged { .. }
            | Measure::RbpResidual { .. }
            | Measure::Num {
                of: Count::NonrelevantRetrieved,
                ..
            },
        ) => Better::Smaller,
        _ => Better::Bigger,
    }
}

fn times(latency: &Latency) -> Vec<Figure> {
    let over = count(latency.total.n, "timed query", "timed queries");
    let passes = |q: f64| {
        let (_, ms) = latency.passes.iter().find(|(own, _)| (own - q).abs() < 1e-9)?;
        // One pass has no spread.
        if ms.len() < 2 {
            return None;
        }
        Some((
            ms.iter().copied().reduce(f64::min)?,
            ms.iter().copied().reduce(f64::max)?,
        ))
    };
    let percentile = |&(q, value): &(f64, Option<f64>)| {
        Some(Figure {
            measure: format!("p{q}_ms"),
            unit: "ms",
            better: Better::Smaller,
            value: value?,
            range: passes(q),
            over: over.clone(),
        })
    };
    let mut figures: Vec<Figure> = latency.total.quantiles.iter().filter_map(percentile).collect();
    figures.push(Figure {
        measure: "queries_per_second".to_owned(),
        unit: "queries/s",
        better: Better::Bigger,
        value: latency.qps,
        range: None,
        over,
    });
    figures
}

/// Under the words of gates. What a cell does nothing of is no figure of it.
fn work(numbers: &CellNumbers) -> Vec<Figure> {
    let queries = numbers.counters.iter().map(|(_, c)| c.queries).max().unwrap_or(0);
    let all = WorkCounter::ALL.iter();
    let per_query = all.map(|(word, counter)| (word, numbers.work(*counter)));
    per_query
        .filter(|(_, value)| *value > 0.0)
        .map(|(word, value)| Figure {
            measure: (*word).to_owned(),
            unit: "per query",
            better: Better::Smaller,
            value,
            range: None,
            over: count(queries, "query", "queries"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn a_cell_is_called_the_same_whatever_else_is_in_the_run() {
        let names = |e: &Evaluation| -> Vec<String> { benchmarks(e).into_iter().map(|b| b.name).collect() };
        let whole = evaluation();
        let mut part = whole.clone();
        part.cells.retain(|c| c.cell.id == "3f3a9c3");
        assert_eq!(
            names(&part),
            ["techniques/parts/pipeline=dense index.quantization=binary"]
        );
        assert!(names(&whole).contains(&names(&part)[0]));
    }

    #[test]
    fn cells_without_numbers_are_left_out() {
        let whole = evaluation();
        assert_eq!((whole.cells.len(), benchmarks(&whole).len()), (10, 7));
    }

    #[test]
    fn less_is_better_of_what_counts_against_a_ranking() {
        assert_eq!(better("Unjudged@10"), Better::Smaller);
        assert_eq!(better("RBP(residual=true)"), Better::Smaller);
        assert_eq!(better("f:R@100"), Better::Bigger);
    }
}
