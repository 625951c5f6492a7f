//! What can be searched: documents, queries, judgements.
//!
//! Documents are held sorted by id bytes, so that a document's position is its [`crate::hit::Hit::point`] and the
//! order of points is the order of ids. This module reads files; it knows nothing of YAML, backends or reports.

mod archive;
mod arrays;
mod beir;
pub mod doctor;
mod folder;
mod hdf5;
mod json;
pub(crate) mod lines;
mod matrix;
pub(crate) mod problem;
mod qrels;
mod records;
mod sample;
pub mod source;
mod synthetic;
mod table;
pub(crate) mod text;
mod trec;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::filter::{Filter, Payload};
use crate::vectors::{Metric, Vectors};

pub use folder::resolve;
pub use problem::{DatasetError, Fault, MarkupFault, Place, Problem, Problems, TableFault};
pub use qrels::{JudgedQuery, QrelsTable, read_trec, write_trec};
pub use source::{Source, load};
pub use text::{Faults, Text};

/// Documents, queries and judgements that belong together.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// For tables; the folder's name unless the spec gives another.
    pub name: String,
    /// The split whose judgements were read, for instance `test`; empty when there are no judgements.
    pub split: String,
    /// Sorted by id bytes, ids distinct.
    pub docs: Vec<Doc>,
    /// The judged queries of the split, sorted by id bytes, ids distinct; all queries when there are no judgements.
    pub queries: Vec<Query>,
    /// Judgements of the split; none for a set that has only vectors.
    pub qrels: Qrels,
    /// Vectors that came with the data, by name; `precomputed: NAME` in a spec searches them.
    pub vectors: BTreeMap<String, GivenVectors>,
    /// Queries of the source that the split does not judge; they are not in `queries`.
    pub unjudged_queries: usize,
    /// The files all of this was read from; empty for generated data.
    pub files: Vec<SourceFile>,
}

/// Vectors that came with a data set instead of being made of its texts.
#[derive(Debug, Clone)]
pub struct GivenVectors {
    /// How two of them are compared. Under [`Metric::Cosine`] the rows are L2-normalised when they are read.
    pub metric: Metric,
    /// One row per document, in the order of [`Dataset::docs`]. Shared, never copied: they may be most of the memory.
    pub docs: Arc<Vectors>,
    /// One row per query, in the order of [`Dataset::queries`].
    pub queries: Arc<Vectors>,
    /// Neighbours that came with the data, one list per query, as positions in [`Dataset::docs`], nearest first. They
    /// are only ever checked: what `knn_recall` is measured against is computed here.
    pub neighbours: Option<Vec<Vec<u32>>>,
}

/// What a pair of query and document means that is not in the judgements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlisted {
    /// Nobody has looked at it: the rule for pools, and the default.
    #[default]
    Unjudged,
    /// It is judged, and not relevant: only for sets whose judgements are complete.
    Irrelevant,
}

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub struct Doc {
    /// External id.
    pub id: String,
    /// Text fields by name (`title`, `text`, `description`, …).
    pub fields: BTreeMap<String, String>,
    /// Everything under `metadata`: what filters look at.
    pub metadata: Payload,
}

/// A labelled query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// External id.
    pub id: String,
    /// What is asked.
    pub text: String,
    /// The filter under `metadata.filter`, parsed.
    pub filter: Option<Filter>,
    /// Everything under `metadata` (slices look here).
    pub metadata: Payload,
}

/// A grade: how relevant a document is; 1 and more is relevant, below 0 is "judged, but spam" as in TREC.
pub type Grade = i32;

/// Judgements: query id → document id → grade. An absent pair is unjudged, which is not grade 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Qrels {
    /// By query id, then document id.
    pub by_query: BTreeMap<String, BTreeMap<String, Grade>>,
    /// What a pair means that is not in `by_query`.
    #[serde(default)]
    pub unlisted: Unlisted,
    /// What a document means whose id is that of the query.
    #[serde(default)]
    pub itself: Itself,
}

/// What a document means whose id is that of the query, in sets whose queries are documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Itself {
    /// It is a document as any other.
    #[default]
    Counts,
    /// It is taken out of every ranking before it is measured, as BEIR does.
    LeftOut,
}

/// One file a data set was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Path as given, for people.
    pub path: String,
    /// SHA-256 of the bytes as stored, hex.
    pub sha256: String,
    /// Records in it.
    pub rows: usize,
}

impl Dataset {
    /// True when there is a judgement; without one only `knn_recall` can be measured.
    pub fn is_judged(&self) -> bool {
        !self.qrels.by_query.is_empty()
    }
}

impl Doc {
    /// The named fields that are present and not blank, joined with `separator`. Empty when there are none.
    pub fn text(&self, fields: &[String], separator: &str) -> String {
        let parts: Vec<&str> = fields
            .iter()
            .filter_map(|f| self.fields.get(f))
            .map(|t| t.trim())
            .filter(|t| !t.is_empty())
            .collect();
        parts.join(separator)
    }
}

impl Unlisted {
    /// The grade of an unlisted document of a judged query.
    pub fn grade(self) -> Option<Grade> {
        match self {
            Unlisted::Unjudged => None,
            Unlisted::Irrelevant => Some(0),
        }
    }
}

impl Qrels {
    /// The grade of a pair; `None` means unjudged, as every pair of a query without judgements is.
    pub fn grade(&self, query: &str, doc: &str) -> Option<Grade> {
        let judged = self.by_query.get(query)?;
        judged.get(doc).copied().or(self.unlisted.grade())
    }
}
