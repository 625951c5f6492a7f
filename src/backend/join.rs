//! Joining lists on the client.

use super::wrong::bad;
use super::{BackendError, StageAnswer};
use crate::hit::Hit;
use crate::index::Counters;
use crate::pipeline::{Fuse, Stage, fusion};

/// What the earlier stage `of` found, for `stage`; `done` are the answers of the first of `stages`.
///
/// # Errors
/// When there is no such stage before.
pub(super) fn list<'d>(
    stage: &Stage,
    of: &str,
    stages: &[Stage],
    done: &'d [StageAnswer],
) -> Result<&'d [Hit], BackendError> {
    let at = stages[..done.len()].iter().position(|s| s.name == of);
    let at = at.ok_or_else(|| bad(stage, &format!("no earlier stage is named `{of}`")))?;
    Ok(&done[at].hits)
}

/// Fuses the lists of earlier stages.
///
/// # Errors
/// When a list is not there, or the method does not fit their number.
pub(super) fn join(
    stage: &Stage,
    fuse: &Fuse,
    stages: &[Stage],
    done: &[StageAnswer],
) -> Result<(Vec<Hit>, Counters), BackendError> {
    let lists = fuse.of.iter().map(|of| list(stage, of, stages, done));
    let lists = lists.collect::<Result<Vec<_>, BackendError>>()?;
    let checked = fuse.method.check(lists.len());
    checked.map_err(|e| bad(stage, &e.to_string()))?;
    let mut hits = fusion::fuse(&fuse.method, &lists, usize::MAX);
    let counters = Counters {
        candidates: hits.len() as u64,
        ..Counters::default()
    };
    hits.truncate(fuse.limit);
    Ok((hits, counters))
}
