//! Vectors beside the texts of a folder in BEIR's layout.

use evalrun::content::sha256;
use evalrun::dataset::Source;
use evalrun::dataset::source::{BeirSource, MatrixPair};
use evalrun::vectors::{Metric, Vectors};
use indexmap::IndexMap;

use crate::Folder;
use crate::files::{f32s, fvecs, npy};

/// Three documents and three queries whose lines are not in the order of their ids; `q9` is not judged.
fn set(documents: &[u8], queries: &[u8]) -> (Folder, BeirSource) {
    let folder = Folder::new();
    folder.write(
        "corpus.jsonl",
        "{\"_id\": \"d3\"}\n{\"_id\": \"d1\"}\n{\"_id\": \"d2\"}\n",
    );
    let asked = |id: &str| format!("{{\"_id\": \"{id}\", \"text\": \"x\"}}\n");
    folder.write("queries.jsonl", [asked("q9"), asked("q2"), asked("q1")].concat());
    folder.write("qrels/test.tsv", "q1\td1\t1\nq2\td3\t1\n");
    folder.write("docs.npy", documents).write("asked.fvecs", queries);
    let clip = MatrixPair {
        documents: folder.path("docs.npy"),
        queries: folder.path("asked.fvecs"),
        metric: Metric::Cosine,
    };
    let source = BeirSource {
        dir: folder.path(""),
        vectors: IndexMap::from([("clip".to_owned(), clip)]),
        ..BeirSource::default()
    };
    (folder, source)
}

fn three() -> Vec<u8> {
    npy("'<f4'", "3, 2", &f32s(&[3.0, 0.0, 0.0, 1.0, -2.0, 0.0]))
}

#[test]
fn rows_go_where_their_lines_go() {
    // The row of the query that is not judged is not looked at.
    let (folder, source) = set(&three(), &fvecs(&[&[f32::NAN, 9.0], &[0.0, 2.0], &[3.0, 4.0]]));
    let data = folder.load(Source::Beir(source));
    let clip = &data.vectors["clip"];
    let rows = |vectors: &Vectors| -> Vec<Vec<f32>> { vectors.rows().map(<[f32]>::to_vec).collect() };
    let ids: Vec<&str> = data.docs.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["d1", "d2", "d3"]);
    assert_eq!(rows(&clip.docs), [[0.0, 1.0], [-1.0, 0.0], [1.0, 0.0]]);
    let ids: Vec<&str> = data.queries.iter().map(|q| q.id.as_str()).collect();
    assert_eq!(ids, ["q1", "q2"]);
    assert_eq!(rows(&clip.queries), [[0.6, 0.8], [0.0, 1.0]]);
    assert_eq!((clip.metric, clip.neighbours.clone()), (Metric::Cosine, None));
    assert_eq!(data.unjudged_queries, 1);
    assert_eq!(data.files.len(), 5);
    assert_eq!(
        (data.files[3].rows, data.files[3].sha256.clone()),
        (3, sha256(&three()))
    );
}

#[test]
fn vectors_that_do_not_go_with_the_texts_are_named() {
    let sound = || fvecs(&[&[1.0, 9.0], &[0.0, 2.0], &[3.0, 4.0]]);
    let cases = [
        (
            npy("'<f4'", "2, 2", &f32s(&[1.0; 4])),
            sound(),
            "docs.npy: 2 rows, but corpus.jsonl has 3 lines; a row is wanted for each line, in their order",
        ),
        (
            three(),
            fvecs(&[&[1.0, 9.0], &[0.0, 2.0]]),
            "asked.fvecs: 2 rows, but queries.jsonl has 3 lines; a row is wanted for each line, in their order",
        ),
        (
            three(),
            fvecs(&[&[1.0], &[2.0], &[3.0]]),
            "asked.fvecs: rows of 1 values, but those of docs.npy have 2; take the queries that were made with those \
             documents",
        ),
        (
            npy("'<f4'", "3, 2", &f32s(&[1.0, 1.0, 0.0, 0.0, f32::NAN, 0.0])),
            sound(),
            "docs.npy: row 2, column 0 (from 0) has the value NaN; make these vectors again or leave them out\n\
             docs.npy: row 1 (from 0) has only zeros; such a row has no direction to compare by cosine: leave it out, or \
             compare by `dot` or `l2`",
        ),
        (three(), vec![], "asked.fvecs: the file is empty"),
    ];
    for (documents, queries, message) in cases {
        let (folder, source) = set(&documents, &queries);
        assert_eq!(folder.error(Source::Beir(source)), message);
    }
}
