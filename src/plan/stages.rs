//! From stages as written to stages that can be run: defaults filled in, everything checked that one cell can show.

use std::collections::BTreeMap;

use super::drafts::Draft;
use super::findings::Findings;
use super::index;
use super::numbers::{count, within};
use super::sources::Source;
use crate::pipeline::{
    Dense, FilterUse, Fuse, Fusion, Graph, IndexConfig, Normalize, Pipeline, Quantization, Rerank, Sparse,
    Stage, StageKind, Strategy, Tail, VectorConfig,
};
use crate::spec::pipelines::{
    DenseSpec, FilterSpec, FuseSpec, MethodSpec, NormalizeSpec, RerankSpec, SpannedStage, SparseSpec,
    StageSpec, StrategySpec, TailSpec,
};
use crate::spec::suggest::instead;
use crate::spec::{Code, Diagnostic, Span, Spanned};

/// Hits a stage hands on unless it says otherwise.
const LIMIT: usize = 100;
/// Beam width unless more hits have to be found.
const EF: usize = 128;
/// Cormack, Clarke and Büttcher 2009.
const RRF_K: f64 = 60.0;

/// What a stage is resolved against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) index: &'a IndexConfig,
    pub(super) data: &'a [Source],
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
        let kind = match &written.value.0 {
            StageSpec::Dense(stage) => dense(stage, context, findings).map(StageKind::Dense),
            StageSpec::Sparse(stage) => sparse(stage, context, findings).map(StageKind::Sparse),
            StageSpec::Fuse(stage) => fuse(stage, findings).map(StageKind::Fuse),
            StageSpec::Rerank(stage) => {
                let before = i
                    .checked_sub(1)
                    .map(|i| draft.stages[i].value.0.name().value.clone());
                let resolver = Reranking {
                    draft,
                    pipeline: &pipeline,
                    written,
                    before,
                };
                resolver.rerank(stage, context, findings).map(StageKind::Rerank)
            }
        };
        let name = written.value.0.name().value.clone();
        pipeline.stages.extend(kind.map(|kind| Stage { name, kind }));
    }
    pipeline
}

/// Where a stage says how many hits it hands on.
pub(super) fn limit_span(stage: &SpannedStage) -> Span {
    let limit = match &stage.value.0 {
        StageSpec::Dense(s) => s.limit.as_ref(),
        StageSpec::Sparse(s) => s.limit.as_ref(),
        StageSpec::Fuse(s) => s.limit.as_ref(),
        StageSpec::Rerank(s) => match s.tail.as_ref().map(|t| t.value) {
            Some(TailSpec::Drop) => Some(&s.depth),
            _ => None,
        },
    };
    limit.map_or(stage.span, |l| l.span)
}

fn dense(stage: &DenseSpec, context: Context<'_>, findings: &mut Findings) -> Option<Dense> {
    let vector = vector(&stage.vector, context, findings);
    if let Some(VectorConfig::Bm25 { .. }) = vector {
        let title = format!("vector `{}` is sparse", stage.vector.value);
        let label = "a dense stage searches a vector made with `text:`";
        findings.push(Diagnostic::new(Code::WrongVector, title).at(stage.vector.span, label));
    }
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
    let coded = context.index.quantization == Quantization::Binary && !exact;
    if coded {
        check_codes(stage, oversampling, rescore, findings);
    }
    let needed = match coded {
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

fn check_codes(stage: &DenseSpec, oversampling: f64, rescore: bool, findings: &mut Findings) {
    if stage.oversampling.is_none() && stage.rescore.is_none() {
        let title = format!(
            "stage `{}` searches binary codes without oversampling",
            stage.name.value
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
    let vector = vector(&stage.vector, context, findings);
    if let Some(VectorConfig::Dense { .. }) = vector {
        let title = format!("vector `{}` is dense", stage.vector.value);
        let label = "a sparse stage searches a vector made with `bm25:`";
        findings.push(Diagnostic::new(Code::WrongVector, title).at(stage.vector.span, label));
    }
    let limit = count(stage.limit.as_ref(), LIMIT, "limit", findings);
    vector?;
    Some(Sparse {
        vector: stage.vector.value.clone(),
        limit,
        filter: filter(stage.filter.as_ref()),
    })
}

fn vector<'a>(
    name: &Spanned<String>,
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

fn fuse(stage: &FuseSpec, findings: &mut Findings) -> Option<Fuse> {
    let of: Vec<String> = stage.of.value.iter().map(|s| s.value.clone()).collect();
    let again = of.iter().enumerate().find(|(i, name)| of[..*i].contains(name));
    if let Some((i, name)) = again {
        let title = format!("the list of stage `{name}` is fused with itself");
        findings.push(Diagnostic::new(Code::OneList, title).at(stage.of.value[i].span, "named before"));
    }
    if of.len() < 2 {
        let title = format!("a fusion needs two lists, this one has {}", of.len());
        findings.push(Diagnostic::new(Code::OneList, title).at(stage.of.span, "name two stages or more"));
    }
    let limit = count(stage.limit.as_ref(), LIMIT, "limit", findings);
    let method = method(stage, of.len(), findings)?;
    Some(Fuse { of, method, limit })
}

fn method(stage: &FuseSpec, lists: usize, findings: &mut Findings) -> Option<Fusion> {
    let written = &stage.method;
    let ones = || vec![1.0; lists];
    Some(match &written.value.0 {
        MethodSpec::Rrf(rrf) => Fusion::Rrf {
            k: within(rrf.k.as_ref(), RRF_K, "k", "0 or more", |k| k >= 0.0, findings),
            weights: weights(rrf.weights.as_ref(), stage, findings).unwrap_or_else(ones),
        },
        MethodSpec::Dbsf(dbsf) => Fusion::Dbsf {
            weights: weights(dbsf.weights.as_ref(), stage, findings).unwrap_or_else(ones),
        },
        MethodSpec::Weighted(weighted) => {
            if weighted.weights.is_none() {
                let title = "a weighted fusion needs weights";
                let help = format!("for instance `{{ weighted: {{ weights: {:?} }} }}`", ones());
                findings.push(
                    Diagnostic::new(Code::Weights, title)
                        .at(written.span, "")
                        .help(help),
                );
            }
            Fusion::Weighted {
                weights: weights(weighted.weights.as_ref(), stage, findings)?,
                normalize: match weighted.normalize.as_ref().map(|n| n.value) {
                    None | Some(NormalizeSpec::MinMax) => Normalize::MinMax,
                    Some(NormalizeSpec::None) => Normalize::None,
                },
            }
        }
    })
}

fn weights(
    written: Option<&Spanned<Vec<f64>>>,
    stage: &FuseSpec,
    findings: &mut Findings,
) -> Option<Vec<f64>> {
    let written = written?;
    let (values, lists) = (&written.value, stage.of.value.len());
    let complaint = if values.len() != lists {
        format!("{} weights for {lists} lists", values.len())
    } else if let Some(bad) = values.iter().find(|w| !w.is_finite() || **w < 0.0) {
        format!("a weight cannot be {bad}")
    } else if values.iter().all(|w| *w == 0.0) {
        "all weights are 0".to_owned()
    } else {
        return Some(values.clone());
    };
    let diagnostic =
        Diagnostic::new(Code::Weights, complaint).at(written.span, "one number per list, 0 or more");
    findings.push(diagnostic.also(stage.of.span, "the lists"));
    None
}

/// A rerank stage looks back at the stages before it.
struct Reranking<'a> {
    draft: &'a Draft,
    pipeline: &'a Pipeline,
    written: &'a SpannedStage,
    before: Option<String>,
}

impl Reranking<'_> {
    fn rerank(&self, stage: &RerankSpec, context: Context<'_>, findings: &mut Findings) -> Option<Rerank> {
        let of = stage
            .of
            .as_ref()
            .map(|of| of.value.clone())
            .or_else(|| self.before.clone());
        let depth = count(Some(&stage.depth), 1, "depth", findings);
        let model = self.model(stage, context, findings);
        let fields = match &stage.fields {
            Some(fields) => index::fields(&fields.value, fields.span, context.data, findings),
            None => self.searched(of.as_deref()?, context),
        };
        let of = of?;
        self.check_depth(&of, &stage.depth, findings);
        Some(Rerank {
            of,
            model: model?,
            fields,
            depth,
            tail: match stage.tail.as_ref().map(|t| t.value) {
                None | Some(TailSpec::Keep) => Tail::Keep,
                Some(TailSpec::Drop) => Tail::Drop,
            },
        })
    }

    fn model(&self, stage: &RerankSpec, context: Context<'_>, findings: &mut Findings) -> Option<String> {
        let Some(reranker) = context.reranker else {
            let place = stage.model.as_ref().map_or(self.written.span, |m| m.span);
            let title = format!("stage `{}` needs a reranker", stage.name.value);
            let help = "name one: `models: { reranker: … }`";
            findings.push(
                Diagnostic::new(Code::NoModel, title)
                    .at(place, "`models.reranker` names none")
                    .help(help),
            );
            return None;
        };
        let other = stage.model.as_ref().filter(|m| m.value != reranker);
        if let Some(other) = other {
            let title = "an experiment has one reranker in this version";
            let label = format!("`models.reranker` is `{reranker}`");
            findings.push(Diagnostic::new(Code::ManyRerankers, title).at(other.span, label));
        }
        Some(reranker.to_owned())
    }

    /// The text fields that the stages behind a list have searched, in the order of their first use.
    fn searched(&self, list: &str, context: Context<'_>) -> Vec<String> {
        let Some(stage) = self.pipeline.stage(list) else {
            return Vec::new();
        };
        let text = |vector: &str| context.index.vectors.get(vector).map_or(&[][..], index::text_of);
        let mut fields: Vec<String> = Vec::new();
        let found: Vec<String> = match &stage.kind {
            StageKind::Dense(d) => text(&d.vector).to_vec(),
            StageKind::Sparse(s) => text(&s.vector).to_vec(),
            StageKind::Fuse(f) => {
                f.of.iter()
                    .flat_map(|list| self.searched(list, context))
                    .collect()
            }
            StageKind::Rerank(r) => r.fields.clone(),
        };
        for field in found {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields
    }

    fn check_depth(&self, of: &str, depth: &Spanned<usize>, findings: &mut Findings) {
        let Some(given) = limits(self.pipeline).get(of).copied() else {
            return;
        };
        if depth.value <= given {
            return;
        }
        let source = self.draft.stages.iter().find(|s| s.value.0.name().value == of);
        let title = format!(
            "the reranker is to score {} hits and gets at most {given}",
            depth.value
        );
        let diagnostic =
            Diagnostic::new(Code::DepthBeyondInput, title).at(depth.span, format!("wants {}", depth.value));
        let place = source.map_or(Span::UNKNOWN, limit_span);
        let help = "raise `limit` or lower `depth`";
        findings.push(
            diagnostic
                .also(place, format!("hands on at most {given}"))
                .help(help),
        );
    }
}

/// Most hits each stage can hand on.
pub(super) fn limits(pipeline: &Pipeline) -> BTreeMap<String, usize> {
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
