//! Binary quantization: one bit per dimension, compared by the number of differing bits, or with a query that keeps
//! four bits of each of its values.

use std::collections::HashSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::index::IndexError;
use crate::index::kernel::PLANES;
use crate::index::rows::Rows;

/// How codes are made and compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BinaryParams {
    /// Bits say on which side of the rows' mean a value lies, not of 0.
    pub centred: bool,
    /// What becomes of a query.
    pub query: BinaryQuery,
}

/// What becomes of a query that is compared with codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BinaryQuery {
    /// Signs, as a row: compared by differing bits.
    #[default]
    Bits,
    /// Four bits per dimension: compared by its product with the signs of a row, four times the work.
    FourBits,
}

/// Sign-bit codes of the rows of a matrix, packed 64 dimensions to a word.
///
/// A bit is 1 where the value is greater than 0, or than the mean of all rows, else 0 (a value of exactly 0, of either
/// sign, gives 0). Bits beyond the last dimension are 0 in every code, so they never differ.
#[derive(Debug, Clone)]
pub struct Codes {
    rows: Arc<Rows<u64>>,
    /// The mean of the rows; empty where codes are not centred.
    centre: Box<[f32]>,
    query: BinaryQuery,
}

impl Codes {
    /// The codes of all rows.
    ///
    /// # Errors
    /// [`IndexError::Memory`] when the system has no memory for them.
    pub fn new(rows: &Rows<f32>, params: BinaryParams) -> Result<Self, IndexError> {
        let words = rows.width().div_ceil(64);
        let centre = if params.centred {
            mean(rows)
        } else {
            Box::default()
        };
        let mut codes = Rows::zeroed(words, rows.len())?;
        let mut shifted = Vec::new();
        for (row, code) in rows.rows().zip(codes.flat_mut().chunks_exact_mut(words)) {
            shift(row, &centre, &mut shifted);
            signs(&shifted, code);
        }
        Ok(Self {
            rows: Arc::new(codes),
            centre,
            query: params.query,
        })
    }

    /// Codes that were made before, with the mean that they are centred on, if they are.
    pub(super) fn stored(rows: Rows<u64>, centre: Box<[f32]>, query: BinaryQuery) -> Self {
        let rows = Arc::new(rows);
        Self { rows, centre, query }
    }

    /// How they were made.
    pub fn params(&self) -> BinaryParams {
        BinaryParams {
            centred: !self.centre.is_empty(),
            query: self.query,
        }
    }

    /// The mean of the rows; empty where codes are not centred.
    pub(super) fn centre(&self) -> &[f32] {
        &self.centre
    }

    /// The codes as rows.
    pub fn rows(&self) -> &Arc<Rows<u64>> {
        &self.rows
    }

    /// What becomes of a query.
    pub fn query(&self) -> BinaryQuery {
        self.query
    }

    /// Makes `code` what `vector` is compared as: a code, or the four codes that [`crate::index::kernel::Planes`] takes.
    pub fn encode(&self, vector: &[f32], shifted: &mut Vec<f32>, code: &mut Vec<u64>) {
        shift(vector, &self.centre, shifted);
        match self.query {
            BinaryQuery::Bits => {
                code.resize(self.rows.width(), 0);
                signs(shifted, code);
            }
            BinaryQuery::FourBits => {
                code.resize(PLANES * self.rows.width(), 0);
                planes(shifted, code);
            }
        }
    }

    /// How many different codes there are; far fewer than rows means that the vectors do not suit sign bits.
    pub fn distinct(&self) -> usize {
        self.rows.rows().collect::<HashSet<_>>().len()
    }

    /// Bytes held: codes, and the mean where they are centred.
    pub fn bytes(&self) -> usize {
        self.rows.bytes() + size_of_val(&*self.centre)
    }
}

/// The mean of all rows, added up in float64 in their order.
fn mean(rows: &Rows<f32>) -> Box<[f32]> {
    let mut sums = vec![0.0f64; rows.width()];
    for row in rows.rows() {
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, &x)| *sum += f64::from(x));
    }
    let count = rows.len().max(1) as f64;
    sums.iter().map(|sum| (sum / count) as f32).collect()
}

/// `row` less `centre`, which may be empty.
fn shift(row: &[f32], centre: &[f32], out: &mut Vec<f32>) {
    out.clear();
    out.extend_from_slice(row);
    out.iter_mut().zip(centre).for_each(|(x, c)| *x -= c);
}

/// Writes the signs of `row` to `code`, a word for 64 dimensions.
fn signs(row: &[f32], code: &mut [u64]) {
    for (word, values) in code.iter_mut().zip(row.chunks(64)) {
        let bit = |(i, &x): (usize, &f32)| u64::from(x > 0.0) << i;
        *word = values.iter().enumerate().map(bit).fold(0, |word, bit| word | bit);
    }
}

/// Writes `row`, scaled so that its largest value is 7 and rounded, to four planes of bits.
fn planes(row: &[f32], code: &mut [u64]) {
    const LARGEST: f32 = 7.0;
    code.fill(0);
    let largest = row.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    if largest == 0.0 {
        return;
    }
    let words = code.len() / PLANES;
    for (at, &x) in row.iter().enumerate() {
        let value = (x / largest * LARGEST).round() as i8;
        for plane in 0..PLANES {
            code[plane * words + at / 64] |= (value as u64 >> plane & 1) << (at % 64);
        }
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
        let rows = Rows::of(&Vectors::from_flat(dim, flat.to_vec()).unwrap()).unwrap();
        Codes::new(&rows, BinaryParams::default()).unwrap()
    }

    #[test]
    fn a_bit_says_greater_than_zero() {
        let mut code = [0];
        signs(&[0.5, -0.5, 0.0, -0.0, 1e-30], &mut code);
        assert_eq!(code, [0b10001]);
    }

    #[test]
    fn codes_of_many_words_match_the_signs() {
        let rows = Rng::new(7).rows(3, 130);
        let codes = Codes::new(&rows, BinaryParams::default()).unwrap();
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

    #[test]
    fn centred_codes_say_on_which_side_of_the_mean_a_value_lies() {
        let rows = Rows::of(&Vectors::from_flat(2, vec![1.0, -1.0, 2.0, -4.0, 6.0, -1.0]).unwrap()).unwrap();
        let params = BinaryParams {
            centred: true,
            query: BinaryQuery::Bits,
        };
        let codes = Codes::new(&rows, params).unwrap();
        // The mean is (3, −2).
        assert_eq!(codes.rows().flat(), [0b10, 0b00, 0b11]);
        assert_eq!(codes.bytes(), 3 * 8 + 2 * 4);
        let mut code = Vec::new();
        codes.encode(&[3.5, -2.5], &mut Vec::new(), &mut code);
        assert_eq!(code, [0b01]);
    }

    #[test]
    fn four_bits_keep_the_size_of_a_query_s_values() {
        let params = BinaryParams {
            query: BinaryQuery::FourBits,
            ..BinaryParams::default()
        };
        let rows = Rows::of(&Vectors::from_flat(4, vec![0.1, 0.1, 0.1, -0.1]).unwrap()).unwrap();
        let codes = Codes::new(&rows, params).unwrap();
        let mut code = Vec::new();
        codes.encode(&[0.7, -0.3, 0.16, 0.5], &mut Vec::new(), &mut code);
        // 7, −3 and 2 under the row's bits; 5 is not.
        assert_eq!(
            crate::index::kernel::planes(&code, codes.rows().row(0)),
            7 - 3 + 2
        );
        codes.encode(&[0.0; 4], &mut Vec::new(), &mut code);
        assert_eq!(code, [0; 4]);
    }
}
