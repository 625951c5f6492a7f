//! Generated vectors and their exact neighbours at scale: `cargo bench --bench neighbours -- 1000000`.
//!
//! A plain timing of single runs, because one takes seconds to minutes. Without a number it takes 100,000 documents. The
//! second table shows how much more often than a document at large one of the 100 nearest passes a filter.
#![expect(clippy::print_stdout, reason = "a bench reports on stdout")]

use std::time::Instant;

use evalrun::dataset::source::{Attribute, SyntheticSource, VECTOR};
use evalrun::dataset::{Dataset, Source, load};
use evalrun::filter::{Filter, Payload};
use evalrun::prepare::neighbours::{Search, cache::find_cached, find};
use evalrun::progress::Silent;
use evalrun::vectors::Metric;

const K: usize = 100;
const SELECTIVITIES: [f64; 4] = [0.5, 0.1, 0.01, 0.001];
const CORRELATIONS: [f64; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];

fn main() {
    // Cargo passes `--bench` too.
    let n = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(100_000);
    let data = timed("generate", || {
        generate(n, 1000, SELECTIVITIES.map(|s| (s, 0.5)).to_vec())
    });
    let payload: Vec<Payload> = data.docs.iter().map(|d| d.metadata.clone()).collect();
    let filters: Vec<Option<Filter>> = data.queries.iter().map(|q| q.filter.clone()).collect();
    let points: Vec<u32> = (0..n as u32).collect();
    let given = &data.vectors[VECTOR];
    let search = Search {
        name: "bench",
        rows: &given.docs,
        points: &points,
        queries: &given.queries,
        metric: given.metric,
        filters: &[],
        payload: &payload,
        k: K,
    };
    let run = |search: &Search<'_>| find(search, &Silent).expect("generated vectors are finite");
    timed("no filter", || run(&search));
    timed("no filter, L2", || {
        run(&Search {
            metric: Metric::L2,
            ..search
        })
    });
    let filtered = Search {
        filters: &filters,
        ..search
    };
    timed("4 of 5 queries filtered", || run(&filtered));
    let cache = std::env::temp_dir().join(format!("neighbours-bench-{}", std::process::id()));
    let cached = || find_cached(&filtered, &cache, &Silent).expect("a writable folder");
    timed("the same, and into the cache", cached);
    timed("the same, from the cache", cached);
    drop(std::fs::remove_dir_all(&cache));
    drop(data);
    lifts(n.min(100_000));
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{what:<32}{:>8.2} s", start.elapsed().as_secs_f64());
    result
}

/// `n` documents; queries take turns at no filter and one attribute for each selectivity and correlation.
fn generate(n: usize, queries: usize, attributes: Vec<(f64, f64)>) -> Dataset {
    let name = |i: usize| format!("a{i}");
    let filters = (0..attributes.len()).map(|i| vec![name(i)]);
    let source = SyntheticSource {
        n,
        dim: 384,
        queries,
        clusters: n.isqrt(),
        intrinsic_dim: 24,
        seed: 42,
        filters: std::iter::once(Vec::new()).chain(filters).collect(),
        payload: attributes
            .into_iter()
            .enumerate()
            .map(|(i, (selectivity, correlation))| {
                let attribute = Attribute {
                    selectivity,
                    correlation,
                };
                (name(i), attribute)
            })
            .collect(),
    };
    load("bench", &Source::Synthetic(source), &Silent).expect("a possible source")
}

/// Share of the 100 nearest that pass, over the selectivity; means over 100 queries each.
fn lifts(n: usize) {
    println!(
        "\nlift, {n} documents\ncorrelation {}",
        SELECTIVITIES.map(|s| format!("{:>8.1} %", s * 100.0)).join("")
    );
    for correlation in CORRELATIONS {
        let data = generate(n, 500, SELECTIVITIES.map(|s| (s, correlation)).to_vec());
        let given = &data.vectors[VECTOR];
        let points: Vec<u32> = (0..n as u32).collect();
        let search = Search {
            name: "lift",
            rows: &given.docs,
            points: &points,
            queries: &given.queries,
            metric: given.metric,
            filters: &[],
            payload: &[],
            k: K,
        };
        let nearest = find(&search, &Silent).expect("generated vectors are finite");
        let mut row = format!("{correlation:>11} ");
        for (i, selectivity) in SELECTIVITIES.iter().enumerate() {
            let queries: Vec<usize> = (i + 1..data.queries.len())
                .step_by(SELECTIVITIES.len() + 1)
                .collect();
            let passing = queries.iter().map(|&q| {
                let filter = data.queries[q].filter.as_ref().expect("its turn");
                let hits = nearest[q].hits.iter().take(K);
                hits.filter(|h| filter.matches(&data.docs[h.point as usize].metadata))
                    .count()
            });
            let share = passing.sum::<usize>() as f64 / (queries.len() * K) as f64;
            row += &format!("{:>10.2}", share / selectivity);
        }
        println!("{row}");
    }
}
