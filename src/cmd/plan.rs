//! `evalrun plan`, and the one way from files to plans that every verb uses.

use anyhow::Context;

use super::args::SpecArgs;
use super::progress::Talk;
use super::{Exit, cards, data, data_out, models, servers};
use crate::models::Embedder;
use crate::pipeline::VectorConfig;
use crate::plan::{Cached, Catalog, Loaded, Plan, Refused, explain};
use crate::prepare::{self, CachedEmbedder, cache};

pub(super) fn plan(specs: &SpecArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let Some(loaded) = load_all(specs, talk)? else {
        return Ok(Exit::BadInput);
    };
    for loaded in &loaded {
        let Ok((cached, warnings)) = cached(&loaded.plan, talk)? else {
            return Ok(Exit::BadInput);
        };
        data_out(&explain(&loaded.plan, &cached))?;
        for warning in warnings {
            talk.say(&format!("warning: {warning}"));
        }
    }
    Ok(Exit::Fine)
}

/// What is cached, and warnings in words.
type Facts = (Vec<Cached>, Vec<String>);

/// What of the plan's embeddings need not be computed again. Pair scores depend on what the first stages find, so nothing
/// can be said of them before a run. Beside it, what a server will do otherwise than one may think.
fn cached(plan: &Plan, talk: &Talk) -> anyhow::Result<Result<Facts, Exit>> {
    let datasets = match data::load(plan, talk) {
        Ok(datasets) => datasets,
        Err(exit) => return Ok(Err(exit)),
    };
    let cache = cache::default_dir();
    let model = models::embedder(plan, &cache)?;
    let warnings = servers::scans(plan, &datasets, model.as_deref().map(|m| m as &dyn Embedder));
    let Some(model) = model else {
        return Ok(Ok((Vec::new(), warnings)));
    };
    let embedder = CachedEmbedder::new(model.as_ref(), &cache);
    let mut facts = Vec::new();
    for (name, data) in &datasets {
        let cells = plan.cells.iter().filter(|c| c.data == *name);
        let configs: Vec<&VectorConfig> = cells.flat_map(|c| c.index.vectors.values()).collect();
        let [whole, tokens] = prepare::texts_to_embed(data, &configs)?;
        facts.push(Cached {
            what: format!("embeddings of {name}"),
            cached: embedder.known(&whole)?,
            total: whole.len(),
        });
        if !tokens.is_empty() {
            facts.push(Cached {
                what: format!("token vectors of {name}"),
                cached: embedder.known_tokens(&tokens)?,
                total: tokens.len(),
            });
        }
    }
    Ok(Ok((facts, warnings)))
}

/// Loads every spec; `None` when one of them has a mistake. All of them are checked first, and all mistakes are printed.
pub(super) fn load_all(specs: &SpecArgs, talk: &Talk) -> anyhow::Result<Option<Vec<Loaded>>> {
    let Some(catalog) = catalog(talk)? else {
        return Ok(None);
    };
    let results: Vec<Result<Loaded, Refused>> = specs
        .files
        .iter()
        .map(|path| crate::plan::load(path, &catalog, &specs.set))
        .collect();
    for result in &results {
        match result {
            Ok(loaded) => talk.diagnostics(&loaded.warnings, &loaded.source),
            Err(refused) => talk.diagnostics(&refused.errors, &refused.source),
        }
    }
    let Ok(mut all) = results.into_iter().collect::<Result<Vec<_>, _>>() else {
        return Ok(None);
    };
    let part = specs.part.narrow();
    let mut wrong = false;
    for loaded in &mut all {
        if let Err(error) = loaded.plan.narrow(&part) {
            talk.error(&format!("{}: {error}", loaded.source.path.display()));
            wrong = true;
        }
    }
    Ok((!wrong).then_some(all))
}

/// What specs can name; `None` when a card has a mistake, after it was printed.
pub(super) fn catalog(talk: &Talk) -> anyhow::Result<Option<Catalog>> {
    let Some(known) = cards::load(&cards::data_folder(), talk) else {
        return Ok(None);
    };
    let roots = cards::roots();
    let mut catalog = Catalog::of_folders(&roots).context("looking for data sets under datasets/")?;
    catalog.add(&known);
    (catalog.embedders, catalog.rerankers) = models::known();
    catalog.environment = servers::environment(talk);
    Ok(Some(catalog))
}
