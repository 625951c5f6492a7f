//! Queries for neighbours, against sums made by hand.

use qdrant_client::Payload;
use qdrant_client::qdrant::{
    CreateCollectionBuilder, Distance, Modifier, MultiVectorComparator, MultiVectorConfigBuilder,
    NamedVectors, PointStruct, Query, QueryBatchPointsBuilder, QueryPointsBuilder, SparseVectorParamsBuilder,
    SparseVectorsConfigBuilder, Vector, VectorInput, VectorParamsBuilder, VectorsConfigBuilder,
};
use tonic::Code;

use super::{Session, assert_near, nearest, number};
use crate::server::{Options, Ties};

#[test]
fn the_nearest_come_first() {
    let session = Session::of(
        Options::default(),
        Distance::Cosine,
        &[&[1.0, 0.0], &[0.0, 2.0], &[4.0, 3.0]],
    );
    let hits = session.query(nearest(&[2.0, 0.0]));
    let found: Vec<u64> = hits.iter().map(number).collect();
    assert_eq!(found, [0, 2, 1]);
    assert_near(hits[1].score, 0.8);
    assert!(hits[0].payload.is_empty() && hits[0].vectors.is_none());
}

#[test]
fn distances_are_better_when_smaller() {
    let session = Session::of(Options::default(), Distance::Euclid, &[&[0.0, 0.0], &[3.0, 4.0]]);
    let hits = session.query(nearest(&[3.0, 3.0]));
    assert_eq!(hits.iter().map(number).collect::<Vec<_>>(), [1, 0]);
    assert_near(hits[0].score, 1.0);
    assert_near(hits[1].score, 18f64.sqrt());
    assert_eq!(session.found(nearest(&[3.0, 3.0]).score_threshold(2.0)), [1]);
}

#[test]
fn limits_and_offsets_cut_the_same_list() {
    let session = Session::of(
        Options::default(),
        Distance::Dot,
        &[&[1.0], &[2.0], &[3.0], &[4.0]],
    );
    assert_eq!(session.found(nearest(&[1.0]).limit(2)), [3, 2]);
    assert_eq!(session.found(nearest(&[1.0]).limit(2).offset(1)), [2, 1]);
    assert_eq!(session.found(nearest(&[1.0]).offset(9)), [0; 0]);
    assert_eq!(session.found(nearest(&[1.0]).score_threshold(3.0)), [3, 2]);
}

#[test]
fn ties_are_decided_as_the_options_say() {
    for (ties, want) in [(Ties::SmallerFirst, [0, 1]), (Ties::LargerFirst, [2, 1])] {
        let options = Options {
            ties,
            ..Options::default()
        };
        let session = Session::of(options, Distance::Dot, &[&[1.0], &[1.0], &[1.0]]);
        assert_eq!(session.found(nearest(&[1.0]).limit(2)), want);
    }
}

#[test]
fn a_point_is_not_its_own_neighbour() {
    let session = Session::of(Options::default(), Distance::Dot, &[&[1.0], &[2.0], &[3.0]]);
    let query = QueryPointsBuilder::new("c")
        .query(VectorInput::new_id(2u64))
        .using("v");
    assert_eq!(session.found(query), [1, 0]);
}

#[test]
fn without_a_query_points_come_in_order() {
    let session = Session::of(Options::default(), Distance::Dot, &[&[1.0], &[2.0], &[3.0]]);
    assert_eq!(session.found(QueryPointsBuilder::new("c").limit(2)), [0, 1]);
}

#[test]
fn a_batch_gives_what_its_queries_give() {
    let session = Session::of(Options::default(), Distance::Dot, &[&[1.0], &[-2.0], &[3.0]]);
    let queries = [nearest(&[1.0]).build(), nearest(&[-1.0]).limit(1).build()];
    let batch = QueryBatchPointsBuilder::new("c", queries.clone());
    let answer = session.run(session.client.query_batch(batch));
    let found: Vec<Vec<u64>> = answer
        .result
        .iter()
        .map(|r| r.result.iter().map(number).collect())
        .collect();
    assert_eq!(found, [vec![2, 0, 1], vec![1]]);
    // Three vectors of one float32 for each of the two.
    assert_eq!(answer.usage.unwrap().hardware.unwrap().cpu, 2 * 3 * 4);
    assert_eq!(session.server.queries(), queries);
}

#[test]
fn what_does_not_fit_is_refused() {
    let session = Session::of(Options::default(), Distance::Dot, &[&[1.0, 0.0]]);
    let refused = |query| session.refused(session.client.query(query));
    assert_eq!(refused(nearest(&[1.0])), Code::InvalidArgument);
    assert_eq!(refused(nearest(&[1.0, 0.0]).using("w")), Code::InvalidArgument);
    let elsewhere = QueryPointsBuilder::new("d").query(vec![1.0, 0.0]).using("v");
    assert_eq!(refused(elsewhere), Code::NotFound);
    let sample = QueryPointsBuilder::new("c").query(Query::new_sample(qdrant_client::qdrant::Sample::Random));
    assert_eq!(refused(sample), Code::Unimplemented);
}

#[test]
fn several_vectors_score_as_the_sum_of_the_best() {
    let session = Session::new(Options::default());
    let mut vectors = VectorsConfigBuilder::default();
    vectors.add_named_vector_params(
        "v",
        VectorParamsBuilder::new(2, Distance::Dot)
            .multivector_config(MultiVectorConfigBuilder::new(MultiVectorComparator::MaxSim)),
    );
    session.create(CreateCollectionBuilder::new("c").vectors_config(vectors));
    let point = |n: u64, rows: Vec<Vec<f32>>| {
        let vectors = NamedVectors::default().add_vector("v", Vector::new_multi(rows));
        PointStruct::new(n, vectors, Payload::new())
    };
    session.put(vec![
        point(0, vec![vec![1.0, 0.0], vec![0.0, 1.0]]),
        point(1, vec![vec![0.9, 0.9]]),
        point(2, vec![vec![0.0, -1.0]]),
    ]);
    let query = VectorInput::new_multi(vec![vec![1.0, 0.0], vec![0.0, 2.0]]);
    let hits = session.query(QueryPointsBuilder::new("c").query(query).using("v"));
    assert_eq!(hits.iter().map(number).collect::<Vec<_>>(), [0, 1, 2]);
    assert_near(hits[0].score, 1.0 + 2.0);
    assert_near(hits[1].score, 0.9 + 1.8);
    assert_near(hits[2].score, 0.0 - 2.0);
    // A single vector is one of several.
    assert_eq!(session.found(nearest(&[0.0, -1.0]).limit(1)), [2]);
}

/// Documents over three words in `shards` shards, asked for words 0 and 1.
fn words(modifier: Modifier, shards: u32) -> Vec<(u64, f32)> {
    let session = Session::new(Options::default());
    let mut sparse = SparseVectorsConfigBuilder::default();
    sparse.add_named_vector_params("w", SparseVectorParamsBuilder::default().modifier(modifier));
    let create = CreateCollectionBuilder::new("c")
        .sparse_vectors_config(sparse)
        .shard_number(shards);
    session.create(create);
    let point = |n: u64, pairs: &[(u32, f32)]| {
        let (indices, values): (Vec<u32>, Vec<f32>) = pairs.iter().copied().unzip();
        let vectors = NamedVectors::default().add_vector("w", Vector::new_sparse(indices, values));
        PointStruct::new(n, vectors, Payload::new())
    };
    session.put(vec![
        point(0, &[(1, 1.0), (0, 0.5)]),
        point(1, &[(0, 2.0)]),
        point(2, &[(2, 9.0)]),
        point(3, &[(0, 1.0)]),
        // No index takes this one up, so it is none of the documents that are counted.
        point(4, &[]),
    ]);
    let query = VectorInput::new_sparse(vec![0, 1], vec![1.0, 1.0]);
    let hits = session.query(QueryPointsBuilder::new("c").query(query).using("w"));
    hits.iter().map(|hit| (number(hit), hit.score)).collect()
}

#[test]
fn sparse_vectors_score_by_what_they_share() {
    assert_eq!(words(Modifier::None, 1), [(1, 2.0), (0, 1.5), (3, 1.0)]);
}

#[test]
fn rare_words_weigh_more() {
    // ln(1 + (n - df + ½) / (df + ½)), of four documents.
    let idf = |df: f64| ((4.0 - df + 0.5) / (df + 0.5) + 1.0).ln();
    let hits = words(Modifier::Idf, 1);
    assert_eq!(hits.iter().map(|h| h.0).collect::<Vec<_>>(), [0, 1, 3]);
    assert_near(hits[0].1, 0.5 * idf(3.0) + idf(1.0));
    assert_near(hits[1].1, 2.0 * idf(3.0));
    assert_near(hits[2].1, idf(3.0));
}

#[test]
fn shards_know_only_their_own_words() {
    // Documents 0 and 2 are in one shard, 1 and 3 in the other, where word 0 is in both of two documents.
    let idf = |n: f64, df: f64| ((n - df + 0.5) / (df + 0.5) + 1.0).ln();
    let hits = words(Modifier::Idf, 2);
    assert_eq!(hits.iter().map(|h| h.0).collect::<Vec<_>>(), [0, 1, 3]);
    assert_near(hits[0].1, 1.5 * idf(2.0, 1.0));
    assert_near(hits[1].1, 2.0 * idf(2.0, 2.0));
}
