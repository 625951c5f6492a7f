//! All pairs of systems at once.

use rayon::prelude::*;

use super::grid::{self, Grid};
use super::{Draws, Table};

/// Two columns of a table compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// A column.
    pub a: usize,
    /// A later column.
    pub b: usize,
    /// Mean of `a` less mean of `b`.
    pub difference: f64,
    /// Of a difference at least as large between any two columns, if no column differed; already corrected for the
    /// number of pairs.
    pub p: f64,
}

/// The randomised Tukey HSD test, blocked by query (Carterette 2012; Sakai 2018): every
/// pair of columns, in order.
///
/// If no system differs, the values of a query could stand in any order. Each replicate shuffles them within every
/// query and takes the range of the column means; p is the share (c + 1) / (B + 1) of replicates whose range is at
/// least the pair's difference, ties decided in whole numbers as in [`super::sign_flip`]. A single p is therefore for
/// the largest of all differences, and no further correction applies.
pub fn tukey_hsd(table: &Table, draws: Draws) -> Vec<Pair> {
    let (rows, columns) = (table.rows(), table.columns());
    let values = Grid::of(table.values()).values;
    let sums = sums(&values, columns);
    // Queries on which all systems agree are the same in every replicate, for every column.
    let differing: Vec<i64> = values
        .chunks(columns.max(1))
        .filter(|row| row.iter().any(|v| *v != row[0]))
        .flatten()
        .copied()
        .collect();
    let mut ranges: Vec<i64> = (0..draws.replicates)
        .into_par_iter()
        .map(|replicate| shuffled_range(&differing, columns, draws, replicate))
        .collect();
    ranges.par_sort_unstable();
    let pair = |a: usize, b: usize| {
        // A range and a difference are two sums each.
        let threshold = (sums[a] - sums[b]).abs() - grid::slack(2 * rows);
        let reaching = ranges.len() - ranges.partition_point(|range| *range < threshold);
        let of_row = (0..rows).map(|row| table.row(row)[a] - table.row(row)[b]);
        Pair {
            a,
            b,
            difference: of_row.sum::<f64>() / rows as f64,
            p: (reaching + 1) as f64 / (ranges.len() + 1) as f64,
        }
    };
    (0..columns)
        .flat_map(|a| (a + 1..columns).map(move |b| (a, b)))
        .map(|(a, b)| pair(a, b))
        .collect()
}

/// Column by column.
fn sums(values: &[i64], columns: usize) -> Vec<i64> {
    (0..columns)
        .map(|c| values[c.min(values.len())..].iter().step_by(columns).sum())
        .collect()
}

/// The greatest less the least column sum after the values of every row were shuffled.
fn shuffled_range(values: &[i64], columns: usize, draws: Draws, replicate: usize) -> i64 {
    let mut stream = draws.stream(replicate);
    let (mut sums, mut row) = (vec![0_i64; columns], vec![0_i64; columns]);
    for values in values.chunks(columns.max(1)) {
        row.copy_from_slice(values);
        stream.shuffle(&mut row);
        sums.iter_mut().zip(&row).for_each(|(sum, value)| *sum += value);
    }
    let (least, most) = (sums.iter().min(), sums.iter().max());
    most.zip(least).map_or(0, |(most, least)| most - least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::sign_flip;

    const DRAWS: Draws = Draws {
        replicates: 20_000,
        seed: 42,
        comparison: 0,
    };

    #[test]
    fn two_columns_make_the_sign_flip_test() {
        let a: Vec<f64> = (0..12).map(|i| f64::from(i * 5 % 11) / 10.0).collect();
        let b: Vec<f64> = (0..12).map(|i| f64::from(i * 3 % 7) / 10.0).collect();
        let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let exact = sign_flip(&differences, DRAWS).p;
        let pair = tukey_hsd(&Table::of_columns(&[a, b]), DRAWS)[0];
        let error = 4.0 * (exact * (1.0 - exact) / 20_000.0).sqrt();
        assert!((pair.p - exact).abs() < error, "{pair:?} and {exact}");
    }

    #[test]
    fn one_system_far_ahead_is_told_from_all_others_and_they_from_no_one() {
        let noise = |shift: f64, by: i32| {
            (0..30)
                .map(|i| shift + f64::from(i * by % 7) / 20.0)
                .collect::<Vec<f64>>()
        };
        let table = Table::of_columns(&[noise(0.5, 3), noise(0.0, 5), noise(0.0, 2)]);
        let pairs = tukey_hsd(&table, DRAWS);
        let named: Vec<(usize, usize)> = pairs.iter().map(|p| (p.a, p.b)).collect();
        assert_eq!(named, [(0, 1), (0, 2), (1, 2)]);
        assert!(
            pairs[0].p < 0.001 && pairs[1].p < 0.001 && pairs[2].p > 0.5,
            "{pairs:?}"
        );
    }

    #[test]
    fn equal_systems_are_all_tied() {
        let pairs = tukey_hsd(&Table::of_columns(&[[0.3; 25], [0.3; 25], [0.3; 25]]), DRAWS);
        assert!(pairs.iter().all(|pair| pair.p >= 1.0), "{pairs:?}");
        assert!(tukey_hsd(&Table::of_columns::<Vec<f64>>(&[]), DRAWS).is_empty());
    }
}
