//! Keeping a run under a name, to compare later runs with.

use std::path::{Path, PathBuf};

use super::{Bundle, StoreError};

/// Folder of the saved runs of an experiment.
pub(super) const BASELINES: &str = "baselines";

/// Files that a report makes again; a saved run does not have them.
const DERIVED: [&str; 3] = ["queries.parquet", "report.html", "summary.md"];

/// Where the saved runs of an experiment are: `<out_dir>/<experiment>/baselines`.
pub(super) fn folder(out_dir: &Path, experiment: &str) -> PathBuf {
    out_dir.join(experiment).join(BASELINES)
}

/// Whether a run can be saved under it: letters, digits, `-`, `_` and `.`, no dot in front, and not `previous`, which
/// has a meaning of its own.
pub fn is_name(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(fine) && name != "previous"
}

/// Copies a bundle, without what is derived, to `<out_dir>/<experiment>/baselines/<name>`; an earlier one of that name
/// is replaced once the copy is complete. Returns the folder.
pub fn save(bundle: &Bundle, out_dir: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let folder = folder(out_dir, &bundle.manifest.experiment);
    let part = folder.join(format!(".{name}.part"));
    let target = folder.join(name);
    remove(&part)?;
    copy(&bundle.dir, &part, &DERIVED)?;
    remove(&target)?;
    std::fs::rename(&part, &target).map_err(io("writing", &target))?;
    Ok(target)
}

/// Folders of the runs that are saved under a name, of any experiment below `out_dir`; `EXPERIMENT/NAME` is one at most.
/// Sorted.
pub fn saved_as(out_dir: &Path, name: &str) -> Vec<PathBuf> {
    let (experiment, name) = match name.split_once('/') {
        Some((experiment, name)) => (Some(experiment), name),
        None => (None, name),
    };
    if !is_name(name) {
        return Vec::new();
    }
    let experiments = std::fs::read_dir(out_dir).into_iter().flatten().flatten();
    let wanted = experiments.filter(|e| experiment.is_none_or(|wanted| e.file_name() == *wanted));
    let mut found: Vec<PathBuf> = wanted
        .map(|e| e.path().join(BASELINES).join(name))
        .filter(|p| p.join("manifest.json").is_file())
        .collect();
    found.sort();
    found
}

fn copy(from: &Path, to: &Path, without: &[&str]) -> Result<(), StoreError> {
    std::fs::create_dir_all(to).map_err(io("creating", to))?;
    for entry in std::fs::read_dir(from).map_err(io("reading", from))? {
        let entry = entry.map_err(io("reading", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if without.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        match source.is_dir() {
            true => copy(&source, &target, &[])?,
            false => {
                std::fs::copy(&source, &target).map_err(io("writing", &target))?;
            }
        }
    }
    Ok(())
}

fn remove(dir: &Path) -> Result<(), StoreError> {
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io("removing", dir)(e)),
        _ => Ok(()),
    }
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert!(is_name("main") && is_name("v1.2_rc-3"));
        for bad in ["", "previous", ".hidden", "a/b", "git:main", "a b", ".."] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
