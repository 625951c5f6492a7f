//! Where a value stands in the text it was read from.

/// A stretch of a spec's text, in bytes from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The place of a value that was not read from the text, for instance one from the command line.
    pub const UNKNOWN: Span = Span {
        start: usize::MAX,
        end: usize::MAX,
    };

    /// False for [`Span::UNKNOWN`].
    pub fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }

    /// This place, or `other` when this one is unknown.
    pub fn or(self, other: Span) -> Span {
        if self.is_known() { self } else { other }
    }

    /// The place as something that can be pointed at in `text`.
    ///
    /// A map or list is located by its first character, or by nothing at all in block style. What a reader wants to
    /// see underlined is the first word of a map, and a list as a whole, if it ends on its line.
    pub fn pointed(self, text: &str) -> Span {
        let len = text.len();
        let (start, end) = (self.start.min(len), self.end.min(len));
        match &text[start..end] {
            "" | "{" => {}
            "[" => {
                let end = list_end(&text[start..]).map_or(end, |length| start + length);
                return Span { start, end };
            }
            _ => return Span { start, end },
        }
        let skip = |c: char| c.is_whitespace() || matches!(c, '{' | '-');
        let Some(first) = text[start..].find(|c| !skip(c)) else {
            return Span { start, end };
        };
        let word = start + first;
        if text[word..].starts_with('}') {
            return Span { start, end: word + 1 };
        }
        let stop = |c: char| c.is_whitespace() || matches!(c, ':' | ',' | '}' | ']' | '#');
        let length = text[word..].find(stop).unwrap_or(len - word);
        Span {
            start: word,
            end: word + length,
        }
    }

    /// The place of `part` inside this place, or all of it when `part` does not stand there as it is.
    pub fn of(self, part: &str, text: &str) -> Span {
        let Some(start) = text.get(self.start..self.end).and_then(|whole| whole.find(part)) else {
            return self;
        };
        Span {
            start: self.start + start,
            end: self.start + start + part.len(),
        }
    }

    /// The line the place starts on, from 1; 1 for an unknown place.
    pub fn line(self, text: &str) -> usize {
        self.line_and_column(text).0
    }

    /// The line and the column (in characters) the place starts at, both from 1.
    pub fn line_and_column(self, text: &str) -> (usize, usize) {
        if !self.is_known() {
            return (1, 1);
        }
        let before = &text[..self.start.min(text.len())];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }
}

/// The length of a list in brackets that `text` starts with, if it ends on the same line.
fn list_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, c) in text.char_indices().take_while(|(_, c)| *c != '\n') {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return Some(i + 1),
            ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place; with an alias, the place of the anchored text.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    #[test]
    fn a_map_is_pointed_at_by_its_first_word() {
        let text = "a: { beir: x }\nb:\n  - dense: {}\n";
        assert_eq!(span(3, 4).pointed(text), span(5, 9));
        assert_eq!(span(17, 17).pointed(text), span(22, 27));
        assert_eq!(span(5, 9).pointed(text), span(5, 9), "a word is left as it is");
        assert_eq!(span(3, 4).pointed("a: {} # none"), span(3, 5));
    }

    #[test]
    fn a_list_is_pointed_at_as_a_whole_if_it_ends_on_its_line() {
        assert_eq!(span(3, 4).pointed("a: [[1, 2], 3] # x"), span(3, 14));
        assert_eq!(span(3, 4).pointed("a: [1,\n  2]"), span(3, 4));
    }

    #[test]
    fn an_end_of_file_can_be_pointed_at() {
        assert_eq!(span(9, 9).pointed("a:\n"), span(3, 3));
    }

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let text = "ä: 1\nöx: 2\n";
        assert_eq!(span(0, 2).line_and_column(text), (1, 1));
        assert_eq!(span(8, 9).line_and_column(text), (2, 2));
    }

    #[test]
    fn a_part_is_found_where_it_stands() {
        let text = "that: nDGC@10 >= 0.5";
        assert_eq!(span(6, 20).of("nDGC@10", text), span(6, 13));
        assert_eq!(span(6, 20).of("absent", text), span(6, 20));
    }
}
