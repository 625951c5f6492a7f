//! Parquet files for tests, written as other programs write them.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

/// The values of a column and their definition levels, in the order of the schema; levels only where the schema has
/// optional or repeated nodes.
pub(crate) enum Column {
    Bool(Vec<bool>, Vec<i16>),
    Int32(Vec<i32>, Vec<i16>),
    Int64(Vec<i64>, Vec<i16>),
    Double(Vec<f64>, Vec<i16>),
    Text(Vec<Vec<u8>>, Vec<i16>),
    /// A list of three levels per row: `None` is null, an element that is `None` too.
    Lists(Vec<Option<Vec<Option<f32>>>>),
    /// Values, definition levels and repetition levels of whole numbers.
    Levels(Vec<i32>, Vec<i16>, Vec<i16>),
}

/// Texts without nulls in a required column.
pub(crate) fn texts(values: &[&str]) -> Column {
    Column::Text(values.iter().map(|v| v.as_bytes().to_vec()).collect(), vec![])
}

/// A list without nulls for each row.
pub(crate) fn lists(rows: &[&[f32]]) -> Column {
    Column::Lists(
        rows.iter()
            .map(|row| Some(row.iter().map(|&x| Some(x)).collect()))
            .collect(),
    )
}

/// How a file is stored.
pub(crate) struct Stored {
    pub(crate) compression: Compression,
    pub(crate) dictionary: bool,
}

/// Writes one row group per entry of `groups`.
pub(crate) fn write(path: &Path, schema: &str, stored: &Stored, groups: &[Vec<Column>]) {
    let schema = Arc::new(parse_message_type(&format!("message rows {{ {schema} }}")).expect("a sound file"));
    let properties = WriterProperties::builder()
        .set_compression(stored.compression)
        .set_dictionary_enabled(stored.dictionary)
        .build();
    let file = File::create(path).expect("a sound file");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).expect("a sound file");
    for columns in groups {
        let mut group = writer.next_row_group().expect("a sound file");
        for column in columns {
            let mut to = group
                .next_column()
                .expect("a sound file")
                .expect("a column per part of the schema");
            write_column(&mut to, column);
            to.close().expect("a sound file");
        }
        group.close().expect("a sound file");
    }
    writer.close().expect("a sound file");
}

/// Writes a file as most programs do.
pub(crate) fn write_plain(path: &Path, schema: &str, columns: Vec<Column>) {
    let stored = Stored {
        compression: Compression::SNAPPY,
        dictionary: true,
    };
    write(path, schema, &stored, &[columns]);
}

fn write_column(to: &mut SerializedColumnWriter<'_>, column: &Column) {
    match column {
        Column::Bool(values, levels) => put::<BoolType>(to, values, levels, &[]),
        Column::Int32(values, levels) => put::<Int32Type>(to, values, levels, &[]),
        Column::Int64(values, levels) => put::<Int64Type>(to, values, levels, &[]),
        Column::Double(values, levels) => put::<DoubleType>(to, values, levels, &[]),
        Column::Text(values, levels) => {
            let values: Vec<ByteArray> = values.iter().map(|v| ByteArray::from(v.clone())).collect();
            put::<ByteArrayType>(to, &values, levels, &[]);
        }
        Column::Levels(values, definition, repetition) => {
            put::<Int32Type>(to, values, definition, repetition)
        }
        Column::Lists(rows) => {
            let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
            for row in rows {
                match row.as_deref() {
                    None => definition.push(0),
                    Some([]) => definition.push(1),
                    Some(items) => {
                        values.extend(items.iter().flatten());
                        definition.extend(items.iter().map(|item| if item.is_some() { 3 } else { 2 }));
                    }
                }
                repetition.push(0);
                repetition.resize(definition.len(), 1);
            }
            put::<FloatType>(to, &values, &definition, &repetition);
        }
    }
}

fn put<T: DataType>(
    to: &mut SerializedColumnWriter<'_>,
    values: &[T::T],
    definition: &[i16],
    repetition: &[i16],
) {
    let some = |levels: &[i16]| (!levels.is_empty()).then(|| levels.to_vec());
    let (definition, repetition) = (some(definition), some(repetition));
    let written = to
        .typed::<T>()
        .write_batch(values, definition.as_deref(), repetition.as_deref());
    written.expect("a sound file");
}
