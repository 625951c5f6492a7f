//! What a measure sees of one query.

use std::collections::BTreeMap;

use crate::dataset::Grade;

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
}
