//! `evalrun diff`: two runs, query by query.

use std::path::{Path, PathBuf};

use super::args::DiffArgs;
use super::progress::Talk;
use super::{Exit, data_out, width};
use crate::evaluate::diff::diff as compare;
use crate::plan::{Cell, glob};
use crate::report;
use crate::store::{Bundle, find};

pub(super) fn diff(args: &DiffArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let after = match Bundle::open(&args.after) {
        Ok(bundle) => bundle,
        Err(error) => {
            talk.error(&error.to_string());
            talk.say("hint: B is the folder of a bundle, such as reports/<experiment>/<run>");
            return Ok(Exit::BadInput);
        }
    };
    let before = match find(
        &args.before,
        &out_dir(&args.after),
        &after.manifest.experiment,
        Some(&after),
    ) {
        Ok(found) => found,
        Err(error) => {
            talk.error(&error.to_string());
            return Ok(Exit::BadInput);
        }
    };
    let wanted = |cell: &Cell| {
        args.cell
            .as_ref()
            .is_none_or(|pattern| glob(pattern, &cell.label()))
    };
    let found = compare(&before.bundle, before.named.clone(), &after, wanted)?;
    if args.cell.is_some() && found.cells.is_empty() && found.new.is_empty() && found.without.is_empty() {
        let labels: Vec<String> = after.plan.cells.iter().map(Cell::label).collect();
        talk.error(&format!("--cell fits none of: {}", labels.join("; ")));
        return Ok(Exit::Nothing);
    }
    if args.json {
        let json = serde_json::to_string_pretty(&found)?;
        data_out(&format!("{json}\n"))?;
    } else {
        data_out(&report::diff(&found, width(), talk.style()))?;
    }
    Ok(Exit::Fine)
}

/// Where the runs of B's experiment are: two folders up, or four if it is a saved one.
fn out_dir(bundle: &Path) -> PathBuf {
    let bundle = std::path::absolute(bundle).unwrap_or_else(|_| bundle.to_owned());
    let above = |n: usize| bundle.ancestors().nth(n).map(Path::to_owned);
    let is_saved = above(1).is_some_and(|p| p.ends_with("baselines"));
    above(if is_saved { 3 } else { 2 }).unwrap_or_else(|| PathBuf::from("."))
}
