//! A large run through the eyes of judgements: one topic after the other.

use std::cmp::Ordering;

use super::ids::Ids;
use super::lines::{Entry, RunQuery, RunText};
use crate::dataset::{Fault, Faults, Grade, JudgedQuery, QrelsTable};
use crate::measure::{Ties, Topic};

/// What of a ranking is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Depth {
    /// Documents from the top; `None` for all.
    pub most: Option<usize>,
    /// Whether documents without a judgement, or with a grade below 0, are taken out first to last.
    pub judged_only: bool,
}

/// Room that one thread uses again for every query.
#[derive(Debug, Default)]
pub struct Scratch<'t> {
    ids: Ids,
    entries: Vec<Entry<'t>>,
    /// Lines that are no entries.
    faults: Faults,
}

impl<'t> Scratch<'t> {
    /// Reads the ranking of a query and puts it in order.
    pub(super) fn rank(&mut self, run: &RunText<'t>, query: &RunQuery<'t>, narrow: impl Fn(f64) -> f64) {
        let Self { entries, faults, .. } = self;
        entries.clear();
        run.each(query, |line, entry| match entry {
            Ok(mut entry) => {
                entry.score = narrow(entry.score);
                entries.push(entry);
            }
            Err(fault) => faults.push(line, fault),
        });
        if !entries.is_sorted_by(|a, b| by_rank(a, b).is_lt()) {
            entries.sort_unstable_by(by_rank);
        }
    }

    /// The ranking that was read last.
    pub(super) fn entries(&self) -> &[Entry<'t>] {
        &self.entries
    }

    /// What was wrong with its lines.
    pub(super) fn take_faults(&mut self) -> Faults {
        self.faults.cut();
        std::mem::take(&mut self.faults)
    }

    /// The grade of every entry of that ranking; a document that is there twice is a fault.
    ///
    /// Judged documents and those of the ranking go through one table, so that a look-up also tells whether a document
    /// was ranked before.
    pub(super) fn grades(&mut self, query: &str, judged: &[(&str, Grade)]) -> Vec<Option<Grade>> {
        let Self { ids, entries, faults } = self;
        grades(query, judged, entries, ids, faults)
    }
}

/// One query's ranking, in the order of trec_eval: score descending, then id descending by bytes.
#[derive(Debug, Default)]
pub struct Judged {
    /// What measures see; without judged grades where the query has no judgements.
    pub topic: Topic,
    /// Where equal scores stand.
    pub ties: Ties,
    /// What is wrong with the lines of the query.
    pub faults: Faults,
}

impl Judged {
    /// Reads the ranking of a query and looks up its grades. `narrow` is applied to every score first: it makes
    /// float32 of float64 where these decide ties.
    pub fn read<'t>(
        run: &RunText<'t>,
        query: &RunQuery<'t>,
        judgements: Option<(&QrelsTable<'t>, &JudgedQuery<'t>)>,
        depth: Depth,
        narrow: impl Fn(f64) -> f64,
        scratch: &mut Scratch<'t>,
    ) -> Self {
        scratch.rank(run, query, narrow);
        let judged: Vec<(&str, Grade)> =
            judgements.map_or_else(Vec::new, |(table, query)| table.of(query).collect());
        let ranked = scratch.grades(query.name, &judged);
        let scores = scratch.entries().iter().map(|entry| entry.score);
        let mut all: Vec<(f64, Option<Grade>)> = scores.zip(ranked).collect();
        all.truncate(depth.most.unwrap_or(usize::MAX));
        if depth.judged_only {
            all.retain(|(_, grade)| grade.is_some_and(|grade| grade >= 0));
        }
        Self {
            ties: Ties::of(all.iter().map(|(score, _)| *score)),
            topic: Topic {
                ranked: all.into_iter().map(|(_, grade)| grade).collect(),
                judged: judged.into_iter().map(|(_, grade)| grade).collect(),
            },
            faults: scratch.take_faults(),
        }
    }
}

fn by_rank(a: &Entry, b: &Entry) -> Ordering {
    b.score.total_cmp(&a.score).then_with(|| b.doc.cmp(a.doc))
}

fn grades(
    query: &str,
    judged: &[(&str, Grade)],
    entries: &[Entry],
    ids: &mut Ids,
    faults: &mut Faults,
) -> Vec<Option<Grade>> {
    ids.clear(judged.len() + entries.len());
    let id_at = |at: u32| {
        let at = at as usize;
        judged
            .get(at)
            .map_or_else(|| entries[at - judged.len()].doc, |(doc, _)| *doc)
    };
    let mut ranked_at = vec![None; judged.len()];
    for (i, (doc, _)) in judged.iter().enumerate() {
        ids.find_or_insert(doc, i as u32, |at| id_at(at) == *doc);
    }
    let mut repeat = |first: usize, again: usize| {
        let (first, again) = (&entries[first], &entries[again]);
        let fault = Fault::RankedTwice {
            query: query.to_owned(),
            doc: again.doc.to_owned(),
            first: first.line.min(again.line),
        };
        faults.push(first.line.max(again.line), fault);
    };
    let mut grades = Vec::with_capacity(entries.len());
    for (i, entry) in entries.iter().enumerate() {
        let found = ids.find_or_insert(entry.doc, (judged.len() + i) as u32, |at| id_at(at) == entry.doc);
        let Some(found) = found.map(|found| found as usize) else {
            grades.push(None);
            continue;
        };
        match judged.get(found) {
            Some((_, grade)) => {
                grades.push(Some(*grade));
                if let Some(first) = ranked_at[found].replace(i) {
                    repeat(first, i);
                }
            }
            None => {
                grades.push(None);
                repeat(found - judged.len(), i);
            }
        }
    }
    grades
}
