//! Matrices of documents and queries, perhaps with neighbours and payload: a data set of vectors alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::json::object;
use super::lines::Lines;
use super::matrix::neighbours::one_per_query;
use super::matrix::{Holds, Keep, Matrix};
use super::problem::{DatasetError, Problems};
use super::source::{ArraysSource, VECTOR};
use super::{Dataset, Doc, GivenVectors, Qrels, Query, SourceFile};
use crate::filter::{Filter, Payload};
use crate::progress::Observer;
use crate::vectors::{Metric, Vectors};

/// Reads the data set `name`.
///
/// With a `limit` below the number of documents, the neighbours that came with the set are checked and then dropped:
/// the nearest of all documents are not the nearest of the first few.
///
/// # Errors
/// Everything that is unusable in a file, and files that do not go together.
pub(super) fn load(name: &str, source: &ArraysSource, watch: &dyn Observer) -> Result<Dataset, DatasetError> {
    let documents = Matrix::open(&source.documents, Holds::Vectors)?;
    let queries = Matrix::open(&source.queries, Holds::Vectors)?;
    queries.goes_with(&documents)?;
    let rows = documents.rows();
    let kept = source.limit.map_or(rows, |limit| limit.min(rows));
    // What is small comes first, so that its mistakes are told before the large file is read.
    let neighbours = match &source.neighbours {
        Some(path) => Some(read_neighbours(path, &queries, rows)?),
        None => None,
    };
    let payload = match &source.payload {
        Some(path) => Some(read_payload(path, &documents, kept)?),
        None => None,
    };
    let all = Keep::First(queries.rows());
    let (query_vectors, queries_file) = queries.vectors(all, source.metric, watch)?;
    let (docs, documents_file) = documents.vectors(Keep::First(kept), source.metric, watch)?;

    let mut files = vec![documents_file, queries_file];
    let (neighbours, file) = neighbours.unzip();
    files.extend(file);
    let (payload, file) = payload.unzip();
    files.extend(file);
    let set = VectorSet {
        asked: no_filters(query_vectors.len()),
        docs,
        queries: query_vectors,
        metric: source.metric,
        neighbours: neighbours.filter(|_| kept == rows),
        payload: payload.unwrap_or_default(),
        files,
    };
    Ok(set.into_dataset(name))
}

fn read_neighbours(
    path: &Path,
    queries: &Matrix,
    corpus: usize,
) -> Result<(Vec<Vec<u32>>, SourceFile), DatasetError> {
    let matrix = Matrix::open(path, Holds::Neighbours)?;
    one_per_query(path, matrix.rows(), queries.path(), queries.rows())?;
    matrix.neighbours(corpus)
}

/// The payload of the first `kept` documents.
fn read_payload(
    path: &Path,
    documents: &Matrix,
    kept: usize,
) -> Result<(Vec<Payload>, SourceFile), DatasetError> {
    let mut payload = Vec::with_capacity(kept);
    let mut problems = Problems::default();
    let file = Lines::open(path)?.each(&mut problems, |number, line| {
        let line = object(line)?;
        if number <= kept {
            payload.push(line);
        }
        Ok(())
    })?;
    problems.or(())?;
    one_per_document(path, file.rows, documents.path(), documents.rows())?;
    Ok((payload, file))
}

/// Says so when there is not one line per document.
pub(super) fn one_per_document(
    path: &Path,
    lines: usize,
    documents_path: &Path,
    documents: usize,
) -> Result<(), DatasetError> {
    if lines == documents {
        return Ok(());
    }
    let what = format!(
        "{lines} lines, but {} has {documents} rows; a line of payload is wanted for each, `{{}}` for none",
        documents_path.display()
    );
    Err(DatasetError::file(path, what))
}

/// What a set of vectors alone consists of; documents and queries in the order of their rows.
pub(super) struct VectorSet {
    pub(super) docs: Vectors,
    pub(super) queries: Vectors,
    pub(super) metric: Metric,
    pub(super) neighbours: Option<Vec<Vec<u32>>>,
    /// One per document, or none at all.
    pub(super) payload: Vec<Payload>,
    /// Filter and metadata of each query.
    pub(super) asked: Vec<(Option<Filter>, Payload)>,
    pub(super) files: Vec<SourceFile>,
}

/// Queries that ask for no payload.
pub(super) fn no_filters(queries: usize) -> Vec<(Option<Filter>, Payload)> {
    (0..queries).map(|_| (None, Payload::new())).collect()
}

impl VectorSet {
    /// Names documents and queries by their rows, with zeros in front: then the order of ids is the order of rows.
    pub(super) fn into_dataset(self, name: &str) -> Dataset {
        let payload = self
            .payload
            .into_iter()
            .chain(std::iter::repeat_with(Payload::new));
        let docs = ids(self.docs.len()).zip(payload).map(|(id, metadata)| Doc {
            id,
            fields: BTreeMap::new(),
            metadata,
        });
        let asked = self.asked.into_iter().zip(ids(self.queries.len()));
        let queries = asked.map(|((filter, metadata), id)| Query {
            id,
            text: String::new(),
            filter,
            metadata,
        });
        let (docs, queries) = (docs.collect(), queries.collect());
        let given = GivenVectors {
            metric: self.metric,
            docs: Arc::new(self.docs),
            queries: Arc::new(self.queries),
            neighbours: self.neighbours,
        };
        Dataset {
            name: name.to_owned(),
            split: String::new(),
            docs,
            queries,
            qrels: Qrels::default(),
            vectors: BTreeMap::from([(VECTOR.to_owned(), given)]),
            unjudged_queries: 0,
            files: self.files,
        }
    }
}

/// The ids of `count` rows: their numbers, all of the same width.
pub(super) fn ids(count: usize) -> impl Iterator<Item = String> {
    let width = count.saturating_sub(1).to_string().len();
    (0..count).map(move |row| format!("{row:0width$}"))
}

#[cfg(test)]
mod tests {
    use super::ids;

    #[test]
    fn the_order_of_ids_is_the_order_of_rows() {
        assert_eq!(ids(1).collect::<Vec<_>>(), ["0"]);
        assert_eq!(ids(10).last().as_deref(), Some("9"));
        let ids: Vec<String> = ids(11).collect();
        assert_eq!(ids[..3], ["00", "01", "02"]);
        assert_eq!(ids[10], "10");
        assert!(ids.is_sorted());
    }
}
