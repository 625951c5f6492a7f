//! What a backend is asked to do: the index it builds and the stages it runs. Data plus pure functions.
//!
//! A pipeline is a list of named stages. Retrieval stages (`dense`, `sparse`) make candidate lists, `fuse` joins
//! lists, `late` reorders one list by its documents' token vectors, `rerank` with another model. Stages refer to earlier ones by name, so the list is a
//! graph in topological order. The last stage's list is the answer.

pub mod fusion;
pub mod late;
pub mod rerank;
pub mod server;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::filter::Filter;
use crate::index::binary::BinaryParams;

pub use fusion::{Combine, Fusion, Normalize};

/// A complete pipeline, every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pipeline {
    /// The name the spec gives it.
    pub name: String,
    /// In order; a stage refers only to earlier ones.
    pub stages: Vec<Stage>,
}

/// One step of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The name given with `as:`; unique in its pipeline.
    pub name: String,
    /// What it does.
    pub kind: StageKind,
}

/// The closed set of stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// Nearest neighbours of the query's vector.
    Dense(Dense),
    /// Best sparse dot products (BM25).
    Sparse(Sparse),
    /// Joins the lists of earlier stages.
    Fuse(Fuse),
    /// Reorders the top of one list by late interaction.
    Late(Late),
    /// Reorders the top of one list with a cross-encoder.
    Rerank(Rerank),
}

/// Nearest-neighbour search on one named vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    /// A dense vector of the index.
    pub vector: String,
    /// Hits handed on.
    pub limit: usize,
    /// Beam width of a graph search; never below the number of hits it has to find. Unused by a scan.
    pub ef: usize,
    /// Scan all float vectors even if there is a graph or codes.
    pub exact: bool,
    /// Leave the graph out: scan the codes, or the float vectors where there are none. No spec sets it; the diagnosis of
    /// losses does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scan: bool,
    /// On a quantized index: candidates fetched by code = `oversampling × limit`.
    pub oversampling: f64,
    /// On a quantized index: score the candidates again with the float vectors.
    pub rescore: bool,
    /// How filters are carried out here.
    pub filter: FilterUse,
}

/// Sparse search on one named vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sparse {
    /// A sparse vector of the index.
    pub vector: String,
    /// Hits handed on.
    pub limit: usize,
    /// How filters are carried out here.
    pub filter: FilterUse,
}

/// A stage's own filter and the strategy for it and the query's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FilterUse {
    /// When the filter is applied.
    pub strategy: Strategy,
    /// Holds for every query, beside the filter a query brings itself.
    pub condition: Option<Filter>,
}

impl FilterUse {
    /// The filter that has to be respected for a query that brings `query`.
    pub fn effective(&self, query: Option<&Filter>) -> Option<Filter> {
        let query = query.filter(|_| self.strategy != Strategy::Ignore);
        match (&self.condition, query) {
            (Some(own), Some(query)) => Some(own.and(query)),
            (own, query) => own.as_ref().or(query).cloned(),
        }
    }
}

/// When a filter is applied relative to the search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The engine decides by estimated selectivity; its choice is recorded per query.
    #[default]
    Auto,
    /// First the matching documents, then a scan over those.
    Pre,
    /// First the search, then the filter over what it found; may return fewer than `limit`.
    Post,
    /// During the graph traversal: only matching points become hits.
    InGraph,
    /// The query's filter is left out: a baseline that shows what filtering changes.
    Ignore,
}

/// Joins candidate lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fuse {
    /// Names of the stages joined.
    pub of: Vec<String>,
    /// How. Weights to be tuned are 1 in a plan, and those found where it is run and reported.
    pub method: Fusion,
    /// Hits handed on.
    pub limit: usize,
    /// How the weights are found, where they are not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tune: Option<Tune>,
}

/// Weights that are tuned on queries of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tune {
    /// The split of the data set whose queries are asked.
    pub split: String,
    /// Name of the measure that is to be highest at this stage.
    pub measure: String,
    /// The weights tried are whole numbers of these parts, and their sum is 1.
    pub parts: usize,
}

impl Tune {
    /// Most weights that may be tried.
    pub const MOST_POINTS: usize = 10_000;

    /// How many weights of so many lists are tried: C(parts + lists − 1, lists − 1); `None` when it is beyond counting.
    pub fn points(parts: usize, lists: usize) -> Option<usize> {
        let mut count: usize = 1;
        for i in 1..lists {
            // Exact at every step: a product of i following numbers can be divided by i!.
            count = count.checked_mul(parts.checked_add(i)?)? / i;
        }
        Some(count)
    }
}

/// Reorders one list by late interaction: MaxSim over token vectors (Khattab and Zaharia 2020, section 3.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Late {
    /// The stage whose list is reordered.
    pub of: String,
    /// A late vector of the index.
    pub vector: String,
    /// How many hits from the top are scored.
    pub depth: usize,
    /// What happens to the hits that are not scored: those below `depth`, and documents without tokens.
    pub tail: Tail,
}

/// Reorders one list with a cross-encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rerank {
    /// The stage whose list is reordered.
    pub of: String,
    /// The model's name.
    pub model: String,
    /// Text fields of a document joined into the passage (with `". "` between them), empty ones left out.
    pub fields: Vec<String>,
    /// How many hits from the top are scored.
    pub depth: usize,
    /// What happens to the hits below `depth`.
    pub tail: Tail,
}

/// What becomes of the hits that a reordering did not score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tail {
    /// They stay below the scored ones, in their earlier order.
    Keep,
    /// They are left out.
    Drop,
}

impl Tail {
    /// Most hits that are left of `input` when `depth` of them are scored.
    fn limit(self, input: usize, depth: usize) -> usize {
        match self {
            Tail::Keep => input,
            Tail::Drop => input.min(depth),
        }
    }
}

impl Pipeline {
    /// The stage of that name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|s| s.name == name)
    }

    /// Puts the weights of a fusion in their place; nothing where no fusion has that name.
    pub fn set_weights(&mut self, stage: &str, weights: &[f64]) {
        for stage in self.stages.iter_mut().filter(|s| s.name == stage) {
            if let StageKind::Fuse(fuse) = &mut stage.kind {
                fuse.method = fuse.method.with_weights(weights);
            }
        }
    }

    /// The stages a backend runs: everything before the first stage that needs a model on the client.
    pub fn backend_part(&self) -> &[Stage] {
        let is_client = |s: &Stage| matches!(s.kind, StageKind::Rerank(_));
        let end = self
            .stages
            .iter()
            .position(is_client)
            .unwrap_or(self.stages.len());
        &self.stages[..end]
    }

    /// The stages that run on the client, after [`Self::backend_part`].
    pub fn client_part(&self) -> &[Stage] {
        &self.stages[self.backend_part().len()..]
    }
}

impl Stage {
    /// Names of the stages whose lists this one starts from; none for a search.
    pub fn inputs(&self) -> Vec<&str> {
        match &self.kind {
            StageKind::Dense(_) | StageKind::Sparse(_) => Vec::new(),
            StageKind::Fuse(fuse) => fuse.of.iter().map(String::as_str).collect(),
            StageKind::Late(late) => vec![&late.of],
            StageKind::Rerank(rerank) => vec![&rerank.of],
        }
    }

    /// Most hits the stage can hand on, given what its inputs can; `None` for an input that is not known.
    pub fn limit(&self, of: impl Fn(&str) -> Option<usize>) -> Option<usize> {
        match &self.kind {
            StageKind::Dense(d) => Some(d.limit),
            StageKind::Sparse(s) => Some(s.limit),
            StageKind::Fuse(f) => Some(f.limit),
            StageKind::Late(l) => Some(l.tail.limit(of(&l.of)?, l.depth)),
            StageKind::Rerank(r) => Some(r.tail.limit(of(&r.of)?, r.depth)),
        }
    }
}

/// The index a cell searches, every default filled in. Two cells with equal index configurations on the same data
/// and backend share one build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexConfig {
    /// Named vectors and the text they are made of.
    pub vectors: BTreeMap<String, VectorConfig>,
    /// The graph over each dense vector.
    pub graph: Graph,
    /// What the dense vectors are compressed to.
    pub quantization: Quantization,
    /// How their codes are made. Left out where that is the usual way, so that a cell keeps the id it has always had.
    #[serde(default, skip_serializing_if = "CodeConfig::is_usual")]
    pub codes: CodeConfig,
    /// Payload fields with an index of their own, sorted.
    pub payload: Vec<String>,
    /// Float vectors stay on disk and are read where hits are scored again. Left out where they do not, so that a cell keeps
    /// the id it has always had.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_disk: bool,
    /// Seed of everything random in the build.
    pub seed: u64,
}

impl IndexConfig {
    /// The part of the index that `pipeline` searches, so that memory and build time of a technique are its own. Without a
    /// dense vector there is neither a graph nor anything to quantize.
    pub fn searched_by(mut self, pipeline: &Pipeline) -> Self {
        let searched = |name: &String| {
            pipeline.stages.iter().any(|s| match &s.kind {
                StageKind::Dense(d) => d.vector == *name,
                StageKind::Sparse(s) => s.vector == *name,
                StageKind::Late(l) => l.vector == *name,
                StageKind::Fuse(_) | StageKind::Rerank(_) => false,
            })
        };
        self.vectors.retain(|name, _| searched(name));
        if !self.vectors.values().any(VectorConfig::is_dense) {
            self.graph = Graph::Exact;
            self.quantization = Quantization::None;
            self.codes = CodeConfig::default();
            self.on_disk = false;
        }
        self
    }
}

/// Where a named vector comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VectorConfig {
    /// Embedding of the named text fields, joined with a blank between them.
    Dense {
        /// Field names, in order.
        text: Vec<String>,
    },
    /// Vectors that come with the data set.
    Precomputed {
        /// What the data set calls them.
        name: String,
    },
    /// BM25 weights over the tokens of the named text fields.
    Bm25 {
        /// Field names, in order.
        text: Vec<String>,
        /// Term frequency saturation.
        k1: f32,
        /// Length normalisation.
        b: f32,
    },
    /// Token vectors of the named text fields, joined with a blank between them: what the embedder makes of each token
    /// before it makes one vector of all.
    Late {
        /// Field names, in order.
        text: Vec<String>,
    },
}

/// What a named vector is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorKind {
    /// A dense stage searches it.
    Dense,
    /// A sparse stage searches it.
    Sparse,
    /// A late stage scores by it.
    Late,
}

impl VectorKind {
    /// For messages.
    pub fn name(self) -> &'static str {
        match self {
            VectorKind::Dense => "dense",
            VectorKind::Sparse => "sparse",
            VectorKind::Late => "late",
        }
    }
}

impl VectorConfig {
    /// What it is good for.
    pub fn kind(&self) -> VectorKind {
        match self {
            VectorConfig::Dense { .. } | VectorConfig::Precomputed { .. } => VectorKind::Dense,
            VectorConfig::Bm25 { .. } => VectorKind::Sparse,
            VectorConfig::Late { .. } => VectorKind::Late,
        }
    }

    /// True for vectors that a dense stage searches.
    pub fn is_dense(&self) -> bool {
        self.kind() == VectorKind::Dense
    }

    /// The text fields it is made of; none for vectors that come with the data.
    pub fn text(&self) -> &[String] {
        match self {
            VectorConfig::Dense { text } | VectorConfig::Bm25 { text, .. } | VectorConfig::Late { text } => {
                text
            }
            VectorConfig::Precomputed { .. } => &[],
        }
    }
}

/// The graph over a dense vector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Graph {
    /// No graph: every search is a scan.
    Exact,
    /// The engine's own navigable graph.
    Hnsw {
        /// Links per point and layer.
        m: usize,
        /// Beam width while building.
        ef_construct: usize,
    },
    /// The `hnsw_rs` crate's graph.
    HnswRs {
        /// Links per point and layer.
        m: usize,
        /// Beam width while building.
        ef_construct: usize,
    },
}

/// What dense vectors are compressed to for the first pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantization {
    /// Nothing: float32.
    None,
    /// One bit per dimension, the sign.
    Binary,
    /// One byte per dimension.
    Scalar,
    /// A centroid per group of dimensions; servers only.
    Product,
    /// A random rotation, then few bits per dimension; servers only.
    Turbo,
}

/// How codes are made; what another quantization than the index's asks for has its default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CodeConfig {
    /// Of binary codes.
    pub binary: BinaryParams,
    /// Share of all values that the scale of bytes holds; what lies outside is cut off.
    pub quantile: f64,
    /// What only servers can make of them.
    #[serde(skip_serializing_if = "ServerCodes::is_usual")]
    pub server: ServerCodes,
}

/// Codes that the embedded engine does not make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerCodes {
    /// Bits per dimension of binary and turbo codes; `None` is the usual number: one, and four.
    pub bits: Option<Bits>,
    /// Queries have eight bits per dimension where rows have few.
    pub eight_bit_query: bool,
    /// How many times smaller product codes are than the vectors; 0 where there are none.
    pub compression: u32,
}

impl ServerCodes {
    /// True where nothing is asked that only a server has.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Bits per dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bits {
    /// 1.
    #[serde(rename = "1")]
    One,
    /// 1.5: two bits, some of them shared.
    #[serde(rename = "1.5")]
    OneAndHalf,
    /// 2.
    #[serde(rename = "2")]
    Two,
    /// 4.
    #[serde(rename = "4")]
    Four,
    /// 8.
    #[serde(rename = "8")]
    Eight,
}

impl Bits {
    /// All of them, with the number that a spec gives.
    pub const ALL: [(f64, Bits); 5] = [
        (1.0, Bits::One),
        (1.5, Bits::OneAndHalf),
        (2.0, Bits::Two),
        (4.0, Bits::Four),
        (8.0, Bits::Eight),
    ];

    /// As a spec writes it.
    pub fn name(self) -> &'static str {
        match self {
            Bits::One => "1",
            Bits::OneAndHalf => "1.5",
            Bits::Two => "2",
            Bits::Four => "4",
            Bits::Eight => "8",
        }
    }
}

impl CodeConfig {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for CodeConfig {
    fn default() -> Self {
        Self {
            binary: BinaryParams::default(),
            quantile: QUANTILE,
            server: ServerCodes::default(),
        }
    }
}

/// The scale of bytes holds every value unless the spec says otherwise.
const QUANTILE: f64 = 1.0;
