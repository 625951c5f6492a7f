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
            Ok(mut data) => {
                if let Some(sample) = plan.narrowed.as_ref().and_then(|n| n.by.sample) {
                    data.sample(sample.of(data.queries.len()), plan.measure.seed);
                }
                let n = data.queries.len();
                let noun = if n == 1 { "query" } else { "queries" };
                let queries = match data.is_judged() {
                    true => format!("{n} judged {noun} ({})", data.split),
                    false => format!("{n} {noun}, no judgements"),
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
