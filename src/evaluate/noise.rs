//! How far a time can be trusted: what the bundle says about the noise of the machine.

use crate::store::Machine;

/// Figures of passes further apart than this share of the smallest were not taken on a quiet machine.
pub(crate) const PASSES_APART: f64 = 0.10;
/// Load per processor before the run above which other work competed with it.
pub(crate) const BUSY_BEFORE: f64 = 0.5;
/// Load per processor after the run above which it was not its own alone: it runs no more threads than processors.
pub(crate) const BUSY_AFTER: f64 = 1.25;

/// Distance between the largest and the smallest, as a share of the smallest; `None` of fewer than two passes.
pub(crate) fn spread(passes: &[f64]) -> Option<f64> {
    let low = passes.iter().copied().reduce(f64::min)?;
    let high = passes.iter().copied().reduce(f64::max)?;
    (passes.len() > 1 && low > 0.0).then(|| high / low - 1.0)
}

/// What speaks against a time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Noise {
    /// A share: by how much the figure may be off.
    pub(super) size: f64,
    /// What was noticed, never empty.
    pub(super) symptoms: Vec<String>,
}

/// A figure as it came out in each pass.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Passes {
    /// The figure that is held against the threshold, pass by pass; empty where one pass is too small for it.
    pub(super) figures: Vec<f64>,
    /// Spread between passes of what it is compared with, or of the median where `figures` is empty.
    pub(super) other_spread: f64,
    /// By how much two identical cells differ in this figure on this machine, where that is known.
    pub(super) floor: Option<f64>,
}

/// The noise of a figure; `None` for a quiet machine. Passes apart, passes that disagree on whether the gate `holds`, and
/// load that is not the run's own each make it noisy.
pub(super) fn noise(machine: &Machine, passes: &Passes, holds: impl Fn(f64) -> bool) -> Option<Noise> {
    let mut symptoms = Vec::new();
    let own = spread(&passes.figures).unwrap_or(0.0);
    let spread = (1.0 + own) * (1.0 + passes.other_spread) - 1.0;
    if spread > PASSES_APART {
        symptoms.push(format!("passes lie {:.0} % apart", spread * 100.0));
    }
    let held = passes.figures.iter().filter(|f| holds(**f)).count();
    if held > 0 && held < passes.figures.len() {
        symptoms.push(format!("it holds in {held} of {} passes", passes.figures.len()));
    }
    let load = busy(machine);
    let mut size = if load.is_empty() {
        spread
    } else {
        spread.max(PASSES_APART)
    };
    symptoms.extend(load);
    if let Some(floor) = passes.floor {
        size = if symptoms.is_empty() {
            floor
        } else {
            size.max(floor)
        };
        symptoms.push(format!(
            "two identical cells differ by up to {:.0} % on it",
            floor * 100.0
        ));
    }
    (!symptoms.is_empty()).then_some(Noise { size, symptoms })
}

fn busy(machine: &Machine) -> Vec<String> {
    let limits = [
        (machine.load.0, BUSY_BEFORE, "before"),
        (machine.load.1, BUSY_AFTER, "after"),
    ];
    let cpus = machine.cpus as f64;
    let over = |(load, limit, when): (Option<f64>, f64, &str)| {
        let load = load.filter(|load| *load > limit * cpus)?;
        Some(format!("load {load:.1} on {} CPUs {when} the run", machine.cpus))
    };
    limits.into_iter().filter_map(over).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(before: f64, after: f64) -> Machine {
        Machine {
            cpu: None,
            cpus: 2,
            memory_bytes: None,
            os: "linux".into(),
            arch: "x86_64".into(),
            load: (Some(before), Some(after)),
        }
    }

    fn found(machine: &Machine, figures: &[f64], other_spread: f64) -> (String, String) {
        let passes = Passes {
            figures: figures.to_vec(),
            other_spread,
            floor: None,
        };
        let noise = noise(machine, &passes, |ms| ms <= 40.0);
        noise.map_or_else(Default::default, |n| {
            (format!("{:.2}", n.size), n.symptoms.join("; "))
        })
    }

    #[test]
    fn a_quiet_machine_has_no_noise() {
        let none = (String::new(), String::new());
        // Two busy threads of our own are a load of two.
        assert_eq!(found(&machine(0.2, 2.1), &[42.0, 43.0, 44.0], 0.0), none);
        assert_eq!(found(&machine(0.2, 2.1), &[], 0.02), none);
    }

    #[test]
    fn each_symptom_is_named() {
        let said = |m: &Machine, figures: &[f64], other| found(m, figures, other).1;
        let quiet = machine(0.2, 1.0);
        assert_eq!(said(&quiet, &[42.0, 63.0], 0.0), "passes lie 50 % apart");
        assert_eq!(
            said(&quiet, &[39.0, 41.0, 41.5], 0.0),
            "it holds in 1 of 3 passes"
        );
        assert_eq!(
            said(&machine(1.4, 1.0), &[], 0.0),
            "load 1.4 on 2 CPUs before the run"
        );
        assert_eq!(
            said(&machine(0.2, 3.5), &[], 0.0),
            "load 3.5 on 2 CPUs after the run"
        );
    }

    #[test]
    fn a_quiet_machine_has_the_noise_of_two_identical_cells_where_that_is_known() {
        let passes = |figures: &[f64]| Passes {
            figures: figures.to_vec(),
            other_spread: 0.0,
            floor: Some(0.08),
        };
        let found = |figures: &[f64]| noise(&machine(0.2, 1.0), &passes(figures), |ms| ms <= 40.0).unwrap();
        let quiet = found(&[42.0, 43.0]);
        assert_eq!((quiet.size, quiet.symptoms.len()), (0.08, 1));
        assert_eq!(quiet.symptoms[0], "two identical cells differ by up to 8 % on it");
        let noisy = found(&[42.0, 63.0]);
        assert_eq!((noisy.size, noisy.symptoms.len()), (0.5, 2));
    }

    #[test]
    fn noise_is_as_large_as_the_passes_are_apart_on_both_sides() {
        let size = |m: &Machine, figures: &[f64], other| found(m, figures, other).0;
        assert_eq!(size(&machine(0.2, 1.0), &[50.0, 60.0], 0.0), "0.20");
        assert_eq!(size(&machine(0.2, 1.0), &[50.0, 60.0], 0.5), "0.80");
        assert_eq!(size(&machine(1.4, 1.0), &[50.0, 51.0], 0.0), "0.10", "load alone");
    }
}
