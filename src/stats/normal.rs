//! The standard normal distribution.

use std::f64::consts::PI;

/// Beyond this many standard deviations a float64 cannot tell the tail from 0.
const FAR: f64 = 8.3;

/// Probability of a value up to `z`, by Marsaglia's series (2004, "Evaluating the normal distribution"), to about
/// 1e-15.
pub(super) fn cdf(z: f64) -> f64 {
    if z.abs() > FAR {
        return if z > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut term, mut sum, mut odd) = (z, z, 3.0);
    while term.abs() > f64::EPSILON * sum.abs() {
        term *= z * z / odd;
        sum += term;
        odd += 2.0;
    }
    0.5 + sum * (-z * z / 2.0).exp() / (2.0 * PI).sqrt()
}

/// The value whose [`cdf`] is `p`, by bisection: it is called a few times per interval, so plain is fast enough.
pub(super) fn inverse(p: f64) -> f64 {
    let (mut low, mut high) = (-FAR, FAR);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if cdf(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_tables() {
        // scipy.stats.norm.cdf and norm.ppf, SciPy 1.17.1.
        let known = [
            (-3.0, 0.001_349_898_031_630_094_6),
            (-1.0, 0.158_655_253_931_457_05),
            (0.0, 0.5),
            (0.5, 0.691_462_461_274_013_1),
            (1.959_963_984_540_054, 0.975),
            (3.890_591_886_413_120_4, 0.999_95),
        ];
        for (z, p) in known {
            assert!((cdf(z) - p).abs() < 1e-14, "cdf({z}) = {}", cdf(z));
            assert!((inverse(p) - z).abs() < 1e-9, "inverse({p}) = {}", inverse(p));
        }
        assert_eq!((cdf(-9.0), cdf(9.0)), (0.0, 1.0));
    }
}
