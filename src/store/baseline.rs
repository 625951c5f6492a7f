//! What a bundle keeps of the run it is compared with: enough to render every comparison again without that run.
//!
//! The manifest says which run it was; `baseline.jsonl.zst` has its queries and its cells, one line each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::backend::BackendInfo;
use crate::index::Counters;
use crate::models::ModelIdentity;
use crate::plan::Cell;

use super::Machine;

/// Which run a bundle is compared with. Holds no path of a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineRecord {
    /// How it was named.
    pub named: Named,
    /// Its run id.
    pub run_id: String,
    /// Its experiment.
    pub experiment: String,
    /// When it started; UTC, RFC 3339.
    pub started: String,
    /// Version of the program that made it.
    pub version: String,
    /// Its machine.
    pub machine: Machine,
    /// Its models by role.
    pub models: BTreeMap<String, ModelIdentity>,
    /// Its backends by name.
    pub backends: BTreeMap<String, BackendInfo>,
    /// Per data set: file name → SHA-256 of its content.
    pub files: BTreeMap<String, BTreeMap<String, String>>,
}

/// How a baseline was named on the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// By the path of its bundle, which is not kept.
    Bundle,
    /// As the newest finished run before this one.
    Previous,
    /// By the name under which it was saved.
    Saved(String),
    /// By a git revision.
    Git {
        /// As written: `origin/main`.
        revision: String,
        /// The commit that it stood for.
        commit: String,
    },
}

/// One line of `baseline.jsonl.zst`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineLine {
    /// The queries of a data set; before its cells.
    Data(BaselineData),
    /// A cell.
    Cell(Box<BaselineCell>),
}

/// The queries of a data set of the baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineData {
    /// Name of the data set.
    pub data: String,
    /// Query id → hash of its text, its filter and its judgements; values of queries that differ in it do not compare.
    pub queries: BTreeMap<String, String>,
}

/// A cell of the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineCell {
    /// The cell, complete.
    pub cell: Cell,
    /// Why it has no numbers, if it has none.
    pub missing: Option<String>,
    /// Measure as it prints → query → value; undefined values are absent. The measures are those of the run that is
    /// compared, so a measure that the baseline did not ask for is here too.
    pub values: BTreeMap<String, BTreeMap<String, f64>>,
    /// Work of each stage.
    pub work: Vec<StageWork>,
    /// Latency, if it was taken.
    pub latency: Option<BaselineLatency>,
}

/// Work of one stage, summed over queries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageWork {
    /// The stage's name.
    pub stage: String,
    /// The sums.
    pub sum: Counters,
    /// Queries summed over.
    pub queries: usize,
}

/// Latency of a cell of the baseline, milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineLatency {
    /// Closed-loop workers.
    pub workers: usize,
    /// (percentile, value) of all passes, where the sample supports it.
    pub quantiles: Vec<(f64, f64)>,
    /// (percentile, value in each pass).
    pub passes: Vec<(f64, Vec<f64>)>,
}
