//! Joining ranked lists: pure functions over hits.

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
        /// One weight per list.
        weights: Vec<f64>,
        /// What is done to a list's scores first.
        normalize: Normalize,
    },
    /// Distribution-based score fusion: scores mapped to [0, 1] by mean ± 3 standard deviations of their list, then
    /// summed (Mazzeschi 2023). A list whose scores are all equal maps to 0.5.
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

/// Joins `lists` (each in rank order) into one of at most `limit` hits, by rank.
///
/// Ties are decided by [`crate::hit::by_rank`] on the fused float32 score.
pub fn fuse(method: &Fusion, lists: &[&[Hit]], limit: usize) -> Vec<Hit> {
    let _ = (method, lists, limit, rank as fn(&mut Vec<Hit>, usize));
    unimplemented!("written next")
}
