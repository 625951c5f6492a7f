//! What a person has to put where when the program cannot download it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::WantedFile;

/// A file to be put somewhere by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    url: String,
    path: PathBuf,
    bytes: Option<u64>,
    about: Option<u64>,
    sha256: Option<String>,
    md5: Option<String>,
}

impl ByHand {
    pub(super) fn of(file: &WantedFile, path: &Path) -> Self {
        Self {
            url: file.url.clone(),
            path: path.to_owned(),
            bytes: file.bytes,
            about: file.about,
            sha256: file.sha256.clone(),
            md5: file.md5.clone(),
        }
    }
}

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "put this file there by hand:")?;
        writeln!(f, "  from    {}", self.url)?;
        writeln!(f, "  to      {}", self.path.display())?;
        match (self.bytes, self.about) {
            (Some(bytes), _) => writeln!(f, "  bytes   {bytes}")?,
            (None, Some(about)) => writeln!(f, "  bytes   about {about}")?,
            (None, None) => writeln!(f, "  bytes   not known")?,
        }
        match (&self.sha256, &self.md5) {
            (Some(sha256), _) => write!(f, "  sha256  {sha256}"),
            (None, Some(md5)) => write!(f, "  md5     {md5}"),
            (None, None) => write!(f, "  sha256  not known: the file cannot be verified"),
        }
    }
}
