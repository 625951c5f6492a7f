//! Files that hold a matrix: `.fvecs`, `.bvecs`, `.ivecs`, `.fbin`, `.u8bin`, `.i8bin`, `.ibin` and `.npy`.
//!
//! A file is opened first, which reads its head and holds it against the length of the file: nothing is allocated on
//! the word of a header alone. Then its rows are read in blocks, straight to the place where they stay.

mod element;
mod head;
pub(super) mod neighbours;
mod npy;
pub(super) mod rows;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::SourceFile;
use super::lines::Hashed;
use super::problem::DatasetError;
use crate::progress::{Event, Observer};
use crate::vectors::{Metric, Vectors};

pub(super) use head::Head;
pub(super) use rows::Keep;

use element::Number;
use rows::Rows;

/// Bytes read at a time, unless a single row is longer.
const BLOCK: usize = 256 * 1024;

/// What a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Vectors of documents or queries.
    Vectors,
    /// Lists of rows of another file.
    Neighbours,
}

/// A file whose head is sound; its rows have not been read yet.
#[derive(Debug)]
pub(super) struct Matrix {
    path: PathBuf,
    head: Head,
}

impl Matrix {
    /// Reads the head of a file, whose format its name tells.
    ///
    /// # Errors
    /// An unknown suffix, a head that says what cannot be or does not go with the length of the file, a file of
    /// something else than what is asked for.
    pub(super) fn open(path: &Path, holds: Holds) -> Result<Self, DatasetError> {
        let format = Format::of(path, holds).map_err(|what| DatasetError::file(path, what))?;
        let io = |e| DatasetError::io(path, e);
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        if length == 0 {
            return Err(DatasetError::Empty(path.to_owned()));
        }
        let mut file = BufReader::new(file);
        let head = match format {
            Format::Rows(number) => head::of_rows(&mut file, length, number),
            Format::Counted(number) => head::counted(&mut file, length, number),
            Format::Npy => npy::head(&mut file, length),
        };
        let head = head.map_err(|e| e.of(path))?;
        if holds == Holds::Neighbours && !head.element.number.is_whole() {
            let what =
                "holds fractions, but neighbours are whole numbers: rows of the documents' file, from 0";
            return Err(DatasetError::file(path, what));
        }
        Ok(Self {
            path: path.to_owned(),
            head,
        })
    }

    /// Rows in the file.
    pub(super) fn rows(&self) -> usize {
        self.head.rows
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Says so when the rows of this file, which holds queries, cannot be compared with those of `documents`.
    pub(super) fn goes_with(&self, documents: &Matrix) -> Result<(), DatasetError> {
        let (here, there) = (self.head.dim, documents.head.dim);
        if here == there {
            return Ok(());
        }
        let what = format!(
            "rows of {here} values, but those of {} have {there}; take the queries that were made with those documents",
            documents.path.display()
        );
        Err(DatasetError::file(&self.path, what))
    }

    /// Reads the rows that `keep` names.
    ///
    /// # Errors
    /// Values that are not finite, rows of zeros under [`Metric::Cosine`], a row of another dimension.
    pub(super) fn vectors(
        &self,
        keep: Keep<'_>,
        metric: Metric,
        watch: &dyn Observer,
    ) -> Result<(Vectors, SourceFile), DatasetError> {
        let mut file = self.skip_head()?;
        let vectors = vectors(&self.path, &self.head, &mut file, keep, metric, watch)?;
        Ok((vectors, self.source_file(file)?))
    }

    /// Reads lists of rows of a file with `corpus` rows, nearest first; see [`neighbours::list`] for what they may
    /// hold.
    ///
    /// # Errors
    /// The first list that cannot be right.
    pub(super) fn neighbours(&self, corpus: usize) -> Result<(Vec<Vec<u32>>, SourceFile), DatasetError> {
        let mut file = self.skip_head()?;
        let mut lists = Vec::with_capacity(self.head.rows);
        each_row(
            &self.path,
            &self.head,
            self.head.rows,
            &mut file,
            &mut |row, bytes| {
                let list = neighbours::list(self.head.element.whole(bytes), corpus);
                lists.push(
                    list.map_err(|what| {
                        DatasetError::file(&self.path, format!("row {row} (from 0): {what}"))
                    })?,
                );
                Ok(())
            },
        )?;
        Ok((lists, self.source_file(file)?))
    }

    fn skip_head(&self) -> Result<Hashed, DatasetError> {
        let io = |e| DatasetError::io(&self.path, e);
        let mut file = Hashed::open(&self.path).map_err(io)?;
        io::copy(&mut file.by_ref().take(self.head.start), &mut io::sink()).map_err(io)?;
        Ok(file)
    }

    fn source_file(&self, file: Hashed) -> Result<SourceFile, DatasetError> {
        Ok(SourceFile {
            path: self.path.display().to_string(),
            sha256: file.finish().map_err(|e| DatasetError::io(&self.path, e))?,
            rows: self.head.rows,
        })
    }
}

/// Reads the head of an array of NumPy with `length` bytes in all, a member of an archive for instance; `path` names
/// it in messages. `input` then stands before its rows.
pub(super) fn npy_head(path: &Path, input: &mut dyn Read, length: u64) -> Result<Head, DatasetError> {
    if length == 0 {
        return Err(DatasetError::Empty(path.to_owned()));
    }
    npy::head(input, length).map_err(|e| e.of(path))
}

/// Reads the rows that `keep` names from `input`, which stands before the first of them.
pub(super) fn vectors(
    path: &Path,
    head: &Head,
    input: &mut dyn Read,
    keep: Keep<'_>,
    metric: Metric,
    watch: &dyn Observer,
) -> Result<Vectors, DatasetError> {
    let mut rows = Rows::new(path, head.dim, keep.rows(), metric)?;
    let wanted = keep.end(head.rows);
    watch.event(Event::Started {
        what: &format!("read {}", path.display()),
        total: wanted,
        unit: "rows",
    });
    each_row(path, head, wanted, input, &mut |row, bytes| {
        if let Some(slot) = keep.slot(row) {
            rows.put(row, slot, |into| head.element.read(bytes, into));
        }
        if (row + 1).is_multiple_of(4096) {
            watch.event(Event::Advanced { done: row + 1 });
        }
        Ok(())
    })?;
    watch.event(Event::Finished);
    rows.finish(path, "")
}

/// Takes the number of a row and its bytes.
type TakeRow<'a> = dyn FnMut(usize, &[u8]) -> Result<(), DatasetError> + 'a;

/// Hands the first `wanted` rows to `take` as they are stored, without the dimension in front of them.
fn each_row(
    path: &Path,
    head: &Head,
    wanted: usize,
    input: &mut dyn Read,
    take: &mut TakeRow<'_>,
) -> Result<(), DatasetError> {
    let stride = head.stride();
    let per_block = (BLOCK / stride).max(1);
    let mut block = vec![0; stride * per_block.min(wanted)];
    for first in (0..wanted).step_by(per_block) {
        let rows = per_block.min(wanted - first);
        let block = &mut block[..rows * stride];
        input.read_exact(block).map_err(|e| match e.kind() {
            // The length said otherwise: an archive that was cut, or a file that somebody writes.
            io::ErrorKind::UnexpectedEof => {
                let last = first + rows - 1;
                DatasetError::file(
                    path,
                    format!("the file ends in rows {first} to {last} (from 0); get it again"),
                )
            }
            _ => DatasetError::io(path, e),
        })?;
        for (row, bytes) in (first..).zip(block.chunks_exact(stride)) {
            let values = head
                .values(row, bytes)
                .map_err(|what| DatasetError::file(path, what))?;
            take(row, values)?;
        }
    }
    Ok(())
}

/// How the rows of a file are laid out.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Format {
    /// Each row has its dimension in front.
    Rows(Number),
    /// The counts of rows and columns stand in front of all rows.
    Counted(Number),
    /// An array of NumPy.
    Npy,
}

impl Format {
    fn of(path: &Path, holds: Holds) -> Result<Self, String> {
        let suffix = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let format = match (suffix.as_str(), holds) {
            ("fvecs", Holds::Vectors) => Self::Rows(Number::F32),
            ("bvecs", Holds::Vectors) => Self::Rows(Number::U8),
            ("fbin", Holds::Vectors) => Self::Counted(Number::F32),
            ("u8bin", Holds::Vectors) => Self::Counted(Number::U8),
            ("i8bin", Holds::Vectors) => Self::Counted(Number::I8),
            ("ivecs", Holds::Neighbours) => Self::Rows(Number::I32),
            ("ibin", Holds::Neighbours) => Self::Counted(Number::I32),
            ("npy", _) => Self::Npy,
            (suffix, holds) => return Err(unknown(suffix, holds)),
        };
        Ok(format)
    }
}

fn unknown(suffix: &str, holds: Holds) -> String {
    let known = match holds {
        Holds::Vectors => "vectors are read from `.fvecs`, `.bvecs`, `.fbin`, `.u8bin`, `.i8bin` and `.npy`",
        Holds::Neighbours => "neighbours are read from `.ivecs`, `.ibin` and `.npy`",
    };
    match suffix {
        "" => format!("a name without suffix; {known}"),
        "gz" | "zst" | "zip" | "bz2" => format!("compressed, unpack it first; {known}"),
        suffix => format!("the suffix `.{suffix}` is not one of these; {known}"),
    }
}
