//! Public test data that lies beside the checkout and is never part of it.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder `part` of the shared data, or `None` after a notice when there is none.
///
/// `EVALRUN_SHARED` names the data's folder (`../shared` when not set). Where it is set, the data has to be there, so
/// that a skip cannot pass for a success in CI.
pub(crate) fn shared(part: &str) -> Option<PathBuf> {
    let given = std::env::var_os("EVALRUN_SHARED").map(PathBuf::from);
    let root = given
        .clone()
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let folder = root.join(part);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        given.is_none(),
        "EVALRUN_SHARED is set, but {} is no folder",
        folder.display()
    );
    // Written past the test harness, which would swallow what a passing test prints.
    let notice = format!(
        "SKIPPED: no {}; set EVALRUN_SHARED to run this test\n",
        folder.display()
    );
    std::io::stderr()
        .write_all(notice.as_bytes())
        .expect("stderr is open");
    None
}
