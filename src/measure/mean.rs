//! The mean over queries, and what it was taken over.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    fn undefined_queries_are_left_out_of_the_mean_and_counted() {
        let mean = Mean::of([Some(1.0), None, Some(0.5)]);
        assert_eq!((mean.value, mean.scored, mean.total), (Some(0.75), 2, 3));
        assert_eq!(mean.to_string(), "0.7500 (2/3)");
        assert_eq!(Mean::of([None]).to_string(), "undefined (0/1)");
    }
}
