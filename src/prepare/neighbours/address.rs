//! The content address of a search: equal inputs have an equal address, and nothing else has.
//!
//! A million vectors are 1.5 GB, so large inputs are hashed in pieces by all cores, and the digests of the pieces are
//! hashed in their order. The size of a piece is part of the definition.

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::Search;
use crate::content::hex;
use crate::filter::Filter;

/// Raise it when the same inputs give other lists than before, or the file's layout changes.
const VERSION: &str = "evalrun neighbours 1";
/// Values per piece of a matrix: 1 MiB.
const VALUES: usize = 1 << 18;
/// Documents per piece of the payload.
const DOCUMENTS: usize = 1 << 14;

/// SHA-256 over everything that the result depends on, in hex.
pub(super) fn address(search: &Search<'_>) -> String {
    let mut hash = Sha256::new();
    let sizes = [
        search.k,
        search.rows.dim(),
        search.rows.len(),
        search.queries.dim(),
        search.queries.len(),
    ];
    text(&mut hash, VERSION);
    text(&mut hash, search.metric.words());
    sizes.iter().for_each(|n| hash.update((*n as u64).to_le_bytes()));
    matrix(&mut hash, search.rows.as_flat());
    matrix(&mut hash, search.queries.as_flat());
    for part in search.points.chunks(VALUES) {
        hash.update(bytes(part, |p| p.to_le_bytes()));
    }
    filters(&mut hash, search);
    hex(&hash.finalize())
}

/// Every query's filter, and of every document the values they look at.
fn filters(hash: &mut Sha256, search: &Search<'_>) {
    let given = || search.filters.iter().flatten();
    let mut keys: Vec<&str> = given().flat_map(Filter::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    if given().next().is_none() {
        return;
    }
    for filter in search.filters {
        text(hash, &json(filter));
    }
    keys.iter().for_each(|key| text(hash, key));
    let piece = |points: &[u32]| {
        let mut hash = Sha256::new();
        for point in points {
            let payload = &search.payload[*point as usize];
            keys.iter()
                .for_each(|key| text(&mut hash, &json(&payload.get(*key))));
        }
        hash.finalize()
    };
    let pieces: Vec<_> = search.points.par_chunks(DOCUMENTS).map(piece).collect();
    pieces.iter().for_each(|digest| hash.update(digest));
}

fn matrix(hash: &mut Sha256, values: &[f32]) {
    let piece = |values: &[f32]| Sha256::digest(bytes(values, |v| v.to_le_bytes()));
    let pieces: Vec<_> = values.par_chunks(VALUES).map(piece).collect();
    pieces.iter().for_each(|digest| hash.update(digest));
}

fn bytes<T: Copy>(values: &[T], four: impl Fn(T) -> [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0; values.len() * 4];
    for (to, value) in bytes.chunks_exact_mut(4).zip(values) {
        to.copy_from_slice(&four(*value));
    }
    bytes
}

/// A text with its length in front, so that boundaries count.
fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data serialises to JSON")
}
