//! Parquet, column by column and page by page, so that memory stays flat however large a row group is.

mod column;
mod schema;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use indexmap::IndexMap;
use parquet::column::reader::get_column_reader;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::fault::TableFault;
use super::rows::{Row, Take, Wanted, find};
use crate::dataset::SourceFile;
use crate::dataset::lines::Hashed;
use crate::dataset::problem::{DatasetError, Place, Problems};
use crate::progress::{Event, Observer};

use column::Column;
use schema::{Found, Kind, Leaf, columns};

/// Rows of all columns that are decoded at a time.
const BATCH: usize = 256;

/// See [`super::rows::each`].
pub(super) fn each(
    path: &Path,
    wanted: &Wanted,
    problems: &mut Problems,
    watch: &dyn Observer,
    take: &mut Take<'_>,
) -> Result<SourceFile, DatasetError> {
    let io = |e| DatasetError::io(path, e);
    let file = File::open(path).map_err(io)?;
    if file.metadata().map_err(io)?.len() == 0 {
        return Err(DatasetError::Empty(path.to_owned()));
    }
    let reader = guarded(|| SerializedFileReader::new(file)).map_err(|e| no_parquet(path, &e))?;
    let rows = count(path, &reader)?;
    if let Some(leaves) = leaves(path, &reader, wanted, problems) {
        let table = Table {
            path,
            reader,
            leaves,
            rows,
        };
        table.each(wanted, problems, watch, take)?;
    }
    Ok(SourceFile {
        path: path.display().to_string(),
        sha256: Hashed::open(path).and_then(Hashed::finish).map_err(io)?,
        rows,
    })
}

/// Rows of the whole file, after a look at what the parser of its end takes on trust.
fn count(path: &Path, reader: &SerializedFileReader<File>) -> Result<usize, DatasetError> {
    let sound = |group: &RowGroupMetaData| {
        let columns = group.columns().iter();
        let offsets = columns.flat_map(|c| {
            [
                Some(c.data_page_offset()),
                c.dictionary_page_offset(),
                Some(c.compressed_size()),
            ]
        });
        offsets.flatten().all(|offset| offset >= 0)
    };
    let groups = reader.metadata().row_groups().iter();
    let rows = groups.map(|group| usize::try_from(group.num_rows()).ok().filter(|_| sound(group)));
    let rows = rows.sum::<Option<usize>>();
    rows.ok_or_else(|| no_parquet(path, &"negative sizes at its end"))
}

/// What the parquet crate answers. On some damaged pages its decoders panic; what they were working on is dropped, and
/// the file is as unreadable as with an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let damaged = |_| ParquetError::General("a damaged page".to_owned());
    catch_unwind(AssertUnwindSafe(work)).map_err(damaged)?
}

fn no_parquet(path: &Path, why: &dyn std::fmt::Display) -> DatasetError {
    let what = format!("no Parquet file that can be read ({why}); get it anew if it was cut off or changed");
    DatasetError::file(path, what)
}

/// The columns asked for, cells first; `None` when some are not there or cannot be read.
fn leaves(
    path: &Path,
    reader: &SerializedFileReader<File>,
    wanted: &Wanted,
    problems: &mut Problems,
) -> Option<Vec<Leaf>> {
    let found: IndexMap<String, Found> = columns(reader.metadata().file_metadata().schema_descr());
    let names: Vec<String> = found.keys().cloned().collect();
    let mut faults = Vec::new();
    let mut leaves = Vec::new();
    match find(wanted.cells.iter().chain(&wanted.vectors), &names) {
        Err(missing) => faults = missing,
        Ok(columns) => {
            for (i, column) in columns.into_iter().enumerate() {
                let leaf = found[column].clone().and_then(|leaf| {
                    if i < wanted.cells.len() {
                        Ok(leaf)
                    } else {
                        vector(leaf)
                    }
                });
                match leaf {
                    Ok(leaf) => leaves.push(leaf),
                    Err(fault) => faults.push(fault),
                }
            }
        }
    }
    if faults.is_empty() {
        return Some(leaves);
    }
    for fault in faults {
        problems.push(path, Place::File, fault.into());
    }
    None
}

/// A column that can be one of vectors.
fn vector(leaf: Leaf) -> Found {
    let what = match (leaf.list, leaf.kind) {
        (Some(_), Kind::Text) => "a list of texts",
        (Some(_), Kind::Bool) => "a list of truth values",
        (Some(_), _) => return Ok(leaf),
        (None, Kind::Text) => "text",
        (None, Kind::Bool) => "boolean",
        (None, _) => "a single number per row",
    };
    Err(TableFault::ColumnType {
        column: leaf.name,
        kind: what.to_owned(),
        way_out: "a vector is a list of float, double or whole numbers",
    })
}

/// A file whose columns are known.
struct Table<'a> {
    path: &'a Path,
    reader: SerializedFileReader<File>,
    leaves: Vec<Leaf>,
    rows: usize,
}

impl Table<'_> {
    fn each(
        &self,
        wanted: &Wanted,
        problems: &mut Problems,
        watch: &dyn Observer,
        take: &mut Take<'_>,
    ) -> Result<(), DatasetError> {
        let mut row = Row::new(wanted);
        row.expected = Some(self.rows);
        let mut done = 0;
        let (what, total) = (format!("read {}", self.path.display()), self.rows);
        watch.event(Event::Started {
            what: &what,
            total,
            unit: "rows",
        });
        for (group, metadata) in self.reader.metadata().row_groups().iter().enumerate() {
            let mut columns = guarded(|| self.open(group)).map_err(|e| self.damaged(done, &e))?;
            // `count` has seen that it is not negative.
            let end = done + usize::try_from(metadata.num_rows()).unwrap_or_default();
            while done < end {
                let batch = BATCH.min(end - done);
                self.read(&mut columns, batch, done)?;
                for number in done + 1..=done + batch {
                    row.place = Place::Row(number);
                    let filled = fill(&mut row, &mut columns);
                    if let Err(fault) = filled.map_err(Into::into).and_then(|()| take(&mut row)) {
                        problems.push(self.path, row.place, fault);
                    }
                }
                done += batch;
                watch.event(Event::Advanced { done });
            }
        }
        watch.event(Event::Finished);
        Ok(())
    }

    /// The columns asked for of one row group.
    fn open(&self, group: usize) -> Result<Vec<Column>, ParquetError> {
        let group = self.reader.get_row_group(group)?;
        let schema = self.reader.metadata().file_metadata().schema_descr();
        let columns = self.leaves.iter().map(|leaf| {
            let pages = group.get_column_page_reader(leaf.index)?;
            Column::new(leaf.clone(), get_column_reader(schema.column(leaf.index), pages))
        });
        columns.collect()
    }

    /// Reads the next `batch` rows of all columns, which begin behind row `done`.
    fn read(&self, columns: &mut [Column], batch: usize, done: usize) -> Result<(), DatasetError> {
        for (column, leaf) in columns.iter_mut().zip(&self.leaves) {
            let read = guarded(|| column.read(batch));
            let read = read.map_err(|e| self.damaged(done, &format!("column `{}`: {e}", leaf.name)))?;
            if read != batch {
                let why = format!("column `{}` ends there, of {} rows", leaf.name, self.rows);
                return Err(self.damaged(done + read, &why));
            }
        }
        Ok(())
    }

    fn damaged(&self, done: usize, why: &dyn std::fmt::Display) -> DatasetError {
        let what =
            format!("cannot be read behind row {done} ({why}); get it anew if it was cut off or changed");
        DatasetError::file(self.path, what)
    }
}

fn fill(row: &mut Row, columns: &mut [Column]) -> Result<(), TableFault> {
    let (cells, vectors) = columns.split_at_mut(row.cells.len());
    // Every column has to go on by one row, whatever is wrong with those before it.
    let mut first = Ok(());
    for (into, column) in row.cells.iter_mut().zip(cells) {
        match column.cell() {
            Ok(value) => *into = value,
            Err(fault) => first = first.and(Err(fault)),
        }
    }
    for (into, column) in row.vectors.iter_mut().zip(vectors) {
        first = first.and(column.vector(into));
    }
    first
}
