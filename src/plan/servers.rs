//! From a server as written to where it is and how it is asked.

use std::collections::BTreeMap;

use super::findings::Findings;
use super::numbers::{count, out_of_range, within};
use crate::pipeline::server::{
    Address, CallConfig, CollectionConfig, FusionSide, QdrantConfig, ReadConsistency, SearchConfig,
};
use crate::spec::server::{FusionSideSpec, QdrantSpec, ReadConsistencySpec};
use crate::spec::{Code, Diagnostic, Spanned};

/// Where a server is that the spec says nothing of.
const HERE: &str = "http://localhost:6334";
/// Variables that are looked at where the spec names none; those of the vendor's own examples.
const URL: &str = "QDRANT_URL";
const KEY: &str = "QDRANT_API_KEY";

/// A Qdrant server, every default filled in.
pub(super) fn qdrant(
    written: &QdrantSpec,
    environment: &BTreeMap<String, String>,
    findings: &mut Findings,
) -> (QdrantConfig, Address) {
    let usual = QdrantConfig::default();
    let copies = |n: &Option<Spanned<u32>>, what: &str, findings: &mut Findings| match n {
        Some(n) if n.value == 0 => {
            findings.push(out_of_range(what, n, "1 or more"));
            1
        }
        n => n.as_ref().map_or(1, |n| n.value),
    };
    let replicas = copies(&written.replicas, "replicas", findings);
    let write_consistency = copies(&written.write_consistency, "write_consistency", findings);
    if let Some(wanted) = written.write_consistency.as_ref().filter(|w| w.value > replicas) {
        let bounds = format!("at most the number of replicas, {replicas}");
        findings.push(out_of_range("write_consistency", wanted, &bounds));
    }
    let seconds = |n: &Option<Spanned<f64>>, default: f64, what: &str, findings: &mut Findings| {
        within(n.as_ref(), default, what, "above 0", |s| s > 0.0, findings)
    };
    let plain = |n: &Option<Spanned<u64>>| n.as_ref().map(|n| n.value);
    let config = QdrantConfig {
        collection: CollectionConfig {
            shards: copies(&written.shards, "shards", findings),
            replicas,
            write_consistency,
            shard_key: written.shard_key.as_ref().map(|k| k.value.clone()),
            segments: plain(&written.segments),
            indexing_threshold: plain(&written.indexing_threshold),
            full_scan_threshold: plain(&written.full_scan_threshold),
            payload_m: plain(&written.payload_m),
            on_disk: written.on_disk.as_ref().is_some_and(|d| d.value),
        },
        search: SearchConfig {
            fusion: match written.fusion.as_ref().map(|f| f.value) {
                None | Some(FusionSideSpec::Server) => FusionSide::Server,
                Some(FusionSideSpec::Client) => FusionSide::Client,
            },
            read_consistency: written.read_consistency.as_ref().map(|c| consistency(&c.value.0)),
            acorn: written.acorn.as_ref().map(|share| {
                let holds = |s: f64| s > 0.0 && s <= 1.0;
                within(
                    Some(share),
                    1.0,
                    "acorn",
                    "above 0 and at most 1",
                    holds,
                    findings,
                )
            }),
            indexed_only: written.indexed_only.as_ref().is_some_and(|o| o.value),
        },
        calls: CallConfig {
            timeout_s: seconds(&written.timeout, usual.calls.timeout_s, "timeout", findings),
            connections: count(
                written.connections.as_ref(),
                usual.calls.connections,
                "connections",
                findings,
            ),
            retries: written.retries.as_ref().map_or(usual.calls.retries, |r| r.value),
            batch: count(written.batch.as_ref(), usual.calls.batch, "batch", findings),
            indexing_timeout_s: seconds(
                &written.indexing_timeout,
                usual.calls.indexing_timeout_s,
                "indexing_timeout",
                findings,
            ),
        },
    };
    (config, address(written, environment, findings))
}

fn consistency(written: &ReadConsistencySpec) -> ReadConsistency {
    match written {
        ReadConsistencySpec::All(_) => ReadConsistency::All,
        ReadConsistencySpec::Majority(_) => ReadConsistency::Majority,
        ReadConsistencySpec::Quorum(_) => ReadConsistency::Quorum,
        ReadConsistencySpec::Factor(n) => ReadConsistency::Factor(*n),
    }
}

fn address(written: &QdrantSpec, environment: &BTreeMap<String, String>, findings: &mut Findings) -> Address {
    for url in [&written.url, &written.rest].into_iter().flatten() {
        if let Err(wrong) = Address::check(&url.value) {
            let diagnostic = Diagnostic::new(Code::BadAddress, "this is no address of a server");
            findings.push(diagnostic.at(url.span, wrong));
        }
    }
    let of_environment = || environment.get(URL).filter(|url| !url.is_empty()).cloned();
    let url = written.url.as_ref().map(|u| u.value.clone());
    let api_key_env = match &written.api_key {
        Some(secret) => Some(secret.value.env.value.clone()),
        None => environment.contains_key(KEY).then(|| KEY.to_owned()),
    };
    Address {
        url: url.or_else(of_environment).unwrap_or_else(|| HERE.to_owned()),
        rest: written.rest.as_ref().map(|r| r.value.clone()),
        api_key_env,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Span;

    fn read(written: &QdrantSpec, environment: &[(&str, &str)]) -> (QdrantConfig, Address, Vec<String>) {
        let environment = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let mut findings = Findings::default();
        let (config, address) = qdrant(written, &environment.collect(), &mut findings);
        let titles = match findings.finish() {
            Ok(warnings) => warnings,
            Err(errors) => errors,
        };
        (config, address, titles.into_iter().map(|d| d.title).collect())
    }

    fn at<T>(value: T) -> Option<Spanned<T>> {
        Some(Spanned::new(value, Span::UNKNOWN))
    }

    #[test]
    fn a_server_that_is_only_named_is_the_one_of_the_environment_or_here() {
        let (config, address, findings) = read(&QdrantSpec::default(), &[]);
        assert_eq!(config, QdrantConfig::default());
        assert_eq!((address.url.as_str(), address.api_key_env), (HERE, None));
        assert_eq!(findings, Vec::<String>::new());
        let cloud = [(URL, "https://x.cloud.qdrant.io:6333"), (KEY, "secret")];
        let (_, address, _) = read(&QdrantSpec::default(), &cloud);
        assert_eq!(address.url, "https://x.cloud.qdrant.io:6333");
        assert_eq!(
            address.api_key_env.as_deref(),
            Some(KEY),
            "its name, never the key"
        );
    }

    #[test]
    fn addresses_that_hold_a_secret_are_refused() {
        let written = QdrantSpec {
            url: at("https://me:secret@host:6334".to_owned()),
            ..QdrantSpec::default()
        };
        let (.., findings) = read(&written, &[]);
        assert_eq!(findings, ["this is no address of a server"]);
    }

    #[test]
    fn copies_and_consistency_have_to_go_together() {
        let written = QdrantSpec {
            replicas: at(2),
            write_consistency: at(3),
            shards: at(0),
            acorn: at(1.5),
            ..QdrantSpec::default()
        };
        let (config, _, findings) = read(&written, &[]);
        assert_eq!(config.collection.replicas, 2);
        assert_eq!(
            findings,
            [
                "`write_consistency` cannot be 3",
                "`shards` cannot be 0",
                "`acorn` cannot be 1.5"
            ]
        );
    }
}
