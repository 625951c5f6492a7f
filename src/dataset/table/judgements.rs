//! Judgements of a table.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cell;
use super::fault::TableFault;
use super::rows::{Format, Row, Wanted, each};
use crate::dataset::folder::stem;
use crate::dataset::problem::{DatasetError, Fault, Place, Problems};
use crate::dataset::qrels::{Judgement, note_repeats};
use crate::dataset::source::JudgementTable;
use crate::dataset::{SourceFile, Unlisted};
use crate::progress::Observer;

/// Values of a column that are remembered for the message that none is the wanted one.
const LISTED: usize = 10;

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
    let mut wanted = Wanted::default();
    let columns = [&table.query, &table.document, &table.grade];
    wanted
        .cells
        .extend(columns.into_iter().chain(table.only.keys()).cloned());
    let (mut rows, mut own) = (Vec::new(), Problems::default());
    let mut others: Vec<BTreeSet<String>> = vec![BTreeSet::new(); table.only.len()];
    let mut take = |row: &mut Row| {
        let mut only = true;
        for ((value, wanted), seen) in row.cells[columns.len()..]
            .iter()
            .zip(table.only.values())
            .zip(&mut others)
        {
            let word = cell::word(value);
            only &= word == *wanted;
            if seen.len() < LISTED {
                seen.insert(word);
            }
        }
        if only {
            rows.push(judgement(table, row)?);
        }
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
    if rows.is_empty() && own.shown.is_empty() {
        for ((column, wanted), seen) in table.only.iter().zip(&others) {
            let fault = TableFault::NoneOnly {
                column: column.clone(),
                wanted: wanted.clone(),
                there: seen.iter().cloned().collect(),
            };
            own.push(path, Place::File, fault.into());
        }
    }
    note_repeats(path, &rows, &mut own);
    problems.append(own);
    let values: Vec<&str> = table.only.values().map(String::as_str).collect();
    let part = if values.is_empty() {
        stem(path)
    } else {
        values.join(", ")
    };
    Ok(Judged {
        file: SourceFile {
            rows: rows.len(),
            ..file
        },
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
