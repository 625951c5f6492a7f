//! Values of several cells and measures over the same queries.

/// A row per query, a column per cell, measure or difference; every value is defined.
///
/// Queries that are undefined in any column have to be left out first: what is compared has to be over the same
/// queries, and columns with other queries belong in another table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: usize,
    /// Row by row.
    values: Vec<f64>,
}

impl Table {
    /// Of columns, each with a value per query, in the same order.
    ///
    /// # Panics
    /// When the columns differ in length.
    pub fn of_columns<C: AsRef<[f64]>>(columns: &[C]) -> Self {
        let rows = columns.first().map_or(0, |c| c.as_ref().len());
        assert!(
            columns.iter().all(|c| c.as_ref().len() == rows),
            "a value per query in every column"
        );
        Self {
            columns: columns.len(),
            values: (0..rows)
                .flat_map(|row| columns.iter().map(move |c| c.as_ref()[row]))
                .collect(),
        }
    }

    /// Number of queries.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Number of cells, measures or differences.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The values of a query.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..][..self.columns]
    }

    /// Row by row.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values of a column, query by query.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn column(&self, column: usize) -> Vec<f64> {
        assert!(column < self.columns, "a column of the table");
        self.values[column..]
            .iter()
            .step_by(self.columns)
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows_and_columns() {
        let table = Table::of_columns(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert_eq!((table.rows(), table.columns()), (3, 2));
        assert_eq!(table.row(1), [2.0, 5.0]);
        assert_eq!(table.column(1), [4.0, 5.0, 6.0]);
    }

    #[test]
    fn an_empty_table_has_no_rows() {
        assert_eq!(Table::of_columns::<[f64; 0]>(&[]).rows(), 0);
        assert_eq!(Table::of_columns(&[[0.0; 0]; 3]).rows(), 0);
    }

    #[test]
    #[should_panic = "a value per query in every column"]
    fn columns_of_different_lengths_are_a_mistake_of_the_program() {
        Table::of_columns(&[vec![1.0], vec![1.0, 2.0]]);
    }
}
