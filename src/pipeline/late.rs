//! Reordering the top of a list by late interaction: a pure function over hits.

use std::collections::HashSet;

use super::Tail;
use crate::hit::{Hit, rank};

/// Ranks the hits of `input` that have a score in `scored`; the rest follows as `tail` says.
///
/// `scored` are hits of `input`, in any order, with their new scores. Without a score are those below the stage's depth,
/// and every document without tokens; all of them where the query has none. With [`Tail::Keep`] they keep their earlier
/// order below the scored ones; their scores continue downwards from the lowest one in steps of 1, as behind a reranker:
/// an order and no meaning.
pub fn reorder(input: &[Hit], mut scored: Vec<Hit>, tail: Tail) -> Vec<Hit> {
    let count = scored.len();
    rank(&mut scored, count);
    if tail == Tail::Keep {
        let lowest = scored.last().map_or(0.0, |h| h.score);
        let points: HashSet<u32> = scored.iter().map(|h| h.point).collect();
        let rest = input.iter().filter(|h| !points.contains(&h.point));
        scored.extend(rest.zip(1u32..).map(|(hit, below)| Hit {
            score: lowest - below as f32,
            ..*hit
        }));
    }
    scored
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(list: &[(u32, f32)]) -> Vec<Hit> {
        list.iter().map(|&(point, score)| Hit { point, score }).collect()
    }

    #[test]
    fn what_has_no_score_stays_below_in_its_order_or_is_left_out() {
        let input = hits(&[(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)]);
        // Document 2 has no tokens, and 4 is below the depth.
        let scored = hits(&[(1, 3.5), (3, 6.25)]);
        let kept = hits(&[(3, 6.25), (1, 3.5), (2, 2.5), (4, 1.5)]);
        assert_eq!(reorder(&input, scored.clone(), Tail::Keep), kept);
        assert_eq!(reorder(&input, scored, Tail::Drop), hits(&[(3, 6.25), (1, 3.5)]));
    }

    #[test]
    fn without_any_score_the_list_is_as_it_was() {
        let input = hits(&[(1, 0.9), (2, 0.8)]);
        assert_eq!(
            reorder(&input, Vec::new(), Tail::Keep),
            hits(&[(1, -1.0), (2, -2.0)])
        );
        assert!(reorder(&input, Vec::new(), Tail::Drop).is_empty());
    }

    #[test]
    fn equal_scores_are_ordered_by_the_one_rule() {
        let input = hits(&[(1, 0.9), (2, 0.8)]);
        assert_eq!(
            reorder(&input, hits(&[(1, 1.0), (2, 1.0)]), Tail::Drop),
            hits(&[(2, 1.0), (1, 1.0)])
        );
    }
}
