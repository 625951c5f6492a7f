//! Values as whole multiples of a small unit, so that sums are exact and ties are decided the same way in any order.
//!
//! Effectiveness values are discrete: many rearrangements reach exactly the observed statistic, and float64 sums
//! decide such a tie by the order of addition. Here 0.7 − 0.5, 0.3 − 0.1 and 0.2 are the same whole number.

use super::TIE;

/// Binary digits of the largest value. Rounding of the input, about 1e-16, is far below the last of them.
const DIGITS: i32 = 40;

/// Whole numbers that stand for values.
///
/// Each is within a little more than half a unit of the value that it stands for. So two sums of `n` terms whose
/// values are truly equal lie at most [`slack(n)`](slack) apart, and are taken for equal; sums that differ by more
/// than 2⁻³⁹ n, relative to the larger of 1 and the largest value, are always told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) values: Vec<i64>,
}

impl Grid {
    /// Values closer to 0 than [`TIE`] become 0.
    ///
    /// # Panics
    /// With more than four million values, whose sum could leave the range of the numbers.
    pub(super) fn of(values: &[f64]) -> Self {
        assert!(values.len() <= 1 << 22, "at most four million values");
        let largest = values.iter().fold(1.0_f64, |most, v| most.max(v.abs()));
        let scale = 2.0_f64.powi(DIGITS - largest.log2().ceil() as i32);
        let whole = |v: &f64| {
            if v.abs() > TIE {
                (v * scale).round() as i64
            } else {
                0
            }
        };
        Self {
            values: values.iter().map(whole).collect(),
        }
    }
}

/// How far apart two sums of `n` terms may lie and yet be equal.
pub(super) fn slack(n: usize) -> i64 {
    (n + n / 256 + 1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_differences_are_equal_numbers() {
        let grid = Grid::of(&[0.7 - 0.5, 0.3 - 0.1, 0.2, 0.5 - 0.7, 0.1 + 0.2 - 0.3]);
        let two = grid.values[0];
        assert_eq!(grid.values, [two, two, two, -two, 0]);
    }

    #[test]
    fn equal_sums_of_unequal_terms_are_within_the_slack() {
        // 1/3 + 1/3 = 2/3, which no decimal or binary grid holds exactly.
        let grid = Grid::of(&[1.0 / 3.0, 2.0 / 3.0]);
        let apart = (grid.values[0] * 2 - grid.values[1]).abs();
        assert!(apart <= slack(2), "{apart}");
    }

    #[test]
    fn large_values_keep_their_digits_and_small_sums_their_difference() {
        let grid = Grid::of(&[1e6, 1e6 + 1e-3]);
        assert!(grid.values[1] - grid.values[0] > slack(2));
        assert!(grid.values[1] < 1 << 41);
    }
}
