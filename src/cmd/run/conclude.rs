//! Everything after the bundle: measures, tables, files, what CI wants to know, exit status.

use std::path::Path;

use super::Experiment;
use crate::cmd::{Exit, ci, data_out};
use crate::evaluate::{CellState, Evaluation, evaluate};
use crate::report::{self, Beside};
use crate::store::{self, Bundle};

impl Experiment<'_> {
    pub(super) fn conclude(&self, dir: &Path) -> anyhow::Result<Exit> {
        let bundle = Bundle::open(dir)?;
        let evaluation = evaluate(&bundle)?;
        store::table::write_query_values(&dir.join("queries.parquet"), &evaluation.query_values())?;
        let html = dir.join("report.html");
        let page = report::html(&evaluation);
        crate::cmd::write(&html, &page)?;
        crate::cmd::write(&dir.join("summary.md"), &report::markdown_summary(&evaluation))?;
        data_out(&report::console::table(
            &evaluation,
            crate::cmd::width(),
            self.talk.style(),
            self.strict,
        ))?;
        data_out(&format!(
            "\nReport   {} ({} kB)\n\n",
            html.display(),
            page.len() / 1000
        ))?;
        if self.ci {
            ci::report(&evaluation, self.strict, self.talk)?;
        }
        if let Some(name) = self.save {
            self.save(&bundle, &evaluation, name)?;
        }
        if bundle.manifest.finished.is_some() && !is_complete(&evaluation) {
            self.say_how_to_retry();
        }
        let mut exit = exit(&evaluation, self.strict);
        // A file that cannot be written is no reason to keep a verdict back.
        for output in self.outputs {
            if let Err(error) = output.write(&evaluation, &Beside::default(), self.strict) {
                self.talk.error(&format!("{error:#}"));
                exit = exit.max(Exit::Internal);
            }
        }
        Ok(exit)
    }

    /// Keeps the run under a name, unless it would be worse to compare with than what the name stands for.
    fn save(&self, bundle: &Bundle, evaluation: &Evaluation, name: &str) -> anyhow::Result<()> {
        if let Some(why) = unfit(bundle, evaluation) {
            self.talk.error(&format!("not saved as `{name}`: {why}"));
            return Ok(());
        }
        let saved = store::save(bundle, self.out_dir, name)?;
        self.talk.say(&format!(
            "saved as `{name}`: {}; compare with `--baseline {name}`",
            saved.display()
        ));
        Ok(())
    }
}

/// Why a run should not be what later ones are compared with.
fn unfit(bundle: &Bundle, evaluation: &Evaluation) -> Option<&'static str> {
    if bundle.manifest.finished.is_none() {
        Some("the run was interrupted")
    } else if evaluation.plan.narrowed.is_some() {
        Some("only a part of the spec was run, and later runs would compare with that part alone")
    } else if evaluation.plan.measure.timing_only {
        Some("only times were taken, and later runs could compare no quality with it")
    } else if !is_complete(evaluation) {
        Some("some cells have no numbers, and an earlier run of that name may have them")
    } else if evaluation.gates.iter().any(|g| g.fails_run(false)) {
        Some("a gate fails, and later runs would be held against what is wrong")
    } else {
        None
    }
}

fn is_complete(evaluation: &Evaluation) -> bool {
    let ran = |state: &CellState| matches!(state, CellState::Ok(_) | CellState::Unsupported(_));
    evaluation.cells.iter().all(|c| ran(&c.state))
}

/// A failed gate outweighs a missing cell: the first is a verdict, the second a gap. Under `strict`, a gate that cannot
/// be decided has failed.
fn exit(evaluation: &Evaluation, strict: bool) -> Exit {
    if evaluation.gates.iter().any(|g| g.fails_run(strict)) {
        Exit::GateFailed
    } else if is_complete(evaluation) {
        Exit::Fine
    } else {
        Exit::Incomplete
    }
}
