//! From what a spec says about a model to the model.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::builtin::{BuiltInEmbedder, BuiltInReranker};
use super::catalog::{BUILT_IN, BuiltIn, Kind};
use super::onnxruntime::{self, Library};
use super::{Embedder, ModelError, Reranker};

/// A model as a spec asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRequest {
    /// Which model.
    pub source: ModelSource,
    /// What runs it.
    pub runtime: Runtime,
    /// On how many threads; `None` is one per core.
    pub threads: Option<usize>,
}

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelSource {
    /// A built-in name, or a name of fastembed's catalogue.
    Name(String),
    /// A folder with `model.onnx` and `tokenizer.json`.
    Folder(PathBuf),
}

/// What runs a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// ONNX Runtime when there is one, else the built-in runtime. The model's identity says which it was.
    #[default]
    Auto,
    /// Pure Rust; runs the built-in models.
    Builtin,
    /// ONNX Runtime; runs everything.
    OnnxRuntime,
}

/// Folders that models are read from and fetched into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelDirs {
    /// The folder of the built-in models; looked for when absent.
    pub models: Option<PathBuf>,
    /// What is fetched goes here: models of the catalogue, and ONNX Runtime itself.
    pub cache: PathBuf,
}

impl ModelRequest {
    /// The model of that name on whichever runtime there is.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            source: ModelSource::Name(name.into()),
            runtime: Runtime::Auto,
            threads: None,
        }
    }

    /// The model in that folder.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self {
            source: ModelSource::Folder(path.into()),
            runtime: Runtime::Auto,
            threads: None,
        }
    }

    /// The same model on a runtime of your choice.
    pub fn on(self, runtime: Runtime) -> Self {
        Self { runtime, ..self }
    }
}

/// Loads an embedder.
///
/// # Errors
/// When the name is unknown, a file is missing or bad, or the runtime it needs is not there; the message says what
/// to do.
pub fn embedder(request: &ModelRequest, dirs: &ModelDirs) -> Result<Box<dyn Embedder>, ModelError> {
    let model = resolve(request, Kind::Embedder, dirs)?;
    match engine(&model, request.runtime, dirs)? {
        Engine::BuiltIn(model, folder) => {
            Ok(Box::new(BuiltInEmbedder::load(model, folder, request.threads)?))
        }
        Engine::OnnxRuntime(library) => onnxruntime::embedder(&model, library, request.threads, &dirs.cache),
    }
}

/// Loads a reranker.
///
/// # Errors
/// As [`embedder`].
pub fn reranker(request: &ModelRequest, dirs: &ModelDirs) -> Result<Box<dyn Reranker>, ModelError> {
    let model = resolve(request, Kind::Reranker, dirs)?;
    match engine(&model, request.runtime, dirs)? {
        Engine::BuiltIn(model, folder) => {
            Ok(Box::new(BuiltInReranker::load(model, folder, request.threads)?))
        }
        Engine::OnnxRuntime(library) => onnxruntime::reranker(&model, library, request.threads, &dirs.cache),
    }
}

/// Looks whether a model could be loaded without a network.
///
/// # Errors
/// [`ModelError::Offline`] when files of it would have to be fetched; also when nobody knows it.
pub fn is_here(request: &ModelRequest, kind: Kind, dirs: &ModelDirs) -> Result<(), ModelError> {
    match resolve(request, kind, dirs)? {
        Model::BuiltIn(..) | Model::Folder(_) => Ok(()),
        Model::Catalogue(name) => onnxruntime::is_here(&name, kind, &dirs.cache),
    }
}

/// Names of models that ONNX Runtime runs beside the built-in ones: fastembed's catalogue, empty in a build without it.
pub fn catalogue_names(kind: Kind) -> Vec<String> {
    onnxruntime::names(kind)
}

/// A model that is known to exist.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// A built-in model and the folder with its files.
    BuiltIn(BuiltIn, PathBuf),
    /// A folder of the user's.
    Folder(PathBuf),
    /// A name that fastembed knows.
    Catalogue(String),
}

/// What will run a model.
enum Engine<'a> {
    BuiltIn(BuiltIn, &'a Path),
    OnnxRuntime(Library),
}

fn resolve(request: &ModelRequest, kind: Kind, dirs: &ModelDirs) -> Result<Model, ModelError> {
    let name = match &request.source {
        ModelSource::Folder(folder) => return Ok(Model::Folder(folder.clone())),
        ModelSource::Name(name) => name,
    };
    match BuiltIn::find(name, kind)? {
        Some(model) => Ok(Model::BuiltIn(model, model.folder(dirs.models.as_deref())?)),
        None if onnxruntime::knows(name, kind) => Ok(Model::Catalogue(name.clone())),
        None => Err(ModelError::Unknown {
            kind: kind.noun(),
            name: name.clone(),
            suggestion: suggestion(name, kind),
        }),
    }
}

fn engine<'a>(model: &'a Model, runtime: Runtime, dirs: &ModelDirs) -> Result<Engine<'a>, ModelError> {
    let name = || match model {
        Model::BuiltIn(model, _) => model.name.to_owned(),
        Model::Folder(folder) => folder.display().to_string(),
        Model::Catalogue(name) => name.clone(),
    };
    if runtime == Runtime::Builtin {
        return match model {
            Model::BuiltIn(model, folder) => Ok(Engine::BuiltIn(*model, folder)),
            Model::Folder(_) | Model::Catalogue(_) => Err(ModelError::NotBuiltIn { name: name() }),
        };
    }
    match (onnxruntime::library(&dirs.cache)?, model) {
        (Ok(library), _) => Ok(Engine::OnnxRuntime(library)),
        (Err(_), Model::BuiltIn(model, folder)) if runtime == Runtime::Auto => {
            Ok(Engine::BuiltIn(*model, folder))
        }
        (Err(tried), _) if cfg!(feature = "fastembed") => {
            Err(ModelError::NeedsOnnxRuntime { name: name(), tried })
        }
        (Err(_), _) => Err(ModelError::NoOnnxRuntimeSupport { name: name() }),
    }
}

/// The known name most like `name`, with or without the owner of its repository, if any is like it at all.
fn suggestion(name: &str, kind: Kind) -> Option<String> {
    let built_in = BUILT_IN
        .into_iter()
        .filter(|m| m.kind == kind)
        .map(|m| m.name.to_owned());
    let name = name.to_lowercase();
    let likeness = |known: &str| {
        let known = known.to_lowercase();
        let tail = known.rsplit('/').next().unwrap_or_default();
        let whole = strsim::normalized_damerau_levenshtein(&name, &known);
        whole.max(strsim::normalized_damerau_levenshtein(&name, tail))
    };
    let known = built_in
        .chain(onnxruntime::names(kind))
        .map(|known| (likeness(&known), known));
    // The first of the best: built-in names come first.
    let best = known.min_by(|(a, _), (b, _)| b.total_cmp(a));
    best.filter(|(likeness, _)| *likeness >= 0.6)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    fn dirs() -> ModelDirs {
        ModelDirs {
            models: None,
            cache: "/nowhere/cache".into(),
        }
    }

    fn error(request: ModelRequest) -> String {
        embedder(&request, &dirs()).err().unwrap().to_string()
    }

    #[test]
    fn a_built_in_name_needs_nothing_else() {
        let request = ModelRequest::named("all-minilm-l6-v2").on(Runtime::Builtin);
        let model = embedder(&request, &dirs()).unwrap();
        assert_eq!((model.identity().runtime.as_str(), model.dim()), ("builtin", 384));
        let request = ModelRequest::named("evalrun-rerank-l4").on(Runtime::Builtin);
        let model = reranker(&request, &dirs()).unwrap();
        assert_eq!(model.identity().max_tokens, 192);
        assert_eq!(model.score(&[], &Silent).unwrap().len(), 0);
    }

    #[test]
    fn the_built_in_runtime_runs_built_in_models_only() {
        let message = error(ModelRequest::folder("/my/model").on(Runtime::Builtin));
        assert!(
            message.starts_with("`/my/model` is no built-in model"),
            "{message}"
        );
    }

    #[test]
    fn missing_files_are_reported_with_the_places_tried() {
        let dirs = ModelDirs {
            models: Some("/nowhere/models".into()),
            ..dirs()
        };
        let error = embedder(&ModelRequest::named("all-minilm-l6-v2"), &dirs)
            .err()
            .unwrap();
        assert!(
            error.to_string().contains("looked for /nowhere/models;"),
            "{error}"
        );
    }

    #[cfg(feature = "fastembed")]
    #[test]
    fn an_unknown_name_gets_the_nearest_one() {
        let message = error(ModelRequest::named("all-minilm-l6"));
        assert_eq!(
            message,
            "unknown embedder `all-minilm-l6`; did you mean `all-minilm-l6-v2`?"
        );
        let message = error(ModelRequest::named("bge-smal-en-v1.5"));
        assert!(
            message.contains("did you mean `Xenova/bge-small-en-v1.5`?"),
            "{message}"
        );
        let message = error(ModelRequest::named("zzz"));
        assert_eq!(
            message,
            "unknown embedder `zzz`; give a built-in name, a name of fastembed's catalogue, or an ONNX folder"
        );
    }

    #[test]
    fn runtimes_are_spelled_as_in_a_spec() {
        let spelled = [Runtime::Auto, Runtime::Builtin, Runtime::OnnxRuntime]
            .map(|r| serde_json::to_string(&r).unwrap());
        assert_eq!(spelled, [r#""auto""#, r#""builtin""#, r#""onnxruntime""#]);
    }
}
