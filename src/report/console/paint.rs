//! Colour, width and line breaks of a terminal.

use unicode_width::UnicodeWidthStr;

use super::Style;
use crate::report::view::text::visible;

/// What a piece of text means; colour repeats it, glyph and word say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Tone {
    None,
    Strong,
    Dim,
    Good,
    Warn,
    Bad,
}

/// Colours text, or leaves it.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Paint(Style);

impl Paint {
    pub(in crate::report) fn new(style: Style) -> Paint {
        Paint(style)
    }

    /// The text in a tone. The text is neutral already, so the only escape sequences of the output come from here.
    pub(in crate::report) fn tone(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::None => None,
            Tone::Strong => Some("1"),
            Tone::Dim => Some("2"),
            Tone::Good => Some("32"),
            Tone::Warn => Some("33"),
            Tone::Bad => Some("31"),
        };
        match (self.0, code) {
            (Style::Colour, Some(code)) if !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }
}

/// Columns a text takes.
pub(in crate::report) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Cut to `most` columns, the last of them `…` if anything was cut; one line, nothing hidden.
pub(in crate::report) fn cut(text: &str, most: usize) -> String {
    let text = one_line(text);
    if width(&text) <= most {
        return text;
    }
    let mut kept = String::new();
    for c in text.chars() {
        let longer = format!("{kept}{c}");
        if width(&longer) >= most {
            break;
        }
        kept = longer;
    }
    format!("{}…", kept.trim_end())
}

/// Neutral text on one line.
pub(in crate::report) fn one_line(text: &str) -> String {
    let text = visible(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lines of at most `most` columns; those after the first are indented. A word wider than a line is cut into pieces.
pub(in crate::report) fn wrap(text: &str, most: usize, indent: usize) -> Vec<String> {
    let text = one_line(text);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let room = |lines: &[String]| if lines.is_empty() { most } else { most - indent };
    for word in text.split(' ') {
        for piece in pieces(word, most - indent) {
            let gap = usize::from(!line.is_empty());
            if gap == 1 && width(&line) + 1 + width(&piece) > room(&lines) {
                lines.push(std::mem::take(&mut line));
            } else if gap == 1 {
                line.push(' ');
            }
            line += &piece;
        }
    }
    lines.push(line);
    let indented = |(i, line): (usize, String)| {
        if i == 0 {
            line
        } else {
            format!("{}{line}", " ".repeat(indent))
        }
    };
    lines.into_iter().enumerate().map(indented).collect()
}

fn pieces(word: &str, most: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let last = pieces.last_mut().expect("there is always a last piece");
        let longer = format!("{last}{c}");
        if width(&longer) > most {
            pieces.push(c.to_string())
        } else {
            *last = longer
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_long_words_break_inside() {
        assert_eq!(wrap("one two three four", 9, 2), ["one two", "  three", "  four"]);
        assert_eq!(wrap("abcdefghij kl", 4, 0), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("", 10, 2), [""]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(width("車輪"), 4);
        assert_eq!(cut("車輪速度", 5), "車輪…");
        assert_eq!(cut("abc", 3), "abc");
    }

    #[test]
    fn a_text_cannot_bring_its_own_escape_sequences() {
        assert_eq!(cut("\u{1b}[31mred", 20), "␛[31mred");
        assert_eq!(Paint::new(Style::Plain).tone(Tone::Bad, "x"), "x");
        assert_eq!(
            Paint::new(Style::Colour).tone(Tone::Bad, "x"),
            "\u{1b}[31mx\u{1b}[0m"
        );
    }
}
