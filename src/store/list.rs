//! What bundles there are: each as a list shows it, without its answers.

use std::path::{Path, PathBuf};

use super::find::folders;
use super::reader::{self, read_json, read_lines};
use super::save::BASELINES;
use super::{CellRecord, Manifest, Outcome, StoreError};
use crate::plan::Plan;

/// A bundle: what was run, and how it went.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The folder; of a run that is only there as a saved one, that.
    pub dir: PathBuf,
    /// Of the bundle.
    pub manifest: Manifest,
    /// Cells of the plan.
    pub planned: usize,
    /// Of these, with numbers.
    pub ok: usize,
    /// That stopped with an error.
    pub failed: usize,
    /// That the backend cannot do.
    pub unsupported: usize,
    /// Names under which the run was saved, sorted.
    pub saved: Vec<String>,
}

/// The bundles below `out_dir`, by experiment and the oldest first, and why others cannot be read. A folder that does not
/// exist has none.
pub fn list(out_dir: &Path) -> (Vec<Listed>, Vec<StoreError>) {
    let (mut all, mut bad) = (Vec::new(), Vec::new());
    for experiment in folders(out_dir) {
        of_experiment(&out_dir.join(experiment), &mut all, &mut bad);
    }
    all.sort_by(|a: &Listed, b: &Listed| {
        let key = |l: &Listed| {
            let m = &l.manifest;
            (m.experiment.clone(), m.started.clone(), m.run_id.clone())
        };
        key(a).cmp(&key(b))
    });
    (all, bad)
}

fn of_experiment(dir: &Path, all: &mut Vec<Listed>, bad: &mut Vec<StoreError>) {
    let is_bundle = |path: &PathBuf| path.join("manifest.json").is_file();
    let first = all.len();
    let runs = folders(dir).into_iter().filter(|name| name != BASELINES);
    for path in runs.map(|name| dir.join(name)).filter(is_bundle) {
        match listed(&path) {
            Ok(run) => all.push(run),
            Err(error) => bad.push(error),
        }
    }
    for name in folders(&dir.join(BASELINES)) {
        let path = dir.join(BASELINES).join(&name);
        if !is_bundle(&path) {
            continue;
        }
        let saved = match reader::manifest(&path) {
            Ok(manifest) => manifest,
            Err(error) => {
                bad.push(error);
                continue;
            }
        };
        match all[first..]
            .iter()
            .position(|r| r.manifest.run_id == saved.run_id)
        {
            Some(own) => all[first + own].saved.push(name),
            None => match listed(&path) {
                Ok(run) => all.push(Listed {
                    saved: vec![name],
                    ..run
                }),
                Err(error) => bad.push(error),
            },
        }
    }
}

fn listed(dir: &Path) -> Result<Listed, StoreError> {
    let plan: Plan = read_json(&dir.join("plan.json"))?;
    let cells: Vec<CellRecord> = read_lines(&dir.join("cells.jsonl"))?;
    let count = |of: fn(&Outcome) -> bool| cells.iter().filter(|c| of(&c.outcome)).count();
    Ok(Listed {
        dir: dir.to_owned(),
        manifest: reader::manifest(dir)?,
        planned: plan.cells.len(),
        ok: count(|o| matches!(o, Outcome::Measured(_))),
        failed: count(|o| matches!(o, Outcome::Failed { .. })),
        unsupported: count(|o| matches!(o, Outcome::Unsupported { .. })),
        saved: Vec::new(),
    })
}
