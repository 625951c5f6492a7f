//! An exact search elsewhere equals the oracle here, on every query, filters included: before anything is timed.

use crate::backend::{Index, Searcher};
use crate::filter::Filter;
use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::sparse::{SparseIndex, SparseScratch};
use crate::index::{Filtering, IndexError};
use crate::pipeline::{Dense, FilterUse, Late, Sparse, Stage, StageKind, Strategy, late::reorder};
use crate::prepare::vector_key;
use crate::progress::Observer;
use crate::store::{Finding, Parity, Severity};
use crate::vectors::Vectors;

use super::RunError;
use super::cell::CellContext;
use super::oracle::Oracle;

/// Largest difference of two scores, relative to those above 1.
pub(super) const EPSILON: f32 = 1e-5;
/// Hits compared per query, at most.
const DEPTH: usize = 100;

/// Compares every search of a cell. Nothing for an index in this process, whose exact search has its own tests.
pub(super) fn check(
    context: &CellContext<'_>,
    build: &str,
    index: &dyn Index,
    oracle: &mut Oracle<'_>,
    watch: &dyn Observer,
) -> Result<(Vec<Parity>, Vec<Finding>), RunError> {
    if index.elsewhere().is_none() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut all = Vec::new();
    for stage in context.cell.pipeline.backend_part() {
        let exact = match &stage.kind {
            StageKind::Dense(dense) => exactly(stage, dense),
            StageKind::Sparse(sparse) => shallow(stage, sparse),
            StageKind::Late(late) => {
                all.push(of_late(context, build, (stage, late), index, oracle, watch)?);
                continue;
            }
            StageKind::Fuse(_) | StageKind::Rerank(_) => continue,
        };
        // Cells that differ in other things ask the same.
        let key = crate::content::hash_json(&(build, &exact.kind));
        let known = oracle.parity.get(&key).cloned();
        let mut parity = match known {
            Some(parity) => parity,
            None => {
                let want = wanted(context, &exact, oracle)?;
                let mut searcher = index.searcher()?;
                let parity = compare(context, &exact, &want, searcher.as_mut(), watch)?;
                oracle.parity.insert(key, parity.clone());
                parity
            }
        };
        parity.stage.clone_from(&stage.name);
        all.push(parity);
    }
    let findings = all.iter().filter_map(finding).collect();
    Ok((all, findings))
}

/// The stage as an exact search, to a depth that the oracle keeps. How a filter is carried out makes no difference to it.
fn exactly(stage: &Stage, dense: &Dense) -> Stage {
    Stage {
        name: stage.name.clone(),
        kind: StageKind::Dense(Dense {
            limit: dense.limit.min(DEPTH),
            ef: 0,
            exact: true,
            oversampling: 1.0,
            filter: sooner(&dense.filter),
            ..dense.clone()
        }),
    }
}

fn shallow(stage: &Stage, sparse: &Sparse) -> Stage {
    Stage {
        name: stage.name.clone(),
        kind: StageKind::Sparse(Sparse {
            limit: sparse.limit.min(DEPTH),
            filter: sooner(&sparse.filter),
            ..sparse.clone()
        }),
    }
}

fn sooner(filter: &FilterUse) -> FilterUse {
    FilterUse {
        strategy: match filter.strategy {
            Strategy::Ignore => Strategy::Ignore,
            Strategy::Auto | Strategy::Pre | Strategy::Post | Strategy::InGraph => Strategy::Auto,
        },
        condition: filter.condition.clone(),
    }
}

/// The oracle's list of every query; longer than asked for where documents tie at its end.
fn wanted(context: &CellContext<'_>, stage: &Stage, oracle: &Oracle<'_>) -> Result<Vec<Vec<Hit>>, RunError> {
    match &stage.kind {
        StageKind::Dense(dense) => {
            let vector = vector_key(&context.cell.index.vectors[&dense.vector]);
            let lists = oracle.neighbours(context, dense, &vector, dense.limit)?;
            Ok(lists.into_iter().map(|exact| exact.hits).collect())
        }
        StageKind::Sparse(sparse) => sparse_lists(context, sparse)
            .map_err(|e| crate::backend::BackendError::Build(e.to_string()).into()),
        StageKind::Fuse(_) | StageKind::Late(_) | StageKind::Rerank(_) => Ok(Vec::new()),
    }
}

/// Whole lists by the embedded engine's postings, whose sums have a naive twin in the tests of every backend.
fn sparse_lists(context: &CellContext<'_>, sparse: &Sparse) -> Result<Vec<Vec<Hit>>, IndexError> {
    let vectors = &context.prepared.sparse[&vector_key(&context.cell.index.vectors[&sparse.vector])];
    let index = SparseIndex::new(&vectors.docs)?;
    let mut scratch = SparseScratch::default();
    let queries = context.data.queries.iter().zip(&vectors.queries);
    let lists = queries.map(|(query, vector)| {
        let filter: Option<Filter> = sparse.filter.effective(query.filter.as_ref());
        let matching = filter.map(|filter| {
            let payload = (0u32..).zip(&context.prepared.payload);
            let passing = payload.filter(|(_, p)| filter.matches(p)).map(|(point, _)| point);
            BitSet::from_iter(context.data.docs.len(), passing)
        });
        let filtering = matching.as_ref().map_or(Filtering::None, Filtering::Pre);
        index.search(vector, usize::MAX, filtering, &mut scratch).hits
    });
    Ok(lists.collect())
}

fn compare(
    context: &CellContext<'_>,
    stage: &Stage,
    want: &[Vec<Hit>],
    searcher: &mut dyn Searcher,
    watch: &dyn Observer,
) -> Result<Parity, RunError> {
    let depth = stage.limit(|_| None).unwrap_or(0);
    let mut parity = Parity {
        stage: stage.name.clone(),
        depth,
        queries: context.data.queries.len(),
        equal: 0,
        worst: 0.0,
        first: None,
    };
    let stages = std::slice::from_ref(stage);
    for (q, query) in context.data.queries.iter().enumerate() {
        if watch.cancelled() {
            return Err(RunError::Cancelled);
        }
        let encoded = context.prepared_query(q);
        let request = context.request(stages, query.filter.as_ref(), &encoded);
        let got = searcher.search(&request)?.remove(0).hits;
        note(&mut parity, &query.id, same_list(&got, &want[q], depth));
    }
    Ok(parity)
}

/// A late stage as it is asked, over the list that it is given: its scores have to be MaxSim.
fn of_late(
    context: &CellContext<'_>,
    build: &str,
    (stage, late): (&Stage, &Late),
    index: &dyn Index,
    oracle: &mut Oracle<'_>,
    watch: &dyn Observer,
) -> Result<Parity, RunError> {
    let stages = context.cell.pipeline.backend_part();
    let end = stages
        .iter()
        .position(|s| s.name == stage.name)
        .map_or(0, |at| at + 1);
    let stages = &stages[..end];
    let key = crate::content::hash_json(&(build, stages));
    if let Some(known) = oracle.parity.get(&key) {
        return Ok(known.clone());
    }
    let docs = &context.prepared.late[&vector_key(&context.cell.index.vectors[&late.vector])];
    let mut searcher = index.searcher()?;
    let mut parity = Parity {
        stage: stage.name.clone(),
        depth: late.depth.min(DEPTH),
        queries: context.data.queries.len(),
        equal: 0,
        worst: 0.0,
        first: None,
    };
    for (q, query) in context.data.queries.iter().enumerate() {
        if watch.cancelled() {
            return Err(RunError::Cancelled);
        }
        let encoded = context.prepared_query(q);
        let answers = searcher.search(&context.request(stages, query.filter.as_ref(), &encoded))?;
        let input = context.input(&late.of, &answers);
        let top = input.iter().take(late.depth);
        let scored = top.filter_map(|hit| max_sim(&docs.queries[q], docs.docs.of(hit.point as usize), *hit));
        let want = reorder(input, scored.collect(), late.tail);
        let got = &answers[end - 1].hits;
        let same = same_list(&got[..parity.depth.min(got.len())], &want, parity.depth);
        note(&mut parity, &query.id, same);
    }
    oracle.parity.insert(key, parity.clone());
    Ok(parity)
}

/// MaxSim in float64, which shares nothing with the engine; `None` without tokens on either side.
fn max_sim(query: &Vectors, document: &[f32], hit: Hit) -> Option<Hit> {
    let dim = query.dim();
    if query.is_empty() || document.is_empty() {
        return None;
    }
    let dot = |q: &[f32], row: &[f32]| -> f64 {
        let pairs = q.iter().zip(row);
        pairs.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
    };
    let best = |q: &[f32]| {
        document
            .chunks_exact(dim)
            .map(|row| dot(q, row))
            .fold(f64::NEG_INFINITY, f64::max)
    };
    let score: f64 = query.rows().map(best).sum();
    Some(Hit {
        score: score as f32,
        ..hit
    })
}

fn note(parity: &mut Parity, query: &str, same: Result<f32, String>) {
    match same {
        Ok(difference) => {
            parity.equal += 1;
            parity.worst = parity.worst.max(difference);
        }
        Err(why) if parity.first.is_none() => parity.first = Some(format!("query `{query}`: {why}")),
        Err(_) => {}
    }
}

/// Whether `got` is the first `limit` hits of `want`, whatever the order of equal scores; the largest difference of scores.
///
/// # Errors
/// What differs first.
pub(super) fn same_list(got: &[Hit], want: &[Hit], limit: usize) -> Result<f32, String> {
    let length = want.len().min(limit);
    if got.len() != length {
        return Err(format!("{} hits where the oracle has {length}", got.len()));
    }
    let off = |a: f32, b: f32| (a - b).abs() / b.abs().max(1.0);
    let mut worst = 0.0f32;
    for (rank, (a, b)) in got.iter().zip(want).enumerate() {
        let difference = off(a.score, b.score);
        // Also true of a score that is no number.
        if !matches!(
            difference.partial_cmp(&EPSILON),
            Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal)
        ) {
            return Err(format!(
                "rank {}: score {} where the oracle has {}",
                rank + 1,
                a.score,
                b.score
            ));
        }
        worst = worst.max(difference);
    }
    let scores: std::collections::HashMap<u32, f32> = want.iter().map(|h| (h.point, h.score)).collect();
    for (rank, hit) in got.iter().enumerate() {
        let held = scores
            .get(&hit.point)
            .is_some_and(|s| off(hit.score, *s) <= EPSILON);
        // Behind the end of the oracle's list there may be more of its last score, by a rounding of the two.
        let at_the_end = want
            .last()
            .is_some_and(|last| off(hit.score, last.score) <= EPSILON);
        if !held && !at_the_end {
            return Err(format!(
                "rank {}: a document that the oracle does not have there",
                rank + 1
            ));
        }
    }
    Ok(worst)
}

fn finding(parity: &Parity) -> Option<Finding> {
    (parity.equal < parity.queries).then(|| Finding {
        check: "parity".into(),
        severity: Severity::Invalid,
        message: format!(
            "stage `{}`: an exact search equals the oracle in {} of {} queries; {}: another metric, other documents, or a filter \
             that is not carried out",
            parity.stage,
            parity.equal,
            parity.queries,
            parity.first.as_deref().unwrap_or("nothing to show")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(list: &[(u32, f32)]) -> Vec<Hit> {
        list.iter().map(|&(point, score)| Hit { point, score }).collect()
    }

    #[test]
    fn lists_are_the_same_whatever_the_order_of_equal_scores() {
        let want = hits(&[(3, 0.9), (2, 0.5), (1, 0.5), (0, 0.5)]);
        assert_eq!(same_list(&hits(&[(3, 0.9), (0, 0.5)]), &want, 2), Ok(0.0));
        let close = same_list(&hits(&[(3, 0.9 + 1e-6), (1, 0.5)]), &want, 2).unwrap();
        assert!(close > 0.0 && close < 2e-6, "{close}");
    }

    #[test]
    fn what_differs_is_said() {
        let want = hits(&[(3, 0.9), (2, 0.5), (1, 0.1)]);
        let wrong = |got: &[(u32, f32)]| same_list(&hits(got), &want, 2).unwrap_err();
        assert_eq!(wrong(&[(3, 0.9)]), "1 hits where the oracle has 2");
        assert_eq!(
            wrong(&[(3, 0.9), (2, 0.4)]),
            "rank 2: score 0.4 where the oracle has 0.5"
        );
        assert_eq!(
            wrong(&[(7, 0.9), (2, 0.5)]),
            "rank 1: a document that the oracle does not have there"
        );
        assert_eq!(
            wrong(&[(3, f32::NAN), (2, 0.5)]),
            "rank 1: score NaN where the oracle has 0.9"
        );
    }
}
