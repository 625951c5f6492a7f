//! Every way in which a server can give a wrong number silently, and what the user sees of it.

use super::{Place, Run};
use crate::server::{Fault, Options};

/// A dense search, the same by codes, keyword-free fusion of both, and an exact one.
const PIPELINES: &str = "
index:
  vectors: { v: { precomputed: vector } }
  graph: { hnsw: { m: 16, ef_construct: 64 } }
  quantization: none
  payload: [half, tenth]
pipelines:
  dense:
    - dense: { as: d, vector: v, limit: 10, ef: 64 }
measure: { quality: [knn_recall@10], diagnose: false }
sweep: { axes: { backend: [server] } }
";

/// The same without payload.
const PIPELINES_OF_ARRAYS: &str = "
index:
  vectors: { v: { precomputed: vector } }
  graph: { hnsw: { m: 16, ef_construct: 64 } }
pipelines:
  dense:
    - dense: { as: d, vector: v, limit: 10, ef: 64 }
measure: { quality: [knn_recall@10], diagnose: false }
sweep: { axes: { backend: [server] } }
";

/// The same with codes.
const CODES: &str = "
index:
  vectors: { v: { precomputed: vector } }
  graph: { hnsw: { m: 16, ef_construct: 64 } }
  quantization: binary
  payload: [half, tenth]
pipelines:
  dense:
    - dense: { as: d, vector: v, limit: 10, ef: 64, oversampling: 4 }
measure: { quality: [knn_recall@10], diagnose: false }
sweep: { axes: { backend: [server] } }
";

/// Codes without rescoring tie in crowds, and a fusion of ranks sees every change of their order.
const TIES: &str = "
index:
  vectors: { v: { precomputed: vector } }
  graph: exact
  quantization: binary
pipelines:
  fused:
    - dense: { as: a, vector: v, limit: 20, rescore: false, oversampling: 1 }
    - dense: { as: b, vector: v, limit: 10, exact: true }
    - fuse:  { as: f, of: [a, b], method: rrf, limit: 10 }
measure: { quality: [knn_recall@10], diagnose: false }
sweep: { axes: { backend: [server] } }
";

fn run(spec: &str, fault: Option<Fault>) -> Run {
    let place = Place::with(Options {
        faults: fault.into_iter().collect(),
        ..Options::default()
    });
    place.spec("", spec);
    place.run(&["--no-timing"])
}

/// Checks that fired, without what is only noted.
fn fired(run: &Run) -> Vec<String> {
    let mut checks: Vec<String> = run
        .findings()
        .into_iter()
        .filter(|f| !run.is_note(f))
        .map(|(check, _)| check)
        .collect();
    checks.sort();
    checks.dedup();
    checks
}

#[test]
fn nothing_fires_on_an_honest_server() {
    for spec in [PIPELINES, CODES, TIES] {
        let run = run(spec, None);
        assert!(run.output.status.success(), "{}", run.talk());
        let checks: Vec<String> = fired(&run)
            .into_iter()
            .filter(|c| c != "distinct-codes")
            .collect();
        assert_eq!(checks, Vec::<String>::new(), "{:?}", run.findings());
        let parity = &run.cells[0]["outcome"]["measured"]["parity"][0];
        assert_eq!((&parity["queries"], &parity["equal"]), (&24.into(), &24.into()));
    }
}

/// Each fault that a run can go on with, the check that has to fire, and a part of what it says.
#[test]
fn every_fault_is_seen_by_its_check() {
    let cases: Vec<(&str, Fault, &str, &str)> = vec![
        (
            PIPELINES,
            Fault::DropFilter,
            "filter",
            "hits that its filter excludes",
        ),
        (
            PIPELINES,
            Fault::DropFilter,
            "parity",
            "an exact search equals the oracle in",
        ),
        (
            PIPELINES,
            Fault::TruncatedAnswer { hits: 2 },
            "parity",
            "hits where the oracle has",
        ),
        (
            PIPELINES,
            Fault::ScansOnly,
            "path",
            "scanned though the graph was asked for",
        ),
        (
            PIPELINES,
            Fault::ForgetsPayloadIndex,
            "payload-index",
            "no payload index on `half`",
        ),
        (CODES, Fault::NoQuantization, "effective", "the server has none"),
        (TIES, Fault::UnstableTies, "repeat", "asked again"),
    ];
    for (spec, fault, check, says) in cases {
        let run = run(spec, Some(fault.clone()));
        let hit = run.findings().into_iter().find(|(c, _)| c == check);
        let (_, message) = hit.unwrap_or_else(|| {
            panic!(
                "{fault:?}: {check} did not fire: {:?}\n{}",
                run.findings(),
                run.talk()
            )
        });
        println!("{fault:?}: {check}: {message}");
        assert!(message.contains(says), "{fault:?}: {message}");
    }
}

/// Generated vectors are of length 1, where one metric ranks as the other; these are not.
#[test]
fn a_server_that_compares_by_another_metric_is_seen_by_parity() {
    let verdict = |faults| {
        let place = Place::with(Options {
            faults,
            ..Options::default()
        });
        let rows = |n: u32| {
            let row = |i: u32| (0..8u32).map(move |d| ((i * 31 + d * 17) % 23) as f32 - 11.0);
            (0..n)
                .flat_map(|i| {
                    8u32.to_le_bytes()
                        .into_iter()
                        .chain(row(i).flat_map(f32::to_le_bytes))
                })
                .collect::<Vec<u8>>()
        };
        std::fs::write(place.path("base.fvecs"), rows(300)).unwrap();
        std::fs::write(place.path("queries.fvecs"), rows(20)).unwrap();
        let path = place.spec("", PIPELINES_OF_ARRAYS);
        let text = std::fs::read_to_string(&path).unwrap();
        let (head, tail) = (text.find("\ndata:").unwrap(), text.find("\nbackends:").unwrap());
        let data = "\ndata: { arrays: { documents: base.fvecs, queries: queries.fvecs, metric: l2 } }\n";
        std::fs::write(&path, format!("{}{data}{}", &text[..head], &text[tail..])).unwrap();
        place.run(&["--no-timing"])
    };
    let honest = verdict(vec![]);
    assert!(honest.output.status.success(), "{}", honest.talk());
    assert!(
        !fired(&honest).contains(&"parity".to_owned()),
        "{:?}",
        honest.findings()
    );
    let wrong = verdict(vec![Fault::WrongMetric]);
    assert!(
        fired(&wrong).contains(&"parity".to_owned()),
        "{:?}",
        wrong.findings()
    );
}

/// Faults after which nothing is measured: the cell fails with the reason, and the exit status says so.
#[test]
fn a_cell_fails_where_the_index_is_not_the_one_that_was_asked_for() {
    let cases = [
        (
            Fault::WrongCount { by: -3 },
            "it holds 1197 points after 1200 were uploaded",
        ),
        (
            Fault::StaleCorpus { point: 0 },
            "the vector `v` of point 0 is not what was uploaded",
        ),
        (
            Fault::LosesPoints { points: 1 },
            "every part of point 1199 is not what was uploaded",
        ),
        (
            Fault::HalfIndexed { done_at: None },
            "still being indexed after 3 s",
        ),
    ];
    for (fault, says) in cases {
        let run = run(PIPELINES, Some(fault.clone()));
        assert_eq!(run.output.status.code(), Some(5), "{fault:?}: {}", run.talk());
        let failures = run.failures();
        println!("{fault:?}: {failures:?}");
        assert!(failures[0].contains(says), "{fault:?}: {failures:?}");
    }
}

#[test]
fn an_index_that_is_finished_late_is_waited_for() {
    let run = run(PIPELINES, Some(Fault::HalfIndexed { done_at: Some(4) }));
    assert!(run.output.status.success(), "{}", run.talk());
    let checks = fired(&run);
    assert!(!checks.contains(&"index-coverage".to_owned()), "{checks:?}");
}

#[test]
fn a_knob_without_effect_is_reported_as_dead() {
    let spec = PIPELINES.replace("backend: [server]", "backend: [server], d.ef: [10, 200]");
    let table = run(&spec, Some(Fault::IgnoresEf)).table();
    assert!(table.contains("d.ef"), "{table}");
    let dead = table.lines().any(|l| {
        l.contains("d.ef") && (l.contains("changes") || l.contains("no effect") || l.contains("dead"))
    });
    assert!(dead, "{table}");
    let honest = run(&spec, None).table();
    assert_ne!(table, honest);
}

#[test]
fn a_busy_server_is_asked_again_and_every_failure_is_counted() {
    for (fault, code) in [
        (Fault::Unavailable { times: 2 }, "UNAVAILABLE 2"),
        (
            Fault::ResourceExhausted {
                times: 2,
                retry_after: None,
            },
            "RESOURCE_EXHAUSTED 2",
        ),
    ] {
        let place = Place::new();
        place.spec("", PIPELINES);
        place.server.set_fault_for("points/query", fault.clone());
        let run = place.run(&["--no-timing"]);
        assert!(run.output.status.success(), "{fault:?}: {}", run.talk());
        let hit = run.findings().into_iter().find(|(check, _)| check == "calls");
        let (_, message) = hit.unwrap_or_else(|| panic!("{fault:?}: {:?}", run.findings()));
        println!("{fault:?}: {message}");
        assert!(
            message.contains(code) && message.contains("2 were repeated"),
            "{message}"
        );
    }
}

#[test]
fn a_server_that_stays_busy_fails_the_cell_with_its_code_and_the_way_out() {
    let place = Place::new();
    place.spec(", retries: 1", PIPELINES);
    place
        .server
        .set_fault_for("points/query", Fault::Unavailable { times: 100_000 });
    let run = place.run(&["--no-timing"]);
    assert_eq!(run.output.status.code(), Some(5), "{}", run.talk());
    let failure = &run.failures()[0];
    assert!(
        failure.contains("searching: UNAVAILABLE") && failure.contains("(after 1 repeats)"),
        "{failure}"
    );
}

#[test]
fn an_answer_that_comes_too_late_is_a_failure() {
    let place = Place::new();
    place.spec(", retries: 0, timeout: 0.2", PIPELINES);
    place
        .server
        .set_fault_for("points/query", Fault::Delay { ms: 1000 });
    let run = place.run(&["--no-timing"]);
    let failure = &run.failures()[0];
    assert!(
        failure.contains("DEADLINE_EXCEEDED") && failure.contains("`timeout` gives it more time"),
        "{failure}"
    );
}

#[test]
fn an_old_server_is_refused_before_anything_is_uploaded() {
    let place = Place::with(Options {
        version: "1.9.0".into(),
        ..Options::default()
    });
    place.spec("", PIPELINES);
    let run = place.run(&["--no-timing"]);
    assert!(!run.output.status.success());
    assert!(
        run.talk().contains("measure a server of 1.19 to 1.21"),
        "{}",
        run.talk()
    );
    assert_eq!(place.server.creations(), []);
}
