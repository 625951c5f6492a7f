//! The engine's side of `benches/peers/vectors.py`: reads commands from stdin and answers each with a line of JSON.
//!
//! ```text
//! graph_peer DIM BASE QUERIES ANSWERS      little-endian float32 matrices; row ids of answers go to ANSWERS as u32
//! build hnsw|hnsw_rs THREADS M EF_CONSTRUCT
//! search EF K                              every query once, one thread
//! code bits|four_bits|bytes THREADS M EF_CONSTRUCT
//! coded EF OVERSAMPLING K                  as search, over codes, hits scored again with floats
//! scan COUNT K                             the first COUNT queries by exact scan, one thread
//! batch THREADS K                          every query by exact scan, together
//! read THREADS COUNT                       the rows, COUNT times, read and nothing else
//! ```

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use evalrun::hit::Hit;
use evalrun::index::binary::{BinaryParams, BinaryQuery};
use evalrun::index::dense::{Coding, DenseIndex, DenseParams, DenseQuery, DenseScratch};
use evalrun::index::exact::{exact_batch, scan};
use evalrun::index::graph::{Engine, Graph, GraphParams, Scratch};
use evalrun::index::kernel::{Dot, Level};
use evalrun::index::rows::Rows;
use evalrun::index::topk::TopK;
use evalrun::index::{Counters, Filtering};
use evalrun::vectors::Vectors;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dim, base, queries, answers] = &arguments[..] else {
        bail!("usage: graph_peer DIM BASE QUERIES ANSWERS");
    };
    let dim = dim.parse()?;
    let mut peer = Peer {
        rows: Arc::new(matrix(base, dim)?),
        queries: matrix(queries, dim)?,
        answers: answers.clone(),
        graph: None,
        coded: None,
        pools: BTreeMap::new(),
    };
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        writeln!(out, "{}", peer.answer(&words)?)?;
        out.flush()?;
    }
    Ok(())
}

fn matrix(path: &str, dim: usize) -> Result<Rows<f32>> {
    let bytes = std::fs::read(path).with_context(|| path.to_owned())?;
    let (values, rest) = bytes.as_chunks::<4>();
    let flat: Vec<f32> = values.iter().map(|v| f32::from_le_bytes(*v)).collect();
    let vectors = Vectors::from_flat(dim, flat).filter(|_| rest.is_empty());
    Ok(Rows::of(&vectors.with_context(|| {
        format!("{path} is no matrix of width {dim}")
    })?)?)
}

struct Peer {
    rows: Arc<Rows<f32>>,
    queries: Rows<f32>,
    answers: String,
    graph: Option<Graph<Dot>>,
    coded: Option<DenseIndex>,
    /// By number of threads. They stay, because the time of a thread that ends cannot be asked for any more.
    pools: BTreeMap<usize, ThreadPool>,
}

impl Peer {
    fn answer(&mut self, words: &[&str]) -> Result<Value> {
        let number = |at: usize| -> Result<usize> { Ok(words[at].parse()?) };
        match words {
            ["build", engine, _, _, _] => {
                let engine = match *engine {
                    "hnsw" => Engine::Hnsw,
                    "hnsw_rs" => Engine::HnswRs,
                    other => bail!("no engine `{other}`"),
                };
                let params = GraphParams {
                    engine,
                    m: number(3)?,
                    ef_construct: number(4)?,
                    seed: 42,
                };
                self.graph = None;
                self.start(number(2)?)?;
                let pool = &self.pools[&number(2)?];
                let (graph, took) = in_pool(pool, || Graph::<Dot>::build(self.rows.clone(), params));
                let graph = self.graph.insert(graph?);
                let facts = graph.facts();
                Ok(json!({ "took": took, "links": facts.links, "bytes": facts.bytes,
                    "kernels": Level::detected().name() }))
            }
            ["code", kind, _, _, _] => self.code(kind, number(2)?, number(3)?, number(4)?),
            ["coded", _, _, _] => self.coded(number(1)?, number(2)?, number(3)?),
            ["search", _, _] => self.search(number(1)?, number(2)?),
            ["scan", _, _] => self.scan(number(1)?, number(2)?),
            ["batch", _, _] => {
                let k = number(2)?;
                self.start(number(1)?)?;
                let (found, took) = in_pool(&self.pools[&number(1)?], || {
                    exact_batch::<Dot>(&self.rows, &self.queries, k, |_| None)
                });
                self.keep(&found, k)?;
                Ok(json!({ "took": took }))
            }
            ["read", _, _] => {
                self.start(number(1)?)?;
                let count = number(2)?;
                let read_all = || {
                    (0..count)
                        .map(|_| read(std::hint::black_box(&self.rows)))
                        .sum::<u64>()
                };
                let (sum, took) = in_pool(&self.pools[&number(1)?], read_all);
                Ok(json!({ "took": took, "bytes": self.rows.bytes() * count, "sum": sum }))
            }
            _ => bail!("no command `{}`", words.join(" ")),
        }
    }

    /// Starts a pool of so many threads, unless there is one.
    fn start(&mut self, threads: usize) -> Result<()> {
        if let Entry::Vacant(free) = self.pools.entry(threads) {
            free.insert(ThreadPoolBuilder::new().num_threads(threads).build()?);
        }
        Ok(())
    }

    fn search(&self, ef: usize, k: usize) -> Result<Value> {
        let graph = self.graph.as_ref().context("nothing is built")?;
        let (mut scratch, mut found) = (Scratch::default(), Vec::new());
        let mut all = Vec::with_capacity(self.queries.len());
        let (mut distances, mut hops) = (0, 0);
        let clock = Clock::start();
        for query in self.queries.rows() {
            let work = graph.search::<Dot>(query, ef.max(k), None, &mut scratch, &mut found);
            distances += work.distances;
            hops += work.hops;
            all.push(found[..k.min(found.len())].to_vec());
        }
        let took = clock.stop();
        self.keep(&all, k)?;
        Ok(json!({ "took": took, "distances": distances, "hops": hops }))
    }

    fn code(&mut self, kind: &str, threads: usize, m: usize, ef_construct: usize) -> Result<Value> {
        let bits = |query| Coding::Binary(BinaryParams { centred: true, query });
        let codes = match kind {
            "bits" => bits(BinaryQuery::Bits),
            "four_bits" => bits(BinaryQuery::FourBits),
            "bytes" => Coding::Scalar { quantile: 1.0 },
            other => bail!("no codes `{other}`"),
        };
        let graph = GraphParams {
            engine: Engine::Hnsw,
            m,
            ef_construct,
            seed: 42,
        };
        let params = DenseParams {
            graph: Some(graph),
            codes: Some(codes),
            ..DenseParams::default()
        };
        let rows = Vectors::from_flat(self.rows.width(), self.rows.flat().to_vec()).context("no rows")?;
        let points: Vec<u32> = (0..rows.len() as u32).collect();
        self.start(threads)?;
        let build = || DenseIndex::build(&rows, &points, rows.len(), params);
        let (index, took) = in_pool(&self.pools[&threads], build);
        let index = self.coded.insert(index?);
        Ok(
            json!({ "took": took, "bytes": index.graph().map(|g| g.bytes), "code_bytes": index.code_bytes(),
            "float_bytes": index.vector_bytes() }),
        )
    }

    fn coded(&self, ef: usize, oversampling: usize, k: usize) -> Result<Value> {
        let index = self.coded.as_ref().context("no codes")?;
        let mut scratch = DenseScratch::default();
        let mut all = Vec::with_capacity(self.queries.len());
        let mut counters = Counters::default();
        let clock = Clock::start();
        for vector in self.queries.rows() {
            let query = DenseQuery {
                vector,
                limit: k,
                ef,
                exact: false,
                scan: false,
                oversampling: oversampling as f64,
                rescore: true,
                filtering: Filtering::None,
            };
            let answer = index.search(&query, &mut scratch)?;
            counters += answer.counters;
            all.push(answer.hits);
        }
        let took = clock.stop();
        self.keep(&all, k)?;
        Ok(
            json!({ "took": took, "distances": counters.code_distances, "rescored": counters.rescored,
            "hops": counters.hops }),
        )
    }

    fn scan(&self, count: usize, k: usize) -> Result<Value> {
        let mut top = TopK::new(k);
        let clock = Clock::start();
        for query in self.queries.rows().take(count) {
            top.reset(k);
            scan::<Dot>(&self.rows, query, None, &mut top);
            std::hint::black_box(top.finish());
        }
        Ok(json!({ "took": clock.stop(), "bytes": self.rows.bytes() * count }))
    }

    /// Writes row ids, `k` for each query; what was not found is the largest number.
    fn keep(&self, found: &[Vec<Hit>], k: usize) -> Result<()> {
        let ids = found
            .iter()
            .flat_map(|hits| (0..k).map(|i| hits.get(i).map_or(u32::MAX, |h| h.point)));
        let bytes: Vec<u8> = ids.flat_map(u32::to_le_bytes).collect();
        Ok(std::fs::write(Path::new(&self.answers), bytes)?)
    }
}

/// Adds up all rows as words, as fast as they come.
fn read(rows: &Rows<f32>) -> u64 {
    let part = rows.flat().len().div_ceil(rayon::current_num_threads());
    let sum = |values: &[f32]| {
        let mut sums = [0u64; 32];
        for chunk in values.as_chunks::<32>().0 {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += u64::from(value.to_bits());
            }
        }
        sums.iter().sum::<u64>()
    };
    rows.flat().par_chunks(part.max(1)).map(sum).sum()
}

/// Runs `job` with the threads of `pool`; returns what it took, too.
fn in_pool<R: Send>(pool: &ThreadPool, job: impl FnOnce() -> R + Send) -> (R, Value) {
    let clock = Clock::start();
    let result = pool.install(job);
    (result, clock.stop())
}

/// Wall time, and processor time of all threads where the system tells (Linux).
struct Clock {
    wall: Instant,
    cpu: Option<f64>,
}

impl Clock {
    fn start() -> Self {
        Self {
            cpu: cpu(),
            wall: Instant::now(),
        }
    }

    fn stop(&self) -> Value {
        let wall = self.wall.elapsed().as_secs_f64();
        let cpu = cpu().zip(self.cpu).map(|(now, then)| now - then);
        json!({ "wall": wall, "cpu": cpu.unwrap_or(wall) })
    }
}

fn cpu() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split(' ').next()?.parse::<f64>().ok()?;
    }
    Some(nanoseconds / 1e9)
}
