//! The embedded engine: exact scan, graph, binary codes, sparse postings, payload indexes.
//!
//! It knows vectors, rows and bit sets. It knows nothing of specs, documents, judgements or reports.
//!
//! A *row* is a position in one matrix of vectors; a *point* is a position in the corpus. They differ where a
//! document has no text for a vector ([`points::PointMap`]). Rows ascend with points, so that ranking rows and
//! ranking points is the same.

pub mod binary;
pub mod bitset;
pub mod bm25;
pub mod dense;
pub mod exact;
pub mod file;
pub mod graph;
pub mod kernel;
pub mod late;
pub mod live;
pub mod payload;
pub mod points;
pub mod rows;
pub mod scalar;
pub mod sparse;
pub mod topk;

#[cfg(test)]
pub(crate) mod testing;

use serde::{Deserialize, Serialize};

use bitset::BitSet;

/// Work done by a search: exact, repeatable, and independent of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Distance computations between float vectors.
    pub float_distances: u64,
    /// Distance computations between codes, binary or scalar.
    pub code_distances: u64,
    /// Nodes of a graph whose links were looked at; 0 where the graph's engine does not tell.
    #[serde(default)]
    pub hops: u64,
    /// Points that pass the filter, as the payload indexes tell before the search; 0 where nothing was filtered, or
    /// only the hits were.
    #[serde(default)]
    pub matches: u64,
    /// Links around the place where a filtered walk starts that were looked at to choose its course; 0 where none was
    /// chosen.
    #[serde(default)]
    pub sampled: u64,
    /// Those of them that lead to matches. Over `sampled`, this is the share of matches around the query by which the
    /// engine decided.
    #[serde(default)]
    pub sampled_matches: u64,
    /// Bytes of rows, codes, links and postings read, each time that they were.
    #[serde(default)]
    pub bytes: u64,
    /// Postings of a sparse vector looked at.
    pub postings: u64,
    /// Candidates considered before truncation to the limit: every point whose final score was known.
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
        self.hops += o.hops;
        self.matches += o.matches;
        self.sampled += o.sampled;
        self.sampled_matches += o.sampled_matches;
        self.bytes += o.bytes;
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

/// Which points a search may return, and when that is looked at.
#[derive(Clone, Copy)]
pub enum Filtering<'a> {
    /// Every point.
    None,
    /// The points of the set; the engine decides how.
    Auto(&'a BitSet),
    /// The points of the set, and only they are looked at.
    Pre(&'a BitSet),
    /// The points of the set, found by walking the graph. Without a graph, as `Pre`.
    InGraph(&'a BitSet),
    /// Search as if there were no filter, then keep the hits that pass: may return fewer than asked for.
    Post(&'a dyn Fn(u32) -> bool),
}

/// Why an index could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// The system has no memory for the rows or the links.
    #[error("no memory for {bytes} bytes")]
    Memory {
        /// Bytes asked for.
        bytes: usize,
    },
    /// More rows than a graph can number.
    #[error("{rows} rows; the graph takes at most {most}")]
    Rows {
        /// Rows given.
        rows: usize,
        /// Rows it can take.
        most: usize,
    },
    /// `hnsw_rs` ends the process beyond 256 links and cannot count to 256.
    #[error("m is {0}; the graph takes 2 to 255 links per point")]
    Links(usize),
    /// A beam of no width finds nothing.
    #[error("ef_construct is 0; 1 is the least, 100 to 200 is usual")]
    Beam,
    /// Rows and their points do not go together.
    #[error("{rows} rows need as many points below {count}, ascending and distinct")]
    Points {
        /// Rows given.
        rows: usize,
        /// Size of the corpus.
        count: usize,
    },
    /// A vector that no distance is defined for.
    #[error("row {row} holds a value that is not finite")]
    NotFinite {
        /// The row.
        row: usize,
    },
    /// Token vectors of another number of documents than the corpus has.
    #[error("token vectors of {texts} documents, the corpus has {count}")]
    Texts {
        /// Documents they are given for.
        texts: usize,
        /// Size of the corpus.
        count: usize,
    },
    /// A sparse vector whose dimensions and weights do not go together.
    #[error(
        "the sparse vector of point {point} needs ascending, distinct dimensions with one finite weight each"
    )]
    Sparse {
        /// The point.
        point: usize,
    },
}
