//! Held against a plain float64 scan, on inputs that are made to be hard.

use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::json;

use super::cache::find_cached;
use super::*;
use crate::hit::{by_rank, tie_floor};
use crate::progress::Silent;

const METRICS: [Metric; 3] = [Metric::Cosine, Metric::Dot, Metric::L2];

fn matrix(dim: usize, values: &[f32]) -> Vectors {
    Vectors::from_flat(dim, values.to_vec()).unwrap()
}

/// SplitMix64 as numbers from −1 to 1.
fn random(seed: u64, rows: usize, dim: usize) -> Vectors {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    Vectors::from_flat(dim, (0..rows * dim).map(|_| next()).collect()).unwrap()
}

fn search<'a>(
    rows: &'a Vectors,
    points: &'a [u32],
    queries: &'a Vectors,
    metric: Metric,
    k: usize,
) -> Search<'a> {
    Search {
        name: "test",
        rows,
        points,
        queries,
        metric,
        filters: &[],
        payload: &[],
        k,
    }
}

fn points(rows: &Vectors) -> Vec<u32> {
    (0..rows.len() as u32).collect()
}

/// What the oracle claims to give, in the plainest way: every score in float64, sorted, cut behind the ties.
fn naive(search: &Search<'_>) -> Vec<Vec<u32>> {
    let score = |x: &[f32], q: &[f32]| -> f64 {
        let pairs = x.iter().zip(q).map(|(x, q)| (f64::from(*x), f64::from(*q)));
        match search.metric {
            Metric::Cosine | Metric::Dot => pairs.map(|(x, q)| x * q).sum::<f64>() + 0.0,
            Metric::L2 => 0.0 - pairs.map(|(x, q)| (x - q).powi(2)).sum::<f64>().sqrt(),
        }
    };
    let allowed = |q: usize, point: u32| {
        let filter = search.filters.get(q).and_then(Option::as_ref);
        filter.is_none_or(|f| f.matches(&search.payload[point as usize]))
    };
    let mut all = Vec::new();
    for (q, query) in search.queries.rows().enumerate() {
        let rows = search.points.iter().zip(search.rows.rows());
        let passing = rows.filter(|(p, _)| allowed(q, **p));
        let mut scored: Vec<(f64, u32)> = passing.map(|(p, x)| (score(x, query), *p)).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        if search.k == 0 {
            scored.clear();
        } else if let Some((kth, _)) = scored.get(search.k - 1).copied() {
            scored.retain(|(s, _)| *s >= tie_floor(kth));
        }
        let hit = |(score, point): (f64, u32)| Hit {
            point,
            score: score as f32 + 0.0,
        };
        let mut hits: Vec<Hit> = scored.into_iter().map(hit).collect();
        hits.sort_by(by_rank);
        all.push(hits.iter().map(|h| h.point).collect());
    }
    all
}

fn found(search: &Search<'_>) -> Vec<Vec<u32>> {
    let lists = find(search, &Silent).unwrap();
    lists
        .iter()
        .map(|list| list.hits.iter().map(|h| h.point).collect())
        .collect()
}

#[test]
fn nearest_first_with_scores_by_each_metric() {
    let rows = matrix(2, &[1.0, 0.0, 0.0, 1.0, 0.6, 0.8]);
    let queries = matrix(2, &[0.0, 1.0]);
    let hits = |metric| {
        let points = points(&rows);
        let lists = find(&search(&rows, &points, &queries, metric, 2), &Silent).unwrap();
        let pair = |h: &Hit| (h.point, h.score);
        lists[0].hits.iter().map(pair).collect::<Vec<_>>()
    };
    assert_eq!(hits(Metric::Cosine), [(1, 1.0), (2, 0.8)]);
    assert_eq!(hits(Metric::Dot), [(1, 1.0), (2, 0.8)]);
    // √(0.6² + 0.2²)
    assert_eq!(hits(Metric::L2), [(1, 0.0), (2, -0.632_455_5)]);
}

#[test]
fn points_are_those_of_the_rows() {
    let rows = matrix(1, &[3.0, 1.0, 2.0]);
    let queries = matrix(1, &[1.0]);
    assert_eq!(
        found(&search(&rows, &[4, 7, 9], &queries, Metric::Dot, 2)),
        [vec![4, 9]]
    );
}

#[test]
fn zero_and_minus_zero_are_one_score() {
    // Products of the second row with the query are all −0, those of the others are not.
    let rows = matrix(2, &[0.0, 0.0, 0.0, -1.0, 0.0, 1.0]);
    let (points, queries) = (points(&rows), matrix(2, &[-1.0, 0.0]));
    for metric in [Metric::Cosine, Metric::Dot] {
        let search = search(&rows, &points, &queries, metric, 3);
        assert_eq!(found(&search), [vec![2, 1, 0]]);
    }
    let same = search(&rows, &points, &rows, Metric::L2, 1);
    let lists = find(&same, &Silent).unwrap();
    assert!(lists.iter().all(|l| l.hits[0].score.is_sign_positive()));
}

#[test]
fn as_many_as_there_are_and_none_for_zero() {
    let rows = random(1, 5, 3);
    let points = points(&rows);
    let queries = random(2, 2, 3);
    for metric in METRICS {
        let lengths = |k| -> Vec<usize> {
            found(&search(&rows, &points, &queries, metric, k))
                .iter()
                .map(Vec::len)
                .collect()
        };
        assert_eq!(lengths(0), [0, 0]);
        assert_eq!(lengths(5), [5, 5]);
        assert_eq!(lengths(99), [5, 5]);
    }
    let (one, empty) = (random(1, 1, 3), Vectors::with_capacity(3, 0));
    assert_eq!(
        found(&search(&one, &[0], &queries, Metric::L2, 3)),
        [vec![0], vec![0]]
    );
    assert_eq!(
        found(&search(&empty, &[], &queries, Metric::L2, 3)),
        [vec![], Vec::<u32>::new()]
    );
    assert!(found(&search(&one, &[0], &empty, Metric::L2, 3)).is_empty());
}

#[test]
fn what_ties_with_the_last_place_is_kept_and_nothing_else() {
    // 1.0 twice, then 0.5 three times of which one is lower by less than the tolerance, then 0.4999.
    let rows = matrix(1, &[0.5, 1.0, 0.499_999_5, 1.0, 0.5, 0.4999]);
    let (points, queries) = (points(&rows), matrix(1, &[1.0]));
    let found = |k| found(&search(&rows, &points, &queries, Metric::Dot, k)).remove(0);
    assert_eq!(found(1), [3, 1]);
    assert_eq!(found(2), [3, 1]);
    assert_eq!(found(3), [3, 1, 4, 0, 2]);
}

#[test]
fn a_difference_that_float32_products_cannot_see_decides() {
    // Products of 1 + 2⁻²³ steps lie far below the rounding of a float32 sum of these sizes: row 1 scores 2²⁴ + 16,
    // row 0 scores 2²⁴ + 15, and float32 knows only even numbers there. Beyond the tolerance it is one step of 17.
    let big = 16_777_216.0;
    let rows = matrix(3, &[big, 15.0, 0.0, big, 16.0, 0.0, big, 0.0, 40.0]);
    let queries = matrix(3, &[1.0, 1.0, 1.0]);
    let points = points(&rows);
    let first = &find(&search(&rows, &points, &queries, Metric::Dot, 1), &Silent).unwrap()[0];
    // 2²⁴ × 10⁻⁶ is 16.8: only row 2, which leads by 24, is alone.
    assert_eq!(
        first.hits,
        [Hit {
            point: 2,
            score: big + 40.0
        }]
    );
    // At 2 both others tie within the tolerance.
    let second = &find(&search(&rows, &points, &queries, Metric::Dot, 2), &Silent).unwrap()[0];
    assert_eq!(
        second.hits.iter().map(|h| h.point).collect::<Vec<u32>>(),
        [2, 1, 0]
    );
}

/// Documents in rings: thousands of pairs whose scores differ by less than float32 products resolve.
#[test]
fn near_ties_are_decided_as_a_float64_scan_does() {
    let dim = 96;
    let base = random(3, 40, dim);
    let nudge = random(4, 3000, dim);
    let mut rows = Vectors::with_capacity(dim, 3000);
    for (i, nudge) in nudge.rows().enumerate() {
        let near = base.row(i % 40);
        let size = [0.0, 1e-7, 1e-6, 1e-5][i % 4];
        let row: Vec<f32> = near.iter().zip(nudge).map(|(x, n)| x + size * n).collect();
        rows.push(&row);
    }
    let points = points(&rows);
    let queries = random(5, 20, dim);
    for metric in METRICS {
        for k in [1, 10, 75, 76, 200] {
            let search = search(&rows, &points, &queries, metric, k);
            assert_eq!(found(&search), naive(&search), "{metric:?}, k = {k}");
        }
    }
}

#[test]
fn far_from_the_origin_distances_are_still_exact() {
    // Distances of a few hundredths between vectors of length 1,000: float32 products see nothing of them.
    let mut rows = Vectors::with_capacity(16, 2000);
    for row in random(6, 2000, 16).rows() {
        rows.push(&row.iter().map(|x| 250.0 + x / 100.0).collect::<Vec<f32>>());
    }
    let (points, queries) = (points(&rows), matrix(16, &[250.0; 16]));
    let search = search(&rows, &points, &queries, Metric::L2, 10);
    assert_eq!(found(&search), naive(&search));
}

#[test]
fn tiny_and_huge_values_lose_nothing() {
    for scale in [1e-22, 1e-15, 1e15] {
        let scaled = |seed, rows| {
            let unit = random(seed, rows, 8);
            Vectors::from_flat(8, unit.as_flat().iter().map(|x| x * scale).collect()).unwrap()
        };
        let (rows, queries) = (scaled(1, 700), scaled(2, 3));
        let points = points(&rows);
        for metric in METRICS {
            let search = search(&rows, &points, &queries, metric, 5);
            assert_eq!(found(&search), naive(&search), "{metric:?} × {scale:e}");
        }
    }
}

#[test]
fn very_many_ties_are_cut_and_counted() {
    let rows = Vectors::from_flat(2, vec![0.5; 2 * 5000]).unwrap();
    let points = points(&rows);
    let queries = matrix(2, &[1.0, 0.0, 0.0, 1.0]);
    for list in find(&search(&rows, &points, &queries, Metric::Dot, 3), &Silent).unwrap() {
        assert_eq!((list.hits.len(), list.left_out), (1030, 3970));
        assert_eq!(list.hits[0].point, 4999);
    }
    // A later document that is nearer than all of them makes them no ties any more.
    let mut better = rows.clone();
    better.push(&[1.0, 1.0]);
    let points: Vec<u32> = (0..5001).collect();
    let lists = find(&search(&better, &points, &queries, Metric::Dot, 1), &Silent).unwrap();
    assert_eq!((lists[0].hits.len(), lists[0].left_out), (1, 0));
}

/// Payload `{ "v": i / n }` for each of `n` documents.
fn payload(n: usize) -> Vec<Payload> {
    let value = |i| json!({ "v": i as f64 / n as f64 });
    let object = |i| value(i).as_object().cloned().unwrap();
    (0..n).map(object).collect()
}

fn below(bound: f64) -> Option<Filter> {
    let filter = json!({ "must": [{ "key": "v", "range": { "lt": bound } }] });
    Some(serde_json::from_value(filter).unwrap())
}

#[test]
fn a_filter_leaves_none_a_few_some_or_all() {
    let rows = random(7, 1500, 24);
    let (points, payload) = (points(&rows), payload(1500));
    let queries = random(8, 12, 24);
    let empty = Some(Filter::default());
    // None, 3, 1 %, half, all but one, all, and none at all; some of them shared.
    let bounds = [0.0, 0.002, 0.01, 0.5, 0.9999, 2.0];
    let mut filters: Vec<Option<Filter>> = bounds.iter().map(|b| below(*b)).collect();
    filters.extend([None, empty, below(0.01), below(0.01), below(0.5), None]);
    for metric in METRICS {
        for k in [1, 10] {
            let search = Search {
                filters: &filters,
                payload: &payload,
                ..search(&rows, &points, &queries, metric, k)
            };
            let found = found(&search);
            assert_eq!(found, naive(&search));
            assert_eq!(found[0], Vec::<u32>::new());
            assert_eq!(found[1].len(), k.min(3));
        }
    }
}

#[test]
fn threads_change_nothing() {
    let rows = random(9, 3000, 32);
    let (points, payload) = (points(&rows), payload(3000));
    let queries = random(10, 9, 32);
    let filters: Vec<Option<Filter>> = (0..9).map(|i| below(0.2 * f64::from(i))).collect();
    let search = Search {
        filters: &filters,
        payload: &payload,
        ..search(&rows, &points, &queries, Metric::Cosine, 20)
    };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| find(&search, &Silent).unwrap())
    };
    let one = with(1);
    assert_eq!(with(3), one);
    // More threads than queries: the documents are divided.
    assert_eq!(with(16), one);
}

#[test]
fn what_cannot_be_compared_is_refused_with_its_row() {
    let good = matrix(2, &[1.0, 2.0]);
    let bad = |values: &[f32]| {
        let rows = matrix(2, values);
        let points = points(&rows);
        let error = find(&search(&rows, &points, &good, Metric::Dot, 1), &Silent).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        bad(&[0.0, 1.0, 2.0, f32::NAN]),
        "document vector in row 1 (from 0) has a value that is not a finite number; remove or repair it"
    );
    assert_eq!(
        bad(&[0.0, 1.0, f32::INFINITY, 0.0]),
        "document vector in row 1 (from 0) has a value that is not a finite number; remove or repair it"
    );
    assert_eq!(
        bad(&[3e18, 4e18]),
        "document vector in row 0 (from 0) has length 5.0e18; lengths beyond 1e18 overflow, scale all vectors"
    );
    let queries = matrix(2, &[f32::NEG_INFINITY, 0.0]);
    let error = find(&search(&good, &[0], &queries, Metric::Dot, 1), &Silent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "query vector in row 0 (from 0) has a value that is not a finite number; remove or repair it"
    );
}

#[test]
fn progress_reaches_the_number_of_queries() {
    struct Seen(Mutex<Vec<String>>);
    impl Observer for Seen {
        fn event(&self, event: Event<'_>) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }
    let rows = random(1, 600, 4);
    let (points, queries) = (points(&rows), random(2, 10, 4));
    let seen = Seen(Mutex::default());
    find(&search(&rows, &points, &queries, Metric::Dot, 3), &seen).unwrap();
    let seen = seen.0.into_inner().unwrap();
    assert_eq!(
        seen[0],
        "Started { what: \"exact neighbours in test\", total: 10, unit: \"queries\" }"
    );
    assert!(seen.contains(&"Advanced { done: 10 }".to_owned()), "{seen:?}");
    assert_eq!(seen.last().unwrap(), "Finished");
}

#[test]
fn the_cache_answers_for_equal_inputs_alone() {
    let dir = tempfile::tempdir().unwrap();
    let rows = random(1, 300, 8);
    // One document more than there are vectors.
    let (points, payload) = (points(&rows), payload(301));
    let queries = random(2, 2, 8);
    let filters = [below(0.5), None];
    let base = Search {
        filters: &filters,
        payload: &payload,
        ..search(&rows, &points, &queries, Metric::Cosine, 4)
    };
    let cached = |search: &Search<'_>| {
        let found = find_cached(search, dir.path(), &Silent).unwrap();
        assert_eq!(found.lists, find(search, &Silent).unwrap());
        found.cached
    };
    assert!(!cached(&base));
    assert!(cached(&base));
    assert!(!cached(&Search { k: 5, ..base }));
    assert!(!cached(&Search {
        metric: Metric::L2,
        ..base
    }));
    assert!(!cached(&Search { filters: &[], ..base }));
    let others = random(3, 300, 8);
    assert!(!cached(&Search {
        rows: &others,
        ..base
    }));
    assert!(!cached(&Search {
        queries: &random(4, 2, 8),
        ..base
    }));
    let moved: Vec<u32> = (1..301).collect();
    assert!(!cached(&Search {
        points: &moved,
        ..base
    }));
    // Payload that no filter reads is no input, payload that one reads is.
    let mut payload = payload.clone();
    payload[7].insert("w".into(), json!(1));
    assert!(cached(&Search {
        payload: &payload,
        ..base
    }));
    payload[7].insert("v".into(), json!(0.9));
    assert!(!cached(&Search {
        payload: &payload,
        ..base
    }));
}

proptest! {
    #[test]
    fn any_small_integers_are_as_a_float64_scan_has_them(
        rows in prop::collection::vec(-3i8..4, 4..240),
        queries in prop::collection::vec(-3i8..4, 4..16),
        k in 1usize..12,
        bound in 0.0f64..1.1,
    ) {
        // Small integers tie all the time, also where rows differ.
        let floats = |values: &[i8]| {
            let whole = values.len() / 4 * 4;
            matrix(4, &values[..whole].iter().map(|v| f32::from(*v)).collect::<Vec<f32>>())
        };
        let (rows, queries) = (floats(&rows), floats(&queries));
        let (points, payload) = (points(&rows), payload(rows.len()));
        let filters = vec![below(bound); queries.len()];
        for metric in METRICS {
            let search = Search { filters: &filters, payload: &payload, ..search(&rows, &points, &queries, metric, k) };
            prop_assert_eq!(found(&search), naive(&search));
        }
    }
}
