//! The two comparisons everything else is made of: dot product and Hamming distance.
//!
//! Both are plain Rust written so that the compiler vectorises them. The order of the additions is fixed by the
//! source, not by the machine, so a score has the same bits everywhere.

/// Independent partial sums of a dot product: enough to fill the vector registers and hide the latency of an
/// addition, few enough to stay in registers.
const LANES: usize = 16;

/// Dot product of two vectors of equal length.
///
/// On L2-normalised vectors this is the cosine of the angle between them. Element `i` is added to partial sum
/// `i mod 16`; the partial sums are then added pairwise, the elements beyond the last full 16 last.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len(), "vectors of different length");
    let mut sums = [0.0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail = a_chunks.remainder().iter().zip(b_chunks.remainder());
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
    }
    tail.fold(sums[0], |sum, (x, y)| sum + x * y)
}

/// Number of bits in which two codes of equal length differ.
pub fn hamming(a: &[u64], b: &[u64]) -> u32 {
    debug_assert_eq!(a.len(), b.len(), "codes of different length");
    a.iter().zip(b).map(|(x, y)| (x ^ y).count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::testing::Rng;

    /// The same sum in the plainest form, in float64.
    fn naive_dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
    }

    /// Bit by bit.
    fn naive_hamming(a: &[u64], b: &[u64]) -> u32 {
        let mut differing = 0;
        for (x, y) in a.iter().zip(b) {
            for bit in 0..64 {
                differing += u32::from((x >> bit) & 1 != (y >> bit) & 1);
            }
        }
        differing
    }

    #[test]
    fn dot_agrees_with_its_naive_twin_at_every_length() {
        let mut rng = Rng::new(1);
        for len in (0..=70).chain([383, 384, 385, 1024]) {
            let a: Vec<f32> = (0..len).map(|_| rng.symmetric()).collect();
            let b: Vec<f32> = (0..len).map(|_| rng.symmetric()).collect();
            let (got, want) = (f64::from(dot(&a, &b)), naive_dot(&a, &b));
            assert!((got - want).abs() < 1e-4, "{len}: {got} against {want}");
        }
    }

    #[test]
    fn dot_is_exact_on_small_whole_numbers() {
        let a: Vec<f32> = (1..=19).map(|i| i as f32).collect();
        assert_eq!(dot(&a, &a).to_bits(), 2470.0f32.to_bits());
        assert_eq!(dot(&[], &[]).to_bits(), 0.0f32.to_bits());
    }

    #[test]
    fn hamming_agrees_with_its_naive_twin_at_every_length() {
        let mut rng = Rng::new(2);
        for len in 0..=17 {
            let a: Vec<u64> = (0..len).map(|_| rng.next_u64()).collect();
            let b: Vec<u64> = (0..len).map(|_| rng.next_u64()).collect();
            assert_eq!(hamming(&a, &b), naive_hamming(&a, &b));
        }
    }
}
