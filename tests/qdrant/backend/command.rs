//! Sweeps on both backends, reuse, resumption, cleaning up, keys, and the doctor.

use super::Place;
use crate::server::{Fault, Options};

const BOTH: &str = "
index:
  vectors: { v: { precomputed: vector } }
  graph: { hnsw: { m: 16, ef_construct: 64 } }
  payload: [half, tenth]
pipelines:
  exact:
    - dense: { as: d, vector: v, limit: 10, exact: true }
  after:
    - dense: { as: d, vector: v, limit: 10, ef: 64, filter: { strategy: post } }
  inside:
    - dense: { as: d, vector: v, limit: 10, ef: 64, filter: { strategy: in-graph } }
measure: { quality: [knn_recall@10], latency: { warmup: 2, passes: 1 }, diagnose: false }
sweep: { axes: { backend: [local, server], pipeline: [exact, after, inside] } }
";

#[test]
fn one_spec_runs_on_both_and_exact_answers_are_the_same() {
    let place = Place::new();
    place.spec("", BOTH);
    let run = place.run(&[]);
    let bundle = run.bundle.as_ref().unwrap_or_else(|| panic!("{}", run.talk()));
    // What a server cannot do is a row with its reason.
    let unsupported: Vec<&str> = run
        .cells
        .iter()
        .filter_map(|c| c["outcome"]["unsupported"]["reason"].as_str())
        .collect();
    assert_eq!(unsupported.len(), 1);
    assert!(
        unsupported[0].contains("a server decides itself how it filters"),
        "{unsupported:?}"
    );
    let plan: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(bundle.join("plan.json")).unwrap()).unwrap();
    let ranking = |backend: &str| {
        let cells = plan["value"]["cells"].as_array().unwrap();
        let cell = cells
            .iter()
            .find(|c| c["backend"] == backend && c["pipeline"]["name"] == "exact")
            .unwrap();
        let file = bundle
            .join("runs")
            .join(format!("{}.trec.gz", cell["id"].as_str().unwrap()));
        let mut text = String::new();
        let mut packed = flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap());
        std::io::Read::read_to_string(&mut packed, &mut text).unwrap();
        let rows = text.lines().map(|l| {
            l.split_whitespace()
                .take(4)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        rows.collect::<Vec<_>>()
    };
    assert_eq!(ranking("local"), ranking("server"));
    let measured = |c: &&serde_json::Value| c["outcome"]["measured"]["parity"].is_array();
    assert_eq!(
        run.cells.iter().filter(measured).count(),
        2,
        "both cells on the server were compared"
    );
}

#[test]
fn a_collection_of_the_same_content_is_used_again_and_cleanup_removes_it() {
    let place = Place::new();
    let spec = BOTH.replace("backend: [local, server]", "backend: [server]");
    place.spec("", &spec);
    place.run(&["--no-timing"]);
    let uploads = place.server.upserts().len();
    assert!(uploads > 0);
    let again = place.run(&["--no-timing", "--cleanup"]);
    assert_eq!(
        place.server.upserts().len(),
        uploads,
        "nothing was uploaded twice"
    );
    assert_eq!(place.server.creations().len(), 1);
    assert!(
        again.talk().contains("server: removed evalrun-"),
        "{}",
        again.talk()
    );
    let dropped = place
        .server
        .requests()
        .iter()
        .filter(|r| r.method() == "collections/delete")
        .count();
    assert_eq!(dropped, 1);
}

#[test]
fn an_interrupted_upload_goes_on_where_it_was_confirmed() {
    let place = Place::new();
    let spec = BOTH.replace("backend: [local, server]", "backend: [server]");
    place.spec(", batch: 150, retries: 0", &spec);
    place
        .server
        .set_fault_for("points/upsert", Fault::Delay { ms: 200 });
    let first = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Two batches arrive, then the server is gone.
            for _ in 0..2000 {
                if place.server.upserts().len() >= 3 {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            place
                .server
                .set_fault_for("points/upsert", Fault::Unavailable { times: 1000 });
        });
        place.run(&["--no-timing"])
    });
    assert!(
        first.failures()[0].contains("uploading points"),
        "{:?}",
        first.failures()
    );
    place.server.clear_faults();
    place.server.forget_requests();
    let second = place.run(&["--no-timing"]);
    assert!(second.output.status.success(), "{}", second.talk());
    let sent: usize = place.server.upserts().iter().map(|u| u.points.len()).sum();
    assert!(
        (150..=1050).contains(&sent),
        "{sent} points of 1200 were sent again"
    );
    assert_eq!(place.server.creations(), []);
}

#[test]
fn a_collection_of_that_name_that_is_not_ours_is_left_alone() {
    let place = Place::new();
    let spec = BOTH.replace("backend: [local, server]", "backend: [server]");
    place.spec("", &spec);
    place.run(&["--no-timing"]);
    let name = place.server.creations()[0].collection_name.clone();
    // The same name, made by somebody else.
    let other = Place::new();
    other.spec("", &spec);
    let client = qdrant_client::Qdrant::from_url(&other.server.grpc_url())
        .skip_compatibility_check()
        .build()
        .unwrap();
    let made = qdrant_client::qdrant::CreateCollectionBuilder::new(&name).vectors_config(
        qdrant_client::qdrant::VectorParamsBuilder::new(4, qdrant_client::qdrant::Distance::Dot),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(client.create_collection(made)).unwrap();
    let run = other.run(&["--no-timing"]);
    assert_eq!(run.output.status.code(), Some(5));
    assert!(
        run.failures()[0].contains("that evalrun did not make"),
        "{:?}",
        run.failures()
    );
    let gc = other.evalrun(&[], &["cache", "gc", "--url", &other.server.grpc_url()]);
    let says = String::from_utf8_lossy(&gc.stdout).into_owned();
    assert!(says.contains("0 collections of evalrun removed"), "{says}");
}

#[test]
fn the_key_is_read_from_a_file_sent_and_written_nowhere() {
    const KEY: &str = "a-very-secret-key-4711";
    let place = Place::with(Options {
        api_key: Some(KEY.into()),
        ..Options::default()
    });
    let spec = BOTH.replace("backend: [local, server]", "backend: [server]");
    place.spec(", api_key: { env: MY_KEY }", &spec);
    let without = place.run(&["--no-timing"]);
    assert!(
        without.talk().contains("the variable MY_KEY is not set"),
        "{}",
        without.talk()
    );
    std::fs::write(place.path(".env"), format!("MY_KEY={KEY}\n")).unwrap();
    let run = place.run(&["--no-timing"]);
    let bundle = run.bundle.clone().unwrap_or_else(|| panic!("{}", run.talk()));
    assert!(!run.talk().contains(KEY) && !run.table().contains(KEY));
    for file in std::fs::read_dir(bundle).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(KEY.len()).any(|w| w == KEY.as_bytes());
            assert!(!found, "{} holds the key", path.display());
        }
    }
}

#[test]
fn the_doctor_says_what_is_right_and_how_to_mend_what_is_not() {
    let place = Place::with(Options {
        version: "1.9.0".into(),
        api_key: Some("k".into()),
        ..Options::default()
    });
    place.spec(", api_key: { env: MY_KEY }", BOTH);
    let spec = place.path("spec.yaml");
    let sick = place.evalrun(&[], &["doctor", "qdrant", spec.to_str().unwrap()]);
    let says = String::from_utf8_lossy(&sick.stdout).into_owned();
    assert_eq!(sick.status.code(), Some(3));
    assert!(
        says.contains("✗ API key") && says.contains("MY_KEY is not set"),
        "{says}"
    );
    let old = place.evalrun(&[("MY_KEY", "k")], &["doctor", "qdrant", spec.to_str().unwrap()]);
    let says = String::from_utf8_lossy(&old.stdout).into_owned();
    assert!(
        says.contains("✗ version") && says.contains("update the server to 1.19 or newer"),
        "{says}"
    );
    let well = Place::new();
    let spec = well.spec("", BOTH);
    let fine = well.evalrun(&[], &["doctor", "qdrant", spec.to_str().unwrap()]);
    let says = String::from_utf8_lossy(&fine.stdout).into_owned();
    println!("{says}");
    assert!(fine.status.success(), "{says}");
    for line in ["✓ gRPC", "✓ version", "✓ REST", "✓ telemetry"] {
        assert!(says.contains(line), "{line}: {says}");
    }
}
