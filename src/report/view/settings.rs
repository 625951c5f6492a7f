//! Which settings tell the cells of a data set apart, and what the cells are called.

use std::collections::BTreeMap;

use crate::plan::{Axis, Cell};

use super::number::NOT_APPLICABLE;

/// The settings of one data set's cells: those that vary are columns, the others are said once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Paths of the settings that vary, in the order of the axes.
    pub(crate) varying: Vec<String>,
    /// Path and label of those that do not.
    pub(crate) fixed: Vec<(String, String)>,
}

impl Settings {
    /// Looks at what differs between `cells`.
    pub(crate) fn of(cells: &[&Cell], axes: &[Axis]) -> Settings {
        let mut paths: Vec<&str> = vec!["backend", "pipeline"];
        let swept = axes.iter().map(|a| a.path.as_str());
        let named = cells.iter().flat_map(|c| c.settings.keys().map(String::as_str));
        for path in swept.chain(named) {
            // A table is about one data set, so its name is the title and no column.
            if path != "data" && !paths.contains(&path) {
                paths.push(path);
            }
        }
        let mut settings = Settings {
            varying: Vec::new(),
            fixed: Vec::new(),
        };
        for path in paths {
            let first = cells.first().and_then(|c| setting(c, path));
            if cells.iter().any(|c| setting(c, path) != first) {
                settings.varying.push(path.to_owned());
            } else if let Some(label) = first {
                settings.fixed.push((path.to_owned(), label.to_owned()));
            }
        }
        settings
    }

    /// Labels of the varying settings; `–` where the cell has no such setting.
    pub(crate) fn labels(&self, cell: &Cell) -> Vec<String> {
        let label = |path: &String| setting(cell, path).unwrap_or(NOT_APPLICABLE).to_owned();
        self.varying.iter().map(label).collect()
    }

    /// Short headings for the varying settings: `quantization` for `index.quantization`, unless two would be the same.
    /// A stage's setting keeps its stage: `d.ef`.
    pub(crate) fn headings(&self) -> Vec<String> {
        let short = |path: &str| path.strip_prefix("index.").unwrap_or(path).to_owned();
        let all: Vec<String> = self.varying.iter().map(|p| short(p)).collect();
        let clashes = |heading: &String| all.iter().filter(|h| *h == heading).count() > 1;
        let choose = |(path, heading): (&String, &String)| {
            if clashes(heading) {
                path.clone()
            } else {
                heading.clone()
            }
        };
        self.varying.iter().zip(&all).map(choose).collect()
    }

    /// What a cell is called in sentences: `hybrid · quantization binary · d.ef 64`. No commas, so that
    /// names can be listed.
    fn name(&self, cell: &Cell) -> String {
        let parts: Vec<String> = (self.varying.iter().zip(self.headings()))
            .filter_map(|(path, heading)| {
                let label = setting(cell, path)?;
                let speaks_for_itself = path == "pipeline" || path == "backend";
                Some(if speaks_for_itself {
                    label.to_owned()
                } else {
                    format!("{heading} {label}")
                })
            })
            .collect();
        if parts.is_empty() {
            cell.pipeline.name.clone()
        } else {
            parts.join(" · ")
        }
    }

    /// A distinct name for every cell, by id. Cells that no setting tells apart get the start of their id.
    pub(crate) fn names<'a>(&self, cells: &[&'a Cell]) -> BTreeMap<&'a str, String> {
        let names: Vec<String> = cells.iter().map(|c| self.name(c)).collect();
        let unique = |name: &String| names.iter().filter(|n| *n == name).count() == 1;
        let distinct = |(cell, name): (&&'a Cell, &String)| {
            let tail: String = cell.id.chars().take(6).collect();
            let name = if unique(name) {
                name.clone()
            } else {
                format!("{name} #{tail}")
            };
            (cell.id.as_str(), name)
        };
        cells.iter().zip(&names).map(distinct).collect()
    }
}

/// A setting's label; backend and pipeline are settings of every cell, swept or not.
fn setting<'a>(cell: &'a Cell, path: &str) -> Option<&'a str> {
    match (cell.settings.get(path), path) {
        (Some(label), _) => Some(label),
        (None, "backend") => Some(&cell.backend),
        (None, "pipeline") => Some(&cell.pipeline.name),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::cell;

    #[test]
    fn only_what_varies_is_a_column() {
        let cells = [
            cell(
                "a",
                &[
                    ("pipeline", "dense"),
                    ("index.quantization", "none"),
                    ("d.ef", "64"),
                    ("k", "10"),
                ],
            ),
            cell(
                "b",
                &[
                    ("pipeline", "words"),
                    ("index.quantization", "binary"),
                    ("k", "10"),
                ],
            ),
        ];
        let cells: Vec<&Cell> = cells.iter().collect();
        let settings = Settings::of(&cells, &[]);
        assert_eq!(settings.varying, ["pipeline", "index.quantization", "d.ef"]);
        assert_eq!(settings.headings(), ["pipeline", "quantization", "d.ef"]);
        assert_eq!(
            settings.fixed,
            [("backend".into(), "local".into()), ("k".into(), "10".into())]
        );
        assert_eq!(settings.labels(cells[1]), ["words", "binary", "–"]);
        let names = settings.names(&cells);
        assert_eq!(names["a"], "dense · quantization none · d.ef 64");
        assert_eq!(names["b"], "words · quantization binary");
    }

    #[test]
    fn cells_that_nothing_tells_apart_still_have_names_of_their_own() {
        let cells = [
            cell("aaaaaaaa", &[("pipeline", "dense")]),
            cell("bbbbbbbb", &[("pipeline", "dense")]),
        ];
        let cells: Vec<&Cell> = cells.iter().collect();
        let names = Settings::of(&cells, &[]).names(&cells);
        assert_eq!(names["aaaaaaaa"], "dense #aaaaaa");
        assert_eq!(names["bbbbbbbb"], "dense #bbbbbb");
    }
}
