//! Numbers that are part of a measure's name.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A finite float64 that compares, hashes and prints, so that measures with such parameters can be keys.
///
/// It prints with the fewest digits that read back as the same number. There is one zero.
#[derive(Debug, Clone, Copy)]
pub struct Real(f64);

impl Real {
    /// `None` for infinities and NaN.
    pub const fn new(value: f64) -> Option<Self> {
        // Adding zero turns −0.0 into 0.0 and leaves every other number alone.
        if value.is_finite() {
            Some(Self(value + 0.0))
        } else {
            None
        }
    }

    /// Of a number in the source.
    pub(crate) const fn literal(value: f64) -> Self {
        assert!(value.is_finite());
        Self(value)
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Real;

    #[test]
    fn there_is_one_zero_and_nothing_infinite() {
        assert_eq!(Real::new(-0.0), Real::new(0.0));
        assert_eq!(Real::new(-0.0).unwrap().to_string(), "0");
        assert_eq!(Real::new(f64::NAN), None);
        assert_eq!(Real::new(f64::INFINITY), None);
        assert_eq!(Real::literal(0.95).to_string(), "0.95");
    }
}
