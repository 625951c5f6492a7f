//! Every filter strategy of the engine on generated vectors, by selectivity and correlation: what it finds, at what cost.
//!
//! ```text
//! cargo run --release --example filters -- [ROWS] [QUERIES PER FILTER] [none|binary|scalar]
//! ```
//!
//! Prints a table: for each strategy, the least time with which it finds 0.95 of the true ten nearest, and the setting, a
//! beam width and over codes an oversampling. A time is the mean over queries of the fastest of several runs.
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
/// Of every setting that is tried.
const RUNS: usize = 2;
const ENOUGH: f64 = 0.95;
const SELECTIVITIES: [f64; 6] = [0.5, 0.2, 0.1, 0.05, 0.01, 0.001];
const BEAMS: [usize; 13] = [10, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256];
/// Of `post`: how many times as many hits are searched for, of which those that pass are kept.
const FACTORS: [usize; 12] = [1, 2, 3, 4, 5, 7, 10, 20, 30, 50, 100, 200];
const OVERSAMPLINGS: [f64; 4] = [4.0, 8.0, 16.0, 32.0];

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
        "{rows} rows, {per_filter} queries a line, {quantization:?}; microseconds at the setting, or the recall that was reached"
    );
    println!(
        "{:>14} {:>8} {:>16} {:>16} {:>16} {:>16} {:>8} {:>6}  auto went by",
        "filter", "matches", "auto", "pre", "in-graph", "post", "auto/min", "post/"
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

#[derive(Clone, Copy)]
struct Setting {
    limit: usize,
    ef: usize,
    oversampling: f64,
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.oversampling > 1.0 {
            true => write!(f, "{}×{}", self.ef, self.oversampling),
            false => write!(f, "{}", self.ef),
        }
    }
}

/// What a strategy can do: enough in the least time, or else the most it finds.
struct Best {
    strategy: Strategy,
    answers: Answers,
    recall: f64,
    setting: Setting,
}

impl Best {
    fn is_better_than(&self, other: &Best) -> bool {
        match (self.recall >= ENOUGH, other.recall >= ENOUGH) {
            (true, true) => self.answers.micros < other.answers.micros,
            (false, false) => self.recall > other.recall,
            (enough, _) => enough,
        }
    }

    /// The time, where it found enough.
    fn micros(&self) -> Option<f64> {
        (self.recall >= ENOUGH).then_some(self.answers.micros)
    }
}

impl std::fmt::Display for Best {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self.micros() {
            Some(micros) => format!("{micros:.0} {}", self.setting),
            None => format!("({:.2})", self.recall),
        };
        f.pad(&text)
    }
}

fn search(
    data: &Dataset,
    index: &dyn Index,
    queries: &[usize],
    strategy: Strategy,
    setting: Setting,
    exact: bool,
) -> Result<Answers> {
    let dense = Dense {
        vector: VECTOR.to_owned(),
        limit: setting.limit,
        ef: setting.ef,
        exact,
        scan: false,
        oversampling: setting.oversampling,
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

/// Measures again, with all strategies taking turns, each at its best setting.
fn race(data: &Dataset, index: &dyn Index, queries: &[usize], all: &mut [Best; 4]) -> Result<()> {
    let mut best = [f64::MAX; 4].map(|most| vec![most; queries.len()]);
    // A strategy asks all queries before the next does: right after another, it would find their rows in the cache. Each
    // comes first once, and after each of the others.
    for race in 0..all.len() {
        for turn in 0..all.len() {
            let at = (race + turn) % all.len();
            for (best, query) in best[at].iter_mut().zip(queries) {
                let answers = search(data, index, &[*query], all[at].strategy, all[at].setting, false)?;
                *best = best.min(answers.micros);
            }
        }
    }
    for (one, best) in all.iter_mut().zip(best) {
        one.answers.micros = best.iter().sum::<f64>() / best.len().max(1) as f64;
    }
    Ok(())
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
    let oversamplings: &[f64] = match quantization {
        Quantization::None => &[1.0],
        _ => &OVERSAMPLINGS,
    };
    let setting = |limit, ef, oversampling| Setting {
        limit,
        ef,
        oversampling,
    };
    let exact = setting(LIMIT, LIMIT, 1.0);
    let truth = search(data, index, queries, Strategy::Pre, exact, true)?;
    let best = |strategy, settings: Vec<(usize, usize)>| -> Result<Best> {
        let mut best: Option<Best> = None;
        for (limit, ef) in settings {
            for &oversampling in oversamplings {
                let setting = setting(limit, ef, oversampling);
                let answers = search(data, index, queries, strategy, setting, false)?;
                let tried = Best {
                    strategy,
                    recall: recall(&answers, &truth),
                    answers,
                    setting,
                };
                if best.as_ref().is_none_or(|best| tried.is_better_than(best)) {
                    best = Some(tried);
                }
            }
            // Wider and wider: what follows takes longer.
            if best
                .as_ref()
                .is_some_and(|best| best.micros().is_some() && best.setting.ef * 2 < ef)
            {
                break;
            }
        }
        best.context("no setting")
    };
    let beams = || BEAMS.map(|ef| (LIMIT, ef)).to_vec();
    let auto = best(Strategy::Auto, beams())?;
    let pre = best(Strategy::Pre, vec![(LIMIT, LIMIT)])?;
    let in_graph = best(Strategy::InGraph, beams())?;
    let post = best(Strategy::Post, FACTORS.map(|f| (f * LIMIT, f * LIMIT)).to_vec())?;
    let mut all = [auto, pre, in_graph, post];
    race(data, index, queries, &mut all)?;
    let [auto, pre, in_graph, post] = all;
    let simple = pre.micros().into_iter().chain(post.micros()).reduce(f64::min);
    let ratio = |over: Option<f64>| match (auto.micros(), over) {
        (Some(auto), Some(over)) => format!("{:.2}", auto / over),
        _ => "-".to_owned(),
    };
    let times = match (auto.micros(), post.micros()) {
        (Some(auto), Some(post)) => format!("{:.1}×", post / auto),
        _ => "-".to_owned(),
    };
    let mut paths: BTreeMap<Path, usize> = BTreeMap::new();
    let hits = &auto.answers.hits;
    hits.iter().for_each(|a| *paths.entry(a.path).or_default() += 1);
    let matches: u64 = hits.iter().map(|a| a.counters.matches).sum();
    println!(
        "{filter:>14} {:>8} {auto:>16} {pre:>16} {in_graph:>16} {post:>16} {:>8} {times:>6}  {paths:?}",
        matches / queries.len().max(1) as u64,
        ratio(simple),
    );
    Ok(())
}
