//! Backends and models: what a spec names that is kept outside it.

use std::collections::BTreeMap;
use std::path::Path;

use super::catalog::KnownModel;
use super::findings::Findings;
use super::{BackendConfig, ModelSource, Runtime, servers};
use crate::pipeline::server::Address;
use crate::spec::data::{BackendSpec, ModelKindSpec, ModelSpec, RuntimeSpec};
use crate::spec::suggest::instead;
use crate::spec::{Code, Diagnostic, ShortOr, Span, Spanned, Spec};

/// A backend of the spec.
#[derive(Debug, Clone)]
pub(super) struct NamedBackend {
    pub(super) name: String,
    pub(super) config: BackendConfig,
    /// Where it is, if it is a server.
    pub(super) address: Option<Address>,
    /// Unknown for the default.
    pub(super) span: Span,
}

/// A diagnostic for a form that this version refuses by name.
pub(super) fn not_yet(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::NotYet, format!("{what} is not in this version yet")).at(span, "")
}

/// The backends of the spec, those that are right; the embedded engine when the spec names none.
pub(super) fn backends(
    spec: &Spec,
    environment: &BTreeMap<String, String>,
    findings: &mut Findings,
) -> Vec<NamedBackend> {
    let Some(written) = &spec.backends else {
        return vec![NamedBackend {
            name: "local".to_owned(),
            config: BackendConfig::Local,
            address: None,
            span: Span::UNKNOWN,
        }];
    };
    if written.value.0.is_empty() {
        findings.push(Diagnostic::new(Code::Nothing, "no backend").at(written.span, "name at least one"));
    }
    let mut backends = Vec::new();
    for (name, backend) in written.value.iter() {
        check_name("backend", name, findings);
        let (config, address) = match &backend.value.0 {
            BackendSpec::Local(_) => (BackendConfig::Local, None),
            BackendSpec::Qdrant(written) => {
                let (config, address) = servers::qdrant(written, environment, findings);
                (BackendConfig::Qdrant(Box::new(config)), Some(address))
            }
        };
        backends.push(NamedBackend {
            name: name.value.clone(),
            config,
            address,
            span: name.span,
        });
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
