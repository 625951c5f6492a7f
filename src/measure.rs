//! Effectiveness: what a ranking is worth, given judgements.
//!
//! A [`Measure`] is a value that parses and prints, named as in ir_measures: `nDCG@10`, `R(rel=2)@100`. It is computed
//! from a [`Topic`]: the grades met while walking down one ranking, and the grades that exist. That is all a
//! measure may see.

use crate::dataset::Grade;

/// One ranking through the eyes of its judgements.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Topic {
    /// Grade of each ranked document in rank order; `None` is unjudged.
    pub ranked: Vec<Option<Grade>>,
    /// All judged grades of the query, in any order, retrieved or not.
    pub judged: Vec<Grade>,
}

/// A measure, read at a named stage or at the end of the pipeline. Prints as `f:R@100` or `R@100`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StageMeasure {
    /// The stage whose list is measured; `None` is the pipeline's answer (for `knn_recall`: its first dense stage).
    pub stage: Option<String>,
    /// What is measured.
    pub measure: Measure,
}

/// Placeholder shape until the module is written.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Measure;
