//! Scales and ticks.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

use super::super::view::number::{ms, percentile};

/// A range of values with round ticks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    scale: Scale,
    /// Both ends, where the scale puts them.
    ends: (f64, f64),
    /// Values that get a tick, ascending.
    pub(crate) ticks: Vec<f64>,
}

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scale {
    /// At itself.
    Linear,
    /// At its decimal logarithm.
    Logarithmic,
    /// Percentiles: each further nine takes the same room, so that the tail can be seen.
    Nines,
    /// Shares up to 1: the same for what is missing of 1, down to a least share that 1 itself stands at.
    Missing(f64),
}

impl Scale {
    fn place(self, value: f64) -> f64 {
        match self {
            Scale::Linear => value,
            Scale::Logarithmic => value.max(f64::MIN_POSITIVE).log10(),
            Scale::Nines => -(1.0 - value / 100.0).log10(),
            Scale::Missing(least) => -(1.0 - value).max(least).log10(),
        }
    }

    fn value(self, place: f64) -> f64 {
        match self {
            Scale::Linear => place,
            Scale::Logarithmic => 10f64.powf(place),
            Scale::Nines => 100.0 * (1.0 - 10f64.powf(-place)),
            Scale::Missing(_) => 1.0 - 10f64.powf(-place),
        }
    }
}

impl Axis {
    /// Linear over `values` with some room at both ends; never empty.
    pub(crate) fn linear(values: impl Iterator<Item = f64>, most_ticks: usize) -> Axis {
        let (low, high) = ends(values).unwrap_or((0.0, 1.0));
        let room = if high > low {
            (high - low) * 0.08
        } else {
            (low.abs() * 0.1).max(0.01)
        };
        let ends = (low - room, high + room);
        Axis {
            scale: Scale::Linear,
            ends,
            ticks: round_ticks(ends, most_ticks),
        }
    }

    /// Linear from zero to a little above the largest of `values`.
    pub(crate) fn from_zero(values: impl Iterator<Item = f64>, most_ticks: usize) -> Axis {
        let high = values.fold(0.0, f64::max);
        let ends = (0.0, if high > 0.0 { high * 1.04 } else { 1.0 });
        Axis {
            scale: Scale::Linear,
            ends,
            ticks: round_ticks(ends, most_ticks),
        }
    }

    /// From 1 to `n`, with a tick for each while they are few.
    pub(crate) fn ordinal(n: usize) -> Axis {
        let step = n.div_ceil(12).max(1);
        Axis {
            scale: Scale::Linear,
            ends: (0.7, n as f64 + 0.3),
            ticks: (1..=n).step_by(step).map(|i| i as f64).collect(),
        }
    }

    /// For times: logarithmic when the largest is more than ten times the smallest, else linear.
    pub(crate) fn times(values: impl Iterator<Item = f64>, most_ticks: usize) -> Axis {
        let values: Vec<f64> = values.filter(|v| *v > 0.0).collect();
        match ends(values.iter().copied()) {
            Some((low, high)) if high > 10.0 * low => Axis::logarithmic(low, high, most_ticks),
            _ => Axis::linear(values.into_iter(), most_ticks),
        }
    }

    /// For percentiles up to `highest`, with ticks at those of `marked` that are within.
    pub(crate) fn percentiles(highest: f64, marked: &[f64]) -> Axis {
        let high = Scale::Nines.place(highest.min(99.999)).max(0.3);
        let is_within = |q: &f64| Scale::Nines.place(*q) <= high + 1e-9;
        let ticks = marked.iter().copied().filter(is_within).collect();
        Axis {
            scale: Scale::Nines,
            ends: (0.0, high * 1.03),
            ticks,
        }
    }

    /// For recalls: logarithmic in what is missing of 1. A value of 1 stands a little beyond the next lower one.
    pub(crate) fn recalls(values: impl Iterator<Item = f64>) -> Axis {
        const MARKED: [f64; 12] = [
            0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999,
        ];
        let values: Vec<f64> = values.map(|v| v.clamp(0.0, 1.0)).collect();
        let missing = values.iter().map(|v| 1.0 - v).filter(|m| *m > 1e-9);
        let least = missing.reduce(f64::min).map_or(0.001, |m| (m / 2.0).max(1e-5));
        let scale = Scale::Missing(least);
        let (low, high) = ends(values.iter().map(|v| scale.place(*v))).unwrap_or((0.0, 1.0));
        let room = ((high - low) * 0.08).max(0.05);
        let within = |v: &f64| (low - room..=high + room).contains(&scale.place(*v)) && 1.0 - v > least * 1.2;
        let mut ticks: Vec<f64> = MARKED.iter().copied().filter(within).collect();
        if values.iter().any(|v| *v > 1.0 - 1e-9) {
            ticks.push(1.0);
        }
        Axis {
            scale,
            ends: (low - room, high + room),
            ticks,
        }
    }

    /// A tick's label for a recall: as many digits as it needs.
    pub(crate) fn recall_label(&self, value: f64) -> String {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    fn logarithmic(low: f64, high: f64, most_ticks: usize) -> Axis {
        let room = (high / low).log10() * 0.06;
        let ends = (low.log10() - room, high.log10() + room);
        let (first, last) = (ends.0.floor() as i32, ends.1.ceil() as i32);
        // 1-2-5 while they fit, else whole decades, thinned until they do.
        let decades = |steps: &[f64]| -> Vec<f64> {
            let all = (first..=last).flat_map(|e| steps.iter().map(move |s| s * 10f64.powi(e)));
            all.filter(|v| (ends.0..=ends.1).contains(&v.log10())).collect()
        };
        let mut ticks = decades(&[1.0, 2.0, 5.0]);
        if ticks.len() > most_ticks {
            ticks = decades(&[1.0]);
        }
        let thin = ticks.len().div_ceil(most_ticks).max(1);
        Axis {
            scale: Scale::Logarithmic,
            ends,
            ticks: ticks.into_iter().step_by(thin).collect(),
        }
    }

    /// How far along the axis a value lies: 0 at its beginning, 1 at its end.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let (low, high) = self.ends;
        (self.scale.place(value) - low) / (high - low)
    }

    /// What an axis title adds.
    pub(crate) fn note(&self) -> &'static str {
        if self.scale == Scale::Logarithmic {
            ", log scale"
        } else {
            ""
        }
    }

    /// A tick's label for milliseconds: `10`, `0.5`.
    pub(crate) fn time_label(&self, value: f64) -> String {
        let label = ms(value);
        if label.contains('.') {
            label.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            label
        }
    }

    /// A tick's label for a percentile.
    pub(crate) fn percentile_label(&self, value: f64) -> String {
        percentile((value * 1000.0).round() / 1000.0)
    }

    /// A tick's label with as many decimals as the distance of ticks asks for.
    pub(crate) fn value_label(&self, value: f64) -> String {
        let step = self
            .ticks
            .windows(2)
            .map(|w| w[1] - w[0])
            .fold(f64::INFINITY, f64::min);
        let decimals = if step.is_finite() {
            (-step.log10() - 1e-9).ceil().clamp(0.0, 4.0) as usize
        } else {
            2
        };
        let value = if step.is_finite() && value.abs() < step * 1e-6 {
            0.0
        } else {
            value
        };
        format!("{value:.decimals$}").replace('-', "−")
    }
}

/// `plotters` asks where values go and which get a tick.
impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (first, last): (i32, i32)) -> i32 {
        first + (self.share(*value) * f64::from(last - first)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.scale.value(self.ends.0)..self.scale.value(self.ends.1)
    }
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range: Option<(f64, f64)>, v| {
        let (low, high) = range.unwrap_or((v, v));
        Some((low.min(v), high.max(v)))
    })
}

/// Multiples of 1, 2 or 5 times a power of ten within `ends`, about `most` of them at most.
fn round_ticks((low, high): (f64, f64), most: usize) -> Vec<f64> {
    let rough = (high - low) / most.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0]
        .iter()
        .map(|m| m * power)
        .find(|s| *s >= rough)
        .unwrap_or(power * 10.0);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|n| n as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_ticks_are_round_and_labelled_alike() {
        let axis = Axis::linear([0.486, 0.734].into_iter(), 6);
        let labels: Vec<String> = axis.ticks.iter().map(|t| axis.value_label(*t)).collect();
        assert_eq!(labels, ["0.50", "0.55", "0.60", "0.65", "0.70", "0.75"]);
        let signed = Axis::linear([-0.21, 0.3].into_iter(), 6);
        let labels: Vec<String> = signed.ticks.iter().map(|t| signed.value_label(*t)).collect();
        assert_eq!(labels, ["−0.2", "−0.1", "0.0", "0.1", "0.2", "0.3"]);
    }

    #[test]
    fn times_become_logarithmic_beyond_a_factor_of_ten() {
        let near = Axis::times([3.0, 9.0].into_iter(), 6);
        assert!(near.note().is_empty());
        let far = Axis::times([0.31, 81.0].into_iter(), 9);
        assert_eq!(far.note(), ", log scale");
        let labels: Vec<String> = far.ticks.iter().map(|t| far.time_label(*t)).collect();
        assert_eq!(labels, ["0.5", "1", "2", "5", "10", "20", "50", "100"]);
        assert!((far.share(10.0) - far.share(1.0) - (far.share(1.0) - far.share(0.1))).abs() < 1e-12);
    }

    #[test]
    fn each_nine_takes_the_same_room() {
        let axis = Axis::percentiles(99.9, &[0.0, 50.0, 90.0, 99.0, 99.9, 99.99]);
        assert_eq!(axis.ticks.len(), 5, "99.99 lies beyond");
        assert!((axis.share(99.0) - 2.0 * axis.share(90.0)).abs() < 1e-9);
        assert_eq!(axis.percentile_label(99.9), "p99.9");
        assert_eq!(axis.percentile_label(50.0), "p50");
    }

    #[test]
    fn one_value_and_none_still_make_an_axis() {
        let one = Axis::linear([0.5].into_iter(), 5);
        assert!(!one.ticks.is_empty() && (one.share(0.5) - 0.5).abs() < 1e-9);
        let none = Axis::from_zero(std::iter::empty(), 5);
        assert!((none.share(1.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn plotters_gets_pixels_and_ticks() {
        let axis = Axis::from_zero([9.0 / 1.04].into_iter(), 9);
        assert_eq!(axis.map(&0.0, (600, 0)), 600);
        assert_eq!(axis.map(&9.0, (600, 0)), 0);
        assert_eq!(axis.key_points(3), axis.ticks);
    }
}
