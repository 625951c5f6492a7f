//! What may be said about a difference.

use crate::evaluate::Difference;
use crate::stats::MIN_QUERIES;

/// The reading of a difference to the reference. Interval and test decide together, never the mean alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The whole interval lies above 0, and the test agrees.
    Better,
    /// The whole interval lies below 0, and the test agrees.
    Worse,
    /// The interval contains 0, or the test does not agree.
    Unclear,
    /// No query differs.
    Equal,
    /// Too few queries for an interval.
    TooFew,
    /// Enough queries, and no interval: too many of the resamples have no spread.
    NoInterval,
}

impl Judgement {
    /// Reads a difference.
    pub(crate) fn of(difference: &Difference) -> Judgement {
        // A tolerance makes ties of differences; equal is what differs in no query.
        let differs = difference.test.nonzero > 0;
        match difference.interval {
            _ if !differs && difference.n > 0 => Judgement::Equal,
            None if difference.n < MIN_QUERIES => Judgement::TooFew,
            None => Judgement::NoInterval,
            Some(_) if !difference.told => Judgement::Unclear,
            Some(_) if difference.mean > 0.0 => Judgement::Better,
            Some(_) => Judgement::Worse,
        }
    }

    /// One character for narrow places; the word stands in the legend.
    pub(crate) fn glyph(self) -> &'static str {
        match self {
            Judgement::Better => "▲",
            Judgement::Worse => "▼",
            Judgement::Unclear => "·",
            Judgement::Equal => "=",
            Judgement::TooFew | Judgement::NoInterval => "?",
        }
    }

    /// In words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Judgement::Better => "better",
            Judgement::Worse => "worse",
            Judgement::Unclear => "cannot be told",
            Judgement::Equal => "equal",
            Judgement::TooFew => "n too small",
            Judgement::NoInterval => "no interval",
        }
    }

    /// Class name in the page.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Judgement::Better => "good",
            Judgement::Worse => "bad",
            Judgement::Unclear | Judgement::Equal | Judgement::TooFew | Judgement::NoInterval => "dim",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::difference;

    fn read(interval: Option<(f64, f64)>, wins_ties_losses: (usize, usize, usize)) -> Judgement {
        let sign = interval.map_or(1.0, |(low, _)| if low < 0.0 { -1.0 } else { 1.0 });
        Judgement::of(&difference(0.1 * sign, interval, wins_ties_losses))
    }

    #[test]
    fn an_interval_beside_0_is_not_enough_when_the_test_disagrees() {
        let mut few = difference(0.001, Some((0.0001, 0.002)), (3, 57, 0));
        few.told = false;
        assert_eq!(Judgement::of(&few), Judgement::Unclear);
    }

    #[test]
    fn a_tolerance_makes_no_difference_equal() {
        let mut tolerated = difference(-0.04, Some((-0.06, -0.02)), (0, 40, 0));
        tolerated.test.nonzero = 40;
        assert_eq!(Judgement::of(&tolerated), Judgement::Worse);
    }

    #[test]
    fn the_interval_decides() {
        assert_eq!(read(Some((0.01, 0.2)), (5, 19, 0)), Judgement::Better);
        assert_eq!(read(Some((-0.2, -0.01)), (0, 19, 5)), Judgement::Worse);
        assert_eq!(read(Some((0.0, 0.2)), (5, 19, 0)), Judgement::Unclear);
        assert_eq!(read(Some((0.0, 0.0)), (0, 24, 0)), Judgement::Equal);
        assert_eq!(read(None, (2, 17, 0)), Judgement::TooFew);
        assert_eq!(read(None, (1, 19, 0)), Judgement::NoInterval);
    }
}
