//! How a server is asked to hold and search an index: settings that only a server has.
//!
//! The address and the key are not among them ([`Address`]), so that a cell is the same cell on any server.

use serde::{Deserialize, Serialize};

/// Where a server is, and which environment variable holds its key. The key itself is never kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// For instance `http://localhost:6334`.
    pub url: String,
    /// Its other interface (REST), where that is not at the usual port beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// Name of the environment variable with the API key; `None` sends no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
}

/// Settings of a Qdrant backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QdrantConfig {
    /// What the collection is made with.
    pub collection: CollectionConfig,
    /// How searches are sent.
    pub search: SearchConfig,
    /// How calls are made; no result depends on it.
    pub calls: CallConfig,
}

/// What a collection is made with. A different value needs another collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectionConfig {
    /// Shards.
    pub shards: u32,
    /// Copies of every shard.
    pub replicas: u32,
    /// Copies that have to confirm a write.
    pub write_consistency: u32,
    /// Puts all points under this shard key, and searches only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard_key: Option<String>,
    /// Segments per shard that the server aims at; `None` leaves it to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u64>,
    /// Size of a segment's vectors, in kilobytes, from which a graph is built; `None` leaves it to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexing_threshold: Option<u64>,
    /// Size of a filter's matches, in kilobytes, below which they are scanned; `None` leaves it to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_scan_threshold: Option<u64>,
    /// Links per point among points of equal payload; `None` leaves it to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_m: Option<u64>,
    /// Float vectors stay on disk.
    #[serde(default)]
    pub on_disk: bool,
}

/// How searches are sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchConfig {
    /// Who joins lists.
    pub fusion: FusionSide,
    /// How many copies of a shard have to answer; `None` leaves it to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_consistency: Option<ReadConsistency>,
    /// Filtered walks go on through points that do not match, where a filter lets through at most this share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acorn: Option<f64>,
    /// Only what is indexed is searched: answers may be short, but no segment is scanned.
    #[serde(default)]
    pub indexed_only: bool,
}

/// Who joins lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FusionSide {
    /// The server, in the request that searches, where its formula is ours; else the client.
    #[default]
    Server,
    /// The client, from one answer per list.
    Client,
}

/// How many copies of a shard have to answer a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadConsistency {
    /// All; hits that all of them have.
    All,
    /// All; hits that more than half of them have.
    Majority,
    /// More than half; hits that all of these have.
    Quorum,
    /// So many; hits that all of these have.
    Factor(u64),
}

/// How calls are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallConfig {
    /// Seconds until an answer has to be there.
    pub timeout_s: f64,
    /// Connections; workers take turns on them.
    pub connections: usize,
    /// How often a call that the server could not take is repeated.
    pub retries: u32,
    /// Points per upload.
    pub batch: usize,
    /// Seconds until the server has to have indexed everything.
    pub indexing_timeout_s: f64,
}

impl Default for QdrantConfig {
    fn default() -> Self {
        Self {
            collection: CollectionConfig {
                shards: 1,
                replicas: 1,
                write_consistency: 1,
                shard_key: None,
                segments: None,
                indexing_threshold: None,
                full_scan_threshold: None,
                payload_m: None,
                on_disk: false,
            },
            search: SearchConfig {
                fusion: FusionSide::Server,
                read_consistency: None,
                acorn: None,
                indexed_only: false,
            },
            calls: CallConfig {
                timeout_s: 30.0,
                connections: 1,
                retries: 3,
                batch: 256,
                indexing_timeout_s: 3600.0,
            },
        }
    }
}

/// Ports of a server's two interfaces, as it comes.
const REST_PORT: u16 = 6333;
const GRPC_PORT: u16 = 6334;

/// An address in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// `http` or `https`.
    pub scheme: String,
    /// Name or number, in brackets where it has colons.
    pub host: String,
    /// As given; `None` leaves it to the interface.
    pub port: Option<u16>,
}

impl Address {
    /// The parts of an address.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check(url: &str) -> Result<Parts, String> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        if !matches!(scheme, "http" | "https") {
            return Err(format!("`{scheme}` is not `http` or `https`"));
        }
        let place = rest.trim_end_matches('/');
        if place.contains('@') {
            return Err(
                "a name or password in the address would stand in every report; use `api_key: { env: NAME }`"
                    .to_owned(),
            );
        }
        if place.contains(['/', '?', '#']) {
            return Err("scheme, host and port only, for instance `http://localhost:6334`".to_owned());
        }
        let colon = place.rfind(':').filter(|at| !place[*at..].contains(']'));
        let (host, port) = match colon {
            None => (place, None),
            Some(at) => {
                let port = place[at + 1..].parse();
                let port = port.map_err(|_| format!("`{}` is no port", &place[at + 1..]))?;
                (&place[..at], Some(port))
            }
        };
        if host.is_empty() {
            return Err("there is no host in it".to_owned());
        }
        Ok(Parts {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port,
        })
    }

    /// Where gRPC may be, the likeliest first.
    ///
    /// # Errors
    /// When the address is none.
    pub fn grpc(&self) -> Result<Vec<String>, String> {
        let parts = Address::check(&self.url)?;
        Ok(match parts.port {
            None | Some(REST_PORT | GRPC_PORT) => vec![parts.at(GRPC_PORT)],
            Some(port) => vec![parts.at(port), parts.at(port.saturating_add(1))],
        })
    }

    /// Where REST may be, the likeliest first.
    ///
    /// # Errors
    /// When the address is none.
    pub fn rest(&self) -> Result<Vec<String>, String> {
        if let Some(rest) = &self.rest {
            let parts = Address::check(rest)?;
            let port = parts.port.unwrap_or(REST_PORT);
            return Ok(vec![parts.at(port)]);
        }
        let parts = Address::check(&self.url)?;
        Ok(match parts.port {
            None | Some(REST_PORT | GRPC_PORT) => vec![parts.at(REST_PORT)],
            Some(port) => vec![parts.at(port.saturating_sub(1)), parts.at(port)],
        })
    }
}

impl Parts {
    fn at(&self, port: u16) -> String {
        format!("{}://{}:{port}", self.scheme, self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address {
            url: url.to_owned(),
            rest: None,
            api_key_env: None,
        }
    }

    #[test]
    fn either_port_leads_to_both_interfaces() {
        for url in ["http://localhost:6333", "localhost:6334", "http://localhost/"] {
            let address = address(url);
            assert_eq!(
                address.grpc(),
                Ok(vec!["http://localhost:6334".to_owned()]),
                "{url}"
            );
            assert_eq!(
                address.rest(),
                Ok(vec!["http://localhost:6333".to_owned()]),
                "{url}"
            );
        }
        let mapped = address("https://[::1]:16333");
        let found = ["https://[::1]:16333", "https://[::1]:16334"].map(str::to_owned);
        assert_eq!(mapped.grpc(), Ok(found.to_vec()));
        let found = ["https://[::1]:16332", "https://[::1]:16333"].map(str::to_owned);
        assert_eq!(mapped.rest(), Ok(found.to_vec()));
    }

    #[test]
    fn what_is_no_address_is_said_in_words() {
        let wrong = |url| Address::check(url).unwrap_err();
        assert_eq!(wrong("ftp://host"), "`ftp` is not `http` or `https`");
        assert_eq!(wrong("http://host:sixty"), "`sixty` is no port");
        assert_eq!(wrong("http://:6334"), "there is no host in it");
        assert!(wrong("http://key@host").starts_with("a name or password"));
        assert!(wrong("http://host/path").starts_with("scheme, host and port only"));
    }
}
