//! One column of one row group, read in batches of rows.

use std::ops::Range;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{BoolType, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use serde_json::{Number, Value};

use super::schema::{Kind, Leaf};
use crate::dataset::table::fault::TableFault;

/// A column and the batch of it that was read last.
pub(super) struct Column {
    leaf: Leaf,
    values: Values,
    levels: Levels,
    /// The next level and the next value of the batch.
    at: (usize, usize),
}

/// The levels of a batch: one for each value, null and empty list. Those that the schema leaves no choice are not
/// stored.
#[derive(Default)]
struct Levels {
    definition: Vec<i16>,
    repetition: Vec<i16>,
}

/// What reads the values of a batch, and those values: only what is not null.
enum Values {
    Bool(Typed<BoolType>),
    Int32(Typed<Int32Type>),
    Int64(Typed<Int64Type>),
    Float(Typed<FloatType>),
    Double(Typed<DoubleType>),
    Text(Typed<ByteArrayType>),
}

struct Typed<T: DataType> {
    reader: ColumnReaderImpl<T>,
    batch: Vec<T::T>,
}

impl<T: DataType> Typed<T> {
    fn new(reader: ColumnReaderImpl<T>) -> Self {
        let batch = Vec::new();
        Self { reader, batch }
    }

    fn read(&mut self, rows: usize, levels: &mut Levels) -> Result<usize> {
        self.batch.clear();
        let Levels {
            definition,
            repetition,
        } = levels;
        let read = self
            .reader
            .read_records(rows, Some(definition), Some(repetition), &mut self.batch);
        read.map(|(rows, ..)| rows)
    }
}

impl Column {
    /// A column that `reader` reads from its start.
    pub(super) fn new(leaf: Leaf, reader: ColumnReader) -> Result<Self> {
        let values = match reader {
            ColumnReader::BoolColumnReader(r) => Values::Bool(Typed::new(r)),
            ColumnReader::Int32ColumnReader(r) => Values::Int32(Typed::new(r)),
            ColumnReader::Int64ColumnReader(r) => Values::Int64(Typed::new(r)),
            ColumnReader::FloatColumnReader(r) => Values::Float(Typed::new(r)),
            ColumnReader::DoubleColumnReader(r) => Values::Double(Typed::new(r)),
            ColumnReader::ByteArrayColumnReader(r) => Values::Text(Typed::new(r)),
            _ => {
                return Err(ParquetError::General(
                    "not the type that the schema says".to_owned(),
                ));
            }
        };
        let levels = Levels::default();
        Ok(Self {
            leaf,
            values,
            levels,
            at: (0, 0),
        })
    }

    /// Reads the next `rows` rows; fewer at the end of the row group. The levels and values of one batch are all that is
    /// held of a column, beside the page they come from.
    pub(super) fn read(&mut self, rows: usize) -> Result<usize> {
        self.levels.definition.clear();
        self.levels.repetition.clear();
        self.at = (0, 0);
        let levels = &mut self.levels;
        match &mut self.values {
            Values::Bool(typed) => typed.read(rows, levels),
            Values::Int32(typed) => typed.read(rows, levels),
            Values::Int64(typed) => typed.read(rows, levels),
            Values::Float(typed) => typed.read(rows, levels),
            Values::Double(typed) => typed.read(rows, levels),
            Values::Text(typed) => typed.read(rows, levels),
        }
    }

    /// The next row of the batch as a cell.
    pub(super) fn cell(&mut self) -> std::result::Result<Value, TableFault> {
        let (levels, values) = self.next_row();
        let Some(list) = self.leaf.list else {
            return if values.is_empty() {
                Ok(Value::Null)
            } else {
                self.value(values.start)
            };
        };
        let first = self.definition(levels.start);
        if first < list {
            // Just below the level of an element is the list without one; below that, there is no list.
            let empty = first + 1 == list;
            return Ok(if empty {
                Value::Array(Vec::new())
            } else {
                Value::Null
            });
        }
        let mut next = values.start;
        let items = levels.map(|level| {
            if self.definition(level) < self.leaf.full {
                return Ok(Value::Null);
            }
            next += 1;
            self.value(next - 1)
        });
        items
            .collect::<std::result::Result<Vec<Value>, _>>()
            .map(Value::Array)
    }

    /// The next row of the batch as a vector: empty for null and for a list without elements.
    pub(super) fn vector(&mut self, into: &mut Vec<f32>) -> std::result::Result<(), TableFault> {
        into.clear();
        let (levels, values) = self.next_row();
        let list = self.leaf.list.unwrap_or_default();
        if levels.len() != values.len() && self.definition(levels.start) >= list {
            let null = levels
                .clone()
                .position(|level| self.definition(level) < self.leaf.full);
            return Err(TableFault::NoNumber {
                column: self.leaf.name.clone(),
                at: null.unwrap_or_default() + 1,
                found: "null".to_owned(),
            });
        }
        match &self.values {
            Values::Float(typed) => into.extend_from_slice(typed.batch.get(values).unwrap_or_default()),
            Values::Double(typed) => extend(into, &typed.batch, values, |&x| x as f32),
            Values::Int32(typed) => extend(into, &typed.batch, values, |&x| x as f32),
            Values::Int64(typed) => extend(into, &typed.batch, values, |&x| x as f32),
            // No vector column is opened over these.
            Values::Bool(_) | Values::Text(_) => {}
        }
        Ok(())
    }

    /// Which levels and which values of the batch are those of the next row.
    fn next_row(&mut self) -> (Range<usize>, Range<usize>) {
        let (level, value) = self.at;
        let further = self.levels.repetition.get(level + 1..).unwrap_or_default();
        let levels = match self.leaf.list {
            None => level..level + 1,
            Some(_) => level..level + 1 + further.iter().take_while(|&&repeated| repeated > 0).count(),
        };
        let present = levels
            .clone()
            .filter(|&level| self.definition(level) == self.leaf.full)
            .count();
        let values = value..value + present;
        self.at = (levels.end, values.end);
        (levels, values)
    }

    /// The definition level at `level`; where nothing can be null, all values are there.
    fn definition(&self, level: usize) -> i16 {
        self.levels
            .definition
            .get(level)
            .copied()
            .unwrap_or(self.leaf.full)
    }

    fn value(&self, at: usize) -> std::result::Result<Value, TableFault> {
        let number = |x: f64| {
            Number::from_f64(x)
                .map(Value::Number)
                .ok_or_else(|| TableFault::NotFinite {
                    column: self.leaf.name.clone(),
                    value: x.to_string(),
                })
        };
        let value = match &self.values {
            Values::Bool(typed) => typed.batch.get(at).map(|&x| Ok(x.into())),
            Values::Int32(typed) => typed
                .batch
                .get(at)
                .map(|&x| Ok(whole(i64::from(x), self.leaf.kind))),
            Values::Int64(typed) => typed.batch.get(at).map(|&x| Ok(whole(x, self.leaf.kind))),
            Values::Float(typed) => typed.batch.get(at).map(|&x| number(f64::from(x))),
            Values::Double(typed) => typed.batch.get(at).map(|&x| number(x)),
            Values::Text(typed) => typed.batch.get(at).map(|bytes| self.text(bytes.data())),
        };
        // The reader has checked that there are as many values as the levels say.
        value.unwrap_or(Ok(Value::Null))
    }

    fn text(&self, bytes: &[u8]) -> std::result::Result<Value, TableFault> {
        let text = str::from_utf8(bytes).map_err(|e| TableFault::NotUtf8 {
            column: self.leaf.name.clone(),
            byte: e.valid_up_to() + 1,
        })?;
        Ok(text.into())
    }
}

fn extend<T>(into: &mut Vec<f32>, batch: &[T], values: Range<usize>, number: impl Fn(&T) -> f32) {
    into.extend(batch.get(values).unwrap_or_default().iter().map(number));
}

/// A whole number; one without a sign is stored in the same bits.
fn whole(stored: i64, kind: Kind) -> Value {
    match kind {
        Kind::Uint32 => Value::from(stored as u32),
        Kind::Uint64 => Value::from(stored as u64),
        _ => Value::from(stored),
    }
}
