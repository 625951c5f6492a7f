//! Cells as JSON lines: what `.json` has of a cell, with its run on every line, so that the lines of many runs make one file.

use serde_json::{Value, json};

use super::json::cell;
use crate::evaluate::Evaluation;

/// A line per cell, in plan order; a cell without numbers is a line that says why.
pub fn jsonl(evaluation: &Evaluation) -> String {
    let manifest = &evaluation.manifest;
    let mut out = String::new();
    for result in &evaluation.cells {
        let mut line = json!({
            "experiment": manifest.experiment,
            "run": manifest.run_id,
            "started": manifest.started,
            "commit": manifest.tool.commit,
        });
        let of_cell = cell(result, evaluation.baseline.as_ref());
        if let (Value::Object(line), Value::Object(of_cell)) = (&mut line, of_cell) {
            line.extend(of_cell);
        }
        out += &line.to_string();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    fn lines() -> Vec<Value> {
        let text = jsonl(&evaluation());
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn the_lines_of_a_run() {
        // Of the first, which is long, the beginning.
        let text = jsonl(&evaluation());
        let clipped: Vec<String> = text
            .lines()
            .map(|line| line.chars().take(420).collect())
            .collect();
        insta::assert_snapshot!(clipped.join("\n"));
    }

    #[test]
    fn a_line_has_what_the_cell_has_in_json_and_its_run() {
        let whole: Value = serde_json::from_str(&crate::report::json(&evaluation())).unwrap();
        let lines = lines();
        assert_eq!(lines.len(), whole["cells"].as_array().unwrap().len());
        for (line, cell) in lines.iter().zip(whole["cells"].as_array().unwrap()) {
            assert_eq!(line["run"], whole["run"]);
            for (key, value) in cell.as_object().unwrap() {
                assert_eq!(&line[key], value, "{key}");
            }
        }
        assert_eq!(lines[6]["state"], "failed");
        assert_eq!(lines[6].get("measures"), None, "a failed cell has no numbers");
    }
}
