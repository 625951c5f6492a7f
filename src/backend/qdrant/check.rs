//! What a Qdrant server cannot do, said before anything is uploaded.

use crate::pipeline::{
    Dense, Fuse, Graph, IndexConfig, Late, Pipeline, Quantization, Stage, StageKind, Strategy, VectorKind,
};

/// `Err` holds the reason.
pub(super) fn check(index: &IndexConfig, pipeline: &Pipeline) -> Result<(), String> {
    if matches!(index.graph, Graph::HnswRs { .. }) {
        return Err("a server has its own graph; write `graph: { hnsw: … }`".to_owned());
    }
    if index.codes.binary.centred && index.quantization == Quantization::Binary {
        return Err("a server takes signs by 0 and cannot centre them".to_owned());
    }
    let retrieval = pipeline.backend_part();
    for (at, stage) in retrieval.iter().enumerate() {
        let verdict = match &stage.kind {
            StageKind::Dense(dense) => check_dense(index, dense),
            StageKind::Sparse(sparse) => check_vector(index, &sparse.vector, VectorKind::Sparse)
                .and_then(|()| check_sparse_strategy(sparse.filter.strategy)),
            StageKind::Fuse(fuse) => check_fuse(&retrieval[..at], fuse),
            StageKind::Late(late) => check_late(index, &retrieval[..at], late),
            StageKind::Rerank(_) => Err("rerank runs on the client".to_owned()),
        };
        verdict.map_err(|reason| format!("stage `{}`: {reason}", stage.name))?;
    }
    let needs_index = |s: &&Stage| {
        matches!(
            s.kind,
            StageKind::Dense(_) | StageKind::Sparse(_) | StageKind::Late(_)
        )
    };
    match pipeline.client_part().iter().find(needs_index) {
        Some(late) => Err(format!(
            "stage `{}`: needs the index after a rerank stage; put it before",
            late.name
        )),
        None => Ok(()),
    }
}

fn check_vector(index: &IndexConfig, name: &str, wanted: VectorKind) -> Result<(), String> {
    match index.vectors.get(name).map(|v| v.kind()) {
        Some(kind) if kind == wanted => Ok(()),
        Some(other) => Err(format!("vector `{name}` is {}", other.name())),
        None => Err(format!("the index has no vector `{name}`")),
    }
}

fn check_dense(index: &IndexConfig, dense: &Dense) -> Result<(), String> {
    check_vector(index, &dense.vector, VectorKind::Dense)?;
    if !(dense.oversampling.is_finite() && dense.oversampling >= 1.0) {
        return Err(format!("oversampling {} is not at least 1", dense.oversampling));
    }
    let coded = index.quantization != Quantization::None;
    match dense.filter.strategy {
        Strategy::InGraph => Err(
            "a server decides itself how it filters; write `auto`, and move its border with `full_scan_threshold`"
                .to_owned(),
        ),
        Strategy::Pre if coded && !dense.exact => {
            Err("a server scans the matches of a filter by float vectors only; write `exact: true`, or `auto`".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_sparse_strategy(strategy: Strategy) -> Result<(), String> {
    match strategy {
        Strategy::InGraph => Err("a sparse vector has no graph to filter in".to_owned()),
        _ => Ok(()),
    }
}

fn check_late(index: &IndexConfig, before: &[Stage], late: &Late) -> Result<(), String> {
    check_vector(index, &late.vector, VectorKind::Late)?;
    check_earlier(before, &late.of)
}

fn check_earlier(before: &[Stage], name: &str) -> Result<(), String> {
    match before.iter().any(|s| s.name == name) {
        true => Ok(()),
        false => Err(format!("no earlier stage is named `{name}`")),
    }
}

fn check_fuse(before: &[Stage], fuse: &Fuse) -> Result<(), String> {
    fuse.of.iter().try_for_each(|name| check_earlier(before, name))?;
    fuse.method.check(fuse.of.len()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::contract::{config, dense, filtered, late, sparse, with};

    const HNSW: Graph = Graph::Hnsw {
        m: 16,
        ef_construct: 128,
    };

    fn verdict(graph: Graph, quantization: Quantization, stage: Stage) -> Result<(), String> {
        let (name, stages) = ("p".to_owned(), vec![stage]);
        check(&config(graph, quantization), &Pipeline { name, stages })
    }

    #[test]
    fn what_only_the_embedded_engine_does_is_refused_with_a_way_out() {
        let in_graph = filtered(dense("d", "body", 10), Strategy::InGraph, None);
        assert_eq!(
            verdict(HNSW, Quantization::None, in_graph),
            Err(
                "stage `d`: a server decides itself how it filters; write `auto`, and move its border with \
                 `full_scan_threshold`"
                    .to_owned()
            )
        );
        let pre = || filtered(dense("d", "body", 10), Strategy::Pre, None);
        assert_eq!(verdict(HNSW, Quantization::None, pre()), Ok(()));
        assert!(verdict(HNSW, Quantization::Binary, pre()).is_err());
        assert_eq!(
            verdict(HNSW, Quantization::Binary, with(pre(), |d| d.exact = true)),
            Ok(())
        );
        let theirs = Graph::HnswRs {
            m: 16,
            ef_construct: 128,
        };
        assert_eq!(
            verdict(theirs, Quantization::None, sparse("s", "words", 10)),
            Err("a server has its own graph; write `graph: { hnsw: … }`".to_owned())
        );
    }

    #[test]
    fn vectors_have_to_be_there_and_of_the_right_kind() {
        let wrong = |stage| verdict(HNSW, Quantization::None, stage).unwrap_err();
        assert_eq!(
            wrong(dense("d", "words", 10)),
            "stage `d`: vector `words` is sparse"
        );
        assert_eq!(
            wrong(sparse("s", "body", 10)),
            "stage `s`: vector `body` is dense"
        );
        assert_eq!(
            wrong(dense("d", "tokens", 10)),
            "stage `d`: vector `tokens` is late"
        );
        assert_eq!(
            wrong(late("m", "d", "words", 10)),
            "stage `m`: vector `words` is sparse"
        );
        assert_eq!(
            wrong(late("m", "d", "tokens", 10)),
            "stage `m`: no earlier stage is named `d`"
        );
        assert_eq!(
            wrong(dense("d", "gone", 10)),
            "stage `d`: the index has no vector `gone`"
        );
    }
}
