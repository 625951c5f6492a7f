//! The index of the embedded backend: what is built, and what it weighs.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::check::graph_params;
use super::payload::PayloadIndex;
use super::search::LocalSearcher;
use crate::backend::{BackendError, Index, IndexStats, Points, Searcher};
use crate::index::IndexError;
use crate::index::dense::{DenseIndex, DenseParams};
use crate::index::sparse::SparseIndex;
use crate::pipeline::{Graph, IndexConfig, Quantization, VectorConfig};

/// A complete index in memory.
pub(super) struct LocalIndex {
    config: IndexConfig,
    count: usize,
    pub(super) dense: BTreeMap<String, DenseIndex>,
    pub(super) sparse: BTreeMap<String, SparseIndex>,
    pub(super) payload: PayloadIndex,
}

impl LocalIndex {
    pub(super) fn new(config: &IndexConfig, points: &Points<'_>) -> Result<Self, BackendError> {
        if points.payload.len() != points.count {
            let (given, count) = (points.payload.len(), points.count);
            return Err(BackendError::Build(format!(
                "{given} payloads for {count} documents"
            )));
        }
        let of_kind = |dense: bool| {
            let is = move |v: &VectorConfig| matches!(v, VectorConfig::Dense { .. }) == dense;
            let named = config.vectors.iter().filter(move |(_, v)| is(v));
            named.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
        };
        let dense = of_kind(true);
        let dense = dense
            .par_iter()
            .map(|name| Ok(((*name).to_owned(), build_dense(config, points, name)?)));
        let sparse = of_kind(false);
        let sparse = sparse
            .par_iter()
            .map(|name| Ok(((*name).to_owned(), build_sparse(points, name)?)));
        Ok(Self {
            config: config.clone(),
            count: points.count,
            dense: dense.collect::<Result<_, BackendError>>()?,
            sparse: sparse.collect::<Result<_, BackendError>>()?,
            payload: PayloadIndex::new(points.payload, &config.payload),
        })
    }

    /// The configuration in words, with everything a reader could wrongly assume.
    fn effective(&self) -> BTreeMap<String, String> {
        let graph = match self.config.graph {
            Graph::Exact => "none: every search is a scan".to_owned(),
            Graph::HnswRs { m, ef_construct } => {
                format!(
                    "hnsw_rs, m {m}, ef_construct {ef_construct}; its layers come from a fixed seed, not the spec's"
                )
            }
        };
        let repeatable = self
            .dense
            .values()
            .all(|d| d.graph().is_none_or(|g| g.repeatable));
        let build = match repeatable {
            true => "one thread per vector, the same every time",
            false => "many threads, differs from build to build",
        };
        let quantization = match self.config.quantization {
            Quantization::None => "none",
            Quantization::Binary => "binary: one bit per dimension, 1 above 0",
        };
        let fields: Vec<&str> = self.payload.fields().collect();
        let mut out = BTreeMap::from([
            ("graph".to_owned(), graph),
            (
                "graph.bytes".to_owned(),
                "links, tables, and the graph's own copy of what it searches".to_owned(),
            ),
            ("graph.build".to_owned(), build.to_owned()),
            (
                "payload.filters_by_document".to_owned(),
                self.payload.evaluated_by_document().to_string(),
            ),
            ("payload.indexed".to_owned(), fields.join(", ")),
            ("quantization".to_owned(), quantization.to_owned()),
        ]);
        for (name, dense) in &self.dense {
            let links = dense
                .graph()
                .map_or_else(String::new, |g| format!(", {} links", g.links));
            let text = format!("{} rows of {} dimensions{links}", dense.len(), dense.dim());
            out.insert(format!("vector.{name}"), text);
        }
        for (name, sparse) in &self.sparse {
            let text = format!(
                "{} dimensions, {} postings",
                sparse.dimensions(),
                sparse.postings()
            );
            out.insert(format!("vector.{name}"), text);
        }
        out
    }
}

impl Index for LocalIndex {
    fn stats(&self) -> Result<IndexStats, BackendError> {
        let dense = || self.dense.values();
        let distinct = |(name, d): (&String, &DenseIndex)| Some((name.clone(), d.codes()?.distinct()));
        Ok(IndexStats {
            points: self.count,
            vector_bytes: dense().map(DenseIndex::vector_bytes).sum(),
            code_bytes: dense().filter_map(DenseIndex::codes).map(|c| c.bytes()).sum(),
            link_bytes: Some(dense().filter_map(DenseIndex::graph).map(|g| g.bytes).sum()),
            sparse_bytes: self.sparse.values().map(SparseIndex::bytes).sum(),
            payload_bytes: self.payload.bytes(),
            distinct_codes: self.dense.iter().filter_map(distinct).collect(),
            effective: self.effective(),
        })
    }

    fn searcher(&self) -> Result<Box<dyn Searcher + '_>, BackendError> {
        Ok(Box::new(LocalSearcher::new(self)))
    }
}

fn build_dense(config: &IndexConfig, points: &Points<'_>, name: &str) -> Result<DenseIndex, BackendError> {
    let given = points.dense.get(name).ok_or_else(|| missing(name))?;
    let params = DenseParams {
        graph: graph_params(config.graph),
        binary: config.quantization == Quantization::Binary,
    };
    DenseIndex::build(given.rows.clone(), given.points, points.count, params).map_err(|e| failed(name, &e))
}

fn build_sparse(points: &Points<'_>, name: &str) -> Result<SparseIndex, BackendError> {
    let given = points.sparse.get(name).ok_or_else(|| missing(name))?;
    if given.len() != points.count {
        let (given, count) = (given.len(), points.count);
        let reason = format!("vector `{name}`: {given} sparse vectors for {count} documents");
        return Err(BackendError::Build(reason));
    }
    SparseIndex::new(given).map_err(|e| failed(name, &e))
}

fn missing(name: &str) -> BackendError {
    BackendError::Build(format!("no data was given for vector `{name}`"))
}

fn failed(name: &str, error: &IndexError) -> BackendError {
    BackendError::Build(format!("vector `{name}`: {error}"))
}
