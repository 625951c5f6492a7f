//! Tables with any columns: CSV, TSV, JSON lines, Parquet. A mapping says which columns make a document, a query, a
//! judgement.
//!
//! A table is read once, row by row, and only the columns that the mapping names. A vector goes straight to its place
//! in one matrix, which is sorted in place afterwards: it may be most of the memory.

mod cell;
mod csv;
mod fault;
mod json;
mod judgements;
mod parquet;
mod records;
mod rows;
mod vectors;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::problem::{DatasetError, Problems};
use super::records::check_references;
use super::source::TableSource;
use super::{Dataset, GivenVectors, Qrels, qrels};
use crate::progress::Observer;

pub use fault::TableFault;

use judgements::Judged;
use vectors::Matrix;

/// Reads the data set `name`. Queries without judgements are left out when there are judgements
/// ([`Dataset::unjudged_queries`] counts them).
///
/// # Errors
/// All unusable rows of all files together, up to [`Problems::LIMIT`] for each file; judgements of absent documents
/// or queries once every row could be read; vectors of queries that do not go with those of documents.
pub(super) fn load(name: &str, source: &TableSource, watch: &dyn Observer) -> Result<Dataset, DatasetError> {
    let mut problems = Problems::default();
    let docs = records::documents(&source.documents, source.metric, &mut problems, watch)?;
    let mut queries = records::queries(&source.queries, source.metric, &mut problems, watch)?;
    let judged = match &source.judgements {
        Some(table) => Some(judgements::read(table, &mut problems, watch)?),
        None => None,
    };
    problems.or(())?;
    let asked = queries.records.len();
    let mut files = vec![docs.file.clone(), queries.file.clone()];
    let (mut qrels, mut split) = (Qrels::default(), String::new());
    if let Some(Judged {
        rows,
        file,
        unlisted,
        part,
    }) = judged
    {
        check_references(Path::new(&file.path), &rows, &docs.records, &queries.records)?;
        (qrels, split) = (qrels::collect(rows), part);
        qrels.unlisted = unlisted;
        files.push(file);
        queries.retain(|query| qrels.by_query.contains_key(&query.id));
    }
    let unjudged_queries = asked - queries.records.len();
    let vectors = pair(source, docs.matrices, queries.matrices)?;
    Ok(Dataset {
        name: name.to_owned(),
        split,
        docs: docs.records,
        queries: queries.records,
        qrels,
        vectors,
        unjudged_queries,
        files,
    })
}

/// Brings the vectors of documents and queries together by name.
fn pair(
    source: &TableSource,
    docs: Vec<Matrix>,
    queries: Vec<Matrix>,
) -> Result<BTreeMap<String, GivenVectors>, DatasetError> {
    let (docs_path, queries_path) = (&source.documents.table.file, &source.queries.table.file);
    let mut of_queries: BTreeMap<&String, Matrix> = source.queries.vectors.keys().zip(queries).collect();
    let mut vectors = BTreeMap::new();
    for (name, docs) in source.documents.vectors.keys().zip(docs) {
        let Some(queries) = of_queries.remove(name) else {
            let what = format!(
                "the documents have vectors `{name}`; name the column of the queries' under `vectors` too"
            );
            return Err(DatasetError::file(queries_path, what));
        };
        if queries.dim() != docs.dim() {
            let what = format!(
                "`{}` has {} values per row, but `{}` of {} has {}; take the queries that were made with those documents",
                queries.column(),
                queries.dim(),
                docs.column(),
                docs_path.display(),
                docs.dim()
            );
            return Err(DatasetError::file(queries_path, what));
        }
        let given = GivenVectors {
            metric: source.metric,
            docs: Arc::new(docs.finish(docs_path)?),
            queries: Arc::new(queries.finish(queries_path)?),
            neighbours: None,
        };
        vectors.insert(name.clone(), given);
    }
    match of_queries.into_keys().next() {
        None => Ok(vectors),
        Some(name) => {
            let what = format!(
                "the queries have vectors `{name}`; name the column of the documents' under `vectors` too"
            );
            Err(DatasetError::file(docs_path, what))
        }
    }
}
