//! One worker's search: the stages of a request, in order, on the caller's thread.

use std::time::Instant;

use super::build::LocalIndex;
use super::payload::{FilterScratch, Filters, PayloadIndex};
use crate::backend::join::{join, list};
use crate::backend::wrong::{bad, no_query, no_vector};
use crate::backend::{BackendError, Path, Request, Searcher, StageAnswer};
use crate::filter::Filter;
use crate::hit::Hit;
use crate::index::dense::{Applied, DenseQuery, DenseScratch, Way};
use crate::index::sparse::SparseScratch;
use crate::index::{Counters, Filtering};
use crate::pipeline::{Dense, FilterUse, Late, Sparse, Stage, StageKind, Strategy, late::reorder};

/// Searches one index with memory of its own.
pub(super) struct LocalSearcher<'i> {
    index: &'i LocalIndex,
    dense: DenseScratch,
    sparse: SparseScratch,
    filter: FilterScratch,
}

/// An answer before it is timed.
type Untimed = (Vec<Hit>, Counters, Path);

impl<'i> LocalSearcher<'i> {
    pub(super) fn new(index: &'i LocalIndex) -> Self {
        Self {
            index,
            dense: DenseScratch::default(),
            sparse: SparseScratch::default(),
            filter: FilterScratch::default(),
        }
    }

    fn run(
        &mut self,
        stage: &Stage,
        request: &Request<'_>,
        done: &[StageAnswer],
    ) -> Result<Untimed, BackendError> {
        match &stage.kind {
            StageKind::Dense(dense) => self.dense(dense, request),
            StageKind::Sparse(sparse) => self.sparse(sparse, request),
            StageKind::Fuse(fuse) => {
                let (hits, counters) = join(stage, fuse, request.stages, done)?;
                Ok((hits, counters, Path::Fused))
            }
            StageKind::Late(late) => self.late(stage, late, request, done),
            StageKind::Rerank(_) => Err(bad(stage, "rerank runs on the client")),
        }
    }

    /// Scores the top of an earlier list by its documents' token vectors.
    fn late(
        &self,
        stage: &Stage,
        late: &Late,
        request: &Request<'_>,
        done: &[StageAnswer],
    ) -> Result<Untimed, BackendError> {
        let name = late.vector.as_str();
        let index = self.index.late.get(name).ok_or_else(|| no_vector("late", name))?;
        let query = *request.late.get(name).ok_or_else(|| no_query(name))?;
        if query.dim() != index.dim() {
            let (want, got) = (index.dim(), query.dim());
            return Err(BackendError::WrongDimension {
                name: name.to_owned(),
                want,
                got,
            });
        }
        let input = list(stage, &late.of, request.stages, done)?;
        let top = input.iter().take(late.depth).map(|hit| hit.point);
        let (scored, counters) = index.score(query, top);
        let counters = Counters {
            candidates: input.len() as u64,
            ..counters
        };
        Ok((reorder(input, scored, late.tail), counters, Path::Late))
    }

    fn dense(&mut self, stage: &Dense, request: &Request<'_>) -> Result<Untimed, BackendError> {
        let name = stage.vector.as_str();
        let index = self
            .index
            .dense
            .get(name)
            .ok_or_else(|| no_vector("dense", name))?;
        let vector: &[f32] = request.dense.get(name).ok_or_else(|| no_query(name))?;
        if vector.len() != index.dim() {
            let (want, got) = (index.dim(), vector.len());
            return Err(BackendError::WrongDimension {
                name: name.to_owned(),
                want,
                got,
            });
        }
        let (payload, scratch) = (&self.index.payload, &mut self.dense);
        let answer = with_filtering(
            payload,
            &stage.filter,
            request.filter,
            &mut self.filter,
            |filtering| {
                let query = DenseQuery {
                    vector,
                    limit: stage.limit,
                    ef: stage.ef,
                    exact: stage.exact,
                    scan: stage.scan,
                    oversampling: stage.oversampling,
                    rescore: stage.rescore,
                    filtering,
                };
                index.search(&query, scratch)
            },
        )?;
        Ok((answer.hits, answer.counters, dense_path(answer.way)))
    }

    fn sparse(&mut self, stage: &Sparse, request: &Request<'_>) -> Result<Untimed, BackendError> {
        let name = stage.vector.as_str();
        let index = self
            .index
            .sparse
            .get(name)
            .ok_or_else(|| no_vector("sparse", name))?;
        let query = *request.sparse.get(name).ok_or_else(|| no_query(name))?;
        let (payload, scratch) = (&self.index.payload, &mut self.sparse);
        let (answer, path) = with_filtering(
            payload,
            &stage.filter,
            request.filter,
            &mut self.filter,
            |filtering| {
                let answer = index.search(query, stage.limit, filtering, scratch);
                (answer, sparse_path(filtering))
            },
        );
        Ok((answer.hits, answer.counters, path))
    }
}

impl Searcher for LocalSearcher<'_> {
    fn search(&mut self, request: &Request<'_>) -> Result<Vec<StageAnswer>, BackendError> {
        let mut done = Vec::with_capacity(request.stages.len());
        for stage in request.stages {
            let start = Instant::now();
            let (hits, counters, path) = self.run(stage, request, &done)?;
            let took = start.elapsed();
            done.push(StageAnswer {
                hits,
                counters,
                path,
                took,
                call: None,
            });
        }
        Ok(done)
    }
}

/// Turns a stage's filter and the query's into what the engine understands, and hands it to `search`.
///
/// A post-filter is evaluated on the hits alone, as the definition has it; every other strategy needs the set of
/// matching points first. `ignore` leaves the query's filter out, and the stage's own is then carried out as `auto`.
fn with_filtering<R>(
    payload: &PayloadIndex,
    of_stage: &FilterUse,
    of_query: Option<&Filter>,
    scratch: &mut FilterScratch,
    search: impl FnOnce(Filtering<'_>) -> R,
) -> R {
    let of_query = of_query.filter(|_| of_stage.strategy != Strategy::Ignore);
    let filters = Filters([of_stage.condition.as_ref(), of_query]);
    if filters.is_empty() {
        return search(Filtering::None);
    }
    if of_stage.strategy == Strategy::Post {
        return search(Filtering::Post(&|point| payload.passes(filters, point)));
    }
    let set = payload.select(filters, scratch);
    search(match of_stage.strategy {
        Strategy::Pre => Filtering::Pre(set),
        Strategy::InGraph => Filtering::InGraph(set),
        Strategy::Auto | Strategy::Ignore | Strategy::Post => Filtering::Auto(set),
    })
}

fn dense_path(way: Way) -> Path {
    match (way.filter, way.by_graph, way.by_code) {
        (Applied::After, _, _) => Path::PostFiltered,
        (Applied::Never, false, false) => Path::Scan,
        (Applied::Never, false, true) => Path::CodeScan,
        (Applied::Never, true, false) => Path::Graph,
        (Applied::Never, true, true) => Path::CodeGraph,
        (Applied::Within, false, false) => Path::FilteredScan,
        (Applied::Within, false, true) => Path::FilteredCodeScan,
        (Applied::Within, true, false) => Path::FilteredGraph,
        (Applied::Within, true, true) => Path::FilteredCodeGraph,
    }
}

fn sparse_path(filtering: Filtering<'_>) -> Path {
    match filtering {
        Filtering::None => Path::Postings,
        Filtering::Post(_) => Path::PostFiltered,
        Filtering::Auto(_) | Filtering::Pre(_) | Filtering::InGraph(_) => Path::FilteredPostings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::backend::contract::fixture::{Corpus, DOCUMENTS, filters};
    use crate::backend::contract::{config, dense, filtered, fuse, sparse, with};
    use crate::backend::local::LocalBackend;
    use crate::pipeline::{Fusion, Graph, Quantization};

    const NO_GRAPH: Graph = Graph::Exact;
    const HNSW: Graph = Graph::HnswRs {
        m: 8,
        ef_construct: 64,
    };

    fn answers(
        graph: Graph,
        quantization: Quantization,
        stages: &[Stage],
        filter: Option<&Filter>,
    ) -> Vec<StageAnswer> {
        let corpus = Corpus::new();
        let index = LocalBackend
            .build(&config(graph, quantization), &corpus.points())
            .unwrap();
        let request = corpus.queries[0].request(stages, filter);
        index.searcher().unwrap().search(&request).unwrap()
    }

    fn paths(graph: Graph, quantization: Quantization) -> Vec<Path> {
        let by = |strategy| filtered(dense("d", "body", 10), strategy, None);
        let stages = [
            by(Strategy::Ignore),
            by(Strategy::Pre),
            by(Strategy::InGraph),
            by(Strategy::Post),
            with(by(Strategy::Auto), |d| d.exact = true),
        ];
        let answers = answers(graph, quantization, &stages, Some(&filters()[0]));
        answers.iter().map(|a| a.path).collect()
    }

    #[test]
    fn the_path_says_what_was_done() {
        use Path::*;
        let (none, binary) = (Quantization::None, Quantization::Binary);
        assert_eq!(
            paths(NO_GRAPH, none),
            [Scan, FilteredScan, FilteredScan, PostFiltered, FilteredScan]
        );
        assert_eq!(
            paths(NO_GRAPH, binary),
            [
                CodeScan,
                FilteredCodeScan,
                FilteredCodeScan,
                PostFiltered,
                FilteredScan
            ]
        );
        assert_eq!(
            paths(HNSW, none),
            [Graph, FilteredScan, FilteredGraph, PostFiltered, FilteredScan]
        );
        assert_eq!(
            paths(HNSW, binary),
            [
                CodeGraph,
                FilteredCodeScan,
                FilteredCodeGraph,
                PostFiltered,
                FilteredScan
            ]
        );
    }

    #[test]
    fn every_stage_has_its_own_counters_and_time() {
        let method = Fusion::Rrf {
            k: 60.0,
            weights: vec![],
        };
        let stages = [
            dense("d", "title", 10),
            sparse("s", "words", 10),
            fuse("f", &["d", "s"], method, 5),
        ];
        let got = answers(Graph::Exact, Quantization::None, &stages, None);
        assert_eq!(got[0].counters.float_distances, DOCUMENTS as u64);
        assert!(got[1].counters.postings >= got[1].counters.candidates);
        let union: std::collections::BTreeSet<u32> =
            got[..2].iter().flat_map(|a| &a.hits).map(|h| h.point).collect();
        assert_eq!(got[2].counters.candidates, union.len() as u64);
        assert_eq!(got[2].hits.len(), 5);
        assert!(got.iter().all(|a| !a.took.is_zero()));
        let paths: Vec<Path> = got.iter().map(|a| a.path).collect();
        assert_eq!(paths, [Path::Scan, Path::Postings, Path::Fused]);
    }

    #[test]
    fn filters_on_fields_without_an_index_are_counted() {
        let corpus = Corpus::new();
        let index = LocalBackend
            .build(&config(Graph::Exact, Quantization::None), &corpus.points())
            .unwrap();
        let stages = [
            filtered(dense("d", "body", 10), Strategy::Pre, None),
            filtered(sparse("s", "words", 10), Strategy::Post, None),
        ];
        let by_fits = filters().into_iter().find(|f| f.keys() == ["fits"]).unwrap();
        let request = corpus.queries[0].request(&stages, Some(&by_fits));
        index.searcher().unwrap().search(&request).unwrap();
        // The post-filter looks at its hits alone and needs no set of matches.
        assert_eq!(
            index.stats().unwrap().effective["payload.filters_by_document"],
            "1"
        );
    }
}
