//! Effectiveness: what a ranking is worth, given judgements.
//!
//! A [`Measure`] is a value that parses and prints, named as in ir_measures: `nDCG@10`, `R(rel=2)@100`. It is computed
//! from a [`Topic`]: the grades met while walking down one ranking, and the grades that exist. That is all a
//! measure may see. [`knn_recall`] is the exception: it compares with exact neighbours and needs no judgement.
//!
//! Values agree with trec_eval, with one exception: a query without relevant documents is undefined here (`None`) and
//! 0 there. It says nothing about a ranking, so it is left out of the mean and counted beside it ([`Mean`]).
//! [`trec_eval`] has the names, the order and the conventions of that program for those who need its very bytes.
//!
//! Equal scores make the order of a ranking, and with it a value, a matter of chance: [`Measure::over_ties`] says how
//! much.

mod error;
mod families;
mod knn;
mod mean;
mod name;
mod parse;
mod real;
mod stage;
mod ties;
mod topic;
pub mod trec_eval;
mod value;

use serde::{Deserialize, Serialize};

use crate::dataset::Grade;

pub use error::ParseMeasureError;
pub use families::{FamilyInfo, families};
pub use knn::{knn_recall, knn_recall_over_ties};
pub use mean::Mean;
pub use real::Real;
pub use stage::StageMeasure;
pub use ties::{OverTies, Ties};
pub use topic::Topic;

/// What is computed from a ranking.
///
/// `rel` is the least grade that counts as relevant, at least 1, and `R` stands for the number of documents that have
/// it; a cut-off is at least 1 and applies after ties are broken.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Measure {
    /// 1 when one of the first `cutoff` documents is relevant, else 0; `success@1` is top-1 accuracy.
    Success {
        /// Documents looked at.
        cutoff: usize,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Discounted cumulative gain over that of the ideal order of all judged documents (Järvelin and Kekäläinen 2002,
    /// discounted by log2(rank + 1)).
    NDcg {
        /// What a grade is worth.
        gain: Gain,
        /// Documents looked at, in the ranking and in the ideal order; `None` for all.
        cutoff: Option<usize>,
    },
    /// The same sum of discounted gains, not divided by the ideal one.
    Dcg {
        /// What a grade is worth.
        gain: Gain,
        /// Documents looked at; `None` for all.
        cutoff: Option<usize>,
        /// Of the ideal order instead of the ranking.
        ideal: bool,
    },
    /// 1 / rank of the first relevant document, 0 when there is none.
    Rr {
        /// Documents looked at; `None` for all.
        cutoff: Option<usize>,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Sum of the precisions at the relevant documents found, over the number of all relevant ones.
    Ap {
        /// Documents looked at; `None` for all.
        cutoff: Option<usize>,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Relevant among the first `cutoff`, over `cutoff`, however short the ranking is.
    P {
        /// Documents looked at.
        cutoff: usize,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Relevant among the first `cutoff`, over the most there could be: the lesser of `cutoff` and R. trec_eval calls
    /// it relative precision, BEIR capped recall.
    RelativeP {
        /// Documents looked at.
        cutoff: usize,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Relevant among the first `cutoff`, over all relevant ones.
    R {
        /// Documents looked at.
        cutoff: usize,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Precision at `mult` × R documents, rounded upwards as trec_eval does: ⌊mult × R + 0.9⌋.
    Rprec {
        /// Multiple of R, more than 0.
        mult: Real,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Binary preference (Buckley and Voorhees 2004): for each relevant document found, the share of judged
    /// non-relevant ones that do *not* stand above it, of at most R of them; over R. Grades below 0 are no judgement.
    Bpref {
        /// Least relevant grade.
        rel: Grade,
    },
    /// Inferred average precision from a sampled pool (Yilmaz and Aslam 2006, with ε = 0.00001). A grade below 0
    /// marks a document of the pool that was not in the sample.
    InfAp {
        /// Least relevant grade.
        rel: Grade,
    },
    /// The greatest precision at any rank where `recall` × R relevant documents (to the nearest whole number) are
    /// found.
    IPrec {
        /// From 0 to 1.
        recall: Real,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Mean of [`Measure::IPrec`] over several levels of recall.
    IPrecAvg {
        /// Levels of recall, each from 0 to 1; `None` for 0, 0.1, … 1.
        recalls: Option<Vec<Real>>,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Rank-biased precision: (1 − p) Σ gain × p^(rank − 1) (Moffat and Zobel 2008).
    Rbp {
        /// Probability that a reader goes on to the next document, between 0 and 1.
        p: Real,
        /// Least relevant grade, worth 1; `None`: a grade is worth itself, divided by the query's greatest grade when
        /// that is above 1.
        rel: Option<Grade>,
        /// Documents looked at; `None` for all.
        cutoff: Option<usize>,
    },
    /// What rank-biased precision could still gain if all unjudged documents, those below the end of the ranking
    /// included, were relevant (Moffat and Zobel 2008, section 4).
    RbpResidual {
        /// As of [`Measure::Rbp`].
        p: Real,
        /// Documents looked at; `None` for all.
        cutoff: Option<usize>,
    },
    /// Expected reciprocal rank (Chapelle et al. 2009): Σ P(reader stops at rank) / rank, where a document of grade g
    /// stops the reader with probability (2^g − 1) / 2^max.
    Err {
        /// The greatest grade of the scale; grades above it count as this.
        max: Grade,
        /// Documents looked at; `None` for all.
        cutoff: Option<usize>,
        /// Divided by the value of the ideal order (`nERR`).
        normalised: bool,
    },
    /// Of the documents retrieved as a set, their order left aside.
    Set {
        /// Which quantity.
        of: SetMeasure,
        /// Least relevant grade.
        rel: Grade,
    },
    /// A number of documents or queries; its summary is a sum.
    Num {
        /// Of what.
        of: Count,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Judged among the first `cutoff`, over the documents there; undefined for an empty ranking. A grade below 0 is
    /// a judgement too.
    Judged {
        /// Documents looked at.
        cutoff: usize,
    },
    /// Unjudged among the first `cutoff`, over `cutoff`, as trec_eval's `unj`: a grade below 0 is no judgement, and
    /// what is missing from a short ranking counts as judged.
    Unjudged {
        /// Documents looked at.
        cutoff: usize,
    },
    /// Average precision or bpref whose summary is a geometric mean, with 0.00001 for everything less (Robertson
    /// 2006). The value of one query is that of the plain measure.
    Geometric {
        /// Which measure.
        of: GeometricOf,
        /// Least relevant grade.
        rel: Grade,
    },
    /// trec_eval's `binG`: mean over the relevant documents of 1 / log2(2 + non-relevant ones above).
    BinG {
        /// Least relevant grade.
        rel: Grade,
    },
    /// trec_eval's `G`: Σ gain / log2(2 + cost of the best ranking so far − gain so far), over the sum of all gains.
    G {
        /// What a grade is worth.
        gain: Gain,
    },
    /// trec_eval's `ndcg_rel`: nDCG averaged over the ranks of relevant documents.
    NDcgRel {
        /// What a grade is worth.
        gain: Gain,
    },
    /// trec_eval's `Rndcg`: nDCG averaged over the ranks at which the gain of the ideal order falls.
    RNDcg {
        /// What a grade is worth.
        gain: Gain,
    },
    /// trec_eval's `utility`: a weighted sum over the four fields of the contingency table.
    Utility {
        /// Weights of: relevant retrieved, others retrieved, relevant missed, others not retrieved.
        weights: [Real; 4],
        /// Documents in the collection; only the last weight needs it.
        docs: u32,
        /// Least relevant grade.
        rel: Grade,
    },
    /// Against exact neighbours instead of judgements: see [`knn_recall`].
    KnnRecall {
        /// Neighbours asked for.
        cutoff: usize,
    },
}

/// What can be said of the retrieved documents as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SetMeasure {
    /// Relevant retrieved over retrieved; 0 when nothing was.
    P,
    /// Relevant retrieved over the lesser of retrieved and R.
    RelativeP,
    /// Relevant retrieved over R.
    R,
    /// Precision × recall.
    Ap,
    /// (b + 1) P R / (b P + R), with the weight b as trec_eval and ir_measures have it: the usual F_β is b = β².
    F(Real),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Count {
    /// Queries.
    Queries,
    /// Documents retrieved.
    Retrieved,
    /// Relevant documents.
    Relevant,
    /// Relevant documents retrieved.
    RelevantRetrieved,
    /// Documents retrieved that are judged and not relevant; a grade below 0 is no judgement.
    NonrelevantRetrieved,
}

/// The measures that have a geometric mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GeometricOf {
    /// [`Measure::Ap`].
    Ap,
    /// [`Measure::Bpref`].
    Bpref,
}

/// How the values of all queries become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// Arithmetic mean.
    Mean,
    /// Sum.
    Sum,
    /// Geometric mean of the values, those below 0.00001 counted as that.
    GeometricMean,
}

impl Measure {
    /// How deep the measure looks, if it is bounded.
    pub fn cutoff(&self) -> Option<usize> {
        match *self {
            Self::Success { cutoff, .. }
            | Self::P { cutoff, .. }
            | Self::RelativeP { cutoff, .. }
            | Self::R { cutoff, .. }
            | Self::Judged { cutoff }
            | Self::Unjudged { cutoff }
            | Self::KnnRecall { cutoff } => Some(cutoff),
            Self::NDcg { cutoff, .. }
            | Self::Dcg { cutoff, .. }
            | Self::Rr { cutoff, .. }
            | Self::Ap { cutoff, .. }
            | Self::Rbp { cutoff, .. }
            | Self::RbpResidual { cutoff, .. }
            | Self::Err { cutoff, .. } => cutoff,
            _ => None,
        }
    }

    /// The same measure with another least relevant grade; measures of graded gains stay as they are.
    pub fn with_rel(mut self, level: Grade) -> Self {
        match &mut self {
            Self::Success { rel, .. }
            | Self::Rr { rel, .. }
            | Self::Ap { rel, .. }
            | Self::P { rel, .. }
            | Self::RelativeP { rel, .. }
            | Self::R { rel, .. }
            | Self::Rprec { rel, .. }
            | Self::Bpref { rel }
            | Self::InfAp { rel }
            | Self::IPrec { rel, .. }
            | Self::IPrecAvg { rel, .. }
            | Self::Rbp { rel: Some(rel), .. }
            | Self::Set { rel, .. }
            | Self::Num { rel, .. }
            | Self::Geometric { rel, .. }
            | Self::BinG { rel }
            | Self::Utility { rel, .. } => *rel = level,
            _ => {}
        }
        self
    }

    /// How its values are summed up over queries. Only a mean has an interval, so only measures with one belong into
    /// a report.
    pub fn summary(&self) -> Summary {
        match self {
            Self::Num { .. } => Summary::Sum,
            Self::Geometric { .. } => Summary::GeometricMean,
            _ => Summary::Mean,
        }
    }

    /// True for measures that are known to lie between 0 and 1 for every query.
    pub fn is_bounded(&self) -> bool {
        !matches!(
            self,
            Self::Dcg { .. }
                | Self::Num { .. }
                | Self::G { .. }
                | Self::NDcgRel { .. }
                | Self::RNDcg { .. }
                | Self::Utility { .. }
        )
    }
}

/// What a grade is worth in a gain-based measure; grades below 0 are worth nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gain {
    /// The grade itself, as in trec_eval.
    #[default]
    Linear,
    /// 2^grade − 1 (Burges et al. 2005). Grades above 1,000 count as 1,000: the power would leave float64.
    Exp,
    /// Named grades have the gains given with them, all others count as themselves. Grades ascend, from 0.
    Table(Vec<(Grade, Real)>),
}
