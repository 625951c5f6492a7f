//! Which cells of two runs are the same one.

use std::collections::BTreeMap;

use crate::plan::Cell;
use crate::store::BaselineCell;

/// Cells of this run with their counterparts, and the cells that are left over there.
///
/// An equal id is an equal cell. What is left is paired by what people call it: data set, backend, pipeline and labels;
/// if two cells of the other run have the same of these, neither is taken.
pub(super) fn pairs<'a>(
    own: &[&'a Cell],
    mut others: Vec<BaselineCell>,
) -> (Vec<(&'a Cell, BaselineCell)>, Vec<Cell>) {
    let mut pairs = Vec::new();
    let mut left: Vec<&Cell> = Vec::new();
    for cell in own {
        match others.iter().position(|o| o.cell.id == cell.id) {
            Some(at) => pairs.push((*cell, others.remove(at))),
            None => left.push(cell),
        }
    }
    for cell in left {
        let mut alike = (0..others.len()).filter(|i| same_labels(cell, &others[*i].cell));
        if let (Some(at), None) = (alike.next(), alike.next()) {
            pairs.push((cell, others.remove(at)));
        }
    }
    (pairs, others.into_iter().map(|o| o.cell).collect())
}

fn same_labels(a: &Cell, b: &Cell) -> bool {
    let place = |cell: &Cell| {
        (
            cell.data.clone(),
            cell.backend.clone(),
            cell.pipeline.name.clone(),
        )
    };
    place(a) == place(b) && varying(a) == varying(b)
}

/// Labels of the settings, whatever their order. Data set, backend and pipeline are among them only where there are
/// several, so a run with one pipeline would not fit one with two.
fn varying(cell: &Cell) -> BTreeMap<&str, &str> {
    let settings = cell
        .settings
        .iter()
        .map(|(path, label)| (path.as_str(), label.as_str()));
    settings
        .filter(|(path, _)| !["data", "backend", "pipeline"].contains(path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::cell;

    fn other(id: &str, settings: &[(&str, &str)]) -> BaselineCell {
        BaselineCell {
            cell: cell(id, settings),
            missing: None,
            values: BTreeMap::new(),
            work: Vec::new(),
            latency: None,
        }
    }

    #[test]
    fn by_id_first_then_by_labels_and_the_rest_is_new_or_gone() {
        let dense = cell("a", &[("pipeline", "dense")]);
        let hybrid = cell("b2", &[("pipeline", "hybrid")]);
        let new = cell("c", &[("pipeline", "reranked")]);
        let others = vec![
            other("b1", &[("pipeline", "hybrid")]),
            other("a", &[("pipeline", "dense")]),
            other("z", &[("pipeline", "fields")]),
        ];
        let (pairs, gone) = pairs(&[&dense, &hybrid, &new], others);
        let found: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(own, other)| (own.id.as_str(), other.cell.id.as_str()))
            .collect();
        assert_eq!(found, [("a", "a"), ("b2", "b1")]);
        assert_eq!(gone.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["z"]);
    }

    #[test]
    fn the_only_pipeline_is_the_one_of_that_name_among_several() {
        let only = cell("a", &[]);
        let among = other("b", &[("pipeline", "dense")]);
        assert_eq!(pairs(&[&only], vec![among]).0.len(), 1);
        let another = other("b", &[("pipeline", "hybrid")]);
        assert_eq!(pairs(&[&only], vec![another]).0.len(), 0);
    }

    #[test]
    fn labels_in_another_order_are_the_same() {
        let own = cell("a", &[("pipeline", "dense"), ("d.ef", "64")]);
        let (pairs, gone) = pairs(
            &[&own],
            vec![other("b", &[("d.ef", "64"), ("pipeline", "dense")])],
        );
        assert_eq!((pairs.len(), gone.len()), (1, 0));
    }
}
