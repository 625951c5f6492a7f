//! The files of a model: in a folder of the user's, or where the hub client keeps them.

use std::fs;
use std::path::{Path, PathBuf};

use fastembed::{Pooling, TokenizerFiles};
use serde_json::{Value, json};

use crate::models::{ModelError, cached, catalog};

/// Longest input when neither the caller nor the folder says: what BERT has positions for.
const DEFAULT_MAX_TOKENS: usize = 512;

/// An ONNX folder: `model.onnx` (or `onnx/model.onnx`) and `tokenizer.json`, and what else explains them.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    pub(super) onnx: PathBuf,
    tokenizer: PathBuf,
}

impl Folder {
    /// Looks into a folder. The files are read later.
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let (here, below) = (path.join("model.onnx"), path.join("onnx").join("model.onnx"));
        let found = |onnx: &PathBuf| onnx.is_file();
        let onnx = [&here, &below].into_iter().find(|p| found(p)).cloned();
        let tokenizer = path.join("tokenizer.json");
        let missing = |file: &str| ModelError::BadFile {
            path: path.to_owned(),
            reason: format!("the folder holds no {file}; a model needs model.onnx and tokenizer.json"),
        };
        if !tokenizer.is_file() {
            return Err(missing("tokenizer.json"));
        }
        let onnx = onnx.ok_or_else(|| missing("model.onnx"))?;
        Ok(Self {
            path: path.to_owned(),
            onnx,
            tokenizer,
        })
    }

    /// The name of a model that only has a folder: the folder's.
    pub(super) fn name(&self) -> String {
        let full = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        full.file_name().map_or_else(
            || full.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    /// Weights kept beside the graph (`model.onnx.data`, `model.onnx_data`): name and path, sorted.
    pub(super) fn external_data(&self) -> Result<Vec<(String, PathBuf)>, ModelError> {
        let folder = self.onnx.parent().unwrap_or(&self.path);
        let failed = |source| ModelError::Read {
            path: folder.to_owned(),
            source,
        };
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            if name.starts_with("model.onnx") && path != self.onnx {
                found.push((name, path));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// SHA-256 over the graph, its external weights, the tokenizer, and `settings`.
    pub(super) fn sha256(&self, settings: &str) -> Result<String, ModelError> {
        let external = self.external_data()?.into_iter().map(|(_, path)| path);
        let files: Vec<PathBuf> = std::iter::once(self.onnx.clone())
            .chain(external)
            .chain([self.tokenizer.clone()])
            .collect();
        catalog::sha256(&files, settings)
    }

    /// How token vectors become one: as sentence-transformers' `1_Pooling/config.json` says, else their mean.
    pub(super) fn pooling(&self) -> Result<Pooling, ModelError> {
        let config = self.json("1_Pooling/config.json")?.unwrap_or_default();
        let cls = config["pooling_mode_cls_token"].as_bool() == Some(true);
        Ok(if cls { Pooling::Cls } else { Pooling::Mean })
    }

    /// Longest input: as `sentence_bert_config.json` says, else as `tokenizer_config.json` says but at most 512.
    pub(super) fn max_tokens(&self) -> Result<usize, ModelError> {
        let sentence = self.json("sentence_bert_config.json")?.unwrap_or_default();
        if let Some(max) = sentence["max_seq_length"].as_u64() {
            return Ok(max as usize);
        }
        let tokenizer = self.json("tokenizer_config.json")?.unwrap_or_default();
        // Some files say 1e30 for "no limit".
        let max = tokenizer["model_max_length"].as_f64().map(|max| max as usize);
        Ok(max.map_or(DEFAULT_MAX_TOKENS, |max| max.min(DEFAULT_MAX_TOKENS)))
    }

    /// The four files that fastembed wants; those the folder lacks are made up from `tokenizer.json`.
    pub(super) fn tokenizer_files(&self, max_tokens: usize) -> Result<TokenizerFiles, ModelError> {
        let tokenizer_file = catalog::read(self.tokenizer.clone())?;
        let tokenizer: Value = parse(&self.tokenizer, &tokenizer_file)?;
        let (pad_token, pad_id) = padding(&tokenizer);
        let or = |file: &str, default: Value| -> Result<Vec<u8>, ModelError> {
            let path = self.path.join(file);
            if path.is_file() {
                catalog::read(path)
            } else {
                Ok(default.to_string().into_bytes())
            }
        };
        Ok(TokenizerFiles {
            config_file: or("config.json", json!({ "pad_token_id": pad_id }))?,
            special_tokens_map_file: or("special_tokens_map.json", json!({}))?,
            tokenizer_config_file: or(
                "tokenizer_config.json",
                json!({ "model_max_length": max_tokens, "pad_token": pad_token }),
            )?,
            tokenizer_file,
        })
    }

    /// A JSON file of the folder; `None` when it is not there.
    fn json(&self, file: &str) -> Result<Option<Value>, ModelError> {
        let path = self.path.join(file);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = catalog::read(path.clone())?;
        parse(&path, &bytes).map(Some)
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Value, ModelError> {
    serde_json::from_slice(bytes).map_err(|e| ModelError::BadFile {
        path: path.to_owned(),
        reason: e.to_string(),
    })
}

/// Token and id that fill a batch up: as the tokenizer pads itself, else its special token that looks like one. What
/// stands there is masked out, so any token would do.
fn padding(tokenizer: &Value) -> (String, u64) {
    let own = &tokenizer["padding"];
    if let (Some(token), Some(id)) = (own["pad_token"].as_str(), own["pad_id"].as_u64()) {
        return (token.to_owned(), id);
    }
    let added = tokenizer["added_tokens"].as_array().into_iter().flatten();
    let pads = added.filter_map(|t| Some((t["content"].as_str()?, t["id"].as_u64()?)));
    let pad = pads
        .filter(|(token, _)| token.to_lowercase().contains("pad"))
        .min_by_key(|&(_, id)| id);
    pad.map_or(("[PAD]".to_owned(), 0), |(token, id)| (token.to_owned(), id))
}

/// Where the hub client keeps the files of a repository it has fetched: the layout of the Hugging Face cache.
pub(super) fn hub_files(cache: &Path, repository: &str, files: &[&str]) -> Result<Vec<PathBuf>, ModelError> {
    let folder = cached::folder(cache, repository);
    let commit = catalog::read(folder.join("refs").join("main"))?;
    let snapshot = folder
        .join("snapshots")
        .join(String::from_utf8_lossy(&commit).trim());
    Ok(files.iter().map(|file| snapshot.join(file)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_with_two_files_is_enough() {
        let made = folder(&[
            ("onnx/model.onnx", "graph"),
            (
                "tokenizer.json",
                r#"{"added_tokens": [{"content": "<pad>", "id": 7}]}"#,
            ),
        ]);
        let folder = Folder::open(made.path()).unwrap();
        assert_eq!(folder.onnx, made.path().join("onnx/model.onnx"));
        assert_eq!(folder.max_tokens().unwrap(), 512);
        assert_eq!(folder.pooling().unwrap(), Pooling::Mean);
        let files = folder.tokenizer_files(256).unwrap();
        assert_eq!(files.config_file, br#"{"pad_token_id":7}"#);
        assert_eq!(
            files.tokenizer_config_file,
            br#"{"model_max_length":256,"pad_token":"<pad>"}"#
        );
    }

    #[test]
    fn the_folders_own_settings_count() {
        let made = folder(&[
            ("model.onnx", "graph"),
            ("model.onnx_data", "weights"),
            ("tokenizer.json", "{}"),
            ("tokenizer_config.json", r#"{"model_max_length": 1e30}"#),
            ("sentence_bert_config.json", r#"{"max_seq_length": 384}"#),
            ("1_Pooling/config.json", r#"{"pooling_mode_cls_token": true}"#),
        ]);
        let folder = Folder::open(made.path()).unwrap();
        assert_eq!(folder.max_tokens().unwrap(), 384);
        assert_eq!(folder.pooling().unwrap(), Pooling::Cls);
        let external = folder.external_data().unwrap();
        assert_eq!(
            external,
            [("model.onnx_data".to_owned(), made.path().join("model.onnx_data"))]
        );
        fs::remove_file(made.path().join("sentence_bert_config.json")).unwrap();
        assert_eq!(folder.max_tokens().unwrap(), 512);
    }

    #[test]
    fn a_missing_file_is_named() {
        let made = folder(&[("tokenizer.json", "{}")]);
        let error = Folder::open(made.path()).unwrap_err().to_string();
        assert!(error.contains("the folder holds no model.onnx"), "{error}");
        let error = Folder::open(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(
            error.starts_with("/nowhere: the folder holds no tokenizer.json"),
            "{error}"
        );
    }

    #[test]
    fn a_broken_settings_file_is_named() {
        let made = folder(&[
            ("model.onnx", ""),
            ("tokenizer.json", "{"),
            ("1_Pooling/config.json", "cls"),
        ]);
        let folder = Folder::open(made.path()).unwrap();
        assert!(
            folder
                .pooling()
                .unwrap_err()
                .to_string()
                .contains("config.json: expected value")
        );
        assert!(
            folder
                .tokenizer_files(9)
                .unwrap_err()
                .to_string()
                .contains("tokenizer.json: EOF")
        );
    }
}
