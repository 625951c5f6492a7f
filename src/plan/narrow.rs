//! What the command line leaves of a plan: some of its cells, some of its queries.
//!
//! A part is for trying things out and for spreading a sweep over machines. It is kept in the plan, so that no report
//! of a part passes for one of the whole. Reference cells always stay: without them a part could compare nothing.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::select::glob;
use super::{Cell, Plan};
use crate::spec::suggest::instead;

/// What is asked for; the default is everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Narrow {
    /// Axis path and pattern: a cell stays when, for every path named, one of its patterns fits.
    pub filters: Vec<(String, String)>,
    /// The first so many cells.
    pub max_cells: Option<usize>,
    /// One of several equal parts.
    pub shard: Option<Shard>,
    /// Some of the queries.
    pub sample: Option<Sample>,
}

/// A plan that is only a part, as its report says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Narrowed {
    /// As asked for.
    pub by: Narrow,
    /// Cells that are left out.
    pub cells_left_out: usize,
    /// Gates of which every cell is left out.
    pub gates_left_out: usize,
}

/// Part `index` (from 1) of `of` parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    /// How many there are.
    pub of: usize,
}

/// How many of a data set's queries are asked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sample {
    /// So many, or all when there are fewer.
    Queries(usize),
    /// A share of them in percent, at least one.
    Percent(f64),
}

/// A part that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NarrowError {
    /// The path of a filter does not vary.
    #[error("`--filter {path}=…`: `{path}` does not vary in `{experiment}`; {instead}")]
    Path {
        /// As given.
        path: String,
        /// Of the plan.
        experiment: String,
        /// What would have been right.
        instead: String,
    },
    /// The pattern of a filter fits no cell.
    #[error("`--filter {path}={pattern}`: no `{path}` of `{experiment}` is `{pattern}`; {instead}")]
    Pattern {
        /// As given.
        path: String,
        /// As given.
        pattern: String,
        /// Of the plan.
        experiment: String,
        /// What would have been right.
        instead: String,
    },
}

impl Plan {
    /// Leaves out what is not asked for. A plan of which nothing is left has no cells, not even its references.
    ///
    /// # Errors
    /// When a filter speaks of something that does not vary, or has a pattern that fits nothing.
    pub fn narrow(&mut self, by: &Narrow) -> Result<(), NarrowError> {
        if *by == Narrow::default() {
            return Ok(());
        }
        let chosen = chosen(self, by)?;
        let before = self.cells.len();
        if chosen.iter().any(|c| *c) {
            let compared = |data: &str| {
                self.cells
                    .iter()
                    .zip(&chosen)
                    .any(|(cell, c)| *c && cell.data == data)
            };
            let reference = |cell: &Cell| {
                self.compare.reference.get(&cell.data) == Some(&cell.id) && compared(&cell.data)
            };
            let stay: Vec<bool> = self
                .cells
                .iter()
                .zip(&chosen)
                .map(|(cell, c)| *c || reference(cell))
                .collect();
            let mut stay = stay.iter();
            self.cells.retain(|_| stay.next() == Some(&true));
        } else {
            self.cells.clear();
        }
        let stays = |id: &String| self.cells.iter().any(|c| c.id == *id);
        let gates = self.gates.len();
        for gate in &mut self.gates {
            gate.cells.retain(stays);
        }
        self.gates.retain(|gate| !gate.cells.is_empty());
        let cells = &self.cells;
        self.data.retain(|data| cells.iter().any(|c| c.data == data.name));
        self.narrowed = Some(Narrowed {
            by: by.clone(),
            cells_left_out: before - self.cells.len(),
            gates_left_out: gates - self.gates.len(),
        });
        Ok(())
    }
}

/// Whether each cell is asked for: filters first, then the shard of what they leave, then the limit.
fn chosen(plan: &Plan, by: &Narrow) -> Result<Vec<bool>, NarrowError> {
    for (path, pattern) in &by.filters {
        check(plan, path, pattern)?;
    }
    let fits = |cell: &Cell| {
        let mut paths = by.filters.iter().map(|(path, _)| path);
        paths.all(|path| {
            let mut patterns = by.filters.iter().filter(|(p, _)| p == path);
            label(cell, path).is_some_and(|label| patterns.any(|(_, pattern)| glob(pattern, label)))
        })
    };
    let left: Vec<usize> = (0..plan.cells.len()).filter(|i| fits(&plan.cells[*i])).collect();
    // Cells that share an index stand together, so a part that is one piece builds few of them.
    let (from, to) = by.shard.map_or((0, left.len()), |s| {
        let end = |part: usize| left.len() * part / s.of;
        (end(s.index - 1), end(s.index))
    });
    let mut chosen = vec![false; plan.cells.len()];
    for &i in left[from..to].iter().take(by.max_cells.unwrap_or(usize::MAX)) {
        chosen[i] = true;
    }
    Ok(chosen)
}

fn label<'a>(cell: &'a Cell, path: &str) -> Option<&'a str> {
    match path {
        "data" => Some(&cell.data),
        "backend" => Some(&cell.backend),
        "pipeline" => Some(&cell.pipeline.name),
        axis => cell.settings.get(axis).map(String::as_str),
    }
}

fn check(plan: &Plan, path: &str, pattern: &str) -> Result<(), NarrowError> {
    let experiment = plan.experiment.clone();
    let mut labels: Vec<&str> = plan.cells.iter().filter_map(|c| label(c, path)).collect();
    if labels.is_empty() {
        let selects = ["data", "backend", "pipeline"].into_iter();
        let axes = plan.axes.iter().map(|a| a.path.as_str());
        let known = selects.chain(axes.filter(|a| !["data", "backend", "pipeline"].contains(a)));
        return Err(NarrowError::Path {
            path: path.to_owned(),
            experiment,
            instead: instead(path, known),
        });
    }
    labels.sort_unstable();
    labels.dedup();
    if labels.iter().any(|label| glob(pattern, label)) {
        return Ok(());
    }
    Err(NarrowError::Pattern {
        path: path.to_owned(),
        pattern: pattern.to_owned(),
        experiment,
        instead: instead(pattern, labels),
    })
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no part, for instance 1/4");
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong());
        match (number(index)?, number(of)?) {
            (index, of) if (1..=of).contains(&index) => Ok(Shard { index, of }),
            (index, of) => Err(format!(
                "there is no part {index} of {of}; parts are counted from 1"
            )),
        }
    }
}

impl Sample {
    /// How many of `all` queries that is.
    pub fn of(self, all: usize) -> usize {
        match self {
            Sample::Queries(n) => n.min(all),
            Sample::Percent(p) => (all as f64 * p / 100.0).ceil() as usize,
        }
    }
}

impl FromStr for Sample {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no sample: a number of queries such as 50, or a share such as 10%");
        match text.strip_suffix('%') {
            None => match text.parse() {
                Ok(n) if n > 0 => Ok(Sample::Queries(n)),
                _ => Err(wrong()),
            },
            Some(share) => match share.parse() {
                Ok(p) if p > 0.0 && p <= 100.0 => Ok(Sample::Percent(p)),
                _ => Err(wrong()),
            },
        }
    }
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Sample::Queries(n) => write!(f, "{n}"),
            Sample::Percent(p) => write!(f, "{p}%"),
        }
    }
}

impl std::fmt::Display for Narrow {
    /// As options of the command line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let filters = self
            .filters
            .iter()
            .map(|(path, pattern)| format!("--filter {path}={pattern}"));
        let rest = [
            self.shard.map(|s| format!("--shard {}/{}", s.index, s.of)),
            self.max_cells.map(|n| format!("--max-cells {n}")),
            self.sample.map(|s| format!("--sample {s}")),
        ];
        let all: Vec<String> = filters.chain(rest.into_iter().flatten()).collect();
        f.write_str(&all.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Catalog, resolve};
    use crate::spec::{self, SpecSource};

    /// Two pipelines × three limits over one index, dense-free, with a gate on each pipeline.
    fn plan() -> Plan {
        let text = "
evalrun: 1
experiment: part
question: which part?
data: [{ beir: tiny }]
backends: { local: { local: {} } }
index: { vectors: { words: { bm25: [title] } } }
pipelines:
  one: [{ sparse: { as: s, vector: words, limit: 3 } }]
  two: [{ sparse: { as: s, vector: words, limit: 3 } }, { sparse: { as: t, vector: words, limit: 3 } }, { fuse: { as: f, of: [s, t], method: { rrf: { k: 60 } }, limit: 3 } }]
sweep: { axes: { pipeline: [one, two], s.limit: [1, 2, 3] } }
measure: { quality: [success@1] }
compare: { reference: { pipeline: one, s.limit: 1 } }
gates:
  - { that: success@1 >= 0, where: { pipeline: one } }
  - { that: success@1 >= 0, where: { pipeline: two, s.limit: 3 } }
";
        let source = SpecSource {
            path: "part.yaml".into(),
            text: text.to_owned(),
        };
        let catalog = Catalog {
            look: |_| Some(["title".to_owned()].into()),
            exists: |_| true,
            ..Catalog::of_folders(&[]).unwrap()
        };
        let spec = spec::parse(text, &catalog.environment).unwrap();
        resolve(&spec, &source, &catalog)
            .unwrap_or_else(|e| panic!("{e:#?}"))
            .0
    }

    fn labels(plan: &Plan) -> Vec<String> {
        let label = |c: &Cell| format!("{} {}", c.pipeline.name, c.settings["s.limit"]);
        plan.cells.iter().map(label).collect()
    }

    fn narrowed(by: Narrow) -> Plan {
        let mut plan = plan();
        plan.narrow(&by).unwrap();
        plan
    }

    fn filters(filters: &[(&str, &str)]) -> Narrow {
        let filters = filters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Narrow {
            filters: filters.collect(),
            ..Narrow::default()
        }
    }

    #[test]
    fn filters_leave_the_cells_that_fit_and_the_reference() {
        let plan = narrowed(filters(&[("pipeline", "t*"), ("s.limit", "1"), ("s.limit", "3")]));
        assert_eq!(labels(&plan), ["one 1", "two 1", "two 3"]);
        let part = plan.narrowed.unwrap();
        assert_eq!((part.cells_left_out, part.gates_left_out), (3, 0));
        assert_eq!(
            plan.gates[0].cells,
            [plan.cells[0].id.clone()],
            "the gate looks at what is left"
        );
    }

    #[test]
    fn a_gate_without_a_cell_is_left_out_and_counted() {
        let plan = narrowed(filters(&[("s.limit", "2")]));
        assert_eq!(labels(&plan), ["one 1", "one 2", "two 2"]);
        assert_eq!(plan.gates.len(), 1);
        assert_eq!(plan.narrowed.unwrap().gates_left_out, 1);
    }

    #[test]
    fn shards_are_the_whole_and_overlap_in_the_reference_alone() {
        let shard = |index| {
            narrowed(Narrow {
                shard: Some(Shard { index, of: 4 }),
                ..Narrow::default()
            })
        };
        let parts: Vec<Vec<String>> = (1..=4).map(|i| labels(&shard(i))).collect();
        assert_eq!(parts[0], ["one 1"]);
        assert_eq!(parts[1], ["one 1", "one 2", "one 3"]);
        assert_eq!(parts[2], ["one 1", "two 1"]);
        assert_eq!(parts[3], ["one 1", "two 2", "two 3"]);
    }

    #[test]
    fn a_data_set_of_which_nothing_is_chosen_loses_its_reference_too() {
        let mut plan = plan();
        let mut other = plan.cells[0].clone();
        (other.id, other.data) = ("other".into(), "big".into());
        plan.compare.reference.insert("big".into(), other.id.clone());
        plan.cells.push(other);
        plan.narrow(&filters(&[("data", "tiny"), ("s.limit", "2")]))
            .unwrap();
        assert_eq!(labels(&plan), ["one 1", "one 2", "two 2"]);
    }

    #[test]
    fn a_limit_takes_the_first_cells() {
        let plan = narrowed(Narrow {
            max_cells: Some(2),
            ..Narrow::default()
        });
        assert_eq!(labels(&plan), ["one 1", "one 2"]);
    }

    #[test]
    fn a_sample_leaves_the_cells_alone_and_is_kept() {
        let plan = narrowed(Narrow {
            sample: Some(Sample::Percent(10.0)),
            ..Narrow::default()
        });
        assert_eq!(plan.cells.len(), 6);
        assert_eq!(plan.narrowed.unwrap().by.to_string(), "--sample 10%");
    }

    #[test]
    fn a_filter_that_can_fit_nothing_says_what_would() {
        let refused = |path, pattern| {
            plan()
                .narrow(&filters(&[(path, pattern)]))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused("pipelin", "one"),
            "`--filter pipelin=…`: `pipelin` does not vary in `part`; did you mean `pipeline`?"
        );
        assert_eq!(
            refused("pipeline", "three"),
            "`--filter pipeline=three`: no `pipeline` of `part` is `three`; known: `one`, `two`"
        );
    }

    #[test]
    fn filters_that_exclude_each_other_leave_nothing() {
        let mut plan = plan();
        plan.cells
            .retain(|c| c.pipeline.name == "one" || c.settings["s.limit"] == "3");
        plan.narrow(&filters(&[("pipeline", "two"), ("s.limit", "1")]))
            .unwrap();
        assert!(plan.cells.is_empty());
    }

    #[test]
    fn parts_and_samples_are_read_as_they_print() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, of: 3 }));
        assert_eq!(
            "0/3".parse::<Shard>().unwrap_err(),
            "there is no part 0 of 3; parts are counted from 1"
        );
        assert_eq!(
            "3".parse::<Shard>().unwrap_err(),
            "`3` is no part, for instance 1/4"
        );
        assert_eq!("50".parse(), Ok(Sample::Queries(50)));
        assert_eq!("12.5%".parse(), Ok(Sample::Percent(12.5)));
        for wrong in ["0", "-1", "0%", "101%", "nan%", "ten"] {
            assert!(wrong.parse::<Sample>().is_err(), "{wrong}");
        }
    }
}
