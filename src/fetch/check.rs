//! Whether a file is the one that is wanted: size and hashes, in one pass over it.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::md5::Md5;
use super::receipt::Record;
use super::{FetchError, WantedFile};
use crate::content::hex;

/// What a file is, by content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// Its size.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// MD5, lower-case hex.
    pub md5: String,
}

/// By what a file was found to be the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// By its SHA-256.
    Sha256,
    /// By its MD5, the best that the publisher gives: it shows damage, not malice.
    Md5,
    /// The card has no hash.
    No,
}

impl Digests {
    /// Reads a file to its end.
    pub(super) fn of(path: &Path) -> Result<Self, FetchError> {
        let error = |e| FetchError::io(path, e);
        let mut file = File::open(path).map_err(error)?;
        let (mut sha256, mut md5) = (Sha256::new(), Md5::default());
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            let n = file.read(&mut buffer).map_err(error)?;
            if n == 0 {
                break;
            }
            sha256.update(&buffer[..n]);
            md5.update(&buffer[..n]);
            bytes += n as u64;
        }
        Ok(Self {
            bytes,
            sha256: hex(&sha256.finalize()),
            md5: hex(&md5.finish()),
        })
    }
}

/// Checks a file that lies at `path`; a wrong one is renamed to `NAME.wrong`.
pub(super) fn file(wanted: &WantedFile, path: &Path) -> Result<Record, FetchError> {
    let found = Digests::of(path)?;
    let Some((what, expected, found)) = difference(wanted, &found) else {
        return Ok(Record {
            url: wanted.url.clone(),
            name: wanted.name.clone(),
            bytes: found.bytes,
            verified: match (&wanted.sha256, &wanted.md5) {
                (Some(_), _) => Verified::Sha256,
                (None, Some(_)) => Verified::Md5,
                (None, None) => Verified::No,
            },
            sha256: found.sha256,
            md5: found.md5,
        });
    };
    let kept = path.with_file_name(format!("{}.wrong", wanted.name));
    fs::rename(path, &kept).map_err(|e| FetchError::io(path, e))?;
    let name = wanted.name.clone();
    Err(FetchError::Wrong {
        name,
        what,
        expected,
        found,
        kept,
    })
}

/// What is not as the card says: what, expected, found.
pub(super) fn difference(wanted: &WantedFile, found: &Digests) -> Option<(&'static str, String, String)> {
    let bytes = wanted.bytes.map(|b| b.to_string());
    let pairs = [
        ("size", bytes, found.bytes.to_string()),
        ("SHA-256", wanted.sha256.clone(), found.sha256.clone()),
        ("MD5", wanted.md5.clone(), found.md5.clone()),
    ];
    pairs.into_iter().find_map(|(what, expected, found)| {
        let expected = expected.filter(|expected| *expected != found)?;
        Some((what, expected, found))
    })
}
