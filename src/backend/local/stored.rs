//! The index of the embedded backend in a file, and float vectors that stay there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::build::LocalIndex;
use super::payload::PayloadIndex;
use crate::backend::BackendError;
use crate::filter::Payload;
use crate::index::dense::DenseIndex;
use crate::index::file::{FileError, IndexReader, IndexWriter};
use crate::index::sparse::SparseIndex;
use crate::pipeline::IndexConfig;

/// What the sections of an index are.
#[derive(Debug, Serialize, Deserialize)]
struct Facts {
    config: IndexConfig,
    count: usize,
    dense: Vec<String>,
    sparse: Vec<String>,
}

impl LocalIndex {
    /// Writes the index to `path`; returns the bytes of the file.
    pub(super) fn save(&self, path: &Path) -> Result<u64, FileError> {
        let mut to = IndexWriter::create(path)?;
        let facts = Facts {
            config: self.config.clone(),
            count: self.count,
            dense: self.dense.keys().cloned().collect(),
            sparse: self.sparse.keys().cloned().collect(),
        };
        to.json("index", &facts)?;
        for (name, dense) in &self.dense {
            dense.save(&mut to, &format!("dense/{name}"), self.count)?;
        }
        for (name, sparse) in &self.sparse {
            sparse.save(&mut to, &format!("sparse/{name}"))?;
        }
        to.json("payload", self.payload.documents())?;
        to.finish()
    }

    /// Reads what [`Self::save`] wrote. Payload indexes are made again, from the payload.
    pub(super) fn open(path: &Path, on_disk: bool) -> Result<Self, FileError> {
        let from = IndexReader::open(path)?;
        let Facts {
            config,
            count,
            dense,
            sparse,
        } = from.json("index")?;
        let payload: Vec<Payload> = from.json("payload")?;
        if !payload.is_empty() && payload.len() != count {
            return Err(from.unfit(
                "payload",
                format!("of {} documents, not of {count}", payload.len()),
            ));
        }
        let named_dense = |name: String| Ok((name.clone(), open_dense(&from, &name, count, on_disk)?));
        let named_sparse = |name: String| {
            let index = SparseIndex::open(&from, &format!("sparse/{name}"), count)?;
            Ok((name, index))
        };
        Ok(Self {
            dense: dense
                .into_iter()
                .map(named_dense)
                .collect::<Result<_, FileError>>()?,
            sparse: sparse
                .into_iter()
                .map(named_sparse)
                .collect::<Result<_, FileError>>()?,
            late: BTreeMap::new(),
            payload: PayloadIndex::of_count(count, payload, &config.payload),
            config: IndexConfig { on_disk, ..config },
            count,
            file: None,
        })
    }

    /// The same index with its float vectors in a file of its own, which goes when the index goes.
    ///
    /// Token vectors have no place in a file; they stay in memory.
    pub(super) fn on_disk(mut self) -> Result<Self, BackendError> {
        let late = std::mem::take(&mut self.late);
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("evalrun-{}-{number}.index", std::process::id());
        let file = OwnFile(std::env::temp_dir().join(name));
        self.save(&file.0)?;
        // What is in memory goes before it is read again.
        drop(self);
        let mut index = Self::open(&file.0, true)?;
        index.file = Some(file);
        index.late = late;
        Ok(index)
    }
}

fn open_dense(from: &IndexReader, name: &str, count: usize, on_disk: bool) -> Result<DenseIndex, FileError> {
    let section = format!("dense/{name}");
    let index = DenseIndex::open(from, &section, on_disk)?;
    match index.points() == count {
        true => Ok(index),
        false => Err(from.unfit(
            &section,
            format!("over {} documents, not over {count}", index.points()),
        )),
    }
}

/// A file that is removed with its index.
#[derive(Debug)]
pub(super) struct OwnFile(PathBuf);

impl Drop for OwnFile {
    fn drop(&mut self) {
        // Nobody is left to be told; it lies in the system's folder for what is temporary.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Sizes of the float vectors that are on disk, by name.
pub(super) fn disk_bytes(dense: &BTreeMap<String, DenseIndex>) -> usize {
    let on_disk = dense.values().filter(|d| d.is_on_disk());
    on_disk.map(|d| d.len() * d.dim() * size_of::<f32>()).sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::backend::contract::fixture::{Corpus, filters};
    use crate::backend::contract::{config, dense, sparse};
    use crate::backend::local::LocalBackend;
    use crate::backend::{Backend, Index, StageAnswer};
    use crate::pipeline::IndexConfig;
    use crate::pipeline::{Graph, Quantization};

    const HNSW: Graph = Graph::Hnsw {
        m: 8,
        ef_construct: 32,
    };

    /// Hits and counters of all queries, with and without a filter.
    fn answers(index: &dyn Index) -> Vec<(Vec<crate::hit::Hit>, crate::index::Counters)> {
        let corpus = Corpus::new();
        let stages = [
            dense("d", "body", 10),
            dense("t", "title", 10),
            sparse("s", "words", 10),
        ];
        let mut searcher = index.searcher().unwrap();
        let mut all = Vec::new();
        for query in &corpus.queries {
            for filter in filters().iter().map(Some).chain([None]) {
                let found = searcher.search(&query.request(&stages, filter)).unwrap();
                all.extend(
                    found
                        .into_iter()
                        .map(|StageAnswer { hits, counters, .. }| (hits, counters)),
                );
            }
        }
        all
    }

    /// A file holds no token vectors.
    fn without_tokens(mut config: IndexConfig) -> IndexConfig {
        config
            .vectors
            .retain(|_, v| !matches!(v, crate::pipeline::VectorConfig::Late { .. }));
        config
    }

    fn points(corpus: &Corpus) -> crate::backend::Points<'_> {
        crate::backend::Points {
            late: BTreeMap::new(),
            ..corpus.points()
        }
    }

    #[test]
    fn token_vectors_are_not_left_out_silently() {
        let (folder, corpus) = (tempfile::tempdir().unwrap(), Corpus::new());
        let config = config(HNSW, Quantization::None);
        let path = folder.path().join("index");
        let error = LocalBackend
            .build_file(&config, &corpus.points(), &path)
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("token vectors have no place in a file"),
            "{error}"
        );
    }

    #[test]
    fn an_index_that_was_written_and_opened_answers_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        let corpus = Corpus::new();
        for quantization in [Quantization::None, Quantization::Binary, Quantization::Scalar] {
            let config = without_tokens(config(HNSW, quantization));
            let built = LocalBackend.build(&config, &points(&corpus)).unwrap();
            LocalBackend.build_file(&config, &points(&corpus), &path).unwrap();
            let opened = LocalBackend.open(&path, false).unwrap();
            assert_eq!(answers(&*opened), answers(&*built), "{quantization:?}");
            let (before, after) = (built.stats().unwrap(), opened.stats().unwrap());
            assert_eq!(
                (after.points, after.vector_bytes),
                (before.points, before.vector_bytes)
            );
            assert_eq!(
                (after.code_bytes, after.link_bytes),
                (before.code_bytes, before.link_bytes)
            );
        }
    }

    #[test]
    fn an_altered_index_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        let corpus = Corpus::new();
        let config = without_tokens(config(HNSW, Quantization::Binary));
        let bytes = LocalBackend.build_file(&config, &points(&corpus), &path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(whole.len() as u64, bytes);
        // A byte of every page; what fills up a page is no part of the index.
        let mut refused = 0;
        for at in (4096..whole.len()).step_by(4096) {
            let mut altered = whole.clone();
            altered[at] ^= 0x10;
            std::fs::write(&path, altered).unwrap();
            for on_disk in [false, true] {
                let error = LocalBackend.open(&path, on_disk).err().expect("refused");
                let message = error.to_string();
                assert!(message.contains(" was altered, between bytes "), "{message}");
                refused += 1;
            }
        }
        assert!(refused > 20, "{refused}");
    }

    #[test]
    fn floats_on_disk_are_no_memory_and_change_no_exact_answer() {
        let corpus = Corpus::new();
        let mut config = config(HNSW, Quantization::Binary);
        let held = LocalBackend
            .build(&config, &corpus.points())
            .unwrap()
            .stats()
            .unwrap();
        config.on_disk = true;
        let index = LocalBackend.build(&config, &corpus.points()).unwrap();
        let stats = index.stats().unwrap();
        assert!(
            stats.vector_bytes < held.vector_bytes / 10,
            "{}",
            stats.vector_bytes
        );
        assert!(stats.effective["vectors.floats"].starts_with("on disk, "));
        crate::backend::contract::holds_for(&LocalBackend, &config, crate::vectors::Metric::Cosine);
    }
}
