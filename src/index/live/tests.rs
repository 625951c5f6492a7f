use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use proptest::prelude::*;

use super::*;
use crate::index::graph::{Engine, GraphParams};
use crate::index::testing::Rng;

const GRAPH: GraphParams = GraphParams {
    engine: Engine::Hnsw,
    m: 6,
    ef_construct: 40,
    seed: 42,
};

fn index(dim: usize, metric: Metric, tail: usize) -> LiveIndex {
    let params = DenseParams {
        metric,
        graph: Some(GRAPH),
        codes: None,
    };
    LiveIndex::with_tail(dim, params, tail).unwrap()
}

fn search(index: &LiveIndex, query: &[f32], limit: usize, ef: usize) -> Vec<Hit> {
    index
        .search(query, limit, ef, &mut DenseScratch::default())
        .unwrap()
}

/// What comes of a row of a point.
#[derive(Debug, Clone)]
enum Step {
    Insert(u32),
    Delete(u32),
    Search,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0u32..60).prop_map(Step::Insert),
        3 => (0u32..60).prop_map(Step::Delete),
        1 => Just(Step::Search),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_full_beam_finds_what_a_map_of_rows_holds_and_no_deletion_resurfaces(
        steps in prop::collection::vec(step(), 1..250), by_distance: bool, tail in 1usize..30, seed: u64,
    ) {
        let metric = if by_distance { Metric::L2 } else { Metric::Dot };
        let live = index(4, metric, tail);
        let (mut rng, mut rows) = (Rng::new(seed), BTreeMap::new());
        for step in steps.into_iter().chain([Step::Search]) {
            match step {
                Step::Insert(point) => {
                    let row = rng.unit(4);
                    live.insert(point, &row).unwrap();
                    rows.insert(point, row);
                }
                Step::Delete(point) => prop_assert_eq!(live.delete(point), rows.remove(&point).is_some()),
                Step::Search => {
                    let query = rng.unit(4);
                    let score = |row: &[f32]| match metric {
                        Metric::L2 => -(-L2::score(&query, row)).sqrt(),
                        Metric::Cosine | Metric::Dot => Dot::score(&query, row),
                    };
                    let mut want: Vec<Hit> =
                        rows.iter().map(|(&point, row)| Hit { point, score: score(row) }).collect();
                    rank(&mut want, 8);
                    prop_assert_eq!(search(&live, &query, 8, 1000), want);
                }
            }
            prop_assert_eq!(live.len(), rows.len());
        }
    }
}

#[test]
fn segments_are_as_many_as_doublings() {
    let (live, mut rng) = (index(4, Metric::Dot, 16), Rng::new(70));
    for point in 0..1600 {
        live.insert(point, &rng.unit(4)).unwrap();
        assert!(live.segments() <= 7, "{} segments after {point}", live.segments());
    }
    // 100 tails: 64 + 32 + 4.
    assert_eq!((live.len(), live.segments()), (1600, 3));
}

#[test]
fn rows_that_cannot_be_compared_are_refused_and_nothing_is_found_in_nothing() {
    let live = index(2, Metric::Dot, 4);
    assert_eq!(
        live.insert(7, &[f32::NAN, 0.0]),
        Err(IndexError::NotFinite { row: 7 })
    );
    assert!(live.is_empty() && !live.delete(7));
    assert!(search(&live, &[1.0, 0.0], 5, 10).is_empty());
}

#[test]
fn threads_search_while_others_insert_and_delete() {
    const POINTS: u32 = 2000;
    let live = index(8, Metric::Dot, 64);
    let rows = Rng::new(71).units(POINTS as usize, 8);
    // Points below `inserted` have been inserted, those below `deleted` deleted since.
    let (inserted, deleted) = (AtomicU32::new(0), AtomicU32::new(0));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for point in 0..POINTS {
                live.insert(point, rows.row(point as usize)).unwrap();
                inserted.store(point + 1, Ordering::SeqCst);
            }
            done.store(true, Ordering::SeqCst);
        });
        scope.spawn(|| {
            while deleted.load(Ordering::SeqCst) < POINTS / 2 {
                let next = deleted.load(Ordering::SeqCst);
                if next < inserted.load(Ordering::SeqCst) / 2 {
                    assert!(live.delete(next));
                    deleted.store(next + 1, Ordering::SeqCst);
                } else {
                    std::thread::yield_now();
                }
            }
        });
        for seed in 0..2 {
            let (live, rows, inserted, deleted, done) = (&live, &rows, &inserted, &deleted, &done);
            scope.spawn(move || {
                let (mut rng, mut scratch) = (Rng::new(80 + seed), DenseScratch::default());
                let mut searches = 0;
                while !done.load(Ordering::SeqCst) || searches < 50 {
                    let (gone, there) = (deleted.load(Ordering::SeqCst), inserted.load(Ordering::SeqCst));
                    if there == 0 {
                        continue;
                    }
                    // A row that is there from before the search until after it is the best for itself.
                    let own = rng.below(there as usize) as u32;
                    let hits = live.search(rows.row(own as usize), 5, 64, &mut scratch).unwrap();
                    assert!(
                        hits.iter().all(|hit| hit.point >= gone),
                        "a deleted point of {gone}: {hits:?}"
                    );
                    if own > deleted.load(Ordering::SeqCst) {
                        assert_eq!(hits.first().map(|hit| hit.point), Some(own), "{gone} {there}");
                    }
                    searches += 1;
                }
            });
        }
    });
    assert_eq!(live.len(), POINTS as usize / 2);
    for point in POINTS / 2..POINTS {
        let hits = search(&live, rows.row(point as usize), 1, 64);
        assert_eq!(hits[0].point, point);
    }
}
