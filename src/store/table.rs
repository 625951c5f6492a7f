//! The Parquet tables of a bundle: they open in DuckDB, pandas, polars and Spark.

use std::fs::File;
use std::path::Path;

use polars::prelude::{Column, DataFrame, ParquetReader, ParquetWriter, PolarsError, SerReader};

use super::{LatencySample, StoreError};

/// One row of `queries.parquet`: a measure of a query in a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryValue {
    /// Data set.
    pub data: String,
    /// Cell id.
    pub cell: String,
    /// Query id.
    pub query: String,
    /// As it prints.
    pub measure: String,
    /// What the value is where documents have equal scores: `docid` or `expected`.
    pub tie: &'static str,
    /// `None` where the measure is undefined.
    pub value: Option<f64>,
}

/// Writes `latency.parquet`: cell, pass, query, part, nanos.
pub(super) fn write_latencies(path: &Path, samples: &[LatencySample]) -> Result<(), StoreError> {
    let text = |f: fn(&LatencySample) -> &str| samples.iter().map(f).collect::<Vec<&str>>();
    let columns = vec![
        Column::new("cell".into(), text(|s| &s.cell)),
        Column::new(
            "pass".into(),
            samples.iter().map(|s| s.pass).collect::<Vec<u32>>(),
        ),
        Column::new("query".into(), text(|s| &s.query)),
        Column::new("part".into(), text(|s| &s.part)),
        Column::new(
            "nanos".into(),
            samples.iter().map(|s| s.nanos).collect::<Vec<u64>>(),
        ),
    ];
    write(path, samples.len(), columns)
}

/// Reads `latency.parquet`.
pub(super) fn read_latencies(path: &Path) -> Result<Vec<LatencySample>, StoreError> {
    let frame = read(path)?;
    let bad = |e: PolarsError| malformed(path, &e);
    let text = |name: &str| frame.column(name).and_then(|c| c.str()).map_err(bad);
    let (cell, query, part) = (text("cell")?, text("query")?, text("part")?);
    let pass = frame.column("pass").and_then(|c| c.u32()).map_err(bad)?;
    let nanos = frame.column("nanos").and_then(|c| c.u64()).map_err(bad)?;
    let row = |i: usize| {
        Some(LatencySample {
            cell: cell.get(i)?.to_owned(),
            pass: pass.get(i)?,
            query: query.get(i)?.to_owned(),
            part: part.get(i)?.to_owned(),
            nanos: nanos.get(i)?,
        })
    };
    (0..frame.height())
        .map(|i| {
            row(i).ok_or_else(|| StoreError::Malformed {
                path: path.to_owned(),
                line: Some(i + 1),
                reason: "a row lacks a value".into(),
            })
        })
        .collect()
}

/// Writes `queries.parquet`: data, cell, query, measure, tie, value (null where undefined).
pub fn write_query_values(path: &Path, values: &[QueryValue]) -> Result<(), StoreError> {
    let text = |f: fn(&QueryValue) -> &str| values.iter().map(f).collect::<Vec<&str>>();
    let columns = vec![
        Column::new("data".into(), text(|v| &v.data)),
        Column::new("cell".into(), text(|v| &v.cell)),
        Column::new("query".into(), text(|v| &v.query)),
        Column::new("measure".into(), text(|v| &v.measure)),
        Column::new("tie".into(), text(|v| v.tie)),
        Column::new(
            "value".into(),
            values.iter().map(|v| v.value).collect::<Vec<Option<f64>>>(),
        ),
    ];
    write(path, values.len(), columns)
}

fn write(path: &Path, height: usize, columns: Vec<Column>) -> Result<(), StoreError> {
    let file = File::create(path).map_err(|source| StoreError::Io {
        what: "creating",
        path: path.to_owned(),
        source,
    })?;
    DataFrame::new(height, columns)
        .and_then(|mut frame| ParquetWriter::new(file).finish(&mut frame))
        .map(drop)
        .map_err(|e| malformed(path, &e))
}

fn read(path: &Path) -> Result<DataFrame, StoreError> {
    let file = File::open(path).map_err(|source| StoreError::Io {
        what: "opening",
        path: path.to_owned(),
        source,
    })?;
    ParquetReader::new(file).finish().map_err(|e| malformed(path, &e))
}

fn malformed(path: &Path, error: &PolarsError) -> StoreError {
    StoreError::Malformed {
        path: path.to_owned(),
        line: None,
        reason: error.to_string(),
    }
}
