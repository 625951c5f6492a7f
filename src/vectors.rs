//! Rows of float32, side by side in one allocation.
//!
//! The shape every part agrees on: models produce it, the cache stores it, the engine searches it.

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
