//! The configuration of a collection: as it was asked for, with the defaults filled in.

use std::collections::{BTreeMap, HashMap};

use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::quantization_config_diff::Quantization as QuantizationDiff;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{
    CollectionConfig, CollectionParams, CreateCollection, Datatype, Distance, HnswConfigDiff, Modifier,
    OptimizersConfigDiff, QuantizationConfig, QuantizationConfigDiff, ShardingMethod, SparseVectorConfig,
    SparseVectorParams, UpdateCollection, Value, VectorParams, VectorParamsMap, VectorsConfig, WalConfigDiff,
    vectors_config_diff,
};
use tonic::Status;

use super::codes::Codes;
use super::score::{Metric, Vector};

#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// By name; one without a name has the empty one.
    pub(super) dense: BTreeMap<String, VectorParams>,
    pub(super) sparse: BTreeMap<String, SparseVectorParams>,
    unnamed: bool,
    hnsw: HnswConfigDiff,
    optimizers: OptimizersConfigDiff,
    wal: WalConfigDiff,
    quantization: Option<QuantizationConfig>,
    pub(super) shards: u32,
    replicas: u32,
    consistency: u32,
    sharding: Option<i32>,
    metadata: HashMap<String, Value>,
}

/// Overwrites the named fields of one message with those that another has.
macro_rules! merge {
    ($from:expr => $into:expr; $($field:ident),*) => {
        $(if $from.$field.is_some() { $into.$field = $from.$field; })*
    };
}

impl Settings {
    pub(super) fn new(create: CreateCollection) -> Result<Self, Status> {
        let (mut dense, mut unnamed) = (BTreeMap::new(), false);
        match create.vectors_config.and_then(|c| c.config) {
            None => {}
            Some(Config::Params(params)) => {
                unnamed = true;
                dense.insert(String::new(), params);
            }
            Some(Config::ParamsMap(map)) => dense.extend(map.map),
        }
        for (name, params) in &dense {
            if params.size == 0 || params.distance() == Distance::UnknownDistance {
                let text = format!("vector {name:?} needs a size and a distance");
                return Err(Status::invalid_argument(text));
            }
        }
        let sparse = create.sparse_vectors_config.map(|c| c.map).unwrap_or_default();
        if let Some(name) = sparse.keys().find(|name| dense.contains_key(*name)) {
            return Err(Status::invalid_argument(format!(
                "vector {name:?} is there twice"
            )));
        }
        let mut settings = Self {
            dense,
            sparse: sparse.into_iter().collect(),
            unnamed,
            hnsw: default_hnsw(),
            optimizers: default_optimizers(),
            wal: WalConfigDiff {
                wal_capacity_mb: Some(32),
                wal_segments_ahead: Some(0),
                wal_retain_closed: Some(1),
            },
            quantization: create.quantization_config,
            shards: create.shard_number.unwrap_or(1).max(1),
            replicas: create.replication_factor.unwrap_or(1),
            consistency: create.write_consistency_factor.unwrap_or(1),
            sharding: create.sharding_method,
            metadata: create.metadata,
        };
        merge_hnsw(&create.hnsw_config.unwrap_or_default(), &mut settings.hnsw);
        settings.optimize(&create.optimizers_config.unwrap_or_default());
        Ok(settings)
    }

    pub(super) fn update(&mut self, update: UpdateCollection) -> Result<(), Status> {
        self.optimize(&update.optimizers_config.unwrap_or_default());
        merge_hnsw(&update.hnsw_config.unwrap_or_default(), &mut self.hnsw);
        if let Some(params) = update.params {
            self.replicas = params.replication_factor.unwrap_or(self.replicas);
            self.consistency = params.write_consistency_factor.unwrap_or(self.consistency);
        }
        if let Some(diff) = update.quantization_config {
            self.quantization = requantized(self.quantization, &diff);
        }
        let diffs = match update.vectors_config.and_then(|c| c.config) {
            None => HashMap::new(),
            Some(vectors_config_diff::Config::Params(diff)) => HashMap::from([(String::new(), diff)]),
            Some(vectors_config_diff::Config::ParamsMap(map)) => map.map,
        };
        for (name, diff) in diffs {
            let params = self.dense.get_mut(&name).ok_or_else(|| no_vector(&name))?;
            if let Some(hnsw) = &diff.hnsw_config {
                merge_hnsw(hnsw, params.hnsw_config.get_or_insert_default());
            }
            if let Some(diff) = &diff.quantization_config {
                params.quantization_config = requantized(params.quantization_config, diff);
            }
        }
        self.sparse
            .extend(update.sparse_vectors_config.map(|c| c.map).unwrap_or_default());
        self.metadata.extend(update.metadata);
        Ok(())
    }

    fn optimize(&mut self, diff: &OptimizersConfigDiff) {
        merge!(diff => self.optimizers; deleted_threshold, vacuum_min_vector_number, default_segment_number,
            max_segment_size, memmap_threshold, indexing_threshold, flush_interval_sec, max_optimization_threads,
            prevent_unoptimized);
    }

    /// The configuration as it is read back; without quantization where that is a fault.
    pub(super) fn wire(&self, quantization: bool) -> CollectionConfig {
        let mut dense = self.dense.clone();
        if !quantization {
            dense
                .values_mut()
                .for_each(|params| params.quantization_config = None);
        }
        let config = match dense.remove("").filter(|_| self.unnamed) {
            Some(params) => Config::Params(params),
            None => Config::ParamsMap(VectorParamsMap {
                map: dense.into_iter().collect(),
            }),
        };
        let sparse = self.sparse.clone().into_iter().collect();
        let params = CollectionParams {
            shard_number: self.shards,
            vectors_config: Some(VectorsConfig { config: Some(config) }),
            replication_factor: Some(self.replicas),
            write_consistency_factor: Some(self.consistency),
            sharding_method: self.sharding,
            sparse_vectors_config: Some(SparseVectorConfig { map: sparse }),
            ..Default::default()
        };
        CollectionConfig {
            params: Some(params),
            hnsw_config: Some(self.hnsw),
            optimizer_config: Some(self.optimizers),
            wal_config: Some(self.wal),
            quantization_config: self.quantization.filter(|_| quantization),
            metadata: self.metadata.clone(),
            ..Default::default()
        }
    }

    pub(super) fn knows(&self, name: &str) -> Result<(), Status> {
        match self.dense.contains_key(name) || self.sparse.contains_key(name) {
            true => Ok(()),
            false => Err(no_vector(name)),
        }
    }

    /// Refuses a vector that does not fit the configuration of its name. One row alone is taken where there may be more.
    pub(super) fn fits(&self, name: &str, vector: &Vector) -> Result<(), Status> {
        self.knows(name)?;
        let refuse = |what: String| Err(Status::invalid_argument(format!("vector {name:?}: {what}")));
        let Some(params) = self.dense.get(name) else {
            return match vector {
                Vector::Sparse(_) => Ok(()),
                _ => refuse("a sparse one is wanted".into()),
            };
        };
        match vector {
            Vector::Sparse(_) => return refuse("no sparse one is wanted".into()),
            Vector::Multi(_) if params.multivector_config.is_none() => {
                return refuse("a single one is wanted".into());
            }
            Vector::Multi(rows) if rows.is_empty() => return refuse("it has no rows".into()),
            _ => {}
        }
        match vector.rows().iter().find(|row| row.len() as u64 != params.size) {
            Some(row) => refuse(format!("{} numbers, {} are wanted", row.len(), params.size)),
            None => Ok(()),
        }
    }

    /// True when the shards are those that keys are made for.
    pub(super) fn has_keys(&self) -> bool {
        self.sharding == Some(ShardingMethod::Custom as i32)
    }

    pub(super) fn is_cosine(&self, name: &str) -> bool {
        self.dense
            .get(name)
            .is_some_and(|p| p.distance() == Distance::Cosine)
    }

    pub(super) fn metric(&self, name: &str) -> Metric {
        self.dense
            .get(name)
            .map_or(Metric::Product, |p| Metric::of(p.distance()))
    }

    pub(super) fn has_idf(&self, name: &str) -> bool {
        self.sparse
            .get(name)
            .is_some_and(|p| p.modifier() == Modifier::Idf)
    }

    /// The graph of a vector: the collection's, with what the vector says itself.
    pub(super) fn hnsw(&self, name: &str) -> HnswConfigDiff {
        let mut hnsw = self.hnsw;
        let own = self.dense.get(name).and_then(|p| p.hnsw_config);
        merge_hnsw(&own.unwrap_or_default(), &mut hnsw);
        hnsw
    }

    pub(super) fn codes(&self, name: &str) -> Option<Codes> {
        let own = self.dense.get(name).and_then(|p| p.quantization_config);
        let config = own.or(self.quantization)?;
        Codes::of(&config)
    }

    /// Bytes a stored number takes.
    pub(super) fn number_bytes(&self, name: &str) -> usize {
        match self.dense.get(name).map(VectorParams::datatype) {
            Some(Datatype::Float16) => 2,
            Some(Datatype::Uint8) => 1,
            _ => 4,
        }
    }

    /// Bytes a vector of a segment must have for it to be indexed; `None` when nothing ever is.
    pub(super) fn indexed_from(&self) -> Option<usize> {
        match self.optimizers.indexing_threshold.unwrap_or_default() {
            0 => None,
            kb => Some(kb as usize * 1024),
        }
    }

    /// Segments of a shard; one where the server may choose.
    pub(super) fn segments(&self) -> usize {
        self.optimizers.default_segment_number.unwrap_or_default().max(1) as usize
    }

    /// Vectors that make a sparse search with a filter use the index.
    pub(super) fn sparse_scan_below(&self, name: &str) -> usize {
        let own = self.sparse.get(name).and_then(|p| p.index);
        own.and_then(|i| i.full_scan_threshold).unwrap_or(5000) as usize
    }
}

fn requantized(old: Option<QuantizationConfig>, diff: &QuantizationConfigDiff) -> Option<QuantizationConfig> {
    let new = match &diff.quantization {
        None => return old,
        Some(QuantizationDiff::Disabled(_)) => return None,
        Some(QuantizationDiff::Scalar(x)) => Quantization::Scalar(*x),
        Some(QuantizationDiff::Product(x)) => Quantization::Product(*x),
        Some(QuantizationDiff::Binary(x)) => Quantization::Binary(*x),
        Some(QuantizationDiff::Turboquant(x)) => Quantization::Turboquant(*x),
    };
    Some(QuantizationConfig {
        quantization: Some(new),
    })
}

pub(super) fn no_vector(name: &str) -> Status {
    Status::invalid_argument(format!("there is no vector {name:?}"))
}

fn default_hnsw() -> HnswConfigDiff {
    HnswConfigDiff {
        m: Some(16),
        ef_construct: Some(100),
        full_scan_threshold: Some(10_000),
        max_indexing_threads: Some(0),
        ..Default::default()
    }
}

fn default_optimizers() -> OptimizersConfigDiff {
    OptimizersConfigDiff {
        deleted_threshold: Some(0.2),
        vacuum_min_vector_number: Some(1000),
        default_segment_number: Some(0),
        indexing_threshold: Some(10_000),
        flush_interval_sec: Some(5),
        ..Default::default()
    }
}

#[expect(deprecated, reason = "`on_disk` is still sent and read back")]
fn merge_hnsw(from: &HnswConfigDiff, into: &mut HnswConfigDiff) {
    merge!(from => into; m, ef_construct, full_scan_threshold, max_indexing_threads, on_disk, payload_m,
        inline_storage, memory);
}
