//! The data block of the page: every query in every cell, in columns, for the script.
//!
//! Documents, sentences and lists are written once and spoken of by number: cells that share a stage share its lists. What
//! the script shows of a list follows from ranks alone; sentences are made here, where all other outputs have theirs from.

mod filling;

use serde::Serialize;

use crate::evaluate::Evaluation;
use crate::evaluate::losses::{DocPath, Fate};
use crate::plan::TraceKeep;
use crate::store::QueryRecord;

use super::super::losses;
use super::super::set::{Ran, Set};
use filling::{Filling, Room};

/// Rows of all lists together, equal lists counted once: about two megabytes.
const MOST_ROWS: usize = 150_000;
/// Characters of all texts of documents together.
const MOST_TEXT: usize = 500_000;
/// Characters kept of one text.
const LONGEST_TEXT: usize = 500;
/// Missing documents whose fate is told, per query and cell.
const MOST_FATES: usize = 5;

/// Everything the script knows.
#[derive(Debug, Serialize)]
pub(crate) struct Data {
    sets: Vec<SetData>,
}

/// One data set.
#[derive(Debug, Serialize)]
struct SetData {
    name: String,
    /// The headline measure.
    measure: String,
    /// Cut-offs of the measures, ascending.
    cutoffs: Vec<usize>,
    /// Whether a document without a judgement is irrelevant rather than unjudged.
    complete: bool,
    cells: Vec<CellData>,
    /// Those that move most come first.
    queries: Vec<QueryData>,
    /// Id and title.
    docs: Vec<(String, String)>,
    /// Start of the text, for the documents that one is likely to look at.
    texts: Texts,
    /// Cell → query → the headline measure.
    values: Vec<Vec<Option<f64>>>,
    /// Cell → query → rank of the best answer; 0 where it was not found, nothing where there is none.
    ranks: Vec<Vec<Option<usize>>>,
    /// Cell → query → sum of 1 unjudged at the top, 2 rescued, 4 buried, 8 not answered.
    flags: Vec<Vec<u8>>,
    /// Cell → query → number of its sentence.
    said: Vec<Vec<usize>>,
    /// Cell → query → numbers of sentences about relevant documents that are missing.
    fates: Vec<Vec<Vec<usize>>>,
    /// Cell → query → one list per stage; 0 for queries whose lists are held back.
    at: Vec<Vec<At>>,
    lists: Vec<ListData>,
    strings: Vec<String>,
}

/// By number of the document, in order.
type Texts = std::collections::BTreeMap<usize, String>;

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum At {
    Lists(Vec<usize>),
    HeldBack(u8),
}

#[derive(Debug, Serialize)]
struct CellData {
    id: String,
    name: String,
    #[serde(rename = "ref")]
    is_reference: bool,
    stages: Vec<StageData>,
}

#[derive(Debug, Serialize)]
struct StageData {
    name: String,
    what: String,
    /// Positions of the stages whose lists it takes.
    inputs: Vec<usize>,
}

#[derive(Debug, Serialize)]
struct QueryData {
    /// `parts-q15`; with `q-` before it, the query's place in the page without script.
    key: String,
    id: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    /// Document, grade, document, grade, …
    grades: Vec<i64>,
}

/// A list, in short keys because there are many.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct ListData {
    /// Documents in rank order.
    d: Vec<usize>,
    /// Scores.
    s: Vec<f64>,
    /// Ranks of the documents that follow the unbroken top.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    r: Vec<usize>,
    /// Length of the complete list.
    n: usize,
    /// How it was searched.
    p: usize,
    /// Contributions of the lists that were joined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    c: Vec<Vec<f64>>,
}

/// The data block; `None` where the spec wants no queries in the report.
pub(crate) fn data(evaluation: &Evaluation, sets: &[Set<'_>]) -> Option<Data> {
    data_within(evaluation, sets, MOST_ROWS)
}

fn data_within(evaluation: &Evaluation, sets: &[Set<'_>], most_rows: usize) -> Option<Data> {
    if evaluation.plan.measure.trace.keep == TraceKeep::None {
        return None;
    }
    let mut room = Room {
        rows: most_rows,
        text: MOST_TEXT,
    };
    let sets: Vec<SetData> = sets
        .iter()
        .map(|set| Filling::new(evaluation, set).data(&mut room))
        .collect();
    Some(Data { sets })
}

impl Data {
    /// JSON that may stand inside of a `script` element: nothing in it can end that, or begin another.
    pub(crate) fn json(&self) -> String {
        let json = serde_json::to_string(self).expect("plain data serialises to JSON");
        // Outside of texts JSON has none of these characters.
        json.replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
    }

    /// Queries whose lists are there, and all queries.
    pub(crate) fn with_lists(&self) -> (usize, usize) {
        let has_lists = |set: &SetData, q: usize| set.at.iter().any(|c| matches!(c[q], At::Lists(_)));
        let with = |set: &SetData| (0..set.queries.len()).filter(|q| has_lists(set, *q)).count();
        let all = self.sets.iter().map(|s| s.queries.len()).sum();
        (self.sets.iter().map(with).sum(), all)
    }
}

/// Relevant documents of a query that are missing in a cell's answer, or below the cut-off: what became of each.
pub(super) fn missing(evaluation: &Evaluation, ran: Ran<'_>, record: &QueryRecord) -> Vec<String> {
    let cell = &ran.cell.cell;
    let Some(all) = evaluation.losses.get(&cell.id) else {
        return Vec::new();
    };
    let docs = all.queries.get(&record.query).map_or(&[][..], |q| &q.docs);
    let is_missing = |d: &&DocPath| !matches!(d.fate, Fate::Kept | Fate::Rescued(_));
    let missing: Vec<&DocPath> = docs.iter().filter(is_missing).collect();
    let told = missing.iter().take(MOST_FATES);
    let mut sentences: Vec<String> = told.map(|d| losses::sentence(cell, all, Some(d))).collect();
    if missing.len() > MOST_FATES {
        sentences.push(format!("{} more are missing.", missing.len() - MOST_FATES));
    }
    sentences
}

#[cfg(test)]
mod tests;
