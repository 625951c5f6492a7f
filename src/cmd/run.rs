//! `evalrun FILE…`: plan everything, look up what it is compared with, then run experiment by experiment.

mod again;
mod calibrate;
mod conclude;
mod manifest;
mod resume;
mod threads;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::RunArgs;
use super::models::Means;
use super::output::{self, Output};
use super::progress::Talk;
use super::{Exit, data, interrupt, models, offline, plan, servers, tuning};
use crate::evaluate::baseline::{self, BaselineCopy};
use crate::models::Embedder;
use crate::plan::{Loaded, Plan};
use crate::prepare::cache;
use crate::progress::Observer;
use crate::runner::clock::Monotonic;
use crate::runner::{Limits, LiveModels, Runner, machine};
use crate::store::{self, Bundle, Health};

pub(super) use calibrate::calibrate;

pub(super) fn run(args: &RunArgs, ci: bool, talk: &Talk, command: &[OsString]) -> anyhow::Result<Exit> {
    // Before anything of ours adds to it.
    let load = machine::load();
    let Some(outputs) = output::of_run(args, talk) else {
        return Ok(Exit::Usage);
    };
    let means = Means::of(args.jobs, args.offline);
    threads::limit(means.threads)?;
    let Some(mut loaded) = plan::load_all(&args.specs, talk)? else {
        return Ok(Exit::BadInput);
    };
    if args.no_timing {
        loaded.iter_mut().for_each(|l| l.plan.measure.latency = None);
    }
    if args.timing_only {
        for (path, loaded) in args.specs.files.iter().zip(&mut loaded) {
            if loaded.plan.measure.latency.is_none() {
                talk.error(&format!(
                    "{}: the spec takes no latency, so --timing-only leaves nothing to measure; take it with `measure: {{ \
                     latency: {{}} }}`",
                    path.display()
                ));
                return Ok(Exit::BadInput);
            }
            loaded.plan.leave_times();
        }
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
    let mut earlier = Vec::new();
    for loaded in &loaded {
        match resume::find(args, &loaded.plan) {
            Ok(found) => earlier.push(found),
            Err((exit, message)) => {
                talk.error(&message);
                return Ok(exit);
            }
        }
    }
    let command = manifest::command(command);
    let limits = Limits {
        cell: args.timeout,
        fail_fast: args.fail_fast,
    };
    interrupt::sets(talk.stop()).context("handling Ctrl-C")?;
    let mut exit = Exit::Fine;
    for (i, path) in args.specs.files.iter().enumerate() {
        let experiment = Experiment {
            path,
            rest: &args.specs.files[i + 1..],
            before: &args.specs.files[..i],
            loaded: &loaded[i],
            out_dir: &args.out_dir,
            command: &command,
            baseline: baselines[i].as_ref(),
            earlier: earlier[i].as_ref(),
            save: args.save_baseline.as_deref(),
            outputs: &outputs,
            load,
            strict: args.strict,
            limits,
            means,
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
    /// The spec files before and after it.
    before: &'a [PathBuf],
    rest: &'a [PathBuf],
    loaded: &'a Loaded,
    out_dir: &'a Path,
    command: &'a [String],
    baseline: Option<&'a BaselineCopy>,
    /// The run that this one goes on with.
    earlier: Option<&'a Bundle>,
    save: Option<&'a str>,
    outputs: &'a [Output],
    /// Load of the machine before the first experiment.
    load: Option<f64>,
    strict: bool,
    limits: Limits,
    means: Means,
    cleanup: bool,
    ci: bool,
    talk: &'a Talk,
}

impl Experiment<'_> {
    /// Measures, and says what came of it.
    fn run(&self) -> anyhow::Result<Exit> {
        let dir = match self.measure()? {
            Ok(dir) => dir,
            Err(exit) => return Ok(exit),
        };
        let exit = self.conclude(&dir)?;
        if self.talk.cancelled() {
            self.talk
                .say("interrupted: what was answered is in the report; embeddings and pair scores are kept");
            self.say_how_to_go_on();
            return Ok(Exit::Interrupted);
        }
        Ok(exit)
    }

    /// Carries out the plan; where its bundle is, or how the command ends instead.
    fn measure(&self) -> anyhow::Result<Result<PathBuf, Exit>> {
        let plan = &self.loaded.plan;
        if plan.cells.is_empty() {
            let nothing = match plan.narrowed {
                Some(_) => "no cell is left by the options that choose a part",
                None => "the plan has no cell",
            };
            self.talk.error(&format!("{}: {nothing}", self.path.display()));
            return Ok(Err(Exit::Nothing));
        }
        self.talk.say(&format!(
            "{}: {}",
            plan.experiment,
            super::cells(plan.cells.len())
        ));
        if self.means.offline {
            let mut missing = offline::servers_elsewhere(plan);
            let absent = models::absent(plan, &cache::default_dir());
            missing.extend(absent.iter().map(ToString::to_string));
            if !missing.is_empty() {
                missing.iter().for_each(|error| self.talk.error(error));
                return Ok(Err(Exit::BadInput));
            }
        }
        let clock = Monotonic::start();
        let datasets = match data::load(plan, self.talk) {
            Ok(datasets) => datasets,
            Err(exit) => return Ok(Err(exit)),
        };
        let tuning = match tuning::load(plan, &datasets, self.talk) {
            Ok(tuning) => tuning,
            Err(exit) => return Ok(Err(exit)),
        };
        let cache = cache::default_dir();
        let models = match models::load(plan, &cache, self.means) {
            Ok(models) => models,
            Err(error) => {
                self.talk.error(&format!("{error:#}"));
                return Ok(Err(Exit::BadInput));
            }
        };
        let backends = match servers::backends(plan, &cache, self.talk) {
            Ok(backends) => backends,
            Err(error) => {
                self.talk.error(&format!("{error:#}"));
                return Ok(Err(Exit::BadInput));
            }
        };
        for warning in servers::scans(plan, &datasets, models.embedder.as_deref()) {
            self.talk.say(&format!("warning: {warning}"));
        }
        let mut manifest = self.manifest(&datasets, &tuning, &models, &backends)?;
        if let Err(message) = self.same_means(&manifest) {
            self.talk.error(&message);
            return Ok(Err(Exit::BadInput));
        }
        let mut bundle = self.bundle(&mut manifest)?;
        bundle.data(&datasets)?;
        if let Some(baseline) = self.baseline {
            bundle.baseline(&baseline.lines)?;
        }
        self.take_over(&mut bundle, &mut manifest)?;
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
        Ok(Ok(dir))
    }
}

fn millis(d: std::time::Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}
