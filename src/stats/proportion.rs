//! Intervals of proportions: measures that are 0 or 1 for every query.

use super::{Interval, normal};

/// The score interval of a proportion (Wilson 1927), without continuity correction; `None` of no trials.
///
/// It is defined for every `n`; under [`super::MIN_QUERIES`] it is too wide to be worth printing.
pub fn wilson(successes: usize, trials: usize, level: f64) -> Option<Interval> {
    if trials == 0 {
        return None;
    }
    let n = trials as f64;
    let p = successes as f64 / n;
    let z = normal::inverse(f64::midpoint(1.0, level));
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
    Some(Interval {
        low: (centre - half).max(0.0),
        high: (centre + half).min(1.0),
        level,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_scipy() {
        // scipy.stats.binomtest(k, n).proportion_ci(method='wilson'), SciPy 1.17.1.
        let known = [
            (8, 10, 0.490_162_471_536_641_8, 0.943_317_848_545_624_8),
            (0, 10, 0.0, 0.277_532_799_862_889_26),
            (10, 10, 0.722_467_200_137_111_1, 1.0),
            (150, 300, 0.443_779_516_133_916_9, 0.556_220_483_866_083_1),
        ];
        for (k, n, low, high) in known {
            let interval = wilson(k, n, 0.95).unwrap();
            assert!((interval.low - low).abs() < 1e-9, "{k}/{n}: {interval:?}");
            assert!((interval.high - high).abs() < 1e-9, "{k}/{n}: {interval:?}");
        }
        assert_eq!(wilson(0, 0, 0.95), None);
    }
}
