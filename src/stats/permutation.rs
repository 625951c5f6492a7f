//! The sign-flip test: how often a mean at least as far from 0 would arise if either system could have had either
//! value.

use rayon::prelude::*;

use super::grid::{self, Grid};
use super::{Draws, random::Stream};

/// With up to so many non-zero differences every arrangement of signs is counted. The work is that of 2¹⁵ sums.
const EXACT: usize = 30;

/// What the sign-flip test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignFlip {
    /// Two-sided; above 0 and at most 1.
    pub p: f64,
    /// True when every arrangement was counted, false when a sample of them was drawn.
    pub exact: bool,
    /// Differences other than 0. With `m` of them no p is below 2^(1 − m), whatever the differences.
    pub nonzero: usize,
}

/// Fisher's randomisation test of a mean difference (Fisher 1935; for retrieval: Smucker, Allan and Carterette 2007).
///
/// If the systems do not differ, the sign of each difference is a coin flip. p is the share of arrangements of signs
/// whose sum is at least as far from 0 as the one seen, itself included: an equal sum counts, and whether it is equal
/// is decided in whole numbers, so that neither order nor threads nor rounding matter. A sample of arrangements gives
/// p = (c + 1) / (B + 1) (Phipson and Smyth 2010), which is never 0. Differences within [`super::TIE`] of 0 are 0.
pub fn sign_flip(differences: &[f64], draws: Draws) -> SignFlip {
    let mut values = Grid::of(differences).values;
    values.retain(|v| *v != 0);
    let observed: i64 = values.iter().sum();
    let threshold = observed.abs() - grid::slack(values.len());
    let (nonzero, exact) = (values.len(), values.len() <= EXACT);
    let p = if threshold <= 0 {
        1.0
    } else if exact {
        counted(&values, threshold)
    } else {
        drawn(&values, threshold, draws)
    };
    SignFlip { p, exact, nonzero }
}

/// The share of all arrangements: each is a sum over one half of the differences and one over the other, and for
/// sorted sums one walk counts the pairs that reach the threshold (Horowitz and Sahni 1974).
fn counted(values: &[i64], threshold: i64) -> f64 {
    let (left, right) = values.split_at(values.len() / 2);
    let (left, right) = (signed_sums(left), signed_sums(right));
    let mut reach = right.len();
    let mut count = 0_u64;
    for sum in &left {
        while reach > 0 && sum + right[reach - 1] >= threshold {
            reach -= 1;
        }
        count += (right.len() - reach) as u64;
    }
    // As many reach it on the other side.
    (2 * count) as f64 / (1_u64 << values.len()) as f64
}

/// All sums of the values with either sign, ascending.
fn signed_sums(values: &[i64]) -> Vec<i64> {
    let mut sums = vec![0];
    for value in values {
        sums = sums.iter().flat_map(|s| [s - value, s + value]).collect();
    }
    sums.sort_unstable();
    sums
}

fn drawn(values: &[i64], threshold: i64, draws: Draws) -> f64 {
    let reaches = |replicate: &usize| flipped_sum(values, draws.stream(*replicate)).abs() >= threshold;
    let count = (0..draws.replicates).into_par_iter().filter(reaches).count();
    (count + 1) as f64 / (draws.replicates + 1) as f64
}

fn flipped_sum(values: &[i64], mut stream: Stream) -> i64 {
    let chunks = values.chunks(64).map(|chunk| {
        let bits = stream.bits();
        let signed = |(i, value): (usize, &i64)| {
            // Two's complement: all bits set and one more turns the sign, without a branch that no one can predict.
            let flip = -((bits >> i & 1) as i64);
            (value ^ flip) - flip
        };
        chunk.iter().enumerate().map(signed).sum::<i64>()
    });
    chunks.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: Draws = Draws {
        replicates: 10_000,
        seed: 42,
        comparison: 0,
    };

    fn p_and_nonzero(differences: &[f64]) -> (f64, usize) {
        let test = sign_flip(differences, DRAWS);
        (test.p, test.nonzero)
    }

    #[test]
    fn three_differences_have_eight_arrangements() {
        // ±1 ±2 ±4: 7 and −7 reach 7; 5, 7 and their opposites reach 5.
        assert_eq!(p_and_nonzero(&[1.0, 2.0, 4.0]), (2.0 / 8.0, 3));
        assert_eq!(p_and_nonzero(&[-1.0, 2.0, 4.0]), (4.0 / 8.0, 3));
    }

    #[test]
    fn a_tie_with_what_was_seen_counts() {
        // 0.7 − 0.5, 0.3 − 0.1 and 0.2 differ as float64 and not as numbers.
        let test = sign_flip(&[0.7 - 0.5, 0.3 - 0.1, 0.2, -0.2, 0.0], DRAWS);
        // The sum is 0.4, reached by every arrangement but the 6 of 16 with as many pluses as minuses.
        assert_eq!((test.p, test.exact, test.nonzero), (10.0 / 16.0, true, 4));
    }

    #[test]
    fn no_difference_is_no_evidence() {
        assert_eq!(p_and_nonzero(&[0.0; 25]), (1.0, 0));
        assert_eq!(p_and_nonzero(&[]), (1.0, 0));
        assert_eq!(p_and_nonzero(&[0.5, -0.5]), (1.0, 2));
    }

    #[test]
    fn a_sample_never_gives_0() {
        let test = sign_flip(&[1.0; 100], DRAWS);
        assert_eq!((test.p, test.exact), (1.0 / 10_001.0, false));
    }

    #[test]
    fn counting_agrees_with_every_arrangement_one_by_one() {
        let values: Vec<i64> = vec![3, 3, -1, 7, 2, -5, 11, 4, 4, -2, 6];
        for threshold in 1..=48 {
            let all = (0..1_u32 << values.len()).filter(|signs| {
                let signed = values
                    .iter()
                    .enumerate()
                    .map(|(i, v)| if signs >> i & 1 == 1 { -v } else { *v });
                signed.sum::<i64>().abs() >= threshold
            });
            let expected = Some(all.count() as f64 / f64::from(1 << values.len()));
            assert_eq!(Some(counted(&values, threshold)), expected, "{threshold}");
        }
    }

    #[test]
    fn drawing_agrees_with_counting() {
        let values: Vec<i64> = (1..=24).map(|i| i * i % 17 + 1).collect();
        let threshold = 90;
        let (drawn, counted) = (drawn(&values, threshold, DRAWS), counted(&values, threshold));
        // Four standard deviations of a share of 10,000.
        let error = 4.0 * (counted * (1.0 - counted) / 10_000.0).sqrt();
        assert!((drawn - counted).abs() < error, "{drawn} and {counted}");
    }
}
