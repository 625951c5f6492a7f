//! Recall against exact neighbours.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Measure, OverTies, Ties, Topic};

/// The share of the `k` nearest documents that an approximate search found; `None` when there is nothing to find.
///
/// `found` is the approximate ranking and `exact` the exact one, both best first and distinct; larger scores are
/// nearer. A found document counts when its *true* score reaches that of the `k`-th exact neighbour, less
/// `epsilon`: of several documents at the same distance each is as good an answer, so ids alone decide nothing. The
/// true score is the one in `exact` where the document stands there (give more than `k` of them if there are), else
/// the score it was found with; pass `None` for that when it is on another scale, as scores of binary codes are.
///
/// When a filter leaves fewer than `k` documents, these are all there is to find.
pub fn knn_recall<D: Eq + Hash>(
    found: &[(D, Option<f64>)],
    exact: &[(D, f64)],
    k: usize,
    epsilon: f64,
) -> Option<f64> {
    let (wanted, near) = near(found, exact, k, epsilon)?;
    let credited = near.iter().take(wanted).filter(|near| **near).count();
    Some(credited as f64 / wanted as f64)
}

/// [`knn_recall`] over all orders of found documents with equal scores; `ties` are those of `found`. It is the
/// precision among the first documents found, of which the neighbours are the relevant ones.
pub fn knn_recall_over_ties<D: Eq + Hash>(
    found: &[(D, Option<f64>)],
    exact: &[(D, f64)],
    k: usize,
    epsilon: f64,
    ties: &Ties,
) -> Option<OverTies> {
    let (wanted, near) = near(found, exact, k, epsilon)?;
    let topic = Topic {
        ranked: near.into_iter().map(|near| Some(i32::from(near))).collect(),
        judged: vec![1; wanted],
    };
    let precision = Measure::P {
        cutoff: wanted,
        rel: 1,
    };
    precision.over_ties(&topic, ties)
}

/// How many documents are looked for, and which of `found` are as near as these.
fn near<D: Eq + Hash>(
    found: &[(D, Option<f64>)],
    exact: &[(D, f64)],
    k: usize,
    epsilon: f64,
) -> Option<(usize, Vec<bool>)> {
    let wanted = k.min(exact.len());
    let (_, furthest) = exact.get(wanted.checked_sub(1)?)?;
    let true_scores: HashMap<&D, f64> = exact.iter().map(|(doc, score)| (doc, *score)).collect();
    let near = |(doc, score): &(D, Option<f64>)| {
        let score = true_scores.get(doc).copied().or(*score);
        score.is_some_and(|s| s >= furthest - epsilon)
    };
    Some((wanted, found.iter().map(near).collect()))
}

#[cfg(test)]
mod tests {
    use super::{Ties, knn_recall, knn_recall_over_ties};

    const EXACT: [(&str, f64); 4] = [("a", 0.9), ("b", 0.8), ("c", 0.8), ("d", 0.1)];

    #[test]
    fn neighbours_found_are_counted_among_the_first_k() {
        let found = [("a", Some(0.9)), ("d", Some(0.1)), ("b", Some(0.8))];
        assert_eq!(knn_recall(&found, &EXACT, 2, 1e-6), Some(0.5));
        assert_eq!(knn_recall(&found, &EXACT, 3, 1e-6), Some(2.0 / 3.0));
        assert_eq!(knn_recall(&[], &EXACT, 3, 1e-6), Some(0.0));
    }

    #[test]
    fn a_document_as_near_as_the_last_neighbour_is_as_good() {
        // `c` ties with `b` and `e`, which the exact list does not hold, is within epsilon.
        let found = [("c", Some(0.8)), ("e", Some(0.799_999_9))];
        assert_eq!(knn_recall(&found, &EXACT[..2], 2, 1e-6), Some(1.0));
        assert_eq!(knn_recall(&found, &EXACT[..2], 2, 0.0), Some(0.5));
    }

    #[test]
    fn scores_on_another_scale_are_looked_up() {
        let found = [("c", None), ("d", None)];
        assert_eq!(knn_recall(&found, &EXACT, 2, 1e-6), Some(0.5));
        // An exact list of only two cannot tell that `c` is as near as `b`.
        assert_eq!(knn_recall(&found, &EXACT[..2], 2, 1e-6), Some(0.0));
    }

    #[test]
    fn over_ties_the_last_places_are_drawn_from_the_tie() {
        // `a`, then `b`, `c`, `d` with equal codes for two places: `b` and `c` are near, `d` is not.
        let found = [("a", None), ("d", None), ("c", None), ("b", None)];
        let ties = Ties::of([0.0, -1.0, -1.0, -1.0]);
        let over = knn_recall_over_ties(&found, &EXACT, 3, 1e-6, &ties).unwrap();
        assert_eq!((over.least, over.greatest), (2.0 / 3.0, 1.0));
        // One neighbour for sure, two thirds of the other two places.
        let expected = over.expected.unwrap();
        assert!(
            (expected - (1.0 + 2.0 * 2.0 / 3.0) / 3.0).abs() < 1e-12,
            "{expected}"
        );
        assert_eq!(knn_recall(&found, &EXACT, 3, 1e-6), Some(2.0 / 3.0));
    }

    #[test]
    fn a_filter_may_leave_fewer_than_k_or_none() {
        let found = [("a", Some(0.9)), ("b", Some(0.8))];
        assert_eq!(knn_recall(&found, &EXACT[..2], 10, 1e-6), Some(1.0));
        assert_eq!(knn_recall(&found, &[], 10, 1e-6), None);
    }
}
