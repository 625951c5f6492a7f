//! `evalrun validate`.

use super::args::SpecArgs;
use super::progress::Talk;
use super::{Exit, plan};

pub(super) fn validate(specs: &SpecArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let Some(loaded) = plan::load_all(specs, talk)? else {
        return Ok(Exit::BadInput);
    };
    for (path, loaded) in specs.files.iter().zip(&loaded) {
        talk.say(&format!(
            "{}: ok, {}",
            path.display(),
            super::cells(loaded.plan.cells.len())
        ));
    }
    Ok(Exit::Fine)
}
