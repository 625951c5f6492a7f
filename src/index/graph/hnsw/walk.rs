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

/// Memory of a walk, used again by the next; after the first few it allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    visited: Visited,
    pub(super) beam: Beam,
    /// Of a filtered walk: nodes to expand, better ones on top.
    ahead: BinaryHeap<Reverse<Key>>,
    /// Where the next walk starts.
    pub(super) starts: Vec<Key>,
    /// Of the node under expansion: neighbours not seen before, their rows, their scores.
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
            self.look(links, node);
            if let Some(next) = self.beam.peek() {
                fetch(links.slot(next.node()));
            }
            self.score::<S>(rows, to_row, query, work);
            work.hops += 1;
            for (&node, &score) in self.fresh.iter().zip(&self.scores) {
                self.beam.offer(Key::new(node, score));
            }
        }
    }

    /// As [`Self::walk`] on the lowest layer, but only rows of `allowed` enter the beam, while others are walked
    /// through. Ends when the beam is full and nothing ahead is better than its last.
    pub(super) fn filtered_walk<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        links: &Links,
        query: &[S::Value],
        ef: usize,
        allowed: &BitSet,
        work: &mut Work,
    ) {
        self.begin(links, ef);
        self.ahead.clear();
        for &start in &self.starts {
            admit(start, allowed, &mut self.beam, &mut self.ahead);
        }
        loop {
            let Some(Reverse(best)) = self.ahead.pop() else {
                return;
            };
            if !self.beam.wants(best) && self.beam.keys().last() != Some(&best) {
                return;
            }
            self.look(links, best.node());
            if let Some(Reverse(next)) = self.ahead.peek() {
                fetch(links.slot(next.node()));
            }
            self.score::<S>(rows, None, query, work);
            work.hops += 1;
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
            self.look(&layer.links, self.starts[0].node());
            self.score::<S>(rows, Some(&layer.rows), query, work);
            work.hops += 1;
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
    fn look(&mut self, links: &Links, node: u32) {
        self.fresh.clear();
        for &neighbour in links.of(node) {
            if self.visited.insert(neighbour) {
                self.fresh.push(neighbour);
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

/// A node that a filtered walk has met: if it is good enough it is expanded, and if it passes it is found.
fn admit(key: Key, allowed: &BitSet, beam: &mut Beam, ahead: &mut BinaryHeap<Reverse<Key>>) {
    if beam.wants(key) {
        ahead.push(Reverse(key));
        if allowed.contains(key.node()) {
            beam.offer(key);
        }
    }
}
