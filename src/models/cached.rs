//! Models that were downloaded: what lies in the cache, in the layout of the Hugging Face hub.
//!
//! A model is a folder `models--ORGANISATION--NAME` with `blobs/` (the files, named by their hashes) and `snapshots/` (links
//! to them under their own names).

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::{ModelError, catalog};

/// A model that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// Its repository: `Xenova/bge-small-en-v1.5`.
    pub name: String,
    /// Where it lies.
    pub folder: PathBuf,
}

/// Where downloaded models lie: `HF_HOME`, else the cache folder itself.
pub fn root(cache: &Path) -> PathBuf {
    env::var_os("HF_HOME").map_or_else(|| cache.to_owned(), PathBuf::from)
}

/// Where a repository lies once it is downloaded.
pub fn folder(cache: &Path, repository: &str) -> PathBuf {
    root(cache).join(format!("models--{}", repository.replace('/', "--")))
}

/// The downloaded models below a folder, sorted by name; none when it is not there.
pub fn downloaded(root: &Path) -> Vec<Downloaded> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut found: Vec<Downloaded> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let repository = name.strip_prefix("models--")?.replacen("--", "/", 1);
            entry.path().is_dir().then(|| Downloaded {
                name: repository,
                folder: entry.path(),
            })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// How the files of a model compare with the hashes that are their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Files that are what their names say.
    pub whole: usize,
    /// Files that are not.
    pub damaged: Vec<PathBuf>,
    /// Files whose names are no SHA-256: small ones, that the hub names otherwise.
    pub unknown: usize,
}

/// Holds the files of a downloaded model against their names. Reads all of them.
///
/// # Errors
/// When a file cannot be read.
pub fn check(folder: &Path) -> Result<Checked, ModelError> {
    let mut checked = Checked::default();
    for blob in blobs(&folder.join("blobs"))? {
        let name = blob
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_sha256 = name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_sha256 {
            checked.unknown += 1;
        } else if catalog::sha256(std::slice::from_ref(&blob), "")? == name.to_lowercase() {
            checked.whole += 1;
        } else {
            checked.damaged.push(blob);
        }
    }
    Ok(checked)
}

/// The files of a folder, sorted; none when it is not there.
fn blobs(folder: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let read = || -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut paths = entries
            .map(|e| e.map(|e| e.path()))
            .collect::<io::Result<Vec<PathBuf>>>()?;
        paths.sort();
        Ok(paths)
    };
    read().map_err(|source| ModelError::Read {
        path: folder.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_goes_by_its_repository_and_its_files_by_their_hashes() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("models--Xenova--bge-small-en-v1.5");
        let blobs = folder.join("blobs");
        fs::create_dir_all(&blobs).unwrap();
        fs::create_dir_all(cache.path().join("embeddings")).unwrap();
        let [model] = downloaded(cache.path()).try_into().unwrap();
        assert_eq!(
            (model.name.as_str(), &model.folder),
            ("Xenova/bge-small-en-v1.5", &folder)
        );
        fs::write(blobs.join(crate::content::sha256(b"weights")), "weights").unwrap();
        fs::write(blobs.join("0123456789abcdef0123456789abcdef01234567"), "{}").unwrap();
        let fine = Checked {
            whole: 1,
            unknown: 1,
            ..Checked::default()
        };
        assert_eq!(check(&folder).unwrap(), fine);
        let damaged = blobs.join(crate::content::sha256(b"others"));
        fs::write(&damaged, "other").unwrap();
        assert_eq!(check(&folder).unwrap().damaged, [damaged]);
    }

    #[test]
    fn nothing_is_downloaded_where_there_is_no_folder() {
        assert!(downloaded(Path::new("/no/such/folder")).is_empty());
        assert_eq!(check(Path::new("/no/such/folder")).unwrap(), Checked::default());
    }
}
