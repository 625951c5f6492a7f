//! What is random in a graph: the layer of each row, and the order in which rows are inserted.
//!
//! Both are functions of the seed and the row alone, so that they do not depend on how many threads ask.

/// The highest layer a row can be drawn into; with 2 links per row, one row in 65,536 gets there.
const HIGHEST: u8 = 16;

/// Element `row` of a stream of random numbers: SplitMix64 (Steele, Lea and Flood 2014), whose state is a counter.
fn random(seed: u64, row: u32) -> u64 {
    let mut z = seed.wrapping_add((u64::from(row) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The layer of `row`, 0 the lowest: `⌊−ln(u) / ln(m)⌋`, so that each layer has one m-th of the rows of the one below
/// (section 4.1 of the paper).
pub(super) fn level(seed: u64, row: u32, m: usize) -> u8 {
    // In (0, 1], so that the logarithm is finite.
    let u = ((random(seed, row) >> 11) + 1) as f64 / (1u64 << 53) as f64;
    let level = (-u.ln() / (m as f64).ln()) as u8;
    level.min(HIGHEST)
}

/// All rows in the order of their insertion: shuffled, because neighbours in the corpus are often neighbours in space,
/// and rows of one batch do not see each other. A row of the highest layer comes first.
pub(super) fn order(seed: u64, levels: &[u8]) -> Vec<u32> {
    // Another stream than that of the layers.
    let shuffle = !seed;
    let mut order: Vec<u32> = (0..levels.len() as u32).collect();
    order.sort_unstable_by_key(|&row| (random(shuffle, row), row));
    let highest = |&at: &usize| (levels[order[at] as usize], std::cmp::Reverse(at));
    if let Some(first) = (0..order.len()).max_by_key(highest) {
        order.swap(0, first);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_has_one_m_th_of_the_rows_below() {
        let levels: Vec<u8> = (0..100_000).map(|row| level(42, row, 16)).collect();
        let at_least = |l: u8| levels.iter().filter(|&&x| x >= l).count();
        assert!((5_950..6_550).contains(&at_least(1)), "{}", at_least(1));
        assert!((330..450).contains(&at_least(2)), "{}", at_least(2));
    }

    #[test]
    fn the_seed_decides_layers_and_order() {
        let levels = |seed| (0..1_000).map(|row| level(seed, row, 4)).collect::<Vec<u8>>();
        assert_ne!(levels(1), levels(2));
        assert_ne!(order(1, &[0; 100]), order(2, &[0; 100]));
    }

    #[test]
    fn every_row_is_inserted_once_and_a_highest_one_first() {
        let mut levels = [0; 50];
        levels[31] = 2;
        let mut order = order(42, &levels);
        assert_eq!(order[0], 31);
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<u32>>());
        assert!(super::order(42, &[]).is_empty());
    }
}
