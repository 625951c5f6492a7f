//! Rerank stages: what they read, with which model, how deep.

use super::Context;
use super::limits::{limit_span, limits};
use crate::pipeline::{Pipeline, Rerank, StageKind, Tail, VectorConfig};
use crate::plan::drafts::inputs;
use crate::plan::findings::Findings;
use crate::plan::index;
use crate::plan::numbers::count;
use crate::spec::pipelines::{RerankSpec, SpannedStage, TailSpec};
use crate::spec::{Code, Diagnostic, Span, Spanned};

/// What stands before a stage that reorders a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'a> {
    /// All stages as written.
    pub(super) stages: &'a [SpannedStage],
    /// The position of that stage among them.
    pub(super) position: usize,
    /// The stages before it, resolved.
    pub(super) pipeline: &'a Pipeline,
}

/// The stage that is run, every default filled in.
pub(super) fn rerank(
    stage: &RerankSpec,
    before: Before<'_>,
    context: Context<'_>,
    findings: &mut Findings,
) -> Option<Rerank> {
    let depth = count(Some(&stage.depth), 1, "depth", findings);
    let model = model(stage, before.stages[before.position].span, context, findings);
    let written = stage.fields.as_ref();
    let written = written.map(|f| index::fields(&f.value, f.span, context.data, findings));
    let (of, _) = inputs(before.stages, before.position).pop()?;
    before.check_depth("the reranker", &of, &stage.depth, findings);
    let fields = written.unwrap_or_else(|| before.searched(&of, context));
    let given = |v: &VectorConfig| matches!(v, VectorConfig::Precomputed { .. });
    if fields.is_empty() && stage.fields.is_none() && context.index.vectors.values().any(given) {
        let title = format!("stage `{}` has no text to read", stage.name.value);
        let label = "the list it reorders was found by precomputed vectors alone";
        let diagnostic = Diagnostic::new(Code::MissingKey, title).at(stage.name.span, label);
        findings.push(diagnostic.help("name the text `fields` that its passages are made of"));
    }
    Some(Rerank {
        model: model?,
        fields,
        of,
        depth,
        tail: tail(stage.tail.as_ref()),
    })
}

/// As written, or the default.
pub(super) fn tail(written: Option<&Spanned<TailSpec>>) -> Tail {
    match written.map(|t| t.value) {
        None | Some(TailSpec::Keep) => Tail::Keep,
        Some(TailSpec::Drop) => Tail::Drop,
    }
}

fn model(stage: &RerankSpec, place: Span, context: Context<'_>, findings: &mut Findings) -> Option<String> {
    let Some(reranker) = context.reranker else {
        let title = format!("stage `{}` needs a reranker", stage.name.value);
        let diagnostic = Diagnostic::new(Code::NoModel, title).at(place, "`models.reranker` names none");
        findings.push(diagnostic.help("name one: `models: { reranker: … }`"));
        return None;
    };
    if let Some(other) = stage.model.as_ref().filter(|m| m.value != reranker) {
        let title = "an experiment has one reranker in this version";
        let label = format!("`models.reranker` is `{reranker}`");
        findings.push(Diagnostic::new(Code::ManyRerankers, title).at(other.span, label));
    }
    Some(reranker.to_owned())
}

impl Before<'_> {
    /// The text fields that the stages behind a list have searched, in the order of their first use.
    fn searched(&self, list: &str, context: Context<'_>) -> Vec<String> {
        let text = |vector: &str| {
            let vector = context.index.vectors.get(vector);
            vector.map_or(Vec::new(), |v| v.text().to_vec())
        };
        let found: Vec<String> = match self.pipeline.stage(list).map(|s| &s.kind) {
            None => Vec::new(),
            Some(StageKind::Dense(dense)) => text(&dense.vector),
            Some(StageKind::Sparse(sparse)) => text(&sparse.vector),
            Some(StageKind::Fuse(fuse)) => fuse.of.iter().flat_map(|l| self.searched(l, context)).collect(),
            Some(StageKind::Late(late)) => self.searched(&late.of, context),
            Some(StageKind::Rerank(rerank)) => rerank.fields.clone(),
        };
        let mut fields: Vec<String> = Vec::new();
        for field in found {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields
    }

    /// Warns where `who` gets fewer hits than it is to score.
    pub(super) fn check_depth(&self, who: &str, of: &str, depth: &Spanned<usize>, findings: &mut Findings) {
        let Some(given) = limits(self.pipeline)
            .get(of)
            .copied()
            .filter(|given| *given < depth.value)
        else {
            return;
        };
        let source = self.stages.iter().find(|s| s.value.0.name().value == of);
        let place = source.map_or(Span::UNKNOWN, limit_span);
        let title = format!("{who} is to score {} hits and gets at most {given}", depth.value);
        let diagnostic = Diagnostic::new(Code::DepthBeyondInput, title)
            .at(depth.span, format!("wants {}", depth.value))
            .also(place, format!("hands on at most {given}"));
        findings.push(diagnostic.help("raise `limit` or lower `depth`"));
    }
}
