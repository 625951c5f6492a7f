//! The comparisons for AVX2 and AVX-512, and fetching ahead.
#![expect(unsafe_code, reason = "kernels; each block has its proof")]

mod avx2;
mod avx512;

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// True where the functions of [`avx512`] can run.
pub(super) fn has_avx512() -> bool {
    let floats = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
    let bytes = is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vnni");
    floats && bytes && is_x86_feature_detected!("avx512vpopcntdq") && has_avx2()
}

/// True where the functions of [`avx2`] can run.
pub(super) fn has_avx2() -> bool {
    let floats = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    floats && is_x86_feature_detected!("popcnt")
}

/// Asks for the first `lines` cache lines of `row`.
#[inline(always)]
pub(super) fn fetch<T>(row: &[T], lines: usize) {
    const LINE: usize = 64;
    let start = row.as_ptr().cast::<i8>();
    for at in (0..size_of_val(row).min(lines * LINE)).step_by(LINE) {
        // SAFETY: the address lies inside `row`, so the offset stays inside one allocation; a prefetch reads nothing
        // that the program could see and never faults. SSE is part of every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.add(at)) };
    }
}

/// Safe doors to kernels: each calls the function of the same name in `$module`.
macro_rules! doors {
    ($level:ident, $module:ident, $has:ident) => {
        pub(super) mod $level {
            doors!($module, $has, dot(a: &[f32], b: &[f32]) -> f32);
            doors!($module, $has, l2(a: &[f32], b: &[f32]) -> f32);
            doors!($module, $has, hamming(a: &[u64], b: &[u64]) -> u32);
            doors!($module, $has, dot_bytes(a: &[i8], b: &[i8]) -> i32);
            doors!($module, $has, l2_bytes(a: &[i8], b: &[i8]) -> i32);
            doors!($module, $has, planes(q: &[u64], code: &[u64]) -> i32);
            doors!($module, $has, dot_gather(q: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) -> ());
            doors!($module, $has, l2_gather(q: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) -> ());
            doors!($module, $has, hamming_gather(q: &[u64], rows: &[u64], ids: &[u32], out: &mut [f32]) -> ());
            doors!($module, $has, dot_block(q: &[f32], rows: &[f32], out: &mut [f32]) -> ());
            doors!($module, $has, l2_block(q: &[f32], rows: &[f32], out: &mut [f32]) -> ());
            doors!($module, $has, hamming_block(q: &[u64], rows: &[u64], out: &mut [f32]) -> ());
            doors!($module, $has, dot_bytes_gather(q: &[i8], rows: &[i8], ids: &[u32], out: &mut [f32]) -> ());
            doors!($module, $has, l2_bytes_gather(q: &[i8], rows: &[i8], ids: &[u32], out: &mut [f32]) -> ());
            doors!($module, $has, planes_gather(q: &[u64], rows: &[u64], ids: &[u32], out: &mut [f32]) -> ());
            doors!($module, $has, dot_bytes_block(q: &[i8], rows: &[i8], out: &mut [f32]) -> ());
            doors!($module, $has, l2_bytes_block(q: &[i8], rows: &[i8], out: &mut [f32]) -> ());
            doors!($module, $has, planes_block(q: &[u64], rows: &[u64], out: &mut [f32]) -> ());
        }
    };
    ($module:ident, $has:ident, $kernel:ident($($name:ident: $type:ty),*) -> $result:ty) => {
        #[inline]
        pub(crate) fn $kernel($($name: $type),*) -> $result {
            debug_assert!(super::$has());
            // SAFETY: a `Level` above `Portable` is made by `detect` alone, after `$has` found every feature that the
            // function is compiled for; tests ask `$has` themselves.
            unsafe { super::$module::$kernel($($name),*) }
        }
    };
}

doors!(avx2_level, avx2, has_avx2);
doors!(avx512_level, avx512, has_avx512);
