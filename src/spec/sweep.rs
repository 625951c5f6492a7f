//! What varies.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Names, Spanned, Value};

/// What varies. Every combination of the values on the axes is a cell; one that changes nothing is not run twice.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepSpec {
    /// Path → values. A path is `data`, `backend`, `pipeline`, `index.…` (a new build per value) or `<stage>.<key>`.
    /// Values are a list, a range `{ from, to, factor }` or `{ from, to, step }`, or labelled: `{ fast: 32 }`.
    #[serde(default)]
    pub axes: Names<Spanned<AxisSpec>>,
    /// Values that move together: each row sets the same paths; the rows are one more axis.
    #[serde(default)]
    pub rows: Vec<Spanned<Names<Spanned<Value>>>>,
    /// Combinations that are left out: path → label, pattern with `*`, or a list of them.
    #[serde(default)]
    pub exclude: Vec<Spanned<Selector>>,
    /// Single combinations that are added, also with paths that are on no axis.
    #[serde(default)]
    pub extra: Vec<Spanned<Names<Spanned<Value>>>>,
    /// Most cells allowed. Default: 500.
    pub max: Option<Spanned<usize>>,
}

/// The values of an axis: a list, a range or labelled values. Read as it stands, understood by the plan.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AxisSpec(pub Value);

/// Says which cells are meant: path → label, pattern with `*`, or a list of them. All of them must hold.
pub type Selector = Names<Spanned<Value>>;
