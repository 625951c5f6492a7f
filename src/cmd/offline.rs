//! `--offline`: what would need a network is refused before anything begins.

use std::net::IpAddr;

use crate::pipeline::server::Address;
use crate::plan::{BackendConfig, Plan};

/// Whether the environment says that the network is not to be used.
pub(super) fn is_set() -> bool {
    std::env::var("EVALRUN_OFFLINE").is_ok_and(|value| !matches!(value.as_str(), "" | "0"))
}

/// A sentence for every server that cells of the plan would ask and that is not on this machine.
pub(super) fn servers_elsewhere(plan: &Plan) -> Vec<String> {
    let asked = |name: &str| {
        let mut cells = plan.cells.iter();
        cells.any(|cell| cell.backend == name && matches!(cell.backend_config, BackendConfig::Qdrant(_)))
    };
    let used = plan.servers.iter().filter(|(name, _)| asked(name));
    let places = used.flat_map(|(name, address)| places(address).map(move |place| (name, place)));
    let elsewhere = places.filter(|(_, place)| !is_this_machine(place));
    elsewhere
        .map(|(name, place)| {
            format!(
                "backend `{name}`: {place} is not on this machine, and --offline asks no other; give a server of this machine \
                 (`QDRANT_URL=http://localhost:6334`, or its `url`), or leave the backend out of the spec"
            )
        })
        .collect()
}

fn places(address: &Address) -> impl Iterator<Item = &str> {
    std::iter::once(address.url.as_str()).chain(address.rest.as_deref())
}

/// By its name alone: to look one up would take the network.
fn is_this_machine(url: &str) -> bool {
    let Ok(parts) = Address::check(url) else {
        return false;
    };
    let host = parts.host.trim_start_matches('[').trim_end_matches(']');
    let name = host.to_lowercase();
    match host.parse::<IpAddr>() {
        Ok(number) => number.is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_numbers_of_this_machine_are_near() {
        for near in [
            "http://localhost:6334",
            "LOCALHOST",
            "http://127.0.0.1:6334",
            "https://127.8.9.1",
            "http://[::1]:6334",
            "http://qdrant.localhost:6334",
        ] {
            assert!(is_this_machine(near), "{near}");
        }
        for far in [
            "http://qdrant:6334",
            "http://10.0.0.1:6334",
            "https://localhost.example.com",
            "http://0.0.0.0:6334",
            "ftp://localhost",
        ] {
            assert!(!is_this_machine(far), "{far}");
        }
    }
}
