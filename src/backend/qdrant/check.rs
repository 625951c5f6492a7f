//! What a Qdrant server cannot do, said before anything is uploaded.

use crate::backend::check::stages;
use crate::pipeline::{Dense, Graph, IndexConfig, Pipeline, Quantization, Strategy};

/// `Err` holds the reason.
pub(super) fn check(index: &IndexConfig, pipeline: &Pipeline) -> Result<(), String> {
    if matches!(index.graph, Graph::HnswRs { .. }) {
        return Err("a server has its own graph; write `graph: { hnsw: … }`".to_owned());
    }
    if index.codes.binary.centred && index.quantization == Quantization::Binary {
        return Err("a server takes signs by 0 and cannot centre them".to_owned());
    }
    stages(index, pipeline, |dense| check_strategy(index, dense))
}

fn check_strategy(index: &IndexConfig, dense: &Dense) -> Result<(), String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::contract::{config, dense, filtered, late, sparse, with};
    use crate::pipeline::Stage;

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
