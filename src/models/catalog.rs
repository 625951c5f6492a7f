//! The models that come with the program, where their files are, and what makes up their identity.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{env, fs, iter};

use sha2::{Digest, Sha256};

use super::ModelError;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text to vector.
    Embedder,
    /// Query and passage to score.
    Reranker,
}

/// A model whose files come with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// The name the spec uses, and the name of its folder.
    pub name: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// Longest input in tokens, as its card says.
    pub max_tokens: usize,
}

/// Every built-in model; their cards are `models/*/README.md`.
pub const BUILT_IN: [BuiltIn; 2] = [
    BuiltIn {
        name: "all-minilm-l6-v2",
        kind: Kind::Embedder,
        max_tokens: 256,
    },
    BuiltIn {
        name: "evalrun-rerank-l4",
        kind: Kind::Reranker,
        max_tokens: 192,
    },
];

impl Kind {
    /// The word for messages.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Embedder => "embedder",
            Self::Reranker => "reranker",
        }
    }

    fn with_article(self) -> &'static str {
        match self {
            Self::Embedder => "an embedder",
            Self::Reranker => "a reranker",
        }
    }
}

impl BuiltIn {
    /// The built-in model of that name, if there is one and it is of that kind.
    ///
    /// # Errors
    /// [`ModelError::WrongKind`] when the name is that of a built-in model of the other kind.
    pub fn find(name: &str, kind: Kind) -> Result<Option<Self>, ModelError> {
        match BUILT_IN.into_iter().find(|m| m.name == name) {
            Some(model) if model.kind != kind => Err(ModelError::WrongKind {
                name: name.to_owned(),
                is: model.kind.with_article(),
                wanted: kind.with_article(),
            }),
            found => Ok(found),
        }
    }

    /// The folder with the model's files. `chosen` is the folder of all models when the caller knows it; without
    /// it the usual places are tried in turn.
    ///
    /// # Errors
    /// When it lies in none of them; the places are named.
    pub fn folder(&self, chosen: Option<&Path>) -> Result<PathBuf, ModelError> {
        let tried = match chosen {
            Some(folder) => vec![folder.to_owned()],
            None => candidates(
                env::var_os("EVALRUN_MODELS").as_deref(),
                env::current_dir().ok().as_deref(),
                env::current_exe().ok().as_deref(),
            ),
        };
        let folders = tried.iter().map(|models| models.join(self.name));
        let found = folders
            .into_iter()
            .find(|folder| folder.join("model.onnx").is_file());
        found.ok_or_else(|| ModelError::NoModelsFolder {
            name: self.name.to_owned(),
            tried,
        })
    }
}

/// Where the models' folder may be: where the environment says and nowhere else; or below the current directory,
/// next to the executable or above it, or in the source tree this program was built from.
fn candidates(env: Option<&OsStr>, current: Option<&Path>, executable: Option<&Path>) -> Vec<PathBuf> {
    if let Some(folder) = env {
        return vec![folder.into()];
    }
    let above = executable.into_iter().flat_map(|exe| exe.ancestors().skip(1));
    let built_from = iter::once(Path::new(env!("CARGO_MANIFEST_DIR")));
    let mut places = Vec::new();
    for base in current.into_iter().chain(above).chain(built_from) {
        let place = base.join("models");
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Reads a file of a model.
pub(super) fn read(path: PathBuf) -> Result<Vec<u8>, ModelError> {
    fs::read(&path).map_err(|source| ModelError::Read { path, source })
}

/// SHA-256 over the files of a model one after the other, then over `settings` that no file holds; as hex.
pub(super) fn sha256(files: &[PathBuf], settings: &str) -> Result<String, ModelError> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    for path in files {
        let failed = |source| ModelError::Read {
            path: path.clone(),
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        loop {
            let read = file.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
        }
    }
    hash.update(settings);
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_alone() {
        let places = candidates(
            Some(OsStr::new("/m")),
            Some(Path::new("/srv")),
            Some(Path::new("/bin/evalrun")),
        );
        assert_eq!(places, [PathBuf::from("/m")]);
    }

    #[test]
    fn then_the_current_folder_the_executable_and_the_source() {
        let places = candidates(
            None,
            Some(Path::new("/srv")),
            Some(Path::new("/opt/evalrun/evalrun")),
        );
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let expected: Vec<PathBuf> = ["/srv/models", "/opt/evalrun/models", "/opt/models", "/models"]
            .iter()
            .map(PathBuf::from)
            .chain([source])
            .collect();
        assert_eq!(places, expected);
    }

    #[test]
    fn a_missing_model_names_the_places() {
        let error = BUILT_IN[0].folder(Some(Path::new("/nowhere"))).unwrap_err();
        assert!(error.to_string().contains("looked for /nowhere;"), "{error}");
    }

    #[test]
    fn a_name_of_the_other_kind_is_said_to_be_one() {
        let error = BuiltIn::find("all-minilm-l6-v2", Kind::Reranker).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`all-minilm-l6-v2` is an embedder, not a reranker"
        );
        assert_eq!(
            BuiltIn::find("all-minilm-l6-v2", Kind::Embedder).unwrap(),
            Some(BUILT_IN[0])
        );
        assert_eq!(BuiltIn::find("other", Kind::Embedder).unwrap(), None);
    }

    #[test]
    fn the_hash_runs_over_files_and_settings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        fs::write(&path, "ab").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(std::slice::from_ref(&path), "c").unwrap(), abc);
        fs::remove_file(&path).unwrap();
        assert!(
            sha256(&[path], "")
                .unwrap_err()
                .to_string()
                .contains("model.onnx: ")
        );
    }
}
