//! The interval of a gate that is looked at again whenever judged queries were added.

use crate::evaluate::Values;
use crate::stats::Sequence;

/// The means, or mean differences, that the queries so far do not exclude; `None` when they exclude all of them, and
/// of a measure that left 0 … 1.
///
/// A sequence needs queries in an order that new ones only continue. That is the order of their ids, shorter ones
/// first, so that `q10` stands behind `q9`.
pub(super) fn interval(level: f64, values: &Values, to: Option<&Values>) -> Option<(f64, f64)> {
    let mut queries: Vec<&String> = values.keys().collect();
    queries.sort_by_key(|query| (query.len(), *query));
    let mut sequence = Sequence::new(level);
    for query in queries {
        match to {
            // A mean goes in as the difference of it and its complement, which uses the whole width of −1 … 1.
            None => sequence.push(2.0 * values[query] - 1.0).ok()?,
            Some(to) => match to.get(query) {
                Some(reference) => sequence.push(values[query] - reference).ok()?,
                None => continue,
            },
        }
    }
    let interval = sequence.look()?;
    Some(match to {
        None => (
            f64::midpoint(interval.low, 1.0),
            f64::midpoint(interval.high, 1.0),
        ),
        Some(_) => (interval.low, interval.high),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(n: usize, of: impl Fn(usize) -> f64) -> Values {
        (0..n).map(|i| (format!("q{i}"), of(i))).collect()
    }

    #[test]
    fn a_mean_and_a_difference_use_their_whole_range() {
        // 0.9 and 0.7 in turns; and the same less 0.3.
        let own = values(2_000, |i| [0.9, 0.7][i % 2]);
        let (low, high) = interval(0.95, &own, None).unwrap();
        assert!(
            0.78 < low && low < 0.8 && 0.8 < high && high < 0.82,
            "{low} {high}"
        );
        let (low, high) = interval(0.95, &own, Some(&values(2_000, |_| 0.3))).unwrap();
        assert!(
            0.45 < low && low < 0.5 && 0.5 < high && high < 0.55,
            "{low} {high}"
        );
    }

    #[test]
    fn queries_that_are_added_come_last() {
        // Bets depend on what came before them, so that another order is another interval.
        let grown = values(120, |i| if i < 100 { [0.0, 0.6, 0.3][i % 3] } else { 1.0 });
        let padded = |query: &String| format!("{query:0>4}").replace('q', "0");
        let same = grown
            .iter()
            .map(|(query, value)| (padded(query), *value))
            .collect();
        assert_eq!(interval(0.95, &grown, None), interval(0.95, &same, None));
        let reversed = grown.iter().rev().enumerate();
        let reversed = reversed
            .map(|(i, (_, value))| (format!("r{i:03}"), *value))
            .collect();
        assert_ne!(interval(0.95, &grown, None), interval(0.95, &reversed, None));
    }

    #[test]
    fn what_is_no_share_has_no_sequence() {
        assert_eq!(interval(0.95, &values(30, |i| i as f64), None), None);
    }
}
