//! Writes a bundle, piece by piece, so that a killed run keeps every finished cell.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::reader::{exact_path, run_path};
use super::table;
use super::{
    BaselineLine, CellRecord, LADDERS, LadderTrace, LatencySample, Manifest, QueryRecord, QueryTrace, SCHEMA,
    StoreError, TRACES, TextRecord,
};
use crate::dataset::{Dataset, Qrels, write_trec};
use crate::plan::Plan;
use crate::run::{Run, trec};

/// JSON lines on their way into a compressed file.
type Lines = zstd::Encoder<'static, BufWriter<File>>;

/// An open bundle.
///
/// Traces are compressed into one stream as cells finish; [`BundleWriter::finish`] closes it. A bundle whose run was
/// killed lacks the end of that stream, the texts, and `finished` in its manifest. Of every cell with a line in
/// `cells.jsonl` it has the rankings, traces, ladders and latencies.
pub struct BundleWriter {
    dir: PathBuf,
    cells: File,
    traces: Lines,
    /// There once a query has a line.
    ladders: Option<Lines>,
    samples: Vec<LatencySample>,
    /// Whether streams or samples hold something that may not be on disk.
    unsettled: bool,
    /// Cells that have their line.
    done: BTreeSet<String>,
    /// Documents to keep the text of, by data set.
    shown: BTreeMap<String, BTreeSet<String>>,
}

impl BundleWriter {
    /// Creates `<root>/<experiment>/<run id>/` with the parts known before the run. A run id is never reused: an existing
    /// folder is an error.
    pub fn create(
        root: &Path,
        manifest: &Manifest,
        spec_text: &str,
        plan: &Plan,
    ) -> Result<Self, StoreError> {
        let dir = root.join(&manifest.experiment).join(&manifest.run_id);
        let parent = dir.parent().unwrap_or(root);
        std::fs::create_dir_all(parent).map_err(io("creating", parent))?;
        std::fs::create_dir(&dir).map_err(io("creating", &dir))?;
        for sub in ["runs", "qrels", "exact"] {
            let path = dir.join(sub);
            std::fs::create_dir(&path).map_err(io("creating", &path))?;
        }
        let bundle_file = |name: &str| create(&dir.join(name));
        let cells = bundle_file("cells.jsonl")?;
        let bundle = Self {
            cells,
            traces: lines(&dir.join(TRACES))?,
            ladders: None,
            samples: Vec::new(),
            unsettled: false,
            done: BTreeSet::new(),
            shown: BTreeMap::new(),
            dir,
        };
        bundle.manifest(manifest)?;
        text(&bundle.dir, "spec.yaml", spec_text)?;
        json(&bundle.dir, "plan.json", plan)?;
        Ok(bundle)
    }

    /// The bundle's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes, or writes again, the manifest.
    pub fn manifest(&self, manifest: &Manifest) -> Result<(), StoreError> {
        json(&self.dir, "manifest.json", manifest)
    }

    /// Keeps the queries and judgements of the data sets, without which nothing can be measured later.
    pub fn data(&mut self, datasets: &BTreeMap<String, Dataset>) -> Result<(), StoreError> {
        let path = self.dir.join("queries.jsonl");
        let mut out = BufWriter::new(create(&path)?);
        for (name, data) in datasets {
            for query in &data.queries {
                let record = QueryRecord {
                    data: name.clone(),
                    query: query.id.clone(),
                    text: query.text.clone(),
                    filter: query.filter.clone(),
                    metadata: query.metadata.clone(),
                };
                json_line(&mut out, &record).map_err(io("writing", &path))?;
            }
            if data.is_judged() {
                self.qrels(name, &data.qrels)?;
            }
        }
        out.flush().map_err(io("writing", &path))
    }

    fn qrels(&mut self, data: &str, qrels: &Qrels) -> Result<(), StoreError> {
        let path = self.dir.join("qrels").join(format!("{data}.qrels"));
        let mut out = BufWriter::new(create(&path)?);
        write_trec(qrels, &mut out)
            .and_then(|()| out.flush())
            .map_err(io("writing", &path))?;
        let judged = qrels.by_query.values().flatten();
        for (doc, _) in judged.filter(|(_, grade)| **grade > 0) {
            self.show(data, doc);
        }
        Ok(())
    }

    /// Keeps what is needed of the run that this one is compared with.
    pub fn baseline(&self, lines: &[BaselineLine]) -> Result<(), StoreError> {
        let path = self.dir.join("baseline.jsonl.zst");
        let mut out = zstd::Encoder::new(BufWriter::new(create(&path)?), 3).map_err(io("writing", &path))?;
        for line in lines {
            json_line(&mut out, line).map_err(io("writing", &path))?;
        }
        out.finish()
            .and_then(|mut out| out.flush())
            .map_err(io("writing", &path))
    }

    /// Marks a document whose text the report will want.
    pub fn show(&mut self, data: &str, doc: &str) {
        let docs = self.shown.entry(data.to_owned()).or_default();
        if !docs.contains(doc) {
            docs.insert(doc.to_owned());
        }
    }

    /// Whether exact neighbours are kept under this key.
    pub fn has_exact(&self, key: &str) -> bool {
        exact_path(&self.dir, key).is_file()
    }

    /// Keeps the exact neighbours of a dense stage.
    pub fn exact(&self, key: &str, run: &Run) -> Result<(), StoreError> {
        self.trec(&exact_path(&self.dir, key), run)
    }

    /// Appends what every stage of a cell answered, with the documents shown in the top `depth` of each.
    pub fn traces(&mut self, data: &str, traces: &[QueryTrace], depth: usize) -> Result<(), StoreError> {
        let path = self.dir.join(TRACES);
        self.unsettled = true;
        for trace in traces {
            json_line(&mut self.traces, trace).map_err(io("writing", &path))?;
            for doc in trace.stages.iter().flat_map(|s| s.docs.iter().take(depth)) {
                self.show(data, doc);
            }
        }
        Ok(())
    }

    /// Appends what the queries of a cell would have found with more exact searches; without any there is no file.
    pub fn ladders(&mut self, ladders: &[LadderTrace]) -> Result<(), StoreError> {
        let path = self.dir.join(LADDERS);
        self.unsettled = true;
        for ladder in ladders {
            let out = match &mut self.ladders {
                Some(out) => out,
                none => none.insert(lines(&path)?),
            };
            json_line(out, ladder).map_err(io("writing", &path))?;
        }
        Ok(())
    }

    /// Keeps a cell's final rankings as a TREC run.
    pub fn run(&self, cell: &str, run: &Run) -> Result<(), StoreError> {
        self.trec(&run_path(&self.dir, cell), run)
    }

    /// Keeps latency samples. They are one table, which is written anew before the next cell gets its line: hand over those
    /// of all cells of a data set first.
    pub fn latencies(&mut self, samples: Vec<LatencySample>) {
        self.samples.extend(samples);
        self.unsettled = true;
    }

    /// Appends a finished cell and syncs: from here on it survives anything, and so does all that was kept of it before.
    pub fn cell(&mut self, record: &CellRecord) -> Result<(), StoreError> {
        self.settle()?;
        let path = self.dir.join("cells.jsonl");
        // In one piece, so that a run that is killed leaves the whole line or next to nothing of it.
        let write = |file: &mut File| {
            let mut line = Vec::new();
            json_line(&mut line, record)?;
            file.write_all(&line)?;
            file.sync_data()
        };
        write(&mut self.cells).map_err(io("writing", &path))?;
        self.done.insert(record.cell.clone());
        Ok(())
    }

    /// Whether a cell has its line.
    pub fn has(&self, cell: &str) -> bool {
        self.done.contains(cell)
    }

    /// Brings traces, ladders and latencies to disk.
    fn settle(&mut self) -> Result<(), StoreError> {
        if !std::mem::take(&mut self.unsettled) {
            return Ok(());
        }
        let streams = [(TRACES, Some(&mut self.traces)), (LADDERS, self.ladders.as_mut())];
        for (name, stream) in streams {
            let Some(stream) = stream else { continue };
            let flushed = stream
                .flush()
                .and_then(|()| stream.get_ref().get_ref().sync_data());
            flushed.map_err(io("writing", &self.dir.join(name)))?;
        }
        match self.samples.is_empty() {
            true => Ok(()),
            false => self.table(),
        }
    }

    /// Writes the latencies through a temporary file, so that a reader never sees half of them.
    fn table(&self) -> Result<(), StoreError> {
        let path = self.dir.join("latency.parquet");
        let part = self.dir.join("latency.parquet.part");
        table::write_latencies(&part, &self.samples)?;
        std::fs::rename(part, &path).map_err(io("writing", &path))
    }

    /// Writes what is known only at the end, and the final manifest.
    pub fn finish(
        self,
        manifest: &Manifest,
        datasets: &BTreeMap<String, Dataset>,
    ) -> Result<PathBuf, StoreError> {
        self.texts(datasets)?;
        self.table()?;
        let Self {
            dir, traces, ladders, ..
        } = self;
        let streams = [(TRACES, Some(traces)), (LADDERS, ladders)];
        for (name, stream) in streams {
            let Some(stream) = stream else { continue };
            let finished = stream.finish().and_then(|mut out| out.flush());
            finished.map_err(io("writing", &dir.join(name)))?;
        }
        // Last: a manifest that says `finished` speaks of whole files.
        json(&dir, "manifest.json", manifest)?;
        Ok(dir)
    }

    fn texts(&self, datasets: &BTreeMap<String, Dataset>) -> Result<(), StoreError> {
        let path = self.dir.join("texts.jsonl.zst");
        let write = |out: &mut dyn Write| {
            for (name, data) in datasets {
                let Some(shown) = self.shown.get(name) else {
                    continue;
                };
                for doc in data.docs.iter().filter(|d| shown.contains(&d.id)) {
                    let record = TextRecord {
                        data: name.clone(),
                        doc: doc.id.clone(),
                        fields: doc.fields.clone(),
                    };
                    json_line(out, &record)?;
                }
            }
            Ok(())
        };
        let mut out = lines(&path)?;
        write(&mut out)
            .and_then(|()| out.finish())
            .and_then(|mut out| out.flush())
            .map_err(io("writing", &path))
    }

    fn trec(&self, path: &Path, run: &Run) -> Result<(), StoreError> {
        trec::save(run, path).map_err(io("writing", path))
    }
}

/// A JSON file: the schema version, then the value under its own key.
#[derive(Serialize)]
struct Versioned<'a, T> {
    schema: u32,
    value: &'a T,
}

/// Writes through a temporary file, so that a reader never sees half of it.
fn json<T: Serialize>(dir: &Path, name: &str, value: &T) -> Result<(), StoreError> {
    let mut json = serde_json::to_string_pretty(&Versioned {
        schema: SCHEMA,
        value,
    })
    .expect("plain data serialises to JSON");
    json.push('\n');
    let part = format!("{name}.part");
    text(dir, &part, &json)?;
    let path = dir.join(name);
    std::fs::rename(dir.join(part), &path).map_err(io("writing", &path))
}

fn text(dir: &Path, name: &str, text: &str) -> Result<(), StoreError> {
    let path = dir.join(name);
    std::fs::write(&path, text).map_err(io("writing", &path))
}

fn create(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(io("creating", path))
}

fn lines(path: &Path) -> Result<Lines, StoreError> {
    zstd::Encoder::new(BufWriter::new(create(path)?), 3).map_err(io("writing", path))
}

fn json_line<W: Write + ?Sized, T: Serialize>(out: &mut W, value: &T) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { what, path, source }
}
