//! What is built over every data set.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Choice, Names, OneOrMany, ShortOr, Span, Spanned};

/// What is built over every data set. Combinations with equal indexes share one build.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexSpec {
    /// Named vectors and the text fields they are made of.
    pub vectors: Spanned<Names<Choice<VectorSpec>>>,
    /// The graph over each dense vector. Default: `exact`, none.
    pub graph: Option<Spanned<Choice<GraphSpec>>>,
    /// What dense vectors are compressed to for the first pass. Default: `none`.
    pub quantization: Option<Spanned<Choice<QuantizationSpec>>>,
    /// Payload fields with an index of their own, for filters. Default: none.
    pub payload: Option<Spanned<OneOrMany<String>>>,
    /// Float vectors stay on disk and are read where hits are scored again; needs a quantization. Default: false.
    pub on_disk: Option<Spanned<bool>>,
}

/// What a named vector is made of.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VectorSpec {
    /// Dense: the embedding of these text fields, joined with a blank.
    Text(Spanned<OneOrMany<String>>),
    /// Dense: vectors that come with the data set, by the name the data set gives them (`vector` where it has but one).
    Precomputed(Spanned<String>),
    /// Sparse: BM25 weights of the words of these text fields; fields alone, or `{ text, k1, b }`.
    Bm25(Spanned<ShortOr<OneOrMany<String>, Bm25Spec>>),
    /// Late: what the embedder makes of each token of these text fields, joined with a blank; for late stages. Many
    /// times the size of a dense vector.
    Late(Spanned<OneOrMany<String>>),
}

/// BM25 with its parameters.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bm25Spec {
    /// The text fields.
    pub text: Spanned<OneOrMany<String>>,
    /// Saturation of term frequency, 0 or more. Default: 1.2.
    pub k1: Option<Spanned<f64>>,
    /// Length normalisation, 0 to 1. Default: 0.75.
    pub b: Option<Spanned<f64>>,
}

/// The graph over a dense vector.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GraphSpec {
    /// No graph: every search is a scan.
    Exact(ExactSpec),
    /// A navigable graph, by the engine's own implementation.
    Hnsw(HnswSpec),
    /// The same kind of graph by the `hnsw_rs` crate, slower; to compare with.
    HnswRs(HnswSpec),
}

/// Settings of a scan; there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExactSpec {}

/// Settings of a navigable graph.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HnswSpec {
    /// Links per point and layer. Default: 16.
    pub m: Option<Spanned<usize>>,
    /// Beam width while building. Default: 128.
    pub ef_construct: Option<Spanned<usize>>,
}

impl GraphSpec {
    /// The graph's settings, if it has any.
    pub fn hnsw_mut(&mut self) -> Option<&mut HnswSpec> {
        match self {
            GraphSpec::Exact(_) => None,
            GraphSpec::Hnsw(settings) | GraphSpec::HnswRs(settings) => Some(settings),
        }
    }

    /// The same graph, with every setting standing at `span`.
    pub fn moved_to(mut self, span: Span) -> Self {
        if let Some(settings) = self.hnsw_mut() {
            for setting in [&mut settings.m, &mut settings.ef_construct] {
                setting.iter_mut().for_each(|s| s.span = span);
            }
        }
        self
    }
}

/// What dense vectors are compressed to for the first pass.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuantizationSpec {
    /// Nothing: float32.
    None(FloatSpec),
    /// One bit per dimension, the sign.
    Binary(BinarySpec),
    /// One byte per dimension.
    Scalar(ScalarSpec),
    /// Centroids of groups of dimensions. On a server only.
    Product(ProductSpec),
    /// A random rotation, then few bits per dimension. On a server only.
    Turbo(TurboSpec),
}

/// Settings of float32; there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FloatSpec {}

/// Settings of binary codes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BinarySpec {
    /// Bits say on which side of the documents' mean a value lies, not of 0. Default: false.
    pub centred: Option<Spanned<bool>>,
    /// What becomes of a query. Default: `bits`.
    pub query: Option<Spanned<BinaryQuerySpec>>,
    /// Bits per dimension: 1; on a server also 1.5 or 2. Default: 1.
    pub bits: Option<Spanned<f64>>,
}

/// What becomes of a query that is compared with binary codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BinaryQuerySpec {
    /// Signs, as a row: compared by differing bits.
    Bits,
    /// Four bits per dimension: compared by its product with the signs of a row, four times the work.
    FourBits,
    /// Eight bits per dimension. On a server only.
    EightBits,
}

/// Settings of product codes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductSpec {
    /// How many times smaller they are than the vectors: 4, 8, 16, 32 or 64. Default: 16.
    pub compression: Option<Spanned<u32>>,
}

/// Settings of turbo codes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TurboSpec {
    /// Bits per dimension: 1, 1.5, 2, 4 or 8. Default: 4.
    pub bits: Option<Spanned<f64>>,
}

/// Settings of bytes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScalarSpec {
    /// Share of all values that the scale holds, above 0 and at most 1; what lies outside is cut off. Default: 1.
    pub quantile: Option<Spanned<f64>>,
}

impl QuantizationSpec {
    /// The same codes, with every setting standing at `span`.
    pub fn moved_to(mut self, span: Span) -> Self {
        match &mut self {
            QuantizationSpec::None(_) => {}
            QuantizationSpec::Binary(binary) => {
                binary.centred.iter_mut().for_each(|s| s.span = span);
                binary.query.iter_mut().for_each(|s| s.span = span);
                binary.bits.iter_mut().for_each(|s| s.span = span);
            }
            QuantizationSpec::Scalar(scalar) => scalar.quantile.iter_mut().for_each(|s| s.span = span),
            QuantizationSpec::Product(product) => product.compression.iter_mut().for_each(|s| s.span = span),
            QuantizationSpec::Turbo(turbo) => turbo.bits.iter_mut().for_each(|s| s.span = span),
        }
        self
    }
}
