//! The paired t test.

use super::{Interval, TIE, mean, sample_sd, student};

/// A mean difference held against the spread of the differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedT {
    /// Mean difference.
    pub mean: f64,
    /// Standard deviation of the differences, divided by n − 1.
    pub sd: f64,
    /// Mean over its standard error.
    pub t: f64,
    /// Degrees of freedom, n − 1.
    pub df: usize,
    /// Two-sided.
    pub p: f64,
    /// Effect size: the mean in standard deviations of the differences (Cohen 1988, p. 48).
    pub d_z: f64,
    /// Of the mean.
    pub interval: Interval,
}

/// Student's test of paired differences (Student 1908), with an interval of the given level.
///
/// `None` of fewer than two differences, and of differences that do not differ by more than [`TIE`]: without spread
/// there is no t. Under [`super::MIN_QUERIES`] it rests on the normality of the differences alone.
pub fn paired_t(differences: &[f64], level: f64) -> Option<PairedT> {
    let (mean, sd) = (mean(differences)?, sample_sd(differences)?);
    if !vary(differences) {
        return None;
    }
    let (n, df) = (differences.len() as f64, differences.len() - 1);
    let error = sd / n.sqrt();
    let t = mean / error;
    let half = student::upper((1.0 - level) / 2.0, df as f64) * error;
    Some(PairedT {
        mean,
        sd,
        t,
        df,
        p: student::two_sided(t, df as f64),
        d_z: mean / sd,
        interval: Interval {
            low: mean - half,
            high: mean + half,
            level,
        },
    })
}

/// True of values that differ by more than rounding.
pub(super) fn vary(values: &[f64]) -> bool {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    high - low > TIE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_differences_by_hand() {
        // Mean 2, squares around it 4 + 0 + 0 + 4, so the standard deviation is √(8/3) and the error √(2/3).
        let test = paired_t(&[0.0, 2.0, 2.0, 4.0], 0.95).unwrap();
        assert!((test.t - 6.0_f64.sqrt()).abs() < 1e-12);
        assert!((test.d_z - 1.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(test.df, 3);
        // t distribution with 3 degrees of freedom in closed form.
        let (t, pi) = (test.t, std::f64::consts::PI);
        let above = 0.5 - ((t / 3.0_f64.sqrt()).atan() + t * 3.0_f64.sqrt() / (t * t + 3.0)) / pi;
        assert!((test.p - 2.0 * above).abs() < 1e-14, "{test:?}");
    }

    #[test]
    fn without_spread_there_is_no_t() {
        assert_eq!(paired_t(&[0.25; 30], 0.95), None);
        assert_eq!(paired_t(&[0.3 - 0.2, 0.1, 0.4 - 0.3], 0.95), None);
        assert_eq!(paired_t(&[1.0], 0.95), None);
    }
}
