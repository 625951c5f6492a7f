//! One walk over the traces: measures per query, work per stage, and the tops that the report shows.

use std::collections::{BTreeMap, HashMap};

use super::contributions::{self, FusedHit};
use super::ties::Tied;
use super::{Evaluation, HitView, MeanCounters, StageView};
use crate::backend::Path;
use crate::dataset::{Grade, Itself, Qrels};
use crate::hit::tie_floor;
use crate::measure::{self, Measure, StageMeasure, Ties, Topic};
use crate::pipeline::StageKind;
use crate::plan::{Cell, MeasurePlan, TiePolicy};
use crate::run::Run;
use crate::store::{Bundle, CellRecord, Outcome, QueryTrace, StageTrace, StoreError};
use crate::tune::Tuned;

/// What the traces of one cell say.
#[derive(Debug, Default)]
pub(super) struct CellTraces {
    /// Per measure of the plan, in its order: query → value.
    pub(super) values: Vec<BTreeMap<String, f64>>,
    /// Beside the values: query → the same over the orders of tied documents.
    pub(super) over_ties: Vec<BTreeMap<String, Tied>>,
    /// Per tuned weights of the cell: query → value of the measure they were tuned by.
    pub(super) tuned: Vec<BTreeMap<String, f64>>,
    /// Per stage: path → number of queries.
    pub(super) paths: Vec<BTreeMap<Path, usize>>,
    /// Per stage.
    pub(super) counters: Vec<MeanCounters>,
    /// Query → documents that pass its filter, where payload indexes told.
    pub(super) matches: BTreeMap<String, u64>,
    /// Query → the top of every stage.
    pub(super) tops: BTreeMap<String, Vec<StageView>>,
}

/// Reads all traces of the bundle, with the measures of a plan that may be another: cell id → what they say. `also` sees each
/// of them, too.
pub(super) fn read(
    bundle: &Bundle,
    plan: &MeasurePlan,
    qrels: &BTreeMap<String, Qrels>,
    exact: &ExactLists,
    also: &mut dyn FnMut(&Walk<'_>, &QueryTrace),
) -> Result<BTreeMap<String, CellTraces>, StoreError> {
    let cells: HashMap<&str, &Cell> = bundle.plan.cells.iter().map(|c| (c.id.as_str(), c)).collect();
    let tuned = tuned(bundle);
    let mut all: BTreeMap<String, CellTraces> = BTreeMap::new();
    bundle.for_each_trace(|trace| {
        let Some(cell) = cells.get(trace.cell.as_str()) else {
            return;
        };
        let walk = Walk {
            plan,
            cell,
            qrels: &qrels[&cell.data],
            exact,
            tuned: tuned.get(&cell.id).map_or(&[], Vec::as_slice),
        };
        also(&walk, &trace);
        walk.add(&trace, all.entry(trace.cell.clone()).or_default());
    })?;
    Ok(all)
}

/// What the weights of each cell were tuned by, at their stages.
fn tuned(bundle: &Bundle) -> HashMap<String, Vec<StageMeasure>> {
    let of_record = |record: &CellRecord| {
        let Outcome::Measured(measured) = &record.outcome else {
            return None;
        };
        let at_stage = |tuned: &Tuned| {
            let measure = tuned.measure.parse().ok()?;
            let stage = Some(tuned.stage.clone());
            Some(StageMeasure { stage, measure })
        };
        let measures = measured.tuned.iter().map(at_stage).collect::<Option<_>>()?;
        Some((record.cell.clone(), measures))
    };
    bundle.cells.iter().filter_map(of_record).collect()
}

/// Exact neighbours of the bundle, by cell and stage.
#[derive(Default)]
pub(super) struct ExactLists {
    /// How many neighbours of each query were kept; a measure that looks deeper is undefined.
    kept: Option<usize>,
    runs: BTreeMap<String, Run>,
    /// (cell, stage) → key of `runs`.
    keys: HashMap<(String, String), String>,
}

impl ExactLists {
    pub(super) fn read(bundle: &Bundle) -> Result<Self, StoreError> {
        let mut lists = Self {
            kept: bundle.plan.measure.neighbours(),
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

/// A cell's lists with what they are measured by.
pub(super) struct Walk<'a> {
    pub(super) plan: &'a MeasurePlan,
    pub(super) cell: &'a Cell,
    pub(super) qrels: &'a Qrels,
    pub(super) exact: &'a ExactLists,
    pub(super) tuned: &'a [StageMeasure],
}

impl Walk<'_> {
    fn add(&self, trace: &QueryTrace, to: &mut CellTraces) {
        to.values.resize_with(self.plan.quality.len(), BTreeMap::new);
        to.over_ties.resize_with(self.plan.quality.len(), BTreeMap::new);
        to.paths.resize_with(trace.stages.len(), BTreeMap::new);
        to.counters.resize_with(trace.stages.len(), MeanCounters::default);
        for (i, measure) in self.plan.quality.iter().enumerate() {
            let Some((value, tied)) = self.value(measure, trace) else {
                continue;
            };
            if let Some(value) = self.policy(value, tied) {
                to.values[i].insert(trace.query.clone(), value);
                to.over_ties[i].insert(trace.query.clone(), tied);
            }
        }
        to.tuned.resize_with(self.tuned.len(), BTreeMap::new);
        for (measure, values) in self.tuned.iter().zip(&mut to.tuned) {
            let value = self
                .value(measure, trace)
                .and_then(|(value, tied)| self.policy(value, tied));
            values.extend(value.map(|value| (trace.query.clone(), value)));
        }
        for (s, stage) in trace.stages.iter().enumerate() {
            *to.paths[s].entry(stage.path).or_default() += 1;
            to.counters[s].sum += stage.counters;
            to.counters[s].queries += 1;
        }
        let matches = trace.stages.iter().map(|s| s.counters.matches).max().unwrap_or(0);
        if matches > 0 {
            to.matches.insert(trace.query.clone(), matches);
        }
        if self.plan.timing_only {
            return;
        }
        let joined = contributions::of_trace(self.cell, trace);
        let top = |s: &StageTrace| self.top(s, &trace.query, joined.get(&s.stage));
        let tops = trace.stages.iter().map(top).collect();
        to.tops.insert(trace.query.clone(), tops);
    }

    /// What the report shows of a value that is `value` in the order of the trace.
    fn policy(&self, value: f64, tied: Tied) -> Option<f64> {
        match self.plan.tie {
            TiePolicy::Docid => Some(value),
            TiePolicy::Expected => tied.over?.expected,
        }
    }

    /// The value of the stage that a measure speaks of.
    fn value(&self, measure: &StageMeasure, trace: &QueryTrace) -> Option<(f64, Tied)> {
        let stage = match (&measure.measure, &measure.stage) {
            (Measure::KnnRecall { .. }, name) => self.dense_stage(name.as_deref(), trace)?,
            (_, Some(name)) => trace.stages.iter().find(|s| s.stage == *name)?,
            (_, None) => trace.stages.last()?,
        };
        self.tied_value(&measure.measure, stage, &trace.query)
    }

    /// What the report shows of one list; `None` where it is undefined.
    pub(super) fn value_of(&self, measure: &Measure, stage: &StageTrace, query: &str) -> Option<f64> {
        let (value, tied) = self.tied_value(measure, stage, query)?;
        self.policy(value, tied)
    }

    /// The value of one list in its own order, and over all orders of tied documents.
    fn tied_value(&self, measure: &Measure, stage: &StageTrace, query: &str) -> Option<(f64, Tied)> {
        let Measure::KnnRecall { cutoff } = *measure else {
            let (topic, ties) = self.tied_topic(stage, query)?;
            let tied = Tied {
                over: measure.over_ties(&topic, &ties),
                cut: measure.depth(&topic).map(|depth| ties.cut_at(depth)),
            };
            return Some((measure.value(&topic)?, tied));
        };
        if self.exact.kept.is_some_and(|kept| cutoff > kept) {
            return None;
        }
        let exact = self.exact.of(&self.cell.id, &stage.stage)?;
        let exact = exact.rankings.get(query)?;
        let exact: Vec<(&str, f64)> = exact.iter().map(|d| (d.doc.as_str(), d.score)).collect();
        let kth = exact.get(cutoff.min(exact.len()).checked_sub(1)?)?.1;
        let epsilon = kth - tie_floor(kth);
        // The stage's own scores may be of binary codes; only the exact list's are trusted.
        let found: Vec<(&str, Option<f64>)> = stage.docs.iter().map(|d| (d.as_str(), None)).collect();
        let ties = Ties::of(stage.scores.iter().map(|&s| f64::from(s)));
        let tied = Tied {
            over: measure::knn_recall_over_ties(&found, &exact, cutoff, epsilon, &ties),
            cut: Some(ties.cut_at(cutoff.min(exact.len()))),
        };
        Some((measure::knn_recall(&found, &exact, cutoff, epsilon)?, tied))
    }

    /// A list through the eyes of the query's judgements; `None` for a query that has none.
    pub(super) fn topic(&self, stage: &StageTrace, query: &str) -> Option<Topic> {
        Some(self.tied_topic(stage, query)?.0)
    }

    fn tied_topic(&self, stage: &StageTrace, query: &str) -> Option<(Topic, Ties)> {
        let docs = self.qrels.by_query.get(query)?;
        let is_measured = |doc: &&str| self.qrels.itself == Itself::Counts || *doc != query;
        let hits = stage.docs.iter().map(String::as_str).zip(&stage.scores);
        let hits = hits.filter(|(doc, _)| is_measured(doc));
        let ties = Ties::of(hits.clone().map(|(_, &score)| f64::from(score)));
        let topic = Topic::new(hits.map(|(doc, _)| doc), docs, self.qrels.unlisted.grade());
        Some((topic, ties))
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
    fn top(&self, stage: &StageTrace, query: &str, joined: Option<&Vec<FusedHit>>) -> StageView {
        let depth = self.plan.trace.depth;
        let grade = |doc: &str| -> Option<Grade> { self.qrels.grade(query, doc) };
        let hits = stage.docs.iter().zip(&stage.scores).enumerate();
        let view = |(i, (doc, score)): (usize, (&String, &f32))| HitView {
            rank: i + 1,
            grade: grade(doc),
            doc: doc.clone(),
            score: *score,
            parts: joined.map_or_else(Vec::new, |hits| hits[i].parts.clone()),
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
                    tie: self.plan.measure.tie.name(),
                    value: quality.per_query.get(&query.query).copied(),
                }));
            }
        }
        rows
    }
}
