//! The definition of every comparison, in safe Rust that the compiler vectorises.
//!
//! The functions are inlined into callers that are compiled for more instructions; see the neighbour for x86.

use super::{LANES, PLANES};

pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    dots(a, [b])[0]
}

pub(super) fn l2(a: &[f32], b: &[f32]) -> f32 {
    l2s(a, [b])[0]
}

#[inline(always)]
pub(super) fn hamming(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(x, y)| (x ^ y).count_ones()).sum()
}

#[inline(always)]
pub(super) fn dot_bytes(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(&x, &y)| i32::from(x) * i32::from(y)).sum()
}

#[inline(always)]
pub(super) fn l2_bytes(a: &[i8], b: &[i8]) -> i32 {
    let squared = |(&x, &y): (&i8, &i8)| (i32::from(x) - i32::from(y)).pow(2);
    a.iter().zip(b).map(squared).sum()
}

#[inline(always)]
pub(super) fn planes(query: &[u64], code: &[u64]) -> i32 {
    let words = code.len();
    let plane = |p: usize| &query[p * words..][..words];
    let planes = [plane(0), plane(1), plane(2), plane(3)];
    let mut set = [0; PLANES];
    // A word of the code meets all planes while it is at hand.
    for (at, word) in code.iter().enumerate() {
        for p in 0..PLANES {
            set[p] += (planes[p][at] & word).count_ones() as i32;
        }
    }
    set[0] + 2 * set[1] + 4 * set[2] - 8 * set[3]
}

/// Gathers and blocks of kernels that compare one row at a time.
macro_rules! one_by_one {
    ($gather:ident, $block:ident, $value:ty, $per_row:expr, $one:expr) => {
        pub(super) fn $gather(query: &[$value], rows: &[$value], ids: &[u32], out: &mut [f32]) {
            gather(query.len() / $per_row, rows, ids, out, |r| $one(query, r));
        }

        pub(super) fn $block(query: &[$value], rows: &[$value], out: &mut [f32]) {
            one_after_another(query.len() / $per_row, rows, out, |r| $one(query, r));
        }
    };
}

one_by_one!(dot_bytes_gather, dot_bytes_block, i8, 1, |q, r| dot_bytes(q, r)
    as f32);
one_by_one!(l2_bytes_gather, l2_bytes_block, i8, 1, |q, r| -(l2_bytes(q, r)
    as f32));
one_by_one!(planes_gather, planes_block, u64, PLANES, |q, r| planes(q, r)
    as f32);

pub(super) fn dot_gather(query: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) {
    gather(query.len(), rows, ids, out, |r| dots(query, [r])[0]);
}

pub(super) fn dot_block(query: &[f32], rows: &[f32], out: &mut [f32]) {
    block(
        query.len(),
        rows,
        out,
        |r| dots(query, r),
        |r| dots(query, [r])[0],
    );
}

pub(super) fn l2_gather(query: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) {
    let one = |r: &[f32]| -l2s(query, [r])[0];
    gather(query.len(), rows, ids, out, one);
}

pub(super) fn l2_block(query: &[f32], rows: &[f32], out: &mut [f32]) {
    let one = |r: &[f32]| -l2s(query, [r])[0];
    block(query.len(), rows, out, |r| negated(l2s(query, r)), one);
}

pub(super) fn hamming_gather(query: &[u64], rows: &[u64], ids: &[u32], out: &mut [f32]) {
    let one = |r: &[u64]| -(hamming(query, r) as f32);
    gather(query.len(), rows, ids, out, one);
}

pub(super) fn hamming_block(query: &[u64], rows: &[u64], out: &mut [f32]) {
    let one = |r: &[u64]| -(hamming(query, r) as f32);
    block(
        query.len(),
        rows,
        out,
        |r| [one(r[0]), one(r[1]), one(r[2]), one(r[3])],
        one,
    );
}

#[inline(always)]
pub(super) fn dots<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    sums::<N, Product>(query, rows)
}

#[inline(always)]
pub(super) fn l2s<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    sums::<N, SquaredDifference>(query, rows)
}

/// What a pair of elements adds to its partial sum. A trait and no closure, because a closure is compiled on its own
/// and then not for the instructions of whoever inlines its caller.
trait Step {
    fn step(x: f32, y: f32, sum: f32) -> f32;
}

struct Product;

impl Step for Product {
    #[inline(always)]
    fn step(x: f32, y: f32, sum: f32) -> f32 {
        x.mul_add(y, sum)
    }
}

struct SquaredDifference;

impl Step for SquaredDifference {
    #[inline(always)]
    fn step(x: f32, y: f32, sum: f32) -> f32 {
        (x - y).mul_add(x - y, sum)
    }
}

/// Adds up the steps in the order that [`super`] defines, for `N` rows side by side.
#[inline(always)]
fn sums<const N: usize, S: Step>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
    let mut sums = [[0.0f32; LANES]; N];
    let (chunks, tail) = query.as_chunks::<LANES>();
    let mut row_chunks: [&[[f32; LANES]]; N] = [&[]; N];
    for n in 0..N {
        row_chunks[n] = &rows[n].as_chunks::<LANES>().0[..chunks.len()];
    }
    for (at, x) in chunks.iter().enumerate() {
        for n in 0..N {
            let y = &row_chunks[n][at];
            for lane in 0..LANES {
                sums[n][lane] = S::step(x[lane], y[lane], sums[n][lane]);
            }
        }
    }
    let mut out = [0.0; N];
    for n in 0..N {
        if !tail.is_empty() {
            let (x, y) = (filled(tail), filled(&rows[n][query.len() - tail.len()..]));
            for lane in 0..LANES {
                sums[n][lane] = S::step(x[lane], y[lane], sums[n][lane]);
            }
        }
        out[n] = pairwise(sums[n]);
    }
    out
}

/// Fewer than 16 values, filled up with zeros.
#[inline(always)]
fn filled(values: &[f32]) -> [f32; LANES] {
    let mut all = [0.0; LANES];
    all[..values.len()].copy_from_slice(values);
    all
}

/// Sum `l` and sum `l + 8`, then 4, 2, 1.
#[inline(always)]
fn pairwise(mut sums: [f32; LANES]) -> f32 {
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
    }
    sums[0]
}

/// Rows that are fetched ahead, so that one is there when its turn comes: comparing a code of a line or two takes a tenth
/// of the time in which it arrives.
const fn ahead(row_bytes: usize) -> usize {
    if row_bytes <= 2 * LINE { 16 } else { 4 }
}

/// Scores of the rows `ids`, one by one while the next ones are fetched: rows from all over the memory arrive sooner
/// one after the other than four at once.
#[inline(always)]
pub(super) fn gather<T>(width: usize, rows: &[T], ids: &[u32], out: &mut [f32], one: impl Fn(&[T]) -> f32) {
    let row = |id: u32| &rows[id as usize * width..][..width];
    let ahead = ahead(width * size_of::<T>());
    for &id in ids.iter().take(ahead) {
        fetch(row(id));
    }
    for (at, (&id, out)) in ids.iter().zip(out).enumerate() {
        if let Some(&next) = ids.get(at + ahead) {
            fetch(row(next));
        }
        *out = one(row(id));
    }
}

/// Scores of consecutive rows; the processor fetches them ahead by itself.
#[inline(always)]
pub(super) fn block<T>(
    width: usize,
    rows: &[T],
    out: &mut [f32],
    four: impl Fn([&[T]; 4]) -> [f32; 4],
    one: impl Fn(&[T]) -> f32,
) {
    let row = |at: usize| &rows[at * width..][..width];
    let (groups, rest) = out.as_chunks_mut::<4>();
    let done = groups.len() * 4;
    for (group, out) in groups.iter_mut().enumerate() {
        let at = group * 4;
        *out = four([row(at), row(at + 1), row(at + 2), row(at + 3)]);
    }
    for (at, out) in rest.iter_mut().enumerate() {
        *out = one(row(done + at));
    }
}

/// Scores of consecutive rows, where four side by side would gain nothing.
#[inline(always)]
pub(super) fn one_after_another<T>(width: usize, rows: &[T], out: &mut [f32], one: impl Fn(&[T]) -> f32) {
    for (at, out) in out.iter_mut().enumerate() {
        *out = one(&rows[at * width..][..width]);
    }
}

/// Negates four scores.
#[inline(always)]
pub(super) fn negated([a, b, c, d]: [f32; 4]) -> [f32; 4] {
    [-a, -b, -c, -d]
}

/// Bytes of a cache line.
const LINE: usize = 64;

/// Cache lines of a row that are asked for; after so many the processor has noticed and fetches the rest by itself.
const LINES: usize = 12;

/// Asks for the start of `row`.
#[inline(always)]
pub(crate) fn fetch<T>(row: &[T]) {
    #[cfg(target_arch = "x86_64")]
    super::x86::fetch(row, LINES);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (row, LINES);
}
