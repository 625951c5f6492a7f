//! The runs of an experiment over time: a measure of the reference and of the best cell, or of one cell.

use serde::Serialize;

use crate::evaluate::baseline::machines;
use crate::evaluate::{CellState, Evaluation};
use crate::plan::GateLevel;
use crate::stats::Verdict;

use super::gates::outcome;
use super::runs::{broken, commit, in_order, minute};
use super::set::{Ran, Set, percentile_of};

/// Runs of an experiment.
#[derive(Debug, Serialize)]
pub struct Trend {
    /// The experiment.
    pub experiment: String,
    /// One per data set of the newest run.
    pub data: Vec<DataTrend>,
}

/// One data set over the runs.
#[derive(Debug, Serialize)]
pub struct DataTrend {
    /// The data set.
    pub data: String,
    /// What the values are of.
    pub measure: String,
    /// Which percentile the times are; `None` if nothing was timed.
    pub percentile: Option<f64>,
    /// The runs that have the data set, the oldest first.
    pub runs: Vec<TrendRun>,
}

/// One run.
#[derive(Debug, Serialize)]
pub struct TrendRun {
    /// Its id.
    pub run: String,
    /// Day and minute, UTC.
    pub when: String,
    /// Commit of the program, shortened; empty if unknown.
    pub commit: String,
    /// Whether it came to its end.
    pub finished: bool,
    /// Cells with numbers.
    pub ok: usize,
    /// Cells of the plan.
    pub cells: usize,
    /// Gates by outcome; those that only warn count as passed.
    pub gates: Gates,
    /// What is not as in the run before, so that the two do not compare; empty for the first.
    pub not_comparable: Vec<&'static str>,
    /// The reference cell, or the one that was asked for.
    pub reference: Option<Point>,
    /// The cell with the highest value; `None` where one cell was asked for.
    pub best: Option<Point>,
    /// Milliseconds, of `reference`; `None` without timing, and for another kind of machine than that of the newest run.
    pub percentile_ms: Option<f64>,
    /// Whether it ran on the same kind of machine as the newest one.
    pub same_machine: bool,
}

/// Gates by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gates {
    /// Hold.
    pub pass: usize,
    /// Do not hold.
    pub fail: usize,
    /// Cannot be told.
    pub undecided: usize,
}

/// A value of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// Name of the cell in its run.
    pub cell: String,
    /// What identifies it over runs.
    pub label: String,
    /// The mean; `None` where no query could be scored.
    pub value: Option<f64>,
    /// Less that of the run before; `None` where the two do not compare.
    pub change: Option<f64>,
}

/// The trend of a measure that the newest run has. `cells` are labels by data set: then each is shown instead of reference and
/// best, and other data sets are left out. Nothing for no runs.
pub fn trend(
    runs: &[Evaluation],
    measure: Option<&str>,
    cells: Option<&[(String, String)]>,
) -> Option<Trend> {
    let runs = in_order(runs.iter().collect());
    let newest = *runs.last()?;
    let of_set = |set: &Set<'_>| {
        let cell = match cells {
            None => None,
            Some(cells) => Some(cells.iter().find(|(data, _)| data == set.data)?.1.as_str()),
        };
        let measure = measure.or(set.headline)?;
        Some(DataTrend {
            data: set.data.to_owned(),
            measure: measure.to_owned(),
            percentile: set.tail_percentile(),
            runs: of_data(&runs, set, measure, cell),
        })
    };
    Some(Trend {
        experiment: newest.plan.experiment.clone(),
        data: Set::all(newest).iter().filter_map(of_set).collect(),
    })
}

fn of_data(runs: &[&Evaluation], newest_set: &Set<'_>, measure: &str, cell: Option<&str>) -> Vec<TrendRun> {
    let mut all: Vec<TrendRun> = Vec::new();
    let mut before: Option<&Evaluation> = None;
    let newest = runs.last().map(|r| &r.manifest.machine);
    for run in runs {
        let sets = Set::all(run);
        let Some(set) = sets.iter().find(|s| s.data == newest_set.data) else {
            continue;
        };
        let not_comparable = before.map_or_else(Vec::new, |b| broken(&b.manifest, &run.manifest, set.data));
        let last = all.last().filter(|_| not_comparable.is_empty());
        let shown = match cell {
            None => set.reference_ran(),
            Some(label) => set.ran().find(|r| r.cell.cell.label() == label),
        };
        let same_machine = newest.is_some_and(|n| machines(n, &run.manifest.machine).is_empty());
        let time = || percentile_of(shown?.numbers.latency.as_ref()?, newest_set.tail_percentile()?);
        let reference = shown.map(|ran| point(set, ran, measure));
        let best = if cell.is_some() { None } else { best(set, measure) };
        all.push(TrendRun {
            run: run.manifest.run_id.clone(),
            when: minute(&run.manifest),
            commit: commit(&run.manifest),
            finished: run.manifest.finished.is_some(),
            ok: set.ran().count(),
            cells: set.cells.len(),
            gates: gates(run),
            reference: reference.map(|p| {
                compared(p, last.and_then(|l| l.reference.as_ref()), |a, b| {
                    a.label == b.label
                })
            }),
            best: best.map(|p| compared(p, last.and_then(|l| l.best.as_ref()), |_, _| true)),
            percentile_ms: same_machine.then(time).flatten(),
            same_machine,
            not_comparable,
        });
        before = Some(run);
    }
    all
}

fn point(set: &Set<'_>, ran: Ran<'_>, measure: &str) -> Point {
    let quality = ran.numbers.quality.iter().find(|q| q.measure == measure);
    Point {
        cell: set.name(&ran.cell.cell.id).to_owned(),
        label: ran.cell.cell.label(),
        value: quality.and_then(|q| q.mean),
        change: None,
    }
}

/// The first of the highest, the reference before others.
fn best(set: &Set<'_>, measure: &str) -> Option<Point> {
    let mut best: Option<(Point, bool)> = None;
    for ran in set.ran() {
        let point = point(set, ran, measure);
        let Some(value) = point.value else { continue };
        let top = best.as_ref().and_then(|(b, _)| b.value);
        if top.is_none_or(|top| value > top || (value >= top && ran.cell.is_reference)) {
            best = Some((point, ran.cell.is_reference));
        }
    }
    best.map(|(point, _)| point)
}

/// With the change against the run before, where the two are of what is the same.
fn compared(point: Point, before: Option<&Point>, same: impl Fn(&Point, &Point) -> bool) -> Point {
    let before = before.filter(|b| same(b, &point));
    let change = before
        .and_then(|b| b.value)
        .zip(point.value)
        .map(|(then, now)| now - then);
    Point { change, ..point }
}

fn gates(run: &Evaluation) -> Gates {
    let count = |wanted: Verdict| {
        let gates = run.gates.iter();
        gates
            .filter(|g| match (outcome(&g.cells), g.gate.level) {
                (_, GateLevel::Warn) => wanted == Verdict::Pass,
                (outcome, GateLevel::Error) => outcome == wanted,
            })
            .count()
    };
    Gates {
        pass: count(Verdict::Pass),
        fail: count(Verdict::Fail),
        undecided: count(Verdict::Undecided),
    }
}

/// Names of the measures that a run has, in the order of its plan.
pub fn measured(run: &Evaluation) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for result in &run.cells {
        if let CellState::Ok(numbers) = &result.state {
            for quality in &numbers.quality {
                if !names.contains(&quality.measure) {
                    names.push(quality.measure.clone());
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    /// The fixture, as it ran so many months ago.
    fn earlier(months: u32) -> Evaluation {
        let mut run = evaluation();
        run.manifest.started = format!("2026-{:02}-01T08:00:00Z", 3 - months);
        run.manifest.run_id = format!("2026{:02}01T080000Z-1111111", 3 - months);
        run
    }

    fn raise(run: &mut Evaluation, cell: usize, by: f64) {
        if let CellState::Ok(numbers) = &mut run.cells[cell].state {
            let quality = numbers.quality.iter_mut().find(|q| q.measure == "nDCG@10");
            quality.unwrap().mean.iter_mut().for_each(|mean| *mean += by);
        }
    }

    fn parts(runs: &[Evaluation]) -> DataTrend {
        trend(runs, None, None).unwrap().data.remove(0)
    }

    #[test]
    fn runs_stand_in_order_and_change_against_the_one_before() {
        let mut now = evaluation();
        raise(&mut now, 0, 0.25);
        let trend = parts(&[now, earlier(2), earlier(1)]);
        assert_eq!(
            (trend.data.as_str(), trend.measure.as_str()),
            ("parts", "nDCG@10")
        );
        let whens: Vec<&str> = trend.runs.iter().map(|r| &r.when[..7]).collect();
        assert_eq!(whens, ["2026-01", "2026-02", "2026-03"]);
        let changes: Vec<Option<f64>> = trend
            .runs
            .iter()
            .map(|r| r.reference.as_ref().unwrap().change)
            .collect();
        assert_eq!((changes[0], changes[1]), (None, Some(0.0)));
        assert!((changes[2].unwrap() - 0.25).abs() < 1e-12);
        let last = &trend.runs[2];
        assert_eq!((last.ok, last.cells), (5, 8));
        let gates = Gates {
            pass: 2,
            fail: 1,
            undecided: 1,
        };
        assert_eq!(last.gates, gates);
    }

    #[test]
    fn what_is_over_other_data_or_another_reference_is_not_compared() {
        let mut other_data = earlier(1);
        other_data.manifest.data.get_mut("parts").unwrap().files[0].sha256 = "f".repeat(64);
        let trend = parts(&[earlier(2), other_data, evaluation()]);
        let broken: Vec<&[&str]> = trend.runs.iter().map(|r| r.not_comparable.as_slice()).collect();
        assert_eq!(broken, [&[][..], &["data"], &["data"]]);
        for run in &trend.runs {
            assert_eq!(run.reference.as_ref().unwrap().change, None);
            assert_eq!(run.best.as_ref().unwrap().change, None);
        }
        let mut other_reference = earlier(1);
        other_reference.cells[0].is_reference = false;
        other_reference.cells[1].is_reference = true;
        let trend = parts(&[other_reference, evaluation()]);
        assert_eq!(trend.runs[1].reference.as_ref().unwrap().change, None);
        assert_eq!(trend.runs[1].best.as_ref().unwrap().change, Some(0.0));
    }

    #[test]
    fn times_of_another_machine_are_left_out() {
        let mut run = earlier(1);
        run.manifest.machine.cpus += 1;
        let trend = parts(&[run, evaluation()]);
        let times: Vec<(bool, bool)> = trend
            .runs
            .iter()
            .map(|r| (r.same_machine, r.percentile_ms.is_some()))
            .collect();
        assert_eq!(trend.percentile, Some(95.0));
        assert_eq!(times, [(false, false), (true, true)]);
    }

    #[test]
    fn one_cell_takes_the_place_of_reference_and_best() {
        let cells = [(
            "parts".to_owned(),
            "pipeline=hybrid index.quantization=none".to_owned(),
        )];
        let trend = trend(&[earlier(1), evaluation()], Some("R@100"), Some(&cells)).unwrap();
        assert_eq!(trend.data.len(), 1, "the other data set has no such cell");
        let run = &trend.data[0].runs[1];
        assert_eq!(run.reference.as_ref().unwrap().label, cells[0].1);
        assert_eq!((trend.data[0].measure.as_str(), &run.best), ("R@100", &None));
        assert_eq!(super::trend(&[], None, None).map(|t| t.experiment), None);
    }
}
