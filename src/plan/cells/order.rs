//! The order of the cells, and how they are called.

use std::collections::BTreeSet;

use indexmap::IndexSet;

use super::Made;
use crate::plan::data::DataSet;

/// Hex digits of a cell's id.
const ID_DIGITS: usize = 10;
/// Those of the hash it is cut from.
const HASH_DIGITS: usize = 64;

/// Shortens ids as far as they stay distinct, which in practice is [`ID_DIGITS`].
pub(super) fn shorten_ids(made: &mut [Made]) {
    let full: BTreeSet<String> = made.iter().map(|m| m.cell.id.clone()).collect();
    let distinct = |digits: usize| {
        let short: BTreeSet<&str> = full.iter().map(|id| &id[..digits]).collect();
        short.len() == full.len()
    };
    let digits = (ID_DIGITS..HASH_DIGITS).find(|digits| distinct(*digits));
    for one in made {
        one.cell.id.truncate(digits.unwrap_or(HASH_DIGITS));
    }
}

/// Sorts by data set, then index build, then the order in which the axes make them. Returns the number of builds.
pub(super) fn sort(made: &mut [Made], data: &[DataSet]) -> usize {
    let builds: IndexSet<String> = made.iter().map(|m| m.cell.build_key()).collect();
    made.sort_by_cached_key(|one| {
        let source = data.iter().position(|s| s.source.name == one.cell.data);
        (source, builds.get_index_of(&one.cell.build_key()))
    });
    builds.len()
}
