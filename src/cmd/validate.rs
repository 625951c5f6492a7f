//! `evalrun validate`.

use std::path::PathBuf;

use super::progress::Talk;
use super::{Exit, plan};

pub(super) fn validate(files: &[PathBuf], talk: &Talk) -> anyhow::Result<Exit> {
    let Some(loaded) = plan::load_all(files, talk)? else {
        return Ok(Exit::BadInput);
    };
    for (path, loaded) in files.iter().zip(&loaded) {
        talk.say(&format!(
            "{}: ok, {} cells",
            path.display(),
            loaded.plan.cells.len()
        ));
    }
    Ok(Exit::Fine)
}
