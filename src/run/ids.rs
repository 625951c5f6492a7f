//! A table of ids that is filled and emptied for every query, without an allocation for an id.

/// Open addressing over ids that the caller keeps; an entry is an index into them.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Upper half of the hash and 1 + index; 0 is free. Twice as many as entries, a power of two.
    slots: Vec<u64>,
}

impl Ids {
    /// Empties the table and makes room for so many ids.
    pub(super) fn clear(&mut self, ids: usize) {
        let wanted = (2 * ids + 1).next_power_of_two();
        self.slots.clear();
        self.slots.resize(wanted, 0);
    }

    /// The index of an equal id that was inserted before; else inserts this one under `index`.
    ///
    /// `is` says whether the id of an index is this one. Not more ids may be inserted than room was made for.
    pub(super) fn find_or_insert(&mut self, id: &str, index: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        let hash = hash(id.as_bytes());
        let mark = hash & 0xffff_ffff_0000_0000;
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                0 => {
                    self.slots[at] = mark | (u64::from(index) + 1);
                    return None;
                }
                slot if slot & 0xffff_ffff_0000_0000 == mark => {
                    let found = (slot as u32).wrapping_sub(1);
                    if is(found) {
                        return Some(found);
                    }
                }
                _ => {}
            }
            at = (at + 1) & mask;
        }
    }
}

/// Multiply and rotate, eight bytes at a time. Nobody who writes a run file gains by making ids collide.
fn hash(id: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let (words, rest) = id.as_chunks::<8>();
    let hash = words
        .iter()
        .fold(id.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let mut tail = [0; 8];
    tail[..rest.len()].copy_from_slice(rest);
    let hash = mix(hash, u64::from_le_bytes(tail));
    // A product's upper bits depend on all of its input, its lower ones on few.
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn an_id_is_found_again_and_others_are_not() {
        let ids: Vec<String> = (0..5000)
            .map(|i| format!("clueweb09-en{:04}-{i}", i % 7))
            .collect();
        let mut table = Ids::default();
        table.clear(ids.len());
        for (i, id) in ids.iter().enumerate() {
            assert_eq!(
                table.find_or_insert(id, i as u32, |at| ids[at as usize] == *id),
                None
            );
        }
        for (i, id) in ids.iter().enumerate() {
            assert_eq!(
                table.find_or_insert(id, 0, |at| ids[at as usize] == *id),
                Some(i as u32)
            );
        }
        table.clear(1);
        assert_eq!(table.find_or_insert("", 0, |_| true), None);
        assert_eq!(table.find_or_insert("", 1, |_| true), Some(0));
    }
}
