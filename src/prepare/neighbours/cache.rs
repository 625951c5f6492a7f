//! Exact neighbours that need not be computed again: one file per search, named by its content address.
//!
//! A file is its address as text, then per query the number of hits (u32), the ties left out (u64), and the hits, each
//! a point (u32) and a score (float32); all little-endian. The last 32 bytes are the SHA-256 of all before. A file that
//! is cut off, altered, or renamed is a miss, and is computed and written again. It is written under another name and
//! then renamed, so that a reader never sees half of one.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::address::address;
use super::{Exact, NeighboursError, Search, find};
use crate::hit::Hit;
use crate::prepare::cache::used;
use crate::progress::Observer;

const DIGEST: usize = 32;

/// The neighbours of a search, and whether they were in the cache.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    /// One per query.
    pub lists: Vec<Exact>,
    /// True when nothing was computed.
    pub cached: bool,
}

/// The exact neighbours of every query, from `neighbours/` below `cache` if they are there; see [`find`].
///
/// # Errors
/// As [`find`], and when the cache cannot be read or written.
///
/// # Panics
/// As [`find`].
pub fn find_cached(
    search: &Search<'_>,
    cache: &Path,
    watch: &dyn Observer,
) -> Result<Neighbours, NeighboursError> {
    let address = address(search);
    let path = cache.join("neighbours").join(format!("{address}.bin"));
    let failed = |source| NeighboursError::Cache {
        path: path.clone(),
        source,
    };
    if let Some(lists) = read(&path, &address, search.queries.len()).map_err(failed)? {
        return Ok(Neighbours { lists, cached: true });
    }
    let lists = find(search, watch)?;
    write(&path, &encode(&address, &lists)).map_err(failed)?;
    Ok(Neighbours { lists, cached: false })
}

/// The lists in the file; `None` when there is no such file or it is not whole.
fn read(path: &Path, address: &str, queries: usize) -> io::Result<Option<Vec<Exact>>> {
    match std::fs::read(path) {
        Ok(bytes) => {
            if let Ok(file) = File::open(path) {
                used(&file);
            }
            Ok(decode(&bytes, address, queries))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let unfinished = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
    std::fs::write(&unfinished, bytes)?;
    std::fs::rename(&unfinished, path)
}

fn encode(address: &str, lists: &[Exact]) -> Vec<u8> {
    let mut bytes = address.as_bytes().to_vec();
    for list in lists {
        bytes.extend((list.hits.len() as u32).to_le_bytes());
        bytes.extend((list.left_out as u64).to_le_bytes());
        for hit in &list.hits {
            bytes.extend(hit.point.to_le_bytes());
            bytes.extend(hit.score.to_le_bytes());
        }
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

fn decode(bytes: &[u8], address: &str, queries: usize) -> Option<Vec<Exact>> {
    let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
    if *Sha256::digest(body) != *digest {
        return None;
    }
    let mut rest = body.strip_prefix(address.as_bytes())?;
    let lists: Option<Vec<Exact>> = (0..queries).map(|_| list(&mut rest)).collect();
    lists.filter(|_| rest.is_empty())
}

/// Whether a file is whole and under its own name; how many bytes it has does not tell.
///
/// # Errors
/// When it cannot be read.
pub fn is_whole(path: &Path) -> io::Result<bool> {
    let bytes = std::fs::read(path)?;
    let address = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let at = bytes.len().checked_sub(DIGEST);
    let parts = at.and_then(|at| bytes.split_at_checked(at));
    Ok(parts.zip(address).is_some_and(|((body, digest), address)| {
        *Sha256::digest(body) == *digest && body.starts_with(address.as_bytes())
    }))
}

fn list(rest: &mut &[u8]) -> Option<Exact> {
    let hits = u32::from_le_bytes(take(rest)?);
    let left_out = u64::from_le_bytes(take(rest)?) as usize;
    let mut hit = || {
        Some(Hit {
            point: u32::from_le_bytes(take(rest)?),
            score: f32::from_le_bytes(take(rest)?),
        })
    };
    let hits = (0..hits).map(|_| hit()).collect::<Option<Vec<Hit>>>()?;
    Some(Exact { hits, left_out })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk()?;
    *rest = others;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists() -> Vec<Exact> {
        let hit = |point, score| Hit { point, score };
        vec![
            Exact {
                hits: vec![hit(7, 0.5), hit(3, 0.5)],
                left_out: 12,
            },
            Exact::default(),
        ]
    }

    #[test]
    fn what_was_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("neighbours").join("a.bin");
        assert_eq!(read(&path, "a", 2).unwrap(), None);
        write(&path, &encode("a", &lists())).unwrap();
        assert_eq!(read(&path, "a", 2).unwrap(), Some(lists()));
        // Nothing unfinished is left behind.
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_a_miss_wherever_the_damage_is() {
        let whole = encode("a", &lists());
        for length in 0..whole.len() {
            assert_eq!(decode(&whole[..length], "a", 2), None, "cut at {length}");
        }
        for byte in 0..whole.len() {
            let mut altered = whole.clone();
            altered[byte] ^= 1;
            assert_eq!(decode(&altered, "a", 2), None, "byte {byte} altered");
        }
    }

    #[test]
    fn a_file_is_whole_as_it_was_written_and_under_its_own_name() {
        let dir = tempfile::tempdir().unwrap();
        let (own, other) = (dir.path().join("a.bin"), dir.path().join("b.bin"));
        write(&own, &encode("a", &lists())).unwrap();
        assert!(is_whole(&own).unwrap());
        std::fs::copy(&own, &other).unwrap();
        assert!(!is_whole(&other).unwrap());
        std::fs::write(&own, "a").unwrap();
        assert!(!is_whole(&own).unwrap());
    }

    #[test]
    fn a_file_of_another_search_is_a_miss() {
        let bytes = encode("a", &lists());
        assert_eq!(decode(&bytes, "b", 2), None);
        assert_eq!(decode(&bytes, "a", 1), None);
        assert_eq!(decode(&bytes, "a", 3), None);
    }
}
