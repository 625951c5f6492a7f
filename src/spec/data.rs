//! What is searched, with which models, by whom.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Later, ShortOr, Spanned};

/// A data set: the name of a folder under `datasets/`, or a one-key map of where it comes from.
pub type DataSpec = ShortOr<String, DataKindSpec>;

/// Where a data set comes from.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataKindSpec {
    /// A folder in BEIR's layout (`corpus.jsonl`, `queries.jsonl`, `qrels/`): its path, or `{ dir, split, name }`.
    Beir(ShortOr<String, BeirSpec>),
    /// Files of a TREC track: a later version.
    #[schemars(skip)]
    Trec(Later),
    /// Parquet with vectors: a later version.
    #[schemars(skip)]
    Parquet(Later),
    /// Generated vectors: a later version.
    #[schemars(skip)]
    Synthetic(Later),
}

/// A folder in BEIR's layout.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeirSpec {
    /// The folder, relative to the spec file.
    pub dir: String,
    /// The split of the judgements. Default: `test`, or the only one there is.
    pub split: Option<String>,
    /// Its name in tables. Default: the folder's name.
    pub name: Option<String>,
}

/// Which models embed and rerank.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelsSpec {
    /// Makes dense vectors of texts: a name of the catalogue, or `{ onnx: path }`. Needed by `text` vectors.
    pub embedder: Option<Spanned<ModelSpec>>,
    /// Scores query and passage together: a name of the catalogue, or `{ onnx: path }`. Needed by rerank stages.
    pub reranker: Option<Spanned<ModelSpec>>,
    /// Which runtime runs them. Default: `auto`.
    pub runtime: Option<Spanned<RuntimeSpec>>,
}

/// A model: a name of the catalogue, or a one-key map of where it comes from.
pub type ModelSpec = ShortOr<String, ModelKindSpec>;

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelKindSpec {
    /// A folder with `model.onnx` and `tokenizer.json`, relative to the spec file.
    Onnx(String),
    /// Vectors made elsewhere: a later version.
    #[schemars(skip)]
    Precomputed(Later),
}

/// Which runtime runs the models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeSpec {
    /// ONNX Runtime when its library is found, else the built-in one; the manifest says which.
    Auto,
    /// Pure Rust; runs the models that come with the program.
    Builtin,
    /// ONNX Runtime; an error when its library is not found.
    OnnxRuntime,
}

/// What answers.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackendSpec {
    /// The embedded engine, in this process.
    Local(LocalSpec),
    /// A Qdrant server: a later version.
    #[schemars(skip)]
    Qdrant(Later),
}

/// Settings of the embedded engine; there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalSpec {}
