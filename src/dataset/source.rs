//! Where a data set comes from: what a plan keeps, and the one way from there to a [`Dataset`].

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::problem::DatasetError;
use super::{Dataset, Itself, Unlisted, archive, arrays, beir, hdf5, synthetic, table, trec};
use crate::progress::Observer;
use crate::vectors::Metric;

/// The vectors of a source that has only one kind of them.
pub const VECTOR: &str = "vector";

/// Where a data set comes from. Paths are ready to be opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A folder in BEIR's layout.
    Beir(BeirSource),
    /// Files of a TREC track.
    Trec(TrecSource),
    /// Tables of documents, queries and judgements.
    Table(Box<TableSource>),
    /// Matrices of vectors.
    Arrays(ArraysSource),
    /// A file of ann-benchmarks.
    Hdf5(Hdf5Source),
    /// An archive, or a folder, with `vectors.npy`, `payloads.jsonl` and `tests.jsonl`.
    Tar(TarSource),
    /// Generated vectors.
    Synthetic(SyntheticSource),
}

impl Source {
    /// The same documents with the queries and judgements of another split; `None` for kinds without named splits.
    pub fn with_split(&self, split: &str) -> Option<Self> {
        match self {
            Source::Beir(beir) => Some(Source::Beir(BeirSource {
                split: Some(split.to_owned()),
                ..beir.clone()
            })),
            _ => None,
        }
    }
}

/// A folder in BEIR's layout: `corpus.jsonl`, `queries.jsonl`, `qrels/<split>.tsv`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BeirSource {
    /// The folder.
    pub dir: PathBuf,
    /// The judgements to read; `test` when there are such, else the only ones.
    pub split: Option<String>,
    /// What an unlisted pair means.
    #[serde(default)]
    pub unlisted: Unlisted,
    /// What a document means that is the query itself.
    #[serde(default)]
    pub itself: Itself,
    /// What becomes of judgements of documents and queries that are not there.
    #[serde(default)]
    pub absent: Absent,
    /// Vectors made elsewhere, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub vectors: IndexMap<String, MatrixPair>,
}

/// What becomes of judgements of documents and queries that are not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Absent {
    /// They are a mistake.
    #[default]
    Error,
    /// They are left out: for sets that were published so.
    LeftOut,
}

/// Two matrices that go with the documents and queries of a data set, row by row in the order of their files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatrixPair {
    /// One row per document: `.npy`, `.fvecs`, `.bvecs`, `.fbin`, `.u8bin` or `.i8bin`.
    pub documents: PathBuf,
    /// One row per query of the queries file, judged or not.
    pub queries: PathBuf,
    /// How two rows are compared.
    pub metric: Metric,
}

/// Documents, topics and judgements as TREC tracks publish them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrecSource {
    /// TREC text (`<DOC>…</DOC>`), `.jsonl`, or `.tsv` with id and text.
    pub documents: PathBuf,
    /// Classic topics (`<top>…</top>`), XML topics, or `.tsv` with id and text.
    pub topics: PathBuf,
    /// Which part of a topic is the query.
    pub query: TopicField,
    /// Four columns: query, iteration, document, grade.
    pub qrels: PathBuf,
    /// What an unlisted pair means.
    pub unlisted: Unlisted,
}

/// The parts of a TREC topic that can be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopicField {
    /// A few words.
    #[default]
    Title,
    /// A sentence.
    Description,
    /// Both, title first.
    TitleDescription,
}

/// Tables with any columns: CSV, TSV, JSON lines or Parquet, by the file's name; text formats also with `.gz`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableSource {
    /// One row per document.
    pub documents: DocumentTable,
    /// One row per query.
    pub queries: QueryTable,
    /// One row per judgement; without it only `knn_recall` can be measured.
    pub judgements: Option<JudgementTable>,
    /// How vectors are compared.
    pub metric: Metric,
}

/// A file of a table, and how its text form is cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableFile {
    /// `.csv`, `.tsv`, `.jsonl` (each also `.gz`) or `.parquet`.
    pub file: PathBuf,
    /// What stands between columns of a CSV file; `,` for `.csv` and a tab for `.tsv` when not given.
    pub separator: Option<char>,
}

/// Which columns of a table make a document. Columns that nothing names are not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentTable {
    /// The file.
    pub table: TableFile,
    /// The column of ids; without it the row's number is the id.
    pub id: Option<String>,
    /// Text field → column.
    pub text: IndexMap<String, String>,
    /// Payload field → column.
    pub metadata: IndexMap<String, String>,
    /// Name of a vector → column with lists of numbers.
    pub vectors: IndexMap<String, String>,
    /// Keep only rows whose column has this value.
    #[serde(default)]
    pub only: IndexMap<String, String>,
}

/// Which columns of a table make a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryTable {
    /// The file.
    pub table: TableFile,
    /// The column of ids; without it the row's number is the id.
    pub id: Option<String>,
    /// The column of what is asked; only a set that has nothing but vectors can do without.
    pub text: Option<String>,
    /// The column of the query's own filter, as JSON.
    pub filter: Option<String>,
    /// Metadata field → column.
    pub metadata: IndexMap<String, String>,
    /// Name of a vector → column with lists of numbers.
    pub vectors: IndexMap<String, String>,
    /// Keep only rows whose column has this value.
    #[serde(default)]
    pub only: IndexMap<String, String>,
    /// The table has a row per judgement: rows with one id are one query, and have to say the same.
    #[serde(default)]
    pub repeats: bool,
}

/// Which columns of a table make a judgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgementTable {
    /// The file.
    pub table: TableFile,
    /// The column of query ids.
    pub query: String,
    /// The column of document ids.
    pub document: String,
    /// The column of grades.
    pub grade: String,
    /// What words in that column are worth; empty when it holds whole numbers.
    pub grades: IndexMap<String, i32>,
    /// Keep only rows whose column has this value, for instance `split: test`.
    pub only: IndexMap<String, String>,
    /// What an unlisted pair means.
    pub unlisted: Unlisted,
}

/// Matrices of vectors: `.fvecs`, `.bvecs`, `.fbin`, `.u8bin`, `.i8bin` or `.npy` by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArraysSource {
    /// One row per document.
    pub documents: PathBuf,
    /// One row per query.
    pub queries: PathBuf,
    /// Neighbours that came with the set, to be checked: `.ivecs`, `.ibin` or `.npy`.
    pub neighbours: Option<PathBuf>,
    /// Payload, one JSON object per line and document.
    pub payload: Option<PathBuf>,
    /// How two rows are compared.
    pub metric: Metric,
    /// Only so many documents from the top.
    pub limit: Option<usize>,
}

/// A file in the layout of ann-benchmarks: `train`, `test` and `neighbors`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hdf5Source {
    /// The file.
    pub file: PathBuf,
    /// How two rows are compared; without it, what the file's `distance` attribute says.
    pub metric: Option<Metric>,
    /// Only so many documents from the top.
    pub limit: Option<usize>,
}

/// `vectors.npy`, `payloads.jsonl` and `tests.jsonl`, as filtered vector-search sets are published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TarSource {
    /// `.tar`, `.tar.gz`, `.tgz`, or a folder with the unpacked files.
    pub path: PathBuf,
    /// How two rows are compared.
    pub metric: Metric,
}

/// Clustered vectors that behave like embeddings of text, with payload of set selectivity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyntheticSource {
    /// Documents.
    pub n: usize,
    /// Values per vector.
    pub dim: usize,
    /// Queries.
    pub queries: usize,
    /// Topics that documents and queries gather round.
    pub clusters: usize,
    /// Directions in which the documents of one topic mostly differ.
    pub intrinsic_dim: usize,
    /// Everything random follows from it.
    pub seed: u64,
    /// Payload fields by name.
    pub payload: IndexMap<String, Attribute>,
    /// The fields that queries filter by: query `i` takes entry `i mod len`; an empty entry is no filter.
    pub filters: Vec<Vec<String>>,
}

/// A numeric payload field that filters can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Share of the documents that a filter on it lets through, 0 < s ≤ 1.
    pub selectivity: f64,
    /// How much the filter asks for what is near the query: 1 the nearest documents, 0 any, −1 the furthest.
    pub correlation: f64,
}

impl Source {
    /// A folder in BEIR's layout, with nothing said about it.
    pub fn folder(dir: impl Into<PathBuf>) -> Self {
        Source::Beir(BeirSource {
            dir: dir.into(),
            ..BeirSource::default()
        })
    }

    /// The file or folder that names the data set when the spec does not.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Beir(beir) => Some(&beir.dir),
            Source::Trec(trec) => Some(&trec.documents),
            Source::Table(table) => Some(&table.documents.table.file),
            Source::Arrays(arrays) => Some(&arrays.documents),
            Source::Hdf5(hdf5) => Some(&hdf5.file),
            Source::Tar(tar) => Some(&tar.path),
            Source::Synthetic(_) => None,
        }
    }

    /// The files it is read from, as far as the source names them one by one: not those of a BEIR folder.
    pub fn files(&self) -> Vec<&Path> {
        let files: Vec<&PathBuf> = match self {
            Source::Beir(beir) => beir
                .vectors
                .values()
                .flat_map(|v| [&v.documents, &v.queries])
                .collect(),
            Source::Trec(trec) => vec![&trec.documents, &trec.topics, &trec.qrels],
            Source::Table(table) => [&table.documents.table.file, &table.queries.table.file]
                .into_iter()
                .chain(table.judgements.as_ref().map(|j| &j.table.file))
                .collect(),
            Source::Arrays(arrays) => [&arrays.documents, &arrays.queries]
                .into_iter()
                .chain(&arrays.neighbours)
                .chain(&arrays.payload)
                .collect(),
            Source::Hdf5(hdf5) => vec![&hdf5.file],
            Source::Tar(tar) => vec![&tar.path],
            Source::Synthetic(_) => Vec::new(),
        };
        files.into_iter().map(PathBuf::as_path).collect()
    }

    /// True when the source has judgements.
    pub fn is_judged(&self) -> bool {
        match self {
            Source::Beir(_) | Source::Trec(_) => true,
            Source::Table(table) => table.judgements.is_some(),
            Source::Arrays(_) | Source::Hdf5(_) | Source::Tar(_) | Source::Synthetic(_) => false,
        }
    }

    /// Names of the vectors that come with the data.
    pub fn vectors(&self) -> Vec<&str> {
        match self {
            Source::Beir(beir) => beir.vectors.keys().map(String::as_str).collect(),
            Source::Trec(_) => Vec::new(),
            Source::Table(table) => table.documents.vectors.keys().map(String::as_str).collect(),
            Source::Arrays(_) | Source::Hdf5(_) | Source::Tar(_) | Source::Synthetic(_) => vec![VECTOR],
        }
    }
}

/// Reads, or generates, the data set `name`. Long work is told to `watch`.
///
/// # Errors
/// Everything that is unusable in its files, with file and line where there are lines.
pub fn load(name: &str, source: &Source, watch: &dyn Observer) -> Result<Dataset, DatasetError> {
    match source {
        Source::Beir(beir) => beir::load(name, beir, watch),
        Source::Arrays(arrays) => arrays::load(name, arrays, watch),
        Source::Hdf5(hdf5) => hdf5::load(name, hdf5, watch),
        Source::Tar(tar) => archive::load(name, tar, watch),
        Source::Synthetic(source) => synthetic::load(name, source, watch),
        Source::Table(table) => table::load(name, table, watch),
        Source::Trec(trec) => trec::load(name, trec),
    }
}
