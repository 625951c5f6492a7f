//! Walking a layer: from a start to the best nodes that links lead to.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Layer;
use super::beam::{Beam, Key};
use super::judge::Judge;
use super::links::Links;
use super::visited::Visited;
use crate::hit::Hit;
use crate::index::graph::Work;
use crate::index::kernel::{Space, fetch};
use crate::index::rows::Rows;

/// Memory of a walk, used again by the next; after the first few it allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) visited: Visited,
    pub(super) beam: Beam,
    /// The best codes met by a walk that scores by code first.
    pub(super) near: Beam,
    /// Of a walk through everything for matches: nodes to expand, better ones on top.
    pub(super) ahead: BinaryHeap<Reverse<Key>>,
    /// Of a walk among matches: starts that do not pass, the best last.
    pub(super) outside: Vec<Key>,
    /// Where the next walk starts.
    pub(super) starts: Vec<Key>,
    /// Of the node under expansion: neighbours that do not pass; neighbours not seen before, their rows, their scores.
    pub(super) bridges: Vec<u32>,
    pub(super) fresh: Vec<u32>,
    rows: Vec<u32>,
    pub(super) scores: Vec<f32>,
}

impl Scratch {
    /// Fills the beam with the best `ef` nodes of the lowest layer that it meets, beginning with `starts`, until all of
    /// them are expanded (algorithm 2 of the paper; a node that fell out of the beam is never expanded there either).
    pub(super) fn walk(&mut self, judge: &mut impl Judge, links: &Links, ef: usize, work: &mut Work) {
        self.begin(links, ef);
        self.starts.iter().for_each(|&start| self.beam.offer(start));
        while let Some(node) = self.beam.expand() {
            self.look(links, node, work);
            if let Some(next) = self.beam.peek() {
                fetch(links.slot(next.node()));
            }
            self.offer_fresh(judge, work);
        }
    }

    /// As [`Self::walk`], on a layer above the lowest.
    pub(super) fn walk_above<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        layer: &Layer,
        query: &[S::Value],
        ef: usize,
        work: &mut Work,
    ) {
        self.begin(&layer.links, ef);
        self.starts.iter().for_each(|&start| self.beam.offer(start));
        while let Some(node) = self.beam.expand() {
            self.look(&layer.links, node, work);
            if let Some(next) = self.beam.peek() {
                fetch(layer.links.slot(next.node()));
            }
            self.score_above::<S>(rows, layer, query, work);
            for (&node, &score) in self.fresh.iter().zip(&self.scores) {
                self.beam.offer(Key::new(node, score));
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
            self.score_above::<S>(rows, layer, query, work);
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

    /// The starts, nodes of the lowest layer, get the scores of `judge`.
    pub(super) fn judge_starts(&mut self, judge: &mut impl Judge, work: &mut Work) {
        self.fresh.clear();
        self.fresh.extend(self.starts.iter().map(|start| start.node()));
        judge.judge(&mut self.fresh, &mut self.scores, work);
        self.starts.clear();
        let keys = self.fresh.iter().zip(&self.scores);
        self.starts
            .extend(keys.map(|(&node, &score)| Key::new(node, score)));
        self.starts.sort_unstable();
    }

    /// What the walk found, best first.
    pub(super) fn found(&self) -> impl Iterator<Item = Hit> {
        let hit = |key: &Key| Hit {
            point: key.node(),
            score: key.score(),
        };
        self.beam.keys().iter().map(hit)
    }

    pub(super) fn begin(&mut self, links: &Links, ef: usize) {
        self.visited.reset(links.len());
        self.beam.reset(ef);
        for start in &self.starts {
            self.visited.insert(start.node());
        }
    }

    /// The neighbours of `node` that were not seen before become `fresh`.
    pub(super) fn look(&mut self, links: &Links, node: u32, work: &mut Work) {
        count_hop(links, work);
        self.fresh.clear();
        for &neighbour in links.of(node) {
            if self.visited.insert(neighbour) {
                self.fresh.push(neighbour);
            }
        }
    }

    pub(super) fn offer_fresh(&mut self, judge: &mut impl Judge, work: &mut Work) {
        judge.judge(&mut self.fresh, &mut self.scores, work);
        for (&node, &score) in self.fresh.iter().zip(&self.scores) {
            self.beam.offer(Key::new(node, score));
        }
    }

    fn score_above<S: Space>(
        &mut self,
        rows: &Rows<S::Value>,
        layer: &Layer,
        query: &[S::Value],
        work: &mut Work,
    ) {
        self.rows.clear();
        self.rows
            .extend(self.fresh.iter().map(|&node| layer.rows[node as usize]));
        self.scores.resize(self.rows.len(), 0.0);
        S::gather(query, rows, &self.rows, &mut self.scores);
        work.distances += self.rows.len() as u64;
    }
}

pub(super) fn count_hop(links: &Links, work: &mut Work) {
    work.hops += 1;
    work.link_bytes += (links.width() * size_of::<u32>()) as u64;
}
