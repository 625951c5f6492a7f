//! Tables of at most 80 columns for lists: numbers to the right, everything else to the left.

use unicode_width::UnicodeWidthStr;

/// What every terminal has.
const WIDTH: usize = 80;
/// Blanks between columns.
const GAP: usize = 2;

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// What becomes of a text in the last column that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Long {
    /// It ends in `…`.
    Cut,
    /// It goes on in the next line.
    Wrapped,
}

/// A table under its headings.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    sides: [Side; N],
    long: Long,
    rows: Vec<[String; N]>,
    /// Lines below a row.
    notes: Vec<(usize, String)>,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(columns: [(&str, Side); N], long: Long) -> Self {
        Self {
            sides: columns.map(|(_, side)| side),
            long,
            rows: vec![columns.map(|(name, _)| name.to_owned())],
            notes: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// A line below the last row, indented.
    pub(super) fn note(&mut self, text: String) {
        self.notes.push((self.rows.len(), text));
    }

    /// Headings, a rule, rows.
    pub(super) fn text(&self) -> String {
        let widths = self.widths();
        let mut text = String::new();
        for (at, row) in self.rows.iter().enumerate() {
            text += &self.lines(row, &widths);
            if at == 0 {
                text += &"─".repeat(WIDTH);
                text.push('\n');
            }
            for (_, note) in self.notes.iter().filter(|(after, _)| *after == at + 1) {
                for line in wrap(note, WIDTH - 4) {
                    text += &format!("    {line}\n");
                }
            }
        }
        text
    }

    /// Of every column but the last, which takes what is left. No other column may leave it less than it needs to be read.
    fn widths(&self) -> Vec<usize> {
        let widest = |column: usize| self.rows.iter().map(|row| row[column].width()).max();
        let mut widths: Vec<usize> = (0..N - 1).map(|column| widest(column).unwrap_or(0)).collect();
        let last = widest(N - 1).unwrap_or(0).min(8);
        while widths.iter().map(|w| w + GAP).sum::<usize>() + last > WIDTH {
            let Some(most) = widths.iter_mut().max() else {
                break;
            };
            *most -= 1;
        }
        widths
    }

    fn lines(&self, row: &[String; N], widths: &[usize]) -> String {
        let used: usize = widths.iter().map(|w| w + GAP).sum();
        let mut line = String::new();
        for (column, width) in widths.iter().enumerate() {
            let cell = cut(&row[column], *width);
            let pad = " ".repeat(width - cell.width());
            line += &match self.sides[column] {
                Side::Left => format!("{cell}{pad}  "),
                Side::Right => format!("{pad}{cell}  "),
            };
        }
        let last = match self.long {
            Long::Cut => vec![cut(&row[N - 1], WIDTH - used)],
            Long::Wrapped => wrap(&row[N - 1], WIDTH - used),
        };
        let mut text = String::new();
        for piece in last {
            text += format!("{line}{piece}").trim_end();
            text.push('\n');
            line = " ".repeat(used);
        }
        text
    }
}

/// A text of at most `room` columns; one that is cut ends in `…`.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if out.width() > room.saturating_sub(1) {
            out.pop();
            break;
        }
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// Lines of at most `room` columns, broken between words.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a last line");
        if line.is_empty() {
            *line = cut(word, room);
        } else if line.width() + 1 + word.width() <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(cut(word, room));
        }
    }
    lines
}

/// `2.8 MB`, in powers of 1000 as publishers count.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..100_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        100_000_000..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_80_columns() {
        let columns = [("name", Side::Left), ("n", Side::Right), ("text", Side::Left)];
        for long in [Long::Cut, Long::Wrapped] {
            let mut table = Table::new(columns, long);
            table.row(["a".repeat(100), "7".to_owned(), "word ".repeat(40)]);
            table.note("note ".repeat(30));
            let text = table.text();
            assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut_or_goes_on_below_its_beginning() {
        let columns = [("key", Side::Left), ("meaning", Side::Left)];
        let table = |long| {
            let mut table = Table::new(columns, long);
            table.row(["k".to_owned(), "車輪 ".repeat(20)]);
            table
                .text()
                .lines()
                .skip(2)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(table(Long::Cut).len(), 1);
        assert!(table(Long::Cut)[0].ends_with("車輪…"));
        let wrapped = table(Long::Wrapped);
        assert_eq!(wrapped.len(), 2);
        assert!(wrapped[0].starts_with("k    車輪") && wrapped[1].starts_with("     車輪"));
    }
}
