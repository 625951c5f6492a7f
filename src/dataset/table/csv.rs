//! CSV and TSV: a header, then rows; cells may stand in quotes and then hold separators, line ends, and quotes
//! written twice. Every cell is a text, and an empty one is none.

use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Terminator};
use serde_json::Value;

use super::fault::TableFault;
use super::rows::{Row, Take, Wanted, find};
use super::vectors;
use crate::dataset::SourceFile;
use crate::dataset::lines::{Source, refuse_no_text};
use crate::dataset::problem::{DatasetError, Place, Problems};

/// A row put behind the file. When it comes back inside of a cell, a quote was never closed; the csv crate would end
/// such a cell with the file and say nothing. It begins with a line end, so that the last row has one too.
const END: &str = "\n\u{0}end of the file\u{0}\n";

/// See [`super::rows::each`].
pub(super) fn each(
    path: &Path,
    separator: u8,
    wanted: &Wanted,
    problems: &mut Problems,
    take: &mut Take<'_>,
) -> Result<SourceFile, DatasetError> {
    let mut source = Source::open(path).map_err(|e| DatasetError::io(path, e))?;
    refuse_no_text(path, source.text())?;
    let mut table = Table::new(path, separator, source.text());
    let rows = match table.columns(wanted, problems)? {
        Some(columns) => table.rows(wanted, &columns, problems, take)?,
        None => 0,
    };
    Ok(SourceFile {
        path: path.display().to_string(),
        sha256: source.finish().map_err(|e| DatasetError::io(path, e))?,
        rows,
    })
}

struct Table<'a, R> {
    path: &'a Path,
    reader: csv::Reader<R>,
    record: ByteRecord,
    header: usize,
}

impl<'a, R: Read> Table<'a, std::io::Chain<R, &'static [u8]>> {
    fn new(path: &'a Path, separator: u8, text: R) -> Self {
        // Only `\n` ends a row: with the usual setting the line of a row is wrong by one after `\r\n`.
        let reader = ReaderBuilder::new()
            .delimiter(separator)
            .terminator(Terminator::Any(b'\n'))
            .flexible(true)
            .has_headers(false)
            .from_reader(text.chain(END.as_bytes()));
        Self {
            path,
            reader,
            record: ByteRecord::new(),
            header: 0,
        }
    }
}

impl<R: Read> Table<'_, R> {
    /// Reads the header. Where the wanted columns are, cells first; `None` when some are not there.
    fn columns(
        &mut self,
        wanted: &Wanted,
        problems: &mut Problems,
    ) -> Result<Option<Vec<usize>>, DatasetError> {
        let Some(place) = self.next(problems)? else {
            return Ok(None);
        };
        let names: Vec<String> = (0..self.record.len())
            .map(|i| String::from_utf8_lossy(self.cell(i)).trim().to_owned())
            .collect();
        self.header = names.len();
        match find(wanted.cells.iter().chain(&wanted.vectors), &names) {
            Ok(columns) => Ok(Some(columns)),
            Err(faults) => {
                for fault in faults {
                    problems.push(self.path, place, fault.into());
                }
                Ok(None)
            }
        }
    }

    fn rows(
        &mut self,
        wanted: &Wanted,
        columns: &[usize],
        problems: &mut Problems,
        take: &mut Take<'_>,
    ) -> Result<usize, DatasetError> {
        let mut row = Row::new(wanted);
        let mut rows = 0;
        while let Some(place) = self.next(problems)? {
            rows += 1;
            row.place = place;
            let filled = self.fill(&mut row, wanted, columns);
            if let Err(fault) = filled.map_err(Into::into).and_then(|()| take(&mut row)) {
                problems.push(self.path, place, fault);
            }
        }
        Ok(rows)
    }

    /// Reads the next row that is not blank; `None` at the end. Its place is the line on which it begins.
    fn next(&mut self, problems: &mut Problems) -> Result<Option<Place>, DatasetError> {
        loop {
            let more = self.reader.read_byte_record(&mut self.record);
            let more = more.map_err(|e| DatasetError::io(self.path, plain(e)))?;
            if !more || self.record.as_slice() == END.trim_matches('\n').as_bytes() {
                return Ok(None);
            }
            // The reader stands behind this row; the row may hold line ends itself.
            let inside = self.record.as_slice().iter().filter(|&&b| b == b'\n').count();
            let line = self.reader.position().line().saturating_sub(inside as u64);
            let line = usize::try_from(line).unwrap_or(usize::MAX);
            if self.record.as_slice().ends_with(END.as_bytes()) {
                problems.push(self.path, line, TableFault::OpenQuote.into());
                return Ok(None);
            }
            if self.record.as_slice() != b"\r" {
                return Ok(Some(Place::Line(line.saturating_sub(1))));
            }
        }
    }

    /// A cell, without the `\r` that is left of a line end.
    fn cell(&self, at: usize) -> &[u8] {
        let cell = self.record.get(at).unwrap_or_default();
        match cell.strip_suffix(b"\r") {
            Some(rest) if at + 1 == self.record.len() => rest,
            _ => cell,
        }
    }

    fn fill(&self, row: &mut Row, wanted: &Wanted, columns: &[usize]) -> Result<(), TableFault> {
        let (got, want) = (self.record.len(), self.header);
        if got != want {
            return Err(TableFault::Ragged { want, got });
        }
        let (cells, vectors) = columns.split_at(wanted.cells.len());
        for ((into, &at), name) in row.cells.iter_mut().zip(cells).zip(&wanted.cells) {
            *into = match self.text(at, name)? {
                "" => Value::Null,
                text => Value::from(text),
            };
        }
        for ((into, &at), name) in row.vectors.iter_mut().zip(vectors).zip(&wanted.vectors) {
            vectors::from_text(self.text(at, name)?, name, into)?;
        }
        Ok(())
    }

    fn text(&self, at: usize, column: &str) -> Result<&str, TableFault> {
        str::from_utf8(self.cell(at)).map_err(|e| TableFault::NotUtf8 {
            column: column.to_owned(),
            byte: e.valid_up_to() + 1,
        })
    }
}

/// What the file said, without what the csv crate puts round it.
fn plain(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        // Not with records of bytes and of any length.
        other => std::io::Error::other(format!("{other:?}")),
    }
}
