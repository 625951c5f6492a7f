//! Expected values over the orders of tied documents, in closed form.
//!
//! McSherry and Najork 2008 ("Computing information retrieval performance measures efficiently in the presence of
//! tied scores", ECIR) have those of P, R, RR, AP and nDCG. The others follow from the same argument: in a random
//! order every document of a tie is as likely to stand at a place as any other.

use super::super::value::{graded, relevant, sampled};
use super::super::{GeometricOf, Measure, Topic};
use super::Ties;
use crate::dataset::Grade;

impl Measure {
    /// `None` where no closed form is known.
    pub(super) fn expected(&self, topic: &Topic, ties: &Ties) -> Option<f64> {
        let walk = Walk { topic, ties };
        match self {
            Self::Success { cutoff, rel } => Some(walk.success(*cutoff, *rel)),
            Self::Rr { cutoff, rel } => Some(walk.reciprocal_rank(depth(*cutoff), *rel)),
            Self::Ap { cutoff, rel } => walk.average_precision(depth(*cutoff), *rel),
            Self::Geometric {
                of: GeometricOf::Ap,
                rel,
            } => walk.average_precision(usize::MAX, *rel),
            Self::Bpref { rel }
            | Self::Geometric {
                of: GeometricOf::Bpref,
                rel,
            } => walk.bpref(*rel),
            Self::BinG { rel } => walk.bin_g(*rel),
            Self::Err {
                max,
                cutoff,
                normalised,
            } => {
                let stops = |grade: Option<Grade>| graded::stops(grade.unwrap_or(0), *max);
                let over = if *normalised {
                    graded::ideal_err(topic, *max, *cutoff)
                } else {
                    1.0
                };
                Some(walk.reciprocal_stop(depth(*cutoff), stops) / over)
            }
            Self::Set { .. } | Self::Num { .. } | Self::Utility { .. } | Self::Dcg { ideal: true, .. } => {
                self.value(topic)
            }
            rest => rest.expected_sum(&walk),
        }
    }

    /// Sums over places of (weight of the place × worth of the document there).
    fn expected_sum(&self, walk: &Walk) -> Option<f64> {
        let topic = walk.topic;
        let worth = |grade| self.worth(grade).unwrap_or(0.0);
        match self {
            Self::P { rel, .. }
            | Self::RelativeP { rel, .. }
            | Self::R { rel, .. }
            | Self::Rprec { rel, .. } => {
                let (depth, over) = self.depth_and_divisor(relevant(topic, *rel)?)?;
                let found = walk.weighted(depth, |_| 1.0, worth);
                Some(if over == 0 { 0.0 } else { found / over as f64 })
            }
            Self::Judged { cutoff } => {
                let seen = topic.ranked.len().min(*cutoff);
                Some(walk.weighted(*cutoff, |_| 1.0, worth) / seen as f64)
            }
            Self::Unjudged { cutoff } => Some(walk.weighted(*cutoff, |_| 1.0, worth) / *cutoff as f64),
            Self::NDcg { gain, cutoff } => {
                let ideal = graded::dcg(gain.ideal(topic), *cutoff);
                Some(walk.weighted(depth(*cutoff), |i| 1.0 / graded::discount(i), worth) / ideal)
            }
            Self::Dcg { cutoff, .. } => {
                Some(walk.weighted(depth(*cutoff), |i| 1.0 / graded::discount(i), worth))
            }
            Self::Rbp { p, rel, cutoff } => {
                let gain = graded::rbp_gain(topic, *rel)?;
                let p = p.get();
                Some((1.0 - p) * walk.weighted(depth(*cutoff), |i| power(p, i), gain))
            }
            Self::RbpResidual { p, cutoff } => {
                let p = p.get();
                let below = power(p, topic.ranked.len().min(depth(*cutoff)));
                Some(below + (1.0 - p) * walk.weighted(depth(*cutoff), |i| power(p, i), worth))
            }
            _ => None,
        }
    }
}

fn depth(cutoff: Option<usize>) -> usize {
    cutoff.unwrap_or(usize::MAX)
}

fn power(p: f64, exponent: usize) -> f64 {
    p.powi(i32::try_from(exponent).unwrap_or(i32::MAX))
}

/// A ranking, block of ties by block.
struct Walk<'a> {
    topic: &'a Topic,
    ties: &'a Ties,
}

/// A block of tied documents: how many stand above it, how many it has, how many of them are relevant.
struct Block {
    above: usize,
    size: usize,
    relevant: usize,
}

impl Walk<'_> {
    fn blocks(&self, rel: Grade) -> impl Iterator<Item = Block> {
        self.ties.blocks().map(move |range| Block {
            above: range.start,
            size: range.len(),
            relevant: self.topic.ranked[range]
                .iter()
                .flatten()
                .filter(|&&g| g >= rel)
                .count(),
        })
    }

    /// Every place of a block holds the mean worth of the block.
    fn weighted(
        &self,
        depth: usize,
        weight: impl Fn(usize) -> f64,
        worth: impl Fn(Option<Grade>) -> f64,
    ) -> f64 {
        let blocks = self.ties.blocks().take_while(|block| block.start < depth);
        blocks.fold(0.0, |sum, block| {
            let total = self.topic.ranked[block.clone()]
                .iter()
                .fold(0.0, |sum, &grade| sum + worth(grade));
            let places = (block.start..block.end.min(depth)).fold(0.0, |sum, i| sum + weight(i));
            sum + total / block.len() as f64 * places
        })
    }

    /// One less the probability that the part of the last block above the cut-off has no relevant document.
    fn success(&self, cutoff: usize, rel: Grade) -> f64 {
        let mut none = 1.0;
        for block in self.blocks(rel).take_while(|block| block.above < cutoff) {
            let drawn = block.size.min(cutoff - block.above);
            for i in 0..drawn {
                none *= (block.size - block.relevant).saturating_sub(i) as f64 / (block.size - i) as f64;
            }
        }
        1.0 - none
    }

    /// Only the first block with a relevant document matters: its first one stands at the i-th place of the block
    /// when the places before it hold others.
    fn reciprocal_rank(&self, depth: usize, rel: Grade) -> f64 {
        let Some(block) = self.blocks(rel).find(|block| block.relevant > 0) else {
            return 0.0;
        };
        let (mut none_yet, mut value) = (1.0, 0.0);
        for i in 0..block.size.min(depth.saturating_sub(block.above)) {
            let left = (block.size - i) as f64;
            value += none_yet * block.relevant as f64 / left / (block.above + i + 1) as f64;
            none_yet *= (block.size - block.relevant).saturating_sub(i) as f64 / left;
        }
        value
    }

    /// A place holds a relevant document with probability r / t, and then each of the places before it in the block
    /// does so with (r − 1) / (t − 1).
    fn average_precision(&self, depth: usize, rel: Grade) -> Option<f64> {
        let all = relevant(self.topic, rel)?;
        let (mut found, mut value) = (0.0, 0.0);
        for block in self.blocks(rel).take_while(|block| block.above < depth) {
            if block.relevant > 0 {
                let (size, relevant) = (block.size as f64, block.relevant as f64);
                let others = if block.size > 1 {
                    (relevant - 1.0) / (size - 1.0)
                } else {
                    0.0
                };
                for i in 0..block.size.min(depth - block.above) {
                    let above = found + 1.0 + i as f64 * others;
                    value += relevant / size * above / (block.above + i + 1) as f64;
                }
                found += relevant;
            }
        }
        Some(value / all as f64)
    }

    /// Of a relevant document, the number of others of its block that stand above it is uniform from 0 to their
    /// number. `others` counts them in a slice of the ranking, `value` is what the document adds below so many.
    fn by_number_above(
        &self,
        rel: Grade,
        others: impl Fn(&[Option<Grade>]) -> usize,
        value: impl Fn(usize) -> f64,
    ) -> f64 {
        let (mut above, mut total) = (0, 0.0);
        for (block, range) in self.blocks(rel).zip(self.ties.blocks()) {
            let among = others(&self.topic.ranked[range]);
            if block.relevant > 0 {
                let sum = (0..=among).fold(0.0, |sum, n| sum + value(above + n));
                total += block.relevant as f64 * sum / (among + 1) as f64;
            }
            above += among;
        }
        total
    }

    fn bpref(&self, rel: Grade) -> Option<f64> {
        let all = relevant(self.topic, rel)?;
        let judged =
            |grades: &[Option<Grade>]| sampled::judged_nonrelevant(grades.iter().flatten().copied(), rel);
        let bound = all.min(sampled::judged_nonrelevant(
            self.topic.judged.iter().copied(),
            rel,
        ));
        let value = |above| sampled::preferred(above, all, bound);
        Some(self.by_number_above(rel, judged, value) / all as f64)
    }

    fn bin_g(&self, rel: Grade) -> Option<f64> {
        let all = relevant(self.topic, rel)?;
        let others = |grades: &[Option<Grade>]| grades.iter().filter(|g| g.is_none_or(|g| g < rel)).count();
        let value = |above: usize| 1.0 / f64::log2((above + 2) as f64);
        Some(self.by_number_above(rel, others, value) / all as f64)
    }

    /// The reader passes i random documents of a block with the mean probability over all its subsets of size i: an
    /// elementary symmetric polynomial over the number of subsets, built up document by document.
    fn reciprocal_stop(&self, depth: usize, stops: impl Fn(Option<Grade>) -> f64) -> f64 {
        let (mut reading, mut value) = (1.0, 0.0);
        for block in self.ties.blocks().take_while(|block| block.start < depth) {
            let looked_at = block.len().min(depth - block.start);
            let mut passed = vec![0.0; looked_at + 1];
            passed[0] = 1.0;
            for (seen, &grade) in self.topic.ranked[block.clone()].iter().enumerate() {
                let (documents, goes_on) = ((seen + 1) as f64, 1.0 - stops(grade));
                for i in (1..=looked_at.min(seen + 1)).rev() {
                    let without = (documents - i as f64) / documents * passed[i];
                    passed[i] = without + i as f64 / documents * goes_on * passed[i - 1];
                }
            }
            for i in 1..=looked_at {
                value += reading * (passed[i - 1] - passed[i]) / (block.start + i) as f64;
            }
            reading *= passed[looked_at];
        }
        value
    }
}
