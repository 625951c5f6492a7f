//! Texts from outside, made safe to look at.

use std::borrow::Cow;
use std::fmt::Write;

/// Makes characters visible that would hide, reorder or steer what is shown: control characters (a terminal obeys
/// them) and bidirectional marks (they can make one text look like another). Line feeds and tabs stay; the carriage
/// return of a Windows line end goes.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            // Unicode has a picture for each of the first 32 control characters, and one for delete.
            '\0'..='\u{1f}' if is_hidden(c) => {
                out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'))
            }
            '\u{7f}' => out.push('\u{2421}'),
            c if is_hidden(c) => write!(out, "⟨U+{:04X}⟩", c as u32).expect("strings take every write"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line of at most `max` characters: white space folded, the end replaced by `…`.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let folded: Vec<&str> = text.split_whitespace().collect();
    clip(&folded.join(" "), max)
}

/// At most `max` characters, the last of them `…` if anything was cut.
pub(crate) fn clip(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `1 query`, `24 queries`: the plural with its number.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        super::number::integer(n as u64),
        if n == 1 { one } else { many }
    )
}

/// `a`, `a and b`, `a, b and c`; beyond `max` items the rest is counted: `a, b and 7 more`.
pub(crate) fn listed(items: &[String], max: usize) -> String {
    let (shown, rest) = items.split_at(items.len().min(max));
    let mut parts = shown.to_vec();
    if !rest.is_empty() {
        parts.push(format!("{} more", rest.len()));
    }
    match parts.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, init)) => format!("{} and {last}", init.join(", ")),
    }
}

/// A fragment identifier: letters, digits, `-`, `_` and `.` stay. An id with anything else gets a short digest, so
/// that two of them never meet.
pub(crate) fn slug(id: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !id.is_empty() && id.chars().all(keep) {
        return id.to_owned();
    }
    let safe: String = id
        .chars()
        .take(40)
        .map(|c| if keep(c) { c } else { '-' })
        .collect();
    format!("{safe}-{}", &crate::content::sha256(id.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_direction_marks_become_visible_and_the_rest_stays() {
        assert_eq!(visible("plain – übel\n\tok"), "plain – übel\n\tok");
        assert_eq!(visible("a\u{1b}[2Jb\u{7}"), "a␛[2Jb␇");
        assert_eq!(visible("evil\u{202e}fdp.exe"), "evil⟨U+202E⟩fdp.exe");
        assert_eq!(visible("nul\0del\u{7f}c1\u{9b}"), "nul␀del␡c1⟨U+009B⟩");
        assert_eq!(visible("dos\r\nline\rend"), "dos\nline␍end");
    }

    #[test]
    fn a_long_text_is_folded_and_cut_between_characters() {
        assert_eq!(one_line("brake \n  sensor", 20), "brake sensor");
        assert_eq!(one_line("größtes Übel", 8), "größtes…");
    }

    #[test]
    fn lists_read_like_sentences() {
        let items: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        assert_eq!(listed(&items[..1], 3), "a");
        assert_eq!(listed(&items[..2], 3), "a and b");
        assert_eq!(listed(&items, 4), "a, b, c and d");
        assert_eq!(listed(&items, 2), "a, b and 2 more");
        assert_eq!(listed(&[], 2), "");
    }

    #[test]
    fn slugs_are_safe_and_distinct() {
        assert_eq!(slug("q-17_b.1"), "q-17_b.1");
        assert_eq!(slug("a b"), "a-b-c8687a08");
        assert_ne!(slug("a b"), slug("a/b"));
        assert!(slug("\"><script>").starts_with("---script--"));
    }
}
