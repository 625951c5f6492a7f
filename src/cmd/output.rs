//! `--output`: files in the format that their suffix says.

use std::path::{Path, PathBuf};

use super::args::RunArgs;
use super::progress::Talk;
use crate::evaluate::Evaluation;
use crate::report::{self, Beside, Better};
use crate::store::table;

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
    JsonLines,
    Bencher,
    /// Of github-action-benchmark.
    ActionBenchmark(Better),
    Csv,
    Parquet,
    Junit,
}

/// Every suffix; a longer one before the one that it ends in.
const FORMATS: [(&str, Format); 10] = [
    (".html", Format::Html),
    (".md", Format::Markdown),
    (".bencher.json", Format::Bencher),
    (".bigger.json", Format::ActionBenchmark(Better::Bigger)),
    (".smaller.json", Format::ActionBenchmark(Better::Smaller)),
    (".json", Format::Json),
    (".jsonl", Format::JsonLines),
    (".csv", Format::Csv),
    (".parquet", Format::Parquet),
    (".junit.xml", Format::Junit),
];

impl Output {
    /// The files, if all suffixes are known and no file is named twice; `None` after a complaint.
    pub(super) fn all(paths: &[PathBuf], talk: &Talk) -> Option<Vec<Output>> {
        let mut outputs: Vec<Output> = Vec::new();
        for path in paths {
            let Some(format) = Format::of(path) else {
                let suffixes: Vec<&str> = FORMATS.iter().map(|(suffix, _)| *suffix).collect();
                talk.error(&format!(
                    "`{}`: the suffix says the format; this version writes {}",
                    path.display(),
                    suffixes.join(", ")
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
            Format::JsonLines => report::jsonl(evaluation),
            Format::Bencher => report::bencher(evaluation),
            Format::ActionBenchmark(better) => report::action_benchmark(evaluation, better),
            Format::Csv => report::csv(evaluation),
            Format::Parquet => {
                super::create_parent(&self.path)?;
                return Ok(table::write_query_values(&self.path, &evaluation.query_values())?);
            }
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
        let known = FORMATS.into_iter().find(|(suffix, _)| name.ends_with(suffix));
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
        assert_eq!(
            of("bencher.json"),
            Some(Format::Json),
            "no name before the suffix"
        );
        assert_eq!(of("a.bencher.json"), Some(Format::Bencher));
        assert_eq!(
            of("a.smaller.json"),
            Some(Format::ActionBenchmark(Better::Smaller))
        );
        assert_eq!(of("a.jsonl"), Some(Format::JsonLines));
        assert_eq!((of("a.xml"), of("a"), of("")), (None, None, None));
    }
}
