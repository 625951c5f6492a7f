//! A made-up evaluation for tests: every state a cell can have, hostile texts, a data set without timing.
//!
//! The lists are simulated and the measures follow from them, so that tables, traces and sentences agree with each
//! other as they do in a real run.

pub(crate) mod losses;
mod parts;
mod simulate;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::backend::IndexStats;
use crate::evaluate::{CellNumbers, CellResult, CellState, Difference, Evaluation, Quality, TieRange};
use crate::filter::Payload;
use crate::pipeline::{
    CodeConfig, Dense, FilterUse, Fuse, Fusion, Graph, IndexConfig, Pipeline, Quantization,
};
use crate::pipeline::{Rerank, Sparse, Stage, StageKind, Tail, VectorConfig};
use crate::plan::{BackendConfig, Cell, Compare, Counts, LatencyPlan, MeasurePlan, Models, Plan, Runtime};
use crate::plan::{Diagnose, TiePolicy, TraceKeep, TracePlan};
use crate::stats::{BootstrapMethod, SignFlip, TIE};
use crate::store::{Health, Machine, Manifest, Measured, QueryRecord, Tool};

pub(crate) use parts::evaluation;

/// A title that is dangerous in a page, a terminal and a Markdown table at once.
pub(crate) const HOSTILE: &str =
    "</script><img src=x onerror=alert(1)> \"quoted\" 'single' & \u{1b}[31mred \u{202e}gpj.exe | a`b`";

/// A cell; the pipeline and the quantization follow from its settings.
pub(crate) fn cell(id: &str, settings: &[(&str, &str)]) -> Cell {
    let settings: IndexMap<String, String> = settings
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let binary = settings.get("index.quantization").is_some_and(|q| q == "binary");
    let pipeline = match settings.get("pipeline").map(String::as_str) {
        Some("hybrid" | "fields") => hybrid(),
        Some("reranked") => reranked(),
        _ => Pipeline {
            name: "dense".into(),
            stages: vec![dense_stage()],
        },
    };
    let name = settings
        .get("pipeline")
        .cloned()
        .unwrap_or_else(|| "dense".into());
    Cell {
        id: id.into(),
        data: "parts".into(),
        backend: "local".into(),
        backend_config: BackendConfig::Local,
        settings,
        index: index(if binary {
            Quantization::Binary
        } else {
            Quantization::None
        }),
        pipeline: Pipeline { name, ..pipeline },
    }
}

fn index(quantization: Quantization) -> IndexConfig {
    let text = vec!["title".to_owned(), "description".to_owned()];
    IndexConfig {
        vectors: BTreeMap::from([
            ("body".into(), VectorConfig::Dense { text: text.clone() }),
            (
                "words".into(),
                VectorConfig::Bm25 {
                    text,
                    k1: 1.2,
                    b: 0.75,
                },
            ),
        ]),
        graph: Graph::HnswRs {
            m: 16,
            ef_construct: 128,
        },
        quantization,
        codes: CodeConfig::default(),
        payload: vec!["voltage".into()],
        on_disk: false,
        seed: 42,
    }
}

fn stage(name: &str, kind: StageKind) -> Stage {
    Stage {
        name: name.into(),
        kind,
    }
}

fn dense_stage() -> Stage {
    let dense = Dense {
        vector: "body".into(),
        limit: 30,
        ef: 128,
        exact: false,
        scan: false,
        oversampling: 4.0,
        rescore: true,
        filter: FilterUse::default(),
    };
    stage("d", StageKind::Dense(dense))
}

/// Dense and words, joined.
pub(crate) fn hybrid() -> Pipeline {
    let sparse = Sparse {
        vector: "words".into(),
        limit: 30,
        filter: FilterUse::default(),
    };
    let fuse = Fuse {
        of: vec!["d".into(), "s".into()],
        method: Fusion::Rrf {
            k: 60.0,
            weights: vec![1.0, 1.0],
        },
        limit: 30,
        tune: None,
    };
    let stages = vec![
        dense_stage(),
        stage("s", StageKind::Sparse(sparse)),
        stage("f", StageKind::Fuse(fuse)),
    ];
    Pipeline {
        name: "hybrid".into(),
        stages,
    }
}

/// Dense, then a cross-encoder.
pub(crate) fn reranked() -> Pipeline {
    let rerank = Rerank {
        of: "d".into(),
        model: "evalrun-rerank-l4".into(),
        fields: vec!["title".into(), "description".into()],
        depth: 20,
        tail: Tail::Drop,
    };
    Pipeline {
        name: "reranked".into(),
        stages: vec![dense_stage(), stage("ce", StageKind::Rerank(rerank))],
    }
}

/// A cell with its state; never the reference.
pub(crate) fn result(cell: Cell, state: CellState) -> CellResult {
    CellResult {
        cell,
        is_reference: false,
        state,
    }
}

/// A measure with a value per query.
pub(crate) fn quality(measure: &str, per_query: &[(&str, f64)]) -> Quality {
    let per_query: BTreeMap<String, f64> = per_query.iter().map(|(q, v)| ((*q).to_owned(), *v)).collect();
    let n = per_query.len();
    let mean = (n > 0).then(|| per_query.values().sum::<f64>() / n as f64);
    Quality {
        measure: measure.into(),
        mean,
        ties: mean.map(TieRange::of_constant),
        scored: n,
        total: n,
        interval: None,
        per_query,
        difference: None,
    }
}

/// Numbers of a cell without timing and findings.
pub(crate) fn numbers(quality: Vec<Quality>) -> CellNumbers {
    let measured = Measured {
        build: "b0".into(),
        build_ms: 12.5,
        build_rss_bytes: None,
        stats: IndexStats {
            points: 40,
            vector_bytes: 61_440,
            link_bytes: Some(5_632),
            ..IndexStats::default()
        },
        timing: None,
        exact: BTreeMap::new(),
        parity: Vec::new(),
        calls: None,
        tuned: Vec::new(),
        diagnosed: false,
        findings: Vec::new(),
    };
    CellNumbers {
        quality,
        latency: None,
        tuned: Vec::new(),
        measured,
        paths: Vec::new(),
        counters: Vec::new(),
        matches: BTreeMap::new(),
    }
}

/// An evaluation with queries and nothing else.
pub(crate) fn empty(queries: Vec<QueryRecord>) -> Evaluation {
    Evaluation {
        manifest: manifest(),
        plan: plan(),
        spec_text: "evalrun: 1\nexperiment: techniques\n".into(),
        cells: Vec::new(),
        certainty: Vec::new(),
        effects: Vec::new(),
        gates: Vec::new(),
        baseline: None,
        queries,
        qrels: BTreeMap::new(),
        texts: BTreeMap::new(),
        traces: BTreeMap::new(),
        losses: BTreeMap::new(),
    }
}

/// A judged query of `parts`.
pub(crate) fn query(data: &str, id: &str, text: &str) -> QueryRecord {
    QueryRecord {
        data: data.into(),
        query: id.into(),
        text: text.into(),
        filter: None,
        metadata: Payload::new(),
    }
}

fn manifest() -> Manifest {
    Manifest {
        schema: 1,
        run_id: "20260301T101500Z-4f1c2ab".into(),
        experiment: "techniques".into(),
        started: "2026-03-01T10:15:00Z".into(),
        finished: Some("2026-03-01T10:15:42Z".into()),
        command: vec!["evalrun".into(), "experiments/techniques.yaml".into()],
        tool: Tool {
            version: "0.1.0".into(),
            commit: Some("4f1c2ab".into()),
            profile: "release".into(),
        },
        spec: crate::dataset::SourceFile {
            path: "experiments/techniques.yaml".into(),
            sha256: "0".repeat(64),
            rows: 58,
        },
        data: BTreeMap::new(),
        models: BTreeMap::new(),
        backends: BTreeMap::new(),
        machine: Machine {
            cpu: Some("Example CPU @ 2.80GHz".into()),
            cpus: 2,
            memory_bytes: Some(16 << 30),
            os: "linux".into(),
            arch: "x86_64".into(),
            load: (Some(0.21), Some(1.84)),
        },
        health: Health {
            texts_embedded: 66,
            wall_ms: 42_130,
            prepare_ms: 1_420,
            ..Health::default()
        },
        baseline: None,
        resumed: None,
        jobs: None,
        tuning: BTreeMap::new(),
        noise_floor: Vec::new(),
    }
}

/// With the defaults of a spec, and nDCG@10 as the primary measure.
pub(crate) fn plan() -> Plan {
    Plan {
        experiment: "techniques".into(),
        question: "Which of the five techniques pays for itself on the parts catalogue?".into(),
        analysis: "One technique at a time against the dense baseline, then all of them together.".into(),
        data: Vec::new(),
        models: Models {
            embedder: None,
            reranker: None,
            runtime: Runtime::Auto,
        },
        servers: IndexMap::new(),
        axes: Vec::new(),
        counts: Counts {
            combinations: 0,
            merged: 0,
            excluded: 0,
            extra: 0,
            builds: 0,
        },
        cells: Vec::new(),
        dropped: Vec::new(),
        measure: MeasurePlan {
            quality: Vec::new(),
            tie: TiePolicy::Docid,
            latency: Some(LatencyPlan {
                quantiles: vec![50.0, 95.0, 99.0, 99.9],
                warmup: 50,
                passes: 3,
                workers: 1,
            }),
            trace: TracePlan {
                keep: TraceKeep::Movers,
                depth: 8,
            },
            diagnose: Diagnose::Never,
            slices: Vec::new(),
            seed: 42,
            timing_only: false,
        },
        compare: Compare {
            reference: IndexMap::new(),
            level: 0.95,
            resamples: 10_000,
            method: BootstrapMethod::Bca,
            family: vec!["nDCG@10".parse().expect("a measure")],
            tolerance: TIE,
        },
        gates: Vec::new(),
        narrowed: None,
    }
}

/// A reference of 0.712 and one cell beside it, with a difference as given; 24 queries.
pub(crate) fn two_cells(
    mean: f64,
    interval: Option<(f64, f64)>,
    wins_ties_losses: (usize, usize, usize),
) -> Evaluation {
    let ids: Vec<String> = (0..24).map(|i| format!("q{i:02}")).collect();
    let of = |value: f64| {
        let values: Vec<(&str, f64)> = ids.iter().map(|id| (id.as_str(), value)).collect();
        quality("nDCG@10", &values)
    };
    let beside = Quality {
        difference: Some(difference(mean, interval, wins_ties_losses)),
        ..of(0.712 + mean.max(0.0001))
    };
    let ok = |q: Quality| CellState::Ok(Box::new(numbers(vec![q])));
    let reference = result(cell("c0", &[("pipeline", "dense")]), ok(of(0.712)));
    let other = result(cell("c1", &[("pipeline", "hybrid")]), ok(beside));
    Evaluation {
        cells: vec![
            CellResult {
                is_reference: true,
                ..reference
            },
            other,
        ],
        ..empty(ids.iter().map(|id| query("parts", id, "a query")).collect())
    }
}

/// A difference of which a test says the parts that it is about.
pub(crate) fn difference(
    mean: f64,
    interval: Option<(f64, f64)>,
    wins_ties_losses: (usize, usize, usize),
) -> Difference {
    let (wins, ties, losses) = wins_ties_losses;
    Difference {
        mean,
        interval,
        told: interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0),
        n: wins + ties + losses,
        wins_ties_losses,
        relative: None,
        test: SignFlip {
            p: 0.5,
            exact: true,
            nonzero: wins + losses,
        },
        p_holm: None,
        effect: None,
    }
}

/// `n` cells that differ in `d.ef` only, with traces.
pub(crate) fn many_cells(n: usize) -> Evaluation {
    simulate::sweep(n)
}

/// 24 cells, 480 queries, lists of 20 that differ from cell to cell, and no intervals.
pub(crate) fn large() -> Evaluation {
    let mut evaluation = simulate::plain_sweep(24, 480, 20, 1);
    evaluation.plan.measure.trace.depth = 20;
    evaluation
}
