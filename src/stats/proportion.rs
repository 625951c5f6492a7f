//! Intervals of proportions: measures that are 0 or 1 for every query.

use super::{Interval, normal, special};

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

/// The exact interval of a proportion (Clopper and Pearson 1934, by quantiles of the beta distribution): it covers with
/// at least its level, whatever the proportion, and is wider than [`wilson`] for that. `None` of no trials.
///
/// # Panics
/// With more successes than trials.
pub fn clopper_pearson(successes: usize, trials: usize, level: f64) -> Option<Interval> {
    assert!(successes <= trials, "at most as many successes as trials");
    if trials == 0 {
        return None;
    }
    let tail = (1.0 - level) / 2.0;
    let (k, n) = (successes as f64, trials as f64);
    let low = if successes == 0 {
        0.0
    } else {
        special::beta_inverse(k, n - k + 1.0, tail)
    };
    let high = if successes == trials {
        1.0
    } else {
        special::beta_inverse(k + 1.0, n - k, 1.0 - tail)
    };
    Some(Interval { low, high, level })
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

    #[test]
    fn the_exact_interval_of_all_and_none_has_a_closed_form() {
        // Of 0 in n, the upper end p solves (1 − p)ⁿ = 0.025.
        let end = 1.0 - 0.025_f64.powf(1.0 / 24.0);
        let (none, all) = (
            clopper_pearson(0, 24, 0.95).unwrap(),
            clopper_pearson(24, 24, 0.95).unwrap(),
        );
        assert!(none.low <= 0.0 && (none.high - end).abs() < 1e-12, "{none:?}");
        assert!(
            all.high >= 1.0 && (all.low - (1.0 - end)).abs() < 1e-12,
            "{all:?}"
        );
        assert_eq!(clopper_pearson(0, 0, 0.95), None);
    }

    #[test]
    fn the_exact_interval_covers_whatever_the_proportion() {
        // Sum of the binomial probabilities of the outcomes whose interval holds the true proportion.
        let intervals: Vec<Interval> = (0..=24).map(|k| clopper_pearson(k, 24, 0.95).unwrap()).collect();
        for percent in 1..100 {
            let p = f64::from(percent) / 100.0;
            let (mut probability, mut covered) = ((1.0 - p).powi(24), 0.0);
            for (k, interval) in intervals.iter().enumerate() {
                if interval.low <= p && p <= interval.high {
                    covered += probability;
                }
                probability *= (24 - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
            }
            assert!(covered >= 0.95, "{p}: {covered}");
        }
    }
}
