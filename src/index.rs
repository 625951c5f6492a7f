//! The embedded engine: exact scan, graph, binary codes, sparse postings, payload indexes.
//!
//! It knows vectors, rows and bit sets. It knows nothing of specs, documents, judgements or reports.

use serde::{Deserialize, Serialize};

/// Work done by a search: exact, repeatable, and independent of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Distance computations between float vectors.
    pub float_distances: u64,
    /// Distance computations between binary codes.
    pub code_distances: u64,
    /// Postings of a sparse vector looked at.
    pub postings: u64,
    /// Candidates considered before truncation to the limit.
    pub candidates: u64,
    /// Candidates scored again with float vectors.
    pub rescored: u64,
    /// Pairs scored by a reranker.
    pub pairs: u64,
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, o: Self) {
        self.float_distances += o.float_distances;
        self.code_distances += o.code_distances;
        self.postings += o.postings;
        self.candidates += o.candidates;
        self.rescored += o.rescored;
        self.pairs += o.pairs;
    }
}

/// A sparse vector: dimensions ascending and distinct, weights beside them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SparseVector {
    /// Dimensions, ascending.
    pub dims: Vec<u32>,
    /// One finite weight per dimension.
    pub weights: Vec<f32>,
}
