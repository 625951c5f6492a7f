//! From stages as written to stages that can be run: defaults filled in, everything checked that one cell can show.

mod fuse;
mod late;
pub(super) mod limits;
mod rerank;
pub(super) mod tune;

use super::data::DataSet;
use super::drafts::Draft;
use super::findings::Findings;
use super::numbers::{count, within};
use crate::pipeline::{
    Dense, FilterUse, Graph, IndexConfig, Pipeline, Quantization, Sparse, Stage, StageKind, Strategy,
    VectorConfig, VectorKind,
};
use crate::spec::pipelines::{DenseSpec, FilterSpec, SparseSpec, StageSpec, StrategySpec};
use crate::spec::suggest::instead;
use crate::spec::{Code, Diagnostic, Span, Spanned};
use fuse::fuse;
use late::late;
use rerank::{Before, rerank};

/// Hits a stage hands on unless it says otherwise.
const LIMIT: usize = 100;
/// Beam width unless more hits have to be found.
const EF: usize = 128;

/// What a stage is resolved against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) index: &'a IndexConfig,
    pub(super) data: &'a [DataSet],
    /// The name of `models.reranker`, if there is one.
    pub(super) reranker: Option<&'a str>,
}

/// The pipeline that is run, every default filled in. After a mistake it is incomplete, and not run.
pub(super) fn pipeline(draft: &Draft, context: Context<'_>, findings: &mut Findings) -> Pipeline {
    let mut pipeline = Pipeline {
        name: draft.name.value.clone(),
        stages: Vec::new(),
    };
    for (i, written) in draft.stages.iter().enumerate() {
        let before = Before {
            stages: &draft.stages,
            position: i,
            pipeline: &pipeline,
        };
        let kind = match &written.value.0 {
            StageSpec::Dense(stage) => dense(stage, context, findings).map(StageKind::Dense),
            StageSpec::Sparse(stage) => sparse(stage, context, findings).map(StageKind::Sparse),
            StageSpec::Fuse(stage) => fuse(stage, findings).map(StageKind::Fuse),
            StageSpec::Late(stage) => late(stage, before, context, findings).map(StageKind::Late),
            StageSpec::Rerank(stage) => rerank(stage, before, context, findings).map(StageKind::Rerank),
        };
        let name = written.value.0.name().value.clone();
        pipeline.stages.extend(kind.map(|kind| Stage { name, kind }));
    }
    pipeline
}

fn dense(stage: &DenseSpec, context: Context<'_>, findings: &mut Findings) -> Option<Dense> {
    let vector = vector(&stage.vector, VectorKind::Dense, context, findings);
    let exact = stage.exact.as_ref().is_some_and(|e| e.value);
    let limit = count(stage.limit.as_ref(), LIMIT, "limit", findings);
    let at_least_1 = |x| x >= 1.0;
    let oversampling = within(
        stage.oversampling.as_ref(),
        1.0,
        "oversampling",
        "1 or more",
        at_least_1,
        findings,
    );
    let rescore = stage.rescore.as_ref().is_none_or(|r| r.value);
    let coded = context.index.quantization != Quantization::None && !exact;
    if coded {
        check_codes(stage, context.index.quantization, oversampling, rescore, findings);
    }
    // Binary codes with rescoring are scored by float while the graph is walked, by a beam as narrow as over floats.
    let by_code = coded && !(rescore && context.index.quantization == Quantization::Binary);
    let needed = match by_code {
        // Saturates far beyond any corpus.
        true => (limit as f64 * oversampling).ceil() as usize,
        false => limit,
    };
    let on_graph = context.index.graph != Graph::Exact && !exact;
    let ef = beam(stage, needed, on_graph, findings);
    vector?;
    Some(Dense {
        vector: stage.vector.value.clone(),
        limit,
        ef,
        exact,
        scan: false,
        oversampling,
        rescore,
        filter: filter(stage.filter.as_ref()),
    })
}

/// The beam that is used: never narrower than the hits it has to find.
fn beam(stage: &DenseSpec, needed: usize, on_graph: bool, findings: &mut Findings) -> usize {
    let ef = count(stage.ef.as_ref(), EF, "ef", findings);
    if let Some(written) = stage.ef.as_ref().filter(|_| on_graph && ef < needed) {
        let title = format!("`ef` {ef} is below the {needed} hits the search has to find");
        let diagnostic =
            Diagnostic::new(Code::DeadEf, title).at(written.span, format!("works like {needed}"));
        let limit = stage.limit.as_ref().map_or(Span::UNKNOWN, |l| l.span);
        let help = "raise `ef` or lower `limit`";
        findings.push(diagnostic.also(limit, "hits asked for").help(help));
    }
    ef.max(needed)
}

fn check_codes(
    stage: &DenseSpec,
    quantization: Quantization,
    oversampling: f64,
    rescore: bool,
    findings: &mut Findings,
) {
    if stage.oversampling.is_none() && stage.rescore.is_none() {
        let title = format!(
            "stage `{}` searches {} without oversampling",
            stage.name.value,
            match quantization {
                Quantization::Scalar => "scalar codes",
                Quantization::Product => "product codes",
                Quantization::Turbo => "turbo codes",
                Quantization::Binary | Quantization::None => "binary codes",
            }
        );
        let label = "the codes alone decide which hits are found";
        let help =
            "write `oversampling: 2` or more to fetch candidates for rescoring, or 1 to say it is meant";
        findings.push(
            Diagnostic::new(Code::NoOversampling, title)
                .at(stage.name.span, label)
                .help(help),
        );
    }
    let wasted = stage.rescore.as_ref().filter(|_| !rescore && oversampling > 1.0);
    if let Some(switch) = wasted {
        let title = "candidates are fetched by code and never scored again";
        let more = stage.oversampling.as_ref().map_or(Span::UNKNOWN, |o| o.span);
        let diagnostic =
            Diagnostic::new(Code::WastedOversampling, title).at(switch.span, "without rescoring …");
        findings.push(diagnostic.also(more, "… this changes nothing but the cost"));
    }
}

fn sparse(stage: &SparseSpec, context: Context<'_>, findings: &mut Findings) -> Option<Sparse> {
    let vector = vector(&stage.vector, VectorKind::Sparse, context, findings);
    let limit = count(stage.limit.as_ref(), LIMIT, "limit", findings);
    vector?;
    Some(Sparse {
        vector: stage.vector.value.clone(),
        limit,
        filter: filter(stage.filter.as_ref()),
    })
}

/// The vector of that name; a complaint where there is none, or it is not of the kind that the stage needs.
fn vector<'a>(
    name: &Spanned<String>,
    wanted: VectorKind,
    context: Context<'a>,
    findings: &mut Findings,
) -> Option<&'a VectorConfig> {
    let vectors = &context.index.vectors;
    let vector = vectors.get(&name.value);
    // An index without vectors has been complained of.
    if vector.is_none() && !vectors.is_empty() {
        let known = vectors.keys().map(String::as_str);
        findings.push(
            Diagnostic::new(Code::UnknownVector, format!("unknown vector `{}`", name.value))
                .at(name.span, instead(&name.value, known)),
        );
    }
    if let Some(other) = vector.map(VectorConfig::kind).filter(|kind| *kind != wanted) {
        let title = format!("vector `{}` is {}", name.value, other.name());
        let label = match wanted {
            VectorKind::Dense => "a dense stage searches a vector made with `text:` or `precomputed:`",
            VectorKind::Sparse => "a sparse stage searches a vector made with `bm25:`",
            VectorKind::Late => "a late stage scores by a vector made with `late:`",
        };
        findings.push(Diagnostic::new(Code::WrongVector, title).at(name.span, label));
    }
    vector
}

fn filter(written: Option<&FilterSpec>) -> FilterUse {
    let Some(written) = written else {
        return FilterUse::default();
    };
    let strategy = match written.strategy.as_ref().map(|s| s.value) {
        None | Some(StrategySpec::Auto) => Strategy::Auto,
        Some(StrategySpec::Pre) => Strategy::Pre,
        Some(StrategySpec::Post) => Strategy::Post,
        Some(StrategySpec::InGraph) => Strategy::InGraph,
        Some(StrategySpec::Ignore) => Strategy::Ignore,
    };
    FilterUse {
        strategy,
        condition: written.condition.clone(),
    }
}
