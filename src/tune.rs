//! Weights of a fusion, chosen on queries that have no part in what is measured.
//!
//! The candidate lists of the tuning queries are joined once for every point of a grid, and the weights with the highest
//! mean win. Nothing is searched again, so the work is that of the fusion. The runner asks the queries; what is a good
//! answer is known here alone.

mod grid;
mod splits;

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Doc, Grade, Itself};
use crate::hit::Hit;
use crate::measure::{Measure, Ties, Topic};
use crate::pipeline::{Fuse, Fusion, Tune, fusion};
use crate::plan::TiePolicy;
use crate::stats;

pub use splits::{SplitError, check};

/// Fewer queries than these say little of any weight.
pub const FEW: usize = 20;
/// Means closer than this are equal.
const EQUAL: f64 = 1e-9;

/// Weights that were found, and on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// The fusion.
    pub stage: String,
    /// The split whose queries were asked.
    pub split: String,
    /// What was to be highest.
    pub measure: String,
    /// Queries that could be scored.
    pub queries: usize,
    /// The weights found: one per list, their sum is 1.
    pub weights: Vec<f64>,
    /// Their mean.
    pub score: f64,
    /// All weights that were tried, in the order of the grid.
    pub curve: Vec<Point>,
}

/// Weights that were tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// One per list.
    pub weights: Vec<f64>,
    /// Mean over the tuning queries.
    pub score: f64,
}

/// Why no weights were found.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// The plan names a measure that is none.
    #[error("tuning stage `{stage}`: {reason}")]
    Measure {
        /// The fusion.
        stage: String,
        /// What is wrong.
        reason: String,
    },
    /// No query has a value.
    #[error("tuning stage `{stage}`: {measure} is defined for no query of split `{split}`")]
    NoQuery {
        /// The fusion.
        stage: String,
        /// The measure.
        measure: String,
        /// The split.
        split: String,
    },
}

/// The weights with the highest mean over the queries of `set`; of equal means, the most even weights, and of equally
/// even ones those that favour the earlier lists. `tie` says what a value is where fused scores are equal.
///
/// `lists` has the candidate lists of every query of `set`, in the order of `fuse.of`; their points are positions in `docs`.
///
/// # Errors
/// When nothing can be scored.
pub fn choose(
    stage: &str,
    (fuse, tune): (&Fuse, &Tune),
    set: &Dataset,
    docs: &[Doc],
    lists: &[Vec<&[Hit]>],
    tie: TiePolicy,
) -> Result<Tuned, TuneError> {
    let measure: Measure = tune.measure.parse().map_err(|error| TuneError::Measure {
        stage: stage.to_owned(),
        reason: format!("{error}"),
    })?;
    let scorer = Scorer {
        measure,
        set,
        docs,
        lists,
        limit: fuse.limit,
        tie,
    };
    let grid = grid::simplex(fuse.of.len(), tune.parts);
    let scored: Option<Vec<(f64, usize)>> = grid
        .par_iter()
        .map(|point| scorer.mean(&fuse.method.with_weights(&grid::weights(point, tune.parts))))
        .collect();
    let scored = scored.ok_or_else(|| TuneError::NoQuery {
        stage: stage.to_owned(),
        measure: tune.measure.clone(),
        split: tune.split.clone(),
    })?;
    let best = best(&grid, &scored);
    let curve: Vec<Point> = (grid.iter().zip(&scored))
        .map(|(point, (score, _))| Point {
            weights: grid::weights(point, tune.parts),
            score: *score,
        })
        .collect();
    Ok(Tuned {
        stage: stage.to_owned(),
        split: tune.split.clone(),
        measure: tune.measure.clone(),
        queries: scored[best].1,
        weights: curve[best].weights.clone(),
        score: curve[best].score,
        curve,
    })
}

/// Position of the highest mean; equal ones are decided by evenness, then by their order.
fn best(grid: &[Vec<usize>], scored: &[(f64, usize)]) -> usize {
    let highest = scored
        .iter()
        .map(|(score, _)| *score)
        .fold(f64::NEG_INFINITY, f64::max);
    let is_best = |i: &usize| scored[*i].0 >= highest - EQUAL;
    // At a given sum, the sum of squares is least where the parts are most even.
    let unevenness = |i: &usize| grid[*i].iter().map(|part| part * part).sum::<usize>();
    (0..grid.len())
        .filter(is_best)
        .min_by_key(unevenness)
        .unwrap_or(0)
}

struct Scorer<'a> {
    measure: Measure,
    set: &'a Dataset,
    docs: &'a [Doc],
    lists: &'a [Vec<&'a [Hit]>],
    limit: usize,
    tie: TiePolicy,
}

impl Scorer<'_> {
    /// The mean under one method, and the number of queries it is over; `None` when there is none.
    fn mean(&self, method: &Fusion) -> Option<(f64, usize)> {
        let queries = self.set.queries.iter().zip(self.lists);
        let values: Vec<f64> = queries
            .filter_map(|(query, lists)| {
                let judged = self.set.qrels.by_query.get(&query.id)?;
                self.value(&query.id, judged, &fusion::fuse(method, lists, self.limit))
            })
            .collect();
        Some((stats::mean(&values)?, values.len()))
    }

    fn value(&self, query: &str, judged: &BTreeMap<String, Grade>, hits: &[Hit]) -> Option<f64> {
        let qrels = &self.set.qrels;
        let doc = |hit: &Hit| self.docs[hit.point as usize].id.as_str();
        let counts = |hit: &&Hit| qrels.itself == Itself::Counts || doc(hit) != query;
        let hits: Vec<&Hit> = hits.iter().filter(counts).collect();
        let topic = Topic::new(hits.iter().map(|hit| doc(hit)), judged, qrels.unlisted.grade());
        match self.tie {
            TiePolicy::Docid => self.measure.value(&topic),
            TiePolicy::Expected => {
                let ties = Ties::of(hits.iter().map(|hit| f64::from(hit.score)));
                self.measure.over_ties(&topic, &ties)?.expected
            }
        }
    }
}

#[cfg(test)]
mod tests;
