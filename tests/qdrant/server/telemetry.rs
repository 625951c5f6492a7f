//! What the server tells of itself over REST: shaped as Qdrant 1.19 and 1.20 do, as far as it has it.

use serde_json::{Map, Value, json};

use super::collections::{PEER, TITLE};
use super::state::{Collection, State};

/// `/telemetry`: collections from level 2 on, their segments with the searches of each vector from level 4 on.
pub(super) fn telemetry(state: &mut State, level: u32) -> Value {
    let version = state.version();
    let memory = (level >= 1).then(|| memory(state));
    let mut told = json!({
        "id": "test-server",
        "app": { "name": "test-server", "version": version },
        "collections": { "number_of_collections": state.collections.len() },
        "cluster": { "enabled": false },
    });
    if let Some(memory) = memory {
        told["memory"] = memory
            .into_iter()
            .map(|(name, bytes)| (name.to_owned(), json!(bytes)))
            .collect();
    }
    if level >= 2 {
        let tell = |(name, collection): (&String, &mut Collection)| of_collection(name, collection, level);
        let collections: Vec<Value> = state.collections.iter_mut().map(tell).collect();
        told["collections"]["collections"] = collections.into();
    } else if level == 1 {
        let vectors = |c: &Collection| json!({ "vectors": c.points.len(), "optimizers_status": "ok" });
        told["collections"]["collections"] = state.collections.values().map(vectors).collect();
    }
    told
}

fn of_collection(name: &str, collection: &mut Collection, level: u32) -> Value {
    let layout = collection.layout();
    let names: Vec<&String> = collection
        .settings
        .dense
        .keys()
        .chain(collection.settings.sparse.keys())
        .collect();
    let shard = |shard: usize| {
        let of_shard = || {
            layout
                .segments
                .iter()
                .enumerate()
                .filter(move |(_, s)| s.shard == shard)
        };
        let mut local = json!({
            "variant_name": null,
            "status": null,
            "total_optimized_points": 0,
            "num_points": layout.points_of(shard),
            "num_vectors": of_shard().flat_map(|(_, s)| s.held.values()).map(|h| h.vectors).sum::<usize>(),
            "vectors_size_bytes": of_shard().flat_map(|(_, s)| s.held.values()).map(|h| h.bytes).sum::<usize>(),
            "optimizations": { "status": "ok", "optimizations": { "count": 0 } },
        });
        if level >= 4 {
            let segment = |(number, segment): (usize, &super::layout::Segment)| {
                let indexed = segment.indexed;
                let settings = &collection.settings;
                let kind = if indexed || !settings.sparse.is_empty() {
                    "indexed"
                } else {
                    "plain"
                };
                let of_vector = |name: &&String| {
                    let held = segment.held.get(*name).copied().unwrap_or_default();
                    let indexed = segment.indexed_of(settings, name);
                    let told = json!({ "num_vectors": held.vectors, "num_indexed_vectors": indexed });
                    ((*name).clone(), told)
                };
                json!({
                    "info": {
                        "segment_type": kind,
                        "num_points": segment.points,
                        "num_vectors": segment.held.values().map(|h| h.vectors).sum::<usize>(),
                        "num_indexed_vectors":
                            names.iter().map(|n| segment.indexed_of(settings, n)).sum::<usize>(),
                        "vector_data": names.iter().map(of_vector).collect::<Map<_, _>>(),
                        "is_appendable": !indexed,
                    },
                    "vector_index_searches": names.iter().map(|n| searches(collection, number, n)).collect::<Value>(),
                    "payload_field_indices": [],
                })
            };
            local["segments"] = of_shard().map(segment).collect();
        }
        json!({
            "id": shard,
            "key": null,
            "local": local,
            "remote": [],
            "replicate_states": { PEER.to_string(): "Active" },
        })
    };
    json!({ "id": name, "shards": (0..layout.shards()).map(shard).collect::<Value>() })
}

/// The searches of one vector of one segment; paths that were never gone are left out.
fn searches(collection: &Collection, segment: usize, vector: &str) -> Value {
    let counts = collection.counts.of(segment, vector);
    let mut told: Map<String, Value> = counts
        .into_iter()
        .map(|(path, n)| (path.name().to_owned(), json!({ "count": n })))
        .collect();
    told.insert("index_name".into(), vector.into());
    told.into()
}

/// Bytes, worked out from what is held: the process itself is that of the test.
fn memory(state: &mut State) -> Vec<(&'static str, usize)> {
    let held = |c: &mut Collection| {
        let layout = c.layout();
        layout
            .segments
            .iter()
            .flat_map(|s| s.held.values())
            .map(|h| h.bytes)
            .sum::<usize>()
    };
    let bytes = (1 << 20) + state.collections.values_mut().map(held).sum::<usize>();
    vec![
        ("active_bytes", bytes),
        ("allocated_bytes", bytes),
        ("metadata_bytes", 0),
        ("resident_bytes", bytes),
        ("retained_bytes", 0),
    ]
}

/// `/metrics`, in Prometheus' text format.
pub(super) fn metrics(state: &mut State) -> String {
    let version = state.version();
    let mut text = String::new();
    let mut gauge = |name: &str, labels: &str, value: usize| {
        text.push_str(&format!(
            "# HELP {name} of the test server\n# TYPE {name} gauge\n{name}{labels} {value}\n"
        ));
    };
    gauge(
        "app_info",
        &format!("{{name=\"test-server\",version=\"{version}\"}}"),
        1,
    );
    gauge("collections_total", "", state.collections.len());
    for (name, bytes) in memory(state) {
        gauge(&format!("memory_{name}"), "", bytes);
    }
    text
}

/// `/`.
pub(super) fn version(state: &State) -> Value {
    json!({ "title": TITLE, "version": state.version(), "commit": null })
}

/// `/collections/{name}/cluster`.
pub(super) fn shards(collection: &mut Collection) -> Value {
    let layout = collection.layout();
    let shard = |shard: usize| json!({ "shard_id": shard, "points_count": layout.points_of(shard), "state": "Active" });
    json!({
        "peer_id": PEER,
        "shard_count": layout.shards(),
        "local_shards": (0..layout.shards()).map(shard).collect::<Value>(),
        "remote_shards": [],
        "shard_transfers": [],
    })
}
