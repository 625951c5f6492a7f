//! Each kind of data from the words of the spec to what is read, every default filled in.

use std::path::Path;

use indexmap::IndexMap;

use crate::dataset::source::{
    Absent, ArraysSource, Attribute, BeirSource, DocumentTable, Hdf5Source, JudgementTable, MatrixPair,
    QueryTable, SyntheticSource, TableFile, TableSource, TarSource, TopicField, TrecSource,
};
use crate::dataset::{Itself, Source, Unlisted};
use crate::plan::findings::Findings;
use crate::plan::numbers::{count, within};
use crate::spec::data::{
    AbsentSpec, ArraysSpec, BeirSpec, ColumnsSpec, DataKindSpec, DocumentTableSpec, Hdf5Spec, ItselfSpec,
    JudgementTableSpec, MetricSpec, QueryTableSpec, SyntheticSpec, TableSpec, TarSpec, TopicFieldSpec,
    TrecSpec, UnlistedSpec,
};
use crate::spec::suggest::instead;
use crate::spec::{Code, Diagnostic, Names, ShortOr, Span, Spanned};
use crate::vectors::Metric;

/// Values per generated vector: those of the built-in embedder.
const DIM: usize = 384;
const QUERIES: usize = 1000;
const INTRINSIC_DIM: usize = 24;
const SEED: u64 = 42;

/// What is read, with paths below `folder`, and its name in tables.
pub(in crate::plan) fn source(
    written: &DataKindSpec,
    folder: &Path,
    span: Span,
    findings: &mut Findings,
) -> Option<(Source, String)> {
    let (source, name) = match written {
        DataKindSpec::Beir(ShortOr::Short(dir)) => (Source::Beir(beir_folder(dir, folder)), None),
        DataKindSpec::Beir(ShortOr::Long(spec)) => (Source::Beir(beir(spec, folder)), spec.name.clone()),
        DataKindSpec::Trec(spec) => (Source::Trec(trec(spec, folder)), spec.name.clone()),
        DataKindSpec::Table(spec) => {
            let table = table(spec, folder, findings);
            (Source::Table(Box::new(table)), spec.name.clone())
        }
        DataKindSpec::Arrays(spec) => (Source::Arrays(arrays(spec, folder, findings)), spec.name.clone()),
        DataKindSpec::Hdf5(ShortOr::Short(file)) => {
            let file = folder.join(file);
            let (metric, limit) = (None, None);
            (Source::Hdf5(Hdf5Source { file, metric, limit }), None)
        }
        DataKindSpec::Hdf5(ShortOr::Long(spec)) => {
            (Source::Hdf5(hdf5(spec, folder, findings)), spec.name.clone())
        }
        DataKindSpec::Tar(ShortOr::Short(path)) => {
            let (path, metric) = (folder.join(path), Metric::default());
            (Source::Tar(TarSource { path, metric }), None)
        }
        DataKindSpec::Tar(ShortOr::Long(spec)) => (Source::Tar(tar(spec, folder)), spec.name.clone()),
        DataKindSpec::Synthetic(spec) => {
            let name = spec.name.clone().unwrap_or_else(|| "synthetic".to_owned());
            (Source::Synthetic(synthetic(spec, span, findings)?), Some(name))
        }
    };
    let name = name.unwrap_or_else(|| file_name(&source));
    Some((source, name))
}

/// The name of a source that has none: its folder's, or its file's up to the first dot.
fn file_name(source: &Source) -> String {
    let path = source.path().unwrap_or(Path::new(""));
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    // `datasets/x/..` and `.` have no last part of their own.
    let name = name(path).or_else(|| name(&path.canonicalize().ok()?));
    let name = name.unwrap_or_else(|| path.display().to_string());
    match source {
        Source::Beir(_) => name,
        _ => name.split('.').next().unwrap_or(&name).to_owned(),
    }
}

fn beir_folder(dir: &str, folder: &Path) -> BeirSource {
    BeirSource {
        dir: folder.join(dir),
        ..BeirSource::default()
    }
}

fn beir(spec: &BeirSpec, folder: &Path) -> BeirSource {
    let pair = |pair: &crate::spec::data::MatrixPairSpec| MatrixPair {
        documents: folder.join(&pair.documents),
        queries: folder.join(&pair.queries),
        metric: metric(pair.metric),
    };
    let vectors = spec.vectors.iter();
    BeirSource {
        dir: folder.join(&spec.dir),
        split: spec.split.clone(),
        unlisted: unlisted(spec.unlisted),
        itself: match spec.itself {
            None | Some(ItselfSpec::Counts) => Itself::Counts,
            Some(ItselfSpec::LeftOut) => Itself::LeftOut,
        },
        absent: match spec.absent {
            None | Some(AbsentSpec::Error) => Absent::Error,
            Some(AbsentSpec::LeftOut) => Absent::LeftOut,
        },
        vectors: vectors.map(|(name, p)| (name.value.clone(), pair(p))).collect(),
    }
}

fn trec(spec: &TrecSpec, folder: &Path) -> TrecSource {
    TrecSource {
        documents: folder.join(&spec.documents),
        topics: folder.join(&spec.topics),
        query: match spec.query {
            None | Some(TopicFieldSpec::Title) => TopicField::Title,
            Some(TopicFieldSpec::Description) => TopicField::Description,
            Some(TopicFieldSpec::TitleDescription) => TopicField::TitleDescription,
        },
        qrels: folder.join(&spec.qrels),
        unlisted: unlisted(spec.unlisted),
    }
}

fn table(spec: &TableSpec, folder: &Path, findings: &mut Findings) -> TableSource {
    TableSource {
        documents: documents(&spec.documents, folder, findings),
        queries: queries(&spec.queries, folder, findings),
        judgements: spec.judgements.as_ref().map(|j| judgements(j, folder, findings)),
        metric: metric(spec.metric),
    }
}

fn documents(spec: &DocumentTableSpec, folder: &Path, findings: &mut Findings) -> DocumentTable {
    DocumentTable {
        table: table_file(&spec.file, spec.separator.as_ref(), folder, findings),
        id: spec.id.clone(),
        text: columns(&spec.text),
        metadata: columns(&spec.metadata),
        vectors: columns(&spec.vectors),
        only: only(&spec.only),
    }
}

/// Column → value.
fn only(spec: &Names<String>) -> IndexMap<String, String> {
    let only = spec.iter();
    only.map(|(column, value)| (column.value.clone(), value.clone()))
        .collect()
}

fn queries(spec: &QueryTableSpec, folder: &Path, findings: &mut Findings) -> QueryTable {
    QueryTable {
        table: table_file(&spec.file, spec.separator.as_ref(), folder, findings),
        id: spec.id.clone(),
        text: spec.text.clone(),
        filter: spec.filter.clone(),
        metadata: columns(&spec.metadata),
        vectors: columns(&spec.vectors),
        only: only(&spec.only),
        repeats: spec.repeats,
    }
}

fn judgements(spec: &JudgementTableSpec, folder: &Path, findings: &mut Findings) -> JudgementTable {
    let grades = spec
        .grades
        .iter()
        .map(|(word, grade)| (word.value.clone(), *grade));
    JudgementTable {
        table: table_file(&spec.file, spec.separator.as_ref(), folder, findings),
        query: spec.query.clone(),
        document: spec.document.clone(),
        grade: spec.grade.clone(),
        grades: grades.collect(),
        only: only(&spec.only),
        unlisted: unlisted(spec.unlisted),
    }
}

fn table_file(
    file: &str,
    separator: Option<&Spanned<String>>,
    folder: &Path,
    findings: &mut Findings,
) -> TableFile {
    let one = |written: &Spanned<String>| {
        let mut characters = written.value.chars();
        let one = characters
            .next()
            .filter(|c| c.is_ascii() && characters.next().is_none());
        if one.is_none() {
            let title = format!("`separator` cannot be `{}`", written.value);
            let label = "has to be one ASCII character, for instance \"\\t\" or \";\"";
            findings.push(Diagnostic::new(Code::OutOfRange, title).at(written.span, label));
        }
        one
    };
    TableFile {
        file: folder.join(file),
        separator: separator.and_then(one),
    }
}

/// Name → column.
fn columns(spec: &ColumnsSpec) -> IndexMap<String, String> {
    match spec {
        ShortOr::Short(names) => {
            let names = names.0.iter().map(|name| &name.value);
            names.map(|name| (name.clone(), name.clone())).collect()
        }
        ShortOr::Long(renamed) => {
            let renamed = renamed.iter();
            renamed
                .map(|(name, column)| (name.value.clone(), column.clone()))
                .collect()
        }
    }
}

fn arrays(spec: &ArraysSpec, folder: &Path, findings: &mut Findings) -> ArraysSource {
    let optional = |path: &Option<String>| path.as_ref().map(|p| folder.join(p));
    ArraysSource {
        documents: folder.join(&spec.documents),
        queries: folder.join(&spec.queries),
        neighbours: optional(&spec.neighbours),
        payload: optional(&spec.payload),
        metric: metric(spec.metric),
        limit: limit(spec.limit.as_ref(), findings),
    }
}

fn hdf5(spec: &Hdf5Spec, folder: &Path, findings: &mut Findings) -> Hdf5Source {
    Hdf5Source {
        file: folder.join(&spec.file),
        metric: spec.metric.map(|m| metric(Some(m))),
        limit: limit(spec.limit.as_ref(), findings),
    }
}

fn tar(spec: &TarSpec, folder: &Path) -> TarSource {
    TarSource {
        path: folder.join(&spec.path),
        metric: metric(spec.metric),
    }
}

fn limit(written: Option<&Spanned<usize>>, findings: &mut Findings) -> Option<usize> {
    written.map(|limit| count(Some(limit), 1, "limit", findings))
}

fn synthetic(spec: &SyntheticSpec, span: Span, findings: &mut Findings) -> Option<SyntheticSource> {
    let n = count(Some(&spec.n), 1, "n", findings);
    let root = (n as f64).sqrt() as usize;
    let payload: IndexMap<String, Attribute> = spec
        .payload
        .iter()
        .map(|(name, attribute)| {
            let selectivity = within(
                Some(&attribute.selectivity),
                1.0,
                "selectivity",
                "above 0, at most 1",
                |s| s > 0.0 && s <= 1.0,
                findings,
            );
            let correlation = within(
                attribute.correlation.as_ref(),
                0.0,
                "correlation",
                "-1 to 1",
                |c| (-1.0..=1.0).contains(&c),
                findings,
            );
            let attribute = Attribute {
                selectivity,
                correlation,
            };
            (name.value.clone(), attribute)
        })
        .collect();
    let filters = filters(spec, span, &payload, findings)?;
    Some(SyntheticSource {
        n,
        dim: count(spec.dim.as_ref(), DIM, "dim", findings),
        queries: count(spec.queries.as_ref(), QUERIES, "queries", findings),
        clusters: count(spec.clusters.as_ref(), root.max(1), "clusters", findings),
        intrinsic_dim: count(
            spec.intrinsic_dim.as_ref(),
            INTRINSIC_DIM,
            "intrinsic_dim",
            findings,
        ),
        seed: spec.seed.unwrap_or(SEED),
        payload,
        filters,
    })
}

/// The fields of each filter: as written, or no filter and then each field alone.
fn filters(
    spec: &SyntheticSpec,
    span: Span,
    payload: &IndexMap<String, Attribute>,
    findings: &mut Findings,
) -> Option<Vec<Vec<String>>> {
    let Some(written) = &spec.filters else {
        let alone = payload.keys().map(|field| vec![field.clone()]);
        return Some(std::iter::once(Vec::new()).chain(alone).collect());
    };
    if written.value.is_empty() {
        let diagnostic = Diagnostic::new(Code::Nothing, "no filter");
        findings.push(diagnostic.at(
            written.span,
            "write `[[]]` for queries without one, or leave it out",
        ));
        return None;
    }
    for field in written.value.iter().flatten() {
        if !payload.contains_key(&field.value) {
            let title = format!("a filter on `{}`, which the payload does not have", field.value);
            let known = payload.keys().map(String::as_str);
            let diagnostic = Diagnostic::new(Code::UnknownKey, title);
            findings.push(diagnostic.at(field.span.or(span), instead(&field.value, known)));
        }
    }
    let names = |entry: &Vec<Spanned<String>>| entry.iter().map(|f| f.value.clone()).collect();
    Some(written.value.iter().map(names).collect())
}

fn metric(written: Option<MetricSpec>) -> Metric {
    match written {
        None | Some(MetricSpec::Cosine) => Metric::Cosine,
        Some(MetricSpec::Dot) => Metric::Dot,
        Some(MetricSpec::L2) => Metric::L2,
    }
}

fn unlisted(written: Option<UnlistedSpec>) -> Unlisted {
    match written {
        None | Some(UnlistedSpec::Unjudged) => Unlisted::Unjudged,
        Some(UnlistedSpec::Irrelevant) => Unlisted::Irrelevant,
    }
}
