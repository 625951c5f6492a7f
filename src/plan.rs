//! What a spec means: a list of complete cells, every default filled in.
//!
//! Resolving is pure: it looks at the spec and at the catalogues it is given, never at a backend or a clock. All
//! mistakes are reported together; what is left is a [`Plan`] that later parts can carry out without a question.

mod apply;
mod axes;
pub mod cards;
mod catalog;
mod cells;
mod data;
mod drafts;
mod explain;
mod findings;
mod gates;
mod index;
mod load;
mod measure;
mod narrow;
mod numbers;
mod overrides;
mod resolve;
mod select;
mod servers;
mod settings;
mod sources;
mod stages;
mod used;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::dataset::Source;
use crate::index::Counters;
use crate::measure::{Measure, StageMeasure};
use crate::pipeline::server::{Address, QdrantConfig};
use crate::pipeline::{IndexConfig, Pipeline};
use crate::stats::BootstrapMethod;

pub use crate::models::{ModelSource, Runtime};
pub use catalog::{Catalog, KnownModel};
pub use explain::{Cached, explain};
pub use load::{Loaded, Refused, load};
pub use narrow::{Narrow, NarrowError, Narrowed, Sample, Shard};
pub use resolve::resolve;
pub(crate) use select::glob;
pub use settings::paths_reference;

/// Everything a run needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The experiment's name: letters, digits, `-` and `_`; a folder under `reports/`.
    pub experiment: String,
    /// What is asked.
    pub question: String,
    /// How to read the answer; may be empty.
    pub analysis: String,
    /// The data sets, in the order of the spec.
    pub data: Vec<DataSource>,
    /// The models the pipelines need.
    pub models: Models,
    /// Where the servers are, by the backend's name in the spec; the embedded engine is nowhere.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub servers: IndexMap<String, Address>,
    /// What is swept, in the order of the spec.
    pub axes: Vec<Axis>,
    /// How many combinations became how many cells.
    pub counts: Counts,
    /// The cells, in a stable order: data set, index build, then the order of the axes.
    pub cells: Vec<Cell>,
    /// Combinations that were left out, with the reason; never silently.
    pub dropped: Vec<Dropped>,
    /// What is measured, and how.
    pub measure: MeasurePlan,
    /// What cells are compared with.
    pub compare: Compare,
    /// Conditions that decide the exit status.
    pub gates: Vec<Gate>,
    /// Set when the command line left out a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowed: Option<Narrowed>,
}

/// One data set of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSource {
    /// Its name in tables, unique in the plan.
    pub name: String,
    /// Where and what it is.
    pub kind: Source,
}

/// The models of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models {
    /// For dense vectors; `None` when the index has none.
    pub embedder: Option<ModelSource>,
    /// For rerank stages; `None` when no pipeline has one.
    pub reranker: Option<ModelSource>,
    /// Which runtime runs them.
    pub runtime: Runtime,
}

/// One swept setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// For instance `pipeline`, `index.quantization`, `d.ef`.
    pub path: String,
    /// Labels of its values, in order.
    pub values: Vec<String>,
    /// Whether a value needs an index of its own.
    pub kind: AxisKind,
}

/// What a change along an axis costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AxisKind {
    /// Selects a data set, backend or pipeline.
    Select,
    /// Changes the index: one build per value.
    Build,
    /// Changes a stage: the index is reused.
    Query,
}

/// From combinations to cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The plain product of all axes, rows, data sets and backends.
    pub combinations: usize,
    /// Merged because the axis names a stage, or a setting, that the pipeline or index lacks.
    pub merged: usize,
    /// Removed by `exclude`.
    pub excluded: usize,
    /// Added by `extra`.
    pub extra: usize,
    /// Different index builds.
    pub builds: usize,
}

/// One complete combination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Short hash of everything below: equal cells have equal ids, on any machine.
    pub id: String,
    /// Name of the data set.
    pub data: String,
    /// Name of the backend in the spec.
    pub backend: String,
    /// What the backend is.
    pub backend_config: BackendConfig,
    /// Axis path → label, in the order of the axes; an axis that does not apply to this cell is absent.
    pub settings: IndexMap<String, String>,
    /// The index it searches.
    pub index: IndexConfig,
    /// What it runs.
    pub pipeline: Pipeline,
}

/// A backend as the spec configures it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendConfig {
    /// The embedded engine.
    Local,
    /// A Qdrant server.
    Qdrant(Box<QdrantConfig>),
}

/// A combination that is not run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    /// Axis path → label.
    pub settings: IndexMap<String, String>,
    /// Why, in words.
    pub reason: String,
}

/// What is measured, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasurePlan {
    /// Effectiveness measures in the order of the spec.
    pub quality: Vec<StageMeasure>,
    /// What a value is where documents have equal scores.
    #[serde(default)]
    pub tie: TiePolicy,
    /// How latency is taken; `None` takes none.
    pub latency: Option<LatencyPlan>,
    /// Which queries the report shows in full.
    pub trace: TracePlan,
    /// Whether searches are also carried out exactly, to tell where answers are lost.
    #[serde(default)]
    pub diagnose: Diagnose,
    /// Metadata fields of queries by which results are also shown.
    pub slices: Vec<String>,
    /// The seed of everything random.
    pub seed: u64,
    /// Set when the command line wanted times and work alone: then no quality is measured, and no lists are kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timing_only: bool,
}

/// What a value is where documents have equal scores; one policy for a whole report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TiePolicy {
    /// That of one order: by document id, descending, as trec_eval has it.
    #[default]
    Docid,
    /// Its mean over all orders of tied documents.
    Expected,
}

impl TiePolicy {
    /// As a spec writes it.
    pub fn name(self) -> &'static str {
        match self {
            TiePolicy::Docid => "docid",
            TiePolicy::Expected => "expected",
        }
    }
}

/// How latency is taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatencyPlan {
    /// Percentiles shown, 0 < q < 100.
    pub quantiles: Vec<f64>,
    /// Queries answered before timing starts.
    pub warmup: usize,
    /// How often every query is timed.
    pub passes: usize,
    /// Closed-loop workers.
    pub workers: usize,
}

/// Of which data sets searches are also carried out exactly, beside the way they are set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Diagnose {
    /// Of none; runs of versions that knew no diagnosis too.
    #[default]
    Never,
    /// Of those with at most [`Diagnose::SMALL`] documents.
    Small,
    /// Of all.
    Always,
}

impl Diagnose {
    /// Documents up to which a diagnosis is taken unless the spec says otherwise: a scan of so many takes milliseconds.
    pub const SMALL: usize = 100_000;

    /// Whether a data set of so many documents is diagnosed.
    pub fn wants(self, documents: usize) -> bool {
        match self {
            Diagnose::Never => false,
            Diagnose::Small => documents <= Diagnose::SMALL,
            Diagnose::Always => true,
        }
    }
}

/// Which queries the report shows in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracePlan {
    /// Which.
    pub keep: TraceKeep,
    /// Hits per stage shown.
    pub depth: usize,
}

/// Which queries are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TraceKeep {
    /// None.
    None,
    /// Those whose result differs most between cells or stages.
    Movers,
    /// All.
    All,
}

/// What cells are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compare {
    /// Per data set: the id of the reference cell, if the spec names one.
    pub reference: IndexMap<String, String>,
    /// Confidence level, for instance 0.95.
    pub level: f64,
    /// Bootstrap resamples; as many rearrangements where a test draws them.
    pub resamples: usize,
    /// How an interval is read from the resamples.
    #[serde(default)]
    pub method: BootstrapMethod,
    /// The measures whose comparisons Holm corrects together; the first is the primary measure. Empty only in plans
    /// from before there was a family: see [`Plan::family`].
    #[serde(default)]
    pub family: Vec<StageMeasure>,
    /// Largest difference of one query that is a tie.
    #[serde(default = "tie")]
    pub tolerance: f64,
}

fn tie() -> f64 {
    crate::stats::TIE
}

/// A condition on a number of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// The sentence as written.
    pub that: String,
    /// What is looked at.
    pub subject: GateSubject,
    /// The comparison.
    pub relation: Relation,
    /// The number of the sentence; milliseconds for a latency that is held against a time. Against a reference or a
    /// baseline it is a difference for a measure, and a factor for everything else.
    pub threshold: f64,
    /// What the threshold is relative to.
    #[serde(default, alias = "to_reference", deserialize_with = "gates::against")]
    pub against: Against,
    /// What the other cell's values of a measure are multiplied by before the difference is taken: 0.98 in
    /// `nDCG@10 >= 0.98 * baseline`.
    #[serde(default = "gates::whole")]
    pub scale: f64,
    /// What decides.
    #[serde(default)]
    pub judge: Judge,
    /// Axis path → label or glob: the cells it applies to, as written.
    pub scope: IndexMap<String, String>,
    /// Ids of the cells it applies to, never empty.
    pub cells: Vec<String>,
    /// Whether a failure fails the run.
    pub level: GateLevel,
    /// Where it stands in the spec, from 1.
    pub line: usize,
}

/// What a gate looks at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateSubject {
    /// The mean of an effectiveness measure.
    Measure(StageMeasure),
    /// A latency percentile, 0 < q < 100, in milliseconds.
    Latency(f64),
    /// Work per query, over all stages: a number that does not vary between machines.
    Counter(WorkCounter),
}

/// Work that a gate can bound, mean per query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkCounter {
    /// Distances between float vectors and between codes.
    DistanceComputations,
    /// Distances between float vectors.
    FloatDistances,
    /// Distances between binary codes.
    CodeDistances,
    /// Postings looked at.
    Postings,
    /// Candidates considered.
    Candidates,
    /// Candidates scored again with float vectors.
    Rescored,
    /// Pairs scored by a reranker.
    Pairs,
}

/// What a gate's threshold is relative to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Against {
    /// Nothing: it is a number.
    #[default]
    Number,
    /// The reference cell of the same data set.
    Reference,
    /// The same cell in another run.
    Baseline,
}

impl Against {
    /// As in a gate's sentence; a number has no word.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Against::Number => None,
            Against::Reference => Some("reference"),
            Against::Baseline => Some("baseline"),
        }
    }
}

/// What decides whether a gate holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judge {
    /// The number as measured.
    #[default]
    Mean,
    /// Its whole confidence interval: undecided where the threshold lies inside.
    Interval,
    /// The interval of a confidence sequence, which may be looked at again and again.
    Sequential,
}

impl WorkCounter {
    /// All of them, with the words of a gate.
    pub const ALL: [(&str, WorkCounter); 7] = [
        ("distance_computations", WorkCounter::DistanceComputations),
        ("float_distances", WorkCounter::FloatDistances),
        ("code_distances", WorkCounter::CodeDistances),
        ("postings", WorkCounter::Postings),
        ("candidates", WorkCounter::Candidates),
        ("rescored", WorkCounter::Rescored),
        ("pairs", WorkCounter::Pairs),
    ];

    /// The count in question.
    pub fn of(self, counters: &Counters) -> u64 {
        match self {
            WorkCounter::DistanceComputations => counters.float_distances + counters.code_distances,
            WorkCounter::FloatDistances => counters.float_distances,
            WorkCounter::CodeDistances => counters.code_distances,
            WorkCounter::Postings => counters.postings,
            WorkCounter::Candidates => counters.candidates,
            WorkCounter::Rescored => counters.rescored,
            WorkCounter::Pairs => counters.pairs,
        }
    }
}

/// How a value is held against a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relation {
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
    /// `>`
    #[serde(rename = ">")]
    Above,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
    /// `<`
    #[serde(rename = "<")]
    Below,
}

/// Whether a failed gate fails the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateLevel {
    /// Exit status 100.
    #[default]
    Error,
    /// Shown, no more.
    Warn,
}

impl Plan {
    /// Leaves times and work alone: no measure of quality, no diagnosis, no lists.
    pub fn leave_times(&mut self) {
        self.measure.quality.clear();
        self.measure.diagnose = Diagnose::Never;
        self.measure.trace.keep = TraceKeep::None;
        self.measure.timing_only = true;
        self.compare.family.clear();
    }

    /// The measures whose comparisons are corrected together, the primary one first. Empty only when nothing is
    /// measured.
    pub fn family(&self) -> Vec<&StageMeasure> {
        match self.compare.family.as_slice() {
            [] => self.measure.headline().into_iter().collect(),
            family => family.iter().collect(),
        }
    }
}

impl MeasurePlan {
    /// How many exact neighbours the measures need; `None` when they need none.
    pub fn neighbours(&self) -> Option<usize> {
        let cutoff = |m: &StageMeasure| match m.measure {
            Measure::KnnRecall { cutoff } => Some(cutoff),
            _ => None,
        };
        self.quality.iter().filter_map(cutoff).max()
    }
}

impl Cell {
    /// Cells with equal keys search the same index build.
    pub fn build_key(&self) -> String {
        crate::content::hash_json(&(&self.data, &self.backend, &self.backend_config, &self.index))
    }

    /// The settings that vary, as one line for people: `pipeline=hybrid index.quantization=binary`. The data set is
    /// left out: it stands above or beside.
    pub fn label(&self) -> String {
        let settings = self.settings.iter().filter(|(path, _)| *path != "data");
        let parts: Vec<String> = settings.map(|(path, label)| format!("{path}={label}")).collect();
        parts.join(" ")
    }
}
