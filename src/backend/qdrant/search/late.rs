//! Late stages: the server scores candidates by token vectors, in a call of their own or in that of the search.

use std::time::Instant;

use qdrant_client::qdrant::vector_input::Variant as Input;
use qdrant_client::qdrant::{Query, QueryPoints, SearchParams, VectorInput, query};

use super::{QdrantSearcher, bad, hits, no_query, no_vector, nothing};
use crate::backend::qdrant::encode;
use crate::backend::{BackendError, Path, Request, StageAnswer};
use crate::index::Counters;
use crate::pipeline::{Late, Stage, StageKind, late::reorder};

impl QdrantSearcher<'_> {
    /// Scores the top of an earlier list by token vectors: an exact search among those points alone.
    pub(super) fn late(
        &self,
        stage: &Stage,
        late: &Late,
        request: &Request<'_>,
        done: &[StageAnswer],
    ) -> Result<StageAnswer, BackendError> {
        let query = self.late_query(late, request)?;
        let at = request.stages[..done.len()]
            .iter()
            .position(|s| s.name == late.of);
        let at = at.ok_or_else(|| bad(stage, &format!("no earlier stage is named `{}`", late.of)))?;
        let input = &done[at].hits;
        let top = || input.iter().take(late.depth).map(|hit| hit.point);
        let count = top().count();
        let mut answer = nothing(Path::Late);
        let mut scored = Vec::new();
        if let Some(query) = query.filter(|_| count > 0) {
            let message = QueryPoints {
                query: Some(query),
                using: Some(late.vector.clone()),
                filter: Some(encode::only(top())),
                params: Some(exactly()),
                ..self.message()
            };
            let got = self.send(&message, count)?;
            scored = hits(&got.points, false)?;
            (answer.call, answer.counters) = (Some(got.call), got.counters);
        }
        answer.counters.rescored = scored.len() as u64;
        answer.counters.candidates = input.len() as u64;
        answer.hits = reorder(input, scored, late.tail);
        Ok(answer)
    }

    /// The query's token vectors; `None` where it has no token, and nothing can be scored.
    pub(super) fn late_query(
        &self,
        late: &Late,
        request: &Request<'_>,
    ) -> Result<Option<Query>, BackendError> {
        let name = late.vector.as_str();
        let want = self
            .index
            .collection
            .late
            .get(name)
            .ok_or_else(|| no_vector("late", name))?
            .0;
        let tokens = *request.late.get(name).ok_or_else(|| no_query(name))?;
        if tokens.dim() != want {
            return Err(BackendError::WrongDimension {
                name: name.to_owned(),
                want,
                got: tokens.dim(),
            });
        }
        let input = VectorInput {
            variant: Some(Input::MultiDense(encode::several(tokens.rows()))),
        };
        Ok((!tokens.is_empty()).then_some(Query {
            variant: Some(query::Variant::Nearest(input)),
        }))
    }

    /// A list and its scores by token vectors in one call; `None` where the query has no token.
    pub(super) fn late_at_once(&self, request: &Request<'_>) -> Result<Option<StageAnswer>, BackendError> {
        let start = Instant::now();
        self.check(request)?;
        let (last, before) = request.stages.split_last().expect("there is a late stage");
        let StageKind::Late(late) = &last.kind else {
            return Err(bad(last, "it does not score by token vectors"));
        };
        let Some(query) = self.late_query(late, request)? else {
            return Ok(None);
        };
        let input = before.last().expect("it reads a list");
        let limit = input.limit(|_| None).unwrap_or(0);
        let Some(prefetch) = self.prefetch(input, request).filter(|_| limit > 0) else {
            return Ok(Some(nothing(Path::Late)));
        };
        let message = QueryPoints {
            prefetch: vec![prefetch],
            query: Some(query),
            using: Some(late.vector.clone()),
            params: Some(exactly()),
            ..self.message()
        };
        let got = self.send(&message, limit)?;
        let scored = hits(&got.points, false)?;
        let rescored = scored.len() as u64;
        Ok(Some(StageAnswer {
            hits: reorder(&[], scored, late.tail),
            counters: Counters {
                rescored,
                ..got.counters
            },
            path: Path::Late,
            took: start.elapsed(),
            call: Some(got.call),
        }))
    }
}

/// Every point that may be a hit is compared, by its float vectors.
fn exactly() -> SearchParams {
    SearchParams {
        exact: Some(true),
        ..SearchParams::default()
    }
}
