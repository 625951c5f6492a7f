//! This run beside the one it is compared with.

use std::collections::BTreeMap;

use crate::evaluate::baseline::{Baseline, BaselineMatch, SharedData};
use crate::evaluate::{Difference, Evaluation};
use crate::stats;
use crate::store::{BaselineRecord, Named};

use super::findings::full_name;
use super::judgement::Judgement;
use super::number::{self, NOT_APPLICABLE};
use super::set::{Ran, Set};
use super::text::{count, listed};

/// A baseline of more days than this may no longer be what one wants to compare with.
const STALE_DAYS: i64 = 14;

/// The comparison, printed.
#[derive(Debug)]
pub(crate) struct BaselineView {
    /// Which run, how it was named, how old.
    pub(crate) title: String,
    /// What compares and what does not; true for what asks for care.
    pub(crate) facts: Vec<(bool, String)>,
    /// One per cell of this run, in plan order; then those that are gone.
    pub(crate) rows: Vec<BaselineRow>,
}

/// One cell on both sides.
#[derive(Debug)]
pub(crate) struct BaselineRow {
    /// Its name.
    pub(crate) name: String,
    /// `same`, `changed`, `new`, `gone`, `no numbers` or `no numbers there`.
    pub(crate) state: &'static str,
    /// The measure that is shown.
    pub(crate) measure: String,
    /// Its mean there, over the queries that compare.
    pub(crate) before: String,
    /// Its mean here, over the same.
    pub(crate) now: String,
    /// The difference, where both have numbers.
    pub(crate) delta: Option<BaselineDelta>,
    /// What changed in the cell.
    pub(crate) changes: Vec<String>,
}

/// A difference to the baseline, printed.
#[derive(Debug)]
pub(crate) struct BaselineDelta {
    /// With its sign, and its interval where there is one.
    pub(crate) text: String,
    /// What may be said.
    pub(crate) judgement: Judgement,
    /// `wins/ties/losses`.
    pub(crate) wins_ties_losses: String,
    /// By which rows are ordered.
    pub(crate) size: f64,
}

/// `None` for a run without a baseline.
pub(crate) fn baseline(evaluation: &Evaluation, sets: &[Set<'_>]) -> Option<BaselineView> {
    let baseline = evaluation.baseline.as_ref()?;
    Some(BaselineView {
        title: title(&baseline.record, &evaluation.manifest.started),
        facts: facts(evaluation, baseline),
        rows: rows(baseline, sets),
    })
}

/// How a baseline was named: `git:main at 9ab12f0123`.
pub(crate) fn named(record: &BaselineRecord) -> String {
    match &record.named {
        Named::Bundle => "a bundle".to_owned(),
        Named::Previous => "the previous run".to_owned(),
        Named::Saved(name) => format!("saved as {name}"),
        Named::Git { revision, commit } => format!("git:{revision} at {}", &commit[..commit.len().min(10)]),
    }
}

fn title(record: &BaselineRecord, now: &str) -> String {
    let age = match days_between(&record.started, now) {
        Some(0) | None => String::new(),
        Some(days) => format!(
            ", {} older",
            count(usize::try_from(days).unwrap_or(0), "day", "days")
        ),
    };
    format!("{}: run {}{age}", named(record), record.run_id)
}

fn days_between(before: &str, now: &str) -> Option<i64> {
    let parse = |text: &str| text.parse::<jiff::Timestamp>().ok();
    Some((parse(now)?.as_second() - parse(before)?.as_second()).div_euclid(86_400))
}

fn facts(evaluation: &Evaluation, baseline: &Baseline) -> Vec<(bool, String)> {
    let mut facts = Vec::new();
    let record = &baseline.record;
    if record.experiment != evaluation.manifest.experiment {
        facts.push((
            true,
            format!("it is a run of another experiment, {}", record.experiment),
        ));
    }
    if days_between(&record.started, &evaluation.manifest.started).is_some_and(|d| d > STALE_DAYS) {
        facts.push((
            true,
            format!("it is more than {STALE_DAYS} days older than this run"),
        ));
    }
    facts.extend(baseline.data.iter().map(|(name, shared)| data(name, shared)));
    facts.extend(baseline.changed.iter().map(|c| (true, c.clone())));
    facts.push(match baseline.machine.as_slice() {
        [] => (false, "same kind of machine".to_owned()),
        differ => (
            true,
            format!("another machine, so times do not compare: {}", listed(differ, 3)),
        ),
    });
    facts
}

/// What compares of a data set, in words; true where not all of it does.
pub(crate) fn data(name: &str, shared: &SharedData) -> (bool, String) {
    let queries = shared.queries.len();
    let mut parts = vec![format!(
        "{name}: {} on both sides",
        count(queries, "query", "queries")
    )];
    let left_out = [
        (shared.added, "only here"),
        (shared.removed, "only there"),
        (shared.changed, "left out, with other text, filter or judgements"),
    ];
    parts.extend(
        left_out
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}")),
    );
    if !shared.files.is_empty() {
        parts.push(format!("files that differ: {}", listed(&shared.files, 4)));
    }
    if !shared.is_same() {
        parts.push("work and times do not compare".to_owned());
    }
    (!shared.is_same() || queries == 0, parts.join("; "))
}

fn rows(baseline: &Baseline, sets: &[Set<'_>]) -> Vec<BaselineRow> {
    let mut rows = Vec::new();
    for set in sets {
        for result in &set.cells {
            let name = full_name(sets, set, &result.cell.id);
            let found = baseline.cells.get(&result.cell.id);
            let ran = set.ran().find(|r| r.cell.cell.id == result.cell.id);
            rows.push(match (ran, found) {
                (Some(_), Some(found)) if found.other.missing.is_some() => {
                    BaselineRow::without(name, "no numbers there", found.changes.clone())
                }
                (Some(ran), Some(found)) => compared(set, ran, name, found),
                (Some(_), None) => BaselineRow::without(name, "new", Vec::new()),
                (None, found) => {
                    let changes = found.map_or_else(Vec::new, |f| f.changes.clone());
                    BaselineRow::without(name, "no numbers", changes)
                }
            });
        }
    }
    let several = sets.len() > 1;
    rows.extend(baseline.gone.iter().map(|(data, label)| {
        let name = if several {
            format!("{data}: {label}")
        } else {
            label.clone()
        };
        BaselineRow::without(name, "gone", Vec::new())
    }));
    rows
}

fn compared(set: &Set<'_>, ran: Ran<'_>, name: String, found: &BaselineMatch) -> BaselineRow {
    let measure = set.headline.unwrap_or_default();
    let at = ran.numbers.quality.iter().position(|q| q.measure == measure);
    let none = BTreeMap::new();
    let own = at.map_or(&none, |at| &ran.numbers.quality[at].per_query);
    let theirs = found.values(measure).unwrap_or(&none);
    // The means of what the difference is taken over, so that the three figures fit together.
    let mean = |of: &BTreeMap<String, f64>, other: &BTreeMap<String, f64>| {
        let values = of.iter().filter(|(q, _)| other.contains_key(*q));
        number::measure_or(stats::mean(&values.map(|(_, v)| *v).collect::<Vec<f64>>()))
    };
    let difference = at.and_then(|at| found.differences.get(at)?.as_ref());
    BaselineRow {
        name,
        state: if found.changes.is_empty() {
            "same"
        } else {
            "changed"
        },
        measure: measure.to_owned(),
        before: mean(theirs, own),
        now: mean(own, theirs),
        delta: difference.map(delta),
        changes: found.changes.clone(),
    }
}

/// A difference with its interval, as it prints.
pub(crate) fn delta(difference: &Difference) -> BaselineDelta {
    let interval = difference.interval.map(|i| format!(" {}", number::interval(i)));
    let (wins, ties, losses) = difference.wins_ties_losses;
    BaselineDelta {
        text: format!(
            "{}{}",
            number::signed(difference.mean),
            interval.unwrap_or_default()
        ),
        judgement: Judgement::of(difference),
        wins_ties_losses: format!("{wins}/{ties}/{losses}"),
        size: difference.mean.abs(),
    }
}

impl BaselineRow {
    fn without(name: String, state: &'static str, changes: Vec<String>) -> Self {
        Self {
            name,
            state,
            measure: String::new(),
            before: NOT_APPLICABLE.to_owned(),
            now: NOT_APPLICABLE.to_owned(),
            delta: None,
            changes,
        }
    }

    /// As one line.
    pub(crate) fn line(&self) -> String {
        let changes = match self.changes.as_slice() {
            [] => String::new(),
            changes => format!("; changed: {}", listed(changes, 3)),
        };
        match &self.delta {
            None => format!("{}: {}{changes}", self.name, self.state),
            Some(delta) => format!(
                "{}: {} {} → {}, {} {} {}, W/T/L {}{changes}",
                self.name,
                self.measure,
                self.before,
                self.now,
                delta.text,
                delta.judgement.glyph(),
                delta.judgement.word(),
                delta.wins_ties_losses
            ),
        }
    }
}

impl BaselineView {
    /// The rows that say something: those with a difference, the largest first, then new and gone cells; and a count of
    /// those that are equal in every query.
    pub(crate) fn lines(&self, most: usize) -> Vec<String> {
        let equal = |row: &&BaselineRow| {
            row.changes.is_empty()
                && row
                    .delta
                    .as_ref()
                    .is_some_and(|d| d.judgement == Judgement::Equal)
        };
        let mut telling: Vec<&BaselineRow> = self.rows.iter().filter(|r| !equal(r)).collect();
        let size = |row: &BaselineRow| row.delta.as_ref().map_or(-1.0, |d| d.size);
        telling.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let mut lines: Vec<String> = telling.iter().take(most).map(|r| r.line()).collect();
        if telling.len() > most {
            lines.push(format!("{} more in the report", telling.len() - most));
        }
        let same = self.rows.len() - telling.len();
        if same > 0 {
            let measure = self
                .rows
                .iter()
                .find(|r| !r.measure.is_empty())
                .map_or("", |r| &r.measure);
            lines.push(format!(
                "{}: {measure} is equal for every query",
                count(same, "cell", "cells")
            ));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, state: &'static str, difference: Option<Difference>) -> BaselineRow {
        BaselineRow {
            measure: "nDCG@10".into(),
            before: "0.700".into(),
            now: "0.719".into(),
            delta: difference.as_ref().map(delta),
            ..BaselineRow::without(name.into(), state, Vec::new())
        }
    }

    fn difference(mean: f64, outcomes: (usize, usize, usize)) -> Option<Difference> {
        let interval = Some((mean - 0.01, mean + 0.01));
        Some(crate::report::fixture::difference(mean, interval, outcomes))
    }

    #[test]
    fn the_largest_difference_first_and_equal_cells_as_a_count() {
        let mut changed = row("fields", "changed", difference(0.0, (0, 24, 0)));
        changed.changes.push("index.seed: 42 → 7".into());
        let view = BaselineView {
            title: String::new(),
            facts: Vec::new(),
            rows: vec![
                row("dense", "same", difference(0.0, (0, 24, 0))),
                row("hybrid", "same", difference(0.019, (9, 14, 1))),
                changed,
                row("reranked", "same", difference(-0.2, (0, 4, 20))),
                row("filtered", "new", None),
            ],
        };
        assert_eq!(
            view.lines(10),
            [
                "reranked: nDCG@10 0.700 → 0.719, −0.200 [−0.210, −0.190] ▼ worse, W/T/L 0/4/20",
                "hybrid: nDCG@10 0.700 → 0.719, +0.019 [+0.009, +0.029] ▲ better, W/T/L 9/14/1",
                "fields: nDCG@10 0.700 → 0.719, 0.000 [−0.010, +0.010] = equal, W/T/L 0/24/0; changed: index.seed: 42 → 7",
                "filtered: new",
                "1 cell: nDCG@10 is equal for every query",
            ]
        );
        assert_eq!(view.lines(1)[1], "3 more in the report");
    }

    #[test]
    fn age_is_counted_in_whole_days() {
        let days = |before, now| days_between(before, now);
        assert_eq!(days("2026-03-01T10:15:00Z", "2026-03-02T10:14:59Z"), Some(0));
        assert_eq!(days("2026-03-01T10:15:00Z", "2026-03-16T10:15:00Z"), Some(15));
        assert_eq!(days("yesterday", "2026-03-16T10:15:00Z"), None);
    }
}
