//! Gates: the conditions that decide the exit status.

use crate::evaluate::{Evaluation, GateCell, GateResult};
use crate::plan::{Against, Gate, GateLevel, GateSubject, Judge, Relation};
use crate::stats::{MIN_QUERIES, Verdict};

use super::findings::full_name;
use super::number;
use super::set::Set;
use super::text::listed;

/// One gate, printed.
#[derive(Debug)]
pub(crate) struct GateRow {
    /// Fail if any cell fails; undecided if any is and none fails.
    pub(crate) outcome: Verdict,
    /// The sentence as written.
    pub(crate) that: String,
    /// Which cells it applies to, as written; `all cells` without a condition.
    pub(crate) scope: String,
    /// Whether it only warns.
    pub(crate) warns: bool,
    /// `holds in 9 of 9 cells by the mean`, or `fails in 2 of 9 cells by the 95 % interval, undecided in 1`.
    pub(crate) counts: String,
    /// The cell closest to the limit or furthest beyond it: `lowest 0.604 (dense)`.
    pub(crate) worst: Option<String>,
    /// Distance to the threshold of that cell's value, or of the end of the interval that decides; positive when the gate
    /// holds there.
    pub(crate) margin: Option<String>,
    /// The other cells in which it does not hold: name and what was seen.
    pub(crate) not_held: Vec<String>,
    /// Why it is undecided: each reason once, with its cells.
    pub(crate) reasons: Vec<String>,
    /// Line in the spec.
    pub(crate) line: usize,
    /// Its place among the gates of the spec.
    pub(crate) at: usize,
}

impl GateRow {
    /// Glyph, always beside the word.
    pub(crate) fn glyph(&self) -> &'static str {
        match self.outcome {
            Verdict::Pass => "✓",
            Verdict::Fail if self.warns => "!",
            Verdict::Fail => "✗",
            Verdict::Undecided => "?",
        }
    }

    /// In words.
    pub(crate) fn word(&self) -> &'static str {
        match self.outcome {
            Verdict::Pass => "holds",
            Verdict::Fail if self.warns => "warns",
            Verdict::Fail => "fails",
            Verdict::Undecided => "undecided",
        }
    }

    /// Class name in the page.
    pub(crate) fn class(&self) -> &'static str {
        match self.outcome {
            Verdict::Pass => "good",
            Verdict::Fail if self.warns => "warn",
            Verdict::Fail => "bad",
            Verdict::Undecided => "warn",
        }
    }
}

/// The gates: those that fail first, then those that warn or cannot be decided, each in the order of the spec.
pub(crate) fn gates(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<GateRow> {
    let level = evaluation.plan.compare.level;
    let mut rows: Vec<GateRow> = {
        let all = evaluation.gates.iter().enumerate();
        all.map(|(at, g)| GateRow {
            at,
            ..gate(level, g, sets)
        })
        .collect()
    };
    rows.sort_by_key(|row| match (row.outcome, row.warns) {
        (Verdict::Fail, false) => 0,
        (Verdict::Fail, true) | (Verdict::Undecided, _) => 1,
        (Verdict::Pass, _) => 2,
    });
    rows
}

fn gate(level: f64, result: &GateResult, sets: &[Set<'_>]) -> GateRow {
    let gate = &result.gate;
    let scope: Vec<String> = gate.scope.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let worst = worst(result);
    let lowest = is_floor(gate);
    let superlative = if lowest { "lowest" } else { "highest" };
    let describe = |(cell, _): (&GateCell, f64)| {
        let seen = cell
            .value
            .map_or_else(String::new, |value| print(gate, cell, value));
        format!("{superlative} {seen} ({})", name(sets, &cell.cell))
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
        counts: counts(&result.cells, &judged_by(level, gate)),
        worst: worst.map(describe),
        margin: worst
            .filter(|(cell, _)| is_decided(gate, cell))
            .map(|(_, value)| margin(gate, value)),
        not_held: not_held(result, worst.map(|(cell, _)| cell), sets),
        reasons: reasons(result, sets),
        line: gate.line,
        at: 0,
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
pub(crate) fn outcome(cells: &[GateCell]) -> Verdict {
    let any = |o: Verdict| cells.iter().any(|c| c.outcome == o);
    if any(Verdict::Fail) {
        Verdict::Fail
    } else if any(Verdict::Undecided) {
        Verdict::Undecided
    } else {
        Verdict::Pass
    }
}

fn counts(cells: &[GateCell], by: &str) -> String {
    let count = |o: Verdict| cells.iter().filter(|c| c.outcome == o).count();
    let of = super::text::count(cells.len(), "cell", "cells");
    match (count(Verdict::Fail), count(Verdict::Undecided)) {
        (0, 0) => format!("holds in {} of {of}{by}", count(Verdict::Pass)),
        (0, undecided) => format!("undecided in {undecided} of {of}{by}"),
        (failed, 0) => format!("fails in {failed} of {of}{by}"),
        (failed, undecided) => format!("fails in {failed} of {of}{by}, undecided in {undecided}"),
    }
}

/// What a gate on a measure is judged by; nothing for what is judged by the number alone.
fn judged_by(level: f64, gate: &Gate) -> String {
    let level = number::level(level);
    match (&gate.subject, gate.judge) {
        (GateSubject::Latency(_) | GateSubject::Counter(_), _) => String::new(),
        (GateSubject::Measure(_), Judge::Mean) => " by the mean".to_owned(),
        (GateSubject::Measure(_), Judge::Interval) => format!(" by the {level} interval"),
        (GateSubject::Measure(_), Judge::Sequential) => format!(" by a {level} confidence sequence"),
    }
}

/// False where a gate is judged by an interval that is not there.
fn is_decided(gate: &Gate, cell: &GateCell) -> bool {
    gate.judge == Judge::Mean || cell.interval.is_some()
}

/// Whether large values hold.
fn is_floor(gate: &Gate) -> bool {
    matches!(gate.relation, Relation::AtLeast | Relation::Above)
}

/// The number that decides: the value, or the end of the interval on the side of the threshold.
pub(crate) fn decisive(gate: &Gate, cell: &GateCell) -> Option<f64> {
    match (gate.judge, cell.interval) {
        (Judge::Interval | Judge::Sequential, Some((low, high))) => {
            Some(if is_floor(gate) { low } else { high })
        }
        _ => cell.value,
    }
}

/// The cell that is closest to failing or fails most clearly, with the number that decides it: the value, or the end of
/// the interval on the side of the threshold.
fn worst(result: &GateResult) -> Option<(&GateCell, f64)> {
    let lowest = is_floor(&result.gate);
    let with_value = result
        .cells
        .iter()
        .filter_map(|c| Some((c, decisive(&result.gate, c)?)));
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
        .filter(|c| c.outcome != Verdict::Pass)
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
        GateSubject::Measure(_) if gate.against != Against::Number => {
            let scaled = match gate.against.word() {
                Some(other) if (gate.scale - 1.0).abs() > f64::EPSILON => {
                    format!(" to {} × the {other}", gate.scale)
                }
                _ => String::new(),
            };
            format!("{}{scaled}", number::signed(value))
        }
        GateSubject::Measure(_) => number::measure(value),
        GateSubject::Latency(_) | GateSubject::Counter(_) => match (gate.against.word(), &gate.subject) {
            (Some(other), _) => format!("{value:.2} × the {other}"),
            (None, GateSubject::Latency(_)) => format!("{} ms", number::ms(value)),
            (None, _) => number::mean_count(value),
        },
    };
    let interval = match (cell.interval, gate.judge) {
        (Some(interval), _) if gate.against != Against::Number => format!(" {}", number::interval(interval)),
        (Some(interval), _) => format!(" {}", number::range(interval)),
        (None, Judge::Mean) => String::new(),
        (None, Judge::Interval) if cell.n.is_some_and(|n| n < MIN_QUERIES) => ", n too small".to_owned(),
        (None, Judge::Interval | Judge::Sequential) => ", no interval".to_owned(),
    };
    let n = cell
        .n
        .map_or_else(String::new, |n| format!(", n {}", number::integer(n as u64)));
    format!("{seen}{interval}{n}")
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
        ✗ fails | nDCG@10 >= 0.70 | fails in 1 of 3 cells by the mean, undecided in 1 | lowest 0.486 (parts: dense · quantization none) | −0.214
        ! warns | p95 <= 40ms | fails in 1 of 2 cells | highest 81.2 ms (parts: reranked · quantization none) | −41.2 ms
        ? undecided | p99.9 <= 90ms | undecided in 1 of 1 cell | no value | no margin
        ✓ holds | R@100 >= 0.50 | holds in 2 of 2 cells by the mean | lowest 0.938 (parts: hybrid · quantization none) | +0.438
        ");
    }

    #[test]
    fn a_gate_judged_by_an_interval_names_it_with_its_queries_and_the_end_that_decides() {
        use Verdict::{Pass, Undecided};
        let mut evaluation = evaluation();
        let cell = |id: &str, value, interval, outcome| GateCell {
            cell: id.into(),
            value: Some(value),
            interval,
            n: Some(24),
            outcome,
            reason: None,
        };
        let judged = |judge, cells| GateResult {
            gate: Gate {
                that: "nDCG@10 not-worse-than reference by 0.05".into(),
                threshold: -0.05,
                against: Against::Reference,
                judge,
                ..evaluation.gates[0].gate.clone()
            },
            cells,
        };
        let cells = vec![
            cell("1f3a9c1", 0.01, Some((-0.08, 0.1)), Undecided),
            cell("2f3a9c2", 0.0, Some((-0.02, 0.02)), Pass),
        ];
        let drifted = vec![cell("1f3a9c1", 0.01, None, Undecided)];
        evaluation.gates = vec![judged(Judge::Interval, cells), judged(Judge::Sequential, drifted)];
        let rows = gates(&evaluation, &Set::all(&evaluation));
        let shown = rows.iter().map(|g| {
            let worst = g.worst.as_deref().unwrap();
            let margin = g.margin.as_deref().unwrap_or("no margin");
            format!("{} | {worst} | {margin} | {:?}", g.counts, g.not_held)
        });
        insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
        undecided in 1 of 2 cells by the 95 % interval | lowest +0.010 [−0.080, +0.100], n 24 (parts: hybrid · quantization none) | −0.030 | []
        undecided in 1 of 1 cell by a 95 % confidence sequence | lowest +0.010, no interval, n 24 (parts: hybrid · quantization none) | no margin | []
        ");
    }

    #[test]
    fn one_failure_outweighs_everything_and_no_number_is_no_pass() {
        let cell = |outcome| GateCell {
            cell: "a".into(),
            value: None,
            interval: None,
            n: None,
            outcome,
            reason: None,
        };
        use Verdict::{Fail, Pass, Undecided};
        assert_eq!(outcome(&[cell(Pass), cell(Undecided), cell(Fail)]), Fail);
        assert_eq!(outcome(&[cell(Pass), cell(Undecided)]), Undecided);
        assert_eq!(outcome(&[cell(Pass)]), Pass);
    }
}
