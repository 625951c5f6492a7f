//! "Did you mean": the known word closest to a misspelt one.

/// The candidate closest to `word`, ignoring case, if it is close enough to be meant: one slip for words of up to
/// five characters, one more for every further three. Of equally close ones the first wins.
pub(crate) fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let allowed = 1 + word.chars().count().saturating_sub(3) / 3;
    candidates
        .into_iter()
        .map(|c| (strsim::osa_distance(&lower, &c.to_lowercase()), c))
        .filter(|&(distance, _)| distance <= allowed)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_slip_is_forgiven_and_a_different_word_is_not() {
        let known = ["scifact", "cranfield", "nfcorpus"];
        assert_eq!(closest("sicfact", known), Some("scifact"));
        assert_eq!(closest("CranField", known), Some("cranfield"));
        assert_eq!(closest("trec-covid", known), None);
        assert_eq!(closest("x", []), None);
    }
}
