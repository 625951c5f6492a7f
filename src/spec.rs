//! What a person writes: the types of a spec, one to one with the YAML, positions kept.
//!
//! A [`Spec`] is only well-formed: keys exist, values have the right type. Whether it makes sense is decided by
//! [`crate::plan`], which reports all mistakes together. Nothing here knows a backend, a clock, or a file other than
//! the spec's own text; the doc comments below are the reference that users read (`docs/spec.md`, the JSON Schema).

pub mod card;
mod codes;
pub mod data;
mod diagnostic;
pub mod index;
mod kinds;
pub mod measure;
mod parse;
pub mod pipelines;
mod reference;
mod render;
mod schema;
pub mod server;
mod shapes;
mod span;
pub(crate) mod suggest;
pub mod sweep;
mod value;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Label, Severity};
pub use kinds::{KeyInfo, StageKindInfo, stage_kinds};
pub use parse::{parse, parse_value};
pub use reference::reference;
pub use render::{Look, render, render_all};
pub use schema::schema;
pub use shapes::{Choice, Later, Names, OneOrMany, ShortOr};
pub use span::{Span, Spanned};
pub use value::Value;

use data::{BackendSpec, DataSpec, ModelsSpec};
use index::IndexSpec;
use measure::{CompareSpec, GateSpec, MeasureSpec};
use pipelines::PipelineSpec;
use sweep::SweepSpec;

/// The version of the language that this program reads.
pub const VERSION: u32 = 1;

/// A spec's text and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecSource {
    /// As given; relative paths in the spec are relative to its folder.
    pub path: PathBuf,
    /// As read.
    pub text: String,
}

/// An experiment: what is asked, on which data, with which combinations of techniques, judged how.
///
/// Keys that start with `x-` are ignored at the top level: a place for YAML anchors. Plain values may use
/// `${NAME}` and `${NAME:-default}` from the environment.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Version of the language: 1.
    pub evalrun: Spanned<u32>,
    /// Name of the experiment: letters, digits, `-` and `_`. A folder of that name under `reports/` takes the runs.
    pub experiment: Spanned<String>,
    /// What is asked, in a sentence.
    pub question: Spanned<String>,
    /// How to read the answer, in prose. Default: none.
    #[serde(default)]
    pub analysis: String,
    /// What is searched: a data set by name (`evalrun ls data` lists them), or where it lies, for instance
    /// `{ beir: path }`; one or a list.
    pub data: Spanned<OneOrMany<DataSpec>>,
    /// Which models embed and rerank.
    #[serde(default)]
    pub models: ModelsSpec,
    /// What answers, by name. Default: `{ local: local }`, the embedded engine.
    #[serde(default)]
    pub backends: Option<Spanned<Names<Spanned<Choice<BackendSpec>>>>>,
    /// What is built over every data set.
    pub index: IndexSpec,
    /// What is run, by name.
    pub pipelines: Spanned<Names<PipelineSpec>>,
    /// What varies. Default: every pipeline as it is written.
    #[serde(default)]
    pub sweep: SweepSpec,
    /// What is measured, and how.
    #[serde(default)]
    pub measure: MeasureSpec,
    /// What the cells are compared with.
    #[serde(default)]
    pub compare: CompareSpec,
    /// Conditions that decide the exit status.
    #[serde(default)]
    pub gates: Vec<Spanned<GateSpec>>,
    /// Published statements to judge: a later version.
    #[serde(default)]
    #[schemars(skip)]
    pub claims: Option<Spanned<Later>>,
}
