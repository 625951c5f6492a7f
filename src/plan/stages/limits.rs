//! How many hits a stage can hand on, and where it says so.

use std::collections::BTreeMap;

use crate::pipeline::{Pipeline, StageKind};
use crate::spec::pipelines::{SpannedStage, StageSpec, TailSpec};
use crate::spec::{Span, Spanned};

/// Most hits each stage can hand on.
pub(in crate::plan) fn limits(pipeline: &Pipeline) -> BTreeMap<String, usize> {
    let mut limits: BTreeMap<String, usize> = BTreeMap::new();
    for stage in &pipeline.stages {
        let own = stage.limit(|of| limits.get(of).copied());
        let given: Option<usize> = match &stage.kind {
            StageKind::Fuse(fuse) => Some(fuse.of.iter().filter_map(|of| limits.get(of)).sum()),
            _ => None,
        };
        let limit = own.map(|own| given.map_or(own, |given| own.min(given)));
        limits.extend(limit.map(|limit| (stage.name.clone(), limit)));
    }
    limits
}

/// Where a stage says how many hits it hands on.
pub(in crate::plan) fn limit_span(stage: &SpannedStage) -> Span {
    let limit = match &stage.value.0 {
        StageSpec::Dense(s) => s.limit.as_ref(),
        StageSpec::Sparse(s) => s.limit.as_ref(),
        StageSpec::Fuse(s) => s.limit.as_ref(),
        StageSpec::Late(s) => cut(s.tail.as_ref(), &s.depth),
        StageSpec::Rerank(s) => cut(s.tail.as_ref(), &s.depth),
    };
    limit.map_or(stage.span, |l| l.span)
}

/// The depth, where what is below it is left out.
fn cut<'a>(tail: Option<&Spanned<TailSpec>>, depth: &'a Spanned<usize>) -> Option<&'a Spanned<usize>> {
    tail.is_some_and(|t| t.value == TailSpec::Drop).then_some(depth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{FilterUse, Fuse, Fusion, Sparse, Stage};

    #[test]
    fn a_fusion_hands_on_no_more_than_it_is_given() {
        let sparse = |name: &str, limit| Stage {
            name: name.to_owned(),
            kind: StageKind::Sparse(Sparse {
                vector: "words".to_owned(),
                limit,
                filter: FilterUse::default(),
            }),
        };
        let fuse = Fuse {
            of: vec!["a".to_owned(), "b".to_owned()],
            method: Fusion::Dbsf {
                weights: vec![1.0; 2],
            },
            limit: 100,
            tune: None,
        };
        let fuse = Stage {
            name: "f".to_owned(),
            kind: StageKind::Fuse(fuse),
        };
        let pipeline = Pipeline {
            name: "p".to_owned(),
            stages: vec![sparse("a", 20), sparse("b", 30), fuse],
        };
        assert_eq!(limits(&pipeline)["f"], 50);
    }
}
