//! Judgements of a table.

use serde_json::Value;

use super::cell;
use super::fault::TableFault;
use super::rows::{Format, Row, Wanted, each};
use crate::dataset::folder::stem;
use crate::dataset::problem::{DatasetError, Fault, Problems};
use crate::dataset::qrels::{Judgement, note_repeats};
use crate::dataset::source::JudgementTable;
use crate::dataset::{SourceFile, Unlisted};
use crate::progress::Observer;

/// What became of the table.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) rows: Vec<Judgement>,
    pub(super) file: SourceFile,
    pub(super) unlisted: Unlisted,
    /// What a reader would call the split: the values asked for, or the name of the file.
    pub(super) part: String,
}

/// Reads judgements: those whose columns have the values of `only`.
pub(super) fn read(
    table: &JudgementTable,
    problems: &mut Problems,
    watch: &dyn Observer,
) -> Result<Judged, DatasetError> {
    let path = &table.table.file;
    let columns = [&table.query, &table.document, &table.grade];
    let wanted = Wanted {
        cells: columns.map(String::clone).into(),
        only: table.only.clone(),
        ..Wanted::default()
    };
    let (mut rows, mut own) = (Vec::new(), Problems::default());
    let mut take = |row: &mut Row| {
        rows.push(judgement(table, row)?);
        Ok(())
    };
    let file = each(
        path,
        Format::of(&table.table)?,
        &wanted,
        &mut own,
        watch,
        &mut take,
    )?;
    note_repeats(path, &rows, &mut own);
    problems.append(own);
    let values: Vec<&str> = table.only.values().map(String::as_str).collect();
    let part = if values.is_empty() {
        stem(path)
    } else {
        values.join(", ")
    };
    Ok(Judged {
        file,
        rows,
        unlisted: table.unlisted,
        part,
    })
}

fn judgement(table: &JudgementTable, row: &mut Row) -> Result<Judgement, Fault> {
    let [query, document, grade, ..] = row.cells.as_mut_slice() else {
        return Err(TableFault::Missing(table.query.clone()).into());
    };
    Ok(Judgement {
        query: cell::id(&table.query, Value::take(query))?,
        doc: cell::id(&table.document, Value::take(document))?,
        grade: cell::grade(&table.grade, Value::take(grade), &table.grades)?,
        place: row.place,
    })
}
