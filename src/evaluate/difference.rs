//! Two cells compared query by query.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use crate::plan::Plan;
use crate::stats::{
    self, Bootstrap, Draws, MIN_QUERIES, Outcomes, SignFlip, Table, detectable_effect, paired_t,
    queries_needed, sign_flip,
};

/// Value of a measure per query id; an undefined one is absent.
pub type Values = BTreeMap<String, f64>;

/// The power that detectable effects and numbers of queries are for.
pub const POWER: f64 = 0.8;

/// A paired difference: of a cell to the reference, or of a cell to itself in another run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Mean of the per-query differences.
    pub mean: f64,
    /// Bootstrap interval of the mean, at the plan's level and by its method; `None` under 20 queries ("n too small"),
    /// and where a studentised interval has no end.
    pub interval: Option<(f64, f64)>,
    /// Pairs.
    pub n: usize,
    /// Queries better, equal within the plan's tolerance, worse.
    pub wins_ties_losses: (usize, usize, usize),
    /// The mean difference over the mean of what is compared with, on the same queries; `None` where that is not above 0.
    pub relative: Option<f64>,
    /// Of the differences being chance.
    pub test: SignFlip,
    /// Whether it may be called a gain or a loss: the interval lies on one side of 0, and the test at the plan's level agrees.
    /// The interval alone would call three queries of sixty a gain when all three point one way.
    pub told: bool,
    /// The test's p, corrected over the family of the data set; `None` outside of the family.
    pub p_holm: Option<f64>,
    /// How large the difference is for this query set; `None` under 20 queries and where all pairs differ alike.
    pub effect: Option<Effect>,
}

/// A difference held against the spread between queries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The mean in standard deviations of the differences.
    pub d_z: f64,
    /// The least mean difference that as many queries with this spread show at the plan's level with power [`POWER`].
    pub detectable: f64,
    /// Queries that show the difference seen with power [`POWER`]; `None` of a difference of 0.
    pub queries_needed: Option<usize>,
}

/// Compares two sets of values over the queries that both have; `None` when they have none in common. The p of a family
/// is the caller's to fill in.
pub fn difference(plan: &Plan, values: &Values, to: &Values) -> Option<Difference> {
    differences(plan, &[(values, to)]).pop().flatten()
}

/// Compares many pairs at once, each with what it is compared with second. Pairs over the same queries share their
/// resamples, and so do those of another call with the same plan.
pub fn differences(plan: &Plan, pairs: &[(&Values, &Values)]) -> Vec<Option<Difference>> {
    let columns: Vec<Column<'_>> = pairs.iter().map(|(values, to)| Column::of(values, to)).collect();
    let intervals = intervals(plan, &columns);
    let comparing = Comparing {
        plan,
        detectable: detectable(plan, &columns),
    };
    (columns.par_iter().zip(pairs).zip(intervals))
        .map(|((column, (_, to)), interval)| comparing.difference(column, to, interval))
        .collect()
}

struct Comparing<'a> {
    plan: &'a Plan,
    /// The detectable effect in standard deviations, by number of queries.
    detectable: HashMap<usize, f64>,
}

impl Comparing<'_> {
    fn difference(
        &self,
        column: &Column<'_>,
        to: &Values,
        interval: Option<(f64, f64)>,
    ) -> Option<Difference> {
        let deltas = &column.values;
        let mean = stats::mean(deltas)?;
        let base = stats::mean(&column.queries.iter().map(|q| to[*q]).collect::<Vec<f64>>());
        let Outcomes { wins, ties, losses } = Outcomes::within(deltas, self.plan.compare.tolerance);
        let test = sign_flip(deltas, draws(self.plan, Purpose::SignFlip));
        let one_side = interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0);
        Some(Difference {
            mean,
            interval,
            n: deltas.len(),
            wins_ties_losses: (wins, ties, losses),
            relative: base.filter(|base| *base > 0.0).map(|base| mean / base),
            told: one_side && test.p <= 1.0 - self.plan.compare.level,
            test,
            p_holm: None,
            effect: self.effect(deltas),
        })
    }

    fn effect(&self, deltas: &[f64]) -> Option<Effect> {
        let level = self.plan.compare.level;
        let detectable = self.detectable.get(&deltas.len())?;
        let test = paired_t(deltas, level)?;
        Some(Effect {
            d_z: test.d_z,
            detectable: detectable * test.sd,
            queries_needed: queries_needed(test.d_z, 1.0 - level, POWER),
        })
    }
}

/// The same for all comparisons over as many queries; nothing for too few.
fn detectable(plan: &Plan, columns: &[Column<'_>]) -> HashMap<usize, f64> {
    let mut sizes: Vec<usize> = columns.iter().map(|c| c.values.len()).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let of = |n: usize| Some((n, detectable_effect(n, 1.0 - plan.compare.level, POWER)?));
    sizes
        .into_iter()
        .filter(|n| *n >= MIN_QUERIES)
        .filter_map(of)
        .collect()
}

/// Numbers with the queries they belong to.
pub(super) struct Column<'a> {
    pub(super) queries: Vec<&'a str>,
    pub(super) values: Vec<f64>,
}

impl<'a> Column<'a> {
    /// Differences, over the queries that both have.
    fn of(values: &'a Values, to: &Values) -> Self {
        let both = values
            .iter()
            .filter_map(|(query, value)| Some((query.as_str(), value - to.get(query)?)));
        let (queries, values) = both.unzip();
        Self { queries, values }
    }

    /// All of them.
    pub(super) fn whole(values: &'a Values) -> Self {
        let (queries, values) = values
            .iter()
            .map(|(query, value)| (query.as_str(), *value))
            .unzip();
        Self { queries, values }
    }

    pub(super) fn is_of_zeros_and_ones(&self) -> bool {
        let is_either = |value: &f64| value.abs() <= stats::TIE || (value - 1.0).abs() <= stats::TIE;
        self.values.iter().all(is_either)
    }
}

/// Bootstrap intervals of the columns' means. Those over the same queries make a table, so that they are resampled
/// together.
pub(super) fn intervals(plan: &Plan, columns: &[Column<'_>]) -> Vec<Option<(f64, f64)>> {
    let mut tables: HashMap<&[&str], Vec<usize>> = HashMap::new();
    for (i, column) in columns.iter().enumerate() {
        tables.entry(&column.queries).or_default().push(i);
    }
    let mut intervals = vec![None; columns.len()];
    for members in tables.into_values() {
        let values: Vec<&[f64]> = members.iter().map(|i| columns[*i].values.as_slice()).collect();
        let of_table = bootstrap(plan).mean_intervals(&Table::of_columns(&values));
        for (i, interval) in members.into_iter().zip(of_table) {
            intervals[i] = interval.map(|i| (i.low, i.high));
        }
    }
    intervals
}

/// The bootstrap of a plan.
pub(super) fn bootstrap(plan: &Plan) -> Bootstrap {
    Bootstrap {
        level: plan.compare.level,
        resamples: plan.compare.resamples,
        seed: plan.measure.seed,
        method: plan.compare.method,
    }
}

/// What random rearrangements are for: each has streams of its own, and bootstraps have number 0.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    SignFlip = 1,
    AllPairs,
    Halves,
    Slices,
}

/// As many rearrangements as the plan has resamples.
pub(super) fn draws(plan: &Plan, purpose: Purpose) -> Draws {
    Draws {
        replicates: plan.compare.resamples,
        seed: plan.measure.seed,
        comparison: purpose as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::plan;
    use crate::stats::BootstrapMethod;

    /// Query `q00`, `q01`, … with values in the order given.
    fn values(values: impl IntoIterator<Item = f64>) -> Values {
        let named = values.into_iter().enumerate();
        named.map(|(i, v)| (format!("q{i:02}"), v)).collect()
    }

    #[test]
    fn a_difference_says_how_large_how_sure_and_how_often() {
        // 18 queries gain 0.1, 6 lose 0.05, 6 are alike, against 0.5.
        let gains = (0..30).map(|i| [0.1, 0.1, 0.1, -0.05, 0.0][i % 5]);
        let to = values([0.5; 30]);
        let found = difference(&plan(), &values(gains.map(|d| 0.5 + d)), &to).unwrap();
        assert_eq!((found.n, found.wins_ties_losses), (30, (18, 6, 6)));
        assert!((found.mean - 0.05).abs() < 1e-12 && (found.relative.unwrap() - 0.1).abs() < 1e-12);
        let (low, high) = found.interval.unwrap();
        assert!(
            0.02 < low && low < 0.03 && 0.07 < high && high < 0.08,
            "{found:?}"
        );
        assert!(found.test.exact && found.test.nonzero == 24 && found.test.p < 0.001);
        // Squares around the mean: 18 of 0.05², 6 of 0.1², 6 of 0.05²; √(0.12 / 29) = 0.0643.
        let effect = found.effect.unwrap();
        assert!((effect.d_z - 0.05 / 0.064_327).abs() < 1e-4, "{effect:?}");
        // About (1.96 + 0.84) × 0.0643 / √30, and somewhat more for a t test.
        assert!((effect.detectable - 0.0341).abs() < 5e-4, "{effect:?}");
        assert_eq!(effect.queries_needed, Some(16));
        assert_eq!(found.p_holm, None);
    }

    #[test]
    fn a_tolerance_makes_small_differences_ties_and_changes_nothing_else() {
        let mut plan = plan();
        let own = values((0..24).map(|i| [0.51, 0.7, 0.4][i % 3]));
        let to = values([0.5; 24]);
        let strict = difference(&plan, &own, &to).unwrap();
        plan.compare.tolerance = 0.02;
        let tolerant = difference(&plan, &own, &to).unwrap();
        assert_eq!(strict.wins_ties_losses, (16, 0, 8));
        let expected = Difference {
            wins_ties_losses: (8, 8, 8),
            ..strict
        };
        assert_eq!(tolerant, expected);
    }

    #[test]
    fn only_queries_that_both_have_are_compared_and_19_are_too_few() {
        let (own, to) = (values([0.5; 25]), values([0.25; 19]));
        let found = difference(&plan(), &own, &to).unwrap();
        assert_eq!((found.n, found.interval, found.effect), (19, None, None));
        assert_eq!(difference(&plan(), &own, &Values::new()), None);
    }

    #[test]
    fn a_pair_has_the_same_interval_alone_and_among_others() {
        let to = values((0..40).map(|i| f64::from(i % 3) / 4.0));
        let own: Vec<Values> = (1..4)
            .map(|shift| values((0..40).map(|i| f64::from(i * shift % 5) / 5.0)))
            .collect();
        let mut plan = plan();
        for method in [BootstrapMethod::Bca, BootstrapMethod::Studentised] {
            plan.compare.method = method;
            let pairs: Vec<(&Values, &Values)> = own.iter().map(|v| (v, &to)).collect();
            let alone: Vec<_> = own.iter().map(|v| difference(&plan, v, &to)).collect();
            assert_eq!(differences(&plan, &pairs), alone);
        }
    }

    #[test]
    fn nothing_to_compare_with_has_no_relative_change() {
        let found = difference(&plan(), &values([0.5; 24]), &values([0.0; 24])).unwrap();
        assert_eq!(found.relative, None);
        // All pairs differ alike: nothing to hold the difference against.
        assert_eq!((found.effect, found.interval), (None, Some((0.5, 0.5))));
    }
}
