//! Gates held against the numbers of their cells.

mod sequence;

use super::{CellNumbers, CellResult, CellState, GateCell, GateResult, Quality, Values};
use crate::measure::StageMeasure;
use crate::plan::{Gate, GateSubject, Judge, Plan, Relation};
use crate::stats::Verdict;

/// Every gate of the plan against every cell in its scope.
pub(super) fn check(plan: &Plan, cells: &[CellResult]) -> Vec<GateResult> {
    let check = Check { plan, cells };
    plan.gates
        .iter()
        .map(|gate| GateResult {
            cells: gate.cells.iter().map(|id| check.against(gate, id)).collect(),
            gate: gate.clone(),
        })
        .collect()
}

struct Check<'a> {
    plan: &'a Plan,
    cells: &'a [CellResult],
}

/// What is held against the threshold.
#[derive(Debug, Clone, Copy)]
struct Seen {
    value: f64,
    /// Of measures with enough queries.
    interval: Option<(f64, f64)>,
    /// Queries, of measures.
    n: Option<usize>,
}

impl Check<'_> {
    fn against(&self, gate: &Gate, id: &str) -> GateCell {
        let seen = self.seen(gate, id);
        GateCell {
            cell: id.to_owned(),
            value: seen.map(|s| s.value),
            interval: seen.and_then(|s| s.interval),
            n: seen.and_then(|s| s.n),
            outcome: seen.map_or(Verdict::Undecided, |s| outcome(gate, s)),
        }
    }

    fn seen(&self, gate: &Gate, id: &str) -> Option<Seen> {
        let result = self.cells.iter().find(|c| c.cell.id == id)?;
        let own = numbers(result)?;
        let reference = || {
            let of_data = |c: &&CellResult| c.is_reference && c.cell.data == result.cell.data;
            numbers(self.cells.iter().find(of_data)?)
        };
        let GateSubject::Measure(measure) = &gate.subject else {
            let own = plain(&gate.subject, own)?;
            let value = match gate.to_reference {
                false => own,
                true => own / Some(plain(&gate.subject, reference()?)?).filter(|r| *r > 0.0)?,
            };
            let (interval, n) = (None, None);
            return Some(Seen { value, interval, n });
        };
        let own = quality(own, measure)?;
        let to = match gate.to_reference {
            false => None,
            true => Some(&quality(reference()?, measure)?.per_query),
        };
        let seen = measured(own, gate.to_reference)?;
        Some(match gate.judge {
            Judge::Mean | Judge::Interval => seen,
            Judge::Sequential => Seen {
                interval: sequence::interval(self.plan.compare.level, &own.per_query, to),
                ..seen
            },
        })
    }
}

fn quality<'a>(numbers: &'a CellNumbers, measure: &StageMeasure) -> Option<&'a Quality> {
    let name = measure.to_string();
    numbers.quality.iter().find(|q| q.measure == name)
}

/// The mean or the paired difference, with the interval that every table shows.
fn measured(quality: &Quality, to_reference: bool) -> Option<Seen> {
    Some(if to_reference {
        let difference = quality.difference?;
        Seen {
            value: difference.mean,
            interval: difference.interval,
            n: Some(difference.n),
        }
    } else {
        Seen {
            value: quality.mean?,
            interval: quality.interval.map(|i| (i.low, i.high)),
            n: Some(quality.scored),
        }
    })
}

fn numbers(result: &CellResult) -> Option<&CellNumbers> {
    match &result.state {
        CellState::Ok(numbers) => Some(numbers),
        CellState::Failed(_) | CellState::Unsupported(_) | CellState::NotRun => None,
    }
}

/// A number without an interval.
fn plain(subject: &GateSubject, numbers: &CellNumbers) -> Option<f64> {
    match subject {
        GateSubject::Measure(_) => None,
        GateSubject::Latency(percentile) => {
            let quantiles = &numbers.latency.as_ref()?.total.quantiles;
            let at = |(q, _): &&(f64, Option<f64>)| (q - percentile).abs() < 1e-9;
            quantiles.iter().find(at)?.1
        }
        GateSubject::Counter(counter) => {
            let per_query = |of: &super::MeanCounters| {
                (of.queries > 0).then(|| counter.of(&of.sum) as f64 / of.queries as f64)
            };
            numbers.counters.iter().map(|(_, of)| per_query(of)).sum()
        }
    }
}

/// By the interval, a gate holds when all of it does, fails when none of it does, and is undecided in between.
fn outcome(gate: &Gate, seen: Seen) -> Verdict {
    let holds = |value| holds(gate.relation, value, gate.threshold);
    let (low, high) = match gate.judge {
        Judge::Mean => (seen.value, seen.value),
        Judge::Interval | Judge::Sequential => match seen.interval {
            Some(ends) => ends,
            None => return Verdict::Undecided,
        },
    };
    match (holds(low), holds(high)) {
        (true, true) => Verdict::Pass,
        (false, false) => Verdict::Fail,
        _ => Verdict::Undecided,
    }
}

fn holds(relation: Relation, value: f64, threshold: f64) -> bool {
    match relation {
        Relation::AtLeast => value >= threshold,
        Relation::Above => value > threshold,
        Relation::AtMost => value <= threshold,
        Relation::Below => value < threshold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_itself_passes_at_least_and_fails_above() {
        assert!(holds(Relation::AtLeast, 0.5, 0.5));
        assert!(!holds(Relation::Above, 0.5, 0.5));
        assert!(holds(Relation::AtMost, 0.5, 0.5));
        assert!(!holds(Relation::Below, 0.5, 0.5));
    }

    fn judged(that: Relation, judge: Judge, interval: Option<(f64, f64)>) -> Verdict {
        let gate = Gate {
            that: String::new(),
            subject: GateSubject::Latency(50.0),
            relation: that,
            threshold: 0.5,
            to_reference: false,
            judge,
            scope: indexmap::IndexMap::new(),
            cells: Vec::new(),
            level: crate::plan::GateLevel::Error,
            line: 1,
        };
        let value = 0.6;
        let n = Some(24);
        outcome(&gate, Seen { value, interval, n })
    }

    #[test]
    fn an_interval_decides_only_where_the_threshold_is_outside() {
        use Verdict::{Fail, Pass, Undecided};
        let at_least = |interval| judged(Relation::AtLeast, Judge::Interval, interval);
        assert_eq!(at_least(Some((0.5, 0.7))), Pass);
        assert_eq!(at_least(Some((0.4, 0.8))), Undecided);
        assert_eq!(at_least(Some((0.3, 0.49))), Fail);
        assert_eq!(at_least(None), Undecided, "too few queries for an interval");
        let at_most = |interval| judged(Relation::AtMost, Judge::Interval, interval);
        assert_eq!(at_most(Some((0.5, 0.7))), Undecided);
        assert_eq!(at_most(Some((0.3, 0.5))), Pass);
        // By the mean, 0.6 holds whatever the interval says.
        assert_eq!(judged(Relation::AtLeast, Judge::Mean, Some((0.4, 0.8))), Pass);
    }
}
