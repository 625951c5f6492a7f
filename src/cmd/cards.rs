//! Cards and the data folder, as the verbs use them.

use std::path::{Path, PathBuf};

use super::progress::Talk;
use crate::plan::cards::Cards;
use crate::prepare::cache;

/// Where data sets and their cards lie that come with the program.
pub(super) fn roots() -> [PathBuf; 1] {
    [PathBuf::from("datasets")]
}

/// Where fetched data sets lie: `EVALRUN_DATA`, or `data` in the cache folder.
pub(super) fn data_folder() -> PathBuf {
    match std::env::var_os("EVALRUN_DATA").filter(|v| !v.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => cache::default_dir().join("data"),
    }
}

/// All cards; `None` when one has a mistake, after it was printed.
pub(super) fn load(data: &Path, talk: &Talk) -> Option<Cards> {
    match Cards::of_folders(&roots(), data) {
        Ok(cards) => Some(cards),
        Err(bad) => {
            for card in &bad {
                talk.diagnostics(&card.errors, &card.source);
            }
            None
        }
    }
}
