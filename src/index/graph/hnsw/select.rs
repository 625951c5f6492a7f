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
}

impl Selection {
    /// Keeps at most `most` of `candidates`, which are sorted: first those for which `must` is true, then, best first,
    /// each that is nearer to the node whose neighbours they become than to any kept before it (algorithm 4 of Malkov
    /// and Yashunin 2018, without `extendCandidates` and, as in hnswlib, without `keepPrunedConnections`). A candidate on
    /// the far side of a kept one is reached through it; leaving it out keeps links in all directions.
    pub(super) fn select<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        to_row: Option<&[u32]>,
        candidates: &[Key],
        most: usize,
        must: impl Fn(u32) -> bool,
    ) {
        let row = |node: u32| to_row.map_or(node, |t| t[node as usize]);
        let (kept, kept_rows) = (&mut self.kept, &mut self.kept_rows);
        kept.clear();
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
            if !is_behind::<S>(rows, row(node), kept_rows, key.score()) {
                kept.push(node);
                kept_rows.push(row(node));
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::kernel::L2;
    use crate::vectors::Vectors;

    #[test]
    fn a_candidate_behind_a_kept_one_is_left_out_unless_it_must_be_kept() {
        // On a line: neighbours of 0 at 1 and 2 to the right and at 3 to the left.
        let rows = Rows::of(&Vectors::from_flat(1, vec![0.0, 1.0, 2.0, -3.0]).unwrap()).unwrap();
        let candidates: Vec<Key> = [1u32, 2, 3]
            .map(|node| Key::new(node, L2::score(rows.row(0), rows.row(node as usize))))
            .to_vec();
        let mut selection = Selection::default();
        let mut select = |most, must: Option<u32>| {
            selection.select::<L2>(&rows, None, &candidates, most, |n| Some(n) == must);
            selection.kept.clone()
        };
        assert_eq!(select(3, None), [1, 3]);
        assert_eq!(select(1, None), [1]);
        assert_eq!(select(3, Some(2)), [2, 1, 3]);
    }
}
