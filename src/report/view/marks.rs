//! Texts of documents with the words of a query marked.

use std::collections::BTreeSet;

/// Words that say nothing about a text.
const COMMON: [&str; 12] = [
    "the", "and", "for", "with", "from", "that", "this", "are", "was", "what", "how", "which",
];

/// A document's text, in pieces.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Marked {
    /// Document id.
    pub(crate) doc: String,
    /// Whether a piece is a word of the query, and the piece.
    pub(crate) pieces: Vec<(bool, String)>,
    /// Words of the query that are not in the text.
    pub(crate) missing: Vec<String>,
}

/// Marks the words of `query` in `text`.
pub(crate) fn marked(doc: &str, text: &str, query: &str) -> Marked {
    let wanted = wanted(query);
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for (is_word, piece) in split(text) {
        let word = piece.to_lowercase();
        let hits: Vec<&String> = wanted
            .iter()
            .filter(|w| is_word && is_same_word(w, &word))
            .collect();
        found.extend(hits.iter().map(|w| w.as_str()));
        match pieces.last_mut() {
            Some((false, plain)) if hits.is_empty() => plain.push_str(piece),
            _ => pieces.push((!hits.is_empty(), piece.to_owned())),
        }
    }
    let missing = wanted.iter().filter(|w| !found.contains(w.as_str()));
    Marked {
        doc: doc.to_owned(),
        missing: missing.cloned().collect(),
        pieces,
    }
}

/// The distinct words of a query that can be looked for, in its order.
fn wanted(query: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (_, word) in split(query).filter(|(is_word, _)| *is_word) {
        let word = word.to_lowercase();
        if word.chars().count() > 1 && !COMMON.contains(&word.as_str()) && !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// A text as words and what stands between them.
fn split(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_word = rest.chars().next()?.is_alphanumeric();
        let end = rest
            .find(|c: char| c.is_alphanumeric() != is_word)
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some((is_word, piece))
    })
}

/// The same word, or the same but for its ending.
fn is_same_word(a: &str, b: &str) -> bool {
    let long = |w: &str| w.chars().count() >= 4;
    a == b || (long(a) && long(b) && (a.starts_with(b) || b.starts_with(a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_query_are_marked_and_those_that_lack_are_named() {
        let marked = marked("p1", "Brake pads, front axle (ABS)", "the brakes for ABS sensor");
        let text: Vec<String> = marked
            .pieces
            .iter()
            .map(|(is, p)| if *is { format!("[{p}]") } else { p.clone() })
            .collect();
        assert_eq!(text.concat(), "[Brake] pads, front axle ([ABS])");
        assert_eq!(marked.missing, ["sensor"]);
    }

    #[test]
    fn short_words_need_to_be_equal() {
        assert_eq!(wanted("a Of ofx of"), ["of", "ofx"]);
        assert!(!is_same_word("of", "offer") && is_same_word("filter", "filters"));
    }
}
