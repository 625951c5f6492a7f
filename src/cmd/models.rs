//! Loads the models of a plan.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::models::{self, Embedder, ModelDirs, ModelError, ModelIdentity, ModelRequest, Reranker};
use crate::plan::{ModelRef, Plan};

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
            .map(|m| models::load::reranker(&request(plan, m), &dirs(cache)))
            .transpose()?,
    })
}

/// Loads the plan's embedder, if it needs one.
pub(super) fn embedder(plan: &Plan, cache: &Path) -> Result<Option<Box<dyn Embedder>>, ModelError> {
    let embedder = plan.models.embedder.as_ref();
    embedder
        .map(|m| models::load::embedder(&request(plan, m), &dirs(cache)))
        .transpose()
}

fn request(plan: &Plan, model: &ModelRef) -> ModelRequest {
    ModelRequest {
        model: model.clone(),
        runtime: plan.models.runtime,
    }
}

fn dirs(cache: &Path) -> ModelDirs {
    ModelDirs {
        models: std::env::var_os("EVALRUN_MODELS").map(PathBuf::from),
        cache: cache.to_owned(),
    }
}
