//! The names of fastembed's models. An embedder goes by its name there (`BGESmallENV15`) or by its hub repository
//! (`Xenova/bge-small-en-v1.5`), a reranker by its repository; capitals do not matter.

use fastembed::{EmbeddingModel, ModelInfo, RerankerModel, RerankerModelInfo, TextEmbedding, TextRerank};

use crate::models::ModelError;
use crate::models::catalog::Kind;

/// Every name of the catalogue for that purpose, sorted.
pub fn names(kind: Kind) -> Vec<String> {
    let mut names: Vec<String> = match kind {
        Kind::Embedder => {
            let models = TextEmbedding::list_supported_models();
            models
                .into_iter()
                .flat_map(|m| [m.model.to_string(), m.model_code])
                .collect()
        }
        Kind::Reranker => TextRerank::list_supported_models()
            .into_iter()
            .map(|m| m.model_code)
            .collect(),
    };
    names.sort_unstable();
    names.dedup();
    names
}

/// True when the catalogue has a model of that name for that purpose.
pub(in crate::models) fn knows(name: &str, kind: Kind) -> bool {
    match kind {
        Kind::Embedder => embedder(name).is_ok(),
        Kind::Reranker => reranker(name).is_ok(),
    }
}

/// The embedder of that name. A repository may hold quantized variants too: it stands for the plain one, which has
/// the shortest name.
pub(super) fn embedder(name: &str) -> Result<ModelInfo<EmbeddingModel>, ModelError> {
    let known = TextEmbedding::list_supported_models().into_iter();
    let is_it = |m: &ModelInfo<EmbeddingModel>| {
        m.model_code.eq_ignore_ascii_case(name) || m.model.to_string().eq_ignore_ascii_case(name)
    };
    let found = known.filter(is_it).min_by_key(|m| m.model.to_string().len());
    found.ok_or_else(|| unknown(name, Kind::Embedder))
}

/// The reranker of that name.
pub(super) fn reranker(name: &str) -> Result<RerankerModelInfo, ModelError> {
    let model: Result<RerankerModel, _> = name.parse();
    let model = model.map_err(|_| unknown(name, Kind::Reranker))?;
    Ok(TextRerank::get_model_info(&model))
}

fn unknown(name: &str, kind: Kind) -> ModelError {
    ModelError::Unknown {
        kind: kind.noun(),
        name: name.to_owned(),
        suggestion: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedders_go_by_name_and_by_repository() {
        let model = |name| embedder(name).unwrap().model;
        assert_eq!(model("bgesmallenv15"), EmbeddingModel::BGESmallENV15);
        assert_eq!(model("Xenova/bge-small-en-v1.5"), EmbeddingModel::BGESmallENV15);
        // One repository, three variants.
        assert_eq!(
            model("onnx-community/embeddinggemma-300m-onnx"),
            EmbeddingModel::EmbeddingGemma300M
        );
    }

    #[test]
    fn rerankers_go_by_repository() {
        assert_eq!(
            reranker("baai/BGE-reranker-base").unwrap().model_code,
            "BAAI/bge-reranker-base"
        );
    }

    #[test]
    fn every_listed_name_is_known_for_its_purpose_only() {
        assert!(
            names(Kind::Embedder)
                .iter()
                .all(|name| knows(name, Kind::Embedder))
        );
        assert!(
            names(Kind::Reranker)
                .iter()
                .all(|name| knows(name, Kind::Reranker))
        );
        assert!(!knows("BAAI/bge-reranker-base", Kind::Embedder));
        assert!(!knows("evalrun-rerank-l4", Kind::Reranker));
    }
}
