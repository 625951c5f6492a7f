//! What became of a relevant document.

/// What became of a relevant document, with the point (by its position on the ladder) that decided it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Within the cut-off at every point.
    Kept,
    /// Within the cut-off at the end; the last step that carried it there.
    Rescued(usize),
    /// In the answer, below the cut-off; the last step that carried it out.
    Buried(usize),
    /// In the answer, and never within the cut-off.
    Below,
    /// Not in the answer; the last step that dropped it.
    Lost(usize),
    /// In no list at all.
    Unfound,
}

/// The fate of a document with these ranks at the points. `beside` says for each point whether a branch
/// that is joined there had the document.
pub(super) fn fate(ranks: &[Option<usize>], beside: &[bool], cutoff: usize) -> Fate {
    let within = |rank: Option<usize>| rank.is_some_and(|r| r <= cutoff);
    let last_step = |from_to: &dyn Fn(usize) -> bool| (1..ranks.len()).rev().find(|at| from_to(*at));
    match ranks.last().copied().flatten() {
        Some(rank) if rank <= cutoff => {
            last_step(&|at| !within(ranks[at - 1]) && within(ranks[at])).map_or(Fate::Kept, Fate::Rescued)
        }
        Some(_) => {
            last_step(&|at| within(ranks[at - 1]) && !within(ranks[at])).map_or(Fate::Below, Fate::Buried)
        }
        None => last_step(&|at| (ranks[at - 1].is_some() || beside[at]) && ranks[at].is_none())
            .map_or(Fate::Unfound, Fate::Lost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks as digits, `-` for absent; nothing on side branches; cut-off 3.
    fn of(ranks: &str) -> Fate {
        let ranks: Vec<Option<usize>> = ranks
            .chars()
            .map(|c| c.to_digit(10).map(|d| d as usize))
            .collect();
        fate(&ranks, &vec![false; ranks.len()], 3)
    }

    #[test]
    fn the_last_step_across_decides() {
        assert_eq!(of("1213"), Fate::Kept);
        assert_eq!(of("1-42"), Fate::Rescued(3));
        assert_eq!(of("4112"), Fate::Rescued(1));
        assert_eq!(of("1254"), Fate::Buried(2));
        assert_eq!(of("1-39"), Fate::Buried(3));
        assert_eq!(of("4789"), Fate::Below);
        assert_eq!(of("1---"), Fate::Lost(1));
        assert_eq!(of("-12-"), Fate::Lost(3));
        assert_eq!(of("1-2-"), Fate::Lost(3));
        assert_eq!(of("----"), Fate::Unfound);
    }

    #[test]
    fn a_document_of_a_side_branch_is_lost_where_it_should_have_been_joined() {
        let beside = [false, true, true];
        assert_eq!(fate(&[None, None, None], &beside, 3), Fate::Lost(2));
        assert_eq!(fate(&[None, None, None], &[false, true, false], 3), Fate::Lost(1));
        assert_eq!(fate(&[None, Some(2), Some(1)], &beside, 3), Fate::Rescued(1));
    }
}
