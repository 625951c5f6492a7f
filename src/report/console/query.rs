//! What `explain --query` prints: one query in one cell, list beside list, and the way of every relevant document.

use std::collections::BTreeMap;

use crate::evaluate::contributions::FusedHit;
use crate::evaluate::{Evaluation, losses::QueryLosses};
use crate::pipeline::StageKind;
use crate::plan::Cell;
use crate::store::QueryRecord;

use super::super::view::lists::{List, Row};
use super::super::view::losses::{path, sentence, step};
use super::super::view::queries::one;
use super::super::view::set::Set;
use super::super::view::{filter, number};
use super::Style;
use super::grid::{self, Align, Grid};
use super::paint::{Paint, Tone, cut, wrap};

/// Rows of a list; relevant documents further down are shown too.
const ROWS: usize = 10;
/// Columns that a list needs at least; with less room the lists are set in several rows.
const LEAST: usize = 24;
/// Hits of a fusion whose parts are shown, beside the relevant ones.
const PARTS: usize = 3;

/// One query in one cell. `parts` are the contributions to each fusion's hits.
pub fn query(
    evaluation: &Evaluation,
    cell: &Cell,
    record: &QueryRecord,
    parts: &BTreeMap<String, Vec<FusedHit>>,
    width: usize,
    style: Style,
) -> String {
    let width = width.max(40);
    let paint = Paint::new(style);
    let sets = Set::all(evaluation);
    let Some(set) = sets.iter().find(|s| s.data == cell.data) else {
        return String::new();
    };
    let lists = one(evaluation, set, cell, record);
    let mut out = String::new();
    let title = format!("{} · {}", record.query, set.name(&cell.id));
    for line in wrap(&title, width, 2) {
        out += &(paint.tone(Tone::Strong, &line) + "\n");
    }
    let filter = record.filter.as_ref().filter(|f| !f.is_empty());
    let asked = [
        Some(record.text.clone()),
        filter.map(|f| format!("only {}", filter::words(f))),
    ];
    for text in asked.into_iter().flatten().filter(|t| !t.is_empty()) {
        out += &indented(&text, width);
    }
    out.push('\n');
    out += &side_by_side(&lists, width, paint);
    let losses = evaluation.losses.get(&cell.id);
    let way = losses.and_then(|l| Some((l, l.queries.get(&record.query)?)));
    for (stage, hits) in parts {
        out += &fused(cell, stage, hits, way.map(|w| w.1), width, paint);
    }
    if let Some((losses, way)) = way {
        out += &values(cell, losses, way, width, paint);
        for doc in &way.docs {
            let line = format!("{} (grade {})  {}", doc.doc, doc.grade, path(doc));
            out += &indented(&line, width);
            for line in wrap(&sentence(cell, losses, Some(doc)), width - 6, 0) {
                out += &format!("      {}\n", paint.tone(Tone::Dim, &line));
            }
        }
        if way.docs.is_empty() {
            out += &indented(&sentence(cell, losses, None), width);
        }
        let steps: Vec<String> = (0..losses.points.len()).map(|i| step(cell, losses, i)).collect();
        if !way.docs.is_empty() && steps.len() > 1 {
            out += &indented(&format!("Ranks after: {}.", steps.join(" → ")), width);
        }
    }
    out
}

fn indented(text: &str, width: usize) -> String {
    let lines = wrap(text, width - 2, 2).into_iter();
    lines.map(|l| format!("  {l}\n")).collect()
}

/// The lists in as many columns as fit, those that do not fit below.
fn side_by_side(lists: &[List], width: usize, paint: Paint) -> String {
    let fit = (width / (LEAST + 2)).clamp(1, lists.len().max(1));
    let room = (width - 2 - 2 * (fit - 1)) / fit;
    let mut out = String::new();
    for lists in lists.chunks(fit) {
        let columns: Vec<Vec<(String, Tone)>> = lists.iter().map(|l| column(l, room)).collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or(0);
        let mut grid = Grid::new(height);
        for (list, column) in lists.iter().zip(&columns) {
            let cells = (0..height).map(|i| {
                let (text, tone) = column.get(i)?;
                Some(grid::Cell::toned(text.clone(), *tone))
            });
            let heading = cut(
                &format!("{}, {}, {} found", list.stage, list.path, list.found),
                room,
            );
            grid.column(&heading, Align::Left, 0, cells);
        }
        for line in grid.lines(width - 2, paint) {
            out += &format!("  {line}\n");
        }
        out.push('\n');
    }
    out
}

/// One list as lines of at most `room` columns.
fn column(list: &List, room: usize) -> Vec<(String, Tone)> {
    let mut lines = Vec::new();
    let mut last = 0;
    let is_shown = |row: &&Row| row.rank <= ROWS || matches!(row.mark.class, "target" | "relevant");
    for row in list.rows.iter().filter(is_shown) {
        if row.rank > last + 1 {
            lines.push(("  ⋮".to_owned(), Tone::Dim));
        }
        last = row.rank;
        let star = match row.mark.class {
            "target" => "★",
            "relevant" => "+",
            _ => " ",
        };
        let name = match row.title.is_empty() {
            true => &row.doc,
            false => &row.title,
        };
        let tone = match star {
            " " => Tone::None,
            _ => Tone::Good,
        };
        // Cutting folds blanks, so the rank is put in front afterwards.
        let head = format!("{:>3} {star} ", row.rank);
        lines.push((head + &cut(name, room.saturating_sub(6)), tone));
    }
    if lines.is_empty() {
        lines.push(("nothing found".to_owned(), Tone::Dim));
    }
    lines
}

/// What each branch contributed to the first hits of a fusion and to its relevant ones.
fn fused(
    cell: &Cell,
    stage: &str,
    hits: &[FusedHit],
    way: Option<&QueryLosses>,
    width: usize,
    paint: Paint,
) -> String {
    let Some(StageKind::Fuse(fuse)) = cell.pipeline.stage(stage).map(|s| &s.kind) else {
        return String::new();
    };
    let is_relevant = |doc: &str| way.is_some_and(|w| w.docs.iter().any(|d| d.doc == doc));
    let shown = hits.iter().enumerate();
    let shown: Vec<(usize, &FusedHit)> = shown.filter(|(i, h)| *i < PARTS || is_relevant(&h.doc)).collect();
    let mut grid = Grid::new(shown.len());
    let text = |s: String| Some(grid::Cell::toned(s, Tone::None));
    let heads = shown.iter().map(|(i, h)| text(format!("#{} {}", i + 1, h.doc)));
    grid.column(&format!("fused by {stage}"), Align::Left, 0, heads);
    grid.settings_end();
    for (b, branch) in fuse.of.iter().enumerate() {
        let column = shown.iter().map(|(_, h)| text(number::score(h.parts[b] as f32)));
        grid.column(&format!("from {branch}"), Align::Number, 1 + b, column);
    }
    grid.fit(width - 2);
    let lines = grid.lines(width - 2, paint).into_iter();
    lines.map(|l| format!("  {l}\n")).collect::<String>() + "\n"
}

/// The measure's value after every step.
fn values(
    cell: &Cell,
    losses: &crate::evaluate::losses::Losses,
    way: &QueryLosses,
    width: usize,
    paint: Paint,
) -> String {
    let value = |(i, value): (usize, &Option<f64>)| {
        format!("{} {}", step(cell, losses, i), number::measure_or(*value))
    };
    let values: Vec<String> = way.values.iter().enumerate().map(value).collect();
    let text = format!("{}: {}", losses.measure, values.join(" → "));
    let lines = wrap(&text, width - 2, 2).into_iter();
    lines
        .map(|l| format!("  {}\n", paint.tone(Tone::Strong, &l)))
        .collect()
}
