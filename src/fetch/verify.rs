//! Whether a data set that was fetched is still what it was.

use std::path::{Path, PathBuf};

use super::check::Digests;
use super::{FetchError, receipt};

/// What became of the files of a fetched data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Files that are as they were.
    pub whole: usize,
    /// Files that were changed or removed.
    pub damaged: Vec<PathBuf>,
}

/// Holds the files of a fetched data set against the hashes that were taken when it was fetched; `None` for a folder that was
/// not fetched. Reads all of them.
///
/// # Errors
/// When a file cannot be read.
pub fn verify(folder: &Path) -> Result<Option<Verification>, FetchError> {
    let Some(receipt) = receipt::read(folder)? else {
        return Ok(None);
    };
    let mut found = Verification {
        whole: 0,
        damaged: Vec::new(),
    };
    for content in &receipt.contents {
        let path = folder.join(&content.path);
        match path.is_file() && Digests::of(&path)?.sha256 == content.sha256 {
            true => found.whole += 1,
            false => found.damaged.push(path),
        }
    }
    Ok(Some(found))
}
