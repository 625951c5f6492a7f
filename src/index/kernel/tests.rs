use super::*;
use crate::index::testing::Rng;

/// Every level that this machine can run.
fn levels() -> Vec<Level> {
    let mut levels = vec![Level::Portable];
    #[cfg(target_arch = "x86_64")]
    {
        levels.extend(x86::has_avx2().then_some(Level::Avx2));
        levels.extend(x86::has_avx512().then_some(Level::Avx512));
    }
    levels
}

fn floats(rng: &mut Rng, len: usize) -> Vec<f32> {
    (0..len).map(|_| rng.symmetric()).collect()
}

fn bytes(rng: &mut Rng, len: usize) -> Vec<i8> {
    // The ends of the range, where a product that is cut off would show, and everything between.
    (0..len)
        .map(|_| match rng.below(4) {
            0 => i8::MIN,
            1 => i8::MAX,
            _ => rng.next_u64() as i8,
        })
        .collect()
}

fn words(rng: &mut Rng, len: usize) -> Vec<u64> {
    (0..len).map(|_| rng.next_u64()).collect()
}

/// The definition at the head of the module, word for word.
fn by_definition(a: &[f32], b: &[f32], step: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let mut sums = [0.0; 16];
    for i in 0..a.len().next_multiple_of(16) {
        let (x, y) = (a.get(i).unwrap_or(&0.0), b.get(i).unwrap_or(&0.0));
        sums[i % 16] = step(*x, *y, sums[i % 16]);
    }
    for width in [8, 4, 2, 1] {
        for l in 0..width {
            sums[l] += sums[l + width];
        }
    }
    sums[0]
}

/// Lengths around every multiple of a lane, and the usual ones.
fn lengths() -> impl Iterator<Item = usize> {
    (0..=70).chain([100, 383, 384, 385, 768, 1023, 1024])
}

#[test]
fn float_kernels_of_every_level_have_the_bits_of_the_definition_at_every_length() {
    let mut rng = Rng::new(1);
    for len in lengths() {
        let (a, b) = (floats(&mut rng, len), floats(&mut rng, len));
        let want_dot = by_definition(&a, &b, |x, y, sum| x.mul_add(y, sum));
        let want_l2 = by_definition(&a, &b, |x, y, sum| (x - y).mul_add(x - y, sum));
        for level in levels() {
            let (dot, l2) = (dot_at(level, &a, &b), l2_at(level, &a, &b));
            assert_eq!(dot.to_bits(), want_dot.to_bits(), "dot, {level:?}, length {len}");
            assert_eq!(l2.to_bits(), want_l2.to_bits(), "l2, {level:?}, length {len}");
        }
    }
}

#[test]
fn sums_are_near_those_in_float64() {
    let mut rng = Rng::new(2);
    let (a, b) = (floats(&mut rng, 1000), floats(&mut rng, 1000));
    let pairs = || a.iter().zip(&b).map(|(&x, &y)| (f64::from(x), f64::from(y)));
    let want_dot: f64 = pairs().map(|(x, y)| x * y).sum();
    let want_l2: f64 = pairs().map(|(x, y)| (x - y) * (x - y)).sum();
    assert!((f64::from(dot(&a, &b)) - want_dot).abs() < 1e-4);
    assert!((f64::from(l2(&a, &b)) - want_l2).abs() < 1e-3);
}

#[test]
fn small_whole_numbers_are_exact() {
    let a: Vec<f32> = (1..=19).map(|i| i as f32).collect();
    assert_eq!(dot(&a, &a).to_bits(), 2470.0f32.to_bits());
    assert_eq!(l2(&a, &[0.0; 19]).to_bits(), 2470.0f32.to_bits());
    assert_eq!(dot(&[], &[]).to_bits(), 0.0f32.to_bits());
}

#[test]
fn hamming_of_every_level_agrees_with_counting_bit_by_bit_at_every_length() {
    let mut rng = Rng::new(3);
    for len in 0..=35 {
        let (a, b) = (words(&mut rng, len), words(&mut rng, len));
        let differs = |bit: &usize| (a[bit / 64] ^ b[bit / 64]) >> (bit % 64) & 1 == 1;
        let want = (0..len * 64).filter(differs).count() as u32;
        for level in levels() {
            assert_eq!(hamming_at(level, &a, &b), want, "{level:?}, length {len}");
        }
    }
}

#[test]
fn byte_kernels_of_every_level_are_exact_at_every_length() {
    let mut rng = Rng::new(5);
    for len in lengths() {
        let (a, b) = (bytes(&mut rng, len), bytes(&mut rng, len));
        let pairs = || a.iter().zip(&b).map(|(&x, &y)| (i64::from(x), i64::from(y)));
        let want_dot: i64 = pairs().map(|(x, y)| x * y).sum();
        let want_l2: i64 = pairs().map(|(x, y)| (x - y) * (x - y)).sum();
        for level in levels() {
            assert_eq!(
                i64::from(dot_bytes_at(level, &a, &b)),
                want_dot,
                "{level:?}, length {len}"
            );
            assert_eq!(
                i64::from(l2_bytes_at(level, &a, &b)),
                want_l2,
                "{level:?}, length {len}"
            );
        }
    }
}

#[test]
fn planes_of_every_level_add_up_the_query_s_values_under_the_bits() {
    let mut rng = Rng::new(6);
    for len in 0..=35 {
        let (query, code) = (words(&mut rng, PLANES * len), words(&mut rng, len));
        let bit = |words: &[u64], at: usize| (words[at / 64] >> (at % 64) & 1) as i32;
        let value = |at: usize| {
            let plane = |p: usize| bit(&query[p * len..], at) << p;
            plane(0) + plane(1) + plane(2) - plane(3)
        };
        let want: i32 = (0..len * 64).map(|at| bit(&code, at) * value(at)).sum();
        for level in levels() {
            assert_eq!(planes_at(level, &query, &code), want, "{level:?}, length {len}");
        }
    }
}

/// Gathers and blocks of every level against single scores, for every number of rows around a group of four.
macro_rules! many_rows_give_the_bits_of_one {
    ($space:ty, $values:ident, $gather:ident, $block:ident, $lengths:expr) => {
        let mut rng = Rng::new(4);
        for len in $lengths {
            let (query, flat) = (
                $values(&mut rng, <$space>::QUERY * len),
                $values(&mut rng, 11 * len),
            );
            let row = |i: usize| &flat[i * len..(i + 1) * len];
            for count in 0..=11 {
                let ids: Vec<u32> = (0..count).map(|i| (i as u32 * 7 + 3) % 11).collect();
                let of = |i: &u32| <$space>::score(&query, row(*i as usize)).to_bits();
                for level in levels() {
                    let mut out = vec![0.0; count];
                    at!(level, $gather(&query, &flat, &ids, &mut out));
                    let (got, want): (Vec<u32>, Vec<u32>) = (
                        out.iter().map(|s| s.to_bits()).collect(),
                        ids.iter().map(of).collect(),
                    );
                    assert_eq!(got, want, "gather, {level:?}, length {len}");
                    at!(level, $block(&query, &flat[..count * len], &mut out));
                    let (got, want): (Vec<u32>, Vec<u32>) = (
                        out.iter().map(|s| s.to_bits()).collect(),
                        (0..count as u32).map(|i| of(&i)).collect(),
                    );
                    assert_eq!(got, want, "block, {level:?}, length {len}");
                }
            }
        }
    };
}

#[test]
fn many_rows_at_once_give_the_bits_of_one() {
    many_rows_give_the_bits_of_one!(Dot, floats, dot_gather, dot_block, [1, 15, 16, 17, 40, 100]);
    many_rows_give_the_bits_of_one!(L2, floats, l2_gather, l2_block, [1, 15, 16, 17, 40, 100]);
    many_rows_give_the_bits_of_one!(Hamming, words, hamming_gather, hamming_block, [1, 6, 7, 8, 9, 17]);
    many_rows_give_the_bits_of_one!(
        DotBytes,
        bytes,
        dot_bytes_gather,
        dot_bytes_block,
        [1, 31, 32, 33, 100]
    );
    many_rows_give_the_bits_of_one!(
        L2Bytes,
        bytes,
        l2_bytes_gather,
        l2_bytes_block,
        [1, 31, 32, 33, 100]
    );
    many_rows_give_the_bits_of_one!(Planes, words, planes_gather, planes_block, [1, 6, 7, 8, 9, 17]);
}

#[test]
#[should_panic(expected = "vectors of different length")]
fn different_lengths_are_a_programming_error() {
    dot(&[1.0], &[1.0, 2.0]);
}
