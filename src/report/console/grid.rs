//! A table whose columns align and give way when the terminal is narrow.

use super::align;
use super::paint::{Paint, Tone, cut, one_line, width};

/// Blanks between columns.
const GAP: usize = 2;
/// Settings wider than this are cut before any column is given up.
const AMPLE: usize = 18;
/// No setting is cut below this.
const LEAST: usize = 6;

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Words, flush left.
    Left,
    /// Numbers, decimal points under each other, flush right.
    Number,
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub(super) fn toned(text: String, tone: Tone) -> Cell {
        Cell { text, tone }
    }

    pub(super) fn text_mut(&mut self) -> &mut String {
        &mut self.text
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell {
            text: one_line(text),
            tone: Tone::None,
        }
    }
}

#[derive(Debug)]
struct Column {
    heading: String,
    align: Align,
    /// 0 stays; the largest is given up first.
    give_up: usize,
    cells: Vec<Option<Cell>>,
    width: usize,
}

/// Rows and columns.
#[derive(Debug)]
pub(super) struct Grid {
    columns: Vec<Column>,
    /// Leading columns that a row without numbers still has.
    settings: usize,
    /// Text in the place of a row's numbers.
    instead: Vec<Option<Cell>>,
}

impl Grid {
    pub(super) fn new(rows: usize) -> Grid {
        Grid {
            columns: Vec::new(),
            settings: 0,
            instead: vec![None; rows],
        }
    }

    /// Adds a column. Columns in which no row has an entry are left out.
    pub(super) fn column(
        &mut self,
        heading: &str,
        align: Align,
        give_up: usize,
        cells: impl Iterator<Item = Option<Cell>>,
    ) {
        let mut cells: Vec<Option<Cell>> = cells.collect();
        if cells.iter().all(Option::is_none) {
            return;
        }
        if align == Align::Number {
            self::align(&mut cells);
        }
        let heading = one_line(heading);
        let widest = cells.iter().flatten().map(|c| width(&c.text)).max().unwrap_or(0);
        let width = widest.max(width(&heading));
        self.columns.push(Column {
            heading,
            align,
            give_up,
            cells,
            width,
        });
    }

    /// The columns so far are settings.
    pub(super) fn settings_end(&mut self) {
        self.settings = self.columns.len();
    }

    /// Puts a text in the place of a row's numbers.
    pub(super) fn instead(&mut self, row: usize, cell: Cell) {
        self.instead[row] = Some(cell);
    }

    /// Shortens long settings, then gives up columns, then shortens all settings, until the table is at most `most`
    /// wide; returns the headings of what was given up, in table order.
    pub(super) fn fit(&mut self, most: usize) -> Vec<String> {
        self.shorten_settings(most, AMPLE);
        let mut dropped: Vec<(usize, String)> = Vec::new();
        let order: Vec<String> = self.columns.iter().map(|c| c.heading.clone()).collect();
        while self.width() > most {
            let candidates = self.columns.iter().enumerate().filter(|(_, c)| c.give_up > 0);
            let Some((at, _)) = candidates.max_by_key(|(_, c)| c.give_up) else {
                break;
            };
            let column = self.columns.remove(at);
            let place = order.iter().position(|h| *h == column.heading).unwrap_or(0);
            dropped.push((place, column.heading));
        }
        self.shorten_settings(most, LEAST);
        dropped.sort();
        dropped.into_iter().map(|(_, heading)| heading).collect()
    }

    fn shorten_settings(&mut self, most: usize, least: usize) {
        while self.width() > most {
            let settings = self.columns[..self.settings].iter_mut();
            match settings.max_by_key(|c| c.width).filter(|c| c.width > least) {
                Some(widest) => widest.width -= 1,
                None => break,
            }
        }
    }

    fn width(&self) -> usize {
        let columns: usize = self.columns.iter().map(|c| c.width).sum();
        columns + GAP * self.columns.len().saturating_sub(1)
    }

    /// Heading, rule and rows, each at most `most` wide.
    pub(super) fn lines(&self, most: usize, paint: Paint) -> Vec<String> {
        let heading: Vec<String> = self
            .columns
            .iter()
            .map(|c| place(&c.heading, c.width, c.align, Tone::Strong, paint))
            .collect();
        let mut lines = vec![
            join(&heading),
            paint.tone(Tone::Dim, &"─".repeat(self.width().min(most))),
        ];
        lines.extend((0..self.instead.len()).map(|row| self.line(row, most, paint)));
        lines
    }

    fn line(&self, row: usize, most: usize, paint: Paint) -> String {
        let entry = |c: &Column| match &c.cells[row] {
            Some(cell) => place(&cell.text, c.width, c.align, cell.tone, paint),
            None => " ".repeat(c.width),
        };
        let Some(instead) = &self.instead[row] else {
            return join(&self.columns.iter().map(entry).collect::<Vec<_>>());
        };
        let settings = &self.columns[..self.settings];
        let used: usize = settings.iter().map(|c| c.width + GAP).sum();
        let text = cut(&instead.text, most.saturating_sub(used));
        let mut entries: Vec<String> = settings.iter().map(entry).collect();
        entries.push(paint.tone(instead.tone, &text));
        join(&entries)
    }
}

fn join(entries: &[String]) -> String {
    entries.join(&" ".repeat(GAP)).trim_end().to_owned()
}

fn place(text: &str, columns: usize, align: Align, tone: Tone, paint: Paint) -> String {
    let text = cut_keeping_blanks(text, columns);
    let pad = " ".repeat(columns.saturating_sub(width(&text)));
    // Blanks stay outside of the colour, so that trailing ones can be trimmed.
    match align {
        Align::Left => format!("{}{pad}", paint.tone(tone, &text)),
        Align::Number => format!("{pad}{}", paint.tone(tone, &text)),
    }
}

/// Numbers are padded with blanks that must stay; only what is too wide is cut.
fn cut_keeping_blanks(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        text.to_owned()
    } else {
        cut(text, columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::console::Style;

    fn grid() -> Grid {
        let cells = |texts: [&str; 2]| texts.map(|t| Some(Cell::from(t))).into_iter();
        let mut grid = Grid::new(2);
        grid.column("pipeline", Align::Left, 0, cells(["dense", "reranked"]));
        grid.settings_end();
        grid.column("nDCG@10", Align::Number, 0, cells(["0.712", "–"]));
        grid.column("p50 ms", Align::Number, 1, cells(["4.12", "213"]));
        grid.column("index KiB", Align::Number, 2, cells(["312", "41.5"]));
        grid
    }

    fn print(grid: &Grid, most: usize) -> String {
        grid.lines(most, Paint::new(Style::Plain)).join("\n")
    }

    #[test]
    fn columns_align_at_their_points() {
        insta::assert_snapshot!(print(&grid(), 80), @"
        pipeline  nDCG@10  p50 ms  index KiB
        ────────────────────────────────────
        dense       0.712    4.12      312
        reranked        –  213          41.5
        ");
    }

    #[test]
    fn narrow_tables_give_up_columns_in_order_then_cut_settings() {
        let mut narrow = grid();
        assert_eq!(narrow.fit(28), ["index KiB"]);
        let mut narrower = grid();
        assert_eq!(narrower.fit(20), ["p50 ms", "index KiB"]);
        assert_eq!(narrower.fit(15), Vec::<String>::new());
        insta::assert_snapshot!(print(&narrower, 15), @"
        pipel…  nDCG@10
        ───────────────
        dense     0.712
        reran…        –
        ");
    }

    #[test]
    fn a_row_without_numbers_says_why_in_their_place() {
        let mut grid = grid();
        grid.instead(
            1,
            Cell::toned("failed: out of memory and more".into(), Tone::Warn),
        );
        insta::assert_snapshot!(print(&grid, 30), @"
        pipeline  nDCG@10  p50 ms  index KiB
        ──────────────────────────────
        dense       0.712    4.12      312
        reranked  failed: out of memo…
        ");
    }
}
