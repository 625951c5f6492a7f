//! One worker's way through the stages of a request.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::LocalIndex;
use super::payload::PayloadIndex;
use crate::backend::{BackendError, Path, Request, Searcher, StageAnswer};
use crate::filter::Filter;
use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::dense::{Applied, DenseQuery, DenseScratch, Way};
use crate::index::sparse::SparseScratch;
use crate::index::{Counters, Filtering};
use crate::pipeline::{Dense, FilterUse, Fuse, Sparse, Stage, StageKind, Strategy, fusion};

/// Memory of a worker, used again by every query.
pub(super) struct LocalSearcher<'a> {
    index: &'a LocalIndex,
    dense: BTreeMap<&'a str, DenseScratch>,
    selected: BitSet,
    sparse: SparseScratch,
}

impl<'a> LocalSearcher<'a> {
    pub(super) fn new(index: &'a LocalIndex) -> Self {
        let scratch = |name: &'a String| (name.as_str(), DenseScratch::default());
        Self {
            dense: index.dense.keys().map(scratch).collect(),
            index,
            selected: BitSet::default(),
            sparse: SparseScratch::default(),
        }
    }

    fn stage(
        &mut self,
        stage: &Stage,
        request: &Request<'_>,
        done: &[StageAnswer],
    ) -> Result<StageAnswer, BackendError> {
        match &stage.kind {
            StageKind::Dense(dense) => self.dense(dense, request),
            StageKind::Sparse(sparse) => self.sparse(sparse, request),
            StageKind::Fuse(fuse) => fused(&stage.name, fuse, request.stages, done),
            StageKind::Rerank(_) => Err(BackendError::BadStage {
                stage: stage.name.clone(),
                reason: "a backend does not rerank".into(),
            }),
        }
    }

    fn dense(&mut self, stage: &Dense, request: &Request<'_>) -> Result<StageAnswer, BackendError> {
        let no_such = || BackendError::NoSuchVector {
            kind: "dense",
            name: stage.vector.clone(),
        };
        let index = self.index.dense.get(&stage.vector).ok_or_else(no_such)?;
        let scratch = self.dense.get_mut(stage.vector.as_str()).ok_or_else(no_such)?;
        let vector = request
            .dense
            .get(stage.vector.as_str())
            .ok_or_else(|| BackendError::NoQueryVector(stage.vector.clone()))?;
        if vector.len() != index.dim() {
            return Err(BackendError::WrongDimension {
                name: stage.vector.clone(),
                want: index.dim(),
                got: vector.len(),
            });
        }
        let filter = effective(&stage.filter, request.filter);
        let payload = &self.index.payload;
        let passes = |point: u32| filter.as_deref().is_none_or(|f| payload.passes(f, point));
        let filtering = filtering(
            stage.filter.strategy,
            filter.as_deref(),
            payload,
            &mut self.selected,
            &passes,
        );
        let query = DenseQuery {
            vector,
            limit: stage.limit,
            ef: stage.ef,
            exact: stage.exact,
            oversampling: stage.oversampling,
            rescore: stage.rescore,
            filtering,
        };
        let answer = index.search(&query, scratch);
        Ok(answered(answer.hits, answer.counters, path(answer.way)))
    }

    fn sparse(&mut self, stage: &Sparse, request: &Request<'_>) -> Result<StageAnswer, BackendError> {
        let index = self
            .index
            .sparse
            .get(&stage.vector)
            .ok_or_else(|| BackendError::NoSuchVector {
                kind: "sparse",
                name: stage.vector.clone(),
            })?;
        let vector = request
            .sparse
            .get(stage.vector.as_str())
            .ok_or_else(|| BackendError::NoQueryVector(stage.vector.clone()))?;
        let filter = effective(&stage.filter, request.filter);
        let payload = &self.index.payload;
        let passes = |point: u32| filter.as_deref().is_none_or(|f| payload.passes(f, point));
        let filtering = filtering(
            stage.filter.strategy,
            filter.as_deref(),
            payload,
            &mut self.selected,
            &passes,
        );
        let path = match filtering {
            Filtering::None => Path::Postings,
            Filtering::Post(_) => Path::PostFiltered,
            Filtering::Auto(_) | Filtering::Pre(_) | Filtering::InGraph(_) => Path::FilteredPostings,
        };
        let answer = index.search(vector, stage.limit, filtering, &mut self.sparse);
        Ok(answered(answer.hits, answer.counters, path))
    }
}

impl Searcher for LocalSearcher<'_> {
    fn search(&mut self, request: &Request<'_>) -> Result<Vec<StageAnswer>, BackendError> {
        let mut answers = Vec::with_capacity(request.stages.len());
        for stage in request.stages {
            let start = Instant::now();
            let mut answer = self.stage(stage, request, &answers)?;
            answer.took = start.elapsed();
            answers.push(answer);
        }
        Ok(answers)
    }
}

fn fused(
    name: &str,
    stage: &Fuse,
    stages: &[Stage],
    done: &[StageAnswer],
) -> Result<StageAnswer, BackendError> {
    let input = |of: &String| {
        let at = stages.iter().position(|s| s.name == *of);
        at.and_then(|i| done.get(i))
            .map(|a| a.hits.as_slice())
            .ok_or_else(|| BackendError::BadStage {
                stage: name.to_owned(),
                reason: format!("`{of}` is no earlier stage"),
            })
    };
    let lists: Vec<&[Hit]> = stage.of.iter().map(input).collect::<Result<_, _>>()?;
    let counters = Counters {
        candidates: lists.iter().map(|l| l.len() as u64).sum(),
        ..Counters::default()
    };
    let hits = fusion::fuse(&stage.method, &lists, stage.limit);
    Ok(answered(hits, counters, Path::Fused))
}

fn answered(hits: Vec<Hit>, counters: Counters, path: Path) -> StageAnswer {
    StageAnswer {
        hits,
        counters,
        path,
        took: Duration::ZERO,
    }
}

/// How the engine is to carry out `filter`; the points that pass are put into `selected` where it wants a set.
fn filtering<'s>(
    strategy: Strategy,
    filter: Option<&Filter>,
    payload: &PayloadIndex,
    selected: &'s mut BitSet,
    passes: &'s dyn Fn(u32) -> bool,
) -> Filtering<'s> {
    let Some(filter) = filter else {
        return Filtering::None;
    };
    if strategy == Strategy::Post {
        return Filtering::Post(passes);
    }
    payload.select(filter, selected);
    match strategy {
        Strategy::Pre => Filtering::Pre(selected),
        Strategy::InGraph => Filtering::InGraph(selected),
        // A stage that ignores the query's filter still has its own to respect.
        Strategy::Auto | Strategy::Ignore | Strategy::Post => Filtering::Auto(selected),
    }
}

/// The stage's own filter and the query's, unless the stage ignores that.
fn effective<'f>(stage: &'f FilterUse, query: Option<&'f Filter>) -> Option<Cow<'f, Filter>> {
    let query = query.filter(|f| stage.strategy != Strategy::Ignore && !f.is_empty());
    match (&stage.condition, query) {
        (Some(own), Some(query)) => Some(Cow::Owned(own.and(query))),
        (Some(one), None) | (None, Some(one)) => Some(Cow::Borrowed(one)),
        (None, None) => None,
    }
}

fn path(way: Way) -> Path {
    match (way.filter, way.by_code, way.by_graph) {
        (Applied::After, ..) => Path::PostFiltered,
        (Applied::Never, false, false) => Path::Scan,
        (Applied::Never, true, false) => Path::CodeScan,
        (Applied::Never, false, true) => Path::Graph,
        (Applied::Never, true, true) => Path::CodeGraph,
        (Applied::Within, false, false) => Path::FilteredScan,
        (Applied::Within, true, false) => Path::FilteredCodeScan,
        (Applied::Within, false, true) => Path::FilteredGraph,
        (Applied::Within, true, true) => Path::FilteredCodeGraph,
    }
}
