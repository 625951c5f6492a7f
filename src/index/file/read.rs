//! Reading an index file.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytemuck::Pod;
use serde::de::DeserializeOwned;

use super::{BLOCK, FileError, HEAD, MAGIC, Section, Table, VERSION};
use crate::index::rows::Rows;

/// An open file whose table is sound.
#[derive(Debug)]
pub struct IndexReader {
    path: PathBuf,
    file: Arc<File>,
    table: Table,
}

impl IndexReader {
    /// Opens `path` and checks its head, its length and its table. Sections are checked when they are read.
    ///
    /// # Errors
    /// [`FileError`], with the file and the place.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let failed = |e| FileError::io(path, e);
        let no_index = || FileError::NoIndex {
            path: path.to_owned(),
        };
        let file = File::open(path).map_err(failed)?;
        let got = file.metadata().map_err(failed)?.len();
        let mut head = [0; HEAD];
        if got < HEAD as u64 {
            return Err(no_index());
        }
        read_at(&file, &mut head, 0).map_err(failed)?;
        let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if head[..8] != MAGIC || crc32fast::hash(&head[..HEAD - 4]) != number(HEAD - 4) {
            return Err(no_index());
        }
        if number(8) != VERSION {
            let (path, got) = (path.to_owned(), number(8));
            return Err(FileError::Version { path, got });
        }
        let at = u64::from(number(16)) | u64::from(number(20)) << 32;
        let want = at + u64::from(number(24));
        if got != want {
            let path = path.to_owned();
            return Err(FileError::Length { path, got, want });
        }
        let mut table = vec![0; number(24) as usize];
        read_at(&file, &mut table, at).map_err(failed)?;
        let altered = || FileError::Altered {
            path: path.to_owned(),
            section: "table".to_owned(),
            from: at,
            to: want,
        };
        if crc32fast::hash(&table) != number(12) {
            return Err(altered());
        }
        Ok(Self {
            path: path.to_owned(),
            file: Arc::new(file),
            table: serde_json::from_slice(&table).map_err(|_| altered())?,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the values of a section into `out`, which has to be as long.
    pub fn read_into<T: Pod>(&self, name: &str, out: &mut [T]) -> Result<(), FileError> {
        const { assert!(cfg!(target_endian = "little"), "files are little-endian") };
        let section = self.section(name)?;
        let out: &mut [u8] = bytemuck::cast_slice_mut(out);
        self.expect(section, out.len() as u64)?;
        for (i, block) in out.chunks_mut(BLOCK).enumerate() {
            self.block(section, i, block)?;
        }
        Ok(())
    }

    /// The values of a section.
    pub fn values<T: Pod>(&self, name: &str) -> Result<Vec<T>, FileError> {
        let bytes = self.section(name)?.bytes as usize;
        if !bytes.is_multiple_of(size_of::<T>()) {
            return Err(self.unfit(name, format!("{bytes} bytes are no whole number of values")));
        }
        let mut values = vec![T::zeroed(); bytes / size_of::<T>()];
        self.read_into(name, &mut values)?;
        Ok(values)
    }

    /// The rows of a section, in memory.
    pub fn rows<T: Pod>(&self, name: &str, width: usize, len: usize) -> Result<Rows<T>, FileError> {
        self.expect_values::<T>(name, width, len)?;
        let mut rows = Rows::zeroed(width, len)?;
        self.read_into(name, rows.flat_mut())?;
        Ok(rows)
    }

    /// The rows of a section, left where they are after they were checked.
    pub fn rows_on_disk(&self, name: &str, width: usize, len: usize) -> Result<DiskRows, FileError> {
        self.expect_values::<f32>(name, width, len)?;
        let section = self.section(name)?;
        let mut buffer = vec![0; BLOCK.min(section.bytes as usize)];
        for i in 0..section.sums.len() {
            let bytes = BLOCK.min(section.bytes as usize - i * BLOCK);
            self.block(section, i, &mut buffer[..bytes])?;
        }
        Ok(DiskRows {
            path: self.path.clone(),
            file: self.file.clone(),
            at: section.at,
            width,
            len,
        })
    }

    /// The value of a section of JSON.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, FileError> {
        let text: Vec<u8> = self.values(name)?;
        serde_json::from_slice(&text).map_err(|e| self.unfit(name, e.to_string()))
    }

    /// A section that is sound and does not hold what it should.
    pub fn unfit(&self, name: &str, what: String) -> FileError {
        FileError::Unfit {
            path: self.path.clone(),
            section: name.to_owned(),
            what,
        }
    }

    fn section(&self, name: &str) -> Result<&Section, FileError> {
        let found = self.table.sections.iter().find(|s| s.name == name);
        found.ok_or_else(|| self.unfit(name, "is not there".to_owned()))
    }

    fn expect(&self, section: &Section, bytes: u64) -> Result<(), FileError> {
        match section.bytes == bytes && section.sums.len() as u64 == bytes.div_ceil(BLOCK as u64) {
            true => Ok(()),
            false => Err(self.unfit(
                &section.name,
                format!("{} bytes, {bytes} are needed", section.bytes),
            )),
        }
    }

    fn expect_values<T>(&self, name: &str, width: usize, len: usize) -> Result<(), FileError> {
        let bytes = (width as u64)
            .checked_mul(len as u64)
            .and_then(|values| values.checked_mul(size_of::<T>() as u64));
        self.expect(self.section(name)?, bytes.unwrap_or(u64::MAX))
    }

    /// Reads block `i` of a section and holds it against its checksum.
    fn block(&self, section: &Section, i: usize, out: &mut [u8]) -> Result<(), FileError> {
        let from = section.at + (i * BLOCK) as u64;
        read_at(&self.file, out, from).map_err(|e| FileError::io(&self.path, e))?;
        match crc32fast::hash(out) == section.sums[i] {
            true => Ok(()),
            false => Err(FileError::Altered {
                path: self.path.clone(),
                section: section.name.clone(),
                from,
                to: from + out.len() as u64,
            }),
        }
    }
}

/// Float rows in a file, read when they are needed.
#[derive(Debug)]
pub struct DiskRows {
    path: PathBuf,
    file: Arc<File>,
    at: u64,
    width: usize,
    len: usize,
}

impl DiskRows {
    /// Values per row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads rows from `first` on into `out`, as many as fit.
    ///
    /// # Errors
    /// [`FileError::Io`] when the file has gone or the disk fails.
    ///
    /// # Panics
    /// When there are not so many rows.
    pub fn read(&self, first: usize, out: &mut [f32]) -> Result<(), FileError> {
        let end = first * self.width + out.len();
        assert!(end <= self.len * self.width, "rows that are not there");
        let at = self.at + (first * self.width * size_of::<f32>()) as u64;
        read_at(&self.file, bytemuck::cast_slice_mut(out), at).map_err(|e| FileError::io(&self.path, e))
    }
}

#[cfg(unix)]
fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut out: &mut [u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !out.is_empty() {
        match file.seek_read(out, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => (out, at) = (&mut out[n..], at + n as u64),
        }
    }
    Ok(())
}
