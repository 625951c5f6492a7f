//! One dense vector of the corpus: its rows, and what makes searching them cheaper.

mod first;
mod floats;
mod pass;
mod stored;
mod way;

use std::sync::Arc;

use crate::hit::{Hit, rank};
use crate::index::binary::BinaryParams;
use crate::index::bitset::BitSet;
use crate::index::file::FileError;
use crate::index::graph::{GraphFacts, GraphParams, Scratch};
use crate::index::points::PointMap;
use crate::index::rows::Rows;
use crate::index::topk::TopK;
use crate::index::{Counters, Filtering, IndexError};
use crate::vectors::{Metric, Vectors};
use first::FirstPass;
use floats::Floats;
use pass::Pass;
pub use way::{Applied, Way};

/// The rows of one dense vector, ready to be searched.
pub struct DenseIndex {
    metric: Metric,
    rows: Floats,
    points: PointMap,
    first_pass: FirstPass,
}

/// What is built over the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DenseParams {
    /// How rows are compared. Under [`Metric::Cosine`] they are L2-normalised.
    pub metric: Metric,
    /// A graph, over the codes if there are codes.
    pub graph: Option<GraphParams>,
    /// Codes for the first pass.
    pub codes: Option<Coding>,
}

/// What rows are compressed to for the first pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Coding {
    /// A bit per dimension.
    Binary(BinaryParams),
    /// A byte per dimension.
    Scalar {
        /// The share of values that the scale holds; see [`crate::index::scalar::Bytes::new`].
        quantile: f64,
    },
}

/// One query.
#[derive(Clone, Copy)]
pub struct DenseQuery<'a> {
    /// As long as a row; L2-normalised under [`Metric::Cosine`].
    pub vector: &'a [f32],
    /// Most hits wanted.
    pub limit: usize,
    /// Beam width of a graph search; raised to the number of hits it has to find.
    pub ef: usize,
    /// Scan the float rows whatever else there is.
    pub exact: bool,
    /// Scan instead of walking the graph; by code where there are codes.
    pub scan: bool,
    /// With codes: fetch `⌈oversampling × limit⌉` rows by code, at least `limit`.
    pub oversampling: f64,
    /// With codes: score what was fetched again with the float rows.
    pub rescore: bool,
    /// Which points may be returned.
    pub filtering: Filtering<'a>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseAnswer {
    /// In rank order. The score is the dot product or the negated Euclidean distance; without rescoring, that of the codes.
    pub hits: Vec<Hit>,
    /// Work done.
    pub counters: Counters,
    /// How it was done.
    pub way: Way,
}

/// Memory of a search, used again by the next.
#[derive(Debug, Default)]
pub struct DenseScratch {
    shifted: Vec<f32>,
    bits: Vec<u64>,
    bytes: Vec<i8>,
    walk: Scratch,
    found: Vec<Hit>,
    rows: BitSet,
    top: TopK,
}

impl DenseIndex {
    /// Indexes a copy of `rows`, of which row `i` belongs to point `points[i]` out of `count`.
    ///
    /// # Errors
    /// When points and rows do not go together, a value is not finite, the graph's parameters are out of range, or
    /// there is no memory.
    pub fn build(
        rows: &Vectors,
        points: &[u32],
        count: usize,
        params: DenseParams,
    ) -> Result<Self, IndexError> {
        Self::of_rows(Rows::of(rows)?, points, count, params)
    }

    /// As [`Self::build`], of rows that are the index's own: no second copy.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn of_rows(
        rows: Rows<f32>,
        points: &[u32],
        count: usize,
        params: DenseParams,
    ) -> Result<Self, IndexError> {
        let points = PointMap::new(points, rows.len(), count)?;
        if let Some(row) = rows.rows().position(|r| !r.iter().all(|x| x.is_finite())) {
            return Err(IndexError::NotFinite { row });
        }
        let rows = Arc::new(rows);
        let first_pass = FirstPass::build(&rows, params)?;
        Ok(Self {
            metric: params.metric,
            rows: Floats::Held(rows),
            points,
            first_pass,
        })
    }

    /// Values per row.
    pub fn dim(&self) -> usize {
        self.rows.width()
    }

    /// How rows are compared.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Points of the corpus, with a row or without.
    pub fn points(&self) -> usize {
        self.points.count()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes in memory of the float rows and of the map to their points.
    pub fn vector_bytes(&self) -> usize {
        self.rows.bytes() + self.points.bytes()
    }

    /// Bytes of the codes; 0 where there are none.
    pub fn code_bytes(&self) -> usize {
        self.first_pass.code_bytes()
    }

    /// How many different binary codes there are, if there are binary codes.
    pub fn distinct_codes(&self) -> Option<usize> {
        self.first_pass.distinct_codes()
    }

    /// Sizes of the graph, if there is one.
    pub fn graph(&self) -> Option<GraphFacts> {
        self.first_pass.graph()
    }

    /// The float rows, if they are in memory; else nothing.
    pub(super) fn float_rows(&self) -> impl Iterator<Item = &[f32]> {
        self.rows.held().into_iter().flat_map(|rows| rows.rows())
    }

    /// True when the float rows stay in the file that the index was opened from.
    pub fn is_on_disk(&self) -> bool {
        self.rows.held().is_none()
    }

    /// Answers one query.
    ///
    /// # Errors
    /// When float rows stay on disk and cannot be read.
    ///
    /// # Panics
    /// When the vector is not as long as a row: a programming error, never an input error.
    pub fn search(
        &self,
        query: &DenseQuery<'_>,
        scratch: &mut DenseScratch,
    ) -> Result<DenseAnswer, FileError> {
        let mut pass = Pass::new(self, query);
        let mut hits = pass.run(scratch)?;
        let (counters, way) = (pass.counters, pass.way);
        if self.metric == Metric::L2 && (!way.by_code || query.rescore) {
            // Neighbouring squares can have one root, and of equals the larger row comes first.
            hits.iter_mut().for_each(|hit| hit.score = -(-hit.score).sqrt());
            rank(&mut hits, usize::MAX);
        }
        for hit in &mut hits {
            hit.point = self.points.point(hit.point);
        }
        if let Filtering::Post(passes) = query.filtering {
            hits.retain(|h| passes(h.point));
        }
        Ok(DenseAnswer { hits, counters, way })
    }
}

impl DenseQuery<'_> {
    /// Rows fetched by code.
    fn fetch(&self) -> usize {
        ((self.oversampling * self.limit as f64).ceil() as usize).max(self.limit)
    }
}

#[cfg(test)]
pub(super) mod tests;
