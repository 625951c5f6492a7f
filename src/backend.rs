//! The one real seam: a backend builds an index and hands out searchers.
//!
//! Everything shared is built once and is `Sync`; everything per worker is owned by the worker and needs no lock in
//! the timed path. The whole retrieval part of a pipeline crosses the seam, so that a server may run it in one
//! request while the embedded engine interprets it; the answer says per stage what was done. A backend never sees a
//! judgement, a measure, a spec or a report.

mod check;
mod join;
pub mod local;
pub mod mock;
#[cfg(feature = "qdrant")]
pub mod qdrant;
mod wrong;

#[cfg(test)]
pub(crate) mod contract;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::filter::{Filter, Payload};
use crate::hit::Hit;
use crate::index::{Counters, SparseVector};
use crate::pipeline::{IndexConfig, Pipeline, Stage};
use crate::vectors::{Metric, TokenVectors, Vectors};

/// Makes indexes.
pub trait Backend: Send + Sync {
    /// Who answers; a backend of unknown version is refused before anything is measured.
    fn info(&self) -> Result<BackendInfo, BackendError>;
    /// Says at plan time whether it can do what is asked. `Err` holds the reason for the table.
    fn check(&self, index: &IndexConfig, pipeline: &Pipeline) -> Result<(), Unsupported>;
    /// Builds an index over `points`. When it returns, the index is complete: nothing is built in the background.
    fn build(&self, index: &IndexConfig, points: &Points<'_>) -> Result<Box<dyn Index>, BackendError>;
    /// Removes what the builds of this backend left where others can see it, and says what that was.
    fn remove(&self) -> Result<Vec<String>, BackendError> {
        Ok(Vec::new())
    }
}

/// A complete index.
pub trait Index: Send + Sync {
    /// Sizes and the configuration as the backend reports it.
    fn stats(&self) -> Result<IndexStats, BackendError>;
    /// A searcher for one worker.
    fn searcher(&self) -> Result<Box<dyn Searcher + '_>, BackendError>;
    /// What an index elsewhere can show for itself; `None` for one in this process, whose answers say it all.
    fn elsewhere(&self) -> Option<&dyn Elsewhere> {
        None
    }
}

/// An index that this program sees through calls only.
pub trait Elsewhere {
    /// Searches carried out so far in the parts of the index, by vector and way, as its server counts them.
    fn searched(&self) -> Result<BTreeMap<String, Searched>, BackendError>;
    /// Calls made so far.
    fn calls(&self) -> Calls;
}

/// Searches of one vector in the parts (segments) of an index: one search of a collection is one in each part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Searched {
    /// By graph, or by the posting lists of a sparse vector.
    pub by_index: u64,
    /// By scan, because there is no graph.
    pub scanned: u64,
    /// By scan, because a filter lets few points through.
    pub few_matches: u64,
    /// By scan, because an exact search was asked for.
    pub exact: u64,
}

impl std::ops::Sub for Searched {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            by_index: self.by_index.saturating_sub(earlier.by_index),
            scanned: self.scanned.saturating_sub(earlier.scanned),
            few_matches: self.few_matches.saturating_sub(earlier.few_matches),
            exact: self.exact.saturating_sub(earlier.exact),
        }
    }
}

/// Calls to a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// Sent, with repeats.
    pub sent: u64,
    /// Sent again after a failure.
    pub repeated: u64,
    /// Failures by their code, for instance `RESOURCE_EXHAUSTED`.
    pub failed: BTreeMap<String, u64>,
}

/// One worker's way into an index.
pub trait Searcher: Send {
    /// Runs the stages of `request` in order and returns one answer per stage.
    fn search(&mut self, request: &Request<'_>) -> Result<Vec<StageAnswer>, BackendError>;
}

/// What a backend indexes. Point `i` of every part is document `i` of the corpus sorted by id.
#[derive(Debug, Clone)]
pub struct Points<'a> {
    /// Number of documents.
    pub count: usize,
    /// Dense vectors by name.
    pub dense: BTreeMap<&'a str, DensePoints<'a>>,
    /// Sparse vectors by name, one per document; empty where the document has no such text.
    pub sparse: BTreeMap<&'a str, &'a [SparseVector]>,
    /// Token vectors by name, one text per document; L2-normalised rows, none where the document has no such text.
    pub late: BTreeMap<&'a str, &'a TokenVectors>,
    /// What filters look at, one per document.
    pub payload: &'a [Payload],
}

/// The rows of one dense vector. A document without text for it has no row.
#[derive(Debug, Clone, Copy)]
pub struct DensePoints<'a> {
    /// How two rows are compared.
    pub metric: Metric,
    /// The rows; L2-normalised under [`Metric::Cosine`].
    pub rows: &'a Vectors,
    /// The point of each row, ascending.
    pub points: &'a [u32],
}

/// One query, encoded.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The stages to run: dense, sparse, fuse and late only.
    pub stages: &'a [Stage],
    /// The query's vector by name of the vector searched; L2-normalised where the rows are.
    pub dense: BTreeMap<&'a str, &'a [f32]>,
    /// The query as a sparse vector, by name of the vector searched.
    pub sparse: BTreeMap<&'a str, &'a SparseVector>,
    /// The query's token vectors, by name of the vector scored by: one L2-normalised row per token, or none.
    pub late: BTreeMap<&'a str, &'a Vectors>,
    /// The filter that the query brings.
    pub filter: Option<&'a Filter>,
    /// Which lists are wanted.
    pub lists: Lists,
}

/// Which lists of a request are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// That of every stage, as the quality pass needs them.
    All,
    /// That of the last stage alone; a server may answer the stages before it within the same call.
    Last,
}

/// What one stage answered.
#[derive(Debug, Clone, PartialEq)]
pub struct StageAnswer {
    /// In rank order, distinct.
    pub hits: Vec<Hit>,
    /// Work done, exact and repeatable.
    pub counters: Counters,
    /// How it was done.
    pub path: Path,
    /// Wall time of the stage.
    pub took: Duration,
    /// Its parts, where a server was called.
    pub call: Option<Call>,
}

/// Where the time of a call went; what is left of the stage's is the client's own: decoding, checking, ordering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// In the server, as it says itself.
    pub server: Duration,
    /// On the way: transport, queues and the encoding of messages.
    pub network: Duration,
}

/// The way an answer was found, so that a "graph" figure that was a scan cannot pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// All float vectors scanned.
    Scan,
    /// All binary codes scanned.
    CodeScan,
    /// Graph over float vectors.
    Graph,
    /// Graph over binary codes.
    CodeGraph,
    /// The filter's matches scanned (pre-filter).
    FilteredScan,
    /// The filter's matches scanned by code.
    FilteredCodeScan,
    /// Graph with the filter inside the traversal.
    FilteredGraph,
    /// Graph over codes with the filter inside the traversal.
    FilteredCodeGraph,
    /// Searched without the filter, which was applied to the result (post-filter).
    PostFiltered,
    /// Posting lists of a sparse vector.
    Postings,
    /// Posting lists, matches only.
    FilteredPostings,
    /// A server's search, exact as was asked. It scans.
    ServerExact,
    /// A server's search. Which way it took, only the counters of its segments tell.
    Server,
    /// Answered within the call of a later stage: no list of its own.
    Within,
    /// Lists searched and joined by a server in one call.
    ServerFused,
    /// No search: lists joined.
    Fused,
    /// No search: reordered by token vectors; by a server, where it was called.
    Late,
    /// No search: reordered by a model.
    Reranked,
}

/// Who a backend is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendInfo {
    /// For instance `local`.
    pub name: String,
    /// Never empty.
    pub version: String,
    /// Further facts for the manifest (SIMD path, threads).
    pub details: BTreeMap<String, String>,
}

/// Sizes of an index: separate figures, never one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexStats {
    /// Documents indexed.
    pub points: usize,
    /// Bytes of float vectors.
    pub vector_bytes: usize,
    /// Bytes of binary codes; 0 without quantization.
    pub code_bytes: usize,
    /// Bytes of graph links; `None` when the engine cannot tell.
    pub link_bytes: Option<usize>,
    /// Bytes of posting lists and dictionaries of sparse vectors.
    pub sparse_bytes: usize,
    /// Bytes of token vectors; 0 without late vectors.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub token_bytes: usize,
    /// Bytes of payload indexes.
    pub payload_bytes: usize,
    /// Distinct binary codes per dense vector (a degenerate corpus shows here); empty without quantization.
    pub distinct_codes: BTreeMap<String, usize>,
    /// The configuration as the backend carries it out.
    pub effective: BTreeMap<String, String>,
    /// What the backend itself holds doubtful.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

fn is_zero(bytes: &usize) -> bool {
    *bytes == 0
}

/// Something about an index that is not as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Short name of the check.
    pub check: String,
    /// Symptom and way out.
    pub message: String,
}

/// Why a combination cannot be run: a row of the table, no error of the run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(pub String);

/// What went wrong in a backend.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// A stage names a vector that the index lacks.
    #[error("the index has no {kind} vector `{name}`")]
    NoSuchVector {
        /// `dense`, `sparse` or `late`.
        kind: &'static str,
        /// The name asked for.
        name: String,
    },
    /// The request lacks the query's vector of that name.
    #[error("the request brings no query vector for `{0}`")]
    NoQueryVector(String),
    /// A query vector of the wrong length.
    #[error("the query vector for `{name}` has {got} dimensions, the index has {want}")]
    WrongDimension {
        /// The vector's name.
        name: String,
        /// Dimensions of the index.
        want: usize,
        /// Dimensions of the query.
        got: usize,
    },
    /// A stage the backend does not run, or an input that is not an earlier stage.
    #[error("stage `{stage}`: {reason}")]
    BadStage {
        /// The stage's name.
        stage: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The index could not be built.
    #[error("building the index: {0}")]
    Build(String),
    /// A server did not do what it was asked.
    #[error("{what}: {why}")]
    Server {
        /// What it was asked for.
        what: String,
        /// What came instead, and the way out.
        why: String,
    },
    /// An index in a file could not be written or read.
    #[error(transparent)]
    File(#[from] crate::index::file::FileError),
}
