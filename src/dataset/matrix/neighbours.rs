//! Lists of neighbours that came with a data set.

use std::path::Path;

use crate::dataset::problem::DatasetError;

/// The documents of one list, nearest first, out of a corpus of `corpus` documents. Where fewer documents pass a
/// filter than the list has places, −1 stands at its end; that is cut off.
///
/// # Errors
/// A −1 before the end, and what is no document.
pub(in crate::dataset) fn list(ids: impl Iterator<Item = i64>, corpus: usize) -> Result<Vec<u32>, String> {
    let mut documents = Vec::new();
    let mut padded = None;
    for (place, id) in ids.enumerate() {
        if id == -1 {
            padded = padded.or(Some(place));
            continue;
        }
        if let Some(place) = padded {
            return Err(format!(
                "neighbour {place} (from 0) is -1, and others follow; only the end of a list is padded with -1"
            ));
        }
        let document = u32::try_from(id).ok().filter(|id| (*id as usize) < corpus);
        documents.push(document.ok_or_else(|| {
            format!(
                "neighbour {place} (from 0) is {id}, but the documents are 0 to {}",
                corpus.saturating_sub(1)
            )
        })?);
    }
    Ok(documents)
}

/// Says so when there is not one list per query.
pub(in crate::dataset) fn one_per_query(
    path: &Path,
    lists: usize,
    queries_path: &Path,
    queries: usize,
) -> Result<(), DatasetError> {
    if lists == queries {
        return Ok(());
    }
    let what = format!(
        "{lists} lists of neighbours, but {} has {queries} queries; take those that belong together",
        queries_path.display()
    );
    Err(DatasetError::file(path, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_cut_off_at_the_end_and_nowhere_else() {
        let of = |ids: &[i64]| list(ids.iter().copied(), 4);
        assert_eq!(of(&[3, 0, 2]), Ok(vec![3, 0, 2]));
        assert_eq!(of(&[3, -1, -1]), Ok(vec![3]));
        assert_eq!(of(&[-1]), Ok(vec![]));
        assert_eq!(
            of(&[3, -1, 2]),
            Err(
                "neighbour 1 (from 0) is -1, and others follow; only the end of a list is padded with -1"
                    .to_owned()
            )
        );
        assert_eq!(
            of(&[3, 4]),
            Err("neighbour 1 (from 0) is 4, but the documents are 0 to 3".to_owned())
        );
        assert_eq!(
            of(&[-2]),
            Err("neighbour 0 (from 0) is -2, but the documents are 0 to 3".to_owned())
        );
    }
}
