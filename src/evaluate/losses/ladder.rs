//! Which lists of a pipeline make the ladder.

use crate::measure::{Measure, StageMeasure};
use crate::pipeline::{Pipeline, StageKind};
use crate::store::Rung;

use super::At;

/// Positions of the stages along which a measure is read, the search first; `None` where there is nothing to read.
///
/// From the last stage back, at a fusion along the first branch that starts with a dense search, else the first.
/// `knn_recall` knows the neighbours of its own search alone.
pub(super) fn spine(pipeline: &Pipeline, measure: &StageMeasure) -> Option<Vec<usize>> {
    if matches!(measure.measure, Measure::KnnRecall { .. }) {
        let named = |s: &str| measure.stage.as_deref().is_none_or(|n| n == s);
        let is_read = |s: &crate::pipeline::Stage| matches!(s.kind, StageKind::Dense(_)) && named(&s.name);
        return Some(vec![pipeline.stages.iter().position(is_read)?]);
    }
    let mut at = pipeline.stages.len().checked_sub(1)?;
    let mut spine = vec![at];
    loop {
        let inputs = inputs(pipeline, at);
        let dense = inputs.iter().find(|i| starts_dense(pipeline, **i));
        match dense.or(inputs.first()) {
            Some(next) => at = *next,
            None => break,
        }
        spine.push(at);
    }
    spine.reverse();
    Some(spine)
}

/// Positions of a stage's inputs; all come before it.
fn inputs(pipeline: &Pipeline, at: usize) -> Vec<usize> {
    let (earlier, rest) = pipeline.stages.split_at(at);
    let names = rest[0].inputs().into_iter();
    names
        .filter_map(|n| earlier.iter().position(|s| s.name == n))
        .collect()
}

fn starts_dense(pipeline: &Pipeline, at: usize) -> bool {
    let is_dense = matches!(pipeline.stages[at].kind, StageKind::Dense(_));
    is_dense
        || inputs(pipeline, at)
            .into_iter()
            .any(|i| starts_dense(pipeline, i))
}

/// Positions of the stages that meet the spine at its stage `on`: those of the branches that are joined there.
pub(super) fn side_branches(pipeline: &Pipeline, spine: &[usize], on: usize) -> Vec<usize> {
    let Some(before) = on.checked_sub(1).map(|b| spine[b]) else {
        return Vec::new();
    };
    let known = upstream(pipeline, before);
    let mut joined = upstream(pipeline, spine[on]);
    joined.retain(|s| *s != before && !known.contains(s));
    joined
}

/// Positions of all stages whose lists go into that of `at`.
fn upstream(pipeline: &Pipeline, at: usize) -> Vec<usize> {
    let mut all = inputs(pipeline, at);
    let mut next = 0;
    while let Some(&stage) = all.get(next) {
        for input in inputs(pipeline, stage) {
            if !all.contains(&input) {
                all.push(input);
            }
        }
        next += 1;
    }
    all
}

/// A point of the ladder before it has numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: At,
    /// The searches whose lists are read.
    pub(super) rung: Rung,
    /// Position on the spine.
    pub(super) on: usize,
}

/// The points: the first stage of the spine rung by rung, then the later stages as they ran. `asked` says which rungs
/// differ from the next one for any query; a rung that differs from its predecessor for none is no point of its own.
pub(super) fn places(spine: &[usize], diagnosed: bool, asked: impl Fn(Rung) -> bool) -> Vec<Place> {
    let mut rungs = Vec::new();
    if diagnosed {
        rungs.push(Rung::Exact);
        let pairs = [
            (Rung::Exact, Rung::Codes),
            (Rung::Codes, Rung::Graph),
            (Rung::Graph, Rung::Filter),
        ];
        rungs.extend(
            pairs
                .into_iter()
                .filter(|(from, _)| asked(*from))
                .map(|(_, to)| to),
        );
    } else {
        rungs.push(Rung::Filter);
    }
    let searches = rungs.into_iter().map(|rung| Place {
        at: At::Rung(rung),
        rung,
        on: 0,
    });
    let stages = (1..spine.len()).map(|on| Place {
        at: At::Stage,
        rung: Rung::Filter,
        on,
    });
    searches.chain(stages).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::contract::{dense, fuse, sparse, stage};
    use crate::pipeline::{Fusion, Rerank, Tail};

    fn hybrid(of: &[&str]) -> Pipeline {
        let rrf = Fusion::Rrf {
            k: 60.0,
            weights: vec![],
        };
        let rerank = Rerank {
            of: "f".into(),
            model: "m".into(),
            fields: vec![],
            depth: 5,
            tail: Tail::Keep,
        };
        let stages = vec![
            sparse("s", "words", 5),
            dense("d", "body", 5),
            dense("t", "title", 5),
            fuse("f", of, rrf, 5),
            stage("ce", StageKind::Rerank(rerank)),
        ];
        let name = "p".into();
        Pipeline { name, stages }
    }

    fn along(pipeline: &Pipeline, measure: &str) -> Option<Vec<usize>> {
        spine(pipeline, &measure.parse().unwrap())
    }

    #[test]
    fn the_spine_follows_the_first_dense_branch() {
        assert_eq!(along(&hybrid(&["s", "t", "d"]), "nDCG@10"), Some(vec![2, 3, 4]));
        assert_eq!(along(&hybrid(&["s"]), "nDCG@10"), Some(vec![0, 3, 4]));
        assert_eq!(along(&hybrid(&["s", "d"]), "knn_recall@10"), Some(vec![1]));
        assert_eq!(along(&hybrid(&["s", "d"]), "t:knn_recall@10"), Some(vec![2]));
        assert_eq!(along(&hybrid(&["s", "d"]), "s:knn_recall@10"), None);
    }

    #[test]
    fn a_side_branch_meets_the_spine_where_it_is_joined() {
        let pipeline = hybrid(&["s", "d"]);
        let at = |on| side_branches(&pipeline, &[1, 3, 4], on);
        assert_eq!((at(0), at(1), at(2)), (vec![], vec![0], vec![]));
    }

    #[test]
    fn a_rung_without_a_difference_is_no_point() {
        let rungs = |asked: &[Rung]| -> Vec<At> {
            let places = places(&[1, 3], true, |r| asked.contains(&r));
            places.iter().map(|p| p.at).collect()
        };
        assert_eq!(rungs(&[]), [At::Rung(Rung::Exact), At::Stage]);
        // Codes and filtered graph: no query walks without a filter.
        let [exact, codes, filter] = [Rung::Exact, Rung::Codes, Rung::Filter].map(At::Rung);
        assert_eq!(
            rungs(&[Rung::Exact, Rung::Graph]),
            [exact, codes, filter, At::Stage]
        );
        let plain: Vec<At> = places(&[1], false, |_| false).iter().map(|p| p.at).collect();
        assert_eq!(plain, [filter]);
    }
}
