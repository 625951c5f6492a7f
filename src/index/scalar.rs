//! Scalar quantization: one byte per dimension, on a scale that all dimensions share.

use std::sync::Arc;

use crate::index::IndexError;
use crate::index::rows::Rows;

/// Largest code; −128 is not used, so that the scale is symmetric.
const LARGEST: f32 = 127.0;
/// Rows whose values decide the scale.
const SAMPLE: usize = 10_000;

/// Codes of the rows of a matrix: value `x` becomes `(x − middle) / step`, rounded, and cut off at ±127.
#[derive(Debug, Clone)]
pub struct Bytes {
    rows: Arc<Rows<i8>>,
    middle: f32,
    step: f32,
}

impl Bytes {
    /// The codes of all rows. The scale holds the share `quantile` of the values of at most 10,000 rows, evenly spread;
    /// with 1 none of theirs is cut off. It is `centred` where only differences of values count; a dot product needs a
    /// scale around 0.
    ///
    /// # Errors
    /// [`IndexError::Memory`] when the system has no memory for them.
    pub fn new(rows: &Rows<f32>, centred: bool, quantile: f64) -> Result<Self, IndexError> {
        let (middle, reach) = scale(rows, centred, quantile);
        // Rows of equal values have no scale; any will do.
        let step = if reach > 0.0 { reach / LARGEST } else { 1.0 };
        let mut codes = Rows::zeroed(rows.width(), rows.len())?;
        for (code, &x) in codes.flat_mut().iter_mut().zip(rows.flat()) {
            *code = encode(x, middle, step);
        }
        Ok(Self {
            rows: Arc::new(codes),
            middle,
            step,
        })
    }

    /// Codes that were made before, with the middle and the step of their scale.
    pub(super) fn stored(rows: Rows<i8>, (middle, step): (f32, f32)) -> Self {
        let rows = Arc::new(rows);
        Self { rows, middle, step }
    }

    /// The middle and the step of the scale.
    pub(super) fn scale(&self) -> (f32, f32) {
        (self.middle, self.step)
    }

    /// The codes as rows.
    pub fn rows(&self) -> &Arc<Rows<i8>> {
        &self.rows
    }

    /// Makes `code` the code of `vector`.
    pub fn encode(&self, vector: &[f32], code: &mut Vec<i8>) {
        code.clear();
        code.extend(vector.iter().map(|&x| encode(x, self.middle, self.step)));
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.rows.bytes()
    }
}

fn encode(x: f32, middle: f32, step: f32) -> i8 {
    // A cast cuts off at ±128.
    (((x - middle) / step).round() as i8).max(-LARGEST as i8)
}

/// The middle of the scale, and how far it reaches to either side.
fn scale(rows: &Rows<f32>, centred: bool, quantile: f64) -> (f32, f32) {
    let every = rows.len().div_ceil(SAMPLE).max(1);
    let mut sample: Vec<f32> = rows.rows().step_by(every).flatten().copied().collect();
    if sample.is_empty() {
        return (0.0, 0.0);
    }
    let mut at = |share: f64| {
        let rank = (share * (sample.len() - 1) as f64).round() as usize;
        *sample.select_nth_unstable_by(rank, f32::total_cmp).1
    };
    let (low, high) = (at((1.0 - quantile) / 2.0), at((1.0 + quantile) / 2.0));
    match centred {
        true => (low / 2.0 + high / 2.0, high / 2.0 - low / 2.0),
        false => (0.0, high.max(-low)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::Vectors;

    fn codes(flat: &[f32], centred: bool, quantile: f64) -> (Bytes, Vec<i8>) {
        let rows = Rows::of(&Vectors::from_flat(1, flat.to_vec()).unwrap()).unwrap();
        let bytes = Bytes::new(&rows, centred, quantile).unwrap();
        let codes = bytes.rows().flat().to_vec();
        (bytes, codes)
    }

    #[test]
    fn the_largest_value_becomes_127_and_zero_stays_zero() {
        let (bytes, got) = codes(&[0.0, 0.5, -0.25, 0.1], false, 1.0);
        assert_eq!(got, [0, 127, -64, 25]);
        assert_eq!(bytes.bytes(), 4);
        let mut code = Vec::new();
        bytes.encode(&[0.5, -7.0, 7.0], &mut code);
        assert_eq!(code, [127, -127, 127]);
    }

    #[test]
    fn a_centred_scale_uses_all_codes_for_values_on_one_side_of_zero() {
        assert_eq!(codes(&[10.0, 11.0, 12.0], true, 1.0).1, [-127, 0, 127]);
        assert_eq!(codes(&[10.0, 11.0, 12.0], false, 1.0).1, [106, 116, 127]);
    }

    #[test]
    fn values_beyond_the_quantile_are_cut_off() {
        let mut values: Vec<f32> = (-50..=50).map(|x| x as f32).collect();
        values.push(1000.0);
        let (_, got) = codes(&values, false, 0.98);
        assert_eq!((got[0], got[50], got[100], got[101]), (-127, 0, 127, 127));
    }

    #[test]
    fn equal_values_and_no_values_have_codes_too() {
        assert_eq!(codes(&[0.0, 0.0], false, 1.0).1, [0, 0]);
        assert_eq!(codes(&[3.0, 3.0], true, 1.0).1, [0, 0]);
        assert!(codes(&[], false, 1.0).1.is_empty());
    }
}
