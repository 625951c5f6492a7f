//! What no backend can do, said before anything is built: stages whose vectors or lists are not there, settings out of range.

use crate::pipeline::{
    Dense, Fuse, IndexConfig, Late, Pipeline, Sparse, Stage, StageKind, Strategy, VectorKind,
};

/// Checks every stage. `strategy` is the one thing in which backends differ here: whether a dense stage's way to filter is
/// among those that this one has. `Err` holds the reason, with the name of the stage.
pub(super) fn stages(
    index: &IndexConfig,
    pipeline: &Pipeline,
    strategy: impl Fn(&Dense) -> Result<(), String>,
) -> Result<(), String> {
    let retrieval = pipeline.backend_part();
    for (at, stage) in retrieval.iter().enumerate() {
        let verdict = match &stage.kind {
            StageKind::Dense(of) => dense(index, of).and_then(|()| strategy(of)),
            StageKind::Sparse(of) => sparse(index, of),
            StageKind::Fuse(of) => fuse(&retrieval[..at], of),
            StageKind::Late(of) => late(index, &retrieval[..at], of),
            StageKind::Rerank(_) => Err("rerank runs on the client".to_owned()),
        };
        verdict.map_err(|reason| format!("stage `{}`: {reason}", stage.name))?;
    }
    let needs_index = |s: &&Stage| {
        matches!(
            s.kind,
            StageKind::Dense(_) | StageKind::Sparse(_) | StageKind::Late(_)
        )
    };
    match pipeline.client_part().iter().find(needs_index) {
        Some(stage) => Err(format!(
            "stage `{}`: needs the index after a rerank stage; put it before",
            stage.name
        )),
        None => Ok(()),
    }
}

fn vector(index: &IndexConfig, name: &str, wanted: VectorKind) -> Result<(), String> {
    match index.vectors.get(name).map(|v| v.kind()) {
        Some(kind) if kind == wanted => Ok(()),
        Some(other) => Err(format!("vector `{name}` is {}", other.name())),
        None => Err(format!("the index has no vector `{name}`")),
    }
}

fn dense(index: &IndexConfig, dense: &Dense) -> Result<(), String> {
    vector(index, &dense.vector, VectorKind::Dense)?;
    match dense.oversampling.is_finite() && dense.oversampling >= 1.0 {
        true => Ok(()),
        false => Err(format!("oversampling {} is not at least 1", dense.oversampling)),
    }
}

fn sparse(index: &IndexConfig, sparse: &Sparse) -> Result<(), String> {
    vector(index, &sparse.vector, VectorKind::Sparse)?;
    match sparse.filter.strategy {
        Strategy::InGraph => Err("a sparse vector has no graph to filter in".to_owned()),
        _ => Ok(()),
    }
}

fn late(index: &IndexConfig, before: &[Stage], late: &Late) -> Result<(), String> {
    vector(index, &late.vector, VectorKind::Late)?;
    earlier(before, &late.of)
}

fn fuse(before: &[Stage], fuse: &Fuse) -> Result<(), String> {
    fuse.of.iter().try_for_each(|name| earlier(before, name))?;
    fuse.method.check(fuse.of.len()).map_err(|e| e.to_string())
}

fn earlier(before: &[Stage], name: &str) -> Result<(), String> {
    match before.iter().any(|s| s.name == name) {
        true => Ok(()),
        false => Err(format!("no earlier stage is named `{name}`")),
    }
}
