//! A dataset of two dimensions, read by blocks of rows.

use hdf5_reader::error::Error;
use hdf5_reader::{Dataset, Datatype, H5Type, SliceInfo, SliceInfoElem};

use super::{AGAIN, Container, EXPANSION};
use crate::dataset::matrix::neighbours;
use crate::dataset::matrix::rows::{MAX_DIM, Rows};
use crate::dataset::problem::DatasetError;
use crate::progress::{Event, Observer};
use crate::vectors::{Metric, Vectors};

/// Bytes of float32 read at a time, unless the chunks of the file are larger.
const BLOCK: usize = 1 << 20;

/// Takes the number of a row and its values. Whole numbers of 64 bits lose their last digits as float64, which no row
/// number has.
type TakeRow<'a> = dyn FnMut(usize, &[f64]) -> Result<(), DatasetError> + 'a;

/// A dataset whose type and size are plausible; its rows have not been read yet.
pub(super) struct Rows2d<'a> {
    container: &'a Container<'a>,
    name: &'static str,
    dataset: Dataset,
    pub(super) rows: usize,
    pub(super) dim: usize,
}

impl<'a> Rows2d<'a> {
    pub(super) fn new(
        container: &'a Container<'a>,
        name: &'static str,
        dataset: Dataset,
    ) -> Result<Self, DatasetError> {
        let (rows, dim) =
            size(&dataset, container.length).map_err(|what| container.error(format!("`{name}` {what}")))?;
        Ok(Self {
            container,
            name,
            dataset,
            rows,
            dim,
        })
    }

    /// The first `kept` rows.
    pub(super) fn vectors(
        &self,
        kept: usize,
        metric: Metric,
        watch: &dyn Observer,
    ) -> Result<Vectors, DatasetError> {
        let path = self.container.path;
        let mut rows = Rows::new(path, self.dim, kept, metric)?;
        watch.event(Event::Started {
            what: &format!("read {} {}", path.display(), self.name),
            total: kept,
            unit: "rows",
        });
        self.each_row(kept, watch, &mut |row, values| {
            rows.put(row, row, |into| {
                for (into, value) in into.iter_mut().zip(values) {
                    *into = *value as f32;
                }
            });
            Ok(())
        })?;
        watch.event(Event::Finished);
        rows.finish(path, &format!("`{}` ", self.name))
    }

    /// All rows as lists of documents out of `corpus`; see [`neighbours::list`].
    pub(super) fn neighbours(
        &self,
        corpus: usize,
        watch: &dyn Observer,
    ) -> Result<Vec<Vec<u32>>, DatasetError> {
        let name = self.name;
        if !matches!(self.dataset.dtype(), Datatype::FixedPoint { .. }) {
            let what = format!("`{name}` holds no whole numbers; neighbours are rows of `train`");
            return Err(self.container.error(what));
        }
        let mut lists = Vec::with_capacity(self.rows);
        watch.event(Event::Started {
            what: &format!("read {} {name}", self.container.path.display()),
            total: self.rows,
            unit: "rows",
        });
        self.each_row(self.rows, watch, &mut |row, values| {
            let list = neighbours::list(values.iter().map(|id| *id as i64), corpus);
            let named = |what| {
                self.container
                    .error(format!("`{name}` row {row} (from 0): {what}"))
            };
            lists.push(list.map_err(named)?);
            Ok(())
        })?;
        watch.event(Event::Finished);
        Ok(lists)
    }

    /// Hands the first `wanted` rows to `take`. Blocks end where chunks do, so that a chunk is decoded once.
    fn each_row(
        &self,
        wanted: usize,
        watch: &dyn Observer,
        take: &mut TakeRow<'_>,
    ) -> Result<(), DatasetError> {
        let chunk_rows = self.dataset.chunks().and_then(|chunk| chunk.first().copied());
        let chunk_rows = chunk_rows.unwrap_or(1).max(1) as usize;
        let in_block = BLOCK / (self.dim * size_of::<f32>());
        let step = (in_block / chunk_rows).max(1) * chunk_rows;
        for first in (0..wanted).step_by(step) {
            let end = (first + step).min(wanted);
            self.block(first, end, take)?;
            watch.event(Event::Advanced { done: end });
        }
        Ok(())
    }

    fn block(&self, first: usize, end: usize, take: &mut TakeRow<'_>) -> Result<(), DatasetError> {
        match *self.dataset.dtype() {
            Datatype::FloatingPoint { size: 4, .. } => self.typed(first, end, take, |x: f32| x.into()),
            Datatype::FloatingPoint { .. } => self.typed(first, end, take, |x: f64| x),
            Datatype::FixedPoint { size, signed, .. } => match (size, signed) {
                (1, true) => self.typed(first, end, take, |x: i8| x.into()),
                (1, false) => self.typed(first, end, take, |x: u8| x.into()),
                (2, true) => self.typed(first, end, take, |x: i16| x.into()),
                (2, false) => self.typed(first, end, take, |x: u16| x.into()),
                (4, true) => self.typed(first, end, take, |x: i32| x.into()),
                (4, false) => self.typed(first, end, take, |x: u32| x.into()),
                (_, true) => self.typed(first, end, take, |x: i64| x as f64),
                (_, false) => self.typed(first, end, take, |x: u64| x as f64),
            },
            // `size` let no other type pass.
            _ => Ok(()),
        }
    }

    fn typed<T: H5Type + Copy>(
        &self,
        first: usize,
        end: usize,
        take: &mut TakeRow<'_>,
        convert: fn(T) -> f64,
    ) -> Result<(), DatasetError> {
        let range = |start, end| SliceInfoElem::Slice {
            start: start as u64,
            end: end as u64,
            step: 1,
        };
        let selections = vec![range(first, end), range(0, self.dim)];
        let block = self.dataset.read_slice::<T>(&SliceInfo { selections });
        let block = block.map_err(|e| {
            let (name, last, way_out) = (self.name, end - 1, way_out(&e));
            let what = format!("`{name}` rows {first} to {last} (from 0) cannot be read: {e}; {way_out}");
            self.container.error(what)
        })?;
        let mut values = Vec::with_capacity(self.dim);
        for (row, stored) in (first..).zip(block.rows()) {
            values.clear();
            values.extend(stored.iter().map(|x| convert(*x)));
            take(row, &values)?;
        }
        Ok(())
    }
}

/// Rows and columns, when there are numbers in them and the file is long enough for them.
fn size(dataset: &Dataset, length: u64) -> Result<(usize, usize), String> {
    let [rows, dim] = *dataset.shape() else {
        let shape: Vec<String> = dataset.shape().iter().map(u64::to_string).collect();
        return Err(format!(
            "has the shape ({}); two dimensions are wanted: rows, and values of a row",
            shape.join(", ")
        ));
    };
    let bytes = match *dataset.dtype() {
        Datatype::FloatingPoint {
            size: size @ (4 | 8), ..
        } => size,
        Datatype::FixedPoint {
            size: size @ (1 | 2 | 4 | 8),
            ..
        } => size,
        _ => return Err("holds neither float32 or float64 nor whole numbers; save it as float32".to_owned()),
    };
    if rows == 0 || dim == 0 || dim > MAX_DIM as u64 || u32::try_from(rows).is_err() {
        return Err(format!(
            "has {rows} rows of {dim} values; 1 to {} rows of 1 to {MAX_DIM} values can be read",
            u32::MAX
        ));
    }
    let expansion = if dataset.chunks().is_some() { EXPANSION } else { 1 };
    if rows * dim * u64::from(bytes) > length.saturating_mul(expansion) {
        return Err(format!(
            "has {rows} rows of {dim} values, which cannot be in a file of {length} bytes; {AGAIN}"
        ));
    }
    Ok((rows as usize, dim as usize))
}

fn way_out(error: &Error) -> &'static str {
    match error {
        Error::Context { source, .. } => way_out(source),
        Error::UnsupportedFilter(_) => "save it with `gzip` or uncompressed",
        _ => AGAIN,
    }
}
