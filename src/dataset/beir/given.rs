//! Vectors that lie beside the texts, a row for each line of `corpus.jsonl` and of `queries.jsonl`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::dataset::matrix::{Holds, Keep, Matrix};
use crate::dataset::problem::DatasetError;
use crate::dataset::source::MatrixPair;
use crate::dataset::{GivenVectors, SourceFile};
use crate::progress::Observer;
use crate::vectors::{Metric, Vectors};

/// Two files whose heads are sound.
pub(super) struct Opened<'a> {
    name: &'a str,
    metric: Metric,
    documents: Matrix,
    queries: Matrix,
}

/// Opens all files, so that what is wrong with a head is told before a text is read.
pub(super) fn open(pairs: &IndexMap<String, MatrixPair>) -> Result<Vec<Opened<'_>>, DatasetError> {
    let opened = pairs.iter().map(|(name, pair)| {
        let documents = Matrix::open(&pair.documents, Holds::Vectors)?;
        let queries = Matrix::open(&pair.queries, Holds::Vectors)?;
        queries.goes_with(&documents)?;
        Ok(Opened {
            name,
            metric: pair.metric,
            documents,
            queries,
        })
    });
    opened.collect()
}

/// Where the rows of all matrices go.
pub(super) struct Rows<'a> {
    pub(super) documents: Side<'a>,
    pub(super) queries: Side<'a>,
}

/// Where the rows of one kind of matrix go.
pub(super) struct Side<'a> {
    /// The file of texts whose lines they belong to.
    path: &'a Path,
    /// For each of its lines the record that it became, if it was kept.
    slots: Vec<Option<usize>>,
}

impl<'a> Side<'a> {
    /// `kept` has, for each record that was kept, its line of the `lines` in the file `path`, from 1.
    pub(super) fn new(path: &'a Path, lines: usize, kept: &[usize]) -> Self {
        let mut slots = vec![None; lines];
        for (record, line) in kept.iter().enumerate() {
            slots[line - 1] = Some(record);
        }
        Self { path, slots }
    }

    fn read(
        &self,
        matrix: &Matrix,
        metric: Metric,
        watch: &dyn Observer,
    ) -> Result<(Vectors, SourceFile), DatasetError> {
        matrix.vectors(Keep::At(&self.slots), metric, watch)
    }

    /// Says so when there is not one row per line.
    fn check(&self, matrix: &Matrix) -> Result<(), DatasetError> {
        let (rows, lines) = (matrix.rows(), self.slots.len());
        if rows == lines {
            return Ok(());
        }
        let what = format!(
            "{rows} rows, but {} has {lines} lines; a row is wanted for each line, in their order",
            self.path.display()
        );
        Err(DatasetError::file(matrix.path(), what))
    }
}

/// Vectors by name, and the files they were read from.
type Given = (BTreeMap<String, GivenVectors>, Vec<SourceFile>);

impl Rows<'_> {
    pub(super) fn read(self, opened: Vec<Opened<'_>>, watch: &dyn Observer) -> Result<Given, DatasetError> {
        for pair in &opened {
            self.documents.check(&pair.documents)?;
            self.queries.check(&pair.queries)?;
        }
        let (mut given, mut files) = (BTreeMap::new(), Vec::new());
        for pair in opened {
            let (queries, queries_file) = self.queries.read(&pair.queries, pair.metric, watch)?;
            let (docs, documents_file) = self.documents.read(&pair.documents, pair.metric, watch)?;
            files.extend([documents_file, queries_file]);
            let vectors = GivenVectors {
                metric: pair.metric,
                docs: Arc::new(docs),
                queries: Arc::new(queries),
                neighbours: None,
            };
            given.insert(pair.name.to_owned(), vectors);
        }
        Ok((given, files))
    }
}
