//! What stands before the rows of a file, and whether it goes with the length of the file.

use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use super::element::{Element, Number};
use crate::dataset::problem::DatasetError;

/// More values than any embedding has; a larger count means that the file is something else.
pub(in crate::dataset) const MAX_DIM: usize = 65_536;

/// What is to be done when a file is shorter than it says.
const AGAIN: &str = "get it again";

/// Where the numbers of a file lie.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::dataset) struct Head {
    /// Bytes before the first row.
    pub(super) start: u64,
    /// Rows.
    pub(super) rows: usize,
    /// Values per row.
    pub(super) dim: usize,
    /// What a value is.
    pub(super) element: Element,
    /// True when each row begins with its dimension as an int32.
    pub(super) prefixed: bool,
}

/// Why a head could not be used.
pub(super) enum HeadError {
    /// It could not be read.
    Io(io::Error),
    /// What it says cannot be.
    Unusable(String),
}

impl HeadError {
    pub(super) fn of(self, path: &Path) -> DatasetError {
        match self {
            // The length said otherwise: an archive that was cut, or a file that somebody writes.
            HeadError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                DatasetError::file(path, format!("the file ends in its header; {AGAIN}"))
            }
            HeadError::Io(e) => DatasetError::io(path, e),
            HeadError::Unusable(what) => DatasetError::file(path, what),
        }
    }
}

impl From<String> for HeadError {
    fn from(what: String) -> Self {
        Self::Unusable(what)
    }
}

impl Head {
    /// Rows.
    pub(in crate::dataset) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes from one row to the next.
    pub(super) fn stride(&self) -> usize {
        self.dim * self.element.number.size() + if self.prefixed { 4 } else { 0 }
    }

    /// The values of a stored row, when the dimension in front of them is that of the first.
    pub(super) fn values<'a>(&self, row: usize, stored: &'a [u8]) -> Result<&'a [u8], String> {
        if !self.prefixed {
            return Ok(stored);
        }
        match stored.split_first_chunk::<4>() {
            Some((dim, values)) if usize::try_from(i32::from_le_bytes(*dim)) == Ok(self.dim) => Ok(values),
            Some((dim, _)) => Err(self.other_dim(row, i32::from_le_bytes(*dim))),
            None => Err(self.cut(row, stored.len() as u64)),
        }
    }

    fn other_dim(&self, row: usize, dim: i32) -> String {
        format!(
            "row {row} (from 0, at byte {}) has {dim} values, the first has {}; the file is damaged: {AGAIN}",
            row * self.stride(),
            self.dim
        )
    }

    fn cut(&self, row: usize, bytes: u64) -> String {
        format!(
            "the file ends in row {row} (from 0), after {bytes} of its {} bytes; {AGAIN}",
            self.stride()
        )
    }
}

/// A file whose rows each have their dimension in front.
pub(super) fn of_rows<F: Read + Seek>(
    file: &mut BufReader<F>,
    length: u64,
    number: Number,
) -> Result<Head, HeadError> {
    let first = i32::from_le_bytes(first_bytes(file, length)?);
    let dim = usize::try_from(first)
        .ok()
        .filter(|dim| (1..=MAX_DIM).contains(dim));
    let Some(dim) = dim else {
        return Err(format!(
            "row 0 says that it has {first} values, which is not 1 to {MAX_DIM}; is this the format that the name tells?"
        )
        .into());
    };
    let mut head = Head {
        start: 0,
        rows: 0,
        dim,
        element: number.little_endian(),
        prefixed: true,
    };
    let stride = head.stride() as u64;
    head.rows = row_count(length / stride)?;
    if length.is_multiple_of(stride) {
        return Ok(head);
    }
    // One row is not as long as the first, or the last is not whole: look which it is.
    for row in 0..head.rows {
        file.seek_relative(if row == 0 { -4 } else { stride as i64 - 4 })
            .map_err(HeadError::Io)?;
        let mut dim = [0; 4];
        file.read_exact(&mut dim).map_err(HeadError::Io)?;
        head.values(row, &dim)?;
    }
    Err(head.cut(head.rows, length % stride).into())
}

/// A file with the counts of rows and columns in front. Behind the neighbours of an `.ibin` may stand their distances,
/// a float32 for each.
pub(super) fn counted(file: &mut dyn Read, length: u64, number: Number) -> Result<Head, HeadError> {
    let counts: [u8; 8] = first_bytes(file, length)?;
    let count = |at: usize| u32::from_le_bytes([counts[at], counts[at + 1], counts[at + 2], counts[at + 3]]);
    let (rows, dim) = (u64::from(count(0)), u64::from(count(4)));
    let head = checked(8, rows, dim, number.little_endian())?;
    let (ids, distances) = (8 + rows * head.stride() as u64, rows * dim * 4);
    if number == Number::I32 && length == ids + distances {
        return Ok(head);
    }
    fits(&head, length)?;
    Ok(head)
}

/// A head of a matrix that may be read.
pub(super) fn checked(start: u64, rows: u64, dim: u64, element: Element) -> Result<Head, String> {
    if rows == 0 || dim == 0 {
        return Err(format!(
            "the header says {rows} rows of {dim} values: there is nothing in it"
        ));
    }
    let dim = usize::try_from(dim).ok().filter(|dim| *dim <= MAX_DIM).ok_or_else(|| {
        format!(
            "the header says {rows} rows of {dim} values, more than {MAX_DIM}; is this the format that the name tells?"
        )
    })?;
    Ok(Head {
        start,
        rows: row_count(rows)?,
        dim,
        element,
        prefixed: false,
    })
}

/// Says so when a file of `length` bytes is not as long as its header says.
pub(super) fn fits(head: &Head, length: u64) -> Result<(), String> {
    let stride = head.stride() as u64;
    // Less than 2³² rows of less than 2²⁰ bytes.
    let said = head.start + head.rows as u64 * stride;
    if length == said {
        return Ok(());
    }
    let claim = format!(
        "the header says {} rows of {} values, {said} bytes in all, but the file has {length}",
        head.rows, head.dim
    );
    if length < said {
        let row = length.saturating_sub(head.start) / stride;
        return Err(format!("{claim} and ends in row {row} (from 0); {AGAIN}"));
    }
    Err(format!("{claim}; what are the bytes behind the last row?"))
}

/// The bytes at the start of a file.
pub(super) fn first_bytes<const N: usize>(
    file: &mut (impl Read + ?Sized),
    length: u64,
) -> Result<[u8; N], HeadError> {
    if length < N as u64 {
        return Err(format!("the file ends in its header, after {length} of {N} bytes; {AGAIN}").into());
    }
    let mut bytes = [0; N];
    file.read_exact(&mut bytes).map_err(HeadError::Io)?;
    Ok(bytes)
}

/// Points are numbered with 32 bits.
fn row_count(rows: u64) -> Result<usize, String> {
    let fits = u32::try_from(rows)
        .ok()
        .and_then(|rows| usize::try_from(rows).ok());
    fits.ok_or_else(|| format!("{rows} rows; {} can be searched at most", u32::MAX))
}
