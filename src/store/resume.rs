//! A run that goes on with an earlier one: which run that is, whether it is the same, and what is taken over.
//!
//! A run id is never used twice, so there is a new bundle. Whatever the earlier run measured is copied into it where that
//! is provably what would be measured now; the rest is run.

mod same;
mod take;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::find::folders;
use super::{Bundle, Outcome, StoreError, reader};

pub use same::{manifest_differences, plan_differences};
pub use take::{TakenOver, take_over};

/// The run that a run goes on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// Its id.
    pub run: String,
    /// What was taken over, by the run that measured it: the one gone on with, or one that it went on with itself.
    pub taken: Vec<Taken>,
}

/// Cells that were measured in an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Id of that run.
    pub run: String,
    /// When it began: UTC, RFC 3339.
    pub started: String,
    /// Ids of the cells.
    pub cells: Vec<String>,
}

/// Why there is no run to go on with; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// No run of the experiment is unfinished.
    #[error("nothing to resume: {}; run it without `--resume`", match newest {
        Some(run) => format!("every run in `{}` has ended, the newest is {run}", dir.display()),
        None => format!("`{}` has no run", dir.display()),
    })]
    NothingUnfinished {
        /// Where runs of the experiment are.
        dir: PathBuf,
        /// The newest run, if there is one.
        newest: Option<String>,
    },
    /// There is no run of the experiment at all.
    #[error("nothing to retry: `{dir}` has no run; run it without `--retry-failed`")]
    NoRun {
        /// Where runs of the experiment are.
        dir: PathBuf,
    },
    /// The newest run lacks nothing.
    #[error("nothing to retry: no cell of the newest run, {run}, failed or is missing")]
    NothingFailed {
        /// Its id.
        run: String,
    },
    /// A bundle that cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The newest run of an experiment that has no end and with which no finished run went on. One that left cells goes before
/// one that left none.
pub fn unfinished(out_dir: &Path, experiment: &str) -> Result<Bundle, ResumeError> {
    let dir = out_dir.join(experiment);
    let runs: Vec<_> = runs(&dir).collect();
    let mut over: Vec<&str> = Vec::new();
    // From new to old, so that a run comes before those that it went on with.
    for (name, manifest) in &runs {
        if manifest.finished.is_some() || over.contains(&name.as_str()) {
            over.extend(manifest.resumed.iter().map(|r| r.run.as_str()));
        }
    }
    let open = runs
        .iter()
        .filter(|(name, manifest)| manifest.finished.is_none() && !over.contains(&name.as_str()))
        // One that was killed while its first files were written is of no use.
        .filter_map(|(name, _)| Bundle::open(&dir.join(name)).ok());
    let (with, without): (Vec<Bundle>, Vec<Bundle>) = open.partition(|bundle| !bundle.cells.is_empty());
    let found = with.into_iter().chain(without).next();
    found.ok_or_else(|| ResumeError::NothingUnfinished {
        newest: runs.first().map(|(name, _)| name.clone()),
        dir,
    })
}

/// The newest run of an experiment, if cells of it failed or are missing.
pub fn with_failures(out_dir: &Path, experiment: &str) -> Result<Bundle, ResumeError> {
    let dir = out_dir.join(experiment);
    let newest = runs(&dir).next();
    let Some((name, _)) = newest else {
        return Err(ResumeError::NoRun { dir });
    };
    let bundle = Bundle::open(&dir.join(&name))?;
    let ran = |id: &str| {
        let outcome = bundle.cells.iter().find(|r| r.cell == id).map(|r| &r.outcome);
        matches!(outcome, Some(Outcome::Measured(_) | Outcome::Unsupported { .. }))
    };
    match bundle.plan.cells.iter().all(|cell| ran(&cell.id)) {
        true => Err(ResumeError::NothingFailed { run: name }),
        false => Ok(bundle),
    }
}

/// Names and manifests of the runs in a folder, from new to old; names begin with the time.
fn runs(dir: &Path) -> impl Iterator<Item = (String, super::Manifest)> {
    let names = folders(dir).into_iter().rev();
    names.filter_map(move |name| {
        let manifest = reader::manifest(&dir.join(&name)).ok()?;
        Some((name, manifest))
    })
}
