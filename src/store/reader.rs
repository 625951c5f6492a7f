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

/// A bundle on disk. Small parts are read when it opens, large ones when asked for. Where the run had no end, what was cut
/// off is as good as never written: whole lines are read up to the break, and files of the end may be missing.
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
        let manifest = manifest(dir)?;
        let torn = manifest.finished.is_none();
        let cells: Vec<CellRecord> = read_lines(&file("cells.jsonl"), torn)?;
        Ok(Self {
            manifest,
            plan: with_tuned(read_json(&file("plan.json"))?, &cells),
            spec_text: read_text(&file("spec.yaml"))?,
            cells,
            queries: read_lines(&file("queries.jsonl"), torn)?,
            dir: dir.to_owned(),
        })
    }

    /// `plan.json` as it was asked for, without weights that were found later.
    pub(super) fn asked(&self) -> Result<Plan, StoreError> {
        read_json(&self.dir.join("plan.json"))
    }

    /// Whether its files may be cut off.
    fn torn(&self) -> bool {
        self.manifest.finished.is_none()
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
        let path = exact_path(&self.dir, key);
        trec::read(&path).map_err(|e| StoreError::Malformed {
            path,
            line: None,
            reason: e.to_string(),
        })
    }

    /// Hands every trace to `each`, in the order they were written, without holding them all.
    pub fn for_each_trace(&self, mut each: impl FnMut(QueryTrace)) -> Result<(), StoreError> {
        for_each_line(&self.dir.join(TRACES), self.torn(), &mut each)
    }

    /// Hands every ladder to `each`, in the order they were written; a run that took no diagnosis has none.
    pub fn for_each_ladder(&self, mut each: impl FnMut(LadderTrace)) -> Result<(), StoreError> {
        let path = self.dir.join(LADDERS);
        match path.exists() {
            true => for_each_line(&path, self.torn(), &mut each),
            false => Ok(()),
        }
    }

    /// Texts of the documents a report may show: data set → document → field → text.
    pub fn texts(&self) -> Result<Texts, StoreError> {
        let path = self.dir.join("texts.jsonl.zst");
        let mut texts = Texts::new();
        if self.torn() && !path.exists() {
            return Ok(texts);
        }
        for_each_line(&path, self.torn(), &mut |r: TextRecord| {
            texts.entry(r.data).or_default().insert(r.doc, r.fields);
        })?;
        Ok(texts)
    }

    /// A cell's final rankings.
    pub fn run(&self, cell: &str) -> Result<Run, StoreError> {
        let path = run_path(&self.dir, cell);
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
            let path = self.dir.join("baseline.jsonl.zst");
            for_each_line(&path, self.torn(), &mut |line| lines.push(line))?;
        }
        Ok(lines)
    }

    /// All latency samples.
    pub fn latencies(&self) -> Result<Vec<LatencySample>, StoreError> {
        let path = self.dir.join("latency.parquet");
        match self.torn() && !path.exists() {
            true => Ok(Vec::new()),
            false => table::read_latencies(&path),
        }
    }
}

/// The file of a cell's rankings in the folder of a bundle.
pub(super) fn run_path(dir: &Path, cell: &str) -> PathBuf {
    dir.join("runs").join(format!("{cell}.trec.gz"))
}

/// The file of exact neighbours in the folder of a bundle.
pub(super) fn exact_path(dir: &Path, key: &str) -> PathBuf {
    dir.join("exact").join(format!("{key}.trec.gz"))
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
    let version: Version = parse(path, None, text.as_bytes())?;
    if version.schema > SCHEMA {
        return Err(StoreError::TooNew {
            path: path.to_owned(),
            found: version.schema,
        });
    }
    parse::<Versioned<T>>(path, None, text.as_bytes()).map(|v| v.value)
}

fn read_text(path: &Path) -> Result<String, StoreError> {
    std::fs::read_to_string(path).map_err(|source| StoreError::Io {
        what: "reading",
        path: path.to_owned(),
        source,
    })
}

pub(super) fn read_lines<T: DeserializeOwned>(path: &Path, torn: bool) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::new();
    for_each_line(path, torn, &mut |value| all.push(value))?;
    Ok(all)
}

/// Reads JSON lines, through zstd when the name says so; of a `torn` file those before the break.
fn for_each_line<T: DeserializeOwned>(
    path: &Path,
    torn: bool,
    each: &mut dyn FnMut(T),
) -> Result<(), StoreError> {
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
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        match reader.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if torn && !line.ends_with(b"\n") => break,
            Ok(_) => each(parse(path, Some(number), &line)?),
            Err(_) if torn => break,
            Err(source) => return Err(io(source)),
        }
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(path: &Path, line: Option<usize>, text: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(text).map_err(|e| StoreError::Malformed {
        path: path.to_owned(),
        line: line.or(Some(e.line())),
        reason: e.to_string(),
    })
}
