//! Random numbers by counter: any draw can be had without those before it, so threads change nothing.

/// How random rearrangements are drawn.
///
/// What replicate `i` draws depends on the seed, the comparison and `i` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draws {
    /// Random rearrangements, at least 1; 10,000 unless there is a reason.
    pub replicates: usize,
    /// From the spec.
    pub seed: u64,
    /// Tells comparisons with the same seed apart; those that give the same number share their draws.
    pub comparison: u64,
}

impl Draws {
    /// The random numbers of a replicate.
    pub(super) fn stream(&self, replicate: usize) -> Stream {
        Stream::new(self.seed, self.comparison, replicate)
    }
}

/// An endless row of random numbers, SplitMix64 from a start of its own (Steele, Lea and Flood 2014).
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream(u64);

impl Stream {
    /// The stream of a replicate of a comparison. Comparison 0 has the streams of the bare seed, as `mix(0)` is 0.
    pub(super) fn new(seed: u64, comparison: u64, replicate: usize) -> Self {
        Self(mix(seed.wrapping_add(mix(comparison)) ^ mix(replicate as u64)))
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        let bits = mix(self.0);
        self.0 = self.0.wrapping_add(1);
        bits
    }

    /// A number of `0..n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        below(n, self.bits())
    }

    /// Puts the values into random order (Fisher and Yates 1938, as of Durstenfeld 1964).
    ///
    /// The low half of a product that gave an index is random still, so several indexes come from the same 64 bits
    /// (Brackett-Rozinsky and Lemire 2024); the bias stays below 2⁻³².
    pub(super) fn shuffle<T>(&mut self, values: &mut [T]) {
        let (mut bits, mut orders) = (self.bits(), 1_u64);
        for last in (1..values.len()).rev() {
            let n = last as u64 + 1;
            orders = orders.saturating_mul(n);
            if orders > 1 << 32 {
                (bits, orders) = (self.bits(), n);
            }
            let product = u128::from(bits) * u128::from(n);
            values.swap(last, (product >> 64) as usize);
            bits = product as u64;
        }
    }
}

/// The finalizer of SplitMix64: consecutive numbers in, independent-looking ones out.
fn mix(counter: u64) -> u64 {
    let mut x = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Maps 64 random bits to `0..n` (Lemire 2019, without his rejection: the bias is below n / 2⁶⁴).
fn below(n: usize, bits: u64) -> usize {
    ((u128::from(bits) * n as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_even() {
        let mut stream = Stream::new(42, 0, 0);
        let mut counts = [0_usize; 10];
        (0..100_000).for_each(|_| counts[stream.below(10)] += 1);
        // Four standard deviations of a binomial with p = 0.1.
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 380), "{counts:?}");
    }

    #[test]
    fn seed_comparison_and_replicate_each_make_another_stream() {
        let first = |seed, comparison, replicate| Stream::new(seed, comparison, replicate).bits();
        let all = [
            first(1, 0, 0),
            first(2, 0, 0),
            first(1, 1, 0),
            first(1, 2, 0),
            first(1, 0, 1),
            first(1, 1, 1),
        ];
        let distinct: std::collections::BTreeSet<u64> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(first(1, 1, 1), first(1, 1, 1));
    }

    #[test]
    fn all_orders_are_as_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for replicate in 0..24_000 {
            let mut order = [0, 1, 2, 3];
            Stream::new(7, 0, replicate).shuffle(&mut order);
            *counts.entry(order).or_insert(0_usize) += 1;
        }
        // Four standard deviations of a binomial with p = 1/24.
        assert_eq!(counts.len(), 24);
        assert!(counts.values().all(|c| c.abs_diff(1_000) < 124), "{counts:?}");
    }
}
