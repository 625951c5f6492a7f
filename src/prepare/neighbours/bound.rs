//! Which documents a float32 product rules out.
//!
//! A dot product of `n` terms summed in floating point, in any order and with or without fused operations, differs
//! from the true one by at most `γ_n Σ |xᵢ qᵢ|`, where `γ_n = n u / (1 − n u)` and `u` is the unit roundoff (Higham
//! 2002, *Accuracy and Stability of Numerical Algorithms*, equation 3.5 and section 3.1). By Cauchy and Schwarz that is
//! at most `γ_n ‖x‖ ‖q‖`. Terms too small for a normal number lose at most the smallest normal number each, also where a
//! processor flushes them to zero. Nothing overflows, because lengths are limited to 1e18. With `m` the sum of both:
//!
//! * Dot product, cosine: the true score is at most `product + m`. A document can be left out when that is below the
//!   floor of the pool.
//! * Distance: `d² = ‖x‖² + ‖q‖² − 2 x·q ≥ ‖x‖² + ‖q‖² − 2 (product + m)`. A document can be left out when that is above
//!   the square of the largest distance that the pool still takes. The right side is computed in float64, and the slack
//!   covers its rounding.
//!
//! A pool's floor only rises, and it is at most the k-th best score less the tolerance, so a document that was once
//! left out never belongs to the result.

use rayon::prelude::*;

use super::NeighboursError;
use crate::vectors::{Metric, Vectors};

/// Vectors longer than this are refused: the product of two would overflow float32.
const LONGEST: f64 = 1e18;

/// Squared lengths, in float64.
#[derive(Debug)]
pub(super) struct Norms {
    pub(super) squared: Vec<f64>,
}

impl Norms {
    /// The squared length of every row; an error names the first row that cannot be compared.
    pub(super) fn of(vectors: &Vectors, of: &'static str) -> Result<Self, NeighboursError> {
        let square = |row: &[f32]| dot(row, row);
        let dim = vectors.dim().max(1);
        let squared: Vec<f64> = vectors.as_flat().par_chunks(dim).map(square).collect();
        // The square of a finite float32 is finite in float64, and so is the sum of fewer than 1e231 of them.
        if let Some(row) = squared.iter().position(|s| !s.is_finite()) {
            return Err(NeighboursError::NotFinite { of, row });
        }
        if let Some(row) = squared.iter().position(|s| s.sqrt() > LONGEST) {
            let length = squared[row].sqrt();
            return Err(NeighboursError::TooLong { of, row, length });
        }
        Ok(Self { squared })
    }
}

/// What a float32 product has to reach for its document to be scored.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gate {
    /// The product itself.
    Product(f32),
    /// The product less half the document's squared length.
    Centred(f64),
}

impl Gate {
    /// The gate for documents with squared length up to `longest`, and a query with squared length `query`.
    pub(super) fn new(metric: Metric, dim: usize, longest: f64, query: f64, floor: f64) -> Self {
        let margin = margin(dim, longest.sqrt() * query.sqrt());
        match metric {
            // One step down, because the conversion may have rounded up.
            Metric::Cosine | Metric::Dot => Gate::Product(((floor - margin) as f32).next_down()),
            Metric::L2 => {
                let furthest = floor * floor;
                let slack = 4.0 * (dim + 8) as f64 * f64::EPSILON * (longest + query + furthest);
                Gate::Centred((query - furthest - slack) / 2.0 - margin)
            }
        }
    }
}

/// The bound on the error of a float32 dot product of vectors whose lengths multiply to `lengths`. Two terms more than
/// there are cover the rounding of the lengths and of this formula.
fn margin(dim: usize, lengths: f64) -> f64 {
    let rounding = (dim + 2) as f64 * f64::from(f32::EPSILON) / 2.0;
    if rounding >= 1.0 {
        return f64::INFINITY;
    }
    rounding / (1.0 - rounding) * lengths + dim as f64 * f64::from(f32::MIN_POSITIVE)
}

/// The score of a document, in float64; never −0, which is ordered below 0.
pub(super) fn score(metric: Metric, row: &[f32], query: &[f32]) -> f64 {
    match metric {
        Metric::Cosine | Metric::Dot => dot(row, query) + 0.0,
        Metric::L2 => 0.0 - sum(row, query, |x, q| (x - q) * (x - q)).sqrt(),
    }
}

/// In float64, where a product of two float32 is exact.
fn dot(x: &[f32], y: &[f32]) -> f64 {
    sum(x, y, |x, y| x * y)
}

/// Sums `term` over both in eight interleaved parts: a fixed order, so the same bits everywhere.
fn sum(x: &[f32], y: &[f32], term: impl Fn(f64, f64) -> f64) -> f64 {
    const PARTS: usize = 8;
    let mut parts = [0.0; PARTS];
    let whole = x.len() - x.len() % PARTS;
    for (x, y) in x[..whole].chunks_exact(PARTS).zip(y[..whole].chunks_exact(PARTS)) {
        for i in 0..PARTS {
            parts[i] += term(f64::from(x[i]), f64::from(y[i]));
        }
    }
    let rest = x[whole..].iter().zip(&y[whole..]);
    let rest: f64 = rest.map(|(x, y)| term(f64::from(*x), f64::from(*y))).sum();
    parts.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_grows_with_dimensions_and_lengths() {
        // 384 terms of unit vectors: 386 × 2⁻²⁴, a little more for the denominator.
        let unit = margin(384, 1.0);
        assert!((unit - 386.0 / 16_777_216.0).abs() < 1e-9, "{unit}");
        assert!((margin(384, 10.0) / unit - 10.0).abs() < 1e-6);
        assert!(margin(1 << 24, 1.0).is_infinite());
    }

    #[test]
    fn a_score_is_a_dot_product_or_a_negated_distance() {
        let (x, q) = ([3.0, 0.0, 0.0], [0.0, 4.0, 0.0]);
        let scores = [Metric::Cosine, Metric::Dot, Metric::L2].map(|m| score(m, &x, &q));
        assert_eq!(scores.map(|s| s.to_string()), ["0", "0", "-5"]);
    }
}
