//! Fusion of ranked lists, by the formulas that Qdrant documents.

use std::collections::BTreeMap;

use tonic::Status;

use super::search::Hit;
use super::values::Id;

/// The constant of reciprocal ranks when a query says none.
pub(super) const DEFAULT_K: u32 = 2;

/// Reciprocal ranks: a hit at place `r`, from 0, of a list of weight `w` adds `1 / ((r + 1) / w + k - 1)`; with a
/// weight of 1 that is `1 / (k + r)`. A list of weight 0 adds its points and nothing to them.
pub(super) fn reciprocal(lists: &[Vec<Hit>], k: u32, weights: &[f32]) -> Result<Vec<Hit>, Status> {
    if !weights.is_empty() && weights.len() != lists.len() {
        let text = format!("{} weights for {} prefetches", weights.len(), lists.len());
        return Err(Status::invalid_argument(text));
    }
    let weights = weights.iter().copied().chain(std::iter::repeat(1.0));
    let share = |place: usize, weight: f32| match weight > 0.0 {
        true => 1.0 / ((place + 1) as f32 / weight + k as f32 - 1.0),
        false => 0.0,
    };
    Ok(sum(lists.iter().zip(weights).flat_map(|(list, weight)| {
        list.iter()
            .enumerate()
            .map(move |(place, hit)| (&hit.id, share(place, weight)))
    })))
}

/// Scores by their distribution: in each list, three standard deviations (of a sample) below the mean are 0 and as much
/// above are 1; a list that does not vary, or has one hit, gives ½.
pub(super) fn by_distribution(lists: &[Vec<Hit>]) -> Vec<Hit> {
    sum(lists.iter().flat_map(|list| {
        let n = list.len() as f64;
        let mean = list.iter().map(|hit| f64::from(hit.score)).sum::<f64>() / n;
        let squares = list
            .iter()
            .map(|hit| (f64::from(hit.score) - mean).powi(2))
            .sum::<f64>();
        let deviation = if n > 1.0 {
            (squares / (n - 1.0)).sqrt()
        } else {
            0.0
        };
        let (low, width) = (mean - 3.0 * deviation, 6.0 * deviation);
        list.iter().map(move |hit| {
            let within = (f64::from(hit.score) - low) / width;
            (&hit.id, if width > 0.0 { within as f32 } else { 0.5 })
        })
    }))
}

fn sum<'a>(shares: impl Iterator<Item = (&'a Id, f32)>) -> Vec<Hit> {
    let mut sums: BTreeMap<&Id, f32> = BTreeMap::new();
    for (id, share) in shares {
        *sums.entry(id).or_default() += share;
    }
    sums.into_iter()
        .map(|(id, score)| Hit {
            id: id.clone(),
            score,
        })
        .collect()
}
