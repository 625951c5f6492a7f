//! Carries out a plan: prepares vectors, builds each index once, asks every query, times, and writes the bundle.
//!
//! It knows backends only through their traits and no measure at all: where weights are tuned, [`crate::tune`] chooses
//! them. A cell that fails becomes a record and the run goes on.

mod cell;
mod checks;
pub mod clock;
mod diagnose;
mod elsewhere;
mod limits;
pub mod machine;
mod oracle;
mod parity;
mod quality;
mod record;
mod stopped;
mod timing;
mod tuning;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::backend::{Backend, BackendError, Calls, Elsewhere, Index, IndexStats, Points, StageAnswer};
use crate::dataset::Dataset;
use crate::models::ModelError;
use crate::pipeline::{StageKind, VectorConfig};
use crate::plan::{Cell, Plan, TiePolicy};
use crate::prepare::neighbours::NeighboursError;
use crate::prepare::{
    CacheUse, CachedEmbedder, CachedReranker, PrepareError, PreparedData, prepare, vector_key,
};
use crate::progress::{Event, Observer};
use crate::store::{BundleWriter, CellRecord, Finding, Outcome, Parity, StoreError};
use crate::tune::{TuneError, Tuned};

use cell::CellContext;
use clock::Clock;
use limits::Deadline;
use oracle::Oracle;
use stopped::{Flow, Next, Stopped};
use timing::CellTimer;

pub use limits::Limits;
pub use timing::LiveModels;

/// Everything a run is carried out with.
pub struct Runner<'a> {
    /// What is to be done.
    pub plan: &'a Plan,
    /// Data sets by name.
    pub datasets: &'a BTreeMap<String, Dataset>,
    /// Queries to tune on: data set and split → a data set without documents, whose queries and judgements are those.
    pub tuning: &'a BTreeMap<(String, String), Dataset>,
    /// Backends by their name in the plan.
    pub backends: &'a BTreeMap<String, Box<dyn Backend + 'a>>,
    /// Models; the quality pass reads them through the cache.
    pub models: LiveModels<'a>,
    /// Where the cache lies.
    pub cache: &'a Path,
    /// Where time comes from.
    pub clock: &'a dyn Clock,
    /// Who watches; when it asks to stop, what is answered is written and the run ends.
    pub watch: &'a dyn Observer,
    /// What ends a cell, or the run, early.
    pub limits: Limits,
}

/// What a run cost and reused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Embeddings.
    pub texts: CacheUse,
    /// Pair scores.
    pub pairs: CacheUse,
    /// Time spent preparing.
    pub prepare: Duration,
}

/// Why a cell, or the whole run, stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Preparation failed.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// Exact neighbours could not be had.
    #[error(transparent)]
    Neighbours(#[from] NeighboursError),
    /// Weights could not be tuned.
    #[error(transparent)]
    Tune(#[from] TuneError),
    /// The bundle could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever watches asked to stop.
    #[error("stopped")]
    Cancelled,
    /// A rerank stage without a model.
    #[error("the pipeline reranks, but the plan names no reranker")]
    NoReranker,
    /// A backend stage after a client stage.
    #[error(
        "stage `{0}` needs the index after a rerank; put every `dense`, `sparse` and `late` stage before it"
    )]
    IndexAfterRerank(String),
    /// A data set without queries cannot be measured.
    #[error("data set `{0}` has no query that can be asked")]
    NoQueries(String),
}

/// An index with what building it cost.
struct Built {
    key: String,
    index: Box<dyn Index>,
    took: Duration,
    rss: Option<i64>,
    stats: IndexStats,
}

/// A cell whose quality pass is done and whose record is not yet written.
struct Answered<'a> {
    context: CellContext<'a>,
    build: usize,
    answers: Vec<Vec<StageAnswer>>,
    exact: BTreeMap<String, String>,
    tuned: Vec<Tuned>,
    parity: Vec<Parity>,
    calls: Option<Calls>,
    diagnosed: bool,
    findings: Vec<Finding>,
}

impl Runner<'_> {
    /// Runs every cell of the plan that the bundle does not have yet, and writes what was seen. Only an unusable bundle or
    /// data set ends the run early.
    pub fn run(&self, bundle: &mut BundleWriter) -> Result<Cost, RunError> {
        let mut embedder = self.models.embedder.map(|m| CachedEmbedder::new(m, self.cache));
        let mut reranker = self.models.reranker.map(|m| CachedReranker::new(m, self.cache));
        let mut cost = Cost::default();
        for (name, data) in self.datasets {
            let cells = self.plan.cells.iter().filter(|c| c.data == *name);
            let cells: Vec<&Cell> = cells.filter(|c| !bundle.has(&c.id)).collect();
            if cells.is_empty() {
                continue;
            }
            if data.queries.is_empty() {
                return Err(RunError::NoQueries(name.clone()));
            }
            let start = self.clock.now();
            let prepared = match self.prepare(data, &cells, embedder.as_mut()) {
                Err(PrepareError::Cancelled) => break,
                prepared => prepared?,
            };
            let sets = match tuning::sets(self, name, &prepared, embedder.as_mut()) {
                Err(PrepareError::Cancelled) => break,
                sets => sets?,
            };
            cost.prepare += self.clock.now() - start;
            let of_data = OfData {
                data,
                prepared: &prepared,
                sets: &sets,
                tie: self.plan.measure.tie,
            };
            if let Flow::End = self.data_set(of_data, &cells, reranker.as_mut(), bundle)? {
                break;
            }
        }
        cost.texts = embedder.map(|e| e.used).unwrap_or_default();
        cost.pairs = reranker.map(|r| r.used).unwrap_or_default();
        Ok(cost)
    }

    fn prepare(
        &self,
        data: &Dataset,
        cells: &[&Cell],
        embedder: Option<&mut CachedEmbedder<'_>>,
    ) -> Result<PreparedData, PrepareError> {
        let configs: Vec<&VectorConfig> = cells.iter().flat_map(|c| c.index.vectors.values()).collect();
        let stages = cells.iter().flat_map(|c| &c.pipeline.stages);
        let passages: Vec<&[String]> = stages
            .filter_map(|s| match &s.kind {
                StageKind::Rerank(r) => Some(r.fields.as_slice()),
                _ => None,
            })
            .collect();
        prepare(data, &configs, &passages, embedder, self.watch)
    }

    /// All cells of one data set: indexes, quality, then timing with the cells taking turns.
    fn data_set(
        &self,
        of_data: OfData<'_>,
        cells: &[&Cell],
        mut reranker: Option<&mut CachedReranker<'_>>,
        bundle: &mut BundleWriter,
    ) -> Result<Flow, RunError> {
        let mut builds: Vec<Built> = Vec::new();
        let mut oracle = Oracle::new(self.cache, self.watch);
        let mut effective: Vec<(Cell, Vec<Tuned>)> = Vec::new();
        let mut answered: Vec<Answered<'_>> = Vec::new();
        let mut flow = Flow::On;
        for cell in cells {
            let tuned = self.tuned(cell, of_data, &mut builds, reranker.as_deref_mut());
            match self.or_record(cell, tuned, bundle)? {
                Next::Cell(tuned) => effective.push(tuned),
                Next::Skip => {}
                Next::End => {
                    flow = Flow::End;
                    break;
                }
            }
        }
        // Also after an early end: a cell that was tuned has done nothing to be left out for.
        for (cell, tuned) in &effective {
            let context = CellContext::new(cell, of_data.data, of_data.prepared);
            let done = self.answer(context, &mut builds, reranker.as_deref_mut(), &mut oracle, bundle);
            match self.or_record(cell, done, bundle)? {
                Next::Cell(mut done) => {
                    done.findings.extend(tuning::findings(tuned));
                    done.tuned.clone_from(tuned);
                    match self.plan.measure.latency {
                        // Nothing more is to come.
                        None => {
                            let record = record::record(&mut done, &builds, None, bundle);
                            bundle.cell(&record)?;
                        }
                        Some(_) => answered.push(done),
                    }
                }
                Next::Skip => {}
                Next::End => {
                    flow = Flow::End;
                    break;
                }
            }
        }
        self.time(&mut answered, &builds, bundle)?;
        Ok(flow)
    }

    /// The cell as it is run: with the weights that its tuning finds, where it has any.
    fn tuned(
        &self,
        cell: &Cell,
        of_data: OfData<'_>,
        builds: &mut Vec<Built>,
        reranker: Option<&mut CachedReranker<'_>>,
    ) -> Result<(Cell, Vec<Tuned>), Stopped> {
        if !tuning::is_tuned(cell) {
            return Ok((cell.clone(), Vec::new()));
        }
        let context = CellContext::new(cell, of_data.data, of_data.prepared);
        let deadline = Deadline::start(self.limits, self.watch, self.clock);
        let build = self.build(&context, builds)?;
        let index = builds[build].index.as_ref();
        tuning::tuned(cell, of_data, index, reranker, &deadline).map_err(|error| self.stopped(error))
    }

    /// Builds the cell's index if no earlier cell did, and asks every query once.
    fn answer<'a>(
        &self,
        context: CellContext<'a>,
        builds: &mut Vec<Built>,
        mut reranker: Option<&mut CachedReranker<'_>>,
        oracle: &mut Oracle<'_>,
        bundle: &mut BundleWriter,
    ) -> Result<Answered<'a>, Stopped> {
        let cell = context.cell;
        if self.watch.cancelled() {
            return Err(Stopped::Run(RunError::Cancelled));
        }
        let deadline = Deadline::start(self.limits, self.watch, self.clock);
        let build = self.build(&context, builds)?;
        let Built {
            index, stats, key, ..
        } = &builds[build];
        let calls_before = index.elsewhere().map(Elsewhere::calls);
        let (parity, mut doubts) = parity::check(&context, key, index.as_ref(), oracle, &deadline)
            .map_err(|error| self.stopped(error))?;
        let watch = elsewhere::Watch::start(index.as_ref(), calls_before);
        let answers = quality::answers(&context, index.as_ref(), reranker.as_deref_mut(), &deadline)
            .map_err(|error| self.stopped(error))?;
        let mut findings = checks::answers(&context, stats, &answers);
        findings.append(&mut doubts);
        let mut calls = None;
        if let Some(watch) = watch {
            let seen = watch.end(&context, index.as_ref(), &answers, &deadline);
            let (seen, made) = seen.map_err(|error| self.stopped(error))?;
            findings.extend(seen);
            calls = Some(made);
        }
        let exact = self.exact(&context, oracle, bundle)?;
        let mut traces = record::traces(&context, &answers);
        if self.plan.measure.timing_only {
            traces.iter_mut().for_each(record::leave_work);
        }
        bundle.traces(&cell.data, &traces, self.plan.measure.trace.depth)?;
        bundle.run(&cell.id, &record::run(&context, &answers))?;
        let diagnosed = self.plan.measure.diagnose.wants(context.data.docs.len());
        if diagnosed {
            match diagnose::ladders(&context, index.as_ref(), reranker, &deadline) {
                Ok(ladders) => bundle.ladders(&ladders)?,
                Err(error) => findings.push(diagnose::failed(&error)),
            }
        }
        let diagnosed = diagnosed && findings.iter().all(|f| f.check != diagnose::CHECK);
        self.watch
            .event(Event::Note(&format!("{} {}: answered", cell.data, cell.label())));
        Ok(Answered {
            context,
            build,
            answers,
            exact,
            tuned: Vec::new(),
            parity,
            calls,
            diagnosed,
            findings,
        })
    }

    fn build(&self, context: &CellContext<'_>, builds: &mut Vec<Built>) -> Result<usize, Stopped> {
        let cell = context.cell;
        let backend = self.backends[&cell.backend].as_ref();
        backend
            .check(&cell.index, &cell.pipeline)
            .map_err(|reason| Outcome::Unsupported {
                reason: reason.to_string(),
            })?;
        let key = context.cell.build_key();
        if let Some(known) = builds.iter().position(|b| b.key == key) {
            return Ok(known);
        }
        let before = machine::resident_bytes();
        let start = self.clock.now();
        let index = backend.build(&context.cell.index, &points(context))?;
        let took = self.clock.now() - start;
        let grown = |before: u64| Some(machine::resident_bytes()? as i64 - before as i64);
        builds.push(Built {
            key,
            rss: before.and_then(grown),
            stats: index.stats()?,
            index,
            took,
        });
        Ok(builds.len() - 1)
    }

    /// Exact neighbours of the cell's dense stages, if a measure needs them; computed once for all cells that share them.
    fn exact(
        &self,
        context: &CellContext<'_>,
        oracle: &mut Oracle<'_>,
        bundle: &BundleWriter,
    ) -> Result<BTreeMap<String, String>, RunError> {
        let Some(k) = self.plan.measure.neighbours() else {
            return Ok(BTreeMap::new());
        };
        let mut keys = BTreeMap::new();
        for stage in &context.cell.pipeline.stages {
            if let StageKind::Dense(dense) = &stage.kind {
                let key = oracle.compute(context, dense, k, bundle)?;
                keys.insert(stage.name.clone(), key);
            }
        }
        Ok(keys)
    }

    fn time(
        &self,
        answered: &mut [Answered<'_>],
        builds: &[Built],
        bundle: &mut BundleWriter,
    ) -> Result<(), RunError> {
        let Some(plan) = &self.plan.measure.latency else {
            return untimed(answered, builds, bundle);
        };
        if self.watch.cancelled() {
            return untimed(answered, builds, bundle);
        }
        self.watch.event(Event::Note("timing"));
        // The timers borrow the contexts, so what they find is put into the records only after they are done.
        let timers: Vec<Result<CellTimer<'_>, RunError>> = answered
            .iter()
            .map(|a| {
                let index = builds[a.build].index.as_ref();
                CellTimer::new(&a.context, index, self.models, self.clock, plan)
            })
            .collect();
        let mut timers = timers;
        for pass in 0..plan.passes {
            let turn = timers.iter_mut().filter_map(|t| t.as_mut().ok());
            let mut turn: Vec<_> = turn.collect();
            if pass % 2 == 1 {
                turn.reverse();
            }
            for timer in turn {
                // Part of a pass, or of the passes, is no fair comparison: a run that is stopped here has no times.
                if self.watch.cancelled() {
                    drop(timers);
                    return untimed(answered, builds, bundle);
                }
                timer.pass(self.clock);
            }
        }
        let finished: Vec<Result<_, RunError>> =
            timers.into_iter().map(|t| t.map(CellTimer::finish)).collect();
        let with_times = answered.iter_mut().zip(finished);
        // All samples before the first line, so that their table is written once.
        let records: Vec<CellRecord> = with_times
            .map(|(a, result)| record::record(a, builds, Some(result), bundle))
            .collect();
        records.iter().try_for_each(|record| Ok(bundle.cell(record)?))
    }
}

/// Writes the records of cells without times.
fn untimed(
    answered: &mut [Answered<'_>],
    builds: &[Built],
    bundle: &mut BundleWriter,
) -> Result<(), RunError> {
    for a in answered {
        let record = record::record(a, builds, None, bundle);
        bundle.cell(&record)?;
    }
    Ok(())
}

/// One data set as its cells see it.
#[derive(Debug, Clone, Copy)]
struct OfData<'a> {
    data: &'a Dataset,
    prepared: &'a PreparedData,
    sets: &'a tuning::Sets<'a>,
    tie: TiePolicy,
}

fn points<'a>(context: &CellContext<'a>) -> Points<'a> {
    let mut points = Points {
        count: context.data.docs.len(),
        dense: BTreeMap::new(),
        sparse: BTreeMap::new(),
        late: BTreeMap::new(),
        payload: &context.prepared.payload,
    };
    for (name, config) in &context.cell.index.vectors {
        let key = vector_key(config);
        match config {
            VectorConfig::Dense { .. } | VectorConfig::Precomputed { .. } => {
                let vectors = &context.prepared.dense[&key];
                let dense = crate::backend::DensePoints {
                    metric: vectors.metric,
                    rows: &vectors.rows,
                    points: &vectors.points,
                };
                points.dense.insert(name, dense);
            }
            VectorConfig::Bm25 { .. } => {
                points.sparse.insert(name, &context.prepared.sparse[&key].docs);
            }
            VectorConfig::Late { .. } => {
                points.late.insert(name, &context.prepared.late[&key].docs);
            }
        }
    }
    points
}

/// The first 16 digits of an address: enough to tell the few dozen of a run apart.
fn short(address: &str) -> String {
    address[..16].to_owned()
}
