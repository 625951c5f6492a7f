//! `evalrun calibrate`: one cell beside itself.

use std::ffi::OsString;
use std::num::NonZeroUsize;

use anyhow::Context;

use super::{Experiment, manifest, threads};
use crate::cmd::args::{CalibrateArgs, PartArgs, SpecArgs};
use crate::cmd::models::Means;
use crate::cmd::progress::Talk;
use crate::cmd::{Exit, data_out, interrupt, plan};
use crate::evaluate::floor::Twins;
use crate::evaluate::noise::BUSY_BEFORE;
use crate::plan::{Axis, AxisKind, Cell, LatencyPlan, Plan, glob};
use crate::prepare::cache;
use crate::progress::Observer;
use crate::runner::{Limits, machine};
use crate::store::{Bundle, NoiseFloor};

/// `1 round`, `9 rounds`.
fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The axis on which the two differ, in name alone.
const TWIN: &str = "twin";

pub(in crate::cmd) fn calibrate(
    args: &CalibrateArgs,
    talk: &Talk,
    command: &[OsString],
) -> anyhow::Result<Exit> {
    let load = machine::load();
    let means = Means::of(args.jobs, args.offline);
    threads::limit(means.threads)?;
    let specs = SpecArgs {
        files: vec![args.file.clone()],
        set: args.set.clone(),
        part: PartArgs::default(),
    };
    let Some(mut loaded) = plan::load_all(&specs, talk)?.and_then(|mut all| all.pop()) else {
        return Ok(Exit::BadInput);
    };
    let Some(latency) = loaded.plan.measure.latency.clone() else {
        talk.error(&format!("{}: the spec takes no latency", args.file.display()));
        return Ok(Exit::BadInput);
    };
    let Some(cell) = chosen(&loaded.plan, args.cell.as_deref()).cloned() else {
        let asked = args.cell.as_deref().unwrap_or("the reference");
        talk.error(&format!(
            "no cell is `{asked}`; `evalrun plan {}` lists them",
            args.file.display()
        ));
        return Ok(Exit::Nothing);
    };
    let ids = twins(&mut loaded.plan, &cell, args.rounds.get());
    interrupt::sets(talk.stop()).context("handling Ctrl-C")?;
    let command = manifest::command(command);
    let experiment = Experiment {
        path: &args.file,
        before: &[],
        rest: &[],
        loaded: &loaded,
        out_dir: &args.out_dir,
        command: &command,
        baseline: None,
        earlier: None,
        save: None,
        outputs: &[],
        load,
        strict: false,
        limits: Limits::default(),
        means,
        cleanup: false,
        ci: false,
        talk,
    };
    let dir = match experiment.measure()? {
        Ok(dir) => dir,
        Err(exit) => return Ok(exit),
    };
    let exit = experiment.conclude(&dir)?;
    if talk.cancelled() {
        talk.say("interrupted: nothing is recorded");
        return Ok(Exit::Interrupted);
    }
    match exit {
        Exit::Fine => record(&Bundle::open(&dir)?, &cell, &ids, &latency, args, talk),
        other => Ok(other),
    }
}

/// The cell that was asked for.
fn chosen<'p>(plan: &'p Plan, asked: Option<&str>) -> Option<&'p Cell> {
    let is_reference = |cell: &&Cell| plan.compare.reference.get(&cell.data) == Some(&cell.id);
    let mut cells = plan.cells.iter();
    match asked {
        None => cells.find(is_reference).or(plan.cells.first()),
        Some(asked) => cells.find(|cell| {
            let names = [cell.id.as_str(), &cell.label(), &cell.pipeline.name];
            names.iter().any(|name| glob(asked, name))
        }),
    }
}

/// Leaves one cell of a plan, twice, to be timed so often. Gives the ids of the two.
fn twins(plan: &mut Plan, cell: &Cell, rounds: usize) -> (String, String) {
    let twin = |name: &str, id: String| {
        let mut twin = Cell { id, ..cell.clone() };
        twin.settings.insert(TWIN.to_owned(), name.to_owned());
        twin
    };
    let ids = (cell.id.clone(), format!("{}-again", cell.id));
    plan.leave_times();
    plan.experiment = format!("calibrate-{}", plan.experiment);
    plan.question = "How much do the times of two identical cells differ on this machine?".to_owned();
    plan.analysis = String::new();
    plan.cells = vec![twin("one", ids.0.clone()), twin("other", ids.1.clone())];
    plan.data.retain(|data| data.name == cell.data);
    plan.axes.push(Axis {
        path: TWIN.to_owned(),
        values: vec!["one".to_owned(), "other".to_owned()],
        kind: AxisKind::Select,
    });
    plan.dropped.clear();
    plan.gates.clear();
    plan.measure.slices.clear();
    plan.compare.reference = [(cell.data.clone(), ids.0.clone())].into_iter().collect();
    if let Some(latency) = &mut plan.measure.latency {
        latency.passes *= rounds;
    }
    ids
}

/// Works out what the two differ by, keeps it, and prints it.
fn record(
    bundle: &Bundle,
    cell: &Cell,
    (one, other): &(String, String),
    latency: &LatencyPlan,
    args: &CalibrateArgs,
    talk: &Talk,
) -> anyhow::Result<Exit> {
    let samples = bundle.latencies()?;
    let twins = Twins::of(&samples, (one, other), latency.passes, &latency.quantiles);
    if twins.rounds.is_empty() {
        talk.error("a round has too few queries for any percentile of the spec; give it more `passes`");
        return Ok(Exit::Incomplete);
    }
    let label = cell.label();
    let floor = NoiseFloor {
        cell: cell.id.clone(),
        data: cell.data.clone(),
        name: match label.is_empty() {
            true => cell.pipeline.name.clone(),
            false => label,
        },
        taken: bundle.manifest.started.clone(),
        rounds: args.rounds.get(),
        passes: latency.passes,
        workers: latency.workers,
        jobs: args.jobs.map(NonZeroUsize::get),
        shares: twins.largest(),
    };
    let kept = floor.keep(&cache::default_dir(), &bundle.manifest.machine)?;
    let mut text = format!(
        "Noise floor of this machine: {} on {}, beside itself in {} of {}\n",
        floor.name,
        floor.data,
        counted(floor.rounds, "round", "rounds"),
        counted(floor.passes, "pass", "passes")
    );
    for (percentile, shares) in &twins.rounds {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let each: Vec<String> = shares.iter().map(|s| percent(*s)).collect();
        let largest = floor.share(*percentile).unwrap_or_default();
        text += &format!(
            "  p{percentile:<5} {:>7}   rounds: {}\n",
            percent(largest),
            each.join(", ")
        );
    }
    data_out(&text)?;
    let machine = &bundle.manifest.machine;
    if let Some(load) = machine
        .load
        .0
        .filter(|load| *load > BUSY_BEFORE * machine.cpus as f64)
    {
        talk.say(&format!(
            "warning: load {load:.1} on {} before it began: this is the noise of a busy machine, and behind it gates cannot \
             fail; calibrate again on a quiet one",
            counted(machine.cpus, "CPU", "CPUs")
        ));
    }
    talk.say(&format!(
        "kept in {}; later runs on this machine hold their times against it",
        kept.display()
    ));
    Ok(Exit::Fine)
}
