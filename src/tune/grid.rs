//! The weights that are tried: all ways to share 1 among the lists in equal parts.

/// All of them in parts, the first list from all to nothing.
pub(super) fn simplex(lists: usize, parts: usize) -> Vec<Vec<usize>> {
    match lists {
        0 => Vec::new(),
        1 => vec![vec![parts]],
        _ => (0..=parts)
            .rev()
            .flat_map(|first| {
                let rest = simplex(lists - 1, parts - first);
                rest.into_iter().map(move |rest| [vec![first], rest].concat())
            })
            .collect(),
    }
}

/// Parts as weights.
pub(super) fn weights(point: &[usize], parts: usize) -> Vec<f64> {
    point.iter().map(|&part| part as f64 / parts as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Tune;

    #[test]
    fn every_way_to_share_once() {
        assert_eq!(simplex(2, 2), [vec![2, 0], vec![1, 1], vec![0, 2]]);
        let three = simplex(3, 2);
        assert_eq!(three.len(), 6);
        assert_eq!(three[..3], [vec![2, 0, 0], vec![1, 1, 0], vec![1, 0, 1]]);
        assert_eq!(weights(&three[1], 2), [0.5, 0.5, 0.0]);
    }

    #[test]
    fn the_count_is_known_beforehand() {
        for (lists, parts) in [(2, 10), (3, 10), (4, 5), (1, 3)] {
            assert_eq!(Tune::points(parts, lists), Some(simplex(lists, parts).len()));
        }
        assert_eq!(Tune::points(1_000_000, 60), None);
    }
}
