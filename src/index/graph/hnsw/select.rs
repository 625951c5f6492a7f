//! Which of many near nodes become neighbours.

use super::beam::Key;
use crate::index::kernel::Space;
use crate::index::rows::Rows;

/// Kept nodes that a candidate is compared with at once.
const AT_ONCE: usize = 8;

/// Memory of a selection, used again by the next.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// The nodes chosen, those that had to be first, then best first.
    pub(super) kept: Vec<u32>,
    kept_rows: Vec<u32>,
    rejected: Vec<u32>,
}

impl Selection {
    /// Keeps at most `most` of `candidates`, which are sorted: first those for which `must` is true, then, best first,
    /// each that is nearer to the node whose neighbours they become than to any kept before it (algorithm 4 of Malkov
    /// and Yashunin 2018, without `extendCandidates`). A candidate on the far side of a kept one is reached through
    /// it; leaving it out keeps links in all directions. As long as fewer than `fill` are kept, rejected ones are
    /// added, best first: `keepPrunedConnections`, which hnswlib leaves out.
    pub(super) fn select<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        to_row: Option<&[u32]>,
        candidates: &[Key],
        most: usize,
        fill: usize,
        must: impl Fn(u32) -> bool,
    ) {
        let row = |node: u32| to_row.map_or(node, |t| t[node as usize]);
        let (kept, kept_rows) = (&mut self.kept, &mut self.kept_rows);
        kept.clear();
        self.rejected.clear();
        kept.extend(candidates.iter().map(|k| k.node()).filter(|&n| must(n)));
        kept_rows.clear();
        kept_rows.extend(kept.iter().map(|&n| row(n)));
        for key in candidates {
            if kept.len() >= most {
                break;
            }
            let node = key.node();
            if must(node) {
                continue;
            }
            match is_behind::<S>(rows, row(node), kept_rows, key.score()) {
                true => self.rejected.push(node),
                false => {
                    kept.push(node);
                    kept_rows.push(row(node));
                }
            }
        }
        let missing = fill.min(most).saturating_sub(kept.len());
        kept.extend(self.rejected.iter().take(missing));
    }
}

/// True when `row` is nearer to one of `kept` than `score` says that it is to the node in question.
fn is_behind<S: Space>(rows: &Rows<S::Value>, row: u32, kept: &[u32], score: f32) -> bool {
    let mut scores = [0.0; AT_ONCE];
    kept.chunks(AT_ONCE).any(|kept| {
        let scores = &mut scores[..kept.len()];
        S::gather(rows.row(row as usize), rows, kept, scores);
        scores.iter().any(|&s| s > score)
    })
}
