//! Which queries move, and which cells show it.

use std::collections::BTreeSet;

use crate::evaluate::{Evaluation, StageView};
use crate::plan::Cell;
use crate::store::QueryRecord;

use super::super::lists::Topic;
use super::super::set::{Ran, Set};
use super::super::text::listed;
use super::{NOWHERE, range, topic, trace, value};

/// Cells shown per query; the others are named and left to the bundle.
pub(super) const MOST_CELLS: usize = 6;

/// A query that could be shown.
pub(super) struct Candidate<'a> {
    /// Position of its data set.
    pub(super) set: usize,
    pub(super) record: &'a QueryRecord,
    /// Largest minus smallest value of the headline measure over the cells.
    spread: f64,
    pub(super) moved: Option<Moved>,
}

/// The first target's way through one cell.
pub(super) struct Moved {
    /// Difference of the reciprocal ranks, so that it can be compared with a measure.
    pub(super) size: f64,
    /// Id of the cell.
    pub(super) cell: String,
    /// `#4 → #1 (reranked)`.
    pub(super) text: String,
}

impl Candidate<'_> {
    /// How much there is to see.
    pub(super) fn size(&self) -> f64 {
        self.spread.max(self.moved.as_ref().map_or(0.0, |m| m.size))
    }
}

/// The queries that have traces, in the order of data set and id.
pub(super) fn candidates<'a>(evaluation: &'a Evaluation, sets: &[Set<'_>]) -> Vec<Candidate<'a>> {
    let mut candidates = Vec::new();
    for (index, set) in sets.iter().enumerate() {
        let mut records: Vec<&QueryRecord> =
            evaluation.queries.iter().filter(|q| q.data == set.data).collect();
        records.sort_by(|a, b| a.query.cmp(&b.query));
        for record in records {
            let traced = set.ran().any(|r| trace(evaluation, r, record).is_some());
            if traced {
                candidates.push(Candidate {
                    set: index,
                    record,
                    spread: spread(set, &record.query),
                    moved: moved(evaluation, set, record),
                });
            }
        }
    }
    candidates
}

fn spread(set: &Set<'_>, query: &str) -> f64 {
    range(set, query).map_or(0.0, |(low, high)| high - low)
}

/// The largest movement of the first target from the first stages of a cell to its last.
fn moved(evaluation: &Evaluation, set: &Set<'_>, record: &QueryRecord) -> Option<Moved> {
    let topic = topic(evaluation, record, &[]);
    let way = |ran: Ran<'_>| {
        let views = trace(evaluation, ran, record)?;
        let (then, now) = first_and_last(&topic, &ran.cell.cell, views)?;
        let reciprocal = |rank: Option<usize>| rank.map_or(0.0, |r| 1.0 / r as f64);
        let size = (reciprocal(now) - reciprocal(then)).abs();
        let place = |rank: Option<usize>| rank.map_or_else(|| NOWHERE.to_owned(), |r| format!("#{r}"));
        let text = format!(
            "{} → {} ({})",
            place(then),
            place(now),
            set.name(&ran.cell.cell.id)
        );
        (size > 0.0).then(|| Moved {
            size,
            cell: ran.cell.cell.id.clone(),
            text,
        })
    };
    // The first of equal movements is kept, so that plan order decides.
    set.ran()
        .filter_map(way)
        .reduce(|a, b| if b.size > a.size { b } else { a })
}

fn first_and_last(
    topic: &Topic<'_>,
    cell: &Cell,
    views: &[StageView],
) -> Option<(Option<usize>, Option<usize>)> {
    if topic.targets.is_empty() || views.len() < 2 {
        return None;
    }
    let starts = |v: &&StageView| {
        cell.pipeline
            .stage(&v.stage)
            .is_some_and(|s| s.inputs().is_empty())
    };
    let then = views
        .iter()
        .filter(starts)
        .filter_map(|v| topic.first_target(v))
        .min();
    Some((then, topic.first_target(views.last()?)))
}

/// The reference and the best cell first, then those that differ most from the reference, none with a final list
/// that is shown already; all of them when they are few.
pub(super) fn choose<'a>(
    evaluation: &Evaluation,
    set: &Set<'a>,
    record: &QueryRecord,
) -> (Vec<Ran<'a>>, Option<String>) {
    let traced: Vec<Ran<'a>> = set
        .ran()
        .filter(|r| trace(evaluation, *r, record).is_some())
        .collect();
    if traced.len() <= MOST_CELLS {
        return (traced, None);
    }
    let (mut chosen, mut rest): (Vec<Ran<'a>>, Vec<Ran<'a>>) = (Vec::new(), Vec::new());
    let mut finals: BTreeSet<Vec<&str>> = BTreeSet::new();
    for ran in by_interest(set, record, &traced) {
        let last = trace(evaluation, ran, record).and_then(<[StageView]>::last);
        let docs = last.map_or_else(Vec::new, |v| v.hits.iter().map(|h| h.doc.as_str()).collect());
        if chosen.len() < MOST_CELLS && finals.insert(docs) {
            chosen.push(ran)
        } else {
            rest.push(ran)
        }
    }
    let names: Vec<String> = rest
        .iter()
        .map(|r| set.name(&r.cell.cell.id).to_owned())
        .collect();
    let note = format!(
        "Left out here, because they differ less or not at all: {}. The bundle's traces hold them.",
        listed(&names, 8)
    );
    (chosen, (!rest.is_empty()).then_some(note))
}

/// The reference, the best cell, then the others by their distance to the reference; plan order decides ties.
fn by_interest<'a>(set: &Set<'a>, record: &QueryRecord, traced: &[Ran<'a>]) -> Vec<Ran<'a>> {
    let own = |r: Ran<'_>| value(set, r, &record.query).unwrap_or(0.0);
    let base = set.reference_ran().map_or(0.0, own);
    let mut ranked = traced.to_vec();
    ranked.sort_by(|a, b| {
        let by_distance = (own(*b) - base).abs().total_cmp(&(own(*a) - base).abs());
        b.cell.is_reference.cmp(&a.cell.is_reference).then(by_distance)
    });
    let best = traced
        .iter()
        .copied()
        .reduce(|a, b| if own(b) > own(a) { b } else { a });
    if let Some(best) = best.filter(|b| !b.cell.is_reference) {
        ranked.retain(|r| !std::ptr::eq(r.cell, best.cell));
        let after_reference = usize::from(ranked.first().is_some_and(|r| r.cell.is_reference));
        ranked.insert(after_reference, best);
    }
    ranked
}
