//! The embedded engine from ten thousand vectors to a million: time, memory, recall.
//!
//! ```text
//! cargo run --release --example scale -- build ROWS FILE       vectors made, indexed as bits with a graph, written
//! cargo run --release --example scale -- open FILE             in a process of its own: floats stay on disk
//! cargo run --release --example scale -- growth SVG ROWS...    builds each size, prints a table, draws it
//! ```
//!
//! Vectors have 384 dimensions and lie in 300 clusters of unequal shape, as in `benches/peers/vectors.py`. Memory is what
//! Linux says of the process: `VmRSS` now, `VmHWM` at most.
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use evalrun::index::Filtering;
use evalrun::index::binary::{BinaryParams, BinaryQuery};
use evalrun::index::dense::{Coding, DenseAnswer, DenseIndex, DenseParams, DenseQuery, DenseScratch};
use evalrun::index::file::{IndexReader, IndexWriter};
use evalrun::index::graph::{Engine, GraphParams};
use evalrun::index::kernel::dot;
use evalrun::index::rows::Rows;
use evalrun::vectors::normalize;
use plotters::prelude::*;
use rayon::prelude::*;

const DIM: usize = 384;
const CLUSTERS: usize = 300;
const LIMIT: usize = 10;
const QUERIES: usize = 100;
const NAME: &str = "v";
/// Beam widths, each with a shortlist by code of 4, 8 and 16 times the limit.
const BEAMS: [usize; 6] = [16, 24, 32, 48, 64, 128];
const OVERSAMPLINGS: [f64; 3] = [8.0, 16.0, 32.0];
const ENOUGH: f64 = 0.95;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["build", rows, file] => build_file(rows.parse()?, Path::new(file)),
        ["open", file] => open_file(Path::new(file)),
        ["growth", svg, ref sizes @ ..] if !sizes.is_empty() => {
            let sizes: Result<Vec<usize>, _> = sizes.iter().map(|n| n.parse()).collect();
            growth(svg, &sizes?)
        }
        _ => bail!("usage: scale build ROWS FILE | open FILE | growth SVG ROWS..."),
    }
}

fn build_file(rows: usize, file: &Path) -> Result<()> {
    let (index, seconds) = build(&Mixture::new(), rows)?;
    let mut to = IndexWriter::create(file)?;
    index.save(&mut to, NAME, rows)?;
    let bytes = to.finish()?;
    println!(
        "{rows} rows built in {seconds:.1} s, {bytes} bytes written; codes 1/{} of the floats; {}",
        index.vector_bytes() / index.code_bytes().max(1),
        memory()
    );
    Ok(())
}

fn open_file(file: &Path) -> Result<()> {
    let start = Instant::now();
    let index = DenseIndex::open(&IndexReader::open(file)?, NAME, true)?;
    println!(
        "{} rows opened and checked in {:.1} s, floats on disk; {}",
        index.len(),
        start.elapsed().as_secs_f64(),
        memory()
    );
    let queries = Mixture::new().rows(QUERIES, u64::MAX)?;
    let found = cheapest(&index, &queries)?;
    println!("{found}; {}", memory());
    Ok(())
}

/// A built index and the seconds that building took, without those for making its rows.
fn build(mixture: &Mixture, rows: usize) -> Result<(DenseIndex, f64)> {
    let vectors = mixture.rows(rows, 0)?;
    let params = DenseParams {
        graph: Some(GraphParams {
            engine: Engine::Hnsw,
            m: 16,
            ef_construct: 128,
            seed: 42,
        }),
        codes: Some(Coding::Binary(BinaryParams {
            centred: true,
            query: BinaryQuery::FourBits,
        })),
        ..DenseParams::default()
    };
    let points: Vec<u32> = (0..rows as u32).collect();
    let start = Instant::now();
    let index = DenseIndex::of_rows(vectors, &points, rows, params)?;
    Ok((index, start.elapsed().as_secs_f64()))
}

/// The cheapest setting that finds enough.
struct Found {
    ef: usize,
    oversampling: f64,
    recall: f64,
    micros: f64,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "recall {:.3} at ef {} and oversampling {}, {:.0} microseconds a query",
            self.recall, self.ef, self.oversampling, self.micros
        )
    }
}

/// Tries settings from the cheapest up, against an exact scan of the same floats.
fn cheapest(index: &DenseIndex, queries: &Rows<f32>) -> Result<Found> {
    let mut scratch = DenseScratch::default();
    let mut ask = |vector: &[f32], ef, oversampling, exact| -> Result<DenseAnswer> {
        let query = DenseQuery {
            vector,
            limit: LIMIT,
            ef,
            exact,
            scan: false,
            oversampling,
            rescore: true,
            filtering: Filtering::None,
        };
        Ok(index.search(&query, &mut scratch)?)
    };
    let truth = queries
        .rows()
        .map(|q| ask(q, LIMIT, 1.0, true))
        .collect::<Result<Vec<_>>>()?;
    let mut best = None;
    for (oversampling, ef) in OVERSAMPLINGS.iter().flat_map(|&o| BEAMS.map(|ef| (o, ef))) {
        let start = Instant::now();
        let answers = queries
            .rows()
            .map(|q| ask(q, ef, oversampling, false))
            .collect::<Result<Vec<_>>>()?;
        let micros = start.elapsed().as_secs_f64() * 1e6 / queries.len() as f64;
        let good = truth.iter().zip(&answers).map(|(truth, found)| {
            let is_found = |point| found.hits.iter().any(|hit| hit.point == point);
            truth.hits.iter().filter(|hit| is_found(hit.point)).count()
        });
        let recall = good.sum::<usize>() as f64 / (LIMIT * queries.len()) as f64;
        let found = Found {
            ef,
            oversampling,
            recall,
            micros,
        };
        // Enough at the least time; or else, the most.
        let is_better = |than: &Found| match (recall >= ENOUGH, than.recall >= ENOUGH) {
            (true, true) => micros < than.micros,
            (false, false) => recall > than.recall,
            (enough, _) => enough,
        };
        if best.as_ref().is_none_or(is_better) {
            best = Some(found);
        }
    }
    best.context("no setting")
}

fn growth(svg: &str, sizes: &[usize]) -> Result<()> {
    let mixture = Mixture::new();
    let queries = mixture.rows(QUERIES, u64::MAX)?;
    let mut points = Vec::new();
    println!(
        "{:>9} {:>10} {:>14} {:>10} {:>12}  setting",
        "rows", "build s", "ns/(n log2 n)", "query us", "bytes/vector"
    );
    for &rows in sizes {
        let (index, seconds) = build(&mixture, rows)?;
        let found = cheapest(&index, &queries)?;
        let links = index.graph().map_or(0, |graph| graph.bytes);
        let bytes = (index.vector_bytes() + index.code_bytes() + links) as f64 / rows as f64;
        let n_log_n = rows as f64 * (rows as f64).log2();
        println!(
            "{rows:>9} {seconds:>10.1} {:>14.1} {:>10.0} {bytes:>12.1}  {found}",
            seconds * 1e9 / n_log_n,
            found.micros
        );
        points.push((rows as f64, [seconds, found.micros, bytes]));
    }
    draw(svg, &points)
}

/// Three panels over the number of rows, all on logarithmic axes.
fn draw(svg: &str, points: &[(f64, [f64; 3])]) -> Result<()> {
    let root = SVGBackend::new(svg, (960, 320)).into_drawing_area();
    root.fill(&WHITE)?;
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    for (at, (panel, title)) in root
        .split_evenly((1, 3))
        .iter()
        .zip(["build, seconds", "query, microseconds", "bytes per vector"])
        .enumerate()
    {
        let values = || points.iter().map(|(rows, of)| (*rows, of[at]));
        let low = values().map(|v| v.1).fold(f64::MAX, f64::min) / 2.0;
        let high = values().map(|v| v.1).fold(0.0, f64::max) * 2.0;
        let mut chart = ChartBuilder::on(panel)
            .caption(title, ("sans-serif", 16))
            .margin(12)
            .x_label_area_size(32)
            .y_label_area_size(56)
            .build_cartesian_2d((first / 1.5..last * 1.5).log_scale(), (low..high).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("rows")
            .x_label_formatter(&|rows| format!("{rows:.0}"))
            .y_label_formatter(&|value| format!("{value}"))
            .x_labels(5)
            .y_labels(6)
            .draw()?;
        chart.draw_series(LineSeries::new(values(), &BLACK).point_size(3))?;
    }
    Ok(root.present()?)
}

/// Clusters with a spectrum that decays as 1/√i, turned so that no dimension stands out.
struct Mixture {
    centres: Vec<Vec<f32>>,
    /// Orthonormal.
    rotation: Vec<Vec<f32>>,
}

impl Mixture {
    fn new() -> Self {
        let mut rng = Rng(7);
        let mut rotation: Vec<Vec<f32>> = Vec::with_capacity(DIM);
        for _ in 0..DIM {
            let mut row: Vec<f32> = (0..DIM).map(|_| rng.normal()).collect();
            for other in &rotation {
                let along = dot(&row, other);
                row.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
            }
            normalize(&mut row);
            rotation.push(row);
        }
        let centres = (0..CLUSTERS).map(|_| (0..DIM).map(|i| rng.normal() * deviation(i)).collect());
        Self {
            centres: centres.collect(),
            rotation,
        }
    }

    /// Row `i` depends on the seed and on `i` alone.
    fn rows(&self, count: usize, seed: u64) -> Result<Rows<f32>> {
        let mut rows = Rows::zeroed(DIM, count)?;
        rows.flat_mut()
            .par_chunks_mut(DIM)
            .enumerate()
            .for_each(|(i, out)| {
                let mut rng = Rng(seed ^ (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                rng.next();
                let centre = &self.centres[(rng.next() % CLUSTERS as u64) as usize];
                let flat = centre
                    .iter()
                    .zip(0..)
                    .map(|(c, i)| c + 0.7 * rng.normal() * deviation(i));
                let flat: Vec<f32> = flat.collect();
                out.iter_mut()
                    .zip(&self.rotation)
                    .for_each(|(x, row)| *x = dot(&flat, row));
                normalize(out);
            });
        Ok(rows)
    }
}

fn deviation(dimension: usize) -> f32 {
    (1.0 + dimension as f32).powf(-0.5)
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// By the method of Box and Muller.
    fn normal(&mut self) -> f32 {
        let mut uniform = || ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        let (radius, turn) = ((-2.0 * uniform().ln()).sqrt(), std::f64::consts::TAU * uniform());
        (radius * turn.cos()) as f32
    }
}

/// What Linux says of this process.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |key: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
    };
    match (line("VmRSS:"), line("VmHWM:")) {
        (Some(now), Some(most)) => format!("memory {now}, at most {most}"),
        _ => "memory unknown".to_owned(),
    }
}
