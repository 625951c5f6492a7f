//! The gamma and beta functions that distributions are made of.

use std::f64::consts::PI;

/// From here on Stirling's series has all the digits of a float64.
const LARGE: f64 = 15.0;

/// Natural logarithm of the gamma function for `x > 0`: Stirling's series (Abramowitz and Stegun 1964, eq. 6.1.40)
/// after the recurrence has made `x` large. The relative error is about 1e-15.
pub(super) fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 1.0);
    while x < LARGE {
        below *= x;
        x += 1.0;
    }
    let square = x * x;
    let series = [
        1.0 / 1188.0,
        -1.0 / 1680.0,
        1.0 / 1260.0,
        -1.0 / 360.0,
        1.0 / 12.0,
    ];
    let series = series.iter().fold(0.0, |sum, c| sum / square + c) / x;
    (x - 0.5) * x.ln() - x + (2.0 * PI).ln() / 2.0 + series - below.ln()
}

/// The regularised incomplete beta function I_x(a, b), the probability of a Beta(a, b) variable up to `x`, where
/// `y` = 1 − `x` is given too, since subtraction would lose the digits of a small one.
///
/// A continued fraction (Abramowitz and Stegun 1964, eq. 26.5.8). Its relative error is about 1e-15 times the larger
/// of 10 and (a + b) ln(a + b), the size of the gamma functions that cancel.
pub(super) fn beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 || y <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // The fraction converges fast on this side of the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(b, a, y, x);
    }
    let ln = |of: f64, rest: f64| if of > 0.5 { (-rest).ln_1p() } else { of.ln() };
    let ln_beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    (a * ln(x, y) + b * ln(y, x) - ln_beta).exp() / a / fraction(a, b, x)
}

/// The continued fraction 1 + d₁ / (1 + d₂ / (1 + …)), evaluated forwards (Lentz 1976, as modified by Thompson and
/// Barnett 1986).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let apart_from_zero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut value, mut above, mut below) = (1.0, 1.0, 0.0);
    for step in 1..10_000 {
        let m = f64::from(step / 2);
        let d = if step % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        below = 1.0 / apart_from_zero(1.0 + d * below);
        above = apart_from_zero(1.0 + d / above);
        let change = above * below;
        value *= change;
        if (change - 1.0).abs() < 2.0 * f64::EPSILON {
            break;
        }
    }
    value
}

/// The `x` at which [`beta`] is `p`, by bisection: it is called a few times per interval.
pub(super) fn beta_inverse(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beta(a, b, middle, 1.0 - middle) < p {
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

    fn close(value: f64, expected: f64, error: f64) {
        assert!(
            (value - expected).abs() <= error * expected.abs(),
            "{value} is not {expected}"
        );
    }

    #[test]
    fn gamma_of_whole_numbers_is_a_factorial() {
        let mut factorial = 1.0_f64;
        for n in 2..30 {
            factorial *= f64::from(n);
            close(ln_gamma(f64::from(n) + 1.0), factorial.ln(), 1e-14);
        }
        close(ln_gamma(0.5), PI.sqrt().ln(), 1e-14);
    }

    #[test]
    fn beta_agrees_with_closed_forms() {
        for x in [1e-6_f64, 0.1, 0.37, 0.5, 0.9, 0.999] {
            close(beta(1.0, 1.0, x, 1.0 - x), x, 1e-14);
            close(beta(3.0, 1.0, x, 1.0 - x), x.powi(3), 1e-13);
            close(beta(0.5, 0.5, x, 1.0 - x), 2.0 / PI * x.sqrt().asin(), 1e-13);
            // Both sides of the mean, with many terms.
            let sides = beta(40.0, 60.0, x, 1.0 - x) + beta(60.0, 40.0, 1.0 - x, x);
            close(sides, 1.0, 1e-12);
        }
        assert_eq!((beta(2.0, 3.0, 0.0, 1.0), beta(2.0, 3.0, 1.0, 0.0)), (0.0, 1.0));
    }

    #[test]
    fn the_inverse_undoes_beta() {
        for (a, b) in [(0.5, 2.0), (5.0, 5.0), (300.0, 7.0), (3000.0, 4000.0)] {
            for p in [0.001, 0.025, 0.5, 0.975] {
                let x = beta_inverse(a, b, p);
                close(beta(a, b, x, 1.0 - x), p, 1e-9);
            }
        }
    }
}
