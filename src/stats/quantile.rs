//! Quantiles of a sample.

/// The `q`-quantile of ascending values: the least value that at least a share `q` of the sample does not exceed
/// (nearest rank; definition 1 of Hyndman and Fan 1996). It is always a value of the sample. `None` of nothing.
///
/// `q` lies between 0 and 1.
pub fn quantile(ascending: &[f64], q: f64) -> Option<f64> {
    // Less a trifle, so that 0.07 · 100 = 7.000000000000001 is the 7th value and not the 8th.
    let rank = (q * ascending.len() as f64 - 1e-9).ceil() as usize;
    ascending.get(rank.max(1) - 1).copied()
}

/// True when `n` values can tell the `q`-quantile from the maximum: p99 needs 100 values, p99.9 needs 1,000.
pub fn supports_quantile(n: usize, q: f64) -> bool {
    n as f64 * (1.0 - q) >= 1.0 - 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_value_at_the_nearest_rank() {
        let values = [15.0, 20.0, 35.0, 40.0, 50.0];
        for (q, expected) in [
            (0.0, 15.0),
            (0.05, 15.0),
            (0.3, 20.0),
            (0.4, 20.0),
            (0.5, 35.0),
            (1.0, 50.0),
        ] {
            assert_eq!(quantile(&values, q), Some(expected), "{q}");
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn rounding_does_not_move_the_rank() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        for percent in 1..=100 {
            assert_eq!(
                quantile(&values, f64::from(percent) / 100.0),
                Some(f64::from(percent))
            );
        }
    }

    #[test]
    fn a_high_quantile_needs_a_large_sample() {
        assert!(supports_quantile(100, 0.99) && !supports_quantile(99, 0.99));
        assert!(supports_quantile(1000, 0.999) && !supports_quantile(999, 0.999));
        assert!(supports_quantile(10, 0.9) && supports_quantile(20, 0.95));
    }
}
