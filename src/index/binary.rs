//! Binary quantization: one bit per dimension, compared by the number of differing bits.

use std::collections::HashSet;
use std::sync::Arc;

use crate::index::IndexError;
use crate::index::rows::Rows;

/// Sign-bit codes of the rows of a matrix, packed 64 dimensions to a word.
///
/// A bit is 1 where the value is greater than 0, else 0 (a value of exactly 0, of either sign, gives 0). Bits beyond
/// the last dimension are 0 in every code, so they never differ.
#[derive(Debug, Clone)]
pub struct Codes {
    rows: Arc<Rows<u64>>,
}

impl Codes {
    /// The codes of all rows.
    ///
    /// # Errors
    /// [`IndexError::Memory`] when the system has no memory for them.
    pub fn new(rows: &Rows<f32>) -> Result<Self, IndexError> {
        let words = rows.width().div_ceil(64);
        let mut codes = Rows::zeroed(words, rows.len())?;
        for (row, code) in rows.rows().zip(codes.flat_mut().chunks_exact_mut(words)) {
            encode(row, code);
        }
        Ok(Self {
            rows: Arc::new(codes),
        })
    }

    /// The codes as rows.
    pub fn rows(&self) -> &Arc<Rows<u64>> {
        &self.rows
    }

    /// How many different codes there are; far fewer than rows means that the vectors do not suit sign bits.
    pub fn distinct(&self) -> usize {
        self.rows.rows().collect::<HashSet<_>>().len()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.rows.bytes()
    }
}

/// Writes the code of `row` to `code`, a word for 64 dimensions.
pub fn encode(row: &[f32], code: &mut [u64]) {
    for (word, values) in code.iter_mut().zip(row.chunks(64)) {
        let bit = |(i, &x): (usize, &f32)| u64::from(x > 0.0) << i;
        *word = values.iter().enumerate().map(bit).fold(0, |word, bit| word | bit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::exact::scan;
    use crate::index::kernel::Hamming;
    use crate::index::testing::Rng;
    use crate::index::topk::TopK;
    use crate::vectors::Vectors;

    fn codes(dim: usize, flat: &[f32]) -> Codes {
        Codes::new(&Rows::of(&Vectors::from_flat(dim, flat.to_vec()).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn a_bit_says_greater_than_zero() {
        let mut code = [0];
        encode(&[0.5, -0.5, 0.0, -0.0, 1e-30], &mut code);
        assert_eq!(code, [0b10001]);
    }

    #[test]
    fn codes_of_many_words_match_the_signs() {
        let rows = Rng::new(7).rows(3, 130);
        let codes = Codes::new(&rows).unwrap();
        assert_eq!(
            (codes.rows().len(), codes.rows().width(), codes.bytes()),
            (3, 3, 72)
        );
        for (row, code) in rows.rows().zip(codes.rows().rows()) {
            for (d, &x) in row.iter().enumerate() {
                assert_eq!(code[d / 64] >> (d % 64) & 1 == 1, x > 0.0);
            }
        }
    }

    #[test]
    fn the_scan_ranks_by_differing_bits_and_ties_go_to_the_larger_row() {
        let codes = codes(2, &[1.0, 1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0]);
        let mut top = TopK::new(3);
        assert_eq!(scan::<Hamming>(codes.rows(), &[0b11], None, &mut top), 4);
        let got: Vec<(u32, f32)> = top.finish().iter().map(|h| (h.point, h.score)).collect();
        assert_eq!(got, [(0, 0.0), (2, -1.0), (1, -1.0)]);
    }

    #[test]
    fn equal_signs_are_one_distinct_code() {
        assert_eq!(codes(2, &[0.1, 0.9, 0.9, 0.1, -0.1, 0.9]).distinct(), 2);
        assert_eq!(codes(2, &[]).distinct(), 0);
    }
}
