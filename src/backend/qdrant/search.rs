//! One worker's searches: a call per list, or one for all where the server can join them.

use std::time::{Duration, Instant};

use qdrant_client::qdrant::vector_input::Variant as Input;
use qdrant_client::qdrant::{
    AcornSearchParams, DenseVector, Filter, PayloadIncludeSelector, PrefetchQuery, QuantizationSearchParams,
    Query, QueryPoints, QueryResponse, ReadConsistency, ReadConsistencyType, ScoredPoint, SearchParams,
    VectorInput, WithPayloadSelector, query, read_consistency, with_payload_selector,
};

mod late;

use super::client::Answer;
use super::{QdrantIndex, encode, fuse};
use crate::backend::join::join;
use crate::backend::wrong::{bad, no_query, no_vector};
use crate::backend::{BackendError, Call, Lists, Path, Request, Searcher, StageAnswer};
use crate::filter::{self, Payload};
use crate::hit::{Hit, by_rank};
use crate::index::Counters;
use crate::pipeline::server::ReadConsistency as Consistency;
use crate::pipeline::{Dense, FilterUse, Fuse, Graph, Quantization, Sparse, Stage, StageKind, Strategy};
use crate::vectors::Metric;

/// Times that a list is asked for again, longer, because equal scores stand on both sides of its end.
const WIDENED: u32 = 3;

/// A worker on one of the connections.
pub(super) struct QdrantSearcher<'i> {
    index: &'i QdrantIndex,
    turn: usize,
}

/// A search before it is sent.
struct Asked {
    query: Query,
    using: String,
    filter: Option<Filter>,
    params: SearchParams,
    limit: usize,
}

/// What came back, and what it took.
struct Got {
    points: Vec<ScoredPoint>,
    call: Call,
    counters: Counters,
}

impl<'i> QdrantSearcher<'i> {
    pub(super) fn new(index: &'i QdrantIndex, turn: usize) -> Self {
        Self { index, turn }
    }

    fn stage(
        &self,
        stage: &Stage,
        request: &Request<'_>,
        done: &[StageAnswer],
    ) -> Result<StageAnswer, BackendError> {
        let start = Instant::now();
        let mut answer = match &stage.kind {
            StageKind::Dense(dense) => self.dense(stage, dense, request)?,
            StageKind::Sparse(sparse) => self.sparse(sparse, request)?,
            StageKind::Fuse(fuse) => {
                let (hits, counters) = join(stage, fuse, request.stages, done)?;
                StageAnswer {
                    hits,
                    counters,
                    ..nothing(Path::Fused)
                }
            }
            StageKind::Late(late) => self.late(stage, late, request, done)?,
            StageKind::Rerank(_) => return Err(bad(stage, "rerank runs on the client")),
        };
        answer.took = start.elapsed();
        Ok(answer)
    }

    fn dense(
        &self,
        stage: &Stage,
        dense: &Dense,
        request: &Request<'_>,
    ) -> Result<StageAnswer, BackendError> {
        let Some(asked) = self.ask_dense(stage, dense, request)? else {
            return Ok(nothing(Path::Server));
        };
        let exact = asked.params.exact == Some(true);
        let path = if exact { Path::ServerExact } else { Path::Server };
        let falls = self.index.collection.dense[&dense.vector].1 == Metric::L2;
        self.one_list(asked, &dense.filter, request, path, falls)
    }

    fn sparse(&self, sparse: &Sparse, request: &Request<'_>) -> Result<StageAnswer, BackendError> {
        match self.ask_sparse(sparse, request)? {
            None => Ok(nothing(Path::Postings)),
            Some(asked) => {
                let path = match asked.filter {
                    None => Path::Postings,
                    Some(_) => Path::FilteredPostings,
                };
                self.one_list(asked, &sparse.filter, request, path, false)
            }
        }
    }

    /// Sends one search. `falls`: the server's scores are distances.
    fn one_list(
        &self,
        asked: Asked,
        of_stage: &FilterUse,
        request: &Request<'_>,
        path: Path,
        falls: bool,
    ) -> Result<StageAnswer, BackendError> {
        let limit = asked.limit;
        let late: Vec<&filter::Filter> = match of_stage.strategy {
            Strategy::Post => effective(of_stage, request),
            _ => Vec::new(),
        };
        let keys = late
            .iter()
            .flat_map(|f| f.keys())
            .map(encode::path)
            .collect::<Vec<_>>();
        let message = QueryPoints {
            query: Some(asked.query),
            using: Some(asked.using),
            filter: asked.filter,
            params: Some(asked.params),
            with_payload: (!keys.is_empty()).then_some(WithPayloadSelector {
                selector_options: Some(with_payload_selector::SelectorOptions::Include(
                    PayloadIncludeSelector { fields: keys },
                )),
            }),
            ..self.message()
        };
        let got = self.send(&message, limit)?;
        let mut hits = hits(&got.points, falls)?;
        hits.sort_unstable_by(by_rank);
        hits.truncate(limit);
        let path = match late.is_empty() {
            true => path,
            false => {
                let payload = |hit: &Hit| {
                    let point = got
                        .points
                        .iter()
                        .find(|p| encode::point(p.id.as_ref()) == Some(hit.point));
                    let fields = point.into_iter().flat_map(|p| &p.payload);
                    fields
                        .map(|(k, v)| (k.clone(), encode::json(v)))
                        .collect::<Payload>()
                };
                hits.retain(|hit| {
                    let payload = payload(hit);
                    late.iter().all(|f| f.matches(&payload))
                });
                Path::PostFiltered
            }
        };
        Ok(StageAnswer {
            hits,
            counters: got.counters,
            path,
            took: Duration::ZERO,
            call: Some(got.call),
        })
    }

    /// The search of a stage as a part of a call; `None` where it can find nothing.
    fn prefetch(&self, stage: &Stage, request: &Request<'_>) -> Option<PrefetchQuery> {
        let asked = match &stage.kind {
            StageKind::Dense(dense) => self.ask_dense(stage, dense, request),
            StageKind::Sparse(sparse) => self.ask_sparse(sparse, request),
            StageKind::Fuse(_) | StageKind::Late(_) | StageKind::Rerank(_) => Ok(None),
        };
        asked.ok().flatten().map(|asked| PrefetchQuery {
            query: Some(asked.query),
            using: Some(asked.using),
            filter: asked.filter,
            params: Some(asked.params),
            limit: Some(asked.limit as u64),
            ..PrefetchQuery::default()
        })
    }

    /// Mistakes first, so that the parts of a call cannot fail.
    fn check(&self, request: &Request<'_>) -> Result<(), BackendError> {
        for stage in request.stages {
            match &stage.kind {
                StageKind::Dense(dense) => drop(self.ask_dense(stage, dense, request)?),
                StageKind::Sparse(sparse) => drop(self.ask_sparse(sparse, request)?),
                StageKind::Fuse(fuse) => check_fuse(stage, fuse, request.stages)?,
                StageKind::Late(late) => drop(self.late_query(late, request)?),
                StageKind::Rerank(_) => return Err(bad(stage, "rerank runs on the client")),
            }
        }
        Ok(())
    }

    /// All lists and their fusion in one call.
    fn fused(&self, request: &Request<'_>) -> Result<StageAnswer, BackendError> {
        let start = Instant::now();
        self.check(request)?;
        let (last, _) = request.stages.split_last().expect("there is a fuse stage");
        let search = |stage: &Stage| self.prefetch(stage, request);
        let limit = last.limit(|_| None).unwrap_or(0);
        let Some((prefetch, query)) = fuse::query(last, request.stages, &search).filter(|_| limit > 0) else {
            return Ok(nothing(Path::ServerFused));
        };
        let message = QueryPoints {
            prefetch,
            query: Some(query),
            ..self.message()
        };
        let got = self.send(&message, limit)?;
        let mut hits = hits(&got.points, false)?;
        hits.sort_unstable_by(by_rank);
        hits.truncate(limit);
        Ok(StageAnswer {
            hits,
            counters: got.counters,
            path: Path::ServerFused,
            took: start.elapsed(),
            call: Some(got.call),
        })
    }

    /// What every search of this index has in common.
    fn message(&self) -> QueryPoints {
        let config = &self.index.config;
        QueryPoints {
            collection_name: self.index.collection.name.clone(),
            read_consistency: config.search.read_consistency.map(consistency),
            shard_key_selector: encode::shard(config.collection.shard_key.as_ref()),
            ..QueryPoints::default()
        }
    }

    /// One hit more than wanted shows whether equal scores stand on both sides of the end; the server's choice among
    /// them is not ours, so the list is asked for once more, longer.
    fn send(&self, message: &QueryPoints, limit: usize) -> Result<Got, BackendError> {
        let mut wanted = limit + 1;
        let mut sum = Call {
            server: Duration::ZERO,
            network: Duration::ZERO,
        };
        let mut counters = Counters::default();
        for round in 0.. {
            let mut request = QueryPoints {
                limit: Some(wanted as u64),
                ..message.clone()
            };
            keep_candidates(&mut request, limit, wanted);
            let Answer { value, took } =
                self.index.server.client.points("searching", self.turn, |mut c| {
                    let request = request.clone();
                    async move { c.query(request).await }
                })?;
            add(&mut sum, &mut counters, &value, took);
            let points = value.result;
            let tied = points.len() == wanted
                && points[limit - 1]
                    .score
                    .total_cmp(&points[wanted - 1].score)
                    .is_eq();
            if !tied || round == WIDENED {
                counters.candidates = points.len() as u64;
                return Ok(Got {
                    points,
                    call: sum,
                    counters,
                });
            }
            wanted = limit + 4 * (wanted - limit).max(8);
        }
        unreachable!("the loop above ends only by returning")
    }

    /// `None` where nothing can be found.
    fn ask_dense(
        &self,
        stage: &Stage,
        dense: &Dense,
        request: &Request<'_>,
    ) -> Result<Option<Asked>, BackendError> {
        let name = dense.vector.as_str();
        let collection = &self.index.collection;
        let shape = collection
            .dense
            .get(name)
            .ok_or_else(|| no_vector("dense", name))?;
        let vector: &[f32] = request.dense.get(name).ok_or_else(|| no_query(name))?;
        if vector.len() != shape.0 {
            let (want, got) = (shape.0, vector.len());
            return Err(BackendError::WrongDimension {
                name: name.to_owned(),
                want,
                got,
            });
        }
        let coded = collection.index.quantization != Quantization::None;
        let filtered = !effective(&dense.filter, request).is_empty();
        let scan = dense.scan || (filtered && dense.filter.strategy == Strategy::Pre);
        if scan && coded && !dense.exact {
            return Err(bad(stage, "a server cannot be made to scan its codes"));
        }
        if dense.limit == 0 {
            return Ok(None);
        }
        let search = &self.index.config.search;
        let exact = dense.exact || scan;
        let params = SearchParams {
            hnsw_ef: (collection.index.graph != Graph::Exact && !exact).then_some(dense.ef as u64),
            exact: Some(exact),
            quantization: (coded && !exact).then_some(QuantizationSearchParams {
                ignore: Some(false),
                rescore: Some(dense.rescore),
                oversampling: (dense.oversampling > 1.0).then_some(dense.oversampling),
            }),
            indexed_only: search.indexed_only.then_some(true),
            acorn: search
                .acorn
                .filter(|_| filtered && !exact)
                .map(|share| AcornSearchParams {
                    enable: Some(true),
                    max_selectivity: Some(share),
                }),
            idf: None,
        };
        let input = Input::Dense(DenseVector {
            data: vector.to_vec(),
        });
        Ok(Some(self.asked(
            input,
            name,
            &dense.filter,
            request,
            params,
            dense.limit,
        )))
    }

    fn ask_sparse(&self, sparse: &Sparse, request: &Request<'_>) -> Result<Option<Asked>, BackendError> {
        let name = sparse.vector.as_str();
        if !self.index.collection.sparse.iter().any(|n| n == name) {
            return Err(no_vector("sparse", name));
        }
        let vector = *request.sparse.get(name).ok_or_else(|| no_query(name))?;
        if vector.dims.is_empty() || sparse.limit == 0 {
            return Ok(None);
        }
        let input = Input::Sparse(encode::sparse(vector));
        let params = SearchParams::default();
        Ok(Some(self.asked(
            input,
            name,
            &sparse.filter,
            request,
            params,
            sparse.limit,
        )))
    }

    fn asked(
        &self,
        input: Input,
        using: &str,
        of_stage: &FilterUse,
        request: &Request<'_>,
        params: SearchParams,
        limit: usize,
    ) -> Asked {
        let filter = match of_stage.strategy {
            Strategy::Post => None,
            _ => encode::filters(effective(of_stage, request)),
        };
        let input = VectorInput { variant: Some(input) };
        Asked {
            query: Query {
                variant: Some(query::Variant::Nearest(input)),
            },
            using: using.to_owned(),
            filter,
            params,
            limit,
        }
    }
}

impl Searcher for QdrantSearcher<'_> {
    fn search(&mut self, request: &Request<'_>) -> Result<Vec<StageAnswer>, BackendError> {
        let rises = |vector: &str| {
            self.index
                .collection
                .dense
                .get(vector)
                .is_none_or(|s| s.1 != Metric::L2)
        };
        let joined = |stages: &[Stage]| fuse::in_one_call(stages, self.index.config.search.fusion, rises);
        let at_once = joined(request.stages).is_ok();
        let mut done = Vec::with_capacity(request.stages.len());
        let everywhere = |vector: &str| self.index.collection.late.get(vector).is_some_and(|v| v.1);
        let last_alone = request.lists == Lists::Last;
        if last_alone
            && fuse::late_in_one_call(request.stages, everywhere).is_ok()
            && let Some(answer) = self.late_at_once(request)?
        {
            done.resize(request.stages.len() - 1, nothing(Path::Within));
            done.push(answer);
            return Ok(done);
        }
        if at_once && last_alone {
            done.resize(request.stages.len() - 1, nothing(Path::Within));
            done.push(self.fused(request)?);
            return Ok(done);
        }
        let apart = request.stages.len() - usize::from(at_once);
        for stage in &request.stages[..apart] {
            let answer = self.stage(stage, request, &done)?;
            done.push(answer);
        }
        if at_once {
            done.push(self.fused(request)?);
        }
        Ok(done)
    }
}

/// The filters that hold for a stage.
fn effective<'r>(of_stage: &'r FilterUse, request: &Request<'r>) -> Vec<&'r filter::Filter> {
    let of_query = request.filter.filter(|_| of_stage.strategy != Strategy::Ignore);
    of_stage
        .condition
        .as_ref()
        .into_iter()
        .chain(of_query)
        .filter(|f| !f.is_empty())
        .collect()
}

/// A longer list must not mean more candidates by code: the server fetches oversampling × limit of them.
fn keep_candidates(request: &mut QueryPoints, limit: usize, wanted: usize) {
    let codes = request.params.as_mut().and_then(|p| p.quantization.as_mut());
    if let Some(oversampling) = codes.and_then(|q| q.oversampling.as_mut()) {
        // The server rounds down; half a candidate more keeps their number.
        *oversampling = ((*oversampling * limit as f64 + 0.5) / wanted as f64).max(1.0);
    }
}

fn add(call: &mut Call, counters: &mut Counters, response: &QueryResponse, took: Duration) {
    let server = Duration::try_from_secs_f64(response.time)
        .unwrap_or_default()
        .min(took);
    call.server += server;
    call.network += took - server;
    let hardware = response.usage.as_ref().and_then(|u| u.hardware.as_ref());
    counters.bytes += hardware.map_or(0, |h| h.vector_io_read);
}

fn hits(points: &[ScoredPoint], falls: bool) -> Result<Vec<Hit>, BackendError> {
    let hit = |point: &ScoredPoint| {
        let id = encode::point(point.id.as_ref()).ok_or_else(|| {
            super::failed(
                "searching",
                format!("the answer holds {:?}, an id that evalrun never gave", point.id),
            )
        })?;
        Ok(Hit {
            point: id,
            score: if falls { -point.score } else { point.score },
        })
    };
    points.iter().map(hit).collect()
}

fn nothing(path: Path) -> StageAnswer {
    StageAnswer {
        hits: Vec::new(),
        counters: Counters::default(),
        path,
        took: Duration::ZERO,
        call: None,
    }
}

fn consistency(wanted: Consistency) -> ReadConsistency {
    use read_consistency::Value;
    let kind = |kind: ReadConsistencyType| Value::Type(kind.into());
    ReadConsistency {
        value: Some(match wanted {
            Consistency::All => kind(ReadConsistencyType::All),
            Consistency::Majority => kind(ReadConsistencyType::Majority),
            Consistency::Quorum => kind(ReadConsistencyType::Quorum),
            Consistency::Factor(n) => Value::Factor(n),
        }),
    }
}

fn check_fuse(stage: &Stage, fuse: &Fuse, stages: &[Stage]) -> Result<(), BackendError> {
    for name in &fuse.of {
        if !stages
            .iter()
            .take_while(|s| s.name != stage.name)
            .any(|s| s.name == *name)
        {
            return Err(bad(stage, &format!("no earlier stage is named `{name}`")));
        }
    }
    let checked = fuse.method.check(fuse.of.len());
    checked.map_err(|e| bad(stage, &e.to_string()))
}
