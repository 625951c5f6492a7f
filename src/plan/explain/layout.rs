//! Text in columns: wrapping, named entries, tables.

use unicode_width::UnicodeWidthStr;

/// Widest line, unless a single word is wider.
const WIDTH: usize = 80;
/// A blank at which a line is not broken.
const UNBROKEN: &str = "\u{a0}";
/// Where the text of an entry begins.
const COLUMN: usize = 16;

/// `text` in lines of at most [`WIDTH`] columns, the first behind `first`, the others behind `rest`.
pub(super) fn wrapped(first: &str, rest: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split([' ', '\n']).filter(|w| !w.is_empty()) {
        if !empty && line.width() + 1 + word.width() > WIDTH {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line = rest.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push_str(line.trim_end());
    lines.push('\n');
    lines.replace(UNBROKEN, " ")
}

/// A named entry; nothing at all when there is no text.
pub(super) fn entry(name: &str, text: &str) -> String {
    match text {
        "" => String::new(),
        text => wrapped(&padded(&format!("  {name}"), COLUMN), &" ".repeat(COLUMN), text),
    }
}

/// A line of an addition: what, how many, why.
pub(super) fn summand(name: &str, number: &str, why: &str) -> String {
    let first = format!("{}{number:>5}  ", padded(&format!("  {name}"), COLUMN));
    wrapped(&first, &" ".repeat(first.width()), why)
}

/// Things with a dot between them. Lines break at the dots, and inside a thing only if it is longer than a line.
pub(super) fn pairs(things: impl IntoIterator<Item = String>) -> String {
    let whole = |thing: String| match thing.width() + COLUMN < WIDTH {
        true => thing.replace(' ', UNBROKEN),
        false => thing,
    };
    things.into_iter().map(whole).collect::<Vec<_>>().join(" · ")
}

fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// Rows in columns. A table that is too wide for [`WIDTH`] becomes one wrapped line per row, `head=value`.
pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let columns = rows.first().map_or(head.len(), Vec::len);
    let width = |i: usize| {
        let cells = rows.iter().map(|row| row[i].width());
        cells.chain(head.get(i).map(|h| h.width())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    if widths.iter().sum::<usize>() + 2 * columns > WIDTH {
        return rows
            .iter()
            .map(|row| wrapped("  ", "    ", &named(head, row)))
            .collect();
    }
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(c, w)| padded(c, *w)).collect();
        format!("  {}\n", padded.join("  ").trim_end())
    };
    let head: Vec<String> = head.iter().map(|h| (*h).to_owned()).collect();
    let head = (!head.is_empty()).then_some(&head);
    head.into_iter().chain(&rows).map(|row| line(row)).collect()
}

fn named(head: &[&str], row: &[String]) -> String {
    let name = |(i, value): (usize, &String)| match head.get(i) {
        // The first two columns say what they are by their look.
        Some(head) if i > 1 => (value != "–").then(|| format!("{head}={value}")),
        _ => Some(value.clone()),
    };
    row.iter()
        .enumerate()
        .filter_map(name)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_and_indented() {
        let text = "word ".repeat(20);
        let lines = wrapped("- ", "  ", &text);
        let expected = format!("- {}\n  {}\n", ["word"; 15].join(" "), ["word"; 5].join(" "));
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_table_aligns_by_what_is_seen() {
        let rows = vec![
            vec!["ä".to_owned(), "1".to_owned()],
            vec!["bcd".to_owned(), "2".to_owned()],
        ];
        assert_eq!(table(&["x", "y"], rows), "  x    y\n  ä    1\n  bcd  2\n");
    }

    #[test]
    fn a_table_that_is_too_wide_becomes_lines() {
        let wide = "w".repeat(70);
        let rows = vec![vec![
            "id".to_owned(),
            "b1".to_owned(),
            wide.clone(),
            "–".to_owned(),
        ]];
        let text = table(&["cell", "build", "name", "ef"], rows);
        assert_eq!(text, format!("  id b1\n    name={wide}\n"));
    }
}
