//! Files in the formats under test, written as their publishers write them.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// `.fvecs`: each row with its dimension in front.
pub(crate) fn fvecs(rows: &[&[f32]]) -> Vec<u8> {
    vecs(rows, |x| x.to_le_bytes().to_vec())
}

/// `.ivecs`.
pub(crate) fn ivecs(rows: &[&[i32]]) -> Vec<u8> {
    vecs(rows, |x| x.to_le_bytes().to_vec())
}

/// `.bvecs`.
pub(crate) fn bvecs(rows: &[&[u8]]) -> Vec<u8> {
    vecs(rows, |x| vec![*x])
}

fn vecs<T>(rows: &[&[T]], bytes: impl Fn(&T) -> Vec<u8>) -> Vec<u8> {
    let row = |row: &&[T]| {
        let dim = (row.len() as i32).to_le_bytes().to_vec();
        [dim, row.iter().flat_map(&bytes).collect()].concat()
    };
    rows.iter().flat_map(row).collect()
}

/// `.fbin`, `.u8bin`, `.i8bin`, `.ibin`: two counts, then the values.
pub(crate) fn bin(rows: u32, dim: u32, values: &[u8]) -> Vec<u8> {
    [&rows.to_le_bytes()[..], &dim.to_le_bytes(), values].concat()
}

/// The bytes of little-endian float32.
pub(crate) fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The bytes of little-endian int32.
pub(crate) fn i32s(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// `.npy`, version 1, as `numpy.save` pads it.
pub(crate) fn npy(descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    npy_of(
        &format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ({shape}), }}"),
        values,
    )
}

/// `.npy` with any dictionary.
pub(crate) fn npy_of(dictionary: &str, values: &[u8]) -> Vec<u8> {
    let length = (10 + dictionary.len() + 1).next_multiple_of(64) - 10;
    let padded = format!("{dictionary:<width$}\n", width = length - 1);
    let head = [b"\x93NUMPY\x01\x00", &(length as u16).to_le_bytes()[..]].concat();
    [&head, padded.as_bytes(), values].concat()
}

/// A tar archive.
pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, name, *bytes)
            .expect("memory takes all");
    }
    archive.into_inner().expect("memory takes all")
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}
