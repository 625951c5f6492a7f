//! Keeping the best few of a stream of hits.

use crate::hit::{Hit, by_rank, rank};

/// Keeps the best `limit` of the hits pushed into it, by [`by_rank`], in memory that is used again.
///
/// Hits are collected unsorted up to twice the limit and then cut back by selection; a hit that is behind the last
/// of the best `limit` seen at the last cut is turned away with one comparison.
#[derive(Debug, Default)]
pub struct TopK {
    limit: usize,
    hits: Vec<Hit>,
    /// The last of the best `limit` at the last cut.
    bar: Option<Hit>,
}

impl TopK {
    /// An empty collector of the best `limit`.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Forgets everything and keeps `limit` from now on.
    pub fn reset(&mut self, limit: usize) {
        self.limit = limit;
        self.hits.clear();
        self.bar = None;
    }

    /// No hit with a lower score would be kept.
    #[inline]
    pub fn floor(&self) -> f32 {
        self.bar.map_or(f32::NEG_INFINITY, |bar| bar.score)
    }

    /// Offers one hit.
    #[inline]
    pub fn push(&mut self, hit: Hit) {
        if self.bar.is_some_and(|bar| by_rank(&hit, &bar).is_gt()) {
            return;
        }
        self.hits.push(hit);
        if self.hits.len() > self.limit.saturating_mul(2) {
            self.cut();
        }
    }

    /// The best in rank order. [`Self::reset`] comes before the next stream.
    pub fn finish(&mut self) -> &mut Vec<Hit> {
        rank(&mut self.hits, self.limit);
        &mut self.hits
    }

    fn cut(&mut self) {
        if self.limit == 0 {
            return self.hits.clear();
        }
        self.hits.select_nth_unstable_by(self.limit - 1, by_rank);
        self.hits.truncate(self.limit);
        self.bar = self.hits.last().copied();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::testing::Rng;

    #[test]
    fn keeps_exactly_what_sorting_everything_would_keep() {
        let mut rng = Rng::new(3);
        let mut top = TopK::default();
        for limit in [0, 1, 2, 7, 100, 1000] {
            // Few distinct scores, so that ties at the cut-off are the normal case.
            let hits: Vec<Hit> = (0..500)
                .map(|point| Hit {
                    point,
                    score: (rng.next_u64() % 9) as f32,
                })
                .collect();
            top.reset(limit);
            hits.iter().for_each(|&h| top.push(h));
            let mut want = hits.clone();
            want.sort_by(by_rank);
            want.truncate(limit);
            assert_eq!(*top.finish(), want, "limit {limit}");
        }
    }
}
