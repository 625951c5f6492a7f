//! From a spec to a plan: everything that is wrong with it, or everything a run needs to know.

use std::path::Path;

use super::axes::{self, Scope};
use super::catalog::Catalog;
use super::cells::{self, Cells, Made, Parts};
use super::drafts::{self, Draft};
use super::findings::Findings;
use super::gates::{self, Ground};
use super::settings::Owner;
use super::sources::{self, NamedBackend, Source, check_name, not_yet};
use super::{DataSource, ModelSource, Models, Plan, index, measure};
use crate::pipeline::StageKind;
use crate::spec::data::ModelKindSpec;
use crate::spec::index::VectorSpec;
use crate::spec::{Code, Diagnostic, ShortOr, Span, Spec, SpecSource, VERSION};

/// Resolves a spec. Pure but for [`Catalog::look`].
///
/// # Errors
/// All mistakes at once, in the order of the text. Without a mistake, the warnings come beside the plan.
pub fn resolve(
    spec: &Spec,
    source: &SpecSource,
    catalog: &Catalog,
) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut findings = Findings::default();
    let folder = source.path.parent().unwrap_or(Path::new(""));
    check_header(spec, &mut findings);
    let data = sources::data(spec, folder, catalog, &mut findings);
    let backends = sources::backends(spec, &mut findings);
    let models = models(spec, folder, catalog, &mut findings);
    let drafts = drafts::drafts(spec, &mut findings);
    let vectors = index::vectors(&spec.index, &data, &mut findings);
    let (measure, measures) = measure::measure(&spec.measure, &mut findings);
    let axes = axes::read(&spec.sweep, &scope(&data, &backends, &drafts), &mut findings);

    let reranker = spec.models.reranker.as_ref().map(|m| match &m.value {
        ShortOr::Short(name) => name.as_str(),
        ShortOr::Long(ModelKindSpec::Onnx(dir)) => dir,
        ShortOr::Long(_) => "",
    });
    let parts = Parts {
        spec,
        text: &source.text,
        data: &data,
        backends: &backends,
        drafts: &drafts,
        vectors: &vectors,
        reranker,
        seed: measure.seed,
    };
    let Cells {
        made,
        counts,
        dropped,
    } = cells::cells(parts, &axes, &mut findings);
    if made.is_empty() && !findings.has_errors() {
        let place = spec.sweep.exclude.first().map_or(spec.pipelines.span, |e| e.span);
        findings
            .push(Diagnostic::new(Code::Nothing, "no cell is left").at(place, "all of them are excluded"));
    }
    measure::check(&measures, &made, &mut findings);
    let ground = Ground {
        text: &source.text,
        cells: &made,
        axes: &axes,
        data: &data,
        measure: &measure,
    };
    let compare = gates::compare(&spec.compare, ground, &mut findings);
    let gates = gates::gates(&spec.gates, ground, &mut findings);
    let used = Used {
        spec,
        made: &made,
        drafts: &drafts,
    };
    let models = used.models(models, &mut findings);
    used.check(&data, &backends, &mut findings);

    let warnings = findings.finish()?;
    let plan = Plan {
        experiment: spec.experiment.value.clone(),
        question: spec.question.value.trim().to_owned(),
        analysis: spec.analysis.trim().to_owned(),
        data: used.data(data),
        models,
        axes: axes.axes,
        counts,
        cells: made.into_iter().map(|m| m.cell).collect(),
        dropped,
        measure,
        compare,
        gates,
    };
    Ok((plan, warnings))
}

fn check_header(spec: &Spec, findings: &mut Findings) {
    if spec.evalrun.value != VERSION {
        let title = format!("version {} of the language is not known", spec.evalrun.value);
        let label = format!("this program reads version {VERSION}");
        findings.push(Diagnostic::new(Code::UnknownVersion, title).at(spec.evalrun.span, label));
    }
    check_name("experiment", &spec.experiment, findings);
    if spec.question.value.trim().is_empty() {
        let diagnostic = Diagnostic::new(Code::Nothing, "the question is empty");
        findings.push(diagnostic.at(spec.question.span, "say what you want to know"));
    }
    if let Some(claims) = &spec.claims {
        let help = "keys that start with `x-` are ignored: `x-claims` keeps them for later";
        findings.push(not_yet("judging `claims`", claims.span).help(help));
    }
}

fn scope(data: &[Source], backends: &[NamedBackend], drafts: &[Draft]) -> Scope {
    let of_draft = |d: &Draft| -> Vec<(String, Owner)> {
        let stages = d.stages.iter().map(|s| &s.value.0);
        stages.map(|s| (s.name().value.clone(), Owner::of(s))).collect()
    };
    Scope {
        data: data.iter().map(|s| s.source.name.clone()).collect(),
        backends: backends.iter().map(|b| b.name.clone()).collect(),
        pipelines: drafts.iter().map(|d| d.name.value.clone()).collect(),
        stages: drafts.iter().flat_map(of_draft).collect(),
    }
}

fn models(spec: &Spec, folder: &Path, catalog: &Catalog, findings: &mut Findings) -> Models {
    let runtime = sources::runtime(spec);
    let mut model = |written, known| sources::model(written, known, runtime, folder, findings);
    Models {
        embedder: model(spec.models.embedder.as_ref(), &catalog.embedders),
        reranker: model(spec.models.reranker.as_ref(), &catalog.rerankers),
        runtime,
    }
}

/// What the cells use of what the spec defines.
#[derive(Debug, Clone, Copy)]
struct Used<'a> {
    spec: &'a Spec,
    made: &'a [Made],
    drafts: &'a [Draft],
}

impl Used<'_> {
    fn stages(&self) -> impl Iterator<Item = &StageKind> {
        let stages = self.made.iter().flat_map(|m| &m.cell.pipeline.stages);
        stages.map(|s| &s.kind)
    }

    /// Only the models that a stage needs; complains of those that are missing, warns of those that are not needed.
    fn models(&self, models: Models, findings: &mut Findings) -> Models {
        let written = &self.spec.models;
        // Every vector of the index is built, searched or not.
        let vectors = self.spec.index.vectors.value.iter();
        let first = vectors
            .filter(|(_, v)| matches!(v.0, VectorSpec::Text(_)))
            .map(|(name, _)| name)
            .next();
        let reranks = self.stages().any(|s| matches!(s, StageKind::Rerank(_)));
        if let (Some(vector), None) = (first, &written.embedder) {
            let title = format!("vector `{}` needs an embedder", vector.value);
            let help = "name one: `models: { embedder: … }`";
            let diagnostic =
                Diagnostic::new(Code::NoModel, title).at(vector.span, "`models.embedder` names none");
            findings.push(diagnostic.help(help));
        }
        let keep = |model: Option<ModelSource>, needed: bool| model.filter(|_| needed);
        if let (Some(model), None) = (&written.embedder, first) {
            findings.push(unused(
                "the embedder",
                model.span,
                "the index has no dense vector",
            ));
        }
        if let (Some(model), false) = (&written.reranker, reranks) {
            findings.push(unused("the reranker", model.span, "no rerank stage runs"));
        }
        Models {
            embedder: keep(models.embedder, first.is_some()),
            reranker: keep(models.reranker, reranks),
            runtime: models.runtime,
        }
    }

    /// The data sets that a cell searches.
    fn data(&self, data: Vec<Source>) -> Vec<DataSource> {
        let sources = data.into_iter().map(|s| s.source);
        sources
            .filter(|s| self.made.iter().any(|m| m.cell.data == s.name))
            .collect()
    }

    /// Warns of everything that is defined and never used.
    fn check(&self, data: &[Source], backends: &[NamedBackend], findings: &mut Findings) {
        for source in data {
            let name = &source.source.name;
            if !self.made.iter().any(|m| m.cell.data == *name) {
                findings.push(unused(
                    &format!("data set `{name}`"),
                    source.span,
                    "no cell searches it",
                ));
            }
        }
        for backend in backends {
            if !self.made.iter().any(|m| m.cell.backend == backend.name) {
                findings.push(unused(
                    &format!("backend `{}`", backend.name),
                    backend.span,
                    "no cell runs on it",
                ));
            }
        }
        for draft in self.drafts {
            let name = &draft.name.value;
            let runs = |d: &Draft| self.made.iter().any(|m| m.cell.pipeline.name == d.name.value);
            let continued = || self.drafts.iter().any(|d| d.bases.contains(name) && runs(d));
            if runs(draft) {
                drafts::check_unread(draft, findings);
            } else if !continued() {
                findings.push(unused(
                    &format!("pipeline `{name}`"),
                    draft.name.span,
                    "no cell runs it",
                ));
            }
        }
        for (name, _) in self.spec.index.vectors.value.iter() {
            let searches = |s: &StageKind| match s {
                StageKind::Dense(d) => d.vector == name.value,
                StageKind::Sparse(s) => s.vector == name.value,
                StageKind::Fuse(_) | StageKind::Rerank(_) => false,
            };
            if !self.stages().any(searches) {
                let label = "built with every index, searched by no cell";
                findings.push(unused(&format!("vector `{}`", name.value), name.span, label));
            }
        }
    }
}

fn unused(what: &str, span: Span, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Unused, format!("{what} is not used")).at(span, why)
}
