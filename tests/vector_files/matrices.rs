//! Matrices in files of their own.

use evalrun::content::sha256;
use evalrun::dataset::Source;
use evalrun::dataset::source::ArraysSource;
use evalrun::vectors::Metric;
use serde_json::json;

use crate::files::{bin, bvecs, f32s, fvecs, i32s, ivecs, npy};
use crate::{Folder, documents, queries, vectors};

/// Rows that every format can hold.
const ROWS: [[f32; 3]; 4] = [[1.0, 2.0, 2.0], [0.0, 3.0, 4.0], [0.0, 0.0, 7.0], [9.0, 0.0, 0.0]];

fn bytes(convert: impl Fn(f32) -> Vec<u8>) -> Vec<u8> {
    ROWS.iter().flatten().flat_map(|x| convert(*x)).collect()
}

#[test]
fn every_format_gives_the_same_rows() {
    let small: Vec<u8> = bytes(|x| vec![x as u8]);
    let rows: Vec<&[f32]> = ROWS.iter().map(|row| &row[..]).collect();
    let small_rows: Vec<&[u8]> = small.chunks(3).collect();
    let le = f32s(ROWS.as_flattened());
    let be = bytes(|x| x.to_be_bytes().to_vec());
    // The halves of 0, 1, 2, 3, 4, 7, 9.
    let half = |x: f32| [0, 0x3c00, 0x4000, 0x4200, 0x4400, 0, 0, 0x4700, 0, 0x4880u16][x as usize];
    let cases = [
        ("a.fvecs", fvecs(&rows)),
        ("a.bvecs", bvecs(&small_rows)),
        ("a.FBIN", bin(4, 3, &le)),
        ("a.u8bin", bin(4, 3, &small)),
        ("a.i8bin", bin(4, 3, &small)),
        (
            "f2.npy",
            npy("'<f2'", "4, 3", &bytes(|x| half(x).to_le_bytes().to_vec())),
        ),
        ("f4.npy", npy("'<f4'", "4, 3", &le)),
        ("f4be.npy", npy("'>f4'", "4, 3", &be)),
        (
            "f8.npy",
            npy("'<f8'", "4, 3", &bytes(|x| f64::from(x).to_le_bytes().to_vec())),
        ),
        (
            "f8be.npy",
            npy("'>f8'", "4, 3", &bytes(|x| f64::from(x).to_be_bytes().to_vec())),
        ),
        ("i1.npy", npy("'|i1'", "4, 3", &small)),
        ("u1.npy", npy("'|u1'", "4, 3", &small)),
        (
            "i4.npy",
            npy("'<i4'", "4, 3", &bytes(|x| (x as i32).to_le_bytes().to_vec())),
        ),
        (
            "i8be.npy",
            npy("'>i8'", "4, 3", &bytes(|x| (x as i64).to_be_bytes().to_vec())),
        ),
    ];
    for (name, bytes) in cases {
        let folder = Folder::new();
        folder.write(name, &bytes);
        let data = folder.load(Source::Arrays(folder.arrays(name, name)));
        assert_eq!(documents(&data), ROWS, "{name}");
        assert_eq!(queries(&data), ROWS, "{name}");
        assert_eq!(data.files[0].sha256, sha256(&bytes), "{name}");
        assert_eq!(data.files[0].rows, 4, "{name}");
    }
}

/// Four documents, two queries.
pub(crate) fn set() -> (Folder, ArraysSource) {
    let folder = Folder::new();
    let rows: Vec<&[f32]> = ROWS.iter().map(|row| &row[..]).collect();
    folder.write("base.fvecs", fvecs(&rows));
    folder.write("query.fvecs", fvecs(&[&[0.0, 3.0, 4.0], &[1.0, 0.0, 0.0]]));
    let source = folder.arrays("base.fvecs", "query.fvecs");
    (folder, source)
}

#[test]
fn a_set_has_rows_for_ids_and_neither_texts_nor_judgements() {
    let (folder, mut source) = set();
    folder.write("truth.ivecs", ivecs(&[&[1, 0], &[3, -1]]));
    folder.write("payload.jsonl", "{\"n\": 0}\n{\"n\": 1}\n{}\n{\"n\": 3}\n");
    source.neighbours = Some(folder.path("truth.ivecs"));
    source.payload = Some(folder.path("payload.jsonl"));
    let data = folder.load(Source::Arrays(source));
    let ids: Vec<&str> = data.docs.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["0", "1", "2", "3"]);
    assert_eq!(data.docs[3].metadata["n"], json!(3));
    assert!(data.docs[2].metadata.is_empty());
    let asked: Vec<(&str, &str)> = data
        .queries
        .iter()
        .map(|q| (q.id.as_str(), q.text.as_str()))
        .collect();
    assert_eq!(asked, [("0", ""), ("1", "")]);
    assert_eq!(vectors(&data).neighbours, Some(vec![vec![1, 0], vec![3]]));
    assert_eq!(data.split, "");
    assert!(!data.is_judged());
    let rows: Vec<usize> = data.files.iter().map(|f| f.rows).collect();
    assert_eq!(rows, [4, 2, 2, 4]);
}

#[test]
fn rows_have_length_1_under_cosine() {
    let (folder, mut source) = set();
    source.metric = Metric::Cosine;
    let data = folder.load(Source::Arrays(source));
    let third = (1.0f64 / 3.0) as f32;
    assert_eq!(
        documents(&data),
        [
            [third, 2.0 * third, 2.0 * third],
            [0.0, 0.6, 0.8],
            [0.0, 0.0, 1.0],
            [1.0, 0.0, 0.0]
        ]
    );
    assert_eq!(queries(&data), [[0.0, 0.6, 0.8], [1.0, 0.0, 0.0]]);
}

#[test]
fn a_limit_keeps_the_first_documents_and_drops_neighbours_that_it_makes_wrong() {
    let (folder, mut source) = set();
    folder.write("truth.ivecs", ivecs(&[&[1, 0], &[3, 2]]));
    folder.write("payload.jsonl", "{\"n\": 0}\n{\"n\": 1}\n{}\n{\"n\": 3}\n");
    source.neighbours = Some(folder.path("truth.ivecs"));
    source.payload = Some(folder.path("payload.jsonl"));
    source.limit = Some(2);
    let data = folder.load(Source::Arrays(source.clone()));
    assert_eq!(documents(&data), ROWS[..2]);
    assert_eq!(data.docs.len(), 2);
    assert_eq!(data.docs[1].metadata["n"], json!(1));
    assert_eq!(vectors(&data).neighbours, None);
    assert_eq!(
        data.files[0].sha256,
        sha256(&std::fs::read(&source.documents).unwrap())
    );
    source.limit = Some(4);
    let data = folder.load(Source::Arrays(source));
    assert_eq!(vectors(&data).neighbours, Some(vec![vec![1, 0], vec![3, 2]]));
}

#[test]
fn neighbours_come_in_every_format_and_with_distances() {
    let lists = i32s(&[1, 0, 3, -1]);
    let wide: Vec<u8> = [1i64, 0, 3, -1].iter().flat_map(|x| x.to_be_bytes()).collect();
    let cases = [
        ("t.ivecs", ivecs(&[&[1, 0], &[3, -1]])),
        ("t.ibin", bin(2, 2, &lists)),
        (
            "d.ibin",
            bin(2, 2, &[lists.clone(), f32s(&[0.0, 1.0, 2.0, f32::NAN])].concat()),
        ),
        ("t.npy", npy("'<i4'", "2, 2", &lists)),
        ("w.npy", npy("'>i8'", "2, 2", &wide)),
    ];
    for (name, bytes) in cases {
        let (folder, mut source) = set();
        folder.write(name, &bytes);
        source.neighbours = Some(folder.path(name));
        let data = folder.load(Source::Arrays(source));
        assert_eq!(
            vectors(&data).neighbours,
            Some(vec![vec![1, 0], vec![3]]),
            "{name}"
        );
        assert_eq!(data.files[2].sha256, sha256(&bytes), "{name}");
    }
}
