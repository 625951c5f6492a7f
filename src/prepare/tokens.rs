//! Token vectors in the cache: as many rows as a text has tokens, in files of records of one size.
//!
//! Each row is a record of its own, and so is the number of rows. So the promises of [`RecordFile`] hold here too: a
//! record that is damaged or cut off is a miss and costs its own text, and two processes can share the files.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::cache::{CacheError, Key, RecordFile};

/// The token vectors of one model.
pub(super) struct TokenFile {
    rows: RecordFile,
    counts: RecordFile,
}

impl TokenFile {
    /// Rows of `dim` values in one file, their numbers in the other. Neither need exist yet.
    pub(super) fn new(rows: PathBuf, counts: PathBuf, dim: usize) -> Self {
        Self {
            rows: RecordFile::new(rows, dim),
            counts: RecordFile::new(counts, 1),
        }
    }

    /// How many rows each of the `wanted` texts has, of those that are there.
    pub(super) fn counts(&self, wanted: &HashSet<Key>) -> Result<HashMap<Key, usize>, CacheError> {
        let found = self.counts.lookup(wanted)?;
        // Whole numbers below 2²⁴ are exact in float32; no model reads as many tokens.
        Ok(found
            .into_iter()
            .map(|(key, count)| (key, count[0] as usize))
            .collect())
    }

    /// The rows, one after the other, of those `wanted` texts that are there and whole.
    pub(super) fn lookup(&self, wanted: &HashSet<Key>) -> Result<HashMap<Key, Vec<f32>>, CacheError> {
        let counts = self.counts(wanted)?;
        let keys = counts
            .iter()
            .flat_map(|(key, count)| (0..*count).map(|row| row_key(key, row)));
        let mut rows = self.rows.lookup(&keys.collect())?;
        let mut found = HashMap::new();
        for (key, count) in counts {
            let of_text: Option<Vec<Vec<f32>>> =
                (0..count).map(|row| rows.remove(&row_key(&key, row))).collect();
            found.extend(of_text.map(|of_text| (key, of_text.concat())));
        }
        Ok(found)
    }

    /// Appends texts with their rows. Numbers come last: a text whose number is there was written in full.
    pub(super) fn append<'a>(
        &self,
        texts: impl Iterator<Item = (Key, &'a [f32])> + Clone,
    ) -> Result<(), CacheError> {
        let dim = self.rows.values();
        let rows = |(key, rows): (Key, &'a [f32])| {
            let of_text = rows.chunks_exact(dim).enumerate();
            of_text.map(move |(n, row)| (row_key(&key, n), row))
        };
        self.rows.append(texts.clone().flat_map(rows))?;
        let counts: Vec<(Key, [f32; 1])> = texts
            .map(|(key, rows)| (key, [(rows.len() / dim) as f32]))
            .collect();
        self.counts
            .append(counts.iter().map(|(key, count)| (*key, count.as_slice())))
    }
}

/// The address of one row of a text.
fn row_key(text: &Key, row: usize) -> Key {
    let mut hash = Sha256::new();
    hash.update(text);
    hash.update((row as u64).to_le_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::cache::key;

    fn file(dir: &tempfile::TempDir) -> TokenFile {
        TokenFile::new(dir.path().join("rows.f32"), dir.path().join("counts.f32"), 2)
    }

    fn wanted(texts: &[&str]) -> HashSet<Key> {
        texts.iter().map(|t| key(&[t])).collect()
    }

    fn append(file: &TokenFile, texts: &[(&str, &[f32])]) {
        file.append(texts.iter().map(|(text, rows)| (key(&[text]), *rows)))
            .unwrap();
    }

    #[test]
    fn texts_of_any_length_are_found_again_the_empty_one_too() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        assert!(file.lookup(&wanted(&["a"])).unwrap().is_empty());
        append(&file, &[("a", &[1.0, 2.0, 3.0, 4.0]), ("", &[])]);
        append(&file, &[("b", &[5.0, 6.0])]);
        let found = file.lookup(&wanted(&["a", "", "b", "x"])).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[&key(&["a"])], [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(found[&key(&["b"])], [5.0, 6.0]);
        assert!(found[&key(&[""])].is_empty());
    }

    #[test]
    fn a_damaged_row_costs_its_text_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        append(&file, &[("a", &[1.0, 2.0, 3.0, 4.0]), ("b", &[5.0, 6.0])]);
        let path = dir.path().join("rows.f32");
        let mut bytes = std::fs::read(&path).unwrap();
        // Inside the values of the second row of `a`: a record is a key, two values and a sum.
        bytes[(32 + 8 + 4) + 34] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let found = file.lookup(&wanted(&["a", "b"])).unwrap();
        assert_eq!(found.into_keys().collect::<Vec<Key>>(), [key(&["b"])]);
        append(&file, &[("a", &[1.0, 2.0, 3.0, 4.0])]);
        assert_eq!(
            file.lookup(&wanted(&["a"])).unwrap()[&key(&["a"])],
            [1.0, 2.0, 3.0, 4.0]
        );
    }

    #[test]
    fn rows_without_their_number_are_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        append(&file, &[("a", &[1.0, 2.0])]);
        std::fs::remove_file(dir.path().join("counts.f32")).unwrap();
        assert!(file.lookup(&wanted(&["a"])).unwrap().is_empty());
    }
}
