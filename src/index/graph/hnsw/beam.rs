//! The best nodes of a walk so far, and which of them it still has to look at.

/// A node with its score as one number that sorts as [`crate::hit::by_rank`] does: better first, and of equals the
/// larger node first.
///
/// From the top: 32 bits of the score, turned so that they fall while it rises; 31 bits of the node, turned too; one
/// bit that says that the walk has been there, which decides no comparison because a node is never twice in a beam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

/// Nodes a graph can have: what fits beside the score and the mark.
pub(super) const MOST_NODES: usize = NODES as usize;
const NODES: u32 = u32::MAX >> 1;
const SIGN: u32 = 1 << 31;
const BEEN: u64 = 1;

impl Key {
    #[inline]
    pub(super) fn new(node: u32, score: f32) -> Self {
        let bits = score.to_bits();
        // Falls while the score rises: negative floats rise with their bits, the others fall when turned.
        let falling = if bits & SIGN == 0 { !bits & !SIGN } else { bits };
        Self(u64::from(falling) << 32 | u64::from(NODES - node) << 1)
    }

    pub(super) fn node(self) -> u32 {
        NODES - (self.0 >> 1) as u32 % SIGN
    }

    /// The same key, as if no walk had been there.
    pub(super) fn fresh(self) -> Self {
        Self(self.0 & !BEEN)
    }

    pub(super) fn score(self) -> f32 {
        let falling = (self.0 >> 32) as u32;
        f32::from_bits(if falling & SIGN == 0 {
            !falling & !SIGN
        } else {
            falling
        })
    }
}

/// The best `width` keys offered, sorted.
///
/// A sorted list, not a pair of heaps: beams are a few hundred wide, moving that many numbers along costs less than
/// the mispredicted branches of a heap, and the candidates that a walk would still expand are among its best hits
/// anyway.
#[derive(Debug, Default)]
pub(super) struct Beam {
    keys: Vec<Key>,
    width: usize,
    /// Everything before it has been expanded.
    next: usize,
}

impl Beam {
    /// Empties the beam; it keeps `width` keys from now on, at least one.
    pub(super) fn reset(&mut self, width: usize) {
        self.keys.clear();
        self.keys.reserve(width);
        self.width = width;
        self.next = 0;
    }

    /// Keeps so many times as many keys from now on.
    pub(super) fn widen(&mut self, times: f64) {
        self.width = (self.width as f64 * times) as usize;
    }

    /// True when `key` would be kept.
    #[inline]
    pub(super) fn wants(&self, key: Key) -> bool {
        self.keys.len() < self.width || self.keys.last().is_some_and(|&last| key < last)
    }

    /// Keeps `key` if it is good enough.
    #[inline]
    pub(super) fn offer(&mut self, key: Key) {
        if !self.wants(key) {
            return;
        }
        if self.keys.len() == self.width {
            self.keys.pop();
        }
        let at = self.keys.partition_point(|&other| other < key);
        self.keys.insert(at, key);
        self.next = self.next.min(at);
    }

    /// The best node that has not been expanded; from now on it has.
    #[inline]
    pub(super) fn expand(&mut self) -> Option<u32> {
        let key = self.peek()?;
        self.keys[self.next].0 |= BEEN;
        self.next += 1;
        Some(key.node())
    }

    /// The best key that has not been expanded.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<Key> {
        while let Some(key) = self.keys.get(self.next) {
            if key.0 & BEEN == 0 {
                return Some(*key);
            }
            self.next += 1;
        }
        None
    }

    /// Best first.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::{Hit, by_rank};

    #[test]
    fn keys_sort_as_hits_do_and_give_back_what_they_were_made_of() {
        let scores = [1.0, 0.75, 1e-40, 0.0, -0.0, -1e-40, -3.0, -384.0];
        let nodes = [0, 1, 77, NODES];
        let mut hits: Vec<Hit> = scores
            .iter()
            .flat_map(|&score| nodes.map(|point| Hit { point, score }))
            .collect();
        let mut keys: Vec<Key> = hits.iter().rev().map(|h| Key::new(h.point, h.score)).collect();
        hits.sort_by(by_rank);
        keys.sort_unstable();
        let back = |k: &Key| (k.node(), k.score().to_bits());
        let want: Vec<(u32, u32)> = hits.iter().map(|h| (h.point, h.score.to_bits())).collect();
        assert_eq!(keys.iter().map(back).collect::<Vec<_>>(), want);
    }

    #[test]
    fn a_beam_keeps_the_best_and_expands_each_once_best_first() {
        let mut beam = Beam::default();
        beam.reset(3);
        for (node, score) in [(5, 0.1), (6, 0.4), (7, 0.2), (8, 0.3)] {
            beam.offer(Key::new(node, score));
        }
        assert_eq!(
            beam.keys().iter().map(|k| k.node()).collect::<Vec<_>>(),
            [6, 8, 7]
        );
        assert_eq!((beam.expand(), beam.expand()), (Some(6), Some(8)));
        beam.offer(Key::new(9, 0.9));
        assert_eq!((beam.expand(), beam.expand()), (Some(9), None));
        assert!(!beam.wants(Key::new(1, 0.25)));
    }
}
