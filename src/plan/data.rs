//! The data sets of a spec: each one found, and what later parts have to know of it before it is read.

pub(super) mod kinds;

use std::collections::BTreeSet;
use std::path::Path;

use super::DataSource;
use super::catalog::Catalog;
use super::findings::Findings;
use crate::dataset::Source;
use crate::spec::data::DataSpec;
use crate::spec::suggest::instead;
use crate::spec::{Code, Diagnostic, ShortOr, Span, Spec};

/// A data set of the spec.
#[derive(Debug, Clone)]
pub(super) struct DataSet {
    pub(super) source: DataSource,
    /// How the spec calls it, the same on any machine.
    pub(super) written: String,
    pub(super) span: Span,
    /// Its text fields as far as they can be seen without reading all of it; empty when they cannot.
    pub(super) fields: BTreeSet<String>,
}

/// The data sets of the spec, those that are right.
pub(super) fn data(spec: &Spec, folder: &Path, catalog: &Catalog, findings: &mut Findings) -> Vec<DataSet> {
    let mut found: Vec<DataSet> = Vec::new();
    if spec.data.value.0.is_empty() {
        findings.push(Diagnostic::new(Code::Nothing, "no data set").at(spec.data.span, "name at least one"));
    }
    for (written, span) in spec.data.items() {
        let Some(data) = data_set(written, span, folder, catalog, findings) else {
            continue;
        };
        if let Some(first) = found.iter().find(|s| s.source.name == data.source.name) {
            findings.push(
                Diagnostic::new(
                    Code::NameTwice,
                    format!("two data sets are called `{}`", data.source.name),
                )
                .at(span, "the second one")
                .also(first.span, "the first one")
                .help("give one of them another `name`: `{ beir: { dir: …, name: … } }`"),
            );
            continue;
        }
        found.push(data);
    }
    found
}

fn data_set(
    written: &DataSpec,
    span: Span,
    folder: &Path,
    catalog: &Catalog,
    findings: &mut Findings,
) -> Option<DataSet> {
    let kind = match written {
        ShortOr::Short(name) => return named(name, span, catalog, findings),
        ShortOr::Long(kind) => kind,
    };
    let (source, name) = kinds::source(kind, folder, span, findings)?;
    let fields = fields(&source, span, catalog, findings)?;
    // Against no folder: the same on any machine.
    let (portable, _) = kinds::source(kind, Path::new(""), span, &mut Findings::default())?;
    Some(DataSet {
        written: serde_json::to_string(&portable).expect("a source is plain data"),
        source: DataSource { name, kind: source },
        span,
        fields,
    })
}

fn named(name: &str, span: Span, catalog: &Catalog, findings: &mut Findings) -> Option<DataSet> {
    if catalog.unfetched.contains(name) {
        let title = format!("the data set `{name}` is known, but it is not here");
        let diagnostic = Diagnostic::new(Code::UnknownData, title).at(span, "not fetched yet");
        findings.push(diagnostic.help(format!("run `evalrun fetch {name}`")));
        return None;
    }
    let Some(source) = catalog.datasets.get(name) else {
        let known = catalog.datasets.keys().chain(&catalog.unfetched);
        let known = known.map(String::as_str);
        findings.push(
            Diagnostic::new(Code::UnknownData, format!("unknown data set `{name}`"))
                .at(span, instead(name, known))
                .help("a name is a folder under `datasets/`; for any other folder write `{ beir: path }`"),
        );
        return None;
    };
    Some(DataSet {
        source: DataSource {
            name: name.to_owned(),
            kind: source.clone(),
        },
        written: name.to_owned(),
        span,
        fields: fields(source, span, catalog, findings)?,
    })
}

/// The text fields of a source; complains of files that are not there.
fn fields(
    source: &Source,
    span: Span,
    catalog: &Catalog,
    findings: &mut Findings,
) -> Option<BTreeSet<String>> {
    if let Source::Beir(beir) = source {
        let fields = (catalog.look)(&beir.dir);
        if fields.is_none() {
            findings.push(
                Diagnostic::new(
                    Code::UnknownData,
                    format!("no corpus in `{}`", beir.dir.display()),
                )
                .at(span, "a folder with `corpus.jsonl` is expected there")
                .help("the path is relative to the spec file"),
            );
        }
        fields.as_ref()?;
        return all_there(source, span, catalog, findings)
            .then_some(fields)
            .flatten();
    }
    all_there(source, span, catalog, findings).then(|| match source {
        Source::Table(table) => table.documents.text.keys().cloned().collect(),
        _ => BTreeSet::new(),
    })
}

/// Whether every file that the source names is there; complains of those that are not.
fn all_there(source: &Source, span: Span, catalog: &Catalog, findings: &mut Findings) -> bool {
    let missing = source.files().into_iter().filter(|path| !(catalog.exists)(path));
    let missing: Vec<&Path> = missing.collect();
    for path in &missing {
        let title = format!("no file `{}`", path.display());
        let diagnostic = Diagnostic::new(Code::NoFile, title).at(span, "this data set is read from it");
        findings.push(diagnostic.help("the path is relative to the spec file"));
    }
    missing.is_empty()
}
