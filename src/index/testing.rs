//! Seeded test data: the engine's tests and benches need vectors, not a crate of distributions.

use crate::index::rows::Rows;
use crate::vectors::Vectors;

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next_u64() % end as u64) as usize
    }

    /// Uniform in [−1, 1).
    pub(crate) fn symmetric(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// One L2-normalised row.
    pub(crate) fn unit(&mut self, dim: usize) -> Vec<f32> {
        let row: Vec<f32> = (0..dim).map(|_| self.symmetric()).collect();
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        row.iter().map(|x| x / norm).collect()
    }

    /// `count` L2-normalised rows.
    pub(crate) fn units(&mut self, count: usize, dim: usize) -> Vectors {
        let mut rows = Vectors::with_capacity(dim, count);
        for _ in 0..count {
            rows.push(&self.unit(dim));
        }
        rows
    }

    /// `count` L2-normalised rows, as the engine holds them.
    pub(crate) fn rows(&mut self, count: usize, dim: usize) -> Rows<f32> {
        Rows::of(&self.units(count, dim)).expect("memory for a few rows")
    }

    /// `count` codes of `words` words.
    pub(crate) fn codes(&mut self, count: usize, words: usize) -> Rows<u64> {
        let mut codes = Rows::zeroed(words, count).expect("memory for a few codes");
        codes
            .flat_mut()
            .iter_mut()
            .for_each(|word| *word = self.next_u64());
        codes
    }
}
