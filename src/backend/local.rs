//! The embedded backend: the engine of [`crate::index`] under names, with payloads and stages.

mod payload;
mod searcher;

use std::collections::BTreeMap;

use crate::backend::{Backend, BackendError, BackendInfo, Index, IndexStats, Points, Searcher, Unsupported};
use crate::index::dense::{DenseIndex, DenseParams};
use crate::index::graph::{GraphFacts, GraphParams};
use crate::index::sparse::SparseIndex;
use crate::pipeline::{Graph, IndexConfig, Pipeline, Quantization, StageKind, Strategy, VectorConfig};

use payload::PayloadIndex;
use searcher::LocalSearcher;

/// Searches in this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalBackend;

struct LocalIndex {
    points: usize,
    dense: BTreeMap<String, DenseIndex>,
    sparse: BTreeMap<String, SparseIndex>,
    payload: PayloadIndex,
    config: IndexConfig,
}

impl Backend for LocalBackend {
    fn info(&self) -> Result<BackendInfo, BackendError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let details = [
            ("graph engine", "hnsw_rs 0.3".to_owned()),
            ("threads", threads.to_string()),
            ("compiled for", compiled_for().to_owned()),
        ];
        Ok(BackendInfo {
            name: "local".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            details: details.map(|(k, v)| (k.to_owned(), v)).into(),
        })
    }

    fn check(&self, index: &IndexConfig, pipeline: &Pipeline) -> Result<(), Unsupported> {
        for stage in pipeline.backend_part() {
            let StageKind::Dense(dense) = &stage.kind else {
                continue;
            };
            if dense.filter.strategy == Strategy::InGraph && index.graph == Graph::Exact {
                return Err(Unsupported(format!(
                    "stage `{}` filters in the graph, and the index has none; give `index.graph` an `hnsw`",
                    stage.name
                )));
            }
        }
        Ok(())
    }

    fn build(&self, index: &IndexConfig, points: &Points<'_>) -> Result<Box<dyn Index>, BackendError> {
        let mut dense = BTreeMap::new();
        let mut sparse = BTreeMap::new();
        for (name, config) in &index.vectors {
            let missing = |kind| BackendError::NoSuchVector {
                kind,
                name: name.clone(),
            };
            match config {
                VectorConfig::Dense { .. } => {
                    let given = points.dense.get(name.as_str()).ok_or_else(|| missing("dense"))?;
                    let built =
                        DenseIndex::build(given.rows.clone(), given.points, points.count, params(index));
                    dense.insert(name.clone(), built.map_err(|e| failed(name, &e))?);
                }
                VectorConfig::Bm25 { .. } => {
                    let given = points
                        .sparse
                        .get(name.as_str())
                        .ok_or_else(|| missing("sparse"))?;
                    let built = SparseIndex::new(given);
                    sparse.insert(name.clone(), built.map_err(|e| failed(name, &e))?);
                }
            }
        }
        Ok(Box::new(LocalIndex {
            points: points.count,
            dense,
            sparse,
            payload: PayloadIndex::new(points.payload, &index.payload),
            config: index.clone(),
        }))
    }
}

impl Index for LocalIndex {
    fn stats(&self) -> Result<IndexStats, BackendError> {
        let dense = || self.dense.values();
        let graphs: Vec<GraphFacts> = dense().filter_map(DenseIndex::graph).collect();
        let codes = |(name, index): (&String, &DenseIndex)| Some((name.clone(), index.codes()?.distinct()));
        Ok(IndexStats {
            points: self.points,
            vector_bytes: dense().map(DenseIndex::vector_bytes).sum(),
            code_bytes: dense().filter_map(DenseIndex::codes).map(|c| c.bytes()).sum(),
            link_bytes: Some(graphs.iter().map(|g| g.bytes).sum()),
            sparse_bytes: self.sparse.values().map(SparseIndex::bytes).sum(),
            payload_bytes: self.payload.bytes(),
            distinct_codes: self.dense.iter().filter_map(codes).collect(),
            effective: self.effective(&graphs),
        })
    }

    fn searcher(&self) -> Result<Box<dyn Searcher + '_>, BackendError> {
        Ok(Box::new(LocalSearcher::new(self)))
    }
}

impl LocalIndex {
    /// The configuration as it was carried out, for the manifest.
    fn effective(&self, graphs: &[GraphFacts]) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::new();
        let graph = match self.config.graph {
            _ if graphs.is_empty() => "none: every search is a scan".to_owned(),
            Graph::Exact => "none: every search is a scan".to_owned(),
            Graph::HnswRs { m, ef_construct } => {
                let links: usize = graphs.iter().map(|g| g.links).sum();
                let repeatable = graphs.iter().all(|g| g.repeatable);
                let again = if repeatable {
                    "repeatable"
                } else {
                    "differs from build to build"
                };
                format!("hnsw_rs m={m} ef_construct={ef_construct}, {links} links, {again}")
            }
        };
        facts.insert("graph".to_owned(), graph);
        if !self.config.payload.is_empty() {
            facts.insert("payload indexes".to_owned(), self.config.payload.join(", "));
        }
        facts
    }
}

fn params(index: &IndexConfig) -> DenseParams {
    DenseParams {
        graph: match index.graph {
            Graph::Exact => None,
            Graph::HnswRs { m, ef_construct } => Some(GraphParams { m, ef_construct }),
        },
        binary: index.quantization == Quantization::Binary,
    }
}

fn failed(name: &str, error: &crate::index::IndexError) -> BackendError {
    BackendError::Build(format!("vector `{name}`: {error}"))
}

/// The widest vector instructions that the compiler was allowed to use.
fn compiled_for() -> &'static str {
    if cfg!(target_feature = "avx512f") {
        "avx512f"
    } else if cfg!(target_feature = "avx2") {
        "avx2"
    } else if cfg!(target_feature = "neon") {
        "neon"
    } else if cfg!(target_feature = "sse2") {
        "sse2"
    } else {
        "scalar"
    }
}
