//! The data block of the page: every query in every cell, in columns, for the script.
//!
//! Documents, sentences and lists are written once and spoken of by number: cells that share a stage share its lists. What
//! the script shows of a list follows from ranks alone; sentences are made here, where all other outputs have theirs from.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::dataset::Grade;
use crate::evaluate::losses::{DocPath, Fate};
use crate::evaluate::{Evaluation, StageView};
use crate::plan::TraceKeep;
use crate::store::QueryRecord;

use super::super::lists::{Topic, label, sentence};
use super::super::set::{Ran, Set};
use super::super::text::{slug, visible};
use super::super::{filter, losses, stages};
use super::select::candidates;
use super::{asked, cutoffs, topic, trace, value};

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

/// What is left of the file's size.
struct Room {
    rows: usize,
    text: usize,
}

/// One data set while it is filled in.
struct Filling<'a, 's> {
    evaluation: &'a Evaluation,
    set: &'s Set<'a>,
    docs: Numbered,
    strings: Numbered,
    lists: Vec<ListData>,
    known: HashMap<Vec<u64>, usize>,
}

/// Texts by number.
#[derive(Default)]
struct Numbered {
    texts: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Numbered {
    fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.numbers.insert(text.to_owned(), self.texts.len());
        self.texts.push(text.to_owned());
        self.texts.len() - 1
    }
}

impl<'a, 's> Filling<'a, 's> {
    fn new(evaluation: &'a Evaluation, set: &'s Set<'a>) -> Self {
        Filling {
            evaluation,
            set,
            docs: Numbered::default(),
            strings: Numbered::default(),
            lists: Vec::new(),
            known: HashMap::new(),
        }
    }

    fn data(mut self, room: &mut Room) -> SetData {
        let ran: Vec<Ran<'a>> = self.set.ran().collect();
        let cutoffs = cutoffs(self.set);
        let mut data = self.empty(&ran, &cutoffs);
        let movers = self.evaluation.plan.measure.trace.keep == TraceKeep::Movers;
        let mut reading: Vec<usize> = Vec::new();
        let mut fits = true;
        for (record, moves) in self.ordered() {
            let topic = topic(self.evaluation, record, &cutoffs);
            data.queries.push(self.query(record, &topic));
            let wanted = fits && (moves || !movers);
            let first = self.lists.len();
            for (c, ran) in ran.iter().enumerate() {
                let views = trace(self.evaluation, *ran, record);
                data.values[c].push(value(self.set, *ran, &record.query).map(rounded));
                data.ranks[c].push(best_rank(&topic, views));
                data.flags[c].push(flags(&topic, &ran.cell.cell, views));
                let said = sentence(&topic, &ran.cell.cell.pipeline, views.unwrap_or_default());
                data.said[c].push(self.strings.number(&visible(&said)));
                data.fates[c].push(self.fates(*ran, record));
                let lists = views.filter(|_| wanted).map(|v| self.lists_of(v));
                data.at[c].push(lists.map_or(At::HeldBack(0), At::Lists));
                reading.extend(self.looked_at(&topic, views));
            }
            let rows: usize = self.lists[first..].iter().map(|l| l.d.len()).sum();
            fits = fits && rows <= room.rows;
            room.rows = room.rows.saturating_sub(rows);
        }
        let topic = Topic::new(None, None, self.evaluation.texts.get(self.set.data), &cutoffs, 0);
        data.texts = self.texts(&topic, &reading, room);
        data.docs = self.titles(&topic);
        data.lists = self.lists;
        data.strings = self.strings.texts;
        data
    }

    fn empty(&self, ran: &[Ran<'a>], cutoffs: &[usize]) -> SetData {
        let qrels = self.evaluation.qrels.get(self.set.data);
        SetData {
            name: visible(self.set.data).into_owned(),
            measure: self.set.headline.unwrap_or("measure").to_owned(),
            cutoffs: cutoffs.to_vec(),
            complete: qrels.is_some_and(|q| q.unlisted.grade().is_some()),
            cells: ran.iter().map(|r| cell(self.set, *r)).collect(),
            queries: Vec::new(),
            docs: Vec::new(),
            texts: Texts::new(),
            values: columns(ran),
            ranks: columns(ran),
            flags: columns(ran),
            said: columns(ran),
            fates: columns(ran),
            at: ran.iter().map(|_| Vec::new()).collect(),
            lists: Vec::new(),
            strings: Vec::new(),
        }
    }

    /// All queries, those that move most first, with whether they move at all.
    fn ordered(&self) -> Vec<(&'a QueryRecord, bool)> {
        let mut moving = candidates(self.evaluation, std::slice::from_ref(self.set));
        moving.sort_by(|a, b| b.size().total_cmp(&a.size()));
        let seen: BTreeSet<&str> = moving.iter().map(|c| c.record.query.as_str()).collect();
        let others = self.evaluation.queries.iter();
        let others = others.filter(|q| q.data == self.set.data && !seen.contains(q.query.as_str()));
        let moving = moving.iter().map(|c| (c.record, c.size() > 0.0));
        moving.chain(others.map(|q| (q, false))).collect()
    }

    fn query(&mut self, record: &QueryRecord, topic: &Topic<'_>) -> QueryData {
        let relevant = topic.judged.into_iter().flatten().filter(|(_, g)| **g >= 1);
        // Grades of other documents follow with the lists they are in.
        let shown = self.judged_in_lists(record, topic);
        let grades = relevant
            .map(|(doc, grade)| (doc.clone(), *grade))
            .chain(shown)
            .flat_map(|(doc, grade)| [self.docs.number(&doc) as i64, i64::from(grade)]);
        QueryData {
            key: format!("{}-{}", slug(&record.data), slug(&record.query)),
            id: visible(&record.query).into_owned(),
            text: visible(&asked(record)).into_owned(),
            filter: (record.filter.as_ref())
                .filter(|f| !f.is_empty())
                .map(|f| visible(&filter::words(f)).into_owned()),
            grades: grades.collect(),
        }
    }

    /// Documents judged not relevant that stand in a list of the query, but for those with the grade of an unlisted one.
    fn judged_in_lists(&self, record: &QueryRecord, topic: &Topic<'_>) -> Vec<(String, Grade)> {
        let qrels = self.evaluation.qrels.get(self.set.data);
        let unlisted = qrels.and_then(|q| q.unlisted.grade());
        let Some(judged) = topic.judged else {
            return Vec::new();
        };
        let views = self.set.ran().filter_map(|r| trace(self.evaluation, r, record));
        let docs: BTreeSet<&str> = views
            .flatten()
            .flat_map(|v| &v.hits)
            .map(|h| h.doc.as_str())
            .collect();
        judged
            .iter()
            .filter(|(doc, grade)| **grade < 1 && Some(**grade) != unlisted && docs.contains(doc.as_str()))
            .map(|(doc, grade)| (doc.clone(), *grade))
            .collect()
    }

    fn lists_of(&mut self, views: &[StageView]) -> Vec<usize> {
        views.iter().map(|view| self.list(view)).collect()
    }

    fn list(&mut self, view: &StageView) -> usize {
        let list = ListData {
            d: view.hits.iter().map(|h| self.docs.number(&h.doc)).collect(),
            s: view.hits.iter().map(|h| rounded(f64::from(h.score))).collect(),
            r: view
                .hits
                .iter()
                .enumerate()
                .filter(|(i, h)| h.rank != i + 1)
                .map(|(_, h)| h.rank)
                .collect(),
            n: view.found,
            p: self.strings.number(stages::path(view.path)),
            c: match view.hits.iter().any(|h| !h.parts.is_empty()) {
                true => view
                    .hits
                    .iter()
                    .map(|h| h.parts.iter().copied().map(rounded).collect())
                    .collect(),
                false => Vec::new(),
            },
        };
        let next = self.lists.len();
        let number = *self.known.entry(list.key()).or_insert(next);
        if number == next {
            self.lists.push(list);
        }
        number
    }

    /// Sentences about relevant documents that did not arrive.
    fn fates(&mut self, ran: Ran<'_>, record: &QueryRecord) -> Vec<usize> {
        let missing = missing(self.evaluation, ran, record);
        missing.iter().map(|s| self.strings.number(&visible(s))).collect()
    }

    /// Documents whose texts one is likely to look at: the relevant ones and the first of the answer.
    fn looked_at(&mut self, topic: &Topic<'_>, views: Option<&[StageView]>) -> Vec<usize> {
        let relevant = topic.judged.into_iter().flatten().filter(|(_, g)| **g >= 1);
        let top = views.and_then(<[StageView]>::last).into_iter();
        let top = top.flat_map(|v| v.hits.iter().take(3).map(|h| h.doc.as_str()));
        let docs: Vec<&str> = relevant.map(|(doc, _)| doc.as_str()).take(5).chain(top).collect();
        docs.into_iter().map(|doc| self.docs.number(doc)).collect()
    }

    fn texts(&self, topic: &Topic<'_>, reading: &[usize], room: &mut Room) -> Texts {
        let mut texts = Texts::new();
        for number in reading {
            let doc = &self.docs.texts[*number];
            if texts.contains_key(number) || room.text == 0 {
                continue;
            }
            if let Some(text) = topic.text(doc, LONGEST_TEXT) {
                room.text = room.text.saturating_sub(text.len());
                texts.insert(*number, visible(&text).into_owned());
            }
        }
        texts
    }

    fn titles(&self, topic: &Topic<'_>) -> Vec<(String, String)> {
        let print = |doc: &String| (visible(doc).into_owned(), visible(&topic.title(doc)).into_owned());
        self.docs.texts.iter().map(print).collect()
    }
}

impl ListData {
    /// Equal for equal lists.
    fn key(&self) -> Vec<u64> {
        let whole = |numbers: &[usize]| -> Vec<u64> { numbers.iter().map(|n| *n as u64).collect() };
        let mut key = vec![self.n as u64, self.p as u64, self.d.len() as u64];
        key.extend(whole(&self.d));
        key.extend(self.s.iter().map(|s| s.to_bits()));
        key.extend(whole(&self.r));
        key.extend(self.c.iter().flatten().map(|c| c.to_bits()));
        key
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

fn columns<T>(ran: &[Ran<'_>]) -> Vec<Vec<T>> {
    ran.iter().map(|_| Vec::new()).collect()
}

fn cell(set: &Set<'_>, ran: Ran<'_>) -> CellData {
    let cell = &ran.cell.cell;
    let stages = &cell.pipeline.stages;
    let place = |name: &str| stages.iter().position(|s| s.name == name);
    let stage = |stage: &crate::pipeline::Stage| StageData {
        name: visible(&stage.name).into_owned(),
        what: visible(&stages::describe(stage, &cell.index)).into_owned(),
        inputs: stage.inputs().into_iter().filter_map(place).collect(),
    };
    CellData {
        id: cell.id.clone(),
        name: visible(set.name(&cell.id)).into_owned(),
        is_reference: ran.cell.is_reference,
        stages: stages.iter().map(stage).collect(),
    }
}

fn best_rank(topic: &Topic<'_>, views: Option<&[StageView]>) -> Option<usize> {
    if topic.targets.is_empty() {
        return None;
    }
    Some(
        views
            .and_then(<[StageView]>::last)
            .and_then(|v| topic.first_target(v))
            .unwrap_or(0),
    )
}

fn flags(topic: &Topic<'_>, cell: &crate::plan::Cell, views: Option<&[StageView]>) -> u8 {
    let Some(views) = views else {
        return 8;
    };
    let first = views.last().and_then(|v| v.hits.first());
    let mut flags = u8::from(first.is_some_and(|h| topic.mark(&h.doc).class == "unjudged"));
    for view in views {
        let inputs = super::super::lists::input_views(&cell.pipeline, view, views);
        for doc in &topic.targets {
            match label(topic, doc, view, &inputs) {
                Some(l) if l.starts_with("rescued") => flags |= 2,
                Some(l) if l.starts_with("buried") => flags |= 4,
                _ => {}
            }
        }
    }
    flags
}

/// Four decimals, rounded as they are printed.
fn rounded(x: f64) -> f64 {
    format!("{x:.4}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests;
