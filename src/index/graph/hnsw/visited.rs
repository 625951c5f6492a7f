//! Which nodes a walk has seen, forgotten in no time.

/// A set of nodes that is emptied by counting up.
///
/// A byte per node keeps the whole table near the processor; the price is wiping it every 255 walks.
#[derive(Debug, Default)]
pub(super) struct Visited {
    /// In the set when equal to `now`.
    stamps: Vec<u8>,
    now: u8,
}

impl Visited {
    /// Empties the set and makes room for nodes below `len`.
    pub(super) fn reset(&mut self, len: usize) {
        if self.stamps.len() < len {
            self.stamps.resize(len, 0);
        }
        self.now = self.now.wrapping_add(1);
        if self.now == 0 {
            self.stamps.fill(0);
            self.now = 1;
        }
    }

    /// Adds `node`; true when it was not there.
    #[inline]
    pub(super) fn insert(&mut self, node: u32) -> bool {
        let stamp = &mut self.stamps[node as usize];
        let new = *stamp != self.now;
        *stamp = self.now;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_forgets_everything_however_often() {
        let mut visited = Visited::default();
        for round in 0..600 {
            visited.reset(3);
            assert!(visited.insert(1), "round {round}");
            assert!(!visited.insert(1), "round {round}");
        }
        visited.reset(5);
        assert!(visited.insert(4));
    }
}
