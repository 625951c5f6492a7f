//! Exact neighbours by a plain scan that shares no code with the engine under test.
//!
//! Ties at the last place are kept, so that a hit can be credited by its score and never by its id alone.

use rayon::prelude::*;

use crate::content;
use crate::dataset::Dataset;
use crate::filter::Filter;
use crate::hit::{Hit, rank};
use crate::pipeline::{Dense, Strategy};
use crate::prepare::{DenseVectors, PreparedData, vector_key};
use crate::store::{BundleWriter, StoreError};

use super::cell::CellContext;
use super::record::with_ids;
use super::short;

/// Scores closer than this are one score: float32 sums in another order differ by less for unit vectors.
const EPSILON: f32 = 1e-6;

/// Exact neighbours computed so far, by key.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    known: Vec<String>,
}

impl Oracle {
    /// The key of a stage's exact neighbours in the bundle; computes and writes them if they are not there yet.
    pub(super) fn compute(
        &mut self,
        context: &CellContext<'_>,
        stage: &Dense,
        k: usize,
        bundle: &BundleWriter,
    ) -> Result<String, StoreError> {
        let vector = vector_key(&context.cell.index.vectors[&stage.vector]);
        let key = short(&content::hash_json(&(
            &context.cell.data,
            &vector,
            &stage.filter,
            k,
        )));
        if !self.known.contains(&key) {
            let vectors = &context.prepared.dense[&vector];
            let exact = neighbours(context.data, context.prepared, vectors, stage, k);
            let lists = exact.iter().map(Vec::as_slice);
            bundle.exact(&key, &with_ids(context, "exact", lists))?;
            self.known.push(key.clone());
        }
        Ok(key)
    }
}

/// The `k` exact neighbours of every query for one dense stage, ties kept, in rank order.
///
/// The stage's filter and each query's are applied by their definition ([`Filter::matches`]) on every document.
fn neighbours(
    data: &Dataset,
    prepared: &PreparedData,
    vectors: &DenseVectors,
    stage: &Dense,
    k: usize,
) -> Vec<Vec<Hit>> {
    (0..data.queries.len())
        .into_par_iter()
        .map(|q| {
            let filter = stage.effective_filter(data.queries[q].filter.as_ref());
            exact(prepared, vectors, vectors.queries.row(q), filter.as_ref(), k)
        })
        .collect()
}

fn exact(
    prepared: &PreparedData,
    vectors: &DenseVectors,
    query: &[f32],
    filter: Option<&Filter>,
    k: usize,
) -> Vec<Hit> {
    let allowed = |point: u32| filter.is_none_or(|f| f.matches(&prepared.payload[point as usize]));
    let mut hits: Vec<Hit> = vectors
        .points
        .iter()
        .zip(vectors.rows.rows())
        .filter(|(point, _)| allowed(**point))
        .map(|(&point, row)| Hit {
            point,
            score: dot(query, row),
        })
        .collect();
    let all = hits.len();
    rank(&mut hits, all);
    if let Some(last) = hits.get(k.saturating_sub(1)).map(|h| h.score) {
        hits.retain(|h| h.score >= last - EPSILON);
    }
    hits
}

/// Summed in float64: the oracle's own rounding must not decide anything.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(x, y)| f64::from(*x) * f64::from(*y))
        .sum::<f64>() as f32
}

impl Dense {
    /// The filter this stage has to respect for a query that brings `query`.
    pub(super) fn effective_filter(&self, query: Option<&Filter>) -> Option<Filter> {
        let query = query.filter(|_| self.filter.strategy != Strategy::Ignore);
        match (&self.filter.condition, query) {
            (Some(own), Some(query)) => Some(own.and(query)),
            (own, query) => own.as_ref().or(query).cloned(),
        }
    }
}
