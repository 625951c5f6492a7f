//! Models on ONNX Runtime, through fastembed: the built-in ones, its whole catalogue, and any ONNX folder.
//!
//! The library is looked up when the first model is loaded; a program without it runs the built-in models on the
//! other runtime.

mod catalogue;
mod embed;
mod files;
mod library;
mod rerank;

pub use catalogue::names;
pub use embed::OnnxEmbedder;
pub use library::{Library, library};
pub use rerank::OnnxReranker;

pub(super) use catalogue::knows;

use std::path::Path;

use fastembed::Error;

use super::batch::Limits;
use super::catalog::Kind;
use super::load::Model;
use super::{Embedder, ModelError, ModelIdentity, Reranker, cached};

/// Loads an embedder; what has to be fetched goes into `cache`. It runs on so many threads, or one per core.
pub(super) fn embedder(
    model: &Model,
    library: Library,
    threads: Option<usize>,
    cache: &Path,
) -> Result<Box<dyn Embedder>, ModelError> {
    let library = &library.on(threads);
    Ok(Box::new(match model {
        Model::BuiltIn(model, folder) => OnnxEmbedder::built_in(*model, folder, library)?,
        Model::Folder(folder) => OnnxEmbedder::from_folder(folder, library)?,
        Model::Catalogue(name) => OnnxEmbedder::from_catalogue(&catalogue::embedder(name)?, cache, library)?,
    }))
}

/// Loads a reranker; what has to be fetched goes into `cache`. It runs on so many threads, or one per core.
pub(super) fn reranker(
    model: &Model,
    library: Library,
    threads: Option<usize>,
    cache: &Path,
) -> Result<Box<dyn Reranker>, ModelError> {
    let library = &library.on(threads);
    Ok(Box::new(match model {
        Model::BuiltIn(model, folder) => OnnxReranker::built_in(*model, folder, library)?,
        Model::Folder(folder) => OnnxReranker::from_folder(folder, library)?,
        Model::Catalogue(name) => OnnxReranker::from_catalogue(&catalogue::reranker(name)?, cache, library)?,
    }))
}

/// Files that every model of the hub has beside its graph.
const TOKENIZER: [&str; 4] = [
    "tokenizer.json",
    "config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
];

/// Looks whether all files of a model of the catalogue have been fetched before: the client then asks nobody.
pub(super) fn is_here(name: &str, kind: Kind, cache: &Path) -> Result<(), ModelError> {
    let (repository, graph, more) = match kind {
        Kind::Embedder => {
            let info = catalogue::embedder(name)?;
            (info.model_code, info.model_file, info.additional_files)
        }
        Kind::Reranker => {
            let info = catalogue::reranker(name)?;
            (info.model_code, info.model_file, info.additional_files)
        }
    };
    let mut wanted = vec![graph.as_str()];
    wanted.extend(more.iter().map(String::as_str));
    wanted.extend(TOKENIZER);
    let missing = match files::hub_files(cache, &repository, &wanted) {
        Ok(paths) => paths.into_iter().find(|path| !path.is_file()),
        Err(_) => Some(cached::folder(cache, &repository)),
    };
    match missing {
        None => Ok(()),
        Some(missing) => Err(ModelError::Offline {
            name: name.to_owned(),
            missing,
        }),
    }
}

/// ONNX Runtime splits every operator over its own threads, so batches run one after the other and are larger
/// than where each has one thread.
const LIMITS: Limits = Limits {
    workers: 1,
    min_tokens: 512,
    max_tokens: 1024,
    max_padding: 32,
};

/// The identity of a model that runs on `library`.
fn identity(name: &str, library: &Library, sha256: String, max_tokens: usize) -> ModelIdentity {
    ModelIdentity {
        name: name.to_owned(),
        runtime: "onnxruntime".to_owned(),
        runtime_version: library.version.clone(),
        sha256,
        max_tokens,
    }
}

fn run_error(name: &str, error: impl std::fmt::Display) -> ModelError {
    ModelError::Run {
        name: name.to_owned(),
        reason: error.to_string(),
    }
}

/// A model of the catalogue could not be had: most often there is no way to the hub.
fn fetch_error(name: &str, error: &Error) -> ModelError {
    let reason = match error {
        Error::ModelRetrieval { file, source } => format!("{file}: {source}"),
        Error::Ort(_) | Error::OrtBuilder(_) | Error::OrtSession(_) | Error::TokenizerConfig(_) => {
            return run_error(name, error);
        }
        other => other.to_string(),
    };
    ModelError::Fetch {
        name: name.to_owned(),
        reason,
    }
}
