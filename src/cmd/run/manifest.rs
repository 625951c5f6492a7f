//! What is written down before a run: on what, with what.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use anyhow::Context;

use super::Experiment;
use crate::backend::Backend;
use crate::cmd::models::LoadedModels;
use crate::dataset::{Dataset, SourceFile};
use crate::prepare::cache;
use crate::runner::machine;
use crate::store::{self, BundleWriter, DataRecord, Health, Machine, Manifest, NoiseFloor, StoreError, Tool};

/// The command line as it is written down: the program by its name alone, because where it lies says nothing about the run
/// and much about the machine.
pub(super) fn command(typed: &[OsString]) -> Vec<String> {
    let words = typed.iter().map(|word| word.to_string_lossy().into_owned());
    let mut words: Vec<String> = words.collect();
    if let Some(program) = words.first_mut()
        && let Some(name) = Path::new(&*program).file_name()
    {
        *program = name.to_string_lossy().into_owned();
    }
    words
}

impl Experiment<'_> {
    /// Creates the bundle under a run id of its own: the time, and what was run.
    pub(super) fn bundle(&self, manifest: &mut Manifest) -> anyhow::Result<BundleWriter> {
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

    pub(super) fn manifest(
        &self,
        datasets: &BTreeMap<String, Dataset>,
        tuning: &BTreeMap<(String, String), Dataset>,
        models: &LoadedModels,
        backends: &BTreeMap<String, Box<dyn Backend + '_>>,
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
            machine: Machine {
                load: (self.load, None),
                ..machine::describe()
            },
            health: Health::default(),
            baseline: self.baseline.map(|b| b.record.clone()),
            noise_floor: NoiseFloor::find(
                &cache::default_dir(),
                &machine::describe(),
                plan,
                self.means.threads,
            ),
            resumed: None,
            jobs: self.means.threads,
            tuning: tuning
                .iter()
                .map(|((data, split), set)| (format!("{data} ({split})"), set.files.clone()))
                .collect(),
        })
    }
}

const RFC3339: &str = "%Y-%m-%dT%H:%M:%SZ";

pub(super) fn now() -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_goes_by_its_name() {
        let typed = ["/home/me/evalrun", "a/b.yaml"].map(OsString::from);
        assert_eq!(command(&typed), ["evalrun", "a/b.yaml"]);
    }
}
