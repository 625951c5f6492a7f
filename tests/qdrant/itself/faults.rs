//! Each fault shows, and only where it is meant to.

use std::time::{Duration, Instant};

use qdrant_client::QdrantError;
use qdrant_client::qdrant::vector_output::Vector as Output;
use qdrant_client::qdrant::{
    BinaryQuantizationBuilder, CollectionStatus, Condition, CountPointsBuilder,
    CreateFieldIndexCollectionBuilder, Distance, FieldType, Filter, GetPointsBuilder,
    QuantizationSearchParamsBuilder, SearchParamsBuilder,
};
use tonic::Code;

use super::index::{indexed, query, with};
use super::{Session, nearest, number};
use crate::server::{Fault, Graph, Options};

/// Dot products with 1 are 1, 2, 3 and 3.
fn session() -> Session {
    Session::of(
        Options::default(),
        Distance::Dot,
        &[&[1.0], &[2.0], &[3.0], &[3.0]],
    )
}

fn count(session: &Session) -> u64 {
    session
        .run(session.client.count(CountPointsBuilder::new("c")))
        .result
        .unwrap()
        .count
}

#[test]
fn delays_last() {
    let session = session();
    session.server.set_fault(Fault::Delay { ms: 60 });
    let start = Instant::now();
    count(&session);
    assert!(start.elapsed() >= Duration::from_millis(60));
    // The client waits as long as it likes.
    session.server.set_fault(Fault::Delay { ms: 60_000 });
    let hurried = qdrant_client::Qdrant::from_url(&session.server.grpc_url()).skip_compatibility_check();
    let hurried = hurried.timeout(Duration::from_millis(50)).build().unwrap();
    let code = session.refused(hurried.count(CountPointsBuilder::new("c")));
    assert!(
        matches!(code, Code::Cancelled | Code::DeadlineExceeded),
        "{code:?}"
    );
}

/// The client tries once more by itself after this.
#[test]
fn what_is_busy_a_few_times_is_well_again() {
    let session = session();
    session.server.forget_requests();
    session.server.set_fault(Fault::Unavailable { times: 3 });
    let counted = || session.client.count(CountPointsBuilder::new("c"));
    assert_eq!(session.refused(counted()), Code::Unavailable);
    assert_eq!(count(&session), 4);
    assert_eq!(session.server.requests().len(), 4);
}

/// And not after this.
#[test]
fn what_is_tired_a_few_times_is_well_again() {
    let session = session();
    session.server.set_fault(Fault::ResourceExhausted {
        times: 2,
        retry_after: None,
    });
    for _ in 0..2 {
        let code = session.refused(session.client.count(CountPointsBuilder::new("c")));
        assert_eq!(code, Code::ResourceExhausted);
    }
    assert_eq!(count(&session), 4);
}

#[test]
fn who_is_tired_may_say_for_how_long() {
    let session = session();
    session.server.set_fault(Fault::ResourceExhausted {
        times: 1,
        retry_after: Some(3),
    });
    let error = session
        .runtime
        .block_on(session.client.count(CountPointsBuilder::new("c")))
        .err()
        .unwrap();
    let QdrantError::ResourceExhaustedError {
        retry_after_seconds, ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(retry_after_seconds, 3);
}

#[test]
fn connections_are_dropped_and_taken_up_again() {
    let session = session();
    session.server.forget_requests();
    session.server.set_fault(Fault::Reset { times: 1 });
    // The client takes a dropped connection up again by itself, once.
    assert_eq!(count(&session), 4);
    assert_eq!(session.server.requests().len(), 2);
    session.server.set_fault(Fault::Reset { times: 2 });
    let dropped = session
        .runtime
        .block_on(session.client.count(CountPointsBuilder::new("c")));
    assert!(
        matches!(dropped, Err(QdrantError::ResponseError { .. })),
        "{dropped:?}"
    );
    assert_eq!(count(&session), 4);
}

#[test]
fn a_fault_can_be_that_of_one_kind_of_request() {
    let session = session();
    session
        .server
        .set_fault_for("points/query", Fault::Unavailable { times: 2 });
    assert_eq!(count(&session), 4);
    assert_eq!(
        session.refused(session.client.query(nearest(&[1.0]))),
        Code::Unavailable
    );
    assert_eq!(session.query(nearest(&[1.0])).len(), 4);
}

#[test]
fn answers_lack_their_end() {
    let session = session();
    session.server.set_fault(Fault::TruncatedAnswer { hits: 3 });
    assert_eq!(session.found(nearest(&[1.0])), [2]);
    session.server.clear_faults();
    assert_eq!(session.found(nearest(&[1.0])), [2, 3, 1, 0]);
}

#[test]
fn counts_lie_and_points_get_lost() {
    let session = session();
    session.server.set_fault(Fault::WrongCount { by: -1 });
    let info = session.run(session.client.collection_info("c")).result.unwrap();
    assert_eq!((count(&session), info.points_count), (3, Some(3)));
    assert_eq!(session.found(nearest(&[1.0])).len(), 4);
    session.server.clear_faults();
    session.server.set_fault(Fault::LosesPoints { points: 2 });
    assert_eq!(count(&session), 4);
    assert_eq!(session.found(nearest(&[1.0])), [1, 0]);
    let get = GetPointsBuilder::new("c", vec![0.into(), 3.into()]);
    assert_eq!(session.run(session.client.get_points(get)).result.len(), 1);
}

#[test]
fn filters_are_dropped() {
    let session = session();
    let filtered = nearest(&[1.0]).filter(Filter::must([Condition::has_id([0])]));
    assert_eq!(session.found(filtered.clone()), [0]);
    session.server.set_fault(Fault::DropFilter);
    assert_eq!(session.found(filtered), [2, 3, 1, 0]);
}

#[test]
fn ties_change_places() {
    let session = session();
    session.server.set_fault(Fault::UnstableTies);
    let found: Vec<Vec<u64>> = (0..4).map(|_| session.found(nearest(&[1.0]).limit(1))).collect();
    assert_eq!(found, [[2], [3], [2], [3]]);
}

#[test]
fn the_metric_is_another_one() {
    let session = Session::of(Options::default(), Distance::Cosine, &[&[1.0, 0.0], &[5.0, 5.0]]);
    assert_eq!(session.found(nearest(&[1.0, 0.0])), [0, 1]);
    session.server.set_fault(Fault::WrongMetric);
    assert_eq!(session.found(nearest(&[1.0, 0.0])), [1, 0]);
    let session = Session::of(Options::default(), Distance::Euclid, &[&[1.0], &[5.0]]);
    session.server.set_fault(Fault::WrongMetric);
    assert_eq!(session.found(nearest(&[1.0])), [1, 0]);
}

#[test]
fn one_document_is_another_one() {
    let session = Session::of(Options::default(), Distance::Dot, &[&[1.0, 0.0], &[0.0, 2.0]]);
    session.server.set_fault(Fault::StaleCorpus { point: 1 });
    assert_eq!(session.found(nearest(&[1.0, 0.0])), [1, 0]);
    let get = GetPointsBuilder::new("c", vec![1.into()]).with_vectors(true);
    let point = session.run(session.client.get_points(get)).result.remove(0);
    let kept = point.vectors.unwrap().get_vector_by_name("v");
    assert_eq!(kept, Some(Output::Dense(vec![2.0, 0.0].into())));
}

#[test]
fn an_index_stays_half_done() {
    let session = with(indexed(), 300, Graph::Exact);
    let poll = || {
        let info = session.run(session.client.collection_info("c")).result.unwrap();
        (info.status(), info.indexed_vectors_count.unwrap())
    };
    session.server.set_fault(Fault::HalfIndexed { done_at: None });
    assert_eq!([poll(), poll()], [(CollectionStatus::Yellow, 150); 2]);
    session.query(query());
    let paths: Vec<(String, u64)> = session.searches("v");
    assert_eq!(
        paths,
        [
            ("unfiltered_hnsw".to_owned(), 1),
            ("unfiltered_plain".to_owned(), 2)
        ]
    );
    let finished = query().params(SearchParamsBuilder::default().indexed_only(true));
    assert!(session.found(finished).iter().all(|id| id % 2 == 0));
    // The fourth poll sees it done.
    session.server.set_fault(Fault::HalfIndexed { done_at: Some(4) });
    assert_eq!(
        [poll(), poll()],
        [(CollectionStatus::Yellow, 150), (CollectionStatus::Green, 300)]
    );
}

#[test]
fn it_scans_though_all_is_indexed() {
    let session = with(indexed(), 300, Graph::Exact);
    session.server.set_fault(Fault::ScansOnly);
    session.query(query());
    let info = session.run(session.client.collection_info("c")).result.unwrap();
    assert_eq!(
        (info.status(), info.indexed_vectors_count),
        (CollectionStatus::Green, Some(300))
    );
    assert_eq!(session.searches("v"), [("unfiltered_plain".to_owned(), 2)]);
}

#[test]
fn the_width_of_the_beam_is_ignored() {
    let session = with(indexed(), 300, Graph::Imitated);
    let found = |ef| session.found(query().params(SearchParamsBuilder::default().hnsw_ef(ef)));
    assert_ne!(found(10), found(300));
    session.server.set_fault(Fault::IgnoresEf);
    assert_eq!(found(10), found(300));
}

#[test]
fn quantization_is_ignored() {
    let session = with(
        indexed().quantization_config(BinaryQuantizationBuilder::new(true)),
        300,
        Graph::Exact,
    );
    let raw = QuantizationSearchParamsBuilder::default().rescore(false);
    let raw = query().params(SearchParamsBuilder::default().quantization(raw));
    assert!(session.query(raw.clone())[0].score > 1.0);
    session.server.set_fault(Fault::NoQuantization);
    assert!(session.query(raw)[0].score <= 1.0);
    let info = session.run(session.client.collection_info("c")).result.unwrap();
    assert_eq!(info.config.unwrap().quantization_config, None);
}

#[test]
fn payload_indexes_are_forgotten() {
    let session = session();
    session.server.set_fault(Fault::ForgetsPayloadIndex);
    let create = CreateFieldIndexCollectionBuilder::new("c", "brand", FieldType::Keyword).wait(true);
    session.run(session.client.create_field_index(create));
    let info = session.run(session.client.collection_info("c")).result.unwrap();
    assert!(info.payload_schema.is_empty());
}

#[test]
fn the_version_is_an_old_one() {
    let options = Options {
        faults: vec![Fault::OldVersion("1.9.0".into())],
        ..Options::default()
    };
    let session = Session::new(options);
    assert_eq!(session.run(session.client.health_check()).version, "1.9.0");
    session.server.clear_faults();
    let reply = session.run(session.client.health_check());
    assert_eq!(
        (reply.title.as_str(), reply.version.as_str()),
        ("a test server, not qdrant", "1.20.0")
    );
}

#[test]
fn the_last_fault_of_a_kind_is_in_force() {
    let session = session();
    session.server.set_fault(Fault::WrongCount { by: 5 });
    session.server.set_fault(Fault::WrongCount { by: 1 });
    assert_eq!(count(&session), 5);
    assert_eq!(session.query(nearest(&[1.0])).iter().map(number).next(), Some(2));
}
