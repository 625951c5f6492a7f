//! Binary quantization: one bit per dimension, compared by the number of differing bits.

use std::collections::HashSet;

use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::distance::hamming;
use crate::index::topk::TopK;
use crate::vectors::Vectors;

/// Sign-bit codes of the rows of a matrix, packed 64 dimensions to a word.
///
/// A bit is 1 where the value is greater than 0, else 0 (a value of exactly 0, of either sign, gives 0). Bits beyond
/// the last dimension are 0 in every code, so they never differ.
#[derive(Debug, Clone)]
pub struct Codes {
    /// Words per code.
    words: usize,
    data: Vec<u64>,
}

impl Codes {
    /// The codes of all rows.
    pub fn new(rows: &Vectors) -> Self {
        let words = rows.dim().div_ceil(64);
        let mut data = Vec::with_capacity(words * rows.len());
        for row in rows.rows() {
            encode(row, &mut data);
        }
        Self { words, data }
    }

    /// The code of row `i`.
    pub fn code(&self, i: usize) -> &[u64] {
        &self.data[i * self.words..(i + 1) * self.words]
    }

    /// All codes in order of rows.
    pub fn codes(&self) -> std::slice::ChunksExact<'_, u64> {
        self.data.chunks_exact(self.words)
    }

    /// Number of codes.
    pub fn len(&self) -> usize {
        self.data.len() / self.words
    }

    /// True when there is no code.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// How many different codes there are; far fewer than rows means that the vectors do not suit sign bits.
    pub fn distinct(&self) -> usize {
        self.codes().collect::<HashSet<_>>().len()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.data.capacity() * size_of::<u64>()
    }

    /// The score of row `i`: the number of bits in which it differs from `query`, negated so that larger is better.
    pub fn score(&self, query: &[u64], i: usize) -> f32 {
        -(hamming(query, self.code(i)) as f32)
    }

    /// Offers every row (of `allowed`, if given) to `top` by [`Self::score`]; returns how many.
    ///
    /// Hits carry rows as points.
    pub fn scan(&self, query: &[u64], allowed: Option<&BitSet>, top: &mut TopK) -> u64 {
        let Some(allowed) = allowed else {
            for (row, code) in self.codes().enumerate() {
                top.push(Hit {
                    point: row as u32,
                    score: -(hamming(query, code) as f32),
                });
            }
            return self.len() as u64;
        };
        let mut scored = 0;
        for row in allowed.iter() {
            top.push(Hit {
                point: row,
                score: self.score(query, row as usize),
            });
            scored += 1;
        }
        scored
    }
}

/// Appends the code of `row` to `out`.
pub fn encode(row: &[f32], out: &mut Vec<u64>) {
    for values in row.chunks(64) {
        let bit = |(i, &x): (usize, &f32)| u64::from(x > 0.0) << i;
        out.push(values.iter().enumerate().map(bit).fold(0, |word, bit| word | bit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::testing::Rng;

    #[test]
    fn a_bit_says_greater_than_zero() {
        let mut code = Vec::new();
        encode(&[0.5, -0.5, 0.0, -0.0, 1e-30], &mut code);
        assert_eq!(code, [0b10001]);
    }

    #[test]
    fn codes_of_many_words_match_the_signs() {
        let rows = Rng::new(7).units(3, 130);
        let codes = Codes::new(&rows);
        assert_eq!((codes.len(), codes.code(0).len(), codes.bytes()), (3, 3, 72));
        for (i, row) in rows.rows().enumerate() {
            for (d, &x) in row.iter().enumerate() {
                assert_eq!(codes.code(i)[d / 64] >> (d % 64) & 1 == 1, x > 0.0);
            }
        }
    }

    #[test]
    fn the_scan_ranks_by_differing_bits_and_ties_go_to_the_larger_row() {
        let rows = Vectors::from_flat(2, vec![1.0, 1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0]).unwrap();
        let codes = Codes::new(&rows);
        let mut top = TopK::new(3);
        assert_eq!(codes.scan(&[0b11], None, &mut top), 4);
        let got: Vec<(u32, f32)> = top.finish().iter().map(|h| (h.point, h.score)).collect();
        assert_eq!(got, [(0, 0.0), (2, -1.0), (1, -1.0)]);
    }

    #[test]
    fn equal_signs_are_one_distinct_code() {
        let rows = Vectors::from_flat(2, vec![0.1, 0.9, 0.9, 0.1, -0.1, 0.9]).unwrap();
        assert_eq!(Codes::new(&rows).distinct(), 2);
        assert_eq!(Codes::new(&Vectors::with_capacity(2, 0)).distinct(), 0);
    }
}
