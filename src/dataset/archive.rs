//! Sets for filtered vector search: `vectors.npy`, `payloads.jsonl` and `tests.jsonl` in a tar archive, plain or gzip,
//! or unpacked in a folder. Nothing is unpacked to disk.

mod asked;
mod conditions;

use std::io::{BufReader, Read, Take};
use std::path::{Path, PathBuf};

use tar::Archive;

use super::arrays::{VectorSet, one_per_document};
use super::json::object;
use super::lines::{self, Source, each_line};
use super::matrix::{self, Keep};
use super::problem::{DatasetError, Problems};
use super::source::TarSource;
use super::{Dataset, SourceFile};
use crate::filter::Payload;
use crate::progress::Observer;
use crate::vectors::{Metric, Vectors};

use asked::Asked;

/// The three files, wherever in the archive they lie.
const MEMBERS: [&str; 3] = ["vectors.npy", "payloads.jsonl", "tests.jsonl"];

/// Deflate makes 1032 bytes of one at most: bounds what the header of a member may claim.
const EXPANSION: u64 = 1032;

/// Reads the data set `name`.
///
/// # Errors
/// A member that is missing, everything that is unusable in one, and members that do not go together.
pub(super) fn load(name: &str, source: &TarSource, watch: &dyn Observer) -> Result<Dataset, DatasetError> {
    let mut members = Members {
        metric: source.metric,
        watch,
        vectors: None,
        payloads: None,
        asked: None,
    };
    let files = if source.path.is_dir() {
        read_folder(&source.path, &mut members)?
    } else {
        vec![read_archive(&source.path, &mut members)?]
    };
    members
        .into_set(&source.path, files)
        .map(|set| set.into_dataset(name))
}

/// What has been read so far; members may come in any order.
struct Members<'a> {
    metric: Metric,
    watch: &'a dyn Observer,
    vectors: Option<(PathBuf, Vectors)>,
    payloads: Option<(PathBuf, Vec<Payload>)>,
    asked: Option<(PathBuf, Vec<Asked>)>,
}

impl Members<'_> {
    /// Reads the member `name` of `length` bytes. Returns its records.
    fn read(
        &mut self,
        path: &Path,
        name: &str,
        length: u64,
        input: &mut dyn Read,
    ) -> Result<usize, DatasetError> {
        let path = path.to_owned();
        match name {
            "vectors.npy" => {
                let head = matrix::npy_head(&path, input, length)?;
                let keep = Keep::First(head.rows());
                let vectors = matrix::vectors(&path, &head, input, keep, self.metric, self.watch)?;
                self.vectors = Some((path, vectors));
                Ok(head.rows())
            }
            "payloads.jsonl" => {
                let payloads = read_lines(&path, input.take(length), object)?;
                let rows = payloads.len();
                self.payloads = Some((path, payloads));
                Ok(rows)
            }
            _ => {
                let asked = read_lines(&path, input.take(length), asked::parse)?;
                let rows = asked.len();
                self.asked = Some((path, asked));
                Ok(rows)
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        match name {
            "vectors.npy" => self.vectors.is_some(),
            "payloads.jsonl" => self.payloads.is_some(),
            _ => self.asked.is_some(),
        }
    }

    fn into_set(self, path: &Path, files: Vec<SourceFile>) -> Result<VectorSet, DatasetError> {
        let missing: Vec<&str> = MEMBERS.into_iter().filter(|name| !self.has(name)).collect();
        let (Some((vectors_path, docs)), Some((payloads_path, payload)), Some((asked_path, asked))) =
            (self.vectors, self.payloads, self.asked)
        else {
            let what = format!(
                "no `{}` in it; such a set has `{}`",
                missing.join("` and no `"),
                MEMBERS.join("`, `")
            );
            return Err(DatasetError::file(path, what));
        };
        one_per_document(&payloads_path, payload.len(), &vectors_path, docs.len())?;
        let (queries, neighbours, asked) = asked::collect(&asked_path, asked, &docs, self.metric)?;
        Ok(VectorSet {
            docs,
            queries,
            metric: self.metric,
            neighbours: Some(neighbours),
            payload,
            asked,
            files,
        })
    }
}

fn read_lines<T>(
    path: &Path,
    input: Take<&mut dyn Read>,
    parse: fn(&str) -> Result<T, super::Fault>,
) -> Result<Vec<T>, DatasetError> {
    let mut records = Vec::new();
    let mut problems = Problems::default();
    let mut input = BufReader::new(input);
    each_line(path, &mut input, &mut problems, &mut |_, line| {
        records.push(parse(line)?);
        Ok(())
    })?;
    let missing = input.into_inner().limit();
    if missing > 0 {
        let what = format!("the last {missing} bytes are missing: the archive was cut; get it again");
        return Err(DatasetError::file(path, what));
    }
    problems.or(records)
}

fn read_folder(dir: &Path, members: &mut Members<'_>) -> Result<Vec<SourceFile>, DatasetError> {
    let mut files = Vec::new();
    for name in MEMBERS {
        let path = dir.join(name);
        if !path.is_file() {
            continue;
        }
        let io = |e| DatasetError::io(&path, e);
        let length = std::fs::metadata(&path).map_err(io)?.len();
        let mut file = lines::Hashed::open(&path).map_err(io)?;
        let rows = members.read(&path, name, length, &mut file)?;
        files.push(SourceFile {
            path: path.display().to_string(),
            sha256: file.finish().map_err(io)?,
            rows,
        });
    }
    Ok(files)
}

fn read_archive(path: &Path, members: &mut Members<'_>) -> Result<SourceFile, DatasetError> {
    let io = |e| DatasetError::io(path, e);
    let stored = std::fs::metadata(path).map_err(io)?.len();
    if stored == 0 {
        return Err(DatasetError::Empty(path.to_owned()));
    }
    let mut source = Source::open(path).map_err(io)?;
    let most = match source {
        Source::Plain(_) => stored,
        Source::Gzip(_) => stored.saturating_mul(EXPANSION),
    };
    // What the reader of archives says quotes bytes of the file, which may be anything.
    let damaged = |member: usize| {
        let what =
            format!("no member {member} (from 0): this is no tar archive, or a damaged one; get it again");
        DatasetError::file(path, what)
    };
    let mut archive = Archive::new(source.text());
    for (number, entry) in archive.entries().map_err(io)?.enumerate() {
        let mut entry = entry.map_err(|_| damaged(number))?;
        let within = entry.path().map_err(|_| damaged(number))?.into_owned();
        let member = MEMBERS.into_iter().find(|name| within.ends_with(name));
        let Some(member) = member.filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        if members.has(member) {
            let what = format!("`{member}` is in it twice; which one is meant?");
            return Err(DatasetError::file(path, what));
        }
        let length = entry.size();
        if length > most {
            let what = format!(
                "`{member}` is said to have {length} bytes, more than {stored} stored bytes can hold; get it again"
            );
            return Err(DatasetError::file(path, what));
        }
        // An absolute name would hide the archive in messages.
        let named = path.join(within.strip_prefix("/").unwrap_or(&within));
        members.read(&named, member, length, &mut entry)?;
    }
    let rows = members.vectors.as_ref().map_or(0, |(_, vectors)| vectors.len());
    Ok(SourceFile {
        path: path.display().to_string(),
        sha256: source.finish().map_err(io)?,
        rows,
    })
}
