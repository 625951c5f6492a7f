//! Two runs, query by query: values, rankings, effects, work and time.
//!
//! What is compared, and over which queries, is as with a baseline ([`super::baseline`]): the first run is the baseline of
//! the second.

mod rankings;

use std::collections::BTreeMap;

use serde::Serialize;

use super::baseline::{Baseline, BaselineMatch, SharedData, called, copy};
use super::{CellNumbers, CellResult, CellState, Difference, Evaluation, Quality, evaluate_against};
use crate::plan::{Cell, WorkCounter};
use crate::stats;
use crate::store::{Bundle, Named, StoreError};

pub use rankings::{RankingChange, RankingDiff};

/// Most queries that are named of one kind.
const NAMED: usize = 3;

/// One run less another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Run id of the first.
    pub before: String,
    /// Run id of the second.
    pub after: String,
    /// Its experiment.
    pub experiment: String,
    /// What is not the same beside cells and data.
    pub changed: Vec<String>,
    /// In what the machines differ; times are left out unless it is empty.
    pub machine: Vec<String>,
    /// Data sets that both have.
    pub data: BTreeMap<String, SharedData>,
    /// Cells that both have numbers of, in the order of the second.
    pub cells: Vec<CellDiff>,
    /// Cells that only the second has: data set and label.
    pub new: Vec<(String, String)>,
    /// Cells that only the first has.
    pub gone: Vec<(String, String)>,
    /// Cells that lack numbers on one side, and why.
    pub without: Vec<(String, String)>,
}

/// A cell on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellDiff {
    /// Its data set.
    pub data: String,
    /// Its id in the second run.
    pub id: String,
    /// What varies.
    pub label: String,
    /// What changed in the complete cell.
    pub changes: Vec<String>,
    /// In the order of the plan.
    pub measures: Vec<MeasureDiff>,
    /// Of the final rankings; `None` where no query compares.
    pub rankings: Option<RankingDiff>,
    /// Work per query that either side did.
    pub work: Vec<Ratio>,
    /// Latency percentiles in milliseconds, where times compare.
    pub time: Vec<Ratio>,
}

/// A measure on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureDiff {
    /// As it prints.
    pub measure: String,
    /// Mean of the first, over the queries that both have.
    pub before: f64,
    /// Mean of the second, over the same.
    pub after: f64,
    /// Mean of the differences.
    pub difference: f64,
    /// Its interval, from 20 queries on.
    pub interval: Option<(f64, f64)>,
    /// Queries better, equal, worse.
    pub wins_ties_losses: (usize, usize, usize),
    /// Whether the gain over the reference cell is still there; `None` for the reference itself.
    pub effect: Option<Effect>,
    /// The largest gains, largest first.
    pub wins: Vec<QueryChange>,
    /// The largest losses, largest first.
    pub losses: Vec<QueryChange>,
    /// As the tables have it.
    #[serde(skip)]
    pub paired: Difference,
}

/// The gain over the reference cell, seen again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effect {
    /// [`stats::effect_ratio`].
    pub ratio: Option<f64>,
    /// [`stats::delta_relative_improvement`].
    pub delta_relative_improvement: Option<f64>,
}

/// A query whose value changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryChange {
    /// Its id.
    pub query: String,
    /// What is asked.
    pub text: String,
    /// In the first run.
    pub before: f64,
    /// In the second.
    pub after: f64,
}

/// A figure on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ratio {
    /// What it is.
    pub name: String,
    /// In the first run.
    pub before: f64,
    /// In the second.
    pub after: f64,
    /// Second over first; `None` where the first is 0.
    pub ratio: Option<f64>,
}

impl Ratio {
    fn of(name: &str, before: f64, after: f64) -> Self {
        Self {
            name: name.to_owned(),
            before,
            after,
            ratio: (before > 0.0).then(|| after / before),
        }
    }
}

/// Compares two runs, in the cells that are `wanted`.
pub fn diff(
    before: &Bundle,
    named: Named,
    after: &Bundle,
    wanted: impl Fn(&Cell) -> bool,
) -> Result<Diff, StoreError> {
    let copy = copy(before, &after.plan, named)?;
    let evaluation = evaluate_against(after, Some(copy))?;
    let baseline = evaluation.baseline.as_ref().expect("a baseline was given");
    let sides = Sides {
        before,
        after,
        evaluation: &evaluation,
        baseline,
    };
    let mut diff = Diff {
        before: before.manifest.run_id.clone(),
        after: after.manifest.run_id.clone(),
        experiment: after.manifest.experiment.clone(),
        changed: baseline.changed.clone(),
        machine: baseline.machine.clone(),
        data: baseline.data.clone(),
        gone: baseline.gone.clone(),
        cells: Vec::new(),
        new: Vec::new(),
        without: Vec::new(),
    };
    for result in evaluation.cells.iter().filter(|r| wanted(&r.cell)) {
        sides.add(result, &mut diff)?;
    }
    Ok(diff)
}

struct Sides<'a> {
    before: &'a Bundle,
    after: &'a Bundle,
    evaluation: &'a Evaluation,
    baseline: &'a Baseline,
}

impl Sides<'_> {
    fn add(&self, result: &CellResult, to: &mut Diff) -> Result<(), StoreError> {
        let cell = &result.cell;
        let label = format!("{}: {}", cell.data, called(cell));
        let found = self.baseline.cells.get(&cell.id);
        match (&result.state, found) {
            (_, None) => to.new.push((cell.data.clone(), called(cell))),
            (CellState::Ok(numbers), Some(found)) => match &found.other.missing {
                Some(why) => to.without.push((label, format!("in the first run, {why}"))),
                None => to.cells.push(self.cell(result, numbers, found)?),
            },
            (_, Some(_)) => to
                .without
                .push((label, "in the second run, it did not run".to_owned())),
        }
        Ok(())
    }

    fn cell(
        &self,
        result: &CellResult,
        numbers: &CellNumbers,
        found: &BaselineMatch,
    ) -> Result<CellDiff, StoreError> {
        let cell = &result.cell;
        let measures = numbers.quality.iter().zip(&found.differences);
        let measures = measures
            .filter_map(|(quality, paired)| Some(self.measure(result, quality, found, paired.as_ref()?)));
        let rankings = match self.baseline.data.get(&cell.data) {
            None => None,
            Some(shared) => rankings::compare(
                &self.before.run(&found.other.cell.id)?,
                &self.after.run(&cell.id)?,
                &shared.queries,
                |query| self.text(&cell.data, query),
            ),
        };
        Ok(CellDiff {
            data: cell.data.clone(),
            id: cell.id.clone(),
            label: called(cell),
            changes: found.changes.clone(),
            measures: measures.collect(),
            rankings,
            work: work(numbers, found),
            time: self.time(numbers, found),
        })
    }

    fn measure(
        &self,
        result: &CellResult,
        quality: &Quality,
        found: &BaselineMatch,
        paired: &Difference,
    ) -> MeasureDiff {
        let none = BTreeMap::new();
        let theirs = found.values(&quality.measure).unwrap_or(&none);
        let pairs = quality.per_query.iter();
        let pairs = pairs.filter_map(|(query, after)| Some((query, *theirs.get(query)?, *after)));
        let mut changes: Vec<QueryChange> = pairs
            .map(|(query, before, after)| QueryChange {
                query: query.clone(),
                text: self.text(&result.cell.data, query),
                before,
                after,
            })
            .collect();
        let mean = |of: fn(&QueryChange) -> f64| {
            stats::mean(&changes.iter().map(of).collect::<Vec<f64>>()).unwrap_or(0.0)
        };
        let (before, after) = (mean(|c| c.before), mean(|c| c.after));
        let tolerance = self.after.plan.compare.tolerance;
        let gain = |c: &QueryChange| c.after - c.before;
        // The order of ids decides between equal changes.
        changes.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
        let wins = changes
            .iter()
            .filter(|c| gain(c) > tolerance)
            .take(NAMED)
            .cloned()
            .collect();
        changes.sort_by(|a, b| gain(a).total_cmp(&gain(b)));
        let losses = changes
            .iter()
            .filter(|c| gain(c) < -tolerance)
            .take(NAMED)
            .cloned()
            .collect();
        MeasureDiff {
            measure: quality.measure.clone(),
            before,
            after,
            difference: paired.mean,
            interval: paired.interval,
            wins_ties_losses: paired.wins_ties_losses,
            effect: self.effect(result, quality, theirs),
            wins,
            losses,
            paired: *paired,
        }
    }

    /// Over the queries that have a value in both cells of both runs.
    fn effect(
        &self,
        result: &CellResult,
        quality: &Quality,
        theirs: &BTreeMap<String, f64>,
    ) -> Option<Effect> {
        if result.is_reference {
            return None;
        }
        let of_data = |c: &&CellResult| c.is_reference && c.cell.data == result.cell.data;
        let reference = self.evaluation.cells.iter().find(of_data)?;
        let CellState::Ok(numbers) = &reference.state else {
            return None;
        };
        let own = &numbers
            .quality
            .iter()
            .find(|q| q.measure == quality.measure)?
            .per_query;
        let other = self
            .baseline
            .cells
            .get(&reference.cell.id)?
            .values(&quality.measure)?;
        let four = quality.per_query.iter().filter_map(|(query, value)| {
            Some([*theirs.get(query)?, *other.get(query)?, *value, *own.get(query)?])
        });
        let four: Vec<[f64; 4]> = four.collect();
        let column = |at: usize| stats::mean(&four.iter().map(|row| row[at]).collect::<Vec<f64>>());
        let gains = |a: usize, b: usize| four.iter().map(|row| row[a] - row[b]).collect::<Vec<f64>>();
        Some(Effect {
            ratio: stats::effect_ratio(&gains(0, 1), &gains(2, 3)),
            delta_relative_improvement: stats::delta_relative_improvement(
                (column(0)?, column(1)?),
                (column(2)?, column(3)?),
            ),
        })
    }

    fn time(&self, numbers: &CellNumbers, found: &BaselineMatch) -> Vec<Ratio> {
        let (Some(own), Some(other)) = (&numbers.latency, &found.other.latency) else {
            return Vec::new();
        };
        let workers = numbers.measured.timing.as_ref().map(|t| t.workers);
        if !self.baseline.machine.is_empty() || workers != Some(other.workers) {
            return Vec::new();
        }
        let ratio = |(q, before): &(f64, f64)| {
            let same = |(own, _): &&(f64, Option<f64>)| (own - q).abs() < 1e-9;
            let after = own.total.quantiles.iter().find(same)?.1?;
            Some(Ratio::of(&format!("p{q}"), *before, after))
        };
        other.quantiles.iter().filter_map(ratio).collect()
    }

    fn text(&self, data: &str, query: &str) -> String {
        let record = self
            .after
            .queries
            .iter()
            .find(|q| q.data == data && q.query == query);
        record.map_or_else(String::new, |q| q.text.clone())
    }
}

fn work(numbers: &CellNumbers, found: &BaselineMatch) -> Vec<Ratio> {
    let mean = |sum: u64, queries: usize| sum as f64 / queries.max(1) as f64;
    let of = |(name, counter): &(&str, WorkCounter)| {
        let before = found
            .other
            .work
            .iter()
            .map(|w| mean(counter.of(&w.sum), w.queries))
            .sum();
        let after = numbers
            .counters
            .iter()
            .map(|(_, c)| mean(counter.of(&c.sum), c.queries))
            .sum();
        (before > 0.0 || after > 0.0).then(|| Ratio::of(name, before, after))
    };
    WorkCounter::ALL.iter().filter_map(of).collect()
}
