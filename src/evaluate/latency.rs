//! From raw samples to latency figures.

use std::collections::BTreeMap;

use super::{Latency, Percentiles};
use crate::plan::LatencyPlan;
use crate::stats::{quantile, supports_quantile};
use crate::store::{EMBED, LatencySample, NETWORK, SERVER, TOTAL, Timing};

const MS: f64 = 1e-6;

/// Latency figures of one cell; `None` when it was not timed or not one query succeeded.
pub(super) fn latency(
    timing: &Timing,
    samples: &[&LatencySample],
    stages: &[&str],
    plan: &LatencyPlan,
) -> Option<Latency> {
    let of = |part: &str| -> Vec<f64> {
        let mut ms: Vec<f64> = samples
            .iter()
            .filter(|s| s.part == part)
            .map(|s| s.nanos as f64 * MS)
            .collect();
        ms.sort_by(f64::total_cmp);
        ms
    };
    let total = of(TOTAL);
    let all = percentiles(&total, &plan.quantiles)?;
    let parts = std::iter::once(EMBED)
        .chain(stages.iter().copied())
        .filter_map(|part| Some((part.to_owned(), percentiles(&of(part), &plan.quantiles)?)))
        .collect();
    let call = |stage: &&str| {
        let part = |what: &str| percentiles(&of(&format!("{stage}{what}")), &plan.quantiles);
        Some(((*stage).to_owned(), part(SERVER)?, part(NETWORK)?))
    };
    let calls = stages.iter().filter_map(call).collect();
    let seconds = timing.wall_ns as f64 * 1e-9;
    let qps = all.n as f64 / seconds;
    Some(Latency {
        parts,
        calls,
        by_pass: by_pass(samples, plan.quantiles.first().copied().unwrap_or(50.0)),
        passes: passes(samples, &plan.quantiles),
        qps,
        littles_ratio: qps * all.mean * 1e-3 / timing.workers as f64,
        curve: curve(&total),
        by_query: by_query(samples),
        total: all,
    })
}

fn percentiles(sorted: &[f64], quantiles: &[f64]) -> Option<Percentiles> {
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    Some(Percentiles {
        n: sorted.len(),
        mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
        min,
        max,
        quantiles: quantiles.iter().map(|&q| (q, supported(sorted, q))).collect(),
    })
}

/// The percentile `q`, if the sample has at least one value beyond it.
fn supported(sorted: &[f64], q: f64) -> Option<f64> {
    let share = q / 100.0;
    supports_quantile(sorted.len(), share)
        .then(|| quantile(sorted, share))
        .flatten()
}

/// One quantile per pass, in the order of the passes.
fn by_pass(samples: &[&LatencySample], q: f64) -> Vec<f64> {
    let passes = sorted_by_pass(samples);
    passes.iter().filter_map(|ms| quantile(ms, q / 100.0)).collect()
}

fn by_query(samples: &[&LatencySample]) -> BTreeMap<String, Vec<f64>> {
    let mut queries: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for sample in samples.iter().filter(|s| s.part == TOTAL) {
        let ms = sample.nanos as f64 * MS;
        queries.entry(sample.query.clone()).or_default().push(ms);
    }
    queries
}

/// The quantiles that every pass supports, with their value in each.
fn passes(samples: &[&LatencySample], quantiles: &[f64]) -> Vec<(f64, Vec<f64>)> {
    let passes = sorted_by_pass(samples);
    let of = |q: &f64| {
        let values: Option<Vec<f64>> = passes.iter().map(|ms| supported(ms, *q)).collect();
        Some((*q, values?))
    };
    quantiles.iter().filter_map(of).collect()
}

fn sorted_by_pass(samples: &[&LatencySample]) -> Vec<Vec<f64>> {
    let mut passes: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for sample in samples.iter().filter(|s| s.part == TOTAL) {
        let ms = sample.nanos as f64 * MS;
        passes.entry(sample.pass).or_default().push(ms);
    }
    let mut passes: Vec<Vec<f64>> = passes.into_values().collect();
    passes.iter_mut().for_each(|ms| ms.sort_by(f64::total_cmp));
    passes
}

/// Points of the percentile chart, as far as the sample goes.
fn curve(sorted: &[f64]) -> Vec<(f64, f64)> {
    const AT: [f64; 15] = [
        1.0, 5.0, 10.0, 25.0, 50.0, 60.0, 70.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99,
    ];
    AT.into_iter()
        .filter_map(|q| Some((q, supported(sorted, q)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pass: u32, part: &str, ms: u64) -> LatencySample {
        LatencySample {
            cell: "c".into(),
            pass,
            query: "q".into(),
            part: part.into(),
            nanos: ms * 1_000_000,
        }
    }

    #[test]
    fn throughput_times_latency_is_the_number_of_workers() {
        let samples: Vec<LatencySample> = (0..4).map(|p| sample(p, TOTAL, 10)).collect();
        let timing = Timing {
            workers: 2,
            warmup: 1,
            passes: 4,
            first_ns: 0,
            wall_ns: 20_000_000,
            failed: 0,
        };
        let plan = LatencyPlan {
            quantiles: vec![50.0, 99.0],
            warmup: 1,
            passes: 4,
            workers: 2,
        };
        let samples: Vec<&LatencySample> = samples.iter().collect();
        let latency = latency(&timing, &samples, &[], &plan).unwrap();
        assert!((latency.qps - 200.0).abs() < 1e-9);
        assert!((latency.littles_ratio - 1.0).abs() < 1e-9);
        assert_eq!(latency.total.quantiles, [(50.0, Some(10.0)), (99.0, None)]);
        assert_eq!(latency.by_pass, [10.0; 4]);
    }
}
