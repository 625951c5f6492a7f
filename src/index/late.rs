//! Late interaction: documents as one vector per token, compared with a query token by token.
//!
//! The rows of all documents lie in one matrix, those of a document side by side. Nothing is searched here: candidates
//! come from another stage and are scored one by one.

use crate::hit::Hit;
use crate::index::kernel::{Dot, Space};
use crate::index::rows::Rows;
use crate::index::{Counters, IndexError};
use crate::vectors::{TokenVectors, Vectors};

/// Rows that are scored at a time; their scores stay in the nearest cache.
const BLOCK: usize = 128;

/// The token vectors of a corpus.
#[derive(Debug)]
pub struct LateIndex {
    rows: Rows<f32>,
    /// Document `i` has the rows from `starts[i]` up to `starts[i + 1]`.
    starts: Vec<usize>,
}

impl LateIndex {
    /// A copy of `docs`, one text for each of `count` points, also those without any token.
    ///
    /// # Errors
    /// When there is another number of texts, no memory, or a value that is not finite.
    pub fn new(docs: &TokenVectors, count: usize) -> Result<Self, IndexError> {
        if docs.len() != count {
            let texts = docs.len();
            return Err(IndexError::Texts { texts, count });
        }
        if let Some(row) = docs
            .rows()
            .rows()
            .position(|row| row.iter().any(|x| !x.is_finite()))
        {
            return Err(IndexError::NotFinite { row });
        }
        let starts = (0..count).map(|i| docs.range(i).start).chain([docs.rows().len()]);
        Ok(Self {
            rows: Rows::of(docs.rows())?,
            starts: starts.collect(),
        })
    }

    /// Values per row.
    pub fn dim(&self) -> usize {
        self.rows.width()
    }

    /// Tokens of all documents.
    pub fn tokens(&self) -> usize {
        self.rows.len()
    }

    /// Bytes held: rows, and where each document's begin.
    pub fn bytes(&self) -> usize {
        self.rows.bytes() + self.starts.len() * size_of::<usize>()
    }

    /// Scores `candidates` by MaxSim (Khattab and Zaharia 2020, equation 3): the sum, over the rows of `query`, of the
    /// largest dot product with any row of the document. Hits come in the order of the candidates; without tokens on
    /// either side there is no score, and no hit.
    ///
    /// The work is every row of the query times every row of every candidate; each comparison reads a row.
    ///
    /// # Panics
    /// When rows of `query` are not [`Self::dim`] long, or a candidate is not there.
    pub fn score(&self, query: &Vectors, candidates: impl Iterator<Item = u32>) -> (Vec<Hit>, Counters) {
        let (mut hits, mut counters) = (Vec::new(), Counters::default());
        for point in candidates {
            let (start, end) = (self.starts[point as usize], self.starts[point as usize + 1]);
            if query.is_empty() || start == end {
                continue;
            }
            let score = query.rows().map(|row| self.best(row, start, end)).sum();
            hits.push(Hit { point, score });
            counters.float_distances += (query.len() * (end - start)) as u64;
        }
        counters.bytes = counters.float_distances * (self.dim() * size_of::<f32>()) as u64;
        counters.rescored = hits.len() as u64;
        (hits, counters)
    }

    /// The largest dot product of `row` with the rows from `start` up to `end`.
    fn best(&self, row: &[f32], start: usize, end: usize) -> f32 {
        let (mut scores, mut best) = ([0.0; BLOCK], f32::NEG_INFINITY);
        for first in (start..end).step_by(BLOCK) {
            let scores = &mut scores[..BLOCK.min(end - first)];
            Dot::block(row, &self.rows, first, scores);
            best = scores.iter().copied().fold(best, f32::max);
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::testing::Rng;

    fn corpus(dim: usize, lengths: &[usize], rng: &mut Rng) -> TokenVectors {
        let mut docs = TokenVectors::new(dim);
        for &length in lengths {
            docs.push(rng.units(length, dim).as_flat());
        }
        docs
    }

    #[test]
    fn each_token_of_the_query_counts_with_its_best_match() {
        let mut docs = TokenVectors::new(2);
        docs.push(&[1.0, 0.0, 0.0, 1.0]);
        docs.push(&[]);
        docs.push(&[0.6, 0.8]);
        let index = LateIndex::new(&docs, 3).unwrap();
        let query = Vectors::from_flat(2, vec![1.0, 0.0, 0.0, 1.0, 0.0, -1.0]).unwrap();
        let (hits, counters) = index.score(&query, [2, 1, 0].into_iter());
        let hit = |point, score| Hit { point, score };
        assert_eq!(hits, [hit(2, 0.6 + 0.8 - 0.8), hit(0, 1.0 + 1.0 + 0.0)]);
        let want = Counters {
            float_distances: 3 + 6,
            bytes: 9 * 2 * 4,
            rescored: 2,
            ..Counters::default()
        };
        assert_eq!(counters, want);
        assert_eq!((index.tokens(), index.bytes()), (3, 3 * 2 * 4 + 4 * 8));
    }

    #[test]
    fn it_is_the_naive_sum_also_beyond_a_block() {
        let mut rng = Rng::new(11);
        let docs = corpus(19, &[1, 40, 0, BLOCK, BLOCK + 1, 300], &mut rng);
        let query = rng.units(7, 19);
        let (hits, _) = LateIndex::new(&docs, 6).unwrap().score(&query, 0..6);
        assert_eq!(hits.iter().map(|h| h.point).collect::<Vec<_>>(), [0, 1, 3, 4, 5]);
        for hit in hits {
            let rows = docs.of(hit.point as usize);
            let dot = |q: &[f32], row: &[f32]| -> f64 {
                let pairs = q.iter().zip(row);
                pairs.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
            };
            let best = |q: &[f32]| {
                rows.chunks(19)
                    .map(|row| dot(q, row))
                    .fold(f64::NEG_INFINITY, f64::max)
            };
            let want: f64 = query.rows().map(best).sum();
            assert!(
                (f64::from(hit.score) - want).abs() < 1e-5,
                "{hit:?} against {want}"
            );
        }
    }

    #[test]
    fn a_query_without_tokens_scores_nothing() {
        let mut rng = Rng::new(3);
        let index = LateIndex::new(&corpus(4, &[2, 3], &mut rng), 2).unwrap();
        let (hits, counters) = index.score(&Vectors::with_capacity(4, 0), 0..2);
        assert!(hits.is_empty());
        assert_eq!(counters, Counters::default());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut docs = TokenVectors::new(1);
        docs.push(&[1.0]);
        assert_eq!(
            LateIndex::new(&docs, 2).unwrap_err(),
            IndexError::Texts { texts: 1, count: 2 }
        );
        docs.push(&[0.5, f32::NAN]);
        assert_eq!(
            LateIndex::new(&docs, 2).unwrap_err(),
            IndexError::NotFinite { row: 2 }
        );
    }
}
