//! Exact search: every row is compared.

use rayon::prelude::*;

use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::kernel::Space;
use crate::index::rows::Rows;
use crate::index::topk::TopK;

/// Rows that are scored before any of them is offered; their scores stay in the nearest cache.
const BLOCK: usize = 128;
/// Queries that share one pass over the rows.
const QUERIES: usize = 16;
/// Rows that stay in the cache while those queries are compared with them.
const ROWS: usize = 32;

/// Offers every row (of `allowed`, if given) to `top` with its score; returns how many.
///
/// Hits carry rows as points.
pub fn scan<S: Space>(
    rows: &Rows<S::Value>,
    query: &[S::Value],
    allowed: Option<&BitSet>,
    top: &mut TopK,
) -> u64 {
    let mut scores = [0.0; BLOCK];
    let Some(allowed) = allowed else {
        for first in (0..rows.len()).step_by(BLOCK) {
            let scores = &mut scores[..BLOCK.min(rows.len() - first)];
            S::block(query, rows, first, scores);
            offer(first as u32.., scores, top);
        }
        return rows.len() as u64;
    };
    let mut ids = [0; BLOCK];
    let (mut matches, mut scored) = (allowed.iter(), 0);
    loop {
        let mut used = 0;
        for (slot, row) in ids.iter_mut().zip(matches.by_ref()) {
            *slot = row;
            used += 1;
        }
        let (ids, scores) = (&ids[..used], &mut scores[..used]);
        S::gather(query, rows, ids, scores);
        offer(ids.iter().copied(), scores, top);
        scored += used as u64;
        if used < BLOCK {
            return scored;
        }
    }
}

/// Offers rows with their scores, those that are surely too bad left out.
fn offer(rows: impl Iterator<Item = u32>, scores: &[f32], top: &mut TopK) {
    let mut floor = top.floor();
    for (point, &score) in rows.zip(scores) {
        if score >= floor {
            top.push(Hit { point, score });
            floor = top.floor();
        }
    }
}

/// The exact neighbours of many queries, with all threads of the current pool.
///
/// `allowed` gives the rows that query `i` may return, `None` for all. The answer to query `i` is in rank order,
/// at most `limit` hits, with rows as points; its scores have the bits that [`scan`] gives.
pub fn exact_batch<'a, S: Space>(
    rows: &Rows<S::Value>,
    queries: &Rows<S::Value>,
    limit: usize,
    allowed: impl Fn(usize) -> Option<&'a BitSet> + Sync,
) -> Vec<Vec<Hit>> {
    let starts: Vec<usize> = (0..queries.len()).step_by(QUERIES).collect();
    let of_group = |&start: &usize| {
        let group = start..(start + QUERIES).min(queries.len());
        scan_group::<S>(rows, queries, group, limit, &allowed)
    };
    starts
        .par_iter()
        .with_max_len(1)
        .flat_map_iter(of_group)
        .collect()
}

fn scan_group<'a, S: Space>(
    rows: &Rows<S::Value>,
    queries: &Rows<S::Value>,
    group: std::ops::Range<usize>,
    limit: usize,
    allowed: &impl Fn(usize) -> Option<&'a BitSet>,
) -> Vec<Vec<Hit>> {
    let mut tops: Vec<TopK> = group.clone().map(|_| TopK::new(limit)).collect();
    let (mut scores, mut ids) = ([0.0; ROWS], [0; ROWS]);
    for first in (0..rows.len()).step_by(ROWS) {
        let block = first..(first + ROWS).min(rows.len());
        for (at, top) in group.clone().zip(&mut tops) {
            let query = queries.row(at);
            let Some(allowed) = allowed(at) else {
                let scores = &mut scores[..block.len()];
                S::block(query, rows, first, scores);
                offer(first as u32.., scores, top);
                continue;
            };
            let mut used = 0;
            for row in block.clone().map(|r| r as u32).filter(|&r| allowed.contains(r)) {
                ids[used] = row;
                used += 1;
            }
            let (ids, scores) = (&ids[..used], &mut scores[..used]);
            S::gather(query, rows, ids, scores);
            offer(ids.iter().copied(), scores, top);
        }
    }
    tops.iter_mut().map(|top| top.finish().clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::kernel::{Dot, Hamming};
    use crate::index::testing::Rng;
    use crate::vectors::Vectors;

    fn rows(dim: usize, flat: &[f32]) -> Rows<f32> {
        Rows::of(&Vectors::from_flat(dim, flat.to_vec()).unwrap()).unwrap()
    }

    fn hit(point: u32, score: f32) -> Hit {
        Hit { point, score }
    }

    #[test]
    fn the_best_come_first_and_ties_go_to_the_larger_row() {
        let rows = rows(2, &[0.0, 1.0, 1.0, 0.0, 0.6, 0.8, 1.0, 0.0]);
        let mut top = TopK::new(3);
        assert_eq!(scan::<Dot>(&rows, &[1.0, 0.0], None, &mut top), 4);
        assert_eq!(*top.finish(), [hit(3, 1.0), hit(1, 1.0), hit(2, 0.6)]);
    }

    #[test]
    fn a_filtered_scan_looks_at_nothing_else() {
        let rows = rows(1, &[1.0, 2.0, 3.0]);
        let allowed = BitSet::from_iter(3, [1]);
        let mut top = TopK::new(3);
        assert_eq!(scan::<Dot>(&rows, &[1.0], Some(&allowed), &mut top), 1);
        assert_eq!(*top.finish(), [hit(1, 2.0)]);
    }

    #[test]
    fn the_batch_gives_the_bits_of_the_single_scan() {
        let mut rng = Rng::new(5);
        let (rows, queries) = (rng.rows(301, 19), rng.rows(21, 19));
        let even = BitSet::from_iter(301, (0..301).step_by(2));
        // Every other query is filtered.
        let allowed = |q: usize| (q % 2 == 1).then_some(&even);
        let batch = exact_batch::<Dot>(&rows, &queries, 10, allowed);
        assert_eq!(batch.len(), 21);
        for (q, got) in batch.iter().enumerate() {
            let mut top = TopK::new(10);
            scan::<Dot>(&rows, queries.row(q), allowed(q), &mut top);
            assert_eq!(got, top.finish(), "query {q}");
        }
    }

    #[test]
    fn blocks_filtered_or_not_keep_what_sorting_everything_would_keep() {
        let mut rng = Rng::new(7);
        let rows = rng.codes(1000, 2);
        let third = BitSet::from_iter(1000, (0..1000).step_by(3));
        for allowed in [None, Some(&third)] {
            let query = [rng.next_u64(), rng.next_u64()];
            let passes = |p: &u32| allowed.is_none_or(|set| set.contains(*p));
            let score = |p: u32| Hamming::score(&query, rows.row(p as usize));
            let mut want: Vec<Hit> = (0..1000).filter(passes).map(|p| hit(p, score(p))).collect();
            crate::hit::rank(&mut want, 25);
            let mut top = TopK::new(25);
            scan::<Hamming>(&rows, &query, allowed, &mut top);
            assert_eq!(*top.finish(), want);
        }
    }

    #[test]
    fn nothing_to_search_gives_nothing() {
        let (none, one) = (rows(4, &[]), Rng::new(6).rows(1, 4));
        assert_eq!(exact_batch::<Dot>(&none, &one, 10, |_| None), [vec![]]);
        assert!(exact_batch::<Dot>(&one, &none, 10, |_| None).is_empty());
    }
}
