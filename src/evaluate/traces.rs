//! One walk over the traces: measures per query, work per stage, and the tops that the report shows.

use std::collections::{BTreeMap, HashMap};

use super::{Evaluation, HitView, MeanCounters, StageView};
use crate::backend::Path;
use crate::dataset::{Grade, Itself, Qrels};
use crate::hit::tie_floor;
use crate::measure::{self, Measure, StageMeasure, Topic};
use crate::pipeline::StageKind;
use crate::plan::{Cell, MeasurePlan};
use crate::run::Run;
use crate::store::{Bundle, CellRecord, Outcome, QueryTrace, StageTrace, StoreError};

/// What the traces of one cell say.
#[derive(Debug, Default)]
pub(super) struct CellTraces {
    /// Per measure of the plan, in its order: query → value.
    pub(super) values: Vec<BTreeMap<String, f64>>,
    /// Per stage: path → number of queries.
    pub(super) paths: Vec<BTreeMap<Path, usize>>,
    /// Per stage.
    pub(super) counters: Vec<MeanCounters>,
    /// Query → the top of every stage.
    pub(super) tops: BTreeMap<String, Vec<StageView>>,
}

/// Reads all traces of the bundle, with the measures of a plan that may be another: cell id → what they say.
pub(super) fn read(
    bundle: &Bundle,
    plan: &MeasurePlan,
    qrels: &BTreeMap<String, Qrels>,
) -> Result<BTreeMap<String, CellTraces>, StoreError> {
    let cells: HashMap<&str, &Cell> = bundle.plan.cells.iter().map(|c| (c.id.as_str(), c)).collect();
    let exact = ExactLists::read(bundle)?;
    let mut all: BTreeMap<String, CellTraces> = BTreeMap::new();
    bundle.for_each_trace(|trace| {
        let Some(cell) = cells.get(trace.cell.as_str()) else {
            return;
        };
        let walk = Walk {
            plan,
            cell,
            qrels: &qrels[&cell.data],
            exact: &exact,
        };
        walk.add(&trace, all.entry(trace.cell.clone()).or_default());
    })?;
    Ok(all)
}

/// Exact neighbours of the bundle, by cell and stage.
struct ExactLists {
    runs: BTreeMap<String, Run>,
    /// (cell, stage) → key of `runs`.
    keys: HashMap<(String, String), String>,
}

impl ExactLists {
    fn read(bundle: &Bundle) -> Result<Self, StoreError> {
        let mut lists = Self {
            runs: BTreeMap::new(),
            keys: HashMap::new(),
        };
        for CellRecord { cell, outcome } in &bundle.cells {
            let Outcome::Measured(measured) = outcome else {
                continue;
            };
            for (stage, key) in &measured.exact {
                if !lists.runs.contains_key(key) {
                    lists.runs.insert(key.clone(), bundle.exact(key)?);
                }
                lists.keys.insert((cell.clone(), stage.clone()), key.clone());
            }
        }
        Ok(lists)
    }

    fn of(&self, cell: &str, stage: &str) -> Option<&Run> {
        let key = self.keys.get(&(cell.to_owned(), stage.to_owned()))?;
        self.runs.get(key)
    }
}

struct Walk<'a> {
    plan: &'a MeasurePlan,
    cell: &'a Cell,
    qrels: &'a Qrels,
    exact: &'a ExactLists,
}

impl Walk<'_> {
    fn add(&self, trace: &QueryTrace, to: &mut CellTraces) {
        to.values.resize_with(self.plan.quality.len(), BTreeMap::new);
        to.paths.resize_with(trace.stages.len(), BTreeMap::new);
        to.counters.resize_with(trace.stages.len(), MeanCounters::default);
        for (measure, values) in self.plan.quality.iter().zip(&mut to.values) {
            if let Some(value) = self.value(measure, trace) {
                values.insert(trace.query.clone(), value);
            }
        }
        for (s, stage) in trace.stages.iter().enumerate() {
            *to.paths[s].entry(stage.path).or_default() += 1;
            to.counters[s].sum += stage.counters;
            to.counters[s].queries += 1;
        }
        let tops = trace.stages.iter().map(|s| self.top(s, &trace.query)).collect();
        to.tops.insert(trace.query.clone(), tops);
    }

    fn value(&self, measure: &StageMeasure, trace: &QueryTrace) -> Option<f64> {
        if let Measure::KnnRecall { cutoff } = measure.measure {
            let stage = self.dense_stage(measure.stage.as_deref(), trace)?;
            let exact = self.exact.of(&trace.cell, &stage.stage)?;
            let exact = exact.rankings.get(&trace.query)?;
            let exact: Vec<(&str, f64)> = exact.iter().map(|d| (d.doc.as_str(), d.score)).collect();
            let kth = exact.get(cutoff.min(exact.len()).checked_sub(1)?)?.1;
            let epsilon = kth - tie_floor(kth);
            // The stage's own scores may be of binary codes; only the exact list's are trusted.
            let found: Vec<(&str, Option<f64>)> = stage.docs.iter().map(|d| (d.as_str(), None)).collect();
            return measure::knn_recall(&found, &exact, cutoff, epsilon);
        }
        let stage = match &measure.stage {
            Some(name) => trace.stages.iter().find(|s| s.stage == *name)?,
            None => trace.stages.last()?,
        };
        let docs = self.qrels.by_query.get(&trace.query)?;
        let is_measured = |doc: &&str| self.qrels.itself == Itself::Counts || *doc != trace.query;
        let ranking = stage.docs.iter().map(String::as_str).filter(is_measured);
        let unlisted = self.qrels.unlisted.grade();
        measure.measure.value(&Topic::new(ranking, docs, unlisted))
    }

    /// The named stage, or the pipeline's first dense one.
    fn dense_stage<'t>(&self, name: Option<&str>, trace: &'t QueryTrace) -> Option<&'t StageTrace> {
        let is_dense = |s: &&crate::pipeline::Stage| matches!(s.kind, StageKind::Dense(_));
        let first = || {
            let stages = &self.cell.pipeline.stages;
            stages.iter().find(is_dense).map(|s| s.name.as_str())
        };
        let name = name.or_else(first)?;
        trace.stages.iter().find(|s| s.stage == name)
    }

    /// The first hits up to the trace depth, and every relevant document further down.
    fn top(&self, stage: &StageTrace, query: &str) -> StageView {
        let depth = self.plan.trace.depth;
        let grade = |doc: &str| -> Option<Grade> { self.qrels.grade(query, doc) };
        let hits = stage.docs.iter().zip(&stage.scores).enumerate();
        let view = |(i, (doc, score)): (usize, (&String, &f32))| HitView {
            rank: i + 1,
            grade: grade(doc),
            doc: doc.clone(),
            score: *score,
        };
        StageView {
            stage: stage.stage.clone(),
            path: stage.path,
            found: stage.docs.len(),
            hits: hits
                .map(view)
                .filter(|h| h.rank <= depth || h.grade.is_some_and(|g| g > 0))
                .collect(),
        }
    }
}

impl Evaluation {
    /// Every value of every measure, as rows of `queries.parquet`. An undefined value is a row with a null.
    pub fn query_values(&self) -> Vec<crate::store::QueryValue> {
        let mut rows = Vec::new();
        for result in &self.cells {
            let super::CellState::Ok(numbers) = &result.state else {
                continue;
            };
            let queries = self.queries.iter().filter(|q| q.data == result.cell.data);
            for query in queries {
                rows.extend(numbers.quality.iter().map(|quality| crate::store::QueryValue {
                    data: query.data.clone(),
                    cell: result.cell.id.clone(),
                    query: query.query.clone(),
                    measure: quality.measure.clone(),
                    value: quality.per_query.get(&query.query).copied(),
                }));
            }
        }
        rows
    }
}
