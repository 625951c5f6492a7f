//! Effectiveness: what a ranking is worth, given judgements.
//!
//! A [`Measure`] is a value that parses and prints, named as in ir_measures: `nDCG@10`, `R(rel=2)@100`. It is computed
//! from a [`Topic`]: the grades met while walking down one ranking, and the grades that exist. That is all a
//! measure may see. [`knn_recall`] is the exception: it compares with exact neighbours and needs no judgement.
//!
//! Values agree with trec_eval, with one exception: a query without relevant documents is undefined here (`None`) and
//! 0 there. It says nothing about a ranking, so it is left out of the mean and counted beside it ([`Mean`]).

mod error;
mod knn;
mod parse;
mod stage;
mod value;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::dataset::Grade;

pub use error::ParseMeasureError;
pub use knn::knn_recall;
pub use stage::StageMeasure;

/// What is computed from a ranking. `rel` is the least grade that counts as relevant, at least 1; a cut-off is at
/// least 1 and applies after ties are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Measure {
    /// 1 when one of the first `cutoff` documents is relevant, else 0; `success@1` is top-1 accuracy.
    Success {
        /// Documents looked at.
        cutoff: usize,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Discounted cumulative gain over that of the ideal order of all judged documents (Järvelin and Kekäläinen 2002,
    /// discounted by log2(rank + 1)).
    NDcg {
        /// What a grade is worth.
        gain: Gain,
        /// Documents looked at, in the ranking and in the ideal order; `None` for all.
        cutoff: Option<usize>,
    },
    /// 1 / rank of the first relevant document, 0 when there is none.
    Rr {
        /// Documents looked at; `None` for all.
        cutoff: Option<usize>,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Sum of the precisions at the relevant documents found, over the number of all relevant ones.
    Ap {
        /// Documents looked at; `None` for all.
        cutoff: Option<usize>,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Relevant among the first `cutoff`, over `cutoff`, however short the ranking is.
    P {
        /// Documents looked at.
        cutoff: usize,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Relevant among the first `cutoff`, over all relevant ones.
    R {
        /// Documents looked at.
        cutoff: usize,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Precision at the number of relevant documents.
    Rprec {
        /// Least relevant grade.
        rel: Grade,
    },
    /// Judged among the first `cutoff`, over the documents there; undefined for an empty ranking. A grade below 0 is
    /// a judgement too.
    Judged {
        /// Documents looked at.
        cutoff: usize,
    },
    /// Against exact neighbours instead of judgements: see [`knn_recall`].
    KnnRecall {
        /// Neighbours asked for.
        cutoff: usize,
    },
}

/// What a grade is worth in a gain-based measure; grades below 0 are worth nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gain {
    /// The grade itself, as in trec_eval.
    #[default]
    Linear,
    /// 2^grade − 1 (Burges et al. 2005). Grades above 1,000 count as 1,000: the power would leave float64.
    Exp,
}

/// One ranking through the eyes of its judgements.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Topic {
    /// Grade of each ranked document in rank order; `None` is unjudged.
    pub ranked: Vec<Option<Grade>>,
    /// All judged grades of the query, in any order, retrieved or not.
    pub judged: Vec<Grade>,
}

impl Topic {
    /// Looks up the judgements of one query for a ranking's documents, given in rank order.
    ///
    /// A query that is missing from a run is an empty ranking. `unlisted` is the grade of documents that the judgements
    /// do not name: `None`, unless they are complete.
    pub fn new<'a>(
        ranking: impl IntoIterator<Item = &'a str>,
        judgements: &BTreeMap<String, Grade>,
        unlisted: Option<Grade>,
    ) -> Self {
        Self {
            ranked: ranking
                .into_iter()
                .map(|doc| judgements.get(doc).copied().or(unlisted))
                .collect(),
            judged: judgements.values().copied().collect(),
        }
    }
}

/// The mean of a measure over queries, with what it was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// Over the queries for which the measure is defined; `None` when there is none.
    pub value: Option<f64>,
    /// Queries for which it is defined.
    pub scored: usize,
    /// All queries.
    pub total: usize,
}

impl Mean {
    /// Of the values of all queries, `None` where the measure is undefined.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let (mut sum, mut scored, mut total) = (0.0, 0, 0);
        for value in values {
            total += 1;
            if let Some(value) = value {
                scored += 1;
                sum += value;
            }
        }
        let value = (scored > 0).then(|| sum / scored as f64);
        Self { value, scored, total }
    }
}

impl fmt::Display for Mean {
    /// `0.6789 (300/300)`: four digits as trec_eval prints them, queries scored, queries in all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Some(value) => write!(f, "{value:.4}")?,
            None => f.write_str("undefined")?,
        }
        write!(f, " ({}/{})", self.scored, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_tells_unjudged_from_grade_zero() {
        let judgements = BTreeMap::from([("a".to_owned(), 0), ("b".to_owned(), 2)]);
        let topic = Topic::new(["c", "b", "a"], &judgements, None);
        assert_eq!(topic.ranked, [None, Some(2), Some(0)]);
        assert_eq!(topic.judged, [0, 2]);
        // Complete judgements leave nothing unjudged.
        let topic = Topic::new(["c", "b", "a"], &judgements, Some(0));
        assert_eq!(topic.ranked, [Some(0), Some(2), Some(0)]);
    }

    #[test]
    fn undefined_queries_are_left_out_of_the_mean_and_counted() {
        let mean = Mean::of([Some(1.0), None, Some(0.5)]);
        assert_eq!((mean.value, mean.scored, mean.total), (Some(0.75), 2, 3));
        assert_eq!(mean.to_string(), "0.7500 (2/3)");
        assert_eq!(Mean::of([None]).to_string(), "undefined (0/1)");
    }
}
