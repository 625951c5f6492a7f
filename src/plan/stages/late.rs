//! Late stages: what they read, by which vector, how deep.

use super::rerank::{Before, tail};
use super::{Context, vector};
use crate::pipeline::{Late, VectorKind};
use crate::plan::findings::Findings;
use crate::plan::numbers::count;
use crate::spec::pipelines::LateSpec;

/// The stage that is run, every default filled in.
pub(super) fn late(
    stage: &LateSpec,
    before: Before<'_>,
    context: Context<'_>,
    findings: &mut Findings,
) -> Option<Late> {
    let vector = vector(&stage.vector, VectorKind::Late, context, findings);
    let depth = count(Some(&stage.depth), 1, "depth", findings);
    before.check_depth("the late stage", &stage.of.value, &stage.depth, findings);
    vector?;
    Some(Late {
        of: stage.of.value.clone(),
        vector: stage.vector.value.clone(),
        depth,
        tail: tail(stage.tail.as_ref()),
    })
}
