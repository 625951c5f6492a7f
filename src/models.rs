//! Text in, numbers out: the two model seams and the runtimes behind them.
//!
//! `builtin` runs the models of `models/` in pure Rust; `onnxruntime` runs every model that fastembed knows, or
//! any local ONNX folder, when an ONNX Runtime library is found. Which runtime was used is part of a model's
//! identity, so the cache never mixes the two.

mod batch;
pub mod builtin;
pub mod cached;
pub mod catalog;
mod error;
pub mod load;
pub mod mock;
#[cfg(feature = "fastembed")]
pub mod onnxruntime;
#[cfg(not(feature = "fastembed"))]
#[path = "models/no_onnxruntime.rs"]
mod onnxruntime;
pub mod setup;
mod wordpiece;

use crate::progress::Observer;
use crate::vectors::{TokenVectors, Vectors};

pub use error::ModelError;
pub use load::{ModelDirs, ModelRequest, ModelSource, Runtime, catalogue_names, embedder, reranker};

/// What identifies a model's numbers: two models with equal identities give equal outputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct ModelIdentity {
    /// The name the spec uses, for instance `all-minilm-l6-v2`.
    pub name: String,
    /// `builtin` (rten) or `onnxruntime`.
    pub runtime: String,
    /// Version of the runtime, as far as it says.
    pub runtime_version: String,
    /// SHA-256 over weights and tokenizer, hex.
    pub sha256: String,
    /// Longest input in tokens; what is beyond is cut.
    pub max_tokens: usize,
}

/// Turns texts into vectors. Implementations split the work into batches and use all cores themselves.
pub trait Embedder: Send + Sync {
    /// What the numbers depend on.
    fn identity(&self) -> &ModelIdentity;
    /// Length of a vector.
    fn dim(&self) -> usize;
    /// One L2-normalised row per text, in the order given. The empty text is a text like any other.
    ///
    /// The result of a text does not depend on what else is in `texts`, up to float rounding.
    fn embed(&self, texts: &[&str], watch: &dyn Observer) -> Result<Vectors, ModelError>;
    /// What the model makes of each token, before it makes one vector of all: an L2-normalised row of [`Self::dim`] values
    /// per token, in their order, for each text in the order given. Special tokens are left out, so an empty text has no
    /// row; what is beyond the longest input is cut.
    ///
    /// # Errors
    /// [`ModelError::NoTokens`] for a model that does not show them, as it is unless it says otherwise.
    fn embed_tokens(&self, texts: &[&str], watch: &dyn Observer) -> Result<TokenVectors, ModelError> {
        let _ = (texts, watch);
        Err(ModelError::NoTokens {
            name: self.identity().name.clone(),
            reason: "it does not show them".to_owned(),
        })
    }
}

/// Scores query-passage pairs with a model that reads both together.
pub trait Reranker: Send + Sync {
    /// What the numbers depend on.
    fn identity(&self) -> &ModelIdentity;
    /// One logit per pair, in the order given: a rank signal, neither probability nor ratio scale.
    /// A pair that is too long loses the end of its passage, never of its query.
    fn score(&self, pairs: &[(&str, &str)], watch: &dyn Observer) -> Result<Vec<f32>, ModelError>;
}
