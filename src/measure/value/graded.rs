//! Measures that weigh grades.

use super::super::{Gain, Measure, Topic};
use super::{relevant, sum};
use crate::dataset::Grade;

impl Measure {
    pub(super) fn graded(&self, topic: &Topic) -> Option<f64> {
        match self {
            Self::NDcg { gain, cutoff } => {
                let ideal = dcg(gain.ideal(topic), *cutoff);
                (ideal > 0.0).then(|| dcg(gain.ranked(topic), *cutoff) / ideal)
            }
            Self::Dcg { gain, cutoff, ideal } => {
                let best = dcg(gain.ideal(topic), *cutoff);
                let value = || dcg(gain.ranked(topic), *cutoff);
                (best > 0.0).then(|| if *ideal { best } else { value() })
            }
            Self::Rbp { p, rel, cutoff } => {
                let worth = rbp_gain(topic, *rel)?;
                let weighted = weights(p.get(), *cutoff).zip(&topic.ranked);
                let gains = weighted.map(|(weight, grade)| weight * worth(*grade));
                Some((1.0 - p.get()) * sum(gains))
            }
            Self::RbpResidual { p, cutoff } => {
                let weighted = weights(p.get(), *cutoff).zip(&topic.ranked);
                let unjudged = weighted.filter(|(_, grade)| grade.is_none());
                let below = p.get().powi(depth(topic, *cutoff));
                Some(below + (1.0 - p.get()) * sum(unjudged.map(|(weight, _)| weight)))
            }
            Self::Err {
                max,
                cutoff,
                normalised,
            } => {
                relevant(topic, 1)?;
                let value = err(topic.ranked.iter().map(|g| g.unwrap_or(0)), *max, *cutoff);
                let over = if *normalised {
                    ideal_err(topic, *max, *cutoff)
                } else {
                    1.0
                };
                Some(value / over)
            }
            Self::G { gain } => normalised_gain(topic, gain),
            Self::NDcgRel { gain } => ndcg_at_relevant(topic, gain),
            Self::RNDcg { gain } => ndcg_at_levels(topic, gain),
            _ => None,
        }
    }
}

/// Gains in the order of a list, discounted by log2(rank + 1) and summed.
pub(in super::super) fn dcg(gains: impl IntoIterator<Item = f64>, cutoff: Option<usize>) -> f64 {
    let gains = gains.into_iter().take(cutoff.unwrap_or(usize::MAX)).enumerate();
    // Most documents are worth nothing, and a logarithm costs more than the rest.
    let worth_something = gains.filter(|(_, gain)| gain.abs() > 0.0);
    sum(worth_something.map(|(i, gain)| gain / discount(i)))
}

/// What a gain is divided by at position `i` from 0.
pub(in super::super) fn discount(i: usize) -> f64 {
    f64::log2(i as f64 + 2.0)
}

/// 1, p, p², …, as far as the cut-off.
pub(in super::super) fn weights(p: f64, cutoff: Option<usize>) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(1.0), move |weight| Some(weight * p)).take(cutoff.unwrap_or(usize::MAX))
}

/// Documents that are looked at, as an exponent.
pub(in super::super) fn depth(topic: &Topic, cutoff: Option<usize>) -> i32 {
    i32::try_from(topic.ranked.len().min(cutoff.unwrap_or(usize::MAX))).unwrap_or(i32::MAX)
}

/// What a document is worth to rank-biased precision; `None` when no document of the query is worth anything.
pub(in super::super) fn rbp_gain(topic: &Topic, rel: Option<Grade>) -> Option<impl Fn(Option<Grade>) -> f64> {
    let greatest = topic.judged.iter().copied().max().filter(|&g| g > 0)?;
    relevant(topic, rel.unwrap_or(1))?;
    Some(move |grade: Option<Grade>| match (grade, rel) {
        (Some(grade), Some(rel)) => f64::from(u8::from(grade >= rel)),
        (Some(grade), None) => f64::from(grade.max(0)) / f64::from(greatest),
        (None, _) => 0.0,
    })
}

/// The probability that a document of this grade ends the search.
pub(in super::super) fn stops(grade: Grade, max: Grade) -> f64 {
    (Gain::Exp.of(grade.min(max))) / f64::from(max.min(1000)).exp2()
}

fn err(grades: impl Iterator<Item = Grade>, max: Grade, cutoff: Option<usize>) -> f64 {
    let mut still_reading = 1.0;
    let grades = grades.take(cutoff.unwrap_or(usize::MAX)).enumerate();
    sum(grades.map(|(i, grade)| {
        let stop = still_reading * stops(grade, max);
        still_reading -= stop;
        stop / (i as f64 + 1.0)
    }))
}

/// Of all judged documents, best first.
pub(in super::super) fn ideal_err(topic: &Topic, max: Grade, cutoff: Option<usize>) -> f64 {
    let mut ideal = topic.judged.clone();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    err(ideal.into_iter(), max, cutoff)
}

fn normalised_gain(topic: &Topic, gain: &Gain) -> Option<f64> {
    let ideal = gain.ideal(topic);
    let (mut cost, mut gained) = (0.0, 0.0);
    let gains = gain.ranked(topic).enumerate().map(|(i, gain)| {
        // Looking at a document costs at least 1, however little the ideal order had left to offer there.
        cost += ideal.get(i).copied().unwrap_or(0.0).max(1.0);
        gained += gain;
        gain / f64::log2(2.0 + cost - gained)
    });
    let value = sum(gains);
    let best = sum(ideal.iter().copied());
    (best > 0.0).then(|| value / best)
}

fn ndcg_at_relevant(topic: &Topic, gain: &Gain) -> Option<f64> {
    let ideal = gain.ideal(topic);
    let (mut dcg, mut best, mut total, mut met) = (0.0, 0.0, 0.0, 0);
    for (i, gain) in gain.ranked(topic).enumerate() {
        dcg += gain / discount(i);
        best += ideal.get(i).map_or(0.0, |gain| gain / discount(i));
        if gain > 0.0 {
            total += dcg / best;
            met += 1;
        }
    }
    for (i, gain) in ideal.iter().enumerate().skip(topic.ranked.len()) {
        best += gain / discount(i);
    }
    // Those that were not retrieved have the value that the whole ranking reaches.
    let missed = ideal.len().saturating_sub(met);
    (best > 0.0).then(|| (total + missed as f64 * dcg / best) / ideal.len() as f64)
}

fn ndcg_at_levels(topic: &Topic, gain: &Gain) -> Option<f64> {
    let ideal = gain.ideal(topic);
    let mut ranked = gain.ranked(topic);
    let (mut dcg, mut best, mut total, mut points) = (0.0, 0.0, 0.0, 0_u32);
    for (i, now) in ideal.iter().copied().chain([0.0]).enumerate() {
        if i > 0 && (ideal[i - 1] - now).abs() > 0.0 {
            total += dcg / best;
            points += 1;
        }
        dcg += ranked.next().map_or(0.0, |gain| gain / discount(i));
        best += now / discount(i);
    }
    // The level of gain 0 ends with the ranking.
    let rest: Vec<f64> = ranked.collect();
    if !rest.is_empty() {
        let from = ideal.len() + 1;
        dcg = rest
            .iter()
            .enumerate()
            .fold(dcg, |dcg, (i, gain)| dcg + gain / discount(from + i));
        total += dcg / best;
        points += 1;
    }
    (best > 0.0).then(|| total / f64::from(points))
}

impl Gain {
    /// What a grade is worth.
    pub fn of(&self, grade: Grade) -> f64 {
        let grade = grade.max(0);
        match self {
            Self::Linear => f64::from(grade),
            Self::Exp => f64::from(grade.min(1000)).exp2() - 1.0,
            Self::Table(gains) => {
                let entry = gains.iter().find(|(named, _)| *named == grade);
                entry.map_or(f64::from(grade), |(_, gain)| gain.get())
            }
        }
    }

    /// Of a document that may be unjudged, or judged with a grade below 0: both are worth nothing, whatever a table
    /// says of grade 0.
    pub(in super::super) fn of_ranked(&self, grade: Option<Grade>) -> f64 {
        grade
            .filter(|&grade| grade >= 0)
            .map_or(0.0, |grade| self.of(grade))
    }

    fn ranked<'a>(&'a self, topic: &'a Topic) -> impl Iterator<Item = f64> + 'a {
        topic.ranked.iter().map(|&grade| self.of_ranked(grade))
    }

    /// The gains of all judged documents that are worth something, greatest first.
    pub(in super::super) fn ideal(&self, topic: &Topic) -> Vec<f64> {
        let gains = topic.judged.iter().map(|&grade| self.of_ranked(Some(grade)));
        let mut ideal: Vec<f64> = gains.filter(|&gain| gain > 0.0).collect();
        ideal.sort_unstable_by(|a, b| b.total_cmp(a));
        ideal
    }
}
