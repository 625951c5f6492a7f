//! The comparisons everything else is made of: dot product, squared Euclidean distance, Hamming distance; of floats, of
//! bytes, of bits.
//!
//! Comparisons of bytes and bits are sums of whole numbers, the same in any order. Those of floats are not:
//!
//! **One order of additions, everywhere.** Element `i` of a float comparison is added to partial sum `i mod 16` by a
//! fused multiply-add, and the 16 sums are then added pairwise: sum `l` and sum `l + 8`, then 4, 2, 1. IEEE 754 fixes
//! what a fused multiply-add gives, so every instruction set gives the same bits, and a score does not depend on the
//! machine. The order costs nothing where it matters: rows come from memory, and four rows are compared at a time,
//! which hides the latency that a single chain of additions would show (docs/decisions.md has the figures).
//!
//! The instruction set is chosen when the program runs. AVX-512 is written with intrinsics; AVX2 is the portable code
//! compiled for it; NEON is part of every aarch64 processor, so there the portable code is already compiled for it.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::LazyLock;

use crate::index::rows::Rows;
pub(crate) use portable::fetch;

/// Partial sums of a float comparison.
const LANES: usize = 16;

/// The instruction sets that there are kernels for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What the program was compiled for; NEON on aarch64.
    Portable,
    /// AVX2 with FMA and POPCNT.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F, BW, VL, VNNI and VPOPCNTDQ.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// The best one that this machine has.
    pub fn detected() -> Self {
        static DETECTED: LazyLock<Level> = LazyLock::new(detect);
        *DETECTED
    }

    /// For the manifest of a run.
    pub fn name(self) -> &'static str {
        match self {
            Level::Portable if cfg!(target_arch = "aarch64") => "neon",
            Level::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2+fma",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512+vnni+vpopcntdq",
        }
    }
}

fn detect() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if x86::has_avx512() {
            return Level::Avx512;
        }
        if x86::has_avx2() {
            return Level::Avx2;
        }
    }
    Level::Portable
}

/// Calls a kernel of the given level.
macro_rules! at {
    ($level:expr, $kernel:ident($($argument:expr),*)) => {
        match $level {
            Level::Portable => portable::$kernel($($argument),*),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::avx2_level::$kernel($($argument),*),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => x86::avx512_level::$kernel($($argument),*),
        }
    };
}

/// Dot product of two vectors of equal length; the cosine of the angle between them if both are L2-normalised.
///
/// # Panics
/// When the lengths differ, as all comparisons here.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    dot_at(Level::detected(), a, b)
}

/// Squared Euclidean distance of two vectors of equal length.
pub fn l2(a: &[f32], b: &[f32]) -> f32 {
    l2_at(Level::detected(), a, b)
}

/// Number of bits in which two codes of equal length differ.
pub fn hamming(a: &[u64], b: &[u64]) -> u32 {
    hamming_at(Level::detected(), a, b)
}

/// Dot product of two vectors of bytes of equal length, at most 65,536: longer ones could overflow.
pub fn dot_bytes(a: &[i8], b: &[i8]) -> i32 {
    dot_bytes_at(Level::detected(), a, b)
}

/// Squared Euclidean distance of two vectors of bytes of equal length, at most 32,768: longer ones could overflow.
pub fn l2_bytes(a: &[i8], b: &[i8]) -> i32 {
    l2_bytes_at(Level::detected(), a, b)
}

/// Sum of the query's values over the dimensions whose bit is set in `code`. The query has [`PLANES`] times the words of
/// the code: see [`Planes`].
pub fn planes(query: &[u64], code: &[u64]) -> i32 {
    planes_at(Level::detected(), query, code)
}

fn dot_at(level: Level, a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "vectors of different length");
    at!(level, dot(a, b))
}

fn l2_at(level: Level, a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "vectors of different length");
    at!(level, l2(a, b))
}

fn hamming_at(level: Level, a: &[u64], b: &[u64]) -> u32 {
    assert_eq!(a.len(), b.len(), "codes of different length");
    at!(level, hamming(a, b))
}

fn dot_bytes_at(level: Level, a: &[i8], b: &[i8]) -> i32 {
    assert_eq!(a.len(), b.len(), "codes of different length");
    at!(level, dot_bytes(a, b))
}

fn l2_bytes_at(level: Level, a: &[i8], b: &[i8]) -> i32 {
    assert_eq!(a.len(), b.len(), "codes of different length");
    at!(level, l2_bytes(a, b))
}

fn planes_at(level: Level, query: &[u64], code: &[u64]) -> i32 {
    assert_eq!(
        query.len(),
        PLANES * code.len(),
        "query and code of different length"
    );
    at!(level, planes(query, code))
}

/// A way to compare a query with rows. Larger scores are closer; a score is never NaN for finite rows.
///
/// The types that implement it carry no data: they choose kernels when the program is compiled, so that no walk and no
/// scan asks per row what it compares.
pub trait Space: Send + Sync + 'static {
    /// What rows are made of.
    type Value: bytemuck::Pod + Send + Sync + std::fmt::Debug;

    /// No row scores more, except by rounding; L2-normalised rows are meant for [`Dot`].
    const BEST: f32;

    /// Values of a query for each value of a row.
    const QUERY: usize = 1;

    /// The score of one row; the functions below give the same bits.
    fn score(query: &[Self::Value], row: &[Self::Value]) -> f32;

    /// `out[i]` becomes the score of row `ids[i]`. Rows are fetched ahead.
    ///
    /// # Panics
    /// When `ids` and `out` differ in length, a row is not there, or the query is not [`Self::QUERY`] rows long.
    fn gather(query: &[Self::Value], rows: &Rows<Self::Value>, ids: &[u32], out: &mut [f32]);

    /// `out[i]` becomes the score of row `first + i`. Panics like [`Self::gather`].
    fn block(query: &[Self::Value], rows: &Rows<Self::Value>, first: usize, out: &mut [f32]);
}

/// Dot product, the score of L2-normalised rows.
#[derive(Debug, Clone, Copy)]
pub struct Dot;

/// Squared Euclidean distance, negated.
#[derive(Debug, Clone, Copy)]
pub struct L2;

/// Number of differing bits, negated.
#[derive(Debug, Clone, Copy)]
pub struct Hamming;

/// Dot product of bytes.
#[derive(Debug, Clone, Copy)]
pub struct DotBytes;

/// Squared Euclidean distance of bytes, negated.
#[derive(Debug, Clone, Copy)]
pub struct L2Bytes;

/// Bits of a value of the query in [`Planes`].
pub const PLANES: usize = 4;

/// The sum of the query's values where the row has a bit. The query has one whole number of 4 bits (−8 to 7, two's
/// complement) per dimension, laid out as four codes: first the lowest bit of every value, last the sign.
///
/// A query that keeps its values tells more rows apart than one cut down to signs (asymmetric comparison, Gordo et al.
/// 2014); bit planes make it cost four times a Hamming distance (Gao and Long 2024, "RaBitQ", section 3.3).
#[derive(Debug, Clone, Copy)]
pub struct Planes;

macro_rules! space {
    ($space:ident, $value:ty, $best:expr, $query:expr, $score:expr, $gather:ident, $block:ident) => {
        impl Space for $space {
            type Value = $value;
            const BEST: f32 = $best;
            const QUERY: usize = $query;

            fn score(query: &[$value], row: &[$value]) -> f32 {
                $score(query, row)
            }

            fn gather(query: &[$value], rows: &Rows<$value>, ids: &[u32], out: &mut [f32]) {
                check(query.len(), Self::QUERY * rows.width(), ids.len(), out);
                at!(Level::detected(), $gather(query, rows.flat(), ids, out));
            }

            fn block(query: &[$value], rows: &Rows<$value>, first: usize, out: &mut [f32]) {
                check(query.len(), Self::QUERY * rows.width(), out.len(), out);
                let rows = &rows.flat()[first * rows.width()..][..out.len() * rows.width()];
                at!(Level::detected(), $block(query, rows, out));
            }
        }
    };
}

space!(Dot, f32, 1.0, 1, dot, dot_gather, dot_block);
space!(L2, f32, 0.0, 1, |a, b| -l2(a, b), l2_gather, l2_block);
space!(
    Hamming,
    u64,
    0.0,
    1,
    |a, b| -(hamming(a, b) as f32),
    hamming_gather,
    hamming_block
);
space!(
    DotBytes,
    i8,
    // Up to here, whole numbers are exact; no two codes of usual lengths score more.
    16_777_216.0,
    1,
    |a, b| dot_bytes(a, b) as f32,
    dot_bytes_gather,
    dot_bytes_block
);
space!(
    L2Bytes,
    i8,
    0.0,
    1,
    |a, b| -(l2_bytes(a, b) as f32),
    l2_bytes_gather,
    l2_bytes_block
);
space!(
    Planes,
    u64,
    16_777_216.0,
    PLANES,
    |a, b| planes(a, b) as f32,
    planes_gather,
    planes_block
);

fn check(query: usize, wanted: usize, ids: usize, out: &[f32]) {
    assert_eq!(query, wanted, "length of the query");
    assert_eq!(ids, out.len(), "one score per row");
}

#[cfg(test)]
mod tests;
