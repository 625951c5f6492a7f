use proptest::prelude::*;

use super::*;
use crate::index::binary::{BinaryParams, Codes};
use crate::index::exact::scan;
use crate::index::kernel::{Dot, Hamming, L2};
use crate::index::testing::Rng;
use crate::index::topk::TopK;
use crate::vectors::Vectors;

const PARAMS: GraphParams = GraphParams {
    engine: Engine::Hnsw,
    m: 8,
    ef_construct: 64,
    seed: 42,
};
const HNSW_RS: GraphParams = GraphParams {
    engine: Engine::HnswRs,
    ..PARAMS
};

fn build(rows: &Arc<Rows<f32>>, params: GraphParams) -> Graph<Dot> {
    Graph::build(rows.clone(), params).unwrap()
}

fn search<S: Space>(
    graph: &Graph<S>,
    query: &[S::Value],
    ef: usize,
    allowed: Option<&BitSet>,
) -> (Vec<Hit>, Work) {
    let mut found = vec![Hit { point: 9, score: 9.0 }];
    let within = allowed.map(|rows| Within {
        rows,
        matches: rows.count(),
        thorough: true,
        widest: f64::INFINITY,
    });
    let work = graph.search::<S>(query, ef, within, &mut Scratch::default(), &mut found);
    (found, work)
}

fn exact<S: Space>(
    rows: &Rows<S::Value>,
    query: &[S::Value],
    allowed: Option<&BitSet>,
    limit: usize,
) -> Vec<Hit> {
    let mut top = TopK::new(limit);
    scan::<S>(rows, query, allowed, &mut top);
    top.finish().clone()
}

fn floats(count: usize, dim: usize, seed: u64) -> Arc<Rows<f32>> {
    Arc::new(Rng::new(seed).rows(count, dim))
}

/// Rows near a few dozen centres, as embeddings are.
fn clustered(count: usize, dim: usize, seed: u64) -> Arc<Rows<f32>> {
    let mut rng = Rng::new(seed);
    let centres = rng.units(40, dim);
    let mut rows = Vectors::with_capacity(dim, count);
    for _ in 0..count {
        let (centre, noise) = (centres.row(rng.below(40)), rng.unit(dim));
        let row: Vec<f32> = centre.iter().zip(&noise).map(|(c, n)| c + 0.7 * n).collect();
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        rows.push(&row.iter().map(|x| x / norm).collect::<Vec<f32>>());
    }
    Arc::new(Rows::of(&rows).unwrap())
}

/// How many of the true 10 nearest neighbours of the first 100 rows are found, out of 1,000.
fn good(rows: &Arc<Rows<f32>>, graph: &Graph<Dot>, ef: usize) -> usize {
    let of = |row: usize| {
        let (found, _) = search(graph, rows.row(row), ef, None);
        let want = exact::<Dot>(rows, rows.row(row), None, 10);
        want.iter().filter(|hit| found.contains(hit)).count()
    };
    (0..100).map(of).sum()
}

/// The links of our own graph.
fn slots<S: Space>(graph: &Graph<S>) -> Vec<&[u32]> {
    match &graph.built {
        Built::Hnsw(graph) => graph.slots(),
        Built::HnswRs(_) => unreachable!("these tests build our own graph"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_beam_as_wide_as_the_corpus_is_exact(
        count in 1usize..300, dim in 1usize..20, m in 2usize..20, seed: u64,
        ef_construct in prop_oneof![1usize..40, Just(usize::MAX)],
    ) {
        let rows = floats(count, dim, seed);
        let graph = build(&rows, GraphParams { m, ef_construct, seed, ..PARAMS });
        let query = Rng::new(!seed).unit(dim);
        prop_assert_eq!(search(&graph, &query, count, None).0, exact::<Dot>(&rows, &query, None, count));
    }

    #[test]
    fn a_wide_filtered_beam_finds_the_matches_and_only_them(
        count in 1usize..300, every in 1usize..50, m in 2usize..20, seed: u64,
    ) {
        let rows = floats(count, 8, seed);
        let graph = build(&rows, GraphParams { m, ef_construct: 20, seed, ..PARAMS });
        let allowed = BitSet::from_iter(count, (0..count as u32).step_by(every));
        let query = Rng::new(!seed).unit(8);
        let want = exact::<Dot>(&rows, &query, Some(&allowed), count);
        prop_assert_eq!(search(&graph, &query, count, Some(&allowed)).0, want);
    }

    #[test]
    fn a_filtered_beam_of_any_width_finds_matches_alone_and_is_full_if_there_are_enough(
        count in 1usize..400, share in 1u64..100, ef in 1usize..60, seed: u64,
    ) {
        let rows = clustered(count, 8, seed);
        let mut rng = Rng::new(seed);
        let passing = (0..count as u32).filter(|_| rng.next_u64() % 100 < share);
        let allowed = BitSet::from_iter(count, passing.collect::<Vec<u32>>());
        let graph = build(&rows, PARAMS);
        let (found, _) = search(&graph, &rng.unit(8), ef, Some(&allowed));
        prop_assert!(found.iter().all(|hit| allowed.contains(hit.point)));
        prop_assert_eq!(found.len(), ef.min(allowed.count()));
        prop_assert!(found.is_sorted_by(|a, b| crate::hit::by_rank(a, b).is_lt()));
    }

    #[test]
    fn the_order_of_rows_changes_nothing_but_ties(count in 1usize..200, seed: u64) {
        // Few distinct values, so that there are ties.
        let mut rng = Rng::new(seed);
        let flat: Vec<f32> = (0..count * 3).map(|_| rng.below(4) as f32).collect();
        let mut order: Vec<usize> = (0..count).collect();
        (1..count).for_each(|i| order.swap(i, rng.below(i + 1)));
        let moved = order.iter().flat_map(|&row| &flat[row * 3..row * 3 + 3]).copied().collect();
        let query: Vec<f32> = (0..3).map(|_| rng.below(4) as f32).collect();
        let found = |flat: Vec<f32>| {
            let rows = Arc::new(Rows::of(&Vectors::from_flat(3, flat).unwrap()).unwrap());
            let graph = Graph::<L2>::build(rows.clone(), PARAMS).unwrap();
            let (mut hits, _) = search(&graph, &query, count, None);
            assert_eq!(hits, exact::<L2>(&rows, &query, None, count));
            hits.truncate(10);
            hits
        };
        let (before, after) = (found(flat.clone()), found(moved));
        let scores = |hits: &[Hit]| hits.iter().map(|h| h.score).collect::<Vec<f32>>();
        prop_assert_eq!(scores(&before), scores(&after));
        let last = before.last().map_or(0.0, |h| h.score);
        let apart = |hits: &[Hit], row: &dyn Fn(u32) -> u32| {
            let rows = hits.iter().filter(|h| h.score > last).map(|h| row(h.point));
            rows.collect::<std::collections::BTreeSet<u32>>()
        };
        prop_assert_eq!(apart(&before, &|p| p), apart(&after, &|p| order[p as usize] as u32));
    }

    #[test]
    fn codes_with_many_ties_are_exact_too(count in 1usize..300, bits in 1usize..6, m in 2usize..20, seed: u64) {
        let mut codes = Rng::new(seed).codes(count, 2);
        codes.flat_mut().iter_mut().for_each(|word| *word %= 1 << bits);
        let rows = Arc::new(codes);
        let graph = Graph::<Hamming>::build(rows.clone(), GraphParams { m, seed, ..PARAMS }).unwrap();
        let query = [seed % 64, 1];
        prop_assert_eq!(search(&graph, &query, count, None).0, exact::<Hamming>(&rows, &query, None, count));
    }
}

#[test]
fn hundreds_of_identical_rows_stay_within_reach() {
    let mut rng = Rng::new(10);
    let same = rng.unit(16);
    for (others, at_least) in [(0, 300), (700, 280)] {
        let mut rows = rng.units(others, 16);
        (0..300).for_each(|_| rows.push(&same));
        let rows = Arc::new(Rows::of(&rows).unwrap());
        let graph = build(&rows, PARAMS);
        let copies = |ef| {
            let (found, _) = search(&graph, &same, ef, None);
            found.iter().filter(|h| h.point as usize >= others).count()
        };
        assert_eq!(copies(1000), 300, "among {others}");
        // A beam that holds just the copies may miss those few that are reached through another row only.
        assert!(copies(300) >= at_least, "{} among {others}", copies(300));
    }
}

#[test]
fn a_narrow_beam_finds_most_neighbours_with_a_fraction_of_the_work() {
    let mut rng = Rng::new(12);
    let rows = floats(3000, 16, 12);
    for params in [PARAMS, HNSW_RS] {
        let graph = build(&rows, params);
        let (mut good, mut work) = (0, Work::default());
        for _ in 0..20 {
            let query = rng.unit(16);
            let (found, done) = search(&graph, &query, 64, None);
            assert_eq!(found.len(), 64);
            assert!(found.is_sorted_by(|a, b| crate::hit::by_rank(a, b).is_lt()));
            let want = exact::<Dot>(&rows, &query, None, 10);
            good += want.iter().filter(|hit| found.contains(hit)).count();
            work.distances += done.distances;
            work.hops += done.hops;
        }
        assert!(good >= 190, "{params:?}: {good} of 200 neighbours");
        assert!(work.distances < 20 * 1500, "{params:?}: {work:?}");
        assert_eq!(work.hops > 20 * 64, params.engine == Engine::Hnsw, "{work:?}");
    }
}

#[test]
fn recall_on_clustered_rows_is_not_below_that_of_hnsw_rs() {
    let rows = clustered(4000, 32, 20);
    let (ours, theirs) = (build(&rows, PARAMS), build(&rows, HNSW_RS));
    for ef in [10, 20, 40, 80] {
        let (ours, theirs) = (good(&rows, &ours, ef), good(&rows, &theirs, ef));
        assert!(ours + 5 >= theirs, "ef {ef}: {ours} against {theirs} of 1,000");
    }
}

#[test]
fn the_graph_is_the_same_for_any_number_of_threads() {
    let rows = clustered(3000, 16, 17);
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| build(&rows, PARAMS))
    };
    let (one, two, again) = (with_threads(1), with_threads(2), with_threads(2));
    assert!(one.facts().repeatable);
    assert_eq!(slots(&one), slots(&two));
    assert_eq!(slots(&two), slots(&again));
    let query = Rng::new(18).unit(16);
    assert_eq!(search(&one, &query, 20, None), search(&two, &query, 20, None));
}

#[test]
fn the_seed_decides_the_graph() {
    let rows = floats(500, 16, 17);
    let seeded = |seed| build(&rows, GraphParams { seed, ..PARAMS });
    assert_ne!(slots(&seeded(1)), slots(&seeded(2)));
}

#[test]
fn links_are_distinct_lead_elsewhere_and_are_counted_with_their_bytes() {
    let rows = clustered(2000, 16, 19);
    let graph = build(&rows, PARAMS);
    let mut links = 0;
    let mut bytes = 0;
    for (row, slot) in slots(&graph).iter().enumerate() {
        bytes += size_of_val(*slot);
        let used = slot.iter().position(|&n| n == u32::MAX).unwrap_or(slot.len());
        let mut distinct = slot[..used].to_vec();
        links += used;
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), used);
        assert!(
            row >= 2000 || !distinct.contains(&(row as u32)),
            "row {row} links to itself"
        );
    }
    let facts = graph.facts();
    // Beside its links, a layer above the lowest holds the row and the node below of each of its nodes.
    let upper = slots(&graph).len() - 2000;
    assert_eq!((facts.links, facts.bytes), (links, bytes + upper * 8));
}

#[test]
fn a_filtered_walk_ends_when_the_beam_is_full_of_the_nearest() {
    let rows = clustered(4000, 32, 21);
    let graph = build(&rows, PARAMS);
    let half = BitSet::from_iter(4000, (0..4000).step_by(2));
    let (found, work) = search(&graph, rows.row(1), 20, Some(&half));
    assert_eq!(found.len(), 20);
    assert!(found.iter().all(|h| half.contains(h.point)));
    assert!(work.distances < 1000, "{work:?}");
}

#[test]
fn a_filter_that_nothing_passes_finds_nothing_at_any_width() {
    let rows = floats(200, 8, 14);
    for params in [PARAMS, HNSW_RS] {
        let graph = build(&rows, params);
        for ef in [0, 1, 2, 10, usize::MAX] {
            let (found, _) = search(&graph, rows.row(0), ef, Some(&BitSet::new(200)));
            assert!(found.is_empty(), "ef {ef}");
        }
    }
}

#[test]
fn the_narrowest_filtered_beam_still_finds_a_match() {
    let mut rng = Rng::new(15);
    let rows = floats(500, 8, 15);
    let allowed = BitSet::from_iter(500, [250]);
    for params in [PARAMS, HNSW_RS] {
        let graph = build(&rows, params);
        for _ in 0..100 {
            let (found, _) = search(&graph, &rng.unit(8), 1, Some(&allowed));
            assert_eq!(found.iter().map(|h| h.point).collect::<Vec<u32>>(), [250]);
        }
    }
}

#[test]
fn no_row_and_one_row_work() {
    let query = [1.0, 0.0, 0.0, 0.0];
    for params in [PARAMS, HNSW_RS] {
        let graph = build(&floats(0, 4, 0), params);
        assert_eq!(search(&graph, &query, 10, None), (vec![], Work::default()));
        let want = GraphFacts {
            links: 0,
            bytes: 0,
            repeatable: true,
        };
        assert_eq!(graph.facts(), want);

        let graph = build(&floats(1, 4, 16), params);
        let (found, _) = search(&graph, &query, 10, None);
        assert_eq!(found.iter().map(|h| h.point).collect::<Vec<u32>>(), [0]);
    }
}

#[test]
fn memory_is_used_again_and_answers_do_not_depend_on_it() {
    let mut rng = Rng::new(22);
    let (small, large) = (floats(50, 8, 1), floats(2000, 8, 2));
    let graphs = [build(&small, PARAMS), build(&large, PARAMS)];
    let (mut scratch, mut found) = (Scratch::default(), Vec::new());
    for turn in 0..600 {
        let (graph, query) = (&graphs[turn % 2], rng.unit(8));
        let work = graph.search::<Dot>(&query, 10, None, &mut scratch, &mut found);
        assert_eq!(
            (found.clone(), work),
            search(graph, &query, 10, None),
            "turn {turn}"
        );
    }
}

#[test]
fn a_graph_over_codes_finds_rows_with_the_query_s_code() {
    let codes = Codes::new(&Rng::new(18).rows(1000, 64), BinaryParams::default()).unwrap();
    for params in [PARAMS, HNSW_RS] {
        let graph = Graph::<Hamming>::build(codes.rows().clone(), params).unwrap();
        for row in [0, 499, 999] {
            let (found, _) = search(&graph, codes.rows().row(row), 32, None);
            assert_eq!((found[0].point, found[0].score), (row as u32, -0.0));
        }
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    let rows = floats(2, 4, 19);
    for params in [PARAMS, HNSW_RS] {
        let refused = |m, ef_construct| {
            let params = GraphParams {
                m,
                ef_construct,
                ..params
            };
            Graph::<Dot>::build(rows.clone(), params).err()
        };
        assert_eq!(refused(1, 10), Some(IndexError::Links(1)));
        assert_eq!(refused(256, 10), Some(IndexError::Links(256)));
        assert_eq!(refused(16, 0), Some(IndexError::Beam));
    }
}
