//! What a server tells over REST alone: which way its searches went, its memory, its cluster.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::client::Secret;
use super::failed;
use crate::backend::{BackendError, Searched};
use crate::pipeline::server::CallConfig;

/// The REST side of a server.
pub(super) struct Rest {
    agent: ureq::Agent,
    /// Where it may be.
    candidates: Vec<String>,
    key: Option<Secret>,
    place: OnceLock<String>,
}

impl Rest {
    pub(super) fn new(candidates: Vec<String>, key: Option<Secret>, config: &CallConfig) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs_f64(config.timeout_s)))
            .timeout_connect(Some(Duration::from_secs_f64(config.timeout_s.min(10.0))))
            .build()
            .new_agent();
        Self {
            agent,
            candidates,
            key,
            place: OnceLock::new(),
        }
    }

    /// Where it is: the first address that answers as Qdrant.
    pub(super) fn place(&self) -> Result<&str, BackendError> {
        if let Some(place) = self.place.get() {
            return Ok(place);
        }
        let mut first = None;
        for place in &self.candidates {
            let greets = self.get(place, "/").and_then(|text| {
                let says = serde_json::from_str::<Value>(&text).unwrap_or_default();
                match says["title"].as_str().is_some_and(|t| t.contains("qdrant")) {
                    true => Ok(()),
                    false => Err(failed(format!("GET {place}/"), "it answers, but not as Qdrant")),
                }
            });
            match greets {
                Ok(()) => return Ok(self.place.get_or_init(|| place.clone())),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.expect("there is an address"))
    }

    /// Searches so far in all segments of a collection that this node holds, by vector.
    pub(super) fn searched(&self, collection: &str) -> Result<BTreeMap<String, Searched>, BackendError> {
        searches(&self.telemetry()?, collection).ok_or_else(|| silent(collection))
    }

    /// Vectors that are indexed, and in all, in the segments that this node holds, by name.
    pub(super) fn indexed(&self, collection: &str) -> Result<BTreeMap<String, (u64, u64)>, BackendError> {
        indexed(&self.telemetry()?, collection).ok_or_else(|| silent(collection))
    }

    /// With everything about segments.
    fn telemetry(&self) -> Result<Value, BackendError> {
        let text = self.get(self.place()?, "/telemetry?details_level=10")?;
        serde_json::from_str(&text).map_err(|e| failed("GET /telemetry", format!("this is no JSON: {e}")))
    }

    /// Whether telemetry can be had.
    pub(super) fn telemetry_answers(&self) -> Result<(), BackendError> {
        self.get(self.place()?, "/telemetry").map(drop)
    }

    /// Memory figures of the process, in bytes, by their names.
    pub(super) fn memory(&self) -> Result<BTreeMap<String, u64>, BackendError> {
        let text = self.get(self.place()?, "/metrics")?;
        let figures = text.lines().filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            let value: f64 = value.trim().parse().ok()?;
            name.starts_with("memory_")
                .then(|| (name.to_owned(), value as u64))
        });
        Ok(figures.collect())
    }

    /// The cluster, in facts for the manifest; empty where there is none.
    pub(super) fn cluster(&self) -> Result<BTreeMap<String, String>, BackendError> {
        let text = self.get(self.place()?, "/cluster")?;
        let says: Value = serde_json::from_str(&text).unwrap_or_default();
        let cluster = &says["result"];
        let mut facts = BTreeMap::new();
        if cluster["status"].as_str() != Some("enabled") {
            facts.insert("cluster".to_owned(), "no".to_owned());
            return Ok(facts);
        }
        let peers = cluster["peers"].as_object().map_or(0, serde_json::Map::len);
        facts.insert("cluster".to_owned(), format!("{peers} peers"));
        facts.insert("cluster.peer".to_owned(), cluster["peer_id"].to_string());
        if let Some(failures) = cluster["message_send_failures"]
            .as_object()
            .filter(|f| !f.is_empty())
        {
            facts.insert("cluster.unreachable".to_owned(), failures.len().to_string());
        }
        Ok(facts)
    }

    /// Where the shards of a collection are: `shard 0: peer 1; shard 1: peer 2`.
    pub(super) fn shards(&self, collection: &str) -> Result<String, BackendError> {
        let text = self.get(self.place()?, &format!("/collections/{collection}/cluster"))?;
        let says: Value = serde_json::from_str(&text).unwrap_or_default();
        let result = &says["result"];
        let mut shards: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for (list, own) in [("local_shards", true), ("remote_shards", false)] {
            for shard in result[list].as_array().into_iter().flatten() {
                let peer = if own {
                    &result["peer_id"]
                } else {
                    &shard["peer_id"]
                };
                let id = shard["shard_id"].as_u64().unwrap_or(0);
                let state = shard["state"].as_str().unwrap_or("?");
                shards.entry(id).or_default().push(format!("peer {peer} {state}"));
            }
        }
        let shards = shards
            .into_iter()
            .map(|(id, peers)| format!("shard {id}: {}", peers.join(", ")));
        Ok(shards.collect::<Vec<_>>().join("; "))
    }

    fn get(&self, place: &str, path: &str) -> Result<String, BackendError> {
        let what = format!("GET {place}{path}");
        let mut request = self.agent.get(format!("{place}{path}"));
        if let Some(key) = &self.key {
            request = request.header("api-key", key.reveal());
        }
        let response = request.call().map_err(|e| failed(&*what, in_words(&e)))?;
        let mut body = response.into_body();
        let text = body.with_config().limit(256 << 20).read_to_string();
        text.map_err(|e| failed(&*what, e.to_string()))
    }
}

fn silent(collection: &str) -> BackendError {
    failed(
        "GET /telemetry",
        format!("it tells nothing of the collection `{collection}`"),
    )
}

fn in_words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(401 | 403) => format!(
            "{error}; set the API key in the variable that `api_key: {{ env: … }}` names (QDRANT_API_KEY)"
        ),
        _ => error.to_string(),
    }
}

/// Vectors that are indexed and vectors in all, by name, over all segments; `None` where the telemetry has none.
fn indexed(telemetry: &Value, collection: &str) -> Option<BTreeMap<String, (u64, u64)>> {
    let all = telemetry["result"]["collections"]["collections"].as_array()?;
    let ours = all.iter().find(|c| c["id"].as_str() == Some(collection))?;
    let mut found: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for shard in ours["shards"].as_array().into_iter().flatten() {
        for segment in shard["local"]["segments"].as_array().into_iter().flatten() {
            for (name, data) in segment["info"]["vector_data"].as_object().into_iter().flatten() {
                let sum = found.entry(name.clone()).or_default();
                sum.0 += data["num_indexed_vectors"].as_u64().unwrap_or(0);
                sum.1 += data["num_vectors"].as_u64().unwrap_or(0);
            }
        }
    }
    Some(found)
}

/// Adds up the counters of all segments; `None` where the telemetry has none for the collection.
fn searches(telemetry: &Value, collection: &str) -> Option<BTreeMap<String, Searched>> {
    let all = telemetry["result"]["collections"]["collections"].as_array()?;
    let ours = all.iter().find(|c| c["id"].as_str() == Some(collection))?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found: BTreeMap<String, Searched> = BTreeMap::new();
    for shard in list(&ours["shards"]) {
        for segment in list(&shard["local"]["segments"]) {
            // Beside full segments there is an empty one for new points; it is scanned, and that costs nothing.
            if segment["info"]["num_points"].as_u64() == Some(0) {
                continue;
            }
            for searches in list(&segment["vector_index_searches"]) {
                let name = searches["index_name"].as_str().unwrap_or_default();
                let sum = found.entry(name.to_owned()).or_default();
                let count = |kind: &str| searches[kind]["count"].as_u64().unwrap_or(0);
                sum.by_index += count("unfiltered_hnsw")
                    + count("filtered_large_cardinality")
                    + count("unfiltered_sparse")
                    + count("filtered_sparse");
                sum.scanned += count("unfiltered_plain") + count("filtered_plain");
                sum.few_matches += count("filtered_small_cardinality");
                sum.exact += count("unfiltered_exact") + count("filtered_exact");
            }
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counters_of_all_segments_are_added_up_by_vector() {
        let segment = |name: &str, ways: Value| {
            let mut searches = ways;
            searches["index_name"] = json!(name);
            json!({ "info": { "num_points": 9 }, "vector_index_searches": [searches] })
        };
        let empty = json!({
            "info": { "num_points": 0 },
            "vector_index_searches": [{ "index_name": "body", "unfiltered_plain": { "count": 7 } }],
        });
        let telemetry = json!({ "result": { "collections": { "collections": [
            { "id": "other" },
            { "id": "ours", "shards": [
                { "local": { "segments": [
                    segment("body", json!({ "unfiltered_hnsw": { "count": 3 }, "unfiltered_plain": { "count": 1 } })),
                    segment("body", json!({ "filtered_small_cardinality": { "count": 2 } })),
                    empty,
                ] } },
                { "local": null, "remote": [] },
                { "local": { "segments": [segment("words", json!({ "unfiltered_sparse": { "count": 5 } }))] } },
            ] },
        ] } } });
        let body = Searched {
            by_index: 3,
            scanned: 1,
            few_matches: 2,
            exact: 0,
        };
        let words = Searched {
            by_index: 5,
            ..Searched::default()
        };
        let want = BTreeMap::from([("body".to_owned(), body), ("words".to_owned(), words)]);
        assert_eq!(searches(&telemetry, "ours"), Some(want));
        assert_eq!(searches(&telemetry, "gone"), None);
    }
}
