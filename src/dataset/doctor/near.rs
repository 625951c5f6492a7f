//! Texts that are nearly the same, without comparing all with all.
//!
//! A text is the set of its shingles, stretches of a few words. Sets that overlap are found through MinHash (Broder 1997):
//! under a random order of all shingles, two sets have the same smallest one with the probability of their Jaccard
//! overlap. 64 such orders make a signature, and signatures that agree in one of 16 bands of 4 are compared exactly
//! (Indyk and Motwani 1998). A pair that overlaps by J becomes a candidate with probability 1 − (1 − J⁴)¹⁶: 0.9998 at
//! J = 0.8, 0.64 at 0.5, 0.03 at 0.2. What is reported was always compared exactly.

use std::collections::HashMap;

use rayon::prelude::*;

const BANDS: usize = 16;
const ROWS: usize = 4;
/// A text is compared with so many others of its band at most: thousands of texts from one template would otherwise be
/// compared all with all. Sixteen bands, ordered differently, still join them.
const NEIGHBOURS: usize = 24;

/// The shingles of a folded text as hashes, sorted, distinct; a text of fewer words is one shingle.
pub(super) fn shingles(folded: &str, words: usize) -> Vec<u64> {
    let hashes: Vec<u64> = folded.split_whitespace().map(hash).collect();
    let join = |window: &[u64]| window.iter().fold(0, |sum, word| mix(sum ^ word));
    let mut set: Vec<u64> = match hashes.len() {
        0 => return Vec::new(),
        n if n < words => vec![join(&hashes)],
        _ => hashes.windows(words).map(join).collect(),
    };
    set.sort_unstable();
    set.dedup();
    set
}

/// How much two sorted sets overlap, from 0 to 1 (Jaccard).
pub(super) fn overlap(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut both) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, both) = (i + 1, j + 1, both + 1),
        }
    }
    match a.len() + b.len() - both {
        0 => 0.0,
        either => both as f64 / either as f64,
    }
}

/// Positions of sets that overlap by at least `alike` with another of their group, in groups of two and more; sorted, the
/// groups by their first position. Empty sets are in none.
pub(super) fn groups(sets: &[Vec<u64>], alike: f64) -> Vec<Vec<usize>> {
    let mut joined = Joined::new(sets.len());
    // Equal sets first, so that a text that is there a thousand times is compared once.
    let mut first: HashMap<&[u64], usize> = HashMap::new();
    for (i, set) in sets.iter().enumerate().filter(|(_, set)| !set.is_empty()) {
        let one = *first.entry(set).or_insert(i);
        joined.join(one, i);
    }
    let mut distinct: Vec<usize> = first.into_values().collect();
    distinct.sort_unstable();
    let signatures: Vec<[u32; BANDS * ROWS]> = distinct.par_iter().map(|i| signature(&sets[*i])).collect();
    for band in 0..BANDS {
        let part = |n: usize| &signatures[n][band * ROWS..(band + 1) * ROWS];
        let mut order: Vec<usize> = (0..distinct.len()).collect();
        order.par_sort_unstable_by(|a, b| part(*a).cmp(part(*b)).then(a.cmp(b)));
        for bucket in order.chunk_by(|a, b| part(*a) == part(*b)) {
            for (at, a) in bucket.iter().enumerate() {
                for b in bucket[at + 1..].iter().take(NEIGHBOURS) {
                    let (a, b) = (distinct[*a], distinct[*b]);
                    if joined.root(a) != joined.root(b) && overlap(&sets[a], &sets[b]) >= alike {
                        joined.join(a, b);
                    }
                }
            }
        }
    }
    joined.groups()
}

/// Factor and term of each order.
const ORDERS: [(u64, u64); BANDS * ROWS] = {
    let mut orders = [(0, 0); BANDS * ROWS];
    let mut i = 0;
    while i < orders.len() {
        orders[i] = (mix(2 * i as u64) | 1, mix(2 * i as u64 + 1));
        i += 1;
    }
    orders
};

/// The smallest shingle under each of the orders.
fn signature(set: &[u64]) -> [u32; BANDS * ROWS] {
    let mut smallest = [u32::MAX; BANDS * ROWS];
    for shingle in set {
        for (i, least) in smallest.iter_mut().enumerate() {
            // Multiply and add (Carter and Wegman 1979); shingles are well mixed already.
            let (factor, term) = ORDERS[i];
            let place = (shingle.wrapping_mul(factor).wrapping_add(term) >> 32) as u32;
            *least = place.min(*least);
        }
    }
    smallest
}

/// FNV-1a, then mixed: the same on every machine and in every version.
fn hash(word: &str) -> u64 {
    let fnv = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    mix(word.bytes().fold(0xcbf2_9ce4_8422_2325, fnv))
}

/// SplitMix64's finaliser (Steele, Lea and Flood 2014).
const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Disjoint sets of positions; the root of a set is its first position.
struct Joined(Vec<usize>);

impl Joined {
    fn new(n: usize) -> Self {
        Self((0..n).collect())
    }

    fn root(&mut self, mut i: usize) -> usize {
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }

    fn groups(mut self) -> Vec<Vec<usize>> {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); self.0.len()];
        for i in 0..self.0.len() {
            let root = self.root(i);
            members[root].push(i);
        }
        members.retain(|group| group.len() > 1);
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(texts: &[&str]) -> Vec<Vec<u64>> {
        texts.iter().map(|text| shingles(text, 3)).collect()
    }

    #[test]
    fn overlap_is_shared_shingles_over_all_shingles() {
        // Shingles: abc bcd cde / abc bcd cdf.
        let sets = sets(&["a b c d e", "a b c d f", "x y"]);
        assert_eq!(overlap(&sets[0], &sets[1]).to_bits(), 0.5_f64.to_bits());
        assert_eq!(overlap(&sets[0], &sets[2]).to_bits(), 0.0_f64.to_bits());
        assert_eq!(sets[2].len(), 1);
    }

    #[test]
    fn near_and_equal_texts_are_grouped_and_empty_ones_are_not() {
        let long: Vec<String> = (0..40).map(|i| format!("w{i}")).collect();
        let (long, changed) = (long.join(" "), long[..38].join(" ") + " other words");
        let other = "nothing in common with any of them";
        let sets = sets(&["", &long, other, &changed, other, ""]);
        assert_eq!(groups(&sets, 0.8), [vec![1, 3], vec![2, 4]]);
        assert_eq!(groups(&sets, 0.99), [vec![2, 4]]);
    }

    #[test]
    fn pairs_at_the_threshold_are_found() {
        // 200 pairs of 60 words; the last 6 differ: 52 of 64 shingles are shared, an overlap of 0.81.
        let text = |pair: usize, tail: &str| {
            let words = (0..54).map(|i| format!("p{pair}w{i}"));
            let tail = (0..6).map(|i| format!("{tail}{i}"));
            words.chain(tail).collect::<Vec<_>>().join(" ")
        };
        let texts: Vec<String> = (0..200).flat_map(|p| [text(p, "x"), text(p, "y")]).collect();
        let sets: Vec<Vec<u64>> = texts.iter().map(|t| shingles(t, 3)).collect();
        let found = groups(&sets, 0.8);
        assert!(found.len() >= 199, "{} of 200", found.len());
        assert!(found.iter().all(|g| g.len() == 2 && g[0] + 1 == g[1]));
    }
}
