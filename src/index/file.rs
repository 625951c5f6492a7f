//! An index in one file: named sections, each with checksums, and a table of them.
//!
//! ```text
//! head      magic, version, where the table is, and a checksum of these; one page
//! sections  little-endian values, each section at a page
//! table     JSON: name, place, length of every section, and a CRC-32 for every MiB of it
//! ```
//!
//! The head is written last, and the file gets its name after that, so that a file that was cut off in the making is never
//! taken for an index. Everything is checked when it is opened, also what stays on disk: afterwards a search trusts it.
//!
//! Files are read, not mapped. A mapping of a file that somebody else alters is undefined behaviour, every page of it that
//! was ever touched counts as memory of the process, and a row that is read costs about a microsecond where the system
//! has it in memory.

mod read;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use read::{DiskRows, IndexReader};
pub use write::IndexWriter;

const MAGIC: [u8; 8] = *b"evrlindx";
/// Readers refuse any other.
const VERSION: u32 = 1;
/// Sections begin at a multiple of it; the head has one to itself.
const PAGE: u64 = 4096;
/// Bytes that share a checksum.
const BLOCK: usize = 1 << 20;
/// Bytes of the head that say something.
const HEAD: usize = 32;

/// Why an index could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refuses.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else, or an index whose writing was interrupted.
    #[error("{path}: no index, or its head was altered", path = path.display())]
    NoIndex {
        /// The file.
        path: PathBuf,
    },
    /// Written by another version of this program.
    #[error("{path}: version {got} of the format, this program reads {VERSION}", path = path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version it has.
        got: u32,
    },
    /// Shorter or longer than when it was written.
    #[error("{path}: {got} bytes, {want} were written", path = path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// Bytes it has.
        got: u64,
        /// Bytes it had.
        want: u64,
    },
    /// Bytes that differ from what was written.
    #[error("{path}: `{section}` was altered, between bytes {from} and {to} of the file", path = path.display())]
    Altered {
        /// The file.
        path: PathBuf,
        /// The section, or `table`.
        section: String,
        /// First byte of the part that a checksum covers.
        from: u64,
        /// The byte behind it.
        to: u64,
    },
    /// The file is sound and does not hold what is looked for.
    #[error("{path}: `{section}`: {what}", path = path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// The section.
        section: String,
        /// What is wrong with it.
        what: String,
    },
    /// An index that has no form in a file.
    #[error("{0}")]
    Unsupported(&'static str),
    /// No memory for what is read.
    #[error(transparent)]
    Index(#[from] super::IndexError),
}

impl FileError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Table {
    sections: Vec<Section>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Section {
    name: String,
    at: u64,
    bytes: u64,
    /// CRC-32 of every [`BLOCK`] bytes, the last block shorter.
    sums: Vec<u32>,
}

#[cfg(test)]
mod tests;
