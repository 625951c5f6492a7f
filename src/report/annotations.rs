//! Gates and cells that did not pass, as GitHub shows them on the lines of a spec.

use std::fmt;

use crate::evaluate::{CellState, Evaluation};
use crate::stats::Verdict;

use super::view::gates::{GateRow, gates};
use super::view::set::Set;
use super::view::text::{count, visible};

/// GitHub shows ten of a kind per step and drops the rest.
const MOST: usize = 10;

/// One message on a line of the spec. It prints as a GitHub workflow command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Whether the run fails by it.
    pub is_error: bool,
    /// The spec, as a path in the repository.
    pub file: String,
    /// The gate's line; `None` for a cell.
    pub line: Option<usize>,
    /// The heading.
    pub title: String,
    /// The message; may have several lines.
    pub message: String,
}

impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_error { "error" } else { "warning" };
        write!(f, "::{kind} file={}", property(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ",line={line}")?;
        }
        write!(f, ",title={}::{}", property(&self.title), data(&self.message))
    }
}

/// What to show of an evaluation whose spec is at `file` in the repository: gates first, at most ten errors and ten
/// warnings, the last of which counts what is left out.
pub fn annotations(evaluation: &Evaluation, file: &str, strict: bool) -> Vec<Annotation> {
    let sets = Set::all(evaluation);
    let rows = gates(evaluation, &sets);
    let of_gate = |row: &GateRow| {
        let result = &evaluation.gates[row.at];
        let is_fine = row.outcome == Verdict::Pass;
        (!is_fine).then(|| Annotation {
            is_error: result.fails_run(strict),
            file: file.to_owned(),
            line: Some(row.line),
            title: format!("gate {}: {}", row.word(), row.that),
            message: message(row),
        })
    };
    let mut all: Vec<Annotation> = rows.iter().filter_map(of_gate).collect();
    for set in &sets {
        for cell in &set.cells {
            let why = match &cell.state {
                CellState::Failed(error) => error.as_str(),
                CellState::NotRun => "the run ended before it",
                CellState::Ok(_) | CellState::Unsupported(_) => continue,
            };
            all.push(Annotation {
                is_error: true,
                file: file.to_owned(),
                line: None,
                title: format!("cell without numbers: {}", set.name(&cell.cell.id)),
                message: why.to_owned(),
            });
        }
    }
    let (errors, warnings) = all.into_iter().partition(|a| a.is_error);
    [errors, warnings].into_iter().flat_map(first).collect()
}

fn message(row: &GateRow) -> String {
    let mut lines = vec![row.counts.clone()];
    lines.extend(row.worst.as_ref().map(|worst| match &row.margin {
        Some(margin) => format!("{worst}, margin {margin}"),
        None => worst.clone(),
    }));
    lines.extend(row.not_held.iter().chain(&row.reasons).cloned());
    lines.join("\n")
}

fn first(mut all: Vec<Annotation>) -> Vec<Annotation> {
    let hidden = all.len().saturating_sub(MOST);
    if hidden > 0 {
        all.truncate(MOST);
        if let Some(last) = all.last_mut() {
            let more = count(hidden, "more like it is", "more like it are");
            last.message += &format!("\n{more} in the job summary and in the report");
        }
    }
    all
}

/// The message of a workflow command, on one line.
fn data(text: &str) -> String {
    let text = visible(text);
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command, where colons and commas have a meaning too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn gates_stand_on_their_lines() {
        let all = annotations(&evaluation(), "experiments/techniques.yaml", false);
        let shown: Vec<String> = all.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn commas_colons_percents_and_line_breaks_are_data() {
        let annotation = Annotation {
            is_error: true,
            file: "a,b:c.yaml".into(),
            line: Some(3),
            title: "50 %: ok".into(),
            message: "first\r\n::error::second, 5 %\u{1b}[31m".into(),
        };
        assert_eq!(
            annotation.to_string(),
            "::error file=a%2Cb%3Ac.yaml,line=3,title=50 %25%3A ok::first%0A::error::second, 5 %25␛[31m"
        );
    }

    #[test]
    fn the_eleventh_is_counted() {
        let one = |n: usize| Annotation {
            is_error: true,
            file: "a.yaml".into(),
            line: Some(n),
            title: String::new(),
            message: "m".into(),
        };
        let kept = first((0..12).map(one).collect());
        assert_eq!(kept.len(), 10);
        assert_eq!(
            kept[9].message,
            "m\n2 more like it are in the job summary and in the report"
        );
        assert_eq!(
            first((0..10).map(one).collect()),
            (0..10).map(one).collect::<Vec<_>>()
        );
    }
}
