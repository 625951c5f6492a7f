//! What every backend has to do, checked against naive twins that share no code with any engine.
//!
//! [`holds`] runs all of it for one index configuration; a backend's own tests call it for each they offer.

mod checks;
pub(crate) mod fixture;

use crate::backend::Backend;
use crate::filter::Filter;
use crate::pipeline::{
    CodeConfig, Dense, FilterUse, Fuse, Fusion, Graph, IndexConfig, Late, Pipeline, Quantization, Sparse,
    Stage, StageKind, Strategy, Tail, VectorConfig,
};
use crate::vectors::Metric;
use fixture::Corpus;

/// Panics, with the check and the case, where `backend` breaks the contract.
pub(crate) fn holds(backend: &dyn Backend, graph: Graph, quantization: Quantization) {
    holds_for(backend, &config(graph, quantization), Metric::Cosine);
}

/// As [`holds`], for any configuration and vectors compared by `metric`.
pub(crate) fn holds_for(backend: &dyn Backend, config: &IndexConfig, metric: Metric) {
    let (graph, quantization) = (config.graph, config.quantization);
    let corpus = Corpus::compared_by(metric);
    let index = backend.build(config, &corpus.points()).unwrap();
    let bench = checks::Bench {
        corpus: &corpus,
        index: &*index,
        has_graph: graph != Graph::Exact,
        strategies: strategies(backend, config),
    };
    bench.exact_search_is_the_oracle();
    bench.a_full_beam_is_exact();
    bench.a_scan_leaves_the_graph_out(backend, config);
    bench.every_answer_is_ranked_distinct_and_within_its_limit();
    bench.every_hit_passes_the_filter();
    bench.a_post_filter_keeps_what_passes_of_the_unfiltered_answer();
    bench.stage_and_query_filters_hold_together();
    bench.ignore_leaves_the_query_s_filter_out();
    bench.a_filter_that_nothing_passes_finds_nothing();
    bench.documents_without_a_vector_are_never_found();
    bench.sparse_search_is_the_naive_sum();
    bench.fusion_is_the_pure_function();
    bench.late_interaction_is_the_naive_sum();
    bench.tokens_that_are_not_there_score_nothing();
    bench.repeating_a_request_changes_nothing();
    bench.mistakes_are_named();
    bench.stats_tell_what_was_built(quantization);
    checks::one_document_is_enough(backend, config, metric);
    checks::no_document_is_no_error(backend, config, metric);
}

/// The filter strategies that promise full answers, of those that the backend has.
fn strategies(backend: &dyn Backend, config: &IndexConfig) -> Vec<Strategy> {
    let all = [Strategy::Auto, Strategy::Pre, Strategy::InGraph];
    let offers = |strategy: &Strategy| {
        let stages = vec![filtered(dense("d", "body", 10), *strategy, None)];
        let name = "p".to_owned();
        backend.check(config, &Pipeline { name, stages }).is_ok()
    };
    all.into_iter().filter(offers).collect()
}

/// Vectors `body` and `title` (dense), `words` (sparse) and `tokens` (late); all payload fields but `fits` indexed.
pub(crate) fn config(graph: Graph, quantization: Quantization) -> IndexConfig {
    let dense = || VectorConfig::Dense {
        text: vec!["text".to_owned()],
    };
    let words = VectorConfig::Bm25 {
        text: vec!["text".to_owned()],
        k1: 1.2,
        b: 0.75,
    };
    let tokens = VectorConfig::Late {
        text: vec!["text".to_owned()],
    };
    let vectors = [
        ("body", dense()),
        ("title", dense()),
        ("words", words),
        ("tokens", tokens),
    ];
    IndexConfig {
        vectors: vectors
            .into_iter()
            .map(|(name, v)| (name.to_owned(), v))
            .collect(),
        graph,
        quantization,
        codes: CodeConfig::default(),
        payload: ["brand", "price", "volt"].map(str::to_owned).to_vec(),
        on_disk: false,
        seed: 42,
    }
}

pub(crate) fn stage(name: &str, kind: StageKind) -> Stage {
    Stage {
        name: name.to_owned(),
        kind,
    }
}

/// A dense stage with an ordinary beam and rescoring.
pub(crate) fn dense(name: &str, vector: &str, limit: usize) -> Stage {
    let vector = vector.to_owned();
    let filter = FilterUse::default();
    stage(
        name,
        StageKind::Dense(Dense {
            vector,
            limit,
            ef: 64,
            exact: false,
            scan: false,
            oversampling: 4.0,
            rescore: true,
            filter,
        }),
    )
}

pub(crate) fn sparse(name: &str, vector: &str, limit: usize) -> Stage {
    let (vector, filter) = (vector.to_owned(), FilterUse::default());
    stage(
        name,
        StageKind::Sparse(Sparse {
            vector,
            limit,
            filter,
        }),
    )
}

pub(crate) fn fuse(name: &str, of: &[&str], method: Fusion, limit: usize) -> Stage {
    let of = of.iter().map(|&s| s.to_owned()).collect();
    stage(
        name,
        StageKind::Fuse(Fuse {
            of,
            method,
            limit,
            tune: None,
        }),
    )
}

/// Reorders the first `depth` hits of `of`, and keeps the rest.
pub(crate) fn late(name: &str, of: &str, vector: &str, depth: usize) -> Stage {
    stage(
        name,
        StageKind::Late(Late {
            of: of.to_owned(),
            vector: vector.to_owned(),
            depth,
            tail: Tail::Keep,
        }),
    )
}

/// The same late stage, which leaves out what it does not score.
pub(crate) fn dropping(mut stage: Stage) -> Stage {
    match &mut stage.kind {
        StageKind::Late(late) => late.tail = Tail::Drop,
        _ => unreachable!("a late stage"),
    }
    stage
}

/// The same search with another filter strategy and condition.
pub(crate) fn filtered(mut search: Stage, strategy: Strategy, condition: Option<Filter>) -> Stage {
    let filter = match &mut search.kind {
        StageKind::Dense(d) => &mut d.filter,
        StageKind::Sparse(s) => &mut s.filter,
        StageKind::Fuse(_) | StageKind::Late(_) | StageKind::Rerank(_) => {
            unreachable!("only searches filter")
        }
    };
    *filter = FilterUse { strategy, condition };
    search
}

/// The same dense search, changed by `change`.
pub(crate) fn with(mut search: Stage, change: impl FnOnce(&mut Dense)) -> Stage {
    match &mut search.kind {
        StageKind::Dense(d) => change(d),
        _ => unreachable!("a dense stage"),
    }
    search
}
