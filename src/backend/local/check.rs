//! What the embedded engine cannot do, said before anything is built.

use crate::backend::check::stages;
use crate::index::binary::BinaryQuery;
use crate::index::graph::{Engine, GraphParams};
use crate::pipeline::{Dense, Graph, IndexConfig, Pipeline, Quantization, Strategy};

/// `Err` holds the reason.
pub(super) fn check(index: &IndexConfig, pipeline: &Pipeline) -> Result<(), String> {
    graph_params(index).map_or(Ok(()), |p| p.check().map_err(|e| e.to_string()))?;
    check_codes(index)?;
    let four_bits = index.codes.binary.query == BinaryQuery::FourBits;
    if four_bits && index.quantization == Quantization::Binary && matches!(index.graph, Graph::HnswRs { .. })
    {
        return Err("`hnsw_rs` compares a query as it compares rows, by bits alone; use `hnsw`".to_owned());
    }
    if index.on_disk && index.quantization == Quantization::None {
        return Err("floats can stay on disk where there are codes to search: set a quantization".to_owned());
    }
    if index.on_disk && matches!(index.graph, Graph::HnswRs { .. }) {
        return Err("the graph of `hnsw_rs` cannot be written to a file; use `hnsw`".to_owned());
    }
    stages(index, pipeline, |dense| check_strategy(index, dense))
}

/// Codes that only a server makes.
fn check_codes(index: &IndexConfig) -> Result<(), String> {
    let what = match index.quantization {
        Quantization::Product => "product codes",
        Quantization::Turbo => "turbo codes",
        _ if index.codes.server.bits.is_some() => "binary codes of more than one bit",
        _ if index.codes.server.eight_bit_query => "queries of eight bits",
        _ => return Ok(()),
    };
    Err(format!("the embedded engine has no {what}; a server has"))
}

/// The engine's view of the graph asked for.
pub(super) fn graph_params(index: &IndexConfig) -> Option<GraphParams> {
    let (engine, m, ef_construct) = match index.graph {
        Graph::Exact => return None,
        Graph::Hnsw { m, ef_construct } => (Engine::Hnsw, m, ef_construct),
        Graph::HnswRs { m, ef_construct } => (Engine::HnswRs, m, ef_construct),
    };
    Some(GraphParams {
        engine,
        m,
        ef_construct,
        seed: index.seed,
    })
}

fn check_strategy(index: &IndexConfig, dense: &Dense) -> Result<(), String> {
    match dense.filter.strategy {
        Strategy::InGraph if dense.exact => Err("an exact search walks no graph to filter in".to_owned()),
        Strategy::InGraph if index.graph == Graph::Exact => {
            Err("the index has no graph to filter in".to_owned())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::contract::{config, dense, filtered, fuse, late, sparse, stage, with};
    use crate::pipeline::{Fusion, Quantization, Rerank, Stage, StageKind, Tail};

    const HNSW: Graph = Graph::Hnsw {
        m: 8,
        ef_construct: 32,
    };

    fn verdict(graph: Graph, stages: Vec<Stage>) -> Result<(), String> {
        let pipeline = Pipeline {
            name: "p".to_owned(),
            stages,
        };
        check(&config(graph, Quantization::None), &pipeline)
    }

    fn rerank() -> Stage {
        stage(
            "ce",
            StageKind::Rerank(Rerank {
                of: "d".to_owned(),
                model: "m".to_owned(),
                fields: vec![],
                depth: 10,
                tail: Tail::Keep,
            }),
        )
    }

    #[test]
    fn a_pipeline_with_everything_passes() {
        let method = Fusion::Rrf {
            k: 60.0,
            weights: vec![1.0, 2.0],
        };
        let stages = vec![
            filtered(dense("d", "body", 10), Strategy::InGraph, None),
            sparse("s", "words", 10),
            fuse("f", &["d", "s"], method, 10),
            late("m", "f", "tokens", 5),
            rerank(),
        ];
        assert_eq!(verdict(HNSW, stages), Ok(()));
    }

    #[test]
    fn floats_stay_on_disk_only_beside_codes_and_our_graph() {
        let pipeline = Pipeline {
            name: "p".to_owned(),
            stages: vec![dense("d", "body", 10)],
        };
        let verdict = |graph, quantization| {
            let on_disk = true;
            let index = IndexConfig {
                on_disk,
                ..config(graph, quantization)
            };
            check(&index, &pipeline).map_err(|e| e.split(':').next().unwrap_or_default().to_owned())
        };
        assert_eq!(verdict(HNSW, Quantization::Binary), Ok(()));
        let no_codes = "floats can stay on disk where there are codes to search";
        assert_eq!(verdict(HNSW, Quantization::None), Err(no_codes.to_owned()));
        let theirs = Graph::HnswRs {
            m: 8,
            ef_construct: 32,
        };
        let no_file = "the graph of `hnsw_rs` cannot be written to a file; use `hnsw`";
        assert_eq!(verdict(theirs, Quantization::Binary), Err(no_file.to_owned()));
    }

    #[test]
    fn what_cannot_be_run_is_said_with_its_stage() {
        let low = with(dense("d", "body", 10), |d| d.oversampling = 0.5);
        let rrf = |weights: Vec<f64>| Fusion::Rrf { k: 60.0, weights };
        let in_graph = |stage| filtered(stage, Strategy::InGraph, None);
        let cases = [
            (
                vec![dense("d", "nobody", 10)],
                "stage `d`: the index has no vector `nobody`",
            ),
            (
                vec![dense("d", "words", 10)],
                "stage `d`: vector `words` is sparse",
            ),
            (vec![sparse("s", "body", 10)], "stage `s`: vector `body` is dense"),
            (vec![low], "stage `d`: oversampling 0.5 is not at least 1"),
            (
                vec![in_graph(dense("d", "body", 10))],
                "stage `d`: the index has no graph to filter in",
            ),
            (
                vec![in_graph(sparse("s", "words", 10))],
                "stage `s`: a sparse vector has no graph to filter in",
            ),
            (
                vec![fuse("f", &["d"], rrf(vec![]), 10)],
                "stage `f`: no earlier stage is named `d`",
            ),
            (
                vec![dense("d", "body", 10), fuse("f", &["d"], rrf(vec![1.0, 2.0]), 10)],
                "stage `f`: 2 weights for 1 lists; give one each, or none for equal weights",
            ),
            (
                vec![dense("d", "body", 10), rerank(), sparse("s", "words", 10)],
                "stage `s`: needs the index after a rerank stage; put it before",
            ),
            (
                vec![dense("d", "body", 10), rerank(), late("m", "d", "tokens", 5)],
                "stage `m`: needs the index after a rerank stage; put it before",
            ),
            (
                vec![dense("d", "tokens", 10)],
                "stage `d`: vector `tokens` is late",
            ),
            (
                vec![dense("d", "body", 10), late("m", "d", "body", 5)],
                "stage `m`: vector `body` is dense",
            ),
            (
                vec![late("m", "d", "tokens", 5)],
                "stage `m`: no earlier stage is named `d`",
            ),
        ];
        for (stages, want) in cases {
            assert_eq!(verdict(Graph::Exact, stages), Err(want.to_owned()));
        }
    }

    #[test]
    fn graph_parameters_that_would_end_the_process_are_refused() {
        let got = verdict(
            Graph::HnswRs {
                m: 256,
                ef_construct: 32,
            },
            vec![],
        );
        assert_eq!(
            got,
            Err("m is 256; the graph takes 2 to 255 links per point".to_owned())
        );
    }

    #[test]
    fn a_query_of_four_bits_needs_a_graph_that_knows_them() {
        let four_bits = |graph| {
            let mut config = config(graph, Quantization::Binary);
            config.codes.binary.query = BinaryQuery::FourBits;
            let stages = vec![dense("d", "body", 10)];
            let name = "p".to_owned();
            check(&config, &Pipeline { name, stages })
        };
        assert_eq!(four_bits(HNSW), Ok(()));
        assert_eq!(four_bits(Graph::Exact), Ok(()));
        let theirs = Graph::HnswRs {
            m: 8,
            ef_construct: 32,
        };
        let why = "`hnsw_rs` compares a query as it compares rows, by bits alone; use `hnsw`";
        assert_eq!(four_bits(theirs), Err(why.to_owned()));
    }
}
