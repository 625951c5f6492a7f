//! What a CI system is told beside the exit status.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::progress::Talk;
use crate::evaluate::Evaluation;
use crate::report;

/// GitHub takes 1 MiB of summary per step and drops all of a longer one.
const MOST_BYTES: usize = 900_000;

/// Whether the environment is a CI system's.
pub(super) fn is_ci() -> bool {
    variable("CI").is_some_and(|value| value != "false" && value != "0")
}

/// On GitHub: a message on the line of each gate that does not hold, and the summary on the job's page.
pub(super) fn report(evaluation: &Evaluation, strict: bool, talk: &Talk) -> anyhow::Result<()> {
    if variable("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        let file = in_workspace(&evaluation.manifest.spec.path);
        for annotation in report::annotations(evaluation, &file, strict) {
            talk.command(&annotation.to_string());
        }
    }
    if let Some(path) = variable("GITHUB_STEP_SUMMARY") {
        let text = cut(report::markdown_summary(evaluation));
        let append = || {
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)?;
            file.write_all(text.as_bytes())
        };
        append().with_context(|| format!("writing `{path}`, which GITHUB_STEP_SUMMARY names"))?;
    }
    Ok(())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// GitHub knows files by their path in the repository, and a spec may be named from elsewhere.
fn in_workspace(path: &str) -> String {
    let relative = || {
        let workspace = std::fs::canonicalize(variable("GITHUB_WORKSPACE")?).ok()?;
        let full = std::fs::canonicalize(Path::new(path)).ok()?;
        Some(full.strip_prefix(workspace).ok()?.to_string_lossy().into_owned())
    };
    relative().unwrap_or_else(|| path.to_owned())
}

fn cut(mut text: String) -> String {
    text.push('\n');
    if text.len() > MOST_BYTES {
        let end = (0..=MOST_BYTES).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
        text.push_str("\n\n… cut here; the report has all of it.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_summary_is_cut_between_characters() {
        assert_eq!(cut("short".to_owned()), "short\n");
        let long = cut("ä".repeat(MOST_BYTES));
        assert!(long.len() < MOST_BYTES + 100);
        assert!(long.ends_with("ä\n\n… cut here; the report has all of it.\n"));
    }
}
