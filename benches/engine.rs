//! The hot paths of the embedded engine: `cargo bench --bench engine`.
//!
//! All data is seeded. Vectors are clustered, as embeddings are: uniform ones would make every graph look bad.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use evalrun::filter::Range;
use evalrun::hit::Hit;
use evalrun::index::binary::{BinaryParams, BinaryQuery};
use evalrun::index::bitset::BitSet;
use evalrun::index::dense::{Coding, DenseIndex, DenseParams, DenseQuery, DenseScratch};
use evalrun::index::graph::{Engine, GraphParams};
use evalrun::index::kernel::{PLANES, dot, dot_bytes, hamming, l2, l2_bytes, planes};
use evalrun::index::payload::{Column, FieldValue};
use evalrun::index::sparse::{SparseIndex, SparseScratch};
use evalrun::index::{Filtering, SparseVector};
use evalrun::pipeline::fusion::fuse;
use evalrun::pipeline::{Fusion, Normalize};
use evalrun::vectors::Vectors;

const ROWS: usize = 10_000;
const DIM: usize = 384;
const CLUSTERS: usize = 100;
const GRAPH: GraphParams = GraphParams {
    engine: Engine::Hnsw,
    m: 16,
    ef_construct: 64,
    seed: 42,
};

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

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn symmetric(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// A point near one of `centres`, on the unit sphere.
    fn near(&mut self, centres: &[Vec<f32>]) -> Vec<f32> {
        let centre = &centres[self.below(centres.len())];
        let row: Vec<f32> = centre.iter().map(|x| x + self.symmetric()).collect();
        let norm = dot(&row, &row).sqrt();
        row.iter().map(|x| x / norm).collect()
    }
}

/// Rows and one query.
fn vectors() -> (Vectors, Vec<f32>) {
    let mut rng = Rng(42);
    let centre = |rng: &mut Rng| (0..DIM).map(|_| rng.symmetric()).collect();
    let centres: Vec<Vec<f32>> = (0..CLUSTERS).map(|_| centre(&mut rng)).collect();
    let mut rows = Vectors::with_capacity(DIM, ROWS);
    for _ in 0..ROWS {
        rows.push(&rng.near(&centres));
    }
    (rows, rng.near(&centres))
}

fn distances(c: &mut Criterion) {
    let mut rng = Rng(1);
    let mut row = || -> Vec<f32> { (0..DIM).map(|_| rng.symmetric()).collect() };
    let (a, b) = (row(), row());
    c.bench_function("dot 384", |x| x.iter(|| dot(black_box(&a), black_box(&b))));
    c.bench_function("l2 384", |x| x.iter(|| l2(black_box(&a), black_box(&b))));
    let mut code = || -> Vec<u64> { (0..DIM / 64).map(|_| rng.next()).collect() };
    let (a, b) = (code(), code());
    c.bench_function("hamming 384 bits", |x| {
        x.iter(|| hamming(black_box(&a), black_box(&b)));
    });
    let query: Vec<u64> = (0..PLANES * DIM / 64).map(|_| rng.next()).collect();
    c.bench_function("four bits × 384 bits", |x| {
        x.iter(|| planes(black_box(&query), black_box(&b)));
    });
    let mut bytes = || -> Vec<i8> { (0..DIM).map(|_| rng.next() as i8).collect() };
    let (a, b) = (bytes(), bytes());
    c.bench_function("dot 384 bytes", |x| {
        x.iter(|| dot_bytes(black_box(&a), black_box(&b)))
    });
    c.bench_function("l2 384 bytes", |x| {
        x.iter(|| l2_bytes(black_box(&a), black_box(&b)))
    });
}

fn dense(c: &mut Criterion) {
    let (rows, vector) = vectors();
    let points: Vec<u32> = (0..ROWS as u32).collect();
    let build = |graph, codes| {
        let params = DenseParams {
            graph,
            codes,
            ..DenseParams::default()
        };
        DenseIndex::build(&rows, &points, ROWS, params).expect("good parameters")
    };
    let bits = |query| {
        let centred = false;
        Some(Coding::Binary(BinaryParams { centred, query }))
    };
    let signs = bits(BinaryQuery::Bits);
    let tenth = BitSet::from_iter(ROWS, (0..ROWS as u32).step_by(10));
    let half = BitSet::from_iter(ROWS, (0..ROWS as u32).step_by(2));
    let query = DenseQuery {
        vector: &vector,
        limit: 10,
        ef: 64,
        exact: false,
        scan: false,
        oversampling: 4.0,
        rescore: true,
        filtering: Filtering::None,
    };
    let pre = DenseQuery {
        filtering: Filtering::Pre(&tenth),
        ..query
    };
    let in_graph = DenseQuery {
        filtering: Filtering::InGraph(&tenth),
        ..query
    };
    let in_graph_half = DenseQuery {
        filtering: Filtering::InGraph(&half),
        ..query
    };
    let auto = DenseQuery {
        filtering: Filtering::Auto(&half),
        ..query
    };
    let mut scratch = DenseScratch::default();
    let mut search = |name: &str, index: &DenseIndex, query: &DenseQuery<'_>| {
        c.bench_function(name, |x| x.iter(|| index.search(black_box(query), &mut scratch)));
    };
    let plain = build(None, None);
    search("exact scan 10k", &plain, &query);
    search("exact scan 10k, pre-filter 10 %", &plain, &pre);
    let codes = build(None, signs);
    search("code scan 10k, rescore 40", &codes, &query);
    let graph = build(Some(GRAPH), None);
    search("graph 10k, ef 64", &graph, &query);
    search("graph 10k, ef 64, in-graph filter 10 %", &graph, &in_graph);
    search("graph 10k, ef 64, in-graph filter 50 %", &graph, &in_graph_half);
    search("graph 10k, ef 64, filter 50 % as the engine likes", &graph, &auto);
    let theirs = GraphParams {
        engine: Engine::HnswRs,
        ..GRAPH
    };
    let graph = build(Some(theirs), None);
    search("hnsw_rs graph 10k, ef 64", &graph, &query);
    search(
        "hnsw_rs graph 10k, ef 64, in-graph filter 10 %",
        &graph,
        &in_graph,
    );
    let both = build(Some(GRAPH), signs);
    search("code graph 10k, ef 64, rescore 40", &both, &query);
    let both = build(Some(GRAPH), bits(BinaryQuery::FourBits));
    search("code graph 10k, four-bit query, ef 64, rescore 40", &both, &query);
    let both = build(Some(GRAPH), Some(Coding::Scalar { quantile: 1.0 }));
    search("byte graph 10k, ef 64, rescore 40", &both, &query);
}

/// Filters to sets, by a column of numbers that all differ and by one of ten values.
fn payload(c: &mut Criterion) {
    const POINTS: u32 = 100_000;
    let mut rng = Rng(5);
    let numbers: Vec<i64> = (0..POINTS).map(|_| rng.below(1 << 40) as i64).collect();
    let values = |of: fn(i64) -> i64| {
        (0..)
            .zip(&numbers)
            .map(move |(p, n)| (p, FieldValue::Integer(of(*n))))
    };
    let distinct = Column::new(POINTS as usize, values(|n| n));
    let few = Column::new(POINTS as usize, values(|n| n % 10));
    let half = Range {
        lt: Some((1u64 << 39) as f64),
        ..Range::default()
    };
    let mut set = BitSet::new(POINTS as usize);
    c.bench_function("range over 50 % of 100k points", |x| {
        x.iter(|| {
            set.reset(POINTS as usize);
            distinct.range(black_box(&half), &mut set);
        });
    });
    c.bench_function("value of 10 % of 100k points", |x| {
        x.iter(|| {
            set.reset(POINTS as usize);
            few.matches(black_box(FieldValue::Integer(3)), &mut set);
        });
    });
}

fn sparse(c: &mut Criterion) {
    let mut rng = Rng(7);
    // Word frequencies fall off as in text: the square of a uniform number.
    let mut text = |words: usize| {
        let word = |rng: &mut Rng| (rng.symmetric().powi(2) * 20_000.0) as u32;
        let mut dims: Vec<u32> = (0..words).map(|_| word(&mut rng)).collect();
        dims.sort_unstable();
        dims.dedup();
        let weights = dims.iter().map(|_| 1.0).collect();
        SparseVector { dims, weights }
    };
    let documents: Vec<SparseVector> = (0..ROWS).map(|_| text(60)).collect();
    let index = SparseIndex::new(&documents).expect("well-formed vectors");
    let (query, mut scratch) = (text(8), SparseScratch::default());
    c.bench_function("sparse 10k, 8 words", |x| {
        x.iter(|| index.search(black_box(&query), 100, Filtering::None, &mut scratch));
    });
}

fn fusion(c: &mut Criterion) {
    let mut rng = Rng(9);
    let mut list = || -> Vec<Hit> {
        let hit = |i: usize| Hit {
            point: (i * 7 + rng.below(7)) as u32,
            score: 1.0 / (1.0 + i as f32),
        };
        (0..100).map(hit).collect()
    };
    let (a, b) = (list(), list());
    let methods = [
        (
            "rrf",
            Fusion::Rrf {
                k: 60.0,
                weights: vec![],
            },
        ),
        (
            "weighted min-max",
            Fusion::Weighted {
                weights: vec![0.7, 0.3],
                normalize: Normalize::MinMax,
            },
        ),
        ("dbsf", Fusion::Dbsf { weights: vec![] }),
    ];
    for (name, method) in methods {
        c.bench_function(&format!("fuse 2 × 100 by {name}"), |x| {
            x.iter(|| fuse(&method, black_box(&[&a, &b]), 100));
        });
    }
}

criterion_group!(benches, distances, dense, payload, sparse, fusion);
criterion_main!(benches);
