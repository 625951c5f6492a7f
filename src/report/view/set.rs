//! The cells of one data set: a table, a set of charts, a sentence of the verdict.

use std::collections::BTreeMap;

use crate::evaluate::{CellNumbers, CellResult, CellState, Evaluation, Latency, Quality};
use crate::plan::Cell;

use super::settings::Settings;

/// One data set with its cells.
#[derive(Debug)]
pub(crate) struct Set<'a> {
    /// The data set's name.
    pub(crate) data: &'a str,
    /// Its cells in plan order.
    pub(crate) cells: Vec<&'a CellResult>,
    /// What tells them apart.
    pub(crate) settings: Settings,
    /// The measure that rows are ordered and judged by, if there is any.
    pub(crate) headline: Option<&'a str>,
    /// Judged queries.
    pub(crate) queries: usize,
    names: BTreeMap<&'a str, String>,
}

/// A cell that ran.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ran<'a> {
    /// The cell.
    pub(crate) cell: &'a CellResult,
    /// Its numbers.
    pub(crate) numbers: &'a CellNumbers,
}

impl<'a> Set<'a> {
    /// The data sets in the order of the plan's cells, which is the order of the spec.
    pub(crate) fn all(evaluation: &'a Evaluation) -> Vec<Set<'a>> {
        let mut order: Vec<&str> = Vec::new();
        for result in &evaluation.cells {
            if !order.contains(&result.cell.data.as_str()) {
                order.push(&result.cell.data);
            }
        }
        order.into_iter().map(|data| Set::of(evaluation, data)).collect()
    }

    fn of(evaluation: &'a Evaluation, data: &'a str) -> Set<'a> {
        let cells: Vec<&CellResult> = evaluation.cells.iter().filter(|c| c.cell.data == data).collect();
        let plain: Vec<&Cell> = cells.iter().map(|c| &c.cell).collect();
        let settings = Settings::of(&plain, &evaluation.plan.axes);
        let names = settings.names(&plain);
        let queries = evaluation.queries.iter().filter(|q| q.data == data).count();
        Set {
            data,
            headline: headline(evaluation, &cells),
            cells,
            settings,
            queries,
            names,
        }
    }

    /// What a cell is called.
    pub(crate) fn name(&self, id: &str) -> &str {
        self.names.get(id).map_or("unknown cell", String::as_str)
    }

    /// The cells that ran, in plan order.
    pub(crate) fn ran(&self) -> impl Iterator<Item = Ran<'a>> {
        self.cells.iter().filter_map(|cell| match &cell.state {
            CellState::Ok(numbers) => Some(Ran { cell, numbers }),
            CellState::Failed(_) | CellState::Unsupported(_) | CellState::NotRun => None,
        })
    }

    /// The cell the others are compared with, whether it ran or not.
    pub(crate) fn reference(&self) -> Option<&'a CellResult> {
        self.cells.iter().copied().find(|c| c.is_reference)
    }

    /// The reference, if it ran.
    pub(crate) fn reference_ran(&self) -> Option<Ran<'a>> {
        self.ran().find(|r| r.cell.is_reference)
    }

    /// A cell's headline measure.
    pub(crate) fn headline_of(&self, ran: Ran<'a>) -> Option<&'a Quality> {
        ran.numbers
            .quality
            .iter()
            .find(|q| Some(q.measure.as_str()) == self.headline)
    }

    /// The mean of a cell's headline measure.
    pub(crate) fn headline_mean(&self, ran: Ran<'a>) -> Option<f64> {
        self.headline_of(ran)?.mean
    }

    /// The cell with the highest headline measure. If several share it, the reference, else the first in plan order.
    pub(crate) fn best(&self) -> Option<(Ran<'a>, f64)> {
        let mut best: Option<(Ran<'a>, f64)> = None;
        for ran in self.ran() {
            if let Some(mean) = self.headline_mean(ran)
                && best.is_none_or(|(_, top)| mean > top || (mean >= top && ran.cell.is_reference))
            {
                best = Some((ran, mean));
            }
        }
        best
    }

    /// Names of all measures of the set, in the order of the plan.
    pub(crate) fn measures(&self) -> Vec<&'a str> {
        measures(&self.cells)
    }

    /// Percentiles that were asked for, in order.
    pub(crate) fn percentiles(&self) -> Vec<f64> {
        let first = self.ran().find_map(|r| r.numbers.latency.as_ref());
        first.map_or_else(Vec::new, |l| l.total.quantiles.iter().map(|(q, _)| *q).collect())
    }

    /// Whether any cell has enough samples for a percentile.
    pub(crate) fn has_percentile(&self, q: f64) -> bool {
        let mut latencies = self.ran().filter_map(|r| r.numbers.latency.as_ref());
        latencies.any(|l| percentile_of(l, q).is_some())
    }

    /// The percentile that stands for "how slow" where only one fits: p95 if asked for, else the highest that some cell
    /// has a value for.
    pub(crate) fn tail_percentile(&self) -> Option<f64> {
        let supported: Vec<f64> = self
            .percentiles()
            .into_iter()
            .filter(|q| self.has_percentile(*q))
            .collect();
        let p95 = supported.iter().copied().find(|q| (q - 95.0).abs() < 1e-9);
        p95.or_else(|| supported.into_iter().reduce(f64::max))
    }
}

/// Time of a percentile of the whole query, if the sample supports it.
pub(crate) fn percentile_of(latency: &Latency, q: f64) -> Option<f64> {
    let same = |(own, _): &&(f64, Option<f64>)| (own - q).abs() < 1e-9;
    latency.total.quantiles.iter().find(same)?.1
}

fn measures<'a>(cells: &[&'a CellResult]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for cell in cells {
        if let CellState::Ok(numbers) = &cell.state {
            for quality in &numbers.quality {
                if !names.contains(&quality.measure.as_str()) {
                    names.push(&quality.measure);
                }
            }
        }
    }
    names
}

/// The primary measure, if any cell has it, else the first that one has.
fn headline<'a>(evaluation: &Evaluation, cells: &[&'a CellResult]) -> Option<&'a str> {
    let measured = measures(cells);
    let primary = evaluation.plan.family().first().map(ToString::to_string);
    let is_primary = |name: &&&str| Some(**name) == primary.as_deref();
    measured.iter().find(is_primary).or(measured.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn the_headline_is_the_primary_measure_or_what_there_is() {
        let mut evaluation = evaluation();
        assert_eq!(Set::all(&evaluation)[0].headline, Some("nDCG@10"));
        evaluation.plan.compare.family = vec!["R@100".parse().unwrap()];
        assert_eq!(Set::all(&evaluation)[0].headline, Some("R@100"));
        evaluation.plan.compare.family = vec!["AP".parse().unwrap()];
        assert_eq!(Set::all(&evaluation)[0].headline, Some("success@1"));
    }

    #[test]
    fn sets_follow_the_plan_and_know_their_best_cell() {
        let evaluation = evaluation();
        let sets = Set::all(&evaluation);
        assert_eq!(sets.iter().map(|s| s.data).collect::<Vec<_>>(), ["parts", "demo"]);
        let (best, mean) = sets[0].best().unwrap();
        assert_eq!(sets[0].name(&best.cell.cell.id), "reranked · quantization none");
        assert!(sets[0].ran().all(|r| sets[0].headline_mean(r).unwrap() <= mean));
        assert_eq!(sets[0].tail_percentile(), Some(95.0));
        assert_eq!(sets[1].tail_percentile(), None, "the second set has no timing");
    }
}
