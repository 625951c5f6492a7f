//! Documents and queries of a table.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use indexmap::IndexMap;
use serde_json::Value;

use super::cell;
use super::fault::TableFault;
use super::rows::{Format, Row, Wanted, each};
use super::vectors::Matrix;
use crate::dataset::arrays::ids;
use crate::dataset::problem::{DatasetError, Fault, Problems};
use crate::dataset::records::{Record, sort};
use crate::dataset::source::{DocumentTable, QueryTable};
use crate::dataset::{Doc, Query, SourceFile};
use crate::filter::Payload;
use crate::progress::Observer;
use crate::vectors::Metric;

/// What became of a table: records sorted by id, and their vectors in the same order.
#[derive(Debug)]
pub(super) struct Table<R> {
    pub(super) records: Vec<R>,
    /// In the order of the mapping.
    pub(super) matrices: Vec<Matrix>,
    pub(super) file: SourceFile,
}

impl<R> Table<R> {
    /// Keeps records that `keep` wants, and their vectors.
    pub(super) fn retain(&mut self, keep: impl Fn(&R) -> bool) {
        let kept: Vec<bool> = self.records.iter().map(&keep).collect();
        for matrix in &mut self.matrices {
            matrix.retain(&kept);
        }
        self.records.retain(keep);
    }
}

/// Reads documents.
pub(super) fn documents(
    table: &DocumentTable,
    metric: Metric,
    problems: &mut Problems,
    watch: &dyn Observer,
) -> Result<Table<Doc>, DatasetError> {
    let format = Format::of(&table.table)?;
    let mut wanted = Wanted {
        only: table.only.clone(),
        ..Wanted::default()
    };
    wanted.cells.extend(table.id.iter().cloned());
    wanted
        .cells
        .extend(table.text.values().chain(table.metadata.values()).cloned());
    wanted.vectors.extend(table.vectors.values().cloned());
    let make = |cells: &mut dyn Iterator<Item = Value>| {
        let id = id(table.id.as_deref(), cells)?;
        let mut fields = BTreeMap::new();
        for ((field, column), value) in table.text.iter().zip(&mut *cells) {
            if let Some(text) = cell::text(column, value)? {
                fields.insert(field.clone(), text);
            }
        }
        let metadata = metadata(&table.metadata, cells, format);
        Ok(Doc { id, fields, metadata })
    };
    let read = Read {
        path: &table.table.file,
        format,
        wanted,
        metric,
        numbered: table.id.is_none(),
        repeats: false,
    };
    read.records(problems, watch, make)
}

/// Reads queries.
pub(super) fn queries(
    table: &QueryTable,
    metric: Metric,
    problems: &mut Problems,
    watch: &dyn Observer,
) -> Result<Table<Query>, DatasetError> {
    let format = Format::of(&table.table)?;
    let mut wanted = Wanted {
        only: table.only.clone(),
        ..Wanted::default()
    };
    let single = [&table.id, &table.text, &table.filter];
    wanted.cells.extend(single.into_iter().flatten().cloned());
    wanted.cells.extend(table.metadata.values().cloned());
    wanted.vectors.extend(table.vectors.values().cloned());
    let make = |cells: &mut dyn Iterator<Item = Value>| {
        let id = id(table.id.as_deref(), cells)?;
        let text = match &table.text {
            Some(column) => asked(column, cells.next().unwrap_or_default())?,
            None => String::new(),
        };
        let filter = match &table.filter {
            Some(column) => cell::filter(column, &cells.next().unwrap_or_default())?,
            None => None,
        };
        let metadata = metadata(&table.metadata, cells, format);
        Ok(Query {
            id,
            text,
            filter,
            metadata,
        })
    };
    let read = Read {
        path: &table.table.file,
        format,
        wanted,
        metric,
        numbered: table.id.is_none(),
        repeats: table.repeats,
    };
    read.records(problems, watch, make)
}

/// The id in the first cell, or none yet where rows are numbered.
fn id(column: Option<&str>, cells: &mut dyn Iterator<Item = Value>) -> Result<String, Fault> {
    match column {
        Some(column) => cell::id(column, cells.next().unwrap_or_default()),
        None => Ok(String::new()),
    }
}

fn asked(column: &str, value: Value) -> Result<String, Fault> {
    match cell::text(column, value)? {
        Some(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(TableFault::Missing(column.to_owned()).into()),
    }
}

fn metadata(
    columns: &IndexMap<String, String>,
    cells: &mut dyn Iterator<Item = Value>,
    format: Format,
) -> Payload {
    let fields = columns.keys().zip(cells);
    let present = fields.filter_map(|(field, value)| {
        let value = cell::payload(value, format.is_typed())?;
        Some((field.clone(), value))
    });
    present.collect()
}

/// A table that is about to be read.
struct Read<'a> {
    path: &'a Path,
    format: Format,
    wanted: Wanted,
    metric: Metric,
    /// Ids are numbers of rows.
    numbered: bool,
    /// Rows with equal ids are one record, and have to say the same.
    repeats: bool,
}

impl Read<'_> {
    fn records<R: Record + PartialEq>(
        self,
        problems: &mut Problems,
        watch: &dyn Observer,
        make: impl Fn(&mut dyn Iterator<Item = Value>) -> Result<R, Fault>,
    ) -> Result<Table<R>, DatasetError> {
        let (mut records, mut places) = (Vec::new(), Vec::new());
        let columns = self.wanted.vectors.iter();
        let mut matrices: Vec<Matrix> = columns.map(|column| Matrix::new(column, self.metric)).collect();
        let mut own = Problems::default();
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut take = |row: &mut Row| {
            if records.is_empty() {
                // Only a hint, as for vectors.
                let expected = row.expected.unwrap_or(0);
                let _ = records.try_reserve_exact(expected);
                let _ = places.try_reserve_exact(expected);
            }
            let record = make(&mut row.cells.iter_mut().map(Value::take))?;
            if self.repeats {
                match known.entry(record.id().to_owned()) {
                    Entry::Vacant(free) => drop(free.insert(records.len())),
                    Entry::Occupied(first) if records[*first.get()] == record => return Ok(()),
                    Entry::Occupied(first) => {
                        let (id, first) = (record.id().to_owned(), places[*first.get()]);
                        return Err(TableFault::RepeatDiffers { id, first }.into());
                    }
                }
            }
            records.push(record);
            places.push(row.place);
            for (matrix, vector) in matrices.iter_mut().zip(&row.vectors) {
                matrix.push(vector, row.expected)?;
            }
            Ok(())
        };
        let file = each(self.path, self.format, &self.wanted, &mut own, watch, &mut take)?;
        if self.numbered {
            let ids = ids(records.len());
            for (record, id) in records.iter_mut().zip(ids) {
                record.set_id(id);
            }
        }
        let order = sort(self.path, &mut records, &mut places, &mut own);
        // With a problem there may be fewer vectors than records, and nobody will use them.
        if let (Some(order), true) = (order, own.shown.is_empty()) {
            for matrix in &mut matrices {
                matrix.sort(&order);
            }
        }
        problems.append(own);
        Ok(Table {
            records,
            matrices,
            file,
        })
    }
}
