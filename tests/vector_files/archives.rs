//! Sets for filtered vector search.

use evalrun::content::sha256;
use evalrun::dataset::Source;
use evalrun::vectors::Metric;
use serde_json::json;

use crate::files::{f32s, gzip, npy, tar};
use crate::{Folder, documents, queries, vectors};

pub(crate) const PAYLOADS: &str = "{\"a\": 1}\n{\"a\": 2, \"b\": \"x\"}\n{\"b\": [\"x\", \"y\"]}\n";
pub(crate) const TESTS: &str = r#"{"query": [0, 2], "conditions": {"and": [{"a": {"match": {"value": 2}}}]}, "closest_ids": [1, -1], "closest_scores": [0.9, 0]}
{"query": [1.5, 0], "conditions": null, "closest_ids": [0, 1], "closest_scores": [0.9, 0.1], "class": "all"}
"#;

pub(crate) fn matrix() -> Vec<u8> {
    npy("'<f4'", "3, 2", &f32s(&[3.0, 4.0, 0.0, 2.0, 5.0, 0.0]))
}

/// An archive of these members, in another order than they are named.
fn archive(payloads: &str, tests: &str) -> Vec<u8> {
    tar(&[
        ("set/tests.jsonl", tests.as_bytes()),
        ("set/vectors.npy", &matrix()),
        ("set/README.md", b"not read"),
        ("set/payloads.jsonl", payloads.as_bytes()),
    ])
}

#[test]
fn plain_compressed_and_unpacked_sets_are_the_same() {
    let folder = Folder::new();
    let plain = archive(PAYLOADS, TESTS);
    // Gzip is recognised by its bytes, not by the name.
    folder
        .write("a.tar", &plain)
        .write("b.tgz", gzip(&plain))
        .write("c.tar", gzip(&plain));
    folder
        .write("d/vectors.npy", matrix())
        .write("d/payloads.jsonl", PAYLOADS)
        .write("d/tests.jsonl", TESTS);
    for path in ["a.tar", "b.tgz", "c.tar", "d"] {
        let data = folder.load(Source::Tar(folder.tar(path)));
        assert_eq!(documents(&data), [[3.0, 4.0], [0.0, 2.0], [5.0, 0.0]], "{path}");
        assert_eq!(queries(&data), [[0.0, 2.0], [1.5, 0.0]], "{path}");
        assert_eq!(data.docs[1].metadata["b"], json!("x"), "{path}");
        assert_eq!(
            vectors(&data).neighbours,
            Some(vec![vec![1], vec![0, 1]]),
            "{path}"
        );
        let filter = data.queries[0].filter.as_ref().unwrap();
        let passes: Vec<bool> = data.docs.iter().map(|d| filter.matches(&d.metadata)).collect();
        assert_eq!(passes, [false, true, false], "{path}");
        assert_eq!(
            data.queries[0].metadata["filter"],
            json!({ "must": [{ "key": "a", "match": 2 }] })
        );
        assert_eq!(data.queries[1].filter, None, "{path}");
        assert_eq!(data.queries[1].metadata["class"], json!("all"), "{path}");
    }
    let data = folder.load(Source::Tar(folder.tar("b.tgz")));
    assert_eq!((data.files.len(), data.files[0].rows), (1, 3));
    assert_eq!(data.files[0].sha256, sha256(&gzip(&plain)));
    let data = folder.load(Source::Tar(folder.tar("d")));
    let rows: Vec<usize> = data.files.iter().map(|f| f.rows).collect();
    assert_eq!(rows, [3, 3, 2]);
    assert_eq!(data.files[1].sha256, sha256(PAYLOADS.as_bytes()));
}

#[test]
fn documents_and_queries_have_length_1_under_cosine() {
    let folder = Folder::new();
    folder.write("a.tar", archive(PAYLOADS, TESTS));
    let mut source = folder.tar("a.tar");
    source.metric = Metric::Cosine;
    let data = folder.load(Source::Tar(source));
    assert_eq!(documents(&data), [[0.6, 0.8], [0.0, 1.0], [1.0, 0.0]]);
    assert_eq!(queries(&data), [[0.0, 1.0], [1.0, 0.0]]);
}

#[test]
fn lines_that_cannot_be_used_are_named() {
    let line = |text: &str| format!("{text}\n{}", TESTS.lines().last().unwrap());
    let cases: Vec<(&str, &str)> = vec![
        (r#"{"closest_ids": [1]}"#, "no `query`"),
        (r#"{"query": [0, 1]}"#, "no `closest_ids`"),
        (
            r#"{"query": "0 1", "closest_ids": [1]}"#,
            "`query` is a text; write a list of numbers",
        ),
        (
            r#"{"query": [0, "1"], "closest_ids": [1]}"#,
            "`query`, value 1 (from 0) is a text; numbers are wanted",
        ),
        (
            r#"{"query": [0, 1], "closest_ids": [1.5]}"#,
            "`closest_ids`, value 0 (from 0) is 1.5; whole numbers are wanted",
        ),
        (
            r#"{"query": [0, 1], "closest_ids": [null]}"#,
            "`closest_ids`, value 0 (from 0) is null; whole numbers are wanted",
        ),
        (
            r#"{"query": [0, 1], "closest_ids": [1], "closest_scores": [1, 2]}"#,
            "1 `closest_ids` and 2 `closest_scores`",
        ),
        (
            r#"{"query": [0, 1e99], "closest_ids": [1]}"#,
            "`query`, value 1 (from 0) is beyond float32",
        ),
        (
            r#"{"query": [0, NaN], "closest_ids": [1]}"#,
            "`NaN` at column 15 is not JSON; leave the field out or write null",
        ),
        (
            r#"{"query": [0, 1], "closest_ids": [1], "conditions": {"and": [{"a": {"geo": {}}}]}}"#,
            "unknown test `geo` on `a`; `match` and `range` can be searched",
        ),
        (
            r#"{"query": [0, 1, 2], "closest_ids": [1]}"#,
            "`query` has 3 values, the vectors have 2",
        ),
        (
            r#"{"query": [0, 0], "closest_ids": [1]}"#,
            "`query` has only zeros; such a vector has no direction to compare by cosine",
        ),
        (
            r#"{"query": [0, 1], "closest_ids": [3]}"#,
            "`closest_ids`: neighbour 0 (from 0) is 3, but the documents are 0 to 2",
        ),
        (
            r#"{"query": [0, 1], "closest_ids": [-1, 1]}"#,
            "`closest_ids`: neighbour 0 (from 0) is -1, and others follow; only the end of a list is padded with -1",
        ),
    ];
    for (text, message) in cases {
        let folder = Folder::new();
        folder.write("a.tar", archive(PAYLOADS, &line(text)));
        let mut source = folder.tar("a.tar");
        source.metric = Metric::Cosine;
        assert_eq!(
            folder.error(Source::Tar(source)),
            format!("a.tar/set/tests.jsonl:1: {message}")
        );
    }
}

#[test]
fn all_unusable_lines_of_a_file_come_together() {
    let folder = Folder::new();
    folder.write("a.tar", archive(PAYLOADS, "{\"query\": [1, 2]}\n\n[]\n"));
    assert_eq!(
        folder.error(Source::Tar(folder.tar("a.tar"))),
        "a.tar/set/tests.jsonl:1: no `closest_ids`\n\
         a.tar/set/tests.jsonl:2: blank line; remove it\n\
         a.tar/set/tests.jsonl:3: malformed JSON at column 1: expected an object `{…}`, found a list"
    );
}

#[test]
fn archives_that_cannot_be_used_are_named() {
    let plain = archive(PAYLOADS, TESTS);
    let alone = tar(&[("vectors.npy", &matrix())]);
    let twice = tar(&[("a/vectors.npy", &matrix()), ("b/vectors.npy", &matrix())]);
    let nan = npy("'<f4'", "1, 2", &f32s(&[0.0, f32::NAN]));
    // The size of the first member, in octal at byte 124, and the checksum of its header that goes with it.
    let mut boast = alone.clone();
    boast[124..135].copy_from_slice(b"77777777777");
    let sum: u32 = boast[..512]
        .iter()
        .enumerate()
        .map(|(i, b)| {
            if (148..156).contains(&i) {
                32
            } else {
                u32::from(*b)
            }
        })
        .sum();
    boast[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "a.tar: the file is empty"),
        (
            alone.clone(),
            "a.tar: no `payloads.jsonl` and no `tests.jsonl` in it; such a set has `vectors.npy`, `payloads.jsonl`, \
             `tests.jsonl`",
        ),
        (
            tar(&[("other.txt", b"x")]),
            "a.tar: no `vectors.npy` and no `payloads.jsonl` and no `tests.jsonl` in it; such a set has `vectors.npy`, \
             `payloads.jsonl`, `tests.jsonl`",
        ),
        (twice, "a.tar: `vectors.npy` is in it twice; which one is meant?"),
        (
            boast,
            "a.tar: `vectors.npy` is said to have 8589934591 bytes, more than 2048 stored bytes can hold; get it again",
        ),
        (
            tar(&[("vectors.npy", &nan)]),
            "a.tar/vectors.npy: row 0, column 1 (from 0) has the value NaN; make these vectors again or leave them out",
        ),
        (
            tar(&[("vectors.npy", b"")]),
            "a.tar/vectors.npy: the file is empty",
        ),
        (
            tar(&[("tests.jsonl", b"")]),
            "a.tar/tests.jsonl: the file is empty",
        ),
        (
            archive("{}\n{}\n", TESTS),
            "a.tar/set/payloads.jsonl: 2 lines, but a.tar/set/vectors.npy has 3 rows; a line of payload is wanted for each, \
             `{}` for none",
        ),
        (
            b"certainly not an archive".repeat(40),
            "a.tar: no member 0 (from 0): this is no tar archive, or a damaged one; get it again",
        ),
        (
            plain[..700].to_vec(),
            "a.tar/set/tests.jsonl: the last 48 bytes are missing: the archive was cut; get it again",
        ),
        (
            gzip(&plain)[..300].to_vec(),
            "a.tar/set/vectors.npy: the file ends in its header; get it again",
        ),
    ];
    for (bytes, message) in cases {
        let folder = Folder::new();
        folder.write("a.tar", bytes);
        assert_eq!(folder.error(Source::Tar(folder.tar("a.tar"))), message);
    }
}
