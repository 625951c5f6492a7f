//! Queries: stages that fetch, and stages that make something of what others fetched.

use std::collections::BTreeSet;

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::query::Variant;
use qdrant_client::qdrant::vector_input::Variant as Input;
use qdrant_client::qdrant::{
    Condition, Filter, Fusion, HasIdCondition, LookupLocation, PrefetchQuery, Query, QueryPoints,
    SearchParams, VectorInput,
};
use tonic::Status;

use super::faults::Fault;
use super::score::{Vector, sorted};
use super::search::{Asking, Hit, Search};
use super::values::Id;
use super::{filter, formula, fusion};

/// Results of a query or prefetch that says no limit.
const LIMIT: u64 = 10;

/// A query or a prefetch: they differ in what becomes of their results.
struct Stage {
    prefetch: Vec<PrefetchQuery>,
    query: Option<Query>,
    using: Option<String>,
    /// Its own filter and those of all stages around it, which reach down to where points are fetched.
    filters: Vec<Filter>,
    params: Option<SearchParams>,
    threshold: Option<f32>,
    limit: usize,
    lookup: Option<LookupLocation>,
}

/// The hits of a query, its offset cut off.
pub(super) fn ask(asking: &mut Asking<'_>, query: QueryPoints) -> Result<Vec<Hit>, Status> {
    let offset = query.offset.unwrap_or(0) as usize;
    let mut hits = run(
        asking,
        Stage {
            prefetch: query.prefetch,
            query: query.query,
            using: query.using,
            filters: query.filter.into_iter().collect(),
            params: query.params,
            threshold: query.score_threshold,
            limit: query.limit.unwrap_or(LIMIT) as usize + offset,
            lookup: query.lookup_from,
        },
    )?;
    hits.drain(..offset.min(hits.len()));
    let cut = asking.faults.find(|fault| match fault {
        Fault::TruncatedAnswer { hits } => Some(*hits),
        _ => None,
    });
    hits.truncate(hits.len().saturating_sub(cut.unwrap_or(0)));
    Ok(hits)
}

fn run(asking: &mut Asking<'_>, stage: Stage) -> Result<Vec<Hit>, Status> {
    if stage.lookup.is_some() {
        return Err(unknown("vectors of other collections"));
    }
    if stage.prefetch.is_empty() {
        return fetch(asking, stage);
    }
    let Some(variant) = stage.query.and_then(|q| q.variant) else {
        return Err(Status::invalid_argument(
            "prefetches without a query to join them",
        ));
    };
    let mut lists = Vec::new();
    for inner in stage.prefetch {
        let filters = stage.filters.iter().cloned().chain(inner.filter).collect();
        let inner = Stage {
            prefetch: inner.prefetch,
            query: inner.query,
            using: inner.using,
            filters,
            params: inner.params,
            threshold: inner.score_threshold,
            limit: inner.limit.unwrap_or(LIMIT) as usize,
            lookup: inner.lookup_from,
        };
        lists.push(run(asking, inner)?);
    }
    let mut hits = match variant {
        Variant::Nearest(input) => {
            let (vector, _) = given(asking, input, stage.using.as_deref().unwrap_or(""))?;
            return asking.search(Search {
                using: stage.using.unwrap_or_default(),
                vector,
                filters: Vec::new(),
                within: Some(union(&lists)),
                params: stage.params.unwrap_or_default(),
                limit: stage.limit,
                threshold: stage.threshold,
            });
        }
        Variant::Fusion(kind) => match Fusion::try_from(kind) {
            Ok(Fusion::Rrf) => fusion::reciprocal(&lists, fusion::DEFAULT_K, &[])?,
            Ok(Fusion::Dbsf) => fusion::by_distribution(&lists),
            Err(_) => return Err(unknown("such fusion")),
        },
        Variant::Rrf(rrf) => fusion::reciprocal(&lists, rrf.k.unwrap_or(fusion::DEFAULT_K), &rrf.weights)?,
        Variant::Formula(formula) => formula::score(asking, &formula, &lists)?,
        other => return Err(unsupported(&other)),
    };
    asking.sort(&mut hits, true);
    hits.truncate(stage.limit);
    hits.retain(|hit| stage.threshold.is_none_or(|least| hit.score >= least));
    Ok(hits)
}

/// Points of the collection itself.
fn fetch(asking: &mut Asking<'_>, stage: Stage) -> Result<Vec<Hit>, Status> {
    match stage.query.and_then(|q| q.variant) {
        None => {
            stage.filters.iter().try_for_each(filter::check)?;
            let passes = |(id, point): &(&Id, &super::state::Point)| {
                stage.filters.iter().all(|f| filter::passes(f, id, point))
            };
            let present = asking.collection.present(asking.faults).filter(passes);
            Ok(present
                .take(stage.limit)
                .map(|(id, _)| Hit {
                    id: id.clone(),
                    score: 1.0,
                })
                .collect())
        }
        Some(Variant::Nearest(input)) => {
            let using = stage.using.unwrap_or_default();
            let (vector, itself) = given(asking, input, &using)?;
            asking.search(Search {
                using,
                vector,
                filters: stage.filters.into_iter().chain(itself.map(without)).collect(),
                within: None,
                params: stage.params.unwrap_or_default(),
                limit: stage.limit,
                threshold: stage.threshold,
            })
        }
        Some(Variant::Fusion(_) | Variant::Rrf(_) | Variant::Formula(_)) => Err(Status::invalid_argument(
            "nothing to fuse: there are no prefetches",
        )),
        Some(other) => Err(unsupported(&other)),
    }
}

/// The vector of a query; of a point of the collection where an id is given, which then is not among the hits.
fn given(asking: &Asking<'_>, input: VectorInput, using: &str) -> Result<(Vector, Option<Id>), Status> {
    match input.variant {
        Some(Input::Dense(v)) => Ok((Vector::Dense(v.data), None)),
        Some(Input::Sparse(v)) => Ok((Vector::Sparse(sorted(v)?), None)),
        Some(Input::MultiDense(v)) => Ok((
            Vector::Multi(v.vectors.into_iter().map(|row| row.data).collect()),
            None,
        )),
        Some(Input::Id(id)) => {
            let id = Id::of(Some(id))?;
            let point = asking.collection.points.get(&id);
            let vector = point.and_then(|p| asking.collection.vector(&id, p, using, asking.faults));
            match vector {
                Some(vector) => Ok((vector.into_owned(), Some(id))),
                None => Err(Status::not_found(format!(
                    "no point {id:?} with a vector {using:?}"
                ))),
            }
        }
        Some(Input::Document(_) | Input::Image(_) | Input::Object(_)) => Err(unknown("models of its own")),
        None => Err(Status::invalid_argument("a query without a vector")),
    }
}

fn without(id: Id) -> Filter {
    let itself = ConditionOneOf::HasId(HasIdCondition {
        has_id: vec![id.wire()],
    });
    Filter {
        must_not: vec![Condition {
            condition_one_of: Some(itself),
        }],
        ..Default::default()
    }
}

/// All that were found, each once.
pub(super) fn union(lists: &[Vec<Hit>]) -> BTreeSet<Id> {
    lists.iter().flatten().map(|hit| hit.id.clone()).collect()
}

fn unsupported(variant: &Variant) -> Status {
    unknown(match variant {
        Variant::Recommend(_) => "recommendations",
        Variant::Discover(_) | Variant::Context(_) => "discovery",
        Variant::OrderBy(_) => "order by payload",
        Variant::Sample(_) => "samples",
        Variant::NearestWithMmr(_) => "diversity",
        Variant::RelevanceFeedback(_) => "feedback",
        Variant::Text(_) => "texts",
        _ => "this query here",
    })
}

fn unknown(what: &str) -> Status {
    Status::unimplemented(format!("the test server knows no {what}"))
}
