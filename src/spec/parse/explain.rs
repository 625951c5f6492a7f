//! What the YAML reader complains of, as diagnostics of ours.

use serde_saphyr::{Error, Location};

use super::span;
use crate::spec::suggest::instead;
use crate::spec::{Code, Diagnostic, Span};

/// As [`span`], also for places that the scanner gives only in characters.
fn span_in(at: Location, text: &str) -> Span {
    if at.line() == 0 {
        return Span::UNKNOWN;
    }
    span(at).unwrap_or_else(|| {
        let nth = usize::try_from(at.span().offset()).unwrap_or(usize::MAX);
        let start = text.char_indices().nth(nth).map_or(text.len(), |(i, _)| i);
        let end = text[start..]
            .chars()
            .next()
            .map_or(start, |c| start + c.len_utf8());
        Span { start, end }
    })
}

/// The first key of the spec: what comes before are comments.
fn first_key(text: &str) -> Span {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1));
    let is_key = |start: &usize| text[*start..].starts_with(|c: char| c.is_alphabetic());
    starts.into_iter().find(is_key).map_or(Span::UNKNOWN, |start| {
        let length = text[start..].find(':').unwrap_or(0);
        Span {
            start,
            end: start + length,
        }
    })
}

/// A place of one character, widened to the word that it begins.
fn word(at: Span, text: &str) -> Span {
    let stop = |c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']');
    let rest = text.get(at.start..).unwrap_or_default();
    Span {
        start: at.start,
        end: at.start + rest.find(stop).unwrap_or(rest.len()),
    }
}

/// What the reader says, as a diagnostic of ours.
pub(super) fn explain(error: &Error, text: &str) -> Diagnostic {
    if let Error::AliasError { error, locations, .. } = error {
        let inner = explain(error, text);
        let defined = span_in(locations.defined_location, text);
        let label = inner.primary.clone();
        let place = label.as_ref().map_or(defined, |l| l.span);
        return Diagnostic {
            primary: None,
            ..inner
        }
        .at(place, label.map_or(String::new(), |l| l.text))
        .also(span_in(locations.reference_location, text), "used here");
    }
    let at = error.location().map_or(Span::UNKNOWN, |l| span_in(l, text));
    structural(error, at, text).unwrap_or_else(|| syntax(error, at, text))
}

/// Mistakes of the spec's structure.
fn structural(error: &Error, at: Span, text: &str) -> Option<Diagnostic> {
    Some(match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let known = expected.iter().copied();
            let unknown = Diagnostic::new(Code::UnknownKey, format!("unknown key `{field}`"));
            let unknown = unknown.at(at, instead(field, known));
            match expected[..] {
                ["from", "then"] => unknown.help(PIPELINE),
                _ => unknown,
            }
        }
        Error::SerdeMissingField { field, .. } => {
            // The reader gives the last key of the map; of the whole spec the first one is clearer.
            let at = match at.line_and_column(text) {
                (_, 1) => first_key(text),
                _ => at,
            };
            Diagnostic::new(Code::MissingKey, format!("missing key `{field}`"))
                .at(at, format!("this map has no `{field}`"))
        }
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => {
            // The reader gives the key when the choice is written as its name alone.
            let rest = Span {
                start: at.start,
                end: text.len(),
            };
            let known = expected.iter().copied();
            Diagnostic::new(Code::UnknownChoice, format!("unknown choice `{variant}`"))
                .at(rest.of(variant, text), instead(variant, known))
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            Diagnostic::new(
                Code::DuplicateKey,
                format!("the key `{key}` stands twice in one map"),
            )
            .at(at, "the second one")
        }
        Error::UnknownAnchor { .. } => {
            Diagnostic::new(Code::UnknownAnchor, "alias to an anchor that does not exist")
                .at(word(at, text), "no `&name` of this name stands above")
        }
        Error::UnresolvedProperty { name, .. } => Diagnostic::new(
            Code::UnsetVariable,
            format!("the environment variable `{name}` is not set"),
        )
        .at(at, "")
        .help(format!("set it, or give a default: `${{{name}:-default}}`")),
        _ => return wrong_type(error, at, text),
    })
}

/// Values of the wrong type.
fn wrong_type(error: &Error, at: Span, text: &str) -> Option<Diagnostic> {
    let mut at = at;
    let mut found = found(at, text);
    let expected = match error {
        Error::InvalidScalar { ty, .. } => plain_type(ty),
        Error::Unexpected { expected, .. } => plain_type(expected),
        Error::SerdeInvalidType {
            unexpected, expected, ..
        }
        | Error::SerdeInvalidValue {
            unexpected, expected, ..
        } => {
            (at, found) = met(unexpected, at, text);
            plain_type(expected)
        }
        Error::SerdeInvalidLength { expected, .. } => plain_type(expected),
        Error::NullIntoString { .. } => "a text",
        Error::NonFiniteFloat { .. } => "a finite number",
        Error::UnexpectedValueForUnitEnumVariant { .. } => "the word alone, without settings",
        Error::InvalidBooleanStrict { .. } => "`true` or `false`",
        Error::Message { msg, .. } => return Some(Diagnostic::new(Code::WrongType, msg.clone()).at(at, "")),
        _ => return None,
    };
    let title = format!("expected {expected}, found {found}");
    let diagnostic = Diagnostic::new(Code::WrongType, title).at(at, "");
    let is_variable = text.get(at.start..).is_some_and(|rest| rest.starts_with("${"));
    Some(match is_variable {
        true => diagnostic.help(VARIABLE_IN_FLOW),
        false => diagnostic,
    })
}

/// What serde says it met, in words, and where: the reader may give the key before it.
fn met(unexpected: &str, at: Span, text: &str) -> (Span, String) {
    match unexpected {
        "map" => return (at, "a map".to_owned()),
        "sequence" => return (at, "a list".to_owned()),
        _ => {}
    }
    let value = unexpected.split(['`', '"']).nth(1).unwrap_or(unexpected);
    let rest = Span {
        start: at.start,
        end: text.len(),
    };
    match rest.of(value, text) {
        // Not as it is written: an empty text, or a number in another notation.
        _ if value.is_empty() => (at, "an empty text".to_owned()),
        place if place == rest => (at, format!("`{value}`")),
        place => (place, format!("`{value}`")),
    }
}

const PIPELINE: &str =
    "a pipeline is a list of stages, `- dense: { … }`, or another one and what follows: `{ from, then }`";

const VARIABLE_IN_FLOW: &str =
    "inside `[ ]` and `{ }` YAML ends a plain value at `{`: put `${…}` on a line of its own";

/// The reader's names of types, in the words of the documentation.
fn plain_type(name: &str) -> &str {
    match name {
        "mapping start" => "a map",
        "sequence start" => "a list",
        "string scalar" => "a text",
        "a sequence" => "a list",
        "a string" => "a text",
        "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "bool" => "`true` or `false`",
        other => other,
    }
}

/// What stands at a place, in words.
fn found(at: Span, text: &str) -> String {
    // An absent value is located at the colon of its key.
    let after = text.get(at.start..).and_then(|rest| rest.lines().next());
    let after = after.map(|line| line.trim_start_matches(':').trim());
    match text.get(at.start..at.end).unwrap_or_default() {
        "" if after.is_none_or(str::is_empty) => "nothing".to_owned(),
        "" if after.is_some_and(|line| line.starts_with("- ")) => "a list".to_owned(),
        "" => "something else".to_owned(),
        "{" => "a map".to_owned(),
        "[" => "a list".to_owned(),
        word => format!("`{word}`"),
    }
}

/// Everything else: the text is not YAML.
fn syntax(error: &Error, at: Span, text: &str) -> Diagnostic {
    let formatter = serde_saphyr::UserMessageFormatter;
    let message = serde_saphyr::MessageFormatter::format_message(&formatter, error);
    let diagnostic = match error {
        Error::Eof { .. } => Diagnostic::new(Code::Syntax, "the file is empty").at(at, ""),
        Error::MultipleDocuments { .. } => {
            Diagnostic::new(Code::Syntax, "more than one YAML document").at(at, "a second one begins here")
        }
        _ => Diagnostic::new(Code::Syntax, message.into_owned()).at(at, ""),
    };
    let line = text.lines().nth(at.line(text) - 1).unwrap_or_default();
    match line.contains("${") {
        true => diagnostic.help(VARIABLE_IN_FLOW),
        false => diagnostic,
    }
}
