//! One query in one cell: the list of each stage, and what became of every document on the way.

mod movement;
mod sentence;
mod topic;

use std::collections::BTreeSet;

use crate::evaluate::{HitView, StageView};
use crate::pipeline::{Pipeline, Stage};

use super::number;
use super::stages;
use movement::{movement, top};

pub(crate) use movement::{Move, label};
pub(crate) use sentence::sentence;
pub(crate) use topic::{Mark, Topic};

/// Documents of an input this high up are named when they leave; relevant ones always are.
const NOTEWORTHY: usize = 3;

/// One stage's list.
#[derive(Debug)]
pub(crate) struct List {
    /// The stage's name.
    pub(crate) stage: String,
    /// What it does, in words.
    pub(crate) what: String,
    /// How it was searched.
    pub(crate) path: &'static str,
    /// Length of the complete list.
    pub(crate) found: usize,
    /// Whether the rows say where their documents came from.
    pub(crate) moves: bool,
    /// Its top, and relevant documents further down.
    pub(crate) rows: Vec<Row>,
    /// Documents of the inputs that are not among the rows, as sentences.
    pub(crate) gone: Vec<String>,
}

/// One document in a list.
#[derive(Debug)]
pub(crate) struct Row {
    /// From 1.
    pub(crate) rank: usize,
    /// Whether ranks between this row and the one before are not shown.
    pub(crate) after_gap: bool,
    /// Title, or the start of another text.
    pub(crate) title: String,
    /// Document id.
    pub(crate) doc: String,
    /// On the stage's own scale.
    pub(crate) score: String,
    /// Its judgement.
    pub(crate) mark: Mark,
    /// Where it was before.
    pub(crate) moved: Option<Move>,
    /// What each list that was joined gave to the score: `d 0.0164 + s 0.0161`.
    pub(crate) parts: Option<String>,
    /// `rescued into the top 10`, `buried below the top 1`, `noise in the top 1`.
    pub(crate) label: Option<String>,
}

/// The lists of a cell, stage by stage.
pub(crate) fn lists(topic: &Topic<'_>, cell: &crate::plan::Cell, views: &[StageView]) -> Vec<List> {
    views
        .iter()
        .map(|view| list(topic, cell, view, &input_views(&cell.pipeline, view, views)))
        .collect()
}

/// The lists that a stage takes.
pub(crate) fn input_views<'a>(
    pipeline: &'a Pipeline,
    view: &StageView,
    views: &'a [StageView],
) -> Vec<&'a StageView> {
    let names = pipeline.stage(&view.stage).map(Stage::inputs).unwrap_or_default();
    names
        .iter()
        .filter_map(|n| views.iter().find(|v| v.stage == *n))
        .collect()
}

fn list(topic: &Topic<'_>, cell: &crate::plan::Cell, view: &StageView, inputs: &[&StageView]) -> List {
    let is_shown = |h: &&HitView| h.rank <= topic.depth || topic.is_relevant(&h.doc);
    let mut rows: Vec<Row> = Vec::new();
    for hit in view.hits.iter().filter(is_shown) {
        let after_gap = hit.rank > rows.last().map_or(0, |r| r.rank) + 1;
        rows.push(Row {
            rank: hit.rank,
            after_gap,
            title: topic.title(&hit.doc),
            doc: hit.doc.clone(),
            score: number::score(hit.score),
            mark: topic.mark(&hit.doc),
            moved: (!inputs.is_empty()).then(|| movement(topic, hit, inputs)),
            parts: parts(hit, inputs),
            label: label(topic, &hit.doc, view, inputs),
        });
    }
    number::align_points(rows.iter_mut().map(|r| &mut r.score), '\u{2007}', '\u{2008}');
    let stage = cell.pipeline.stage(&view.stage);
    List {
        stage: view.stage.clone(),
        what: stage.map_or_else(String::new, |s| stages::describe(s, &cell.index)),
        path: stages::path(view.path),
        found: view.found,
        moves: !inputs.is_empty(),
        rows,
        gone: gone(topic, view, inputs),
    }
}

fn parts(hit: &HitView, inputs: &[&StageView]) -> Option<String> {
    let part =
        |(part, input): (&f64, &&StageView)| format!("{}\u{a0}{}", input.stage, number::score(*part as f32));
    let given = hit.parts.iter().zip(inputs).filter(|(part, _)| **part != 0.0);
    let parts: Vec<String> = given.map(part).collect();
    (!parts.is_empty()).then(|| parts.join(" + "))
}

/// Documents high up in an input, or relevant, that are not in the part of the list that is shown.
fn gone(topic: &Topic<'_>, view: &StageView, inputs: &[&StageView]) -> Vec<String> {
    let mut seen: BTreeSet<&str> = view.hits.iter().map(|h| h.doc.as_str()).collect();
    let is_complete = view.hits.len() >= view.found;
    let mut gone = Vec::new();
    for input in inputs {
        for hit in &input.hits {
            let matters = hit.rank <= NOTEWORTHY.min(topic.depth) || topic.is_relevant(&hit.doc);
            if matters && seen.insert(&hit.doc) {
                let is_out = is_complete || topic.is_relevant(&hit.doc);
                let place = if is_out {
                    "OUT".to_owned()
                } else {
                    format!("now >#{}", top(view))
                };
                let title = topic.title(&hit.doc);
                let mark = topic.mark(&hit.doc);
                let grade = if mark.class == "unjudged" {
                    mark.text
                } else {
                    format!("grade {}", mark.text)
                };
                let dot = if title.is_empty() { "" } else { " · " };
                gone.push(format!(
                    "{place}: {title}{dot}{} (#{} in {}, {grade})",
                    hit.doc, hit.rank, input.stage
                ));
            }
        }
    }
    gone
}

#[cfg(test)]
mod tests;
