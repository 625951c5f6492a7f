//! What is measured, what it is compared with, and what must hold.

use schemars::JsonSchema;
use serde::Deserialize;

use super::sweep::Selector;
use super::{Choice, Later, OneOrMany, ShortOr, Spanned};

/// What is measured, and how.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureSpec {
    /// Effectiveness measures as ir_measures names them; `f:R@100` reads one at stage `f`.
    /// Default: `[success@1, nDCG@10, RR@10, R@100, Judged@10]`.
    pub quality: Option<Spanned<OneOrMany<String>>>,
    /// What a value is where documents have equal scores. Default: `docid`.
    pub tie: Option<Spanned<TieSpec>>,
    /// How latency is taken, or `none`.
    pub latency: Option<Spanned<ShortOr<NoLatency, LatencySpec>>>,
    /// Which queries the report shows in full.
    #[serde(default)]
    pub trace: TraceSpec,
    /// Whether every search is also carried out exactly (untimed), by which `evalrun explain` tells where answers are lost.
    /// Default: for data sets of up to 100,000 documents.
    pub diagnose: Option<Spanned<bool>>,
    /// Metadata fields of queries by which results are also shown. Default: none.
    pub slices: Option<Spanned<OneOrMany<String>>>,
    /// The seed of everything random. Default: 42.
    pub seed: Option<Spanned<u64>>,
}

/// What a value is where documents have equal scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TieSpec {
    /// That of one order: by document id, descending, as trec_eval has it.
    Docid,
    /// The mean over all orders of tied documents.
    Expected,
}

/// The word that switches latency off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoLatency {
    /// No latency is taken.
    None,
}

/// How latency is taken.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LatencySpec {
    /// Percentiles shown, between 0 and 100. Default: `[50, 95, 99]`.
    pub quantiles: Option<Spanned<Vec<Spanned<f64>>>>,
    /// Queries answered before timing starts. Default: 20.
    pub warmup: Option<Spanned<usize>>,
    /// How often every query is timed. Default: 3.
    pub passes: Option<Spanned<usize>>,
    /// Who asks. Default: `{ closed: { workers: 1 } }`.
    pub load: Option<Spanned<Choice<LoadSpec>>>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadSpec {
    /// Workers that each ask the next query when the last one is answered.
    Closed(ClosedSpec),
    /// Queries at a given rate: a later version.
    #[schemars(skip)]
    Open(Later),
}

/// A closed loop.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedSpec {
    /// How many ask at once. Default: 1.
    pub workers: Option<Spanned<usize>>,
}

/// Which queries the report shows in full.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceSpec {
    /// Which. Default: `movers`.
    pub keep: Option<Spanned<TraceKeepSpec>>,
    /// Hits per stage shown. Default: 20.
    pub depth: Option<Spanned<usize>>,
}

/// Which queries are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TraceKeepSpec {
    /// None.
    None,
    /// Those whose result differs most between cells or stages.
    Movers,
    /// All.
    All,
}

/// What the cells are compared with.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareSpec {
    /// The cell that the others are held against: path → label. It must single out one cell of every data set.
    /// Default: none.
    pub reference: Option<Spanned<Selector>>,
    /// How sure an interval is, and how it is made.
    #[serde(default)]
    pub interval: IntervalSpec,
    /// The measures whose comparisons are corrected together (Holm): every cell with the reference, by each of these,
    /// per data set. The first is the primary measure: it orders the tables, and choice, groups and slices are about it.
    /// All of them have to be measured. Default: `nDCG@10` if it is measured, else the first measure of the answer.
    pub family: Option<Spanned<OneOrMany<String>>>,
    /// Differences of one query up to this count as ties among wins, ties and losses; 0 or more. Default: 1e-9.
    pub tolerance: Option<Spanned<f64>>,
}

/// How sure an interval is, and how it is made.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntervalSpec {
    /// Confidence, between 0 and 1; tests are at 1 less this. Default: 0.95.
    pub level: Option<Spanned<f64>>,
    /// Bootstrap resamples, at least 100. Default: 10000.
    pub resamples: Option<Spanned<usize>>,
    /// How an interval is read from the resamples. Default: `bca`.
    pub method: Option<Spanned<IntervalMethodSpec>>,
}

/// How an interval is read from bootstrap resamples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IntervalMethodSpec {
    /// Percentiles of the resampled means, corrected for bias and skewness.
    Bca,
    /// Percentiles of the resampled t statistics: covers better when differences are skewed and queries few, and can
    /// leave the range of the measure.
    Studentized,
}

/// A condition on a number of the run.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateSpec {
    /// The sentence: a measure, a percentile or a counter of work, `>=`, `>`, `<=` or `<`, and a number:
    /// `nDCG@10 >= 0.5`, `p95 <= 40ms`, `distance_computations <= 2000`. Against the reference cell:
    /// `nDCG@10 >= reference + 0.02`, `p95 <= 1.5 * reference`, `nDCG@10 not-worse-than reference by 0.01`. Against the
    /// same cell in another run, which `--baseline` names: the same with `baseline`, as in `nDCG@10 >= 0.98 * baseline`.
    pub that: Spanned<String>,
    /// The cells it speaks of: path → label, pattern with `*`, or a list of them. Default: all.
    #[serde(rename = "where")]
    pub scope: Option<Spanned<Selector>>,
    /// Whether a failure fails the run. Default: `error`.
    pub level: Option<Spanned<GateLevelSpec>>,
    /// What decides: the `mean`; its whole `interval`, and then the gate is undecided where the threshold lies inside;
    /// or `sequential`, an interval that may be looked at again whenever judged queries were added.
    /// Default: `mean`; `interval` for `not-worse-than`.
    pub judge: Option<Spanned<JudgeSpec>>,
}

/// What decides whether a gate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JudgeSpec {
    /// The number as measured.
    Mean,
    /// Its whole confidence interval.
    Interval,
    /// A confidence sequence: wider, and right at every look together, not at a single one. For measures between 0 and 1.
    /// Queries count in the order of their ids, shorter ids first: those that are added need later ids.
    Sequential,
}

/// Whether a failed gate fails the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GateLevelSpec {
    /// Exit status 100.
    Error,
    /// Shown, no more.
    Warn,
}
