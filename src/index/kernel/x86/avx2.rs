//! The portable code, compiled for AVX2, FMA and POPCNT.

use super::super::PLANES;
use super::super::portable::{self, block, dots, gather, l2s, negated, one_after_another};

macro_rules! compiled {
    ($(fn $kernel:ident($($name:ident: $type:ty),*) -> $result:ty $body:block)*) => {
        $(
            #[target_feature(enable = "avx2,fma,popcnt")]
            pub(super) fn $kernel($($name: $type),*) -> $result $body
        )*
    };
}

compiled! {
    fn dot(a: &[f32], b: &[f32]) -> f32 {
        dots(a, [b])[0]
    }

    fn l2(a: &[f32], b: &[f32]) -> f32 {
        l2s(a, [b])[0]
    }

    fn hamming(a: &[u64], b: &[u64]) -> u32 {
        portable::hamming(a, b)
    }

    fn dot_gather(q: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len(), rows, ids, out, |r| dots(q, [r])[0]);
    }

    fn dot_block(q: &[f32], rows: &[f32], out: &mut [f32]) -> () {
        block(q.len(), rows, out, |r| dots(q, r), |r| dots(q, [r])[0]);
    }

    fn l2_gather(q: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len(), rows, ids, out, |r| -l2s(q, [r])[0]);
    }

    fn l2_block(q: &[f32], rows: &[f32], out: &mut [f32]) -> () {
        block(q.len(), rows, out, |r| negated(l2s(q, r)), |r| -l2s(q, [r])[0]);
    }

    fn hamming_gather(q: &[u64], rows: &[u64], ids: &[u32], out: &mut [f32]) -> () {
        let one = |r: &[u64]| -(portable::hamming(q, r) as f32);
        gather(q.len(), rows, ids, out, one);
    }

    fn hamming_block(q: &[u64], rows: &[u64], out: &mut [f32]) -> () {
        let one = |r: &[u64]| -(portable::hamming(q, r) as f32);
        block(q.len(), rows, out, |r| [one(r[0]), one(r[1]), one(r[2]), one(r[3])], one);
    }

    fn dot_bytes(a: &[i8], b: &[i8]) -> i32 {
        portable::dot_bytes(a, b)
    }

    fn l2_bytes(a: &[i8], b: &[i8]) -> i32 {
        portable::l2_bytes(a, b)
    }

    fn planes(q: &[u64], code: &[u64]) -> i32 {
        portable::planes(q, code)
    }

    fn dot_bytes_gather(q: &[i8], rows: &[i8], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len(), rows, ids, out, |r| portable::dot_bytes(q, r) as f32);
    }

    fn dot_bytes_block(q: &[i8], rows: &[i8], out: &mut [f32]) -> () {
        one_after_another(q.len(), rows, out, |r| portable::dot_bytes(q, r) as f32);
    }

    fn l2_bytes_gather(q: &[i8], rows: &[i8], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len(), rows, ids, out, |r| -(portable::l2_bytes(q, r) as f32));
    }

    fn l2_bytes_block(q: &[i8], rows: &[i8], out: &mut [f32]) -> () {
        one_after_another(q.len(), rows, out, |r| -(portable::l2_bytes(q, r) as f32));
    }

    fn planes_gather(q: &[u64], rows: &[u64], ids: &[u32], out: &mut [f32]) -> () {
        gather(q.len() / PLANES, rows, ids, out, |r| portable::planes(q, r) as f32);
    }

    fn planes_block(q: &[u64], rows: &[u64], out: &mut [f32]) -> () {
        one_after_another(q.len() / PLANES, rows, out, |r| portable::planes(q, r) as f32);
    }
}
