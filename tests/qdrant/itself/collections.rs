//! Collections: what is read back is what was asked for, and what is not known is refused.

use std::collections::HashMap;

use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{
    BinaryQuantizationBuilder, CollectionClusterInfoRequest, CollectionStatus, CountPointsBuilder,
    CreateCollection, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, CreateShardKeyBuilder,
    CreateShardKeyRequestBuilder, DeleteFieldIndexCollectionBuilder, Disabled, Distance, FieldType,
    HnswConfigDiffBuilder, Modifier, MultiVectorComparator, MultiVectorConfigBuilder,
    OptimizersConfigDiffBuilder, PayloadSchemaType, ScalarQuantizationBuilder, ShardKey, ShardingMethod,
    SparseVectorParamsBuilder, SparseVectorsConfigBuilder, UpdateCollectionBuilder, UpsertPointsBuilder,
    Value, VectorParamsBuilder, VectorsConfigBuilder, quantization_config_diff,
};
use tonic::Code;

use super::{Session, collection};
use crate::server::{Asked, Options};

fn full() -> CreateCollection {
    let mut vectors = VectorsConfigBuilder::default();
    vectors.add_named_vector_params(
        "body",
        VectorParamsBuilder::new(4, Distance::Cosine)
            .hnsw_config(HnswConfigDiffBuilder::default().m(32))
            .quantization_config(BinaryQuantizationBuilder::new(true)),
    );
    vectors.add_named_vector_params(
        "passages",
        VectorParamsBuilder::new(2, Distance::Dot)
            .multivector_config(MultiVectorConfigBuilder::new(MultiVectorComparator::MaxSim)),
    );
    let mut sparse = SparseVectorsConfigBuilder::default();
    sparse.add_named_vector_params(
        "words",
        SparseVectorParamsBuilder::default().modifier(Modifier::Idf),
    );
    let create = CreateCollectionBuilder::new("c")
        .vectors_config(vectors)
        .sparse_vectors_config(sparse)
        .quantization_config(ScalarQuantizationBuilder::default())
        .hnsw_config(HnswConfigDiffBuilder::default().ef_construct(64))
        .optimizers_config(OptimizersConfigDiffBuilder::default().indexing_threshold(1))
        .shard_number(3)
        .replication_factor(2)
        .write_consistency_factor(2)
        .build();
    // The builder takes metadata only as JSON, behind a feature.
    CreateCollection {
        metadata: HashMap::from([("run".to_owned(), Value::from("r1"))]),
        ..create
    }
}

#[test]
fn a_collection_is_read_back_as_it_was_asked_for() {
    let session = Session::new(Options::default());
    session.create(full());
    let info = session.run(session.client.collection_info("c")).result.unwrap();
    assert_eq!(info.status(), CollectionStatus::Green);
    // Points could lie in three shards, each in one segment.
    assert_eq!((info.segments_count, info.points_count), (3, Some(0)));
    let config = info.config.unwrap();
    let (hnsw, optimizers) = (config.hnsw_config.unwrap(), config.optimizer_config.unwrap());
    assert_eq!(
        (hnsw.m, hnsw.ef_construct, hnsw.full_scan_threshold),
        (Some(16), Some(64), Some(10_000))
    );
    assert_eq!(
        (optimizers.indexing_threshold, optimizers.default_segment_number),
        (Some(1), Some(0))
    );
    assert!(matches!(
        config.quantization_config.unwrap().quantization,
        Some(Quantization::Scalar(_))
    ));
    assert_eq!(config.metadata["run"], Value::from("r1"));
    let params = config.params.unwrap();
    assert_eq!(
        (
            params.shard_number,
            params.replication_factor,
            params.write_consistency_factor
        ),
        (3, Some(2), Some(2))
    );
    let Some(Config::ParamsMap(vectors)) = params.vectors_config.unwrap().config else {
        panic!("named")
    };
    let body = &vectors.map["body"];
    assert_eq!(
        (body.size, body.distance(), body.hnsw_config.unwrap().m),
        (4, Distance::Cosine, Some(32))
    );
    assert!(matches!(
        body.quantization_config.unwrap().quantization,
        Some(Quantization::Binary(_))
    ));
    assert!(vectors.map["passages"].multivector_config.is_some());
    assert_eq!(
        params.sparse_vectors_config.unwrap().map["words"].modifier(),
        Modifier::Idf
    );
}

#[test]
fn collections_come_and_go() {
    let session = Session::new(Options::default());
    let client = &session.client;
    assert_eq!(session.refused(client.collection_info("c")), Code::NotFound);
    session.create(collection(2, Distance::Dot));
    assert_eq!(
        session.refused(client.create_collection(collection(2, Distance::Dot))),
        Code::AlreadyExists
    );
    assert!(session.run(client.collection_exists("c")));
    let listed = session.run(client.list_collections()).collections;
    assert_eq!(listed.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["c"]);
    assert!(session.run(client.delete_collection("c")).result);
    assert!(!session.run(client.delete_collection("c")).result);
    assert!(!session.run(client.collection_exists("c")));
    let asked: Vec<String> = session
        .server
        .requests()
        .iter()
        .map(|a| a.method().to_owned())
        .collect();
    assert_eq!(asked[..2], ["collections/get", "collections/create"]);
    assert!(matches!(session.server.requests().last(), Some(Asked::Exists(e)) if e.collection_name == "c"));
    session.server.forget_requests();
    assert!(session.server.requests().is_empty());
}

#[test]
fn a_configuration_can_be_changed() {
    let session = Session::new(Options::default());
    session.create(full());
    let off = quantization_config_diff::Quantization::Disabled(Disabled {});
    let update = UpdateCollectionBuilder::new("c")
        .optimizers_config(OptimizersConfigDiffBuilder::default().indexing_threshold(0))
        .hnsw_config(HnswConfigDiffBuilder::default().m(0))
        .quantization_config(off);
    assert!(session.run(session.client.update_collection(update)).result);
    let info = session.run(session.client.collection_info("c")).result.unwrap();
    let config = info.config.unwrap();
    assert_eq!(config.optimizer_config.unwrap().indexing_threshold, Some(0));
    // What was not named stays.
    let hnsw = config.hnsw_config.unwrap();
    assert_eq!((hnsw.m, hnsw.ef_construct), (Some(0), Some(64)));
    assert_eq!(config.quantization_config, None);
}

#[test]
fn what_is_not_served_is_refused() {
    let session = Session::new(Options::default());
    let empty = collection(0, Distance::Dot);
    assert_eq!(
        session.refused(session.client.create_collection(empty)),
        Code::InvalidArgument
    );
    assert_eq!(
        session.refused(session.client.list_aliases()),
        Code::Unimplemented
    );
    let last = session.server.requests().pop();
    assert_eq!(last, Some(Asked::Refused("collections/list_aliases")));
}

#[test]
fn shard_keys_have_to_be_made_and_named() {
    let session = Session::new(Options::default());
    session.create(collection(1, Distance::Dot).sharding_method(ShardingMethod::Custom.into()));
    let client = &session.client;
    let upsert = |key: Option<&str>| {
        let upsert = UpsertPointsBuilder::new("c", super::points(&[&[1.0]]));
        let upsert = match key {
            Some(key) => upsert.shard_key_selector(vec![ShardKey::from(key.to_owned())]),
            None => upsert,
        };
        client.upsert_points(upsert)
    };
    assert_eq!(session.refused(upsert(None)), Code::InvalidArgument);
    assert_eq!(session.refused(upsert(Some("here"))), Code::NotFound);
    let make = CreateShardKeyBuilder::default().shard_key("here".to_owned());
    let make = CreateShardKeyRequestBuilder::new("c").request(make);
    assert!(session.run(client.create_shard_key(make)).result);
    session.run(upsert(Some("here")));
    let count = |key: &str| {
        let keys = vec![ShardKey::from(key.to_owned())];
        client.count(CountPointsBuilder::new("c").shard_key_selector(keys))
    };
    assert_eq!(session.run(count("here")).result.unwrap().count, 1);
    assert_eq!(session.refused(count("there")), Code::NotFound);
}

#[test]
fn payload_indexes_are_in_the_schema() {
    let session = Session::new(Options::default());
    session.create(collection(2, Distance::Dot));
    for (field, kind) in [
        ("brand", FieldType::Keyword),
        ("volt", FieldType::Float),
        ("new", FieldType::Bool),
    ] {
        let create = CreateFieldIndexCollectionBuilder::new("c", field, kind).wait(true);
        session.run(session.client.create_field_index(create));
    }
    let drop = DeleteFieldIndexCollectionBuilder::new("c", "new").wait(true);
    session.run(session.client.delete_field_index(drop));
    let mut point = super::points(&[&[1.0, 0.0]]).remove(0);
    point.payload = super::payload(serde_json::json!({ "brand": "Bosch", "volt": null })).into();
    session.put(vec![point]);
    let schema = session
        .run(session.client.collection_info("c"))
        .result
        .unwrap()
        .payload_schema;
    assert_eq!(schema.len(), 2);
    assert_eq!(
        (schema["brand"].data_type(), schema["brand"].points),
        (PayloadSchemaType::Keyword, Some(1))
    );
    assert_eq!(
        (schema["volt"].data_type(), schema["volt"].points),
        (PayloadSchemaType::Float, Some(0))
    );
}

#[test]
fn points_take_turns_through_shards() {
    let session = Session::new(Options::default());
    session.create(collection(1, Distance::Dot).shard_number(2));
    session.put(super::points(&[&[1.0], &[2.0], &[3.0]]));
    let ask = CollectionClusterInfoRequest {
        collection_name: "c".into(),
    };
    let info = session.run(session.client.collection_cluster_info(ask));
    let shards: Vec<(u32, u64)> = info
        .local_shards
        .iter()
        .map(|s| (s.shard_id, s.points_count))
        .collect();
    assert_eq!((info.shard_count, shards), (2, vec![(0, 2), (1, 1)]));
}
