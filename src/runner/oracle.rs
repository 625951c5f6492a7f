//! Exact neighbours for the dense stages of a run: computed, or found in the cache, and written into the bundle.
//!
//! Ties at the last place are kept, so that a hit can be credited by its score and never by its id alone.

use std::collections::BTreeMap;
use std::path::Path;

use crate::content;
use crate::filter::Filter;
use crate::hit::Hit;
use crate::pipeline::Dense;
use crate::prepare::neighbours::{Exact, Search, cache::find_cached};
use crate::prepare::vector_key;
use crate::progress::{Event, Observer};
use crate::store::{BundleWriter, Parity};

use super::cell::CellContext;
use super::record::with_ids;
use super::{RunError, short};

/// Exact neighbours of one run.
pub(super) struct Oracle<'a> {
    cache: &'a Path,
    watch: &'a dyn Observer,
    /// Keys of those that are in the bundle.
    known: Vec<String>,
    /// Comparisons of indexes elsewhere, by build and search.
    pub(super) parity: BTreeMap<String, Parity>,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(cache: &'a Path, watch: &'a dyn Observer) -> Self {
        Self {
            cache,
            watch,
            known: Vec::new(),
            parity: BTreeMap::new(),
        }
    }

    /// The key of a stage's exact neighbours in the bundle; finds and writes them if they are not there yet.
    pub(super) fn compute(
        &mut self,
        context: &CellContext<'_>,
        stage: &Dense,
        k: usize,
        bundle: &BundleWriter,
    ) -> Result<String, RunError> {
        let vector = vector_key(&context.cell.index.vectors[&stage.vector]);
        let key = short(&content::hash_json(&(
            &context.cell.data,
            &vector,
            &stage.filter,
            k,
        )));
        // Some may have been taken over from an earlier run.
        if !self.known.contains(&key) && !bundle.has_exact(&key) {
            let exact = self.neighbours(context, stage, &vector, k)?;
            let lists: Vec<&[Hit]> = exact.iter().map(|e| e.hits.as_slice()).collect();
            bundle.exact(&key, &with_ids(context, "exact", lists.into_iter()))?;
            self.known.push(key.clone());
        }
        Ok(key)
    }

    /// The stage's filter and each query's are applied by their definition ([`Filter::matches`]) on every document.
    pub(super) fn neighbours(
        &self,
        context: &CellContext<'_>,
        stage: &Dense,
        vector: &str,
        k: usize,
    ) -> Result<Vec<Exact>, RunError> {
        let vectors = &context.prepared.dense[vector];
        let queries = context.data.queries.iter();
        let filters: Vec<Option<Filter>> = queries
            .map(|q| stage.filter.effective(q.filter.as_ref()))
            .collect();
        let search = Search {
            name: &context.cell.data,
            rows: &vectors.rows,
            points: &vectors.points,
            queries: &vectors.queries,
            metric: vectors.metric,
            filters: &filters,
            payload: &context.prepared.payload,
            k,
        };
        let lists = find_cached(&search, self.cache, self.watch)?.lists;
        let cut = lists.iter().filter(|l| l.left_out > 0).count();
        if cut > 0 {
            let note = format!(
                "{}: {cut} queries tie with so many documents that not all of them are kept as exact neighbours",
                context.cell.data
            );
            self.watch.event(Event::Note(&note));
        }
        Ok(lists)
    }
}
