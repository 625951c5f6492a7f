//! Why a data set could not be had, each with the way out.

use std::io;
use std::path::{Path, PathBuf};

use super::{ByHand, Wanted, WantedFile};

/// Why a data set could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A file or folder of the data folder.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder holds something that was not fetched.
    #[error(
        "{}: this folder was not made by `evalrun fetch`; move it away, or name it in the spec by its path",
        .0.display()
    )]
    NotOurs(PathBuf),
    /// Another process is at it.
    #[error("{}: another evalrun is fetching this data set; wait for it", .0.display())]
    Busy(PathBuf),
    /// Files that are not there, and nothing was to be downloaded.
    #[error(
        "{name}: nothing was downloaded. {}\nthen run `evalrun fetch {name}` again",
        listed(files)
    )]
    Missing {
        /// The data set.
        name: String,
        /// What to put where.
        files: Vec<ByHand>,
    },
    /// A file that cannot be downloaded.
    #[error(
        "{name}: {source}\nIf the network is the trouble, set HTTPS_PROXY, or {by_hand}\nthen run `evalrun fetch {name}` again"
    )]
    Download {
        /// The data set.
        name: String,
        /// What happened.
        source: DownloadError,
        /// What to put where.
        by_hand: Box<ByHand>,
    },
    /// A file that is not the one that the card means.
    #[error(
        "{name}: {what}: the card says {expected}, this file has {found}. It is kept as `{}` and not used; \
         get the file again, and if it is the same again, the publisher has changed it: compare with the project's \
         page before you correct the card",
        kept.display()
    )]
    Wrong {
        /// The file.
        name: String,
        /// Size, SHA-256 or MD5.
        what: &'static str,
        /// What the card says.
        expected: String,
        /// What the file has.
        found: String,
        /// Where it is now.
        kept: PathBuf,
    },
    /// An archive that cannot, or must not, be unpacked.
    #[error("{}: {source}", path.display())]
    Unpack {
        /// The archive.
        path: PathBuf,
        /// Why not.
        source: UnpackError,
    },
}

impl FetchError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { path, source }
    }

    pub(super) fn download(source: DownloadError, wanted: &Wanted, file: &WantedFile, path: &Path) -> Self {
        match source {
            DownloadError::Io { path, source } => Self::Io { path, source },
            source => Self::Download {
                name: wanted.name.clone(),
                source,
                by_hand: Box::new(ByHand::of(file, path)),
            },
        }
    }
}

fn listed(files: &[ByHand]) -> String {
    let each: Vec<String> = files.iter().map(ByHand::to_string).collect();
    let all = each.join("\n");
    // The blocks begin alike, with a word that starts the sentence here.
    all.replacen("put", "Put", 1)
}

/// Why a file could not be downloaded.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The file on this side.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The server says no.
    #[error("{url}: the server answered {status}{}", meaning(*status))]
    Status {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// No answer, or one that broke off, as often as it was tried.
    #[error("{url}: {what} (tried {tries} times; {kept} bytes are kept, the next try goes on from there)")]
    GaveUp {
        /// The address.
        url: String,
        /// What happened the last time.
        what: String,
        /// How often in a row nothing came.
        tries: usize,
        /// Bytes on disk.
        kept: u64,
    },
    /// No way to the server.
    #[error("{url}: {what}")]
    NoWay {
        /// The address.
        url: String,
        /// Why not.
        what: String,
    },
    /// The server sends another file than the card means.
    #[error(
        "{url}: the server has {found} bytes, the card says {expected}; the card or the address is outdated"
    )]
    Size {
        /// The address.
        url: String,
        /// What the card says, in words.
        expected: String,
        /// What the server says, or sent before it was stopped.
        found: u64,
    },
}

fn meaning(status: u16) -> &'static str {
    match status {
        401 | 403 | 407 => ": access refused, by the publisher or by a proxy between",
        404 | 410 => {
            ": the file is not, or no longer, at this address; look for it on the project's page and correct the card"
        }
        _ => "",
    }
}

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The system, or a damaged archive.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Damaged, or no such archive.
    #[error("not a sound zip archive: {0}")]
    Zip(String),
    /// A name that leaves the folder.
    #[error(
        "the entry `{0}` would be written outside the data set's folder; the archive is not to be trusted"
    )]
    Outside(String),
    /// A link, a device or the like.
    #[error("the entry `{0}` is {1}, which no data set needs; the archive is not to be trusted")]
    Strange(String, &'static str),
    /// Two entries, or two archives, of one name.
    #[error("the file `{0}` comes twice")]
    Twice(String),
    /// Far more than the size of the archive suggests.
    #[error("more than {0} bytes come out of it, 20 times its size; the archive is not to be trusted")]
    TooLarge(u64),
}
