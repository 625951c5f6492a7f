//! What may be said about a difference.

use crate::evaluate::Difference;
use crate::stats::MIN_QUERIES;

/// The reading of a difference to the reference. It is the interval that decides, never the mean alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The whole interval lies above 0.
    Better,
    /// The whole interval lies below 0.
    Worse,
    /// The interval contains 0.
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
        match (difference.wins_ties_losses, difference.interval) {
            ((0, ties, 0), _) if ties > 0 => Judgement::Equal,
            (_, None) if difference.n < MIN_QUERIES => Judgement::TooFew,
            (_, None) => Judgement::NoInterval,
            (_, Some((low, _))) if low > 0.0 => Judgement::Better,
            (_, Some((_, high))) if high < 0.0 => Judgement::Worse,
            _ => Judgement::Unclear,
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
        Judgement::of(&difference(0.1, interval, wins_ties_losses))
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
