//! Intervals by resampling queries.

use super::{Interval, MIN_QUERIES, TIE, mean, normal, quantile};

/// How the queries are resampled.
///
/// Draw `j` of replicate `i` depends on the seed, `i`, `j` and the number of queries alone. So the order and number
/// of threads change nothing, and all cells and measures over the same queries are resampled together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Nominal coverage, between 0 and 1.
    pub level: f64,
    /// Replicates, at least 1; 10,000 unless there is a reason.
    pub resamples: usize,
    /// From the spec.
    pub seed: u64,
}

impl Bootstrap {
    /// The BCa interval of a mean: bias-corrected and accelerated (Efron 1987), acceleration by the jackknife. For a
    /// comparison, give the differences query by query. `None` under [`MIN_QUERIES`].
    pub fn mean_interval(&self, values: &[f64]) -> Option<Interval> {
        if values.len() < MIN_QUERIES {
            return None;
        }
        let observed = mean(values)?;
        let mut means: Vec<f64> = (0..self.resamples)
            .map(|i| self.resampled_mean(values, i))
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        let bias = bias(&means, observed);
        let acceleration = acceleration(values, observed);
        let end = |share: f64| {
            let shifted = bias + normal::inverse(share);
            // Extreme skewness can use the scale up; the end is then the last replicate on that side.
            let scale = (1.0 - acceleration * shifted).max(f64::MIN_POSITIVE);
            let share = normal::cdf(bias + shifted / scale);
            quantile(&means, share)
        };
        let tail = (1.0 - self.level) / 2.0;
        Some(Interval {
            low: end(tail)?,
            high: end(1.0 - tail)?,
            level: self.level,
        })
    }

    fn resampled_mean(&self, values: &[f64], replicate: usize) -> f64 {
        let stream = mix(self.seed ^ mix(replicate as u64));
        let draws =
            (0..values.len() as u64).map(|j| values[below(values.len(), mix(stream.wrapping_add(j)))]);
        draws.sum::<f64>() / values.len() as f64
    }
}

/// How far the replicates lie to one side of the observed mean, in standard deviations; replicates equal to it count
/// half on either side, since means of few distinct values tie often.
fn bias(ascending: &[f64], observed: f64) -> f64 {
    let below = ascending.partition_point(|m| *m < observed - TIE);
    let up_to = ascending.partition_point(|m| *m <= observed + TIE);
    let n = ascending.len() as f64;
    let share = (below + up_to) as f64 / (2.0 * n);
    // A share of exactly 0 or 1 would be infinitely far.
    normal::inverse(share.clamp(0.5 / n, 1.0 - 0.5 / n))
}

/// A sixth of the skewness of the jackknife means; 0 when all values are equal.
fn acceleration(values: &[f64], observed: f64) -> f64 {
    // Leaving out x moves the mean by (mean − x) / (n − 1); the common factor cancels.
    let (mut squares, mut cubes) = (0.0, 0.0);
    for x in values {
        let away = x - observed;
        squares += away.powi(2);
        cubes += away.powi(3);
    }
    if squares > 0.0 {
        cubes / (6.0 * squares.powf(1.5))
    } else {
        0.0
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014): consecutive numbers in, independent-looking ones out.
fn mix(counter: u64) -> u64 {
    let mut x = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Maps 64 random bits to `0..n` (Lemire 2019, without his rejection: the bias is below n / 2⁶⁴).
fn below(n: usize, bits: u64) -> usize {
    ((u128::from(bits) * n as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Bootstrap = Bootstrap {
        level: 0.95,
        resamples: 10_000,
        seed: 42,
    };

    /// Differences of 25 queries: many ties and a long tail, so that BCa and plain percentiles disagree.
    const SKEWED: [f64; 25] = [
        0.42, -0.10, 0.00, 0.13, 0.05, 0.00, 0.61, -0.22, 0.37, 0.00, 0.08, 0.50, -0.05, 0.00, 0.19, 0.33,
        0.00, -0.31, 0.26, 0.11, 0.00, 0.07, 0.95, 0.00, 0.02,
    ];

    #[test]
    fn agrees_with_scipy() {
        // SciPy 1.17.1, one million resamples:
        // bootstrap((d,), np.mean, n_resamples=10**6, method='BCa', confidence_level=.95, rng=np.random.default_rng(1))
        // gives (0.0476, 0.2624); method='percentile' would give (0.0380, 0.2468).
        let many = Bootstrap {
            resamples: 200_000,
            ..PLAN
        };
        let interval = many.mean_interval(&SKEWED).unwrap();
        assert!((interval.low - 0.0476).abs() < 0.002, "{interval:?}");
        assert!((interval.high - 0.2624).abs() < 0.002, "{interval:?}");
    }

    #[test]
    fn the_seed_decides_everything() {
        let interval = PLAN.mean_interval(&SKEWED);
        assert_eq!(PLAN.mean_interval(&SKEWED), interval);
        assert_ne!(Bootstrap { seed: 43, ..PLAN }.mean_interval(&SKEWED), interval);
    }

    #[test]
    fn equal_shifts_shift_the_interval() {
        // The same queries are drawn whatever their values.
        let shifted: Vec<f64> = SKEWED.iter().map(|d| d + 1.0).collect();
        let (a, b) = (
            PLAN.mean_interval(&SKEWED).unwrap(),
            PLAN.mean_interval(&shifted).unwrap(),
        );
        assert!((a.low + 1.0 - b.low).abs() < 1e-9 && (a.high + 1.0 - b.high).abs() < 1e-9);
    }

    #[test]
    fn few_queries_have_no_interval() {
        assert_eq!(PLAN.mean_interval(&SKEWED[..19]), None);
        assert!(PLAN.mean_interval(&SKEWED[..20]).is_some());
    }

    #[test]
    fn equal_differences_leave_nothing_uncertain() {
        let interval = PLAN.mean_interval(&[0.25; 30]).unwrap();
        assert_eq!((interval.low, interval.high), (0.25, 0.25));
    }

    #[test]
    fn one_outlier_among_equals_does_not_break_the_ends() {
        let mut values = [0.0; 40];
        values[7] = 1.0;
        let interval = Bootstrap { level: 0.999, ..PLAN }.mean_interval(&values).unwrap();
        assert!(interval.low >= 0.0 && interval.low < 0.025, "{interval:?}");
        assert!(interval.high > 0.025 && interval.high <= 1.0, "{interval:?}");
    }

    #[test]
    fn draws_are_even() {
        let mut counts = [0_usize; 10];
        (0..100_000).for_each(|i| counts[below(10, mix(i))] += 1);
        // Four standard deviations of a binomial with p = 0.1.
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 380), "{counts:?}");
    }
}
