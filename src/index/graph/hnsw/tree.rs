//! A spanning tree over the lowest layer, so that no row is ever out of reach.
//!
//! Links are dropped when a slot overflows, and nothing else in the algorithm stops it from dropping the last link
//! that leads to a row: among a few hundred identical rows that is the normal case. So each row hangs on an earlier
//! one, and the links between the two, in both directions, are never dropped. The rows that hang on one are at most
//! half of its slot, which leaves the other half to the choice of the algorithm.

/// Who hangs on whom; needed while the graph is built.
pub(super) struct Tree {
    parent: Vec<u32>,
    children: Vec<u8>,
    /// The row that was hung on each one last.
    latest: Vec<u32>,
    /// Most rows that hang on one.
    most: u8,
}

/// No row.
const NONE: u32 = u32::MAX;

impl Tree {
    /// `most` is at least 1.
    pub(super) fn new(rows: usize, most: u8) -> Self {
        Self {
            parent: vec![NONE; rows],
            children: vec![0; rows],
            latest: vec![NONE; rows],
            most,
        }
    }

    /// Hangs `row` on the nearest of `near` that has room, or else below the nearest; returns on which.
    ///
    /// `near` is not empty, best first, and of rows that hang in the tree, or the root.
    pub(super) fn hang(&mut self, row: u32, near: &[u32]) -> u32 {
        let has_room = |row: u32| self.children[row as usize] < self.most;
        let mut parent = near.iter().copied().find(|&n| has_room(n)).unwrap_or(near[0]);
        // Ends, because a row on which nothing hangs has room.
        while !has_room(parent) {
            parent = self.latest[parent as usize];
        }
        self.parent[row as usize] = parent;
        self.children[parent as usize] += 1;
        self.latest[parent as usize] = row;
        parent
    }

    /// True when one hangs on the other.
    pub(super) fn joins(&self, a: u32, b: u32) -> bool {
        self.parent[a as usize] == b || self.parent[b as usize] == a
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_hangs_on_the_nearest_with_room_and_else_further_down() {
        let mut tree = Tree::new(10, 2);
        assert_eq!(tree.hang(1, &[0]), 0);
        assert_eq!(tree.hang(2, &[0]), 0);
        assert_eq!(tree.hang(3, &[0, 1]), 1);
        // 0 is full; 2 was hung on it last.
        assert_eq!(tree.hang(4, &[0]), 2);
        assert!(tree.joins(3, 1) && tree.joins(1, 3) && !tree.joins(3, 0));
    }
}
