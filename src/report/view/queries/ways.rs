//! Ways of best answers: the query that moves most, and the queries that only one kind of search can answer.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::{Evaluation, StageView};
use crate::pipeline::StageKind;

use super::super::set::{Ran, Set};
use super::super::text::slug;
use super::select::candidates;
use super::{asked, topic, trace};

/// One query in the cell in which its best answer moves most.
pub(crate) struct Flow<'a> {
    /// The query's key in the data block.
    pub(crate) key: String,
    /// What is asked.
    pub(crate) text: String,
    /// The cell's name.
    pub(crate) cell: String,
    /// The lists, stage by stage.
    pub(crate) views: &'a [StageView],
    /// Which list (first) is made of which (second), by position.
    pub(crate) edges: Vec<(usize, usize)>,
    /// Documents to be shown: the best answers and the first of the final list.
    pub(crate) docs: Vec<String>,
    /// The best answers.
    pub(crate) targets: BTreeSet<String>,
    titles: BTreeMap<String, String>,
}

impl Flow<'_> {
    /// A document's title, or its id.
    pub(crate) fn title<'s>(&'s self, doc: &'s str) -> &'s str {
        match self.titles.get(doc) {
            Some(title) if !title.is_empty() => title,
            _ => doc,
        }
    }
}

/// The query and cell with the largest movement; `None` where nothing moves.
pub(crate) fn most_moved<'a>(evaluation: &'a Evaluation, set: &Set<'a>) -> Option<Flow<'a>> {
    let candidates = candidates(evaluation, std::slice::from_ref(set));
    let moved = candidates.into_iter().filter_map(|c| Some((c.moved?, c.record)));
    let (moved, record) = moved.reduce(|a, b| if b.0.size > a.0.size { b } else { a })?;
    let result = set.ran().find(|r| r.cell.cell.id == moved.cell)?.cell;
    let views = evaluation.traces.get(&moved.cell)?.get(&record.query)?;
    let topic = topic(evaluation, record, &[]);
    let at = |name: &str| views.iter().position(|v| v.stage == name);
    let edges = views.iter().enumerate().flat_map(|(to, view)| {
        let stage = result.cell.pipeline.stage(&view.stage);
        let inputs = stage.map(|s| s.inputs()).unwrap_or_default();
        inputs
            .into_iter()
            .filter_map(at)
            .map(move |from| (to, from))
            .collect::<Vec<_>>()
    });
    let last = views.last()?;
    let seen = |d: &&str| views.iter().any(|v| v.hits.iter().any(|h| h.doc == **d));
    let mut docs: Vec<String> = topic
        .targets
        .iter()
        .copied()
        .filter(seen)
        .take(3)
        .map(str::to_owned)
        .collect();
    for hit in last.hits.iter().take(8) {
        if !docs.contains(&hit.doc) {
            docs.push(hit.doc.clone());
        }
    }
    Some(Flow {
        key: format!("{}-{}", slug(&record.data), slug(&record.query)),
        text: asked(record),
        cell: set.name(&moved.cell).to_owned(),
        edges: edges.collect(),
        targets: topic.targets.iter().map(|d| (*d).to_owned()).collect(),
        titles: docs.iter().map(|d| (d.clone(), topic.title(d))).collect(),
        docs,
        views,
    })
}

/// Queries whose best answer a search by words found and no search by vectors did, and queries that have one at all;
/// `None` where the cell does not search by both.
pub(crate) fn only_by_words(evaluation: &Evaluation, set: &Set<'_>, ran: Ran<'_>) -> Option<(usize, usize)> {
    let stages = &ran.cell.cell.pipeline.stages;
    let of = |is: &dyn Fn(&StageKind) -> bool| -> Vec<usize> {
        (0..stages.len()).filter(|i| is(&stages[*i].kind)).collect()
    };
    let words = of(&|k| matches!(k, StageKind::Sparse(_)));
    let vectors = of(&|k| matches!(k, StageKind::Dense(_)));
    if words.is_empty() || vectors.is_empty() {
        return None;
    }
    let (mut only, mut judged) = (0, 0);
    for record in evaluation.queries.iter().filter(|q| q.data == set.data) {
        let topic = topic(evaluation, record, &[]);
        let Some(views) = trace(evaluation, ran, record).filter(|_| !topic.targets.is_empty()) else {
            continue;
        };
        let found = |at: &[usize]| {
            let views = at.iter().filter_map(|i| views.get(*i));
            views.filter_map(|v| topic.first_target(v)).count() > 0
        };
        judged += 1;
        only += usize::from(found(&words) && !found(&vectors));
    }
    Some((only, judged))
}
