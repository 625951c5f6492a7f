//! What can be searched: documents, queries, judgements.
//!
//! Documents are held sorted by id bytes, so that a document's position is its [`crate::hit::Hit::point`] and the
//! order of points is the order of ids. This module reads files; it knows nothing of YAML, backends or reports.

mod beir;
mod folder;
mod json;
pub(crate) mod lines;
pub(crate) mod problem;
mod qrels;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::filter::{Filter, Payload};

pub use beir::{BeirSource, load};
pub use folder::resolve;
pub use problem::{DatasetError, Fault, Problem, Problems};
pub use qrels::{read_trec, write_trec};

/// Documents, queries and judgements that belong together.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// For tables; the folder's name unless the spec gives another.
    pub name: String,
    /// The split whose judgements were read, for instance `test`.
    pub split: String,
    /// Sorted by id bytes, ids distinct.
    pub docs: Vec<Doc>,
    /// The judged queries of the split, sorted by id bytes, ids distinct.
    pub queries: Vec<Query>,
    /// Judgements of the split.
    pub qrels: Qrels,
    /// The files all of this was read from: corpus, queries, judgements.
    pub files: Vec<SourceFile>,
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
#[serde(transparent)]
pub struct Qrels {
    /// By query id, then document id.
    pub by_query: BTreeMap<String, BTreeMap<String, Grade>>,
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
    /// How many queries of the queries file the split does not judge; they are not in `queries`.
    pub fn queries_without_judgements(&self) -> usize {
        let rows = self.files.get(1).map_or(0, |file| file.rows);
        rows.saturating_sub(self.queries.len())
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

impl Qrels {
    /// The grade of a pair; `None` means unjudged.
    pub fn grade(&self, query: &str, doc: &str) -> Option<Grade> {
        self.by_query.get(query)?.get(doc).copied()
    }
}
