//! `evalrun setup`.

use super::args::{SetupArgs, SetupWhat};
use super::progress::Talk;
use super::{Exit, data_out};
use crate::models::setup;
use crate::prepare::cache;

pub(super) fn setup(args: &SetupArgs, talk: &Talk) -> anyhow::Result<Exit> {
    match args.what {
        SetupWhat::Onnxruntime => {
            talk.say("installing ONNX Runtime with pip (pinned and verified) …");
            let library = setup::onnxruntime(&cache::default_dir())?;
            data_out(&format!("{}\n", library.display()))?;
        }
    }
    Ok(Exit::Fine)
}
