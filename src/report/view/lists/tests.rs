use std::collections::BTreeMap;

use super::*;
use crate::backend::Path;
use crate::dataset::Grade;
use crate::report::fixture::{cell, hybrid, reranked};

fn view(stage: &str, found: usize, docs: &[(usize, &str)]) -> StageView {
    let hits = docs.iter().map(|(rank, doc)| HitView {
        rank: *rank,
        doc: (*doc).to_owned(),
        score: 1.0 / *rank as f32,
        grade: None,
        parts: Vec::new(),
    });
    StageView {
        stage: stage.to_owned(),
        path: Path::Scan,
        found,
        hits: hits.collect(),
    }
}

fn judged(grades: &[(&str, Grade)]) -> BTreeMap<String, Grade> {
    grades.iter().map(|(d, g)| ((*d).to_owned(), *g)).collect()
}

fn topic(judged: &BTreeMap<String, Grade>) -> Topic<'_> {
    Topic::new(Some(judged), None, None, &[1, 10], 20)
}

#[test]
fn a_reranker_moves_documents_and_rescues_the_target() {
    let judged = judged(&[("abs", 3), ("pad", 1), ("lamp", 0)]);
    let topic = topic(&judged);
    let mut cell = cell("a", &[]);
    cell.pipeline = reranked();
    let before = view("d", 4, &[(1, "pad"), (2, "park"), (3, "lamp"), (4, "abs")]);
    let after = view("ce", 3, &[(1, "abs"), (2, "park"), (3, "pad")]);
    let views = [before, after];
    let lists = lists(&topic, &cell, &views);
    assert!(lists[0].rows.iter().all(|r| r.moved.is_none()));
    let shown: Vec<String> = (lists[1].rows.iter())
        .map(|r| {
            let label = r.label.as_deref().unwrap_or("");
            format!(
                "{} {} {} {label}",
                r.doc,
                r.mark.text,
                r.moved.as_ref().unwrap().text
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "abs ★ 3 #4 → #1 ▲3 rescued into the top 1",
            "park unjudged #2 = ",
            "pad 1 #1 → #3 ▼2 "
        ]
    );
    assert_eq!(lists[1].gone, ["OUT: lamp (#3 in d, grade 0)"]);
    assert_eq!(
        sentence(&topic, &cell.pipeline, &views),
        "The only document of the highest grade (3) rose from #4 to #1."
    );
}

#[test]
fn what_lies_beyond_the_kept_part_is_not_called_new() {
    let judged = judged(&[("abs", 1)]);
    let topic = topic(&judged);
    let mut cell = cell("a", &[]);
    cell.pipeline = reranked();
    // Two of 50 were kept, and the relevant document further down.
    let before = view("d", 50, &[(1, "pad"), (2, "park"), (31, "abs")]);
    let after = view("ce", 50, &[(1, "horn"), (2, "abs")]);
    let lists = lists(&topic, &cell, &[before, after]);
    let moves: Vec<&str> = lists[1]
        .rows
        .iter()
        .map(|r| r.moved.as_ref().unwrap().text.as_str())
        .collect();
    assert_eq!(moves, [">#2 → #1 ▲", "#31 → #2 ▲29"]);
    assert!(lists[0].rows[2].after_gap);
    assert_eq!(lists[1].rows[1].label.as_deref(), Some("rescued into the top 10"));
    assert_eq!(lists[1].gone[0], "now >#2: pad (#1 in d, unjudged)");
}

#[test]
fn a_fusion_says_where_each_list_had_the_document() {
    let judged = judged(&[("abs", 1), ("pad", 1)]);
    let topic = topic(&judged);
    let mut cell = cell("a", &[]);
    cell.pipeline = hybrid();
    let dense = view("d", 2, &[(1, "pad"), (2, "abs")]);
    let words = view("s", 1, &[(1, "abs")]);
    let fused = view("f", 1, &[(1, "abs")]);
    let views = [dense, words, fused];
    let lists = lists(&topic, &cell, &views);
    assert_eq!(
        lists[2].rows[0].moved.as_ref().unwrap().text,
        "d\u{a0}#2 · s\u{a0}#1"
    );
    assert_eq!(
        lists[2].rows[0].label, None,
        "the target was already at the top of one list"
    );
    assert_eq!(lists[2].gone, ["OUT: pad (#1 in d, grade ★ 1)"]);
    assert_eq!(
        sentence(&topic, &cell.pipeline, &views),
        "The first of 2 relevant documents is at #1 (#1 in d, #1 in s)."
    );
}

#[test]
fn losing_or_never_finding_the_answer_is_said() {
    let judged = judged(&[("abs", 2)]);
    let topic = topic(&judged);
    let (pipeline, plain) = (reranked(), cell("a", &[]).pipeline);
    let with = view("d", 2, &[(1, "abs"), (2, "pad")]);
    let without = view("ce", 1, &[(1, "pad")]);
    assert_eq!(
        sentence(&topic, &pipeline, &[with.clone(), without.clone()]),
        "The only relevant document was at #1 in d and was lost by ce."
    );
    assert_eq!(
        sentence(&topic, &plain, &[with]),
        "The only relevant document is at #1."
    );
    assert_eq!(
        sentence(&topic, &plain, &[without]),
        "The only relevant document was not found by any stage."
    );
    let nobody = Topic::new(None, None, None, &[], 20);
    assert_eq!(
        sentence(&nobody, &plain, &[view("d", 0, &[])]),
        "No relevant document is judged for this query."
    );
}

#[test]
fn two_targets_that_change_places_are_neither_rescued_nor_buried() {
    let judged = judged(&[("a", 1), ("b", 1)]);
    let topic = topic(&judged);
    let before = view("d", 2, &[(1, "a"), (2, "b")]);
    let after = view("ce", 2, &[(1, "b"), (2, "a")]);
    assert_eq!(label(&topic, "b", &after, &[&before]), None);
    assert_eq!(label(&topic, "a", &after, &[&before]), None);
    let worse = view("ce", 2, &[(1, "x"), (2, "a")]);
    assert_eq!(
        label(&topic, "a", &worse, &[&before]).unwrap(),
        "buried below the top 1"
    );
}

#[test]
fn titles_fall_back_to_the_first_text() {
    let texts = BTreeMap::from([
        (
            "a".to_owned(),
            BTreeMap::from([("body".to_owned(), "Some text".to_owned())]),
        ),
        (
            "b".to_owned(),
            BTreeMap::from([
                ("body".to_owned(), "Some text".to_owned()),
                ("title".to_owned(), "Brake".to_owned()),
            ]),
        ),
    ]);
    let topic = Topic::new(None, None, Some(&texts), &[], 5);
    assert_eq!(
        [topic.title("a"), topic.title("b"), topic.title("c")],
        ["Some text", "Brake", ""]
    );
}
