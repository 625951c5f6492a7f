//! Intervals that may be looked at again and again.

use super::{Interval, Verdict};

/// No single bet risks more than this share of the capital (c of the paper).
const STAKE: f64 = 0.5;

/// A difference that is none of two measures between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a difference of {0} lies outside −1 … 1; only measures between 0 and 1 can be followed like this")]
pub struct OutOfRange(pub f64);

/// A confidence sequence of a mean difference of measures between 0 and 1: with the probability of its level, the
/// interval holds the mean at every look, however many there are and whatever decides when to stop.
///
/// An interval for one look errs too often when it is taken again and again: at 95 %, looked at 20 times while queries
/// come in, it misleads in about one series of four. Queries have to come in an order that does not depend on their
/// differences, a seeded shuffle for instance, and one mean has to hold for all of them: a sequence follows one
/// comparison, and another version of a system begins another.
///
/// The hedged capital process with predictable plug-in bets of Waudby-Smith and Ramdas (2024, "Estimating means of
/// bounded random variables by betting", theorem 3), θ = 1/2, c = 1/2. A gambler who bets against a mean that is the
/// true one ever multiplies a stake by 1/α with probability α at most (Ville 1939); all means that two gamblers, one
/// on either side and each with half of the stake, have become so rich against are excluded.
#[derive(Debug, Clone)]
pub struct Sequence {
    level: f64,
    /// Differences mapped to 0 … 1, each with the bet that was made before it was seen.
    seen: Vec<(f64, f64)>,
    /// Sum of the values, and of their squared distances from the means at the time.
    sum: f64,
    squares: f64,
    /// Of all looks so far.
    low: f64,
    high: f64,
}

/// Which way a gambler bets.
#[derive(Debug, Clone, Copy)]
enum Bet {
    /// That the mean is larger than claimed.
    Larger,
    /// That it is smaller.
    Smaller,
}

impl Sequence {
    /// Nothing seen yet; `level` is the probability, for instance 0.95, that no look misleads.
    pub fn new(level: f64) -> Self {
        Self {
            level,
            seen: Vec::new(),
            sum: 0.0,
            squares: 0.0,
            low: 0.0,
            high: 1.0,
        }
    }

    /// Takes in the difference of one more query.
    ///
    /// # Errors
    /// When it lies outside −1 … 1, or is no number; the sequence is then as before.
    pub fn push(&mut self, difference: f64) -> Result<(), OutOfRange> {
        if !(-1.0..=1.0).contains(&difference) {
            return Err(OutOfRange(difference));
        }
        let value = f64::midpoint(1.0, difference);
        self.seen.push((value, self.bet()));
        self.sum += value;
        self.squares += (value - self.mean()).powi(2);
        Ok(())
    }

    /// Number of differences taken in.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// True before the first difference.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Looks: the means that neither this look nor an earlier one excludes. `None` when there are none left, which
    /// says that the mean has drifted, or that this is one of the few sequences that mislead.
    pub fn look(&mut self) -> Option<Interval> {
        self.low = self.low.max(self.end(Bet::Larger));
        self.high = self.high.min(self.end(Bet::Smaller));
        (self.low <= self.high).then_some(Interval {
            low: 2.0 * self.low - 1.0,
            high: 2.0 * self.high - 1.0,
            level: self.level,
        })
    }

    /// Looks, and tells whether the mean difference is known to lie above −`margin`, or below. Either answer is wrong,
    /// at any look, with probability (1 − level) / 2 at most.
    pub fn not_worse_than(&mut self, margin: f64) -> Verdict {
        match self.look() {
            Some(interval) if interval.low > -margin => Verdict::Pass,
            Some(interval) if interval.high < -margin => Verdict::Fail,
            _ => Verdict::Undecided,
        }
    }

    /// An anytime-valid p of the mean difference being −`margin` or less: one over the most that betting against it
    /// ever won (Ville 1939). It never rises while differences come in.
    pub fn p_not_worse_than(&self, margin: f64) -> f64 {
        let claimed = f64::midpoint(1.0, -margin);
        let most = self.winnings(Bet::Larger, claimed).fold(0.0, f64::max);
        (-most).exp()
    }

    /// The mean, shrunk towards 1/2 by one imaginary value.
    fn mean(&self) -> f64 {
        (0.5 + self.sum) / (self.seen.len() + 1) as f64
    }

    /// The bet on the next value, by what was seen before it (the predictable plug-in).
    fn bet(&self) -> f64 {
        let next = (self.seen.len() + 1) as f64;
        let variance = (0.25 + self.squares) / next;
        (2.0 * (2.0 / (1.0 - self.level)).ln() / (variance * next * next.ln_1p())).sqrt()
    }

    /// Logarithms of the capital after each value, of a gambler who bets against the mean being `claimed`.
    fn winnings(&self, bet: Bet, claimed: f64) -> impl Iterator<Item = f64> {
        let (sign, risk) = match bet {
            Bet::Larger => (1.0, claimed),
            Bet::Smaller => (-1.0, 1.0 - claimed),
        };
        let won =
            move |(value, stake): &(f64, f64)| (sign * stake.min(STAKE / risk) * (value - claimed)).ln_1p();
        let running = move |sum: &mut f64, won: f64| {
            *sum += won;
            Some(*sum)
        };
        self.seen.iter().map(won).scan(0.0, running)
    }

    /// The end of the means not excluded: capital only falls as the claimed mean moves the gambler's way.
    fn end(&self, bet: Bet) -> f64 {
        // Each of two gamblers has half of the stake.
        let rich = (2.0 / (1.0 - self.level)).ln();
        let excluded = |claimed: f64| self.winnings(bet, claimed).last().is_some_and(|sum| sum >= rich);
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if excluded(middle) == matches!(bet, Bet::Larger) {
                low = middle;
            } else {
                high = middle;
            }
        }
        // Towards the wider interval.
        match bet {
            Bet::Larger => low,
            Bet::Smaller => high,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Draws, paired_t};

    /// A difference as measures have them: mostly none, then small gains and a rarer, larger loss; mean 0.
    fn difference(bits: u64) -> f64 {
        match bits % 10 {
            0..6 => 0.0,
            6..9 => 0.2,
            _ => -0.6,
        }
    }

    fn series(replicate: usize, n: usize) -> impl Iterator<Item = f64> {
        let draws = Draws {
            replicates: 0,
            seed: 11,
            comparison: 0,
        };
        let mut stream = draws.stream(replicate);
        (0..n).map(move |_| difference(stream.bits() >> 3))
    }

    #[test]
    fn no_look_misleads_more_often_than_said() {
        let (series_count, n) = (500, 1_000);
        let rich = (2.0_f64 / 0.05).ln();
        let (mut sequence_misled, mut test_misled) = (0, 0);
        for replicate in 0..series_count {
            let mut sequence = Sequence::new(0.95);
            let mut seen = Vec::new();
            let mut alarmed = false;
            for difference in series(replicate, n) {
                sequence.push(difference).unwrap();
                seen.push(difference);
                // One look every 50 queries with the test for one look.
                let looked = seen.len().is_multiple_of(50);
                alarmed |= looked && paired_t(&seen, 0.95).is_some_and(|t| t.p < 0.05);
            }
            // The true mean was excluded at some look, after any of the values.
            let excluded = |bet| sequence.winnings(bet, 0.5).any(|sum| sum >= rich);
            sequence_misled += usize::from(excluded(Bet::Larger) || excluded(Bet::Smaller));
            test_misled += usize::from(alarmed);
        }
        // At most 5 % are allowed to.
        assert!(sequence_misled <= 25, "{sequence_misled} of 500 misled");
        assert!(
            test_misled > 100,
            "{test_misled} of 500 misled the test for one look"
        );
    }

    #[test]
    fn enough_queries_decide_either_way() {
        let verdicts = |mean: f64| {
            let mut sequence = Sequence::new(0.95);
            let mut look = |n: usize| {
                series(3, n).skip(sequence.len()).for_each(|d| {
                    sequence.push((d + mean).clamp(-1.0, 1.0)).unwrap();
                });
                sequence.not_worse_than(0.05)
            };
            [look(20), look(3_000)]
        };
        assert_eq!(verdicts(0.0), [Verdict::Undecided, Verdict::Pass]);
        assert_eq!(verdicts(-0.1), [Verdict::Undecided, Verdict::Fail]);
    }

    #[test]
    fn looks_only_narrow_and_p_only_falls() {
        let mut sequence = Sequence::new(0.95);
        let (mut low, mut high, mut p) = (-1.0, 1.0, 1.0);
        for difference in series(5, 600) {
            sequence.push(difference).unwrap();
            if sequence.len().is_multiple_of(100) {
                let interval = sequence.look().unwrap();
                let now = sequence.p_not_worse_than(0.1);
                assert!(interval.low >= low && interval.high <= high && now <= p);
                (low, high, p) = (interval.low, interval.high, now);
            }
        }
        assert!(high - low < 0.2 && p < 0.05, "{low} {high} {p}");
    }

    #[test]
    fn nothing_seen_excludes_nothing() {
        let mut sequence = Sequence::new(0.95);
        let interval = sequence.look().unwrap();
        assert!((interval.low + 1.0).abs() < 1e-9 && (interval.high - 1.0).abs() < 1e-9);
        assert_eq!(sequence.not_worse_than(0.01), Verdict::Undecided);
        assert!((sequence.p_not_worse_than(0.01) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_mean_that_drifts_leaves_no_interval() {
        let mut sequence = Sequence::new(0.95);
        (0..500).for_each(|_| sequence.push(0.9).unwrap());
        assert!(sequence.look().unwrap().low > 0.5);
        (0..20_000).for_each(|_| sequence.push(-0.9).unwrap());
        assert_eq!(sequence.look(), None);
        assert_eq!(sequence.not_worse_than(0.01), Verdict::Undecided);
    }

    #[test]
    fn values_that_are_no_differences_are_refused() {
        let mut sequence = Sequence::new(0.95);
        let message = sequence.push(1.5).unwrap_err().to_string();
        assert_eq!(
            message,
            "a difference of 1.5 lies outside −1 … 1; only measures between 0 and 1 can be followed like this"
        );
        assert!(sequence.push(f64::NAN).is_err() && sequence.is_empty());
    }
}
