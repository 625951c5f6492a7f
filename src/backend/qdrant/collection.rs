//! The collection of an index: its name, which says what is in it, and how it is made, found and removed.

use std::collections::{BTreeMap, HashMap};

use qdrant_client::qdrant::{
    BinaryQuantization, BinaryQuantizationEncoding, BinaryQuantizationQueryEncoding, CollectionExistsRequest,
    CollectionInfo, CompressionRatio, CreateCollection, CreateFieldIndexCollection, CreateShardKey,
    CreateShardKeyRequest, DeleteCollection, Distance, FieldType, GetCollectionInfoRequest, HnswConfigDiff,
    ListCollectionsRequest, Modifier, MultiVectorComparator, MultiVectorConfig, OptimizersConfigDiff,
    ProductQuantization, QuantizationConfig, QuantizationType, ScalarQuantization, ShardingMethod,
    SparseVectorConfig, SparseVectorParams, TurboQuantBitSize, TurboQuantization, Value, VectorParams,
    VectorParamsMap, VectorsConfig, binary_quantization_query_encoding, quantization_config, vectors_config,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::client::Client;
use super::{encode, failed, payload};
use crate::backend::{BackendError, Points};
use crate::content;
use crate::index::binary::BinaryQuery;
use crate::pipeline::server::CollectionConfig;
use crate::pipeline::{Bits, CodeConfig, Graph, IndexConfig, Quantization};
use crate::vectors::{Metric, TokenVectors};

/// Every collection that evalrun makes begins with it.
const PREFIX: &str = "evalrun-";
/// The entry of a collection's metadata that says who made it, and of what.
const MARK: &str = "evalrun";
/// Another way of uploading or encoding makes other collections.
const FORMAT: u32 = 1;

/// A collection as it is to be.
pub(super) struct Collection {
    /// `evalrun-` and the first digits of [`Self::content`].
    pub(super) name: String,
    /// Address of everything in it.
    pub(super) content: String,
    pub(super) points: usize,
    pub(super) index: IndexConfig,
    pub(super) config: CollectionConfig,
    /// Dimensions and metric of each dense vector.
    pub(super) dense: BTreeMap<String, (usize, Metric)>,
    pub(super) sparse: Vec<String>,
    /// Dimensions of each late vector, and whether every document has tokens.
    pub(super) late: BTreeMap<String, (usize, bool)>,
    /// Payload fields with the kind of their index.
    pub(super) fields: Vec<(String, FieldType)>,
    /// Payload fields that get none, and why.
    pub(super) unindexed: Vec<(String, &'static str)>,
}

/// What a collection's content is the address of.
#[derive(Serialize)]
struct Content<'a> {
    format: u32,
    index: &'a IndexConfig,
    config: &'a CollectionConfig,
    dense: BTreeMap<&'a str, String>,
    sparse: BTreeMap<&'a str, String>,
    /// Left out where there is none, so that a collection keeps the name it has always had.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    late: BTreeMap<&'a str, String>,
    payload: String,
}

impl Collection {
    pub(super) fn new(config: &CollectionConfig, index: &IndexConfig, points: &Points<'_>) -> Self {
        let kinds = || {
            index
                .payload
                .iter()
                .map(|field| (field, payload::kind(field, points.payload)))
        };
        let content = content::hash_json(&Content {
            format: FORMAT,
            index,
            config,
            dense: points
                .dense
                .iter()
                .map(|(name, d)| (*name, dense_address(d)))
                .collect(),
            sparse: points
                .sparse
                .iter()
                .map(|(name, vectors)| (*name, content::hash_json(vectors)))
                .collect(),
            late: points
                .late
                .iter()
                .map(|(name, tokens)| (*name, late_address(tokens)))
                .collect(),
            payload: content::hash_json(&points.payload),
        });
        let everywhere = |tokens: &TokenVectors| (0..tokens.len()).all(|i| !tokens.range(i).is_empty());
        let late = points.late.iter();
        let late = late.map(|(name, tokens)| ((*name).to_owned(), (tokens.dim(), everywhere(tokens))));
        let shape = |d: &crate::backend::DensePoints<'_>| (d.rows.dim().max(1), d.metric);
        Self {
            name: format!("{PREFIX}{}", &content[..16]),
            content,
            points: points.count,
            index: index.clone(),
            config: config.clone(),
            dense: points
                .dense
                .iter()
                .map(|(n, d)| ((*n).to_owned(), shape(d)))
                .collect(),
            sparse: points.sparse.keys().map(|n| (*n).to_owned()).collect(),
            late: late.collect(),
            fields: kinds()
                .filter_map(|(f, kind)| Some((f.clone(), kind.ok()?)))
                .collect(),
            unindexed: kinds()
                .filter_map(|(f, kind)| Some((f.clone(), kind.err()?)))
                .collect(),
        }
    }

    /// Makes it with its payload indexes, which have to be there before the graph.
    pub(super) fn create(&self, client: &Client) -> Result<(), BackendError> {
        let what = format!("making the collection `{}`", self.name);
        client.collections(&what, |mut c| {
            let request = self.request();
            async move { c.create(request).await }
        })?;
        if let Some(key) = &self.config.shard_key {
            let request = CreateShardKeyRequest {
                collection_name: self.name.clone(),
                request: Some(CreateShardKey {
                    shard_key: Some(encode::shard_key_of(key)),
                    ..CreateShardKey::default()
                }),
                timeout: None,
            };
            client.collections(&format!("making the shard key `{key}`"), |mut c| {
                let request = request.clone();
                async move { c.create_shard_key(request).await }
            })?;
        }
        for (field, kind) in &self.fields {
            let request = CreateFieldIndexCollection {
                collection_name: self.name.clone(),
                wait: Some(true),
                field_name: encode::path(field),
                field_type: Some((*kind).into()),
                ..CreateFieldIndexCollection::default()
            };
            client.points(&format!("making the payload index `{field}`"), 0, |mut c| {
                let request = request.clone();
                async move { c.create_field_index(request).await }
            })?;
        }
        Ok(())
    }

    /// What the server is asked to make.
    pub(super) fn request(&self) -> CreateCollection {
        let config = &self.config;
        let codes = quantization(self.index.quantization, &self.index.codes);
        // Codes of the whole collection would be made of token vectors too, which are always scored as they are.
        let (of_all, of_each) = match self.late.is_empty() {
            true => (codes, None),
            false => (None, codes),
        };
        let dense = self.dense.iter().map(|(name, shape)| {
            let params = VectorParams {
                quantization_config: of_each,
                ..self.vector(*shape)
            };
            (name.clone(), params)
        });
        let late = self
            .late
            .iter()
            .map(|(name, (size, _))| (name.clone(), self.multivector(*size)));
        let dense = dense.chain(late);
        let sparse = SparseVectorParams {
            index: None,
            modifier: Some(Modifier::Idf.into()),
        };
        let sparse = self.sparse.iter().map(|name| (name.clone(), sparse));
        let (dense, sparse): (HashMap<_, _>, HashMap<_, _>) = (dense.collect(), sparse.collect());
        CreateCollection {
            collection_name: self.name.clone(),
            hnsw_config: Some(self.graph()),
            optimizers_config: Some(OptimizersConfigDiff {
                default_segment_number: config.segments,
                indexing_threshold: config.indexing_threshold,
                ..OptimizersConfigDiff::default()
            }),
            shard_number: Some(config.shards),
            replication_factor: Some(config.replicas),
            write_consistency_factor: Some(config.write_consistency),
            vectors_config: Some(VectorsConfig {
                config: Some(vectors_config::Config::ParamsMap(VectorParamsMap { map: dense })),
            }),
            sparse_vectors_config: (!sparse.is_empty()).then_some(SparseVectorConfig { map: sparse }),
            quantization_config: of_all,
            sharding_method: config.shard_key.as_ref().map(|_| ShardingMethod::Custom.into()),
            metadata: HashMap::from([(MARK.to_owned(), self.mark())]),
            ..CreateCollection::default()
        }
    }

    /// The entry that says who made it, and of what.
    fn mark(&self) -> Value {
        encode::value(&serde_json::json!({ "content": self.content }))
    }

    #[expect(deprecated, reason = "`memory` in its place is not known to 1.19")]
    fn vector(&self, (size, metric): (usize, Metric)) -> VectorParams {
        let distance = match metric {
            Metric::Cosine => Distance::Cosine,
            Metric::Dot => Distance::Dot,
            Metric::L2 => Distance::Euclid,
        };
        VectorParams {
            size: size as u64,
            distance: distance.into(),
            on_disk: Some(self.config.on_disk),
            ..VectorParams::default()
        }
    }

    /// Token vectors are never searched, only scored: they get no graph. They are of length 1 already.
    fn multivector(&self, size: usize) -> VectorParams {
        VectorParams {
            hnsw_config: Some(HnswConfigDiff {
                m: Some(0),
                payload_m: Some(0),
                ..HnswConfigDiff::default()
            }),
            multivector_config: Some(MultiVectorConfig {
                comparator: MultiVectorComparator::MaxSim.into(),
            }),
            ..self.vector((size, Metric::Dot))
        }
    }

    /// A graph without links is none: the server scans.
    fn graph(&self) -> HnswConfigDiff {
        let (m, ef_construct) = match self.index.graph {
            Graph::Exact => (0, None),
            Graph::Hnsw { m, ef_construct } | Graph::HnswRs { m, ef_construct } => {
                (m, Some(ef_construct as u64))
            }
        };
        HnswConfigDiff {
            m: Some(m as u64),
            ef_construct,
            full_scan_threshold: self.config.full_scan_threshold,
            payload_m: match self.index.graph {
                Graph::Exact => Some(0),
                Graph::Hnsw { .. } | Graph::HnswRs { .. } => self.config.payload_m,
            },
            ..HnswConfigDiff::default()
        }
    }

    /// The collection as the server has it; `None` where there is none.
    ///
    /// # Errors
    /// When there is one of its name that evalrun did not make of the same content.
    pub(super) fn find(&self, client: &Client) -> Result<Option<CollectionInfo>, BackendError> {
        let Some(info) = info(client, &self.name)? else {
            return Ok(None);
        };
        match content(&info) {
            Some(content) if content == self.content => Ok(Some(info)),
            _ => Err(failed(
                format!("the collection `{}`", self.name),
                "there is one of that name that evalrun did not make, or not of this content; it is left alone – remove or \
                 rename it",
            )),
        }
    }
}

/// The content that a collection of ours says it has.
fn content(info: &CollectionInfo) -> Option<String> {
    let mark = info.config.as_ref()?.metadata.get(MARK)?;
    let content = encode::json(mark).get("content")?.as_str()?.to_owned();
    Some(content)
}

/// What the server says of a collection; `None` where there is none.
pub(super) fn info(client: &Client, name: &str) -> Result<Option<CollectionInfo>, BackendError> {
    let collection_name = name.to_owned();
    let request = CollectionExistsRequest {
        collection_name: collection_name.clone(),
    };
    let there = client.collections("looking for a collection", |mut c| {
        let request = request.clone();
        async move { c.collection_exists(request).await }
    })?;
    if !there.result.is_some_and(|r| r.exists) {
        return Ok(None);
    }
    let request = GetCollectionInfoRequest { collection_name };
    let info = client.collections("reading a collection's state", |mut c| {
        let request = request.clone();
        async move { c.get(request).await }
    })?;
    Ok(info.result)
}

/// Removes the collection if it is ours; whether it was there.
pub(super) fn remove(client: &Client, name: &str) -> Result<bool, BackendError> {
    let ours = info(client, name)?.is_some_and(|info| content(&info).is_some());
    if ours {
        let request = DeleteCollection {
            collection_name: name.to_owned(),
            timeout: None,
        };
        client.collections(&format!("removing the collection `{name}`"), |mut c| {
            let request = request.clone();
            async move { c.delete(request).await }
        })?;
    }
    Ok(ours)
}

/// Removes every collection that evalrun made, and says which they were.
pub(super) fn remove_all(client: &Client) -> Result<Vec<String>, BackendError> {
    let mut removed = Vec::new();
    for name in ours(client)? {
        if remove(client, &name)? {
            removed.push(name);
        }
    }
    Ok(removed)
}

/// Names of all collections.
pub(super) fn all(client: &Client) -> Result<Vec<String>, BackendError> {
    let list = client.collections("listing collections", |mut c| async move {
        c.list(ListCollectionsRequest {}).await
    })?;
    let mut names: Vec<String> = list.collections.into_iter().map(|c| c.name).collect();
    names.sort_unstable();
    Ok(names)
}

/// Names of collections that are called as evalrun calls them.
fn ours(client: &Client) -> Result<Vec<String>, BackendError> {
    let mut names = all(client)?;
    names.retain(|name| name.starts_with(PREFIX));
    Ok(names)
}

fn dense_address(dense: &crate::backend::DensePoints<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(dense.metric.words().as_bytes());
    hash.update((dense.rows.dim() as u64).to_le_bytes());
    for (row, point) in dense.points.iter().enumerate() {
        hash.update(point.to_le_bytes());
        hash.update(bytemuck::cast_slice::<f32, u8>(dense.rows.row(row)));
    }
    content::hex(&hash.finalize())
}

fn late_address(tokens: &TokenVectors) -> String {
    let mut hash = Sha256::new();
    hash.update((tokens.dim() as u64).to_le_bytes());
    for text in 0..tokens.len() {
        hash.update((tokens.range(text).len() as u64).to_le_bytes());
    }
    hash.update(bytemuck::cast_slice::<f32, u8>(tokens.rows().as_flat()));
    content::hex(&hash.finalize())
}

#[expect(deprecated, reason = "`memory` in its place is not known to 1.19")]
fn quantization(kind: Quantization, codes: &CodeConfig) -> Option<QuantizationConfig> {
    use quantization_config::Quantization as Theirs;
    let always_ram = Some(true);
    let quantization = match kind {
        Quantization::None => return None,
        Quantization::Binary => Theirs::Binary(BinaryQuantization {
            always_ram,
            encoding: codes.server.bits.map(|bits| encoding(bits).into()),
            query_encoding: query_encoding(codes),
            memory: None,
        }),
        Quantization::Scalar => Theirs::Scalar(ScalarQuantization {
            r#type: QuantizationType::Int8.into(),
            quantile: Some(codes.quantile as f32),
            always_ram,
            memory: None,
        }),
        Quantization::Product => Theirs::Product(ProductQuantization {
            compression: compression(codes.server.compression).into(),
            always_ram,
            memory: None,
        }),
        Quantization::Turbo => Theirs::Turboquant(TurboQuantization {
            always_ram,
            bits: codes.server.bits.map(|bits| turbo(bits).into()),
            memory: None,
        }),
    };
    Some(QuantizationConfig {
        quantization: Some(quantization),
    })
}

fn encoding(bits: Bits) -> BinaryQuantizationEncoding {
    match bits {
        Bits::OneAndHalf => BinaryQuantizationEncoding::OneAndHalfBits,
        Bits::Two => BinaryQuantizationEncoding::TwoBits,
        Bits::One | Bits::Four | Bits::Eight => BinaryQuantizationEncoding::OneBit,
    }
}

fn query_encoding(codes: &CodeConfig) -> Option<BinaryQuantizationQueryEncoding> {
    use binary_quantization_query_encoding::{Setting, Variant};
    let setting = match codes.binary.query {
        _ if codes.server.eight_bit_query => Setting::Scalar8Bits,
        BinaryQuery::FourBits => Setting::Scalar4Bits,
        BinaryQuery::Bits => return None,
    };
    Some(BinaryQuantizationQueryEncoding {
        variant: Some(Variant::Setting(setting.into())),
    })
}

fn compression(times: u32) -> CompressionRatio {
    match times {
        4 => CompressionRatio::X4,
        8 => CompressionRatio::X8,
        32 => CompressionRatio::X32,
        64 => CompressionRatio::X64,
        _ => CompressionRatio::X16,
    }
}

fn turbo(bits: Bits) -> TurboQuantBitSize {
    match bits {
        Bits::One => TurboQuantBitSize::Bits1,
        Bits::OneAndHalf => TurboQuantBitSize::Bits15,
        Bits::Two => TurboQuantBitSize::Bits2,
        Bits::Four => TurboQuantBitSize::Bits4,
        Bits::Eight => TurboQuantBitSize::Bits8,
    }
}
