//! Reads a bundle, of this or an earlier schema.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::table;
use super::{
    BaselineLine, CellRecord, LADDERS, LadderTrace, LatencySample, Manifest, Outcome, QueryRecord,
    QueryTrace, SCHEMA, StoreError, TRACES, TextRecord,
};
use crate::dataset::{Qrels, read_trec};
use crate::plan::Plan;
use crate::run::{Run, trec};

/// A bundle on disk. Small parts are read when it opens, large ones when asked for.
#[derive(Debug)]
pub struct Bundle {
    /// The folder.
    pub dir: PathBuf,
    /// `manifest.json`.
    pub manifest: Manifest,
    /// `plan.json`, and in it the weights that were found where they were tuned.
    pub plan: Plan,
    /// `spec.yaml` as written.
    pub spec_text: String,
    /// `cells.jsonl`.
    pub cells: Vec<CellRecord>,
    /// `queries.jsonl`.
    pub queries: Vec<QueryRecord>,
}

impl Bundle {
    /// Opens a bundle; one written by a newer version is refused.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let file = |name: &str| dir.join(name);
        let cells: Vec<CellRecord> = read_lines(&file("cells.jsonl"))?;
        Ok(Self {
            manifest: manifest(dir)?,
            plan: with_tuned(read_json(&file("plan.json"))?, &cells),
            spec_text: read_text(&file("spec.yaml"))?,
            cells,
            queries: read_lines(&file("queries.jsonl"))?,
            dir: dir.to_owned(),
        })
    }

    /// Judgements of a data set.
    pub fn qrels(&self, data: &str) -> Result<Qrels, StoreError> {
        let path = self.dir.join("qrels").join(format!("{data}.qrels"));
        let record = self.manifest.data.get(data);
        let (unlisted, itself) = record.map(|r| (r.unlisted, r.itself)).unwrap_or_default();
        // A set without judgements has no such file.
        if record.is_some_and(|r| !r.is_judged()) {
            return Ok(Qrels::default());
        }
        match read_trec(&path) {
            Ok((qrels, _)) => Ok(Qrels {
                unlisted,
                itself,
                ..qrels
            }),
            Err(e) => Err(StoreError::Malformed {
                path,
                line: None,
                reason: e.to_string(),
            }),
        }
    }

    /// Exact neighbours of a dense stage.
    pub fn exact(&self, key: &str) -> Result<Run, StoreError> {
        let path = self.dir.join("exact").join(format!("{key}.trec.gz"));
        trec::read(&path).map_err(|e| StoreError::Malformed {
            path,
            line: None,
            reason: e.to_string(),
        })
    }

    /// Hands every trace to `each`, in the order they were written, without holding them all.
    pub fn for_each_trace(&self, mut each: impl FnMut(QueryTrace)) -> Result<(), StoreError> {
        for_each_line(&self.dir.join(TRACES), &mut each)
    }

    /// Hands every ladder to `each`, in the order they were written; a run that took no diagnosis has none.
    pub fn for_each_ladder(&self, mut each: impl FnMut(LadderTrace)) -> Result<(), StoreError> {
        let path = self.dir.join(LADDERS);
        match path.exists() {
            true => for_each_line(&path, &mut each),
            false => Ok(()),
        }
    }

    /// Texts of the documents a report may show: data set → document → field → text.
    pub fn texts(&self) -> Result<Texts, StoreError> {
        let path = self.dir.join("texts.jsonl.zst");
        let mut texts = Texts::new();
        for_each_line(&path, &mut |r: TextRecord| {
            texts.entry(r.data).or_default().insert(r.doc, r.fields);
        })?;
        Ok(texts)
    }

    /// A cell's final rankings.
    pub fn run(&self, cell: &str) -> Result<Run, StoreError> {
        let path = self.dir.join("runs").join(format!("{cell}.trec.gz"));
        trec::read(&path).map_err(|e| StoreError::Malformed {
            path,
            line: None,
            reason: e.to_string(),
        })
    }

    /// What is kept of the run that this one is compared with; nothing without one.
    pub fn baseline(&self) -> Result<Vec<BaselineLine>, StoreError> {
        let mut lines = Vec::new();
        if self.manifest.baseline.is_some() {
            for_each_line(&self.dir.join("baseline.jsonl.zst"), &mut |line| lines.push(line))?;
        }
        Ok(lines)
    }

    /// All latency samples.
    pub fn latencies(&self) -> Result<Vec<LatencySample>, StoreError> {
        table::read_latencies(&self.dir.join("latency.parquet"))
    }
}

/// The manifest of a bundle alone.
pub(super) fn manifest(dir: &Path) -> Result<Manifest, StoreError> {
    read_json(&dir.join("manifest.json"))
}

/// Data set → document → field → text.
pub type Texts = BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>;

/// A tuned cell was run with the weights found, so that is what it is from here on; its id stays that of what was asked.
fn with_tuned(mut plan: Plan, cells: &[CellRecord]) -> Plan {
    for record in cells {
        let Outcome::Measured(measured) = &record.outcome else {
            continue;
        };
        for cell in plan.cells.iter_mut().filter(|c| c.id == record.cell) {
            for tuned in &measured.tuned {
                cell.pipeline.set_weights(&tuned.stage, &tuned.weights);
            }
        }
    }
    plan
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

#[derive(Deserialize)]
struct Versioned<T> {
    value: T,
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let text = read_text(path)?;
    let version: Version = parse(path, None, &text)?;
    if version.schema > SCHEMA {
        return Err(StoreError::TooNew {
            path: path.to_owned(),
            found: version.schema,
        });
    }
    parse::<Versioned<T>>(path, None, &text).map(|v| v.value)
}

fn read_text(path: &Path) -> Result<String, StoreError> {
    std::fs::read_to_string(path).map_err(|source| StoreError::Io {
        what: "reading",
        path: path.to_owned(),
        source,
    })
}

pub(super) fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::new();
    for_each_line(path, &mut |value| all.push(value))?;
    Ok(all)
}

/// Reads JSON lines, through zstd when the name says so.
fn for_each_line<T: DeserializeOwned>(path: &Path, each: &mut dyn FnMut(T)) -> Result<(), StoreError> {
    let io = |source| StoreError::Io {
        what: "reading",
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(io)?;
    let reader: Box<dyn Read> = match path.extension() {
        Some(end) if end == "zst" => Box::new(zstd::Decoder::new(file).map_err(io)?),
        _ => Box::new(file),
    };
    for (i, line) in BufReader::new(reader).lines().enumerate() {
        let line = line.map_err(io)?;
        each(parse(path, Some(i + 1), &line)?);
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(path: &Path, line: Option<usize>, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Malformed {
        path: path.to_owned(),
        line: line.or(Some(e.line())),
        reason: e.to_string(),
    })
}
