//! Exact search: every row is compared.

use rayon::prelude::*;

use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::distance::dot;
use crate::index::topk::TopK;
use crate::vectors::Vectors;

/// Queries that share one pass over the rows.
const QUERIES: usize = 8;
/// Rows that stay in the cache while those queries are compared with them.
const ROWS: usize = 32;

/// Offers every row (of `allowed`, if given) to `top` with its dot product with `query`; returns how many.
///
/// Hits carry rows as points.
pub fn scan(rows: &Vectors, query: &[f32], allowed: Option<&BitSet>, top: &mut TopK) -> u64 {
    let Some(allowed) = allowed else {
        for (row, values) in rows.rows().enumerate() {
            top.push(Hit {
                point: row as u32,
                score: dot(query, values),
            });
        }
        return rows.len() as u64;
    };
    let mut scored = 0;
    for row in allowed.iter() {
        top.push(Hit {
            point: row,
            score: dot(query, rows.row(row as usize)),
        });
        scored += 1;
    }
    scored
}

/// The exact neighbours of many queries, all cores: the oracle that approximate searches are held against.
///
/// `allowed` gives the rows that query `i` may return, `None` for all. The answer to query `i` is in rank order,
/// at most `limit` hits, with rows as points; its scores have the bits that [`scan`] gives.
pub fn exact_batch<'a>(
    rows: &Vectors,
    queries: &Vectors,
    limit: usize,
    allowed: impl Fn(usize) -> Option<&'a BitSet> + Sync,
) -> Vec<Vec<Hit>> {
    let starts: Vec<usize> = (0..queries.len()).step_by(QUERIES).collect();
    let of_group = |&start: &usize| {
        let group = start..(start + QUERIES).min(queries.len());
        scan_group(rows, queries, group, limit, &allowed)
    };
    starts.par_iter().flat_map_iter(of_group).collect()
}

fn scan_group<'a>(
    rows: &Vectors,
    queries: &Vectors,
    group: std::ops::Range<usize>,
    limit: usize,
    allowed: &impl Fn(usize) -> Option<&'a BitSet>,
) -> Vec<Vec<Hit>> {
    let mut tops: Vec<TopK> = group.clone().map(|_| TopK::new(limit)).collect();
    for block in (0..rows.len()).step_by(ROWS) {
        let block = block..(block + ROWS).min(rows.len());
        for (query, top) in group.clone().zip(&mut tops) {
            let (values, allowed) = (queries.row(query), allowed(query));
            for row in block.clone() {
                if allowed.is_none_or(|set| set.contains(row as u32)) {
                    top.push(Hit {
                        point: row as u32,
                        score: dot(values, rows.row(row)),
                    });
                }
            }
        }
    }
    tops.iter_mut().map(|top| top.finish().clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::testing::Rng;

    fn hit(point: u32, score: f32) -> Hit {
        Hit { point, score }
    }

    #[test]
    fn the_best_come_first_and_ties_go_to_the_larger_row() {
        let rows = Vectors::from_flat(2, vec![0.0, 1.0, 1.0, 0.0, 0.6, 0.8, 1.0, 0.0]).unwrap();
        let mut top = TopK::new(3);
        assert_eq!(scan(&rows, &[1.0, 0.0], None, &mut top), 4);
        assert_eq!(*top.finish(), [hit(3, 1.0), hit(1, 1.0), hit(2, 0.6)]);
    }

    #[test]
    fn a_filtered_scan_looks_at_nothing_else() {
        let rows = Vectors::from_flat(1, vec![1.0, 2.0, 3.0]).unwrap();
        let allowed = BitSet::from_iter(3, [1]);
        let mut top = TopK::new(3);
        assert_eq!(scan(&rows, &[1.0], Some(&allowed), &mut top), 1);
        assert_eq!(*top.finish(), [hit(1, 2.0)]);
    }

    #[test]
    fn the_batch_gives_the_bits_of_the_single_scan() {
        let mut rng = Rng::new(5);
        let (rows, queries) = (rng.units(101, 19), rng.units(21, 19));
        let even = BitSet::from_iter(101, (0..101).step_by(2));
        // Every other query is filtered.
        let allowed = |q: usize| (q % 2 == 1).then_some(&even);
        let batch = exact_batch(&rows, &queries, 10, allowed);
        assert_eq!(batch.len(), 21);
        for (q, got) in batch.iter().enumerate() {
            let mut top = TopK::new(10);
            scan(&rows, queries.row(q), allowed(q), &mut top);
            assert_eq!(got, top.finish(), "query {q}");
        }
    }

    #[test]
    fn nothing_to_search_gives_nothing() {
        let (none, one) = (Vectors::with_capacity(4, 0), Rng::new(6).units(1, 4));
        assert_eq!(exact_batch(&none, &one, 10, |_| None), [vec![]]);
        assert!(exact_batch(&one, &none, 10, |_| None).is_empty());
    }
}
