//! Bundles that were committed, read through the git program.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::BaselineError;
use crate::store::StoreError;
use crate::store::save::BASELINES;

/// A bundle of a commit in a temporary folder, which goes when this is dropped.
#[derive(Debug)]
pub(super) struct Checkout {
    root: PathBuf,
    /// The bundle in it.
    pub(super) bundle: PathBuf,
}

impl Drop for Checkout {
    fn drop(&mut self) {
        // Left-overs in the system's folder for temporary files are no reason to stop.
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// The newest finished bundle of an experiment in a commit, or the one called NAME in `REVISION:NAME`; with the commit.
///
/// Bundles are looked for where they would be written: below `out_dir`, as a path in the repository.
pub(super) fn check_out(
    reference: &str,
    out_dir: &Path,
    experiment: &str,
) -> Result<(Checkout, String), BaselineError> {
    let (revision, name) = match reference.split_once(':') {
        Some((revision, name)) => (revision, Some(name)),
        None => (reference, None),
    };
    let repository = Repository::of(out_dir)?;
    let commit = repository.commit(revision)?;
    let folder = format!("{}{experiment}", repository.prefix);
    let candidates = repository.bundles(&commit, &folder)?;
    let wanted = |path: &&String| name.is_none_or(|name| path.rsplit('/').next() == Some(name));
    let mut newest: Option<(String, String)> = None;
    for path in candidates.iter().filter(wanted) {
        let started = repository.finished(&commit, path)?;
        if let Some(started) = started.filter(|s| newest.as_ref().is_none_or(|(best, _)| s > best)) {
            newest = Some((started, path.clone()));
        }
    }
    let Some((_, path)) = newest else {
        return Err(BaselineError::NothingCommitted {
            revision: revision.to_owned(),
            commit: commit[..commit.len().min(10)].to_owned(),
            what: name.map_or_else(String::new, |name| format!(" `{name}`")),
            folder,
        });
    };
    let checkout = repository.unpack(&commit, &path)?;
    Ok((checkout, commit))
}

struct Repository {
    /// Its root.
    root: PathBuf,
    /// The folder of bundles in it, with a slash behind; empty for the root itself.
    prefix: String,
}

impl Repository {
    /// The repository that a folder is in, or would be in if it were there.
    fn of(out_dir: &Path) -> Result<Self, BaselineError> {
        let io = |source| StoreError::Io {
            what: "looking for",
            path: out_dir.to_owned(),
            source,
        };
        let full = std::path::absolute(out_dir).map_err(io)?;
        let there = full.ancestors().find(|a| a.is_dir()).unwrap_or(&full).to_owned();
        let missing = full.strip_prefix(&there).unwrap_or(Path::new("")).to_owned();
        let said = git(&there, &["rev-parse", "--show-toplevel", "--show-prefix"])?;
        let said = said.map_err(|_| BaselineError::NoRepository {
            dir: out_dir.to_owned(),
        })?;
        let said = String::from_utf8_lossy(&said).into_owned();
        let (root, prefix) = said.split_once('\n').unwrap_or((&said, ""));
        let mut prefix = prefix.trim_end_matches('\n').to_owned();
        for part in missing.components() {
            prefix += &format!("{}/", part.as_os_str().to_string_lossy());
        }
        Ok(Self {
            root: PathBuf::from(root),
            prefix,
        })
    }

    fn commit(&self, revision: &str) -> Result<String, BaselineError> {
        let unknown = |shallow| BaselineError::UnknownRevision {
            revision: revision.to_owned(),
            shallow,
        };
        // What begins with a hyphen would be an option, and no revision does.
        if revision.is_empty() || revision.starts_with('-') {
            return Err(unknown(false));
        }
        let peeled = format!("{revision}^{{commit}}");
        match git(&self.root, &["rev-parse", "--verify", "--quiet", &peeled])? {
            Ok(commit) => Ok(String::from_utf8_lossy(&commit).trim().to_owned()),
            Err(_) => {
                let shallow = git(&self.root, &["rev-parse", "--is-shallow-repository"])?;
                Err(unknown(shallow.is_ok_and(|said| said.starts_with(b"true"))))
            }
        }
    }

    /// Folders with a manifest: runs of the experiment and saved baselines.
    fn bundles(&self, commit: &str, folder: &str) -> Result<Vec<String>, BaselineError> {
        let pathspec = format!("{folder}/");
        let said = git(
            &self.root,
            &[
                "ls-tree",
                "-r",
                "-z",
                "--name-only",
                "--full-tree",
                commit,
                &pathspec,
            ],
        )?;
        let said = said.map_err(BaselineError::Git)?;
        let said = String::from_utf8_lossy(&said).into_owned();
        let bundle = |path: &str| {
            let bundle = path.strip_suffix("/manifest.json")?;
            let below = bundle.strip_prefix(&pathspec)?;
            let name = below
                .strip_prefix(BASELINES)
                .and_then(|rest| rest.strip_prefix('/'))
                .unwrap_or(below);
            (!name.contains('/')).then(|| bundle.to_owned())
        };
        Ok(said.split('\0').filter_map(bundle).collect())
    }

    /// When a bundle's run started, if it finished.
    fn finished(&self, commit: &str, bundle: &str) -> Result<Option<String>, BaselineError> {
        #[derive(Deserialize)]
        struct Versioned {
            value: Times,
        }
        #[derive(Deserialize)]
        struct Times {
            started: String,
            finished: Option<String>,
        }
        let said = git(&self.root, &["show", &format!("{commit}:{bundle}/manifest.json")])?;
        let said = said.map_err(BaselineError::Git)?;
        // What cannot be read is no candidate; a bundle that is asked for by name fails when it is opened.
        let times = serde_json::from_slice::<Versioned>(&said).ok().map(|v| v.value);
        Ok(times.filter(|t| t.finished.is_some()).map(|t| t.started))
    }

    fn unpack(&self, commit: &str, bundle: &str) -> Result<Checkout, BaselineError> {
        let tar = git(&self.root, &["archive", "--format=tar", commit, bundle])?;
        let tar = tar.map_err(BaselineError::Git)?;
        let root = temporary()?;
        let checkout = Checkout {
            bundle: root.join(bundle),
            root,
        };
        tar::Archive::new(tar.as_slice())
            .unpack(&checkout.root)
            .map_err(|source| StoreError::Io {
                what: "unpacking to",
                path: checkout.root.clone(),
                source,
            })?;
        Ok(checkout)
    }
}

/// A new folder of this process alone.
fn temporary() -> Result<PathBuf, StoreError> {
    let mut n = 0;
    loop {
        let path = std::env::temp_dir().join(format!("evalrun-baseline-{}-{n}", std::process::id()));
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => n += 1,
            Err(source) => {
                let what = "creating";
                return Err(StoreError::Io { what, path, source });
            }
        }
    }
}

/// Runs git in a folder: what it printed, or what it complained about.
fn git(dir: &Path, args: &[&str]) -> Result<Result<Vec<u8>, String>, BaselineError> {
    let output = Command::new("git").arg("-C").arg(dir).args(args).output();
    let output = output.map_err(|e| BaselineError::Git(e.to_string()))?;
    Ok(match output.status.success() {
        true => Ok(output.stdout),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    })
}
