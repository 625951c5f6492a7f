//! Vectors that came with a data set: lengths, repeats, and whether the neighbours beside them are the nearest.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::fold::{grouped, many, percent};
use super::{Finding, Severity, Spread};
use crate::dataset::{Dataset, GivenVectors as Given};
use crate::filter::Filter;
use crate::vectors::{Metric, Vectors};

/// Multiplications that are spent on checking neighbours: a few seconds.
const BUDGET: usize = 10_000_000_000;
/// Queries that are checked at most.
const CHECKED: usize = 100;
/// Neighbours per query that are checked at most.
const DEPTH: usize = 10;
/// Scores that differ by less, relative to their size, are a tie: float32 sums in another order.
const TIE: f64 = 1e-5;

/// Vectors that came with the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GivenVectors {
    /// How two are compared.
    pub metric: Metric,
    /// Values per vector.
    pub dimension: usize,
    /// Rows of documents.
    pub documents: usize,
    /// Rows of queries.
    pub queries: usize,
    /// Euclidean lengths of the documents' rows.
    pub norms: Option<Spread>,
    /// Documents' rows of zeros.
    pub zero: usize,
    /// Documents' rows that equal an earlier one.
    pub repeated: usize,
    /// Queries whose row equals a document's.
    pub queries_in_documents: usize,
    /// How the neighbours that came with the set compare with a full scan.
    pub neighbours: Option<Agreement>,
}

/// How neighbours that came with a set compare with a full scan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Queries that were checked, spread evenly.
    pub queries: usize,
    /// Neighbours of each.
    pub depth: usize,
    /// Share of them that are among the nearest, ties counted in, 0 to 1.
    pub share: f64,
}

pub(super) fn look(data: &Dataset, findings: &mut Vec<Finding>) -> BTreeMap<String, GivenVectors> {
    let given = data.vectors.iter();
    given
        .map(|(name, given)| (name.clone(), one(data, name, given, findings)))
        .collect()
}

fn one(data: &Dataset, name: &str, given: &Given, findings: &mut Vec<Finding>) -> GivenVectors {
    let norms: Vec<f64> = given
        .docs
        .as_flat()
        .par_chunks(given.docs.dim())
        .map(norm)
        .collect();
    let zero: Vec<usize> = (0..norms.len()).filter(|i| norms[*i] <= 0.0).collect();
    let id = |i: &usize| data.docs.get(*i).map_or_else(|| i.to_string(), |d| d.id.clone());
    zeros(
        name,
        given.metric,
        &zero.iter().map(id).collect::<Vec<_>>(),
        findings,
    );
    let hashes = row_hashes(&given.docs);
    let repeated = repeated(&given.docs, &hashes);
    repeats(name, repeated.len(), given.docs.len(), findings);
    let leaked = leaked(given, &hashes);
    leaks(name, leaked, given.queries.len(), findings);
    let neighbours = agreement(data, given);
    if let Some(agreement) = &neighbours {
        neighbours_differ(name, given.metric, agreement, findings);
    }
    GivenVectors {
        metric: given.metric,
        dimension: given.docs.dim(),
        documents: given.docs.len(),
        queries: given.queries.len(),
        norms: Spread::of(norms),
        zero: zero.len(),
        repeated: repeated.len(),
        queries_in_documents: leaked,
        neighbours,
    }
}

fn norm(row: &[f32]) -> f64 {
    row.iter()
        .map(|v| f64::from(*v) * f64::from(*v))
        .sum::<f64>()
        .sqrt()
}

/// A hash of each row's bits.
fn row_hashes(rows: &Vectors) -> Vec<u64> {
    let step = |sum: u64, v: &f32| {
        // −0 and 0 are equal.
        let bits = u64::from((v + 0.0).to_bits());
        (sum.rotate_left(5) ^ bits).wrapping_mul(0x517c_c1b7_2722_0a95)
    };
    let hash = |row: &[f32]| row.iter().fold(row.len() as u64, step);
    rows.as_flat().par_chunks(rows.dim()).map(hash).collect()
}

/// Rows that equal an earlier one.
fn repeated(rows: &Vectors, hashes: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..hashes.len()).collect();
    order.par_sort_unstable_by_key(|i| (hashes[*i], *i));
    let pairs = order.windows(2).filter(|pair| hashes[pair[0]] == hashes[pair[1]]);
    let equal = pairs.filter(|pair| rows.row(pair[0]) == rows.row(pair[1]));
    equal.map(|pair| pair[1]).collect()
}

/// Queries whose row is also a document's.
fn leaked(given: &Given, hashes: &[u64]) -> usize {
    if given.queries.dim() != given.docs.dim() {
        return 0;
    }
    let mut by_hash: Vec<(u64, usize)> = hashes.iter().copied().zip(0..).collect();
    by_hash.par_sort_unstable();
    let is_there = |(row, hash): &(&[f32], u64)| {
        let start = by_hash.partition_point(|(h, _)| h < hash);
        let same = by_hash[start..].iter().take_while(|(h, _)| h == hash);
        same.clone().any(|(_, i)| given.docs.row(*i) == *row)
    };
    given
        .queries
        .rows()
        .zip(row_hashes(&given.queries))
        .filter(is_there)
        .count()
}

/// Larger is nearer, as everywhere.
fn score(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let pairs = a.iter().zip(b);
    let score: f32 = match metric {
        // Rows were normalised when they were read.
        Metric::Cosine | Metric::Dot => pairs.map(|(a, b)| a * b).sum(),
        Metric::L2 => -pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f32>(),
    };
    f64::from(score)
}

/// Compares neighbours with a full scan of a few queries, filters of the queries applied.
fn agreement(data: &Dataset, given: &Given) -> Option<Agreement> {
    let shipped = given.neighbours.as_ref()?;
    let cost = given.docs.len() * given.docs.dim();
    let wanted = (BUDGET / cost.max(1)).clamp(1, CHECKED);
    let step = shipped.len().div_ceil(wanted).max(1);
    let depth = shipped.iter().map(Vec::len).max()?.min(DEPTH);
    let chosen: Vec<usize> = (0..shipped.len())
        .step_by(step)
        .filter(|q| !shipped[*q].is_empty())
        .collect();
    if chosen.is_empty() {
        return None;
    }
    let shares: Vec<f64> = chosen
        .par_iter()
        .map(|q| {
            let filter = data.queries.get(*q).and_then(|q| q.filter.as_ref());
            share(data, given, given.queries.row(*q), filter, &shipped[*q])
        })
        .collect();
    Some(Agreement {
        queries: chosen.len(),
        depth,
        share: shares.iter().sum::<f64>() / shares.len() as f64,
    })
}

/// Share of the neighbours of one query that are at least as near as the last of the true ones.
fn share(data: &Dataset, given: &Given, query: &[f32], filter: Option<&Filter>, shipped: &[u32]) -> f64 {
    let passes = |i: usize| {
        let doc = data.docs.get(i);
        filter.is_none_or(|f| doc.is_some_and(|d| f.matches(&d.metadata)))
    };
    let candidates = (0..given.docs.len()).filter(|i| passes(*i));
    let mut scores: Vec<f64> = candidates
        .map(|i| score(given.metric, query, given.docs.row(i)))
        .collect();
    let depth = shipped.len().min(DEPTH).min(scores.len());
    if depth == 0 {
        return 0.0;
    }
    let (_, last, _) = scores.select_nth_unstable_by(depth - 1, |a, b| b.total_cmp(a));
    let least = *last - TIE * last.abs();
    let near = |i: &&u32| {
        let i = **i as usize;
        i < given.docs.len() && passes(i) && score(given.metric, query, given.docs.row(i)) >= least
    };
    shipped.iter().take(depth).filter(near).count() as f64 / depth as f64
}

fn zeros(name: &str, metric: Metric, ids: &[String], findings: &mut Vec<Finding>) {
    if ids.is_empty() {
        return;
    }
    let severity = match metric {
        Metric::Cosine => Severity::Error,
        Metric::Dot | Metric::L2 => Severity::Warning,
    };
    let text = format!(
        "Vector `{name}`: {} only zeros, which has no direction: its rank means nothing by cosine. Remove such \
         documents, or embed them again.",
        many(ids.len(), "row holds", "rows hold")
    );
    findings.push(Finding::new(severity, "vector_zero", text).cases(ids.iter().cloned()));
}

fn repeats(name: &str, repeated: usize, rows: usize, findings: &mut Vec<Finding>) {
    if repeated == 0 {
        return;
    }
    let severity = if repeated * 100 > rows {
        Severity::Warning
    } else {
        Severity::Note
    };
    let text = format!(
        "Vector `{name}`: {} ({}) {} an earlier one: ties among the nearest are decided by ids. `knn_recall` counts a \
         tie as found.",
        many(repeated, "row", "rows"),
        percent(repeated, rows),
        if repeated == 1 { "equals" } else { "equal" }
    );
    findings.push(Finding::new(severity, "vector_repeated", text));
}

fn leaks(name: &str, leaked: usize, queries: usize, findings: &mut Vec<Finding>) {
    if leaked == 0 {
        return;
    }
    let text = format!(
        "Vector `{name}`: {} of {} {} a document's vector: the first neighbour is the query itself and easy to find. \
         Remove one of the two sides.",
        grouped(leaked),
        many(queries, "query", "queries"),
        if leaked == 1 { "has" } else { "have" }
    );
    findings.push(Finding::new(Severity::Warning, "vector_query_in_documents", text));
}

fn neighbours_differ(name: &str, metric: Metric, agreement: &Agreement, findings: &mut Vec<Finding>) {
    let severity = match agreement.share {
        s if s >= 0.999 => return,
        s if s >= 0.95 => Severity::Warning,
        _ => Severity::Error,
    };
    let text = format!(
        "Vector `{name}`: {:.1} % of the neighbours that came with the set are among the nearest by {} (first {} of \
         {}): they belong to another metric or to other rows. `knn_recall` is measured against neighbours computed \
         here; do not compare it with figures that were measured against theirs.",
        100.0 * agreement.share,
        metric.words(),
        agreement.depth,
        many(agreement.queries, "query", "queries")
    );
    findings.push(Finding::new(severity, "vector_neighbours", text));
}
