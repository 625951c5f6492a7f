//! The graph over the rows of one vector: over float rows, or over their binary codes.
//!
//! This is the whole surface that a search needs, so that engines can take each other's place: build, search, sizes.

mod hnsw;
mod hnsw_rs;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::hit::{Hit, rank};
use crate::index::IndexError;
use crate::index::bitset::BitSet;
use crate::index::file::{FileError, IndexReader, IndexWriter};
use crate::index::kernel::Space;
use crate::index::rows::Rows;
pub use hnsw::Scratch;

/// Whose graph it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Ours.
    Hnsw,
    /// The `hnsw_rs` crate's.
    HnswRs,
}

/// How a graph is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphParams {
    /// By whom.
    pub engine: Engine,
    /// Links per point and layer, twice as many in the lowest; 2 to 255.
    pub m: usize,
    /// Beam width while building, at least 1.
    pub ef_construct: usize,
    /// Decides layers and order of insertion; `hnsw_rs` has a seed of its own.
    pub seed: u64,
}

impl GraphParams {
    /// Checks the ranges given at the fields.
    pub fn check(&self) -> Result<(), IndexError> {
        match self {
            GraphParams { m, .. } if !(2..=255).contains(m) => Err(IndexError::Links(*m)),
            GraphParams { ef_construct: 0, .. } => Err(IndexError::Beam),
            _ => Ok(()),
        }
    }
}

/// Work done by a search: exact and repeatable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Rows compared with the query, each time that one was.
    pub distances: u64,
    /// Nodes whose links were looked at; 0 where the engine does not tell.
    pub hops: u64,
    /// Bytes of the slots that their links lie in.
    pub link_bytes: u64,
    /// Rows that were scored again by float.
    pub rescored: u64,
    /// Links around the start of a filtered walk that were looked at to choose its course.
    pub sampled: u64,
    /// Those of them that lead to rows that pass.
    pub sampled_matches: u64,
}

/// The rows that a search may find.
#[derive(Debug, Clone, Copy)]
pub struct Within<'a> {
    /// They.
    pub rows: &'a BitSet,
    /// How many they are.
    pub matches: usize,
    /// Where so few of them are near that the links between them lead to fewer than the beam holds, go on through all
    /// others until it is full or nothing is left; else come back with fewer.
    pub thorough: bool,
    /// A walk among the matches with a wider beam would take longer than a scan of them. A walk that is not thorough
    /// gives up rather than cost more.
    pub widest: f64,
}

/// A row needs so many neighbours that pass, on average, or the matches fall apart into parts that no walk leaves: at
/// 1.6 a beam of 64 finds 0.99 of the nearest, at 0.64 it finds 0.92, at 0.32 0.72.
pub(in crate::index) const LEAST_NEIGHBOURS: f64 = 0.8;

/// What scores rows again that look good by their codes.
pub struct Again<'a, F: Space> {
    /// The float rows.
    pub rows: &'a Rows<F::Value>,
    /// The query, as they are.
    pub query: &'a [F::Value],
    /// A row is scored again when its code is among so many best that the walk has met; raised to its width.
    pub shortlist: usize,
}

/// A navigable small-world graph (Malkov and Yashunin 2018) over rows compared in the space `S`.
pub struct Graph<S: Space> {
    rows: Arc<Rows<S::Value>>,
    params: GraphParams,
    built: Built<S>,
}

enum Built<S: Space> {
    Hnsw(hnsw::Hnsw),
    HnswRs(hnsw_rs::HnswRs<S>),
}

impl<S: Space> Graph<S> {
    /// Builds our graph over `rows`, linked as the rows of `by` are near to each other, one for each of `rows`.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn linked_by<B: Space>(
        by: &Rows<B::Value>,
        rows: Arc<Rows<S::Value>>,
        params: GraphParams,
    ) -> Result<Self, IndexError> {
        params.check()?;
        let built = Built::Hnsw(hnsw::build::<B>(by, params)?);
        Ok(Self { rows, params, built })
    }

    /// Builds the graph over `rows`, with the threads of the current pool.
    ///
    /// # Errors
    /// When `params` are out of range, there are too many rows, or there is no memory for the links.
    pub fn build(rows: Arc<Rows<S::Value>>, params: GraphParams) -> Result<Self, IndexError> {
        params.check()?;
        let built = match params.engine {
            Engine::Hnsw => Built::Hnsw(hnsw::build::<S>(&rows, params)?),
            Engine::HnswRs => Built::HnswRs(hnsw_rs::HnswRs::build(&rows, params)),
        };
        Ok(Self { rows, params, built })
    }

    /// Puts the rows found for `query`, with their scores in the space `Q`, into `found`: at most `ef` of them and
    /// possibly fewer, in rank order. Other engines than ours know the space `S` alone.
    ///
    /// With `within`, the whole graph may be walked but only rows of the set are found.
    pub fn search<Q: Space<Value = S::Value>>(
        &self,
        query: &[S::Value],
        ef: usize,
        within: Option<Within<'_>>,
        scratch: &mut Scratch,
        found: &mut Vec<Hit>,
    ) -> Work {
        match &self.built {
            Built::Hnsw(graph) => graph.search::<Q>(&self.rows, query, ef, within, scratch, found),
            Built::HnswRs(graph) => {
                let mut distances = graph.search(query, ef, within.map(|w| w.rows), found);
                // That engine's distance is rounded; scoring again gives the bits of a scan.
                for hit in &mut *found {
                    hit.score = Q::score(query, self.rows.row(hit.point as usize));
                }
                distances += found.len() as u64;
                rank(found, usize::MAX);
                Work {
                    distances,
                    ..Work::default()
                }
            }
        }
    }

    /// As [`Self::search`] over codes, but what looks good is scored by its float row while the graph is walked, and
    /// `found` has those scores. `None` where the graph is not ours, which cannot do that.
    pub fn search_again<Q: Space<Value = S::Value>, F: Space>(
        &self,
        query: &[S::Value],
        again: Again<'_, F>,
        ef: usize,
        within: Option<Within<'_>>,
        scratch: &mut Scratch,
        found: &mut Vec<Hit>,
    ) -> Option<Work> {
        match &self.built {
            Built::Hnsw(graph) => {
                let codes = (&*self.rows, query);
                Some(graph.search_again::<Q, F>(codes, again, ef, within, scratch, found))
            }
            Built::HnswRs(_) => None,
        }
    }

    /// Writes the links as sections whose names begin with `name`.
    ///
    /// # Errors
    /// When the file cannot be written, or the graph is that of `hnsw_rs`.
    pub fn save(&self, to: &mut IndexWriter, name: &str) -> Result<(), FileError> {
        match &self.built {
            Built::Hnsw(graph) => graph.save(to, name),
            Built::HnswRs(_) => Err(FileError::Unsupported(
                "the graph of `hnsw_rs` cannot be written to a file; use `hnsw`",
            )),
        }
    }

    /// Reads what [`Self::save`] wrote of a graph over `rows`.
    ///
    /// # Errors
    /// When the file was altered, or its links lead to rows that are not there.
    pub fn open(
        from: &IndexReader,
        name: &str,
        rows: Arc<Rows<S::Value>>,
        params: GraphParams,
    ) -> Result<Self, FileError> {
        let built = Built::Hnsw(hnsw::Hnsw::open(from, name, rows.len())?);
        Ok(Self { rows, params, built })
    }

    /// How it was built.
    pub fn params(&self) -> GraphParams {
        self.params
    }

    /// Sizes.
    pub fn facts(&self) -> GraphFacts {
        match &self.built {
            Built::Hnsw(graph) => graph.facts(),
            Built::HnswRs(graph) => graph.facts(),
        }
    }
}

/// Sizes of a graph, and whether it is the same every time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphFacts {
    /// Links between rows, over all layers, each direction counted.
    pub links: usize,
    /// Bytes held: links, tables, and whatever the engine copies for itself.
    pub bytes: usize,
    /// True when building again from the same rows gives the same graph.
    pub repeatable: bool,
}

#[cfg(test)]
mod tests;
