//! Student's t distribution.

use super::special::beta;

/// Probability of a `t` at least as far from 0, on either side, with `df` degrees of freedom (Abramowitz and Stegun
/// 1964, eq. 26.7.1 with 26.5.27). Small tails keep their digits.
pub(super) fn two_sided(t: f64, df: f64) -> f64 {
    let square = t * t;
    if square.is_infinite() {
        return 0.0;
    }
    beta(df / 2.0, 0.5, df / (df + square), square / (df + square))
}

/// Probability of more than `t`.
pub(super) fn above(t: f64, df: f64) -> f64 {
    let tail = two_sided(t, df) / 2.0;
    if t > 0.0 { tail } else { 1.0 - tail }
}

/// The value that is exceeded with probability `tail`, which is at most a half, by bisection.
pub(super) fn upper(tail: f64, df: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while above(high, df) > tail && high < 1e150 {
        low = high;
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if above(middle, df) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn one_degree_of_freedom_is_cauchy() {
        for t in [-30.0_f64, -1.0, 0.0, 0.3, 2.0, 1e6] {
            let expected = (1.0_f64).atan2(t) / PI;
            assert!((above(t, 1.0) / expected - 1.0).abs() < 1e-13, "{t}");
        }
        assert!((upper(0.25, 1.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn critical_values_of_the_tables() {
        // Two-sided 5 %, as every textbook has them.
        for (df, expected) in [(1.0, 12.706), (19.0, 2.093), (30.0, 2.042), (120.0, 1.980)] {
            assert!((upper(0.025, df) - expected).abs() < 5e-4, "{df}");
        }
        assert!(two_sided(f64::INFINITY, 5.0) <= 0.0);
    }

    #[test]
    fn agrees_with_scipy() {
        let golden = include_str!("../../tests/golden/stats/student.jsonl");
        let mut cases = 0;
        for line in golden.lines().skip(1) {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let [df, t, expected] = ["df", "t", "two_sided"].map(|key| case[key].as_f64().unwrap());
            let p = two_sided(t, df);
            assert!((p / expected - 1.0).abs() < 1e-10, "{line}: {p}");
            assert!((upper(expected / 2.0, df) / t - 1.0).abs() < 1e-9, "{line}");
            cases += 1;
        }
        assert_eq!(cases, 42);
    }
}
