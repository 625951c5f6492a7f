//! `evalrun doctor`.

use std::path::{Path, PathBuf};

use super::args::{DoctorArgs, DoctorWhat, PartArgs, SpecArgs};
use super::progress::Talk;
use super::{Exit, data_out, plan};
use crate::dataset::doctor::{self, Report};
use crate::dataset::{self, Source};
use crate::plan::Catalog;
use crate::suggest::closest;

pub(super) fn doctor(args: &DoctorArgs, talk: &Talk) -> anyhow::Result<Exit> {
    match args.what {
        DoctorWhat::Data => data(args, talk),
        DoctorWhat::Qdrant => super::servers::doctor(args, talk),
    }
}

fn data(args: &DoctorArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let Some(catalog) = plan::catalog(talk)? else {
        return Ok(Exit::BadInput);
    };
    let Some(patients) = patients(args, &catalog, talk)? else {
        return Ok(Exit::BadInput);
    };
    let mut exit = Exit::Fine;
    let mut reports: Vec<Report> = Vec::new();
    for (name, source) in patients {
        match examine(&name, &source, talk) {
            Ok(report) => {
                if report.has_errors() {
                    exit = Exit::BadInput;
                }
                if !args.json {
                    let gap = if reports.is_empty() { "" } else { "\n" };
                    data_out(&format!("{gap}{}", doctor::text(&report)))?;
                }
                reports.push(report);
            }
            Err(error) => {
                talk.error(&error.to_string());
                exit = Exit::BadInput;
            }
        }
    }
    if args.json {
        data_out(&(serde_json::to_string_pretty(&reports)? + "\n"))?;
    }
    Ok(exit)
}

fn examine(name: &str, source: &Source, talk: &Talk) -> Result<Report, dataset::DatasetError> {
    let data = dataset::load(name, source, talk)?;
    let splits = doctor::splits::read(source)?;
    Ok(doctor::examine(&data, &splits))
}

/// What is to be looked at, by name; `None` when something that was named is not there, after that was said.
fn patients(
    args: &DoctorArgs,
    catalog: &Catalog,
    talk: &Talk,
) -> anyhow::Result<Option<Vec<(String, Source)>>> {
    if args.targets.is_empty() {
        let all = catalog.datasets.iter();
        return Ok(Some(all.map(|(n, s)| (n.clone(), s.clone())).collect()));
    }
    let mut found = Vec::new();
    let mut missing = false;
    for target in &args.targets {
        let path = Path::new(target);
        if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            match of_spec(path, talk)? {
                Some(sources) => found.extend(sources),
                None => missing = true,
            }
        } else if let Some(source) = catalog.datasets.get(target) {
            found.push((target.clone(), source.clone()));
        } else if path.is_dir() {
            found.push((folder_name(path), Source::folder(path)));
        } else {
            talk.error(&unknown(target, catalog));
            missing = true;
        }
    }
    Ok((!missing).then_some(found))
}

/// The data sets of a spec, as its plan has them.
fn of_spec(path: &Path, talk: &Talk) -> anyhow::Result<Option<Vec<(String, Source)>>> {
    let specs = SpecArgs {
        files: vec![PathBuf::from(path)],
        set: Vec::new(),
        part: PartArgs::default(),
    };
    let Some(loaded) = plan::load_all(&specs, talk)? else {
        return Ok(None);
    };
    let sources = loaded.into_iter().flat_map(|l| l.plan.data);
    Ok(Some(sources.map(|s| (s.name, s.kind)).collect()))
}

fn folder_name(path: &Path) -> String {
    let canonical = path.canonicalize().ok();
    let name = canonical.as_deref().and_then(Path::file_name);
    name.map_or_else(
        || path.display().to_string(),
        |n| n.to_string_lossy().into_owned(),
    )
}

fn unknown(target: &str, catalog: &Catalog) -> String {
    if catalog.unfetched.contains(target) {
        return format!("the data set `{target}` is known, but it is not here; run `evalrun fetch {target}`");
    }
    let names = catalog.datasets.keys().chain(&catalog.unfetched);
    let hint = match closest(target, names.map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`evalrun ls data` lists the names".to_owned(),
    };
    format!("`{target}` is no data set, no folder and no spec; {hint}")
}
