//! The custom format of github-action-benchmark: a list of figures, all of which are better in one direction.

use serde_json::{Value, json};

use super::benchmarks::{Better, Figure, benchmarks};
use super::view::number::exact;
use crate::evaluate::Evaluation;

/// The figures that are better when `better`, of all cells that ran: for its tools `customBiggerIsBetter` and
/// `customSmallerIsBetter`. One file has one direction.
pub fn action_benchmark(evaluation: &Evaluation, better: Better) -> String {
    let run = &evaluation.manifest.run_id;
    let mut all: Vec<Value> = Vec::new();
    for benchmark in benchmarks(evaluation) {
        let figures = benchmark.figures.iter().filter(|f| f.better == better);
        all.extend(figures.map(|f| entry(&benchmark.name, f, run)));
    }
    let mut text = serde_json::to_string_pretty(&all).expect("plain data serialises to JSON");
    text.push('\n');
    text
}

fn entry(benchmark: &str, figure: &Figure, run: &str) -> Value {
    let mut entry = json!({
        "name": format!("{benchmark}/{}", figure.measure),
        "unit": figure.unit,
        "value": figure.value,
    });
    if let Some((low, high)) = figure.range {
        // A text that is shown as it stands.
        entry["range"] = json!(format!("{} to {}", exact(low), exact(high)));
    }
    entry["extra"] = json!(format!("{}\nrun {run}", figure.over));
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn bigger_is_better() {
        insta::assert_snapshot!(action_benchmark(&evaluation(), Better::Bigger));
    }

    #[test]
    fn smaller_is_better() {
        insta::assert_snapshot!(action_benchmark(&evaluation(), Better::Smaller));
    }

    #[test]
    fn every_figure_is_in_one_of_the_two_and_its_name_in_no_other() {
        let of = |better| -> Vec<Value> {
            serde_json::from_str(&action_benchmark(&evaluation(), better)).unwrap()
        };
        let all = [of(Better::Bigger), of(Better::Smaller)].concat();
        let figures: usize = benchmarks(&evaluation()).iter().map(|b| b.figures.len()).sum();
        assert_eq!(all.len(), figures);
        let mut names: Vec<&str> = all.iter().map(|e| e["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }
}
