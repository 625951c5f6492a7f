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

pub(super) fn load(plan: &Plan, cache: &Path) -> Result<LoadedModels, ModelError> {
    let dirs = ModelDirs {
        models: std::env::var_os("EVALRUN_MODELS").map(PathBuf::from),
        cache: cache.to_owned(),
    };
    let request = |model: &ModelRef| ModelRequest {
        model: model.clone(),
        runtime: plan.models.runtime,
    };
    let embedder = plan.models.embedder.as_ref();
    let reranker = plan.models.reranker.as_ref();
    Ok(LoadedModels {
        embedder: embedder
            .map(|m| models::load::embedder(&request(m), &dirs))
            .transpose()?,
        reranker: reranker
            .map(|m| models::load::reranker(&request(m), &dirs))
            .transpose()?,
    })
}
