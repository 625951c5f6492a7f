//! Stands in for the network in a build without the feature `fetch`.

use super::WantedFile;
use super::error::DownloadError;
use super::partial::Partial;
use crate::progress::Observer;

/// There is none.
#[derive(Debug)]
pub enum Client {}

impl Client {
    /// Never called: there is no client to call it on.
    pub(super) fn download(
        &self,
        _: &WantedFile,
        _: &Partial,
        _: &dyn Observer,
    ) -> Result<(), DownloadError> {
        match *self {}
    }
}
