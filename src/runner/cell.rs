//! One cell with everything it needs to answer a query.
use crate::backend::{BackendError, Lists, Path, Request, Searcher, StageAnswer};
use crate::dataset::{Dataset, Query};
use crate::filter::Filter;
use crate::hit::Hit;
use crate::index::{Counters, SparseVector};
use crate::pipeline::{Rerank, Stage, StageKind, fusion, rerank::rerank};
use crate::plan::Cell;
use crate::prepare::{DenseVectors, LateVectors, PreparedData, SparseVectors, passage_key, vector_key};
use crate::vectors::Vectors;

/// A cell beside the data it searches; shared by all its workers.
#[derive(Debug)]
pub(super) struct CellContext<'a> {
    pub(super) cell: &'a Cell,
    pub(super) data: &'a Dataset,
    pub(super) prepared: &'a PreparedData,
    /// The dense vectors its pipeline searches, by name.
    pub(super) dense: Vec<(&'a str, &'a DenseVectors)>,
    /// The sparse vectors its pipeline searches, by name.
    pub(super) sparse: Vec<(&'a str, &'a SparseVectors)>,
    /// The late vectors that its pipeline scores by, by name.
    pub(super) late: Vec<(&'a str, &'a LateVectors)>,
}

/// A query in the form models leave it.
#[derive(Debug, Clone)]
pub(super) struct Encoded<'a> {
    /// Per dense vector of the context, in its order.
    pub(super) dense: Vec<&'a [f32]>,
    /// Per sparse vector of the context, in its order.
    pub(super) sparse: Vec<&'a SparseVector>,
    /// Per late vector of the context, in its order.
    pub(super) late: Vec<&'a Vectors>,
}

impl<'a> CellContext<'a> {
    pub(super) fn new(cell: &'a Cell, data: &'a Dataset, prepared: &'a PreparedData) -> Self {
        let mut dense = Vec::new();
        let mut sparse = Vec::new();
        let mut late = Vec::new();
        for stage in &cell.pipeline.stages {
            match &stage.kind {
                StageKind::Dense(d) if !dense.iter().any(|(n, _)| *n == d.vector) => {
                    let config = &cell.index.vectors[&d.vector];
                    dense.push((d.vector.as_str(), &prepared.dense[&vector_key(config)]));
                }
                StageKind::Sparse(s) if !sparse.iter().any(|(n, _)| *n == s.vector) => {
                    let config = &cell.index.vectors[&s.vector];
                    sparse.push((s.vector.as_str(), &prepared.sparse[&vector_key(config)]));
                }
                StageKind::Late(l) if !late.iter().any(|(n, _)| *n == l.vector) => {
                    let config = &cell.index.vectors[&l.vector];
                    late.push((l.vector.as_str(), &prepared.late[&vector_key(config)]));
                }
                _ => {}
            }
        }
        Self {
            cell,
            data,
            prepared,
            dense,
            sparse,
            late,
        }
    }

    /// True when a query has to be embedded.
    pub(super) fn needs_embedding(&self) -> bool {
        self.dense.iter().any(|(_, vectors)| vectors.embedded)
    }

    /// Query `q` as it was prepared.
    pub(super) fn prepared_query(&self, q: usize) -> Encoded<'a> {
        Encoded {
            dense: self.dense.iter().map(|(_, d)| d.queries.row(q)).collect(),
            sparse: self.sparse.iter().map(|(_, s)| &s.queries[q]).collect(),
            late: self.late.iter().map(|(_, l)| &l.queries[q]).collect(),
        }
    }

    /// Runs the backend's part of the pipeline.
    pub(super) fn retrieve(
        &self,
        searcher: &mut dyn Searcher,
        query: &Query,
        encoded: &Encoded<'_>,
        lists: Lists,
    ) -> Result<Vec<StageAnswer>, BackendError> {
        let stages = self.cell.pipeline.backend_part();
        let request = self.request(stages, query.filter.as_ref(), encoded);
        searcher.search(&Request { lists, ..request })
    }

    /// The lists that a user of the pipeline needs: the last of the backend's alone, unless a later stage reads another.
    pub(super) fn needed(&self) -> Lists {
        let (before, after) = (
            self.cell.pipeline.backend_part(),
            self.cell.pipeline.client_part(),
        );
        let Some((_, inner)) = before.split_last() else {
            return Lists::All;
        };
        let mut read = after.iter().flat_map(Stage::inputs);
        match read.any(|name| inner.iter().any(|s| s.name == name)) {
            true => Lists::All,
            false => Lists::Last,
        }
    }

    /// A request for every list, with a query's vectors.
    pub(super) fn request<'r>(
        &'r self,
        stages: &'r [Stage],
        filter: Option<&'r Filter>,
        encoded: &'r Encoded<'_>,
    ) -> Request<'r> {
        let dense = self.dense.iter().zip(&encoded.dense);
        let sparse = self.sparse.iter().zip(&encoded.sparse);
        let late = self.late.iter().zip(&encoded.late);
        Request {
            stages,
            dense: dense.map(|((name, _), row)| (*name, *row)).collect(),
            sparse: sparse.map(|((name, _), vector)| (*name, *vector)).collect(),
            late: late.map(|((name, _), tokens)| (*name, *tokens)).collect(),
            filter,
            lists: Lists::All,
        }
    }

    /// The hits a rerank stage scores, and their passages.
    pub(super) fn passages(&self, stage: &Rerank, answers: &[StageAnswer]) -> Vec<&'a str> {
        let texts = &self.prepared.passages[&passage_key(&stage.fields)];
        let input = self.input(&stage.of, answers);
        input
            .iter()
            .take(stage.depth)
            .map(|hit| texts[hit.point as usize].as_str())
            .collect()
    }

    /// Reorders a list by the scores of its passages.
    pub(super) fn reranked(&self, stage: &Rerank, scores: &[f32], answers: &[StageAnswer]) -> StageAnswer {
        let input = self.input(&stage.of, answers);
        StageAnswer {
            hits: rerank(input, scores, stage.tail),
            counters: Counters {
                pairs: scores.len() as u64,
                candidates: input.len() as u64,
                ..Counters::default()
            },
            path: Path::Reranked,
            took: std::time::Duration::ZERO,
            call: None,
        }
    }

    /// Joins lists on the client: a `fuse` that comes after a `rerank`.
    pub(super) fn fused(&self, stage: &crate::pipeline::Fuse, answers: &[StageAnswer]) -> StageAnswer {
        let lists: Vec<&[Hit]> = stage.of.iter().map(|of| self.input(of, answers)).collect();
        StageAnswer {
            hits: fusion::fuse(&stage.method, &lists, stage.limit),
            counters: Counters {
                candidates: lists.iter().map(|l| l.len() as u64).sum(),
                ..Counters::default()
            },
            path: Path::Fused,
            took: std::time::Duration::ZERO,
            call: None,
        }
    }

    /// The list that a stage handed on.
    pub(super) fn input<'b>(&self, of: &str, answers: &'b [StageAnswer]) -> &'b [Hit] {
        let stages = &self.cell.pipeline.stages;
        let position = stages.iter().position(|s| s.name == of);
        position
            .and_then(|p| answers.get(p))
            .map(|a| a.hits.as_slice())
            .expect("the plan lets a stage refer only to earlier ones")
    }
}
