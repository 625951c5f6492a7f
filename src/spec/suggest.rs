//! What is said of a word that is none of those that would have been right.

use crate::suggest::closest;

/// A label for a word that is none of `candidates`: the nearest of them, or all of them, or that there are none.
pub(crate) fn instead<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = closest(word, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    match quoted(candidates) {
        list if list.is_empty() => "there are none".to_owned(),
        list => format!("known: {list}"),
    }
}

/// `` `a`, `b`, `c` ``; a long list is cut, and says so.
pub(crate) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
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
    fn the_nearest_is_named_or_all_are() {
        assert_eq!(instead("lmit", ["ef", "limit"]), "did you mean `limit`?");
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
