//! Work on a cell that could not be finished.

use crate::backend::BackendError;
use crate::plan::Cell;
use crate::store::{BundleWriter, CellRecord, Outcome, StoreError};

use super::RunError;

/// What was done, or a line in the bundle that says why not.
pub(super) fn or_record<T>(
    cell: &Cell,
    done: Result<T, Stopped>,
    bundle: &mut BundleWriter,
) -> Result<Option<T>, RunError> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(Stopped::Run(error)) => Err(error),
        Err(Stopped::Cell(outcome)) => {
            let cell = cell.id.clone();
            bundle.cell(&CellRecord { cell, outcome })?;
            Ok(None)
        }
    }
}

/// What stopped: the cell alone, or the run.
pub(super) enum Stopped {
    Cell(Outcome),
    Run(RunError),
}

impl From<Outcome> for Stopped {
    fn from(outcome: Outcome) -> Self {
        Stopped::Cell(outcome)
    }
}

impl From<RunError> for Stopped {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Store(_) => Stopped::Run(error),
            _ => Stopped::Cell(Outcome::Failed {
                error: error.to_string(),
            }),
        }
    }
}

impl From<BackendError> for Stopped {
    fn from(error: BackendError) -> Self {
        RunError::from(error).into()
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Stopped::Run(error.into())
    }
}
