//! Walking the lowest layer for rows of a set: which walk, and the walks.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::beam::{Beam, Key};
use super::judge::Judge;
use super::links::Links;
use super::walk::{Scratch, count_hop};
use crate::index::bitset::BitSet;
use crate::index::graph::{LEAST_NEIGHBOURS, Within, Work};
use crate::index::kernel::fetch;

/// Rows of the set, from all over the corpus, that a walk among matches starts from beside the nearest rows: the rows
/// that pass may lie elsewhere.
const SEEDS: u32 = 16;

/// So many links that pass are expected in a sample before it is believed: their number is then known to a third, with
/// three standard deviations.
const SAMPLE: f64 = 81.0;
/// No sample has more links.
const MOST_SEEN: f64 = 2048.0;

/// What a unit of beam width costs a walk through everything, if it costs 1 where the walk goes from match to match.
/// Such a walk is as wide as the plain walk that meets as many matches, so it pays where more than this share pass.
const THROUGH: f64 = 0.4;
/// A walk through everything that is no cheaper than one among matches is only taken where it should cost no more than this
/// part of a scan of the matches, and given up once it has: what is linked around its start says less about what is
/// further away.
const SURELY: f64 = 0.5;

/// Below this share of matches, a walk among them looks for as many neighbours as a slot holds, above for half of that.
/// At 5 %, half takes recall from 0.993 to 0.973; at 20 % it changes nothing but the time.
const SPARSE: f64 = 0.1;

/// As [`LEAST_NEIGHBOURS`], where fewer pass than in the corpus as a whole: further away from them there may be fewer still.
const LEAST_WHERE_LACKING: f64 = 1.2;

/// No beam is made more times as wide for want of matches.
const MOST_WIDER: f64 = 4.0;

/// What is linked around the place where a walk starts.
#[derive(Debug, Clone, Copy, Default)]
struct Surroundings {
    /// Links looked at.
    seen: usize,
    /// Those that lead to rows that pass.
    passing: usize,
}

/// How a filter is carried out on the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// Through everything, for so many hops at most; matches alone are found.
    Through(u64),
    /// From match to match, with a beam so wide.
    Among(usize),
    /// Not at all.
    Leave,
}

impl Surroundings {
    /// The share that passes, not overestimated: less a standard deviation.
    fn share(self) -> f64 {
        let passing = self.passing as f64;
        (passing - passing.sqrt()).max(0.0) / self.seen.max(1) as f64
    }

    /// Chooses for a beam of width `ef`, where `share` of all rows pass and a slot has `width` links.
    fn course(self, within: Within<'_>, share: f64, ef: usize, width: usize) -> Course {
        // In units of beam width of a walk among matches.
        let through = THROUGH * ef as f64 / self.share();
        if through <= ef as f64 {
            let most = if within.thorough {
                u64::MAX
            } else {
                hops(within.widest.max(ef as f64))
            };
            return Course::Through(most);
        }
        let lack = self.lack(share);
        let wider = (ef as f64 * lack) as usize;
        if within.thorough || (self.are_linked(width, lack) && wider as f64 <= within.widest) {
            return Course::Among(wider);
        }
        let most = SURELY * within.widest;
        match lack <= 1.0 && through <= most {
            true => Course::Through(hops(most)),
            false => Course::Leave,
        }
    }

    /// How many times as wide a beam has to be where fewer pass than in the corpus as a whole: the nearest matches lie
    /// further away, in more directions.
    fn lack(self, share: f64) -> f64 {
        let (expected, passing) = (self.seen as f64 * share, self.passing as f64);
        match passing < expected - 3.0 * expected.sqrt() {
            true => (expected / passing.max(1.0)).min(MOST_WIDER),
            false => 1.0,
        }
    }

    /// False where the matches are too few to be linked with each other, so that a walk among them would find some but
    /// not the nearest.
    fn are_linked(self, width: usize, lack: f64) -> bool {
        let least = if lack > 1.0 {
            LEAST_WHERE_LACKING
        } else {
            LEAST_NEIGHBOURS
        };
        self.passing as f64 * width as f64 >= least * self.seen as f64
    }
}

/// Hops of a walk through everything that costs as much as a walk among matches of width `ef`.
fn hops(ef: f64) -> u64 {
    (ef / THROUGH) as u64
}

impl Scratch {
    /// Walks for the best `ef` rows of a set. May come back with fewer where that is allowed.
    pub(super) fn filtered_walk(
        &mut self,
        judge: &mut impl Judge,
        links: &Links,
        ef: usize,
        within: Within<'_>,
        work: &mut Work,
    ) {
        let share = within.matches as f64 / links.len() as f64;
        let around = self.surroundings(links, within.rows, share, work);
        work.sampled += around.seen as u64;
        work.sampled_matches += around.passing as u64;
        match around.course(within, share, ef, links.width()) {
            Course::Through(most) => {
                judge.widen(1.0 / around.share());
                self.through_walk(judge, links, ef, (within.rows, most), work);
            }
            Course::Leave => self.beam.reset(ef),
            Course::Among(width) => {
                let enough = if share < SPARSE {
                    links.width()
                } else {
                    links.width() / 2
                };
                self.matching_walk(judge, links, width, (within.rows, enough), work);
                let found = self.beam.keys().len();
                if within.thorough && found < ef && found < within.matches {
                    judge.widen(f64::INFINITY);
                    self.through_walk(judge, links, ef, (within.rows, u64::MAX), work);
                }
            }
        }
    }

    /// Looks at the links of the starts, and of the rows that they lead to, until there are so many that `passing` says
    /// something, though `share` of the corpus is all that passes.
    fn surroundings(&mut self, links: &Links, allowed: &BitSet, share: f64, work: &mut Work) -> Surroundings {
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

    /// As [`Self::walk`], but only rows of `allowed` are compared and found. The neighbours of a node are those that pass
    /// among its own and, as long as they are fewer than `enough`, those that pass among the neighbours of neighbours
    /// that do not (Patel et al. 2024, "ACORN", section 5.2).
    fn matching_walk(
        &mut self,
        judge: &mut impl Judge,
        links: &Links,
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
        self.offer_fresh(judge, work);
        while let Some(node) = self.next_inside() {
            self.look_across(links, node, allowed, enough, work);
            if let Some(next) = self.beam.peek() {
                fetch(links.slot(next.node()));
            }
            self.offer_fresh(judge, work);
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

    /// As [`Self::walk`], but only rows of `allowed` enter the beam, while others are walked through. Ends when the beam
    /// is full and nothing ahead is better than its last, or after `most_hops`.
    fn through_walk(
        &mut self,
        judge: &mut impl Judge,
        links: &Links,
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
            judge.judge(&mut self.fresh, &mut self.scores, work);
            for (&node, &score) in self.fresh.iter().zip(&self.scores) {
                admit(Key::new(node, score), allowed, &mut self.beam, &mut self.ahead);
            }
        }
        if work.hops >= last && !self.ahead.is_empty() {
            // Cut short: what was found need not be the nearest, and nobody shall take it for that.
            self.beam.reset(ef);
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
}

/// A node that a walk through everything has met: if it is good enough it is expanded, and if it passes it is found.
fn admit(key: Key, allowed: &BitSet, beam: &mut Beam, ahead: &mut BinaryHeap<Reverse<Key>>) {
    if beam.wants(key) {
        ahead.push(Reverse(key));
        if allowed.contains(key.node()) {
            beam.offer(key);
        }
    }
}
