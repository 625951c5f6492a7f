//! The embedded backend: [`crate::index`] behind the seam, in the same process and on the caller's thread.

mod build;
mod check;
mod payload;
mod search;
mod simd;
mod stored;

use std::collections::BTreeMap;
use std::path::Path;

use crate::backend::{Backend, BackendError, BackendInfo, Index, Points, Unsupported};
use crate::index::kernel::Level;
use crate::pipeline::{IndexConfig, Pipeline};

/// The version of the graph crate in `Cargo.lock`, which it does not tell itself; a test compares the two.
const HNSW_RS: &str = "0.3.5";

/// Builds indexes in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalBackend;

impl Backend for LocalBackend {
    fn info(&self) -> Result<BackendInfo, BackendError> {
        let details = [
            ("hnsw_rs", HNSW_RS.to_owned()),
            ("kernels", Level::detected().name().to_owned()),
            ("threads", rayon::current_num_threads().to_string()),
            ("simd.compiled", simd::compiled().join(" ")),
            ("simd.detected", simd::detected().join(" ")),
        ];
        Ok(BackendInfo {
            name: "local".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            details: BTreeMap::from(details.map(|(k, v)| (k.to_owned(), v))),
        })
    }

    fn check(&self, index: &IndexConfig, pipeline: &Pipeline) -> Result<(), Unsupported> {
        check::check(index, pipeline).map_err(Unsupported)
    }

    /// Dense vectors are built side by side, each with as many threads as are free.
    fn build(&self, index: &IndexConfig, points: &Points<'_>) -> Result<Box<dyn Index>, BackendError> {
        let built = build::LocalIndex::new(index, points)?;
        Ok(Box::new(if index.on_disk { built.on_disk()? } else { built }))
    }
}

impl LocalBackend {
    /// Builds an index and writes it to `path`; returns the bytes of the file. It is in memory while it is built.
    ///
    /// # Errors
    /// As [`Backend::build`], and [`BackendError::File`] when it cannot be written.
    pub fn build_file(
        &self,
        index: &IndexConfig,
        points: &Points<'_>,
        path: &Path,
    ) -> Result<u64, BackendError> {
        if !points.late.is_empty() {
            let reason = "token vectors have no place in a file; leave the `late` vectors out".to_owned();
            return Err(BackendError::Build(reason));
        }
        Ok(build::LocalIndex::new(index, points)?.save(path)?)
    }

    /// Opens what [`Self::build_file`] wrote. With `on_disk`, float vectors stay in the file and are read where hits are
    /// scored again.
    ///
    /// # Errors
    /// [`BackendError::File`] when the file was cut off or altered, with the place, or is no index.
    pub fn open(&self, path: &Path, on_disk: bool) -> Result<Box<dyn Index>, BackendError> {
        Ok(Box::new(build::LocalIndex::open(path, on_disk)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::contract;
    use crate::index::binary::{BinaryParams, BinaryQuery};
    use crate::pipeline::{Graph, Quantization};
    use crate::vectors::Metric;

    const HNSW: Graph = Graph::Hnsw {
        m: 16,
        ef_construct: 128,
    };
    const HNSW_RS_GRAPH: Graph = Graph::HnswRs {
        m: 16,
        ef_construct: 128,
    };

    #[test]
    fn the_contract_holds_for_a_scan() {
        contract::holds(&LocalBackend, Graph::Exact, Quantization::None);
    }

    #[test]
    fn the_contract_holds_for_a_scan_of_codes() {
        contract::holds(&LocalBackend, Graph::Exact, Quantization::Binary);
    }

    #[test]
    fn the_contract_holds_for_a_graph() {
        contract::holds(&LocalBackend, HNSW, Quantization::None);
    }

    #[test]
    fn the_contract_holds_for_a_graph_over_codes() {
        contract::holds(&LocalBackend, HNSW, Quantization::Binary);
    }

    #[test]
    fn the_contract_holds_for_the_graph_of_hnsw_rs() {
        contract::holds(&LocalBackend, HNSW_RS_GRAPH, Quantization::None);
        contract::holds(&LocalBackend, HNSW_RS_GRAPH, Quantization::Binary);
    }

    #[test]
    fn the_contract_holds_for_scalar_codes() {
        contract::holds(&LocalBackend, Graph::Exact, Quantization::Scalar);
        contract::holds(&LocalBackend, HNSW, Quantization::Scalar);
    }

    #[test]
    fn the_contract_holds_for_centred_codes_and_queries_of_four_bits() {
        for (centred, query) in [(true, BinaryQuery::Bits), (true, BinaryQuery::FourBits)] {
            for graph in [Graph::Exact, HNSW] {
                let mut config = contract::config(graph, Quantization::Binary);
                config.codes.binary = BinaryParams { centred, query };
                contract::holds_for(&LocalBackend, &config, Metric::Cosine);
            }
        }
    }

    #[test]
    fn the_contract_holds_for_every_metric() {
        for metric in [Metric::Dot, Metric::L2] {
            for quantization in [Quantization::None, Quantization::Binary, Quantization::Scalar] {
                for graph in [Graph::Exact, HNSW] {
                    let config = contract::config(graph, quantization);
                    contract::holds_for(&LocalBackend, &config, metric);
                }
            }
        }
    }

    #[test]
    fn the_graph_of_hnsw_rs_finds_the_nearest_by_distance() {
        // A full beam of that graph can miss a row of unusual length, so the whole contract is too much to ask.
        let corpus = contract::fixture::Corpus::compared_by(Metric::L2);
        let config = contract::config(HNSW_RS_GRAPH, Quantization::None);
        let index = LocalBackend.build(&config, &corpus.points()).unwrap();
        let stages = [contract::dense("d", "body", 10)];
        for query in &corpus.queries {
            let got = index
                .searcher()
                .unwrap()
                .search(&query.request(&stages, None))
                .unwrap();
            let want = corpus.naive_dense("body", query, None);
            assert_eq!(got[0].hits[0].point, want[0].point);
            assert!((got[0].hits[0].score - want[0].score).abs() < 1e-4);
        }
    }

    #[test]
    fn the_graph_of_hnsw_rs_refuses_dot_products() {
        let corpus = contract::fixture::Corpus::compared_by(Metric::Dot);
        let config = contract::config(HNSW_RS_GRAPH, Quantization::None);
        let error = LocalBackend.build(&config, &corpus.points()).err().unwrap();
        assert_eq!(
            error.to_string(),
            "building the index: vector `body` is compared by dot product, which `hnsw_rs` cannot; use `hnsw`"
        );
    }

    #[test]
    fn the_version_of_the_graph_crate_is_the_locked_one() {
        let lock = include_str!("../../Cargo.lock");
        let entry = format!("name = \"hnsw_rs\"\nversion = \"{HNSW_RS}\"\n");
        assert!(lock.contains(&entry), "Cargo.lock has another version of hnsw_rs");
    }

    #[test]
    fn the_backend_says_who_it_is() {
        let info = LocalBackend.info().unwrap();
        assert_eq!(
            (info.name.as_str(), info.version.as_str()),
            ("local", env!("CARGO_PKG_VERSION"))
        );
        let keys: Vec<&str> = info.details.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            ["hnsw_rs", "kernels", "simd.compiled", "simd.detected", "threads"]
        );
        assert_ne!(info.details["threads"], "0");
    }
}
