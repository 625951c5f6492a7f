//! Certainty: pure functions on slices of numbers. Which query or cell they belong to is the caller's business.
//!
//! | question | answered by |
//! |---|---|
//! | how certain is a mean, or a mean difference | [`Bootstrap`], [`paired_t`]; of 0/1 measures [`wilson`], [`clopper_pearson`] |
//! | could a difference be chance | [`sign_flip`], [`paired_t`]; one of many: [`holm`]; all pairs: [`tukey_hsd`] |
//! | how large is it | the difference, [`PairedT::d_z`], [`Outcomes`] |
//! | does a change cost no more than a margin | [`non_inferiority`], [`equivalence`]; looked at repeatedly: [`Sequence`] |
//! | what can so many queries show | [`detectable_effect`], [`queries_needed`], [`power()`] |
//! | how much of a winner's lead is luck | [`split_half`] |
//! | is a difference the same for all kinds of queries | [`strata()`] |
//! | how alike are two rankings | [`kendall_tau_b`], [`rank_biased_overlap`] |
//! | is a gain still there when it is measured again | [`effect_ratio`], [`delta_relative_improvement`] |
//!
//! What is random has a seed and does not depend on the number of threads.

mod bootstrap;
mod equivalence;
mod grid;
mod holm;
mod kendall;
mod normal;
mod permutation;
mod power;
mod proportion;
mod quantile;
mod random;
mod rbo;
mod replication;
mod resample;
mod sequential;
mod special;
mod split_half;
mod strata;
mod student;
mod t_test;
mod table;
mod tukey;

use serde::{Deserialize, Serialize};

pub use bootstrap::{Bootstrap, BootstrapMethod};
pub use equivalence::{MarginTest, Verdict, equivalence, non_inferiority};
pub use holm::holm;
pub use kendall::kendall_tau_b;
pub use permutation::{SignFlip, sign_flip};
pub use power::{detectable_effect, power, queries_needed};
pub use proportion::{clopper_pearson, wilson};
pub use quantile::{quantile, supports_quantile};
pub use random::Draws;
pub use rbo::rank_biased_overlap;
pub use replication::{delta_relative_improvement, effect_ratio};
pub use sequential::{OutOfRange, Sequence};
pub use split_half::{SplitHalf, split_half};
pub use strata::{Interaction, Strata, Stratum, strata};
pub use t_test::{PairedT, paired_t};
pub use table::Table;
pub use tukey::{Pair, tukey_hsd};

/// With fewer queries no interval is given: the output says "n too small" instead.
pub const MIN_QUERIES: usize = 20;

/// Values closer than this are a tie: measures are sums of fractions, whose last digits depend on the order of
/// addition.
pub const TIE: f64 = 1e-9;

/// A confidence interval, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Nominal coverage, for instance 0.95.
    pub level: f64,
}

/// For how many queries a cell is better, equal (within [`TIE`] or a wider tolerance) and worse than another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Better.
    pub wins: usize,
    /// Equal.
    pub ties: usize,
    /// Worse.
    pub losses: usize,
}

impl Outcomes {
    /// Counts the signs of differences.
    pub fn of(differences: &[f64]) -> Self {
        Self::within(differences, TIE)
    }

    /// Counts differences of more than a tolerance of 0 or more, for instance the least that a user would notice.
    pub fn within(differences: &[f64], tolerance: f64) -> Self {
        let wins = differences.iter().filter(|d| **d > tolerance).count();
        let losses = differences.iter().filter(|d| **d < -tolerance).count();
        Self {
            wins,
            ties: differences.len() - wins - losses,
            losses,
        }
    }
}

/// `a − b` query by query, where both are defined.
///
/// # Panics
/// When the slices, which hold the same queries in the same order, differ in length.
pub fn differences(a: &[Option<f64>], b: &[Option<f64>]) -> Vec<f64> {
    assert_eq!(a.len(), b.len(), "paired values");
    a.iter().zip(b).filter_map(|(a, b)| Some((*a)? - (*b)?)).collect()
}

/// Arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of a sample (divided by n − 1); `None` of fewer than two values.
pub fn sample_sd(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_of_a_small_sample() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(mean(&values), Some(5.0));
        assert_eq!(sample_sd(&values), Some((32.0_f64 / 7.0).sqrt()));
        assert_eq!((mean(&[]), sample_sd(&[1.0])), (None, None));
    }

    #[test]
    fn differences_leave_out_undefined_queries() {
        let a = [Some(1.0), None, Some(0.5), Some(0.25)];
        let b = [Some(0.5), Some(1.0), None, Some(0.25)];
        assert_eq!(differences(&a, &b), [0.5, 0.0]);
    }

    #[test]
    fn outcomes_tolerate_the_last_digits() {
        let outcomes = Outcomes::of(&[0.1, 0.1 + 0.2 - 0.3, -1e-10, -0.5, 0.0]);
        assert_eq!((outcomes.wins, outcomes.ties, outcomes.losses), (1, 3, 1));
    }

    #[test]
    fn outcomes_within_a_tolerance_are_ties() {
        let outcomes = Outcomes::within(&[0.1, 0.02, 0.01, -0.01, -0.02], 0.01);
        assert_eq!((outcomes.wins, outcomes.ties, outcomes.losses), (2, 2, 1));
    }
}
