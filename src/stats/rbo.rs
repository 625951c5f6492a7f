//! Rank-biased overlap of two rankings.

use std::collections::HashMap;
use std::hash::Hash;

/// Rank-biased overlap, extrapolated from what both rankings show (RBO_ext; Webber, Moffat and Zobel 2010, equation 32),
/// 0 … 1. `None` when both are empty: there is nothing to compare.
///
/// A ranking is documents with the scores that rank them, best first, documents distinct. `p` in (0, 1) says how deep a
/// reader looks: with 0.9, the first ten places carry 86 % of the weight. Documents with equal scores enter together, at
/// the first of their places, and agreement at a depth is twice the overlap over the sizes of both sides (their section
/// 4.4), so equal rankings give 1 whatever is tied. A ranking that ends is taken to go on as well as it went.
pub fn rank_biased_overlap<T: Eq + Hash>(a: &[(T, f64)], b: &[(T, f64)], p: f64) -> Option<f64> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.is_empty() {
        return None;
    }
    if short.is_empty() {
        return Some(0.0);
    }
    let agreement = agreements(short, long);
    let mut weight = 1.0;
    let mut sum = 0.0;
    for at in &agreement {
        weight *= p;
        sum += at * weight;
    }
    let last = agreement.last().copied()?;
    Some((1.0 - p) / p * sum + last * weight)
}

/// Agreement at each depth, 1 to the length of the longer ranking.
fn agreements<T: Eq + Hash>(short: &[(T, f64)], long: &[(T, f64)]) -> Vec<f64> {
    let (first_short, first_long) = (first_places(short), first_places(long));
    let place_short: HashMap<&T, usize> = short
        .iter()
        .map(|(doc, _)| doc)
        .zip(first_short.clone())
        .collect();
    // A document in both counts from the depth at which both sides have it.
    let mut overlap = vec![0_usize; long.len() + 1];
    for ((doc, _), &place) in long.iter().zip(&first_long) {
        if let Some(other) = place_short.get(doc) {
            overlap[place.max(*other)] += 1;
        }
    }
    let size = |first: &[usize], depth: usize| first.partition_point(|place| *place <= depth);
    let mut common = 0;
    let mut common_at_end = 0;
    let s = short.len();
    (1..=long.len())
        .map(|depth| {
            common += overlap[depth];
            if depth <= s {
                common_at_end = common;
                return 2.0 * common as f64 / (size(&first_short, depth) + size(&first_long, depth)) as f64;
            }
            let beyond = common_at_end as f64 * (depth - s) as f64 / s as f64;
            2.0 * (common as f64 + beyond) / (depth + size(&first_long, depth)) as f64
        })
        .collect()
}

/// For each document the first place, from 1, of those with its score.
fn first_places<T>(ranking: &[(T, f64)]) -> Vec<usize> {
    let mut places: Vec<usize> = Vec::with_capacity(ranking.len());
    for (i, (_, score)) in ranking.iter().enumerate() {
        let tied = i > 0 && ranking[i - 1].1.total_cmp(score).is_eq();
        let place = if tied { places[i - 1] } else { i + 1 };
        places.push(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A letter a document, best first, no ties.
    fn ranking(docs: &str) -> Vec<(char, f64)> {
        let n = docs.len();
        docs.chars()
            .enumerate()
            .map(|(i, c)| (c, (n - i) as f64))
            .collect()
    }

    fn close(a: &[(char, f64)], b: &[(char, f64)], p: f64, expected: f64) {
        for (a, b) in [(a, b), (b, a)] {
            let value = rank_biased_overlap(a, b, p).unwrap();
            assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
        }
    }

    #[test]
    fn equal_disjoint_and_swapped() {
        close(&ranking("abcdefg"), &ranking("abcdefg"), 0.9, 1.0);
        close(&ranking("abc"), &ranking("xyz"), 0.9, 0.0);
        // The first place disagrees, everything below agrees: 1 − (1 − p).
        close(&ranking("abcdefg"), &ranking("bacdefg"), 0.9, 0.9);
    }

    #[test]
    fn by_hand_at_equal_length() {
        // Agreements 0, 1/2, 1: (0.1/0.9)(0.5 × 0.81 + 0.729) + 0.729.
        close(&ranking("abc"), &ranking("cab"), 0.9, 0.855);
    }

    #[test]
    fn by_hand_at_unequal_length() {
        // s = 2, l = 4, p = 1/2; overlaps 1, 1, 2, 2; X_s = 1. Sum of X_d/d p^d: 1/2 + 1/8 + 1/12 + 1/32; of
        // X_s (d − s)/(s d) p^d: 1/48 + 1/64; last term ((2 − 1)/4 + 1/2)/16.
        let expected =
            (0.5 + 0.125 + 2.0 / 24.0 + 0.5 / 16.0) + (1.0 / 48.0 + 1.0 / 64.0) + (0.25 + 0.5) / 16.0;
        close(&ranking("ab"), &ranking("acbd"), 0.5, expected);
    }

    #[test]
    fn tied_documents_enter_together() {
        let tied = [('c', 2.0), ('a', 2.0), ('b', 1.0)];
        close(&tied, &tied, 0.9, 1.0);
        // Sides of 2 and 1 with 1 in common, of 2 and 2 with 1, of 3 and 3 with 3: agreements 2/3, 1/2, 1.
        let expected = 0.1 / 0.9 * (0.9 * 2.0 / 3.0 + 0.81 * 0.5 + 0.729) + 0.729;
        close(&tied, &ranking("abc"), 0.9, expected);
    }

    #[test]
    fn nothing_overlaps_with_nothing() {
        assert_eq!(rank_biased_overlap::<char>(&[], &[], 0.9), None);
        assert_eq!(rank_biased_overlap(&[], &ranking("ab"), 0.9), Some(0.0));
    }
}
