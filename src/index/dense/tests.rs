use proptest::prelude::*;

use super::*;
use crate::index::binary::BinaryQuery;
use crate::index::exact::scan;
use crate::index::graph::Engine;
use crate::index::kernel::Dot;
use crate::index::testing::Rng;

const GRAPH: GraphParams = GraphParams {
    engine: Engine::Hnsw,
    m: 12,
    ef_construct: 100,
    seed: 42,
};

pub(super) fn index(rows: &Vectors, graph: bool, binary: bool) -> DenseIndex {
    let points: Vec<u32> = (0..rows.len() as u32).collect();
    let params = DenseParams {
        graph: graph.then_some(GRAPH),
        codes: binary.then_some(Coding::Binary(BinaryParams::default())),
        ..DenseParams::default()
    };
    DenseIndex::build(rows, &points, rows.len(), params).unwrap()
}

pub(super) fn query<'a>(vector: &'a [f32], filtering: Filtering<'a>) -> DenseQuery<'a> {
    DenseQuery {
        vector,
        limit: 5,
        ef: 40,
        exact: false,
        scan: false,
        oversampling: 3.0,
        rescore: true,
        filtering,
    }
}

pub(super) fn search(index: &DenseIndex, query: &DenseQuery<'_>) -> DenseAnswer {
    index.search(query, &mut DenseScratch::default()).unwrap()
}

fn way(by_code: bool, by_graph: bool, filter: Applied) -> Way {
    Way {
        by_code,
        by_graph,
        filter,
    }
}

#[test]
fn each_kind_of_index_goes_its_own_way_and_counts_it() {
    let mut rng = Rng::new(31);
    let (rows, vector) = (rng.units(200, 24), rng.unit(24));
    let query = query(&vector, Filtering::None);

    let scan = search(&index(&rows, false, false), &query);
    assert_eq!(scan.way, way(false, false, Applied::Never));
    assert_eq!(
        scan.counters,
        Counters {
            float_distances: 200,
            candidates: 200,
            bytes: 200 * 24 * 4,
            ..Counters::default()
        }
    );

    let codes = search(&index(&rows, false, true), &query);
    assert_eq!(codes.way, way(true, false, Applied::Never));
    let want = Counters {
        code_distances: 200,
        float_distances: 15,
        candidates: 15,
        rescored: 15,
        bytes: 200 * 8 + 15 * 24 * 4,
        ..Counters::default()
    };
    assert_eq!(codes.counters, want);

    let graph = search(&index(&rows, true, false), &query);
    assert_eq!(graph.way, way(false, true, Applied::Never));
    assert_eq!(
        (graph.counters.candidates, graph.counters.code_distances),
        (40, 0)
    );
    // Rows of 24 floats, and slots of 24 links in the lowest layer and 12 in those above.
    let (rows_read, hops) = (graph.counters.float_distances * 24 * 4, graph.counters.hops);
    let links_read = graph.counters.bytes - rows_read;
    assert!(
        (hops * 12 * 4..=hops * 24 * 4).contains(&links_read),
        "{links_read} in {hops} hops"
    );

    let both = search(&index(&rows, true, true), &query);
    assert_eq!(both.way, way(true, true, Applied::Never));
    // Scored by float on the way: more than the shortlist of 15, because it gets better while the walk goes on.
    let counters = both.counters;
    assert_eq!(
        (counters.candidates, counters.float_distances),
        (40, counters.rescored)
    );
    assert!(
        (15..counters.code_distances).contains(&counters.rescored),
        "{counters:?}"
    );
}

#[test]
fn exact_ignores_graph_and_codes() {
    let mut rng = Rng::new(32);
    let (rows, vector) = (rng.units(100, 24), rng.unit(24));
    let query = DenseQuery {
        exact: true,
        ..query(&vector, Filtering::None)
    };
    let want = search(&index(&rows, false, false), &query);
    let got = search(&index(&rows, true, true), &query);
    assert_eq!(got, want);
    assert_eq!(got.way, way(false, false, Applied::Never));
}

#[test]
fn enough_oversampling_makes_codes_exact_and_no_rescoring_shows_bits() {
    let mut rng = Rng::new(33);
    let (rows, vector) = (rng.units(100, 24), rng.unit(24));
    let (plain, coded) = (index(&rows, false, false), index(&rows, false, true));
    let all = DenseQuery {
        oversampling: 20.0,
        ..query(&vector, Filtering::None)
    };
    assert_eq!(search(&coded, &all).hits, search(&plain, &all).hits);

    let bits = search(
        &coded,
        &DenseQuery {
            rescore: false,
            ..all
        },
    );
    assert_eq!(
        (bits.counters.float_distances, bits.counters.candidates),
        (0, 100)
    );
    assert!(bits.hits.iter().all(|h| h.score <= 0.0 && h.score.fract() == 0.0));
    assert_eq!(bits.hits.len(), 5);
}

#[test]
fn a_pre_filter_looks_at_matches_only_and_a_post_filter_may_come_back_short() {
    let rows = Vectors::from_flat(1, vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]).unwrap();
    let index = index(&rows, false, false);
    let points = |filtering| {
        let answer = search(
            &index,
            &DenseQuery {
                filtering,
                ..query(&[1.0], Filtering::None)
            },
        );
        let points: Vec<u32> = answer.hits.iter().map(|h| h.point).collect();
        (points, answer.counters.float_distances)
    };
    let low = BitSet::from_iter(8, 0..5);
    assert_eq!(points(Filtering::Pre(&low)), (vec![4, 3, 2, 1, 0], 5));
    assert_eq!(points(Filtering::Post(&|p| p < 5)), (vec![4, 3], 8));
}

#[test]
fn rows_answer_with_their_points_and_filters_speak_of_points() {
    let rows = Vectors::from_flat(1, vec![0.1, 0.9, 0.5]).unwrap();
    let params = DenseParams::default();
    let index = DenseIndex::build(&rows, &[2, 5, 7], 9, params).unwrap();
    let points = |filtering| -> Vec<u32> {
        let answer = search(
            &index,
            &DenseQuery {
                filtering,
                ..query(&[1.0], Filtering::None)
            },
        );
        answer.hits.iter().map(|h| h.point).collect()
    };
    assert_eq!(points(Filtering::None), [5, 7, 2]);
    let some = BitSet::from_iter(9, [0, 2, 7, 8]);
    assert_eq!(points(Filtering::Pre(&some)), [7, 2]);
    assert_eq!(points(Filtering::Post(&|p| p != 5)), [7, 2]);
}

#[test]
fn graph_scores_have_the_bits_of_the_scan() {
    let mut rng = Rng::new(35);
    let rows = rng.units(150, 24);
    let graph = index(&rows, true, false);
    for _ in 0..20 {
        let vector = rng.unit(24);
        let mut top = TopK::new(5);
        scan::<Dot>(&Rows::of(&rows).unwrap(), &vector, None, &mut top);
        let wide = DenseQuery {
            ef: 150,
            ..query(&vector, Filtering::None)
        };
        assert_eq!(search(&graph, &wide).hits, *top.finish());
    }
}

#[test]
fn rows_that_cannot_be_compared_are_refused() {
    let rows = Vectors::from_flat(1, vec![0.1, f32::NAN]).unwrap();
    let got = DenseIndex::build(&rows, &[0, 1], 2, DenseParams::default()).err();
    assert_eq!(got, Some(IndexError::NotFinite { row: 1 }));
}

/// Every way of coding rows, and none.
fn codings() -> Vec<Option<Coding>> {
    let binary = |centred, query| Some(Coding::Binary(BinaryParams { centred, query }));
    vec![
        None,
        binary(false, BinaryQuery::Bits),
        binary(true, BinaryQuery::Bits),
        binary(false, BinaryQuery::FourBits),
        binary(true, BinaryQuery::FourBits),
        Some(Coding::Scalar { quantile: 1.0 }),
        Some(Coding::Scalar { quantile: 0.9 }),
    ]
}

/// Rows of any length, none of them normalised.
fn crooked(rng: &mut Rng, count: usize, dim: usize) -> Vectors {
    let values = (0..count * dim).map(|_| 3.0 * rng.symmetric() + 1.0).collect();
    Vectors::from_flat(dim, values).unwrap()
}

#[test]
fn every_metric_and_coding_is_exact_when_everything_is_looked_at() {
    let mut rng = Rng::new(36);
    let (rows, vectors) = (crooked(&mut rng, 150, 20), crooked(&mut rng, 8, 20));
    let half = BitSet::from_iter(150, (0..150).step_by(2));
    let points: Vec<u32> = (0..150).collect();
    for metric in [Metric::Dot, Metric::L2] {
        for (codes, graph) in codings().into_iter().flat_map(|c| [(c, None), (c, Some(GRAPH))]) {
            let params = DenseParams { metric, graph, codes };
            let index = DenseIndex::build(&rows, &points, 150, params).unwrap();
            for vector in vectors.rows() {
                for filtering in [Filtering::None, Filtering::Pre(&half), Filtering::InGraph(&half)] {
                    let query = DenseQuery {
                        ef: 150,
                        oversampling: 30.0,
                        ..query(vector, filtering)
                    };
                    let want = search(&index, &DenseQuery { exact: true, ..query });
                    let got = search(&index, &query);
                    assert_eq!(got.hits, want.hits, "{metric:?}, {params:?}");
                    assert_eq!(got.hits.len(), 5);
                }
            }
        }
    }
}

#[test]
fn scores_are_the_dot_product_and_the_negated_distance() {
    let rows = Vectors::from_flat(2, vec![3.0, 4.0, 1.0, 1.0, 0.0, 0.0]).unwrap();
    let found = |metric| {
        let params = DenseParams {
            metric,
            ..DenseParams::default()
        };
        let index = DenseIndex::build(&rows, &[0, 1, 2], 3, params).unwrap();
        let hits = search(&index, &query(&[0.0, 0.0], Filtering::None)).hits;
        hits.iter().map(|h| (h.point, h.score)).collect::<Vec<_>>()
    };
    assert_eq!(found(Metric::Dot), [(2, 0.0), (1, 0.0), (0, 0.0)]);
    assert_eq!(found(Metric::L2), [(2, 0.0), (1, -2f32.sqrt()), (0, -5.0)]);
}

#[test]
fn bytes_and_four_bit_queries_tell_more_rows_apart_than_signs() {
    let mut rng = Rng::new(37);
    let rows = rng.units(3000, 64);
    let points: Vec<u32> = (0..3000).collect();
    let vectors = rng.units(30, 64);
    let good = |codes| {
        let params = DenseParams {
            codes: Some(codes),
            ..DenseParams::default()
        };
        let index = DenseIndex::build(&rows, &points, 3000, params).unwrap();
        let of = |vector| {
            let coded = DenseQuery {
                limit: 10,
                oversampling: 2.0,
                ..query(vector, Filtering::None)
            };
            let want = search(&index, &DenseQuery { exact: true, ..coded }).hits;
            let got = search(&index, &coded).hits;
            want.iter().filter(|h| got.contains(h)).count()
        };
        vectors.rows().map(of).sum::<usize>()
    };
    let binary = |query| {
        Coding::Binary(BinaryParams {
            centred: false,
            query,
        })
    };
    let signs = good(binary(BinaryQuery::Bits));
    let four_bits = good(binary(BinaryQuery::FourBits));
    let bytes = good(Coding::Scalar { quantile: 1.0 });
    assert!(
        signs + 30 < four_bits && four_bits < bytes,
        "{signs}, {four_bits}, {bytes}"
    );
    assert_eq!(bytes, 300);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_full_beam_and_shortlist_over_bits_are_exact_with_and_without_a_filter(
        count in 1usize..200, every in 1u32..12, four_bits: bool, by_distance: bool, seed: u64,
    ) {
        let mut rng = Rng::new(seed);
        let (rows, vector) = (rng.units(count, 20), rng.unit(20));
        let points: Vec<u32> = (0..count as u32).collect();
        let kind = if four_bits { BinaryQuery::FourBits } else { BinaryQuery::Bits };
        let params = DenseParams {
            metric: if by_distance { Metric::L2 } else { Metric::Cosine },
            graph: Some(GRAPH),
            codes: Some(Coding::Binary(BinaryParams { centred: true, query: kind })),
        };
        let index = DenseIndex::build(&rows, &points, count, params).unwrap();
        let some = BitSet::from_iter(count, (0..count as u32).step_by(every as usize));
        for filtering in [Filtering::None, Filtering::InGraph(&some), Filtering::Auto(&some)] {
            let query = DenseQuery { limit: count, ef: count, oversampling: 1.0, filtering, ..query(&vector, filtering) };
            let want = search(&index, &DenseQuery { exact: true, ..query });
            prop_assert_eq!(search(&index, &query).hits, want.hits);
        }
    }
}
