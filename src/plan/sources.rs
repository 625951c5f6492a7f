//! Data sets, backends and models: everything a spec names that is kept outside it.

use std::collections::BTreeSet;
use std::path::Path;

use super::catalog::{Catalog, KnownModel};
use super::findings::Findings;
use super::{BackendConfig, DataKind, DataSource, ModelSource, Runtime};
use crate::spec::data::{BackendSpec, DataKindSpec, DataSpec, ModelKindSpec, ModelSpec, RuntimeSpec};
use crate::spec::suggest::instead;
use crate::spec::{Code, Diagnostic, ShortOr, Span, Spanned, Spec};

/// A data set of the spec.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) source: DataSource,
    /// How the spec calls it, the same on any machine.
    pub(super) written: String,
    pub(super) span: Span,
    /// Text fields of its first documents.
    pub(super) fields: BTreeSet<String>,
}

/// A backend of the spec.
#[derive(Debug, Clone)]
pub(super) struct NamedBackend {
    pub(super) name: String,
    pub(super) config: BackendConfig,
    /// Unknown for the default.
    pub(super) span: Span,
}

/// A diagnostic for a form that this version refuses by name.
pub(super) fn not_yet(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::NotYet, format!("{what} is not in this version yet")).at(span, "")
}

/// The data sets of the spec, those that are right.
pub(super) fn data(spec: &Spec, folder: &Path, catalog: &Catalog, findings: &mut Findings) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    if spec.data.value.0.is_empty() {
        findings.push(Diagnostic::new(Code::Nothing, "no data set").at(spec.data.span, "name at least one"));
    }
    for (written, span) in spec.data.items() {
        let Some(source) = data_set(written, span, folder, catalog, findings) else {
            continue;
        };
        if let Some(first) = sources.iter().find(|s| s.source.name == source.source.name) {
            findings.push(
                Diagnostic::new(
                    Code::NameTwice,
                    format!("two data sets are called `{}`", source.source.name),
                )
                .at(span, "the second one")
                .also(first.span, "the first one")
                .help("give one of them another `name`: `{ beir: { dir: …, name: … } }`"),
            );
            continue;
        }
        sources.push(source);
    }
    sources
}

fn data_set(
    written: &DataSpec,
    span: Span,
    folder: &Path,
    catalog: &Catalog,
    findings: &mut Findings,
) -> Option<Source> {
    let (dir, split, name) = match written {
        ShortOr::Short(name) => return named_data(name, span, catalog, findings),
        ShortOr::Long(DataKindSpec::Beir(ShortOr::Short(dir))) => (dir, None, None),
        ShortOr::Long(DataKindSpec::Beir(ShortOr::Long(beir))) => {
            (&beir.dir, beir.split.clone(), beir.name.clone())
        }
        ShortOr::Long(DataKindSpec::Trec(_)) => return refuse("data of kind `trec`", span, findings),
        ShortOr::Long(DataKindSpec::Parquet(_)) => return refuse("data of kind `parquet`", span, findings),
        ShortOr::Long(DataKindSpec::Synthetic(_)) => {
            return refuse("data of kind `synthetic`", span, findings);
        }
    };
    let path = folder.join(dir);
    let Some(fields) = (catalog.look)(&path) else {
        findings.push(
            Diagnostic::new(Code::UnknownData, format!("no corpus in `{}`", path.display()))
                .at(span, "a folder with `corpus.jsonl` is expected there")
                .help("the path is relative to the spec file"),
        );
        return None;
    };
    let last = path.file_name().map(|n| n.to_string_lossy().into_owned());
    Some(Source {
        written: format!("{dir}#{}", split.as_deref().unwrap_or_default()),
        source: DataSource {
            name: name.or(last).unwrap_or_else(|| dir.clone()),
            kind: DataKind::Beir { dir: path, split },
        },
        span,
        fields,
    })
}

fn named_data(name: &str, span: Span, catalog: &Catalog, findings: &mut Findings) -> Option<Source> {
    let Some(dir) = catalog.datasets.get(name) else {
        let known = catalog.datasets.keys().map(String::as_str);
        findings.push(
            Diagnostic::new(Code::UnknownData, format!("unknown data set `{name}`"))
                .at(span, instead(name, known))
                .help("a name is a folder under `datasets/`; for any other folder write `{ beir: path }`"),
        );
        return None;
    };
    let kind = DataKind::Beir {
        dir: dir.clone(),
        split: None,
    };
    Some(Source {
        source: DataSource {
            name: name.to_owned(),
            kind,
        },
        written: name.to_owned(),
        span,
        fields: (catalog.look)(dir).unwrap_or_default(),
    })
}

fn refuse<T>(what: &str, span: Span, findings: &mut Findings) -> Option<T> {
    findings.push(not_yet(what, span));
    None
}

/// The backends of the spec, those that are right; the embedded engine when the spec names none.
pub(super) fn backends(spec: &Spec, findings: &mut Findings) -> Vec<NamedBackend> {
    let Some(written) = &spec.backends else {
        return vec![NamedBackend {
            name: "local".to_owned(),
            config: BackendConfig::Local,
            span: Span::UNKNOWN,
        }];
    };
    if written.value.0.is_empty() {
        findings.push(Diagnostic::new(Code::Nothing, "no backend").at(written.span, "name at least one"));
    }
    let mut backends = Vec::new();
    for (name, backend) in written.value.iter() {
        check_name("backend", name, findings);
        match backend.value.0 {
            BackendSpec::Local(_) => backends.push(NamedBackend {
                name: name.value.clone(),
                config: BackendConfig::Local,
                span: name.span,
            }),
            BackendSpec::Qdrant(_) => findings.push(not_yet("a backend of kind `qdrant`", backend.span)),
        }
    }
    backends
}

/// Complains about a name with characters that paths, patterns and files would trip over.
pub(super) fn check_name(what: &str, name: &Spanned<String>, findings: &mut Findings) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let problem = match name.value.chars().find(|c| !allowed(*c)) {
        None if name.value.is_empty() => "is empty".to_owned(),
        None => return,
        Some(' ') => "has a blank in it".to_owned(),
        Some(c) => format!("has `{c}` in it"),
    };
    findings.push(
        Diagnostic::new(Code::BadName, format!("the {what}'s name {problem}"))
            .at(name.span, "letters, digits, `-` and `_` only"),
    );
}

/// Which runtime the spec asks for.
pub(super) fn runtime(spec: &Spec) -> Runtime {
    match spec.models.runtime.as_ref().map(|r| r.value) {
        None | Some(RuntimeSpec::Auto) => Runtime::Auto,
        Some(RuntimeSpec::Builtin) => Runtime::Builtin,
        Some(RuntimeSpec::OnnxRuntime) => Runtime::OnnxRuntime,
    }
}

/// A model of the spec; `None` when it names none, or a wrong one.
pub(super) fn model(
    written: Option<&Spanned<ModelSpec>>,
    known: &[KnownModel],
    runtime: Runtime,
    folder: &Path,
    findings: &mut Findings,
) -> Option<ModelSource> {
    let Spanned { value, span } = written?;
    let name = match value {
        ShortOr::Short(name) => name,
        ShortOr::Long(ModelKindSpec::Precomputed(_)) => {
            return refuse("a `precomputed` model", *span, findings);
        }
        ShortOr::Long(ModelKindSpec::Onnx(_)) if runtime == Runtime::Builtin => {
            let title = "the built-in runtime runs no model from a folder";
            let help = "leave `runtime` out, or name a model that comes with the program";
            findings.push(
                Diagnostic::new(Code::UnknownModel, title)
                    .at(*span, "")
                    .help(help),
            );
            return None;
        }
        ShortOr::Long(ModelKindSpec::Onnx(dir)) => return Some(ModelSource::Folder(folder.join(dir))),
    };
    let builtin_only = runtime == Runtime::Builtin;
    let usable = known.iter().filter(|m| m.builtin || !builtin_only);
    let names = usable.map(|m| m.name.as_str());
    if names.clone().any(|n| n == name) {
        return Some(ModelSource::Name(name.clone()));
    }
    let runtime = match builtin_only {
        true => " to the built-in runtime",
        false => "",
    };
    let title = format!("the model `{name}` is not known{runtime}");
    findings.push(Diagnostic::new(Code::UnknownModel, title).at(*span, instead(name, names)));
    None
}
