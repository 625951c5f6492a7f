//! Files in the layout of ann-benchmarks. The two that lie beside this file were written by h5py 3.16 from
//!
//! ```python
//! train = np.array([[1,2,2],[0,3,4],[0.5,0,0],[-1,-1,-1],[4.25,0,-1]], 'f4')
//! test = np.array([[1,2,3],[0,0,-2]], 'f4')
//! neighbors = np.array([[0,1,2],[3,4,-1]], 'i4')
//! ```
//!
//! `contiguous.hdf5` as `f['train'] = train` writes them, with `f.attrs['distance'] = 'angular'`; `chunked.hdf5` with
//! `libver='latest'`, `train` as float64 in chunks of 2 × 2 with `shuffle` and `gzip`, `test` as int16, `neighbors` as
//! int64 and `distance` as the bytes `euclidean`.

use evalrun::content::sha256;
use evalrun::dataset::Source;
use evalrun::vectors::Metric;

use crate::{Folder, documents, queries, vectors};

pub(crate) const CONTIGUOUS: &[u8] = include_bytes!("contiguous.hdf5");
pub(crate) const CHUNKED: &[u8] = include_bytes!("chunked.hdf5");

const TRAIN: [[f32; 3]; 5] = [
    [1.0, 2.0, 2.0],
    [0.0, 3.0, 4.0],
    [0.5, 0.0, 0.0],
    [-1.0, -1.0, -1.0],
    [4.25, 0.0, -1.0],
];

/// `bytes` with the one occurrence of `from` replaced.
fn patched(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert_eq!((at.len(), from.len()), (1, to.len()));
    let mut bytes = bytes.to_vec();
    bytes[at[0]..at[0] + to.len()].copy_from_slice(to);
    bytes
}

#[test]
fn both_layouts_and_all_types_give_the_same_rows() {
    let folder = Folder::new();
    folder.write("a.hdf5", CONTIGUOUS).write("b.hdf5", CHUNKED);
    let mut source = folder.hdf5("a.hdf5");
    source.metric = Some(Metric::L2);
    let data = folder.load(Source::Hdf5(source));
    assert_eq!(documents(&data), TRAIN);
    // They are the nearest by angle.
    assert_eq!(vectors(&data).neighbours, None);
    let data = folder.load(Source::Hdf5(folder.hdf5("b.hdf5")));
    assert_eq!(documents(&data), TRAIN);
    assert_eq!(queries(&data), [[1.0, 2.0, 3.0], [0.0, 0.0, -2.0]]);
    assert_eq!(vectors(&data).metric, Metric::L2);
    assert_eq!(vectors(&data).neighbours, Some(vec![vec![0, 1, 2], vec![3, 4]]));
    assert_eq!(data.files.len(), 1);
    assert_eq!(
        (data.files[0].rows, data.files[0].sha256.clone()),
        (5, sha256(CHUNKED))
    );
}

#[test]
fn the_file_says_how_its_vectors_are_compared() {
    let folder = Folder::new();
    folder.write("a.hdf5", CONTIGUOUS);
    let data = folder.load(Source::Hdf5(folder.hdf5("a.hdf5")));
    assert_eq!(vectors(&data).metric, Metric::Cosine);
    assert_eq!(documents(&data)[1], [0.0, 0.6, 0.8]);
    assert_eq!(queries(&data)[1], [0.0, 0.0, -1.0]);
    let ids: Vec<&str> = data.docs.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["0", "1", "2", "3", "4"]);
    assert_eq!(vectors(&data).neighbours, Some(vec![vec![0, 1, 2], vec![3, 4]]));
}

#[test]
fn a_limit_keeps_the_first_documents_and_drops_neighbours() {
    let folder = Folder::new();
    folder.write("b.hdf5", CHUNKED);
    let mut source = folder.hdf5("b.hdf5");
    source.limit = Some(3);
    let data = folder.load(Source::Hdf5(source));
    assert_eq!(documents(&data), TRAIN[..3]);
    assert_eq!(vectors(&data).neighbours, None);
}

#[test]
fn what_cannot_be_read_is_named_with_dataset_and_row() {
    let four = 4.25f32.to_le_bytes();
    let half: Vec<u8> = [0.5f32, 0.0, 0.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let list: Vec<u8> = [3i32, 4, -1].iter().flat_map(|x| x.to_le_bytes()).collect();
    // The shape that is and the largest that it may become.
    let shape = |rows: u64, dim: u64| [rows, dim, rows, dim].map(u64::to_le_bytes).concat();
    let other = |list: [i32; 3]| -> Vec<u8> { list.iter().flat_map(|x| x.to_le_bytes()).collect() };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "the file is empty"),
        (
            b"no HDF5 at all".to_vec(),
            "cannot be read as HDF5: invalid HDF5 magic bytes; get it again",
        ),
        (
            CONTIGUOUS[..3000].to_vec(),
            "the file has 3000 bytes of the 6252 that it says it has; get it again",
        ),
        (
            patched(CONTIGUOUS, &shape(5, 3), &shape(3, 5)),
            "`test` has rows of 3 values, `train` of 5; get it again",
        ),
        (
            patched(CONTIGUOUS, &shape(5, 3), &shape(0, 3)),
            "`train` has 0 rows of 3 values; 1 to 4294967295 rows of 1 to 65536 values can be read",
        ),
        (
            patched(CONTIGUOUS, &shape(5, 3), &shape(5, 1 << 40)),
            "`train` has 5 rows of 1099511627776 values; 1 to 4294967295 rows of 1 to 65536 values can be read",
        ),
        (
            patched(CONTIGUOUS, &shape(5, 3), &shape(4_000_000_000, 3)),
            "`train` has 4000000000 rows of 3 values, which cannot be in a file of 6252 bytes; get it again",
        ),
        (
            patched(CONTIGUOUS, &shape(5, 3), &shape(6, 3)),
            "`train` rows 0 to 5 (from 0) cannot be read: invalid data: contiguous raw data has 60 bytes, expected 72 \
             bytes; get it again",
        ),
        (
            patched(CONTIGUOUS, &four, &f32::NAN.to_le_bytes()),
            "`train` row 4, column 0 (from 0) has the value NaN; make these vectors again or leave them out",
        ),
        (
            patched(CONTIGUOUS, &half, &[0; 12]),
            "`train` row 2 (from 0) has only zeros; such a row has no direction to compare by cosine: leave it out, or \
             compare by `dot` or `l2`",
        ),
        (
            patched(CONTIGUOUS, &list, &other([3, 5, -1])),
            "`neighbors` row 1 (from 0): neighbour 1 (from 0) is 5, but the documents are 0 to 4",
        ),
        (
            patched(CONTIGUOUS, &list, &other([-1, 4, 3])),
            "`neighbors` row 1 (from 0): neighbour 0 (from 0) is -1, and others follow; only the end of a list is padded \
             with -1",
        ),
        (
            patched(CONTIGUOUS, b"angular", b"hamming"),
            "the attribute `distance` is `hamming`; `angular`, `euclidean` and `dot` can be searched; name a `metric` to \
             compare by another than the file's",
        ),
        (
            patched(CONTIGUOUS, b"distance", b"distancx"),
            "no attribute `distance`; name the `metric`",
        ),
        (
            patched(CONTIGUOUS, b"train", b"trail"),
            "no dataset `train`, only [neighbors, test, trail]; ann-benchmarks' layout has `train`, `test` and perhaps \
             `neighbors`",
        ),
    ];
    for (bytes, message) in cases {
        let folder = Folder::new();
        folder.write("a.hdf5", bytes);
        assert_eq!(
            folder.error(Source::Hdf5(folder.hdf5("a.hdf5"))),
            format!("a.hdf5: {message}")
        );
    }
}

#[test]
fn a_file_that_was_cut_is_an_error_wherever_it_was_cut() {
    let folder = Folder::new();
    for whole in [CONTIGUOUS, CHUNKED] {
        // Past the superblock, the length that it states gives the cut away.
        for length in (1..whole.len()).step_by(7) {
            folder.write("a.hdf5", &whole[..length]);
            let error = folder.error(Source::Hdf5(folder.hdf5("a.hdf5")));
            assert!(
                error.starts_with("a.hdf5: ") && error.ends_with("get it again"),
                "{length}: {error}"
            );
        }
    }
}
