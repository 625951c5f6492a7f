//! The hot paths between a finished run and its numbers: reading data, computing measures, resampling.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use evalrun::dataset::{Grade, QrelsTable, Source, Text, load};
use evalrun::measure::trec_eval::{Columns, Dialect};
use evalrun::measure::{Measure, Ties, Topic};
use evalrun::progress::Silent;
use evalrun::run::{Depth, Run, RunText, ScoredDoc, Wanted, measured, trec};
use evalrun::stats::{Bootstrap, BootstrapMethod};

const QUERIES: usize = 1_000;
const HITS: usize = 100;
const JUDGED: usize = 50;
const DOCS: usize = 10_000;

const MEASURES: [&str; 9] = [
    "success@1",
    "nDCG@10",
    "nDCG(gain=exp)@10",
    "RR@10",
    "AP@100",
    "P@10",
    "R@100",
    "Rprec",
    "Judged@10",
];

/// A number that looks random and is the same on every run.
fn scramble(i: usize) -> usize {
    (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 17
}

fn judgements(query: usize) -> BTreeMap<String, Grade> {
    let judged = (0..JUDGED).map(|i| scramble(query * JUDGED + i));
    judged
        .map(|x| (format!("d{:05}", x % DOCS), (x / DOCS % 4) as Grade))
        .collect()
}

fn ranking(query: usize) -> Vec<ScoredDoc> {
    // Every other hit is a judged document, the rest are others.
    let judged: Vec<String> = judgements(query).into_keys().collect();
    let doc = |i: usize| match judged.get(i / 2) {
        Some(judged) if i.is_multiple_of(2) => judged.clone(),
        _ => format!("x{i:05}"),
    };
    (0..HITS)
        .map(|i| ScoredDoc {
            doc: doc(i),
            score: 1.0 / (i + 1) as f64,
        })
        .collect()
}

fn measures(c: &mut Criterion) {
    let measures: Vec<Measure> = MEASURES.iter().map(|m| m.parse().expect("a measure")).collect();
    let answers: Vec<_> = (0..QUERIES).map(|q| (ranking(q), judgements(q))).collect();
    let topic = |(ranking, judged): &(Vec<ScoredDoc>, BTreeMap<String, Grade>)| {
        Topic::new(ranking.iter().map(|s| s.doc.as_str()), judged, None)
    };
    let topics: Vec<Topic> = answers.iter().map(topic).collect();
    c.bench_function("topics: 1,000 queries × 100 hits × 50 judgements", |b| {
        b.iter(|| answers.iter().map(topic).collect::<Vec<Topic>>());
    });
    c.bench_function("measures: 9 over 1,000 queries × 100 hits", |b| {
        b.iter(|| {
            let values = topics.iter().flat_map(|t| measures.iter().map(|m| m.value(t)));
            values.flatten().sum::<f64>()
        });
    });
}

/// Hits in blocks of five with equal scores.
fn over_ties(c: &mut Criterion) {
    let measures: Vec<Measure> = MEASURES.iter().map(|m| m.parse().expect("a measure")).collect();
    let topics: Vec<Topic> = (0..QUERIES)
        .map(|q| Topic::new(ranking(q).iter().map(|s| s.doc.as_str()), &judgements(q), None))
        .collect();
    let ties = Ties::of((0..HITS).map(|i| -((i / 5) as f64)));
    c.bench_function("over ties: 9 measures over 1,000 queries × 100 hits", |b| {
        b.iter(|| {
            let ranges = topics
                .iter()
                .flat_map(|t| measures.iter().filter_map(|m| m.over_ties(t, &ties)));
            ranges.filter_map(|range| range.expected).sum::<f64>()
        });
    });
}

/// What `evalrun eval -q` does between two files and the values of all queries.
fn eval(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (mut qrels, mut run) = (String::new(), String::new());
    for q in 0..QUERIES {
        for (doc, grade) in judgements(q) {
            writeln!(qrels, "q{q} 0 {doc} {grade}").expect("strings grow");
        }
        for (i, hit) in ranking(q).iter().enumerate() {
            writeln!(run, "q{q} Q0 {} {i} {:.6} bench", hit.doc, hit.score).expect("strings grow");
        }
    }
    let files = [("qrels", qrels), ("run", run)].map(|(name, text)| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("the folder is there");
        path
    });
    let names = ["ndcg_cut.10", "map", "recip_rank", "recall.100", "P.10"].map(str::to_owned);
    let columns = Columns::new(Dialect::TrecEval9, &names, 1, 0).expect("measures");
    let depth = Depth {
        most: None,
        judged_only: false,
    };
    let wanted = Wanted {
        columns: &columns,
        complete: false,
        depth,
        per_query: true,
        ties: false,
    };
    c.bench_function("eval: 5 measures, 100,000 lines from file", |b| {
        b.iter(|| {
            let [qrels, run] = files
                .each_ref()
                .map(|path| Text::open(black_box(path)).expect("a file"));
            let qrels = QrelsTable::read(&qrels).expect("sound judgements");
            let run = RunText::new(&run).expect("a run");
            measured(&run, &qrels, &wanted).expect("a sound run").rows.len()
        });
    });
}

fn runs(c: &mut Criterion) {
    let rankings = (0..QUERIES).map(|q| (format!("q{q}"), ranking(q))).collect();
    let run = Run {
        tag: "bench".into(),
        rankings,
    };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("run.trec");
    trec::save(&run, &path).expect("the run is written");
    c.bench_function("run: read 100,000 lines", |b| {
        b.iter(|| trec::read(black_box(&path)).expect("the run is sound"));
    });
}

fn bootstrap(c: &mut Criterion) {
    let differences: Vec<f64> = (0..300).map(|i| (scramble(i) % 5) as f64 / 10.0 - 0.1).collect();
    let plan = Bootstrap {
        level: 0.95,
        resamples: 10_000,
        seed: 42,
        method: BootstrapMethod::Bca,
    };
    c.bench_function("bootstrap: 10,000 resamples of 300 differences", |b| {
        b.iter(|| plan.mean_interval(black_box(&differences)));
    });
}

/// Documents of about 700 bytes with some metadata.
fn write_corpus(dir: &Path) {
    let (mut corpus, mut queries, mut qrels) = (String::new(), String::new(), String::new());
    for i in 0..DOCS {
        let text = "a sentence about part ".repeat(30);
        let meta = format!(
            r#"{{"brand": "b{}", "price": {}.5, "tags": ["x", "y"]}}"#,
            i % 7,
            i % 100
        );
        let line =
            format!(r#"{{"_id": "d{i:05}", "title": "part {i}", "text": "{text}{i}", "metadata": {meta}}}"#);
        writeln!(corpus, "{line}").expect("strings grow");
    }
    for q in 0..100 {
        writeln!(queries, r#"{{"_id": "q{q}", "text": "part {q}"}}"#).expect("strings grow");
        writeln!(qrels, "q{q}\td{q:05}\t1").expect("strings grow");
    }
    std::fs::create_dir(dir.join("qrels")).expect("a fresh folder");
    for (name, text) in [
        ("corpus.jsonl", corpus),
        ("queries.jsonl", queries),
        ("qrels/test.tsv", qrels),
    ] {
        std::fs::write(dir.join(name), text).expect("the folder is there");
    }
}

fn beir(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    write_corpus(dir.path());
    let source = Source::folder(dir.path());
    let mut group = c.benchmark_group("beir");
    group.sample_size(10);
    group.bench_function("load 10,000 documents", |b| {
        b.iter(|| load("data", &source, &Silent).expect("the folder is sound"))
    });
    group.finish();
}

criterion_group!(benches, measures, over_ties, eval, runs, bootstrap, beir);
criterion_main!(benches);
