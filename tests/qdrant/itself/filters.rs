//! Filters: every condition beside the points it lets through.

use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::{
    Condition, CountPointsBuilder, Distance, Filter, PointStruct, Range, ValuesCount,
};
use serde_json::json;
use tonic::Code;

use super::{Session, collection, nearest, payload};
use crate::server::Options;

fn session() -> Session {
    let session = Session::new(Options::default());
    session.create(collection(1, Distance::Dot));
    let payloads = [
        json!({ "brand": "Bosch", "volt": 12, "new": true, "fits": ["Golf", "Polo"] }),
        json!({ "brand": "Valeo", "volt": 24.0, "new": false, "fits": [] }),
        json!({ "a.b c": 7, "brand": null, "volt": [6, 12], "maker": { "name": "Hella" } }),
        json!({ "sizes": [{ "d": 10, "w": 1 }, { "d": 20, "w": 2 }], "fits": [null, "Golf"] }),
    ];
    let points = payloads.into_iter().enumerate().map(|(n, json)| {
        let vectors = std::collections::HashMap::from([("v".to_owned(), vec![-(n as f32)])]);
        PointStruct::new(n as u64, vectors, payload(json))
    });
    session.put(points.collect());
    session
}

fn within(gte: f64, lte: f64) -> Range {
    Range {
        gte: Some(gte),
        lte: Some(lte),
        ..Range::default()
    }
}

#[test]
fn conditions_mean_what_the_documentation_says() {
    let session = session();
    let is = |condition: Condition| Filter::must([condition]);
    let key = |key: &str, value: MatchValue| is(Condition::matches(key, value));
    let golf = || Condition::matches("fits", "Golf".to_owned());
    let new = || Condition::matches("new", true);
    let integers = |xs: &[i64]| MatchValue::ExceptIntegers(xs.to_vec().into());
    let keywords = |xs: &[&str]| xs.iter().map(|x| (*x).to_owned()).collect::<Vec<_>>();
    let cases: Vec<(&str, Filter, &[u64])> = vec![
        (
            "a keyword",
            key("brand", MatchValue::Keyword("Bosch".into())),
            &[0],
        ),
        ("an element of a list", is(golf()), &[0, 3]),
        (
            "one of several",
            is(Condition::matches("brand", keywords(&["Bosch", "Valeo"]))),
            &[0, 1],
        ),
        (
            "an integer, not a float",
            is(Condition::matches("volt", 24i64)),
            &[],
        ),
        (
            "one of several integers",
            is(Condition::matches("volt", vec![6i64, 7])),
            &[2],
        ),
        ("a truth", is(new()), &[0]),
        (
            "all but a keyword",
            key("brand", MatchValue::ExceptKeywords(keywords(&["Bosch"]).into())),
            &[1],
        ),
        ("all but integers", key("volt", integers(&[12])), &[1, 2]),
        (
            "a range of both kinds of number",
            is(Condition::range("volt", within(12.0, 24.0))),
            &[0, 1, 2],
        ),
        (
            "a path",
            is(Condition::matches("maker.name", "Hella".to_owned())),
            &[2],
        ),
        (
            "a path through a list",
            is(Condition::range("sizes[].d", within(15.0, 99.0))),
            &[3],
        ),
        (
            "empty: absent, null or no element",
            is(Condition::is_empty("brand")),
            &[2, 3],
        ),
        ("an empty list", is(Condition::is_empty("fits")), &[1, 2]),
        ("null is there and null", is(Condition::is_null("brand")), &[2]),
        ("null in a list", is(Condition::is_null("fits")), &[3]),
        ("ids", is(Condition::has_id([1, 3])), &[1, 3]),
        (
            "how many",
            is(Condition::values_count(
                "fits",
                ValuesCount {
                    gte: Some(2),
                    ..Default::default()
                },
            )),
            &[0, 3],
        ),
        ("must not", Filter::must_not([golf()]), &[1, 2]),
        (
            "should",
            Filter::should([golf(), Condition::has_id([2])]),
            &[0, 2, 3],
        ),
        (
            "at least two",
            Filter::min_should(2, [golf(), new(), Condition::has_id([3])]),
            &[0, 3],
        ),
        ("one element fulfils both", nested(10.0, 1.0), &[3]),
        ("no element fulfils both", nested(10.0, 2.0), &[]),
        (
            "a filter in a filter",
            is(Filter::should([new(), Condition::has_id([2])]).into()),
            &[0, 2],
        ),
        ("nothing is asked", Filter::default(), &[0, 1, 2, 3]),
    ];
    for (name, filter, want) in cases {
        assert_eq!(
            session.found(nearest(&[1.0]).filter(filter.clone())),
            want,
            "{name}"
        );
        let count = CountPointsBuilder::new("c").filter(filter);
        let count = session.run(session.client.count(count)).result.unwrap().count;
        assert_eq!(count, want.len() as u64, "{name}, counted");
    }
}

fn nested(d: f64, w: f64) -> Filter {
    let both = [
        Condition::range("d", within(d, d)),
        Condition::range("w", within(w, w)),
    ];
    Filter::must([Condition::nested("sizes", Filter::must(both))])
}

#[test]
fn a_condition_that_is_not_known_is_refused() {
    let session = session();
    let times = qdrant_client::qdrant::DatetimeRange::default();
    let filter = Filter::must([Condition::datetime_range("made", times)]);
    let query = nearest(&[1.0]).filter(filter);
    assert_eq!(session.refused(session.client.query(query)), Code::Unimplemented);
    for path in ["a b", "", "a..b", "a[", "a[x]", "\"a"] {
        let query = nearest(&[1.0]).filter(Filter::must([Condition::is_empty(path)]));
        assert_eq!(
            session.refused(session.client.query(query)),
            Code::InvalidArgument,
            "{path}"
        );
    }
}
