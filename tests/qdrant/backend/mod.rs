//! evalrun on the test server, as a user meets it: a spec in, a bundle out.

mod command;
mod encoding;
mod faults;
mod late;

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::server::{Options, TestServer};

/// A server, and a workplace that knows its address.
struct Place {
    server: TestServer,
    dir: tempfile::TempDir,
}

/// What a run left behind.
struct Run {
    output: Output,
    /// One record per cell, as `cells.jsonl` has them; empty when there is no bundle.
    cells: Vec<Value>,
    bundle: Option<PathBuf>,
}

/// 1,200 generated vectors of 16 values, 24 queries with and without filters; a graph over them, since the threshold is low.
const DATA: &str = "
data:
  synthetic:
    n: 1200
    queries: 24
    dim: 16
    seed: 7
    payload:
      half:  { selectivity: 0.5 }
      tenth: { selectivity: 0.1 }
    filters: [[], [half], [half, tenth]]
";

impl Place {
    fn new() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        Self {
            server: TestServer::start(options),
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A spec on the server; `more` are further settings of it, `rest` begins with `index:`.
    fn spec(&self, more: &str, rest: &str) -> PathBuf {
        let path = self.path("spec.yaml");
        let (url, other) = (self.server.grpc_url(), self.server.rest_url());
        let text = format!(
            "evalrun: 1
experiment: wire
question: does the server do what it is asked?
{DATA}
backends:
  local: local
  server: {{ qdrant: {{ url: '{url}', rest: '{other}', indexing_threshold: 1, full_scan_threshold: 10, segments: 1, indexing_timeout: 3{more} }} }}
{rest}"
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    fn evalrun(&self, env: &[(&str, &str)], args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_evalrun"))
            .args(args)
            .current_dir(self.dir.path())
            .env("EVALRUN_CACHE", self.path("cache"))
            .env_remove("CI")
            .env_remove("GITHUB_ACTIONS")
            .env_remove("QDRANT_URL")
            .env_remove("QDRANT_API_KEY")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "120")
            .envs(env.iter().copied())
            .output()
            .unwrap()
    }

    /// Runs the spec and reads what came of it.
    fn run(&self, args: &[&str]) -> Run {
        let out = self.path("reports");
        let before = bundles(&out);
        let spec = self.path("spec.yaml");
        let mut all = vec![spec.to_str().unwrap(), "--out-dir", out.to_str().unwrap()];
        all.extend(args);
        let output = self.evalrun(&[], &all);
        let bundle = bundles(&out).into_iter().find(|b| !before.contains(b));
        let lines =
            |bundle: &PathBuf| std::fs::read_to_string(bundle.join("cells.jsonl")).unwrap_or_default();
        let text = bundle.as_ref().map(lines).unwrap_or_default();
        Run {
            output,
            cells: text.lines().map(|l| serde_json::from_str(l).unwrap()).collect(),
            bundle,
        }
    }
}

fn bundles(out: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(out.join("wire")).into_iter().flatten();
    let mut all: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    all.sort();
    all
}

impl Run {
    fn talk(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    fn table(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Every finding of a measured cell: its check and what it says.
    fn findings(&self) -> Vec<(String, String)> {
        let measured = self
            .cells
            .iter()
            .filter_map(|c| c["outcome"]["measured"]["findings"].as_array());
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        measured
            .flatten()
            .map(|f| (text(&f["check"]), text(&f["message"])))
            .collect()
    }

    /// Whether a finding is one to know, not one to doubt.
    fn is_note(&self, (check, message): &(String, String)) -> bool {
        let measured = self
            .cells
            .iter()
            .filter_map(|c| c["outcome"]["measured"]["findings"].as_array());
        let mut same = measured
            .flatten()
            .filter(|f| f["check"] == check.as_str() && f["message"] == message.as_str());
        same.any(|f| f["severity"] == "note")
    }

    /// The errors of cells that failed.
    fn failures(&self) -> Vec<String> {
        let errors = self
            .cells
            .iter()
            .filter_map(|c| c["outcome"]["failed"]["error"].as_str());
        errors.map(str::to_owned).collect()
    }
}
