//! A Qdrant server as a backend.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Choice, Spanned};

/// A Qdrant server: in the cloud, in a container, or a cluster.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QdrantSpec {
    /// Where it is. The port of either interface will do: what is written as 6333 (REST) is asked on 6334 (gRPC) and the
    /// other way round. Default: `QDRANT_URL` of the environment or of a `.env` file, else `http://localhost:6334`.
    pub url: Option<Spanned<String>>,
    /// Where its REST interface is. Default: the host of `url`, at the port below that of gRPC.
    pub rest: Option<Spanned<String>>,
    /// Where the API key is: `{ env: NAME }`, a variable of the environment or of a `.env` file. It is never put into a
    /// report. Default: `{ env: QDRANT_API_KEY }`, where that is set.
    pub api_key: Option<Spanned<SecretSpec>>,
    /// Shards of a collection. Default: 1.
    pub shards: Option<Spanned<u32>>,
    /// Copies of every shard. Default: 1.
    pub replicas: Option<Spanned<u32>>,
    /// Copies that have to confirm a write. Default: 1.
    pub write_consistency: Option<Spanned<u32>>,
    /// Copies that have to answer a search: `all`, `majority`, `quorum` or `{ factor: 2 }`. Default: the server's.
    pub read_consistency: Option<Spanned<Choice<ReadConsistencySpec>>>,
    /// Puts every point under this shard key and searches only there. Default: none.
    pub shard_key: Option<Spanned<String>>,
    /// Segments per shard that the server aims at. Default: the server's.
    pub segments: Option<Spanned<u64>>,
    /// Kilobytes of vectors in a segment from which a graph is built. Below it, the server scans. Default: the server's
    /// (10000).
    pub indexing_threshold: Option<Spanned<u64>>,
    /// Kilobytes of vectors below which a segment, or what a filter lets through of it, is scanned although there is a graph.
    /// Default: the server's (10000).
    pub full_scan_threshold: Option<Spanned<u64>>,
    /// Links per point among points of equal payload, beside `m`. Default: the server's (as many as `m`).
    pub payload_m: Option<Spanned<u64>>,
    /// Float vectors stay on disk. Default: false.
    pub on_disk: Option<Spanned<bool>>,
    /// Who joins lists: `server` in the request that searches, where its formula is ours; or `client`, from one answer
    /// per list. Default: `server`.
    pub fusion: Option<Spanned<FusionSideSpec>>,
    /// Filtered walks go on through points that do not match (ACORN), where a filter lets through at most this share of
    /// the points, above 0 and at most 1. Default: off.
    pub acorn: Option<Spanned<f64>>,
    /// Search only what is indexed: answers may be short, but no segment is scanned. Default: false.
    pub indexed_only: Option<Spanned<bool>>,
    /// Seconds until an answer has to be there. Default: 30.
    pub timeout: Option<Spanned<f64>>,
    /// Connections; workers take turns on them. Default: 1.
    pub connections: Option<Spanned<usize>>,
    /// How often a call is repeated that the server could not take. Default: 3.
    pub retries: Option<Spanned<u32>>,
    /// Points per upload. Default: 256.
    pub batch: Option<Spanned<usize>>,
    /// Seconds until everything has to be indexed. Default: 3600.
    pub indexing_timeout: Option<Spanned<f64>>,
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretSpec {
    /// Name of the environment variable that holds it.
    pub env: Spanned<String>,
}

/// How many copies of a shard have to answer.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadConsistencySpec {
    /// All; hits that all of them have.
    All(EveryCopySpec),
    /// All; hits that more than half of them have.
    Majority(EveryCopySpec),
    /// More than half; hits that all of these have.
    Quorum(EveryCopySpec),
    /// So many; hits that all of these have.
    Factor(u64),
}

/// Settings of a consistency that counts for itself; there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EveryCopySpec {}

/// Who joins lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FusionSideSpec {
    /// The server, in the request that searches.
    Server,
    /// The client, from one answer per list.
    Client,
}
