//! One data set of the data block while it is filled in.

use std::collections::{BTreeSet, HashMap};

use crate::dataset::Grade;
use crate::evaluate::{Evaluation, StageView};
use crate::plan::TraceKeep;
use crate::store::QueryRecord;

use super::super::super::lists::{self, Topic, label, sentence};
use super::super::super::set::{Ran, Set};
use super::super::super::text::{slug, visible};
use super::super::super::{filter, stages};
use super::super::select::candidates;
use super::super::{asked, cutoffs, topic, trace, value};
use super::{At, CellData, LONGEST_TEXT, ListData, QueryData, SetData, StageData, Texts, missing};

/// What is left of the file's size.
pub(super) struct Room {
    pub(super) rows: usize,
    pub(super) text: usize,
}

/// One data set while it is filled in.
pub(super) struct Filling<'a, 's> {
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
    pub(super) fn new(evaluation: &'a Evaluation, set: &'s Set<'a>) -> Self {
        Filling {
            evaluation,
            set,
            docs: Numbered::default(),
            strings: Numbered::default(),
            lists: Vec::new(),
            known: HashMap::new(),
        }
    }

    pub(super) fn data(mut self, room: &mut Room) -> SetData {
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
        let inputs = lists::input_views(&cell.pipeline, view, views);
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
