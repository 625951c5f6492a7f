//! `evalrun setup`.

use std::ffi::OsStr;

use super::args::{SetupArgs, SetupWhat};
use super::progress::Talk;
use super::{Exit, data_out, offline};
use crate::models::setup::{self, Outcome};
use crate::prepare::cache;

pub(super) fn setup(args: &SetupArgs, talk: &Talk) -> anyhow::Result<Exit> {
    match args.what {
        SetupWhat::Onnxruntime if offline::is_set() => {
            talk.error(
                "EVALRUN_OFFLINE is set, and the library comes over the network; set ORT_DYLIB_PATH to a file that is here",
            );
            return Ok(Exit::BadInput);
        }
        SetupWhat::Onnxruntime => {
            talk.say("installing ONNX Runtime with pip (pinned and verified) …");
            let done = setup::onnxruntime(&cache::default_dir(), OsStr::new("python3"))?;
            let library = match &done {
                Outcome::Present(library) | Outcome::Installed(library) => library,
            };
            data_out(&format!("{}\n", library.display()))?;
        }
    }
    Ok(Exit::Fine)
}
