//! One way to read a table, whatever its format: rows that hold the columns asked for, one after the other.

use std::collections::BTreeSet;
use std::path::Path;

use indexmap::IndexMap;
use serde_json::Value;

use super::fault::TableFault;
use super::{cell, csv, json, parquet};
use crate::dataset::SourceFile;
use crate::dataset::problem::{DatasetError, Fault, Place, Problems};
use crate::dataset::source::TableFile;
use crate::progress::Observer;

/// The columns that are asked for. Those that nobody asks for are not decoded.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Columns of single values, in the order of [`Row::cells`]. A column may stand here twice.
    pub(super) cells: Vec<String>,
    /// Columns of lists of numbers, in the order of [`Row::vectors`].
    pub(super) vectors: Vec<String>,
    /// Column → value: rows in which one of these columns has another value are left out.
    pub(super) only: IndexMap<String, String>,
}

/// The columns of one row that were asked for. The buffers are used again for the next row.
#[derive(Debug)]
pub(super) struct Row {
    /// Where it stands.
    pub(super) place: Place,
    /// Rows of the whole table, where its format says so. A damaged file may say anything.
    pub(super) expected: Option<usize>,
    /// `Null` where there is nothing.
    pub(super) cells: Vec<Value>,
    /// Empty where there is nothing.
    pub(super) vectors: Vec<Vec<f32>>,
}

impl Row {
    /// Room for what is asked for.
    pub(super) fn new(wanted: &Wanted) -> Self {
        Self {
            place: Place::File,
            expected: None,
            cells: vec![Value::Null; wanted.cells.len()],
            vectors: vec![Vec::new(); wanted.vectors.len()],
        }
    }
}

/// Takes a row, or says what is wrong with it.
pub(super) type Take<'a> = dyn FnMut(&mut Row) -> Result<(), Fault> + 'a;

/// How a table is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Format {
    /// Text with a separator between columns.
    Csv(u8),
    /// One JSON object per line.
    JsonLines,
    /// Columns.
    Parquet,
}

impl Format {
    /// By the file's name.
    pub(super) fn of(file: &TableFile) -> Result<Self, DatasetError> {
        let name = file.file.to_string_lossy().to_ascii_lowercase();
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        let separator = |default: u8| match file.separator {
            None => Ok(default),
            Some(given) => u8::try_from(given).ok().filter(u8::is_ascii).ok_or_else(|| {
                let what = format!("the separator `{given}` is not ASCII; take `,`, `;`, `|` or a tab");
                DatasetError::file(&file.file, what)
            }),
        };
        match Path::new(plain).extension().and_then(|e| e.to_str()) {
            Some("csv") => separator(b',').map(Format::Csv),
            Some("tsv") => separator(b'\t').map(Format::Csv),
            Some("jsonl") => Ok(Format::JsonLines),
            Some("parquet") if plain == name => Ok(Format::Parquet),
            _ => {
                let what = "no table by its name; it has to end in .csv, .tsv, .jsonl (each also with .gz) or .parquet";
                Err(DatasetError::file(&file.file, what))
            }
        }
    }

    /// False where every cell is a text, whatever it stands for.
    pub(super) fn is_typed(self) -> bool {
        !matches!(self, Format::Csv(_))
    }
}

/// Values of a column that are remembered for the message that none is the wanted one.
const LISTED: usize = 10;

/// Hands every row that is wanted to `take`, and notes what is wrong with it and what `take` objects to. The record of
/// the file counts the rows handed on.
///
/// # Errors
/// What makes the whole file unusable.
pub(super) fn each(
    path: &Path,
    format: Format,
    wanted: &Wanted,
    problems: &mut Problems,
    watch: &dyn Observer,
    take: &mut Take<'_>,
) -> Result<SourceFile, DatasetError> {
    let mut own = Problems::default();
    let mut only = Only::of(wanted);
    let all = Wanted {
        cells: wanted.cells.iter().chain(wanted.only.keys()).cloned().collect(),
        vectors: wanted.vectors.clone(),
        only: IndexMap::new(),
    };
    let take = &mut |row: &mut Row| match only.has(row) {
        true => take(row),
        false => Ok(()),
    };
    let file = match format {
        Format::Csv(separator) => csv::each(path, separator, &all, &mut own, take),
        Format::JsonLines => json::each(path, &all, &mut own, take),
        Format::Parquet => parquet::each(path, &all, &mut own, watch, take),
    }?;
    if file.rows == 0 && own.shown.is_empty() {
        return Err(DatasetError::file(path, "a header and no rows"));
    }
    if only.taken == 0 && own.shown.is_empty() {
        for fault in only.faults() {
            own.push(path, Place::File, fault.into());
        }
    }
    problems.append(own);
    Ok(SourceFile {
        rows: only.taken,
        ..file
    })
}

/// Tells the wanted rows from the others, by the cells after the first `from`.
struct Only<'a> {
    wanted: &'a IndexMap<String, String>,
    from: usize,
    taken: usize,
    /// What else was seen, per column.
    seen: Vec<BTreeSet<String>>,
}

impl<'a> Only<'a> {
    fn of(wanted: &'a Wanted) -> Self {
        Self {
            wanted: &wanted.only,
            from: wanted.cells.len(),
            taken: 0,
            seen: vec![BTreeSet::new(); wanted.only.len()],
        }
    }

    fn has(&mut self, row: &Row) -> bool {
        let mut all = true;
        let cells = row.cells[self.from..].iter();
        for ((cell, wanted), seen) in cells.zip(self.wanted.values()).zip(&mut self.seen) {
            let word = cell::word(cell);
            all &= word == *wanted;
            if seen.len() < LISTED {
                seen.insert(word);
            }
        }
        self.taken += usize::from(all);
        all
    }

    /// Why no row was wanted.
    fn faults(&self) -> impl Iterator<Item = TableFault> {
        let columns = self.wanted.iter().zip(&self.seen);
        columns.map(|((column, wanted), seen)| TableFault::NoneOnly {
            column: column.clone(),
            wanted: wanted.clone(),
            there: seen.iter().cloned().collect(),
        })
    }
}

/// Where each wanted column is among those there are.
///
/// # Errors
/// All that are missing or ambiguous.
pub(super) fn find<'a>(
    wanted: impl Iterator<Item = &'a String>,
    there: &[String],
) -> Result<Vec<usize>, Vec<TableFault>> {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for name in wanted {
        let mut at = (0..there.len()).filter(|&i| there[i] == *name);
        let fault = match (at.next(), at.next()) {
            (Some(at), None) => {
                found.push(at);
                continue;
            }
            (Some(_), Some(_)) => TableFault::ColumnTwice(name.clone()),
            (None, _) => TableFault::NoColumn {
                wanted: name.clone(),
                there: there.to_vec(),
            },
        };
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}
