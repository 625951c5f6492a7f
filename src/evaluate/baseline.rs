//! This run beside another one: which cells are the same, and what became better or worse.
//!
//! A comparison is per query, over the queries that both runs asked with equal texts, filters and judgements. The values of
//! the other run are in the bundle ([`copy`]), so a report needs that run no longer.

mod changes;
mod copy;
mod matching;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{CellNumbers, CellResult, CellState, Difference, difference};
use crate::dataset::Qrels;
use crate::plan::{Cell, Plan};
use crate::store::{BaselineCell, BaselineData, BaselineLine, BaselineRecord, Bundle, Machine, Manifest};

pub use copy::{BaselineCopy, copy};

/// This run held against another one.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The other run.
    pub record: BaselineRecord,
    /// What else is not the same in both: models, backends, version; sentences.
    pub changed: Vec<String>,
    /// In what the machines differ; times compare only where this is empty.
    pub machine: Vec<String>,
    /// Per data set of this run that the other has too.
    pub data: BTreeMap<String, SharedData>,
    /// Cells of this run that the other has too, by id. All others are new.
    pub cells: BTreeMap<String, BaselineMatch>,
    /// Cells that only the other run has: data set and label.
    pub gone: Vec<(String, String)>,
}

/// A data set that both runs have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SharedData {
    /// Ids of the queries that compare: in both, with equal text, filter and judgements.
    pub queries: BTreeSet<String>,
    /// Queries of this run that the other did not ask.
    pub added: usize,
    /// Queries that only the other run asked.
    pub removed: usize,
    /// Queries in both whose text, filter or judgements differ.
    pub changed: usize,
    /// Files whose content differs, or that only one of the two read.
    pub files: Vec<String>,
}

impl SharedData {
    /// Whether work and times are over the same queries and documents.
    pub fn is_same(&self) -> bool {
        self.added + self.removed + self.changed == 0 && self.files.is_empty()
    }
}

/// A cell that both runs have.
#[derive(Debug, Clone)]
pub struct BaselineMatch {
    /// What changed in the complete cell: `pipeline.d.dense.ef: 64 → 128`. Empty for an equal cell.
    pub changes: Vec<String>,
    /// Per measure of the plan, in its order: this run less the other.
    pub differences: Vec<Option<Difference>>,
    /// The other run's cell, its values cut down to the queries that compare.
    pub other: BaselineCell,
}

impl BaselineMatch {
    /// The other run's values of a measure, over the queries that compare.
    pub fn values(&self, measure: &str) -> Option<&BTreeMap<String, f64>> {
        self.other.values.get(measure)
    }
}

/// Holds the cells of a run against those of another.
pub(super) fn compare(
    bundle: &Bundle,
    qrels: &BTreeMap<String, Qrels>,
    cells: &[CellResult],
    copy: BaselineCopy,
) -> Baseline {
    let plan = &bundle.plan;
    let BaselineCopy { record, lines } = copy;
    let (mut theirs, mut other_cells) = (BTreeMap::new(), Vec::new());
    for line in lines {
        match line {
            BaselineLine::Data(data) => drop(theirs.insert(data.data.clone(), data)),
            BaselineLine::Cell(cell) => other_cells.push(*cell),
        }
    }
    let data = shared_data(bundle, qrels, &record, &theirs);
    let own: Vec<&Cell> = cells.iter().map(|c| &c.cell).collect();
    let (pairs, gone) = matching::pairs(&own, other_cells);
    let numbers: BTreeMap<&str, &CellNumbers> = cells.iter().filter_map(of_result).collect();
    let matches = pairs.into_iter().map(|(cell, mut other)| {
        let shared = data.get(&cell.data);
        for values in other.values.values_mut() {
            values.retain(|query, _| shared.is_some_and(|s| s.queries.contains(query)));
        }
        let differences = numbers
            .get(cell.id.as_str())
            .map(|n| differences(plan, n, &other));
        let found = BaselineMatch {
            changes: changes::between(&other.cell, cell),
            differences: differences.unwrap_or_default(),
            other,
        };
        (cell.id.clone(), found)
    });
    Baseline {
        changed: changed(&bundle.manifest, &record),
        machine: machines(&bundle.manifest.machine, &record.machine),
        cells: matches.collect(),
        gone: gone.iter().map(|c| (c.data.clone(), called(c))).collect(),
        data,
        record,
    }
}

fn of_result(result: &CellResult) -> Option<(&str, &CellNumbers)> {
    match &result.state {
        CellState::Ok(numbers) => Some((result.cell.id.as_str(), numbers)),
        _ => None,
    }
}

fn differences(plan: &Plan, own: &CellNumbers, other: &BaselineCell) -> Vec<Option<Difference>> {
    let of = |quality: &super::Quality| {
        let values = other.values.get(&quality.measure)?;
        difference(plan, &quality.per_query, values)
    };
    own.quality.iter().map(of).collect()
}

fn shared_data(
    bundle: &Bundle,
    qrels: &BTreeMap<String, Qrels>,
    record: &BaselineRecord,
    theirs: &BTreeMap<String, BaselineData>,
) -> BTreeMap<String, SharedData> {
    let ours = copy::prints(bundle, qrels);
    let of = |(name, own): (&String, &BTreeMap<String, String>)| {
        let other = &theirs.get(name)?.queries;
        let same = |(query, print): &(&String, &String)| other.get(*query) == Some(*print);
        let queries: BTreeSet<String> = own.iter().filter(same).map(|(q, _)| q.clone()).collect();
        let both = own.keys().filter(|q| other.contains_key(*q)).count();
        let files = copy::files(bundle, name);
        Some((
            name.clone(),
            SharedData {
                added: own.len() - both,
                removed: other.len() - both,
                changed: both - queries.len(),
                files: changes::files(record.files.get(name), &files),
                queries,
            },
        ))
    };
    ours.iter().filter_map(of).collect()
}

/// What of the runs, beside cells and data, is not the same.
fn changed(own: &Manifest, other: &BaselineRecord) -> Vec<String> {
    let mut changed = Vec::new();
    let roles: BTreeSet<&String> = own.models.keys().chain(other.models.keys()).collect();
    for role in roles {
        let name = |m: Option<&crate::models::ModelIdentity>| {
            m.map_or_else(
                || "none".to_owned(),
                |m| format!("{} ({} {})", m.name, m.runtime, m.runtime_version),
            )
        };
        let (before, now) = (other.models.get(role), own.models.get(role));
        if before != now {
            let same_name = name(before) == name(now);
            let what = if same_name {
                "other files or settings".to_owned()
            } else {
                format!("{} → {}", name(before), name(now))
            };
            changed.push(format!("{role}: {what}"));
        }
    }
    for (backend, info) in &own.backends {
        if let Some(before) = other.backends.get(backend).filter(|b| b.version != info.version) {
            changed.push(format!(
                "backend {backend}: {} → {}",
                before.version, info.version
            ));
        }
    }
    if own.tool.version != other.version {
        changed.push(format!("evalrun: {} → {}", other.version, own.tool.version));
    }
    changed
}

/// A cell's label; that of the only cell is empty, and then its pipeline has to do.
pub(super) fn called(cell: &Cell) -> String {
    let label = cell.label();
    if label.is_empty() {
        cell.pipeline.name.clone()
    } else {
        label
    }
}

/// In what two machines differ, as far as their manifests say. A processor without a name could be any.
pub(crate) fn machines(a: &Machine, b: &Machine) -> Vec<String> {
    let mut differ = Vec::new();
    match (&a.cpu, &b.cpu) {
        (Some(a), Some(b)) if a == b => {}
        (Some(a), Some(b)) => differ.push(format!("processor {b} there, {a} here")),
        _ => differ.push("a processor is unknown".to_owned()),
    }
    if a.cpus != b.cpus {
        differ.push(format!("{} CPUs there, {} here", b.cpus, a.cpus));
    }
    if (&a.os, &a.arch) != (&b.os, &b.arch) {
        differ.push(format!("{} {} there, {} {} here", b.os, b.arch, a.os, a.arch));
    }
    differ
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_the_same_only_if_known_to_be() {
        let machine = |cpu: Option<&str>, cpus| Machine {
            cpu: cpu.map(str::to_owned),
            cpus,
            memory_bytes: None,
            os: "linux".into(),
            arch: "x86_64".into(),
            load: (Some(3.0), None),
        };
        let example = machine(Some("Example 1"), 2);
        assert_eq!(machines(&example, &machine(Some("Example 1"), 2)), [""; 0]);
        assert_eq!(
            machines(&example, &machine(Some("Example 2"), 4)),
            [
                "processor Example 2 there, Example 1 here",
                "4 CPUs there, 2 here"
            ]
        );
        assert_eq!(
            machines(&machine(None, 2), &machine(None, 2)),
            ["a processor is unknown"]
        );
    }
}
