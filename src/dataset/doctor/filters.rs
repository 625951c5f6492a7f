//! The queries' own filters: how much they let through, and whether they shut the answer out.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::fold::many;
use super::{Finding, Severity, Spread};
use crate::dataset::Dataset;
use crate::filter::Filter;

/// Tests of one document by one filter; beyond that, every so-many-th document stands for the rest.
const TESTS: usize = 50_000_000;

/// The queries' own filters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Filters {
    /// Queries with a filter.
    pub queries: usize,
    /// Distinct filters.
    pub distinct: usize,
    /// Share of the documents that a query's filter lets through, 0 to 1.
    pub selectivity: Option<Spread>,
    /// Every so-many-th document was tested; 1 means all.
    pub step: usize,
    /// Queries whose filter lets nothing through.
    pub nothing: usize,
    /// Queries whose filter lets everything through.
    pub everything: usize,
    /// Pairs of a query and a relevant document that its filter shuts out.
    pub shut_out: usize,
}

pub(super) fn look(data: &Dataset, findings: &mut Vec<Finding>) -> Option<Filters> {
    let filters = data.queries.iter().filter_map(|q| {
        let filter = q.filter.as_ref().filter(|f| !f.is_empty())?;
        Some((q.id.as_str(), filter))
    });
    let filters: Vec<(&str, &Filter)> = filters.collect();
    if filters.is_empty() {
        return None;
    }
    let mut distinct: BTreeMap<String, &Filter> = BTreeMap::new();
    let name = |filter: &Filter| serde_json::to_string(filter).unwrap_or_default();
    for (_, filter) in &filters {
        distinct.entry(name(filter)).or_insert(filter);
    }
    let step = (distinct.len() * data.docs.len()).div_ceil(TESTS).max(1);
    let shares: BTreeMap<String, f64> = distinct
        .par_iter()
        .map(|(name, filter)| (name.clone(), share(data, filter, step)))
        .collect();
    let shares: Vec<(&str, f64)> = filters
        .iter()
        .map(|(query, f)| (*query, shares[&name(f)]))
        .collect();
    let nothing: Vec<&str> = shares.iter().filter(|s| s.1 <= 0.0).map(|s| s.0).collect();
    let everything: Vec<&str> = shares.iter().filter(|s| s.1 >= 1.0).map(|s| s.0).collect();
    let shut_out = shut_out(data, &filters);
    report(&nothing, &everything, &shut_out, findings);
    Some(Filters {
        queries: filters.len(),
        distinct: distinct.len(),
        selectivity: Spread::of(shares.iter().map(|s| s.1)),
        step,
        nothing: nothing.len(),
        everything: everything.len(),
        shut_out: shut_out.len(),
    })
}

/// Share of the documents that pass. Exact at both ends: 0 and 1 are only said of all documents.
fn share(data: &Dataset, filter: &Filter, step: usize) -> f64 {
    let passes = |doc: &crate::dataset::Doc| filter.matches(&doc.metadata);
    let tested = data.docs.len().div_ceil(step);
    let passed = data.docs.iter().step_by(step).filter(|doc| passes(doc)).count();
    let least = 1.0 / data.docs.len() as f64;
    match passed {
        0 if step > 1 && data.docs.iter().any(passes) => least,
        n if n == tested && step > 1 && !data.docs.iter().all(passes) => 1.0 - least,
        n => n as f64 / tested as f64,
    }
}

/// Relevant documents that the query's own filter does not let through.
fn shut_out(data: &Dataset, filters: &[(&str, &Filter)]) -> Vec<String> {
    let mut found = Vec::new();
    for (query, filter) in filters {
        let judged = data.qrels.by_query.get(*query).into_iter().flatten();
        for (id, _) in judged.filter(|(_, grade)| **grade > 0) {
            let Ok(at) = data.docs.binary_search_by(|d| d.id.as_str().cmp(id)) else {
                continue;
            };
            if !filter.matches(&data.docs[at].metadata) {
                found.push(format!("{query}: {id}"));
            }
        }
    }
    found
}

fn report(nothing: &[&str], everything: &[&str], shut_out: &[String], findings: &mut Vec<Finding>) {
    if !nothing.is_empty() {
        let text = format!(
            "{} lets no document through: the query has no answer. Compare the filter's fields and values with the \
             documents' metadata.",
            many(nothing.len(), "query's filter", "queries have a filter that")
        );
        findings.push(Finding::new(Severity::Error, "filter_nothing", text).cases(nothing.iter().copied()));
    }
    if !shut_out.is_empty() {
        let text = format!(
            "{} shut out by the query's own filter: no technique can find {}. Correct the filter or the judgement.",
            many(shut_out.len(), "relevant document is", "relevant documents are"),
            if shut_out.len() == 1 { "it" } else { "them" }
        );
        findings.push(Finding::new(Severity::Error, "filter_shuts_out", text).cases(shut_out));
    }
    if !everything.is_empty() {
        let text = format!(
            "{} lets every document through: it costs time and shows nothing about filtering. Narrow it or remove it.",
            many(everything.len(), "query's filter", "queries have a filter that")
        );
        findings.push(
            Finding::new(Severity::Warning, "filter_everything", text).cases(everything.iter().copied()),
        );
    }
}
