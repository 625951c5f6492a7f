//! What is run: lists of named stages.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Choice, OneOrMany, ShortOr, Span, Spanned};
use crate::filter::Filter;

/// A pipeline: a list of stages, or `{ from, then }`: another pipeline and the stages that follow it.
pub type PipelineSpec = ShortOr<Vec<SpannedStage>, DerivedSpec>;

/// A stage with the place it is written at.
pub type SpannedStage = Spanned<Choice<StageSpec>>;

/// A pipeline that continues another one.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerivedSpec {
    /// The pipeline whose stages come first.
    pub from: Spanned<String>,
    /// The stages that follow.
    pub then: Vec<SpannedStage>,
}

/// One step of a pipeline. The list of the last stage is the answer.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageSpec {
    /// Nearest neighbours of the query's vector.
    Dense(DenseSpec),
    /// Best BM25 scores.
    Sparse(SparseSpec),
    /// Joins the lists of earlier stages.
    Fuse(FuseSpec),
    /// Reorders the top of one list by late interaction.
    Late(LateSpec),
    /// Reorders the top of one list with the reranker.
    Rerank(RerankSpec),
}

impl StageSpec {
    /// The stage's name.
    pub fn name(&self) -> &Spanned<String> {
        match self {
            StageSpec::Dense(s) => &s.name,
            StageSpec::Sparse(s) => &s.name,
            StageSpec::Fuse(s) => &s.name,
            StageSpec::Late(s) => &s.name,
            StageSpec::Rerank(s) => &s.name,
        }
    }
}

/// Nearest neighbours of the query's vector.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DenseSpec {
    /// The stage's name; axes, other stages and measures speak of it.
    #[serde(rename = "as")]
    pub name: Spanned<String>,
    /// A dense vector of the index.
    pub vector: Spanned<String>,
    /// Hits handed on. Default: 100.
    pub limit: Option<Spanned<usize>>,
    /// Beam width of a graph search. Default: 128, or the number of hits it has to find if that is more; a smaller
    /// one is raised to that number.
    pub ef: Option<Spanned<usize>>,
    /// Scan all float vectors even if there is a graph or codes. Default: false.
    pub exact: Option<Spanned<bool>>,
    /// On a quantized index: candidates fetched by code = `oversampling × limit`, 1 or more. Default: 1.
    pub oversampling: Option<Spanned<f64>>,
    /// On a quantized index: score the candidates again with the float vectors. Default: true.
    pub rescore: Option<Spanned<bool>>,
    /// How filters are carried out here.
    pub filter: Option<FilterSpec>,
}

/// Best BM25 scores.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SparseSpec {
    /// The stage's name; axes, other stages and measures speak of it.
    #[serde(rename = "as")]
    pub name: Spanned<String>,
    /// A sparse vector of the index.
    pub vector: Spanned<String>,
    /// Hits handed on. Default: 100.
    pub limit: Option<Spanned<usize>>,
    /// How filters are carried out here.
    pub filter: Option<FilterSpec>,
}

/// A stage's own filter, and when it and the query's are applied.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterSpec {
    /// When filters are applied. Default: `auto`.
    pub strategy: Option<Spanned<StrategySpec>>,
    /// Holds for every query, beside the filter a query brings itself. If it has `should`, queries may not have it
    /// too. Default: none.
    pub condition: Option<Filter>,
}

/// When a filter is applied relative to the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StrategySpec {
    /// The engine decides by estimated selectivity; its choice is recorded per query.
    Auto,
    /// First the matching documents, then a scan over those.
    Pre,
    /// First the search, then the filter over what it found; may return fewer than `limit`.
    Post,
    /// During the graph traversal: only matching points become hits.
    InGraph,
    /// The query's filter is left out: a baseline that shows what filtering changes.
    Ignore,
}

/// Joins the lists of earlier stages.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FuseSpec {
    /// The stage's name; axes, other stages and measures speak of it.
    #[serde(rename = "as")]
    pub name: Spanned<String>,
    /// The stages joined, two or more.
    pub of: Spanned<Vec<Spanned<String>>>,
    /// How.
    pub method: Spanned<Choice<MethodSpec>>,
    /// Hits handed on. Default: 100.
    pub limit: Option<Spanned<usize>>,
}

/// How lists are joined.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MethodSpec {
    /// Reciprocal rank fusion: the sum of weight / (k + rank), rank from 1.
    Rrf(RrfSpec),
    /// Weighted sum of scores.
    Weighted(WeightedSpec),
    /// Distribution-based score fusion: scores mapped to 0 … 1 by mean ± 3 standard deviations, then summed.
    Dbsf(ListsSpec),
    /// Sum of the normalised scores (Fox and Shaw 1994).
    CombSum(CombSpec),
    /// Sum of the normalised scores, times the number of lists that have the document.
    CombMnz(CombSpec),
    /// The largest of the normalised scores.
    CombMax(CombSpec),
    /// The median of the normalised scores, over the lists that have the document.
    CombMed(CombSpec),
    /// Inverse square rank: the number of lists that have the document, times the sum of weight / rank².
    Isr(ListsSpec),
    /// Borda count: a list gives its first document as many points as there are documents, the next one less, and
    /// shares what is left among the documents it lacks.
    Borda(ListsSpec),
    /// Rank-biased centroids: the sum of weight × (1 − φ) φ^(rank − 1).
    Rbc(RbcSpec),
}

/// One number per list, or how the numbers are found.
pub type WeightsSpec = ShortOr<Vec<f64>, FoundSpec>;

/// How weights are found.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundSpec {
    /// As those that score highest on queries that have no part in what is measured.
    Tune(TuneSpec),
}

/// Weights tuned on a split of their own.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TuneSpec {
    /// The split of the data set whose queries are asked; not the one that is measured.
    pub split: Spanned<String>,
    /// What is to be highest at this stage.
    pub measure: Spanned<String>,
    /// Weights tried are multiples of it that sum to 1: 1 over a whole number, at most 0.5.
    pub step: Spanned<f64>,
}

/// Reciprocal rank fusion.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RrfSpec {
    /// Added to every rank, 0 or more. Default: 60.
    pub k: Option<Spanned<f64>>,
    /// One weight per list. Default: all 1.
    pub weights: Option<Spanned<WeightsSpec>>,
}

/// Weighted sum of scores.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightedSpec {
    /// One weight per list; needed.
    pub weights: Option<Spanned<WeightsSpec>>,
    /// What is done to a list's scores first. Default: `min-max`.
    pub normalize: Option<Spanned<NormalizeSpec>>,
}

/// A fusion with no other settings than how much each list counts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListsSpec {
    /// One weight per list. Default: all 1.
    pub weights: Option<Spanned<WeightsSpec>>,
}

/// Normalised scores, combined.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CombSpec {
    /// What is done to a list's scores first. Default: `min-max`.
    pub normalize: Option<Spanned<NormalizeSpec>>,
    /// One weight per list. Default: all 1.
    pub weights: Option<Spanned<WeightsSpec>>,
}

/// Rank-biased centroids.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RbcSpec {
    /// φ: how likely a reader goes on to the next rank, above 0 and below 1. Default: 0.8.
    pub persistence: Option<Spanned<f64>>,
    /// One weight per list. Default: all 1.
    pub weights: Option<Spanned<WeightsSpec>>,
}

impl MethodSpec {
    /// Where the weights of this method are kept.
    pub fn weights_mut(&mut self) -> &mut Option<Spanned<WeightsSpec>> {
        match self {
            MethodSpec::Rrf(m) => &mut m.weights,
            MethodSpec::Weighted(m) => &mut m.weights,
            MethodSpec::Dbsf(m) | MethodSpec::Isr(m) | MethodSpec::Borda(m) => &mut m.weights,
            MethodSpec::CombSum(m)
            | MethodSpec::CombMnz(m)
            | MethodSpec::CombMax(m)
            | MethodSpec::CombMed(m) => &mut m.weights,
            MethodSpec::Rbc(m) => &mut m.weights,
        }
    }

    /// The weights as written.
    pub fn weights(&self) -> Option<&Spanned<WeightsSpec>> {
        match self {
            MethodSpec::Rrf(m) => m.weights.as_ref(),
            MethodSpec::Weighted(m) => m.weights.as_ref(),
            MethodSpec::Dbsf(m) | MethodSpec::Isr(m) | MethodSpec::Borda(m) => m.weights.as_ref(),
            MethodSpec::CombSum(m)
            | MethodSpec::CombMnz(m)
            | MethodSpec::CombMax(m)
            | MethodSpec::CombMed(m) => m.weights.as_ref(),
            MethodSpec::Rbc(m) => m.weights.as_ref(),
        }
    }

    /// Where the normalisation of this method is kept, if it has one.
    pub fn normalize_mut(&mut self) -> Option<&mut Option<Spanned<NormalizeSpec>>> {
        match self {
            MethodSpec::Weighted(m) => Some(&mut m.normalize),
            MethodSpec::CombSum(m)
            | MethodSpec::CombMnz(m)
            | MethodSpec::CombMax(m)
            | MethodSpec::CombMed(m) => Some(&mut m.normalize),
            MethodSpec::Rrf(_)
            | MethodSpec::Dbsf(_)
            | MethodSpec::Isr(_)
            | MethodSpec::Borda(_)
            | MethodSpec::Rbc(_) => None,
        }
    }

    /// The same method, with every setting standing at `span`.
    pub fn moved_to(mut self, span: Span) -> Self {
        if let Some(weights) = self.weights_mut() {
            weights.span = span;
            if let ShortOr::Long(FoundSpec::Tune(tune)) = &mut weights.value {
                (tune.split.span, tune.measure.span, tune.step.span) = (span, span, span);
            }
        }
        let normalize = self.normalize_mut().into_iter().flatten();
        normalize.for_each(|n| n.span = span);
        match &mut self {
            MethodSpec::Rrf(m) => m.k.iter_mut().for_each(|k| k.span = span),
            MethodSpec::Rbc(m) => m.persistence.iter_mut().for_each(|p| p.span = span),
            _ => {}
        }
        self
    }

    /// As a spec writes it.
    pub fn name(&self) -> &'static str {
        match self {
            MethodSpec::Rrf(_) => "rrf",
            MethodSpec::Weighted(_) => "weighted",
            MethodSpec::Dbsf(_) => "dbsf",
            MethodSpec::CombSum(_) => "comb_sum",
            MethodSpec::CombMnz(_) => "comb_mnz",
            MethodSpec::CombMax(_) => "comb_max",
            MethodSpec::CombMed(_) => "comb_med",
            MethodSpec::Isr(_) => "isr",
            MethodSpec::Borda(_) => "borda",
            MethodSpec::Rbc(_) => "rbc",
        }
    }
}

/// How one list's scores are brought to a common scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NormalizeSpec {
    /// To 0 … 1 by the list's least and greatest score.
    MinMax,
    /// By mean and standard deviation of the list: a document that a list lacks stands level with its mean.
    ZScore,
    /// To shares of the list's sum, the least score at 0.
    Sum,
    /// To 1 − (rank − 1) / n.
    Rank,
    /// Scores as they are: only for lists on one scale, for instance cosines of two fields.
    None,
}

/// Reorders the top of one list by late interaction: the sum, over the tokens of the query, of the largest dot product
/// with any token of the document (MaxSim).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LateSpec {
    /// The stage's name; axes, other stages and measures speak of it.
    #[serde(rename = "as")]
    pub name: Spanned<String>,
    /// The stage whose list is reordered.
    pub of: Spanned<String>,
    /// A late vector of the index.
    pub vector: Spanned<String>,
    /// How many hits from the top are scored.
    pub depth: Spanned<usize>,
    /// What happens to the hits that are not scored: those below `depth`, and documents without tokens. Default: `keep`.
    pub tail: Option<Spanned<TailSpec>>,
}

/// Reorders the top of one list with the reranker.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RerankSpec {
    /// The stage's name; axes, other stages and measures speak of it.
    #[serde(rename = "as")]
    pub name: Spanned<String>,
    /// The stage whose list is reordered. Default: the stage before.
    pub of: Option<Spanned<String>>,
    /// The model; the one of `models.reranker`, which is also the default.
    pub model: Option<Spanned<String>>,
    /// Text fields the passage is made of. Default: those that the stages behind the list have searched.
    pub fields: Option<Spanned<OneOrMany<String>>>,
    /// How many hits from the top are scored.
    pub depth: Spanned<usize>,
    /// What happens to the hits below `depth`. Default: `keep`.
    pub tail: Option<Spanned<TailSpec>>,
}

/// What becomes of hits that were not scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TailSpec {
    /// They stay below the scored ones, in their earlier order.
    Keep,
    /// They are left out.
    Drop,
}
