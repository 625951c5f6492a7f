//! Correction for many comparisons.

/// Holm's step-down correction (Holm 1979): p values of a family of comparisons, declared beforehand, adjusted so
/// that one below α is significant at α over the whole family. In the order given; no independence is assumed.
///
/// The family is every comparison that could have been reported: 4 cells against a reference by 5 measures are 20.
///
/// ```
/// use evalrun::stats::holm;
/// assert_eq!(holm(&[0.5, 0.01, 0.02]), [0.5, 0.03, 0.04]);
/// ```
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let (mut adjusted, mut least) = (vec![0.0; p.len()], 0.0_f64);
    for (smaller, i) in order.into_iter().enumerate() {
        // Never below the adjusted p of a smaller one.
        least = least.max((p.len() - smaller) as f64 * p[i]).min(1.0);
        adjusted[i] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_p_is_never_adjusted_below_a_smaller_one() {
        assert_eq!(holm(&[0.01, 0.03, 0.03]), [0.03, 0.06, 0.06]);
        // 3 × 0.02 is more than 2 × 0.025.
        assert_eq!(holm(&[0.025, 0.02, 0.9]), [0.06, 0.06, 0.9]);
    }

    #[test]
    fn nothing_exceeds_1_and_a_single_p_is_its_own() {
        assert_eq!(holm(&[0.7, 0.8]), [1.0, 1.0]);
        assert_eq!(holm(&[0.04]), [0.04]);
        assert!(holm(&[]).is_empty());
    }
}
