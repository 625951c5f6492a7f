//! What changed, in sentences: the largest gains and losses, and what has no numbers any more.

use crate::evaluate::Evaluation;

use super::baseline::{BaselineView, named};
use super::findings::full_name;
use super::judgement::Judgement;
use super::number;
use super::set::Set;
use super::text::count;

/// Sentences of each kind.
const MOST: usize = 3;

/// Against one thing: the reference of a data set, or the baseline.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Changes {
    /// `Against the reference, dense`.
    pub(crate) against: String,
    /// Class name, glyph and sentence: gains, then losses, then what has no numbers.
    pub(crate) sentences: Vec<(&'static str, &'static str, String)>,
    /// What is not said above.
    pub(crate) rest: Option<String>,
}

/// A difference with the words about it.
struct Change {
    size: f64,
    judgement: Judgement,
    sentence: String,
}

/// Against the baseline, if there is one, then against the reference of each data set.
pub(crate) fn changes(
    evaluation: &Evaluation,
    sets: &[Set<'_>],
    baseline: Option<&BaselineView>,
) -> Vec<Changes> {
    let several = sets.len() > 1;
    let record = evaluation.baseline.as_ref().map(|b| &b.record);
    let against_baseline = baseline.zip(record).map(|(view, record)| {
        let gone = without_numbers(evaluation, sets).into_iter();
        let gone = gone.map(|name| format!("{name} has no numbers in this run, and had some."));
        let all = view.rows.iter().filter_map(|row| {
            let delta = row.delta.as_ref()?;
            Some(Change {
                size: delta.size,
                judgement: delta.judgement,
                sentence: format!(
                    "{}: {} {} → {}, {}.",
                    row.name, row.measure, row.before, row.now, delta.text
                ),
            })
        });
        of(
            format!("Against the baseline, {}", named(record)),
            all.collect(),
            gone.collect(),
        )
    });
    let against_reference = sets.iter().filter_map(|set| reference(set, several));
    against_baseline.into_iter().chain(against_reference).collect()
}

/// Cells that had numbers in the baseline and have none here.
fn without_numbers(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<String> {
    let Some(baseline) = &evaluation.baseline else {
        return Vec::new();
    };
    let had = |id: &str| baseline.cells.get(id).is_some_and(|f| f.other.missing.is_none());
    sets.iter()
        .flat_map(|set| set.cells.iter().map(move |c| (set, c)))
        .filter(|(_, c)| super::board::missing(&c.state).is_some() && had(&c.cell.id))
        .map(|(set, c)| full_name(sets, set, &c.cell.id))
        .collect()
}

fn reference(set: &Set<'_>, several: bool) -> Option<Changes> {
    let reference = set.reference_ran()?;
    let base = set.headline_mean(reference)?;
    let measure = set.headline?;
    let all = set.ran().filter_map(|ran| {
        let difference = set.headline_of(ran)?.difference.as_ref()?;
        let interval = difference
            .interval
            .map_or_else(String::new, |i| format!(" {}", number::interval(i)));
        Some(Change {
            size: difference.mean,
            judgement: Judgement::of(difference),
            sentence: format!(
                "{}: {measure} {} → {}, {}{interval}.",
                set.name(&ran.cell.cell.id),
                number::measure(base),
                number::measure_or(set.headline_mean(ran)),
                number::signed(difference.mean)
            ),
        })
    });
    let name = set.name(&reference.cell.cell.id);
    let place = if several {
        format!(" in {}", set.data)
    } else {
        String::new()
    };
    let missing = set.cells.iter().filter_map(|c| {
        let missing = super::board::missing(&c.state)?;
        Some(format!("{}: {}.", set.name(&c.cell.id), missing.state))
    });
    Some(of(
        format!("Against the reference{place}, {name}"),
        all.collect(),
        missing.collect(),
    ))
}

fn of(against: String, mut all: Vec<Change>, without: Vec<String>) -> Changes {
    all.sort_by(|a, b| b.size.total_cmp(&a.size));
    let those =
        |judgement: Judgement| -> Vec<&Change> { all.iter().filter(|c| c.judgement == judgement).collect() };
    let (better, mut worse) = (those(Judgement::Better), those(Judgement::Worse));
    worse.reverse();
    let mut sentences: Vec<(&'static str, &'static str, String)> = Vec::new();
    sentences.extend(
        better
            .iter()
            .take(MOST)
            .map(|c| ("good", "▲", c.sentence.clone())),
    );
    sentences.extend(worse.iter().take(MOST).map(|c| ("bad", "▼", c.sentence.clone())));
    sentences.extend(without.iter().take(MOST).map(|s| ("warn", "!", s.clone())));
    let beyond = |n: usize| n.saturating_sub(MOST);
    let parts = [
        (beyond(better.len()), "more gain", "more gains"),
        (beyond(worse.len()), "more loss", "more losses"),
        (
            beyond(without.len()),
            "more without numbers",
            "more without numbers",
        ),
        (
            those(Judgement::Unclear).len(),
            "difference cannot be told",
            "differences cannot be told",
        ),
        (
            those(Judgement::Equal).len(),
            "cell is equal on every query",
            "cells are equal on every query",
        ),
        (
            those(Judgement::TooFew).len() + those(Judgement::NoInterval).len(),
            "difference has no interval",
            "differences have no interval",
        ),
    ];
    let rest: Vec<String> = parts
        .into_iter()
        .filter(|(n, _, _)| *n > 0)
        .map(|(n, one, many)| count(n, one, many))
        .collect();
    Changes {
        against,
        sentences,
        rest: (!rest.is_empty()).then(|| format!("{}.", rest.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn gains_losses_and_gaps_are_sentences() {
        let evaluation = evaluation();
        let sets = Set::all(&evaluation);
        let changes = changes(&evaluation, &sets, None);
        let lines: Vec<String> = changes
            .iter()
            .flat_map(|c| {
                let sentences = c.sentences.iter().map(|(_, glyph, s)| format!("{glyph} {s}"));
                std::iter::once(c.against.clone())
                    .chain(sentences)
                    .chain(c.rest.clone())
                    .collect::<Vec<String>>()
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        Against the reference in parts, dense · quantization none
        ▲ reranked · quantization none: nDCG@10 0.432 → 0.675, +0.243 [+0.185, +0.298].
        ! fields · quantization binary: unsupported.
        ! reranked · quantization binary: failed.
        ! fields · quantization none: not run.
        3 differences cannot be told.
        Against the reference in demo, dense
        1 difference has no interval.
        ");
    }
}
