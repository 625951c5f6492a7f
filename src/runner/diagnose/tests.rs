use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::backend::Backend;
use crate::backend::contract::fixture::{filters, nobody};
use crate::backend::contract::{config, dense, filtered, sparse, with};
use crate::backend::mock::MockBackend;
use crate::dataset::{Dataset, Doc, Qrels};
use crate::filter::Filter;
use crate::hit::Hit;
use crate::pipeline::Pipeline;
use crate::plan::Cell;
use crate::prepare::{DenseVectors, PreparedData, vector_key};
use crate::progress::Silent;
use crate::report::fixture;
use crate::vectors::{Metric, Vectors};

const HNSW: Graph = Graph::Hnsw {
    m: 4,
    ef_construct: 8,
};

fn asking(id: &str, filter: Option<Filter>) -> Query {
    Query {
        id: id.into(),
        text: String::new(),
        filter,
        metadata: Default::default(),
    }
}

/// The ways of one stage over all rungs, for a query with and without a filter: `F` floats, `S` scan, `.` as set.
fn ways(stage: &Stage, graph: Graph, quantization: Quantization) -> String {
    let index = config(graph, quantization);
    let rungs = [Rung::Exact, Rung::Codes, Rung::Graph, Rung::Filter];
    let letters = |filter: Option<Filter>| -> String {
        let query = asking("q", filter);
        let letter = |rung| match way(stage, &index, &query, rung) {
            Way::Floats => 'F',
            Way::Scan => 'S',
            Way::AsSet => '.',
        };
        rungs.map(letter).iter().collect()
    };
    format!("{} {}", letters(None), letters(Some(filters()[0].clone())))
}

#[test]
fn each_rung_gives_up_one_exactness() {
    use Quantization::{Binary, None};
    let by = |strategy| filtered(dense("d", "body", 5), strategy, Option::None);
    // Without a filter, then with one.
    assert_eq!(ways(&by(Strategy::InGraph), HNSW, Binary), "FS.. FSS.");
    assert_eq!(ways(&by(Strategy::InGraph), HNSW, None), "SS.. SSS.");
    assert_eq!(ways(&by(Strategy::Auto), Graph::Exact, Binary), "F... F...");
    assert_eq!(ways(&by(Strategy::Auto), Graph::Exact, None), ".... ....");
    assert_eq!(ways(&by(Strategy::Post), Graph::Exact, None), ".... SSS.");
    assert_eq!(ways(&by(Strategy::Pre), HNSW, Binary), "FS.. F...");
    // The query's filter is ignored, so there is none.
    assert_eq!(ways(&by(Strategy::Ignore), HNSW, Binary), "FS.. FS..");
    let exact = with(by(Strategy::Post), |d| d.exact = true);
    assert_eq!(ways(&exact, HNSW, Binary), ".... SSS.");
    let words = |strategy| filtered(sparse("s", "words", 5), strategy, Option::None);
    assert_eq!(ways(&words(Strategy::Post), HNSW, Binary), ".... SSS.");
    assert_eq!(ways(&words(Strategy::Auto), HNSW, Binary), ".... ....");
}

#[test]
fn a_forced_stage_brings_the_filter_that_holds_for_it() {
    let (own, brought) = (filters()[0].clone(), nobody());
    let forced = |strategy, own: Option<Filter>, way| {
        let mut of_stage = FilterUse {
            strategy,
            condition: own,
        };
        force(&mut of_stage, &asking("q", Some(brought.clone())), way);
        of_stage
    };
    let both = forced(Strategy::Post, Some(own.clone()), Way::Scan);
    assert_eq!(
        (both.strategy, both.condition),
        (Strategy::Pre, Some(own.and(&brought)))
    );
    let kept = forced(Strategy::Post, None, Way::AsSet);
    assert_eq!(
        (kept.strategy, kept.condition),
        (Strategy::Post, Some(brought.clone()))
    );
    let ignoring = forced(Strategy::Ignore, Some(own.clone()), Way::AsSet);
    assert_eq!(
        (ignoring.strategy, ignoring.condition),
        (Strategy::Auto, Some(own))
    );
}

/// Three documents, a query without a filter and one with.
fn data() -> Dataset {
    let doc = |id: &str| Doc {
        id: id.into(),
        fields: BTreeMap::new(),
        metadata: Default::default(),
    };
    Dataset {
        name: "three".into(),
        split: "test".into(),
        docs: ["a", "b", "c"].map(doc).to_vec(),
        queries: vec![
            asking("plain", None),
            asking("filtered", Some(filters()[0].clone())),
        ],
        qrels: Qrels::default(),
        vectors: BTreeMap::new(),
        unjudged_queries: 0,
        files: vec![],
    }
}

fn prepared(cell: &Cell) -> PreparedData {
    let one = |n: usize| Arc::new(Vectors::from_flat(1, vec![1.0; n]).unwrap());
    let vectors = DenseVectors {
        rows: one(3),
        points: vec![0, 1, 2],
        queries: one(2),
        metric: Metric::Cosine,
        embedded: false,
    };
    PreparedData {
        late: BTreeMap::new(),
        dense: BTreeMap::from([(vector_key(&cell.index.vectors["body"]), vectors)]),
        sparse: BTreeMap::new(),
        payload: vec![Default::default(); 3],
        passages: BTreeMap::new(),
    }
}

#[test]
fn a_query_is_asked_only_where_a_rung_differs_from_the_next() {
    let stage = filtered(dense("d", "body", 3), Strategy::InGraph, None);
    let pipeline = Pipeline {
        name: "p".into(),
        stages: vec![stage],
    };
    let cell = Cell {
        index: config(HNSW, Quantization::Binary).searched_by(&pipeline),
        pipeline,
        ..fixture::cell("c", &[])
    };
    let hits = |points: &[u32]| points.iter().map(|&point| Hit { point, score: 1.0 }).collect();
    let answer = |points: &[u32]| BTreeMap::from([("d".to_owned(), hits(points))]);
    let mock = MockBackend {
        exact: answer(&[0, 1, 2]),
        scanned: answer(&[1, 2]),
        answers: answer(&[2]),
        ..MockBackend::default()
    };
    let (data, prepared) = (data(), prepared(&cell));
    let context = CellContext::new(&cell, &data, &prepared);
    let points = super::super::points(&context);
    let index = mock.build(&cell.index, &points).unwrap();
    let got = ladders(&context, &*index, None, &Silent).unwrap();
    let lines: Vec<String> = got
        .iter()
        .flat_map(|l| {
            l.rungs
                .iter()
                .map(move |r| format!("{} {:?} {}", l.query, r.rung, r.stages[0].docs.concat()))
        })
        .collect();
    // The graph rung of the filtered query is the scan of its matches: asked once, as that rung.
    let want = [
        "plain Exact abc",
        "plain Codes bc",
        "filtered Exact abc",
        "filtered Graph bc",
    ];
    assert_eq!(lines, want);
}
