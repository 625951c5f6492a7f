//! Whether a gain that was seen once is seen again (Breuer and others 2020).

use super::{TIE, mean};

/// Mean gain of the repetition over mean gain of the original, each the mean of a technique's values less those of its
/// reference, query by query (Breuer and others 2020, equation 7). 1 is the same gain, between 0 and 1 a smaller one,
/// below 0 a loss. `None` where the original has no gain to speak of.
pub fn effect_ratio(original: &[f64], repeated: &[f64]) -> Option<f64> {
    let original = mean(original)?;
    (original.abs() > TIE).then_some(mean(repeated)? / original)
}

/// Relative improvement of the original less that of the repetition, where the relative improvement of a technique's mean
/// is its gain over the mean of its reference (Breuer and others 2020, equation 8). 0 is the same gain; above 0 the
/// repetition gains less. Each side is the means of the technique and of the reference. `None` where a reference is 0.
pub fn delta_relative_improvement(original: (f64, f64), repeated: (f64, f64)) -> Option<f64> {
    let relative = |(technique, reference): (f64, f64)| {
        (reference.abs() > TIE).then(|| (technique - reference) / reference)
    };
    Some(relative(original)? - relative(repeated)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_gain_is_a_ratio_of_one_half() {
        assert_eq!(
            effect_ratio(&[0.25, -0.125, 0.375], &[0.125, 0.125, 0.0]),
            Some(0.5)
        );
        assert_eq!(effect_ratio(&[0.25], &[-0.25]), Some(-1.0));
        assert_eq!(
            effect_ratio(&[0.25, -0.25], &[0.1, 0.1]),
            None,
            "nothing to repeat"
        );
        assert_eq!(effect_ratio(&[], &[]), None);
    }

    #[test]
    fn relative_improvements_are_subtracted() {
        // 0.75 over 0.5 is 50 % more, 0.625 over 0.5 is 25 %.
        assert_eq!(delta_relative_improvement((0.75, 0.5), (0.625, 0.5)), Some(0.25));
        assert_eq!(delta_relative_improvement((0.75, 0.5), (0.75, 0.5)), Some(0.0));
        assert_eq!(delta_relative_improvement((0.75, 0.0), (0.75, 0.5)), None);
    }
}
