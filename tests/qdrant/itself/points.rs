//! Points: put in, counted, read back, taken out.

use qdrant_client::qdrant::vector_output::Vector as Output;
use qdrant_client::qdrant::{
    Condition, CountPointsBuilder, DeletePointsBuilder, Distance, Filter, GetPointsBuilder, PointId,
    PointStruct, ScrollPointsBuilder, UpdateStatus, UpsertPointsBuilder,
};
use serde_json::json;
use tonic::Code;

use super::{Session, collection, payload, points};
use crate::server::Options;

#[test]
fn cosine_keeps_vectors_of_length_one() {
    let session = Session::of(Options::default(), Distance::Cosine, &[&[3.0, 4.0]]);
    let get = GetPointsBuilder::new("c", vec![0.into()]).with_vectors(true);
    let mut found = session.run(session.client.get_points(get)).result;
    let vectors = found.pop().unwrap().vectors.unwrap();
    assert_eq!(
        vectors.get_vector_by_name("v"),
        Some(Output::Dense(vec![0.6, 0.8].into()))
    );
}

#[test]
fn a_batch_that_does_not_fit_leaves_nothing() {
    let session = Session::new(Options::default());
    session.create(collection(2, Distance::Dot));
    let upsert = UpsertPointsBuilder::new("c", points(&[&[1.0, 0.0], &[1.0]])).wait(true);
    assert_eq!(
        session.refused(session.client.upsert_points(upsert)),
        Code::InvalidArgument
    );
    assert_eq!(
        session
            .run(session.client.count(CountPointsBuilder::new("c")))
            .result
            .unwrap()
            .count,
        0
    );
    let mut stray = points(&[&[1.0, 0.0]]);
    let vectors = std::collections::HashMap::from([("w".to_owned(), vec![1.0, 0.0])]);
    stray[0].vectors = Some(vectors.into());
    let upsert = UpsertPointsBuilder::new("c", stray);
    assert_eq!(
        session.refused(session.client.upsert_points(upsert)),
        Code::InvalidArgument
    );
}

#[test]
fn who_does_not_wait_is_told_so() {
    let session = Session::new(Options::default());
    session.create(collection(1, Distance::Dot));
    let upsert = |wait| UpsertPointsBuilder::new("c", points(&[&[1.0]])).wait(wait);
    for (wait, status) in [
        (true, UpdateStatus::Completed),
        (false, UpdateStatus::Acknowledged),
    ] {
        let answer = session.run(session.client.upsert_points(upsert(wait)));
        assert_eq!(answer.result.unwrap().status(), status);
        assert!(answer.usage.unwrap().hardware.unwrap().vector_io_write > 0);
    }
    assert_eq!(session.server.upserts().len(), 2);
    assert_eq!(session.server.upserts()[0].points, points(&[&[1.0]]));
    assert_eq!(session.server.creations()[0].collection_name, "c");
}

#[test]
fn scrolling_goes_page_by_page() {
    let session = Session::of(Options::default(), Distance::Dot, &[&[1.0], &[2.0], &[3.0]]);
    let page = |from: Option<u64>| {
        let mut scroll = ScrollPointsBuilder::new("c").limit(2);
        if let Some(from) = from {
            scroll = scroll.offset(from);
        }
        let page = session.run(session.client.scroll(scroll));
        (page.result.len(), page.next_page_offset)
    };
    assert_eq!(page(None), (2, Some(2.into())));
    assert_eq!(page(Some(2)), (1, None));
}

#[test]
fn points_can_be_counted_and_taken_out_by_filter() {
    let session = Session::of(Options::default(), Distance::Dot, &[&[1.0], &[2.0], &[3.0]]);
    let blue = |n: u64| {
        let vectors = std::collections::HashMap::from([("v".to_owned(), vec![9.0])]);
        PointStruct::new(n, vectors, payload(json!({ "colour": "blue" })))
    };
    session.put(vec![blue(7), blue(8)]);
    let filter = Filter::must([Condition::matches("colour", "blue".to_owned())]);
    let count = |filter: Option<Filter>| {
        let mut count = CountPointsBuilder::new("c").exact(true);
        if let Some(filter) = filter {
            count = count.filter(filter);
        }
        session.run(session.client.count(count)).result.unwrap().count
    };
    assert_eq!((count(None), count(Some(filter.clone()))), (5, 2));
    session.run(
        session
            .client
            .delete_points(DeletePointsBuilder::new("c").points(filter.clone()).wait(true)),
    );
    assert_eq!((count(None), count(Some(filter))), (3, 0));
    let first = DeletePointsBuilder::new("c")
        .points(vec![PointId::from(0)])
        .wait(true);
    session.run(session.client.delete_points(first));
    assert_eq!(count(None), 2);
}
