//! What is remembered of an upload between runs: how far the server has confirmed it.
//!
//! Losing it costs an upload from the start, never a wrong index: the count and a sample are checked all the same.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::content;

/// The note on one collection of one server.
pub(super) struct State {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Note {
    collection: String,
    /// Points confirmed, from the first.
    points: usize,
}

impl State {
    pub(super) fn of(folder: &Path, place: &str, collection: &str) -> Self {
        let server = content::sha256(place.as_bytes());
        let name = format!("{}-{collection}.json", &server[..12]);
        Self {
            path: folder.join("qdrant").join(name),
        }
    }

    /// Points that the server has confirmed, from the first; 0 when nothing is known.
    pub(super) fn confirmed(&self) -> usize {
        let note: Option<Note> = fs::read(&self.path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        note.map_or(0, |n| n.points)
    }

    /// Remembers them. A note that cannot be kept is no reason to stop.
    pub(super) fn confirm(&self, collection: &str, points: usize) {
        let note = Note {
            collection: collection.to_owned(),
            points,
        };
        let (Some(folder), Ok(text)) = (self.path.parent(), serde_json::to_vec(&note)) else {
            return;
        };
        let partial = self.path.with_extension("partial");
        let written = fs::create_dir_all(folder)
            .and_then(|()| fs::write(&partial, text))
            .and_then(|()| fs::rename(&partial, &self.path));
        drop(written);
    }

    pub(super) fn forget(&self) {
        drop(fs::remove_file(&self.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_confirmed_is_known_later_and_only_for_its_server() {
        let folder = tempfile::tempdir().unwrap();
        let state = |place| State::of(folder.path(), place, "evalrun-1");
        assert_eq!(state("a").confirmed(), 0);
        state("a").confirm("evalrun-1", 512);
        assert_eq!((state("a").confirmed(), state("b").confirmed()), (512, 0));
        state("a").forget();
        assert_eq!(state("a").confirmed(), 0);
    }

    #[test]
    fn a_damaged_note_is_no_note() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::of(folder.path(), "a", "evalrun-1");
        state.confirm("evalrun-1", 512);
        fs::write(&state.path, "{\"poi").unwrap();
        assert_eq!(state.confirmed(), 0);
    }
}
