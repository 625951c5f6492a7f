//! Joining ranked lists: pure functions over hits.
//!
//! Every list gives each of its hits a contribution, in float64; a point's fused score is made of its contributions
//! (usually their sum) and rounded once to float32. Contributions are taken from the smallest to the largest, so that
//! the order of the lists changes no bit.

mod contribution;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::hit::{Hit, rank};

/// How lists are joined. A list that lacks a document contributes nothing to it.
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
    /// The family of Fox and Shaw (1994): the contributions of the lists that have a document, combined.
    Comb {
        /// How.
        combine: Combine,
        /// What is done to a list's scores first.
        normalize: Normalize,
        /// One weight per list; all 1 when not given.
        weights: Vec<f64>,
    },
    /// Inverse square rank: the number of lists that have the document × Σ wᵢ / rankᵢ² (Mourão, Martins and Magalhães
    /// 2014).
    Isr {
        /// One weight per list; all 1 when not given.
        weights: Vec<f64>,
    },
    /// Borda count (Aslam and Montague 2001): among `c` documents in all lists, rank r is worth c − r + 1 points, and
    /// what a list has left is shared equally by the documents it lacks.
    ///
    /// The score is the points above that share, which orders documents as the points do.
    Borda {
        /// One weight per list; all 1 when not given.
        weights: Vec<f64>,
    },
    /// Rank-biased centroids: Σ wᵢ (1 − φ) φ^(rankᵢ − 1) (Bailey, Moffat, Scholer and Thomas 2017).
    Rbc {
        /// φ: how likely a reader goes on to the next rank, above 0 and below 1.
        persistence: f64,
        /// One weight per list; all 1 when not given.
        weights: Vec<f64>,
    },
}

/// How the contributions to one document are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// CombSUM: their sum.
    Sum,
    /// CombMNZ: their sum times how many there are.
    Mnz,
    /// CombMAX: the largest.
    Max,
    /// CombMED: the median; of an even number, the mean of the two in the middle.
    Med,
}

/// How one list's scores are brought to a common scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalize {
    /// (s − min) / (max − min) over the list; a list whose scores are all equal maps to 1.
    MinMax,
    /// (s − mean) / standard deviation of the list, n in the denominator; equal scores map to 0. A document that a list
    /// lacks stands level with the list's mean.
    ZScore,
    /// (s − min) / Σ (s − min) over the list; equal scores share 1 equally.
    Sum,
    /// 1 − (rank − 1) / n over the list's n hits.
    Rank,
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
    /// A reader who never stops, or never begins.
    #[error("persistence = {0} is not above 0 and below 1 (0.8 is usual)")]
    Persistence(f64),
}

impl Fusion {
    /// Checks the parameters against the number of lists joined.
    pub fn check(&self, lists: usize) -> Result<(), FusionError> {
        match self {
            Fusion::Rrf { k, .. } if !(k.is_finite() && *k >= 0.0) => return Err(FusionError::K(*k)),
            Fusion::Rbc { persistence: p, .. } if !(*p > 0.0 && *p < 1.0) => {
                return Err(FusionError::Persistence(*p));
            }
            _ => {}
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

    /// The same method with other weights.
    #[must_use]
    pub fn with_weights(&self, new: &[f64]) -> Self {
        let mut changed = self.clone();
        let (Fusion::Rrf { weights, .. }
        | Fusion::Weighted { weights, .. }
        | Fusion::Dbsf { weights }
        | Fusion::Comb { weights, .. }
        | Fusion::Isr { weights }
        | Fusion::Borda { weights }
        | Fusion::Rbc { weights, .. }) = &mut changed;
        *weights = new.to_vec();
        changed
    }

    pub(crate) fn weights(&self) -> &[f64] {
        match self {
            Fusion::Rrf { weights, .. }
            | Fusion::Weighted { weights, .. }
            | Fusion::Dbsf { weights }
            | Fusion::Comb { weights, .. }
            | Fusion::Isr { weights }
            | Fusion::Borda { weights }
            | Fusion::Rbc { weights, .. } => weights,
        }
    }

    /// One document's score from what the lists contributed to it, smallest first and never empty.
    fn combined(&self, parts: &[f64]) -> f64 {
        let sum = || parts.iter().sum::<f64>();
        let times = parts.len() as f64;
        let combine = match self {
            Fusion::Comb { combine, .. } => *combine,
            Fusion::Isr { .. } => Combine::Mnz,
            Fusion::Rrf { .. }
            | Fusion::Weighted { .. }
            | Fusion::Dbsf { .. }
            | Fusion::Borda { .. }
            | Fusion::Rbc { .. } => Combine::Sum,
        };
        match combine {
            Combine::Sum => sum(),
            Combine::Mnz => sum() * times,
            Combine::Max => parts[parts.len() - 1],
            Combine::Med => f64::midpoint(parts[(parts.len() - 1) / 2], parts[parts.len() / 2]),
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
    let mut parts: Vec<(u32, f64)> = Vec::with_capacity(lists.iter().map(|l| l.len()).sum());
    method.contribute(lists, |_, point, part| parts.push((point, part)));
    // A point's contributions come to stand side by side, smallest first.
    parts.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut of_point = Vec::with_capacity(lists.len());
    let mut hits: Vec<Hit> = parts
        .chunk_by(|a, b| a.0 == b.0)
        .map(|parts| {
            of_point.clear();
            of_point.extend(parts.iter().map(|part| part.1));
            Hit {
                point: parts[0].0,
                score: method.combined(&of_point) as f32,
            }
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
    let mut out = vec![vec![0.0; lists.len()]; fused.len()];
    let places: HashMap<u32, usize> = fused.iter().enumerate().map(|(i, h)| (h.point, i)).collect();
    method.contribute(lists, |at, point, part| {
        if let Some(i) = places.get(&point) {
            out[*i][at] = part;
        }
    });
    out
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

    fn comb(combine: Combine) -> Fusion {
        Fusion::Comb {
            combine,
            normalize: Normalize::None,
            weights: vec![],
        }
    }

    #[test]
    fn the_comb_family_differs_in_how_contributions_are_combined() {
        let lists = [
            list(&[(1, 5.0), (2, 4.0)]),
            list(&[(2, 4.0), (3, 3.0)]),
            list(&[(2, 1.0), (3, 2.0)]),
        ];
        let lists: Vec<&[Hit]> = lists.iter().map(Vec::as_slice).collect();
        let fused = |combine| fuse(&comb(combine), &lists, 10);
        assert_eq!(fused(Combine::Sum), list(&[(2, 9.0), (3, 5.0), (1, 5.0)]));
        assert_eq!(fused(Combine::Mnz), list(&[(2, 27.0), (3, 10.0), (1, 5.0)]));
        assert_eq!(fused(Combine::Max), list(&[(1, 5.0), (2, 4.0), (3, 3.0)]));
        assert_eq!(fused(Combine::Med), list(&[(1, 5.0), (2, 4.0), (3, 2.5)]));
    }

    #[test]
    fn isr_multiplies_inverse_square_ranks_by_the_lists_that_have_the_document() {
        let (a, b) = (list(&[(1, 9.0), (2, 8.0)]), list(&[(2, 0.9)]));
        let got = fuse(&Fusion::Isr { weights: vec![] }, &[&a, &b], 10);
        assert_eq!(got, list(&[(2, 2.5), (1, 1.0)]));
    }

    #[test]
    fn borda_counts_points_above_those_of_a_document_that_is_not_listed() {
        // Four documents. The first list gives 4, 3, 2 and leaves 1 to document 4; the second gives 4 and leaves
        // (3 + 2 + 1) / 3 = 2 to each of the others.
        let (a, b) = (list(&[(1, 9.0), (2, 8.0), (3, 7.0)]), list(&[(4, 0.9)]));
        let got = fuse(&Fusion::Borda { weights: vec![] }, &[&a, &b], 10);
        assert_eq!(got, list(&[(1, 3.0), (4, 2.0), (2, 2.0), (3, 1.0)]));
    }

    #[test]
    fn rbc_weighs_ranks_by_how_likely_a_reader_reaches_them() {
        let (a, b) = (list(&[(1, 9.0), (2, 8.0)]), list(&[(2, 0.9)]));
        let rbc = Fusion::Rbc {
            persistence: 0.5,
            weights: vec![],
        };
        assert_eq!(fuse(&rbc, &[&a, &b], 10), list(&[(2, 0.75), (1, 0.5)]));
    }

    #[test]
    fn every_normalisation_has_its_scale() {
        let scores = list(&[(1, 5.0), (2, 3.0), (3, 1.0), (4, 3.0)]);
        let equal = list(&[(1, 2.0), (2, 2.0)]);
        let on = |normalize, of: &[Hit]| -> Vec<f64> {
            let method = weighted(&[], normalize);
            contributions(&method, &[of], of).concat()
        };
        // Mean 3, variance 8 / 4.
        let deviation = 2.0f64.sqrt();
        let z = 2.0 / deviation;
        assert_eq!(on(Normalize::ZScore, &scores), [z, 0.0, -z, 0.0]);
        assert_eq!(on(Normalize::Sum, &scores), [0.5, 0.25, 0.0, 0.25]);
        assert_eq!(on(Normalize::Rank, &scores), [1.0, 0.75, 0.5, 0.25]);
        assert_eq!(on(Normalize::MinMax, &scores), [1.0, 0.5, 0.0, 0.5]);
        assert_eq!(on(Normalize::None, &scores), [5.0, 3.0, 1.0, 3.0]);
        assert_eq!(on(Normalize::ZScore, &equal), [0.0, 0.0]);
        assert_eq!(on(Normalize::Sum, &equal), [0.5, 0.5]);
        assert_eq!(on(Normalize::Rank, &equal), [1.0, 0.5]);
        assert_eq!(on(Normalize::MinMax, &equal), [1.0, 1.0]);
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
        let rbc = Fusion::Rbc {
            persistence: 1.0,
            weights: vec![],
        };
        assert_eq!(
            refused(rbc),
            "persistence = 1 is not above 0 and below 1 (0.8 is usual)"
        );
    }
}
