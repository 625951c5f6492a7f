//! Blocks of documents times blocks of queries.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use super::Search;
use super::bound::{Gate, Norms, score};
use super::filters::{Groups, Mask};
use super::pool::Pool;
use crate::progress::{Event, Observer};

/// Queries in one product, at most. More would read the documents less often, but their products would leave the cache.
pub(super) const QUERIES: usize = 256;
/// Documents in one product: with 384 values each they fit into a core's own cache.
const DOCUMENTS: usize = 512;
/// Copying a row out of its place costs about as much as this many products with it.
const COPY: usize = 20;

/// Some queries against a range of documents.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) search: &'a Search<'a>,
    pub(super) groups: &'a Groups<'a>,
    pub(super) documents: &'a Norms,
    pub(super) queries: &'a Norms,
    /// A piece of [`Groups::order`].
    pub(super) members: &'a [usize],
    /// Rows of the documents.
    pub(super) rows: Range<usize>,
}

/// Rows to be multiplied: all of a range, or those that pass a filter.
#[derive(Debug, Clone, Copy)]
enum Rows<'a> {
    Range(usize, usize),
    List(&'a [u32]),
}

/// A query while its neighbours are looked for.
struct Asked<'a> {
    query: usize,
    /// `None`: every row of the pass may be found.
    mask: Option<&'a Mask>,
    pool: Pool,
}

impl Task<'_> {
    /// The best documents of the range for each query.
    ///
    /// Queries with a filter that lets few documents through are compared with copies of these alone; all others share
    /// the products with every document, and look at their filter only where a product is high enough.
    pub(super) fn run(&self, progress: &Progress<'_>) -> Vec<(usize, Pool)> {
        let mut found = Vec::with_capacity(self.members.len());
        let mut together: Vec<(&[usize], Option<Mask>)> = Vec::new();
        let (filters, parts): (Vec<_>, Vec<_>) = self.groups.parts(self.members).unzip();
        let masks = Mask::all(&filters, self.search, self.rows.clone());
        for (part, mask) in parts.into_iter().zip(masks) {
            match mask {
                Some(mask) if copying_pays(mask.count, self.rows.len(), part.len()) => {
                    let rows = mask.rows(self.rows.clone());
                    let asked = part.iter().map(|&q| self.ask(q, None)).collect();
                    found.extend(self.pass(Rows::List(&rows), asked, |_| {}));
                    progress.add(part.len() * self.rows.len());
                }
                mask => together.push((part, mask)),
            }
        }
        let mut asked = Vec::new();
        for (part, mask) in &together {
            asked.extend(part.iter().map(|&q| self.ask(q, mask.as_ref())));
        }
        let all = Rows::Range(self.rows.start, self.rows.end);
        found.extend(self.pass(all, asked, |products| progress.add(products)));
        found
    }

    fn ask<'m>(&self, query: usize, mask: Option<&'m Mask>) -> Asked<'m> {
        let pool = Pool::new(self.search.k);
        Asked { query, mask, pool }
    }

    /// Compares `asked` with `rows`, block by block; `done` is told how many products each block took.
    fn pass(&self, rows: Rows<'_>, mut asked: Vec<Asked<'_>>, done: impl Fn(usize)) -> Vec<(usize, Pool)> {
        if asked.is_empty() {
            return Vec::new();
        }
        let row = |a: &Asked<'_>| self.search.queries.row(a.query);
        let queries: Vec<f32> = asked.iter().flat_map(row).copied().collect();
        let mut products = vec![0.0; asked.len() * DOCUMENTS];
        let mut copies = Vec::new();
        for block in rows.blocks() {
            let documents = self.values(block, &mut copies);
            let products = &mut products[..asked.len() * block.len()];
            self.multiply(&queries, documents, products);
            let squared = (0..block.len()).map(|i| self.documents.squared[block.row(i)]);
            let longest = squared.fold(0.0, f64::max);
            for (asked, products) in asked.iter_mut().zip(products.chunks_exact(block.len())) {
                self.offer(block, longest, asked, products);
            }
            done(products.len());
        }
        asked.into_iter().map(|a| (a.query, a.pool)).collect()
    }

    /// The values of a block, side by side: in place, or copied together.
    fn values<'v>(&'v self, block: Rows<'_>, copies: &'v mut Vec<f32>) -> &'v [f32] {
        let all = self.search.rows;
        match block {
            Rows::Range(start, end) => &all.as_flat()[start * all.dim()..end * all.dim()],
            Rows::List(rows) => {
                copies.clear();
                for row in rows {
                    copies.extend_from_slice(all.row(*row as usize));
                }
                copies
            }
        }
    }

    /// `products[q][d]`, for every query and document given.
    fn multiply(&self, queries: &[f32], documents: &[f32], products: &mut [f32]) {
        let dim = self.search.rows.dim();
        let shape = (queries.len() / dim, documents.len() / dim);
        let queries = ArrayView2::from_shape((shape.0, dim), queries).expect("whole rows");
        let documents = ArrayView2::from_shape((shape.1, dim), documents).expect("whole rows");
        let mut products = ArrayViewMut2::from_shape(shape, products).expect("one per pair");
        general_mat_mul(1.0, &queries, &documents.t(), 0.0, &mut products);
    }

    /// Scores those documents of a block that their product does not rule out.
    fn offer(&self, block: Rows<'_>, longest: f64, asked: &mut Asked<'_>, products: &[f32]) {
        let Search { metric, rows, .. } = *self.search;
        let query = self.search.queries.row(asked.query);
        let squared = self.queries.squared[asked.query];
        let gate = Gate::new(metric, rows.dim(), longest, squared, asked.pool.floor());
        let passes = |i: usize| match gate {
            Gate::Product(least) => products[i] >= least,
            Gate::Centred(least) => {
                f64::from(products[i]) - self.documents.squared[block.row(i)] / 2.0 >= least
            }
        };
        for i in (0..products.len()).filter(|&i| passes(i)) {
            let row = block.row(i);
            if asked.mask.is_none_or(|mask| mask.allows(row)) {
                asked.pool.offer(row as u32, score(metric, rows.row(row), query));
            }
        }
    }
}

impl<'a> Rows<'a> {
    fn len(self) -> usize {
        match self {
            Rows::Range(start, end) => end - start,
            Rows::List(rows) => rows.len(),
        }
    }

    /// The row of the matrix at position `i`.
    fn row(self, i: usize) -> usize {
        match self {
            Rows::Range(start, _) => start + i,
            Rows::List(rows) => rows[i] as usize,
        }
    }

    fn blocks(self) -> impl Iterator<Item = Rows<'a>> {
        (0..self.len()).step_by(DOCUMENTS).map(move |first| {
            let last = self.len().min(first + DOCUMENTS);
            match self {
                Rows::Range(start, _) => Rows::Range(start + first, start + last),
                Rows::List(rows) => Rows::List(&rows[first..last]),
            }
        })
    }
}

/// Whether to copy the `passing` of `all` rows together for `queries` queries, instead of multiplying all of them.
fn copying_pays(passing: usize, all: usize, queries: usize) -> bool {
    passing * (COPY + queries) < all * queries
}

/// Tells whoever watches how far the whole search is, in queries.
pub(super) struct Progress<'a> {
    watch: &'a dyn Observer,
    documents: usize,
    queries: usize,
    products: AtomicUsize,
}

impl<'a> Progress<'a> {
    /// Announces the search.
    pub(super) fn start(search: &Search<'_>, watch: &'a dyn Observer) -> Self {
        let queries = search.queries.len();
        watch.event(Event::Started {
            what: &format!("exact neighbours in {}", search.name),
            total: queries,
            unit: "queries",
        });
        Self {
            watch,
            documents: search.rows.len(),
            queries,
            products: AtomicUsize::new(0),
        }
    }

    /// Notes finished products, and tells of every hundredth of the whole.
    fn add(&self, products: usize) {
        let before = self.products.fetch_add(products, Ordering::Relaxed);
        let percent = |products: usize| products / (self.documents * self.queries).div_ceil(100);
        if percent(before) != percent(before + products) {
            let done = (before + products) / self.documents;
            self.watch.event(Event::Advanced { done });
        }
    }
}
