//! Intervals by resampling queries.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::resample::Resampling;
use super::{Interval, MIN_QUERIES, TIE, Table, mean, normal, quantile, sample_sd};

/// Columns whose replicates are held at a time, so that memory does not grow with the number of cells.
const TOGETHER: usize = 64;

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
    /// How an interval is read from the replicates.
    pub method: BootstrapMethod,
}

/// How an interval is read from the replicates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BootstrapMethod {
    /// Quantiles of the replicates, bias-corrected and accelerated (Efron 1987; Efron and Tibshirani 1993, eq. 14.9,
    /// acceleration by the jackknife, eq. 14.15). Its ends are values that the mean took in some replicate.
    #[default]
    Bca,
    /// Bootstrap-t: quantiles of the replicates' t statistics (Efron and Tibshirani 1993, eq. 12.22). It covers
    /// better when differences are skewed and queries few, and can leave the range of the measure.
    #[serde(rename = "studentized")]
    Studentised,
}

impl Bootstrap {
    /// The interval of a mean. For a comparison, give the differences query by query. `None` under
    /// [`MIN_QUERIES`].
    pub fn mean_interval(&self, values: &[f64]) -> Option<Interval> {
        let table = Table::of_columns(&[values]);
        self.mean_intervals(&table).pop().flatten()
    }

    /// An interval of the mean of each column, all from the same resamples; all `None` under [`MIN_QUERIES`].
    ///
    /// A studentised interval is also `None` when so many resamples consist of equal values, where t is not defined,
    /// that they reach into its ends.
    pub fn mean_intervals(&self, table: &Table) -> Vec<Option<Interval>> {
        if table.rows() < MIN_QUERIES {
            return vec![None; table.columns()];
        }
        let columns: Vec<Vec<f64>> = (0..table.columns()).map(|c| table.column(c)).collect();
        columns
            .chunks(TOGETHER)
            .flat_map(|columns| match self.method {
                BootstrapMethod::Bca => self.bca_intervals(columns),
                BootstrapMethod::Studentised => self.studentised_intervals(columns),
            })
            .collect()
    }

    fn bca_intervals(&self, columns: &[Vec<f64>]) -> Vec<Option<Interval>> {
        let values: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let sums = self.sums(&values);
        let of = |(values, sums): (&[f64], Vec<f64>)| {
            let n = values.len() as f64;
            self.bca(values, sums.into_iter().map(|s| s / n).collect())
        };
        values.into_par_iter().zip(sums).map(of).collect()
    }

    fn studentised_intervals(&self, columns: &[Vec<f64>]) -> Vec<Option<Interval>> {
        // Around the mean, sums of squares keep their digits.
        let centred = |values: &Vec<f64>| {
            let mean = mean(values).unwrap_or(0.0);
            values.iter().map(|x| x - mean).collect()
        };
        let values: Vec<Vec<f64>> = columns.iter().map(centred).collect();
        let squares = |values: &Vec<f64>| values.iter().map(|x| x * x).collect();
        let squares: Vec<Vec<f64>> = values.iter().map(squares).collect();
        let both: Vec<&[f64]> = values.iter().chain(&squares).map(Vec::as_slice).collect();
        let mut sums = self.sums(&both);
        let squares = sums.split_off(columns.len());
        let of = |(values, (sums, squares)): (&Vec<f64>, (Vec<f64>, Vec<f64>))| {
            self.studentised(values, &sums, &squares)
        };
        columns
            .par_iter()
            .zip(sums.into_par_iter().zip(squares))
            .map(of)
            .collect()
    }

    fn sums(&self, columns: &[&[f64]]) -> Vec<Vec<f64>> {
        let resampling = Resampling {
            resamples: self.resamples,
            seed: self.seed,
        };
        resampling.sums(columns)
    }

    fn bca(&self, values: &[f64], mut means: Vec<f64>) -> Option<Interval> {
        let observed = mean(values)?;
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

    /// From the sums of a replicate's values around the observed mean, and of their squares.
    fn studentised(&self, values: &[f64], sums: &[f64], squares: &[f64]) -> Option<Interval> {
        let n = values.len() as f64;
        let (observed, sd) = (mean(values)?, sample_sd(values)?);
        let t = |(sum, squares): (&f64, &f64)| {
            let away = sum / n;
            let spread = squares - sum * away;
            // Less is what rounding leaves of a resample of equal values.
            if spread > 1e-12 * squares {
                away / (spread / (n - 1.0) / n).sqrt()
            } else if away.abs() <= TIE {
                0.0
            } else {
                away * f64::INFINITY
            }
        };
        let mut t: Vec<f64> = sums.iter().zip(squares).map(t).collect();
        t.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - self.level) / 2.0;
        let end =
            |share: f64| Some(observed - quantile(&t, share)? * sd / n.sqrt()).filter(|e| e.is_finite());
        Some(Interval {
            low: end(1.0 - tail)?,
            high: end(tail)?,
            level: self.level,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Bootstrap = Bootstrap {
        level: 0.95,
        resamples: 10_000,
        seed: 42,
        method: BootstrapMethod::Bca,
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
    fn resamples_without_spread_do_not_pass_for_an_interval() {
        // A resample of 40 misses the one query that differs in 36 of 100 cases.
        let mut values = [0.0; 40];
        values[7] = 1.0;
        let spread: Vec<f64> = (0..40).map(|i| f64::from(i % 7)).collect();
        let table = Table::of_columns(&[&values[..], &spread]);
        let studentised = Bootstrap {
            method: BootstrapMethod::Studentised,
            ..PLAN
        };
        let intervals = studentised.mean_intervals(&table);
        assert_eq!(intervals[0], None);
        assert!(intervals[1].is_some());
    }

    #[test]
    fn one_outlier_among_equals_does_not_break_the_ends() {
        let mut values = [0.0; 40];
        values[7] = 1.0;
        let interval = Bootstrap { level: 0.999, ..PLAN }.mean_interval(&values).unwrap();
        assert!(interval.low >= 0.0 && interval.low < 0.025, "{interval:?}");
        assert!(interval.high > 0.025 && interval.high <= 1.0, "{interval:?}");
    }
}
