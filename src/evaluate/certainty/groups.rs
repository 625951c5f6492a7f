//! All pairs of cells at once: which of them cannot be told apart.

use super::super::difference::{Purpose, draws};
use super::Primary;
use crate::evaluate::{CellResult, Values};
use crate::stats::{Draws, MIN_QUERIES, Table, tukey_hsd};

/// More cells than this are not compared all with all: the reference and the highest are.
const MOST_CELLS: usize = 30;

/// The randomised Tukey HSD test over all pairs of cells, at one less the plan's level.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// Ids of the cells, the highest mean first.
    pub cells: Vec<String>,
    /// Groups of cells of which no two can be told apart: positions of the first and the last in `cells`. Groups may
    /// overlap, and none lies inside another.
    pub groups: Vec<(usize, usize)>,
    /// Pairs that can be told apart.
    pub told_apart: usize,
    /// Queries that all of the cells are scored on.
    pub queries: usize,
    /// Rearrangements that were drawn.
    pub replicates: usize,
    /// Ids of cells that are not among them because there are too many.
    pub beyond: Vec<String>,
    /// Ids of cells that are not among them because they are scored on other queries.
    pub elsewhere: Vec<String>,
}

impl Groups {
    /// Number of pairs of cells.
    pub fn pairs(&self) -> usize {
        self.cells.len() * self.cells.len().saturating_sub(1) / 2
    }
}

/// `None` of fewer than three cells or [`MIN_QUERIES`] queries.
pub(super) fn groups(primary: &Primary<'_>) -> Option<Groups> {
    let (mut cells, elsewhere) = primary.together();
    let queries = cells.first().map_or(0, |(_, values)| values.len());
    if cells.len() < 3 || queries < MIN_QUERIES {
        return None;
    }
    let sum = |values: &Values| values.values().sum::<f64>();
    cells.sort_by(|(a, a_values), (b, b_values)| {
        let by_mean = || sum(b_values).total_cmp(&sum(a_values));
        b.is_reference.cmp(&a.is_reference).then_with(by_mean)
    });
    let beyond = cells.split_off(cells.len().min(MOST_CELLS));
    cells.sort_by(|a, b| sum(b.1).total_cmp(&sum(a.1)));
    let columns: Vec<Vec<f64>> = cells.iter().map(|(_, v)| v.values().copied().collect()).collect();
    let draws = Draws {
        replicates: primary.replicates(queries * cells.len()),
        ..draws(primary.plan, Purpose::AllPairs)
    };
    let alpha = 1.0 - primary.plan.compare.level;
    let mut apart = vec![vec![false; cells.len()]; cells.len()];
    for pair in tukey_hsd(&Table::of_columns(&columns), draws) {
        apart[pair.a][pair.b] = pair.p <= alpha;
    }
    let ids = |cells: &[&CellResult]| cells.iter().map(|c| c.cell.id.clone()).collect();
    let ids_of = |cells: &[(&CellResult, &Values)]| ids(&cells.iter().map(|c| c.0).collect::<Vec<_>>());
    Some(Groups {
        groups: runs(&apart),
        told_apart: apart.iter().flatten().filter(|apart| **apart).count(),
        cells: ids_of(&cells),
        queries,
        replicates: draws.replicates,
        beyond: ids_of(&beyond),
        elsewhere: ids(&elsewhere),
    })
}

/// The longest runs without a pair that is told apart. Cells are in the order of their means, and a larger difference
/// never has a larger p, so that it is enough to look at the ends of a run.
fn runs(apart: &[Vec<bool>]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for first in 0..apart.len() {
        let last = (first + 1..apart.len())
            .take_while(|b| !apart[first][*b])
            .last()
            .unwrap_or(first);
        if runs.last().is_none_or(|(_, end)| last > *end) {
            runs.push((first, last));
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs that are told apart, of four cells.
    fn apart(pairs: &[(usize, usize)]) -> Vec<Vec<bool>> {
        let is = |a, b| pairs.contains(&(a, b));
        (0..4).map(|a| (0..4).map(|b| is(a, b)).collect()).collect()
    }

    #[test]
    fn groups_overlap_and_none_lies_in_another() {
        assert_eq!(runs(&apart(&[])), [(0, 3)]);
        assert_eq!(runs(&apart(&[(0, 2), (0, 3), (1, 3)])), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(runs(&apart(&[(0, 3), (1, 3), (2, 3)])), [(0, 2), (3, 3)]);
        let all = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
        assert_eq!(runs(&apart(&all)), [(0, 0), (1, 1), (2, 2), (3, 3)]);
    }
}
