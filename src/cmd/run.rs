//! `evalrun FILE…`: plan everything, then run experiment by experiment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::RunArgs;
use super::models::LoadedModels;
use super::progress::Talk;
use super::{Exit, data, data_out, interrupt, models, plan, tuning};
use crate::backend::{Backend, local::LocalBackend};
use crate::dataset::{Dataset, SourceFile};
use crate::evaluate::{CellState, Evaluation, evaluate};
use crate::models::Embedder;
use crate::plan::{BackendConfig, GateLevel, Loaded, Plan};
use crate::prepare::cache;
use crate::progress::Observer;
use crate::report;
use crate::runner::clock::Monotonic;
use crate::runner::{Limits, LiveModels, Runner, machine};
use crate::stats::Verdict;
use crate::store::{self, Bundle, BundleWriter, DataRecord, Health, Manifest, StoreError, Tool};

pub(super) fn run(args: &RunArgs, talk: &Talk, command: &[OsString]) -> anyhow::Result<Exit> {
    let Some(loaded) = plan::load_all(&args.specs, talk)? else {
        return Ok(Exit::BadInput);
    };
    let command: Vec<String> = command.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    let limits = Limits {
        cell: args.timeout,
        fail_fast: args.fail_fast,
    };
    interrupt::sets(talk.stop()).context("handling Ctrl-C")?;
    let mut exit = Exit::Fine;
    for (path, mut loaded) in args.specs.files.iter().zip(loaded) {
        if args.no_timing {
            loaded.plan.measure.latency = None;
        }
        let experiment = Experiment {
            path,
            loaded: &loaded,
            out_dir: &args.out_dir,
            command: &command,
            strict: args.strict,
            limits,
            talk,
        };
        exit = exit.max(experiment.run()?);
        if exit == Exit::Interrupted {
            break;
        }
    }
    Ok(exit)
}

/// One experiment on its way from a plan to a report.
struct Experiment<'a> {
    path: &'a Path,
    loaded: &'a Loaded,
    out_dir: &'a Path,
    command: &'a [String],
    strict: bool,
    limits: Limits,
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
        self.talk
            .say(&format!("{}: {} cells", plan.experiment, plan.cells.len()));
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
        let backends = backends(plan);
        let mut manifest = self.manifest(&datasets, &models, &backends)?;
        let mut bundle = self.bundle(&mut manifest)?;
        bundle.data(&datasets)?;
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
        manifest.finished = (!interrupted).then(now);
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
        let exit = self.conclude(&dir)?;
        if interrupted {
            self.talk
                .say("interrupted: what was answered is in the report; embeddings and pair scores are kept");
            return Ok(Exit::Interrupted);
        }
        Ok(exit)
    }

    /// Everything after the bundle: measures, tables, report, exit status.
    fn conclude(&self, dir: &Path) -> anyhow::Result<Exit> {
        let bundle = Bundle::open(dir)?;
        let evaluation = evaluate(&bundle)?;
        store::table::write_query_values(&dir.join("queries.parquet"), &evaluation.query_values())?;
        let html = dir.join("report.html");
        let page = report::html(&evaluation);
        write(&html, &page)?;
        write(&dir.join("summary.md"), &report::markdown_summary(&evaluation))?;
        data_out(&report::console::table(&evaluation, width(), self.talk.style()))?;
        data_out(&format!(
            "\nReport   {} ({} kB)\n\n",
            html.display(),
            page.len() / 1000
        ))?;
        Ok(exit(&evaluation, self.strict))
    }

    /// Creates the bundle under a run id of its own: the time, and what was run.
    fn bundle(&self, manifest: &mut Manifest) -> anyhow::Result<BundleWriter> {
        let id = manifest.run_id.clone();
        for again in 2.. {
            let made = BundleWriter::create(
                self.out_dir,
                manifest,
                &self.loaded.source.text,
                &self.loaded.plan,
            );
            match made {
                Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                    manifest.run_id = format!("{id}-{again}");
                }
                other => return Ok(other?),
            }
        }
        unreachable!("the loop above ends only by returning")
    }

    fn manifest(
        &self,
        datasets: &BTreeMap<String, Dataset>,
        models: &LoadedModels,
        backends: &BTreeMap<String, Box<dyn Backend>>,
    ) -> anyhow::Result<Manifest> {
        let plan = &self.loaded.plan;
        let spec_sha256 = crate::content::sha256(self.loaded.source.text.as_bytes());
        let started = jiff::Timestamp::now();
        let address = crate::content::hash_json(&(&spec_sha256, plan));
        let infos = backends.iter().map(|(name, backend)| {
            let info = backend.info().with_context(|| format!("backend `{name}`"))?;
            Ok((name.clone(), info))
        });
        Ok(Manifest {
            schema: store::SCHEMA,
            run_id: format!("{}-{}", started.strftime("%Y%m%dT%H%M%SZ"), &address[..7]),
            experiment: plan.experiment.clone(),
            started: started.strftime(RFC3339).to_string(),
            finished: None,
            command: self.command.to_vec(),
            tool: Tool {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                commit: option_env!("EVALRUN_COMMIT").map(str::to_owned),
                profile: if cfg!(debug_assertions) {
                    "debug"
                } else {
                    "release"
                }
                .to_owned(),
            },
            spec: SourceFile {
                path: self.path.display().to_string(),
                sha256: spec_sha256,
                rows: self.loaded.source.text.lines().count(),
            },
            data: datasets
                .iter()
                .map(|(name, data)| (name.clone(), record(data)))
                .collect(),
            models: models.identities(),
            backends: infos.collect::<anyhow::Result<_>>()?,
            machine: machine::describe(),
            health: Health::default(),
        })
    }
}

const RFC3339: &str = "%Y-%m-%dT%H:%M:%SZ";

fn now() -> String {
    jiff::Timestamp::now().strftime(RFC3339).to_string()
}

fn record(data: &Dataset) -> DataRecord {
    let mut grades = BTreeMap::new();
    let all = data.qrels.by_query.values().flat_map(|docs| docs.values());
    for grade in all {
        *grades.entry(*grade).or_default() += 1;
    }
    let without_relevant = |docs: &&BTreeMap<String, i32>| docs.values().all(|g| *g <= 0);
    DataRecord {
        split: data.split.clone(),
        docs: data.docs.len(),
        queries: data.queries.len(),
        unlisted: data.qrels.unlisted,
        itself: data.qrels.itself,
        queries_without_relevant: data.qrels.by_query.values().filter(without_relevant).count(),
        grades,
        files: data.files.clone(),
    }
}

fn backends(plan: &Plan) -> BTreeMap<String, Box<dyn Backend>> {
    let make = |config: &BackendConfig| -> Box<dyn Backend> {
        match config {
            BackendConfig::Local => Box::new(LocalBackend),
        }
    };
    plan.cells
        .iter()
        .map(|cell| (cell.backend.clone(), make(&cell.backend_config)))
        .collect()
}

/// A failed gate outweighs a missing cell: the first is a verdict, the second a gap. Under `strict`, a gate that cannot
/// be decided has failed.
fn exit(evaluation: &Evaluation, strict: bool) -> Exit {
    let ran = |state: &CellState| matches!(state, CellState::Ok(_) | CellState::Unsupported(_));
    let failed = evaluation
        .gates
        .iter()
        .filter(|g| g.gate.level == GateLevel::Error)
        .flat_map(|g| &g.cells)
        .any(|c| match c.outcome {
            Verdict::Pass => false,
            Verdict::Fail => true,
            Verdict::Undecided => strict,
        });
    if failed {
        Exit::GateFailed
    } else if evaluation.cells.iter().all(|c| ran(&c.state)) {
        Exit::Fine
    } else {
        Exit::Incomplete
    }
}

fn millis(d: std::time::Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

/// Columns to fill: the terminal's, or `COLUMNS`, or enough for every column of the table.
pub(super) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    columns
        .or_else(|| terminal_size::terminal_size().map(|(w, _)| usize::from(w.0)))
        .unwrap_or(160)
}

fn write(path: &PathBuf, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing `{}`", path.display()))
}
