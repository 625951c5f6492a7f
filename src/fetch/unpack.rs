//! Archives, unpacked with distrust: only plain files and folders, only below the target, and not without end.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::error::{FetchError, UnpackError};
use super::{Unpack, WantedFile};

/// How many times its own size may come out of an archive. Text packs to a quarter or so.
const GROWTH: u64 = 20;
/// Small archives may grow by more, up to this.
const SMALL: u64 = 16 << 20;

/// Unpacks the file at `path` into the folder `target`.
pub(super) fn unpack(file: &WantedFile, path: &Path, target: &Path) -> Result<(), FetchError> {
    let done = File::open(path).map_err(UnpackError::from).and_then(|archive| {
        let size = archive.metadata()?.len();
        let mut sink = Sink {
            target,
            limit: size.saturating_mul(GROWTH).max(SMALL),
            written: 0,
        };
        match file.unpack {
            Unpack::Keep => Ok(()),
            Unpack::Zip => zip(archive, &mut sink),
            Unpack::Tar => tar(archive, &mut sink),
            Unpack::Gz => {
                let name = file.name.strip_suffix(".gz").unwrap_or(&file.name);
                sink.file(name, &mut MultiGzDecoder::new(BufReader::new(archive)))
            }
        }
    });
    done.map_err(|source| FetchError::Unpack {
        path: path.to_owned(),
        source,
    })
}

fn zip(archive: File, sink: &mut Sink<'_>) -> Result<(), UnpackError> {
    let damaged = |e: zip::result::ZipError| UnpackError::Zip(e.to_string());
    let mut archive = zip::ZipArchive::new(BufReader::new(archive)).map_err(damaged)?;
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        if entry.is_symlink() {
            return Err(UnpackError::Strange(name, "a link"));
        }
        if entry.is_dir() {
            sink.folder(&name)?;
        } else {
            sink.file(&name, &mut entry)?;
        }
    }
    Ok(())
}

fn tar(mut archive: File, sink: &mut Sink<'_>) -> Result<(), UnpackError> {
    let mut magic = [0; 2];
    let is_gzip = archive.read(&mut magic)? == 2 && magic == [0x1f, 0x8b];
    archive.seek(SeekFrom::Start(0))?;
    let archive = BufReader::new(archive);
    match is_gzip {
        true => tar_entries(MultiGzDecoder::new(archive), sink),
        false => tar_entries(archive, sink),
    }
}

fn tar_entries(archive: impl Read, sink: &mut Sink<'_>) -> Result<(), UnpackError> {
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            sink.folder(&name)?;
        } else if kind.is_file() {
            sink.file(&name, &mut entry)?;
        } else if kind.is_symlink() || kind.is_hard_link() {
            return Err(UnpackError::Strange(name, "a link"));
        } else if !(kind.is_pax_global_extensions() || kind.is_pax_local_extensions()) {
            return Err(UnpackError::Strange(name, "neither file nor folder"));
        }
    }
    Ok(())
}

/// Where the entries of an archive go.
struct Sink<'a> {
    target: &'a Path,
    /// Bytes that may come out in all.
    limit: u64,
    written: u64,
}

impl Sink<'_> {
    fn folder(&self, name: &str) -> Result<(), UnpackError> {
        Ok(fs::create_dir_all(self.target.join(below(name)?))?)
    }

    fn file(&mut self, name: &str, from: &mut dyn Read) -> Result<(), UnpackError> {
        let path = self.target.join(below(name)?);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create_new(&path).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => UnpackError::Twice(name.to_owned()),
            _ => UnpackError::Io(e),
        })?;
        // One byte more than allowed shows that there is more.
        let room = self.limit - self.written;
        let copied = io::copy(&mut from.take(room + 1), &mut file)?;
        if copied > room {
            return Err(UnpackError::TooLarge(self.limit));
        }
        self.written += copied;
        Ok(())
    }
}

/// The path of an entry, if it stays below the folder that it is unpacked into, on any system.
fn below(name: &str) -> Result<PathBuf, UnpackError> {
    let outside = || UnpackError::Outside(name.to_owned());
    if name.contains(['\\', ':', '\0']) {
        return Err(outside());
    }
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_the_target() {
        let ok = |name: &str| below(name).ok().map(|p| p.display().to_string());
        assert_eq!(
            ok("scifact/qrels/test.tsv").as_deref(),
            Some("scifact/qrels/test.tsv")
        );
        assert_eq!(ok("./a").as_deref(), Some("a"));
        for name in ["../a", "a/../../b", "/etc/passwd", "C:\\a", "a\\..\\b", "a\0"] {
            assert_eq!(ok(name), None, "{name}");
        }
    }
}
