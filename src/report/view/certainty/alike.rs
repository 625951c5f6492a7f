//! Cells that cannot be told apart, as groups with letters.

use crate::evaluate::{Evaluation, Groups};

use super::super::number::{self, NOT_APPLICABLE};
use super::super::set::Set;
use super::super::text::{count, listed};

/// Names of a group that are listed; the letters beside the cells tell all of them.
const MOST_NAMES: usize = 6;

/// Groups of cells that cannot be told apart.
#[derive(Debug)]
pub(crate) struct Alike {
    /// How it was tested, and how many pairs differ.
    pub(crate) sentence: String,
    /// Letter, and names of the cells, the highest mean first.
    pub(crate) groups: Vec<(String, String)>,
}

/// `a` to `z`, then `aa`, `ab` and so on.
fn letter(group: usize) -> String {
    let last = char::from(b'a' + (group % 26) as u8);
    match (group / 26).checked_sub(1) {
        None => last.to_string(),
        Some(before) => letter(before) + &last.to_string(),
    }
}

/// The letters of the groups that hold a cell.
pub(super) fn letters_of(groups: &Groups, id: &str) -> String {
    let Some(place) = groups.cells.iter().position(|c| c == id) else {
        return NOT_APPLICABLE.to_owned();
    };
    let holding = groups.groups.iter().enumerate();
    let holding = holding.filter(|(_, (first, last))| (*first..=*last).contains(&place));
    let letters: Vec<String> = holding.map(|(group, _)| letter(group)).collect();
    letters.join(" ")
}

/// The groups with their letters.
pub(super) fn alike(evaluation: &Evaluation, set: &Set<'_>, groups: &Groups) -> Alike {
    let names = |ids: &[String]| ids.iter().map(|id| set.name(id).to_owned()).collect::<Vec<_>>();
    let mut sentence = format!(
        "{} of {} can be told apart in {} at {} (randomised Tukey HSD, {} rearrangements within {}); cells of one group \
         cannot.",
        groups.told_apart,
        count(groups.pairs(), "pair of cells", "pairs of cells"),
        set.headline.unwrap_or("the primary measure"),
        number::level(1.0 - evaluation.plan.compare.level),
        number::integer(groups.replicates as u64),
        count(groups.queries, "query", "queries"),
    );
    if !groups.beyond.is_empty() {
        sentence += &format!(
            " The {} with lower means are not among them.",
            count(groups.beyond.len(), "cell", "cells")
        );
    }
    if !groups.elsewhere.is_empty() {
        let names = listed(&names(&groups.elsewhere), 3);
        sentence += &format!(" Scored on other queries and therefore not among them: {names}.");
    }
    let group = |(i, (first, last)): (usize, &(usize, usize))| {
        let members = names(&groups.cells[*first..=*last]);
        (letter(i), listed(&members, MOST_NAMES))
    };
    Alike {
        sentence,
        groups: groups.groups.iter().enumerate().map(group).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        let letters: Vec<String> = [0, 25, 26, 51, 52].map(letter).to_vec();
        assert_eq!(letters, ["a", "z", "aa", "az", "ba"]);
    }
}
