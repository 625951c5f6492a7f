//! Micro-benchmarks beside a report: figures that another program measured and that are only shown.

use super::view::number::{UNDEFINED, duration_ms};

/// One micro-benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Micro {
    /// Its full name.
    pub name: String,
    /// Mean time of one iteration, nanoseconds.
    pub mean: f64,
    /// Interval of the mean.
    pub interval: (f64, f64),
    /// Median, nanoseconds.
    pub median: f64,
    /// Things done per iteration and what they are called: `(1000, "elements")`.
    pub throughput: Option<(u64, String)>,
}

/// The same, printed.
#[derive(Debug)]
pub(crate) struct MicroRow {
    pub(crate) name: String,
    pub(crate) mean: String,
    pub(crate) interval: String,
    pub(crate) median: String,
    pub(crate) throughput: String,
}

/// By name.
pub(crate) fn rows(micro: &[Micro]) -> Vec<MicroRow> {
    let mut sorted: Vec<&Micro> = micro.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let row = |m: &Micro| MicroRow {
        name: m.name.clone(),
        mean: time(m.mean),
        interval: format!("[{}, {}]", time(m.interval.0), time(m.interval.1)),
        median: time(m.median),
        throughput: m.throughput.as_ref().map_or_else(
            || "–".to_owned(),
            |(n, what)| format!("{} {what}/s", rate(*n as f64 / (m.mean * 1e-9))),
        ),
    };
    sorted.into_iter().map(row).collect()
}

/// Nanoseconds in the unit that suits them.
fn time(ns: f64) -> String {
    match ns {
        ns if !ns.is_finite() || ns < 0.0 => UNDEFINED.to_owned(),
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns * 1e-3),
        ns => duration_ms(ns * 1e-6),
    }
}

fn rate(per_second: f64) -> String {
    match per_second {
        r if r >= 1e9 => format!("{:.2} G", r * 1e-9),
        r if r >= 1e6 => format!("{:.2} M", r * 1e-6),
        r if r >= 1e3 => format!("{:.2} k", r * 1e-3),
        r => format!("{r:.1} "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_rates_have_the_unit_that_suits_them() {
        let micro = Micro {
            name: "dot/384".into(),
            mean: 40.0,
            interval: (39.5, 2_500.0),
            median: 1_250_000.0,
            throughput: Some((384, "elements".into())),
        };
        let row = &rows(&[micro])[0];
        assert_eq!(
            (
                row.mean.as_str(),
                row.interval.as_str(),
                row.median.as_str(),
                row.throughput.as_str()
            ),
            ("40.0 ns", "[39.5 ns, 2.50 µs]", "1.25 ms", "9.60 G elements/s")
        );
    }
}
