//! From a bundle to numbers: measures, differences, latency figures, gates.
//!
//! Reads nothing but the bundle, so a report can be rebuilt on a plane and a new measure needs no new run. Its result
//! holds display-ready facts and no text layout; [`crate::report`] turns it into pages.

use std::collections::BTreeMap;

use crate::backend::Path;
use crate::dataset::{Grade, Qrels};
use crate::index::Counters;
use crate::plan::{Cell, Gate, Plan};
use crate::store::{Manifest, Measured, QueryRecord};

/// Everything a report says.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// Of the bundle.
    pub manifest: Manifest,
    /// Of the bundle.
    pub plan: Plan,
    /// The spec's text as written.
    pub spec_text: String,
    /// One per cell of the plan, in plan order.
    pub cells: Vec<CellResult>,
    /// One per gate of the plan, in plan order.
    pub gates: Vec<GateResult>,
    /// Judged queries of all data sets.
    pub queries: Vec<QueryRecord>,
    /// Judgements by data set.
    pub qrels: BTreeMap<String, Qrels>,
    /// Text fields of the documents that appear in traces: data set → document → field → text.
    pub texts: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    /// The top of every trace: cell → query → stages.
    pub traces: BTreeMap<String, BTreeMap<String, Vec<StageView>>>,
}

/// A cell with its numbers, or the reason why it has none.
#[derive(Debug, Clone)]
pub struct CellResult {
    /// The cell.
    pub cell: Cell,
    /// True for the cell that the others of its data set are compared with.
    pub is_reference: bool,
    /// How it went.
    pub state: CellState,
}

/// How a cell went, with its numbers if it ran.
#[derive(Debug, Clone)]
pub enum CellState {
    /// It ran.
    Ok(Box<CellNumbers>),
    /// It stopped with an error.
    Failed(String),
    /// The backend cannot do it.
    Unsupported(String),
    /// The run ended before it.
    NotRun,
}

/// The numbers of a cell.
#[derive(Debug, Clone)]
pub struct CellNumbers {
    /// In the order of the plan's measures.
    pub quality: Vec<Quality>,
    /// If timing was taken.
    pub latency: Option<Latency>,
    /// Build, sizes, findings.
    pub measured: Measured,
    /// Per stage: paths taken and the number of queries that took them.
    pub paths: Vec<(String, BTreeMap<Path, usize>)>,
    /// Per stage: mean work per query.
    pub counters: Vec<(String, MeanCounters)>,
}

/// Work per query, averaged over the cell's queries.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MeanCounters {
    /// The sums.
    pub sum: Counters,
    /// Queries summed over.
    pub queries: usize,
}

/// One measure of one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// As it prints: `nDCG@10`.
    pub measure: String,
    /// Mean over the scored queries; `None` when no query could be scored.
    pub mean: Option<f64>,
    /// Queries scored.
    pub scored: usize,
    /// Queries of the data set.
    pub total: usize,
    /// Value per query id; an undefined one is absent.
    pub per_query: BTreeMap<String, f64>,
    /// Against the reference cell of the same data set; `None` for the reference itself or without one.
    pub difference: Option<Difference>,
}

/// A paired difference to the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Mean of the per-query differences.
    pub mean: f64,
    /// Bootstrap interval at the plan's level; `None` under 20 queries ("n too small").
    pub interval: Option<(f64, f64)>,
    /// Pairs.
    pub n: usize,
    /// Queries better, equal, worse than the reference.
    pub wins_ties_losses: (usize, usize, usize),
}

/// Latency of one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    /// From the query text to the final ranking.
    pub total: Percentiles,
    /// Of each part: `embed`, then the stages in order.
    pub parts: Vec<(String, Percentiles)>,
    /// The plan's first quantile (usually the median) of each pass, milliseconds: the spread between passes.
    pub by_pass: Vec<f64>,
    /// Queries per second over the timed passes.
    pub qps: f64,
    /// Throughput × mean latency / workers; near 1, or the client was the bottleneck.
    pub littles_ratio: f64,
    /// For the percentile chart: (percentile, milliseconds), ascending, only what the sample supports.
    pub curve: Vec<(f64, f64)>,
}

/// A latency distribution, in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Percentiles {
    /// Samples.
    pub n: usize,
    /// Mean.
    pub mean: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// (percentile, value) in the plan's order; `None` where the sample is too small to support it.
    pub quantiles: Vec<(f64, Option<f64>)>,
}

/// A gate held against its cells.
#[derive(Debug, Clone, PartialEq)]
pub struct GateResult {
    /// The gate.
    pub gate: Gate,
    /// One per cell in its scope.
    pub cells: Vec<GateCell>,
}

/// A gate held against one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct GateCell {
    /// Cell id.
    pub cell: String,
    /// The number; `None` when the cell has none.
    pub value: Option<f64>,
    /// Whether it holds.
    pub outcome: GateOutcome,
}

/// Whether a gate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateOutcome {
    /// It does.
    Pass,
    /// It does not.
    Fail,
    /// There is no number to decide by: the cell did not run, or the measure is undefined.
    Undecided,
}

/// The top of a stage's list, with judgements.
#[derive(Debug, Clone, PartialEq)]
pub struct StageView {
    /// The stage's name.
    pub stage: String,
    /// How it was searched.
    pub path: Path,
    /// Length of the complete list.
    pub found: usize,
    /// At most the plan's trace depth, in rank order; relevant documents further down follow.
    pub hits: Vec<HitView>,
}

/// One hit of a stage's list.
#[derive(Debug, Clone, PartialEq)]
pub struct HitView {
    /// Rank from 1.
    pub rank: usize,
    /// Document id.
    pub doc: String,
    /// On the stage's own scale.
    pub score: f32,
    /// `None` is unjudged.
    pub grade: Option<Grade>,
}
