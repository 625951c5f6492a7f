//! What the server made of the collection: read back, and held against what was asked for.

use std::collections::{BTreeMap, HashMap};

use qdrant_client::qdrant::{
    CollectionConfig, CollectionInfo, VectorParams, quantization_config, vectors_config,
};

use super::Server;
use super::collection::Collection;
use super::ready::Ready;
use crate::backend::{Doubt, IndexStats, Points};
use crate::index::SparseVector;
use crate::pipeline::server::QdrantConfig;
use crate::pipeline::{Graph, Quantization};

/// Sizes, the configuration as the server has it, and what is doubtful about it.
pub(super) fn stats(
    server: &Server,
    collection: &Collection,
    config: &QdrantConfig,
    points: &Points<'_>,
    ready: &Ready,
    reused: bool,
) -> IndexStats {
    let info = &ready.info;
    let mut effective = read_back(info);
    effective.insert("collection".to_owned(), collection.name.clone());
    let made = if reused { "reused" } else { "uploaded by this run" };
    effective.insert("collection.made".to_owned(), made.to_owned());
    effective.insert(
        "indexing.waited".to_owned(),
        format!("{:.1} s", ready.took.as_secs_f64()),
    );
    effective.insert(
        "fusion".to_owned(),
        format!("{:?}", config.search.fusion).to_lowercase(),
    );
    for (field, why) in &collection.unindexed {
        effective.insert(format!("payload.{field}"), format!("no index: {why}"));
    }
    // For the record alone; a server that hides them can be measured all the same.
    effective.extend(
        server
            .rest
            .shards(&collection.name)
            .ok()
            .map(|s| ("shards.placed".to_owned(), s)),
    );
    for (name, bytes) in server.rest.memory().unwrap_or_default() {
        effective.insert(format!("server.{name}"), bytes.to_string());
    }
    let floats: usize = points
        .dense
        .values()
        .map(|d| d.rows.len() * d.rows.dim() * size_of::<f32>())
        .sum();
    let indexed = server.rest.indexed(&collection.name).ok();
    for (name, (done, all)) in indexed.iter().flatten() {
        effective.insert(format!("indexed.{name}"), format!("{done} of {all}"));
    }
    let doubts = doubts(collection, info, indexed.as_ref());
    IndexStats {
        points: collection.points,
        // What was uploaded; the server's own memory stands in `effective`, as it tells it.
        vector_bytes: floats,
        code_bytes: code_bytes(collection, points),
        link_bytes: None,
        sparse_bytes: points
            .sparse
            .values()
            .flat_map(|v| v.iter())
            .map(sparse_bytes)
            .sum(),
        token_bytes: points.late.values().map(|tokens| tokens.rows().bytes()).sum(),
        payload_bytes: 0,
        distinct_codes: BTreeMap::new(),
        effective,
        doubts,
    }
}

fn sparse_bytes(vector: &SparseVector) -> usize {
    vector.dims.len() * (size_of::<u32>() + size_of::<f32>())
}

/// Bytes of codes by their definition: what a server adds to them it does not tell.
fn code_bytes(collection: &Collection, points: &Points<'_>) -> usize {
    let codes = collection.index.codes.server;
    let bits = |usual: f64| codes.bits.map_or(usual, |b| b.name().parse().unwrap_or(usual));
    let per_value = match collection.index.quantization {
        Quantization::None => 0.0,
        Quantization::Binary => bits(1.0) / 8.0,
        Quantization::Scalar => 1.0,
        Quantization::Product => 4.0 / f64::from(codes.compression.max(1)),
        Quantization::Turbo => bits(4.0) / 8.0,
    };
    let values: usize = points.dense.values().map(|d| d.rows.len() * d.rows.dim()).sum();
    (values as f64 * per_value).ceil() as usize
}

/// The configuration in the server's own words.
pub(super) fn read_back(info: &CollectionInfo) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    let mut add = |name: &str, value: Option<String>| {
        facts.extend(value.map(|v| (name.to_owned(), v)));
    };
    let number = |n: Option<u64>| n.map(|n| n.to_string());
    add("segments", Some(info.segments_count.to_string()));
    add("indexed_vectors", number(info.indexed_vectors_count));
    add("points", number(info.points_count));
    let config = info.config.clone().unwrap_or_default();
    if let Some(graph) = &config.hnsw_config {
        add("graph.m", number(graph.m));
        add("graph.ef_construct", number(graph.ef_construct));
        add("graph.full_scan_threshold", number(graph.full_scan_threshold));
        add("graph.payload_m", number(graph.payload_m));
    }
    if let Some(optimizer) = &config.optimizer_config {
        add("indexing_threshold", number(optimizer.indexing_threshold));
        add("segments.aim", number(optimizer.default_segment_number));
    }
    if let Some(params) = &config.params {
        add("shards", Some(params.shard_number.to_string()));
        add("replicas", params.replication_factor.map(|n| n.to_string()));
        add(
            "write_consistency",
            params.write_consistency_factor.map(|n| n.to_string()),
        );
    }
    add("quantization", Some(quantization(&config)));
    let mut fields: Vec<&str> = info.payload_schema.keys().map(String::as_str).collect();
    fields.sort_unstable();
    add("payload.indexes", Some(fields.join(", ")));
    facts
}

fn quantization(config: &CollectionConfig) -> String {
    use quantization_config::Quantization as Theirs;
    let of_vector = || {
        named(config)
            .into_values()
            .find_map(|params| params.quantization_config)
    };
    let quantization = config.quantization_config.or_else(of_vector);
    match quantization.and_then(|q| q.quantization) {
        None => "none".to_owned(),
        Some(Theirs::Scalar(s)) => format!("scalar int8, quantile {}", s.quantile.unwrap_or(1.0)),
        Some(Theirs::Product(p)) => format!("product {}", p.compression().as_str_name()),
        Some(Theirs::Binary(b)) => {
            let query = match b.query_encoding {
                None => String::new(),
                Some(encoding) => format!(", query {:?}", encoding.variant),
            };
            format!("binary {}{query}", b.encoding().as_str_name())
        }
        Some(Theirs::Turboquant(t)) => format!("turbo {}", t.bits().as_str_name()),
    }
}

/// What the collection says of each vector that is not sparse.
fn named(config: &CollectionConfig) -> HashMap<String, VectorParams> {
    let params = config.params.as_ref().and_then(|p| p.vectors_config.as_ref());
    match params.and_then(|v| v.config.as_ref()) {
        Some(vectors_config::Config::ParamsMap(map)) => map.map.clone(),
        _ => HashMap::new(),
    }
}

/// Where the server has something else than was asked for.
fn doubts(
    collection: &Collection,
    info: &CollectionInfo,
    indexed: Option<&BTreeMap<String, (u64, u64)>>,
) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let mut doubt = |check: &str, message: String| {
        doubts.push(Doubt {
            check: check.to_owned(),
            message,
        });
    };
    let got = read_back(info);
    let asked = collection.request();
    let graph = asked.hnsw_config.unwrap_or_default();
    let optimizer = asked.optimizers_config.unwrap_or_default();
    let number = |n: Option<u64>| n.map(|n| n.to_string());
    let pairs = [
        ("graph.m", number(graph.m)),
        ("graph.ef_construct", number(graph.ef_construct)),
        ("graph.full_scan_threshold", number(graph.full_scan_threshold)),
        ("graph.payload_m", number(graph.payload_m)),
        ("indexing_threshold", number(optimizer.indexing_threshold)),
        ("shards", number(asked.shard_number.map(u64::from))),
        ("replicas", number(asked.replication_factor.map(u64::from))),
    ];
    for (name, want) in pairs {
        if let Some(want) = want.filter(|want| got.get(name) != Some(want)) {
            let has = got.get(name).map_or("nothing", String::as_str);
            doubt(
                "effective",
                format!("`{name}` was to be {want} and the server has {has}"),
            );
        }
    }
    let coded = got.get("quantization").is_some_and(|q| q != "none");
    if coded != (collection.index.quantization != Quantization::None) {
        let has = got.get("quantization").map_or("nothing", String::as_str);
        doubt(
            "effective",
            format!(
                "codes: {:?} was asked for and the server has {has}",
                collection.index.quantization
            ),
        );
    }
    let vectors = info.config.as_ref().map(named).unwrap_or_default();
    for name in collection.late.keys() {
        let compared = |params: &VectorParams| params.multivector_config.is_some();
        if !vectors.get(name).is_some_and(compared) {
            doubt(
                "effective",
                format!("`{name}` was to be compared token by token and the server does not"),
            );
        }
    }
    for (field, _) in &collection.fields {
        if !info.payload_schema.contains_key(field) {
            doubt(
                "payload-index",
                format!("the server has no payload index on `{field}`; filters by it read every point"),
            );
        }
    }
    if collection.index.graph != Graph::Exact && collection.points > 0 {
        doubts.extend(coverage(collection, info, indexed));
    }
    doubts
}

/// A server builds no graph below its threshold, and says nothing.
fn coverage(
    collection: &Collection,
    info: &CollectionInfo,
    indexed: Option<&BTreeMap<String, (u64, u64)>>,
) -> Option<Doubt> {
    let without = match indexed {
        // Sparse vectors are always indexed; only what was to get a graph counts.
        Some(indexed) => {
            let counts = indexed
                .iter()
                .filter(|(name, _)| collection.dense.contains_key(*name));
            let missing = counts.filter(|(_, (done, all))| done < all);
            let text = missing.map(|(name, (done, all))| format!("{done} of {all} of `{name}`"));
            text.collect::<Vec<_>>().join(", ")
        }
        // A total over all vectors proves little: it is only clear when it is too small.
        None => {
            let dense = collection.dense.len() as u64 * collection.points as u64;
            let all = info.indexed_vectors_count.unwrap_or(0);
            match all == 0 && dense > 0 {
                true => format!("none of {dense}"),
                false => String::new(),
            }
        }
    };
    if without.is_empty() {
        return None;
    }
    let sizes = collection
        .dense
        .values()
        .map(|(dim, _)| dim * size_of::<f32>() * collection.points / 1000);
    let largest = sizes.max().unwrap_or(0);
    Some(Doubt {
        check: "index-coverage".to_owned(),
        message: format!(
            "vectors that were to get a graph have none (indexed: {without}): the largest takes {largest} KB in {} segments, and \
             the server scans segments below its `indexing_threshold`; lower that, or search more documents",
            info.segments_count.max(1)
        ),
    })
}
