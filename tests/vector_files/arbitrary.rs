//! Whatever the bytes are, a file is read or refused: no panic, no allocation that its length does not bear out.

use evalrun::dataset::{Source, load};
use evalrun::progress::Silent;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::archives::{PAYLOADS, TESTS, matrix};
use crate::files::{bin, f32s, fvecs, gzip, npy, npy_of, tar};
use crate::hdf5::{CHUNKED, CONTIGUOUS};
use crate::{Folder, documents};

const VECTORS: [&str; 6] = ["a.fvecs", "a.bvecs", "a.fbin", "a.u8bin", "a.i8bin", "a.npy"];
const NEIGHBOURS: [&str; 3] = ["t.ivecs", "t.ibin", "t.npy"];

/// Reads `bytes` under every name; what comes out is beside the point.
fn read_all(bytes: &[u8]) {
    let folder = Folder::new();
    for name in VECTORS {
        folder.write(name, bytes);
        let _ = load("set", &Source::Arrays(folder.arrays(name, name)), &Silent);
    }
    folder.write("d.fvecs", fvecs(&[&[1.0], &[2.0]]));
    for name in NEIGHBOURS {
        folder.write(name, bytes);
        let mut source = folder.arrays("d.fvecs", "d.fvecs");
        source.neighbours = Some(folder.path(name));
        let _ = load("set", &Source::Arrays(source), &Silent);
    }
    folder.write("a.hdf5", bytes).write("a.tar", bytes);
    let _ = load("set", &Source::Hdf5(folder.hdf5("a.hdf5")), &Silent);
    let _ = load("set", &Source::Tar(folder.tar("a.tar")), &Silent);
}

/// Sound files, to be damaged.
fn sound() -> Vec<Vec<u8>> {
    let archive = tar(&[
        ("vectors.npy", &matrix()),
        ("payloads.jsonl", PAYLOADS.as_bytes()),
        ("tests.jsonl", TESTS.as_bytes()),
    ]);
    vec![
        fvecs(&[&[1.0, 2.0], &[3.0, 4.0], &[5.0, 6.0]]),
        bin(3, 2, &f32s(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])),
        matrix(),
        gzip(&archive),
        archive,
        CONTIGUOUS.to_vec(),
        CHUNKED.to_vec(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn damaged_files_are_read_or_refused(
        which in 0..7usize,
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = sound().swap_remove(which);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_all(&bytes);
    }

    #[test]
    fn any_dictionary_is_read_or_refused(dictionary in "[{}()\\[\\]',:<f48O 'a-z\\\\x0-9]{0,80}", shape in any::<[u64; 2]>()) {
        read_all(&npy_of(&dictionary, &[]));
        read_all(&npy("'<f4'", &format!("{}, {}", shape[0], shape[1]), &[0; 8]));
    }

    #[test]
    fn what_is_written_is_read(
        values in (1..5usize).prop_flat_map(|dim| vec(vec(-1e30f32..1e30, dim), 1..40)),
        limit in prop::option::of(1..50usize),
    ) {
        let (rows, dim) = (values.len() as u32, values[0].len() as u32);
        let borrowed: Vec<&[f32]> = values.iter().map(Vec::as_slice).collect();
        let flat = values.concat();
        let wide: Vec<u8> = flat.iter().flat_map(|x| f64::from(*x).to_be_bytes()).collect();
        let files = [
            ("a.fvecs", fvecs(&borrowed)),
            ("a.fbin", bin(rows, dim, &f32s(&flat))),
            ("a.npy", npy("'<f4'", &format!("{rows}, {dim}"), &f32s(&flat))),
            ("b.npy", npy("'>f8'", &format!("{rows}, {dim}"), &wide)),
        ];
        let kept = limit.unwrap_or(usize::MAX).min(values.len());
        for (name, bytes) in files {
            let folder = Folder::new();
            folder.write(name, bytes);
            let mut source = folder.arrays(name, name);
            source.limit = limit;
            let data = folder.load(Source::Arrays(source));
            prop_assert_eq!(documents(&data), &values[..kept], "{}", name);
        }
    }
}
