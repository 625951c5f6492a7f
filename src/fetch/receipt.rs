//! What was fetched and what came out of it, kept beside the data as `.fetched.json`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::check::{Digests, Verified, difference};
use super::{FetchError, Wanted};

const NAME: &str = ".fetched.json";

/// What was fetched and what came out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The files as published.
    pub files: Vec<Record>,
    /// The files that lie in the folder, by path.
    pub contents: Vec<Content>,
}

/// A file as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where it is published.
    pub url: String,
    /// What it was called on disk.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// By what it was found to be the right one.
    pub verified: Verified,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// MD5, lower-case hex.
    pub md5: String,
}

/// A file of the data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Relative to the data set's folder, with `/`.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// The receipt of a folder; `None` when there is none.
pub(super) fn read(folder: &Path) -> Result<Option<Receipt>, FetchError> {
    let path = folder.join(NAME);
    match fs::read(&path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(FetchError::io(&path, e)),
    }
}

pub(super) fn write(receipt: &Receipt, folder: &Path) -> Result<(), FetchError> {
    let path = folder.join(NAME);
    let text = serde_json::to_string_pretty(receipt).expect("plain data serialises to JSON");
    fs::write(&path, text + "\n").map_err(|e| FetchError::io(&path, e))
}

/// Why what lies in the folder is not what is wanted; `None` when it is.
pub(super) fn mismatch(
    receipt: &Receipt,
    wanted: &Wanted,
    folder: &Path,
) -> Result<Option<String>, FetchError> {
    for file in &wanted.files {
        let Some(record) = receipt.files.iter().find(|r| r.name == file.name) else {
            return Ok(Some(format!("the card has a further file, {}", file.name)));
        };
        let digests = Digests {
            bytes: record.bytes,
            sha256: record.sha256.clone(),
            md5: record.md5.clone(),
        };
        if let Some((what, expected, _)) = difference(file, &digests) {
            return Ok(Some(format!(
                "the card has another {what} for {}, {expected}",
                file.name
            )));
        }
    }
    for content in &receipt.contents {
        let path = folder.join(&content.path);
        let same = path.is_file() && Digests::of(&path)?.sha256 == content.sha256;
        if !same {
            return Ok(Some(format!("{} was changed or removed", path.display())));
        }
    }
    Ok(None)
}

/// The files below `folder`, sorted by path. `files` were hashed before and, where they lie there unchanged, are not
/// read again.
pub(super) fn contents(folder: &Path, files: &[Record]) -> Result<Vec<Content>, FetchError> {
    let mut paths = Vec::new();
    walk(folder, &mut paths)?;
    let content = |path: PathBuf| {
        let relative = path.strip_prefix(folder).unwrap_or(&path);
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let relative = parts.join("/");
        if let Some(known) = files.iter().find(|record| record.name == relative) {
            let (bytes, sha256) = (known.bytes, known.sha256.clone());
            return Ok(Content {
                path: relative,
                bytes,
                sha256,
            });
        }
        let digests = Digests::of(&path)?;
        Ok(Content {
            path: relative,
            bytes: digests.bytes,
            sha256: digests.sha256,
        })
    };
    let mut contents = paths
        .into_iter()
        .map(content)
        .collect::<Result<Vec<_>, FetchError>>()?;
    contents.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(contents)
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), FetchError> {
    let error = |e| FetchError::io(folder, e);
    for entry in fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path.is_dir() {
            walk(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
