//! The comparisons for AVX-512: one register holds the 16 partial sums of a row.
//!
//! Written out, because the compiler takes half registers for the portable code and needs twice the time.

use std::arch::x86_64::{
    __m512, __m512i, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehl_ps, _mm_shuffle_ps, _mm256_add_ps,
    _mm256_castpd_ps, _mm256_castps256_ps128, _mm256_extractf128_ps, _mm256_maskz_loadu_epi8,
    _mm512_add_epi64, _mm512_and_si512, _mm512_castps_pd, _mm512_castps512_ps256, _mm512_cvtepi8_epi16,
    _mm512_dpwssd_epi32, _mm512_extractf64x4_pd, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_maskz_loadu_epi64,
    _mm512_maskz_loadu_ps, _mm512_popcnt_epi64, _mm512_reduce_add_epi32, _mm512_reduce_add_epi64,
    _mm512_setzero_ps, _mm512_setzero_si512, _mm512_slli_epi64, _mm512_sub_epi16, _mm512_sub_epi64,
    _mm512_sub_ps, _mm512_xor_si512,
};

use super::super::portable::{block, gather, negated, one_after_another};
use super::super::{LANES, PLANES};

/// Words of a code in one register.
const WORDS: usize = 8;
/// Bytes that fill a register once each of them has 16 bits.
const BYTES: usize = 32;

macro_rules! compiled {
    ($($visibility:vis fn $kernel:ident $(<$(const $n:ident: usize),*>)? ($($name:ident: $type:ty),*) -> $result:ty $body:block)*) => {
        $(
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vpopcntdq,avx2,fma,popcnt")]
            $visibility fn $kernel $(<$(const $n: usize),*>)? ($($name: $type),*) -> $result $body
        )*
    };
}

compiled! {
    pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
        dots(a, [b])[0]
    }

    pub(super) fn l2(a: &[f32], b: &[f32]) -> f32 {
        l2s(a, [b])[0]
    }

    pub(super) fn dot_gather(q: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len(), rows, ids, out, |r| dots(q, [r])[0]);
    }

    pub(super) fn dot_block(q: &[f32], rows: &[f32], out: &mut [f32]) -> () {
        block(q.len(), rows, out, |r| dots(q, r), |r| dots(q, [r])[0]);
    }

    pub(super) fn l2_gather(q: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len(), rows, ids, out, |r| -l2s(q, [r])[0]);
    }

    pub(super) fn l2_block(q: &[f32], rows: &[f32], out: &mut [f32]) -> () {
        block(q.len(), rows, out, |r| negated(l2s(q, r)), |r| -l2s(q, [r])[0]);
    }

    pub(super) fn hamming_gather(q: &[u64], rows: &[u64], ids: &[u32], out: &mut [f32]) -> () {
        let one = |r: &[u64]| -(hamming(q, r) as f32);
        gather(q.len(), rows, ids, out, one);
    }

    pub(super) fn hamming_block(q: &[u64], rows: &[u64], out: &mut [f32]) -> () {
        let one = |r: &[u64]| -(hamming(q, r) as f32);
        block(q.len(), rows, out, |r| [one(r[0]), one(r[1]), one(r[2]), one(r[3])], one);
    }

    pub(super) fn hamming(a: &[u64], b: &[u64]) -> u32 {
        let mut sums = _mm512_setzero_si512();
        for (x, y) in a.chunks(WORDS).zip(b.chunks(WORDS)) {
            let differing = _mm512_xor_si512(words(x), words(y));
            sums = _mm512_add_epi64(sums, _mm512_popcnt_epi64(differing));
        }
        _mm512_reduce_add_epi64(sums) as u32
    }

    pub(super) fn dot_bytes_gather(q: &[i8], rows: &[i8], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len(), rows, ids, out, |r| dot_bytes(q, r) as f32);
    }

    pub(super) fn dot_bytes_block(q: &[i8], rows: &[i8], out: &mut [f32]) -> () {
        one_after_another(q.len(), rows, out, |r| dot_bytes(q, r) as f32);
    }

    pub(super) fn l2_bytes_gather(q: &[i8], rows: &[i8], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len(), rows, ids, out, |r| -(l2_bytes(q, r) as f32));
    }

    pub(super) fn l2_bytes_block(q: &[i8], rows: &[i8], out: &mut [f32]) -> () {
        one_after_another(q.len(), rows, out, |r| -(l2_bytes(q, r) as f32));
    }

    pub(super) fn planes_gather(q: &[u64], rows: &[u64], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len() / PLANES, rows, ids, out, |r| planes(q, r) as f32);
    }

    pub(super) fn planes_block(q: &[u64], rows: &[u64], out: &mut [f32]) -> () {
        one_after_another(q.len() / PLANES, rows, out, |r| planes(q, r) as f32);
    }

    pub(super) fn dot_bytes(a: &[i8], b: &[i8]) -> i32 {
        let mut sums = _mm512_setzero_si512();
        for (x, y) in a.chunks(BYTES).zip(b.chunks(BYTES)) {
            sums = _mm512_dpwssd_epi32(sums, shorts(x), shorts(y));
        }
        _mm512_reduce_add_epi32(sums)
    }

    pub(super) fn l2_bytes(a: &[i8], b: &[i8]) -> i32 {
        let mut sums = _mm512_setzero_si512();
        for (x, y) in a.chunks(BYTES).zip(b.chunks(BYTES)) {
            let difference = _mm512_sub_epi16(shorts(x), shorts(y));
            sums = _mm512_dpwssd_epi32(sums, difference, difference);
        }
        _mm512_reduce_add_epi32(sums)
    }

    pub(super) fn planes(query: &[u64], code: &[u64]) -> i32 {
        let mut sums = [_mm512_setzero_si512(); PLANES];
        for (at, code_words) in code.chunks(WORDS).enumerate() {
            let row = words(code_words);
            for (plane, sum) in sums.iter_mut().enumerate() {
                let bits = &query[plane * code.len() + at * WORDS..][..code_words.len()];
                *sum = _mm512_add_epi64(*sum, _mm512_popcnt_epi64(_mm512_and_si512(words(bits), row)));
            }
        }
        let positive = _mm512_add_epi64(
            _mm512_add_epi64(sums[0], _mm512_slli_epi64::<1>(sums[1])),
            _mm512_slli_epi64::<2>(sums[2]),
        );
        _mm512_reduce_add_epi64(_mm512_sub_epi64(positive, _mm512_slli_epi64::<3>(sums[3]))) as i32
    }

    fn dots<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
        let mut sums = [_mm512_setzero_ps(); N];
        let (chunks, tail) = query.as_chunks::<LANES>();
        let mut row_chunks: [&[[f32; LANES]]; N] = [&[]; N];
        for n in 0..N {
            row_chunks[n] = &rows[n].as_chunks::<LANES>().0[..chunks.len()];
        }
        for (at, x) in chunks.iter().enumerate() {
            let x = floats(x);
            for n in 0..N {
                sums[n] = _mm512_fmadd_ps(x, floats(&row_chunks[n][at]), sums[n]);
            }
        }
        let mut out = [0.0; N];
        for n in 0..N {
            if !tail.is_empty() {
                let (x, y) = (tail_floats(tail), tail_floats(&rows[n][query.len() - tail.len()..]));
                sums[n] = _mm512_fmadd_ps(x, y, sums[n]);
            }
            out[n] = pairwise(sums[n]);
        }
        out
    }

    fn l2s<const N: usize>(query: &[f32], rows: [&[f32]; N]) -> [f32; N] {
        let mut sums = [_mm512_setzero_ps(); N];
        let (chunks, tail) = query.as_chunks::<LANES>();
        let mut row_chunks: [&[[f32; LANES]]; N] = [&[]; N];
        for n in 0..N {
            row_chunks[n] = &rows[n].as_chunks::<LANES>().0[..chunks.len()];
        }
        for (at, x) in chunks.iter().enumerate() {
            let x = floats(x);
            for n in 0..N {
                sums[n] = squared(_mm512_sub_ps(x, floats(&row_chunks[n][at])), sums[n]);
            }
        }
        let mut out = [0.0; N];
        for n in 0..N {
            if !tail.is_empty() {
                let (x, y) = (tail_floats(tail), tail_floats(&rows[n][query.len() - tail.len()..]));
                sums[n] = squared(_mm512_sub_ps(x, y), sums[n]);
            }
            out[n] = pairwise(sums[n]);
        }
        out
    }

    fn squared(difference: __m512, sums: __m512) -> __m512 {
        _mm512_fmadd_ps(difference, difference, sums)
    }

    // Sum l and sum l + 8, then 4, 2, 1: the order of the portable code.
    fn pairwise(sums: __m512) -> f32 {
        let upper = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(sums)));
        let eight = _mm256_add_ps(_mm512_castps512_ps256(sums), upper);
        let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vpopcntdq,avx2,fma,popcnt")]
fn floats(values: &[f32; LANES]) -> __m512 {
    // SAFETY: reads the 16 values of the array; the load needs no alignment.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

/// Fewer than 16 values, filled up with zeros.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vpopcntdq,avx2,fma,popcnt")]
fn tail_floats(values: &[f32]) -> __m512 {
    let mask = mask(values.len()) as u16;
    // SAFETY: the mask lets only the first `values.len()` lanes be read, all of them inside the slice; lanes that are
    // masked out are not accessed. The load needs no alignment.
    unsafe { _mm512_maskz_loadu_ps(mask, values.as_ptr()) }
}

/// At most 8 words, filled up with zeros.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vpopcntdq,avx2,fma,popcnt")]
fn words(values: &[u64]) -> __m512i {
    let mask = mask(values.len()) as u8;
    // SAFETY: as in `tail_floats`.
    unsafe { _mm512_maskz_loadu_epi64(mask, values.as_ptr().cast()) }
}

/// At most 32 bytes as numbers of 16 bits, filled up with zeros.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vpopcntdq,avx2,fma,popcnt")]
fn shorts(values: &[i8]) -> __m512i {
    // SAFETY: as in `tail_floats`.
    _mm512_cvtepi8_epi16(unsafe { _mm256_maskz_loadu_epi8(mask(values.len()), values.as_ptr()) })
}

/// The lowest `len` bits; no register has more than 32 lanes here.
#[inline(always)]
fn mask(len: usize) -> u32 {
    debug_assert!(len <= BYTES);
    ((1u64 << len) - 1) as u32
}
