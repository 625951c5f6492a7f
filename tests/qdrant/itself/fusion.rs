//! Stages over stages.

use qdrant_client::qdrant::{
    Condition, Distance, Expression, Filter, Formula, Fusion, PrefetchQueryBuilder, Query,
    QueryPointsBuilder, RrfBuilder,
};
use tonic::Code;

use super::{Session, assert_near, number};
use crate::server::{Asked, Options};

/// In one direction the points come as 0, 1, 2, in the other as 2, 1, 0.
fn session() -> Session {
    Session::of(
        Options::default(),
        Distance::Dot,
        &[&[3.0, 0.0], &[2.0, 1.0], &[1.0, 4.0]],
    )
}

fn fetch(vector: [f32; 2], limit: u64) -> PrefetchQueryBuilder {
    PrefetchQueryBuilder::default()
        .query(Query::new_nearest(vector.to_vec()))
        .using("v")
        .limit(limit)
}

/// Both directions; the second sees only two points.
fn both() -> QueryPointsBuilder {
    QueryPointsBuilder::new("c")
        .add_prefetch(fetch([1.0, 0.0], 3))
        .add_prefetch(fetch([0.0, 1.0], 2))
}

fn scores(session: &Session, query: QueryPointsBuilder) -> Vec<(u64, f32)> {
    session
        .query(query)
        .iter()
        .map(|hit| (number(hit), hit.score))
        .collect()
}

#[test]
fn reciprocal_ranks_count_from_zero_and_have_k_two() {
    let got = scores(&session(), both().query(Fusion::Rrf));
    assert_eq!(got.iter().map(|h| h.0).collect::<Vec<_>>(), [2, 1, 0]);
    assert_near(got[0].1, 1.0 / 4.0 + 1.0 / 2.0);
    assert_near(got[1].1, 1.0 / 3.0 + 1.0 / 3.0);
    assert_near(got[2].1, 1.0 / 2.0);
}

#[test]
fn k_and_weights_are_as_documented() {
    let session = session();
    let rrf = |weights| Query::new_rrf(RrfBuilder::with_k(61).weights(weights));
    // What the literature calls k = 60, with ranks from 1.
    let got = scores(&session, both().query(rrf(vec![])));
    assert_near(got[0].1, 1.0 / 63.0 + 1.0 / 61.0);
    // A weight divides the rank: 1 / ((r + 1) / w + k - 1).
    let got = scores(&session, both().query(rrf(vec![3.0, 1.0])));
    assert_eq!(got.iter().map(|h| h.0).collect::<Vec<_>>(), [2, 1, 0]);
    assert_near(got[0].1, 1.0 / (3.0 / 3.0 + 60.0) + 1.0 / (1.0 + 60.0));
    assert_near(got[2].1, 1.0 / (1.0 / 3.0 + 60.0));
    let one = both().query(rrf(vec![1.0]));
    assert_eq!(session.refused(session.client.query(one)), Code::InvalidArgument);
}

#[test]
fn distributions_are_brought_to_one_scale() {
    // First list: 3, 2, 1 with mean 2 and deviation 1; second: 4, 1 with mean 2.5 and deviation √4.5.
    let norm = |x: f64, mean: f64, deviation: f64| (x - mean + 3.0 * deviation) / (6.0 * deviation);
    let got = scores(&session(), both().query(Fusion::Dbsf));
    assert_eq!(got.iter().map(|h| h.0).collect::<Vec<_>>(), [2, 1, 0]);
    assert_near(got[0].1, norm(1.0, 2.0, 1.0) + norm(4.0, 2.5, 4.5f64.sqrt()));
    assert_near(got[2].1, norm(3.0, 2.0, 1.0));
    // One hit alone is in the middle.
    let one = QueryPointsBuilder::new("c")
        .add_prefetch(fetch([1.0, 0.0], 1))
        .query(Fusion::Dbsf);
    assert_eq!(scores(&session(), one), [(0, 0.5)]);
}

#[test]
fn a_formula_weighs_scores_and_takes_missing_ones_for_zero() {
    let weighted = |name: &str, weight: f32| {
        Expression::mult_with([Expression::constant(weight), Expression::variable(name)])
    };
    let sum = Expression::sum_with([weighted("$score", 0.5), weighted("$score[1]", 2.0)]);
    let formula = Formula {
        expression: Some(sum),
        defaults: Default::default(),
    };
    let got = scores(&session(), both().query(Query::new_formula(formula)));
    assert_eq!(got, [(2, 0.5 + 8.0), (1, 1.0 + 2.0), (0, 1.5)]);
}

#[test]
fn a_second_vector_scores_what_the_first_found() {
    let session = session();
    let again = QueryPointsBuilder::new("c")
        .add_prefetch(fetch([1.0, 0.0], 2))
        .query(Query::new_nearest(vec![0.0, 1.0]))
        .using("v");
    assert_eq!(scores(&session, again), [(1, 1.0), (0, 0.0)]);
}

#[test]
fn stages_nest_and_filters_reach_the_innermost() {
    let session = session();
    let inner = PrefetchQueryBuilder::default()
        .add_prefetch(fetch([1.0, 0.0], 3))
        .add_prefetch(fetch([0.0, 1.0], 3))
        .query(Query::new_fusion(Fusion::Rrf))
        .limit(1u64);
    let outer = |filter: Option<Filter>| {
        let query = QueryPointsBuilder::new("c")
            .add_prefetch(inner.clone())
            .query(Fusion::Rrf);
        match filter {
            Some(filter) => query.filter(filter),
            None => query,
        }
    };
    // The first and the last of each list have the same sum; the smaller goes first.
    assert_eq!(session.found(outer(None)), [0]);
    let not = Filter::must_not([Condition::has_id([0])]);
    assert_eq!(session.found(outer(Some(not))), [1]);
    assert!(matches!(session.server.requests().last(), Some(Asked::Query(q)) if q.filter.is_some()));
}

#[test]
fn nothing_cannot_be_fused() {
    let session = session();
    let nothing = QueryPointsBuilder::new("c").query(Fusion::Rrf);
    assert_eq!(
        session.refused(session.client.query(nothing)),
        Code::InvalidArgument
    );
    assert_eq!(
        session.refused(session.client.query(both())),
        Code::InvalidArgument
    );
}
