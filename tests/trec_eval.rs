//! Agreement with trec_eval to the printed digit, on the inputs and outputs of its own test suite.

mod shared;

use std::collections::BTreeMap;
use std::path::Path;

use evalrun::dataset::{Grade, Qrels, read_trec};
use evalrun::measure::{Measure, Topic};
use evalrun::run::{Run, trec};

/// Per measure, how many values were compared and which of them differ.
type Agreement = BTreeMap<String, (usize, Vec<String>)>;

/// trec_eval's output: (measure, topic) → value as printed.
fn expected(path: &Path) -> BTreeMap<(String, String), String> {
    let text = std::fs::read_to_string(path).expect("an output of trec_eval");
    let columns = text
        .lines()
        .map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    columns
        .map(|c| ((c[0].clone(), c[1].clone()), c[2].clone()))
        .collect()
}

/// Our measure for one of trec_eval's names; `None` for those that are not computed here.
fn ours(name: &str, rel: Grade) -> Option<Measure> {
    // Its `unj` is the complement of `Judged`.
    let judged = name.strip_prefix("unj_").map(|k| format!("Judged@{k}"));
    let measure = judged.as_deref().unwrap_or(name).parse().ok()?;
    Some(match measure {
        Measure::Success { cutoff, .. } => Measure::Success { cutoff, rel },
        Measure::Rr { cutoff, .. } => Measure::Rr { cutoff, rel },
        Measure::Ap { cutoff, .. } => Measure::Ap { cutoff, rel },
        Measure::P { cutoff, .. } => Measure::P { cutoff, rel },
        Measure::R { cutoff, .. } => Measure::R { cutoff, rel },
        Measure::Rprec { .. } => Measure::Rprec { rel },
        other => other,
    })
}

fn topic(run: &Run, qrels: &Qrels, query: &str) -> Topic {
    let ranking = run.rankings.get(query).map_or(&[][..], Vec::as_slice);
    Topic::new(
        ranking.iter().map(|s| s.doc.as_str()),
        &qrels.by_query[query],
        None,
    )
}

/// The value as trec_eval prints it, which has 0 where ours is undefined: for a topic without relevant documents, and
/// for `unj` of a topic that is missing from the run.
fn printed(name: &str, measure: Measure, topics: &[Topic]) -> String {
    let complement = name.starts_with("unj_");
    let value = |t| {
        measure
            .value(t)
            .map_or(0.0, |v| if complement { 1.0 - v } else { v })
    };
    format!(
        "{:.4}",
        topics.iter().map(value).sum::<f64>() / topics.len() as f64
    )
}

fn compare(run: &Run, qrels: &Qrels, output: &Path, rel: Grade, agreement: &mut Agreement) {
    // As with `-c`: every judged topic counts, in the run or not.
    let topics: BTreeMap<&str, Topic> = qrels
        .by_query
        .keys()
        .map(|query| (query.as_str(), topic(run, qrels, query)))
        .collect();
    let negative_grades = topics.values().any(|t| t.judged.iter().any(|&grade| grade < 0));
    for ((name, of), value) in expected(output) {
        let Some(measure) = ours(&name, rel) else {
            continue;
        };
        // A grade below 0 is a judgement here ("spam"); trec_eval takes it for unjudged.
        if name.starts_with("unj_") && negative_grades {
            continue;
        }
        let all: Vec<Topic> = topics.values().cloned().collect();
        let selected = if of == "all" {
            all
        } else {
            vec![topics[of.as_str()].clone()]
        };
        let got = printed(&name, measure, &selected);
        let counts = agreement.entry(name.clone()).or_default();
        counts.0 += 1;
        if got != value {
            counts
                .1
                .push(format!("{of} in {}: {got}, not {value}", output.display()));
        }
    }
}

#[test]
fn values_agree_with_trec_eval_to_the_printed_digit() {
    let Some(dir) = shared::shared("conformance/trec_eval") else {
        return;
    };
    let qrels = |name: &str| read_trec(&dir.join(name)).unwrap().0;
    let run = |name: &str| trec::read(&dir.join(name)).unwrap();
    let mut agreement = Agreement::new();

    let results = run("results.test");
    assert_eq!(results.tag, "STANDARD");
    for output in ["out.test", "out.test.a", "out.test.aq"] {
        compare(
            &results,
            &qrels("qrels.test"),
            &dir.join(output),
            1,
            &mut agreement,
        );
    }
    compare(
        &results,
        &qrels("qrels.rel_level"),
        &dir.join("out.test.aql"),
        2,
        &mut agreement,
    );

    // A run that misses a topic. Its lines carry words after the tag, which our reader refuses and which are cut here.
    let text = std::fs::read_to_string(dir.join("results.trunc")).unwrap();
    let six = |line: &str| line.split_whitespace().take(6).collect::<Vec<_>>().join(" ") + "\n";
    let cut = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(cut.path(), text.lines().map(six).collect::<String>()).unwrap();
    let truncated = trec::read(cut.path()).unwrap();
    assert_eq!(truncated.rankings.len(), 2);
    compare(
        &truncated,
        &qrels("qrels.test"),
        &dir.join("out.test.aqc"),
        1,
        &mut agreement,
    );

    // 31 topics with grades 0 to 3 and tied scores.
    let tied = run("results.comment.test.gz");
    compare(
        &tied,
        &qrels("qrels.comment.test"),
        &dir.join("out.comment.test"),
        1,
        &mut agreement,
    );

    for measure in [
        "map",
        "map_cut_100",
        "ndcg",
        "ndcg_cut_10",
        "recip_rank",
        "Rprec",
        "P_10",
        "recall_100",
        "success_1",
    ] {
        assert!(agreement.contains_key(measure), "{measure} was not compared");
    }
    for (measure, (compared, wrong)) in &agreement {
        assert!(
            wrong.is_empty(),
            "{measure}: {} of {compared} values differ: {wrong:#?}",
            wrong.len()
        );
    }
}
