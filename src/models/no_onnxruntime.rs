//! Stands in for `onnxruntime` in a build without the feature `fastembed`: there is never a library.

use std::path::Path;

use super::catalog::Kind;
use super::load::Model;
use super::{Embedder, ModelError, Reranker};

/// No value of this type exists, so neither does a model that needs one.
pub(super) enum Library {}

pub(super) fn library(_: &Path) -> Result<Result<Library, Vec<String>>, ModelError> {
    Ok(Err(Vec::new()))
}

pub(super) fn embedder(
    _: &Model,
    library: Library,
    _: Option<usize>,
    _: &Path,
) -> Result<Box<dyn Embedder>, ModelError> {
    match library {}
}

pub(super) fn reranker(
    _: &Model,
    library: Library,
    _: Option<usize>,
    _: &Path,
) -> Result<Box<dyn Reranker>, ModelError> {
    match library {}
}

/// Any name may be one of the catalogue's; the error about the missing feature is the more helpful one.
pub(super) fn knows(_: &str, _: Kind) -> bool {
    true
}

/// Without a runtime nothing is fetched either.
pub(super) fn is_here(_: &str, _: Kind, _: &Path) -> Result<(), ModelError> {
    Ok(())
}

pub(super) fn names(_: Kind) -> Vec<String> {
    Vec::new()
}
