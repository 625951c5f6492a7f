//! The timed passes: everything live, from the query's text to its final ranking.
//!
//! The timed path holds a search, the models' work and clock reads between the parts; no lock, no log, no progress. Cells
//! of one data set take turns, forwards and then backwards (A B, B A, …), so that a drift of the machine meets all of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::backend::{BackendError, Call, Index, Lists, Path, Searcher, StageAnswer};
use crate::hit::Hit;
use crate::index::SparseVector;
use crate::models::{Embedder, Reranker};
use crate::pipeline::StageKind;
use crate::plan::LatencyPlan;
use crate::prepare::{DenseVectors, LateVectors};
use crate::progress::Silent;
use crate::store::{EMBED, LatencySample, NETWORK, SERVER, TOTAL, Timing};

use super::RunError;
use super::cell::{CellContext, Encoded};
use super::clock::Clock;

/// The models as they are timed: without a cache.
#[derive(Clone, Copy)]
pub struct LiveModels<'a> {
    /// For dense vectors.
    pub embedder: Option<&'a dyn Embedder>,
    /// For rerank stages.
    pub reranker: Option<&'a dyn Reranker>,
}

/// One worker of one cell.
pub(super) struct Worker<'a> {
    context: &'a CellContext<'a>,
    searcher: Box<dyn Searcher + 'a>,
    models: LiveModels<'a>,
    clock: &'a dyn Clock,
    lists: Lists,
}

/// A query as it was timed.
#[derive(Debug, Clone)]
pub(super) struct Timed {
    pub(super) query: usize,
    pub(super) total: Duration,
    pub(super) embed: Duration,
    /// Per stage; `None` for one that was answered within the call of a later one.
    pub(super) stages: Vec<Option<(Duration, Option<Call>)>>,
    pub(super) hits: Vec<Hit>,
}

/// A cell being timed.
pub(super) struct CellTimer<'a> {
    workers: Vec<Worker<'a>>,
    queries: usize,
    timing: Timing,
    samples: Vec<LatencySample>,
    /// Hits of every query in the last pass, to be held against the quality pass.
    last: Vec<Vec<Hit>>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        context: &'a CellContext<'a>,
        index: &'a dyn Index,
        models: LiveModels<'a>,
        clock: &'a dyn Clock,
    ) -> Result<Self, BackendError> {
        Ok(Self {
            searcher: index.searcher()?,
            context,
            models,
            clock,
            lists: context.needed(),
        })
    }

    /// Answers query `q` and says how long each part took.
    pub(super) fn answer(&mut self, q: usize) -> Result<Timed, RunError> {
        let query = &self.context.data.queries[q];
        let start = self.clock.now();
        let dense = match self.models.embedder {
            Some(model) if self.context.needs_embedding() => Some(model.embed(&[&query.text], &Silent)?),
            _ => None,
        };
        let tokens = match self.models.embedder {
            Some(model) if !self.context.late.is_empty() => {
                Some(model.embed_tokens(&[&query.text], &Silent)?)
            }
            _ => None,
        };
        let sparse: Vec<SparseVector> = self
            .context
            .sparse
            .iter()
            .map(|(_, vectors)| vectors.encoder.query(&query.text))
            .collect();
        // A vector that came with the data is at hand; any other is what the model just made.
        let row = |(_, vectors): &(&str, &'a DenseVectors)| match (&dense, vectors.embedded) {
            (Some(rows), true) => rows.row(0),
            _ => vectors.queries.row(q),
        };
        let rows = |(_, vectors): &(&str, &'a LateVectors)| match &tokens {
            Some(tokens) => tokens.rows(),
            None => &vectors.queries[q],
        };
        let encoded = Encoded {
            dense: self.context.dense.iter().map(row).collect(),
            sparse: sparse.iter().collect(),
            late: self.context.late.iter().map(rows).collect(),
        };
        let embedded = self.clock.now();
        let mut answers = self
            .context
            .retrieve(self.searcher.as_mut(), query, &encoded, self.lists)?;
        self.client_part(&query.text, &mut answers)?;
        let total = self.clock.now() - start;
        let hits = answers.last_mut().map(|a| std::mem::take(&mut a.hits));
        let part = |a: &StageAnswer| (a.path != Path::Within).then_some((a.took, a.call));
        Ok(Timed {
            query: q,
            total,
            embed: embedded - start,
            stages: answers.iter().map(part).collect(),
            hits: hits.unwrap_or_default(),
        })
    }

    fn client_part(&self, text: &str, answers: &mut Vec<StageAnswer>) -> Result<(), RunError> {
        for stage in self.context.cell.pipeline.client_part() {
            let start = self.clock.now();
            let mut answer = match &stage.kind {
                StageKind::Rerank(rerank) => {
                    let model = self.models.reranker.ok_or(RunError::NoReranker)?;
                    let passages = self.context.passages(rerank, answers);
                    let pairs: Vec<(&str, &str)> = passages.iter().map(|p| (text, *p)).collect();
                    let scores = model.score(&pairs, &Silent)?;
                    self.context.reranked(rerank, &scores, answers)
                }
                StageKind::Fuse(fuse) => self.context.fused(fuse, answers),
                StageKind::Dense(_) | StageKind::Sparse(_) | StageKind::Late(_) => {
                    return Err(RunError::IndexAfterRerank(stage.name.clone()));
                }
            };
            answer.took = self.clock.now() - start;
            answers.push(answer);
        }
        Ok(())
    }
}

impl<'a> CellTimer<'a> {
    /// Workers for `context`, warmed up. The very first query is timed apart.
    pub(super) fn new(
        context: &'a CellContext<'a>,
        index: &'a dyn Index,
        models: LiveModels<'a>,
        clock: &'a dyn Clock,
        plan: &LatencyPlan,
    ) -> Result<Self, RunError> {
        let queries = context.data.queries.len();
        let mut workers: Vec<Worker<'a>> = (0..plan.workers)
            .map(|_| Worker::new(context, index, models, clock))
            .collect::<Result<_, _>>()?;
        let mut first = Duration::ZERO;
        for i in 0..plan.warmup.max(1) {
            let worker = i % workers.len();
            let timed = workers[worker].answer(i % queries)?;
            if i == 0 {
                first = timed.total;
            }
        }
        Ok(Self {
            workers,
            queries,
            timing: Timing {
                workers: plan.workers,
                warmup: plan.warmup.max(1),
                passes: 0,
                first_ns: nanos(first),
                wall_ns: 0,
                failed: 0,
            },
            samples: Vec::new(),
            last: vec![Vec::new(); queries],
        })
    }

    /// One pass over all queries, closed loop: each worker takes the next query as soon as it has answered one.
    pub(super) fn pass(&mut self, clock: &dyn Clock) {
        let next = AtomicUsize::new(0);
        let queries = self.queries;
        let start = clock.now();
        let results: Vec<(Vec<Timed>, usize)> = match self.workers.as_mut_slice() {
            [only] => vec![drain(only, &next, queries)],
            workers => std::thread::scope(|scope| {
                let handles: Vec<_> = workers
                    .iter_mut()
                    .map(|worker| scope.spawn(|| drain(worker, &next, queries)))
                    .collect();
                handles
                    .into_iter()
                    .map(|h| h.join().expect("a worker does not panic"))
                    .collect()
            }),
        };
        self.timing.wall_ns += nanos(clock.now() - start);
        for (timed, failed) in results {
            self.timing.failed += failed;
            for answer in timed {
                self.keep(answer);
            }
        }
        self.timing.passes += 1;
    }

    fn keep(&mut self, timed: Timed) {
        let context = self.workers[0].context;
        let pass = u32::try_from(self.timing.passes).unwrap_or(u32::MAX);
        let sample = |part: &str, took: Duration| LatencySample {
            cell: context.cell.id.clone(),
            pass,
            query: context.data.queries[timed.query].id.clone(),
            part: part.to_owned(),
            nanos: nanos(took),
        };
        self.samples.push(sample(TOTAL, timed.total));
        self.samples.push(sample(EMBED, timed.embed));
        for (stage, part) in context.cell.pipeline.stages.iter().zip(&timed.stages) {
            let Some((took, call)) = part else { continue };
            self.samples.push(sample(&stage.name, *took));
            if let Some(call) = call {
                self.samples
                    .push(sample(&format!("{}{SERVER}", stage.name), call.server));
                self.samples
                    .push(sample(&format!("{}{NETWORK}", stage.name), call.network));
            }
        }
        self.last[timed.query] = timed.hits;
    }

    /// What was seen: the record, the samples, and the hits of the last pass by query.
    pub(super) fn finish(self) -> (Timing, Vec<LatencySample>, Vec<Vec<Hit>>) {
        (self.timing, self.samples, self.last)
    }
}

fn drain(worker: &mut Worker<'_>, next: &AtomicUsize, queries: usize) -> (Vec<Timed>, usize) {
    let mut answers = Vec::with_capacity(queries);
    let mut failed = 0;
    loop {
        let q = next.fetch_add(1, Ordering::Relaxed);
        if q >= queries {
            return (answers, failed);
        }
        match worker.answer(q) {
            Ok(timed) => answers.push(timed),
            Err(_) => failed += 1,
        }
    }
}

fn nanos(d: Duration) -> u64 {
    u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)
}
