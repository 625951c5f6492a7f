//! Gates held against the numbers of their cells.

mod seen;
mod sequence;

use super::baseline::Baseline;
use super::noise::{self, Noise};
use super::{CellResult, GateCell, GateResult};
use crate::plan::{Against, Gate, GateLevel, Judge, Plan, Relation};
use crate::stats::{MIN_QUERIES, Verdict};
use crate::store::{Machine, Manifest};
use seen::{Ground, Seen};

/// Every gate of the plan against every cell in its scope.
pub(super) fn check(
    manifest: &Manifest,
    plan: &Plan,
    cells: &[CellResult],
    baseline: Option<&Baseline>,
) -> Vec<GateResult> {
    let ground = Ground {
        plan,
        cells,
        baseline,
        floors: &manifest.noise_floor,
    };
    let against = |gate: &Gate, id: &str| match ground.seen(gate, id) {
        Err(reason) => GateCell {
            cell: id.to_owned(),
            value: None,
            interval: None,
            n: None,
            outcome: Verdict::Undecided,
            reason: Some(reason),
        },
        Ok(seen) => {
            let (outcome, reason) = judged(gate, &seen, &manifest.machine);
            GateCell {
                cell: id.to_owned(),
                value: Some(seen.value),
                interval: seen.interval,
                n: seen.n,
                outcome,
                reason,
            }
        }
    };
    plan.gates
        .iter()
        .map(|gate| GateResult {
            cells: gate.cells.iter().map(|id| against(gate, id)).collect(),
            gate: gate.clone(),
        })
        .collect()
}

impl GateCell {
    /// Whether it counts as a failure; under `strict`, what cannot be decided does too.
    pub fn fails(&self, strict: bool) -> bool {
        match self.outcome {
            Verdict::Pass => false,
            Verdict::Fail => true,
            Verdict::Undecided => strict,
        }
    }
}

impl GateResult {
    /// Whether the run fails by it.
    pub fn fails_run(&self, strict: bool) -> bool {
        self.gate.level == GateLevel::Error && self.cells.iter().any(|c| c.fails(strict))
    }
}

/// The outcome, and why it is undecided if it is. By the interval, a gate holds when all of it does, fails when none of it
/// does, and is undecided in between. A time that fails within the noise of the machine is undecided too.
fn judged(gate: &Gate, seen: &Seen, machine: &Machine) -> (Verdict, Option<String>) {
    let holds = |value| holds(gate.relation, value, gate.threshold);
    let (low, high) = match (gate.judge, seen.interval) {
        (Judge::Mean, _) => (seen.value, seen.value),
        (Judge::Interval | Judge::Sequential, Some(ends)) => ends,
        (Judge::Interval, None) if seen.n.is_some_and(|n| n < MIN_QUERIES) => {
            let reason = format!("fewer than {MIN_QUERIES} queries: no interval to judge by");
            return (Verdict::Undecided, Some(reason));
        }
        (Judge::Interval | Judge::Sequential, None) => {
            return (Verdict::Undecided, Some("no interval to judge by".to_owned()));
        }
    };
    match (holds(low), holds(high)) {
        (true, true) => match hidden_by_noise(gate, seen) {
            Some(reason) => (Verdict::Undecided, Some(reason)),
            None => (Verdict::Pass, None),
        },
        (false, false) => {
            let noise = seen.passes.as_ref().and_then(|p| noise::noise(machine, p, holds));
            match noise.filter(|n| margin(gate, seen.value) <= n.size) {
                Some(noise) => (Verdict::Undecided, Some(too_noisy(gate, seen.value, &noise))),
                None => (Verdict::Fail, None),
            }
        }
        _ => {
            let reason = "the interval reaches to both sides of the threshold";
            (Verdict::Undecided, Some(reason.to_owned()))
        }
    }
}

/// Why a ratio of times that passes may owe it to noise in what it is compared with. Noise only adds time, so a time that is
/// held against a number passes all the better without it.
fn hidden_by_noise(gate: &Gate, seen: &Seen) -> Option<String> {
    let spread = seen.passes.as_ref()?.other_spread;
    let room = -margin(gate, seen.value);
    let word = gate.against.word()?;
    (spread > noise::PASSES_APART && room <= spread).then(|| {
        format!(
            "noisy machine (passes of the {word} lie {:.0} % apart): room of {:.0} % may be that; run again on a quiet machine \
             or with more `passes`",
            spread * 100.0,
            room * 100.0
        )
    })
}

/// By which share a time, or a ratio of times, misses its threshold.
fn margin(gate: &Gate, value: f64) -> f64 {
    match gate.relation {
        Relation::AtMost | Relation::Below => value / gate.threshold - 1.0,
        Relation::AtLeast | Relation::Above => gate.threshold / value - 1.0,
    }
}

fn too_noisy(gate: &Gate, value: f64, noise: &Noise) -> String {
    let cure = match gate.against {
        Against::Number => "run again on a quiet machine or with more `passes`",
        Against::Reference | Against::Baseline => {
            "run again on a quiet machine or with more `passes`, or bound a counter of work instead"
        }
    };
    format!(
        "noisy machine ({}): a miss by {:.0} % decides nothing; {cure}",
        noise.symptoms.join("; "),
        margin(gate, value) * 100.0
    )
}

fn holds(relation: Relation, value: f64, threshold: f64) -> bool {
    match relation {
        Relation::AtLeast => value >= threshold,
        Relation::Above => value > threshold,
        Relation::AtMost => value <= threshold,
        Relation::Below => value < threshold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::GateSubject;

    #[test]
    fn the_threshold_itself_passes_at_least_and_fails_above() {
        assert!(holds(Relation::AtLeast, 0.5, 0.5));
        assert!(!holds(Relation::Above, 0.5, 0.5));
        assert!(holds(Relation::AtMost, 0.5, 0.5));
        assert!(!holds(Relation::Below, 0.5, 0.5));
    }

    fn gate(relation: Relation, threshold: f64, judge: Judge) -> Gate {
        Gate {
            that: String::new(),
            subject: GateSubject::Latency(50.0),
            relation,
            threshold,
            against: Against::Number,
            scale: 1.0,
            judge,
            scope: indexmap::IndexMap::new(),
            cells: Vec::new(),
            level: crate::plan::GateLevel::Error,
            line: 1,
        }
    }

    fn machine(load_before: f64) -> Machine {
        Machine {
            cpu: None,
            cpus: 2,
            memory_bytes: None,
            os: "linux".into(),
            arch: "x86_64".into(),
            load: (Some(load_before), None),
        }
    }

    fn judged(that: Relation, judge: Judge, interval: Option<(f64, f64)>) -> Verdict {
        let seen = Seen {
            value: 0.6,
            interval,
            n: Some(if interval.is_some() { 24 } else { 8 }),
            passes: None,
        };
        super::judged(&gate(that, 0.5, judge), &seen, &machine(0.0)).0
    }

    #[test]
    fn a_time_fails_on_a_noisy_machine_only_beyond_the_noise() {
        let time = |value: f64, figures: &[f64], load| {
            let seen = Seen {
                value,
                interval: None,
                n: None,
                passes: Some(noise::Passes {
                    figures: figures.to_vec(),
                    other_spread: 0.0,
                    floor: None,
                }),
            };
            super::judged(&gate(Relation::AtMost, 40.0, Judge::Mean), &seen, &machine(load))
        };
        assert_eq!(
            time(42.0, &[41.5, 42.0, 42.5], 0.1),
            (Verdict::Fail, None),
            "a quiet machine"
        );
        let (outcome, reason) = time(44.0, &[41.0, 60.0, 44.0], 0.1);
        assert_eq!(outcome, Verdict::Undecided);
        assert_eq!(
            reason.unwrap(),
            "noisy machine (passes lie 46 % apart): a miss by 10 % decides nothing; run again on a quiet machine or with \
             more `passes`"
        );
        assert_eq!(
            time(80.0, &[75.0, 95.0, 80.0], 0.1).0,
            Verdict::Fail,
            "27 % noise, 100 % over"
        );
        assert_eq!(
            time(42.0, &[41.5, 42.0, 42.5], 1.9).0,
            Verdict::Undecided,
            "other work before"
        );
        assert_eq!(
            time(38.0, &[30.0, 60.0, 38.0], 1.9),
            (Verdict::Pass, None),
            "noise only adds time"
        );
    }

    #[test]
    fn noise_in_what_it_is_compared_with_can_hide_a_loss() {
        let ratio = |value: f64, against, other_spread| {
            let seen = Seen {
                value,
                interval: None,
                n: None,
                passes: Some(noise::Passes {
                    figures: vec![value; 3],
                    other_spread,
                    floor: None,
                }),
            };
            let gate = Gate {
                against,
                ..gate(Relation::AtMost, 1.2, Judge::Mean)
            };
            super::judged(&gate, &seen, &machine(0.0))
        };
        assert_eq!(ratio(1.1, Against::Baseline, 0.05), (Verdict::Pass, None));
        assert_eq!(
            ratio(0.8, Against::Baseline, 0.3),
            (Verdict::Pass, None),
            "33 % of room"
        );
        let (outcome, reason) = ratio(1.1, Against::Baseline, 0.3);
        assert_eq!(outcome, Verdict::Undecided);
        assert_eq!(
            reason.unwrap(),
            "noisy machine (passes of the baseline lie 30 % apart): room of 8 % may be that; run again on a quiet machine or with \
             more `passes`"
        );
        assert_eq!(ratio(1.1, Against::Number, 0.3), (Verdict::Pass, None));
    }

    #[test]
    fn an_interval_decides_only_where_the_threshold_is_outside() {
        use Verdict::{Fail, Pass, Undecided};
        let at_least = |interval| judged(Relation::AtLeast, Judge::Interval, interval);
        assert_eq!(at_least(Some((0.5, 0.7))), Pass);
        assert_eq!(at_least(Some((0.4, 0.8))), Undecided);
        assert_eq!(at_least(Some((0.3, 0.49))), Fail);
        assert_eq!(at_least(None), Undecided, "too few queries for an interval");
        let at_most = |interval| judged(Relation::AtMost, Judge::Interval, interval);
        assert_eq!(at_most(Some((0.5, 0.7))), Undecided);
        assert_eq!(at_most(Some((0.3, 0.5))), Pass);
        // By the mean, 0.6 holds whatever the interval says.
        assert_eq!(judged(Relation::AtLeast, Judge::Mean, Some((0.4, 0.8))), Pass);
    }
}
