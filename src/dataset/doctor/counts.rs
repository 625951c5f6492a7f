//! How much there is, and how it was judged.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::fold::{grouped, many, percent};
use super::{Finding, Severity, Spread};
use crate::dataset::{Dataset, Grade, Unlisted};

/// Below so many judged queries hardly any difference can be told.
const FEW_QUERIES: usize = 50;
/// Below so many judged documents per query the top ten of a new technique is mostly unjudged.
const SHALLOW: f64 = 10.0;

/// Documents, queries, judgements.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counts {
    /// Documents.
    pub documents: usize,
    /// Queries of the split.
    pub queries: usize,
    /// Queries of the source that the split does not judge.
    pub other_queries: usize,
    /// Judgements.
    pub judgements: usize,
    /// What an unlisted pair means.
    pub unlisted: Unlisted,
    /// How often each grade was given.
    pub grades: BTreeMap<Grade, usize>,
    /// Judged documents per query.
    pub judged_per_query: Option<Spread>,
    /// Relevant documents per query.
    pub relevant_per_query: Option<Spread>,
    /// Queries without a relevant document.
    pub without_relevant: usize,
    /// Documents that no query judges.
    pub never_judged: usize,
}

pub(super) fn look(data: &Dataset, findings: &mut Vec<Finding>) -> Counts {
    let by_query = &data.qrels.by_query;
    let mut grades = BTreeMap::new();
    let mut judged: BTreeSet<&str> = BTreeSet::new();
    for (document, grade) in by_query.values().flatten() {
        *grades.entry(*grade).or_default() += 1;
        judged.insert(document);
    }
    let relevant = |docs: &BTreeMap<String, Grade>| docs.values().filter(|g| **g > 0).count();
    let barren = by_query.iter().filter(|(_, docs)| relevant(docs) == 0);
    let barren: Vec<&str> = barren.map(|(query, _)| query.as_str()).collect();
    let counts = Counts {
        documents: data.docs.len(),
        queries: data.queries.len(),
        other_queries: data.unjudged_queries,
        judgements: grades.values().sum(),
        unlisted: data.qrels.unlisted,
        grades,
        judged_per_query: Spread::of_counts(by_query.values().map(BTreeMap::len)),
        relevant_per_query: Spread::of_counts(by_query.values().map(relevant)),
        without_relevant: barren.len(),
        never_judged: data.docs.len() - judged.len(),
    };
    if data.is_judged() {
        without_relevant(&counts, &barren, findings);
        few(&counts, findings);
        shallow(&counts, findings);
    }
    counts
}

fn without_relevant(counts: &Counts, barren: &[&str], findings: &mut Vec<Finding>) {
    let (n, all) = (barren.len(), counts.queries);
    if n == 0 {
        return;
    }
    let (severity, text) = match n == all {
        true => (
            Severity::Error,
            "No query has a relevant document: no effectiveness can be measured. See whether grades were read from \
             the right column."
                .to_owned(),
        ),
        false => (
            Severity::Warning,
            format!(
                "{} of {} {} no relevant document: left out of every mean. Judge more documents for them, or remove \
                 them.",
                grouped(n),
                many(all, "query", "queries"),
                if n == 1 { "has" } else { "have" }
            ),
        ),
    };
    findings.push(Finding::new(severity, "no_relevant", text).cases(barren.iter().copied()));
}

fn few(counts: &Counts, findings: &mut Vec<Finding>) {
    let usable = counts.queries - counts.without_relevant;
    if usable < FEW_QUERIES {
        let text = format!(
            "{} with a relevant document: intervals are wide, and only large differences can be told. Add queries, \
             or read the table as an example.",
            many(usable, "query", "queries")
        );
        findings.push(Finding::new(Severity::Note, "few_queries", text));
    }
}

fn shallow(counts: &Counts, findings: &mut Vec<Finding>) {
    let Some(judged) = counts.judged_per_query else {
        return;
    };
    if counts.unlisted == Unlisted::Irrelevant || judged.median >= SHALLOW {
        return;
    }
    let text = format!(
        "Half of the queries have at most {} judged, and {} of the documents are never judged: what a new technique \
         finds is mostly unjudged, and counts as if it were wrong. Report Judged@10 beside nDCG@10.",
        many(judged.median as usize, "document", "documents"),
        percent(counts.never_judged, counts.documents)
    );
    findings.push(Finding::new(Severity::Note, "shallow", text));
}
