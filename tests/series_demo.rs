//! The demonstration catalogue against the article it rebuilds: cosines to the fourth digit, ranks, and the rescue of both
//! targets.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evalrun::dataset::{Dataset, Source, load};
use evalrun::hit::{Hit, rank};
use evalrun::models::{self, Embedder, ModelDirs, ModelRequest, Reranker, Runtime};
use evalrun::progress::Silent;

/// (scenario, document, the article's rank, the article's cosine)
const STAGE_ONE: [(&str, &str, usize, f32); 10] = [
    ("A", "p01", 1, 0.6584),
    ("A", "p02", 2, 0.6403),
    ("A", "p03", 3, 0.6195),
    ("A", "p04", 4, 0.4913),
    ("A", "p05", 8, 0.3739),
    ("B", "p06", 1, 0.5498),
    ("B", "p07", 2, 0.5480),
    ("B", "p08", 3, 0.4873),
    ("B", "p09", 4, 0.4303),
    ("B", "p02", 6, 0.3345),
];

/// (scenario, the article's target)
const TARGETS: [(&str, &str); 2] = [("A", "p04"), ("B", "p09")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn catalogue() -> Dataset {
    let source = Source::folder(root().join("datasets").join("series-demo"));
    load("series-demo", &source, &Silent).unwrap()
}

fn dirs() -> ModelDirs {
    ModelDirs {
        models: Some(root().join("models")),
        cache: root().join("target").join("no-cache"),
    }
}

fn builtin(name: &str) -> ModelRequest {
    ModelRequest::named(name).on(Runtime::Builtin)
}

fn text<'a>(data: &'a Dataset, query: &str) -> &'a str {
    &data.queries.iter().find(|q| q.id == query).unwrap().text
}

/// Stage 1 of the article: every title by its cosine with the query.
fn stage_one(data: &Dataset, embedder: &dyn Embedder, query: &str) -> Vec<(String, f32)> {
    let titles: Vec<&str> = data.docs.iter().map(|d| d.fields["title"].as_str()).collect();
    let rows = embedder.embed(&titles, &Silent).unwrap();
    let query = embedder.embed(&[text(data, query)], &Silent).unwrap();
    let dot = |row: &[f32]| row.iter().zip(query.row(0)).map(|(a, b)| a * b).sum();
    let scores: Vec<f32> = rows.rows().map(dot).collect();
    ranked(data, &scores)
}

fn stage_two(data: &Dataset, reranker: &dyn Reranker, query: &str) -> Vec<(String, f32)> {
    let fields = ["title".to_owned(), "description".to_owned()];
    let passages: Vec<String> = data.docs.iter().map(|d| d.text(&fields, ". ")).collect();
    let query = text(data, query);
    let pairs: Vec<(&str, &str)> = passages.iter().map(|p| (query, p.as_str())).collect();
    ranked(data, &reranker.score(&pairs, &Silent).unwrap())
}

fn ranked(data: &Dataset, scores: &[f32]) -> Vec<(String, f32)> {
    let hit = |(point, &score): (usize, &f32)| Hit {
        point: point as u32,
        score,
    };
    let mut hits: Vec<Hit> = scores.iter().enumerate().map(hit).collect();
    let all = hits.len();
    rank(&mut hits, all);
    let named = |h: &Hit| (data.docs[h.point as usize].id.clone(), h.score);
    hits.iter().map(named).collect()
}

fn position(list: &[(String, f32)], doc: &str) -> usize {
    1 + list.iter().position(|(id, _)| id == doc).unwrap()
}

#[test]
fn stage_one_gives_the_articles_cosines_and_ranks() {
    let data = catalogue();
    assert_eq!(data.docs.len(), 28);
    let embedder = models::embedder(&builtin("all-minilm-l6-v2"), &dirs()).unwrap();
    let lists: BTreeMap<&str, Vec<(String, f32)>> = ["A", "B"]
        .into_iter()
        .map(|query| (query, stage_one(&data, embedder.as_ref(), query)))
        .collect();
    for (query, doc, want_rank, want_cosine) in STAGE_ONE {
        let list = &lists[query];
        let place = position(list, doc);
        let cosine = list[place - 1].1;
        assert_eq!(place, want_rank, "{query}: {doc}");
        assert_eq!(
            format!("{cosine:.4}"),
            format!("{want_cosine:.4}"),
            "{query}: {doc}"
        );
    }
}

#[test]
fn stage_two_brings_both_targets_from_the_fourth_place_to_the_first() {
    let data = catalogue();
    let embedder = models::embedder(&builtin("all-minilm-l6-v2"), &dirs()).unwrap();
    let reranker = models::reranker(&builtin("evalrun-rerank-l4"), &dirs()).unwrap();
    for (query, target) in TARGETS {
        let before = stage_one(&data, embedder.as_ref(), query);
        let after = stage_two(&data, reranker.as_ref(), query);
        assert_eq!(
            (position(&before, target), position(&after, target)),
            (4, 1),
            "scenario {query}"
        );
    }
}

#[test]
fn every_pair_is_judged_and_each_scenario_has_one_target() {
    let data = catalogue();
    let judged = data.qrels.by_query.values().map(BTreeMap::len).sum::<usize>();
    assert_eq!(judged, data.queries.len() * data.docs.len());
    for (query, target) in TARGETS {
        let good: Vec<&String> = data.qrels.by_query[query]
            .iter()
            .filter(|(_, grade)| **grade >= 2)
            .map(|(doc, _)| doc)
            .collect();
        assert_eq!(good, [target]);
    }
}

#[test]
fn what_is_relevant_to_a_filtered_query_passes_its_filter() {
    let data = catalogue();
    let mut filtered = 0;
    for query in data.queries.iter().filter(|q| q.filter.is_some()) {
        filtered += 1;
        let filter = query.filter.as_ref().unwrap();
        for doc in &data.docs {
            let grade = data.qrels.grade(&query.id, &doc.id).unwrap();
            assert!(
                grade < 2 || filter.matches(&doc.metadata),
                "{} {}",
                query.id,
                doc.id
            );
        }
    }
    assert!(filtered >= 4);
}
