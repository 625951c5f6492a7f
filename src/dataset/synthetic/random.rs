//! Random numbers that depend on what they are for, and on nothing else.
//!
//! A draw is a function of (seed, purpose, index, position), so any row can be made by any thread at any time. The
//! mixing function is SplitMix64's (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"), used
//! as a counter-based generator (Salmon and others 2011, "Parallel random numbers: as easy as 1, 2, 3").
//!
//! Only integer arithmetic and single IEEE 754 operations follow a draw here and in the whole generator: no logarithm,
//! no cosine, no fused operation and no sum in an order that depends on the machine. So the same source gives the same
//! bytes wherever float32 and float64 are IEEE 754 with rounding to nearest.

/// What numbers are drawn for; each purpose has a sequence of its own per index.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Basis = 1,
    Mean,
    Centre,
    Direction,
    Cluster,
    Shift,
    Document,
    Query,
    /// Of the attribute that is added: the order of topics.
    Order = 1 << 16,
    /// Of the attribute that is added: which documents lie at their place.
    Place = 2 << 16,
    /// Of the attribute that is added: windows that have nothing to do with their query.
    Window = 3 << 16,
}

/// All sequences of one purpose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    key: u64,
}

/// One sequence of draws.
#[derive(Debug, Clone)]
pub(super) struct Draws {
    state: u64,
}

/// The odd constant nearest to 2⁶⁴ over the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's finaliser.
fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Stream {
    pub(super) fn new(seed: u64, purpose: Purpose) -> Self {
        Self::of(seed, purpose, 0)
    }

    /// The sequences of one purpose for attribute number `attribute`.
    pub(super) fn of(seed: u64, purpose: Purpose, attribute: usize) -> Self {
        let purpose = purpose as u64 + attribute as u64;
        let key = mix(mix(seed.wrapping_add(GAMMA)).wrapping_add(purpose.wrapping_mul(GAMMA)));
        Self { key }
    }

    /// The sequence of `index`, from its start.
    pub(super) fn at(&self, index: usize) -> Draws {
        let state = mix(self.key.wrapping_add((index as u64).wrapping_mul(GAMMA)));
        Draws { state }
    }
}

impl Draws {
    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }

    /// A number from 0 up to, not including, 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    /// A number with mean 0, variance 1 and nearly a normal distribution: four uniform numbers of 16 bits, added.
    ///
    /// It never leaves ±3.47 and its kurtosis is 2.7 instead of 3. Nothing here depends on tails, and in return there is
    /// no logarithm, which every machine's library rounds differently.
    pub(super) fn normal(&mut self) -> f32 {
        // The sum has mean 2 (2¹⁶ − 1) and variance 4 (2³² − 1) / 12.
        const MEAN: i32 = 2 * 65_535;
        const SCALE: f32 = 1.0 / 37_837.227;
        let bits = self.bits();
        let part = |shift: u32| (bits >> shift & 0xffff) as i32;
        (part(0) + part(16) + part(32) + part(48) - MEAN) as f32 * SCALE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mixing_function_is_that_of_splitmix64() {
        // The first outputs of the published generator for the seed 1234567.
        let mut draws = Draws { state: 1_234_567 };
        assert_eq!(draws.bits(), 6_457_827_717_110_365_317);
        assert_eq!(draws.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn seeds_purposes_and_indexes_have_their_own_sequences() {
        let first = |seed, purpose, index| Stream::new(seed, purpose).at(index).bits();
        let base = first(42, Purpose::Document, 0);
        assert_eq!(base, first(42, Purpose::Document, 0));
        assert_ne!(base, first(43, Purpose::Document, 0));
        assert_ne!(base, first(42, Purpose::Query, 0));
        assert_ne!(base, first(42, Purpose::Document, 1));
    }

    #[test]
    fn deviates_have_mean_zero_and_variance_one() {
        let mut draws = Stream::new(1, Purpose::Mean).at(0);
        let n = 100_000;
        let all: Vec<f64> = (0..n).map(|_| f64::from(draws.normal())).collect();
        let mean = all.iter().sum::<f64>() / f64::from(n);
        let variance = all.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.01, "{mean}");
        assert!((variance - 1.0).abs() < 0.01, "{variance}");
        assert!(all.iter().all(|x| x.abs() < 3.47));
    }

    #[test]
    fn whole_numbers_reach_both_ends() {
        let mut draws = Stream::new(1, Purpose::Mean).at(0);
        let all: Vec<usize> = (0..1000).map(|_| draws.below(3)).collect();
        assert_eq!(all.iter().min(), Some(&0));
        assert_eq!(all.iter().max(), Some(&2));
    }
}
