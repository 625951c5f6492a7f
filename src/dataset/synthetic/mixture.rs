//! Vectors that lie as embeddings of text lie.
//!
//! A vector is, before it is brought to length 1, the sum of
//!
//! * a direction that all share: embeddings of text are anisotropic (Ethayarajh 2019);
//! * the centre of its topic; topics have Zipf-like sizes;
//! * a few directions of its topic, `intrinsic_dim` of them, with variances that fall off; some topics are tighter than
//!   others, some documents nearer to the centre of theirs;
//! * a little noise in all directions.
//!
//! Centres and directions have the same decaying spectrum in a rotated basis, so that no single value of a vector
//! stands out. Queries come from the same topics but not from among the documents: less of what all documents share,
//! more spread, more noise, and a shift of their own. The shares were chosen by measuring embeddings of two public sets;
//! docs/methodology.md has the comparison.

use rayon::prelude::*;

use super::random::{Draws, Purpose, Stream};
use crate::dataset::source::SyntheticSource;

/// Shares of the squared length of a document, before it is normalised: what all share, centre, noise. The rest is
/// what documents of a topic differ in.
const MEAN: f32 = 0.13;
const CENTRE: f32 = 0.22;
const NOISE: f32 = 0.06;
/// Variance number `j` of the spectrum, from 1, is 1 / (j + SPECTRUM), less that of the last.
const SPECTRUM: f32 = 3.0;
/// Variance along direction number `j` of a topic is in proportion to 1 / (j + WITHIN).
const WITHIN: f32 = 2.0;
/// The size of topic number `j` is in proportion to 1 / (j + ZIPF).
const ZIPF: f64 = 5.0;
/// How wide topics are, and how far documents lie from the centre of theirs, both relative to the mean square.
const WIDTH: (f32, f32) = (0.3, 1.5);
const DISTANCE: (f32, f32) = (0.5, 1.5);
/// Directions of the basis, at most: the spectrum has hardly anything left behind them.
const BASIS: usize = 512;
/// Directions that topics choose theirs from; few enough to stay in the cache while rows are made.
const DIRECTIONS: usize = 1024;

/// By how much the parts of a query differ from those of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    mean: f32,
    shift: f32,
    centre: f32,
    within: f32,
    noise: f32,
}

/// A document's own parts.
pub(super) const DOCUMENT: Weights = Weights {
    mean: 1.0,
    shift: 0.0,
    centre: 1.0,
    within: 1.0,
    noise: 1.0,
};
/// A query's.
pub(super) const QUERY: Weights = Weights {
    mean: 0.8,
    shift: 0.15,
    centre: 0.8,
    within: 1.3,
    noise: 1.6,
};

/// What vectors are drawn from.
#[derive(Debug)]
pub(super) struct Mixture {
    dim: usize,
    /// Of length √[`MEAN`].
    mean: Vec<f32>,
    /// Of length 1.
    shift: Vec<f32>,
    /// One row per topic, of mean square length [`CENTRE`].
    centres: Vec<f32>,
    /// Rows of mean square length 1.
    directions: Vec<f32>,
    topics: Vec<Topic>,
    /// Standard deviation along each direction of a topic of middling width.
    deviations: Vec<f32>,
    /// Topic `j` ends here, the last at the sum of all sizes.
    ends: Vec<f64>,
}

/// How documents of one topic differ.
#[derive(Debug)]
struct Topic {
    width: f32,
    /// Rows of [`Mixture::directions`], distinct.
    directions: Vec<u32>,
}

/// What a vector is before the noise.
#[derive(Debug)]
pub(super) struct Latent {
    /// Its topic.
    pub(super) topic: usize,
    /// Where it lies along the directions of its topic, in standard deviations.
    pub(super) along: Vec<f32>,
}

impl Mixture {
    /// Topics, their directions, and everything else that vectors share.
    pub(super) fn new(source: &SyntheticSource) -> Self {
        let SyntheticSource {
            dim, clusters, seed, ..
        } = *source;
        let within = source.intrinsic_dim;
        let pool = DIRECTIONS.max(4 * within);
        let basis = Basis::new(seed, dim);
        let deviations = falling(within, WITHIN, 0.0);
        let share = 1.0 - MEAN - CENTRE - NOISE;
        let mut ends = Vec::with_capacity(clusters);
        let mut end = 0.0;
        for j in 0..clusters {
            end += 1.0 / (j as f64 + 1.0 + ZIPF);
            ends.push(end);
        }
        Self {
            dim,
            mean: direction(seed, Purpose::Mean, dim, MEAN.sqrt()),
            shift: direction(seed, Purpose::Shift, dim, 1.0),
            centres: basis.vectors(Stream::new(seed, Purpose::Centre), clusters, CENTRE.sqrt()),
            directions: basis.vectors(Stream::new(seed, Purpose::Direction), pool, 1.0),
            topics: topics(seed, clusters, within, pool),
            deviations: deviations.iter().map(|d| d * share.sqrt()).collect(),
            ends,
        }
    }

    /// How many topics there are.
    pub(super) fn topics(&self) -> usize {
        self.topics.len()
    }

    /// The centre of a topic.
    pub(super) fn centre(&self, topic: usize) -> &[f32] {
        &self.centres[topic * self.dim..(topic + 1) * self.dim]
    }

    /// The first draws of a vector. Payload asks for them again, which is cheaper than to keep them.
    pub(super) fn latent(&self, draws: &mut Draws) -> Latent {
        let last = self.ends.len() - 1;
        let size = draws.unit() * self.ends[last];
        let topic = self.ends.partition_point(|end| *end <= size).min(last);
        let distance = between(draws, DISTANCE);
        let along = self.deviations.iter().map(|_| distance * draws.normal());
        Latent {
            topic,
            along: along.collect(),
        }
    }

    /// Writes the vector that `draws` stand for to `row`, with length 1.
    pub(super) fn write(&self, weights: &Weights, mut draws: Draws, row: &mut [f32]) {
        let latent = self.latent(&mut draws);
        let topic = &self.topics[latent.topic];
        let fixed = self.mean.iter().zip(&self.shift).zip(self.centre(latent.topic));
        for (to, ((mean, shift), centre)) in row.iter_mut().zip(fixed) {
            *to = weights.mean * mean + weights.shift * shift + weights.centre * centre;
        }
        let along = latent.along.iter().zip(&self.deviations).zip(&topic.directions);
        for ((along, deviation), direction) in along {
            let size = weights.within * topic.width * deviation * along;
            let start = *direction as usize * self.dim;
            add(row, size, &self.directions[start..start + self.dim]);
        }
        let noise = weights.noise * (NOISE / self.dim as f32).sqrt();
        for to in row.iter_mut() {
            *to += noise * draws.normal();
        }
        scale_to(row, 1.0);
    }
}

/// Which directions each topic takes: one of each of `within` equal parts of the pool, so that they are distinct.
fn topics(seed: u64, clusters: usize, within: usize, pool: usize) -> Vec<Topic> {
    let stream = Stream::new(seed, Purpose::Cluster);
    let part = pool / within;
    let topic = |t| {
        let mut draws = stream.at(t);
        Topic {
            width: between(&mut draws, WIDTH),
            directions: (0..within)
                .map(|j| (j * part + draws.below(part)) as u32)
                .collect(),
        }
    };
    (0..clusters).map(topic).collect()
}

/// Orthonormal directions with the deviations of the spectrum.
struct Basis {
    dim: usize,
    rows: Vec<Vec<f32>>,
    deviations: Vec<f32>,
}

impl Basis {
    /// Random directions made orthogonal one after the other (modified Gram–Schmidt).
    fn new(seed: u64, dim: usize) -> Self {
        let count = dim.min(BASIS);
        let mut rows: Vec<Vec<f32>> = Vec::with_capacity(count);
        let stream = Stream::new(seed, Purpose::Basis);
        for j in 0..count {
            let mut row = normals(&mut stream.at(j), dim);
            for known in &rows {
                let along = dot(known, &row) as f32;
                add(&mut row, -along, known);
            }
            scale_to(&mut row, 1.0);
            rows.push(row);
        }
        let last = if count > 1 {
            1.0 / (count as f32 + SPECTRUM)
        } else {
            0.0
        };
        Self {
            dim,
            rows,
            deviations: falling(count, SPECTRUM, last),
        }
    }

    /// `count` random vectors with this spectrum, and mean square length `length`².
    fn vectors(&self, stream: Stream, count: usize, length: f32) -> Vec<f32> {
        let mut all = vec![0.0; count * self.dim];
        all.par_chunks_mut(self.dim).enumerate().for_each(|(i, row)| {
            let mut draws = stream.at(i);
            for (basis, deviation) in self.rows.iter().zip(&self.deviations) {
                add(row, length * deviation * draws.normal(), basis);
            }
        });
        all
    }
}

/// Standard deviations whose squares fall as 1 / (j + `shift`) − `less` and sum to 1.
fn falling(count: usize, shift: f32, less: f32) -> Vec<f32> {
    let variances = (1..=count).map(|j| 1.0 / (j as f32 + shift) - less);
    let sum: f32 = variances.clone().sum();
    variances.map(|v| (v / sum).sqrt()).collect()
}

/// Uniform between two bounds, divided by its own root mean square.
fn between(draws: &mut Draws, (low, high): (f32, f32)) -> f32 {
    let square = (high * high * high - low * low * low) / (3.0 * (high - low));
    (low + (high - low) * draws.unit() as f32) / square.sqrt()
}

fn direction(seed: u64, purpose: Purpose, dim: usize, length: f32) -> Vec<f32> {
    let mut row = normals(&mut Stream::new(seed, purpose).at(0), dim);
    scale_to(&mut row, length);
    row
}

fn normals(draws: &mut Draws, dim: usize) -> Vec<f32> {
    (0..dim).map(|_| draws.normal()).collect()
}

fn add(to: &mut [f32], times: f32, row: &[f32]) {
    for (to, x) in to.iter_mut().zip(row) {
        *to += times * x;
    }
}

/// Brings a row to `length`; a row of zeros, which only very few dimensions make likely, becomes a unit vector.
fn scale_to(row: &mut [f32], length: f32) {
    let squared = dot(row, row);
    if squared == 0.0 {
        row[0] = length;
        return;
    }
    let factor = f64::from(length) / squared.sqrt();
    for x in row.iter_mut() {
        *x = (f64::from(*x) * factor) as f32;
    }
}

/// In float64 and in a fixed order: eight interleaved sums.
pub(super) fn dot(x: &[f32], y: &[f32]) -> f64 {
    let mut parts = [0.0; 8];
    for (x, y) in x.chunks(8).zip(y.chunks(8)) {
        for (part, (x, y)) in parts.iter_mut().zip(x.iter().zip(y)) {
            *part += f64::from(*x) * f64::from(*y);
        }
    }
    parts.iter().sum()
}
