//! Precision interpolated at levels of recall.

use super::super::{Real, Topic};
use super::{ranks, relevant, sum};
use crate::dataset::Grade;

/// Levels of the eleven-point average.
const ELEVEN: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// The greatest precision at or below the rank where `wanted` relevant documents are found; 0 if they never are.
pub(in super::super) fn interpolated(topic: &Topic, wanted: usize, rel: Grade) -> f64 {
    let precisions = ranks(topic, usize::MAX, rel)
        .zip(1_usize..)
        .filter(|(_, nth)| *nth >= wanted)
        .map(|(rank, nth)| nth as f64 / rank as f64);
    precisions.fold(0.0, f64::max)
}

pub(super) fn at_recall(topic: &Topic, recall: f64, rel: Grade) -> Option<f64> {
    let all = relevant(topic, rel)?;
    Some(interpolated(topic, (recall * all as f64).round() as usize, rel))
}

pub(super) fn average(topic: &Topic, recalls: Option<&[Real]>, rel: Grade) -> Option<f64> {
    let recalls = recalls.map_or_else(
        || ELEVEN.to_vec(),
        |given| given.iter().map(|r| r.get()).collect(),
    );
    relevant(topic, rel)?;
    // From the last level to the first: the order in which trec_eval adds.
    let values = recalls
        .iter()
        .rev()
        .filter_map(|&recall| at_recall(topic, recall, rel));
    Some(sum(values) / recalls.len() as f64)
}
