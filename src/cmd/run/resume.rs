//! `--resume` and `--retry-failed`: what an earlier run measured is taken over, the rest is run.

use std::collections::BTreeMap;

use super::Experiment;
use crate::cmd::args::RunArgs;
use crate::cmd::{Exit, cells};
use crate::plan::Plan;
use crate::store::resume::{self, ResumeError};
use crate::store::{Bundle, BundleWriter, Manifest, Resumed};

/// The run that is gone on with, if that was asked for; or how the command ends, and why.
pub(super) fn find(args: &RunArgs, plan: &Plan) -> Result<Option<Bundle>, (Exit, String)> {
    let found = match (args.resume, args.retry_failed) {
        (true, _) => resume::unfinished(&args.out_dir, &plan.experiment),
        (_, true) => resume::with_failures(&args.out_dir, &plan.experiment),
        (false, false) => return Ok(None),
    };
    let found = found.map_err(|error| {
        let exit = match error {
            ResumeError::Store(_) => Exit::BadInput,
            // There is a difference between nothing to go on with and something that cannot be gone on with.
            _ => Exit::Nothing,
        };
        (exit, format!("{}: {error}", plan.experiment))
    })?;
    let differences = resume::plan_differences(&found, plan)
        .map_err(|error| (Exit::BadInput, format!("{}: {error}", plan.experiment)))?;
    match differences.as_slice() {
        [] => Ok(Some(found)),
        differences => Err((Exit::BadInput, refused(&found.manifest, differences))),
    }
}

/// What another run measured says nothing of this one.
fn refused(there: &Manifest, differences: &[String]) -> String {
    format!(
        "{}: run {} measured something else, so nothing of it can be taken over:\n  {}\nrun it without `--resume` or \
         `--retry-failed` to measure everything anew, or make them equal again",
        there.experiment,
        there.run_id,
        differences.join("\n  ")
    )
}

impl Experiment<'_> {
    /// Whether the run that is gone on with was made by the same means; else why not.
    pub(super) fn same_means(&self, here: &Manifest) -> Result<(), String> {
        let Some(earlier) = self.earlier else {
            return Ok(());
        };
        let timed = self.loaded.plan.measure.latency.is_some();
        match resume::manifest_differences(&earlier.manifest, here, timed).as_slice() {
            [] => Ok(()),
            differences => Err(refused(&earlier.manifest, differences)),
        }
    }

    /// Copies what the earlier run measured, and writes down which cells those are.
    pub(super) fn take_over(&self, bundle: &mut BundleWriter, manifest: &mut Manifest) -> anyhow::Result<()> {
        let Some(earlier) = self.earlier else {
            return Ok(());
        };
        let plan = &self.loaded.plan;
        let over = resume::take_over(earlier, plan, bundle)?;
        let taken: usize = over.taken.iter().map(|t| t.cells.len()).sum();
        self.talk.say(&format!(
            "{taken} of {} taken over from run {}",
            cells(plan.cells.len()),
            earlier.manifest.run_id
        ));
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, why) in &over.left {
            *reasons.entry(why).or_default() += 1;
        }
        for (why, n) in reasons {
            self.talk.say(&format!("{} run again: {why}", cells(n)));
        }
        manifest.resumed = Some(Resumed {
            run: earlier.manifest.run_id.clone(),
            taken: over.taken,
        });
        Ok(bundle.manifest(manifest)?)
    }
}
