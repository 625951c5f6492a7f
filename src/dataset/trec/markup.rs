//! TREC's markup, which is SGML without a definition: elements from a line of text, tags and texts in an element.
//!
//! Nothing is assumed of nesting: fields of topics are often not closed, and documents hold tags that are no tags.

use std::path::Path;

use super::fault::MarkupFault;
use crate::dataset::SourceFile;
use crate::dataset::lines::Lines;
use crate::dataset::problem::{DatasetError, Fault, Place, Problems};

/// A part of a marked-up text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece<'a> {
    /// `<name attributes>`, the name in lower case.
    Open(String, &'a str),
    /// `</name>`, in lower case.
    Close(String),
    /// What stands between two tags.
    Text(&'a str),
}

/// Cuts a text into tags and what stands between. Comments, declarations and instructions are dropped. A `<` that no
/// name follows is text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while let Some(at) = rest[from..].find('<').map(|at| at + from) {
        let Some((piece, length)) = tag(&rest[at..]) else {
            from = at + 1;
            continue;
        };
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        pieces.extend(piece);
        (rest, from) = (&rest[at + length..], 0);
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The tag at the start of `text` and its length; no piece for one that says nothing about the content.
fn tag(text: &str) -> Option<(Option<Piece<'_>>, usize)> {
    if text.starts_with("<!--") {
        return Some((None, text.find("-->")? + 3));
    }
    let (closes, named) = text[1..]
        .strip_prefix('/')
        .map_or((false, &text[1..]), |rest| (true, rest));
    let first = named
        .chars()
        .next()
        .filter(|&c| c.is_ascii_alphabetic() || "!?".contains(c))?;
    let (named, _) = named.split_once('>')?;
    let end = 1 + usize::from(closes) + named.len();
    let piece = match first {
        '!' | '?' => None,
        _ => {
            let cut = named
                .find(|c: char| c.is_whitespace() || c == '/')
                .unwrap_or(named.len());
            let (name, attributes) = named.split_at(cut);
            // A name with anything else in it is a comparison (`a <b, c> d`).
            if !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_:.".contains(c))
            {
                return None;
            }
            let name = name.to_ascii_lowercase();
            Some(if closes {
                Piece::Close(name)
            } else {
                Piece::Open(name, attributes)
            })
        }
    };
    Some((piece, end + 1))
}

/// The value of an attribute.
pub(super) fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        let (key, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| "\"'".contains(*c))?;
        let (value, after) = behind[1..].split_once(quote)?;
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

/// Appends a text to another: entities become characters, white space becomes one blank.
pub(super) fn append(to: &mut String, text: &str) {
    for word in text.split_whitespace() {
        if !to.is_empty() {
            to.push(' ');
        }
        unescape(to, word);
    }
}

/// Replaces the five entities of XML and those by number; others stay as they are.
fn unescape(to: &mut String, word: &str) {
    let mut rest = word;
    while let Some((before, from)) = rest.split_once('&') {
        to.push_str(before);
        let known = from
            .split_once(';')
            .and_then(|(name, after)| Some((entity(name)?, after)));
        if let Some((character, after)) = known {
            to.push(character);
            rest = after;
        } else {
            to.push('&');
            rest = from;
        }
    }
    to.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        name => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

/// Hands every element of one of `names` to `take`, with its attributes, its content and the line on which it begins.
/// `names` are in lower case. Only one element is held at a time.
///
/// # Errors
/// What makes the whole file unusable. Elements that are not closed, and text between them unless `between` allows
/// it, are problems.
pub(super) fn each(
    path: &Path,
    names: &'static [&'static str],
    between: bool,
    problems: &mut Problems,
    mut take: impl FnMut(Place, &str, &str) -> Result<(), Fault>,
) -> Result<SourceFile, DatasetError> {
    let mut scan = Scan {
        names,
        between,
        open: None,
    };
    let (mut found, mut own) = (0, Problems::default());
    let file = Lines::open(path)?.each_even_blank(problems, |number, line| {
        let place = Place::Line(number);
        scan.line(place, line, &mut |place, fault| match fault {
            Ok((attributes, content)) => {
                found += 1;
                if let Err(fault) = take(place, attributes, content) {
                    own.push(path, place, fault);
                }
            }
            Err(fault) => own.push(path, place, fault.into()),
        });
        Ok(())
    })?;
    if let Some(open) = scan.open {
        own.push(path, open.place, MarkupFault::Open(open.name).into());
    }
    problems.hidden += own.hidden;
    for problem in own.shown {
        problems.push(path, problem.place, problem.fault);
    }
    Ok(SourceFile { rows: found, ..file })
}

/// What a line of a file brings: the attributes and the content of an element that ends there, or a fault.
type Found<'a> = Result<(&'a str, &'a str), MarkupFault>;

struct Scan {
    names: &'static [&'static str],
    between: bool,
    open: Option<Open>,
}

/// An element that has begun.
struct Open {
    name: &'static str,
    place: Place,
    attributes: String,
    content: String,
}

impl Scan {
    fn line(&mut self, place: Place, line: &str, give: &mut dyn FnMut(Place, Found<'_>)) {
        for piece in pieces(line) {
            match (&mut self.open, &piece) {
                (Some(open), Piece::Close(name)) if name == open.name => {
                    give(open.place, Ok((&open.attributes, &open.content)));
                    self.open = None;
                }
                (open, Piece::Open(name, attributes)) if self.names.contains(&name.as_str()) => {
                    if let Some(unclosed) = open {
                        give(unclosed.place, Err(MarkupFault::Open(unclosed.name)));
                    }
                    let name = self.names.iter().find(|known| *known == name);
                    self.open = name.map(|name| Open {
                        name,
                        place,
                        attributes: (*attributes).to_owned(),
                        content: String::new(),
                    });
                }
                (Some(open), piece) => open.write(piece),
                (None, Piece::Text(text)) if !self.between && !text.trim().is_empty() => {
                    give(place, Err(MarkupFault::Outside(self.names[0])));
                }
                (None, _) => {}
            }
        }
        if let Some(open) = &mut self.open {
            open.content.push('\n');
        }
    }
}

impl Open {
    fn write(&mut self, piece: &Piece<'_>) {
        match piece {
            Piece::Text(text) => self.content.push_str(text),
            Piece::Open(name, attributes) => {
                self.content.push('<');
                self.content.push_str(name);
                self.content.push_str(attributes);
                self.content.push('>');
            }
            Piece::Close(name) => {
                self.content.push_str("</");
                self.content.push_str(name);
                self.content.push('>');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(marked: &str) -> String {
        let mut text = String::new();
        for piece in pieces(marked) {
            if let Piece::Text(part) = piece {
                append(&mut text, part);
            }
        }
        text
    }

    #[test]
    fn tags_have_names_and_what_has_none_is_text() {
        let open = |name: &str, attributes| Piece::Open(name.to_owned(), attributes);
        assert_eq!(
            pieces("<DOC id=\"1\"><!-- a > b -->x < y</DOC><?xml?><br/>"),
            [
                open("doc", " id=\"1\""),
                Piece::Text("x < y"),
                Piece::Close("doc".to_owned()),
                open("br", "/"),
            ]
        );
        assert_eq!(text("if a <b, c> d"), "if a <b, c> d");
        assert_eq!(text("a <b"), "a <b");
        assert_eq!(text("5 < 6 </p> 7 > 6"), "5 < 6 7 > 6");
    }

    #[test]
    fn entities_become_characters_and_white_space_one_blank() {
        assert_eq!(
            text("R&amp;D\n  &lt;b&gt; &#233;&#xE9; AT&T &copy; &amp;lt;"),
            "R&D <b> éé AT&T &copy; &lt;"
        );
    }

    #[test]
    fn attributes_have_quotes_of_either_kind() {
        let attributes = " type='single' number=\"12\" x=3";
        assert_eq!(attribute(attributes, "number"), Some("12"));
        assert_eq!(attribute(attributes, "TYPE"), Some("single"));
        assert_eq!(attribute(attributes, "x"), None);
        assert_eq!(attribute("", "number"), None);
    }
}
