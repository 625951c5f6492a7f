//! What is searched, with which models, by whom.

use schemars::JsonSchema;
use serde::Deserialize;

use super::server::QdrantSpec;
use super::{Names, OneOrMany, ShortOr, Spanned};

/// A data set: the name of a folder under `datasets/`, or a one-key map of where it comes from.
pub type DataSpec = ShortOr<String, DataKindSpec>;

/// Where a data set comes from. Paths are relative to the spec file.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataKindSpec {
    /// A folder in BEIR's layout (`corpus.jsonl`, `queries.jsonl`, `qrels/`): its path, or `{ dir, split, … }`.
    Beir(ShortOr<String, BeirSpec>),
    /// Documents, topics and judgements as TREC tracks publish them.
    Trec(TrecSpec),
    /// Tables of documents, queries and judgements: CSV, TSV, JSON lines or Parquet, with any columns.
    Table(Box<TableSpec>),
    /// Matrices of vectors: `.fvecs`, `.bvecs`, `.fbin`, `.u8bin` or `.npy`.
    Arrays(ArraysSpec),
    /// A file of ann-benchmarks (`train`, `test`, `neighbors`): its path, or `{ file, metric, … }`.
    Hdf5(ShortOr<String, Hdf5Spec>),
    /// A `.tar` or `.tar.gz`, or a folder, with `vectors.npy`, `payloads.jsonl` and `tests.jsonl`.
    Tar(ShortOr<String, TarSpec>),
    /// Generated vectors that behave like embeddings of text.
    Synthetic(SyntheticSpec),
}

/// A folder in BEIR's layout.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeirSpec {
    /// The folder.
    pub dir: String,
    /// The split of the judgements. Default: `test`, or the only one there is.
    pub split: Option<String>,
    /// Its name in tables. Default: the folder's name.
    pub name: Option<String>,
    /// What a pair means that the judgements do not list. Default: `unjudged`.
    pub unlisted: Option<UnlistedSpec>,
    /// What a document means whose id is that of the query, in sets whose queries are documents. Default: `counts`.
    pub itself: Option<ItselfSpec>,
    /// What becomes of judgements of documents and queries that are not there. Default: `error`.
    pub absent: Option<AbsentSpec>,
    /// Vectors made elsewhere, by name; `precomputed: NAME` in the index searches them. Default: none.
    #[serde(default)]
    pub vectors: Names<MatrixPairSpec>,
}

/// What a pair means that the judgements do not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnlistedSpec {
    /// Nobody has looked at it.
    Unjudged,
    /// It is judged, and not relevant: for sets whose judgements are complete.
    Irrelevant,
}

/// What a document means whose id is that of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ItselfSpec {
    /// It is a document as any other.
    Counts,
    /// It is taken out of every ranking before it is measured.
    LeftOut,
}

/// What becomes of judgements of documents and queries that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AbsentSpec {
    /// They are a mistake.
    Error,
    /// They are left out: for sets that were published so.
    LeftOut,
}

/// How two vectors are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricSpec {
    /// The cosine of the angle between them; vectors are normalised when they are read.
    Cosine,
    /// The dot product as it is.
    Dot,
    /// Euclidean distance.
    L2,
}

/// Two matrices, row by row in the order of the documents' and the queries' file.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatrixPairSpec {
    /// One row per document.
    pub documents: String,
    /// One row per query of the queries file, judged or not.
    pub queries: String,
    /// How two rows are compared. Default: `cosine`.
    pub metric: Option<MetricSpec>,
}

/// Documents, topics and judgements as TREC tracks publish them; each also as `.gz`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrecSpec {
    /// TREC text (`<DOC>…</DOC>`), `.jsonl`, or `.tsv` with id and text.
    pub documents: String,
    /// Topics: classic (`<top>…</top>`), XML, or `.tsv` with id and text.
    pub topics: String,
    /// Which part of a topic is asked. Default: `title`.
    pub query: Option<TopicFieldSpec>,
    /// Judgements in four columns: query, iteration, document, grade.
    pub qrels: String,
    /// What a pair means that the judgements do not list. Default: `unjudged`.
    pub unlisted: Option<UnlistedSpec>,
    /// Its name in tables. Default: the name of the documents' file.
    pub name: Option<String>,
}

/// The parts of a topic that can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TopicFieldSpec {
    /// A few words.
    Title,
    /// A sentence.
    Description,
    /// Both, title first.
    TitleDescription,
}

/// Tables of documents, queries and judgements. Columns that nothing names are not read.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// One row per document.
    pub documents: DocumentTableSpec,
    /// One row per query.
    pub queries: QueryTableSpec,
    /// One row per judgement. Default: none, and only `knn_recall` can be measured.
    pub judgements: Option<JudgementTableSpec>,
    /// How vectors are compared. Default: `cosine`.
    pub metric: Option<MetricSpec>,
    /// Its name in tables. Default: the name of the documents' file.
    pub name: Option<String>,
}

/// Which columns make a document.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentTableSpec {
    /// `.csv`, `.tsv`, `.jsonl` (each also `.gz`) or `.parquet`.
    pub file: String,
    /// What stands between columns of a text file. Default: `,` in `.csv`, a tab in `.tsv`.
    pub separator: Option<Spanned<String>>,
    /// The column of ids. Default: the row's number is the id.
    pub id: Option<String>,
    /// Text fields: columns, or field → column. Default: none.
    #[serde(default)]
    pub text: ColumnsSpec,
    /// Payload fields, for filters: columns, or field → column. Default: none.
    #[serde(default)]
    pub metadata: ColumnsSpec,
    /// Vectors: columns with lists of numbers, or name → column; `precomputed: NAME` in the index searches them.
    /// Default: none.
    #[serde(default)]
    pub vectors: ColumnsSpec,
    /// Keep only rows with these values: column → value. Default: all rows.
    #[serde(default)]
    pub only: Names<String>,
}

/// Which columns make a query.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryTableSpec {
    /// `.csv`, `.tsv`, `.jsonl` (each also `.gz`) or `.parquet`.
    pub file: String,
    /// What stands between columns of a text file. Default: `,` in `.csv`, a tab in `.tsv`.
    pub separator: Option<Spanned<String>>,
    /// The column of ids. Default: the row's number is the id.
    pub id: Option<String>,
    /// The column of what is asked; only a set that has nothing but vectors can do without.
    pub text: Option<String>,
    /// The column of the query's own filter, as JSON. Default: none.
    pub filter: Option<String>,
    /// Metadata, for slices: columns, or field → column. Default: none.
    #[serde(default)]
    pub metadata: ColumnsSpec,
    /// Vectors: columns with lists of numbers, or name → column. Default: none.
    #[serde(default)]
    pub vectors: ColumnsSpec,
    /// Keep only rows with these values: column → value. Default: all rows.
    #[serde(default)]
    pub only: Names<String>,
    /// The table has a row per judgement: rows with one id are one query, and have to say the same. Default: false.
    #[serde(default)]
    pub repeats: bool,
}

/// Which columns make a judgement.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgementTableSpec {
    /// `.csv`, `.tsv`, `.jsonl` (each also `.gz`) or `.parquet`.
    pub file: String,
    /// What stands between columns of a text file. Default: `,` in `.csv`, a tab in `.tsv`.
    pub separator: Option<Spanned<String>>,
    /// The column of query ids.
    pub query: String,
    /// The column of document ids.
    pub document: String,
    /// The column of grades.
    pub grade: String,
    /// What words in that column are worth: word → grade. Default: it holds whole numbers.
    #[serde(default)]
    pub grades: Names<i32>,
    /// Keep only rows with these values: column → value. Default: all rows.
    #[serde(default)]
    pub only: Names<String>,
    /// What a pair means that the table does not list. Default: `unjudged`.
    pub unlisted: Option<UnlistedSpec>,
}

/// Columns by name, or under another name: `[title]`, or `{ title: product_name }`.
pub type ColumnsSpec = ShortOr<OneOrMany<String>, Names<String>>;

impl Default for ColumnsSpec {
    fn default() -> Self {
        ShortOr::Short(OneOrMany(Vec::new()))
    }
}

/// Matrices of vectors, by the files' names.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArraysSpec {
    /// One row per document.
    pub documents: String,
    /// One row per query.
    pub queries: String,
    /// Neighbours that came with the set; `evalrun doctor data` checks them. Default: none.
    pub neighbours: Option<String>,
    /// Payload, one JSON object per line and document. Default: none.
    pub payload: Option<String>,
    /// How two rows are compared. Default: `cosine`.
    pub metric: Option<MetricSpec>,
    /// Only so many documents from the top. Default: all.
    pub limit: Option<Spanned<usize>>,
    /// Its name in tables. Default: the name of the documents' file.
    pub name: Option<String>,
}

/// A file in the layout of ann-benchmarks.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hdf5Spec {
    /// The file.
    pub file: String,
    /// How two rows are compared. Default: what the file's `distance` attribute says.
    pub metric: Option<MetricSpec>,
    /// Only so many documents from the top. Default: all.
    pub limit: Option<Spanned<usize>>,
    /// Its name in tables. Default: the file's name.
    pub name: Option<String>,
}

/// A set of filtered vector search.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TarSpec {
    /// The archive, or a folder with what was in it.
    pub path: String,
    /// How two rows are compared. Default: `cosine`.
    pub metric: Option<MetricSpec>,
    /// Its name in tables. Default: the archive's name.
    pub name: Option<String>,
}

/// Generated vectors.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyntheticSpec {
    /// Documents.
    pub n: Spanned<usize>,
    /// Values per vector. Default: 384.
    pub dim: Option<Spanned<usize>>,
    /// Queries. Default: 1000.
    pub queries: Option<Spanned<usize>>,
    /// Topics that documents and queries gather round. Default: the square root of `n`.
    pub clusters: Option<Spanned<usize>>,
    /// Directions in which the documents of one topic mostly differ. Default: 24.
    pub intrinsic_dim: Option<Spanned<usize>>,
    /// Everything random follows from it. Default: 42.
    pub seed: Option<u64>,
    /// Payload fields that queries filter by. Default: none.
    #[serde(default)]
    pub payload: Names<AttributeSpec>,
    /// The fields of each filter: query `i` takes entry `i mod length`; an empty entry is no filter. Default: none, then
    /// each field alone.
    pub filters: Option<Spanned<Vec<Vec<Spanned<String>>>>>,
    /// Its name in tables. Default: `synthetic`.
    pub name: Option<String>,
}

/// A numeric payload field that filters can ask for.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeSpec {
    /// Share of the documents that a filter on it lets through, above 0, at most 1.
    pub selectivity: Spanned<f64>,
    /// Whether the filter asks for what is near the query: from −1 (what is far) over 0 (independent) to 1. Default: 0.
    pub correlation: Option<Spanned<f64>>,
}

/// Which models embed and rerank.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelsSpec {
    /// Makes dense vectors of texts: a name of the catalogue, or `{ onnx: path }`. Needed by `text` vectors.
    pub embedder: Option<Spanned<ModelSpec>>,
    /// Scores query and passage together: a name of the catalogue, or `{ onnx: path }`. Needed by rerank stages.
    pub reranker: Option<Spanned<ModelSpec>>,
    /// Which runtime runs them. Default: `auto`.
    pub runtime: Option<Spanned<RuntimeSpec>>,
}

/// A model: a name of the catalogue, or a one-key map of where it comes from.
pub type ModelSpec = ShortOr<String, ModelKindSpec>;

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelKindSpec {
    /// A folder with `model.onnx` and `tokenizer.json`, relative to the spec file.
    Onnx(String),
}

/// Which runtime runs the models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeSpec {
    /// ONNX Runtime when its library is found, else the built-in one; the manifest says which.
    Auto,
    /// Pure Rust; runs the models that come with the program.
    Builtin,
    /// ONNX Runtime; an error when its library is not found.
    OnnxRuntime,
}

/// What answers.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackendSpec {
    /// The embedded engine, in this process.
    Local(LocalSpec),
    /// A Qdrant server.
    Qdrant(Box<QdrantSpec>),
}

/// Settings of the embedded engine; there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalSpec {}
