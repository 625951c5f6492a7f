//! Walking a layer: from a start to the best nodes that links lead to.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Layer;
use super::beam::{Beam, Key};
use super::links::Links;
use super::visited::Visited;
use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::graph::Work;
use crate::index::kernel::{Space, fetch};
use crate::index::rows::Rows;

/// Rows of the set, from all over the corpus, that a filtered walk starts from beside the nearest rows: the rows that
/// pass may lie elsewhere.
const SEEDS: u32 = 16;

/// So many links that pass are expected in a sample before it is believed: their number is then known to a third, with
/// three standard deviations.
const SAMPLE: f64 = 81.0;
/// No sample has more links.
const MOST_SEEN: f64 = 2048.0;

/// What is linked around the place where a walk starts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings {
    /// Links looked at.
    pub(super) seen: usize,
    /// Those that lead to rows that pass.
    pub(super) passing: usize,
}

/// Memory of a walk, used again by the next; after the first few it allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    visited: Visited,
    pub(super) beam: Beam,
    /// Of a walk through everything for matches: nodes to expand, better ones on top.
    ahead: BinaryHeap<Reverse<Key>>,
    /// Of a walk among matches: starts that do not pass, the best last.
    outside: Vec<Key>,
    /// Where the next walk starts.
    pub(super) starts: Vec<Key>,
    /// Of the node under expansion: neighbours that do not pass; neighbours not seen before, their rows, their scores.
    bridges: Vec<u32>,
    fresh: Vec<u32>,
    rows: Vec<u32>,
    scores: Vec<f32>,
}

impl Scratch {
    /// Fills the beam with the best `ef` nodes that it meets, beginning with `starts`, until all of them are expanded
    /// (algorithm 2 of the paper; a node that fell out of the beam is never expanded there either).
    ///
    /// `to_row` gives the row of each node, where it is not the node itself.
    pub(super) fn walk<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        links: &Links,
        to_row: Option<&[u32]>,
        query: &[S::Value],
        ef: usize,
        work: &mut Work,
    ) {
        self.begin(links, ef);
        self.starts.iter().for_each(|&start| self.beam.offer(start));
        while let Some(node) = self.beam.expand() {
            self.look(links, node, work);
            if let Some(next) = self.beam.peek() {
                fetch(links.slot(next.node()));
            }
            self.score::<S>(rows, to_row, query, work);
            for (&node, &score) in self.fresh.iter().zip(&self.scores) {
                self.beam.offer(Key::new(node, score));
            }
        }
    }

    /// As [`Self::walk`] on the lowest layer, but only rows of `allowed` are compared and found. The neighbours of a node
    /// are those that pass among its own and, as long as they are fewer than `enough`, those that pass among the neighbours
    /// of neighbours that do not (Patel et al. 2024, "ACORN", section 5.2).
    pub(super) fn matching_walk<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        links: &Links,
        query: &[S::Value],
        ef: usize,
        (allowed, enough): (&BitSet, usize),
        work: &mut Work,
    ) {
        self.begin(links, ef);
        self.outside.clear();
        for &start in &self.starts {
            if allowed.contains(start.node()) {
                self.beam.offer(start);
            } else {
                self.outside.push(start);
            }
        }
        // The best last.
        self.outside.reverse();
        self.sow(allowed);
        self.offer_fresh::<S>(rows, query, work);
        while let Some(node) = self.next_inside() {
            self.look_across(links, node, allowed, enough, work);
            if let Some(next) = self.beam.peek() {
                fetch(links.slot(next.node()));
            }
            self.offer_fresh::<S>(rows, query, work);
        }
    }

    /// The best node that has not been looked at: one of the beam, or a start that does not pass.
    fn next_inside(&mut self) -> Option<u32> {
        match (self.beam.peek(), self.outside.last()) {
            (best, Some(&start)) if best.is_none_or(|best| start < best) && self.beam.wants(start) => {
                self.outside.pop();
                Some(start.node())
            }
            _ => self.beam.expand(),
        }
    }

    /// Looks at the links of the starts, and of the rows that they lead to, until there are so many that `passing` says
    /// something, though `share` of the corpus is all that passes.
    pub(super) fn surroundings(
        &mut self,
        links: &Links,
        allowed: &BitSet,
        share: f64,
        work: &mut Work,
    ) -> Surroundings {
        let most = (SAMPLE / share.max(f64::MIN_POSITIVE)).min(MOST_SEEN) as usize;
        let ring = &mut self.fresh;
        ring.clear();
        ring.extend(self.starts.iter().map(|start| start.node()));
        let mut found = Surroundings::default();
        let mut at = 0;
        while at < ring.len() && found.seen < most {
            if let Some(&next) = ring.get(at + 1) {
                fetch(links.slot(next));
            }
            count_hop(links, work);
            let neighbours = links.of(ring[at]);
            found.seen += neighbours.len();
            found.passing += neighbours.iter().filter(|&&n| allowed.contains(n)).count();
            if at < self.starts.len() {
                ring.extend_from_slice(neighbours);
            }
            at += 1;
        }
        found
    }

    fn offer_fresh<S: Space>(&mut self, rows: &Rows<S::Value>, query: &[S::Value], work: &mut Work) {
        self.score::<S>(rows, None, query, work);
        for (&node, &score) in self.fresh.iter().zip(&self.scores) {
            self.beam.offer(Key::new(node, score));
        }
    }

    /// Makes rows of `allowed` from all over the corpus `fresh`.
    fn sow(&mut self, allowed: &BitSet) {
        self.fresh.clear();
        let step = (allowed.len() as u32).div_ceil(SEEDS).max(1);
        for from in (0..allowed.len() as u32).step_by(step as usize) {
            let Some(node) = allowed.next(from) else { return };
            if self.visited.insert(node) {
                self.fresh.push(node);
            }
        }
    }

    /// As [`Self::walk`] on the lowest layer, but only rows of `allowed` enter the beam, while others are walked
    /// through. Ends when the beam is full and nothing ahead is better than its last, or after `most_hops`.
    pub(super) fn thorough_walk<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        links: &Links,
        query: &[S::Value],
        ef: usize,
        (allowed, most_hops): (&BitSet, u64),
        work: &mut Work,
    ) {
        let last = work.hops.saturating_add(most_hops);
        self.begin(links, ef);
        self.ahead.clear();
        for &start in &self.starts {
            admit(start, allowed, &mut self.beam, &mut self.ahead);
        }
        while work.hops < last
            && let Some(Reverse(best)) = self.ahead.pop()
        {
            if !self.beam.wants(best) && self.beam.keys().last() != Some(&best) {
                return;
            }
            self.look(links, best.node(), work);
            if let Some(Reverse(next)) = self.ahead.peek() {
                fetch(links.slot(next.node()));
            }
            self.score::<S>(rows, None, query, work);
            for (&node, &score) in self.fresh.iter().zip(&self.scores) {
                admit(Key::new(node, score), allowed, &mut self.beam, &mut self.ahead);
            }
        }
    }

    /// From the first of `starts`, goes to the best neighbour as long as one is better; that is the only one of
    /// `starts` then.
    pub(super) fn downhill<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        layer: &Layer,
        query: &[S::Value],
        work: &mut Work,
    ) {
        self.starts.truncate(1);
        self.begin(&layer.links, 1);
        loop {
            self.look(&layer.links, self.starts[0].node(), work);
            self.score::<S>(rows, Some(&layer.rows), query, work);
            let keys = self.fresh.iter().zip(&self.scores);
            match keys.map(|(&node, &score)| Key::new(node, score)).min() {
                Some(better) if better < self.starts[0] => self.starts[0] = better,
                _ => return,
            }
        }
    }

    /// Makes `node` the only start; it is row `row`.
    pub(super) fn start_at<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        query: &[S::Value],
        node: u32,
        row: u32,
        work: &mut Work,
    ) {
        self.starts.clear();
        self.starts
            .push(Key::new(node, S::score(query, rows.row(row as usize))));
        work.distances += 1;
    }

    /// The starts, as nodes of the layer below `layer`.
    pub(super) fn step_down(&mut self, layer: &Layer) {
        for key in &mut self.starts {
            *key = Key::new(layer.below[key.node() as usize], key.score());
        }
    }

    /// What the beam holds becomes where the next walk starts.
    pub(super) fn start_from_beam(&mut self) {
        self.starts.clear();
        self.starts.extend(self.beam.keys().iter().map(|key| key.fresh()));
    }

    /// What the walk found, best first.
    pub(super) fn found(&self) -> impl Iterator<Item = Hit> {
        let hit = |key: &Key| Hit {
            point: key.node(),
            score: key.score(),
        };
        self.beam.keys().iter().map(hit)
    }

    fn begin(&mut self, links: &Links, ef: usize) {
        self.visited.reset(links.len());
        self.beam.reset(ef);
        for start in &self.starts {
            self.visited.insert(start.node());
        }
    }

    /// The neighbours of `node` that were not seen before become `fresh`.
    fn look(&mut self, links: &Links, node: u32, work: &mut Work) {
        count_hop(links, work);
        self.fresh.clear();
        for &neighbour in links.of(node) {
            if self.visited.insert(neighbour) {
                self.fresh.push(neighbour);
            }
        }
    }

    /// The neighbours of `node` that pass, and those of its neighbours that do not, become `fresh` where they were not
    /// seen before.
    fn look_across(&mut self, links: &Links, node: u32, allowed: &BitSet, enough: usize, work: &mut Work) {
        count_hop(links, work);
        self.fresh.clear();
        self.bridges.clear();
        for &neighbour in links.of(node) {
            if !allowed.contains(neighbour) {
                self.bridges.push(neighbour);
            } else if self.visited.insert(neighbour) {
                self.fresh.push(neighbour);
            }
        }
        for at in 0..self.bridges.len() {
            if self.fresh.len() >= enough {
                return;
            }
            if let Some(&next) = self.bridges.get(at + 1) {
                fetch(links.slot(next));
            }
            // Over a bridge once: what is behind it has been seen then.
            let bridge = self.bridges[at];
            if !self.visited.insert(bridge) {
                continue;
            }
            count_hop(links, work);
            for &neighbour in links.of(bridge) {
                if allowed.contains(neighbour) && self.visited.insert(neighbour) {
                    self.fresh.push(neighbour);
                }
            }
        }
    }

    fn score<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        to_row: Option<&[u32]>,
        query: &[S::Value],
        work: &mut Work,
    ) {
        self.scores.resize(self.fresh.len(), 0.0);
        let ids = match to_row {
            None => &self.fresh,
            Some(to_row) => {
                self.rows.clear();
                self.rows
                    .extend(self.fresh.iter().map(|&node| to_row[node as usize]));
                &self.rows
            }
        };
        S::gather(query, rows, ids, &mut self.scores);
        work.distances += self.fresh.len() as u64;
    }
}

fn count_hop(links: &Links, work: &mut Work) {
    work.hops += 1;
    work.link_bytes += (links.width() * size_of::<u32>()) as u64;
}

/// A node that a filtered walk has met: if it is good enough it is expanded, and if it passes it is found.
fn admit(key: Key, allowed: &BitSet, beam: &mut Beam, ahead: &mut BinaryHeap<Reverse<Key>>) {
    if beam.wants(key) {
        ahead.push(Reverse(key));
        if allowed.contains(key.node()) {
            beam.offer(key);
        }
    }
}
