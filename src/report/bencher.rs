//! The Bencher Metric Format: benchmark → measure → value, with its bounds where there are any.

use serde_json::{Map, Value, json};

use super::benchmarks::{Figure, benchmarks};
use crate::evaluate::Evaluation;

/// The figures of all cells that ran as one object. Measures go by their own names, which Bencher takes for those of new
/// measures; none of them is one of its built-in ones, whose units are others.
pub fn bencher(evaluation: &Evaluation) -> String {
    let mut all = Map::new();
    for benchmark in benchmarks(evaluation) {
        let figures = benchmark.figures.into_iter();
        let figures: Map<String, Value> = figures.map(|f| (f.measure.clone(), metric(&f))).collect();
        all.insert(benchmark.name, Value::Object(figures));
    }
    let mut text = serde_json::to_string_pretty(&all).expect("plain data serialises to JSON");
    text.push('\n');
    text
}

fn metric(figure: &Figure) -> Value {
    match figure.range {
        None => json!({ "value": figure.value }),
        Some((low, high)) => json!({ "value": figure.value, "lower_value": low, "upper_value": high }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn every_cell_that_ran() {
        insta::assert_snapshot!(bencher(&evaluation()));
    }

    #[test]
    fn names_are_as_long_as_the_format_allows() {
        let all: Map<String, Value> = serde_json::from_str(&bencher(&evaluation())).unwrap();
        for (name, measures) in &all {
            assert!(name.len() <= 1024, "{name}");
            for measure in measures.as_object().unwrap().keys() {
                assert!((1..=64).contains(&measure.len()), "{measure}");
            }
        }
    }
}
