//! Loads the models of a plan.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::models::catalog::Kind;
use crate::models::{
    self, Embedder, ModelDirs, ModelError, ModelIdentity, ModelRequest, ModelSource, Reranker,
};
use crate::plan::{KnownModel, Plan};

/// The models of a plan, ready to run.
pub(super) struct LoadedModels {
    pub(super) embedder: Option<Box<dyn Embedder>>,
    pub(super) reranker: Option<Box<dyn Reranker>>,
}

impl LoadedModels {
    /// Identities by role, for the manifest.
    pub(super) fn identities(&self) -> BTreeMap<String, ModelIdentity> {
        let embedder = self.embedder.iter().map(|m| ("embedder", m.identity()));
        let reranker = self.reranker.iter().map(|m| ("reranker", m.identity()));
        embedder
            .chain(reranker)
            .map(|(role, identity)| (role.to_owned(), identity.clone()))
            .collect()
    }
}

/// Loads the models that the plan's cells need.
pub(super) fn load(plan: &Plan, cache: &Path) -> Result<LoadedModels, ModelError> {
    let reranker = plan.models.reranker.as_ref();
    Ok(LoadedModels {
        embedder: embedder(plan, cache)?,
        reranker: reranker
            .map(|m| models::reranker(&request(plan, m), &dirs(cache)))
            .transpose()?,
    })
}

/// Loads the plan's embedder, if it needs one.
pub(super) fn embedder(plan: &Plan, cache: &Path) -> Result<Option<Box<dyn Embedder>>, ModelError> {
    let embedder = plan.models.embedder.as_ref();
    embedder
        .map(|m| models::embedder(&request(plan, m), &dirs(cache)))
        .transpose()
}

fn request(plan: &Plan, source: &ModelSource) -> ModelRequest {
    ModelRequest {
        source: source.clone(),
        runtime: plan.models.runtime,
    }
}

fn dirs(cache: &Path) -> ModelDirs {
    ModelDirs {
        models: std::env::var_os("EVALRUN_MODELS").map(PathBuf::from),
        cache: cache.to_owned(),
    }
}

/// The models a spec may name: embedders, then rerankers.
pub(super) fn known() -> (Vec<KnownModel>, Vec<KnownModel>) {
    let of = |kind: Kind| {
        let builtin = models::catalog::BUILT_IN
            .iter()
            .filter(|m| m.kind == kind)
            .map(|m| KnownModel {
                name: m.name.to_owned(),
                builtin: true,
            });
        let others = models::catalogue_names(kind)
            .into_iter()
            .map(|name| KnownModel { name, builtin: false });
        builtin.chain(others).collect()
    };
    (of(Kind::Embedder), of(Kind::Reranker))
}
