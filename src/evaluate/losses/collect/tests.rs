use proptest::prelude::*;

use super::*;
use crate::backend::Path;
use crate::dataset::Unlisted;
use crate::index::Counters;
use crate::pipeline::{Pipeline, Rerank, Stage, StageKind, Tail};
use crate::report::fixture;

/// `d` and `s`, joined by `f`, the top reordered by `ce`.
fn pipeline() -> Pipeline {
    let mut pipeline = fixture::hybrid();
    pipeline.stages.push(Stage {
        name: "ce".into(),
        kind: StageKind::Rerank(Rerank {
            of: "f".into(),
            model: "m".into(),
            fields: vec![],
            depth: 3,
            tail: Tail::Drop,
        }),
    });
    pipeline
}

/// The plan of one cell of that pipeline.
fn plan() -> Plan {
    let mut plan = fixture::empty(vec![]).plan;
    plan.cells = vec![Cell {
        pipeline: pipeline(),
        ..fixture::cell("c", &[])
    }];
    plan.compare.resamples = 100;
    plan
}

/// Lists of `d s f ce`, a document a letter.
fn stages(lists: &str) -> Vec<StageTrace> {
    let stage = |(stage, docs): (&str, &str)| StageTrace {
        stage: stage.to_owned(),
        docs: docs.chars().filter(|c| *c != '-').map(String::from).collect(),
        scores: (0..docs.len()).map(|i| -(i as f32)).collect(),
        counters: Counters::default(),
        path: Path::Scan,
    };
    ["d", "s", "f", "ce"]
        .into_iter()
        .zip(lists.split(' '))
        .map(stage)
        .collect()
}

/// Per query: what is relevant, the rungs that were asked, and the lists as they ran.
type Asked<'a> = (&'a str, Vec<(Rung, String)>, String);

fn losses(measure: &str, queries: &[Asked<'_>]) -> Losses {
    let plan = plan();
    let relevant = |docs: &str| docs.chars().map(|c| (c.to_string(), 1)).collect();
    let by_query = queries
        .iter()
        .enumerate()
        .map(|(i, q)| (format!("q{i}"), relevant(q.0)));
    let qrels = Qrels {
        by_query: by_query.collect(),
        unlisted: Unlisted::Unjudged,
        itself: Itself::Counts,
    };
    let walk = Walk {
        plan: &plan.measure,
        cell: &plan.cells[0],
        qrels: &qrels,
        exact: &ExactLists::default(),
        tuned: &[],
    };
    let mut collector = Collector::empty(&plan, Some(measure.parse().unwrap()), |_| true);
    for (i, (_, rungs, ran)) in queries.iter().enumerate() {
        let (cell, query) = ("c".to_owned(), format!("q{i}"));
        let rung = |(rung, lists): &(Rung, String)| RungTrace {
            rung: *rung,
            stages: stages(lists),
        };
        let ladder = LadderTrace {
            cell: cell.clone(),
            query: query.clone(),
            rungs: rungs.iter().map(rung).collect(),
        };
        collector.climb(&walk, &ladder);
        let stages = stages(ran);
        collector.add(&walk, &QueryTrace { cell, query, stages });
    }
    collector.finish().remove("c").unwrap()
}

fn by_hand() -> Losses {
    let rungs = [
        (Rung::Exact, "abcx ex xabc xab"),
        (Rung::Codes, "bcxa ex xbc xbc"),
        (Rung::Graph, "cx ex xc cx"),
    ];
    let rungs = rungs.map(|(r, lists)| (r, lists.to_owned())).to_vec();
    losses("R@2", &[("abceghyz", rungs, "xy ex xygh gxy".to_owned())])
}

#[test]
fn each_step_loses_the_document_it_drops() {
    let losses = by_hand();
    let fates: Vec<(&str, Fate)> = losses.queries["q0"]
        .docs
        .iter()
        .map(|d| (d.doc.as_str(), d.fate))
        .collect();
    // Points: 0 exact, 1 codes, 2 graph, 3 filter, 4 fused, 5 reranked.
    let want = [
        // The codes put `a` last, the graph no longer finds it.
        ("a", Fate::Lost(2)),
        ("b", Fate::Lost(2)),
        ("c", Fate::Lost(3)),
        // Only words find `e`.
        ("e", Fate::Lost(4)),
        ("g", Fate::Rescued(5)),
        ("h", Fate::Lost(5)),
        ("y", Fate::Buried(5)),
        ("z", Fate::Unfound),
    ];
    assert_eq!(fates, want);
    let counts: Vec<(usize, usize, usize)> = losses
        .points
        .iter()
        .map(|p| (p.rescued, p.buried, p.lost))
        .collect();
    assert_eq!(
        counts,
        [(0, 0, 0), (0, 0, 0), (0, 0, 2), (0, 0, 1), (0, 0, 1), (1, 1, 1)]
    );
}

#[test]
fn a_point_has_its_mean_its_ceiling_and_what_it_changes_at_the_end() {
    let losses = by_hand();
    let eighths = |x: Option<f64>| x.map(|x| (x * 8.0).round() as i32);
    let means: Vec<_> = losses.points.iter().map(|p| eighths(p.mean)).collect();
    assert_eq!(means, [2, 2, 1, 1, 1, 1].map(Some));
    let ceilings: Vec<_> = losses.points.iter().map(|p| eighths(p.ceiling)).collect();
    assert_eq!(ceilings, [2, 2, 1, 1, 2, 2].map(Some));
    // At the end: `xab`, `xbc`, `cx`, `gxy`.
    let ends: Vec<_> = losses.points.iter().map(|p| eighths(p.end)).collect();
    assert_eq!(ends, [Some(1), Some(1), Some(1), Some(1), None, None]);
    assert_eq!(eighths(losses.whole.map(|w| w.mean)), Some(-1));
}

#[test]
fn a_rung_that_was_not_asked_is_as_the_next_one() {
    // Codes and no graph: q0 was asked exactly, q1 has no ladder at all.
    let exact = vec![(Rung::Exact, "ab -- ab ab".to_owned())];
    let losses = losses(
        "success@1",
        &[
            ("a", exact, "ba -- ba ab".to_owned()),
            ("a", vec![], "a -- a a".to_owned()),
        ],
    );
    let rungs: Vec<At> = losses.points.iter().map(|p| p.at).collect();
    assert_eq!(
        rungs,
        [At::Rung(Rung::Exact), At::Rung(Rung::Codes), At::Stage, At::Stage]
    );
    let means: Vec<_> = losses.points.iter().map(|p| p.mean.unwrap()).collect();
    assert_eq!(means, [1.0, 0.5, 0.5, 1.0]);
    assert_eq!(losses.points[3].change.unwrap().wins_ties_losses, (1, 1, 0));
}

#[test]
fn a_query_without_a_value_everywhere_counts_nowhere() {
    let none = losses("nDCG@10", &[("", vec![], "a -- a a".to_owned())]);
    assert_eq!((none.points[0].mean, none.whole), (None, None));
    assert_eq!(none.fates(|_| true), 0);
}

/// Lists of `d s f ce`: any documents of six, in any order.
fn lists() -> impl Strategy<Value = String> {
    let list = Just("abcdef").prop_flat_map(|docs| {
        let shuffled = Just(docs.chars().collect::<Vec<char>>()).prop_shuffle();
        (shuffled, 1usize..6).prop_map(|(docs, n)| docs.into_iter().take(n).collect::<String>())
    });
    prop::collection::vec(list, 4).prop_map(|lists| lists.join(" "))
}

fn query() -> impl Strategy<Value = (Vec<(Rung, String)>, String)> {
    let rung = |rung: Rung| prop::option::of(lists()).prop_map(move |l| l.map(|l| (rung, l)));
    let rungs = (rung(Rung::Exact), rung(Rung::Codes), rung(Rung::Graph));
    (rungs, lists()).prop_map(|((a, b, c), ran)| ([a, b, c].into_iter().flatten().collect(), ran))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn steps_add_up_to_the_whole_and_every_document_has_one_fate(
        queries in prop::collection::vec(query(), 1..6),
    ) {
        let asked: Vec<Asked<'_>> = queries.iter().map(|(rungs, ran)| ("abz", rungs.clone(), ran.clone())).collect();
        for measure in ["nDCG@3", "R@2", "RR", "AP"] {
            let losses = losses(measure, &asked);
            let sum: f64 = losses.points.iter().filter_map(|p| p.change).map(|c| c.mean).sum();
            let whole = losses.whole.unwrap().mean;
            prop_assert!((sum - whole).abs() < 1e-12, "{} steps {} whole {}", measure, sum, whole);
            let ends: f64 = losses.points.iter().filter_map(|p| p.end_change).map(|c| c.mean).sum();
            let (first, last) = (losses.points[0].end.unwrap(), losses.points.last().unwrap().mean.unwrap());
            prop_assert!((ends - (last - first)).abs() < 1e-12);
            prop_assert_eq!(losses.fates(|_| true), 3 * queries.len());
            let by_step: usize = losses.points.iter().map(|p| p.rescued + p.buried + p.lost).sum();
            let elsewhere = losses.fates(|f| matches!(f, Fate::Kept | Fate::Below | Fate::Unfound));
            prop_assert_eq!(by_step + elsewhere, 3 * queries.len());
            for point in &losses.points {
                prop_assert!(point.ceiling.unwrap() >= point.mean.unwrap() - 1e-12);
            }
        }
    }
}
