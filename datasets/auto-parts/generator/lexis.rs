//! Likeness of words, texts and numbers: what keeps paraphrases free of the words of their answers, and the two
//! splits free of each other's queries.

use std::collections::BTreeSet;

/// Words that carry no content: those of the common English list that occur here.
const STOP: [&str; 119] = [
    "a", "about", "above", "after", "again", "against", "all", "am", "an", "and", "any", "are", "as", "at",
    "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "did", "do",
    "does", "doing", "don", "down", "during", "each", "few", "for", "from", "further", "had", "has", "have",
    "having", "he", "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its",
    "just", "me", "more", "most", "my", "no", "nor", "not", "now", "of", "off", "on", "once", "only", "or",
    "other", "our", "ours", "out", "over", "own", "s", "same", "she", "should", "so", "some", "such", "t",
    "than", "that", "the", "their", "theirs", "them", "then", "there", "these", "they", "this", "those",
    "through", "to", "too", "under", "until", "up", "very", "was", "we", "were", "what", "when", "where",
    "which", "while", "who", "whom", "why", "will", "with", "you", "your", "yours",
];

/// The content stems of a text.
pub(crate) fn stems(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let content = words.filter(|w| !w.is_empty() && !STOP.contains(&w.as_str()));
    content.map(|w| stem(&w)).collect()
}

/// Cruder than Porter: words that Porter joins are joined here too, nearly always.
fn stem(word: &str) -> String {
    let mut stem = word;
    for suffix in ["ing", "ion", "ive", "ed", "er", "es", "ly", "s", "e", "y", "i"] {
        if let Some(rest) = stem.strip_suffix(suffix).filter(|rest| rest.len() >= 3) {
            stem = rest;
        }
    }
    let mut letters: Vec<char> = stem.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

/// Share of the stems of two texts that both have, in percent.
pub(crate) fn overlap(a: &BTreeSet<String>, b: &BTreeSet<String>) -> usize {
    let both = a.intersection(b).count();
    100 * both / (a.len() + b.len() - both).max(1)
}

/// Edits between two numbers: characters changed, left out, added or swapped with the next.
pub(crate) fn edits(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // Far apart, or far enough for everything that is asked here.
    if a.len().abs_diff(b.len()) > 2 {
        return a.len().abs_diff(b.len());
    }
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if i == 0 || j == 0 {
                rows[i][j] = i + j;
                continue;
            }
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}
