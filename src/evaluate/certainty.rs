//! How certain the numbers are: intervals of every mean, differences to the reference with a correction over their
//! family, and what only all cells of a data set together can tell.

mod choice;
mod groups;
mod slices;

use std::collections::BTreeMap;

use super::difference::{Column, Difference, Values, differences, intervals};
use super::{CellNumbers, CellResult, CellState, Quality};
use crate::plan::Plan;
use crate::stats::{MIN_QUERIES, holm, wilson};
use crate::store::QueryRecord;

pub use choice::Choice;
pub use groups::Groups;
pub use slices::{SliceCell, Slices};

/// Values that are rearranged by one test at most, all replicates together: about half a second on two cores.
const AFFORDABLE: usize = 120_000_000;
/// Fewer rearrangements tell a p of 0.05 from its neighbours no longer.
const LEAST_REPLICATES: usize = 1_000;

/// An interval of the mean of a measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanInterval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How it was made.
    pub method: IntervalMethod,
}

/// How the interval of a mean was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalMethod {
    /// All values are 0 or 1: the interval of a proportion (Wilson 1927).
    Wilson,
    /// Bootstrap over queries, by the plan's method.
    Bootstrap,
}

/// What the cells of a data set, taken together, leave uncertain. All but the family is about the primary measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Certainty {
    /// The data set.
    pub data: String,
    /// The measures of the family, the primary one first.
    pub family: Vec<String>,
    /// Comparisons that were corrected together: those of every cell with the reference, by each of these measures.
    pub comparisons: usize,
    /// Which cells cannot be told apart, all pairs compared; `None` of fewer than three cells or 20 queries.
    pub groups: Option<Groups>,
    /// Whether the best cell is best on other queries too; `None` of fewer than two cells or 20 queries.
    pub choice: Option<Choice>,
    /// By kind of query.
    pub slices: Vec<Slices>,
}

/// Fills in the interval of every mean and the difference of every cell to its reference, and looks at the cells of
/// each data set together.
pub(crate) fn certainty(plan: &Plan, queries: &[QueryRecord], cells: &mut [CellResult]) -> Vec<Certainty> {
    let family: Vec<String> = plan.family().iter().map(ToString::to_string).collect();
    fill_intervals(plan, cells);
    fill_differences(plan, cells);
    let mut sets: Vec<String> = Vec::new();
    for result in cells.iter().filter(|c| numbers(c).is_some()) {
        if !sets.contains(&result.cell.data) {
            sets.push(result.cell.data.clone());
        }
    }
    let of_set = |data: String| {
        let comparisons = correct(&family, cells.iter_mut().filter(|c| c.cell.data == data));
        let here: Vec<&CellResult> = cells.iter().filter(|c| c.cell.data == data).collect();
        let primary = Primary::of(plan, &here, family.first());
        Certainty {
            comparisons,
            groups: groups::groups(&primary),
            choice: choice::choice(&primary),
            slices: slices::slices(&primary, queries.iter().filter(|q| q.data == data)),
            family: family.clone(),
            data,
        }
    };
    sets.into_iter().map(of_set).collect()
}

/// The primary measure of the cells of a data set that ran.
struct Primary<'a> {
    plan: &'a Plan,
    /// In plan order.
    cells: Vec<(&'a CellResult, &'a Quality)>,
}

impl<'a> Primary<'a> {
    fn of(plan: &'a Plan, cells: &[&'a CellResult], measure: Option<&String>) -> Self {
        let quality = |cell: &'a CellResult| {
            let quality = numbers(cell)?
                .quality
                .iter()
                .find(|q| Some(&q.measure) == measure)?;
            Some((cell, quality))
        };
        Self {
            plan,
            cells: cells.iter().copied().filter_map(quality).collect(),
        }
    }

    fn reference(&self) -> Option<&'a Values> {
        let is_reference = |(cell, _): &&(&CellResult, &Quality)| cell.is_reference;
        Some(&self.cells.iter().find(is_reference)?.1.per_query)
    }

    /// The cells that are scored on the same queries as the reference, or as the first without one, and those that are
    /// not: what is compared all together has to be over the same queries.
    fn together(&self) -> (Vec<(&'a CellResult, &'a Values)>, Vec<&'a CellResult>) {
        let first = || self.cells.first().map(|(_, quality)| &quality.per_query);
        let queries = self.reference().or_else(first);
        let mut together = (Vec::new(), Vec::new());
        for (cell, quality) in &self.cells {
            if queries.is_some_and(|q| q.keys().eq(quality.per_query.keys())) {
                together.0.push((*cell, &quality.per_query));
            } else {
                together.1.push(*cell);
            }
        }
        together
    }

    /// How often a test may rearrange so many values: as often as the plan resamples, and less where that would take
    /// seconds.
    fn replicates(&self, values: usize) -> usize {
        let most = self.plan.compare.resamples;
        (AFFORDABLE / values.max(1)).max(LEAST_REPLICATES).min(most)
    }
}

fn numbers(result: &CellResult) -> Option<&CellNumbers> {
    match &result.state {
        CellState::Ok(numbers) => Some(numbers),
        CellState::Failed(_) | CellState::Unsupported(_) | CellState::NotRun => None,
    }
}

fn qualities_mut(result: &mut CellResult) -> &mut [Quality] {
    match &mut result.state {
        CellState::Ok(numbers) => &mut numbers.quality,
        CellState::Failed(_) | CellState::Unsupported(_) | CellState::NotRun => &mut [],
    }
}

/// Means of zeros and ones are proportions; all others are resampled together.
fn fill_intervals(plan: &Plan, cells: &mut [CellResult]) {
    let qualities = cells.iter().filter_map(numbers).flat_map(|n| &n.quality);
    let columns: Vec<Column<'_>> = qualities.map(|q| Column::whole(&q.per_query)).collect();
    let (proportions, others): (Vec<Column<'_>>, Vec<Column<'_>>) =
        columns.into_iter().partition(Column::is_of_zeros_and_ones);
    let proportions: Vec<Option<MeanInterval>> =
        proportions.iter().map(|c| proportion(plan, &c.values)).collect();
    let bootstrapped = intervals(plan, &others).into_iter().map(|interval| {
        let (low, high) = interval?;
        let method = IntervalMethod::Bootstrap;
        Some(MeanInterval { low, high, method })
    });
    let bootstrapped: Vec<Option<MeanInterval>> = bootstrapped.collect();
    let (mut proportions, mut bootstrapped) = (proportions.into_iter(), bootstrapped.into_iter());
    for quality in cells.iter_mut().flat_map(qualities_mut) {
        let next = match Column::whole(&quality.per_query).is_of_zeros_and_ones() {
            true => proportions.next(),
            false => bootstrapped.next(),
        };
        quality.interval = next.flatten();
    }
}

fn proportion(plan: &Plan, values: &[f64]) -> Option<MeanInterval> {
    if values.len() < MIN_QUERIES {
        return None;
    }
    let ones = values.iter().filter(|v| **v > 0.5).count();
    let interval = wilson(ones, values.len(), plan.compare.level)?;
    Some(MeanInterval {
        low: interval.low,
        high: interval.high,
        method: IntervalMethod::Wilson,
    })
}

/// Of every cell to the reference of its data set, measure by measure.
fn fill_differences(plan: &Plan, cells: &mut [CellResult]) {
    let reference: BTreeMap<&str, &[Quality]> = cells
        .iter()
        .filter(|c| c.is_reference)
        .filter_map(|c| Some((c.cell.data.as_str(), numbers(c)?.quality.as_slice())))
        .collect();
    let mut pairs: Vec<(&Values, &Values)> = Vec::new();
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (c, result) in cells.iter().enumerate().filter(|(_, c)| !c.is_reference) {
        let own = numbers(result).map_or(&[][..], |n| &n.quality);
        let reference = reference
            .get(result.cell.data.as_str())
            .copied()
            .unwrap_or_default();
        for (m, (own, reference)) in own.iter().zip(reference).enumerate() {
            pairs.push((&own.per_query, &reference.per_query));
            places.push((c, m));
        }
    }
    let differences = differences(plan, &pairs);
    for ((c, m), difference) in places.into_iter().zip(differences) {
        qualities_mut(&mut cells[c])[m].difference = difference;
    }
}

/// Corrects p over the family, and counts its comparisons.
fn correct<'a>(family: &[String], cells: impl Iterator<Item = &'a mut CellResult>) -> usize {
    let mut compared: Vec<&mut Difference> = cells
        .flat_map(qualities_mut)
        .filter(|q| family.contains(&q.measure))
        .filter_map(|q| q.difference.as_mut())
        .collect();
    let p: Vec<f64> = compared.iter().map(|d| d.test.p).collect();
    for (difference, adjusted) in compared.iter_mut().zip(holm(&p)) {
        difference.p_holm = Some(adjusted);
    }
    p.len()
}

#[cfg(test)]
mod tests;
