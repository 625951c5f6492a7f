//! Looks a server over: both interfaces, version, key, collections; says what is wrong and how to mend it.

use super::client::{Client, Secret, VERSION, difference};
use super::rest::Rest;
use super::{collection, failed};
use crate::backend::BackendError;
use crate::pipeline::server::{Address, QdrantConfig};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// In words, with the way out where there has to be one.
    pub says: String,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it has to be.
    Good,
    /// Can be measured, with a part of the proof missing.
    Doubtful,
    /// Nothing can be measured.
    Bad,
}

/// Looks at everything that can be looked at; what hangs on something broken is left out.
pub fn examine(address: &Address, key: Option<&Secret>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut add = |what, verdict, says: String| checks.push(Check { what, verdict, says });
    add("address", Verdict::Good, address.url.clone());
    match (&address.api_key_env, key) {
        (Some(name), None) => add(
            "API key",
            Verdict::Bad,
            format!(
                "the variable {name} is not set; put `{name}=…` into the environment or into a `.env` file"
            ),
        ),
        (Some(name), Some(_)) => add("API key", Verdict::Good, format!("from {name}")),
        (None, _) => add("API key", Verdict::Good, "none is sent".to_owned()),
    }
    let open = address.url.starts_with("http://") && !local(&address.url);
    match (open, key) {
        (true, Some(_)) => add(
            "TLS",
            Verdict::Doubtful,
            "the key goes over the network in plain text; write `https://` if the server has a certificate"
                .to_owned(),
        ),
        (true, None) => add("TLS", Verdict::Good, "off".to_owned()),
        (false, _) if address.url.starts_with("https://") => add("TLS", Verdict::Good, "on".to_owned()),
        (false, _) => add("TLS", Verdict::Good, "off, on this machine".to_owned()),
    }
    let config = QdrantConfig::default();
    let client = || -> Result<Client, BackendError> {
        let places = address.grpc().map_err(|why| failed("the address", why))?;
        Client::new(places, key.cloned(), &config.calls)
    };
    match client().and_then(|client| Ok((client.health()?, client))) {
        Err(error) => add("gRPC", Verdict::Bad, format!("{error}{}", hint(address))),
        Ok((health, client)) => {
            add("gRPC", Verdict::Good, format!("answers at {}", client.place()));
            let (verdict, says) = version(&health.version);
            add("version", verdict, says);
            match collection::all(&client) {
                Ok(names) => {
                    let ours = names.iter().filter(|n| n.starts_with("evalrun-")).count();
                    let says = format!("{} in all, {ours} of them made by evalrun", names.len());
                    add("collections", Verdict::Good, says);
                }
                Err(error) => add("collections", Verdict::Bad, error.to_string()),
            }
        }
    }
    rest(address, key, &config, &mut add);
    checks
}

fn rest(
    address: &Address,
    key: Option<&Secret>,
    config: &QdrantConfig,
    add: &mut impl FnMut(&'static str, Verdict, String),
) {
    let places = match address.rest() {
        Ok(places) => places,
        Err(why) => return add("REST", Verdict::Bad, why),
    };
    let rest = Rest::new(places, key.cloned(), &config.calls);
    match rest.place() {
        Err(error) => {
            let says = format!("{error}; without it no path can be proved – `rest:` says where it is");
            return add("REST", Verdict::Doubtful, says);
        }
        Ok(place) => add("REST", Verdict::Good, format!("answers at {place}")),
    }
    match rest.telemetry_answers() {
        Ok(()) => add(
            "telemetry",
            Verdict::Good,
            "tells which way searches go".to_owned(),
        ),
        Err(error) => add(
            "telemetry",
            Verdict::Doubtful,
            format!("{error}; whether a graph was used cannot be proved"),
        ),
    }
    match rest.memory() {
        Ok(figures) => {
            let resident = figures.get("memory_resident_bytes");
            let says = resident.map_or("no figures of memory".to_owned(), |b| {
                format!("resident memory {} MB", b / 1_000_000)
            });
            add("metrics", Verdict::Good, says);
        }
        Err(error) => add(
            "metrics",
            Verdict::Doubtful,
            format!("{error}; its memory is not known"),
        ),
    }
    if let Ok(facts) = rest.cluster() {
        let says = facts.get("cluster").map_or("not known", String::as_str);
        add("cluster", Verdict::Good, says.to_owned());
    }
}

fn version(version: &str) -> (Verdict, String) {
    match difference(version) {
        Some(0) => (Verdict::Good, version.to_owned()),
        Some(1 | -1) => (
            Verdict::Good,
            format!("{version}; this program speaks {VERSION}, which fits"),
        ),
        Some(behind) if behind < 0 => (
            Verdict::Bad,
            format!("{version} is too old for the protocol of {VERSION}; update the server to 1.19 or newer"),
        ),
        Some(_) => (
            Verdict::Bad,
            format!("{version} is newer than this program can speak ({VERSION}); update evalrun"),
        ),
        None => (
            Verdict::Bad,
            format!("{version:?} is not a version that can be compared with {VERSION}"),
        ),
    }
}

/// The commonest reasons for silence.
fn hint(address: &Address) -> &'static str {
    if local(&address.url) {
        "\nstart one with `docker run -p 6333:6333 -p 6334:6334 qdrant/qdrant`; without `-p 6334:6334` gRPC stays inside"
    } else {
        "\nis the host right, and port 6334 open? Qdrant Cloud has https:// addresses"
    }
}

fn local(url: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|host| url.contains(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unset_key_and_a_silent_server_are_told_with_the_way_out() {
        let address = Address {
            // A port that nothing listens on: bound here and let go.
            url: {
                let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
                format!("http://{}", free.local_addr().unwrap())
            },
            rest: None,
            api_key_env: Some("NO_SUCH_KEY".to_owned()),
        };
        let checks = examine(&address, None);
        let of = |what| checks.iter().find(|c| c.what == what).unwrap();
        assert_eq!(of("API key").verdict, Verdict::Bad);
        assert!(of("API key").says.contains("NO_SUCH_KEY is not set"));
        assert_eq!(of("gRPC").verdict, Verdict::Bad);
        assert!(of("gRPC").says.contains("docker run"), "{}", of("gRPC").says);
        assert_eq!(of("REST").verdict, Verdict::Doubtful);
    }

    #[test]
    fn versions_are_judged() {
        assert_eq!(version("1.20.1").0, Verdict::Good);
        assert_eq!(
            version("1.9.0"),
            (
                Verdict::Bad,
                "1.9.0 is too old for the protocol of 1.20.0; update the server to 1.19 or newer".to_owned()
            )
        );
        assert_eq!(version("1.25.0").0, Verdict::Bad);
    }
}
