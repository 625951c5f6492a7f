//! What a number of queries can show, and how many queries an effect needs.

use super::{normal, special, student};

/// Steps of Simpson's rule; more of them change nothing beyond the sixth digit, with ten queries beyond the ninth.
const STEPS: u32 = 512;

/// With more queries than this, t and normal distribution agree to six digits.
const MANY: f64 = 1e6;

/// Probability that a two-sided paired t test at level `alpha` notices a true effect of `d_z` standard deviations
/// with `n` queries, on either side; `None` of fewer than two.
///
/// The noncentral t distribution (Johnson and Welch 1940), as the mean over the spread s that is estimated:
/// ∫ [Φ(δ − c s) + Φ(−δ − c s)] f(s) ds, δ = d_z √n, c the critical value, s² distributed as χ²/ν.
pub fn power(d_z: f64, n: usize, alpha: f64) -> Option<f64> {
    if n < 2 {
        return None;
    }
    let df = (n - 1) as f64;
    let noncentrality = d_z * (n as f64).sqrt();
    let critical = student::upper(alpha / 2.0, df);
    let ln_scale = (df / 2.0) * (df / 2.0).ln() - special::ln_gamma(df / 2.0);
    let found = |s: f64| {
        let ln_power = (df - 1.0) * s.max(f64::MIN_POSITIVE).ln();
        let density = 2.0 * (ln_scale + ln_power - df * s * s / 2.0).exp();
        let at = |delta: f64| normal::cdf(delta - critical * s);
        density * (at(noncentrality) + at(-noncentrality))
    };
    // s has mean near 1 and deviation near 1/√(2ν); nine of them leave nothing out.
    let reach = 9.0 / (2.0 * df).sqrt();
    Some(simpson(found, (1.0 - reach).max(0.0), 1.0 + reach).clamp(0.0, 1.0))
}

/// The least effect, in standard deviations of the differences, that `n` queries show with the given power; times
/// their standard deviation it is the smallest detectable difference. `None` of fewer than two queries.
///
/// About (t₁₋α/₂ + t_power) / √n (Sakai 2016, topic set size design); here solved exactly.
pub fn detectable_effect(n: usize, alpha: f64, wanted: f64) -> Option<f64> {
    let power_of = |d: f64| power(d, n, alpha);
    let (mut low, mut high) = (0.0, 1.0);
    while power_of(high)? < wanted && high < 1e6 {
        high *= 2.0;
    }
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if power_of(middle)? < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

/// The least number of queries that show an effect of `d_z` standard deviations with the given power; `None` of no
/// effect.
pub fn queries_needed(d_z: f64, alpha: f64, wanted: f64) -> Option<usize> {
    if d_z.is_nan() || d_z.abs() <= 0.0 {
        return None;
    }
    let z = normal::inverse(1.0 - alpha / 2.0) + normal::inverse(wanted);
    let many = (z / d_z).powi(2);
    if many > MANY {
        return Some(many.ceil() as usize);
    }
    let enough = |n: usize| power(d_z, n, alpha).is_some_and(|p| p >= wanted);
    let mut high = 2;
    while !enough(high) {
        high *= 2;
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low.midpoint(high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

fn simpson(of: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let step = (to - from) / f64::from(STEPS);
    let inner = (1..STEPS).map(|i| {
        let weight = if i % 2 == 1 { 4.0 } else { 2.0 };
        weight * of(from + f64::from(i) * step)
    });
    (of(from) + inner.sum::<f64>() + of(to)) * step / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_effect_the_power_is_the_level() {
        for n in [2, 3, 10, 50, 1_000, 100_000] {
            let power = power(0.0, n, 0.05).unwrap();
            let error = if n < 10 { 1e-6 } else { 1e-9 };
            assert!((power - 0.05).abs() < error, "{n}: {power}");
        }
    }

    #[test]
    fn more_queries_show_smaller_effects() {
        let effects: Vec<f64> = [10, 24, 100, 1_000]
            .into_iter()
            .filter_map(|n| detectable_effect(n, 0.05, 0.8))
            .collect();
        assert!(effects.is_sorted_by(|a, b| a > b), "{effects:?}");
        // The customary approximation with 1,000 queries: (1.962 + 0.842) / √1000.
        assert!((effects[3] - 0.08868).abs() < 2e-4, "{effects:?}");
    }

    #[test]
    fn needed_and_detectable_are_two_sides_of_one_question() {
        for n in [8, 24, 300, 6_980] {
            let effect = detectable_effect(n, 0.05, 0.8).unwrap();
            assert_eq!(queries_needed(effect * 1.000_001, 0.05, 0.8), Some(n));
        }
        assert_eq!(queries_needed(0.0, 0.05, 0.8), None);
        // (1.959964 + 0.841621)² / 0.0001².
        assert!(queries_needed(1e-4, 0.05, 0.8).unwrap().abs_diff(784_887_951) < 1_000);
        assert_eq!(power(0.5, 1, 0.05), None);
    }
}
