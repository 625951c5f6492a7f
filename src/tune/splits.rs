//! Whether queries that are tuned on have no part in what is measured.

use std::collections::BTreeSet;

use crate::dataset::{Dataset, Query};

/// Why a split cannot be tuned on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// It is the one that is measured.
    #[error(
        "data set `{data}`: weights would be tuned on `{split}`, the split that is measured; name another one"
    )]
    Same {
        /// The data set.
        data: String,
        /// The split.
        split: String,
    },
    /// It has a query that is measured, or one that reads like it.
    #[error(
        "data set `{data}`: {count} of the queries of `{tuning}` {} in `{measured}`, for instance `{query}`; tune on \
         queries that have no part in what is measured",
        if *.by_text { "read as one does" } else { "are measured too" }
    )]
    Shared {
        /// The data set.
        data: String,
        /// The split that is tuned on.
        tuning: String,
        /// The split that is measured.
        measured: String,
        /// How many.
        count: usize,
        /// Id of the first of them, in the split that is tuned on.
        query: String,
        /// Whether it is the text that is the same, under another id.
        by_text: bool,
    },
}

/// Holds two splits of a data set against each other. Texts are compared without regard to case and blanks.
///
/// # Errors
/// When they are the same, or share a query by id or by text.
pub fn check(measured: &Dataset, tuning: &Dataset) -> Result<(), SplitError> {
    let data = measured.name.clone();
    if measured.split == tuning.split {
        let split = tuning.split.clone();
        return Err(SplitError::Same { data, split });
    }
    let shared = |key: fn(&Query) -> String, by_text: bool| {
        let known: BTreeSet<String> = measured.queries.iter().map(key).collect();
        let both: Vec<&Query> = tuning
            .queries
            .iter()
            .filter(|q| known.contains(&key(q)))
            .collect();
        let first = both.first()?;
        Some(SplitError::Shared {
            data: data.clone(),
            tuning: tuning.split.clone(),
            measured: measured.split.clone(),
            count: both.len(),
            query: first.id.clone(),
            by_text,
        })
    };
    let error = shared(|q| q.id.clone(), false).or_else(|| shared(asked, true));
    error.map_or(Ok(()), Err)
}

fn asked(query: &Query) -> String {
    let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Qrels;

    fn set(split: &str, queries: &[(&str, &str)]) -> Dataset {
        let query = |(id, text): &(&str, &str)| Query {
            id: (*id).to_owned(),
            text: (*text).to_owned(),
            filter: None,
            metadata: crate::filter::Payload::new(),
        };
        Dataset {
            name: "parts".to_owned(),
            split: split.to_owned(),
            docs: Vec::new(),
            queries: queries.iter().map(query).collect(),
            qrels: Qrels::default(),
            vectors: std::collections::BTreeMap::new(),
            unjudged_queries: 0,
            files: Vec::new(),
        }
    }

    #[test]
    fn splits_without_a_common_query_are_fine() {
        let (test, tune) = (
            set("test", &[("q1", "brake pad")]),
            set("tune", &[("q2", "brake disc")]),
        );
        assert_eq!(check(&test, &tune), Ok(()));
    }

    #[test]
    fn the_measured_split_and_its_queries_are_refused() {
        let test = set("test", &[("q1", "brake pad"), ("q3", "horn")]);
        let message = |tune: &Dataset| check(&test, tune).unwrap_err().to_string();
        assert_eq!(
            message(&set("test", &[])),
            "data set `parts`: weights would be tuned on `test`, the split that is measured; name another one"
        );
        assert_eq!(
            message(&set("tune", &[("q1", "oil"), ("q2", "filter")])),
            "data set `parts`: 1 of the queries of `tune` are measured too in `test`, for instance `q1`; tune on queries \
             that have no part in what is measured"
        );
        assert_eq!(
            message(&set("tune", &[("q7", "Brake  PAD")])),
            "data set `parts`: 1 of the queries of `tune` read as one does in `test`, for instance `q7`; tune on queries \
             that have no part in what is measured"
        );
    }
}
