//! `evalrun report`: a finished run again, in another format.

use std::path::Path;

use anyhow::Context;

use super::args::ReportArgs;
use super::progress::Talk;
use super::{Exit, data_out};
use crate::evaluate::{Evaluation, evaluate};
use crate::report;
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
    let mut outputs = args.output.clone();
    if outputs.is_empty() {
        outputs.push(args.bundle.join("report.html"));
    }
    let unknown = outputs.iter().find(|path| format(path).is_none());
    if let Some(path) = unknown {
        talk.error(&format!(
            "`{}`: the suffix says the format; this version writes .html and .md",
            path.display()
        ));
        return Ok(Exit::Usage);
    }
    let evaluation = evaluate(&bundle)?;
    for path in &outputs {
        let render = format(path).context("checked above")?;
        std::fs::write(path, render(&evaluation)).with_context(|| format!("writing `{}`", path.display()))?;
        data_out(&format!("{}\n", path.display()))?;
    }
    Ok(Exit::Fine)
}

/// What renders a file of that name.
fn format(path: &Path) -> Option<fn(&Evaluation) -> String> {
    match path.extension()?.to_str()? {
        "html" => Some(report::html),
        "md" => Some(report::markdown_summary),
        _ => None,
    }
}
