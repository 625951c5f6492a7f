//! The contract of every backend, held by this one: always against the test server, and against a real one where
//! `EVALRUN_QDRANT_URL` names it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test says which configuration and which server it is at"
)]

use super::{QdrantBackend, Secret};
use crate::backend::{Backend, contract};
use crate::index::binary::BinaryParams;
use crate::pipeline::server::{Address, QdrantConfig};
use crate::pipeline::{Bits, Graph, IndexConfig, Quantization};
use crate::progress::Silent;
use crate::vectors::Metric;

#[expect(dead_code, reason = "the tests of the wire use the rest of it")]
#[path = "../../../tests/qdrant/server/mod.rs"]
mod server;

use server::{Options, TestServer};

const HNSW: Graph = Graph::Hnsw {
    m: 16,
    ef_construct: 128,
};

/// So small that 240 documents get a graph.
fn config() -> QdrantConfig {
    let mut config = QdrantConfig::default();
    config.collection.indexing_threshold = Some(1);
    config.collection.segments = Some(1);
    config
}

fn on_test_server(config: &IndexConfig, metric: Metric) {
    let server = TestServer::start(Options::default());
    let address = Address {
        url: server.grpc_url(),
        rest: Some(server.rest_url()),
        api_key_env: None,
    };
    holds(&address, None, config, metric);
}

fn holds(address: &Address, key: Option<Secret>, index: &IndexConfig, metric: Metric) {
    let state = tempfile::tempdir().unwrap();
    let backend = QdrantBackend::new(address, key, config(), state.path().to_owned(), &Silent).unwrap();
    contract::holds_for(&backend, index, metric);
    let removed = backend.remove().unwrap();
    assert!(
        removed.iter().all(|name| name.starts_with("evalrun-")),
        "{removed:?}"
    );
}

/// Every configuration that a server has and the contract speaks of.
fn configurations() -> Vec<(&'static str, IndexConfig, Metric)> {
    let of = |graph, quantization| contract::config(graph, quantization);
    let mut two_bits = of(HNSW, Quantization::Binary);
    two_bits.codes.server.bits = Some(Bits::Two);
    let mut asymmetric = of(HNSW, Quantization::Binary);
    asymmetric.codes.binary = BinaryParams {
        query: crate::index::binary::BinaryQuery::FourBits,
        ..BinaryParams::default()
    };
    let mut product = of(HNSW, Quantization::Product);
    product.codes.server.compression = 4;
    vec![
        ("scan", of(Graph::Exact, Quantization::None), Metric::Cosine),
        ("graph", of(HNSW, Quantization::None), Metric::Cosine),
        ("graph, dot", of(HNSW, Quantization::None), Metric::Dot),
        ("graph, L2", of(HNSW, Quantization::None), Metric::L2),
        ("binary codes", of(HNSW, Quantization::Binary), Metric::Cosine),
        ("binary codes of two bits", two_bits, Metric::Cosine),
        ("binary codes, queries of four bits", asymmetric, Metric::Cosine),
        ("scalar codes", of(HNSW, Quantization::Scalar), Metric::Cosine),
        ("product codes", product, Metric::Cosine),
    ]
}

#[test]
fn the_contract_holds_on_the_test_server() {
    for (what, config, metric) in configurations() {
        println!("test server: {what}");
        on_test_server(&config, metric);
    }
}

#[test]
fn the_contract_holds_on_a_real_server() {
    let Some(url) = std::env::var("EVALRUN_QDRANT_URL")
        .ok()
        .filter(|url| !url.is_empty())
    else {
        assert!(
            std::env::var_os("EVALRUN_REQUIRE_QDRANT").is_none(),
            "EVALRUN_REQUIRE_QDRANT is set, and EVALRUN_QDRANT_URL names no server"
        );
        eprintln!("NOTICE: no real server was asked; EVALRUN_QDRANT_URL names none");
        return;
    };
    let address = Address {
        url,
        rest: None,
        api_key_env: None,
    };
    let key = std::env::var("QDRANT_API_KEY").ok().map(Secret::new);
    for (what, config, metric) in configurations() {
        println!("real server: {what}");
        holds(&address, key.clone(), &config, metric);
    }
}
