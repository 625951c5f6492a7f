//! A set of rows or points out of a fixed universe, one bit each.

/// A subset of `0..len()`, one bit per element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BitSet {
    words: Vec<u64>,
    len: usize,
}

impl BitSet {
    /// The empty subset of `0..len`.
    pub fn new(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
            len,
        }
    }

    /// All of `0..len`.
    pub fn full(len: usize) -> Self {
        let mut set = Self::new(len);
        set.not();
        set
    }

    /// The subset of `0..len` that holds `of`.
    ///
    /// # Panics
    /// When an element is outside the universe.
    pub fn from_iter(len: usize, of: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::new(len);
        of.into_iter().for_each(|i| set.insert(i));
        set
    }

    /// Empties the set and gives it the universe `0..len`; keeps its memory.
    pub fn reset(&mut self, len: usize) {
        self.words.clear();
        self.words.resize(len.div_ceil(64), 0);
        self.len = len;
    }

    /// Size of the universe, not of the set.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when the universe is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of elements in the set.
    pub fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Adds `i`.
    ///
    /// # Panics
    /// When `i` is outside the universe.
    pub fn insert(&mut self, i: u32) {
        assert!((i as usize) < self.len, "{i} is outside 0..{}", self.len);
        self.words[i as usize / 64] |= 1 << (i % 64);
    }

    /// True when `i` is in the set; nothing outside the universe is.
    pub fn contains(&self, i: u32) -> bool {
        self.words
            .get(i as usize / 64)
            .is_some_and(|w| w >> (i % 64) & 1 == 1)
    }

    /// The elements `64 × at` to `64 × at + 63`, the smallest in the lowest bit; none outside the universe.
    pub fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// The smallest element that is at least `from`.
    pub fn next(&self, from: u32) -> Option<u32> {
        let at = from as usize / 64;
        let first = self.words.get(at)? & (u64::MAX << (from % 64));
        let rest = self.words[at + 1..].iter().copied();
        let found = std::iter::once(first)
            .chain(rest)
            .enumerate()
            .find(|(_, w)| *w != 0);
        found.map(|(i, word)| (at + i) as u32 * 64 + word.trailing_zeros())
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    /// Keeps what is in both sets. Both have the same universe.
    pub fn and(&mut self, other: &BitSet) {
        self.zip(other, |a, b| a & b);
    }

    /// Adds everything in `other`. Both have the same universe.
    pub fn or(&mut self, other: &BitSet) {
        self.zip(other, |a, b| a | b);
    }

    /// Removes everything in `other`. Both have the same universe.
    pub fn and_not(&mut self, other: &BitSet) {
        self.zip(other, |a, b| a & !b);
    }

    /// Turns the set into its complement.
    pub fn not(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        // Bits beyond the universe stay 0, or `count` would be wrong.
        let used = self.len % 64;
        if used > 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << used) - 1;
        }
    }

    /// The elements, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    i as u32 * 64 + bit
                })
            })
        })
    }

    fn zip(&mut self, other: &BitSet, op: impl Fn(u64, u64) -> u64) {
        assert_eq!(self.len, other.len, "sets over different universes");
        for (a, &b) in self.words.iter_mut().zip(&other.words) {
            *a = op(*a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(len: usize, of: &[u32]) -> BitSet {
        BitSet::from_iter(len, of.iter().copied())
    }

    #[test]
    fn elements_come_back_ascending() {
        let s = set(130, &[129, 0, 63, 64, 7]);
        assert_eq!(s.iter().collect::<Vec<_>>(), [0, 7, 63, 64, 129]);
        assert_eq!(s.count(), 5);
        assert!(s.contains(64) && !s.contains(65) && !s.contains(4_000));
    }

    #[test]
    fn the_next_element_is_found_across_words() {
        let s = set(200, &[3, 64, 190]);
        assert_eq!(
            [0, 3, 4, 64, 65, 190].map(|from| s.next(from).unwrap()),
            [3, 3, 64, 64, 190, 190]
        );
        assert_eq!((s.next(191), s.next(500)), (None, None));
    }

    #[test]
    fn algebra_stays_inside_the_universe() {
        let mut s = set(70, &[1, 2, 69]);
        s.and(&set(70, &[2, 69, 3]));
        assert_eq!(s, set(70, &[2, 69]));
        s.or(&set(70, &[5]));
        assert_eq!(s, set(70, &[2, 5, 69]));
        s.and_not(&set(70, &[5]));
        assert_eq!(s, set(70, &[2, 69]));
        s.not();
        assert_eq!(s.count(), 68);
        assert!(!s.contains(69) && s.contains(0));
        assert_eq!(BitSet::full(70).count(), 70);
    }

    #[test]
    fn reset_empties_and_resizes() {
        let mut s = BitSet::full(10);
        s.reset(65);
        assert_eq!((s.len(), s.count()), (65, 0));
        assert!(BitSet::new(0).is_empty());
    }

    #[test]
    #[should_panic(expected = "10 is outside 0..10")]
    fn an_element_outside_the_universe_is_a_bug() {
        BitSet::new(10).insert(10);
    }
}
