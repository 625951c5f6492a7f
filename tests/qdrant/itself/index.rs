//! What is indexed, which way searches go, and what the graph and codes lose.

use qdrant_client::Payload;
use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::{
    BinaryQuantizationBuilder, BinaryQuantizationEncoding, CompressionRatio, Condition,
    CreateCollectionBuilder, Distance, Filter, HnswConfigDiffBuilder, NamedVectors,
    OptimizersConfigDiffBuilder, PointStruct, ProductQuantizationBuilder, QuantizationSearchParamsBuilder,
    QueryBatchPointsBuilder, QueryPointsBuilder, ScalarQuantizationBuilder, ScoredPoint, SearchParamsBuilder,
    SparseVectorParamsBuilder, SparseVectorsConfigBuilder, TurboQuantBitSize, TurboQuantizationBuilder,
    Vector, VectorInput,
};

use super::{Session, collection, nearest};
use crate::server::{Graph, Options};

/// Numbers of each vector.
const SIZE: u64 = 8;

/// Numbers between -1 and 1 that look as if thrown (linear congruences modulo 2³¹ - 1).
pub(super) fn thrown(count: usize) -> Vec<Vec<f32>> {
    let mut state = 42u64;
    let mut next = || {
        state = state * 48_271 % 0x7fff_ffff;
        state as f32 / 0x3fff_ffff as f32 - 1.0
    };
    (0..count).map(|_| (0..SIZE).map(|_| next()).collect()).collect()
}

/// Vectors take 32 bytes, and from 1 KB on a segment has a graph that is walked.
pub(super) fn indexed() -> CreateCollectionBuilder {
    collection(SIZE, Distance::Cosine)
        .optimizers_config(OptimizersConfigDiffBuilder::default().indexing_threshold(1))
        .hnsw_config(HnswConfigDiffBuilder::default().full_scan_threshold(1))
}

pub(super) fn with(create: CreateCollectionBuilder, count: usize, graph: Graph) -> Session {
    let session = Session::new(Options {
        graph,
        ..Options::default()
    });
    session.create(create);
    let vectors = thrown(count);
    let rows: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
    session.put(super::points(&rows));
    session
}

pub(super) fn query() -> QueryPointsBuilder {
    nearest(&[0.3, -0.2, 0.9, 0.1, -0.7, 0.5, 0.0, 0.2]).limit(10)
}

fn exact() -> QueryPointsBuilder {
    query().params(SearchParamsBuilder::default().exact(true))
}

fn only(ids: std::ops::Range<u64>) -> Filter {
    Filter::must([Condition::has_id(ids)])
}

fn counts(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(path, n)| ((*path).to_owned(), *n)).collect()
}

fn vectors_and_segments(session: &Session) -> (u64, u64) {
    let info = session.run(session.client.collection_info("c")).result.unwrap();
    (info.indexed_vectors_count.unwrap(), info.segments_count)
}

#[test]
fn little_is_never_indexed() {
    let session = with(indexed(), 31, Graph::Imitated);
    assert_eq!(vectors_and_segments(&session), (0, 1));
    session.query(query());
    session.query(query().filter(only(0..9)));
    // Without an index an exact search is a plain one too.
    session.query(exact());
    assert_eq!(
        session.searches("v"),
        counts(&[("filtered_plain", 1), ("unfiltered_plain", 2)])
    );
}

#[test]
fn enough_is_indexed_and_an_empty_segment_is_scanned_beside_it() {
    let session = with(indexed(), 300, Graph::Imitated);
    assert_eq!(vectors_and_segments(&session), (300, 2));
    session.query(query());
    assert_eq!(
        session.searches("v"),
        counts(&[("unfiltered_hnsw", 1), ("unfiltered_plain", 1)])
    );
    session.query(exact());
    session.query(exact().filter(only(0..9)));
    // 32 vectors of 32 bytes are the threshold of a full scan.
    session.query(query().filter(only(0..31)));
    session.query(query().filter(only(0..32)));
    let want = [
        ("filtered_exact", 1),
        ("filtered_large_cardinality", 1),
        ("filtered_plain", 3),
        ("filtered_small_cardinality", 1),
        ("unfiltered_exact", 1),
        ("unfiltered_hnsw", 1),
        ("unfiltered_plain", 2),
    ];
    assert_eq!(session.searches("v"), counts(&want));
}

#[test]
fn thresholds_are_those_of_a_segment() {
    let segments = OptimizersConfigDiffBuilder::default()
        .indexing_threshold(1)
        .default_segment_number(2);
    let create = indexed().optimizers_config(segments).shard_number(2);
    // 20 vectors in each of four segments are too few, 80 in all would not be.
    assert_eq!(
        vectors_and_segments(&with(create.clone(), 80, Graph::Imitated)),
        (0, 4)
    );
    let session = with(create, 160, Graph::Imitated);
    // Each shard has an empty one more.
    assert_eq!(vectors_and_segments(&session), (160, 6));
    session.query(query());
    assert_eq!(
        session.searches("v"),
        counts(&[("unfiltered_hnsw", 4), ("unfiltered_plain", 2)])
    );
}

#[test]
fn a_graph_without_links_is_scanned() {
    let hnsw = HnswConfigDiffBuilder::default().m(0).full_scan_threshold(1);
    let session = with(indexed().hnsw_config(hnsw), 300, Graph::Imitated);
    session.query(query());
    assert_eq!(session.searches("v"), counts(&[("unfiltered_plain", 2)]));
}

#[test]
fn a_batch_of_alike_queries_is_one_search() {
    let session = with(indexed(), 300, Graph::Imitated);
    let other = nearest(&[1.0; 8]).limit(10);
    let queries = [query().build(), other.clone().build(), other.limit(9).build()];
    session.run(
        session
            .client
            .query_batch(QueryBatchPointsBuilder::new("c", queries)),
    );
    assert_eq!(
        session.searches("v"),
        counts(&[("unfiltered_hnsw", 2), ("unfiltered_plain", 2)])
    );
}

#[test]
fn sparse_vectors_are_always_indexed() {
    let session = Session::new(Options::default());
    let mut sparse = SparseVectorsConfigBuilder::default();
    sparse.add_named_vector_params("w", SparseVectorParamsBuilder::default());
    session.create(collection(1, Distance::Dot).sparse_vectors_config(sparse));
    let vectors = NamedVectors::default().add_vector("w", Vector::new_sparse(vec![0], vec![1.0]));
    let nothing = NamedVectors::default().add_vector("w", Vector::new_sparse(vec![], vec![]));
    let point = |n: u64, vectors| PointStruct::new(n, vectors, Payload::new());
    session.put(vec![point(0, vectors), point(1, nothing)]);
    // But for those that are empty.
    assert_eq!(vectors_and_segments(&session).0, 1);
    let words = QueryPointsBuilder::new("c")
        .query(VectorInput::new_sparse(vec![0], vec![1.0]))
        .using("w");
    assert_eq!(session.found(words.clone()), [0]);
    assert_eq!(session.found(words.filter(only(0..1))), [0]);
    let want = counts(&[("filtered_small_cardinality", 1), ("unfiltered_sparse", 1)]);
    assert_eq!((session.searches("w"), session.searches("v")), (want, vec![]));
}

/// Hits that the exact search has too.
fn shared(a: &[u64], b: &[u64]) -> usize {
    a.iter().filter(|id| b.contains(id)).count()
}

#[test]
fn a_wider_beam_finds_what_a_narrower_one_does_and_more() {
    let session = with(indexed(), 300, Graph::Imitated);
    let best = session.found(exact());
    let found = |ef| session.found(query().params(SearchParamsBuilder::default().hnsw_ef(ef)));
    let shares: Vec<usize> = [10, 40, 300]
        .iter()
        .map(|&ef| shared(&found(ef), &best))
        .collect();
    assert!(shares[0] < 10 && shares.is_sorted(), "{shares:?}");
    assert_eq!(found(300), best);
    assert_eq!(found(10), found(10));
    assert_eq!(with(indexed(), 300, Graph::Exact).found(query()), best);
}

#[test]
fn codes_lose_hits_and_oversampling_brings_them_back() {
    let create = indexed().quantization_config(BinaryQuantizationBuilder::new(true));
    let session = with(create, 300, Graph::Exact);
    let best = session.found(exact());
    let params = |q: QuantizationSearchParamsBuilder| SearchParamsBuilder::default().quantization(q);
    let found = |q| session.found(query().params(params(q)));
    let oversampled = |x: f64| QuantizationSearchParamsBuilder::default().oversampling(x);
    let shares = [1.0, 4.0, 30.0].map(|x| shared(&found(oversampled(x)), &best));
    assert!(shares[0] < 10 && shares.is_sorted(), "{shares:?}");
    assert_eq!(found(oversampled(30.0)), best);
    assert_eq!(
        found(QuantizationSearchParamsBuilder::default().ignore(true)),
        best
    );
    // Not scored again, hits have the scores of their codes: whole numbers.
    let raw = query().params(params(QuantizationSearchParamsBuilder::default().rescore(false)));
    assert!(
        session
            .query(raw)
            .iter()
            .all(|hit| hit.score.fract().abs() < 1e-6)
    );
}

/// The largest difference of a score to the exact one, at the same place.
fn apart(quantization: impl Into<Quantization>) -> f32 {
    let session = with(indexed().quantization_config(quantization), 300, Graph::Exact);
    let raw = QuantizationSearchParamsBuilder::default().rescore(false);
    let coarse = session.query(query().params(SearchParamsBuilder::default().quantization(raw)));
    let apart = |(a, b): (&ScoredPoint, &ScoredPoint)| (a.score - b.score).abs();
    coarse
        .iter()
        .zip(&session.query(exact()))
        .map(apart)
        .fold(0.0, f32::max)
}

#[test]
fn fewer_bits_lose_more() {
    let products = |ratio: CompressionRatio| ProductQuantizationBuilder::new(ratio.into());
    let (eight, four) = (
        apart(ScalarQuantizationBuilder::default()),
        apart(products(CompressionRatio::X8)),
    );
    assert!(1e-5 < eight && eight < 0.02 && eight < four, "{eight}, {four}");
    assert!(apart(products(CompressionRatio::X32)) > four);
    let (turbo, bits) = (
        |bits| TurboQuantizationBuilder::new().bits(bits),
        TurboQuantBitSize::Bits8,
    );
    assert!(apart(turbo(bits)) < apart(turbo(TurboQuantBitSize::Bits2)));
    // Signs have another scale altogether.
    assert!(apart(BinaryQuantizationBuilder::new(true)) > 1.0);
    let two = BinaryQuantizationBuilder::new(true).encoding(BinaryQuantizationEncoding::TwoBits);
    assert!(apart(two) > 1.0);
}

#[test]
fn scalar_codes_are_not_scored_again_and_binary_ones_are() {
    let top = |quantization: Quantization| {
        let session = with(indexed().quantization_config(quantization), 300, Graph::Exact);
        (session.query(query())[0].score - session.query(exact())[0].score).abs()
    };
    assert!(top(ScalarQuantizationBuilder::default().into()) > 1e-6);
    assert!(top(BinaryQuantizationBuilder::new(true).into()) < 1e-6);
}
