//! Kendall's τ-b.

use std::cmp::Ordering;

/// Rank correlation τ-b (Kendall 1945) of paired values: concordant less discordant pairs, over the geometric mean of the
/// pairs that are not tied in either. `None` where one of the two is all ties, or of fewer than two pairs.
///
/// Takes O(n log n) steps (Knight 1966).
///
/// # Panics
/// When the slices differ in length.
pub fn kendall_tau_b(x: &[f64], y: &[f64]) -> Option<f64> {
    assert_eq!(x.len(), y.len(), "paired values");
    let mut pairs: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let all = choose_two(pairs.len());
    let tied_x = tied(&pairs, |a, b| a.0.total_cmp(&b.0));
    let tied_both = tied(&pairs, |a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut ys: Vec<f64> = pairs.iter().map(|p| p.1).collect();
    // In the order of x, ties in x in the order of y: what is out of order in y is discordant, and nothing else is.
    let discordant = sort_counting(&mut ys);
    let tied_y = tied(&ys, f64::total_cmp);
    let untied = (all - tied_x) as f64 * (all - tied_y) as f64;
    let concordant = all - tied_x - tied_y + tied_both - discordant;
    (untied > 0.0).then(|| (concordant as f64 - discordant as f64) / untied.sqrt())
}

fn choose_two(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

/// Pairs of equal values in a sorted list.
fn tied<T>(sorted: &[T], compare: impl Fn(&T, &T) -> Ordering) -> u64 {
    let equal = |a: &T, b: &T| compare(a, b).is_eq();
    sorted.chunk_by(equal).map(|group| choose_two(group.len())).sum()
}

/// Sorts by merging, and counts the pairs that stood the wrong way round.
fn sort_counting(values: &mut [f64]) -> u64 {
    let middle = values.len() / 2;
    if middle == 0 {
        return 0;
    }
    let (left, right) = values.split_at_mut(middle);
    let mut swaps = sort_counting(left) + sort_counting(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut l, mut r) = (0, 0);
    while l < left.len() && r < right.len() {
        if right[r].total_cmp(&left[l]).is_lt() {
            swaps += (left.len() - l) as u64;
            merged.push(right[r]);
            r += 1;
        } else {
            merged.push(left[l]);
            l += 1;
        }
    }
    merged.extend_from_slice(&left[l..]);
    merged.extend_from_slice(&right[r..]);
    values.copy_from_slice(&merged);
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(tau: Option<f64>, expected: f64) {
        let tau = tau.unwrap();
        assert!((tau - expected).abs() < 1e-12, "{tau} is not {expected}");
    }

    /// The example in the documentation of SciPy's `kendalltau`.
    #[test]
    fn the_published_example_with_ties() {
        close(
            kendall_tau_b(&[12.0, 2.0, 1.0, 12.0, 2.0], &[1.0, 4.0, 7.0, 1.0, 0.0]),
            -0.471_404_520_791_031_73,
        );
    }

    #[test]
    fn equal_orders_give_one_and_reversed_ones_minus_one() {
        let up = [1.0, 2.0, 3.0, 4.0];
        close(kendall_tau_b(&up, &[10.0, 20.0, 30.0, 40.0]), 1.0);
        close(kendall_tau_b(&up, &[4.0, 3.0, 2.0, 1.0]), -1.0);
        // Five pairs agree, the pair that is tied in one counts on its side alone: 5 / √(6 × 5).
        close(kendall_tau_b(&up, &[1.0, 2.0, 3.0, 3.0]), 5.0 / 30f64.sqrt());
    }

    #[test]
    fn without_an_order_there_is_no_correlation() {
        assert_eq!(kendall_tau_b(&[], &[]), None);
        assert_eq!(kendall_tau_b(&[1.0], &[2.0]), None);
        assert_eq!(kendall_tau_b(&[1.0, 1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn fast_and_by_definition_agree() {
        // A small linear congruential sequence with many ties.
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 28)
        };
        let x: Vec<f64> = (0..60).map(|_| next()).collect();
        let y: Vec<f64> = (0..60).map(|_| next()).collect();
        let sign = |a: f64, b: f64| (a - b).partial_cmp(&0.0).map_or(0, |o| o as i32);
        let (mut s, mut untied_x, mut untied_y) = (0, 0, 0);
        for i in 0..60 {
            for j in 0..i {
                let (dx, dy) = (sign(x[i], x[j]), sign(y[i], y[j]));
                s += dx * dy;
                untied_x += dx.abs();
                untied_y += dy.abs();
            }
        }
        let expected = f64::from(s) / (f64::from(untied_x) * f64::from(untied_y)).sqrt();
        close(kendall_tau_b(&x, &y), expected);
    }
}
