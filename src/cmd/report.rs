//! `evalrun report`: finished runs again, in another format.

mod criterion;

use std::path::{Path, PathBuf};

use super::args::ReportArgs;
use super::output::Output;
use super::progress::Talk;
use super::{Exit, data_out};
use crate::evaluate::{Evaluation, evaluate};
use crate::report::Beside;
use crate::store::{Bundle, saved_as};

/// What is said where a bundle was expected.
pub(super) const NO_BUNDLE: &str =
    "hint: a bundle is a folder such as reports/<experiment>/<run>, with a manifest.json in it";

pub(super) fn report(args: &ReportArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let mut bundles: Vec<Bundle> = Vec::new();
    for named in &args.bundles {
        match open(named, &args.out_dir) {
            Ok(bundle) => bundles.push(bundle),
            Err(error) => {
                talk.error(&error);
                talk.say(NO_BUNDLE);
                return Ok(Exit::BadInput);
            }
        }
    }
    // The newest is the one that is shown in full.
    bundles.sort_by(|a, b| a.manifest.started.cmp(&b.manifest.started));
    let Some(newest) = bundles.pop() else {
        return Ok(Exit::Nothing);
    };
    let mut paths = args.output.clone();
    if paths.is_empty() && (!bundles.is_empty() || args.criterion.is_some()) {
        // A bundle's own report follows from the bundle alone.
        talk.error("several runs, or a run with micro-benchmarks, need a file to go to: `-o PATH.html`");
        return Ok(Exit::Usage);
    }
    if paths.is_empty() {
        paths.push(newest.dir.join("report.html"));
    }
    let Some(outputs) = Output::all(&paths, talk) else {
        return Ok(Exit::Usage);
    };
    if let Some(other) = outputs.iter().find(|o| !bundles.is_empty() && !o.is_html()) {
        talk.error(&format!(
            "`{}`: only .html holds several runs; render them one by one",
            other.path().display()
        ));
        return Ok(Exit::Usage);
    }
    let micro = match args.criterion.as_deref().map(criterion::read).transpose() {
        Ok(micro) => micro.unwrap_or_default(),
        Err(error) => {
            talk.error(&error.to_string());
            return Ok(Exit::BadInput);
        }
    };
    let runs: Result<Vec<Evaluation>, _> = bundles.iter().map(evaluate).collect();
    let beside = Beside { runs: runs?, micro };
    let evaluation = evaluate(&newest)?;
    for output in &outputs {
        output.write(&evaluation, &beside, args.strict)?;
        data_out(&format!("{}\n", output.path().display()))?;
    }
    Ok(Exit::Fine)
}

/// A folder, or the name that a run was saved under.
fn open(named: &Path, out_dir: &Path) -> Result<Bundle, String> {
    if named.join("manifest.json").is_file() {
        return Bundle::open(named).map_err(|e| e.to_string());
    }
    let name = named.to_string_lossy();
    let found: Vec<PathBuf> = saved_as(out_dir, &name);
    match found.as_slice() {
        [only] => Bundle::open(only).map_err(|e| e.to_string()),
        [] => Bundle::open(named).map_err(|e| e.to_string()),
        several => {
            let experiments: Vec<String> = several
                .iter()
                .filter_map(|p| Some(p.ancestors().nth(2)?.file_name()?.to_string_lossy().into_owned()))
                .map(|e| format!("`{e}/{name}`"))
                .collect();
            Err(format!(
                "several runs are saved as `{name}`: say {}",
                experiments.join(" or ")
            ))
        }
    }
}
