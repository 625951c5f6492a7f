//! Showing that a change costs nothing that matters: tests against a margin.

use super::{Interval, paired_t, student};

/// What a test against a margin found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Shown to hold.
    Pass,
    /// Shown not to hold.
    Fail,
    /// Neither: more queries could tell.
    Undecided,
}

/// A margin held against the interval of a mean difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarginTest {
    /// Of the margin being crossed; `None` of differences without spread, which the interval, a point, decides.
    pub p: Option<f64>,
    /// Of the mean difference, at level 1 − 2α: each end errs with probability α.
    pub interval: Interval,
    /// By the interval, at level α.
    pub verdict: Verdict,
}

/// Tests that a mean difference lies above −`margin`: not worse by that much, at one-sided level `alpha`.
///
/// Passes where the whole interval lies above −margin, which is where p ≤ α, and fails where all of it lies below.
/// `None` of fewer than two differences. Differences that are all equal count as known exactly; with few queries
/// that is a bold reading, so that [`super::MIN_QUERIES`] should be asked for first.
pub fn non_inferiority(differences: &[f64], margin: f64, alpha: f64) -> Option<MarginTest> {
    tested(differences, alpha, (-margin, f64::INFINITY))
}

/// Tests that a mean difference lies within ±`margin` by two one-sided tests (TOST, Schuirmann 1987), each at level
/// `alpha`; p is the larger of theirs. Read as [`non_inferiority`], with two ends.
pub fn equivalence(differences: &[f64], margin: f64, alpha: f64) -> Option<MarginTest> {
    tested(differences, alpha, (-margin, margin))
}

fn tested(differences: &[f64], alpha: f64, (low, high): (f64, f64)) -> Option<MarginTest> {
    let level = 1.0 - 2.0 * alpha;
    if differences.len() < 2 {
        return None;
    }
    let Some(test) = paired_t(differences, level) else {
        let value = differences[0];
        let interval = Interval {
            low: value,
            high: value,
            level,
        };
        return Some(MarginTest {
            p: None,
            interval,
            verdict: verdict(interval, low, high),
        });
    };
    let error = test.sd / (differences.len() as f64).sqrt();
    let beyond = |distance: f64| student::above(distance / error, test.df as f64);
    Some(MarginTest {
        p: Some(beyond(test.mean - low).max(beyond(high - test.mean))),
        interval: test.interval,
        verdict: verdict(test.interval, low, high),
    })
}

fn verdict(interval: Interval, low: f64, high: f64) -> Verdict {
    if interval.low > low && interval.high < high {
        Verdict::Pass
    } else if interval.high < low || interval.low > high {
        Verdict::Fail
    } else {
        Verdict::Undecided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 differences around `centre`, at most 0.02 away.
    fn around(centre: f64) -> Vec<f64> {
        (0..40).map(|i| centre + f64::from(i % 5 - 2) / 100.0).collect()
    }

    #[test]
    fn not_worse_is_shown_refuted_or_open() {
        let verdict = |centre| non_inferiority(&around(centre), 0.01, 0.05).unwrap().verdict;
        assert_eq!(verdict(0.05), Verdict::Pass);
        assert_eq!(verdict(-0.001), Verdict::Pass);
        assert_eq!(verdict(-0.01), Verdict::Undecided);
        assert_eq!(verdict(-0.05), Verdict::Fail);
    }

    #[test]
    fn equivalence_minds_both_sides() {
        let verdict = |centre| equivalence(&around(centre), 0.01, 0.05).unwrap().verdict;
        assert_eq!(verdict(0.001), Verdict::Pass);
        assert_eq!(verdict(0.01), Verdict::Undecided);
        assert_eq!(verdict(0.05), Verdict::Fail);
        assert_eq!(verdict(-0.05), Verdict::Fail);
    }

    #[test]
    fn p_and_verdict_agree() {
        for i in -30..=30 {
            let differences = around(f64::from(i) / 1000.0);
            for test in [
                non_inferiority(&differences, 0.01, 0.05).unwrap(),
                equivalence(&differences, 0.01, 0.05).unwrap(),
            ] {
                assert_eq!(
                    test.p.unwrap() <= 0.05,
                    test.verdict == Verdict::Pass,
                    "{i}: {test:?}"
                );
            }
        }
    }

    #[test]
    fn a_change_that_changes_nothing_is_not_worse() {
        let test = non_inferiority(&[0.0; 300], 0.01, 0.05).unwrap();
        assert_eq!((test.p, test.verdict), (None, Verdict::Pass));
        let worse = non_inferiority(&[-0.02; 300], 0.01, 0.05).unwrap();
        assert_eq!(worse.verdict, Verdict::Fail);
        assert_eq!(non_inferiority(&[0.0], 0.01, 0.05), None);
    }
}
