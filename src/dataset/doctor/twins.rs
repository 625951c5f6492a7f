//! Documents that are nearly the same, and what the judgements make of them.

use std::cmp::Reverse;

use rayon::prelude::*;
use serde::Serialize;

use super::fold::{grouped, many, percent};
use super::{ALIKE, Finding, SHINGLE, SHOWN, Severity, near};
use crate::dataset::{Dataset, Grade};

/// Members of a group that a judged document is compared with at most.
const COMPARED: usize = 200;

/// Documents with nearly the same text.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Twins {
    /// Groups of two and more.
    pub groups: usize,
    /// Documents in them.
    pub documents: usize,
    /// Documents of the largest.
    pub largest: usize,
    /// Pairs that one query gives different grades.
    pub conflicts: usize,
    /// The worst of them.
    pub worst: Vec<Conflict>,
    /// Pairs of a relevant document and one that nobody judged.
    pub unjudged: usize,
}

/// Two documents with nearly the same text that one query grades differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conflict {
    /// The query.
    pub query: String,
    /// The document with the higher grade.
    pub better: String,
    /// Its grade.
    pub grade: Grade,
    /// The other document.
    pub other: String,
    /// Its grade.
    pub other_grade: Grade,
    /// How much their texts overlap (Jaccard).
    pub overlap: f64,
}

pub(super) fn look(data: &Dataset, texts: &[String], findings: &mut Vec<Finding>) -> Twins {
    let sets: Vec<Vec<u64>> = texts
        .par_iter()
        .map(|text| near::shingles(text, SHINGLE))
        .collect();
    let groups = near::groups(&sets, ALIKE);
    let (mut conflicts, unjudged) = judge(data, &sets, &groups);
    conflicts.sort_by(|a, b| {
        let gap = |c: &Conflict| Reverse(c.grade - c.other_grade);
        gap(a).cmp(&gap(b)).then(b.overlap.total_cmp(&a.overlap))
    });
    let mut twins = Twins {
        groups: groups.len(),
        documents: groups.iter().map(Vec::len).sum(),
        largest: groups.iter().map(Vec::len).max().unwrap_or(0),
        conflicts: conflicts.len(),
        worst: Vec::new(),
        unjudged: unjudged.len(),
    };
    report(data, &twins, &conflicts, &unjudged, findings);
    conflicts.truncate(SHOWN);
    twins.worst = conflicts;
    twins
}

/// Every judged document against the others of its group: conflicts, and relevant ones with an unjudged twin.
fn judge(data: &Dataset, sets: &[Vec<u64>], groups: &[Vec<usize>]) -> (Vec<Conflict>, Vec<String>) {
    let mut group_of = vec![usize::MAX; data.docs.len()];
    for (g, members) in groups.iter().enumerate() {
        members.iter().for_each(|m| group_of[*m] = g);
    }
    let (mut conflicts, mut unjudged) = (Vec::new(), Vec::new());
    for (query, judged) in &data.qrels.by_query {
        for (id, grade) in judged {
            let Ok(here) = data.docs.binary_search_by(|d| d.id.as_str().cmp(id)) else {
                continue;
            };
            let Some(group) = groups.get(group_of[here]) else {
                continue;
            };
            for there in group.iter().copied().filter(|m| *m != here).take(COMPARED) {
                let other = &data.docs[there].id;
                let other_grade = data.qrels.grade(query, other);
                if other_grade.is_some_and(|other| other >= *grade) || *grade < 1 && other_grade.is_none() {
                    continue;
                }
                let overlap = near::overlap(&sets[here], &sets[there]);
                match other_grade {
                    _ if overlap < ALIKE => {}
                    None => unjudged.push(format!("{query}: {id} is relevant, {other} unjudged")),
                    Some(other_grade) => conflicts.push(Conflict {
                        query: query.clone(),
                        better: id.clone(),
                        grade: *grade,
                        other: other.clone(),
                        other_grade,
                        overlap,
                    }),
                }
            }
        }
    }
    (conflicts, unjudged)
}

fn report(
    data: &Dataset,
    twins: &Twins,
    conflicts: &[Conflict],
    unjudged: &[String],
    findings: &mut Vec<Finding>,
) {
    if twins.documents * 20 > data.docs.len() {
        let text = format!(
            "{} of the documents ({}) are nearly the same as another: a top ten may hold one text several times. \
             Consider removing them before you judge.",
            percent(twins.documents, data.docs.len()),
            grouped(twins.documents)
        );
        findings.push(Finding::new(Severity::Note, "near_duplicates", text));
    }
    if !conflicts.is_empty() {
        let text = format!(
            "{} nearly the same text and different grades for one query: which of the two a technique ranks first is \
             chance, and nDCG rewards it. Judge them alike, unless the difference is what was asked for.",
            many(
                conflicts.len(),
                "pair of documents has",
                "pairs of documents have"
            )
        );
        let cases = conflicts.iter().map(Conflict::case);
        findings.push(Finding::new(Severity::Warning, "twins_graded_apart", text).cases(cases));
    }
    if !unjudged.is_empty() {
        let text = format!(
            "{} nearly the same text as a relevant one and no judgement: finding it counts as if it were wrong. Judge \
             them alike.",
            many(unjudged.len(), "document has", "documents have")
        );
        findings.push(Finding::new(Severity::Warning, "twins_unjudged", text).cases(unjudged));
    }
}

impl Conflict {
    fn case(&self) -> String {
        format!(
            "{}: {} has {}, {} has {} ({:.0} % alike)",
            self.query,
            self.better,
            self.grade,
            self.other,
            self.other_grade,
            100.0 * self.overlap
        )
    }
}
