//! Rankings with external ids, and the TREC run format they are kept in.

use std::collections::BTreeMap;

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
