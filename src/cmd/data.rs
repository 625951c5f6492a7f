//! Loads the data sets of a plan.

use std::collections::BTreeMap;

use super::Exit;
use super::progress::Talk;
use crate::dataset::{self, BeirSource, Dataset};
use crate::plan::{DataKind, Plan};

/// All data sets by name. Every data set is read before the first mistake ends the command, so that all of them are printed.
pub(super) fn load(plan: &Plan, talk: &Talk) -> Result<BTreeMap<String, Dataset>, Exit> {
    let mut datasets = BTreeMap::new();
    let mut failed = false;
    for source in &plan.data {
        let DataKind::Beir { dir, split } = &source.kind;
        let beir = BeirSource {
            dir: dir.clone(),
            split: split.clone(),
            name: Some(source.name.clone()),
        };
        match dataset::load(&beir) {
            Ok(data) => {
                talk.say(&format!(
                    "{}: {} documents, {} judged queries ({})",
                    data.name,
                    data.docs.len(),
                    data.queries.len(),
                    data.split
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
