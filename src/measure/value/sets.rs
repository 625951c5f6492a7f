//! Measures that count, whatever the order.

use super::super::{Count, Real, SetMeasure, Topic};
use super::relevant;
use super::sampled::judged_nonrelevant;
use crate::dataset::Grade;

pub(super) fn set(topic: &Topic, of: SetMeasure, rel: Grade) -> Option<f64> {
    let all = relevant(topic, rel)? as f64;
    let retrieved = topic.ranked.len() as f64;
    let found = count(topic, Count::RelevantRetrieved, rel) as f64;
    if found <= 0.0 {
        return Some(0.0);
    }
    Some(match of {
        SetMeasure::P => found / retrieved,
        SetMeasure::RelativeP => found / retrieved.min(all),
        SetMeasure::R => found / all,
        SetMeasure::Ap => (found * found) / (retrieved * all),
        SetMeasure::F(weight) => {
            let (precision, recall, weight) = (found / retrieved, found / all, weight.get());
            (weight + 1.0) * precision * recall / (weight * precision + recall)
        }
    })
}

pub(super) fn count(topic: &Topic, of: Count, rel: Grade) -> usize {
    match of {
        Count::Queries => 1,
        Count::Retrieved => topic.ranked.len(),
        Count::Relevant => relevant(topic, rel).unwrap_or(0),
        Count::RelevantRetrieved => topic.ranked.iter().flatten().filter(|&&g| g >= rel).count(),
        Count::NonrelevantRetrieved => judged_nonrelevant(topic.ranked.iter().flatten().copied(), rel),
    }
}

pub(super) fn utility(topic: &Topic, weights: &[Real; 4], docs: u32, rel: Grade) -> f64 {
    let found = count(topic, Count::RelevantRetrieved, rel) as f64;
    let (all, retrieved) = (
        count(topic, Count::Relevant, rel) as f64,
        topic.ranked.len() as f64,
    );
    let fields = [
        found,
        retrieved - found,
        all - found,
        f64::from(docs) + found - retrieved - all,
    ];
    weights
        .iter()
        .zip(fields)
        .fold(0.0, |sum, (weight, field)| sum + weight.get() * field)
}
