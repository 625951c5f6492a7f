//! Pipelines as written, `from` and `then` put together, before anything is swept.

use super::findings::Findings;
use super::sources::check_name;
use crate::spec::pipelines::{PipelineSpec, SpannedStage, StageSpec};
use crate::spec::suggest::instead;
use crate::spec::{Code, Diagnostic, ShortOr, Span, Spanned, Spec};

/// A pipeline as written. The axes change copies of it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: Spanned<String>,
    pub(super) stages: Vec<SpannedStage>,
    /// The pipelines it continues, nearest first.
    pub(super) bases: Vec<String>,
}

impl Draft {
    /// The stage of that name.
    pub(super) fn stage(&self, name: &str) -> Option<&StageSpec> {
        let mut stages = self.stages.iter().map(|s| &s.value.0);
        stages.find(|s| s.name().value == name)
    }

    /// The stage of that name, to be changed by an axis.
    pub(super) fn stage_mut(&mut self, name: &str) -> Option<&mut StageSpec> {
        let mut stages = self.stages.iter_mut().map(|s| &mut s.value.0);
        stages.find(|s| s.name().value == name)
    }
}

/// The pipelines of the spec, in order; those that could be put together.
pub(super) fn drafts(spec: &Spec, findings: &mut Findings) -> Vec<Draft> {
    let written = &spec.pipelines;
    if written.value.0.is_empty() {
        findings.push(Diagnostic::new(Code::Nothing, "no pipeline").at(written.span, "define at least one"));
    }
    let mut drafts = Vec::new();
    for (name, pipeline) in written.value.iter() {
        check_name("pipeline", name, findings);
        let mut bases = Vec::new();
        let Some(stages) = stages(spec, &name.value, pipeline, &mut bases, findings) else {
            continue;
        };
        if stages.is_empty() {
            let title = format!("pipeline `{}` has no stage", name.value);
            findings.push(Diagnostic::new(Code::Nothing, title).at(name.span, ""));
            continue;
        }
        check_names(&stages, findings);
        check_references(&stages, findings);
        drafts.push(Draft {
            name: name.clone(),
            stages,
            bases,
        });
    }
    drafts
}

/// The stages of a pipeline, those it continues first. `None` after a mistake.
fn stages(
    spec: &Spec,
    name: &str,
    pipeline: &PipelineSpec,
    bases: &mut Vec<String>,
    findings: &mut Findings,
) -> Option<Vec<SpannedStage>> {
    let derived = match pipeline {
        ShortOr::Short(stages) => return Some(stages.clone()),
        ShortOr::Long(derived) => derived,
    };
    let from = &derived.from;
    if from.value == name || bases.contains(&from.value) {
        let title = format!("pipeline `{}` continues itself", from.value);
        findings.push(Diagnostic::new(Code::FromCycle, title).at(from.span, "this closes the circle"));
        return None;
    }
    let all = &spec.pipelines.value;
    let Some(base) = all.get(&from.value) else {
        findings.push(
            Diagnostic::new(
                Code::UnknownPipeline,
                format!("unknown pipeline `{}`", from.value),
            )
            .at(from.span, instead(&from.value, all.names())),
        );
        return None;
    };
    bases.push(from.value.clone());
    let mut stages = stages(spec, name, base, bases, findings)?;
    stages.extend(derived.then.iter().cloned());
    Some(stages)
}

fn check_names(stages: &[SpannedStage], findings: &mut Findings) {
    for (i, stage) in stages.iter().enumerate() {
        let name = stage.value.0.name();
        check_name("stage", name, findings);
        if name.value == "index" {
            let title = "a stage cannot be called `index`";
            let label = "axes that start with it speak of the index";
            findings.push(Diagnostic::new(Code::BadName, title).at(name.span, label));
        }
        let earlier = stages[..i].iter().map(|s| s.value.0.name());
        if let Some(first) = earlier.into_iter().find(|n| n.value == name.value) {
            findings.push(
                Diagnostic::new(
                    Code::NameTwice,
                    format!("two stages of a pipeline are called `{}`", name.value),
                )
                .at(name.span, "the second one")
                .also(first.span, "the first one"),
            );
        }
    }
}

/// The stages whose lists a stage reads, with the places that name them.
pub(super) fn inputs(stages: &[SpannedStage], i: usize) -> Vec<(String, Span)> {
    let stage = &stages[i];
    match &stage.value.0 {
        StageSpec::Dense(_) | StageSpec::Sparse(_) => Vec::new(),
        StageSpec::Fuse(fuse) => {
            let of = fuse.of.value.iter();
            of.map(|s| (s.value.clone(), s.span)).collect()
        }
        StageSpec::Late(late) => vec![(late.of.value.clone(), late.of.span)],
        StageSpec::Rerank(rerank) => match (&rerank.of, i.checked_sub(1)) {
            (Some(of), _) => vec![(of.value.clone(), of.span)],
            (None, Some(before)) => vec![(stages[before].value.0.name().value.clone(), stage.span)],
            (None, None) => Vec::new(),
        },
    }
}

fn check_references(stages: &[SpannedStage], findings: &mut Findings) {
    let names = || stages.iter().map(|s| s.value.0.name().value.as_str());
    for (i, stage) in stages.iter().enumerate() {
        let inputs = inputs(stages, i);
        if matches!(stage.value.0, StageSpec::Rerank(_)) && inputs.is_empty() {
            let title = "a rerank stage has no list to reorder";
            let label = "no stage stands before it";
            findings.push(Diagnostic::new(Code::UnknownStage, title).at(stage.span, label));
        }
        for (name, span) in inputs {
            let problem = match names().position(|n| n == name) {
                Some(at) if at < i => continue,
                Some(at) if at == i => "a stage cannot read its own list".to_owned(),
                Some(_) => format!("stage `{name}` stands further down; a stage reads earlier ones"),
                None => instead(&name, names().take(i)),
            };
            let title = match names().any(|n| n == name) {
                true => format!("stage `{name}` is not there yet"),
                false => format!("unknown stage `{name}`"),
            };
            findings.push(Diagnostic::new(Code::UnknownStage, title).at(span, problem));
        }
    }
}

/// Warns of stages whose lists nobody reads.
pub(super) fn check_unread(draft: &Draft, findings: &mut Findings) {
    let stages = &draft.stages;
    let read: Vec<String> = (0..stages.len())
        .flat_map(|i| inputs(stages, i))
        .map(|(name, _)| name)
        .collect();
    for stage in &stages[..stages.len() - 1] {
        let name = stage.value.0.name();
        if !read.contains(&name.value) {
            let title = format!("the list of stage `{}` is not used", name.value);
            findings.push(Diagnostic::new(Code::Unused, title).at(name.span, "no later stage reads it"));
        }
    }
}
