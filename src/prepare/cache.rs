//! A store of fixed-size records under content addresses: embeddings and pair scores that need not be computed again.
//!
//! One file per model. A record is the 32-byte address of its input, the values as little-endian float32, and a CRC-32 of
//! both. Records are only ever appended, each batch in one write, so that two processes can share a file; a record that is
//! damaged, or cut off at the end by a killed process, is skipped and simply computed again. Never used for timing.

pub mod audit;

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flate2::Crc;
use sha2::{Digest, Sha256};

/// The content address of one input.
pub type Key = [u8; 32];

/// The address of a sequence of texts; their boundaries count, so that ("ab", "c") and ("a", "bc") differ.
pub fn key(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// One file of records.
#[derive(Debug, Clone)]
pub struct RecordFile {
    path: PathBuf,
    values: usize,
}

/// Why the cache could not be used.
#[derive(Debug, thiserror::Error)]
#[error("cache file `{path}`: {source}")]
pub struct CacheError {
    path: PathBuf,
    source: std::io::Error,
}

const KEY_BYTES: usize = size_of::<Key>();
const CRC_BYTES: usize = 4;

impl RecordFile {
    /// A file of records with `values` float32 each. It need not exist yet.
    pub fn new(path: PathBuf, values: usize) -> Self {
        Self { path, values }
    }

    /// Values of a record.
    pub(super) fn values(&self) -> usize {
        self.values
    }

    /// The values of those `wanted` records that are there and whole. Reads the file once, front to back, and holds nothing but
    /// what was asked for.
    pub fn lookup(&self, wanted: &HashSet<Key>) -> Result<HashMap<Key, Vec<f32>>, CacheError> {
        let mut found = HashMap::new();
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(found),
            Err(e) => return Err(self.error(e)),
        };
        used(&file);
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut record = vec![0; self.record_bytes()];
        while found.len() < wanted.len() {
            match reader.read_exact(&mut record) {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::UnexpectedEof => break,
                Err(e) => return Err(self.error(e)),
            }
            let (body, crc) = record.split_at(record.len() - CRC_BYTES);
            let (key, values) = body.split_at(KEY_BYTES);
            let key: Key = key.try_into().expect("split at the key's length");
            if wanted.contains(&key) && crc == checksum(body) {
                found.insert(key, floats(values));
            }
        }
        Ok(found)
    }

    /// Appends records in one write.
    pub fn append<'a>(&self, records: impl Iterator<Item = (Key, &'a [f32])>) -> Result<(), CacheError> {
        let mut bytes = Vec::new();
        for (key, values) in records {
            assert_eq!(values.len(), self.values, "values per record");
            let start = bytes.len();
            bytes.extend_from_slice(&key);
            bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
            let crc = checksum(&bytes[start..]);
            bytes.extend_from_slice(&crc);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.write(&bytes).map_err(|e| self.error(e))
    }

    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        if let Some(dir) = self.path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        // A process killed while appending leaves part of a record; cutting it off keeps later records aligned.
        let torn = file.metadata()?.len() % self.record_bytes() as u64;
        if torn > 0 {
            file.set_len(file.metadata()?.len() - torn)?;
        }
        file.write_all(bytes)
    }

    fn record_bytes(&self) -> usize {
        KEY_BYTES + self.values * size_of::<f32>() + CRC_BYTES
    }

    fn error(&self, source: std::io::Error) -> CacheError {
        CacheError {
            path: self.path.clone(),
            source,
        }
    }
}

/// Where the cache lies: `$EVALRUN_CACHE`, else `evalrun` under the user's cache folder, else `.evalrun-cache` here.
pub fn default_dir() -> PathBuf {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    set("EVALRUN_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|d| d.join("evalrun")))
        .or_else(|| std::env::home_dir().map(|d| d.join(".cache").join("evalrun")))
        .unwrap_or_else(|| Path::new(".evalrun-cache").to_owned())
}

/// Marks a file as used now: file systems often do not keep when a file was last read, and what was not used for long is
/// what goes first. A file of somebody else's stays as it is, which only makes it look older.
pub(super) fn used(file: &File) {
    let _ = file.set_modified(SystemTime::now());
}

fn checksum(bytes: &[u8]) -> [u8; CRC_BYTES] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let value = |b: &[u8]| f32::from_le_bytes(b.try_into().expect("chunks of four"));
    bytes.chunks_exact(4).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &tempfile::TempDir) -> RecordFile {
        RecordFile::new(dir.path().join("sub").join("a.rec"), 2)
    }

    fn wanted(texts: &[&str]) -> HashSet<Key> {
        texts.iter().map(|t| key(&[t])).collect()
    }

    fn append(file: &RecordFile, records: &[(&str, [f32; 2])]) {
        file.append(records.iter().map(|(t, v)| (key(&[t]), v.as_slice())))
            .unwrap();
    }

    #[test]
    fn what_was_appended_is_found_again_and_the_rest_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        assert!(file.lookup(&wanted(&["a"])).unwrap().is_empty());
        append(&file, &[("a", [1.0, 2.0]), ("b", [3.0, 4.0])]);
        append(&file, &[("c", [5.0, 6.0])]);
        let found = file.lookup(&wanted(&["c", "a", "x"])).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[&key(&["a"])], [1.0, 2.0]);
        assert_eq!(found[&key(&["c"])], [5.0, 6.0]);
    }

    #[test]
    fn a_record_cut_off_by_a_crash_costs_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        append(&file, &[("a", [1.0, 2.0]), ("b", [3.0, 4.0])]);
        let bytes = std::fs::read(&file.path).unwrap();
        std::fs::write(&file.path, &bytes[..bytes.len() - 5]).unwrap();
        append(&file, &[("c", [5.0, 6.0])]);
        let found = file.lookup(&wanted(&["a", "b", "c"])).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[&key(&["c"])], [5.0, 6.0]);
    }

    #[test]
    fn a_flipped_bit_is_a_miss_and_never_a_wrong_number() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        append(&file, &[("a", [1.0, 2.0]), ("b", [3.0, 4.0])]);
        let mut bytes = std::fs::read(&file.path).unwrap();
        bytes[KEY_BYTES + 1] ^= 1;
        std::fs::write(&file.path, &bytes).unwrap();
        let found = file.lookup(&wanted(&["a", "b"])).unwrap();
        assert_eq!(found.keys().copied().collect::<Vec<Key>>(), [key(&["b"])]);
    }

    #[test]
    fn boundaries_between_texts_count() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
    }
}
