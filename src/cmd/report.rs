//! `evalrun report`: a finished run again, in another format.

use super::args::ReportArgs;
use super::output::Output;
use super::progress::Talk;
use super::{Exit, data_out};
use crate::evaluate::evaluate;
use crate::store::Bundle;

/// What is said where a bundle was expected.
pub(super) const NO_BUNDLE: &str =
    "hint: a bundle is a folder such as reports/<experiment>/<run>, with a manifest.json in it";

pub(super) fn report(args: &ReportArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let bundle = match Bundle::open(&args.bundle) {
        Ok(bundle) => bundle,
        Err(error) => {
            talk.error(&error.to_string());
            talk.say(NO_BUNDLE);
            return Ok(Exit::BadInput);
        }
    };
    let mut paths = args.output.clone();
    if paths.is_empty() {
        paths.push(args.bundle.join("report.html"));
    }
    let Some(outputs) = Output::all(&paths, talk) else {
        return Ok(Exit::Usage);
    };
    let evaluation = evaluate(&bundle)?;
    for output in &outputs {
        output.write(&evaluation, args.strict)?;
        data_out(&format!("{}\n", output.path().display()))?;
    }
    Ok(Exit::Fine)
}
