//! Where answers are lost: one measure along a pipeline, from an exact search to the final ranking.
//!
//! The points of a cell's ladder differ from one to the next in one thing, so their steps add up to the whole way
//! (docs/methodology.md, section 7). The more exact searches come from the diagnosis of the run; without one the ladder
//! starts at the search as set.

mod collect;
mod fate;
mod ladder;

use std::collections::BTreeMap;

use super::{Difference, traces};
use crate::dataset::{Grade, Qrels};
use crate::measure::StageMeasure;
use crate::store::{Bundle, Rung, StoreError};

pub(super) use collect::Collector;
pub use fate::Fate;

/// Where one cell loses and gains.
#[derive(Debug, Clone, PartialEq)]
pub struct Losses {
    /// The measure, as it prints.
    pub measure: String,
    /// Its cut-off: within it a document counts as well placed. Without one the whole list does.
    pub cutoff: Option<usize>,
    /// Whether more exact searches were made; without them there is no rung but the last.
    pub diagnosed: bool,
    /// From the most exact search to the final ranking, never empty.
    pub points: Vec<Point>,
    /// The last point against the first; the steps add up to it.
    pub whole: Option<Difference>,
    /// Per query that is judged or has exact neighbours.
    pub queries: BTreeMap<String, QueryLosses>,
}

/// One list on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// What is new here.
    pub at: At,
    /// The stage whose list is read.
    pub stage: String,
    /// Mean over the queries that have a value at every point.
    pub mean: Option<f64>,
    /// Against the point before; none for the first.
    pub change: Option<Difference>,
    /// Of a rung: the mean at the end of the pipeline when all its searches are those of this rung.
    pub end: Option<f64>,
    /// Of a rung: the same against the rung before.
    pub end_change: Option<Difference>,
    /// Mean when the list is put into its ideal order: no later stage that only reorders it can do better.
    pub ceiling: Option<f64>,
    /// Relevant documents that this step last carried into the cut-off.
    pub rescued: usize,
    /// Relevant documents that are in the answer and that this step last carried below the cut-off.
    pub buried: usize,
    /// Relevant documents that are not in the answer and that this step last dropped.
    pub lost: usize,
}

/// What a point adds to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The search itself, so exact.
    Rung(Rung),
    /// A stage after the search.
    Stage,
}

/// One query's way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryLosses {
    /// Value per point; `None` is undefined.
    pub values: Vec<Option<f64>>,
    /// Its relevant documents: the highest grade first, then by id.
    pub docs: Vec<DocPath>,
}

/// One relevant document's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocPath {
    /// Document id.
    pub doc: String,
    /// 1 or more.
    pub grade: Grade,
    /// Rank per point, from 1; `None` where it is not in the list.
    pub ranks: Vec<Option<usize>>,
    /// Per point: where a branch that is joined there had it best, as the stage and the rank.
    pub beside: Vec<Option<(String, usize)>>,
    /// What became of it.
    pub fate: Fate,
}

impl Losses {
    /// Relevant documents with a fate, over all queries.
    pub fn fates(&self, is: impl Fn(Fate) -> bool) -> usize {
        let docs = self.queries.values().flat_map(|q| &q.docs);
        docs.filter(|d| is(d.fate)).count()
    }
}

/// Losses of all cells by any measure: cell id → losses. A cell along whose pipeline the measure cannot be read has none.
pub fn losses(
    bundle: &Bundle,
    qrels: &BTreeMap<String, Qrels>,
    measure: &StageMeasure,
) -> Result<BTreeMap<String, Losses>, StoreError> {
    let exact = traces::ExactLists::read(bundle)?;
    let mut collector = Collector::new(bundle, qrels, &exact, Some(measure.clone()))?;
    traces::read(bundle, &bundle.plan.measure, qrels, &exact, &mut |walk, trace| {
        collector.add(walk, trace)
    })?;
    Ok(collector.finish())
}
