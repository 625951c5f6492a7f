//! Whether a difference is the same for all kinds of queries.

use rayon::prelude::*;

use super::{Bootstrap, Draws, Interval, mean, t_test};

/// A difference by kinds of queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Strata {
    /// By stratum, in the order of their numbers.
    pub strata: Vec<Stratum>,
    /// Of the difference being the same in all strata; `None` with fewer than two strata, no more queries than
    /// strata, or no spread.
    pub interaction: Option<Interaction>,
}

/// The difference over the queries of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// Number of queries.
    pub n: usize,
    /// Mean difference; `None` without queries.
    pub mean: Option<f64>,
    /// Of the mean; `None` under [`super::MIN_QUERIES`].
    pub interval: Option<Interval>,
}

/// Variation of the difference between strata held against that within them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interaction {
    /// Mean square between strata over mean square within (Fisher 1925); infinite when nothing varies within.
    pub f: f64,
    /// By permutation of the strata's labels over the queries.
    pub p: f64,
}

/// Differences query by query, each with the number of its stratum, 0 to `count` − 1.
///
/// Systems are compared query by query, so that a difference that varies between strata is an interaction of system
/// and stratum. One test of it replaces a test per stratum, whose largest result would mostly be luck. If strata do
/// not matter, labels could be dealt to the queries in any order: p is the share (c + 1) / (B + 1) of such orders
/// whose F is at least the one seen. Strata have to be defined by something other than the systems compared, or the
/// hard queries of one will look like gains of the other (regression to the mean).
///
/// # Panics
/// When a difference has no label, or a label is not below `count`.
pub fn strata(
    differences: &[f64],
    labels: &[usize],
    count: usize,
    bootstrap: &Bootstrap,
    draws: Draws,
) -> Strata {
    assert_eq!(differences.len(), labels.len(), "a label per difference");
    let mut members = vec![Vec::new(); count];
    for (difference, label) in differences.iter().zip(labels) {
        members[*label].push(*difference);
    }
    let stratum = |values: &Vec<f64>| Stratum {
        n: values.len(),
        mean: mean(values),
        interval: bootstrap.mean_interval(values),
    };
    Strata {
        strata: members.iter().map(stratum).collect(),
        interaction: interaction(differences, labels, count, draws),
    }
}

fn interaction(differences: &[f64], labels: &[usize], count: usize, draws: Draws) -> Option<Interaction> {
    let centre = mean(differences)?;
    let values: Vec<f64> = differences.iter().map(|d| d - centre).collect();
    let mut sizes = vec![0_usize; count];
    labels.iter().for_each(|label| sizes[*label] += 1);
    let groups = sizes.iter().filter(|n| **n > 0).count();
    if groups < 2 || values.len() <= groups || !t_test::vary(differences) {
        return None;
    }
    let seen = between(&values, labels, &sizes);
    let total: f64 = values.iter().map(|v| v * v).sum();
    // Orders of the same labels share the total, so that F rises with what lies between. Rounding moves equal ones
    // apart by less than this.
    let threshold = seen - 1e-9 * total;
    let reaches = |replicate: &usize| {
        let mut order = labels.to_vec();
        draws.stream(*replicate).shuffle(&mut order);
        between(&values, &order, &sizes) >= threshold
    };
    let reaching = (0..draws.replicates).into_par_iter().filter(reaches).count();
    let within = (total - seen).max(0.0) / (values.len() - groups) as f64;
    Some(Interaction {
        f: seen / (groups - 1) as f64 / within,
        p: (reaching + 1) as f64 / (draws.replicates + 1) as f64,
    })
}

/// Sum of squares between strata of values with mean 0.
fn between(values: &[f64], labels: &[usize], sizes: &[usize]) -> f64 {
    let mut sums = vec![0.0; sizes.len()];
    values
        .iter()
        .zip(labels)
        .for_each(|(value, label)| sums[*label] += value);
    let squares = sums.iter().zip(sizes).filter(|(_, n)| **n > 0);
    squares
        .map(|(sum, n): (&f64, &usize)| sum * sum / *n as f64)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: Draws = Draws {
        replicates: 10_000,
        seed: 42,
        comparison: 0,
    };
    const PLAN: Bootstrap = Bootstrap {
        level: 0.95,
        resamples: 2_000,
        seed: 42,
        method: crate::stats::BootstrapMethod::Bca,
    };

    #[test]
    fn a_gain_in_one_stratum_alone_is_an_interaction() {
        let labels: Vec<usize> = (0..60).map(|i| i % 2).collect();
        let gain = |i: usize| if i % 2 == 1 { 0.3 } else { 0.0 };
        let differences: Vec<f64> = (0..60)
            .map(|i| gain(i) + (i * 7 % 11) as f64 / 50.0 - 0.1)
            .collect();
        let found = strata(&differences, &labels, 2, &PLAN, DRAWS);
        assert_eq!(found.interaction.map(|i| i.p), Some(1.0 / 10_001.0));
        let [without, with] = [0, 1].map(|s| found.strata[s].interval.unwrap());
        assert!(
            without.low < 0.0 && without.high > 0.0 && with.low > 0.25,
            "{found:?}"
        );
    }

    #[test]
    fn equal_strata_have_p_1() {
        let differences: Vec<f64> = (0..40).map(|i| f64::from(i / 2 % 5) / 10.0).collect();
        let labels: Vec<usize> = (0..40).map(|i| i % 2).collect();
        let found = strata(&differences, &labels, 2, &PLAN, DRAWS)
            .interaction
            .unwrap();
        assert!(found.p >= 1.0 && found.f < 1e-9, "{found:?}");
    }

    #[test]
    fn small_and_empty_strata_are_shown_without_interval() {
        let found = strata(&[0.1, 0.2, 0.4], &[0, 0, 2], 3, &PLAN, DRAWS);
        let n: Vec<usize> = found.strata.iter().map(|s| s.n).collect();
        assert_eq!(n, [2, 0, 1]);
        assert_eq!((found.strata[1].mean, found.strata[0].interval), (None, None));
        // 3 orders of 3, each as likely: the seen one is the most extreme.
        assert!(
            (found.interaction.unwrap().p - 1.0 / 3.0).abs() < 0.02,
            "{found:?}"
        );
    }

    #[test]
    fn one_stratum_has_nothing_to_interact_with() {
        assert_eq!(strata(&[0.1, 0.2], &[0, 0], 1, &PLAN, DRAWS).interaction, None);
        assert_eq!(
            strata(&[0.2, 0.2, 0.2], &[0, 1, 1], 2, &PLAN, DRAWS).interaction,
            None
        );
        assert_eq!(strata(&[], &[], 0, &PLAN, DRAWS).interaction, None);
    }
}
