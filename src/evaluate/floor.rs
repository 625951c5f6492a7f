//! The noise floor: how much two cells that are one differ.

use std::collections::BTreeMap;

use crate::plan::Cell;
use crate::stats::{quantile, supports_quantile};
use crate::store::{LatencySample, NoiseFloor, TOTAL};

/// Two identical cells held against each other, round by round.
#[derive(Debug, Clone, PartialEq)]
pub struct Twins {
    /// Percentile → the difference of every round, as a share of the smaller time; only what a round has queries enough for.
    pub rounds: Vec<(f64, Vec<f64>)>,
}

impl Twins {
    /// Reads the samples of the cells `a` and `b`, of which so many passes make a round.
    pub fn of(samples: &[LatencySample], (a, b): (&str, &str), passes: usize, percentiles: &[f64]) -> Twins {
        let (a, b) = (by_round(samples, a, passes), by_round(samples, b, passes));
        let rounds = |q: &f64| {
            let of = |ms: &Vec<f64>| {
                let share = q / 100.0;
                supports_quantile(ms.len(), share)
                    .then(|| quantile(ms, share))
                    .flatten()
            };
            let apart = |(round, a): (&u32, &Vec<f64>)| {
                let (a, b) = (of(a)?, of(b.get(round)?)?);
                Some(a.max(b) / a.min(b) - 1.0)
            };
            let all: Option<Vec<f64>> = a.iter().map(apart).collect();
            Some((*q, all.filter(|all| !all.is_empty())?))
        };
        Twins {
            rounds: percentiles.iter().filter_map(rounds).collect(),
        }
    }

    /// The largest difference in each percentile.
    pub fn largest(&self) -> Vec<(f64, f64)> {
        let of = |(q, shares): &(f64, Vec<f64>)| (*q, shares.iter().copied().fold(0.0, f64::max));
        self.rounds.iter().map(of).collect()
    }
}

fn by_round(samples: &[LatencySample], cell: &str, passes: usize) -> BTreeMap<u32, Vec<f64>> {
    let passes = u32::try_from(passes.max(1)).unwrap_or(u32::MAX);
    let mut rounds: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for sample in samples.iter().filter(|s| s.part == TOTAL && s.cell == cell) {
        rounds
            .entry(sample.pass / passes)
            .or_default()
            .push(sample.nanos as f64);
    }
    rounds.values_mut().for_each(|ns| ns.sort_by(f64::total_cmp));
    rounds
}

/// What is known of a cell's noise in a percentile: its own, else the largest of its data set.
pub fn floor(floors: &[NoiseFloor], cell: &Cell, percentile: f64) -> Option<f64> {
    let own = floors.iter().find(|f| f.cell == cell.id);
    let of_data = || {
        let others = floors.iter().filter(|f| f.data == cell.data);
        others.filter_map(|f| f.share(percentile)).reduce(f64::max)
    };
    own.and_then(|f| f.share(percentile)).or_else(of_data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_held_against_each_other_one_by_one() {
        let sample = |cell: &str, pass: u32, nanos: u64| LatencySample {
            cell: cell.into(),
            pass,
            query: "q".into(),
            part: TOTAL.into(),
            nanos,
        };
        let mut samples = Vec::new();
        for (pass, a, b) in [(0, 100, 110), (1, 100, 110), (2, 120, 100), (3, 120, 100)] {
            samples.extend([sample("a", pass, a), sample("b", pass, b)]);
        }
        let twins = Twins::of(&samples, ("a", "b"), 2, &[50.0, 95.0]);
        let near = |x: f64, y: f64| (x - y).abs() < 1e-9;
        let [(percentile, shares)] = &twins.rounds[..] else {
            panic!("two queries tell no p95: {twins:?}");
        };
        assert!(near(*percentile, 50.0) && near(shares[0], 0.1) && near(shares[1], 0.2));
        assert!(near(twins.largest()[0].1, 0.2));
    }
}
