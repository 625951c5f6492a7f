//! `evalrun plan`, and the one way from files to plans that every verb uses.

use std::path::PathBuf;

use super::progress::Talk;
use super::{Exit, data_out, models};
use crate::plan::{Catalog, Loaded, explain};
use crate::spec::Diagnostic;

pub(super) fn plan(files: &[PathBuf], talk: &Talk) -> anyhow::Result<Exit> {
    let Some(loaded) = load_all(files, talk) else {
        return Ok(Exit::BadInput);
    };
    for loaded in &loaded {
        data_out(&explain::text(&loaded.plan))?;
    }
    Ok(Exit::Fine)
}

/// Loads every spec; `None` when one of them has a mistake. All of them are checked first, and all mistakes are printed.
pub(super) fn load_all(files: &[PathBuf], talk: &Talk) -> Option<Vec<Loaded>> {
    let catalog = catalog();
    let results: Vec<Result<Loaded, Vec<Diagnostic>>> = files
        .iter()
        .map(|path| crate::plan::load(path, &catalog))
        .collect();
    for result in &results {
        let diagnostics = match result {
            Ok(loaded) => &loaded.warnings,
            Err(errors) => errors,
        };
        for diagnostic in diagnostics {
            talk.diagnostic(diagnostic);
        }
    }
    results.into_iter().collect::<Result<_, _>>().ok()
}

fn catalog() -> Catalog {
    Catalog {
        data_roots: vec![PathBuf::from("datasets")],
        models: models::known(),
    }
}
