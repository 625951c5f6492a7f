//! Servers on the command line: the environment with `.env`, keys, backends, `doctor qdrant`, `cache gc --server`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::backend::Backend;
use crate::backend::local::LocalBackend;
use crate::dataset::Dataset;
use crate::models::Embedder;
use crate::pipeline::{Graph, VectorConfig};
use crate::plan::{BackendConfig, Plan};

use super::progress::Talk;

/// Kilobytes of vectors in a segment from which Qdrant builds a graph, and from which it walks one, unless told otherwise
/// (its defaults of 1.19).
const THRESHOLD: u64 = 10_000;

/// The process's environment; what it lacks is taken from `.env` in the working directory, where there is one.
pub(super) fn environment(talk: &Talk) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    match dotenvy::from_path_iter(".env") {
        Ok(entries) => {
            for entry in entries {
                match entry {
                    Ok((name, value)) => drop(all.insert(name, value)),
                    // The line itself may hold a secret.
                    Err(_) => talk.error(".env has a line that is no NAME=VALUE; it is left out"),
                }
            }
        }
        Err(dotenvy::Error::Io(e)) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(_) => talk.error(".env cannot be read; only the environment is"),
    }
    all.extend(std::env::vars());
    all
}

/// The backends of a plan by their names.
///
/// # Errors
/// When a key is not set, or the program was built without servers.
pub(super) fn backends<'w>(
    plan: &Plan,
    cache: &Path,
    talk: &'w Talk,
) -> anyhow::Result<BTreeMap<String, Box<dyn Backend + 'w>>> {
    let mut backends: BTreeMap<String, Box<dyn Backend + 'w>> = BTreeMap::new();
    for cell in &plan.cells {
        if backends.contains_key(&cell.backend) {
            continue;
        }
        let made: Box<dyn Backend + 'w> = match &cell.backend_config {
            BackendConfig::Local => Box::new(LocalBackend),
            BackendConfig::Qdrant(config) => server::backend(plan, &cell.backend, config, cache, talk)?,
        };
        backends.insert(cell.backend.clone(), made);
    }
    Ok(backends)
}

/// Cells that ask for a graph over so few documents that a server builds none, in words.
pub(super) fn scans(
    plan: &Plan,
    datasets: &BTreeMap<String, Dataset>,
    embedder: Option<&dyn Embedder>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for cell in &plan.cells {
        let BackendConfig::Qdrant(config) = &cell.backend_config else {
            continue;
        };
        if cell.index.graph == Graph::Exact {
            continue;
        }
        let collection = &config.collection;
        let indexing = collection.indexing_threshold.unwrap_or(THRESHOLD);
        let scanning = collection.full_scan_threshold.unwrap_or(THRESHOLD);
        let (threshold, key) = match indexing >= scanning {
            true => (indexing, "indexing_threshold"),
            false => (scanning, "full_scan_threshold"),
        };
        let data = &datasets[&cell.data];
        for (name, vector) in &cell.index.vectors {
            let dimension = match vector {
                VectorConfig::Dense { .. } => embedder.map(Embedder::dim),
                VectorConfig::Precomputed { name } => data.vectors.get(name).map(|v| v.docs.dim()),
                // A late vector gets no graph.
                VectorConfig::Bm25 { .. } | VectorConfig::Late { .. } => None,
            };
            let Some(dimension) = dimension else { continue };
            let parts = u64::from(config.collection.shards) * config.collection.segments.unwrap_or(1).max(1);
            let kilobytes = (data.docs.len() * dimension * size_of::<f32>() / 1000) as u64 / parts;
            if kilobytes >= threshold {
                continue;
            }
            let warning = format!(
                "{} on {}: vector `{name}` takes about {kilobytes} KB in a segment, and the server scans below {threshold} KB, \
                 its `{key}`; lower that, or search more documents",
                cell.data, cell.backend
            );
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    warnings
}

#[cfg(feature = "qdrant")]
pub(super) use server::{doctor, gc};
#[cfg(not(feature = "qdrant"))]
pub(super) use without::{doctor, gc};

#[cfg(feature = "qdrant")]
mod server {
    use super::super::args::{DoctorArgs, SpecArgs};
    use super::super::{Exit, data_out, plan};
    use super::{BTreeMap, Backend, Path, Plan, Talk, environment};
    use crate::backend::qdrant::{self, QdrantBackend, Secret, Verdict, examine};
    use crate::pipeline::server::{Address, QdrantConfig};

    const LOCAL: &str = "http://localhost:6334";
    const URL: &str = "QDRANT_URL";
    const KEY: &str = "QDRANT_API_KEY";

    pub(super) fn backend<'w>(
        plan: &Plan,
        name: &str,
        config: &QdrantConfig,
        cache: &Path,
        talk: &'w Talk,
    ) -> anyhow::Result<Box<dyn Backend + 'w>> {
        let address = &plan.servers[name];
        let key = key(address, &environment(talk));
        if let (Some(variable), None) = (&address.api_key_env, &key) {
            anyhow::bail!(
                "backend `{name}`: the variable {variable} is not set; put `{variable}=…` into the environment or into a \
                 `.env` file"
            );
        }
        let made = QdrantBackend::new(address, key, config.clone(), cache.to_owned(), talk)?;
        Ok(Box::new(made))
    }

    fn key(address: &Address, environment: &BTreeMap<String, String>) -> Option<Secret> {
        let value = environment.get(address.api_key_env.as_ref()?)?;
        (!value.is_empty()).then(|| Secret::new(value.as_str()))
    }

    /// The server that is asked for on the command line, else that of the environment, else one on this machine.
    fn address(
        url: Option<&String>,
        variable: Option<&String>,
        environment: &BTreeMap<String, String>,
    ) -> Address {
        let of_environment = || environment.get(URL).filter(|u| !u.is_empty()).cloned();
        Address {
            url: url
                .cloned()
                .or_else(of_environment)
                .unwrap_or_else(|| LOCAL.to_owned()),
            rest: None,
            api_key_env: variable
                .cloned()
                .or_else(|| environment.contains_key(KEY).then(|| KEY.to_owned())),
        }
    }

    pub(in super::super) fn doctor(args: &DoctorArgs, talk: &Talk) -> anyhow::Result<Exit> {
        let environment = environment(talk);
        let addresses: Vec<(String, Address)> = match args.targets.as_slice() {
            [] => {
                let address = address(args.url.as_ref(), args.api_key_env.as_ref(), &environment);
                vec![("qdrant".to_owned(), address)]
            }
            files => {
                let specs = SpecArgs {
                    files: files.iter().map(std::path::PathBuf::from).collect(),
                    set: Vec::new(),
                    part: super::super::args::PartArgs::default(),
                };
                let Some(loaded) = plan::load_all(&specs, talk)? else {
                    return Ok(Exit::BadInput);
                };
                loaded.into_iter().flat_map(|l| l.plan.servers).collect()
            }
        };
        if addresses.is_empty() {
            talk.error("the specs name no server");
            return Ok(Exit::BadInput);
        }
        let mut worst = Verdict::Good;
        for (name, address) in &addresses {
            let checks = examine(address, key(address, &environment).as_ref());
            worst = checks.iter().map(|c| c.verdict).fold(worst, Ord::max);
            match args.json {
                true => data_out(&(serde_json::to_string_pretty(&as_json(name, &checks))? + "\n"))?,
                false => data_out(&as_text(name, &checks))?,
            }
        }
        Ok(match worst {
            Verdict::Good | Verdict::Doubtful => Exit::Fine,
            Verdict::Bad => Exit::BadInput,
        })
    }

    fn as_text(name: &str, checks: &[qdrant::Check]) -> String {
        let mut text = format!("{name}\n");
        for check in checks {
            let glyph = match check.verdict {
                Verdict::Good => '✓',
                Verdict::Doubtful => '?',
                Verdict::Bad => '✗',
            };
            let says = check.says.replace('\n', "\n                ");
            text.push_str(&format!("  {glyph} {:<11} {says}\n", check.what));
        }
        text
    }

    fn as_json(name: &str, checks: &[qdrant::Check]) -> serde_json::Value {
        let all: Vec<serde_json::Value> = checks
            .iter()
            .map(|c| {
                let verdict = format!("{:?}", c.verdict).to_lowercase();
                serde_json::json!({ "what": c.what, "verdict": verdict, "says": c.says })
            })
            .collect();
        serde_json::json!({ "server": name, "checks": all })
    }

    /// Removes what evalrun made on a server.
    pub(in super::super) fn gc(
        url: Option<&String>,
        variable: Option<&String>,
        talk: &Talk,
    ) -> anyhow::Result<Exit> {
        let environment = environment(talk);
        let address = address(url, variable, &environment);
        let removed = qdrant::remove_all(&address, key(&address, &environment))?;
        for name in &removed {
            data_out(&format!("removed {name}\n"))?;
        }
        data_out(&format!(
            "{} collections of evalrun removed from {}\n",
            removed.len(),
            address.url
        ))?;
        Ok(Exit::Fine)
    }
}

#[cfg(not(feature = "qdrant"))]
mod server {
    use super::{Backend, Path, Plan, Talk};
    use crate::pipeline::server::QdrantConfig;

    pub(super) fn backend<'w>(
        _: &Plan,
        name: &str,
        _: &QdrantConfig,
        _: &Path,
        _: &'w Talk,
    ) -> anyhow::Result<Box<dyn Backend + 'w>> {
        anyhow::bail!("backend `{name}`: this program was built without the feature `qdrant`")
    }
}

#[cfg(not(feature = "qdrant"))]
mod without {
    use super::super::Exit;
    use super::super::args::DoctorArgs;
    use super::Talk;

    pub(in super::super) fn doctor(_: &DoctorArgs, talk: &Talk) -> anyhow::Result<Exit> {
        talk.error("this program was built without the feature `qdrant`");
        Ok(Exit::Usage)
    }

    pub(in super::super) fn gc(_: Option<&String>, _: Option<&String>, talk: &Talk) -> anyhow::Result<Exit> {
        talk.error("this program was built without the feature `qdrant`");
        Ok(Exit::Usage)
    }
}
