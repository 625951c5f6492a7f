//! The REST port, and keys on both.

use qdrant_client::qdrant::Distance;
use serde_json::json;
use tonic::Code;

use super::{Session, client, collection, get};
use crate::server::{Asked, Fault, Options};

/// Status and body, whatever the status is.
fn raw(url: &str, key: Option<&str>) -> Result<(u16, String), ureq::Error> {
    let agent = ureq::Agent::new_with_config(
        ureq::config::Config::builder()
            .http_status_as_error(false)
            .build(),
    );
    let request = agent.get(url);
    let request = match key {
        Some(key) => request.header("api-key", key),
        None => request,
    };
    let mut answer = request.call()?;
    let status = answer.status().as_u16();
    Ok((status, answer.body_mut().read_to_string()?))
}

#[test]
fn the_version_and_the_cluster_are_told() {
    let session = Session::of(Options::default(), Distance::Dot, &[&[1.0], &[2.0]]);
    let url = session.server.rest_url();
    assert_eq!(get(&url)["version"], "1.20.0");
    assert_eq!(
        get(&format!("{url}/cluster"))["result"],
        json!({ "status": "disabled" })
    );
    let shards = &get(&format!("{url}/collections/c/cluster"))["result"];
    assert_eq!(
        shards["local_shards"],
        json!([{ "shard_id": 0, "points_count": 2, "state": "Active" }])
    );
    assert_eq!(raw(&format!("{url}/nowhere"), None).unwrap().0, 404);
    assert_eq!(
        session.server.requests().pop(),
        Some(Asked::Rest("GET /nowhere".into()))
    );
}

#[test]
fn telemetry_tells_more_from_level_to_level() {
    let session = Session::of(Options::default(), Distance::Dot, &[&[1.0], &[2.0]]);
    session.query(super::nearest(&[1.0]));
    let told = |level: u32| {
        get(&format!(
            "{}/telemetry?details_level={level}",
            session.server.rest_url()
        ))
    };
    assert_eq!(
        told(0)["result"]["collections"],
        json!({ "number_of_collections": 1 })
    );
    let shard = |level| told(level)["result"]["collections"]["collections"][0]["shards"][0]["local"].clone();
    assert_eq!(
        (&shard(3)["num_points"], &shard(3)["segments"]),
        (&json!(2), &json!(null))
    );
    let segment = &shard(4)["segments"][0];
    assert_eq!(segment["info"]["segment_type"], "plain");
    let searches = json!([{ "unfiltered_plain": { "count": 1 }, "index_name": "v" }]);
    assert_eq!(segment["vector_index_searches"], searches);
}

#[test]
fn metrics_tell_of_memory() {
    let session = Session::new(Options::default());
    session.create(collection(2, Distance::Dot));
    let resident = || {
        let (_, text) = raw(&format!("{}/metrics", session.server.rest_url()), None).unwrap();
        let line = text
            .lines()
            .find(|l| l.starts_with("memory_resident_bytes "))
            .unwrap()
            .to_owned();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let before = resident();
    session.put(super::points(&[&[1.0, 2.0], &[3.0, 4.0]]));
    assert_eq!(resident() - before, 2 * 2 * 4);
}

#[test]
fn who_lacks_the_key_is_not_answered() {
    let session = Session::new(Options {
        api_key: Some("secret".into()),
        ..Options::default()
    });
    assert_eq!(
        session.refused(session.client.list_collections()),
        Code::Unauthenticated
    );
    let wrong = client(&session.server, Some("guess"));
    assert_eq!(session.refused(wrong.list_collections()), Code::Unauthenticated);
    let right = client(&session.server, Some("secret"));
    assert!(session.run(right.list_collections()).collections.is_empty());
    let url = session.server.rest_url();
    assert_eq!(raw(&format!("{url}/telemetry"), None).unwrap().0, 401);
    assert_eq!(raw(&format!("{url}/telemetry"), Some("secret")).unwrap().0, 200);
    // The version is told to anybody.
    assert_eq!(raw(&url, None).unwrap().0, 200);
}

#[test]
fn rest_has_faults_of_its_own() {
    let session = Session::new(Options::default());
    let telemetry = || raw(&format!("{}/telemetry", session.server.rest_url()), None);
    // One that names no request is one of gRPC.
    session.server.set_fault(Fault::Unavailable { times: 9 });
    assert_eq!(telemetry().unwrap().0, 200);
    session
        .server
        .set_fault_for("GET /telemetry", Fault::Unavailable { times: 1 });
    session
        .server
        .set_fault_for("GET /telemetry", Fault::Reset { times: 1 });
    session.server.set_fault_for(
        "GET /telemetry",
        Fault::ResourceExhausted {
            times: 1,
            retry_after: None,
        },
    );
    assert_eq!(telemetry().unwrap().0, 503);
    assert!(telemetry().is_err());
    assert_eq!(telemetry().unwrap().0, 429);
    assert_eq!(telemetry().unwrap().0, 200);
}

#[test]
fn nobody_listens_when_it_is_dropped() {
    let session = Session::new(Options::default());
    let (url, client) = (session.server.rest_url(), client(&session.server, None));
    drop(session.server);
    assert!(raw(&url, None).is_err());
    assert!(session.runtime.block_on(client.list_collections()).is_err());
}
