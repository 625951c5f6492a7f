//! What the order of tied documents does to a value.
//!
//! Documents with equal scores are in no order that the scores decide: some rule does, here that of the ids. Under
//! another rule the value may be another. Over all orders of tied documents there is a least and a greatest value,
//! and, every order being as likely as any other, an expected one (McSherry and Najork 2008).

mod expected;

use std::ops::Range;

use super::value::sampled::is_unjudged;
use super::{GeometricOf, Measure, Topic};
use crate::dataset::Grade;

/// Where equal scores stand in a ranking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ties {
    /// The end of each block of equal scores; blocks of one are blocks too.
    ends: Vec<usize>,
}

impl Ties {
    /// Of the scores of a ranking, in rank order. Zero and minus zero are equal.
    pub fn of(scores: impl IntoIterator<Item = f64>) -> Self {
        let mut ends: Vec<usize> = Vec::new();
        let mut last = None;
        for (i, score) in scores.into_iter().enumerate() {
            // Exactly equal is what a tie is.
            let bits = (score + 0.0).to_bits();
            match ends.last_mut() {
                Some(end) if last == Some(bits) => *end = i + 1,
                _ => ends.push(i + 1),
            }
            last = Some(bits);
        }
        Self { ends }
    }

    /// The blocks of equal scores, from the top; together they are the whole ranking.
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| start..end)
    }

    /// Whether no two scores are equal.
    pub fn is_free(&self) -> bool {
        self.blocks().all(|block| block.len() == 1)
    }

    /// Whether documents on both sides of a cut-off have the same score, so that chance decides which are looked at.
    pub fn cut_at(&self, cutoff: usize) -> bool {
        let first_beyond = self.ends.partition_point(|&end| end <= cutoff);
        let start = first_beyond.checked_sub(1).map_or(0, |before| self.ends[before]);
        first_beyond < self.ends.len() && start < cutoff
    }
}

impl OverTies {
    /// Of a value that no order changes.
    pub fn of(value: f64) -> Self {
        Self {
            least: value,
            expected: Some(value),
            greatest: value,
        }
    }
}

/// One value over all orders of tied documents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverTies {
    /// The least it can be.
    pub least: f64,
    /// Its mean over all orders; `None` for measures without a closed form of it.
    pub expected: Option<f64>,
    /// The greatest it can be.
    pub greatest: f64,
}

impl Measure {
    /// The value over all orders of tied documents; `None` where it is undefined, and for the few measures of which
    /// neither bound is known: `infAP`, `G`, `nDCG_rel` and `RnDCG`.
    ///
    /// `ties` are those of the ranking that `topic` was made of. `ERR` takes time proportional to the square of the
    /// longest tie above the cut-off, everything else to the length of the ranking.
    pub fn over_ties(&self, topic: &Topic, ties: &Ties) -> Option<OverTies> {
        let value = self.value(topic)?;
        if ties.is_free() {
            return Some(OverTies::of(value));
        }
        // No document is worth more than another to what has no order; that is a tie of one value.
        let best_first = self.ordered(topic, ties, |worth| -worth)?;
        let worst_first = self.ordered(topic, ties, |worth| worth)?;
        Some(OverTies {
            least: self.value(&worst_first)?,
            expected: self.expected(topic, ties),
            greatest: self.value(&best_first)?,
        })
    }

    /// Whether the expected value over all orders of ties has a known closed form.
    pub fn has_expected(&self) -> bool {
        !matches!(
            self,
            Self::IPrec { .. }
                | Self::IPrecAvg { .. }
                | Self::InfAp { .. }
                | Self::G { .. }
                | Self::NDcgRel { .. }
                | Self::RNDcg { .. }
        )
    }

    /// The same ranking with every tie in the order of what its documents are worth.
    ///
    /// For all measures that have a worth, moving a document of greater worth upwards past a neighbour never lowers
    /// the value, so sorted ties are the extremes.
    fn ordered(&self, topic: &Topic, ties: &Ties, key: impl Fn(f64) -> f64) -> Option<Topic> {
        let mut ordered = topic.clone();
        let worth: Vec<f64> = topic
            .ranked
            .iter()
            .map(|&g| self.worth(g))
            .collect::<Option<_>>()?;
        for block in ties.blocks().filter(|block| block.len() > 1) {
            let mut order: Vec<usize> = block.clone().collect();
            order.sort_by(|&a, &b| key(worth[a]).total_cmp(&key(worth[b])));
            for (to, from) in block.zip(order) {
                ordered.ranked[to] = topic.ranked[from];
            }
        }
        Some(ordered)
    }

    /// What a document adds to a value by standing high; `None` where grades alone do not tell.
    fn worth(&self, grade: Option<Grade>) -> Option<f64> {
        let relevant = |rel: Grade| f64::from(u8::from(grade.is_some_and(|g| g >= rel)));
        Some(match self {
            Self::Success { rel, .. }
            | Self::Rr { rel, .. }
            | Self::Ap { rel, .. }
            | Self::P { rel, .. }
            | Self::RelativeP { rel, .. }
            | Self::R { rel, .. }
            | Self::Rprec { rel, .. }
            | Self::IPrec { rel, .. }
            | Self::IPrecAvg { rel, .. }
            | Self::BinG { rel }
            | Self::Rbp { rel: Some(rel), .. }
            | Self::Geometric {
                of: GeometricOf::Ap,
                rel,
            } => relevant(*rel),
            // Judged non-relevant documents do harm by standing high; the unjudged do neither.
            Self::Bpref { rel }
            | Self::Geometric {
                of: GeometricOf::Bpref,
                rel,
            } => match grade {
                Some(grade) if (0..*rel).contains(&grade) => -1.0,
                _ => relevant(*rel),
            },
            Self::NDcg { gain, .. } | Self::Dcg { gain, .. } => gain.of_ranked(grade),
            Self::Rbp { rel: None, .. } | Self::Err { .. } => f64::from(grade.unwrap_or(0).max(0)),
            Self::Judged { .. } => f64::from(u8::from(grade.is_some())),
            Self::RbpResidual { .. } => f64::from(u8::from(grade.is_none())),
            Self::Unjudged { .. } => f64::from(u8::from(is_unjudged(grade))),
            Self::Set { .. } | Self::Num { .. } | Self::Utility { .. } => 0.0,
            Self::InfAp { .. }
            | Self::G { .. }
            | Self::NDcgRel { .. }
            | Self::RNDcg { .. }
            | Self::KnnRecall { .. } => return None,
        })
    }

    /// How many documents decide the value when there are R relevant ones: what stands below has no say.
    pub fn depth(&self, topic: &Topic) -> Option<usize> {
        match self {
            Self::Rprec { rel, .. } => {
                let all = super::value::relevant(topic, *rel)?;
                self.depth_and_divisor(all).map(|(depth, _)| depth)
            }
            measure => measure.cutoff(),
        }
    }
}

#[cfg(test)]
mod tests;
