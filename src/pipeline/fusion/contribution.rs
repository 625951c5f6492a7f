//! What each list contributes to each of its hits.

use std::collections::HashSet;

use super::{Fusion, Normalize};
use crate::hit::Hit;

impl Fusion {
    /// Calls `take` with the position of each list, each of its points, and what the list contributes to it.
    ///
    /// # Panics
    /// When [`Fusion::check`] would have refused: a plan has called it.
    pub(super) fn contribute(&self, lists: &[&[Hit]], mut take: impl FnMut(usize, u32, f64)) {
        self.check(lists.len()).expect("the plan has checked the fusion");
        // Only Borda has to know how many documents there are in all.
        let documents = match self {
            Fusion::Borda { .. } => {
                let points = lists.iter().flat_map(|l| l.iter().map(|h| h.point));
                points.collect::<HashSet<u32>>().len()
            }
            _ => 0,
        };
        for (at, list) in lists.iter().enumerate() {
            let weight = self.weights().get(at).copied().unwrap_or(1.0);
            let worth = self.worth(list, documents);
            for (hit, rank) in list.iter().zip(1u32..) {
                take(
                    at,
                    hit.point,
                    weight * worth(f64::from(hit.score), f64::from(rank)),
                );
            }
        }
    }

    /// What a hit of `list` is worth, by its score and its rank from 1.
    fn worth(&self, list: &[Hit], documents: usize) -> Box<dyn Fn(f64, f64) -> f64> {
        match *self {
            Fusion::Rrf { k, .. } => Box::new(move |_, rank| 1.0 / (k + rank)),
            Fusion::Isr { .. } => Box::new(|_, rank| 1.0 / (rank * rank)),
            Fusion::Rbc { persistence: p, .. } => Box::new(move |_, rank| (1.0 - p) * p.powf(rank - 1.0)),
            Fusion::Borda { .. } => {
                // Points c − r + 1, less the share (c − n + 1) / 2 of a document that is not among the n.
                let middle = (documents + list.len() + 1) as f64 / 2.0;
                Box::new(move |_, rank| middle - rank)
            }
            Fusion::Dbsf { .. } => {
                let Spread { mean, squares, .. } = Spread::of(list);
                let deviation = (squares / (list.len() as f64 - 1.0)).sqrt();
                let (low, width) = (mean - 3.0 * deviation, 6.0 * deviation);
                match squares > 0.0 {
                    true => Box::new(move |score, _| ((score - low) / width).clamp(0.0, 1.0)),
                    false => Box::new(|_, _| 0.5),
                }
            }
            Fusion::Weighted { normalize, .. } | Fusion::Comb { normalize, .. } => normalize.scale(list),
        }
    }
}

impl Normalize {
    /// The common scale, for a list's scores and ranks from 1.
    fn scale(self, list: &[Hit]) -> Box<dyn Fn(f64, f64) -> f64> {
        let n = list.len() as f64;
        let Spread {
            min,
            max,
            mean,
            squares,
        } = Spread::of(list);
        let varied = max > min;
        match self {
            Normalize::None => Box::new(|score, _| score),
            Normalize::Rank => Box::new(move |_, rank| 1.0 - (rank - 1.0) / n),
            Normalize::MinMax if varied => Box::new(move |score, _| (score - min) / (max - min)),
            Normalize::MinMax => Box::new(|_, _| 1.0),
            Normalize::ZScore if varied => {
                let deviation = (squares / n).sqrt();
                Box::new(move |score, _| (score - mean) / deviation)
            }
            Normalize::ZScore => Box::new(|_, _| 0.0),
            Normalize::Sum if varied => {
                let sum: f64 = list.iter().map(|h| f64::from(h.score) - min).sum();
                Box::new(move |score, _| (score - min) / sum)
            }
            Normalize::Sum => Box::new(move |_, _| 1.0 / n),
        }
    }
}

/// How the scores of a list lie.
struct Spread {
    min: f64,
    max: f64,
    mean: f64,
    /// Sum of the squared differences to the mean; exactly 0 for equal scores.
    squares: f64,
}

impl Spread {
    fn of(list: &[Hit]) -> Self {
        let scores = || list.iter().map(|h| f64::from(h.score));
        let min = scores().fold(f64::INFINITY, f64::min);
        let max = scores().fold(f64::NEG_INFINITY, f64::max);
        let mean = match max > min {
            true => scores().sum::<f64>() / list.len() as f64,
            false => min,
        };
        let squares = match max > min {
            true => scores().map(|s| (s - mean).powi(2)).sum(),
            false => 0.0,
        };
        Self {
            min,
            max,
            mean,
            squares,
        }
    }
}
