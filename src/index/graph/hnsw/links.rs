//! Who is linked to whom in one layer: a slot of equal size per node, in one piece of memory.

use crate::index::IndexError;
use crate::index::rows::Rows;

/// Ends the links of a slot that is not full.
const NONE: u32 = u32::MAX;

/// The links of every node of a layer, at most `width()` each.
pub(super) struct Links {
    slots: Rows<u32>,
}

impl Links {
    /// No links between `nodes` nodes.
    pub(super) fn new(width: usize, nodes: usize) -> Result<Self, IndexError> {
        let mut slots = Rows::zeroed(width, nodes)?;
        slots.flat_mut().fill(NONE);
        Ok(Self { slots })
    }

    /// Links that were made before.
    pub(super) fn stored(slots: Rows<u32>) -> Self {
        Self { slots }
    }

    /// All slots, one after the other.
    pub(super) fn flat(&self) -> &[u32] {
        self.slots.flat()
    }

    /// True when every link leads to a node that there is.
    pub(super) fn is_within(&self) -> bool {
        self.flat()
            .iter()
            .all(|&n| n == NONE || (n as usize) < self.len())
    }

    pub(super) fn width(&self) -> usize {
        self.slots.width()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The whole slot of `node`, used or not.
    pub(super) fn slot(&self, node: u32) -> &[u32] {
        self.slots.row(node as usize)
    }

    /// The nodes that `node` links to.
    pub(super) fn of(&self, node: u32) -> &[u32] {
        let slot = self.slot(node);
        let used = slot.iter().position(|&n| n == NONE).unwrap_or(slot.len());
        &slot[..used]
    }

    /// Replaces the links of many nodes at once. `new` ascends by node, each once, with no more links than a slot has.
    pub(super) fn replace(&mut self, new: &[(u32, Vec<u32>)]) {
        let width = self.width();
        replace(self.slots.flat_mut(), width, 0, new);
    }

    /// Links in all slots.
    pub(super) fn count(&self) -> usize {
        self.slots.flat().iter().filter(|&&n| n != NONE).count()
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.bytes()
    }
}

/// Splits slots and changes until there are few, so that several threads write, each to memory of its own.
fn replace(slots: &mut [u32], width: usize, first: usize, new: &[(u32, Vec<u32>)]) {
    const FEW: usize = 256;
    if new.len() <= FEW {
        for (node, links) in new {
            let slot = &mut slots[(*node as usize - first) * width..][..width];
            let (used, free) = slot.split_at_mut(links.len());
            used.copy_from_slice(links);
            free.fill(NONE);
        }
        return;
    }
    let (low, high) = new.split_at(new.len() / 2);
    let middle = high[0].0 as usize;
    let (low_slots, high_slots) = slots.split_at_mut((middle - first) * width);
    rayon::join(
        || replace(low_slots, width, first, low),
        || replace(high_slots, width, middle, high),
    );
}
