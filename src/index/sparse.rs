//! An inverted index over sparse vectors; the index applies the inverse document frequency.

mod pruned;
mod stored;

use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::topk::TopK;
use crate::index::{Counters, Filtering, IndexError, SparseVector};
use pruned::{Blocks, Looked, PrunedScratch, Term};

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
    blocks: Blocks,
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
    pruned: PrunedScratch,
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
        let blocks = Blocks::new(&starts, &postings, vectors.len());
        Ok(Self {
            dims,
            idf,
            starts,
            postings,
            blocks,
            count: vectors.len(),
        })
    }

    /// The best `limit` documents that share a dimension with `query`; others are no hits, whatever the limit.
    ///
    /// Blocks of documents that cannot be among them are left out, unless a weight of the query is negative.
    pub fn search(
        &self,
        query: &SparseVector,
        limit: usize,
        filtering: Filtering<'_>,
        scratch: &mut SparseScratch,
    ) -> SparseAnswer {
        let within = match filtering {
            Filtering::Auto(set) | Filtering::Pre(set) | Filtering::InGraph(set) => Some(set),
            Filtering::None | Filtering::Post(_) => None,
        };
        scratch.top.reset(limit);
        let terms: Vec<Term<'_>> = self.terms(query).collect();
        let looked = match terms.iter().all(|term| term.factor >= 0.0) {
            true => self
                .blocks
                .search(&terms, within, &mut scratch.pruned, &mut scratch.top),
            false => self.plain(&terms, within, scratch),
        };
        let mut hits = scratch.top.finish().clone();
        if let Filtering::Post(passes) = filtering {
            hits.retain(|h| passes(h.point));
        }
        let counters = Counters {
            postings: looked.postings,
            candidates: looked.candidates,
            ..Counters::default()
        };
        SparseAnswer { hits, counters }
    }

    /// The dimensions of the query that some document has.
    fn terms<'a>(&'a self, query: &'a SparseVector) -> impl Iterator<Item = Term<'a>> {
        let weights = query.dims.iter().zip(&query.weights);
        weights.filter_map(|(dim, weight)| {
            let at = self.dims.binary_search(dim).ok()?;
            Some(Term {
                at,
                list: &self.postings[self.starts[at]..self.starts[at + 1]],
                factor: weight * self.idf[at],
            })
        })
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
            + self.blocks.bytes()
    }

    /// Offers every document (of `within`, if given) that shares a dimension with the query: what leaving blocks out has
    /// to agree with.
    fn plain(&self, terms: &[Term<'_>], within: Option<&BitSet>, scratch: &mut SparseScratch) -> Looked {
        scratch.begin(self.count);
        let SparseScratch {
            sums,
            stamp,
            touched,
            top,
            ..
        } = scratch;
        let mut looked = Looked::default();
        for term in terms {
            for posting in term.list {
                let sum = &mut sums[posting.point as usize];
                if sum.0 != *stamp {
                    *sum = (*stamp, 0.0);
                    touched.push(posting.point);
                }
                sum.1 += term.factor * posting.weight;
            }
            looked.postings += term.list.len() as u64;
        }
        for &point in touched.iter() {
            if within.is_none_or(|set| set.contains(point)) {
                let score = sums[point as usize].1;
                top.push(Hit { point, score });
                looked.candidates += 1;
            }
        }
        looked
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
mod tests;
