//! The bundle: one directory per run that holds everything that was seen.
//!
//! `manifest.json`, `spec.yaml`, `plan.json`, `cells.jsonl` (one line per finished cell, synced), `runs/<cell>.trec.gz`,
//! `traces.jsonl.zst`, `ladders.jsonl.zst`, `latency.parquet`, `queries.jsonl`, `qrels/<data>.qrels`, `exact/<key>.trec.gz`,
//! `texts.jsonl.zst`, and `baseline.jsonl.zst` of a run that is compared with another. Everything a report says is derived
//! from these files; `queries.parquet` and `report.html` are
//! derived and can be deleted. Every JSON file carries a schema version; older bundles keep opening.

mod baseline;
mod find;
mod floor;
mod list;
mod machine;
pub mod reader;
pub mod resume;
mod save;
pub mod table;
pub mod writer;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::backend::{BackendInfo, Calls, IndexStats, Path};
use crate::dataset::{Grade, Itself, SourceFile, Unlisted};
use crate::filter::{Filter, Payload};
use crate::index::Counters;
use crate::models::ModelIdentity;
use crate::tune::Tuned;

pub use baseline::{
    BaselineCell, BaselineData, BaselineLatency, BaselineLine, BaselineRecord, Named, StageWork,
};
pub use find::{BaselineError, Found, find};
pub use floor::NoiseFloor;
pub use list::{Listed, list};
pub use machine::Machine;
pub use reader::{Bundle, Texts};
pub use resume::{Resumed, Taken};
pub use save::{is_name, save, saved_as};
pub use table::QueryValue;
pub use writer::BundleWriter;

/// Version of the files' layout.
pub const SCHEMA: u32 = 1;

const TRACES: &str = "traces.jsonl.zst";
const LADDERS: &str = "ladders.jsonl.zst";

/// What was run, on what, with what: captured, never typed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA`] of the writer.
    pub schema: u32,
    /// `<utc>-<short hash>`, the bundle's folder name.
    pub run_id: String,
    /// The experiment's name.
    pub experiment: String,
    /// UTC, RFC 3339.
    pub started: String,
    /// UTC, RFC 3339; `None` while the run goes on or after it was killed.
    pub finished: Option<String>,
    /// The command line.
    pub command: Vec<String>,
    /// This program.
    pub tool: Tool,
    /// The spec file as named, and the SHA-256 of its text.
    pub spec: SourceFile,
    /// Data sets by name.
    pub data: BTreeMap<String, DataRecord>,
    /// Models by role (`embedder`, `reranker`).
    pub models: BTreeMap<String, ModelIdentity>,
    /// Backends by their name in the spec.
    pub backends: BTreeMap<String, BackendInfo>,
    /// The machine.
    pub machine: Machine,
    /// Cache and cost of the preparation and the run.
    pub health: Health,
    /// The run that this one is compared with, if any; its values are in `baseline.jsonl.zst`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineRecord>,
    /// The run that this one goes on with, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,
    /// Threads that were asked for with `--jobs`; `None` for as many as there are processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<usize>,
    /// What the queries were read from that weights were tuned on, by `<data> (<split>)`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tuning: BTreeMap<String, Vec<SourceFile>>,
    /// How much identical cells of the plan differ on this machine, where that was found out before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noise_floor: Vec<NoiseFloor>,
}

/// This program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Package version.
    pub version: String,
    /// Commit it was built from, when the build could tell.
    pub commit: Option<String>,
    /// `release` or `debug`.
    pub profile: String,
}

/// A data set as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRecord {
    /// Split whose judgements were used.
    pub split: String,
    /// Documents.
    pub docs: usize,
    /// Judged queries.
    pub queries: usize,
    /// Of these, without any relevant document: left out of means.
    pub queries_without_relevant: usize,
    /// What a pair means that the judgements do not list.
    #[serde(default)]
    pub unlisted: Unlisted,
    /// What a document means whose id is that of the query.
    #[serde(default)]
    pub itself: Itself,
    /// Judgements by grade.
    pub grades: BTreeMap<Grade, usize>,
    /// Where it was read from.
    pub files: Vec<SourceFile>,
}

impl DataRecord {
    /// True when there is a judgement; without one only `knn_recall` was measured.
    pub fn is_judged(&self) -> bool {
        !self.grades.is_empty()
    }
}

/// What the run cost and reused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Texts embedded in this run.
    pub texts_embedded: usize,
    /// Texts whose embedding came from the cache.
    pub texts_cached: usize,
    /// Pairs scored for quality in this run.
    pub pairs_scored: usize,
    /// Pairs whose score came from the cache.
    pub pairs_cached: usize,
    /// Time of preparation, milliseconds.
    pub prepare_ms: u64,
    /// Time of the whole run, milliseconds.
    pub wall_ms: u64,
    /// Peak resident memory of the process, bytes.
    pub peak_rss_bytes: Option<u64>,
}

/// One line of `cells.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    /// Id of the cell in the plan.
    pub cell: String,
    /// How it went.
    pub outcome: Outcome,
}

/// How a cell went. A cell that did not run is a row too, and never a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ran.
    Measured(Box<Measured>),
    /// It stopped with an error.
    Failed {
        /// The message.
        error: String,
    },
    /// The backend cannot do it.
    Unsupported {
        /// Why.
        reason: String,
    },
}

/// What was seen of a cell beside its rankings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Key of the index build; cells with equal keys shared it.
    pub build: String,
    /// Wall time of that build, milliseconds.
    pub build_ms: f64,
    /// Growth of resident memory during that build, bytes; noisy for small indexes.
    pub build_rss_bytes: Option<i64>,
    /// Sizes as the backend reports them.
    pub stats: IndexStats,
    /// Timing, if it was taken.
    pub timing: Option<Timing>,
    /// Key of the exact neighbours of each dense stage, when they were computed (`exact/<key>.trec.gz`).
    pub exact: BTreeMap<String, String>,
    /// How an index elsewhere compares with the exact oracle, by stage; empty for one in this process.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parity: Vec<Parity>,
    /// Calls that the quality pass of an index elsewhere made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
    /// Weights that were found by tuning; the cell was run with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tuned: Vec<Tuned>,
    /// Whether the searches were also carried out exactly (`ladders.jsonl.zst`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub diagnosed: bool,
    /// What the checks on the way found.
    pub findings: Vec<Finding>,
}

/// An exact search of an index elsewhere, held against the oracle that is computed here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parity {
    /// The stage whose vector and filter were asked.
    pub stage: String,
    /// Hits compared per query, at most.
    pub depth: usize,
    /// Queries asked.
    pub queries: usize,
    /// Of these, with the same documents (ties aside) and scores.
    pub equal: usize,
    /// Largest difference between two scores, of queries that are equal; relative to scores above 1.
    pub worst: f32,
    /// What was different in the first query that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
}

/// How latency was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Closed-loop workers.
    pub workers: usize,
    /// Queries answered before timing.
    pub warmup: usize,
    /// Passes over the queries.
    pub passes: usize,
    /// Latency of the very first query of the cell, nanoseconds: shown apart, not in the percentiles.
    pub first_ns: u64,
    /// Wall time of all timed passes, nanoseconds.
    pub wall_ns: u64,
    /// Queries that failed while timed.
    pub failed: usize,
}

/// Something a check found: marks the cell, never hides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name, for instance `dead-knob`.
    pub check: String,
    /// Whether the number can still be used.
    pub severity: Severity,
    /// One sentence: the symptom and the cure.
    pub message: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Read the number with care.
    Warning,
    /// The number is not what it claims to be.
    Invalid,
}

/// One line of `traces.jsonl.zst`: what every stage of a cell answered to one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryTrace {
    /// Cell id.
    pub cell: String,
    /// Query id.
    pub query: String,
    /// In pipeline order.
    pub stages: Vec<StageTrace>,
}

/// What one stage answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageTrace {
    /// The stage's name.
    pub stage: String,
    /// Document ids in rank order, complete.
    pub docs: Vec<String>,
    /// Their scores on the stage's own scale.
    pub scores: Vec<f32>,
    /// Work done.
    pub counters: Counters,
    /// How it was done.
    pub path: Path,
}

/// One line of `ladders.jsonl.zst`: what a query would have found, had its searches been more exact than set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LadderTrace {
    /// Cell id.
    pub cell: String,
    /// Query id.
    pub query: String,
    /// From the most exact on. A rung whose searches are those of the next one is left out, and where that is so of all
    /// rungs the query has no line.
    pub rungs: Vec<RungTrace>,
}

/// What every stage answered on one rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RungTrace {
    /// How exact the searches were.
    pub rung: Rung,
    /// In pipeline order.
    pub stages: Vec<StageTrace>,
}

/// How exact the searches of a pipeline are; each rung gives up one thing more, and the pipeline as set comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// Float vectors scanned, filters by their definition.
    Exact,
    /// Codes instead of float vectors, oversampling and rescoring as set.
    Codes,
    /// The graph instead of a scan, for searches without a filter.
    Graph,
    /// Filters carried out as set: the pipeline as it ran.
    Filter,
}

/// One line of `queries.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryRecord {
    /// Name of the data set.
    pub data: String,
    /// Query id.
    pub query: String,
    /// What is asked.
    pub text: String,
    /// The filter it brings.
    pub filter: Option<Filter>,
    /// Its metadata.
    pub metadata: Payload,
}

/// One line of `texts.jsonl.zst`: a document that appears in a trace's top or in the judgements as relevant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRecord {
    /// Name of the data set.
    pub data: String,
    /// Document id.
    pub doc: String,
    /// Text fields by name.
    pub fields: BTreeMap<String, String>,
}

/// One timed query: a row of `latency.parquet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencySample {
    /// Cell id.
    pub cell: String,
    /// Pass, from 0.
    pub pass: u32,
    /// Query id.
    pub query: String,
    /// [`TOTAL`], [`EMBED`], or a stage's name.
    pub part: String,
    /// Nanoseconds.
    pub nanos: u64,
}

/// Name of the part of a latency that covers the whole query.
pub const TOTAL: &str = "total";
/// Name of the part that covers encoding the query.
pub const EMBED: &str = "embed";
/// Behind a stage's name: the part of its call that the server spent, as it says itself.
pub const SERVER: &str = "/server";
/// Behind a stage's name: the rest of its call, on the way.
pub const NETWORK: &str = "/network";

/// Why a bundle could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file operation failed.
    #[error("{what} `{path}`: {source}")]
    Io {
        /// What was being done, for instance `writing`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("`{path}`{}: {reason}", .line.map(|n| format!(" line {n}")).unwrap_or_default())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where there are lines.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// Written by a newer version.
    #[error("`{path}` has schema {found}, this version reads up to {SCHEMA}; update evalrun")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
    },
}
