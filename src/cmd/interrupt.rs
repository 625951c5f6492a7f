//! Ctrl-C: the first asks the run to stop where nothing is lost, the second ends the program.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::Exit;

/// Lets the first signal set `stop`.
///
/// # Errors
/// When the system refuses a handler.
pub(super) fn sets(stop: &Arc<AtomicBool>) -> std::io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // In this order: the second signal finds the flag set, and ends the program.
        flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, Arc::clone(stop))?;
        flag::register(signal, Arc::clone(stop))?;
    }
    Ok(())
}
