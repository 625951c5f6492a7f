//! An inverted index over sparse vectors; the index applies the inverse document frequency.

use crate::hit::Hit;
use crate::index::topk::TopK;
use crate::index::{Counters, Filtering, IndexError, SparseVector};

/// Posting lists by dimension.
///
/// The score of a document is Σ (q × idf) × d over the dimensions it shares with the query, added in float32 in
/// ascending order of dimensions, with
/// `idf = ln(1 + (N − df + 0.5) / (df + 0.5))` (Robertson and Zaragoza 2009 with Lucene's 1 + inside the logarithm;
/// Qdrant's `Modifier::Idf` is the same). N counts all documents of the corpus, also those without this vector.
#[derive(Debug, Clone)]
pub struct SparseIndex {
    /// Ascending.
    dims: Vec<u32>,
    /// Of each dimension.
    idf: Vec<f32>,
    /// Where each dimension's postings begin, and the end of the last.
    starts: Vec<usize>,
    postings: Vec<Posting>,
    /// Documents of the corpus.
    count: usize,
}

#[derive(Debug, Clone, Copy)]
struct Posting {
    point: u32,
    weight: f32,
}

/// A sparse query's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseAnswer {
    /// In rank order.
    pub hits: Vec<Hit>,
    /// Postings and candidates.
    pub counters: Counters,
}

/// Memory of a sparse search, used again by the next.
#[derive(Debug, Default)]
pub struct SparseScratch {
    /// The running score of each point, valid where its stamp is the current one.
    sums: Vec<(u32, f32)>,
    stamp: u32,
    touched: Vec<u32>,
    top: TopK,
}

impl SparseIndex {
    /// Indexes one vector per document.
    ///
    /// # Errors
    /// [`IndexError::Sparse`] when dimensions are not ascending and distinct with one finite weight each.
    pub fn new(vectors: &[SparseVector]) -> Result<Self, IndexError> {
        for (point, v) in vectors.iter().enumerate() {
            let ascending = v.dims.is_sorted_by(|a, b| a < b);
            if !ascending || v.dims.len() != v.weights.len() || !v.weights.iter().all(|w| w.is_finite()) {
                return Err(IndexError::Sparse { point });
            }
        }
        let mut dims: Vec<u32> = vectors.iter().flat_map(|v| &v.dims).copied().collect();
        dims.sort_unstable();
        dims.dedup();
        let starts = starts(&dims, vectors);
        let postings = postings(&dims, &starts, vectors);
        let df = starts.windows(2).map(|w| w[1] - w[0]);
        let idf = df.map(|df| idf(vectors.len(), df)).collect();
        dims.shrink_to_fit();
        Ok(Self {
            dims,
            idf,
            starts,
            postings,
            count: vectors.len(),
        })
    }

    /// The best `limit` documents that share a dimension with `query`; others are no hits, whatever the limit.
    pub fn search(
        &self,
        query: &SparseVector,
        limit: usize,
        filtering: Filtering<'_>,
        scratch: &mut SparseScratch,
    ) -> SparseAnswer {
        let postings = self.accumulate(query, scratch);
        let within = match filtering {
            Filtering::Auto(set) | Filtering::Pre(set) | Filtering::InGraph(set) => Some(set),
            Filtering::None | Filtering::Post(_) => None,
        };
        let SparseScratch {
            sums, touched, top, ..
        } = scratch;
        top.reset(limit);
        let mut candidates = 0;
        for &point in touched.iter() {
            if within.is_none_or(|set| set.contains(point)) {
                let score = sums[point as usize].1;
                top.push(Hit { point, score });
                candidates += 1;
            }
        }
        let mut hits = top.finish().clone();
        if let Filtering::Post(passes) = filtering {
            hits.retain(|h| passes(h.point));
        }
        let counters = Counters {
            postings,
            candidates,
            ..Counters::default()
        };
        SparseAnswer { hits, counters }
    }

    /// Dimensions that some document has.
    pub fn dimensions(&self) -> usize {
        self.dims.len()
    }

    /// Postings in all lists.
    pub fn postings(&self) -> usize {
        self.postings.len()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.dims.capacity() * size_of::<u32>()
            + self.idf.capacity() * size_of::<f32>()
            + self.starts.capacity() * size_of::<usize>()
            + self.postings.capacity() * size_of::<Posting>()
    }

    /// Sums up the scores of all documents that share a dimension with `query`; returns the postings read.
    fn accumulate(&self, query: &SparseVector, scratch: &mut SparseScratch) -> u64 {
        scratch.begin(self.count);
        let SparseScratch {
            sums, stamp, touched, ..
        } = scratch;
        let mut read = 0;
        for (dim, weight) in query.dims.iter().zip(&query.weights) {
            let Ok(at) = self.dims.binary_search(dim) else {
                continue;
            };
            let factor = weight * self.idf[at];
            let list = &self.postings[self.starts[at]..self.starts[at + 1]];
            for posting in list {
                let sum = &mut sums[posting.point as usize];
                if sum.0 != *stamp {
                    *sum = (*stamp, 0.0);
                    touched.push(posting.point);
                }
                sum.1 += factor * posting.weight;
            }
            read += list.len() as u64;
        }
        read
    }
}

impl SparseScratch {
    /// Makes room for `count` points and declares all sums void.
    fn begin(&mut self, count: usize) {
        self.touched.clear();
        if self.sums.len() < count {
            self.sums.resize(count, (0, 0.0));
        }
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.sums.fill((0, 0.0));
            self.stamp = 1;
        }
    }
}

/// `ln(1 + (n − df + 0.5) / (df + 0.5))`.
fn idf(n: usize, df: usize) -> f32 {
    let (n, df) = (n as f64, df as f64);
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln() as f32
}

fn starts(dims: &[u32], vectors: &[SparseVector]) -> Vec<usize> {
    let mut starts = vec![0; dims.len() + 1];
    for dim in vectors.iter().flat_map(|v| &v.dims) {
        starts[position(dims, *dim) + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    starts
}

fn postings(dims: &[u32], starts: &[usize], vectors: &[SparseVector]) -> Vec<Posting> {
    let mut next = starts.to_vec();
    let mut postings = vec![
        Posting {
            point: 0,
            weight: 0.0
        };
        starts[dims.len()]
    ];
    for (point, vector) in vectors.iter().enumerate() {
        for (dim, &weight) in vector.dims.iter().zip(&vector.weights) {
            let slot = &mut next[position(dims, *dim)];
            postings[*slot] = Posting {
                point: point as u32,
                weight,
            };
            *slot += 1;
        }
    }
    postings
}

fn position(dims: &[u32], dim: u32) -> usize {
    dims.binary_search(&dim).expect("every dimension was collected")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::rank;
    use crate::index::bitset::BitSet;
    use crate::index::testing::Rng;

    fn sparse(pairs: &[(u32, f32)]) -> SparseVector {
        SparseVector {
            dims: pairs.iter().map(|p| p.0).collect(),
            weights: pairs.iter().map(|p| p.1).collect(),
        }
    }

    fn search(
        index: &SparseIndex,
        query: &SparseVector,
        limit: usize,
        filtering: Filtering<'_>,
    ) -> SparseAnswer {
        index.search(query, limit, filtering, &mut SparseScratch::default())
    }

    #[test]
    fn scores_are_weights_times_inverse_document_frequency() {
        let index =
            SparseIndex::new(&[sparse(&[(3, 1.0), (9, 2.0)]), sparse(&[(9, 1.0)]), sparse(&[])]).unwrap();
        let got = search(
            &index,
            &sparse(&[(3, 1.0), (7, 5.0), (9, 2.0)]),
            10,
            Filtering::None,
        );
        // N = 3; df(3) = 1: ln(1 + 2.5/1.5); df(9) = 2: ln(1 + 1.5/2.5). Dimension 7 is unknown.
        let (rare, common) = ((8.0f64 / 3.0).ln() as f32, 1.6f64.ln() as f32);
        let want = [
            Hit {
                point: 0,
                score: rare + 2.0 * common * 2.0,
            },
            Hit {
                point: 1,
                score: 2.0 * common,
            },
        ];
        assert_eq!(got.hits, want);
        assert_eq!((got.counters.postings, got.counters.candidates), (3, 2));
    }

    #[test]
    fn filters_before_and_after_differ_when_the_limit_cuts() {
        let vectors: Vec<_> = (1..=4).map(|w| sparse(&[(0, w as f32)])).collect();
        let index = SparseIndex::new(&vectors).unwrap();
        let allowed = BitSet::from_iter(4, [0, 1]);
        let query = sparse(&[(0, 1.0)]);
        let points = |f| -> Vec<u32> {
            let hits = search(&index, &query, 2, f).hits;
            hits.iter().map(|h| h.point).collect()
        };
        assert_eq!(points(Filtering::None), [3, 2]);
        assert_eq!(points(Filtering::Pre(&allowed)), [1, 0]);
        assert_eq!(points(Filtering::Auto(&allowed)), [1, 0]);
        assert!(points(Filtering::Post(&|p| p < 2)).is_empty());
        assert_eq!(points(Filtering::Post(&|p| p == 2)), [2]);
    }

    #[test]
    fn agrees_with_a_naive_sum_to_the_bit_and_reuses_its_memory() {
        let mut rng = Rng::new(21);
        let mut random = |most: usize| {
            let mut dims: Vec<u32> = (0..rng.below(most + 1)).map(|_| rng.below(30) as u32).collect();
            dims.sort_unstable();
            dims.dedup();
            let weights = dims.iter().map(|_| rng.symmetric()).collect();
            SparseVector { dims, weights }
        };
        let vectors: Vec<_> = (0..200).map(|_| random(12)).collect();
        let index = SparseIndex::new(&vectors).unwrap();
        let mut scratch = SparseScratch::default();
        for _ in 0..50 {
            let query = random(6);
            let got = index.search(&query, 20, Filtering::None, &mut scratch);
            assert_eq!(got.hits, naive(&vectors, &query, 20));
        }
    }

    /// Document by document, straight from the definition.
    fn naive(vectors: &[SparseVector], query: &SparseVector, limit: usize) -> Vec<Hit> {
        let weight = |v: &SparseVector, dim: u32| v.dims.iter().position(|&d| d == dim).map(|i| v.weights[i]);
        let mut hits = Vec::new();
        for (point, v) in vectors.iter().enumerate() {
            let mut score = None;
            for (&dim, q) in query.dims.iter().zip(&query.weights) {
                let df = vectors.iter().filter(|v| v.dims.contains(&dim)).count();
                if let Some(d) = weight(v, dim) {
                    score = Some(score.unwrap_or(0.0) + q * idf(vectors.len(), df) * d);
                }
            }
            hits.extend(score.map(|score| Hit {
                point: point as u32,
                score,
            }));
        }
        rank(&mut hits, limit);
        hits
    }

    #[test]
    fn an_empty_corpus_and_an_empty_query_answer_nothing() {
        let none = SparseIndex::new(&[]).unwrap();
        assert!(
            search(&none, &sparse(&[(1, 1.0)]), 5, Filtering::None)
                .hits
                .is_empty()
        );
        let one = SparseIndex::new(&[sparse(&[(1, 1.0)])]).unwrap();
        assert!(search(&one, &sparse(&[]), 5, Filtering::None).hits.is_empty());
    }

    #[test]
    fn malformed_vectors_are_refused_with_their_point() {
        for bad in [
            sparse(&[(2, 1.0), (1, 1.0)]),
            sparse(&[(1, 1.0), (1, 1.0)]),
            sparse(&[(1, f32::NAN)]),
            SparseVector {
                dims: vec![1],
                weights: vec![],
            },
        ] {
            let got = SparseIndex::new(&[sparse(&[]), bad]).unwrap_err();
            assert_eq!(got, IndexError::Sparse { point: 1 });
        }
    }
}
