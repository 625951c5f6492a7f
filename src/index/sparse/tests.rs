use proptest::prelude::*;

use super::*;
use crate::hit::rank;
use crate::index::testing::Rng;

fn sparse(pairs: &[(u32, f32)]) -> SparseVector {
    SparseVector {
        dims: pairs.iter().map(|p| p.0).collect(),
        weights: pairs.iter().map(|p| p.1).collect(),
    }
}

fn search(index: &SparseIndex, query: &SparseVector, limit: usize, filtering: Filtering<'_>) -> SparseAnswer {
    index.search(query, limit, filtering, &mut SparseScratch::default())
}

#[test]
fn scores_are_weights_times_inverse_document_frequency() {
    let index = SparseIndex::new(&[sparse(&[(3, 1.0), (9, 2.0)]), sparse(&[(9, 1.0)]), sparse(&[])]).unwrap();
    let got = search(
        &index,
        &sparse(&[(3, 1.0), (7, 5.0), (9, 2.0)]),
        10,
        Filtering::None,
    );
    // N = 3; df(3) = 1: ln(1 + 2.5/1.5); df(9) = 2: ln(1 + 1.5/2.5). Dimension 7 is unknown.
    let (rare, common) = ((8.0f64 / 3.0).ln() as f32, 1.6f64.ln() as f32);
    let want = [
        Hit {
            point: 0,
            score: rare + 2.0 * common * 2.0,
        },
        Hit {
            point: 1,
            score: 2.0 * common,
        },
    ];
    assert_eq!(got.hits, want);
    assert_eq!((got.counters.postings, got.counters.candidates), (3, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn leaving_blocks_out_changes_no_hit_no_bit_and_no_tie(
        count in 1usize..700, limit in 0usize..40, share in 1usize..101, signed: bool, seed: u64,
    ) {
        let mut rng = Rng::new(seed);
        // Few distinct weights, so that ties are the normal case; words as unequal as in text.
        let mut vector = |most: usize, signed: bool| {
            let mut dims: Vec<u32> = (0..rng.below(most + 1)).map(|_| (rng.symmetric().powi(4) * 30.0) as u32).collect();
            dims.sort_unstable();
            dims.dedup();
            let weights = dims.iter().map(|_| rng.below(4) as f32 * 0.3 - if signed { 0.4 } else { 0.0 }).collect();
            SparseVector { dims, weights }
        };
        let documents: Vec<SparseVector> = (0..count).map(|_| vector(9, signed)).collect();
        let query = vector(6, false);
        let some = BitSet::from_iter(count, (0..count as u32).filter(|p| (p * 37 + 11) % 100 < share as u32));
        let index = SparseIndex::new(&documents).unwrap();
        for filtering in [Filtering::None, Filtering::Pre(&some)] {
            let within = if let Filtering::Pre(set) = filtering { Some(set) } else { None };
            let got = search(&index, &query, limit, filtering);
            let mut scratch = SparseScratch::default();
            scratch.top.reset(limit);
            let terms: Vec<Term<'_>> = index.terms(&query).collect();
            let looked = index.plain(&terms, within, &mut scratch);
            prop_assert_eq!(&got.hits, scratch.top.finish());
            prop_assert!(got.counters.postings <= looked.postings);
            prop_assert!(got.counters.candidates <= looked.candidates);
        }
    }
}

#[test]
fn most_postings_of_a_large_corpus_are_left_out() {
    let mut rng = Rng::new(61);
    // A document is about some words for a while, as in a corpus sorted by id or time.
    let documents: Vec<SparseVector> = (0..20_000)
        .map(|p| sparse(&[(p / 500, 1.0 + rng.symmetric()), (100, 0.1), (101 + p % 3, 0.5)]))
        .collect();
    let index = SparseIndex::new(&documents).unwrap();
    let got = search(
        &index,
        &sparse(&[(7, 1.0), (100, 1.0), (101, 1.0)]),
        10,
        Filtering::None,
    );
    assert_eq!(got.hits.len(), 10);
    assert!(got.counters.postings < 2_000, "{:?}", got.counters);
}

#[test]
fn filters_before_and_after_differ_when_the_limit_cuts() {
    let vectors: Vec<_> = (1..=4).map(|w| sparse(&[(0, w as f32)])).collect();
    let index = SparseIndex::new(&vectors).unwrap();
    let allowed = BitSet::from_iter(4, [0, 1]);
    let query = sparse(&[(0, 1.0)]);
    let points = |f| -> Vec<u32> {
        let hits = search(&index, &query, 2, f).hits;
        hits.iter().map(|h| h.point).collect()
    };
    assert_eq!(points(Filtering::None), [3, 2]);
    assert_eq!(points(Filtering::Pre(&allowed)), [1, 0]);
    assert_eq!(points(Filtering::Auto(&allowed)), [1, 0]);
    assert!(points(Filtering::Post(&|p| p < 2)).is_empty());
    assert_eq!(points(Filtering::Post(&|p| p == 2)), [2]);
}

#[test]
fn agrees_with_a_naive_sum_to_the_bit_and_reuses_its_memory() {
    let mut rng = Rng::new(21);
    let mut random = |most: usize| {
        let mut dims: Vec<u32> = (0..rng.below(most + 1)).map(|_| rng.below(30) as u32).collect();
        dims.sort_unstable();
        dims.dedup();
        let weights = dims.iter().map(|_| rng.symmetric()).collect();
        SparseVector { dims, weights }
    };
    let vectors: Vec<_> = (0..200).map(|_| random(12)).collect();
    let index = SparseIndex::new(&vectors).unwrap();
    let mut scratch = SparseScratch::default();
    for _ in 0..50 {
        let query = random(6);
        let got = index.search(&query, 20, Filtering::None, &mut scratch);
        assert_eq!(got.hits, naive(&vectors, &query, 20));
    }
}

/// Document by document, straight from the definition.
fn naive(vectors: &[SparseVector], query: &SparseVector, limit: usize) -> Vec<Hit> {
    let weight = |v: &SparseVector, dim: u32| v.dims.iter().position(|&d| d == dim).map(|i| v.weights[i]);
    let mut hits = Vec::new();
    for (point, v) in vectors.iter().enumerate() {
        let mut score = None;
        for (&dim, q) in query.dims.iter().zip(&query.weights) {
            let df = vectors.iter().filter(|v| v.dims.contains(&dim)).count();
            if let Some(d) = weight(v, dim) {
                score = Some(score.unwrap_or(0.0) + q * idf(vectors.len(), df) * d);
            }
        }
        hits.extend(score.map(|score| Hit {
            point: point as u32,
            score,
        }));
    }
    rank(&mut hits, limit);
    hits
}

#[test]
fn an_empty_corpus_and_an_empty_query_answer_nothing() {
    let none = SparseIndex::new(&[]).unwrap();
    assert!(
        search(&none, &sparse(&[(1, 1.0)]), 5, Filtering::None)
            .hits
            .is_empty()
    );
    let one = SparseIndex::new(&[sparse(&[(1, 1.0)])]).unwrap();
    assert!(search(&one, &sparse(&[]), 5, Filtering::None).hits.is_empty());
}

#[test]
fn malformed_vectors_are_refused_with_their_point() {
    for bad in [
        sparse(&[(2, 1.0), (1, 1.0)]),
        sparse(&[(1, 1.0), (1, 1.0)]),
        sparse(&[(1, f32::NAN)]),
        SparseVector {
            dims: vec![1],
            weights: vec![],
        },
    ] {
        let got = SparseIndex::new(&[sparse(&[]), bad]).unwrap_err();
        assert_eq!(got, IndexError::Sparse { point: 1 });
    }
}
