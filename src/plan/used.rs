//! What the cells use of what the spec defines; the rest is worth a warning.

use indexmap::IndexMap;

use super::cells::Made;
use super::data::DataSet;
use super::drafts::{self, Draft};
use super::findings::Findings;
use super::sources::NamedBackend;
use super::{DataSource, ModelSource, Models};
use crate::pipeline::StageKind;
use crate::pipeline::server::Address;
use crate::spec::index::VectorSpec;
use crate::spec::{Code, Diagnostic, Span, Spec};

/// What the cells use of what the spec defines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used<'a> {
    pub(super) spec: &'a Spec,
    pub(super) made: &'a [Made],
    pub(super) drafts: &'a [Draft],
}

impl Used<'_> {
    fn stages(&self) -> impl Iterator<Item = &StageKind> {
        let stages = self.made.iter().flat_map(|m| &m.cell.pipeline.stages);
        stages.map(|s| &s.kind)
    }

    /// Only the models that are needed; complains of those that are missing, warns of those that are not needed.
    pub(super) fn models(&self, models: Models, findings: &mut Findings) -> Models {
        let written = &self.spec.models;
        // Only vectors that a cell searches are built.
        let searched = |name: &str| self.made.iter().any(|m| m.cell.index.vectors.contains_key(name));
        let mut vectors = self.spec.index.vectors.value.iter();
        let first = vectors.find(|(name, v)| {
            matches!(v.0, VectorSpec::Text(_) | VectorSpec::Late(_)) && searched(&name.value)
        });
        let first = first.map(|(name, _)| name);
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
            let why = "no vector that it makes is searched";
            findings.push(unused("the embedder", model.span, why));
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
    pub(super) fn data(&self, data: Vec<DataSet>) -> Vec<DataSource> {
        let sources = data.into_iter().map(|s| s.source);
        sources
            .filter(|s| self.made.iter().any(|m| m.cell.data == s.name))
            .collect()
    }

    /// Where the servers are that a cell runs on.
    pub(super) fn servers(&self, backends: &[NamedBackend]) -> IndexMap<String, Address> {
        let runs_on = |b: &&NamedBackend| self.made.iter().any(|m| m.cell.backend == b.name);
        let address = |b: &NamedBackend| Some((b.name.clone(), b.address.clone()?));
        backends.iter().filter(runs_on).filter_map(address).collect()
    }

    /// Warns of everything that is defined and never used.
    pub(super) fn check(&self, data: &[DataSet], backends: &[NamedBackend], findings: &mut Findings) {
        for source in data {
            let name = &source.source.name;
            if !self.made.iter().any(|m| m.cell.data == *name) {
                let what = format!("data set `{name}`");
                findings.push(unused(&what, source.span, "no cell searches it"));
            }
        }
        for backend in backends {
            if !self.made.iter().any(|m| m.cell.backend == backend.name) {
                let what = format!("backend `{}`", backend.name);
                findings.push(unused(&what, backend.span, "no cell runs on it"));
            }
        }
        self.check_pipelines(findings);
        self.check_vectors(findings);
    }

    fn check_pipelines(&self, findings: &mut Findings) {
        let runs = |d: &Draft| self.made.iter().any(|m| m.cell.pipeline.name == d.name.value);
        for draft in self.drafts {
            let name = &draft.name.value;
            let continued = || self.drafts.iter().any(|d| d.bases.contains(name) && runs(d));
            if runs(draft) {
                drafts::check_unread(draft, findings);
            } else if !continued() {
                let what = format!("pipeline `{name}`");
                findings.push(unused(&what, draft.name.span, "no cell runs it"));
            }
        }
    }

    fn check_vectors(&self, findings: &mut Findings) {
        for (name, _) in self.spec.index.vectors.value.iter() {
            let searches = |s: &StageKind| match s {
                StageKind::Dense(d) => d.vector == name.value,
                StageKind::Sparse(s) => s.vector == name.value,
                StageKind::Late(l) => l.vector == name.value,
                StageKind::Fuse(_) | StageKind::Rerank(_) => false,
            };
            if !self.stages().any(searches) {
                let what = format!("vector `{}`", name.value);
                let why = "built with every index, searched by no cell";
                findings.push(unused(&what, name.span, why));
            }
        }
    }
}

fn unused(what: &str, span: Span, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Unused, format!("{what} is not used")).at(span, why)
}
