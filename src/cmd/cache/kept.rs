//! What lies in the cache folder, by what it is.

use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cmd::args::KeptKind;
use crate::models::cached::{self, downloaded};

/// What something in the cache is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Vectors of texts, a file per model.
    Embeddings,
    /// Token vectors.
    Tokens,
    /// How many token vectors each text has.
    TokenCounts,
    /// Scores of a reranker.
    Pairs,
    /// Exact neighbours, a file per search.
    Neighbours,
    /// A data set.
    Data,
    /// A downloaded model.
    Model,
    /// ONNX Runtime.
    Runtime,
    /// Of work that was broken off, or that goes on.
    LeftOver,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Embeddings => "embeddings",
            Kind::Tokens => "tokens",
            Kind::TokenCounts => "token counts",
            Kind::Pairs => "pair scores",
            Kind::Neighbours => "neighbours",
            Kind::Data => "data",
            Kind::Model => "model",
            Kind::Runtime => "runtime",
            Kind::LeftOver => "left over",
        }
    }

    /// How the command line calls it.
    pub(super) fn asked(self) -> Option<KeptKind> {
        match self {
            Kind::Embeddings => Some(KeptKind::Embeddings),
            Kind::Tokens | Kind::TokenCounts => Some(KeptKind::Tokens),
            Kind::Pairs => Some(KeptKind::Pairs),
            Kind::Neighbours => Some(KeptKind::Neighbours),
            Kind::Data => Some(KeptKind::Data),
            Kind::Model | Kind::Runtime => Some(KeptKind::Models),
            Kind::LeftOver => None,
        }
    }

    /// Whether a run makes it again without a download.
    pub(super) fn is_computed(self) -> bool {
        matches!(
            self,
            Kind::Embeddings | Kind::Tokens | Kind::TokenCounts | Kind::Pairs | Kind::Neighbours
        )
    }
}

/// A file or a folder that is kept as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) kind: Kind,
    /// Without what follows from its kind.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// When it was last read or written, as far as the file system tells.
    pub(super) used: Option<SystemTime>,
}

/// What lies in the cache folder and in the folder of fetched data sets, by kind and name. Whatever is not evalrun's is left
/// out.
///
/// # Errors
/// When a folder that is there cannot be read.
pub(super) fn kept(cache: &Path, data: &Path) -> io::Result<Vec<Kept>> {
    let mut all = Vec::new();
    let records = [
        ("embeddings", Kind::Embeddings),
        ("tokens", Kind::Tokens),
        ("token-counts", Kind::TokenCounts),
        ("pairs", Kind::Pairs),
        ("neighbours", Kind::Neighbours),
    ];
    for (folder, kind) in records {
        for entry in entries(&cache.join(folder))? {
            all.push(of_file(&entry, kind));
        }
    }
    for entry in entries(data)? {
        all.extend(of_data(&entry));
    }
    for model in downloaded(&cached::root(cache)) {
        all.push(item(Kind::Model, model.name, model.folder));
    }
    for entry in entries(&cache.join("onnxruntime"))? {
        let version = name(&entry);
        // An unfinished installation has more in its name than a version.
        let kind = match version.chars().all(|c| c.is_ascii_digit() || c == '.') {
            true => Kind::Runtime,
            false => Kind::LeftOver,
        };
        all.push(item(kind, format!("onnxruntime {version}"), entry.path()));
    }
    all.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(all)
}

fn of_file(entry: &DirEntry, kind: Kind) -> Kept {
    let file = name(entry);
    let end = if kind == Kind::Neighbours { ".bin" } else { ".f32" };
    match file.strip_suffix(end) {
        Some(stem) => item(kind, stem.to_owned(), entry.path()),
        None => item(Kind::LeftOver, file, entry.path()),
    }
}

/// A set by its receipt; what a transfer or an installation left behind by its name.
fn of_data(entry: &DirEntry) -> Option<Kept> {
    let (folder, path) = (name(entry), entry.path());
    let is_process = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let left_over = folder.ends_with(".incoming")
        || [".new-", ".old-"].iter().any(|mark| {
            let parts = folder.rsplit_once(mark);
            parts.is_some_and(|(_, process)| is_process(process))
        });
    if left_over {
        return Some(item(Kind::LeftOver, folder, path));
    }
    path.join(".fetched.json")
        .is_file()
        .then(|| item(Kind::Data, folder, path))
}

fn item(kind: Kind, name: String, path: PathBuf) -> Kept {
    let mut used = None;
    let mut bytes = 0;
    walk(&path, &mut |metadata| {
        bytes += metadata.len();
        used = used.max(last_use(metadata));
    });
    Kept {
        kind,
        name,
        path,
        bytes,
        used,
    }
}

/// Bytes of a file, or of all files below a folder; links are not followed, so nothing counts twice.
pub(in crate::cmd) fn bytes_below(path: &Path) -> u64 {
    let mut bytes = 0;
    walk(path, &mut |metadata| bytes += metadata.len());
    bytes
}

/// What cannot be looked at is left out: it is somebody else's.
fn walk(path: &Path, each: &mut dyn FnMut(&Metadata)) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    if metadata.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| walk(&entry.path(), each));
    } else if metadata.is_file() {
        each(&metadata);
    }
}

/// The later of both times: whether reading shows depends on how the file system is mounted.
fn last_use(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok().max(metadata.accessed().ok())
}

fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(io::Error::new(e.kind(), format!("`{}`: {e}", folder.display()))),
    }
}

fn name(entry: &DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

/// `2026-11-30`, UTC.
pub(super) fn day(time: Option<SystemTime>) -> Option<String> {
    let time = jiff::Timestamp::try_from(time?).ok()?;
    Some(time.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_known_by_its_place_and_strangers_are_left_out() {
        let cache = tempfile::tempdir().unwrap();
        for file in [
            "embeddings/mini-0123.f32",
            "pairs/rerank-4567.f32",
            "neighbours/abc.bin",
            "neighbours/abc.bin.4711",
            "data/scifact/.fetched.json",
            "data/scifact/corpus.jsonl",
            "data/quora.incoming/quora.zip.part",
            "data/quora.new-4711/corpus.jsonl",
            "data/mine.new-idea/corpus.jsonl",
            "data/mine/corpus.jsonl",
            "onnxruntime/1.32.0/library",
            "notes.txt",
        ] {
            let path = cache.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "12345").unwrap();
        }
        let all = kept(cache.path(), &cache.path().join("data")).unwrap();
        let found: Vec<(Kind, &str, u64)> = all.iter().map(|k| (k.kind, k.name.as_str(), k.bytes)).collect();
        assert_eq!(
            found,
            [
                (Kind::Embeddings, "mini-0123", 5),
                (Kind::Pairs, "rerank-4567", 5),
                (Kind::Neighbours, "abc", 5),
                (Kind::Data, "scifact", 10),
                (Kind::Runtime, "onnxruntime 1.32.0", 5),
                (Kind::LeftOver, "abc.bin.4711", 5),
                (Kind::LeftOver, "quora.incoming", 5),
                (Kind::LeftOver, "quora.new-4711", 5),
            ]
        );
        assert!(all.iter().all(|k| k.used.is_some()));
    }

    #[test]
    fn a_cache_that_is_not_there_is_empty() {
        let nowhere = Path::new("/no/such/cache");
        assert_eq!(kept(nowhere, nowhere).unwrap(), []);
    }
}
