//! Rows on their way to the place where they stay, and what can be wrong with their values.

use std::path::Path;

pub(in crate::dataset) use super::head::MAX_DIM;
use crate::dataset::problem::DatasetError;
use crate::vectors::{Metric, Vectors, normalize};

/// Which rows of a file are kept, and where.
#[derive(Debug, Clone, Copy)]
pub(in crate::dataset) enum Keep<'a> {
    /// So many from the top, where they are.
    First(usize),
    /// For each row of the file the row of the matrix that it becomes, if any. The rows of the matrix are taken once
    /// each.
    At(&'a [Option<usize>]),
}

impl Keep<'_> {
    /// Rows that are kept.
    pub(super) fn rows(self) -> usize {
        match self {
            Keep::First(rows) => rows,
            Keep::At(slots) => slots.iter().flatten().count(),
        }
    }

    /// Rows of the file that have to be looked at, of `rows` that it has.
    pub(super) fn end(self, rows: usize) -> usize {
        match self {
            Keep::First(wanted) => wanted.min(rows),
            Keep::At(slots) => slots.len().min(rows),
        }
    }

    /// Where a row of the file goes.
    pub(super) fn slot(self, row: usize) -> Option<usize> {
        match self {
            Keep::First(rows) => (row < rows).then_some(row),
            Keep::At(slots) => slots.get(row).copied().flatten(),
        }
    }
}

/// A matrix that is being filled. Each row is checked and, under [`Metric::Cosine`], brought to length 1 in its place.
pub(in crate::dataset) struct Rows {
    vectors: Vectors,
    metric: Metric,
    not_finite: Flaw<(usize, f32)>,
    zero: Flaw<()>,
}

/// The first row with some flaw, and how many more have it.
struct Flaw<T> {
    first: Option<(usize, T)>,
    more: usize,
}

impl<T> Flaw<T> {
    const NONE: Self = Self { first: None, more: 0 };

    fn note(&mut self, row: usize, what: T) {
        match self.first {
            None => self.first = Some((row, what)),
            Some(_) => self.more += 1,
        }
    }

    fn others(&self) -> String {
        match self.more {
            0 => String::new(),
            1 => ", and so has 1 further row".to_owned(),
            more => format!(", and so have {more} further rows"),
        }
    }
}

impl Rows {
    /// Room for `rows` rows of `dim` values from the file `path`.
    ///
    /// # Errors
    /// When the machine does not give that much memory.
    pub(in crate::dataset) fn new(
        path: &Path,
        dim: usize,
        rows: usize,
        metric: Metric,
    ) -> Result<Self, DatasetError> {
        let vectors = Vectors::zeros(dim, rows).map_err(|_| {
            let mib = (dim * rows * size_of::<f32>()) >> 20;
            let what = format!(
                "{rows} rows of {dim} values take {mib} MiB of memory, which there are not; set a `limit`"
            );
            DatasetError::file(path, what)
        })?;
        Ok(Self {
            vectors,
            metric,
            not_finite: Flaw::NONE,
            zero: Flaw::NONE,
        })
    }

    /// Lets `fill` write row `row` of the file to the row `slot` of the matrix.
    pub(in crate::dataset) fn put(&mut self, row: usize, slot: usize, fill: impl FnOnce(&mut [f32])) {
        let values = self.vectors.row_mut(slot);
        fill(values);
        let not_finite = values.iter().position(|x| !x.is_finite());
        if let Some(column) = not_finite {
            let value = values[column];
            self.not_finite.note(row, (column, value));
        } else if self.metric == Metric::Cosine && !normalize(values) {
            self.zero.note(row, ());
        }
    }

    /// The matrix; `part` stands before each fault, for files that hold several.
    ///
    /// # Errors
    /// Rows with a value that is not finite, and rows of zeros where only the direction counts.
    pub(in crate::dataset) fn finish(self, path: &Path, part: &str) -> Result<Vectors, DatasetError> {
        let mut faults = Vec::new();
        if let Some((row, (column, value))) = self.not_finite.first {
            let others = self.not_finite.others();
            faults.push(format!(
                "{part}row {row}, column {column} (from 0) has the value {value}{others}; make these vectors again or leave them out"
            ));
        }
        if let Some((row, ())) = self.zero.first {
            let others = self.zero.others();
            faults.push(format!(
                "{part}row {row} (from 0) has only zeros{others}; such a row has no direction to compare by cosine: leave it \
                 out, or compare by `dot` or `l2`"
            ));
        }
        if faults.is_empty() {
            return Ok(self.vectors);
        }
        let separator = format!("\n{}: ", path.display());
        Err(DatasetError::file(path, faults.join(&separator)))
    }
}
