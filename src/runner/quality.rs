//! The untimed pass: every query once, with embeddings and pair scores from the cache.

use crate::backend::{Index, Lists, StageAnswer};
use crate::dataset::Query;
use crate::pipeline::StageKind;
use crate::prepare::{CachedReranker, PrepareError};
use crate::progress::Observer;

use super::RunError;
use super::cell::CellContext;

/// What every stage answered to every query, in the order of the data set's queries.
pub(super) fn answers(
    context: &CellContext<'_>,
    index: &dyn Index,
    reranker: Option<&mut CachedReranker<'_>>,
    watch: &dyn Observer,
) -> Result<Vec<Vec<StageAnswer>>, RunError> {
    let mut all = retrieved(context, index, watch)?;
    let queries: Vec<&Query> = context.data.queries.iter().collect();
    carry_on(context, &queries, &mut all, reranker, watch)?;
    Ok(all)
}

/// Runs the stages after the backend's part: `all` holds the backend's answers to each of `queries`, and gets the others.
pub(super) fn carry_on(
    context: &CellContext<'_>,
    queries: &[&Query],
    all: &mut [Vec<StageAnswer>],
    mut reranker: Option<&mut CachedReranker<'_>>,
    watch: &dyn Observer,
) -> Result<(), RunError> {
    for stage in context.cell.pipeline.client_part() {
        match &stage.kind {
            StageKind::Rerank(rerank) => {
                let reranker = reranker.as_deref_mut().ok_or(RunError::NoReranker)?;
                // All queries' pairs in one call: the model fills its batches.
                let passages: Vec<Vec<&str>> = all.iter().map(|a| context.passages(rerank, a)).collect();
                let scores = scores(queries, &passages, reranker, watch)?;
                for (answers, scores) in all.iter_mut().zip(&scores) {
                    let answer = context.reranked(rerank, scores, answers);
                    answers.push(answer);
                }
            }
            StageKind::Fuse(fuse) => {
                for answers in all.iter_mut() {
                    let answer = context.fused(fuse, answers);
                    answers.push(answer);
                }
            }
            StageKind::Dense(_) | StageKind::Sparse(_) | StageKind::Late(_) => {
                return Err(RunError::IndexAfterRerank(stage.name.clone()));
            }
        }
    }
    Ok(())
}

fn retrieved(
    context: &CellContext<'_>,
    index: &dyn Index,
    watch: &dyn Observer,
) -> Result<Vec<Vec<StageAnswer>>, RunError> {
    let mut searcher = index.searcher()?;
    let queries = context.data.queries.iter().enumerate();
    queries
        .map(|(q, query)| {
            if watch.cancelled() {
                return Err(RunError::Cancelled);
            }
            Ok(context.retrieve(searcher.as_mut(), query, &context.prepared_query(q), Lists::All)?)
        })
        .collect()
}

fn scores(
    queries: &[&Query],
    passages: &[Vec<&str>],
    reranker: &mut CachedReranker<'_>,
    watch: &dyn Observer,
) -> Result<Vec<Vec<f32>>, PrepareError> {
    let pairs: Vec<(&str, &str)> = queries
        .iter()
        .zip(passages)
        .flat_map(|(query, passages)| passages.iter().map(|p| (query.text.as_str(), *p)))
        .collect();
    let flat = reranker.score(&pairs, watch)?;
    let mut rest = flat.as_slice();
    let mut take = |n: usize| {
        let (head, tail) = rest.split_at(n);
        rest = tail;
        head.to_vec()
    };
    Ok(passages.iter().map(|p| take(p.len())).collect())
}
