//! `evalrun doctor data`, on data sets small enough to see what is wrong with them.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

mod shared;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use evalrun::dataset::doctor::{self, Report, Severity};
use evalrun::dataset::{Dataset, Doc, GivenVectors, Qrels, Query, Source, load};
use evalrun::filter::Payload;
use evalrun::progress::Silent;
use evalrun::vectors::{Metric, Vectors};

/// A folder in BEIR's layout with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("qrels")).unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn examine(dir: &Path) -> Report {
    let source = Source::folder(dir);
    let data = load("parts", &source, &Silent).unwrap();
    doctor::examine(&data, &doctor::splits::read(&source).unwrap())
}

fn checks(report: &Report) -> Vec<(Severity, &str)> {
    report.findings.iter().map(|f| (f.severity, f.check)).collect()
}

const CORPUS: &str = r#"{"_id": "p1", "title": "Starter motor", "text": "A twelve volt starter motor with nine teeth and two mounting holes for small petrol engines", "metadata": {"voltage": 12}}
{"_id": "p2", "title": "Starter motor", "text": "One twelve volt starter motor with nine teeth and two mounting holes for small petrol engines", "metadata": {"voltage": 12}}
{"_id": "p3", "title": "Starter motor", "text": "Some twelve volt starter motor with nine teeth and two mounting holes for small petrol engines", "metadata": {"voltage": 12}}
{"_id": "p4", "title": "Alternator", "text": "what charges the battery while driving", "metadata": {"voltage": 24}}
{"_id": "p5", "title": "", "text": " "}
"#;

const QUERIES: &str = r#"{"_id": "q1", "text": "starter with nine teeth"}
{"_id": "q2", "text": "What charges  the battery while driving"}
{"_id": "q3", "text": "alternator"}
{"_id": "q4", "text": "Starter with NINE teeth", "metadata": {"filter": {"must": [{"key": "voltage", "match": 24}]}}}
{"_id": "q5", "text": "belt", "metadata": {"filter": {"must": [{"key": "voltage", "match": 48}]}}}
{"_id": "q6", "text": "starter nine teeth", "metadata": {"filter": {"must_not": [{"key": "voltage", "match": 48}]}}}
"#;

const TEST: &str = "q1\tp1\t3\nq1\tp2\t0\nq2\tp4\t0\nq3\tp4\t1\nq4\tp1\t2\nq5\tp1\t0\n";
const TRAIN: &str = "q6\tp1\t1\nq3\tp4\t1\n";

#[test]
fn everything_that_is_wrong_is_said_with_its_cure() {
    let dir = folder(&[
        ("corpus.jsonl", CORPUS),
        ("queries.jsonl", QUERIES),
        ("qrels/test.tsv", TEST),
        ("qrels/train.tsv", TRAIN),
    ]);
    let text = doctor::text(&examine(dir.path()));
    insta::assert_snapshot!("parts", text);
    assert!(text.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_data_set_without_faults_has_figures_and_no_findings() {
    let topic = |i: usize| format!("part number {i} of kind k{i} in colour c{i} made by m{i}");
    let corpus: Vec<String> = (0..60)
        .map(|i| format!("{{\"_id\": \"p{i}\", \"text\": \"{}\"}}\n", topic(i)))
        .collect();
    let queries: Vec<String> = (0..60)
        .map(|i| format!("{{\"_id\": \"q{i}\", \"text\": \"the k{i} that m{i} makes\"}}\n"))
        .collect();
    let qrels: Vec<String> = (0..60)
        .flat_map(|q| (0..10).map(move |d| format!("q{q}\tp{}\t{}\n", (q + d) % 60, u8::from(d == 0))))
        .collect();
    let dir = folder(&[
        ("corpus.jsonl", &corpus.concat()),
        ("queries.jsonl", &queries.concat()),
        ("qrels/test.tsv", &qrels.concat()),
    ]);
    let expected = "\
parts · split test
  documents       60
  queries         60 of 5 words
  judgements      600: 540 × 0, 60 × 1; unlisted pairs are unjudged
  per query       10 judged, 1 relevant; never judged: 0 % of the documents

  field           documents   distinct     folded  words              >256 words
  text                100 %      100 %      100 %  12–12, median 12          0 %

  near-duplicates none (3-word shingles, Jaccard ≥ 0.8)
  in the corpus   0 of the queries, 0 of them in a relevant document

  nothing found
";
    assert_eq!(doctor::text(&examine(dir.path())), expected);
}

#[test]
fn no_relevant_document_at_all_is_an_error() {
    let dir = folder(&[
        ("corpus.jsonl", "{\"_id\": \"p1\", \"text\": \"a\"}\n"),
        ("queries.jsonl", "{\"_id\": \"q1\", \"text\": \"b\"}\n"),
        ("qrels/test.tsv", "q1\tp1\t0\n"),
    ]);
    let report = examine(dir.path());
    assert!(report.has_errors());
    assert_eq!(
        report.findings[0].text,
        "No query has a relevant document: no effectiveness can be measured. See whether grades were read from the \
         right column."
    );
}

/// A data set of nothing but vectors.
fn vectors(metric: Metric, docs: &[[f32; 2]], queries: &[[f32; 2]], neighbours: Vec<Vec<u32>>) -> Dataset {
    let rows = |rows: &[[f32; 2]]| Arc::new(Vectors::from_flat(2, rows.concat()).unwrap());
    let doc = |i: usize| Doc {
        id: i.to_string(),
        fields: BTreeMap::new(),
        metadata: Payload::new(),
    };
    let query = |i: usize| Query {
        id: i.to_string(),
        text: String::new(),
        filter: None,
        metadata: Payload::new(),
    };
    let given = GivenVectors {
        metric,
        docs: rows(docs),
        queries: rows(queries),
        neighbours: Some(neighbours),
    };
    Dataset {
        name: "points".to_owned(),
        split: String::new(),
        docs: (0..docs.len()).map(doc).collect(),
        queries: (0..queries.len()).map(query).collect(),
        qrels: Qrels::default(),
        vectors: BTreeMap::from([("vector".to_owned(), given)]),
        unjudged_queries: 0,
        files: Vec::new(),
    }
}

#[test]
fn zero_rows_repeats_leaks_and_wrong_neighbours_are_found() {
    let docs = [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0], [-1.0, 0.0]];
    let queries = [[0.0, 1.0], [0.6, 0.8]];
    // Right for the first query; the second's second neighbour is the point on the far side.
    let data = vectors(Metric::Cosine, &docs, &queries, vec![vec![1], vec![1, 4]]);
    let report = doctor::examine(&data, &[]);
    let expected = "\
points
  documents       5
  queries         2
  judgements      none
  vector vector   5 × 2, cosine; queries 2; lengths 0.000–1.000 (median 1.000);
                  zero 1, repeated 1; neighbours beside it: 75.0 % right (first
                  2 of 2 queries)

  error    Vector `vector`: 1 row holds only zeros, which has no direction: its
           rank means nothing by cosine. Remove such documents, or embed them
           again.
             2
  error    Vector `vector`: 75.0 % of the neighbours that came with the set are
           among the nearest by cosine (first 2 of 2 queries): they belong to
           another metric or to other rows. `knn_recall` is measured against
           neighbours computed here; do not compare it with figures that were
           measured against theirs.
  warning  Vector `vector`: 1 row (20.0 %) equals an earlier one: ties among the
           nearest are decided by ids. `knn_recall` counts a tie as found.
  warning  Vector `vector`: 1 of 2 queries has a document's vector: the first
           neighbour is the query itself and easy to find. Remove one of the two
           sides.
";
    assert_eq!(doctor::text(&report), expected);
}

#[test]
fn a_tie_is_as_good_as_the_neighbour_that_is_listed() {
    let docs = [[1.0, 0.0], [1.0, 0.0], [0.0, 9.0]];
    for neighbour in [0, 1] {
        let data = vectors(Metric::L2, &docs, &[[1.0, 0.1]], vec![vec![neighbour]]);
        let report = doctor::examine(&data, &[]);
        let share = report.vectors["vector"].neighbours.as_ref().unwrap().share;
        assert_eq!(share.to_bits(), 1.0_f64.to_bits());
        assert_eq!(checks(&report), [(Severity::Warning, "vector_repeated")]);
    }
}

#[test]
fn figures_of_the_public_sets_are_those_recorded_beside_them() {
    let Some(root) = shared::shared("datasets") else {
        return;
    };
    let counts = ["chorus-electronics", "scifact", "cranfield", "amazon-google"].map(|name| {
        let report = examine(&root.join(name));
        let counts = &report.counts;
        (counts.documents, counts.judgements, counts.without_relevant)
    });
    assert_eq!(
        counts,
        [
            (19_406, 3_668, 19),
            (5_183, 339, 0),
            (1_400, 1_612, 0),
            (3_039, 1_103, 0)
        ]
    );
    let scifact = examine(&root.join("scifact")).overlap.unwrap();
    assert_eq!((scifact.same_id, scifact.same_text), (0, 2));
}
