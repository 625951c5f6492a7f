//! How much of a winner's lead is luck: chosen on half of the queries, reported on the other half.

use rayon::prelude::*;

use super::{Draws, Table};

/// What choosing on some queries and reporting on others came to.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitHalf {
    /// The column with the highest mean over all queries; the first of equal ones.
    pub winner: usize,
    /// For each column, the share of halves that chose it.
    pub chosen: Vec<f64>,
    /// Mean of the chosen column over the half that chose it.
    pub selected: f64,
    /// Mean of the chosen column over the other half, which had no part in the choice.
    pub confirmed: f64,
}

impl SplitHalf {
    /// How much better a winner looks on the queries that chose it. With twice as many queries, all of them, the
    /// choice is somewhat less lucky, so that this is more than the winner's own.
    pub fn optimism(&self) -> f64 {
        self.selected - self.confirmed
    }
}

/// Splits the queries into halves at random, again and again; each half chooses the column with the highest mean and
/// the other reports it (repeated split-half, that is two-fold, cross-validation: Stone 1974).
///
/// `None` of fewer than two queries or no column. Of an odd number of queries, one sits out in each replicate.
pub fn split_half(table: &Table, draws: Draws) -> Option<SplitHalf> {
    let (rows, columns) = (table.rows(), table.columns());
    if rows < 2 || columns == 0 || draws.replicates == 0 {
        return None;
    }
    let all: Vec<usize> = (0..rows).collect();
    let halves: Vec<Half> = (0..draws.replicates)
        .into_par_iter()
        .flat_map_iter(|replicate| {
            let mut order = all.clone();
            draws.stream(replicate).shuffle(&mut order);
            let (one, rest) = order.split_at(rows / 2);
            let (one, other) = (means(table, one), means(table, &rest[..rows / 2]));
            [Half::of(&one, &other), Half::of(&other, &one)]
        })
        .collect();
    let n = halves.len() as f64;
    let share = |c: usize| halves.iter().filter(|h| h.chosen == c).count() as f64 / n;
    Some(SplitHalf {
        winner: best(&means(table, &all)),
        chosen: (0..columns).map(share).collect(),
        selected: halves.iter().map(|h| h.selected).sum::<f64>() / n,
        confirmed: halves.iter().map(|h| h.confirmed).sum::<f64>() / n,
    })
}

/// One choice.
struct Half {
    chosen: usize,
    selected: f64,
    confirmed: f64,
}

impl Half {
    fn of(choosing: &[f64], reporting: &[f64]) -> Self {
        let chosen = best(choosing);
        Self {
            chosen,
            selected: choosing[chosen],
            confirmed: reporting[chosen],
        }
    }
}

/// Column by column, over some of the rows.
fn means(table: &Table, rows: &[usize]) -> Vec<f64> {
    let mut means = vec![0.0; table.columns()];
    for row in rows {
        means
            .iter_mut()
            .zip(table.row(*row))
            .for_each(|(sum, value)| *sum += value);
    }
    means.iter_mut().for_each(|sum| *sum /= rows.len() as f64);
    means
}

/// The first of the highest, values within [`super::TIE`] of each other being equal.
fn best(means: &[f64]) -> usize {
    let better = |best: usize, i: usize| {
        if means[i] > means[best] + super::TIE {
            i
        } else {
            best
        }
    };
    (1..means.len()).fold(0, better)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: Draws = Draws {
        replicates: 2_000,
        seed: 42,
        comparison: 0,
    };

    /// Columns that are alike but for luck: a column per multiplier, values between 0 and 1.
    fn alike(rows: usize) -> Vec<Vec<f64>> {
        let mut stream = Draws { seed: 9, ..DRAWS }.stream(0);
        (0..8)
            .map(|_| (0..rows).map(|_| stream.below(11) as f64 / 10.0).collect())
            .collect()
    }

    #[test]
    fn the_best_of_equals_owes_its_lead_to_luck() {
        let split = split_half(&Table::of_columns(&alike(40)), DRAWS).unwrap();
        // The largest of eight means of 20 values with deviation 0.32 lies about 1.42 errors above 1/2.
        assert!(split.optimism() > 0.05, "{split:?}");
        assert!((split.confirmed - 0.5).abs() < 0.06, "{split:?}");
        assert!((split.chosen.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_true_winner_is_chosen_by_every_half_and_confirmed() {
        let mut columns = alike(40);
        columns[3].iter_mut().for_each(|v| *v = 0.9 + *v / 10.0);
        let split = split_half(&Table::of_columns(&columns), DRAWS).unwrap();
        assert_eq!((split.winner, split.chosen[3]), (3, 1.0));
        assert!(split.optimism().abs() < 1e-3, "{split:?}");
    }

    #[test]
    fn equal_columns_choose_the_first() {
        let split = split_half(&Table::of_columns(&[vec![0.1 + 0.2; 5], vec![0.3; 5]]), DRAWS).unwrap();
        assert_eq!((split.winner, split.chosen), (0, vec![1.0, 0.0]));
    }

    #[test]
    fn one_query_cannot_be_halved() {
        assert_eq!(split_half(&Table::of_columns(&[[0.3], [0.4]]), DRAWS), None);
        assert_eq!(split_half(&Table::of_columns::<Vec<f64>>(&[]), DRAWS), None);
    }
}
