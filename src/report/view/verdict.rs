//! The verdict: a status word and the sentences that somebody who reads only the first screen should take away.

mod compared;

use crate::evaluate::Evaluation;
use crate::plan::GateLevel;
use crate::stats;
use crate::store::Severity;

use super::certainty;
use super::gates;
use super::number;
use super::set::{Ran, Set};
use super::text::{count, listed};
use compared::compared;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// All gates hold and all cells ran.
    Pass,
    /// A gate fails.
    Fail,
    /// Nothing failed, but not everything is known: a gate is undecided, a cell has no numbers, or the run was interrupted.
    Incomplete,
    /// All cells ran; the spec has no gates to hold them against.
    NoGates,
}

impl Status {
    /// One or two words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Status::Pass => "pass",
            Status::Fail => "fail",
            Status::Incomplete => "incomplete",
            Status::NoGates => "done, no gates",
        }
    }

    /// Glyph, always beside the word.
    pub(crate) fn glyph(self) -> &'static str {
        match self {
            Status::Pass | Status::NoGates => "✓",
            Status::Fail => "✗",
            Status::Incomplete => "?",
        }
    }

    /// Class name in the page.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Status::Pass => "good",
            Status::NoGates => "dim",
            Status::Fail => "bad",
            Status::Incomplete => "warn",
        }
    }
}

/// Status and sentences.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// How it ended.
    pub(crate) status: Status,
    /// Did the cells run, do the gates hold.
    pub(crate) overall: Vec<String>,
    /// One per data set: which cell is highest, and whether that can be told.
    pub(crate) answers: Vec<String>,
    /// How not to read them.
    pub(crate) cautions: Vec<String>,
}

impl Verdict {
    /// The same where gates that cannot be decided count as failed, if `strict`.
    pub(crate) fn held(mut self, evaluation: &Evaluation, strict: bool) -> Verdict {
        let fails = |g: &&crate::evaluate::GateResult| g.fails_run(true) && !g.fails_run(false);
        let undecided: Vec<String> = evaluation
            .gates
            .iter()
            .filter(fails)
            .map(|g| g.gate.that.clone())
            .collect();
        if strict && !undecided.is_empty() {
            self.status = Status::Fail;
            let verb = if undecided.len() == 1 { "counts" } else { "count" };
            self.overall.push(format!(
                "Under --strict, what cannot be decided {verb} as failed ({}).",
                listed(&undecided, 3)
            ));
        }
        self
    }
}

/// Reads the whole evaluation.
pub(crate) fn verdict(evaluation: &Evaluation, sets: &[Set<'_>]) -> Verdict {
    let several = sets.len() > 1;
    Verdict {
        status: status(evaluation, sets),
        overall: interrupted(evaluation)
            .into_iter()
            .chain([ran(sets)])
            .chain(part(evaluation))
            .chain(times_alone(evaluation))
            .chain(gate_sentence(evaluation))
            .collect(),
        answers: sets
            .iter()
            .filter(|_| !evaluation.plan.measure.timing_only)
            .map(|s| answer(evaluation.plan.compare.level, s, several))
            .collect(),
        cautions: match evaluation.plan.measure.timing_only {
            // No cell is the best of any.
            true => Vec::new(),
            false => cautions(evaluation, sets),
        },
    }
}

fn status(evaluation: &Evaluation, sets: &[Set<'_>]) -> Status {
    let outcomes = |o: stats::Verdict, level: Option<GateLevel>| {
        let of_level = evaluation
            .gates
            .iter()
            .filter(move |g| level.is_none_or(|l| g.gate.level == l));
        of_level.filter(|g| gates::outcome(&g.cells) == o).count()
    };
    let all_ran = sets.iter().all(|s| s.ran().count() == s.cells.len());
    let all_ran = all_ran && evaluation.manifest.finished.is_some();
    if outcomes(stats::Verdict::Fail, Some(GateLevel::Error)) > 0 {
        Status::Fail
    } else if !all_ran || outcomes(stats::Verdict::Undecided, Some(GateLevel::Error)) > 0 {
        Status::Incomplete
    } else if evaluation.gates.is_empty() {
        Status::NoGates
    } else {
        Status::Pass
    }
}

/// Half of a run looks like a whole one in every number that it has.
fn interrupted(evaluation: &Evaluation) -> Option<String> {
    let untimed = evaluation.plan.measure.latency.is_some();
    let stopped = evaluation.manifest.finished.is_none();
    stopped.then(|| match untimed {
        true => "The run was interrupted; what had no time taken has none.".to_owned(),
        false => "The run was interrupted.".to_owned(),
    })
}

fn part(evaluation: &Evaluation) -> Option<String> {
    let narrowed = evaluation.plan.narrowed.as_ref()?;
    Some(format!("Only a part of the spec was run ({}).", narrowed.by))
}

fn times_alone(evaluation: &Evaluation) -> Option<String> {
    let timing_only = evaluation.plan.measure.timing_only;
    timing_only
        .then(|| "Only times and work were taken (--timing-only): nothing is said about quality.".to_owned())
}

fn ran(sets: &[Set<'_>]) -> String {
    let total: usize = sets.iter().map(|s| s.cells.len()).sum();
    let ok: usize = sets.iter().map(|s| s.ran().count()).sum();
    if total == ok {
        return match total {
            1 => "The one cell ran.".to_owned(),
            n => format!("All {n} cells ran."),
        };
    }
    let missing = |state: &str| {
        let states = sets
            .iter()
            .flat_map(|s| &s.cells)
            .filter_map(|c| super::board::missing(&c.state));
        states.filter(|m| m.state == state).count()
    };
    let states: Vec<String> = ["failed", "unsupported", "not run"]
        .into_iter()
        .filter_map(|state| {
            Some(missing(state))
                .filter(|n| *n > 0)
                .map(|n| format!("{n} {state}"))
        })
        .collect();
    format!(
        "{ok} of {} ran: {}.",
        count(total, "cell", "cells"),
        listed(&states, 3)
    )
}

fn gate_sentence(evaluation: &Evaluation) -> Option<String> {
    let gates = &evaluation.gates;
    if gates.is_empty() {
        return None;
    }
    let those = |o: stats::Verdict, level: Option<GateLevel>| -> Vec<String> {
        let matching = gates.iter().filter(|g| gates::outcome(&g.cells) == o);
        matching
            .filter(|g| level.is_none_or(|l| g.gate.level == l))
            .map(|g| g.gate.that.clone())
            .collect()
    };
    let failed = those(stats::Verdict::Fail, Some(GateLevel::Error));
    let warned = those(stats::Verdict::Fail, Some(GateLevel::Warn));
    let undecided = those(stats::Verdict::Undecided, None);
    if failed.is_empty() && warned.is_empty() && undecided.is_empty() {
        return Some(match gates.len() {
            1 => "The gate holds.".to_owned(),
            n => format!("All {n} gates hold."),
        });
    }
    let part = |these: &[String], one: &str, many: &str| {
        let verb = if these.len() == 1 { one } else { many };
        (!these.is_empty()).then(|| format!("{} {verb} ({})", these.len(), listed(these, 3)))
    };
    let parts: Vec<String> = [
        part(&failed, "does not hold", "do not hold"),
        part(&warned, "warns", "warn"),
        part(&undecided, "cannot be decided", "cannot be decided"),
    ]
    .into_iter()
    .flatten()
    .collect();
    Some(format!(
        "Of {}, {}.",
        count(gates.len(), "gate", "gates"),
        parts.join(", ")
    ))
}

fn answer(level: f64, set: &Set<'_>, several: bool) -> String {
    let place = if several {
        format!("{}: ", set.data)
    } else {
        String::new()
    };
    let sentence = match (set.best(), set.headline) {
        (Some((best, mean)), Some(measure)) => {
            best_sentence(level, set, best, mean, measure) + &doubts(set, best).unwrap_or_default()
        }
        _ => "no cell has a figure for quality.".to_owned(),
    };
    // A cell's name may begin a sentence; it keeps its spelling, and so does what follows a data set's name.
    match sentence.strip_prefix("no cell") {
        Some(rest) if !several => format!("No cell{rest}"),
        _ => format!("{place}{sentence}"),
    }
}

fn best_sentence(level: f64, set: &Set<'_>, best: Ran<'_>, mean: f64, measure: &str) -> String {
    let name = set.name(&best.cell.cell.id);
    let shown = number::measure(mean);
    let Some(reference) = set.reference() else {
        return format!(
            "{name} has the highest {measure}, {shown}; the spec names no reference to compare it with."
        );
    };
    let reference_name = set.name(&reference.cell.id);
    if best.cell.is_reference {
        return match set.ran().count() {
            1 => format!("{name} has {measure} {shown}."),
            _ => format!("no cell is above the reference {reference_name} ({measure} {shown})."),
        };
    }
    let Some(reference_mean) = set.reference_ran().and_then(|r| set.headline_mean(r)) else {
        return format!(
            "{name} has the highest {measure}, {shown}; the reference {reference_name} has no number to compare it with."
        );
    };
    let lead = format!("{name} has the highest {measure}, {shown}");
    let against = format!(
        "the reference {reference_name} ({})",
        number::measure(reference_mean)
    );
    let difference = set.headline_of(best).and_then(|q| q.difference);
    match difference {
        Some(d) => format!("{lead}: {}", compared(level, &d, &against)),
        None => format!("{lead}; there is no difference to {against}."),
    }
}

/// What makes the figures of the best cell, or of what it is compared with, other than what they claim to be.
fn doubts(set: &Set<'_>, best: Ran<'_>) -> Option<String> {
    let invalid = |ran: &Ran<'_>| {
        ran.numbers
            .measured
            .findings
            .iter()
            .any(|f| f.severity == Severity::Invalid)
    };
    let doubted = std::iter::once(best).chain(set.reference_ran()).find(invalid)?;
    Some(format!(
        " But a check found numbers of {} invalid.",
        set.name(&doubted.cell.cell.id)
    ))
}

/// The highest of several cells was chosen on the queries that it is reported for: by how much that flatters it, or that
/// nobody knows.
fn cautions(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<String> {
    let several = sets.iter().filter(|s| s.ran().count() > 2);
    let (tried, untried): (Vec<_>, Vec<_>) = several
        .map(|set| (set, certainty::choice(evaluation, set)))
        .partition(|(_, choice)| choice.is_some());
    let place = |set: &Set<'_>| {
        if sets.len() > 1 {
            format!("{}: ", set.data)
        } else {
            String::new()
        }
    };
    let tried = tried
        .into_iter()
        .filter_map(|(set, choice)| Some(place(set) + &choice?));
    let untried = (!untried.is_empty()).then(|| {
        "The highest cell was chosen on the same queries that it is reported for, so its figure is likely too high. \
         Confirm it on queries that had no part in the choice."
            .to_owned()
    });
    tried.chain(untried).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::CellState;
    use crate::report::fixture::{evaluation, two_cells};

    fn answers(evaluation: &Evaluation) -> Vec<String> {
        verdict(evaluation, &Set::all(evaluation)).answers
    }

    #[test]
    fn under_strict_what_cannot_be_decided_has_failed_and_the_result_says_so() {
        let mut evaluation = evaluation();
        evaluation
            .gates
            .retain(|g| gates::outcome(&g.cells) == stats::Verdict::Undecided);
        let sets = Set::all(&evaluation);
        let held = |strict| verdict(&evaluation, &sets).held(&evaluation, strict);
        assert_eq!(held(false).status, Status::Incomplete);
        let strict = held(true);
        assert_eq!(strict.status, Status::Fail);
        assert_eq!(
            strict.overall.last().map(String::as_str),
            Some("Under --strict, what cannot be decided counts as failed (p99.9 <= 90ms).")
        );
    }

    #[test]
    fn the_fixture_fails_a_gate_and_says_what_ran() {
        let evaluation = evaluation();
        let verdict = verdict(&evaluation, &Set::all(&evaluation));
        assert_eq!(verdict.status, Status::Fail);
        insta::assert_snapshot!(verdict.overall.join("\n"), @"
        7 of 10 cells ran: 1 failed, 1 unsupported and 1 not run.
        Of 4 gates, 1 does not hold (nDCG@10 >= 0.70), 1 warns (p95 <= 40ms), 1 cannot be decided (p99.9 <= 90ms).
        ");
        insta::assert_snapshot!(verdict.answers.join("\n"), @"
        parts: reranked · quantization none has the highest nDCG@10, 0.675: better than the reference dense · quantization none (0.432) by +0.243 [+0.185, +0.298], p < 0.001 after Holm.
        demo: reranked has the highest nDCG@10, 0.880: +0.470 against the reference dense (0.409); 2 queries are too few for an interval.
        ");
        insta::assert_snapshot!(verdict.cautions.join("\n"), @"parts: Chosen on one half of the queries and read on the other, 1,000 times: reranked · quantization none wins in 1,994 of 2,000 halves, hybrid · quantization none in 6; the lead of the chosen cell over dense · quantization none is +0.243 on the half that chose it and +0.242 on the other.");
    }

    #[test]
    fn a_difference_is_called_what_its_interval_allows() {
        let mut said = Vec::new();
        for interval in [Some((0.01, 0.19)), Some((-0.02, 0.22)), None] {
            said.extend(answers(&two_cells(0.1, interval, (10, 12, 2))));
        }
        said.extend(answers(&two_cells(0.0, Some((0.0, 0.0)), (0, 24, 0))));
        insta::assert_snapshot!(said.join("\n"), @"
        hybrid has the highest nDCG@10, 0.812: better than the reference dense (0.712) by +0.100 [+0.010, +0.190].
        hybrid has the highest nDCG@10, 0.812: whether it is better than the reference dense (0.712) cannot be told with 24 queries, +0.100 [−0.020, +0.220].
        hybrid has the highest nDCG@10, 0.812: +0.100 against the reference dense (0.712); too many resamples have no spread for an interval.
        hybrid has the highest nDCG@10, 0.712: equal to the reference dense (0.712) on every query.
        ");
    }

    #[test]
    fn a_best_cell_with_an_invalid_number_is_doubted_at_once() {
        let mut evaluation = two_cells(0.1, Some((0.01, 0.19)), (10, 12, 2));
        if let CellState::Ok(numbers) = &mut evaluation.cells[1].state {
            numbers.measured.findings.push(crate::store::Finding {
                check: "filter".into(),
                severity: Severity::Invalid,
                message: "hits do not match the filter".into(),
            });
        }
        assert!(answers(&evaluation)[0].ends_with("But a check found numbers of hybrid invalid."));
    }

    #[test]
    fn without_reference_or_numbers_nothing_is_compared() {
        let mut evaluation = two_cells(0.1, Some((0.01, 0.19)), (10, 12, 2));
        evaluation.cells[0].is_reference = false;
        let mut said = answers(&evaluation);
        evaluation.cells[0].is_reference = true;
        evaluation.cells[0].state = CellState::Failed("out of memory".into());
        said.extend(answers(&evaluation));
        evaluation.cells[1].state = CellState::NotRun;
        said.extend(answers(&evaluation));
        said.push(ran(&Set::all(&evaluation)));
        insta::assert_snapshot!(said.join("\n"), @"
        hybrid has the highest nDCG@10, 0.812; the spec names no reference to compare it with.
        hybrid has the highest nDCG@10, 0.812; the reference dense has no number to compare it with.
        No cell has a figure for quality.
        0 of 2 cells ran: 1 failed and 1 not run.
        ");
    }

    #[test]
    fn the_status_counts_undecided_gates_and_missing_cells_as_incomplete() {
        let mut evaluation = two_cells(0.1, Some((0.01, 0.19)), (10, 12, 2));
        let status = |e: &Evaluation| status(e, &Set::all(e));
        assert_eq!(status(&evaluation), Status::NoGates);
        evaluation.cells[1].state = CellState::NotRun;
        assert_eq!(status(&evaluation), Status::Incomplete);
    }
}
