//! The service of collections, and the health check.

use qdrant_client::qdrant::collections_server::Collections;
use qdrant_client::qdrant::qdrant_server::Qdrant;
use qdrant_client::qdrant::{self as wire};
use tonic::Status;

use super::faults::{Fault, Faults};
use super::gate::{Gate, service};
use super::points::points_with;
use super::settings::Settings;
use super::state::{Collection, State};

service! {
    Qdrant in "qdrant" {
        health_check(wire::HealthCheckRequest) -> wire::HealthCheckReply = health;
    }
    refused {}
}

service! {
    Collections in "collections" {
        get(wire::GetCollectionInfoRequest) -> wire::GetCollectionInfoResponse = info;
        list(wire::ListCollectionsRequest) -> wire::ListCollectionsResponse = list;
        create(wire::CreateCollection) -> wire::CollectionOperationResponse = create;
        update(wire::UpdateCollection) -> wire::CollectionOperationResponse = update;
        delete(wire::DeleteCollection) -> wire::CollectionOperationResponse = delete;
        collection_cluster_info(wire::CollectionClusterInfoRequest)
            -> wire::CollectionClusterInfoResponse = cluster;
        collection_exists(wire::CollectionExistsRequest) -> wire::CollectionExistsResponse = exists;
        create_shard_key(wire::CreateShardKeyRequest) -> wire::CreateShardKeyResponse = key;
    }
    refused {
        update_aliases(wire::ChangeAliases) -> wire::CollectionOperationResponse;
        list_collection_aliases(wire::ListCollectionAliasesRequest) -> wire::ListAliasesResponse;
        list_aliases(wire::ListAliasesRequest) -> wire::ListAliasesResponse;
        update_collection_cluster_setup(wire::UpdateCollectionClusterSetupRequest)
            -> wire::UpdateCollectionClusterSetupResponse;
        delete_shard_key(wire::DeleteShardKeyRequest) -> wire::DeleteShardKeyResponse;
        list_shard_keys(wire::ListShardKeysRequest) -> wire::ListShardKeysResponse;
    }
}

/// The number of this server among those of a cluster, which it is not part of.
pub(super) const PEER: u64 = 1;

/// The name it gives itself. Clients look for `qdrant` in it.
pub(super) const TITLE: &str = "a test server, not qdrant";

fn health(state: &mut State, _: wire::HealthCheckRequest) -> Result<wire::HealthCheckReply, Status> {
    Ok(wire::HealthCheckReply {
        title: TITLE.into(),
        version: state.version(),
        commit: None,
    })
}

fn list(state: &mut State, _: wire::ListCollectionsRequest) -> Result<wire::ListCollectionsResponse, Status> {
    let description = |name: &String| wire::CollectionDescription { name: name.clone() };
    let collections = state.collections.keys().map(description).collect();
    Ok(wire::ListCollectionsResponse {
        collections,
        time: state.time(),
    })
}

fn exists(
    state: &mut State,
    ask: wire::CollectionExistsRequest,
) -> Result<wire::CollectionExistsResponse, Status> {
    let exists = state.collections.contains_key(&ask.collection_name);
    let result = Some(wire::CollectionExists { exists });
    Ok(wire::CollectionExistsResponse {
        result,
        time: state.time(),
    })
}

fn create(
    state: &mut State,
    ask: wire::CreateCollection,
) -> Result<wire::CollectionOperationResponse, Status> {
    let name = ask.collection_name.clone();
    if name.is_empty() {
        return Err(Status::invalid_argument("a collection without a name"));
    }
    if state.collections.contains_key(&name) {
        return Err(Status::already_exists(format!("there is a collection {name:?}")));
    }
    let collection = Collection::new(Settings::new(ask)?);
    state.collections.insert(name, collection);
    Ok(done(state, true))
}

fn update(
    state: &mut State,
    ask: wire::UpdateCollection,
) -> Result<wire::CollectionOperationResponse, Status> {
    let collection = state.collection(&ask.collection_name)?;
    collection.settings.update(ask)?;
    collection.changed();
    Ok(done(state, true))
}

fn delete(
    state: &mut State,
    ask: wire::DeleteCollection,
) -> Result<wire::CollectionOperationResponse, Status> {
    // One that is not there is no error in Qdrant either: the result is false.
    let found = state.collections.remove(&ask.collection_name).is_some();
    Ok(done(state, found))
}

fn done(state: &State, result: bool) -> wire::CollectionOperationResponse {
    wire::CollectionOperationResponse {
        result,
        time: state.time(),
    }
}

fn key(state: &mut State, ask: wire::CreateShardKeyRequest) -> Result<wire::CreateShardKeyResponse, Status> {
    let key = ask
        .request
        .and_then(|r| r.shard_key)
        .filter(|key| key.key.is_some());
    let key = key.ok_or_else(|| Status::invalid_argument("which shard key?"))?;
    let collection = state.collection(&ask.collection_name)?;
    if !collection.settings.has_keys() {
        return Err(Status::invalid_argument(
            "the shards of this collection have no keys",
        ));
    }
    if collection.key.is_some() {
        return Err(Status::unimplemented("the test server knows one shard key"));
    }
    collection.key = Some(key);
    Ok(wire::CreateShardKeyResponse {
        result: true,
        time: state.time(),
    })
}

/// What counts are off by.
pub(super) fn miscount(faults: &Faults) -> i64 {
    let off = |fault: &Fault| match fault {
        Fault::WrongCount { by } => Some(*by),
        _ => None,
    };
    faults.find(off).unwrap_or(0)
}

fn info(
    state: &mut State,
    ask: wire::GetCollectionInfoRequest,
) -> Result<wire::GetCollectionInfoResponse, Status> {
    let faults = state.faults.clone();
    let collection = state.collection(&ask.collection_name)?;
    collection.polls += 1;
    let half = collection.is_half_indexed(&faults);
    let layout = collection.layout();
    let indexed = layout.indexed(&collection.settings);
    let points = (collection.points.len() as u64).saturating_add_signed(miscount(&faults));
    let status = if half {
        wire::CollectionStatus::Yellow
    } else {
        wire::CollectionStatus::Green
    };
    let mut payload_schema = std::collections::HashMap::new();
    if !faults.has(&Fault::ForgetsPayloadIndex) {
        for (path, schema) in &collection.schema {
            let points = Some(points_with(collection, path));
            let schema = wire::PayloadSchemaInfo {
                points,
                ..schema.clone()
            };
            payload_schema.insert(path.clone(), schema);
        }
    }
    let info = wire::CollectionInfo {
        status: status as i32,
        optimizer_status: Some(wire::OptimizerStatus {
            ok: true,
            error: String::new(),
        }),
        segments_count: layout.segments.len() as u64,
        config: Some(collection.settings.wire(!faults.has(&Fault::NoQuantization))),
        payload_schema,
        points_count: Some(points),
        indexed_vectors_count: Some(if half { indexed / 2 } else { indexed } as u64),
        ..Default::default()
    };
    Ok(wire::GetCollectionInfoResponse {
        result: Some(info),
        time: state.time(),
    })
}

fn cluster(
    state: &mut State,
    ask: wire::CollectionClusterInfoRequest,
) -> Result<wire::CollectionClusterInfoResponse, Status> {
    let collection = state.collection(&ask.collection_name)?;
    let layout = collection.layout();
    let shard = |shard: usize| wire::LocalShardInfo {
        shard_id: shard as u32,
        points_count: layout.points_of(shard) as u64,
        state: wire::ReplicaState::Active as i32,
        shard_key: None,
    };
    Ok(wire::CollectionClusterInfoResponse {
        peer_id: PEER,
        shard_count: layout.shards() as u64,
        local_shards: (0..layout.shards()).map(shard).collect(),
        time: state.time(),
        ..Default::default()
    })
}
