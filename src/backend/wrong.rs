//! What every backend says of a request that does not fit its index, in the same words.

use super::BackendError;
use crate::pipeline::Stage;

pub(super) fn bad(stage: &Stage, reason: &str) -> BackendError {
    BackendError::BadStage {
        stage: stage.name.clone(),
        reason: reason.to_owned(),
    }
}

pub(super) fn no_vector(kind: &'static str, name: &str) -> BackendError {
    BackendError::NoSuchVector {
        kind,
        name: name.to_owned(),
    }
}

pub(super) fn no_query(name: &str) -> BackendError {
    BackendError::NoQueryVector(name.to_owned())
}
