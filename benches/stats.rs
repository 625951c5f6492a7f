//! Certainty at the size of MS MARCO's development set: 6,980 queries, 10 measures.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use evalrun::stats::{
    Bootstrap, BootstrapMethod, Draws, Sequence, Table, detectable_effect, sign_flip, split_half, tukey_hsd,
};

const QUERIES: usize = 6_980;
const MEASURES: usize = 10;

/// A number that looks random and is the same on every run.
fn scramble(i: usize) -> usize {
    (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 17
}

/// Differences in twentieths, half of them 0, as of two similar systems.
fn differences(measure: usize) -> Vec<f64> {
    let one = |i: usize| match scramble(i * MEASURES + measure) {
        x if x.is_multiple_of(2) => 0.0,
        x => (x / 2 % 21) as f64 / 20.0 - 0.48,
    };
    (0..QUERIES).map(one).collect()
}

fn bootstrap(c: &mut Criterion) {
    let columns: Vec<Vec<f64>> = (0..MEASURES).map(differences).collect();
    let table = Table::of_columns(&columns);
    let plan = Bootstrap {
        level: 0.95,
        resamples: 10_000,
        seed: 42,
        method: BootstrapMethod::Bca,
    };
    let mut group = c.benchmark_group("bootstrap");
    group.sample_size(10);
    for (name, method) in [
        ("BCa", BootstrapMethod::Bca),
        ("studentised", BootstrapMethod::Studentised),
    ] {
        group.bench_function(
            format!("{name}: 10,000 resamples × 6,980 queries × 10 measures"),
            |b| {
                let plan = Bootstrap { method, ..plan };
                b.iter(|| plan.mean_intervals(black_box(&table)));
            },
        );
    }
    group.finish();
}

fn permutations(c: &mut Criterion) {
    let columns: Vec<Vec<f64>> = (0..MEASURES).map(differences).collect();
    let table = Table::of_columns(&columns);
    let draws = Draws {
        replicates: 10_000,
        seed: 42,
        comparison: 0,
    };
    let mut group = c.benchmark_group("permutation");
    group.sample_size(10);
    group.bench_function("sign flips: 10,000 of 6,980 differences", |b| {
        b.iter(|| sign_flip(black_box(&columns[0]), draws));
    });
    // All different, so that no sum is reached twice.
    let thirty: Vec<f64> = (0..30)
        .map(|i| (scramble(i) % 10_000) as f64 / 10_000.0 - 0.3)
        .collect();
    group.bench_function("sign flips: all 2³⁰ of 30 differences", |b| {
        b.iter(|| sign_flip(black_box(&thirty), draws));
    });
    group.bench_function("Tukey HSD: 10,000 orders × 6,980 queries × 10 systems", |b| {
        b.iter(|| tukey_hsd(black_box(&table), draws));
    });
    group.bench_function("split half: 1,000 × 6,980 queries × 10 systems", |b| {
        let draws = Draws {
            replicates: 1_000,
            ..draws
        };
        b.iter(|| split_half(black_box(&table), draws));
    });
    group.finish();
}

fn others(c: &mut Criterion) {
    c.bench_function("detectable effect of 6,980 queries", |b| {
        b.iter(|| detectable_effect(black_box(QUERIES), 0.05, 0.8));
    });
    let mut sequence = Sequence::new(0.95);
    for difference in differences(0) {
        sequence.push(difference).expect("differences lie within −1 … 1");
    }
    c.bench_function("sequence: a look after 6,980 queries", |b| {
        b.iter(|| sequence.clone().look());
    });
}

criterion_group!(benches, bootstrap, permutations, others);
criterion_main!(benches);
