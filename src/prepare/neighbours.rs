//! Exact neighbours of queries: what `knn_recall` is measured against.
//!
//! Nothing here is shared with the engine under test. Float32 products, a block of documents by a block of queries at
//! a time, say which documents cannot be among the nearest (`bound` has the proof); all others are scored in float64,
//! and those scores alone decide. So the result is the same on every machine and with any number of threads.

mod address;
mod bound;
pub mod cache;
mod filters;
mod pool;
mod scan;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use rayon::prelude::*;

use crate::filter::{Filter, Payload};
use crate::hit::Hit;
use crate::progress::{Event, Observer};
use crate::vectors::{Metric, Vectors};

use bound::Norms;
use filters::Groups;
use pool::Pool;
use scan::{Progress, Task};

/// Whose neighbours are looked for, and among what.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// What the work is called in progress, for instance the data set.
    pub name: &'a str,
    /// Documents, one row each.
    pub rows: &'a Vectors,
    /// The point of each row, ascending and distinct.
    pub points: &'a [u32],
    /// One row per query, as wide as `rows`.
    pub queries: &'a Vectors,
    /// How two rows are compared. Under [`Metric::Cosine`] both sides are L2-normalised already.
    pub metric: Metric,
    /// One entry per query, or none at all when no query is filtered.
    pub filters: &'a [Option<Filter>],
    /// What the filters look at, by point; may be empty when no query is filtered.
    pub payload: &'a [Payload],
    /// How many neighbours.
    pub k: usize,
}

/// The neighbours of one query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exact {
    /// In rank order. More than `k` when documents tie with the k-th, fewer when the filter leaves fewer.
    pub hits: Vec<Hit>,
    /// Further documents that tie with the k-th and were left out to spare memory, at most so many. They rank behind
    /// all of `hits`.
    pub left_out: usize,
}

/// Why exact neighbours could not be had.
#[derive(Debug, thiserror::Error)]
pub enum NeighboursError {
    /// A value that cannot be compared.
    #[error("{of} vector in row {row} (from 0) has a value that is not a finite number; remove or repair it")]
    NotFinite {
        /// "document" or "query".
        of: &'static str,
        /// The first such row, from 0.
        row: usize,
    },
    /// A vector so long that float32 products overflow.
    #[error(
        "{of} vector in row {row} (from 0) has length {length:.1e}; lengths beyond 1e18 overflow, scale all vectors"
    )]
    TooLong {
        /// "document" or "query".
        of: &'static str,
        /// The first such row, from 0.
        row: usize,
        /// Its length.
        length: f64,
    },
    /// The cache file could not be read or written.
    #[error("cache file `{}`: {source}", path.display())]
    Cache {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The exact neighbours of every query, in the order of the queries.
///
/// A hit's score is the float64 score rounded to float32: the dot product, or the negated Euclidean distance. Every
/// document is in the list whose score is at least that of the k-th less [`crate::hit::TOLERANCE`] × max(1, |that score|), up to
/// 10 k + 1,000 documents.
///
/// # Errors
/// When a value is not finite, or a vector longer than 1e18.
///
/// # Panics
/// When the parts of `search` do not fit together: a programming error.
pub fn find(search: &Search<'_>, watch: &dyn Observer) -> Result<Vec<Exact>, NeighboursError> {
    let queries = search.queries.len();
    assert_eq!(search.rows.len(), search.points.len(), "one point per row");
    assert!(
        search.filters.is_empty() || search.filters.len() == queries,
        "one filter per query"
    );
    let documents = Norms::of(search.rows, "document")?;
    let asked = Norms::of(search.queries, "query")?;
    if search.k == 0 || search.rows.is_empty() || queries == 0 {
        return Ok(vec![Exact::default(); queries]);
    }
    assert_eq!(search.rows.dim(), search.queries.dim(), "values per row");
    let groups = Groups::of(search.filters, queries);
    let progress = Progress::start(search, watch);
    let tasks = tasks(search, &groups, &documents, &asked);
    let found: Vec<Vec<(usize, Pool)>> = tasks.into_par_iter().map(|t| t.run(&progress)).collect();
    watch.event(Event::Finished);
    Ok(merged(search, found))
}

/// Blocks of queries, so that a block of documents is read once for many; with fewer queries than threads, documents
/// are divided too. How the work is cut changes nothing in the result.
fn tasks<'a>(
    search: &'a Search<'a>,
    groups: &'a Groups<'a>,
    documents: &'a Norms,
    queries: &'a Norms,
) -> Vec<Task<'a>> {
    let threads = rayon::current_num_threads();
    let size = search.queries.len().div_ceil(2 * threads).clamp(1, scan::QUERIES);
    let stripes = threads.div_ceil(search.queries.len().div_ceil(size));
    let stripe = search.rows.len().div_ceil(stripes);
    let mut tasks = Vec::new();
    for members in groups.order.chunks(size) {
        for start in (0..search.rows.len()).step_by(stripe) {
            tasks.push(Task {
                search,
                groups,
                documents,
                queries,
                members,
                rows: start..search.rows.len().min(start + stripe),
            });
        }
    }
    tasks
}

/// Joins what the stripes of documents gave for each query.
fn merged(search: &Search<'_>, found: Vec<Vec<(usize, Pool)>>) -> Vec<Exact> {
    let mut pools: Vec<Option<Pool>> = (0..search.queries.len()).map(|_| None).collect();
    for (query, pool) in found.into_iter().flatten() {
        match &mut pools[query] {
            Some(known) => known.merge(pool),
            empty => *empty = Some(pool),
        }
    }
    let finish = |pool: Option<Pool>| pool.map_or_else(Exact::default, |p| p.finish(search.points));
    pools.into_par_iter().map(finish).collect()
}
