//! What happens when a cell, or the run, does not go on.

use crate::backend::BackendError;
use crate::plan::Cell;
use crate::prepare::PrepareError;
use crate::store::{BundleWriter, CellRecord, Outcome, StoreError};

use super::{RunError, Runner};

/// What a cell came to.
pub(super) enum Next<T> {
    /// The next step.
    Cell(T),
    /// A line in the bundle; the others go on.
    Skip,
    /// The end of the run.
    End,
}

/// Whether the run goes on after a data set.
pub(super) enum Flow {
    On,
    End,
}

/// Why [`Runner::answer`] stopped: the cell alone, or the run.
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
            RunError::Prepare(PrepareError::Cancelled) => Stopped::Run(RunError::Cancelled),
            RunError::Store(_) | RunError::Cancelled => Stopped::Run(error),
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

impl Runner<'_> {
    /// A cell that stopped because its time was over has failed; one that was asked to stop has not run.
    pub(super) fn stopped(&self, error: RunError) -> Stopped {
        match (Stopped::from(error), self.limits.cell) {
            (Stopped::Run(RunError::Cancelled), Some(limit)) if !self.watch.cancelled() => {
                let error = format!("not answered within {limit:?} (--timeout)");
                Stopped::Cell(Outcome::Failed { error })
            }
            (stopped, _) => stopped,
        }
    }

    /// What was done, or a line in the bundle that says why not.
    pub(super) fn or_record<T>(
        &self,
        cell: &Cell,
        done: Result<T, Stopped>,
        bundle: &mut BundleWriter,
    ) -> Result<Next<T>, RunError> {
        match done {
            Ok(done) => Ok(Next::Cell(done)),
            Err(Stopped::Run(RunError::Cancelled)) => Ok(Next::End),
            Err(Stopped::Run(error)) => Err(error),
            Err(Stopped::Cell(outcome)) => {
                let failed = matches!(outcome, Outcome::Failed { .. });
                let cell = cell.id.clone();
                bundle.cell(&CellRecord { cell, outcome })?;
                match failed && self.limits.fail_fast {
                    true => Ok(Next::End),
                    false => Ok(Next::Skip),
                }
            }
        }
    }
}
