//! Files in the layout of ann-benchmarks: the datasets `train` and `test`, perhaps `neighbors`, and the attribute
//! `distance`.

mod rows;

use std::path::Path;

use hdf5_reader::error::Error;
use hdf5_reader::{Hdf5File, OpenOptions};

use super::arrays::{VectorSet, no_filters};
use super::lines::Hashed;
use super::problem::DatasetError;
use super::source::Hdf5Source;
use super::{Dataset, SourceFile};
use crate::progress::Observer;
use crate::vectors::Metric;

use rows::Rows2d;

/// No filter of HDF5 makes more of a byte than deflate, which makes 1032 at most. Bounds what a header may claim.
const EXPANSION: u64 = 1032;

/// Chunks are decoded whole; those of real files have a few MiB.
const MAX_CHUNK: u64 = 256 << 20;

/// What is to be done about a file that is damaged.
const AGAIN: &str = "get it again";

/// Reads the data set `name`.
///
/// The neighbours are dropped with a `limit` below the number of documents, as they are for [`super::arrays::load`],
/// and when the source names another metric than the file, for which they are not the nearest.
///
/// # Errors
/// Everything that is unusable in the file, with dataset, row and column.
pub(super) fn load(name: &str, source: &Hdf5Source, watch: &dyn Observer) -> Result<Dataset, DatasetError> {
    let file = Container::open(&source.file)?;
    let train = file.required("train")?;
    let test = file.required("test")?;
    if train.dim != test.dim {
        let what = format!(
            "`test` has rows of {} values, `train` of {}; {AGAIN}",
            test.dim, train.dim
        );
        return Err(file.error(what));
    }
    let stated = file.metric();
    let same_metric = source.metric.is_none_or(|metric| stated == Ok(metric));
    let metric = match source.metric {
        Some(metric) => metric,
        None => stated.map_err(|what| file.error(what))?,
    };
    let kept = source.limit.map_or(train.rows, |limit| limit.min(train.rows));
    let neighbours = file.neighbours(test.rows, train.rows, watch)?;
    let queries = test.vectors(test.rows, metric, watch)?;
    let docs = train.vectors(kept, metric, watch)?;
    let set = VectorSet {
        asked: no_filters(queries.len()),
        docs,
        queries,
        metric,
        neighbours: neighbours.filter(|_| same_metric && kept == train.rows),
        payload: Vec::new(),
        files: vec![source_file(&source.file, train.rows)?],
    };
    Ok(set.into_dataset(name))
}

/// What is kept of the file; it is read a second time for its hash, since HDF5 is not read from front to back.
fn source_file(path: &Path, rows: usize) -> Result<SourceFile, DatasetError> {
    let sha256 = Hashed::open(path).and_then(Hashed::finish);
    Ok(SourceFile {
        path: path.display().to_string(),
        sha256: sha256.map_err(|e| DatasetError::io(path, e))?,
        rows,
    })
}

/// What the attribute `distance` says.
fn metric_of(word: &str) -> Result<Metric, String> {
    match word {
        "angular" | "cosine" => Ok(Metric::Cosine),
        "euclidean" | "l2" => Ok(Metric::L2),
        "dot" | "ip" | "normalized" => Ok(Metric::Dot),
        other => Err(format!(
            "the attribute `distance` is `{other}`; `angular`, `euclidean` and `dot` can be searched; \
             name a `metric` to compare by another than the file's"
        )),
    }
}

/// An open file.
struct Container<'a> {
    path: &'a Path,
    file: Hdf5File,
    length: u64,
}

impl<'a> Container<'a> {
    fn open(path: &'a Path) -> Result<Self, DatasetError> {
        let io = |e| DatasetError::io(path, e);
        let length = std::fs::metadata(path).map_err(io)?.len();
        if length == 0 {
            return Err(DatasetError::Empty(path.to_owned()));
        }
        // Blocks begin where chunks do, so a chunk is decoded once and need not be kept.
        let most = length.saturating_mul(EXPANSION).min(MAX_CHUNK) as usize;
        let options = OpenOptions::default()
            .with_chunk_cache_bytes(0)
            .with_max_chunk_bytes(most);
        let file = Hdf5File::open_with_options(path, options).map_err(|e| match e {
            Error::Io(e) => io(e),
            other => DatasetError::file(path, format!("cannot be read as HDF5: {other}; {AGAIN}")),
        })?;
        let superblock = file.superblock();
        if superblock.base_address == 0 && length < superblock.eof_address {
            let what = format!(
                "the file has {length} bytes of the {} that it says it has; {AGAIN}",
                superblock.eof_address
            );
            return Err(DatasetError::file(path, what));
        }
        Ok(Self { path, file, length })
    }

    fn error(&self, what: impl Into<String>) -> DatasetError {
        DatasetError::file(self.path, what)
    }

    /// What the attribute `distance` says, or why that is of no use.
    fn metric(&self) -> Result<Metric, String> {
        let attribute = self.file.root_group().and_then(|root| root.attribute("distance"));
        let word = attribute.and_then(|attribute| attribute.read_string());
        let word = word.map_err(|e| match e {
            Error::AttributeNotFound(_) => "no attribute `distance`; name the `metric`".to_owned(),
            other => format!("the attribute `distance` cannot be read: {other}; {AGAIN}"),
        })?;
        metric_of(&word)
    }

    fn required(&self, name: &'static str) -> Result<Rows2d<'_>, DatasetError> {
        let found = self.optional(name)?;
        found.ok_or_else(|| {
            let has = self.file.root_group().and_then(|root| root.member_names());
            let has = has.map_or_else(|_| Vec::new(), |(_, datasets)| datasets);
            self.error(format!(
                "no dataset `{name}`, only [{}]; ann-benchmarks' layout has `train`, `test` and perhaps `neighbors`",
                has.join(", ")
            ))
        })
    }

    fn optional(&self, name: &'static str) -> Result<Option<Rows2d<'_>>, DatasetError> {
        match self.file.dataset(name) {
            Ok(dataset) => Rows2d::new(self, name, dataset).map(Some),
            Err(e) if is_absent(&e) => Ok(None),
            Err(e) => Err(self.error(format!("`{name}`: {e}; {AGAIN}"))),
        }
    }

    fn neighbours(
        &self,
        queries: usize,
        corpus: usize,
        watch: &dyn Observer,
    ) -> Result<Option<Vec<Vec<u32>>>, DatasetError> {
        let Some(lists) = self.optional("neighbors")? else {
            return Ok(None);
        };
        if lists.rows != queries {
            let what = format!(
                "`neighbors` has {} rows, `test` has {queries}; {AGAIN}",
                lists.rows
            );
            return Err(self.error(what));
        }
        lists.neighbours(corpus, watch).map(Some)
    }
}

fn is_absent(error: &Error) -> bool {
    match error {
        Error::DatasetNotFound(_) => true,
        Error::Context { source, .. } => is_absent(source),
        _ => false,
    }
}
