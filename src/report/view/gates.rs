//! Gates: the conditions that decide the exit status.

use crate::evaluate::{Evaluation, GateCell, GateOutcome, GateResult};
use crate::plan::{Against, Gate, GateLevel, GateSubject, Relation};

use super::findings::full_name;
use super::number;
use super::set::Set;
use super::text::listed;

/// One gate, printed.
#[derive(Debug)]
pub(crate) struct GateRow {
    /// Fail if any cell fails; undecided if any is and none fails.
    pub(crate) outcome: GateOutcome,
    /// The sentence as written.
    pub(crate) that: String,
    /// Which cells it applies to, as written; `all cells` without a condition.
    pub(crate) scope: String,
    /// Whether it only warns.
    pub(crate) warns: bool,
    /// `holds in 9 of 9 cells`, or `fails in 2 of 9 cells, undecided in 1`.
    pub(crate) counts: String,
    /// The cell closest to the limit or furthest beyond it: `lowest 0.604 (dense)`.
    pub(crate) worst: Option<String>,
    /// Distance of that cell to the threshold, positive when the gate holds there.
    pub(crate) margin: Option<String>,
    /// The other cells in which it does not hold: name and what was seen.
    pub(crate) not_held: Vec<String>,
    /// Why it is undecided: each reason once, with its cells.
    pub(crate) reasons: Vec<String>,
    /// Line in the spec.
    pub(crate) line: usize,
}

impl GateRow {
    /// Glyph, always beside the word.
    pub(crate) fn glyph(&self) -> &'static str {
        match self.outcome {
            GateOutcome::Pass => "✓",
            GateOutcome::Fail if self.warns => "!",
            GateOutcome::Fail => "✗",
            GateOutcome::Undecided => "?",
        }
    }

    /// In words.
    pub(crate) fn word(&self) -> &'static str {
        match self.outcome {
            GateOutcome::Pass => "holds",
            GateOutcome::Fail if self.warns => "warns",
            GateOutcome::Fail => "fails",
            GateOutcome::Undecided => "undecided",
        }
    }

    /// Class name in the page.
    pub(crate) fn class(&self) -> &'static str {
        match self.outcome {
            GateOutcome::Pass => "good",
            GateOutcome::Fail if self.warns => "warn",
            GateOutcome::Fail => "bad",
            GateOutcome::Undecided => "warn",
        }
    }
}

/// The gates in the order of the spec.
pub(crate) fn gates(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<GateRow> {
    evaluation.gates.iter().map(|g| gate(g, sets)).collect()
}

fn gate(result: &GateResult, sets: &[Set<'_>]) -> GateRow {
    let gate = &result.gate;
    let scope: Vec<String> = gate.scope.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let worst = worst(result);
    let lowest = matches!(gate.relation, Relation::AtLeast | Relation::Above);
    let superlative = if lowest { "lowest" } else { "highest" };
    let describe = |(cell, value): (&GateCell, f64)| {
        format!(
            "{superlative} {} ({})",
            print(gate, cell, value),
            name(sets, &cell.cell)
        )
    };
    GateRow {
        outcome: outcome(&result.cells),
        that: gate.that.clone(),
        scope: if scope.is_empty() {
            "all cells".to_owned()
        } else {
            scope.join(", ")
        },
        warns: gate.level == GateLevel::Warn,
        counts: counts(&result.cells),
        worst: worst.map(describe),
        margin: worst.map(|(_, value)| margin(gate, value)),
        not_held: not_held(result, worst.map(|(cell, _)| cell), sets),
        reasons: reasons(result, sets),
        line: gate.line,
    }
}

/// Distance of a value to the threshold, positive when the gate holds there.
pub(crate) fn margin(gate: &Gate, value: f64) -> String {
    let room = match gate.relation {
        Relation::AtLeast | Relation::Above => value - gate.threshold,
        Relation::AtMost | Relation::Below => gate.threshold - value,
    };
    let sign = if room < 0.0 { "−" } else { "+" };
    let size = room.abs();
    match gate.subject {
        GateSubject::Measure(_) => number::signed(room),
        GateSubject::Latency(_) if gate.against == Against::Number => {
            format!("{sign}{} ms", number::ms(size))
        }
        GateSubject::Counter(_) if gate.against == Against::Number => {
            format!("{sign}{}", number::mean_count(size))
        }
        GateSubject::Latency(_) | GateSubject::Counter(_) => format!("{sign}{size:.2} ×"),
    }
}

/// Of all cells of a gate.
pub(crate) fn outcome(cells: &[GateCell]) -> GateOutcome {
    let any = |o: GateOutcome| cells.iter().any(|c| c.outcome == o);
    if any(GateOutcome::Fail) {
        GateOutcome::Fail
    } else if any(GateOutcome::Undecided) {
        GateOutcome::Undecided
    } else {
        GateOutcome::Pass
    }
}

fn counts(cells: &[GateCell]) -> String {
    let count = |o: GateOutcome| cells.iter().filter(|c| c.outcome == o).count();
    let of = super::text::count(cells.len(), "cell", "cells");
    match (count(GateOutcome::Fail), count(GateOutcome::Undecided)) {
        (0, 0) => format!("holds in {} of {of}", count(GateOutcome::Pass)),
        (0, undecided) => format!("undecided in {undecided} of {of}"),
        (failed, 0) => format!("fails in {failed} of {of}"),
        (failed, undecided) => format!("fails in {failed} of {of}, undecided in {undecided}"),
    }
}

fn worst(result: &GateResult) -> Option<(&GateCell, f64)> {
    let lowest = matches!(result.gate.relation, Relation::AtLeast | Relation::Above);
    let with_value = result.cells.iter().filter_map(|c| Some((c, c.value?)));
    with_value.reduce(|a, b| {
        let b_is_worse = if lowest { b.1 < a.1 } else { b.1 > a.1 };
        if b_is_worse { b } else { a }
    })
}

fn not_held(result: &GateResult, worst: Option<&GateCell>, sets: &[Set<'_>]) -> Vec<String> {
    let describe = |c: &GateCell| {
        let name = name(sets, &c.cell);
        match (c.value, &c.reason) {
            (Some(value), _) => Some(format!("{name}: {}", print(&result.gate, c, value))),
            (None, None) => Some(format!("{name}: no number")),
            // It stands among the reasons.
            (None, Some(_)) => None,
        }
    };
    let is_other = |c: &&GateCell| worst.is_none_or(|w| !std::ptr::eq(*c, w));
    result
        .cells
        .iter()
        .filter(|c| c.outcome != GateOutcome::Pass)
        .filter(is_other)
        .filter_map(describe)
        .collect()
}

fn reasons(result: &GateResult, sets: &[Set<'_>]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for cell in &result.cells {
        if let Some(reason) = cell.reason.as_deref() {
            let name = name(sets, &cell.cell);
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, cells)) => cells.push(name),
                None => reasons.push((reason, vec![name])),
            }
        }
    }
    let all = result.cells.len();
    let print = |(reason, cells): (&str, Vec<String>)| match cells.len() == all {
        true => reason.to_owned(),
        false => format!("{reason} ({})", listed(&cells, 3)),
    };
    reasons.into_iter().map(print).collect()
}

/// What was seen, in the terms of the gate, with the interval where there is one.
pub(crate) fn print(gate: &Gate, cell: &GateCell, value: f64) -> String {
    let seen = match gate.subject {
        GateSubject::Measure(_) if gate.against != Against::Number => number::signed(value),
        GateSubject::Measure(_) => number::measure(value),
        GateSubject::Latency(_) | GateSubject::Counter(_) => match (gate.against.word(), &gate.subject) {
            (Some(other), _) => format!("{value:.2} × the {other}"),
            (None, GateSubject::Latency(_)) => format!("{} ms", number::ms(value)),
            (None, _) => number::mean_count(value),
        },
    };
    match cell.interval {
        Some((low, high)) if gate.against != Against::Number => {
            format!("{seen} {}", number::interval((low, high)))
        }
        Some((low, high)) => format!("{seen} [{}, {}]", number::measure(low), number::measure(high)),
        None => seen,
    }
}

/// A cell's name, with its data set where there are several.
pub(crate) fn name(sets: &[Set<'_>], id: &str) -> String {
    let set = sets.iter().find(|s| s.cells.iter().any(|c| c.cell.id == id));
    set.map_or_else(|| id.to_owned(), |s| full_name(sets, s, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn every_outcome_is_said_in_words_with_value_and_margin() {
        let evaluation = evaluation();
        let rows = gates(&evaluation, &Set::all(&evaluation));
        let shown: Vec<String> = rows
            .iter()
            .map(|g| {
                let worst = g.worst.as_deref().unwrap_or("no value");
                let margin = g.margin.as_deref().unwrap_or("no margin");
                format!(
                    "{} {} | {} | {} | {worst} | {margin}",
                    g.glyph(),
                    g.word(),
                    g.that,
                    g.counts
                )
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        ✓ holds | R@100 >= 0.50 | holds in 2 of 2 cells | lowest 0.938 (parts: hybrid · quantization none) | +0.438
        ✗ fails | nDCG@10 >= 0.70 | fails in 1 of 3 cells, undecided in 1 | lowest 0.486 (parts: dense · quantization none) | −0.214
        ! warns | p95 <= 40ms | fails in 1 of 2 cells | highest 81.2 ms (parts: reranked · quantization none) | −41.2 ms
        ? undecided | p99.9 <= 90ms | undecided in 1 of 1 cell | no value | no margin
        ");
    }

    #[test]
    fn one_failure_outweighs_everything_and_no_number_is_no_pass() {
        let cell = |outcome| GateCell {
            cell: "a".into(),
            value: None,
            interval: None,
            outcome,
            reason: None,
        };
        use GateOutcome::{Fail, Pass, Undecided};
        assert_eq!(outcome(&[cell(Pass), cell(Undecided), cell(Fail)]), Fail);
        assert_eq!(outcome(&[cell(Pass), cell(Undecided)]), Undecided);
        assert_eq!(outcome(&[cell(Pass)]), Pass);
    }
}
