use super::*;
use crate::dataset::{Qrels, Query};
use crate::pipeline::Normalize;

/// Documents `a`, `b`, `c`; `queries` with the one document that is right.
fn set(queries: &[(&str, &str)]) -> Dataset {
    let doc = |id: &str| Doc {
        id: id.to_owned(),
        fields: BTreeMap::new(),
        metadata: crate::filter::Payload::new(),
    };
    let query = |(id, _): &(&str, &str)| Query {
        id: (*id).to_owned(),
        text: (*id).to_owned(),
        filter: None,
        metadata: crate::filter::Payload::new(),
    };
    let judged = |(id, right): &(&str, &str)| ((*id).to_owned(), BTreeMap::from([((*right).to_owned(), 1)]));
    Dataset {
        name: "letters".to_owned(),
        split: "tune".to_owned(),
        docs: ["a", "b", "c"].map(doc).into(),
        queries: queries.iter().map(query).collect(),
        qrels: Qrels {
            by_query: queries.iter().map(judged).collect(),
            ..Qrels::default()
        },
        vectors: BTreeMap::new(),
        unjudged_queries: 0,
        files: Vec::new(),
    }
}

fn list(of: &[(u32, f32)]) -> Vec<Hit> {
    of.iter().map(|&(point, score)| Hit { point, score }).collect()
}

fn fuse() -> Fuse {
    Fuse {
        of: vec!["d".to_owned(), "s".to_owned()],
        method: Fusion::Weighted {
            weights: vec![1.0, 1.0],
            normalize: Normalize::None,
        },
        limit: 10,
        tune: None,
    }
}

fn tuned(set: &Dataset, lists: &[Vec<&[Hit]>], measure: &str, parts: usize) -> Result<Tuned, TuneError> {
    tuned_by(TiePolicy::Docid, set, lists, measure, parts)
}

fn tuned_by(
    tie: TiePolicy,
    set: &Dataset,
    lists: &[Vec<&[Hit]>],
    measure: &str,
    parts: usize,
) -> Result<Tuned, TuneError> {
    let tune = Tune {
        split: "tune".to_owned(),
        measure: measure.to_owned(),
        parts,
    };
    choose("f", (&fuse(), &tune), set, &set.docs, lists, tie)
}

#[test]
fn the_best_weights_are_those_known_by_hand() {
    // q1: `a` scores w, `b` scores 0.8 (1 − w): `a` is first where w > 4/9.
    // q2: `b` scores w, `c` scores 1.0 (1 − w) + 0.3 w: `c` is first where w < 1/1.7 ≈ 0.588.
    let (d1, s1) = (list(&[(0, 1.0)]), list(&[(1, 0.8)]));
    let (d2, s2) = (list(&[(1, 1.0), (2, 0.3)]), list(&[(2, 1.0)]));
    let set = set(&[("q1", "a"), ("q2", "c")]);
    let lists = vec![
        vec![d1.as_slice(), s1.as_slice()],
        vec![d2.as_slice(), s2.as_slice()],
    ];
    let found = tuned(&set, &lists, "success@1", 4).unwrap();
    assert_eq!(
        (found.weights.as_slice(), found.score, found.queries),
        (&[0.5, 0.5][..], 1.0, 2)
    );
    let curve: Vec<(f64, f64)> = found.curve.iter().map(|p| (p.weights[0], p.score)).collect();
    assert_eq!(
        curve,
        [(1.0, 0.5), (0.75, 0.5), (0.5, 1.0), (0.25, 0.5), (0.0, 0.5)]
    );
}

#[test]
fn of_equal_means_the_most_even_weights_win() {
    // Both lists are right everywhere: every weight is as good.
    let hits = list(&[(0, 1.0), (1, 0.5)]);
    let set = set(&[("q1", "a")]);
    let lists = vec![vec![hits.as_slice(), hits.as_slice()]];
    assert_eq!(tuned(&set, &lists, "RR", 10).unwrap().weights, [0.5, 0.5]);
    // Without a middle, the earlier list gets more.
    let found = tuned(&set, &lists, "RR", 3).unwrap();
    assert!(
        (found.weights[0] - 2.0 / 3.0).abs() < 1e-12,
        "{:?}",
        found.weights
    );
}

#[test]
fn expected_values_take_both_orders_of_a_tie() {
    // With even weights `a` and `b` tie, and `b` is right: first by id, first in one order of two.
    let (d, s) = (list(&[(0, 1.0)]), list(&[(1, 1.0)]));
    let set = set(&[("q1", "b")]);
    let lists = vec![vec![d.as_slice(), s.as_slice()]];
    let scores = |tie| -> Vec<f64> {
        let found = tuned_by(tie, &set, &lists, "success@1", 2).unwrap();
        found.curve.iter().map(|p| p.score).collect()
    };
    assert_eq!(scores(TiePolicy::Docid), [0.0, 1.0, 1.0]);
    assert_eq!(scores(TiePolicy::Expected), [0.0, 0.5, 1.0]);
}

#[test]
fn without_a_relevant_document_there_is_nothing_to_tune_by() {
    let mut set = set(&[("q1", "a")]);
    set.qrels
        .by_query
        .insert("q1".to_owned(), BTreeMap::from([("a".to_owned(), 0)]));
    let hits = list(&[(0, 1.0)]);
    let lists = vec![vec![hits.as_slice(), hits.as_slice()]];
    let error = tuned(&set, &lists, "nDCG@10", 10).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tuning stage `f`: nDCG@10 is defined for no query of split `tune`"
    );
}
