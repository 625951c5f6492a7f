//! What the checks on the way found, and the cells that have no numbers.

use crate::store::Severity;

use super::board::missing;
use super::set::Set;

/// One finding with the cells it marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// The check's stable name, or a cell's state.
    pub(crate) check: String,
    /// The symptom and the cure.
    pub(crate) message: String,
    /// Names of the cells.
    pub(crate) cells: Vec<String>,
}

impl Found {
    /// Glyph, always beside the word.
    pub(crate) fn glyph(&self) -> &'static str {
        match self.severity {
            Severity::Note => "·",
            Severity::Warning => "!",
            Severity::Invalid => "✗",
        }
    }

    /// In words.
    pub(crate) fn word(&self) -> &'static str {
        severity_word(self.severity)
    }

    /// Class name in the page.
    pub(crate) fn class(&self) -> &'static str {
        severity_class(self.severity)
    }
}

/// A severity's class name in the page.
pub(crate) fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "dim",
        Severity::Warning => "warn",
        Severity::Invalid => "bad",
    }
}

/// A severity in words.
pub(crate) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Invalid => "invalid",
    }
}

/// Findings of all data sets, equal ones joined, the worst first.
pub(crate) fn findings(sets: &[Set<'_>]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for set in sets {
        for ran in set.ran() {
            let name = full_name(sets, set, &ran.cell.cell.id);
            for finding in &ran.numbers.measured.findings {
                add(
                    &mut found,
                    finding.severity,
                    &finding.check,
                    &finding.message,
                    name.clone(),
                );
            }
        }
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.severity));
    found
}

/// Cells without numbers, equal reasons joined, in plan order.
pub(crate) fn without_numbers(sets: &[Set<'_>]) -> Vec<Found> {
    let mut found = Vec::new();
    for set in sets {
        for cell in &set.cells {
            if let Some(missing) = missing(&cell.state) {
                let name = full_name(sets, set, &cell.cell.id);
                add(
                    &mut found,
                    Severity::Warning,
                    missing.state,
                    &missing.reason,
                    name,
                );
            }
        }
    }
    found
}

/// A cell's name with its data set in front when there are several.
pub(crate) fn full_name(sets: &[Set<'_>], set: &Set<'_>, id: &str) -> String {
    if sets.len() > 1 {
        format!("{}: {}", set.data, set.name(id))
    } else {
        set.name(id).to_owned()
    }
}

fn add(found: &mut Vec<Found>, severity: Severity, check: &str, message: &str, cell: String) {
    let same = |f: &&mut Found| f.severity == severity && f.check == check && f.message == message;
    match found.iter_mut().find(same) {
        Some(known) => known.cells.push(cell),
        None => found.push(Found {
            severity,
            check: check.to_owned(),
            message: message.to_owned(),
            cells: vec![cell],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn equal_findings_are_joined_and_the_worst_comes_first() {
        let evaluation = evaluation();
        let found = findings(&Set::all(&evaluation));
        let shown: Vec<(&str, &str, usize)> = found
            .iter()
            .map(|f| (f.word(), f.check.as_str(), f.cells.len()))
            .collect();
        assert_eq!(
            shown,
            [("invalid", "path-of-search", 1), ("warning", "dead-knob", 2)]
        );
    }

    #[test]
    fn every_cell_without_numbers_has_its_reason() {
        let evaluation = evaluation();
        let found = without_numbers(&Set::all(&evaluation));
        let states: Vec<&str> = found.iter().map(|f| f.check.as_str()).collect();
        assert_eq!(states, ["unsupported", "failed", "not run"]);
        assert_eq!(found[0].cells, ["parts: fields · quantization binary"]);
    }
}
