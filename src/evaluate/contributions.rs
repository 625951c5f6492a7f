//! What each branch of a fusion contributed to a hit, from the complete lists of a bundle.

use std::collections::{BTreeMap, BTreeSet};

use crate::hit::Hit;
use crate::pipeline::{StageKind, fusion};
use crate::plan::Cell;
use crate::store::{Bundle, QueryTrace, StageTrace, StoreError};

/// One fused hit.
#[derive(Debug, Clone, PartialEq)]
pub struct FusedHit {
    /// Document id.
    pub doc: String,
    /// Per branch, in the order of the fusion: its contribution, 0 where it lacks the document.
    pub parts: Vec<f64>,
}

/// Stage → its hits in rank order, for every fusion of a cell's pipeline. Empty where the query was not answered.
pub fn contributions(
    bundle: &Bundle,
    cell: &Cell,
    query: &str,
) -> Result<BTreeMap<String, Vec<FusedHit>>, StoreError> {
    let mut found = BTreeMap::new();
    bundle.for_each_trace(|trace| {
        if trace.cell == cell.id && trace.query == query {
            found = of_trace(cell, &trace);
        }
    })?;
    Ok(found)
}

/// The same of one query's lists.
pub(super) fn of_trace(cell: &Cell, trace: &QueryTrace) -> BTreeMap<String, Vec<FusedHit>> {
    let is_fusion = |s: &crate::pipeline::Stage| matches!(s.kind, StageKind::Fuse(_));
    if !cell.pipeline.stages.iter().any(is_fusion) {
        return BTreeMap::new();
    }
    // Points follow the order of ids, by which ties are decided.
    let ids: BTreeSet<&String> = trace.stages.iter().flat_map(|s| &s.docs).collect();
    let points: BTreeMap<&String, u32> = ids.into_iter().zip(0..).collect();
    let hits = |name: &str| -> Vec<Hit> {
        let stage = trace.stages.iter().find(|s| s.stage == name);
        let hit = |(doc, score): (&String, &f32)| Hit {
            point: points[doc],
            score: *score,
        };
        stage.map_or_else(Vec::new, |s: &StageTrace| {
            s.docs.iter().zip(&s.scores).map(hit).collect()
        })
    };
    let mut all = BTreeMap::new();
    for stage in &cell.pipeline.stages {
        let StageKind::Fuse(fuse) = &stage.kind else {
            continue;
        };
        let lists: Vec<Vec<Hit>> = fuse.of.iter().map(|of| hits(of)).collect();
        let lists: Vec<&[Hit]> = lists.iter().map(Vec::as_slice).collect();
        let parts = fusion::contributions(&fuse.method, &lists, &hits(&stage.name));
        let docs = trace
            .stages
            .iter()
            .find(|s| s.stage == stage.name)
            .map(|s| s.docs.as_slice());
        let fused = docs.unwrap_or_default().iter().zip(parts);
        let fused = fused.map(|(doc, parts)| FusedHit {
            doc: doc.clone(),
            parts,
        });
        all.insert(stage.name.clone(), fused.collect());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Path;
    use crate::index::Counters;
    use crate::report::fixture;

    #[test]
    fn each_branch_of_a_fusion_gives_its_part() {
        let cell = Cell {
            pipeline: fixture::hybrid(),
            ..fixture::cell("c", &[])
        };
        let stage = |(stage, docs): (&str, &[&str])| StageTrace {
            stage: stage.into(),
            docs: docs.iter().map(|d| (*d).to_owned()).collect(),
            scores: docs.iter().map(|_| 1.0).collect(),
            counters: Counters::default(),
            path: Path::Scan,
        };
        let lists: [(&str, &[&str]); 3] = [("d", &["a", "b"]), ("s", &["b"]), ("f", &["b", "a"])];
        let trace = QueryTrace {
            cell: "c".into(),
            query: "q".into(),
            stages: lists.into_iter().map(stage).collect(),
        };
        let hit = |doc: &str, parts: [f64; 2]| FusedHit {
            doc: doc.into(),
            parts: parts.to_vec(),
        };
        // Reciprocal ranks with k = 60.
        let want = vec![hit("b", [1.0 / 62.0, 1.0 / 61.0]), hit("a", [1.0 / 61.0, 0.0])];
        assert_eq!(of_trace(&cell, &trace), BTreeMap::from([("f".to_owned(), want)]));
    }
}
