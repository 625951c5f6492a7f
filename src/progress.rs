//! What long work tells whoever is watching. The library prints nothing; `cmd` turns events into a bar or lines.

/// One thing that happened during preparation or a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// A piece of work with a known number of steps begins ("embed series-demo body", 28 texts).
    Started {
        /// What is being done, for people.
        what: &'a str,
        /// Steps in all.
        total: usize,
        /// The unit of a step, in the plural ("texts", "pairs", "queries").
        unit: &'a str,
    },
    /// `done` steps of the piece that started last are finished.
    Advanced {
        /// Steps finished so far.
        done: usize,
    },
    /// The piece that started last is finished.
    Finished,
    /// Something worth a line of its own (an index was built, a cell finished).
    Note(&'a str),
}

/// Receives events; called from the thread that does the work, so it must be quick.
pub trait Observer: Sync {
    /// Takes one event.
    fn event(&self, event: Event<'_>);

    /// Whether the work should stop at the next place where nothing is lost by it.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Ignores everything: for tests and for callers who do not care.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event<'_>) {}
}
