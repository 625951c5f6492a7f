//! Numbers to filter by, with a set selectivity and a set correlation to the query.
//!
//! **Places.** The documents are put into a line on which neighbours mostly lie close together: topics are ordered by
//! splitting them again and again along the line between two of their centres, taken at random (in the manner of the
//! random projection trees of Dasgupta and Freund 2008), and the documents of a topic by one of its directions. Each
//! attribute has its own line.
//!
//! **Values.** A document's value is its rank over the number of documents, so that the values are 0, 1/n, …, (n − 1)/n
//! and a window over `m` ranks lets exactly `m` documents through. With correlation `c`, a share |c| of the documents
//! takes the rank of its place; the ranks of all others are dealt out among them at random.
//!
//! **Windows.** With c > 0 a query asks for the ranks round its own place or, where a window holds more than its topic,
//! for the window with the nearest topics; with c < 0 for the window with the least of them; with c = 0 for any. So the
//! chance that a near document passes grows with `c`, in a straight line on either side of 0, where it is the selectivity.
//! How high it gets at 1 and how low at −1 depends on the selectivity and on how large topics are: it is measured, not
//! promised. Windows start at multiples of a quarter of their width, so that queries share filters.

use std::ops::Range;

use rayon::prelude::*;

use super::mixture::{Latent, Mixture, dot};
use super::random::{Draws, Purpose, Stream};
use crate::dataset::source::Attribute;

/// One attribute of all documents.
#[derive(Debug)]
pub(super) struct Field {
    /// The rank of each document's value.
    pub(super) ranks: Vec<u32>,
    /// Documents that a window lets through.
    passing: usize,
    correlation: f64,
    line: Line,
    windows: Stream,
}

/// The line that documents are put on.
#[derive(Debug)]
struct Line {
    /// Per topic: its number on the line.
    topics: Vec<u32>,
    /// The direction of a topic that orders its documents.
    direction: usize,
    /// All documents from one end to the other.
    spots: Vec<Spot>,
    /// Per number of a topic: how many documents lie before it; at the end, all.
    starts: Vec<usize>,
}

/// Where a document lies: its topic's number, then its place in the topic.
#[derive(Debug, Clone, Copy)]
struct Spot {
    topic: u32,
    along: f32,
    document: u32,
}

impl Field {
    /// Attribute number `number`, for the documents that `documents` stand for.
    pub(super) fn new(
        mixture: &Mixture,
        number: usize,
        attribute: &Attribute,
        seed: u64,
        documents: Stream,
        n: usize,
    ) -> Self {
        let stream = |purpose| Stream::of(seed, purpose, number);
        let line = Line::new(mixture, number, stream(Purpose::Order), documents, n);
        Self {
            ranks: ranks(&line.spots, attribute.correlation.abs(), stream(Purpose::Place)),
            passing: ((attribute.selectivity * n as f64).round() as usize).clamp(1, n),
            correlation: attribute.correlation,
            line,
            windows: stream(Purpose::Window),
        }
    }

    /// The ranks that query number `query` asks for, whose vector is `vector`.
    pub(super) fn window(
        &self,
        mixture: &Mixture,
        query: usize,
        latent: &Latent,
        vector: &[f32],
    ) -> Range<u32> {
        let (n, m) = (self.ranks.len(), self.passing);
        let step = (m / 4).max(1);
        let start = if self.correlation > 0.0 {
            self.line.near(mixture, latent, m, step)
        } else if self.correlation < 0.0 {
            self.line.far(mixture, vector, m, step)
        } else {
            self.windows.at(query).below(n - m + 1)
        };
        let start = (start / step * step).min(n - m);
        start as u32..(start + m) as u32
    }
}

impl Line {
    fn new(mixture: &Mixture, number: usize, order: Stream, documents: Stream, n: usize) -> Self {
        let topics = mixture.topics();
        let mut members: Vec<u32> = (0..topics as u32).collect();
        split(mixture, &mut members, order, 1);
        let mut numbers = vec![0; topics];
        for (at, topic) in members.iter().enumerate() {
            numbers[*topic as usize] = at as u32;
        }
        let mut line = Self {
            topics: numbers,
            direction: number,
            spots: Vec::new(),
            starts: Vec::new(),
        };
        let spot = |i| line.spot(&mixture.latent(&mut documents.at(i)), i as u32);
        let mut spots: Vec<Spot> = (0..n).into_par_iter().map(spot).collect();
        spots.par_sort_unstable_by(Spot::compare);
        let start = |topic: u32| spots.partition_point(|s| s.topic < topic);
        line.starts = (0..=topics as u32).map(start).collect();
        line.spots = spots;
        line
    }

    fn spot(&self, latent: &Latent, document: u32) -> Spot {
        Spot {
            topic: self.topics[latent.topic],
            along: latent.along[self.direction % latent.along.len()],
            document,
        }
    }

    /// Where a window of `m` documents starts that covers what is near a query: round its own place, or the one with
    /// the nearest topics when there is room for more than its own.
    fn near(&self, mixture: &Mixture, latent: &Latent, m: usize, step: usize) -> usize {
        let number = self.topics[latent.topic] as usize;
        if m < self.starts[number + 1] - self.starts[number] {
            let query = self.spot(latent, 0);
            let place = self.spots.partition_point(|s| s.compare(&query).is_lt());
            return place.saturating_sub(m / 2);
        }
        let nearness = self.nearness(mixture, mixture.centre(latent.topic));
        let windows = (0..=self.spots.len() - m).step_by(step);
        let most = windows.max_by(|a, b| nearness.of(*a, m).total_cmp(&nearness.of(*b, m)));
        most.unwrap_or(0)
    }

    /// Where the window of `m` documents starts that has the least of what is near a query's vector.
    fn far(&self, mixture: &Mixture, vector: &[f32], m: usize, step: usize) -> usize {
        let nearness = self.nearness(mixture, vector);
        let windows = (0..=self.spots.len() - m).step_by(step);
        let least = windows.min_by(|a, b| nearness.of(*a, m).total_cmp(&nearness.of(*b, m)));
        least.unwrap_or(0)
    }

    fn nearness(&self, mixture: &Mixture, vector: &[f32]) -> Nearness<'_> {
        let mut of_topic = vec![0.0; self.topics.len() + 1];
        for (topic, number) in self.topics.iter().enumerate() {
            let centre = mixture.centre(topic);
            let cosine = dot(vector, centre).max(0.0) / dot(centre, centre).sqrt();
            of_topic[*number as usize] = cosine * cosine * cosine * cosine;
        }
        let mut before = vec![0.0];
        for (topic, nearness) in of_topic[..self.topics.len()].iter().enumerate() {
            let documents = (self.starts[topic + 1] - self.starts[topic]) as f64;
            before.push(before[topic] + documents * nearness);
        }
        Nearness {
            starts: &self.starts,
            of_topic,
            before,
        }
    }
}

/// How near the documents of a line are to a vector, summed up: of each the fourth power of the cosine between the vector
/// and the centre of its topic, so that the nearest topics outweigh the many that are neither near nor far.
struct Nearness<'a> {
    starts: &'a [usize],
    /// Per topic on the line, and 0 behind its end.
    of_topic: Vec<f64>,
    /// Of all documents before each topic, and at the end of all.
    before: Vec<f64>,
}

impl Nearness<'_> {
    /// Of the `m` documents from `start` on.
    fn of(&self, start: usize, m: usize) -> f64 {
        self.until(start + m) - self.until(start)
    }

    fn until(&self, rank: usize) -> f64 {
        let topic = self.starts.partition_point(|s| *s <= rank) - 1;
        self.before[topic] + (rank - self.starts[topic]) as f64 * self.of_topic[topic]
    }
}

impl Spot {
    fn compare(&self, other: &Spot) -> std::cmp::Ordering {
        let topics = self.topic.cmp(&other.topic);
        topics
            .then_with(|| self.along.total_cmp(&other.along))
            .then_with(|| self.document.cmp(&other.document))
    }
}

/// Orders topics along the line between two of their centres, then each half in the same way.
fn split(mixture: &Mixture, members: &mut [u32], order: Stream, node: usize) {
    if members.len() < 2 {
        return;
    }
    let (from, to) = apart(mixture, members, order.at(node));
    let between: Vec<f32> = from.iter().zip(to).map(|(a, b)| b - a).collect();
    let position = |&t: &u32| (dot(&between, mixture.centre(t as usize)), t);
    let mut sorted: Vec<(f64, u32)> = members.iter().map(position).collect();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (member, (_, topic)) in members.iter_mut().zip(sorted) {
        *member = topic;
    }
    let (low, high) = members.split_at_mut(members.len() / 2);
    split(mixture, low, order, 2 * node);
    split(mixture, high, order, 2 * node + 1);
}

/// The centres that lie furthest apart of a few random pairs, so that the line between them is a long one.
fn apart<'m>(mixture: &'m Mixture, members: &[u32], mut draws: Draws) -> (&'m [f32], &'m [f32]) {
    const PAIRS: usize = 16;
    let mut pair = || {
        let from = draws.below(members.len());
        let to = (from + 1 + draws.below(members.len() - 1)) % members.len();
        (
            mixture.centre(members[from] as usize),
            mixture.centre(members[to] as usize),
        )
    };
    let mut best = pair();
    for _ in 1..PAIRS {
        let other = pair();
        if distance(other) > distance(best) {
            best = other;
        }
    }
    best
}

/// The squared distance of two centres.
fn distance((a, b): (&[f32], &[f32])) -> f64 {
    dot(a, a) + dot(b, b) - 2.0 * dot(a, b)
}

/// The rank of every document: that of its place for the share `placed` of them, dealt out at random for the rest.
fn ranks(spots: &[Spot], placed: f64, stream: Stream) -> Vec<u32> {
    let mut ranks = vec![0; spots.len()];
    let mut free = Vec::new();
    let mut homeless = Vec::new();
    for (rank, spot) in spots.iter().enumerate() {
        let mut draws = stream.at(spot.document as usize);
        if draws.unit() < placed {
            ranks[spot.document as usize] = rank as u32;
        } else {
            free.push(rank as u32);
            homeless.push((draws.bits(), spot.document));
        }
    }
    homeless.par_sort_unstable();
    for (rank, (_, document)) in free.iter().zip(homeless) {
        ranks[document as usize] = *rank;
    }
    ranks
}
