//! The table that a run prints: one per data set, gates, findings, and the result in words.

mod grid;
mod losses;
pub(super) mod paint;
mod query;
mod trend;

use std::collections::BTreeMap;

use crate::evaluate::Evaluation;
use crate::plan::{Plan, TiePolicy};
use crate::store::Severity;

use super::view::baseline::{BaselineView, baseline};
use super::view::board::{Board, Row};
use super::view::certainty::footnote;
use super::view::findings::{Found, findings, without_numbers};
use super::view::gates::{GateRow, gates};
use super::view::judgement::Judgement;
use super::view::number;
use super::view::set::Set;
use super::view::text::{count, listed};
use super::view::ties;
use super::view::verdict::{Verdict, verdict};
use grid::{Align, Cell, Grid};
use paint::{Paint, Tone, wrap};

pub use losses::losses;
pub use query::query;
pub use trend::trend;

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    Plain,
    /// ANSI colours beside the words and glyphs, never instead of them.
    Colour,
}

/// More rows than this scroll the result away; the page has them all.
const MOST_ROWS: usize = 30;
/// Cells that are shown beside the baseline; the page has them all.
const MOST_CHANGES: usize = 10;
/// Width of the left margin under which sections are set.
const MARGIN: usize = 9;

/// Everything a terminal shows of an evaluation. No line is wider than `width` columns (at least 40), so nothing wraps;
/// columns that do not fit are left out, and named. Under `strict` a gate that cannot be decided has failed.
pub fn table(evaluation: &Evaluation, width: usize, style: Style, strict: bool) -> String {
    let width = width.max(40);
    let paint = Paint::new(style);
    let sets = Set::all(evaluation);
    let mut out = String::new();
    for set in &sets {
        out += &board(&evaluation.plan, &Board::of(set), width, paint);
        if let Some(footnote) = footnote(evaluation, set) {
            out += &note(&footnote, width, paint);
        }
        out.push('\n');
    }
    if let Some(view) = baseline(evaluation, &sets) {
        section(&mut out, "Baseline", against(&view, width, paint).into_iter());
    }
    let rows = gates(evaluation, &sets);
    section(&mut out, "Gates", rows.iter().map(|g| gate(g, width, paint)));
    let found = without_numbers(&sets).into_iter().chain(findings(&sets));
    section(&mut out, "Findings", found.map(|f| finding(&f, width, paint)));
    section(
        &mut out,
        "Result",
        result(&verdict(evaluation, &sets).held(evaluation, strict), width, paint).into_iter(),
    );
    out
}

/// What each cell is called: id → name.
pub fn names(evaluation: &Evaluation) -> BTreeMap<String, String> {
    let sets = Set::all(evaluation);
    let cells = sets
        .iter()
        .flat_map(|s| s.cells.iter().map(move |c| (s, &c.cell.id)));
    cells
        .map(|(set, id)| (id.clone(), set.name(id).to_owned()))
        .collect()
}

/// Entries under a heading in the margin; nothing for no entries.
fn section(out: &mut String, heading: &str, entries: impl Iterator<Item = Vec<String>>) {
    let mut first = true;
    for line in entries.flatten() {
        let margin = if first { heading } else { "" };
        first = false;
        *out += format!("{margin:<MARGIN$}{line}").trim_end();
        out.push('\n');
    }
    if !first {
        out.push('\n');
    }
}

fn board(plan: &Plan, board: &Board, width: usize, paint: Paint) -> String {
    let reference = board
        .reference
        .as_ref()
        .map_or_else(|| "no reference".to_owned(), |r| format!("reference: {r}"));
    let queries = count(board.queries, "query", "queries");
    let title = format!(
        "{} · data {} · {queries} · {reference}",
        plan.experiment, board.data
    );
    let mut out = String::new();
    for (i, line) in wrap(&title, width, 2).into_iter().enumerate() {
        out += &if i == 0 {
            paint.tone(Tone::Strong, &line)
        } else {
            line
        };
        out.push('\n');
    }
    if !board.fixed.is_empty() {
        out += &note(&format!("fixed: {}", board.fixed.join(" · ")), width, paint);
    }
    out.push('\n');
    let mut grid = grid_of(board);
    let dropped = grid.fit(width - 2);
    for line in grid.lines(width - 2, paint) {
        out += &format!("  {line}\n");
    }
    for text in notes(board, plan.measure.tie, &dropped) {
        out += &note(&text, width, paint);
    }
    out
}

/// Small print below a table.
fn note(text: &str, width: usize, paint: Paint) -> String {
    let lines = wrap(text, width - 2, 2).into_iter();
    lines
        .map(|line| format!("  {}\n", paint.tone(Tone::Dim, &line)))
        .collect()
}

fn notes(board: &Board, tie: TiePolicy, dropped: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    let rest = board.rows.iter().skip(MOST_ROWS);
    let hidden = rest.clone().count();
    if hidden > 0 {
        let without = rest.filter(|r| r.numbers.is_err()).count();
        let of_them = if without > 0 {
            format!(", {without} of them without numbers")
        } else {
            String::new()
        };
        notes.push(format!(
            "{} in the report{of_them}",
            count(hidden, "more row is", "more rows are")
        ));
    }
    let used: Vec<String> = [
        Judgement::Better,
        Judgement::Worse,
        Judgement::Unclear,
        Judgement::Equal,
        Judgement::TooFew,
        Judgement::NoInterval,
    ]
    .into_iter()
    .filter(|j| board.rows.iter().any(|r| judgement(r) == Some(*j)))
    .map(|j| format!("{} {}", j.glyph(), j.word()))
    .collect();
    let glyphs = Some(used.join(", ")).filter(|glyphs| !glyphs.is_empty());
    let legend: Vec<String> = glyphs.into_iter().chain([ties::policy(tie).to_owned()]).collect();
    notes.push(legend.join("; "));
    notes.extend(board.ties.clone());
    notes.extend(board.tuned.iter().cloned());
    if !board.too_few.is_empty() {
        notes.push(format!("too few samples for {}", listed(&board.too_few, 6)));
    }
    if !dropped.is_empty() {
        notes.push(format!("not shown at this width: {}", dropped.join(", ")));
    }
    notes
}

fn judgement(row: &Row) -> Option<Judgement> {
    Some(row.numbers.as_ref().ok()?.delta.as_ref()?.judgement)
}

/// Columns from left to right, each with the order in which it is given up when room is short.
fn grid_of(board: &Board) -> Grid {
    let rows: Vec<&Row> = board.rows.iter().take(MOST_ROWS).collect();
    let mut grid = Grid::new(rows.len());
    grid.column("", Align::Left, 0, rows.iter().map(|r| mark(r)));
    for (i, heading) in board.settings.iter().enumerate() {
        grid.column(
            heading,
            Align::Left,
            0,
            rows.iter().map(|r| Some(r.settings[i].as_str().into())),
        );
    }
    if board.settings.is_empty() {
        grid.column(
            "cell",
            Align::Left,
            0,
            rows.iter().map(|r| Some(r.name.as_str().into())),
        );
    }
    grid.settings_end();
    let figures = || rows.iter().map(|r| r.numbers.as_ref().ok());
    if let Some(headline) = &board.headline {
        grid.column(
            headline,
            Align::Number,
            0,
            figures().map(|f| Some(f?.headline.as_str().into())),
        );
    }
    if board.reference.is_some() {
        grid.column("Δ vs reference", Align::Left, 1, rows.iter().map(|r| delta(r)));
        let wins = figures().map(|f| Some(f?.delta.as_ref()?.wins_ties_losses.as_str().into()));
        grid.column("W/T/L", Align::Number, 4, wins);
    }
    // Columns are given up from the right, p95 and the differences last. Further measures go from the right; times stay longer; the index goes first.
    for (i, heading) in board.measures.iter().enumerate() {
        let column = figures().map(|f| Some(f?.measures[i].as_str().into()));
        grid.column(heading, Align::Number, 10 + i, column);
    }
    for (i, heading) in board.percentiles.iter().enumerate() {
        let column = figures().map(|f| Some(f?.percentiles[i].as_str().into()));
        let give_up = if heading == "p95" { 2 } else { 3 + 4 * i };
        grid.column(&format!("{heading} ms"), Align::Number, give_up, column);
    }
    let index = figures().map(|f| Some(f?.index.as_str().into()));
    grid.column(&format!("index {}", board.index_unit), Align::Number, 100, index);
    for (i, row) in rows.iter().enumerate() {
        if let Err(missing) = &row.numbers {
            grid.instead(
                i,
                Cell::toned(format!("{}: {}", missing.state, missing.reason), Tone::Warn),
            );
        }
    }
    grid
}

/// Points from a row to its findings below.
fn mark(row: &Row) -> Option<Cell> {
    match row.severity? {
        Severity::Note => None,
        Severity::Warning => Some(Cell::toned("!".to_owned(), Tone::Warn)),
        Severity::Invalid => Some(Cell::toned("✗".to_owned(), Tone::Bad)),
    }
}

fn delta(row: &Row) -> Option<Cell> {
    if row.is_reference {
        return Some("reference".into());
    }
    let delta = row.numbers.as_ref().ok()?.delta.as_ref()?;
    let interval = if delta.interval.is_empty() {
        String::new()
    } else {
        format!(" {}", delta.interval)
    };
    let tone = match delta.judgement {
        Judgement::Better => Tone::Good,
        Judgement::Worse => Tone::Bad,
        Judgement::Unclear | Judgement::Equal | Judgement::TooFew | Judgement::NoInterval => Tone::None,
    };
    Some(Cell::toned(
        format!("{:>6}{interval} {}", delta.mean, delta.judgement.glyph()),
        tone,
    ))
}

/// Which run, what compares, and what became better or worse.
fn against(view: &BaselineView, width: usize, paint: Paint) -> Vec<Vec<String>> {
    let mut entries = vec![marked("·", &view.title, Tone::None, width, paint)];
    for (care, fact) in &view.facts {
        let (glyph, tone) = if *care {
            ("!", Tone::Warn)
        } else {
            ("✓", Tone::Good)
        };
        entries.push(marked(glyph, fact, tone, width, paint));
    }
    let lines = view.lines(MOST_CHANGES);
    entries.extend(
        lines
            .iter()
            .map(|line| marked(" ", line, Tone::None, width, paint)),
    );
    entries
}

fn gate(gate: &GateRow, width: usize, paint: Paint) -> Vec<String> {
    let scope = if gate.scope == "all cells" {
        String::new()
    } else {
        format!(" where {}", gate.scope)
    };
    let warn = if gate.warns { " (warns only)" } else { "" };
    let seen: Vec<String> = (gate.worst.iter().chain(&gate.not_held).chain(&gate.reasons))
        .cloned()
        .collect();
    let seen = if seen.is_empty() {
        String::new()
    } else {
        format!("; {}", some(&seen))
    };
    let margin = gate
        .margin
        .as_ref()
        .map_or_else(String::new, |m| format!("; margin {m}"));
    let text = format!(
        "{}{scope}{warn}: {}{seen}{margin} – spec line {}",
        gate.that, gate.counts, gate.line
    );
    let tone = match gate.class() {
        "good" => Tone::Good,
        "bad" => Tone::Bad,
        _ => Tone::Warn,
    };
    marked(gate.glyph(), &text, tone, width, paint)
}

fn finding(found: &Found, width: usize, paint: Paint) -> Vec<String> {
    let tone = match found.severity {
        Severity::Note => Tone::None,
        Severity::Warning => Tone::Warn,
        Severity::Invalid => Tone::Bad,
    };
    let text = format!("{}: {} ({})", found.check, found.message, listed(&found.cells, 3));
    marked(found.glyph(), &text, tone, width, paint)
}

fn result(verdict: &Verdict, width: usize, paint: Paint) -> Vec<Vec<String>> {
    let status = verdict.status;
    let tone = match status.class() {
        "good" => Tone::Good,
        "bad" => Tone::Bad,
        "warn" => Tone::Warn,
        _ => Tone::None,
    };
    let lead = format!("{}. {}", status.word(), verdict.overall.join(" "));
    let mut entries = vec![marked(status.glyph(), &lead, tone, width, paint)];
    for sentence in verdict.answers.iter().chain(&verdict.cautions) {
        entries.push(
            wrap(sentence, width - MARGIN - 2, 0)
                .into_iter()
                .map(|l| format!("  {l}"))
                .collect(),
        );
    }
    entries
}

/// The first few, and how many more.
fn some(items: &[String]) -> String {
    let shown = items[..items.len().min(4)].join("; ");
    if items.len() > 4 {
        format!("{shown}; {} more", items.len() - 4)
    } else {
        shown
    }
}

/// A glyph in the margin of a wrapped text.
fn marked(glyph: &str, text: &str, tone: Tone, width: usize, paint: Paint) -> Vec<String> {
    let lines = wrap(text, width - MARGIN - 2, 0);
    let mark = |(i, line): (usize, String)| {
        if i == 0 {
            format!("{} {line}", paint.tone(tone, glyph))
        } else {
            format!("  {line}")
        }
    };
    lines.into_iter().enumerate().map(mark).collect()
}

/// On a terminal a blank is as wide as a digit and as a point.
const BLANK: char = ' ';

/// Aligns a column's decimal points with blanks.
fn align(entries: &mut [Option<Cell>]) {
    number::align_points(entries.iter_mut().flatten().map(Cell::text_mut), BLANK, BLANK);
}

#[cfg(test)]
mod tests;
