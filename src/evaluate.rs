//! From a bundle to numbers: measures, differences, latency figures, gates.
//!
//! Reads nothing but the bundle, so a report can be rebuilt on a plane and a new measure needs no new run. Its result
//! holds display-ready facts and no text layout; [`crate::report`] turns it into pages.

pub mod baseline;
pub(crate) mod certainty;
pub mod contributions;
pub mod diff;
mod difference;
pub mod effects;
mod gates;
mod knobs;
mod latency;
pub mod losses;
pub(crate) mod noise;
mod ties;
mod traces;

use std::collections::BTreeMap;

use crate::backend::Path;
use crate::dataset::{Grade, Qrels};
use crate::index::Counters;
use crate::plan::{Cell, Gate, Plan, WorkCounter};
use crate::stats::{self, Verdict};
use crate::store::{
    Bundle, Finding, LatencySample, Manifest, Measured, Outcome, QueryRecord, Severity, StoreError,
};

use baseline::{Baseline, BaselineCopy};
pub use certainty::{Certainty, Choice, Groups, IntervalMethod, MeanInterval, SliceCell, Slices};
pub use difference::{Difference, Effect, POWER, Values, difference, differences};
use losses::{Collector, Losses};
pub use ties::TieRange;
use traces::{CellTraces, ExactLists};

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
    /// One per data set with a cell that ran, in the order of the cells: what holds for its cells together.
    pub certainty: Vec<Certainty>,
    /// What each setting does while the others vary.
    pub effects: Vec<effects::AxisEffects>,
    /// One per gate of the plan, in plan order.
    pub gates: Vec<GateResult>,
    /// The run that this one is compared with, if any.
    pub baseline: Option<Baseline>,
    /// Judged queries of all data sets.
    pub queries: Vec<QueryRecord>,
    /// Judgements by data set.
    pub qrels: BTreeMap<String, Qrels>,
    /// Text fields of the documents that appear in traces: data set → document → field → text.
    pub texts: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    /// The top of every trace: cell → query → stages.
    pub traces: BTreeMap<String, BTreeMap<String, Vec<StageView>>>,
    /// Where each cell that was answered loses and gains, by the first measure of the family; none where that measure cannot be
    /// read along a pipeline.
    pub losses: BTreeMap<String, Losses>,
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
    /// Per record of `measured.tuned`: the mean of its measure at its stage over the queries that are measured, beside
    /// the one that it has over the queries it was tuned on.
    pub tuned: Vec<Option<f64>>,
    /// Per stage: paths taken and the number of queries that took them.
    pub paths: Vec<(String, BTreeMap<Path, usize>)>,
    /// Per stage: mean work per query.
    pub counters: Vec<(String, MeanCounters)>,
    /// Query → documents that pass its filter, as the payload indexes tell; absent where nothing was filtered by them.
    pub matches: BTreeMap<String, u64>,
}

impl CellNumbers {
    /// Work per query, over all stages.
    pub fn work(&self, counter: WorkCounter) -> f64 {
        let stages = self.counters.iter();
        stages.map(|(_, of)| of.per_query(counter)).sum()
    }
}

impl MeanCounters {
    /// The mean of one counter.
    pub(crate) fn per_query(&self, counter: WorkCounter) -> f64 {
        counter.of(&self.sum) as f64 / self.queries.max(1) as f64
    }
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
    /// Where the mean may lie; `None` under 20 queries.
    pub interval: Option<MeanInterval>,
    /// Value per query id; an undefined one is absent.
    pub per_query: Values,
    /// What the order of tied documents does to the mean; `None` when no query could be scored, and for measures whose
    /// bounds are not known.
    pub ties: Option<TieRange>,
    /// Against the reference cell of the same data set; `None` for the reference itself or without one.
    pub difference: Option<Difference>,
}

/// Latency of one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    /// From the query text to the final ranking.
    pub total: Percentiles,
    /// Of each part: `embed`, then the stages in order.
    pub parts: Vec<(String, Percentiles)>,
    /// Of each stage that was a call to a server: its name, the server's own part, and the rest of the call.
    pub calls: Vec<(String, Percentiles, Percentiles)>,
    /// The plan's first quantile (usually the median) of each pass, milliseconds: the spread between passes.
    pub by_pass: Vec<f64>,
    /// (percentile, its value in each pass in milliseconds), in the plan's order, where one pass supports it.
    pub passes: Vec<(f64, Vec<f64>)>,
    /// Queries per second over the timed passes.
    pub qps: f64,
    /// Throughput × mean latency / workers; near 1, or the client was the bottleneck.
    pub littles_ratio: f64,
    /// For the percentile chart: (percentile, milliseconds), ascending, only what the sample supports.
    pub curve: Vec<(f64, f64)>,
    /// Query → time of the whole in every pass, milliseconds.
    pub by_query: BTreeMap<String, Vec<f64>>,
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
    /// What is held against the threshold: the number itself, its difference to the reference or baseline (measures),
    /// or its ratio to it (all others). `None` when the cell has none.
    pub value: Option<f64>,
    /// Confidence interval of that value, where there is one.
    pub interval: Option<(f64, f64)>,
    /// Queries that the value and the interval are over; `None` for what is no measure.
    pub n: Option<usize>,
    /// Whether it holds. It cannot be told where the cell did not run, the measure is undefined, the threshold lies inside
    /// the interval that the gate is judged by, there is nothing to compare with, or the machine was too noisy for a time.
    pub outcome: Verdict,
    /// Why it cannot be decided, and what would help; `None` where it can.
    pub reason: Option<String>,
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
    /// In a fusion's list: what each list that it joins gave to the score, in its order. Empty in all others.
    pub parts: Vec<f64>,
}

/// Reads a bundle and computes everything a report says, with the run it was compared with.
pub fn evaluate(bundle: &Bundle) -> Result<Evaluation, StoreError> {
    let copy = match &bundle.manifest.baseline {
        None => None,
        Some(record) => Some(BaselineCopy {
            record: record.clone(),
            lines: bundle.baseline()?,
        }),
    };
    evaluate_against(bundle, copy)
}

/// The same, held against another run than the bundle says, or against none.
pub fn evaluate_against(bundle: &Bundle, copy: Option<BaselineCopy>) -> Result<Evaluation, StoreError> {
    let plan = &bundle.plan;
    let qrels = all_qrels(bundle)?;
    let exact = ExactLists::read(bundle)?;
    let mut losses = Collector::new(bundle, &qrels, &exact, plan.family().first().copied().cloned())?;
    let mut traced = traces::read(bundle, &plan.measure, &qrels, &exact, &mut |walk, trace| {
        losses.add(walk, trace);
    })?;
    let samples = bundle.latencies()?;
    let mut tops = BTreeMap::new();
    let mut cells: Vec<CellResult> = plan
        .cells
        .iter()
        .map(|cell| {
            let mut traces = traced.remove(&cell.id).unwrap_or_default();
            tops.insert(cell.id.clone(), std::mem::take(&mut traces.tops));
            CellResult {
                is_reference: plan.compare.reference.get(&cell.data) == Some(&cell.id),
                state: state(bundle, cell, traces, &samples),
                cell: cell.clone(),
            }
        })
        .collect();
    let certainty = certainty::certainty(plan, &bundle.queries, &mut cells);
    ties::warn(plan.measure.tie, &mut cells);
    knobs::mark_dead(&mut cells, &tops);
    let baseline = copy.map(|copy| baseline::compare(bundle, &qrels, &cells, copy));
    Ok(Evaluation {
        certainty,
        effects: effects::effects(plan, &cells),
        gates: gates::check(&bundle.manifest, plan, &cells, baseline.as_ref()),
        baseline,
        manifest: bundle.manifest.clone(),
        plan: plan.clone(),
        spec_text: bundle.spec_text.clone(),
        queries: bundle.queries.clone(),
        texts: bundle.texts()?,
        traces: tops,
        losses: losses.finish(),
        cells,
        qrels,
    })
}

fn all_qrels(bundle: &Bundle) -> Result<BTreeMap<String, Qrels>, StoreError> {
    let of = |d: &crate::plan::DataSource| Ok((d.name.clone(), bundle.qrels(&d.name)?));
    bundle.plan.data.iter().map(of).collect()
}

fn state(bundle: &Bundle, cell: &Cell, traces: CellTraces, samples: &[LatencySample]) -> CellState {
    let record = bundle.cells.iter().find(|r| r.cell == cell.id);
    match record.map(|r| &r.outcome) {
        None => CellState::NotRun,
        Some(Outcome::Failed { error }) => CellState::Failed(error.clone()),
        Some(Outcome::Unsupported { reason }) => CellState::Unsupported(reason.clone()),
        Some(Outcome::Measured(measured)) => {
            CellState::Ok(Box::new(numbers(bundle, cell, traces, measured, samples)))
        }
    }
}

fn numbers(
    bundle: &Bundle,
    cell: &Cell,
    traces: CellTraces,
    measured: &Measured,
    samples: &[LatencySample],
) -> CellNumbers {
    let plan = &bundle.plan.measure;
    let total = bundle.queries.iter().filter(|q| q.data == cell.data).count();
    let quality = plan
        .quality
        .iter()
        .zip(traces.values)
        .zip(&traces.over_ties)
        .map(|((measure, per_query), over_ties)| Quality {
            ties: TieRange::of(over_ties),
            measure: measure.to_string(),
            mean: stats::mean(&per_query.values().copied().collect::<Vec<f64>>()),
            scored: per_query.len(),
            total,
            interval: None,
            per_query,
            difference: None,
        })
        .collect();
    let stages: Vec<&str> = cell.pipeline.stages.iter().map(|s| s.name.as_str()).collect();
    let own: Vec<&LatencySample> = samples.iter().filter(|s| s.cell == cell.id).collect();
    let latency = plan.latency.as_ref().zip(measured.timing.as_ref());
    let named = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<String>>();
    let mut numbers = CellNumbers {
        quality,
        latency: latency.and_then(|(plan, timing)| latency::latency(timing, &own, &stages, plan)),
        measured: measured.clone(),
        tuned: (traces.tuned.iter())
            .map(|values| stats::mean(&values.values().copied().collect::<Vec<f64>>()))
            .collect(),
        paths: named(&stages).into_iter().zip(traces.paths).collect(),
        counters: named(&stages).into_iter().zip(traces.counters).collect(),
        matches: traces.matches,
    };
    numbers.measured.findings.extend(saturated(&numbers));
    numbers
}

/// In a closed loop throughput × mean latency is the number of workers; well below, the workers were not waiting for answers.
fn saturated(numbers: &CellNumbers) -> Option<Finding> {
    let ratio = numbers.latency.as_ref()?.littles_ratio;
    (ratio < 0.9).then(|| Finding {
        check: "littles-law".into(),
        severity: Severity::Invalid,
        message: format!(
            "throughput × mean latency / workers is {ratio:.2}, below 0.9: the client was the bottleneck, so the throughput is \
             not the engine's"
        ),
    })
}
