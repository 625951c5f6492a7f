//! Rankings with external ids, and the TREC run format they are kept in.
//!
//! [`trec`] reads and writes whole runs. [`RunText`] and [`Judged`] are for large ones that are only measured: they
//! borrow from the file's text and go through it query by query.

mod ids;
mod judged;
mod lines;
mod measured;
pub mod trec;

use std::cmp::Ordering;
use std::collections::BTreeMap;

pub use judged::{Depth, Judged, Scratch};
pub use lines::{RunQuery, RunText};
pub use measured::{Measured, Wanted, measured};

/// All queries' rankings of one cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// The sixth column of a TREC run.
    pub tag: String,
    /// By query id; each in rank order, documents distinct, scores finite.
    pub rankings: BTreeMap<String, Vec<ScoredDoc>>,
}

/// One ranked document.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredDoc {
    /// External id.
    pub doc: String,
    /// What ranked it.
    pub score: f64,
}

/// The ranking order of [`crate::hit::by_rank`], for documents with external ids: score descending, then id
/// descending by bytes. Zero and minus zero tie, as they do in trec_eval.
///
/// Scores are finite by construction.
pub fn by_rank(a: &ScoredDoc, b: &ScoredDoc) -> Ordering {
    // Adding zero turns -0.0 into 0.0 and leaves every other number alone.
    let by_score = (b.score + 0.0).total_cmp(&(a.score + 0.0));
    by_score.then_with(|| b.doc.cmp(&a.doc))
}
