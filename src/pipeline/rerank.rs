//! Reordering the top of a list by another model's scores: a pure function over hits.

use super::Tail;
use crate::hit::{Hit, rank};

/// Gives the first `scores.len()` hits of `input` their new scores and ranks them; the rest follows as `tail` says.
///
/// With [`Tail::Keep`] the rest keeps its earlier order *below* every scored hit. Their scores continue downwards from the
/// lowest logit in steps of 1: they carry an order and no meaning, and a reader of the run that sorts by score, as
/// trec_eval does, sees the same ranking.
pub fn rerank(input: &[Hit], scores: &[f32], tail: Tail) -> Vec<Hit> {
    let (top, rest) = input.split_at(scores.len().min(input.len()));
    let mut hits: Vec<Hit> = top
        .iter()
        .zip(scores)
        .map(|(hit, &score)| Hit { score, ..*hit })
        .collect();
    rank(&mut hits, top.len());
    if tail == Tail::Keep {
        let lowest = hits.last().map_or(0.0, |h| h.score);
        let below = |(i, hit): (usize, &Hit)| Hit {
            score: lowest - (i + 1) as f32,
            ..*hit
        };
        hits.extend(rest.iter().enumerate().map(below));
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(list: &[(u32, f32)]) -> Vec<Hit> {
        list.iter().map(|&(point, score)| Hit { point, score }).collect()
    }

    #[test]
    fn the_top_is_reordered_and_the_tail_stays_below_it() {
        let input = hits(&[(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)]);
        let out = rerank(&input, &[-3.0, 5.0], Tail::Keep);
        assert_eq!(out, hits(&[(2, 5.0), (1, -3.0), (3, -4.0), (4, -5.0)]));
        assert_eq!(
            rerank(&input, &[-3.0, 5.0], Tail::Drop),
            hits(&[(2, 5.0), (1, -3.0)])
        );
    }

    #[test]
    fn equal_scores_are_ordered_by_the_one_rule() {
        let out = rerank(&hits(&[(1, 0.9), (2, 0.8)]), &[1.0, 1.0], Tail::Drop);
        assert_eq!(out, hits(&[(2, 1.0), (1, 1.0)]));
    }
}
