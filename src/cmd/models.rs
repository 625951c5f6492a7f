//! Loads the models of a plan.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::models::catalog::Kind;
use crate::models::{
    self, Embedder, ModelDirs, ModelError, ModelIdentity, ModelRequest, ModelSource, Reranker,
};
use crate::plan::{KnownModel, Plan};

use super::offline;

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

/// How models are loaded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Means {
    /// Threads that each may use; `None` is one per core.
    pub(super) threads: Option<usize>,
    /// Nothing is fetched.
    pub(super) offline: bool,
}

impl Means {
    /// As typed; the environment, too, can say that the network is not to be used.
    pub(super) fn of(jobs: Option<NonZeroUsize>, offline: bool) -> Self {
        Self {
            threads: jobs.map(NonZeroUsize::get),
            offline: offline || offline::is_set(),
        }
    }
}

/// Loads the models that the plan's cells need.
pub(super) fn load(plan: &Plan, cache: &Path, means: Means) -> Result<LoadedModels, ModelError> {
    let (embedder, reranker) = (plan.models.embedder.as_ref(), plan.models.reranker.as_ref());
    let request = |m: &ModelSource| ModelRequest {
        threads: means.threads,
        ..request(plan, m)
    };
    Ok(LoadedModels {
        embedder: embedder
            .map(|m| models::embedder(&request(m), &dirs(cache)))
            .transpose()?,
        reranker: reranker
            .map(|m| models::reranker(&request(m), &dirs(cache)))
            .transpose()?,
    })
}

/// Why models of the plan cannot be loaded without a network; nothing where they can.
pub(super) fn absent(plan: &Plan, cache: &Path) -> Vec<ModelError> {
    let models = [
        (&plan.models.embedder, Kind::Embedder),
        (&plan.models.reranker, Kind::Reranker),
    ];
    let wanted = models
        .into_iter()
        .filter_map(|(m, kind)| Some((m.as_ref()?, kind)));
    wanted
        .filter_map(|(m, kind)| models::is_here(&request(plan, m), kind, &dirs(cache)).err())
        .collect()
}

/// Loads the plan's embedder, if it needs one.
pub(super) fn embedder(plan: &Plan, cache: &Path) -> Result<Option<Box<dyn Embedder>>, ModelError> {
    let Some(source) = &plan.models.embedder else {
        return Ok(None);
    };
    let (request, dirs) = (request(plan, source), dirs(cache));
    if offline::is_set() {
        models::is_here(&request, Kind::Embedder, &dirs)?;
    }
    models::embedder(&request, &dirs).map(Some)
}

fn request(plan: &Plan, source: &ModelSource) -> ModelRequest {
    ModelRequest {
        source: source.clone(),
        runtime: plan.models.runtime,
        threads: None,
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
