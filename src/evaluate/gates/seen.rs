//! What a gate sees of a cell: the number that is held against its threshold, or why there is none.

use super::sequence;
use crate::evaluate::baseline::{Baseline, BaselineMatch};
use crate::evaluate::noise::{Passes, spread};
use crate::evaluate::{
    CellNumbers, CellResult, CellState, Difference, Latency, MeanCounters, Values, difference,
};
use crate::measure::StageMeasure;
use crate::plan::{Against, Gate, GateSubject, Judge, Plan, WorkCounter};
use crate::store::StageWork;

/// What gates are held against.
pub(super) struct Ground<'a> {
    pub(super) plan: &'a Plan,
    pub(super) cells: &'a [CellResult],
    pub(super) baseline: Option<&'a Baseline>,
}

/// What is held against the threshold.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) value: f64,
    /// Of measures with enough queries.
    pub(super) interval: Option<(f64, f64)>,
    /// Queries, of measures.
    pub(super) n: Option<usize>,
    /// Of times.
    pub(super) passes: Option<Passes>,
}

impl Seen {
    fn plain(value: f64) -> Self {
        Self {
            value,
            interval: None,
            n: None,
            passes: None,
        }
    }
}

const NO_BASELINE: &str = "no baseline given; `--baseline REF` names a run to compare with";

impl Ground<'_> {
    /// The number, or a sentence that says why there is none.
    pub(super) fn seen(&self, gate: &Gate, id: &str) -> Result<Seen, String> {
        let result = self.cells.iter().find(|c| c.cell.id == id);
        let result = result.ok_or("the plan has no such cell")?;
        let numbers = numbers(result)?;
        match &gate.subject {
            GateSubject::Measure(measure) => self.measure(gate, measure, result, numbers),
            GateSubject::Latency(percentile) => self.latency(gate, *percentile, result, numbers),
            GateSubject::Counter(counter) => self.counter(gate, *counter, result, numbers),
        }
    }

    fn measure(
        &self,
        gate: &Gate,
        measure: &StageMeasure,
        result: &CellResult,
        numbers: &CellNumbers,
    ) -> Result<Seen, String> {
        let name = measure.to_string();
        let at = numbers.quality.iter().position(|q| q.measure == name);
        let at = at.ok_or("it is not measured in this cell")?;
        let quality = &numbers.quality[at];
        let (values, made) = match gate.against {
            Against::Number => {
                let value = quality.mean.ok_or("no query could be scored")?;
                // As in every table.
                let interval = match gate.judge {
                    Judge::Sequential => self.sequence(&quality.per_query, None),
                    Judge::Mean | Judge::Interval => quality.interval.map(|i| (i.low, i.high)),
                };
                return Ok(Seen {
                    interval,
                    n: Some(quality.scored),
                    ..Seen::plain(value)
                });
            }
            Against::Reference => {
                let reference = self.reference(result)?.quality.get(at);
                let reference = reference.ok_or("the reference has no value of it")?;
                (&reference.per_query, quality.difference)
            }
            Against::Baseline => {
                let found = self.matched(result)?;
                let values = found.values(&name).ok_or("the baseline has no value of it")?;
                (values, found.differences.get(at).copied().flatten())
            }
        };
        // As in every table; only a scale makes another one.
        let is_scaled = (gate.scale - 1.0).abs() > f64::EPSILON;
        let scaled: Values = values.iter().map(|(q, v)| (q.clone(), v * gate.scale)).collect();
        let difference: Option<Difference> = match is_scaled {
            false => made,
            true => difference(self.plan, &quality.per_query, &scaled),
        };
        let difference = difference.ok_or("no query has a value on both sides")?;
        let interval = match gate.judge {
            Judge::Sequential => self.sequence(&quality.per_query, Some(&scaled)),
            Judge::Mean | Judge::Interval => difference.interval,
        };
        Ok(Seen {
            interval,
            n: Some(difference.n),
            ..Seen::plain(difference.mean)
        })
    }

    fn latency(
        &self,
        gate: &Gate,
        percentile: f64,
        result: &CellResult,
        numbers: &CellNumbers,
    ) -> Result<Seen, String> {
        let own = time(numbers, percentile)?;
        let (other, passes) = match gate.against {
            Against::Number => (1.0, own.passes.clone()),
            Against::Reference => {
                let other = time(self.reference(result)?, percentile)?;
                (other.value, pass_by_pass(&own.passes, &other.passes))
            }
            Against::Baseline => {
                let found = self.matched(result)?;
                let (value, other_spread) = self.time_there(found, result, percentile)?;
                let figures = own.passes.figures.iter().map(|ms| ms / value).collect();
                let passes = Passes {
                    figures,
                    other_spread: (1.0 + own.passes.other_spread) * (1.0 + other_spread) - 1.0,
                };
                (value, passes)
            }
        };
        Ok(Seen {
            passes: Some(passes),
            ..Seen::plain(own.value / other)
        })
    }

    /// A time of the baseline and its spread between passes, if it compares with one of this run.
    fn time_there(
        &self,
        found: &BaselineMatch,
        result: &CellResult,
        percentile: f64,
    ) -> Result<(f64, f64), String> {
        let baseline = self.baseline.ok_or(NO_BASELINE)?;
        if !baseline.machine.is_empty() {
            let differ = baseline.machine.join(", ");
            return Err(format!("times of two machines do not compare: {differ}"));
        }
        self.same_data(result)?;
        let latency = found.other.latency.as_ref();
        let latency = latency.ok_or("the baseline took no latency")?;
        let workers = self.plan.measure.latency.as_ref().map(|l| l.workers);
        if workers != Some(latency.workers) {
            return Err(format!("the baseline was timed with {} workers", latency.workers));
        }
        let at = |q: f64| (q - percentile).abs() < 1e-9;
        let value = latency.quantiles.iter().find(|(q, _)| at(*q));
        let (_, value) = value.ok_or("the baseline timed too few queries for it")?;
        let passes = latency.passes.iter().find(|(q, _)| at(*q));
        let spread = passes.and_then(|(_, ms)| spread(ms)).unwrap_or(0.0);
        Ok((*value, spread))
    }

    fn counter(
        &self,
        gate: &Gate,
        counter: WorkCounter,
        result: &CellResult,
        numbers: &CellNumbers,
    ) -> Result<Seen, String> {
        let own = numbers.work(counter);
        let other = match gate.against {
            Against::Number => return Ok(Seen::plain(own)),
            Against::Reference => self.reference(result)?.work(counter),
            Against::Baseline => {
                let found = self.matched(result)?;
                self.same_data(result)?;
                found.other.work.iter().map(|w| mean(w).per_query(counter)).sum()
            }
        };
        match (own > 0.0, other > 0.0) {
            (_, true) => Ok(Seen::plain(own / other)),
            (false, false) => Ok(Seen::plain(1.0)),
            (true, false) => {
                let word = gate.against.word().unwrap_or_default();
                Err(format!("the {word} does none of this work, so there is no ratio"))
            }
        }
    }

    fn reference(&self, result: &CellResult) -> Result<&CellNumbers, String> {
        let of_data = |c: &&CellResult| c.is_reference && c.cell.data == result.cell.data;
        let reference = self.cells.iter().find(of_data);
        let reference = reference.ok_or("the data set has no reference cell")?;
        numbers(reference).map_err(|why| format!("of the reference, {why}"))
    }

    fn matched(&self, result: &CellResult) -> Result<&BaselineMatch, String> {
        let baseline = self.baseline.ok_or(NO_BASELINE)?;
        let found = baseline.cells.get(&result.cell.id);
        let found = found.ok_or("a new cell: the baseline has none like it")?;
        match &found.other.missing {
            Some(why) => Err(format!("the baseline has no numbers of the cell: {why}")),
            None => Ok(found),
        }
    }

    /// Work and times hang on all queries and documents, not only on those that compare.
    fn same_data(&self, result: &CellResult) -> Result<(), String> {
        let shared = self.baseline.and_then(|b| b.data.get(&result.cell.data));
        match shared {
            Some(shared) if shared.is_same() => Ok(()),
            Some(shared) if !shared.files.is_empty() => Err(format!(
                "work and time do not compare, the data differ: {}",
                shared.files.join(", ")
            )),
            _ => Err("work and time do not compare, the queries differ".to_owned()),
        }
    }

    /// The interval that holds at any number of queries.
    fn sequence(&self, own: &Values, to: Option<&Values>) -> Option<(f64, f64)> {
        sequence::interval(self.plan.compare.level, own, to)
    }
}

fn numbers(result: &CellResult) -> Result<&CellNumbers, String> {
    match &result.state {
        CellState::Ok(numbers) => Ok(numbers),
        CellState::Failed(error) => Err(format!("the cell failed: {error}")),
        CellState::Unsupported(reason) => Err(format!("the cell is not supported: {reason}")),
        CellState::NotRun => Err("the cell was not run".to_owned()),
    }
}

struct Time {
    value: f64,
    passes: Passes,
}

fn time(numbers: &CellNumbers, percentile: f64) -> Result<Time, String> {
    let latency: &Latency = numbers.latency.as_ref().ok_or("no latency was taken")?;
    let at = |q: f64| (q - percentile).abs() < 1e-9;
    let value = latency.total.quantiles.iter().find(|(q, _)| at(*q));
    let value = value.and_then(|(_, ms)| *ms).ok_or_else(|| {
        let needed = (1.0 / (1.0 - percentile / 100.0) - 1e-9).ceil();
        format!(
            "p{percentile} needs {needed} timed queries, there are {}",
            latency.total.n
        )
    })?;
    let figures = latency
        .passes
        .iter()
        .find(|(q, _)| at(*q))
        .map(|(_, ms)| ms.clone());
    let other_spread = match figures {
        Some(_) => 0.0,
        // One pass is too small for this percentile; the median tells how steady the machine was.
        None => spread(&latency.by_pass).unwrap_or(0.0),
    };
    let passes = Passes {
        figures: figures.unwrap_or_default(),
        other_spread,
    };
    Ok(Time { value, passes })
}

/// Both cells took turns in every pass, so a drift of the machine is in both, and what counts is their ratio.
fn pass_by_pass(own: &Passes, other: &Passes) -> Passes {
    Passes {
        figures: own
            .figures
            .iter()
            .zip(&other.figures)
            .map(|(a, b)| a / b)
            .collect(),
        other_spread: own.other_spread.max(other.other_spread),
    }
}

fn mean(work: &StageWork) -> MeanCounters {
    MeanCounters {
        sum: work.sum,
        queries: work.queries,
    }
}
