//! Gets the files of a data set, makes sure that they are the right ones, and unpacks them.
//!
//! Below the data folder, `NAME.incoming/` takes what is downloaded, or put there by hand; `NAME/` appears only when
//! everything in it was checked. The network is [`http`] alone, behind the feature `fetch`: without it, or without a
//! client, everything else works the same.

mod by_hand;
mod check;
mod error;
#[cfg(feature = "fetch")]
pub mod http;
#[cfg(not(feature = "fetch"))]
#[path = "fetch/no_http.rs"]
pub mod http;
mod md5;
#[cfg_attr(
    not(feature = "fetch"),
    expect(dead_code, reason = "only a download has parts")
)]
mod partial;
mod receipt;
mod unpack;
mod verify;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::progress::{Event, Observer};

pub use by_hand::ByHand;
pub use check::{Digests, Verified};
pub use error::{DownloadError, FetchError, UnpackError};
pub use receipt::{Content, Receipt, Record};
pub use verify::{Verification, verify};

/// A data set to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name; also that of its folder.
    pub name: String,
    /// Its files, with distinct names.
    pub files: Vec<WantedFile>,
}

/// A file to get, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedFile {
    /// Where it is published.
    pub url: String,
    /// What it is called on disk; no path.
    pub name: String,
    /// Its size.
    pub bytes: Option<u64>,
    /// Its size to a few per cent, when `bytes` is not known.
    pub about: Option<u64>,
    /// SHA-256, lower-case hex.
    pub sha256: Option<String>,
    /// MD5, lower-case hex.
    pub md5: Option<String>,
    /// What has to be done with it.
    pub unpack: Unpack,
}

/// What has to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpack {
    /// Nothing.
    Keep,
    /// It is a zip archive.
    Zip,
    /// It is a tar archive, plain or with gzip.
    Tar,
    /// It is one file with gzip.
    Gz,
}

/// How a [`fetch`] ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where the data set lies.
    pub folder: PathBuf,
    /// What was got, and what lies there now.
    pub receipt: Receipt,
    /// True when all of it lay there before, unchanged.
    pub was_there: bool,
}

/// Gets a data set into the folder `data`; without a `client`, only from files that lie there.
///
/// # Errors
/// When a file cannot be had (the error says what to put where by hand), is not the one that the card means (it is kept
/// beside, as `NAME.wrong`, and never used), or does not unpack.
pub fn fetch(
    wanted: &Wanted,
    data: &Path,
    client: Option<&http::Client>,
    watch: &dyn Observer,
) -> Result<Fetched, FetchError> {
    let folder = data.join(&wanted.name);
    if folder.exists() {
        match receipt::read(&folder)? {
            None => return Err(FetchError::NotOurs(folder)),
            Some(receipt) => match receipt::mismatch(&receipt, wanted, &folder)? {
                None => {
                    return Ok(Fetched {
                        folder,
                        receipt,
                        was_there: true,
                    });
                }
                Some(why) => watch.event(Event::Note(&format!("{}: {why}; getting it again", wanted.name))),
            },
        }
    }
    let incoming = data.join(format!("{}.incoming", wanted.name));
    fs::create_dir_all(&incoming).map_err(|e| FetchError::io(&incoming, e))?;
    let lock = lock(&incoming)?;
    let got = obtain_all(wanted, &incoming, client, watch)?;
    let receipt = install(wanted, got, &incoming, &folder, watch)?;
    drop(lock);
    // What is left there are archives that were unpacked; a folder that stays costs space and nothing else.
    let _ = fs::remove_dir_all(&incoming);
    Ok(Fetched {
        folder,
        receipt,
        was_there: false,
    })
}

/// Keeps a second process from writing into the same files.
fn lock(incoming: &Path) -> Result<File, FetchError> {
    let path = incoming.join(".lock");
    let file = File::create(&path).map_err(|e| FetchError::io(&path, e))?;
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Err(FetchError::Busy(incoming.to_owned())),
        // A file system without locks: nothing is lost but the protection.
        _ => Ok(file),
    }
}

/// Every file of the set in the incoming folder, each checked. Files that are not there and cannot be reached are
/// reported together.
fn obtain_all(
    wanted: &Wanted,
    incoming: &Path,
    client: Option<&http::Client>,
    watch: &dyn Observer,
) -> Result<Vec<Record>, FetchError> {
    let mut got = Vec::new();
    let mut missing = Vec::new();
    for file in &wanted.files {
        let path = incoming.join(&file.name);
        if !path.is_file() {
            let Some(client) = client else {
                missing.push(ByHand::of(file, &path));
                continue;
            };
            let part = partial::Partial::of(&path);
            let done = client.download(file, &part, watch);
            done.map_err(|source| FetchError::download(source, wanted, file, &path))?;
            fs::rename(part.path(), &path).map_err(|e| FetchError::io(&path, e))?;
            part.forget();
        }
        watch.event(Event::Note(&format!("{}: checking {}", wanted.name, file.name)));
        got.push(check::file(file, &path)?);
    }
    if missing.is_empty() {
        return Ok(got);
    }
    let (name, files) = (wanted.name.clone(), missing);
    Err(FetchError::Missing { name, files })
}

/// Unpacks into a folder of another name, which then takes the place of the data set's.
fn install(
    wanted: &Wanted,
    files: Vec<Record>,
    incoming: &Path,
    folder: &Path,
    watch: &dyn Observer,
) -> Result<Receipt, FetchError> {
    let beside = |what: &str| {
        let name = format!("{}.{what}-{}", wanted.name, std::process::id());
        folder.with_file_name(name)
    };
    let fresh = Temporary::new(beside("new"))?;
    let packed = |file: &&WantedFile| file.unpack != Unpack::Keep;
    // Archives first: a plain file is moved, and should still be found in `incoming` when an archive fails.
    for file in wanted.files.iter().filter(packed) {
        watch.event(Event::Note(&format!("{}: unpacking {}", wanted.name, file.name)));
        unpack::unpack(file, &incoming.join(&file.name), &fresh.0)?;
    }
    for file in wanted.files.iter().filter(|file| !packed(file)) {
        let (from, to) = (incoming.join(&file.name), fresh.0.join(&file.name));
        fs::rename(&from, &to).map_err(|e| FetchError::io(&from, e))?;
    }
    let contents = receipt::contents(&fresh.0, &files)?;
    let receipt = Receipt { files, contents };
    receipt::write(&receipt, &fresh.0)?;
    let old = Temporary(beside("old"));
    if folder.exists() {
        fs::rename(folder, &old.0).map_err(|e| FetchError::io(folder, e))?;
    }
    fs::rename(&fresh.0, folder).map_err(|e| FetchError::io(folder, e))?;
    Ok(receipt)
}

/// A folder that is removed unless it was renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn new(path: PathBuf) -> Result<Self, FetchError> {
        fs::create_dir_all(&path).map_err(|e| FetchError::io(&path, e))?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing can be done about a failure here.
        let _ = fs::remove_dir_all(&self.0);
    }
}
