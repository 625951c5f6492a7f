//! `--output`: files in the format that their suffix says.

use std::path::{Path, PathBuf};

use super::args::RunArgs;
use super::progress::Talk;
use crate::evaluate::Evaluation;
use crate::report::{self, Beside};

/// One file to write.
pub(super) struct Output {
    path: PathBuf,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Html,
    Markdown,
    Json,
    Csv,
    Junit,
}

/// Every suffix, for help and messages.
const SUFFIXES: &str = ".html, .md, .json, .csv and .junit.xml";

impl Output {
    /// The files, if all suffixes are known and no file is named twice; `None` after a complaint.
    pub(super) fn all(paths: &[PathBuf], talk: &Talk) -> Option<Vec<Output>> {
        let mut outputs: Vec<Output> = Vec::new();
        for path in paths {
            let Some(format) = Format::of(path) else {
                talk.error(&format!(
                    "`{}`: the suffix says the format; this version writes {SUFFIXES}",
                    path.display()
                ));
                return None;
            };
            if outputs.iter().any(|o| o.path == *path) {
                talk.error(&format!("`{}` is given twice", path.display()));
                return None;
            }
            outputs.push(Output {
                path: path.clone(),
                format,
            });
        }
        Some(outputs)
    }

    /// Writes it, with the folders that it needs.
    pub(super) fn write(&self, evaluation: &Evaluation, beside: &Beside, strict: bool) -> anyhow::Result<()> {
        let text = match self.format {
            Format::Html => report::html_beside(evaluation, beside),
            Format::Markdown => report::markdown_summary(evaluation),
            Format::Json => report::json(evaluation),
            Format::Csv => report::csv(evaluation),
            Format::Junit => report::junit(evaluation, strict),
        };
        super::write(&self.path, &text)
    }

    /// Whether it is a page.
    pub(super) fn is_html(&self) -> bool {
        self.format == Format::Html
    }

    /// Where it goes.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Format {
    fn of(path: &Path) -> Option<Format> {
        let name = path.file_name()?.to_str()?;
        let formats = [
            (".html", Format::Html),
            (".md", Format::Markdown),
            (".junit.xml", Format::Junit),
            (".json", Format::Json),
            (".csv", Format::Csv),
        ];
        let known = formats.into_iter().find(|(suffix, _)| name.ends_with(suffix));
        known.map(|(_, format)| format)
    }
}

/// The files of a run. One file holds one experiment.
pub(super) fn of_run(args: &RunArgs, talk: &Talk) -> Option<Vec<Output>> {
    let outputs = Output::all(&args.output, talk)?;
    if args.specs.files.len() > 1 && !outputs.is_empty() {
        talk.error(
            "--output is for one experiment; run them one by one, or render each afterwards with `evalrun report \
             BUNDLE -o …`",
        );
        return None;
    }
    Some(outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_says_the_format() {
        let of = |name: &str| Format::of(Path::new(name));
        assert_eq!(of("out/a.junit.xml"), Some(Format::Junit));
        assert_eq!(of("a.b.json"), Some(Format::Json));
        assert_eq!((of("a.xml"), of("a"), of("")), (None, None, None));
    }
}
