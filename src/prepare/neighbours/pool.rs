//! The best documents seen so far for one query.

use super::Exact;
use crate::hit::{Hit, by_rank, tie_floor};

/// A document under consideration.
#[derive(Debug, Clone, Copy)]
struct Scored {
    row: u32,
    score: f64,
}

/// Keeps the `k` best documents and all that tie with the k-th, of any number that is offered, in bounded memory.
#[derive(Debug)]
pub(super) struct Pool {
    k: usize,
    kept: Vec<Scored>,
    /// Documents below it cannot be in the result. It only rises.
    floor: f64,
    /// The length at which `kept` is cut down.
    full: usize,
    left_out: usize,
    best_left_out: f64,
}

impl Pool {
    /// An empty pool for the `k` best, `k` at least 1.
    pub(super) fn new(k: usize) -> Self {
        Self {
            k,
            kept: Vec::new(),
            floor: f64::NEG_INFINITY,
            full: full(k, 0),
            left_out: 0,
            best_left_out: f64::NEG_INFINITY,
        }
    }

    /// The least score that is still of interest.
    pub(super) fn floor(&self) -> f64 {
        self.floor
    }

    /// Takes a document into consideration.
    pub(super) fn offer(&mut self, row: u32, score: f64) {
        if score < self.floor {
            return;
        }
        self.kept.push(Scored { row, score });
        if self.kept.len() >= self.full {
            self.cut();
        }
    }

    /// Takes over what another part of the documents gave.
    pub(super) fn merge(&mut self, other: Pool) {
        self.left_out += other.left_out;
        self.best_left_out = self.best_left_out.max(other.best_left_out);
        for scored in other.kept {
            self.offer(scored.row, scored.score);
        }
    }

    /// The result, rows turned into their points.
    pub(super) fn finish(mut self, points: &[u32]) -> Exact {
        self.cut();
        let hit = |s: &Scored| Hit {
            point: points[s.row as usize],
            // Adding 0 turns −0 into 0: they are one score, but `by_rank` tells them apart.
            score: s.score as f32 + 0.0,
        };
        let mut hits: Vec<Hit> = self.kept.iter().map(hit).collect();
        hits.sort_unstable_by(by_rank);
        let still_tied = self.best_left_out >= self.floor;
        Exact {
            hits,
            left_out: if still_tied { self.left_out } else { 0 },
        }
    }

    /// Raises the floor to what the k-th best so far asks for, and drops what lies below it.
    fn cut(&mut self) {
        if self.kept.len() >= self.k {
            self.kept.select_nth_unstable_by(self.k - 1, nearest_first);
            let kth = self.kept[self.k - 1].score;
            self.floor = tie_floor(kth);
            self.kept.retain(|s| s.score >= self.floor);
            self.limit();
        }
        self.full = full(self.k, self.kept.len());
    }

    /// Lets go of the lowest of very many ties.
    fn limit(&mut self) {
        let most = self.k.saturating_mul(10).saturating_add(1000);
        if self.kept.len() > most {
            self.kept.select_nth_unstable_by(most - 1, nearest_first);
            let scores = self.kept[most..].iter().map(|s| s.score);
            self.best_left_out = scores.fold(self.best_left_out, f64::max);
            self.left_out += self.kept.len() - most;
            self.kept.truncate(most);
        }
    }
}

/// The order of [`by_rank`], on float64; rows ascend as points do.
fn nearest_first(a: &Scored, b: &Scored) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then_with(|| b.row.cmp(&a.row))
}

/// Room for as much again as is kept, so that cutting costs a constant per document.
fn full(k: usize, kept: usize) -> usize {
    (2 * kept).max(k.saturating_mul(4).saturating_add(256))
}
