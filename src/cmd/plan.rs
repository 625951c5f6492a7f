//! `evalrun plan`, and the one way from files to plans that every verb uses.

use std::path::PathBuf;

use anyhow::Context;

use super::progress::Talk;
use super::{Exit, data_out, models};
use crate::plan::{Catalog, Loaded, Refused, explain};

pub(super) fn plan(files: &[PathBuf], talk: &Talk) -> anyhow::Result<Exit> {
    let Some(loaded) = load_all(files, talk)? else {
        return Ok(Exit::BadInput);
    };
    for loaded in &loaded {
        data_out(&explain::text(&loaded.plan))?;
    }
    Ok(Exit::Fine)
}

/// Loads every spec; `None` when one of them has a mistake. All of them are checked first, and all mistakes are printed.
pub(super) fn load_all(files: &[PathBuf], talk: &Talk) -> anyhow::Result<Option<Vec<Loaded>>> {
    let catalog = catalog()?;
    let results: Vec<Result<Loaded, Refused>> = files
        .iter()
        .map(|path| crate::plan::load(path, &catalog))
        .collect();
    for result in &results {
        match result {
            Ok(loaded) => talk.diagnostics(&loaded.warnings, &loaded.source),
            Err(refused) => talk.diagnostics(&refused.errors, &refused.source),
        }
    }
    Ok(results.into_iter().collect::<Result<_, _>>().ok())
}

fn catalog() -> anyhow::Result<Catalog> {
    let roots = [PathBuf::from("datasets")];
    let mut catalog = Catalog::of_folders(&roots).context("looking for data sets under datasets/")?;
    (catalog.embedders, catalog.rerankers) = models::known();
    Ok(catalog)
}
