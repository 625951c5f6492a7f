//! Every filter strategy of the engine on generated vectors, by selectivity and correlation: what it finds, at what cost.
//!
//! ```text
//! cargo run --release --example filters -- [ROWS] [QUERIES PER FILTER] [none|binary|scalar]
//! ```
//!
//! Prints a table; a time is the mean over queries of the fastest of several runs. `post` is given the smallest limit
//! with which enough of what it finds passes.
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use evalrun::backend::local::LocalBackend;
use evalrun::backend::{Backend, DensePoints, Index, Lists, Path, Points, Request, StageAnswer};
use evalrun::dataset::source::{self, Attribute, Source, SyntheticSource};
use evalrun::dataset::{Dataset, GivenVectors};
use evalrun::filter::Payload;
use evalrun::pipeline::{
    CodeConfig, Dense, FilterUse, Graph, IndexConfig, Quantization, Stage, StageKind, Strategy, VectorConfig,
};
use evalrun::progress::Silent;

const VECTOR: &str = "v";
const LIMIT: usize = 10;
const RUNS: usize = 3;
const ENOUGH: f64 = 0.95;
const SELECTIVITIES: [f64; 6] = [0.5, 0.2, 0.1, 0.05, 0.01, 0.001];
const BEAMS: [usize; 7] = [10, 16, 24, 32, 64, 128, 256];
const FACTORS: [usize; 9] = [1, 2, 3, 5, 10, 20, 50, 100, 200];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| arguments.get(at).map_or(Ok(default), |a| a.parse());
    let (rows, per_filter) = (number(0, 100_000)?, number(1, 50)?);
    let quantization = match arguments.get(2).map(String::as_str) {
        Some("binary") => Quantization::Binary,
        Some("scalar") => Quantization::Scalar,
        _ => Quantization::None,
    };
    let data = data(rows, per_filter)?;
    let payload: Vec<Payload> = data.docs.iter().map(|d| d.metadata.clone()).collect();
    let index = index(&data, &payload, quantization)?;
    println!(
        "{rows} rows, {per_filter} queries a line, {quantization:?}; microseconds, and recall below 0.95 in brackets"
    );
    println!(
        "{:>22} {:>9} {:>15} {:>15} {:>15} {:>15}  auto went by",
        "filter", "matches", "auto", "pre", "in-graph", "post"
    );
    for (at, filter) in filters().iter().enumerate() {
        let queries: Vec<usize> = (at..data.queries.len()).step_by(filters().len()).collect();
        line(&data, &*index, &queries, &filter.join("+"), quantization)?;
    }
    Ok(())
}

/// One field for each selectivity and correlation; a filter on each, and on pairs of them.
fn fields() -> Vec<(String, Attribute)> {
    let kinds = [("", 0.0), ("_near", 0.8), ("_far", -0.8)];
    let field = |selectivity: f64, (kind, correlation): (&str, f64)| {
        let name = format!("{}%{kind}", selectivity * 100.0);
        let attribute = Attribute {
            selectivity,
            correlation,
        };
        (name, attribute)
    };
    let of = |kind| SELECTIVITIES.map(|s| field(s, kind));
    kinds.into_iter().flat_map(of).collect()
}

fn filters() -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = fields().into_iter().map(|(name, _)| vec![name]).collect();
    let pairs = [("50%", "20%"), ("50%", "10%_near"), ("50%", "10%_far")];
    all.extend(pairs.map(|(a, b)| vec![a.to_owned(), b.to_owned()]));
    all
}

fn data(rows: usize, per_filter: usize) -> Result<Dataset> {
    let source = SyntheticSource {
        n: rows,
        queries: per_filter * filters().len(),
        dim: 384,
        clusters: rows.isqrt().max(1),
        intrinsic_dim: 32,
        seed: 7,
        payload: fields().into_iter().collect(),
        filters: filters(),
    };
    Ok(source::load("synthetic", &Source::Synthetic(source), &Silent)?)
}

fn vectors(data: &Dataset) -> Result<&GivenVectors> {
    data.vectors.values().next().context("no vectors")
}

fn index(data: &Dataset, payload: &[Payload], quantization: Quantization) -> Result<Box<dyn Index>> {
    let config = IndexConfig {
        vectors: BTreeMap::from([(
            VECTOR.to_owned(),
            VectorConfig::Precomputed {
                name: VECTOR.to_owned(),
            },
        )]),
        graph: Graph::Hnsw {
            m: 16,
            ef_construct: 128,
        },
        quantization,
        codes: CodeConfig::default(),
        payload: fields().into_iter().map(|(name, _)| name).collect(),
        on_disk: false,
        seed: 42,
    };
    let given = vectors(data)?;
    let points: Vec<u32> = (0..given.docs.len() as u32).collect();
    let dense = DensePoints {
        metric: given.metric,
        rows: &given.docs,
        points: &points,
    };
    let points = Points {
        count: data.docs.len(),
        dense: BTreeMap::from([(VECTOR, dense)]),
        sparse: BTreeMap::new(),
        late: BTreeMap::new(),
        payload,
    };
    Ok(LocalBackend.build(&config, &points)?)
}

/// What the queries of one filter got, and the mean of their best times.
struct Answers {
    hits: Vec<StageAnswer>,
    micros: f64,
}

fn search(
    data: &Dataset,
    index: &dyn Index,
    queries: &[usize],
    settings: (Strategy, usize, usize, bool),
    quantization: Quantization,
) -> Result<Answers> {
    let (strategy, limit, ef, exact) = settings;
    let coded = quantization != Quantization::None;
    let dense = Dense {
        vector: VECTOR.to_owned(),
        limit,
        ef,
        exact,
        scan: false,
        oversampling: if coded { 4.0 } else { 1.0 },
        rescore: true,
        filter: FilterUse {
            strategy,
            condition: None,
        },
    };
    let stages = [Stage {
        name: "d".to_owned(),
        kind: StageKind::Dense(dense),
    }];
    let mut searcher = index.searcher()?;
    let (mut hits, mut total) = (Vec::new(), Duration::ZERO);
    for &query in queries {
        let request = Request {
            stages: &stages,
            dense: BTreeMap::from([(VECTOR, vectors(data)?.queries.row(query))]),
            sparse: BTreeMap::new(),
            late: BTreeMap::new(),
            filter: data.queries[query].filter.as_ref(),
            lists: Lists::All,
        };
        let mut best = Duration::MAX;
        let mut last = None;
        for _ in 0..RUNS {
            // The whole request: a filter is evaluated before the stage's search.
            let start = std::time::Instant::now();
            let answer = searcher.search(&request)?.pop();
            best = best.min(start.elapsed());
            last = answer;
        }
        total += best;
        hits.push(last.context("one stage, one answer")?);
    }
    let micros = total.as_secs_f64() * 1e6 / queries.len().max(1) as f64;
    Ok(Answers { hits, micros })
}

/// Share of the true nearest that are among the first ten.
fn recall(found: &Answers, truth: &Answers) -> f64 {
    let (mut good, mut all) = (0, 0);
    for (found, truth) in found.hits.iter().zip(&truth.hits) {
        let first = &found.hits[..found.hits.len().min(LIMIT)];
        all += truth.hits.len();
        let is_found = |point: u32| first.iter().any(|h| h.point == point);
        good += truth.hits.iter().filter(|h| is_found(h.point)).count();
    }
    good as f64 / all.max(1) as f64
}

fn line(
    data: &Dataset,
    index: &dyn Index,
    queries: &[usize],
    filter: &str,
    quantization: Quantization,
) -> Result<()> {
    let run = |strategy, limit, ef| search(data, index, queries, (strategy, limit, ef, false), quantization);
    let truth = search(
        data,
        index,
        queries,
        (Strategy::Pre, LIMIT, LIMIT, true),
        quantization,
    )?;
    // The cheapest setting that finds enough, or else the best there is.
    let cheapest = |strategy, settings: &mut dyn Iterator<Item = (usize, usize)>| -> Result<(Answers, f64)> {
        let mut latest = None;
        for (limit, ef) in settings {
            let answers = run(strategy, limit, ef)?;
            let recall = recall(&answers, &truth);
            latest = Some((answers, recall));
            if recall >= ENOUGH {
                break;
            }
        }
        latest.context("no setting")
    };
    let beams = || BEAMS.into_iter().map(|ef| (LIMIT, ef));
    let auto = cheapest(Strategy::Auto, &mut beams())?;
    let pre = cheapest(Strategy::Pre, &mut std::iter::once((LIMIT, LIMIT)))?;
    let in_graph = cheapest(Strategy::InGraph, &mut beams())?;
    let mut limits = FACTORS.into_iter().map(|f| (f * LIMIT, f * LIMIT));
    let post = cheapest(Strategy::Post, &mut limits)?;
    let cell = |(answers, recall): &(Answers, f64)| match *recall >= ENOUGH {
        true => format!("{:.0}", answers.micros),
        false => format!("{:.0} ({recall:.2})", answers.micros),
    };
    let mut paths: BTreeMap<Path, usize> = BTreeMap::new();
    auto.0
        .hits
        .iter()
        .for_each(|a| *paths.entry(a.path).or_default() += 1);
    let matches: u64 = auto.0.hits.iter().map(|a| a.counters.matches).sum();
    println!(
        "{filter:>22} {:>9} {:>15} {:>15} {:>15} {:>15}  {paths:?}",
        matches / queries.len().max(1) as u64,
        cell(&auto),
        cell(&pre),
        cell(&in_graph),
        cell(&post),
    );
    Ok(())
}
