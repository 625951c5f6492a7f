//! How far the rankings of two runs agree.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::run::{Run, ScoredDoc};
use crate::stats::{self, kendall_tau_b, rank_biased_overlap};

/// Persistence of the overlap: the first ten places have 86 % of the weight.
const P: f64 = 0.9;
/// Most queries that are named.
const NAMED: usize = 3;

/// Agreement of the final rankings of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankingDiff {
    /// Queries compared.
    pub queries: usize,
    /// Queries whose ranking holds the same documents in the same order.
    pub unchanged: usize,
    /// Queries for which τ-b is defined: both sides have an order.
    pub with_tau_b: usize,
    /// Mean of Kendall's τ-b over the documents of both rankings; those that a ranking lacks are tied below it.
    pub tau_b: Option<f64>,
    /// Mean rank-biased overlap, p = 0.9, extrapolated.
    pub rbo: Option<f64>,
    /// The rankings that overlap least, least first.
    pub changed_most: Vec<RankingChange>,
}

/// A query whose ranking changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankingChange {
    /// Its id.
    pub query: String,
    /// What is asked.
    pub text: String,
    /// Its τ-b; `None` where one side has no order.
    pub tau_b: Option<f64>,
    /// Its overlap; `None` where both are empty.
    pub rbo: Option<f64>,
}

/// Over the given queries; `None` for none.
pub(super) fn compare(
    before: &Run,
    after: &Run,
    queries: &BTreeSet<String>,
    text: impl Fn(&str) -> String,
) -> Option<RankingDiff> {
    let empty: &[ScoredDoc] = &[];
    let of = |run: &'_ Run, query: &str| run.rankings.get(query).cloned().unwrap_or_else(|| empty.to_vec());
    let mut unchanged = 0;
    let mut changes = Vec::new();
    for query in queries {
        let (a, b) = (of(before, query), of(after, query));
        if a.iter().map(|d| &d.doc).eq(b.iter().map(|d| &d.doc)) {
            unchanged += 1;
        }
        let scored = |list: &[ScoredDoc]| list.iter().map(|d| (d.doc.clone(), d.score)).collect::<Vec<_>>();
        changes.push(RankingChange {
            query: query.clone(),
            text: text(query),
            tau_b: tau_b(&a, &b),
            rbo: rank_biased_overlap(&scored(&a), &scored(&b), P),
        });
    }
    let mean = |of: fn(&RankingChange) -> Option<f64>| {
        stats::mean(&changes.iter().filter_map(of).collect::<Vec<f64>>())
    };
    let (tau_b, rbo) = (mean(|c| c.tau_b), mean(|c| c.rbo));
    let with_tau_b = changes.iter().filter(|c| c.tau_b.is_some()).count();
    changes.retain(|c| c.rbo.is_some_and(|rbo| rbo < 1.0 - stats::TIE));
    changes.sort_by(|a, b| a.rbo.unwrap_or(1.0).total_cmp(&b.rbo.unwrap_or(1.0)));
    changes.truncate(NAMED);
    (!queries.is_empty()).then_some(RankingDiff {
        queries: queries.len(),
        unchanged,
        with_tau_b,
        tau_b,
        rbo,
        changed_most: changes,
    })
}

/// Over the documents of both; one that a ranking lacks stands below all that it has, tied with the others.
fn tau_b(a: &[ScoredDoc], b: &[ScoredDoc]) -> Option<f64> {
    let mut scores: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    let absent = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for doc in a {
        scores.entry(&doc.doc).or_insert(absent).0 = doc.score;
    }
    for doc in b {
        scores.entry(&doc.doc).or_insert(absent).1 = doc.score;
    }
    let (x, y): (Vec<f64>, Vec<f64>) = scores.into_values().unzip();
    kendall_tau_b(&x, &y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(rankings: &[(&str, &[&str])]) -> Run {
        let ranking = |docs: &[&str]| {
            let scored = |(i, doc): (usize, &&str)| ScoredDoc {
                doc: (*doc).to_owned(),
                score: (docs.len() - i) as f64,
            };
            docs.iter().enumerate().map(scored).collect()
        };
        Run {
            tag: "t".into(),
            rankings: rankings
                .iter()
                .map(|(q, docs)| ((*q).to_owned(), ranking(docs)))
                .collect(),
        }
    }

    #[test]
    fn means_over_queries_and_the_ones_that_changed_most() {
        let before = run(&[("q1", &["a", "b", "c"]), ("q2", &["a", "b", "c"]), ("q3", &["a"])]);
        let after = run(&[("q1", &["a", "b", "c"]), ("q2", &["c", "a", "b"]), ("q3", &["z"])]);
        let queries = ["q1", "q2", "q3"].map(str::to_owned).into();
        let found = compare(&before, &after, &queries, |q| format!("text of {q}")).unwrap();
        assert_eq!((found.queries, found.unchanged), (3, 1));
        let most: Vec<(&str, f64)> = found
            .changed_most
            .iter()
            .map(|c| (c.query.as_str(), (c.rbo.unwrap() * 1e3).round()))
            .collect();
        assert_eq!(most, [("q3", 0.0), ("q2", 855.0)]);
        // q2: of three pairs two are turned round, −1/3; q3: a above z there, below it here, −1.
        let tau = found.tau_b.unwrap();
        assert!((tau - (1.0 - 1.0 / 3.0 - 1.0) / 3.0).abs() < 1e-12, "{tau}");
        assert_eq!(found.changed_most[0].text, "text of q3");
    }

    #[test]
    fn absent_documents_are_tied_at_the_bottom() {
        // Union a b c d: a > b > (c d) there, c > d > (a b) here; four of six pairs are reversed, one is tied on each side.
        let before = run(&[("q", &["a", "b"])]);
        let after = run(&[("q", &["c", "d"])]);
        let tau = tau_b(&before.rankings["q"], &after.rankings["q"]).unwrap();
        assert!((tau + 0.8).abs() < 1e-12, "{tau}");
        assert_eq!(
            compare(&before, &after, &BTreeSet::new(), |_| String::new()),
            None
        );
    }
}
