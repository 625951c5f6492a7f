//! A file that is being downloaded, and what has to be remembered to go on with it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// `NAME.part`, and beside it `NAME.part.json`.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    notes: PathBuf,
}

/// What the server said when it began to send the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Notes {
    /// The address it came from.
    pub(super) url: String,
    /// What tells this version of the file from another: a strong `ETag`, or `Last-Modified`.
    pub(super) validator: String,
}

impl Partial {
    /// The partial file that becomes `path`.
    pub(super) fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self {
            path: path.with_file_name(format!("{name}.part")),
            notes: path.with_file_name(format!("{name}.part.json")),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that are there.
    pub(super) fn length(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |m| m.len())
    }

    /// What is remembered of it, if it is of `url`. Without it the file cannot be continued.
    pub(super) fn notes(&self, url: &str) -> Option<Notes> {
        let text = fs::read_to_string(&self.notes).ok()?;
        let notes: Notes = serde_json::from_str(&text).ok()?;
        (notes.url == url).then_some(notes)
    }

    /// Remembers, or forgets when there is nothing to tell versions apart by.
    pub(super) fn remember(&self, notes: Option<&Notes>) -> std::io::Result<()> {
        match notes {
            Some(notes) => fs::write(&self.notes, serde_json::to_string(notes)?),
            None => {
                self.forget();
                Ok(())
            }
        }
    }

    /// Removes the notes; they are about a file that is no longer partial.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(&self.notes);
    }
}
