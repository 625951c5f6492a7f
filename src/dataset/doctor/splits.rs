//! What the splits of a data set have in common: a query that was tuned on proves nothing when it is tested on.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::fold::{fold, many};
use super::{ALIKE, Finding, Severity, near};
use crate::dataset::source::Source;
use crate::dataset::{DatasetError, beir};

/// The queries of one split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Its name.
    pub name: String,
    /// Id and text of each query that it judges, sorted by id.
    pub queries: Vec<(String, String)>,
}

/// What the splits have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Queries by split.
    pub queries: BTreeMap<String, usize>,
    /// Queries that more than one split judges.
    pub same_id: usize,
    /// Texts, case and white space aside, that more than one split asks under different ids.
    pub same_text: usize,
    /// Groups of queries of more than one split that have most of their words in common.
    pub near_text: usize,
}

/// The splits of a source; empty when it has none by name, as every source but a BEIR folder.
///
/// # Errors
/// Unusable lines of the queries or of any judgement file.
pub fn read(source: &Source) -> Result<Vec<Split>, DatasetError> {
    let Source::Beir(beir) = source else {
        return Ok(Vec::new());
    };
    let splits = beir::splits(&beir.dir)?.into_iter();
    let split = |(name, queries): (String, Vec<crate::dataset::Query>)| Split {
        name,
        queries: queries.into_iter().map(|q| (q.id, q.text)).collect(),
    };
    Ok(splits.map(split).collect())
}

pub(super) fn look(splits: &[Split], findings: &mut Vec<Finding>) -> Option<Overlap> {
    if splits.len() < 2 {
        return None;
    }
    let all: Vec<Asked> = splits
        .iter()
        .flat_map(|split| split.queries.iter().map(|(id, text)| Asked::new(split, id, text)))
        .collect();
    let same_id = shared(&all, |q| q.id);
    let alone: Vec<&Asked> = all.iter().filter(|q| !same_id.contains_key(q.id)).collect();
    let same_text = shared(alone.iter().copied(), |q| &q.folded);
    let near = near_texts(&alone);
    ids(&same_id, findings);
    texts(&same_text, findings);
    nearly(&near, findings);
    Some(Overlap {
        queries: splits.iter().map(|s| (s.name.clone(), s.queries.len())).collect(),
        same_id: same_id.len(),
        same_text: same_text.len(),
        near_text: near.len(),
    })
}

/// A query of a split.
struct Asked<'a> {
    split: &'a str,
    id: &'a str,
    folded: String,
}

impl<'a> Asked<'a> {
    fn new(split: &'a Split, id: &'a str, text: &str) -> Self {
        let (split, folded) = (split.name.as_str(), fold(text));
        Self { split, id, folded }
    }

    fn place(&self) -> String {
        format!("{} ({})", self.id, self.split)
    }
}

/// Those of one key that are in more than one split, by that key.
fn shared<'a, 'b: 'a>(
    queries: impl IntoIterator<Item = &'a Asked<'b>>,
    key: impl Fn(&'a Asked<'b>) -> &'a str,
) -> BTreeMap<&'a str, Vec<&'a Asked<'b>>> {
    let mut by_key: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for query in queries {
        by_key.entry(key(query)).or_default().push(query);
    }
    by_key.retain(|_, same| spans(same));
    by_key
}

fn spans(queries: &[&Asked<'_>]) -> bool {
    let splits: BTreeSet<&str> = queries.iter().map(|q| q.split).collect();
    splits.len() > 1
}

/// Groups of different texts with most words in common, in any order.
fn near_texts<'a, 'b>(queries: &[&'a Asked<'b>]) -> Vec<Vec<&'a Asked<'b>>> {
    let sets: Vec<Vec<u64>> = queries.iter().map(|q| near::shingles(&q.folded, 1)).collect();
    let groups = near::groups(&sets, ALIKE).into_iter();
    let groups = groups.map(|group| group.into_iter().map(|i| queries[i]).collect::<Vec<_>>());
    groups
        .filter(|group| spans(group) && group.iter().any(|q| q.folded != group[0].folded))
        .collect()
}

fn places(group: &[&Asked<'_>]) -> String {
    let places: Vec<String> = group.iter().map(|q| q.place()).collect();
    places.join(" = ")
}

fn ids(same: &BTreeMap<&str, Vec<&Asked<'_>>>, findings: &mut Vec<Finding>) {
    if same.is_empty() {
        return;
    }
    let text = format!(
        "{} judged in more than one split: what was tuned on the one is not tested by the other. Remove them from one.",
        many(same.len(), "query is", "queries are")
    );
    let cases = same.values().map(|group| places(group));
    findings.push(Finding::new(Severity::Error, "split_same_id", text).cases(cases));
}

fn texts(same: &BTreeMap<&str, Vec<&Asked<'_>>>, findings: &mut Vec<Finding>) {
    if same.is_empty() {
        return;
    }
    let text = format!(
        "{} asked in more than one split under different ids: what was tuned on the one is partly known in the other. \
         Remove them from one.",
        many(same.len(), "text is", "texts are")
    );
    let cases = same.values().map(|group| places(group));
    findings.push(Finding::new(Severity::Warning, "split_same_text", text).cases(cases));
}

fn nearly(near: &[Vec<&Asked<'_>>], findings: &mut Vec<Finding>) {
    if near.is_empty() {
        return;
    }
    let text = format!(
        "{} of queries of different splits have four fifths of their words in common. Look at them before you trust \
         a model that was tuned on one split.",
        many(near.len(), "group", "groups")
    );
    let cases = near.iter().map(|group| places(group));
    findings.push(Finding::new(Severity::Note, "split_near_text", text).cases(cases));
}
