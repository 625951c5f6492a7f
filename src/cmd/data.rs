//! Loads the data sets of a plan.

use std::collections::BTreeMap;

use super::Exit;
use super::progress::Talk;
use crate::dataset::{self, Dataset};
use crate::plan::Plan;

/// All data sets by name. Every data set is read before the first mistake ends the command, so that all of them are printed.
pub(super) fn load(plan: &Plan, talk: &Talk) -> Result<BTreeMap<String, Dataset>, Exit> {
    let mut datasets = BTreeMap::new();
    let mut failed = false;
    for source in &plan.data {
        match dataset::load(&source.name, &source.kind, talk) {
            Ok(data) => {
                let queries = match data.is_judged() {
                    true => format!("{} judged queries ({})", data.queries.len(), data.split),
                    false => format!("{} queries, no judgements", data.queries.len()),
                };
                talk.say(&format!(
                    "{}: {} documents, {queries}",
                    data.name,
                    data.docs.len()
                ));
                datasets.insert(source.name.clone(), data);
            }
            Err(error) => {
                talk.error(&error.to_string());
                failed = true;
            }
        }
    }
    if failed { Err(Exit::BadInput) } else { Ok(datasets) }
}
