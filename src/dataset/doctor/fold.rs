//! Texts as a reader takes them: without regard to case and white space.

use crate::digits;

/// The text in lower case, every stretch of white space one blank, none at the ends.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// A count with separators: `19,406`.
pub(super) fn grouped(n: usize) -> String {
    digits::grouped(n as u64)
}

/// A share with one digit, and never `0.0 %` or `100.0 %` of something that is not.
pub(super) fn percent(part: usize, whole: usize) -> String {
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    match share {
        _ if part == 0 => "0 %".to_owned(),
        _ if part == whole => "100 %".to_owned(),
        s if s < 0.1 => "< 0.1 %".to_owned(),
        s if s > 99.9 => "> 99.9 %".to_owned(),
        s => format!("{s:.1} %"),
    }
}

/// `1 document`, `2 documents`.
pub(super) fn many(n: usize, singular: &str, plural: &str) -> String {
    match n {
        1 => format!("1 {singular}"),
        n => format!("{} {plural}", grouped(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_white_space_do_not_count() {
        assert_eq!(fold("  Wheel\tSpeed \n SENSOR "), "wheel speed sensor");
        assert_eq!(fold("Öl"), "öl");
        assert_eq!(fold(" \n"), "");
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing_or_to_all() {
        let shares = [(0, 5), (1, 3), (1, 10_000), (9_999, 10_000), (5, 5)];
        let texts = shares.map(|(part, whole)| percent(part, whole));
        assert_eq!(texts, ["0 %", "33.3 %", "< 0.1 %", "> 99.9 %", "100 %"]);
        assert_eq!(grouped(1_183_514), "1,183,514");
    }
}
