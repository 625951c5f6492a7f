//! Which bundle a baseline is: the words of `--baseline` looked up on disk or in git.

mod git;

use std::path::{Path, PathBuf};

use super::{Bundle, Named, StoreError, reader, save};
use crate::suggest::closest as nearest;

/// A bundle that was found, and how.
#[derive(Debug)]
pub struct Found {
    /// The bundle, open.
    pub bundle: Bundle,
    /// How it was named.
    pub named: Named,
    /// Holds the files of a commit as long as the bundle is read.
    _checkout: Option<git::Checkout>,
}

/// Why there is no such baseline; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// `previous`, and there is none.
    #[error("`{dir}` has no finished run to compare with; run the experiment once without `--baseline`")]
    NoPrevious {
        /// Where runs of the experiment are.
        dir: PathBuf,
    },
    /// Neither a bundle nor a name.
    #[error(
        "no baseline `{reference}`: it is no folder with a manifest.json, and {saved}{hint}",
        saved = saved_sentence(dir, saved),
        hint = hint(reference, saved)
    )]
    Unknown {
        /// As written.
        reference: String,
        /// Where saved baselines of the experiment are.
        dir: PathBuf,
        /// Their names.
        saved: Vec<String>,
    },
    /// Its run was stopped.
    #[error(
        "the run in `{dir}` was stopped before its end, so there is nothing to compare with; take a finished one"
    )]
    Unfinished {
        /// The bundle.
        dir: PathBuf,
    },
    /// The program is missing or failed.
    #[error("running git: {0}; a baseline `git:REVISION` needs the git program")]
    Git(String),
    /// Nothing to read revisions from.
    #[error(
        "`{dir}` is in no git repository; `git:REVISION` looks for committed bundles under the folder of `--out-dir`"
    )]
    NoRepository {
        /// The folder of `--out-dir`.
        dir: PathBuf,
    },
    /// Git does not know it.
    #[error("git knows no revision `{revision}`{}", if *shallow {
        "; this clone is shallow: fetch more of it (`fetch-depth: 0` of actions/checkout, or `git fetch --unshallow`)"
    } else {
        "; for a branch of a remote say `origin/main`, and `git fetch` it first"
    })]
    UnknownRevision {
        /// As written.
        revision: String,
        /// Whether history is cut off.
        shallow: bool,
    },
    /// The commit has no such bundle.
    #[error(
        "commit {commit} (`{revision}`) has no finished bundle{what} under `{folder}/`; save one with `--save-baseline NAME` and \
         commit `{folder}/baselines/NAME` (`git add --force` where it is ignored)"
    )]
    NothingCommitted {
        /// As written.
        revision: String,
        /// The commit, shortened.
        commit: String,
        /// Where it was looked for, relative to the repository.
        folder: String,
        /// Which one was asked for, with a blank in front; empty for any.
        what: String,
    },
    /// A bundle that cannot be read, or not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn saved_sentence(dir: &Path, saved: &[String]) -> String {
    match saved {
        [] => format!("nothing is saved in `{}`", dir.display()),
        names => format!("`{}` has {}", dir.display(), names.join(", ")),
    }
}

fn hint(reference: &str, saved: &[String]) -> String {
    match nearest(reference, saved.iter().map(String::as_str)) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; `--save-baseline NAME` keeps a run under a name, `previous` is the newest finished one"
            .to_owned(),
    }
}

/// Looks up a baseline of an experiment whose bundles are below `out_dir`: `previous`, `git:REVISION` or
/// `git:REVISION:NAME`, the folder of a bundle, or a name given by `--save-baseline`. The previous run is the newest, or the
/// newest before `run`.
pub fn find(
    reference: &str,
    out_dir: &Path,
    experiment: &str,
    run: Option<&Bundle>,
) -> Result<Found, BaselineError> {
    let dir = out_dir.join(experiment);
    if reference == "previous" {
        let bundle = previous(&dir, run.map(|r| r.manifest.run_id.as_str()))?;
        return found(bundle, Named::Previous, None);
    }
    if let Some(revision) = reference.strip_prefix("git:") {
        let (checkout, commit) = git::check_out(revision, out_dir, experiment)?;
        let bundle = Bundle::open(&checkout.bundle)?;
        let revision = revision.to_owned();
        return found(bundle, Named::Git { revision, commit }, Some(checkout));
    }
    let path = Path::new(reference);
    if path.join("manifest.json").is_file() {
        return found(Bundle::open(path)?, Named::Bundle, None);
    }
    let saved = save::folder(out_dir, experiment);
    let path = saved.join(reference);
    if save::is_name(reference) && path.join("manifest.json").is_file() {
        return found(Bundle::open(&path)?, Named::Saved(reference.to_owned()), None);
    }
    Err(BaselineError::Unknown {
        reference: reference.to_owned(),
        saved: folders(&saved),
        dir: saved,
    })
}

fn found(bundle: Bundle, named: Named, checkout: Option<git::Checkout>) -> Result<Found, BaselineError> {
    if bundle.manifest.finished.is_none() {
        return Err(BaselineError::Unfinished { dir: bundle.dir });
    }
    Ok(Found {
        bundle,
        named,
        _checkout: checkout,
    })
}

/// The newest finished run in a folder of runs; their names begin with the time.
fn previous(dir: &Path, run: Option<&str>) -> Result<Bundle, BaselineError> {
    let earlier = |name: &&String| run.is_none_or(|run| name.as_str() < run);
    for name in folders(dir).iter().rev().filter(earlier) {
        let path = dir.join(name);
        // What is no bundle, such as the folder of saved ones, is not a candidate.
        let finished = reader::manifest(&path).is_ok_and(|m| m.finished.is_some());
        if finished {
            return Ok(Bundle::open(&path)?);
        }
    }
    Err(BaselineError::NoPrevious { dir: dir.to_owned() })
}

/// Names of the folders in a folder, sorted; hidden ones are left out.
pub(super) fn folders(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}
