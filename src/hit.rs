//! One scored point, and the one order in which hits are ranked.

use std::cmp::Ordering;

/// A point of the corpus with its score; larger is better.
///
/// `point` is the document's position in the corpus sorted by id bytes (see [`crate::dataset`]), so that the
/// order of points *is* the order of ids and ties can be decided without looking at a string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Position of the document in the sorted corpus.
    pub point: u32,
    /// What ranks it; each stage has its own scale.
    pub score: f32,
}

/// Scores of exact neighbours closer than this to the k-th, times the k-th where that is above 1, are as good as it:
/// float32 sums in another order differ by less.
pub const TOLERANCE: f64 = 1e-6;

/// The least score that is as good as the k-th exact neighbour's.
pub fn tie_floor(kth: f64) -> f64 {
    kth - TOLERANCE * kth.abs().max(1.0)
}

/// The ranking order of the whole program: score descending, then document id descending by bytes, as
/// trec_eval has it. It is applied *before* any truncation, so that a tie at the cut-off is decided once.
///
/// Scores are finite by construction; `total_cmp` keeps the order total even if one is not.
pub fn by_rank(a: &Hit, b: &Hit) -> Ordering {
    b.score.total_cmp(&a.score).then_with(|| b.point.cmp(&a.point))
}

/// Sorts by [`by_rank`] and keeps the first `limit`.
pub fn rank(hits: &mut Vec<Hit>, limit: usize) {
    if limit == 0 {
        hits.clear();
        return;
    }
    if hits.len() > limit {
        // Selecting first keeps a scan over the whole corpus linear.
        hits.select_nth_unstable_by(limit - 1, by_rank);
        hits.truncate(limit);
    }
    hits.sort_unstable_by(by_rank);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(point: u32, score: f32) -> Hit {
        Hit { point, score }
    }

    #[test]
    fn ties_go_to_the_larger_id_before_the_cut() {
        let mut hits = vec![hit(0, 1.0), hit(1, 1.0), hit(2, 1.0), hit(3, 2.0)];
        rank(&mut hits, 2);
        assert_eq!(hits, [hit(3, 2.0), hit(2, 1.0)]);
    }

    #[test]
    fn a_limit_beyond_the_end_keeps_everything_and_zero_keeps_nothing() {
        let mut hits = vec![hit(0, 1.0), hit(1, 3.0)];
        rank(&mut hits, 9);
        assert_eq!(hits, [hit(1, 3.0), hit(0, 1.0)]);
        rank(&mut hits, 0);
        assert!(hits.is_empty());
    }
}
