//! The manifest of a run that a test or a bench carries out by itself.

use std::collections::BTreeMap;

use evalrun::dataset::SourceFile;
use evalrun::runner::machine;
use evalrun::store::{Health, Manifest, SCHEMA, Tool};

/// Of a run called `run` that has just begun.
pub(crate) fn manifest(experiment: &str) -> Manifest {
    Manifest {
        schema: SCHEMA,
        run_id: "run".into(),
        experiment: experiment.into(),
        started: "2026-01-01T00:00:00Z".into(),
        finished: None,
        command: Vec::new(),
        tool: Tool {
            version: "test".into(),
            commit: None,
            profile: "test".into(),
        },
        spec: SourceFile {
            path: "spec.yaml".into(),
            sha256: String::new(),
            rows: 0,
        },
        data: BTreeMap::new(),
        models: BTreeMap::new(),
        backends: BTreeMap::new(),
        machine: machine::describe(),
        health: Health::default(),
        baseline: None,
        resumed: None,
        jobs: None,
        tuning: BTreeMap::new(),
        noise_floor: Vec::new(),
    }
}
