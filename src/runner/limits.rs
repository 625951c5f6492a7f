//! When a run, or a cell, ends early.

use std::time::Duration;

use super::clock::Clock;
use crate::progress::{Event, Observer};

/// What ends a run early; the default is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long a cell may take to build its index and answer its queries. It is looked at between queries and between
    /// batches of a model, so a build is never torn.
    pub cell: Option<Duration>,
    /// Whether the first cell that fails ends the run.
    pub fail_fast: bool,
}

/// Watches over one cell: asks to stop when its time is over.
pub(super) struct Deadline<'a> {
    watch: &'a dyn Observer,
    clock: &'a dyn Clock,
    until: Option<Duration>,
}

impl<'a> Deadline<'a> {
    /// Time starts now.
    pub(super) fn start(limits: Limits, watch: &'a dyn Observer, clock: &'a dyn Clock) -> Self {
        Self {
            watch,
            clock,
            until: limits.cell.map(|limit| clock.now() + limit),
        }
    }
}

impl Observer for Deadline<'_> {
    fn event(&self, event: Event<'_>) {
        self.watch.event(event);
    }

    fn cancelled(&self) -> bool {
        self.watch.cancelled() || self.until.is_some_and(|until| self.clock.now() >= until)
    }
}
