//! Whether the best cell was lucky: chosen on one half of the queries, read on the other.

use super::super::difference::{Purpose, draws};
use super::Primary;
use crate::stats::{Draws, MIN_QUERIES, Table, split_half};

/// Splits that are enough for a share in percent.
const SPLITS: usize = 1_000;
/// Values that are summed at most, all splits together.
const AFFORDABLE: usize = 200_000_000;
const LEAST_SPLITS: usize = 100;

/// The best cell, chosen again and again on half of the queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Id of the cell with the highest mean over all queries.
    pub winner: String,
    /// How many halves chose which cell: id and count, most often first; cells that none chose are left out.
    pub chosen: Vec<(String, usize)>,
    /// Halves of queries that chose: two per split.
    pub halves: usize,
    /// What `selected` and `confirmed` are: the chosen cell's lead over the reference, or its mean where there is none.
    pub is_lead: bool,
    /// Over the half that chose, on average.
    pub selected: f64,
    /// Over the other half.
    pub confirmed: f64,
}

/// `None` of fewer than two cells or [`MIN_QUERIES`] queries.
pub(super) fn choice(primary: &Primary<'_>) -> Option<Choice> {
    let (cells, _) = primary.together();
    let queries = cells.first().map_or(0, |(_, values)| values.len());
    if cells.len() < 2 || queries < MIN_QUERIES {
        return None;
    }
    let reference = primary.reference();
    // Less the reference's values, means become leads and their order stays.
    let column = |values: &super::Values| -> Vec<f64> {
        let less = |query: &String| reference.map_or(0.0, |r| r[query]);
        values.iter().map(|(query, value)| value - less(query)).collect()
    };
    let columns: Vec<Vec<f64>> = cells.iter().map(|(_, values)| column(values)).collect();
    let affordable = AFFORDABLE / (queries * cells.len());
    let draws = Draws {
        replicates: affordable.clamp(LEAST_SPLITS, SPLITS),
        ..draws(primary.plan, Purpose::Halves)
    };
    let split = split_half(&Table::of_columns(&columns), draws)?;
    let halves = 2 * draws.replicates;
    let id = |c: usize| cells[c].0.cell.id.clone();
    let mut chosen: Vec<(String, usize)> = split
        .chosen
        .iter()
        .enumerate()
        .map(|(c, share)| (id(c), (share * halves as f64).round() as usize))
        .filter(|(_, times)| *times > 0)
        .collect();
    chosen.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    Some(Choice {
        winner: id(split.winner),
        chosen,
        halves,
        is_lead: reference.is_some(),
        selected: split.selected,
        confirmed: split.confirmed,
    })
}

impl Choice {
    /// How many halves chose the winner.
    pub fn wins(&self) -> usize {
        let of_winner = self.chosen.iter().find(|(id, _)| *id == self.winner);
        of_winner.map_or(0, |(_, times)| *times)
    }
}
