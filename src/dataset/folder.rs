//! Finding data: a data set by its name, a file of a data set with or without `.gz`, the splits there are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::problem::DatasetError;
use crate::suggest::closest;

/// The folder of the data set `name`: the first `root` that has a folder of that name.
///
/// # Errors
/// When no root has one; the error carries the existing name that is closest.
pub fn resolve(name: &str, roots: &[PathBuf]) -> Result<PathBuf, DatasetError> {
    // The names are compared, not joined to a path, so that `../elsewhere` is no name.
    let folders: Vec<(String, PathBuf)> = roots.iter().flat_map(|root| subfolders(root)).collect();
    if let Some((_, path)) = folders.iter().find(|(folder, _)| folder == name) {
        return Ok(path.clone());
    }
    let suggestion = closest(name, folders.iter().map(|(folder, _)| folder.as_str()));
    Err(DatasetError::NoSuchDataset {
        name: name.to_owned(),
        roots: roots.to_vec(),
        suggestion: suggestion.map(str::to_owned),
    })
}

/// Folders right below `root`, sorted; none when it does not exist.
fn subfolders(root: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut folders: Vec<(String, PathBuf)> = entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(_, path)| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// `dir/wanted` or `dir/wanted.gz`, whichever exists.
pub(super) fn plain_or_gz(dir: &Path, wanted: &str) -> Result<PathBuf, DatasetError> {
    let plain = dir.join(wanted);
    let gz = dir.join(format!("{wanted}.gz"));
    let (dir, wanted) = (dir.to_owned(), wanted.to_owned());
    match (plain.is_file(), gz.is_file()) {
        (true, false) => Ok(plain),
        (false, true) => Ok(gz),
        (true, true) => Err(DatasetError::TwoFiles { dir, wanted }),
        (false, false) => Err(DatasetError::MissingFile { dir, wanted }),
    }
}

/// The name of a file without `.gz` and its ending.
pub(super) fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    plain.rsplit_once('.').map_or(plain, |(stem, _)| stem).to_owned()
}

/// The split to read: the one asked for, else `test`, else the only one.
pub(super) fn choose_split(dir: &Path, asked: Option<&str>) -> Result<String, DatasetError> {
    let found = splits(dir)?;
    let has = |name: &str| found.iter().any(|f| f == name);
    let dir = dir.to_owned();
    match (asked, found.as_slice()) {
        (Some(wanted), _) if has(wanted) => Ok(wanted.to_owned()),
        (Some(wanted), _) => Err(DatasetError::NoSuchSplit {
            dir,
            wanted: wanted.to_owned(),
            found,
        }),
        (None, _) if has("test") => Ok("test".to_owned()),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(DatasetError::SplitNotGiven { dir, found }),
    }
}

/// Names of the judgement files of a BEIR folder, sorted.
pub(super) fn splits(dir: &Path) -> Result<Vec<String>, DatasetError> {
    let folder = dir.join("qrels");
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).map_err(|e| DatasetError::io(&folder, e))? {
        let file = entry.map_err(|e| DatasetError::io(&folder, e))?.file_name();
        let file = file.to_string_lossy();
        let stem = file.strip_suffix(".gz").unwrap_or(&file);
        names.extend(stem.strip_suffix(".tsv").map(str::to_owned));
    }
    Ok(names.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        dir
    }

    #[test]
    fn a_name_is_the_first_root_that_has_it() {
        let (a, b) = (folder(&["x/f"]), folder(&["x/f", "y/f", "readme"]));
        let roots = [a.path().to_owned(), b.path().to_owned(), PathBuf::from("absent")];
        assert_eq!(resolve("x", &roots).unwrap(), a.path().join("x"));
        assert_eq!(resolve("y", &roots).unwrap(), b.path().join("y"));
        assert!(resolve("readme", &roots).is_err());
    }

    #[test]
    fn a_wrong_name_is_answered_with_a_near_one() {
        let root = folder(&["scifact/f"]);
        let roots = [root.path().to_owned()];
        let error = resolve("sci-fact", &roots).unwrap_err().to_string();
        let expected = format!(
            "no data set `sci-fact` under `{}`; did you mean `scifact`?",
            root.path().display()
        );
        assert_eq!(error, expected);
        assert!(resolve("../scifact", &roots).is_err());
    }

    #[test]
    fn a_file_lies_there_plain_or_compressed_but_not_both() {
        let dir = folder(&["a", "b.gz", "c", "c.gz"]);
        assert_eq!(plain_or_gz(dir.path(), "a").unwrap(), dir.path().join("a"));
        assert_eq!(plain_or_gz(dir.path(), "b").unwrap(), dir.path().join("b.gz"));
        let message = |wanted| plain_or_gz(dir.path(), wanted).unwrap_err().to_string();
        assert!(message("c").ends_with("both `c` and `c.gz` are there; remove one"));
        assert!(message("d").ends_with("no `d` and no `d.gz` in this folder"));
    }

    #[test]
    fn the_split_is_test_or_the_only_one_or_named() {
        let both = folder(&["qrels/train.tsv", "qrels/test.tsv.gz", "qrels/notes.md"]);
        assert_eq!(choose_split(both.path(), None).unwrap(), "test");
        assert_eq!(choose_split(both.path(), Some("train")).unwrap(), "train");
        let error = choose_split(both.path(), Some("dev")).unwrap_err().to_string();
        assert!(
            error.ends_with("no judgements for split `dev`; there are `test`, `train`"),
            "{error}"
        );

        let one = folder(&["qrels/dev.tsv"]);
        assert_eq!(choose_split(one.path(), None).unwrap(), "dev");
        let several = folder(&["qrels/dev.tsv", "qrels/train.tsv"]);
        let error = choose_split(several.path(), None).unwrap_err().to_string();
        assert!(
            error.ends_with("name a `split`; there are `dev`, `train`"),
            "{error}"
        );
        assert!(matches!(
            choose_split(Path::new("absent"), None),
            Err(DatasetError::Io { .. })
        ));
    }
}
