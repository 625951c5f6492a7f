//! Where time comes from, so that tests can decide what it is.

use std::time::{Duration, Instant};

/// A clock that never goes back.
pub trait Clock: Sync {
    /// Time since some fixed moment.
    fn now(&self) -> Duration;
}

/// The operating system's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Monotonic {
    start: Instant,
}

impl Monotonic {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for Monotonic {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock for tests: every look at it advances it by a fixed step.
#[derive(Debug)]
pub struct Stepping {
    step: Duration,
    looks: std::sync::atomic::AtomicU32,
}

impl Stepping {
    /// A clock that advances by `step` with every look.
    pub fn by(step: Duration) -> Self {
        Self {
            step,
            looks: std::sync::atomic::AtomicU32::new(0),
        }
    }
}

impl Clock for Stepping {
    fn now(&self) -> Duration {
        let looks = self.looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.step * looks
    }
}
