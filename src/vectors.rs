//! Rows of float32, side by side in one allocation.
//!
//! The shape every part agrees on: models produce it, the cache stores it, the engine searches it.

use std::collections::TryReserveError;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A dense matrix of float32 in row-major order: `len()` rows of `dim()` values.
#[derive(Clone, PartialEq)]
pub struct Vectors {
    dim: usize,
    data: Vec<f32>,
}

/// How two vectors are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The cosine of the angle between them.
    #[default]
    Cosine,
    /// Dot product: a longer vector scores higher.
    Dot,
    /// Euclidean distance; the score is the negated distance.
    L2,
}

impl Metric {
    /// For messages: "by cosine", "by Euclidean distance".
    pub fn words(self) -> &'static str {
        match self {
            Metric::Cosine => "cosine",
            Metric::Dot => "dot product",
            Metric::L2 => "Euclidean distance",
        }
    }
}

impl Vectors {
    /// An empty matrix for rows of `dim` values.
    pub fn with_capacity(dim: usize, rows: usize) -> Self {
        Self {
            dim,
            data: Vec::with_capacity(dim * rows),
        }
    }

    /// `rows` rows of zeros, to be filled in place with [`Vectors::row_mut`]: for rows that come in another order.
    ///
    /// # Errors
    /// When the machine does not give that much memory.
    pub fn zeros(dim: usize, rows: usize) -> Result<Self, TryReserveError> {
        let mut data = Vec::new();
        // Too many to count is also too many to hold; the allocator says so.
        let values = dim.saturating_mul(rows);
        data.try_reserve_exact(values)?;
        data.resize(values, 0.0);
        Ok(Self { dim, data })
    }

    /// Wraps `data`; `None` when its length is no multiple of `dim` (or `dim` is 0).
    pub fn from_flat(dim: usize, data: Vec<f32>) -> Option<Self> {
        (dim > 0 && data.len().is_multiple_of(dim)).then_some(Self { dim, data })
    }

    /// Appends one row.
    ///
    /// # Panics
    /// When the row's length is not `dim()`: a programming error, never an input error.
    pub fn push(&mut self, row: &[f32]) {
        assert_eq!(row.len(), self.dim, "row length");
        self.data.extend_from_slice(row);
    }

    /// Values per row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.data.len() / self.dim
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.data[i * self.dim..(i + 1) * self.dim]
    }

    /// Row `i`, to be written.
    pub fn row_mut(&mut self, i: usize) -> &mut [f32] {
        &mut self.data[i * self.dim..(i + 1) * self.dim]
    }

    /// All rows in order.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.data.chunks_exact(self.dim)
    }

    /// The values of all rows, one after the other.
    pub fn as_flat(&self) -> &[f32] {
        &self.data
    }

    /// Bytes held by the values.
    pub fn bytes(&self) -> usize {
        self.data.len() * size_of::<f32>()
    }
}

impl fmt::Debug for Vectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vectors({} × {})", self.len(), self.dim)
    }
}

/// Rows of several texts in one matrix: as many rows for each as it has tokens, also none.
#[derive(Clone, PartialEq)]
pub struct TokenVectors {
    rows: Vectors,
    /// Text `i` has the rows from `starts[i]` up to `starts[i + 1]`.
    starts: Vec<usize>,
}

impl TokenVectors {
    /// No text yet; every row will have `dim` values.
    pub fn new(dim: usize) -> Self {
        Self {
            rows: Vectors::with_capacity(dim, 0),
            starts: vec![0],
        }
    }

    /// Appends a text with its rows, one after the other.
    ///
    /// # Panics
    /// When `rows` is no whole number of rows: a programming error, never an input error.
    pub fn push(&mut self, rows: &[f32]) {
        assert!(rows.len().is_multiple_of(self.rows.dim), "whole rows");
        self.rows.data.extend_from_slice(rows);
        self.starts.push(self.rows.len());
    }

    /// Values per row.
    pub fn dim(&self) -> usize {
        self.rows.dim
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// True when there is no text.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which rows are those of text `i`.
    pub fn range(&self, i: usize) -> std::ops::Range<usize> {
        self.starts[i]..self.starts[i + 1]
    }

    /// The rows of text `i`, one after the other.
    pub fn of(&self, i: usize) -> &[f32] {
        let range = self.range(i);
        &self.rows.data[range.start * self.rows.dim..range.end * self.rows.dim]
    }

    /// The rows of all texts.
    pub fn rows(&self) -> &Vectors {
        &self.rows
    }

    /// A matrix for each text.
    pub fn apart(&self) -> Vec<Vectors> {
        let one = |i| Vectors {
            dim: self.rows.dim,
            data: self.of(i).to_vec(),
        };
        (0..self.len()).map(one).collect()
    }
}

impl fmt::Debug for TokenVectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenVectors({} texts, {:?})", self.len(), self.rows)
    }
}

/// Scales `row` to Euclidean length 1 in place, computed in float64. Returns false and changes nothing when all of its
/// values are 0: such a row has no direction. The values have to be finite.
pub fn normalize(row: &mut [f32]) -> bool {
    let squares: f64 = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    if squares == 0.0 {
        return false;
    }
    let length = squares.sqrt();
    for x in row {
        *x = (f64::from(*x) / length) as f32;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_brought_to_length_1_in_place() {
        let mut vectors = Vectors::zeros(2, 3).unwrap();
        vectors.row_mut(0).copy_from_slice(&[3.0, -4.0]);
        vectors.row_mut(2).copy_from_slice(&[1e-45, 0.0]);
        assert!(normalize(vectors.row_mut(0)));
        assert!(!normalize(vectors.row_mut(1)));
        assert!(normalize(vectors.row_mut(2)));
        assert_eq!(vectors.as_flat(), [0.6, -0.8, 0.0, 0.0, 1.0, 0.0]);
        // The squares of such a row are beyond float32.
        let mut large = [3e38, 3e38];
        assert!(normalize(&mut large));
        assert_eq!(large.to_vec(), [0.5f32.sqrt(); 2]);
    }

    #[test]
    fn texts_have_rows_of_their_own_or_none() {
        let mut tokens = TokenVectors::new(2);
        for rows in [&[1.0, 2.0, 3.0, 4.0][..], &[], &[5.0, 6.0]] {
            tokens.push(rows);
        }
        assert_eq!((tokens.len(), tokens.rows().len()), (3, 3));
        assert_eq!([0, 1, 2].map(|i| tokens.range(i)), [0..2, 2..2, 2..3]);
        assert_eq!(tokens.of(2), [5.0, 6.0]);
        let lengths: Vec<usize> = tokens.apart().iter().map(Vectors::len).collect();
        assert_eq!(lengths, [2, 0, 1]);
    }

    #[test]
    fn more_memory_than_there_is_is_an_error() {
        assert!(Vectors::zeros(usize::MAX, 2).is_err());
        assert!(Vectors::zeros(1 << 30, 1 << 30).is_err());
    }
}
