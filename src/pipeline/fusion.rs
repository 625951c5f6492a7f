//! Joining ranked lists: pure functions over hits.
//!
//! Every list gives each of its hits a contribution, in float64; a point's fused score is the sum of its
//! contributions, rounded once to float32. Contributions are added from the smallest to the largest, so that the
//! order of the lists changes no bit.

use serde::{Deserialize, Serialize};

use crate::hit::{Hit, rank};

/// How lists are joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fusion {
    /// Reciprocal rank fusion: Σ wᵢ / (k + rankᵢ), rank from 1 (Cormack, Clarke and Büttcher 2009; their k is 60).
    Rrf {
        /// Added to every rank.
        k: f64,
        /// One weight per list; all 1 when not given.
        weights: Vec<f64>,
    },
    /// Weighted sum of (normalised) scores; a list that lacks a document contributes 0.
    Weighted {
        /// One weight per list; all 1 when not given.
        weights: Vec<f64>,
        /// What is done to a list's scores first.
        normalize: Normalize,
    },
    /// Distribution-based score fusion: scores mapped to [0, 1] by mean ± 3 standard deviations of their list, then
    /// summed (Mazzeschi 2023). A list whose scores are all equal maps to 0.5.
    ///
    /// The standard deviation is that of a sample (n − 1); what lies beyond the three is clamped to 0 or 1.
    Dbsf {
        /// One weight per list; all 1 when not given.
        weights: Vec<f64>,
    },
}

/// How one list's scores are brought to a common scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalize {
    /// (s − min) / (max − min) over the list; a list whose scores are all equal maps to 1.
    MinMax,
    /// Scores as they are: only for lists on one scale, for instance cosines of two fields.
    None,
}

/// What each input list contributed to one fused hit, in the order of the inputs; 0 where a list lacks it.
pub type Contributions = Vec<f64>;

/// Why a fusion cannot join so many lists.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FusionError {
    /// Weights and lists do not pair up.
    #[error("{weights} weights for {lists} lists; give one each, or none for equal weights")]
    Weights {
        /// Weights given.
        weights: usize,
        /// Lists joined.
        lists: usize,
    },
    /// A weight that would turn a ranking round, or no number.
    #[error("weight {0} is not a finite number of at least 0")]
    Weight(f64),
    /// Every list would count for nothing.
    #[error("all weights are 0; at least one list has to count")]
    NoWeight,
    /// A constant at which the formula is not defined for every rank.
    #[error("k = {0} is not a finite number of at least 0 (60 is usual)")]
    K(f64),
}

impl Fusion {
    /// Checks the parameters against the number of lists joined.
    pub fn check(&self, lists: usize) -> Result<(), FusionError> {
        if let Fusion::Rrf { k, .. } = self
            && !(k.is_finite() && *k >= 0.0)
        {
            return Err(FusionError::K(*k));
        }
        let weights = self.weights();
        if !weights.is_empty() && weights.len() != lists {
            let weights = weights.len();
            return Err(FusionError::Weights { weights, lists });
        }
        if let Some(&bad) = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
            return Err(FusionError::Weight(bad));
        }
        if !weights.is_empty() && weights.iter().all(|&w| w <= 0.0) {
            return Err(FusionError::NoWeight);
        }
        Ok(())
    }

    fn weights(&self) -> &[f64] {
        match self {
            Fusion::Rrf { weights, .. } | Fusion::Weighted { weights, .. } | Fusion::Dbsf { weights } => {
                weights
            }
        }
    }

    /// Calls `take` with each point of the list at position `at` and what the list contributes to it.
    fn contribute(&self, at: usize, list: &[Hit], mut take: impl FnMut(u32, f64)) {
        let weight = self.weights().get(at).copied().unwrap_or(1.0);
        let mut scaled = |scale: &dyn Fn(f64) -> f64| {
            for hit in list {
                take(hit.point, weight * scale(f64::from(hit.score)));
            }
        };
        match self {
            Fusion::Rrf { k, .. } => {
                for (hit, rank) in list.iter().zip(1u32..) {
                    take(hit.point, weight / (k + f64::from(rank)));
                }
            }
            Fusion::Weighted {
                normalize: Normalize::None,
                ..
            } => scaled(&|score| score),
            Fusion::Weighted {
                normalize: Normalize::MinMax,
                ..
            } => {
                let (min, max) = bounds(list);
                let width = max - min;
                scaled(&|score| if width > 0.0 { (score - min) / width } else { 1.0 });
            }
            Fusion::Dbsf { .. } => {
                let (mean, deviation) = mean_and_deviation(list);
                let (low, width) = (mean - 3.0 * deviation, 6.0 * deviation);
                scaled(&|score| {
                    if width > 0.0 {
                        ((score - low) / width).clamp(0.0, 1.0)
                    } else {
                        0.5
                    }
                });
            }
        }
    }
}

/// Joins `lists` (each in rank order, its points distinct) into one of at most `limit` hits, by rank.
///
/// Ties are decided by [`crate::hit::by_rank`] on the fused float32 score.
///
/// # Panics
/// When [`Fusion::check`] would have refused: a plan has called it.
pub fn fuse(method: &Fusion, lists: &[&[Hit]], limit: usize) -> Vec<Hit> {
    method
        .check(lists.len())
        .expect("the plan has checked the fusion");
    let mut parts: Vec<(u32, f64)> = Vec::with_capacity(lists.iter().map(|l| l.len()).sum());
    for (at, list) in lists.iter().enumerate() {
        method.contribute(at, list, |point, part| parts.push((point, part)));
    }
    // A point's contributions come to stand side by side, smallest first.
    parts.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut hits: Vec<Hit> = parts
        .chunk_by(|a, b| a.0 == b.0)
        .map(|of_point| Hit {
            point: of_point[0].0,
            score: of_point.iter().map(|part| part.1).sum::<f64>() as f32,
        })
        .collect();
    rank(&mut hits, limit);
    hits
}

/// What each of `lists` contributed to each of the `fused` hits: the report's answer to "why is it there?".
///
/// # Panics
/// As [`fuse`].
pub fn contributions(method: &Fusion, lists: &[&[Hit]], fused: &[Hit]) -> Vec<Contributions> {
    method
        .check(lists.len())
        .expect("the plan has checked the fusion");
    let mut out = vec![vec![0.0; lists.len()]; fused.len()];
    for (at, list) in lists.iter().enumerate() {
        method.contribute(at, list, |point, part| {
            if let Some(i) = fused.iter().position(|h| h.point == point) {
                out[i][at] = part;
            }
        });
    }
    out
}

/// Least and greatest score.
fn bounds(list: &[Hit]) -> (f64, f64) {
    let scores = || list.iter().map(|h| f64::from(h.score));
    (
        scores().fold(f64::INFINITY, f64::min),
        scores().fold(f64::NEG_INFINITY, f64::max),
    )
}

/// Mean and sample standard deviation (0 for fewer than two scores, and exactly 0 for equal ones).
fn mean_and_deviation(list: &[Hit]) -> (f64, f64) {
    let (min, max) = bounds(list);
    if list.len() < 2 || min >= max {
        return (min, 0.0);
    }
    let n = list.len() as f64;
    let mean = list.iter().map(|h| f64::from(h.score)).sum::<f64>() / n;
    let squares = list
        .iter()
        .map(|h| (f64::from(h.score) - mean).powi(2))
        .sum::<f64>();
    (mean, (squares / (n - 1.0)).sqrt())
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    fn list(of: &[(u32, f32)]) -> Vec<Hit> {
        of.iter().map(|&(point, score)| Hit { point, score }).collect()
    }

    fn rrf(weights: &[f64]) -> Fusion {
        Fusion::Rrf {
            k: 60.0,
            weights: weights.to_vec(),
        }
    }

    fn weighted(weights: &[f64], normalize: Normalize) -> Fusion {
        Fusion::Weighted {
            weights: weights.to_vec(),
            normalize,
        }
    }

    fn dbsf() -> Fusion {
        Fusion::Dbsf { weights: vec![] }
    }

    #[test]
    fn rrf_adds_reciprocal_ranks() {
        let (a, b) = (list(&[(1, 9.0), (2, 8.0)]), list(&[(3, 0.9), (1, 0.8)]));
        let got = fuse(&rrf(&[]), &[&a, &b], 10);
        let want = [(1, 1.0 / 61.0 + 1.0 / 62.0), (3, 1.0 / 61.0), (2, 1.0 / 62.0)];
        assert_eq!(
            got,
            want.map(|(point, score)| Hit {
                point,
                score: score as f32
            })
        );
    }

    #[test]
    fn rrf_weights_scale_a_whole_list_and_ties_go_to_the_larger_id() {
        let (a, b) = (list(&[(1, 9.0)]), list(&[(2, 0.9)]));
        let order =
            |method: &Fusion| -> Vec<u32> { fuse(method, &[&a, &b], 10).iter().map(|h| h.point).collect() };
        assert_eq!(order(&rrf(&[])), [2, 1]);
        assert_eq!(order(&rrf(&[2.0, 1.0])), [1, 2]);
    }

    #[test]
    fn weighted_min_max_maps_each_list_to_its_own_range() {
        let (a, b) = (
            list(&[(1, 30.0), (2, 20.0), (3, 10.0)]),
            list(&[(3, 0.7), (4, 0.7)]),
        );
        let got = fuse(&weighted(&[0.5, 2.0], Normalize::MinMax), &[&a, &b], 10);
        assert_eq!(got, list(&[(4, 2.0), (3, 2.0), (1, 0.5), (2, 0.25)]));
    }

    #[test]
    fn weighted_without_normalising_takes_scores_as_they_are() {
        let (a, b) = (list(&[(1, 0.5), (2, 0.25)]), list(&[(2, 0.5)]));
        let got = fuse(&weighted(&[1.0, 2.0], Normalize::None), &[&a, &b], 1);
        assert_eq!(got, list(&[(2, 1.25)]));
    }

    #[test]
    fn dbsf_puts_the_mean_at_one_half() {
        // Mean 2, sample deviation 1: bounds −1 and 5.
        let got = fuse(&dbsf(), &[&list(&[(1, 3.0), (2, 2.0), (3, 1.0)])], 10);
        let want = [(1, 4.0 / 6.0), (2, 0.5), (3, 2.0 / 6.0)];
        assert_eq!(
            got,
            want.map(|(point, score)| Hit {
                point,
                score: score as f32
            })
        );
    }

    #[test]
    fn dbsf_clamps_what_lies_beyond_three_deviations() {
        let mut hits = vec![(0, 100.0)];
        hits.extend((1..40).map(|point| (point, 1.0)));
        assert_eq!(fuse(&dbsf(), &[&list(&hits)], 1), list(&[(0, 1.0)]));
    }

    #[test]
    fn dbsf_maps_equal_scores_to_one_half() {
        let equal = list(&[(2, 0.1), (1, 0.1), (0, 0.1)]);
        assert_eq!(
            fuse(&dbsf(), &[&equal], 10),
            list(&[(2, 0.5), (1, 0.5), (0, 0.5)])
        );
        assert_eq!(fuse(&dbsf(), &[&list(&[(7, 3.0)])], 10), list(&[(7, 0.5)]));
    }

    #[test]
    fn the_order_of_the_lists_changes_nothing_even_where_rounding_would() {
        // In float64, (1e16 + 1) − 1e16 is 0, but (1e16 − 1e16) + 1 is 1.
        let lists = [1e16, 1.0, -1e16].map(|score| list(&[(0, score)]));
        let method = weighted(&[], Normalize::None);
        let fused = |order: [usize; 3]| fuse(&method, &order.map(|i| lists[i].as_slice()), 1);
        assert_eq!(fused([0, 1, 2]), fused([0, 2, 1]));
    }

    #[test]
    fn no_list_and_empty_lists_fuse_to_nothing() {
        for method in [rrf(&[]), dbsf(), weighted(&[], Normalize::MinMax)] {
            assert!(fuse(&method, &[], 10).is_empty());
            assert!(fuse(&method, &[&[], &[]], 10).is_empty());
        }
    }

    #[test]
    fn contributions_say_which_list_gave_what() {
        let (a, b) = (list(&[(1, 9.0), (2, 8.0)]), list(&[(3, 0.9), (1, 0.8)]));
        let method = rrf(&[1.0, 0.5]);
        let fused = fuse(&method, &[&a, &b], 2);
        assert_eq!(fused.iter().map(|h| h.point).collect::<Vec<_>>(), [1, 2]);
        let got = contributions(&method, &[&a, &b], &fused);
        assert_eq!(got, [[1.0 / 61.0, 0.5 / 62.0], [1.0 / 62.0, 0.0]]);
    }

    #[test]
    fn parameters_that_make_no_sense_are_refused() {
        let refused = |m: Fusion| m.check(2).unwrap_err().to_string();
        assert_eq!(
            refused(rrf(&[1.0])),
            "1 weights for 2 lists; give one each, or none for equal weights"
        );
        assert_eq!(
            refused(rrf(&[1.0, -1.0])),
            "weight -1 is not a finite number of at least 0"
        );
        assert_eq!(
            refused(rrf(&[0.0, 0.0])),
            "all weights are 0; at least one list has to count"
        );
        let k = Fusion::Rrf {
            k: -1.0,
            weights: vec![],
        };
        assert_eq!(
            refused(k),
            "k = -1 is not a finite number of at least 0 (60 is usual)"
        );
    }
}
