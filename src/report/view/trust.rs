//! "Can I trust this?": facts in words, each marked as fine, worth attention, or a problem.

mod floor;
mod resumed;

use crate::evaluate::noise::{BUSY_BEFORE, PASSES_APART, spread};
use crate::evaluate::{Evaluation, Latency};
use crate::store::{DataRecord, Parity, Severity};

use super::findings::findings;
use super::number;
use super::set::{Ran, Set};
use super::text::{count, listed};

pub(crate) use resumed::resumed;

/// Below this share of judged results, the unjudged ones can carry a difference between cells.
const JUDGED_ENOUGH: f64 = 0.95;
/// Throughput × mean latency / workers below this: the client, not the engine, was the bottleneck.
const LITTLE: f64 = 0.9;

/// How a fact bears on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Fine.
    Fine,
    /// Read with care.
    Attention,
    /// A number is not what it seems.
    Problem,
}

/// One line of the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    /// How it bears on the numbers.
    pub(crate) level: Level,
    /// What it is about, one or two words.
    pub(crate) topic: &'static str,
    /// The fact.
    pub(crate) text: String,
}

impl Fact {
    fn new(level: Level, topic: &'static str, text: impl Into<String>) -> Fact {
        Fact {
            level,
            topic,
            text: text.into(),
        }
    }

    /// Glyph, always beside the word.
    pub(crate) fn glyph(&self) -> &'static str {
        match self.level {
            Level::Fine => "✓",
            Level::Attention => "!",
            Level::Problem => "✗",
        }
    }

    /// In words.
    pub(crate) fn word(&self) -> &'static str {
        match self.level {
            Level::Fine => "fine",
            Level::Attention => "attention",
            Level::Problem => "problem",
        }
    }

    /// Class name in the page.
    pub(crate) fn class(&self) -> &'static str {
        match self.level {
            Level::Fine => "good",
            Level::Attention => "warn",
            Level::Problem => "bad",
        }
    }
}

/// The panel, in a fixed order.
pub(crate) fn facts(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<Fact> {
    let mut facts = vec![complete(evaluation, sets)];
    facts.extend(part(evaluation));
    facts.extend(times_alone(evaluation));
    facts.extend(resumed(evaluation, sets));
    facts.extend(sets.iter().map(|s| queries(evaluation, s)));
    facts.extend(sets.iter().filter_map(judged));
    facts.push(timing(evaluation, sets));
    facts.extend(sets.iter().filter_map(|s| floor::noise_floor(evaluation, s)));
    facts.extend(machine(evaluation));
    facts.extend(sets.iter().filter_map(parity));
    facts.push(checks(sets));
    facts.push(cache(evaluation));
    facts
}

fn complete(evaluation: &Evaluation, sets: &[Set<'_>]) -> Fact {
    let total: usize = sets.iter().map(|s| s.cells.len()).sum();
    let ok: usize = sets.iter().map(|s| s.ran().count()).sum();
    match (&evaluation.manifest.finished, total - ok) {
        (None, _) => Fact::new(
            Level::Problem,
            "Complete",
            format!(
                "the run has no end: it was stopped, or is still going; {ok} of {total} cells have numbers"
            ),
        ),
        (Some(_), 0) => Fact::new(
            Level::Fine,
            "Complete",
            format!("all {} ran", count(total, "cell", "cells")),
        ),
        (Some(_), n) => Fact::new(
            Level::Attention,
            "Complete",
            format!("{n} of {total} cells have no numbers and are left out of every comparison"),
        ),
    }
}

/// A part of the spec is not the spec.
fn part(evaluation: &Evaluation) -> Option<Fact> {
    let narrowed = evaluation.plan.narrowed.as_ref()?;
    let mut text = format!("only a part of the spec was run ({})", narrowed.by);
    let left_out = [
        (narrowed.cells_left_out, "cell", "cells"),
        (narrowed.gates_left_out, "gate", "gates"),
    ];
    for (n, one, many) in left_out.into_iter().filter(|(n, ..)| *n > 0) {
        text += &format!("; {} left out", count(n, one, many));
    }
    if narrowed.by.sample.is_some() {
        text += "; queries are a sample";
    }
    Some(Fact::new(Level::Attention, "Part", text))
}

/// Times without quality say what something costs, and not whether it is worth that.
fn times_alone(evaluation: &Evaluation) -> Option<Fact> {
    let text = "only times and work were taken (--timing-only); no quality, no lists";
    (evaluation.plan.measure.timing_only).then(|| Fact::new(Level::Attention, "Part", text))
}

fn queries(evaluation: &Evaluation, set: &Set<'_>) -> Fact {
    let record = evaluation.manifest.data.get(set.data);
    let docs = record.map_or_else(String::new, |r| {
        format!(" over {}", count(r.docs, "document", "documents"))
    });
    let asked = match record.is_none_or(DataRecord::is_judged) {
        true => count(set.queries, "judged query", "judged queries"),
        false => count(
            set.queries,
            "query without judgements",
            "queries without judgements",
        ),
    };
    let mut text = format!("{}: {asked}{docs}", set.data);
    let left_out = record.map_or(0, |r| r.queries_without_relevant);
    if left_out > 0 {
        text += &format!(", {left_out} of them without a relevant document and left out of the means");
    }
    let halves: Vec<f64> = set.ran().filter_map(|r| half_width(set, r)).collect();
    if set.queries < 20 {
        text += "; too few for intervals, so no difference is judged";
        return Fact::new(Level::Attention, "Queries", text);
    }
    if let (Some(half), Some(measure)) = (median(halves), set.headline) {
        text += &format!(
            "; the interval of a difference in {measure} reaches about {} to each side",
            number::measure(half)
        );
    }
    Fact::new(Level::Fine, "Queries", text)
}

fn half_width(set: &Set<'_>, ran: Ran<'_>) -> Option<f64> {
    let (low, high) = set.headline_of(ran)?.difference?.interval?;
    (high > low).then_some((high - low) / 2.0)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn judged(set: &Set<'_>) -> Option<Fact> {
    let measure = set.measures().into_iter().find(|m| m.starts_with("Judged@"))?;
    let cutoff = measure.trim_start_matches("Judged@");
    let shares = set
        .ran()
        .filter_map(|r| r.numbers.quality.iter().find(|q| q.measure == measure)?.mean);
    let (low, high) = shares.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| {
        (l.min(x), h.max(x))
    });
    if !low.is_finite() {
        return None;
    }
    let range = if number::percent(low) == number::percent(high) {
        number::percent(low)
    } else {
        format!("{} to {} (by cell)", number::percent(low), number::percent(high))
    };
    let of = format!("of the top {cutoff} are judged");
    Some(if low >= JUDGED_ENOUGH {
        Fact::new(Level::Fine, "Judgements", format!("{}: {range} {of}", set.data))
    } else {
        let rest =
            "the others count as not relevant, which disfavours cells that find what nobody has judged";
        Fact::new(
            Level::Attention,
            "Judgements",
            format!("{}: {range} {of}; {rest}", set.data),
        )
    })
}

fn timing(evaluation: &Evaluation, sets: &[Set<'_>]) -> Fact {
    let latencies: Vec<&Latency> = sets
        .iter()
        .flat_map(Set::ran)
        .filter_map(|r| r.numbers.latency.as_ref())
        .collect();
    if latencies.is_empty() {
        return Fact::new(Level::Attention, "Timing", "no latency was taken");
    }
    let failed: usize = (sets.iter().flat_map(Set::ran))
        .filter_map(|r| r.numbers.measured.timing.as_ref())
        .map(|t| t.failed)
        .sum();
    if failed > 0 {
        let text = format!("{} failed while being timed", count(failed, "query", "queries"));
        return Fact::new(Level::Problem, "Timing", text);
    }
    if latencies.iter().any(|l| l.littles_ratio < LITTLE) {
        let text =
            "in some cells throughput × latency falls short of the workers: the client was the bottleneck";
        return Fact::new(Level::Problem, "Timing", text);
    }
    let plan = evaluation.plan.measure.latency.as_ref();
    let how = plan.map_or_else(String::new, |p| {
        format!(
            "{} over the queries with {}, warm-up {}; ",
            count(p.passes, "pass", "passes"),
            count(p.workers, "worker", "workers"),
            count(p.warmup, "query", "queries")
        )
    });
    match latencies
        .iter()
        .filter_map(|l| spread(&l.by_pass))
        .reduce(f64::max)
    {
        None => Fact::new(
            Level::Attention,
            "Timing",
            format!("{how}one pass shows no spread between passes"),
        ),
        Some(s) => {
            let text = format!("{how}medians of passes differ by up to {}", number::percent(s));
            Fact::new(
                if s > PASSES_APART {
                    Level::Attention
                } else {
                    Level::Fine
                },
                "Timing",
                text,
            )
        }
    }
}

fn machine(evaluation: &Evaluation) -> Vec<Fact> {
    let manifest = &evaluation.manifest;
    let mut facts = Vec::new();
    if manifest.tool.profile != "release" {
        let text = format!("built as {}: its times mean nothing", manifest.tool.profile);
        facts.push(Fact::new(Level::Problem, "Build", text));
    }
    let cpus = manifest.machine.cpus;
    let cpu_count = count(cpus, "CPU", "CPUs");
    facts.push(match manifest.machine.load.0 {
        Some(load) if load > BUSY_BEFORE * cpus as f64 => Fact::new(
            Level::Attention,
            "Machine",
            format!("load {load:.1} on {cpu_count} before the run began: other work competed for time"),
        ),
        Some(load) => Fact::new(
            Level::Fine,
            "Machine",
            format!("load {load:.1} on {cpu_count} before the run began"),
        ),
        None => Fact::new(Level::Attention, "Machine", "the load before the run is unknown"),
    });
    facts
}

/// How exact searches on servers compare with the oracle; nothing without a server.
fn parity(set: &Set<'_>) -> Option<Fact> {
    let compared: Vec<&Parity> = set.ran().flat_map(|r| &r.numbers.measured.parity).collect();
    if compared.is_empty() {
        return None;
    }
    let (queries, equal) = compared
        .iter()
        .fold((0, 0), |(q, e), p| (q + p.queries, e + p.equal));
    let worst = compared.iter().map(|p| p.worst).fold(0.0, f32::max);
    let text = format!(
        "{}: exact searches on the server equal the oracle in {} of {} comparisons, over {}; scores differ by at most {worst:.1e}",
        set.data,
        number::integer(equal as u64),
        number::integer(queries as u64),
        count(compared.len(), "stage", "stages"),
    );
    let level = if equal == queries {
        Level::Fine
    } else {
        Level::Problem
    };
    Some(Fact::new(level, "Parity", text))
}

fn checks(sets: &[Set<'_>]) -> Fact {
    let found = findings(sets);
    let of = |s: Severity| found.iter().filter(|f| f.severity == s).count();
    let (invalid, warnings, notes) = (of(Severity::Invalid), of(Severity::Warning), of(Severity::Note));
    let level = match (invalid, warnings) {
        (0, 0) => Level::Fine,
        (0, _) => Level::Attention,
        _ => Level::Problem,
    };
    let parts: Vec<String> = [
        (
            invalid,
            "that makes a number invalid",
            "that make a number invalid",
        ),
        (warnings, "warning", "warnings"),
        (notes, "note", "notes"),
    ]
    .into_iter()
    .filter(|(n, _, _)| *n > 0)
    .map(|(n, one, many)| count(n, one, many))
    .collect();
    match parts.as_slice() {
        [] => Fact::new(level, "Checks", "found nothing"),
        parts => Fact::new(level, "Checks", format!("found {}", listed(parts, 3))),
    }
}

fn cache(evaluation: &Evaluation) -> Fact {
    let health = &evaluation.manifest.health;
    let share = |new: usize, cached: usize| {
        format!(
            "{} computed, {} from the cache",
            number::integer(new as u64),
            number::integer(cached as u64)
        )
    };
    let mut text = format!(
        "embeddings: {}",
        share(health.texts_embedded, health.texts_cached)
    );
    if health.pairs_scored + health.pairs_cached > 0 {
        text += &format!(
            "; reranker scores: {}",
            share(health.pairs_scored, health.pairs_cached)
        );
    }
    Fact::new(Level::Fine, "Cache", text + "; latency never uses it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    fn panel(evaluation: &Evaluation) -> String {
        let facts = facts(evaluation, &Set::all(evaluation));
        let lines: Vec<String> = facts
            .iter()
            .map(|f| format!("{} {}: {}", f.glyph(), f.topic, f.text))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn the_panel_of_the_fixture() {
        insta::assert_snapshot!(panel(&evaluation()), @"
        ! Complete: 3 of 10 cells have no numbers and are left out of every comparison
        ✓ Queries: parts: 24 judged queries over 40 documents; the interval of a difference in nDCG@10 reaches about 0.096 to each side
        ! Queries: demo: 2 judged queries over 40 documents; too few for intervals, so no difference is judged
        ! Judgements: parts: 70 % to 71 % (by cell) of the top 10 are judged; the others count as not relevant, which disfavours cells that find what nobody has judged
        ! Judgements: demo: 65 % of the top 10 are judged; the others count as not relevant, which disfavours cells that find what nobody has judged
        ✓ Timing: 3 passes over the queries with 1 worker, warm-up 50 queries; medians of passes differ by up to 3 %
        ✓ Machine: load 0.2 on 2 CPUs before the run began
        ✗ Checks: found 1 that makes a number invalid and 1 warning
        ✓ Cache: embeddings: 66 computed, 0 from the cache; latency never uses it
        ");
    }

    #[test]
    fn problems_are_named() {
        let mut evaluation = evaluation();
        evaluation.manifest.finished = None;
        evaluation.manifest.tool.profile = "debug".into();
        evaluation.manifest.machine.load = (Some(3.5), None);
        evaluation.cells.truncate(1);
        if let crate::evaluate::CellState::Ok(numbers) = &mut evaluation.cells[0].state {
            numbers.latency.as_mut().unwrap().littles_ratio = 0.4;
        }
        insta::assert_snapshot!(panel(&evaluation), @"
        ✗ Complete: the run has no end: it was stopped, or is still going; 1 of 1 cells have numbers
        ✓ Queries: parts: 24 judged queries over 40 documents
        ! Judgements: parts: 71 % of the top 10 are judged; the others count as not relevant, which disfavours cells that find what nobody has judged
        ✗ Timing: in some cells throughput × latency falls short of the workers: the client was the bottleneck
        ✗ Build: built as debug: its times mean nothing
        ! Machine: load 3.5 on 2 CPUs before the run began: other work competed for time
        ✓ Checks: found nothing
        ✓ Cache: embeddings: 66 computed, 0 from the cache; latency never uses it
        ");
    }

    #[test]
    fn passes_far_apart_are_noticed() {
        assert_eq!(spread(&[10.0, 12.0, 11.0]).map(number::percent).unwrap(), "20 %");
        assert_eq!(spread(&[10.0]), None);
        assert_eq!(spread(&[]), None);
    }
}
