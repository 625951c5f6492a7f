//! A column of vectors on its way into one matrix: each row is checked and put where it stays.

use std::path::Path;

use serde_json::Value;

use super::fault::TableFault;
use crate::dataset::problem::DatasetError;
use crate::dataset::records::Order;
use crate::vectors::{Metric, Vectors, normalize};

/// The vectors of one column. Under [`Metric::Cosine`] each is brought to length 1.
#[derive(Debug)]
pub(super) struct Matrix {
    column: String,
    metric: Metric,
    /// 0 before the first row.
    dim: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// An empty one.
    pub(super) fn new(column: &str, metric: Metric) -> Self {
        Self {
            column: column.to_owned(),
            metric,
            dim: 0,
            values: Vec::new(),
        }
    }

    /// Appends a row. With the first one, room is made for the `rows` of the whole table, if their number is known.
    pub(super) fn push(&mut self, row: &[f32], rows: Option<usize>) -> Result<(), TableFault> {
        let column = || self.column.clone();
        if row.is_empty() {
            return Err(TableFault::Missing(column()));
        }
        if let Some(at) = row.iter().position(|x| !x.is_finite()) {
            return Err(TableFault::NotFiniteInVector {
                column: column(),
                at: at + 1,
                value: row[at],
            });
        }
        if self.dim == 0 {
            self.dim = row.len();
            // Only a hint: a damaged file may claim any number of rows, and reading goes on without it.
            let _ = self
                .values
                .try_reserve_exact(self.dim.saturating_mul(rows.unwrap_or(0)));
        }
        if row.len() != self.dim {
            return Err(TableFault::Dimension {
                column: column(),
                want: self.dim,
                got: row.len(),
            });
        }
        let start = self.values.len();
        self.values.extend_from_slice(row);
        if self.metric == Metric::Cosine && !normalize(&mut self.values[start..]) {
            self.values.truncate(start);
            return Err(TableFault::Zeros(column()));
        }
        Ok(())
    }

    /// Values per row.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// The column it was read from.
    pub(super) fn column(&self) -> &str {
        &self.column
    }

    /// Brings the rows into another order, in place.
    pub(super) fn sort(&mut self, order: &Order) {
        let dim = self.dim;
        order.apply(|a, b| {
            let (low, high) = (a.min(b), a.max(b));
            let (head, tail) = self.values.split_at_mut(high * dim);
            head[low * dim..(low + 1) * dim].swap_with_slice(&mut tail[..dim]);
        });
    }

    /// Keeps the rows that `keep` says, in place.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        let mut end = 0;
        for (row, _) in keep.iter().enumerate().filter(|&(_, &kept)| kept) {
            self.values.copy_within(row * self.dim..(row + 1) * self.dim, end);
            end += self.dim;
        }
        self.values.truncate(end);
    }

    /// The matrix of the table `path`.
    ///
    /// # Errors
    /// When there is not a single row.
    pub(super) fn finish(mut self, path: &Path) -> Result<Vectors, DatasetError> {
        self.values.shrink_to_fit();
        let none = || DatasetError::file(path, format!("no vector in `{}`", self.column));
        Vectors::from_flat(self.dim, self.values).ok_or_else(none)
    }
}

/// Numbers from a cell of text, as in `[0.1, 0.2]`; commas may be missing, as NumPy prints it.
pub(super) fn from_text(text: &str, column: &str, into: &mut Vec<f32>) -> Result<(), TableFault> {
    into.clear();
    let text = text.trim();
    let inner = match text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        Some(inner) => inner,
        None if text.is_empty() => return Ok(()),
        None => return Err(no_list(column, "a text")),
    };
    let words = inner.split(|c: char| c == ',' || c.is_whitespace());
    for word in words.filter(|word| !word.is_empty()) {
        let number = word
            .parse()
            .map_err(|_| no_number(column, into.len(), word.to_owned()))?;
        into.push(number);
    }
    Ok(())
}

/// Numbers from a list.
pub(super) fn from_json(value: Option<&Value>, column: &str, into: &mut Vec<f32>) -> Result<(), TableFault> {
    into.clear();
    let items = match value {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(items)) => items,
        Some(other) => return Err(no_list(column, crate::dataset::json::kind(other))),
    };
    for (at, item) in items.iter().enumerate() {
        let number = item
            .as_f64()
            .ok_or_else(|| no_number(column, at, item.to_string()))?;
        into.push(number as f32);
    }
    Ok(())
}

fn no_list(column: &str, found: &'static str) -> TableFault {
    TableFault::Type {
        column: column.to_owned(),
        found,
        want: "a vector is a list of numbers: [0.1, 0.2]",
    }
}

fn no_number(column: &str, before: usize, found: String) -> TableFault {
    TableFault::NoNumber {
        column: column.to_owned(),
        at: before + 1,
        found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: &str) -> Result<Vec<f32>, String> {
        let mut into = vec![9.0];
        from_text(cell, "emb", &mut into).map_err(|e| e.to_string())?;
        Ok(into)
    }

    #[test]
    fn lists_in_text_have_commas_or_blanks() {
        assert_eq!(text("[0.5, -1e-3,2]"), Ok(vec![0.5, -0.001, 2.0]));
        assert_eq!(text(" [ 0.5 -1\n 2. ] "), Ok(vec![0.5, -1.0, 2.0]));
        assert_eq!(text("[]"), Ok(vec![]));
        assert_eq!(text(""), Ok(vec![]));
        let message = "`emb`: value 2 is `x`; a vector is a list of numbers";
        assert_eq!(text("[1, x]"), Err(message.to_owned()));
        let message = "`emb` is a text; a vector is a list of numbers: [0.1, 0.2]";
        assert_eq!(text("1, 2"), Err(message.to_owned()));
    }

    #[test]
    fn rows_are_kept_in_place() {
        let mut matrix = Matrix::new("emb", Metric::Dot);
        for row in [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]] {
            matrix.push(&row, Some(3)).unwrap();
        }
        matrix.retain(&[false, true, true]);
        let kept = matrix.finish(Path::new("t")).unwrap();
        assert_eq!(kept.as_flat(), [3.0, 4.0, 5.0, 6.0]);
    }
}
