//! Writing an index file.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytemuck::Pod;
use serde::Serialize;

use super::{BLOCK, FileError, HEAD, MAGIC, PAGE, Section, Table, VERSION};

/// A file under construction. What is dropped unfinished leaves nothing behind.
#[derive(Debug)]
pub struct IndexWriter {
    path: PathBuf,
    /// Where it is written until it is complete.
    part: PathBuf,
    file: BufWriter<File>,
    at: u64,
    table: Table,
    finished: bool,
}

impl IndexWriter {
    /// Begins a file that will be `path`.
    ///
    /// # Errors
    /// [`FileError::Io`], as all functions here.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(|e| FileError::io(&part, e))?;
        let mut writer = Self {
            path: path.to_owned(),
            part,
            file: BufWriter::with_capacity(BLOCK, file),
            at: 0,
            table: Table::default(),
            finished: false,
        };
        writer.put(&[0; PAGE as usize])?;
        Ok(writer)
    }

    /// Adds a section of `values`; no other has its name.
    pub fn section<T: Pod>(&mut self, name: &str, values: &[T]) -> Result<(), FileError> {
        const { assert!(cfg!(target_endian = "little"), "files are little-endian") };
        self.pad()?;
        let (at, bytes) = (self.at, bytemuck::cast_slice::<T, u8>(values));
        let sums = bytes.chunks(BLOCK).map(crc32fast::hash).collect();
        self.put(bytes)?;
        self.table.sections.push(Section {
            name: name.to_owned(),
            at,
            bytes: bytes.len() as u64,
            sums,
        });
        Ok(())
    }

    /// Adds a section that holds `value` as JSON.
    pub fn json<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), FileError> {
        let text = serde_json::to_vec(value).map_err(|e| FileError::io(&self.part, e.into()))?;
        self.section(name, &text)
    }

    /// Completes the file and gives it its name; returns its size in bytes.
    pub fn finish(mut self) -> Result<u64, FileError> {
        self.pad()?;
        let table = serde_json::to_vec(&self.table).map_err(|e| FileError::io(&self.part, e.into()))?;
        let mut head = Vec::with_capacity(HEAD);
        head.extend_from_slice(&MAGIC);
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&crc32fast::hash(&table).to_le_bytes());
        head.extend_from_slice(&self.at.to_le_bytes());
        head.extend_from_slice(&(table.len() as u32).to_le_bytes());
        head.extend_from_slice(&crc32fast::hash(&head).to_le_bytes());
        self.put(&table)?;
        let end = self.at;
        self.settle(&head).map_err(|e| FileError::io(&self.part, e))?;
        self.finished = true;
        Ok(end)
    }

    fn settle(&mut self, head: &[u8]) -> std::io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_mut();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(head)?;
        file.sync_all()?;
        std::fs::rename(&self.part, &self.path)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.at += bytes.len() as u64;
        self.file
            .write_all(bytes)
            .map_err(|e| FileError::io(&self.part, e))
    }

    fn pad(&mut self) -> Result<(), FileError> {
        let missing = self.at.next_multiple_of(PAGE) - self.at;
        self.put(&[0; PAGE as usize][..missing as usize])
    }
}

impl Drop for IndexWriter {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody is left to be told.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}
