//! Loads the queries that weights are tuned on.

use std::collections::{BTreeMap, BTreeSet};

use super::Exit;
use super::progress::Talk;
use crate::dataset::{self, Dataset};
use crate::pipeline::StageKind;
use crate::plan::Plan;
use crate::tune;

/// The splits that the plan tunes on: data set and split → queries and judgements, without the documents. Every split is
/// held against the one that is measured before the first mistake ends the command.
pub(super) fn load(
    plan: &Plan,
    datasets: &BTreeMap<String, Dataset>,
    talk: &Talk,
) -> Result<BTreeMap<(String, String), Dataset>, Exit> {
    let mut sets = BTreeMap::new();
    let mut failed = false;
    for (name, split) in wanted(plan) {
        let source = plan.data.iter().find(|d| d.name == name);
        let Some(source) = source.and_then(|d| d.kind.with_split(split)) else {
            talk.error(&format!("data set `{name}` has no split `{split}` to tune on"));
            failed = true;
            continue;
        };
        let loaded = dataset::load(name, &source, talk).map_err(|error| error.to_string());
        let fits = |set: Dataset| match tune::check(&datasets[name], &set) {
            Ok(()) => Ok(set),
            Err(error) => Err(error.to_string()),
        };
        match loaded.and_then(fits) {
            Ok(mut set) => {
                talk.say(&format!(
                    "{name}: {} queries to tune on ({split})",
                    set.queries.len()
                ));
                // The documents are those of the set that is measured.
                set.docs = Vec::new();
                sets.insert((name.to_owned(), split.to_owned()), set);
            }
            Err(error) => {
                talk.error(&error);
                failed = true;
            }
        }
    }
    if failed { Err(Exit::BadInput) } else { Ok(sets) }
}

fn wanted(plan: &Plan) -> BTreeSet<(&str, &str)> {
    let stages = plan
        .cells
        .iter()
        .flat_map(|cell| cell.pipeline.stages.iter().map(|s| (cell.data.as_str(), &s.kind)));
    stages
        .filter_map(|(data, kind)| match kind {
            StageKind::Fuse(fuse) => Some((data, fuse.tune.as_ref()?.split.as_str())),
            _ => None,
        })
        .collect()
}
