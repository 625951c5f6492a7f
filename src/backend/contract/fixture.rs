//! A small corpus with everything that can go wrong in it, and the naive answers to its queries.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::backend::Lists;
use crate::backend::{DensePoints, Points, Request};
use crate::filter::{Condition, Filter, Payload, Range, Scalar, Test};
use crate::hit::{Hit, by_rank};
use crate::index::SparseVector;
use crate::index::testing::Rng;
use crate::pipeline::Stage;
use crate::vectors::{Metric, TokenVectors, Vectors};

pub(crate) const DOCUMENTS: usize = 240;
pub(crate) const DIM: usize = 24;
pub(crate) const TOKEN_DIM: usize = 12;
const QUERIES: usize = 12;

/// Documents and queries. Every ninth document lacks the vector `body`, every seventh has no tokens; two documents are
/// twins. The last query has no token.
pub(crate) struct Corpus {
    metric: Metric,
    body: Vectors,
    body_points: Vec<u32>,
    title: Vectors,
    title_points: Vec<u32>,
    words: Vec<SparseVector>,
    tokens: TokenVectors,
    pub(crate) payload: Vec<Payload>,
    pub(crate) queries: Vec<Query>,
}

pub(crate) struct Query {
    pub(crate) dense: Vec<f32>,
    pub(crate) sparse: SparseVector,
    pub(crate) tokens: Vectors,
}

impl Corpus {
    pub(crate) fn new() -> Self {
        Self::compared_by(Metric::Cosine)
    }

    /// The same corpus with vectors for another metric: without that of cosine, they are of any length.
    pub(crate) fn compared_by(metric: Metric) -> Self {
        let mut rng = Rng::new(2024);
        let all: Vec<u32> = (0..DOCUMENTS as u32).collect();
        let body_points: Vec<u32> = all.iter().copied().filter(|p| p % 9 != 4).collect();
        let mut title = rng.units(DOCUMENTS, DIM).as_flat().to_vec();
        // Documents 100 and 200 are twins, so that ties happen.
        title.copy_within(100 * DIM..101 * DIM, 200 * DIM);
        let payload = (0..DOCUMENTS).map(|i| payload(i, &mut rng)).collect();
        let words = (0..DOCUMENTS).map(|i| words(i % 11 != 5, 12, &mut rng)).collect();
        let body = rng.units(body_points.len(), DIM);
        let mut queries: Vec<Query> = (0..QUERIES)
            .map(|_| Query {
                dense: stretched(metric, 2.5, rng.unit(DIM)),
                sparse: words_of_query(&mut rng),
                tokens: Vectors::with_capacity(TOKEN_DIM, 0),
            })
            .collect();
        let any_length = |rows: &[f32]| {
            let row = |(i, row): (usize, &[f32])| stretched(metric, 0.5 + (i % 7) as f32 / 3.0, row.to_vec());
            let flat = rows.chunks(DIM).enumerate().flat_map(row).collect();
            Vectors::from_flat(DIM, flat).unwrap()
        };
        // Drawn last, so that everything else is as it was without them.
        for (query, tokens) in queries.iter_mut().zip((1..QUERIES).map(|i| i.min(5))) {
            query.tokens = rng.units(tokens, TOKEN_DIM);
        }
        let mut tokens = TokenVectors::new(TOKEN_DIM);
        for i in 0..DOCUMENTS {
            let count = if i % 7 == 6 { 0 } else { 1 + i % 4 };
            tokens.push(rng.units(count, TOKEN_DIM).as_flat());
        }
        // The twins, 100 and 200, have to stay equal.
        let mut title = any_length(&title).as_flat().to_vec();
        title.copy_within(100 * DIM..101 * DIM, 200 * DIM);
        Self {
            metric,
            body: any_length(body.as_flat()),
            body_points,
            title_points: all,
            words,
            tokens,
            payload,
            queries,
            title: Vectors::from_flat(DIM, title).unwrap(),
        }
    }

    pub(crate) fn points(&self) -> Points<'_> {
        let body = DensePoints {
            metric: self.metric,
            rows: &self.body,
            points: &self.body_points,
        };
        let title = DensePoints {
            metric: self.metric,
            rows: &self.title,
            points: &self.title_points,
        };
        Points {
            count: DOCUMENTS,
            dense: BTreeMap::from([("body", body), ("title", title)]),
            sparse: BTreeMap::from([("words", self.words.as_slice())]),
            late: BTreeMap::from([("tokens", &self.tokens)]),
            payload: &self.payload,
        }
    }

    pub(crate) fn has_body(&self, point: u32) -> bool {
        self.body_points.contains(&point)
    }

    /// All documents with the vector that pass, best first.
    pub(crate) fn naive_dense(&self, vector: &str, query: &Query, filter: Option<&Filter>) -> Vec<Hit> {
        let points = self.points();
        let rows = points.dense[vector];
        let score = |row: &[f32]| {
            let pairs = row.iter().zip(&query.dense);
            let pairs = pairs.map(|(&a, &b)| (f64::from(a), f64::from(b)));
            match self.metric {
                Metric::Cosine | Metric::Dot => pairs.map(|(a, b)| a * b).sum::<f64>(),
                Metric::L2 => -pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt(),
            }
        };
        let hits = rows.points.iter().enumerate().map(|(row, &point)| Hit {
            point,
            score: score(rows.rows.row(row)) as f32,
        });
        self.best(hits.collect(), filter)
    }

    /// All documents that share a word with the query and pass, best first.
    pub(crate) fn naive_sparse(&self, query: &Query, filter: Option<&Filter>) -> Vec<Hit> {
        let n = DOCUMENTS as f64;
        let mut hits = Vec::new();
        for (words, point) in self.words.iter().zip(0..) {
            let mut shared = Vec::new();
            for (dim, q) in query.sparse.dims.iter().zip(&query.sparse.weights) {
                let df = self.words.iter().filter(|v| v.dims.contains(dim)).count() as f64;
                let idf = (1.0 + (n - df + 0.5) / (df + 0.5)).ln();
                let at = words.dims.iter().position(|d| d == dim);
                shared.extend(at.map(|at| f64::from(*q) * idf * f64::from(words.weights[at])));
            }
            if !shared.is_empty() {
                hits.push(Hit {
                    point,
                    score: shared.iter().sum::<f64>() as f32,
                });
            }
        }
        self.best(hits, filter)
    }

    /// The documents of `hits` that have tokens, with MaxSim as their score, best first; none for a query without tokens.
    pub(crate) fn naive_late(&self, query: &Query, hits: &[Hit]) -> Vec<Hit> {
        let mut scored = Vec::new();
        for hit in hits {
            let rows: Vec<&[f32]> = self.tokens.of(hit.point as usize).chunks(TOKEN_DIM).collect();
            if rows.is_empty() || query.tokens.is_empty() {
                continue;
            }
            let mut sum = 0.0;
            for token in query.tokens.rows() {
                let dot = |row: &&[f32]| -> f64 {
                    let pairs = token.iter().zip(*row);
                    pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
                };
                sum += rows.iter().map(dot).fold(f64::NEG_INFINITY, f64::max);
            }
            scored.push(Hit {
                score: sum as f32,
                ..*hit
            });
        }
        scored.sort_by(by_rank);
        scored
    }

    fn best(&self, mut hits: Vec<Hit>, filter: Option<&Filter>) -> Vec<Hit> {
        hits.retain(|h| filter.is_none_or(|f| f.matches(&self.payload[h.point as usize])));
        hits.sort_by(by_rank);
        hits
    }
}

impl Query {
    pub(crate) fn request<'a>(&'a self, stages: &'a [Stage], filter: Option<&'a Filter>) -> Request<'a> {
        Request {
            stages,
            dense: BTreeMap::from([("body", self.dense.as_slice()), ("title", self.dense.as_slice())]),
            sparse: BTreeMap::from([("words", &self.sparse)]),
            late: BTreeMap::from([("tokens", &self.tokens)]),
            filter,
            lists: Lists::All,
        }
    }
}

/// `row`, times `length` under every metric but cosine.
fn stretched(metric: Metric, length: f32, mut row: Vec<f32>) -> Vec<f32> {
    if metric != Metric::Cosine {
        row.iter_mut().for_each(|x| *x *= length);
    }
    row
}

/// Filters of every shape, with fields that are indexed and one (`fits`) that is not.
pub(crate) fn filters() -> Vec<Filter> {
    let range = |key, range| condition(key, Test::Range(range));
    let dear = Range {
        gt: Some(50.0),
        ..Range::default()
    };
    let middling = Range {
        gte: Some(20.0),
        lt: Some(60.5),
        ..Range::default()
    };
    let must = |must| Filter {
        must,
        ..Filter::default()
    };
    vec![
        must(vec![keyword("brand", "bosch")]),
        must(vec![matches("volt", vec![Scalar::Integer(12)])]),
        must(vec![matches(
            "volt",
            vec![Scalar::Integer(6), Scalar::Integer(24)],
        )]),
        must(vec![range("price", middling)]),
        must(vec![keyword("fits", "golf")]),
        must(vec![
            matches("new", vec![Scalar::Bool(true)]),
            range("price", dear),
        ]),
        Filter {
            must_not: vec![keyword("brand", "bosch"), range("price", middling)],
            ..Filter::default()
        },
        Filter {
            must: vec![range(
                "price",
                Range {
                    lte: Some(90.0),
                    ..Range::default()
                },
            )],
            must_not: vec![keyword("brand", "febi")],
            should: vec![
                matches("volt", vec![Scalar::Integer(12)]),
                keyword("fits", "polo"),
            ],
        },
    ]
}

pub(crate) fn nobody() -> Filter {
    Filter {
        must: vec![keyword("brand", "nobody")],
        ..Filter::default()
    }
}

pub(crate) fn keyword(key: &str, value: &str) -> Condition {
    matches(key, vec![Scalar::Keyword(value.to_owned())])
}

fn matches(key: &str, any: Vec<Scalar>) -> Condition {
    condition(key, Test::Match(any))
}

fn condition(key: &str, test: Test) -> Condition {
    Condition {
        key: key.to_owned(),
        test,
    }
}

fn payload(i: usize, rng: &mut Rng) -> Payload {
    let brand = ["bosch", "febi", "hella"][rng.below(3)];
    let volt = [6, 12, 24][rng.below(3)];
    let price = rng.below(10_000) as f64 / 100.0;
    let fits: Vec<&str> = ["golf", "polo", "a4"]
        .into_iter()
        .filter(|_| rng.below(2) == 0)
        .collect();
    let mut value =
        json!({ "brand": brand, "volt": volt, "price": price, "fits": fits, "new": i.is_multiple_of(3) });
    // Some documents lack a field, and a whole number may be written as a float.
    match i % 13 {
        0 => value["brand"] = Value::Null,
        1 => value["volt"] = json!(12.0),
        2 => value = json!({ "price": 30 }),
        3 => value = json!({}),
        _ => {}
    }
    value.as_object().unwrap().clone()
}

fn words(any: bool, most: usize, rng: &mut Rng) -> SparseVector {
    let mut dims: Vec<u32> = (0..most).map(|_| rng.below(60) as u32).collect();
    dims.truncate(if any { most } else { 0 });
    dims.sort_unstable();
    dims.dedup();
    let weights = dims.iter().map(|_| rng.symmetric().abs() + 0.1).collect();
    SparseVector { dims, weights }
}

/// Three words that occur or not, and one that never does.
fn words_of_query(rng: &mut Rng) -> SparseVector {
    let mut query = words(true, 3, rng);
    query.dims.push(4_000_000);
    query.weights.push(1.0);
    query
}
