//! What makes a data set's numbers doubtful: figures about it, and findings with a symptom and a cure.
//!
//! [`examine`] is a pure function of the data; [`splits::read`] alone reads files, because a [`Dataset`] holds one split.

mod counts;
mod fields;
mod filters;
mod fold;
mod near;
mod queries;
pub mod splits;
mod spread;
mod text;
mod twins;
mod vectors;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Dataset;

pub use counts::Counts;
pub use fields::Field;
pub use filters::Filters;
pub use queries::Queries;
pub use splits::{Overlap, Split};
pub use spread::Spread;
pub use text::text;
pub use twins::{Conflict, Twins};
pub use vectors::{Agreement, GivenVectors};

/// Two texts are near-duplicates when their shingles overlap by this much (Jaccard).
pub const ALIKE: f64 = 0.8;
/// Words per shingle of a document.
pub const SHINGLE: usize = 3;
/// Tokens that the built-in embedder reads; a text of more words than this is certainly cut.
pub const WINDOW: usize = 256;
/// Ids shown with a finding.
const SHOWN: usize = 5;

/// Everything that is said of a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// The split that was looked at; empty without judgements.
    pub split: String,
    /// Documents, queries, judgements.
    pub counts: Counts,
    /// Text fields by name; the field `all` is all of them together, when there is more than one.
    pub fields: BTreeMap<String, Field>,
    /// Documents with nearly the same text.
    pub twins: Twins,
    /// The texts of the queries.
    pub queries: Queries,
    /// What the splits have in common; absent with fewer than two.
    pub overlap: Option<Overlap>,
    /// The queries' own filters; absent when there are none.
    pub filters: Option<Filters>,
    /// Vectors that came with the data, by name.
    pub vectors: BTreeMap<String, GivenVectors>,
    /// What is to be said about all that, the worst first.
    pub findings: Vec<Finding>,
}

/// Something that a reader of the numbers should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was looked for, a fixed word for machines.
    pub check: &'static str,
    /// The symptom, what it does to numbers, and the cure.
    pub text: String,
    /// Up to five cases, the worst or the first of them.
    pub examples: Vec<String>,
    /// How many cases there are.
    pub cases: usize,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A number is wrong, or cannot be had.
    Error,
    /// A number may mislead.
    Warning,
    /// Worth knowing.
    Note,
}

impl Finding {
    fn new(severity: Severity, check: &'static str, text: impl Into<String>) -> Self {
        Self {
            severity,
            check,
            text: text.into(),
            examples: Vec::new(),
            cases: 0,
        }
    }

    /// The cases, of which the first few are shown.
    fn cases<T: Into<String>>(mut self, cases: impl IntoIterator<Item = T>) -> Self {
        for case in cases {
            self.cases += 1;
            if self.examples.len() < SHOWN {
                self.examples.push(case.into());
            }
        }
        self
    }
}

impl Report {
    /// True when there is an error among the findings.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Error)
    }
}

/// Looks at a data set. `splits` are all splits of its source, from [`splits::read`]; none when it has only one.
pub fn examine(data: &Dataset, splits: &[Split]) -> Report {
    let mut findings = Vec::new();
    let texts = fields::texts(data);
    let report = Report {
        name: data.name.clone(),
        split: data.split.clone(),
        counts: counts::look(data, &mut findings),
        fields: fields::look(data, &texts, &mut findings),
        twins: twins::look(data, &texts, &mut findings),
        queries: queries::look(data, &texts, &mut findings),
        overlap: splits::look(splits, &mut findings),
        filters: filters::look(data, &mut findings),
        vectors: vectors::look(data, &mut findings),
        findings: Vec::new(),
    };
    // The sort is stable: within a severity, findings keep the order of the checks.
    findings.sort_by_key(|f| f.severity);
    Report { findings, ..report }
}
