//! `evalrun FILE…`: plan everything, look up what it is compared with, then run experiment by experiment.

mod conclude;
mod manifest;

use std::ffi::OsString;
use std::path::Path;

use anyhow::Context;

use super::args::RunArgs;
use super::output::{self, Output};
use super::progress::Talk;
use super::{Exit, data, interrupt, models, plan, servers, tuning};
use crate::evaluate::baseline::{self, BaselineCopy};
use crate::models::Embedder;
use crate::plan::{Loaded, Plan};
use crate::prepare::cache;
use crate::progress::Observer;
use crate::runner::clock::Monotonic;
use crate::runner::{Limits, LiveModels, Runner, machine};
use crate::store::{self, Health};

pub(super) fn run(args: &RunArgs, ci: bool, talk: &Talk, command: &[OsString]) -> anyhow::Result<Exit> {
    // Before anything of ours adds to it.
    let load = machine::load();
    let Some(outputs) = output::of_run(args, talk) else {
        return Ok(Exit::Usage);
    };
    let Some(mut loaded) = plan::load_all(&args.specs, talk)? else {
        return Ok(Exit::BadInput);
    };
    if args.no_timing {
        loaded.iter_mut().for_each(|l| l.plan.measure.latency = None);
    }
    // All of them before the first run: a wrong name must not cost an hour.
    let mut baselines = Vec::new();
    for loaded in &loaded {
        match baseline(args, &loaded.plan) {
            Ok(found) => baselines.push(found),
            Err(error) => {
                talk.error(&format!("--baseline: {error}"));
                return Ok(Exit::BadInput);
            }
        }
    }
    let command: Vec<String> = command.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    let limits = Limits {
        cell: args.timeout,
        fail_fast: args.fail_fast,
    };
    interrupt::sets(talk.stop()).context("handling Ctrl-C")?;
    let mut exit = Exit::Fine;
    for ((path, loaded), baseline) in args.specs.files.iter().zip(&loaded).zip(&baselines) {
        let experiment = Experiment {
            path,
            loaded,
            out_dir: &args.out_dir,
            command: &command,
            baseline: baseline.as_ref(),
            save: args.save_baseline.as_deref(),
            outputs: &outputs,
            load,
            strict: args.strict,
            limits,
            cleanup: args.cleanup,
            ci,
            talk,
        };
        exit = exit.max(experiment.run()?);
        if exit == Exit::Interrupted {
            break;
        }
    }
    Ok(exit)
}

fn baseline(args: &RunArgs, plan: &Plan) -> Result<Option<BaselineCopy>, store::BaselineError> {
    let Some(reference) = &args.baseline else {
        return Ok(None);
    };
    let found = store::find(reference, &args.out_dir, &plan.experiment, None)?;
    let store::Found { bundle, named, .. } = &found;
    Ok(Some(baseline::copy(bundle, plan, named.clone())?))
}

/// One experiment on its way from a plan to a report.
struct Experiment<'a> {
    path: &'a Path,
    loaded: &'a Loaded,
    out_dir: &'a Path,
    command: &'a [String],
    baseline: Option<&'a BaselineCopy>,
    save: Option<&'a str>,
    outputs: &'a [Output],
    /// Load of the machine before the first experiment.
    load: Option<f64>,
    strict: bool,
    limits: Limits,
    cleanup: bool,
    ci: bool,
    talk: &'a Talk,
}

impl Experiment<'_> {
    fn run(&self) -> anyhow::Result<Exit> {
        let plan = &self.loaded.plan;
        if plan.cells.is_empty() {
            let nothing = match plan.narrowed {
                Some(_) => "no cell is left by the options that choose a part",
                None => "the plan has no cell",
            };
            self.talk.error(&format!("{}: {nothing}", self.path.display()));
            return Ok(Exit::Nothing);
        }
        self.talk.say(&format!(
            "{}: {}",
            plan.experiment,
            super::cells(plan.cells.len())
        ));
        let clock = Monotonic::start();
        let datasets = match data::load(plan, self.talk) {
            Ok(datasets) => datasets,
            Err(exit) => return Ok(exit),
        };
        let tuning = match tuning::load(plan, &datasets, self.talk) {
            Ok(tuning) => tuning,
            Err(exit) => return Ok(exit),
        };
        let cache = cache::default_dir();
        let models = match models::load(plan, &cache) {
            Ok(models) => models,
            Err(error) => {
                self.talk.error(&format!("{error:#}"));
                return Ok(Exit::BadInput);
            }
        };
        let backends = match servers::backends(plan, &cache, self.talk) {
            Ok(backends) => backends,
            Err(error) => {
                self.talk.error(&format!("{error:#}"));
                return Ok(Exit::BadInput);
            }
        };
        for warning in servers::scans(plan, &datasets, models.embedder.as_deref()) {
            self.talk.say(&format!("warning: {warning}"));
        }
        let mut manifest = self.manifest(&datasets, &models, &backends)?;
        let mut bundle = self.bundle(&mut manifest)?;
        bundle.data(&datasets)?;
        if let Some(baseline) = self.baseline {
            bundle.baseline(&baseline.lines)?;
        }
        let cost = Runner {
            plan,
            datasets: &datasets,
            tuning: &tuning,
            backends: &backends,
            models: LiveModels {
                embedder: models.embedder.as_deref().map(|m| m as &dyn Embedder),
                reranker: models.reranker.as_deref(),
            },
            cache: &cache,
            clock: &clock,
            watch: self.talk,
            limits: self.limits,
        }
        .run(&mut bundle)?;
        let interrupted = self.talk.cancelled();
        manifest.finished = (!interrupted).then(manifest::now);
        manifest.machine.load.1 = machine::load();
        manifest.health = Health {
            texts_embedded: cost.texts.computed,
            texts_cached: cost.texts.cached,
            pairs_scored: cost.pairs.computed,
            pairs_cached: cost.pairs.cached,
            prepare_ms: millis(cost.prepare),
            wall_ms: millis(crate::runner::clock::Clock::now(&clock)),
            peak_rss_bytes: machine::peak_resident_bytes(),
        };
        let dir = bundle.finish(&manifest, &datasets)?;
        if self.cleanup {
            for (name, backend) in &backends {
                match backend.remove() {
                    Ok(removed) => removed
                        .iter()
                        .for_each(|what| self.talk.say(&format!("{name}: removed {what}"))),
                    Err(error) => self.talk.error(&format!("--cleanup: {error}")),
                }
            }
        }
        let exit = self.conclude(&dir)?;
        if interrupted {
            self.talk
                .say("interrupted: what was answered is in the report; embeddings and pair scores are kept");
            return Ok(Exit::Interrupted);
        }
        Ok(exit)
    }
}

fn millis(d: std::time::Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}
