//! "Did you mean": the nearest of the names that would have been right.

/// The candidate closest to `word`, if one is close enough to be a slip.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&folded, &c.to_lowercase()), c))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

/// A label for a word that is none of `candidates`: the nearest of them, or all of them, or that there are none.
pub fn instead<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(word, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    match quoted(candidates) {
        list if list.is_empty() => "there are none".to_owned(),
        list => format!("known: {list}"),
    }
}

/// `` `a`, `b`, `c` ``; a long list is cut, and says so.
pub fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match names.len() {
        n if n > SHOWN => format!("{}, … ({n} in all)", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_whatever_its_case() {
        assert_eq!(nearest("vectr", ["vector", "limit"]), Some("vector"));
        assert_eq!(nearest("EF", ["ef", "of"]), Some("ef"));
        assert_eq!(nearest("quantisation", ["quantization"]), Some("quantization"));
    }

    #[test]
    fn a_different_word_is_no_slip() {
        assert_eq!(nearest("beam", ["ef", "limit"]), None);
        assert_eq!(instead("beam", ["ef", "limit"]), "known: `ef`, `limit`");
        assert_eq!(instead("beam", []), "there are none");
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let names: Vec<String> = (10..30).map(|i| format!("m{i}")).collect();
        let list = quoted(names.iter().map(String::as_str));
        assert!(list.ends_with("`m21`, … (20 in all)"), "{list}");
    }
}
