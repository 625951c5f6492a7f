//! The engine's own graph: Hierarchical Navigable Small World (Malkov and Yashunin 2018, doi 10.1109/TPAMI.2018.2889473).
//!
//! Rows stay where they are; the graph holds links alone. The lowest layer has a slot of `2m` links per row, in one
//! piece of memory, so that finding a row's links is a multiplication. The layers above hold few rows; each numbers its
//! own from 0 and knows which row they are and which number they have one layer further down.

mod beam;
mod build;
mod levels;
mod links;
mod select;
mod tree;
mod visited;
mod walk;

use super::{GraphFacts, Within, Work};
use crate::hit::Hit;
use crate::index::kernel::Space;
use crate::index::rows::Rows;
pub(super) use build::build;
use links::Links;
pub use walk::Scratch;
use walk::Surroundings;

/// A walk starts from one row for so much of its width.
const EF_PER_START: usize = 4;

/// Where at least this part of the rows around the query pass a filter, the others are walked through like them: that
/// takes fewer comparisons than going round them.
const MOST_PASS: f64 = 0.4;
/// Such a walk that may come back with fewer looks at no more than so many nodes per unit of beam width: two to three are
/// usual, and beyond these surroundings the way to further matches could be long.
const HOPS_PER_EF: u64 = 16;
/// Below this share of matches, a walk among them looks for as many neighbours as a slot holds, above for half of that.
/// At 5 %, half takes recall from 0.993 to 0.973; at 20 % it changes nothing but the time.
const SPARSE: f64 = 0.1;

/// A row needs so many neighbours that pass, on average, or the matches fall apart into parts that no walk leaves: at
/// 1.6 a beam of 64 finds 0.99 of the nearest, at 0.64 it finds 0.92, at 0.32 0.72.
const LEAST_NEIGHBOURS: f64 = 1.2;

/// A finished graph.
pub(super) struct Hnsw {
    base: Links,
    /// From the second-lowest layer upwards.
    upper: Vec<Layer>,
    /// The row every walk starts at; it is node 0 of every layer above the lowest.
    entry: u32,
}

/// A layer above the lowest.
struct Layer {
    /// The row of each node.
    rows: Box<[u32]>,
    /// The node of the layer below that is the same row.
    below: Box<[u32]>,
    links: Links,
}

impl Hnsw {
    /// Puts the best `ef` rows that the walk finds into `found`, in rank order.
    pub(super) fn search<S: Space>(
        &self,
        rows: &Rows<S::Value>,
        query: &[S::Value],
        ef: usize,
        within: Option<Within<'_>>,
        scratch: &mut Scratch,
        found: &mut Vec<Hit>,
    ) -> Work {
        found.clear();
        let ef = ef.min(rows.len());
        if ef == 0 {
            return Work::default();
        }
        let mut work = Work::default();
        self.descend::<S>(rows, query, 0, ef, scratch, &mut work);
        match within {
            None => scratch.walk::<S>(rows, &self.base, None, query, ef, &mut work),
            Some(within) => self.filtered::<S>(rows, query, ef, within, scratch, &mut work),
        }
        found.extend(scratch.found());
        work
    }

    /// Walks the lowest layer for rows of a set.
    fn filtered<S: Space>(
        &self,
        rows: &Rows<S::Value>,
        query: &[S::Value],
        ef: usize,
        within: Within<'_>,
        scratch: &mut Scratch,
        work: &mut Work,
    ) {
        let (allowed, matches) = (within.rows, within.rows.count());
        let share = matches as f64 / rows.len() as f64;
        let around = scratch.surroundings(&self.base, allowed, share, work);
        let most_hops = if within.thorough {
            u64::MAX
        } else {
            HOPS_PER_EF * ef as u64
        };
        let thorough = |scratch: &mut Scratch, work: &mut Work| {
            scratch.thorough_walk::<S>(rows, &self.base, query, ef, (allowed, most_hops), work);
        };
        if around.passing as f64 >= MOST_PASS * around.seen as f64 {
            return thorough(scratch, work);
        }
        if !within.thorough && !self.leads_to_matches(around, share) {
            scratch.beam.reset(ef);
            return;
        }
        let width = self.base.width();
        let enough = if share < SPARSE { width } else { width / 2 };
        scratch.matching_walk::<S>(rows, &self.base, query, ef, (allowed, enough), work);
        let found = scratch.beam.keys().len();
        if within.thorough && found < ef && found < matches {
            thorough(scratch, work);
        }
    }

    /// True unless a walk among matches would find some of them but not the nearest: where they are too few to be linked
    /// with each other, or so much fewer than in the corpus as a whole that they lie elsewhere.
    fn leads_to_matches(&self, around: Surroundings, share: f64) -> bool {
        let (seen, passing) = (around.seen as f64, around.passing as f64);
        let expected = seen * share;
        let elsewhere = passing < expected - (expected / 3.0).max(3.0 * expected.sqrt());
        !elsewhere && passing * self.base.width() as f64 >= LEAST_NEIGHBOURS * seen
    }

    /// Finds where a walk of width `ef` through `layer`, of which 0 is the lowest, had better start: downhill from the
    /// entry through the layers above, and through the last of them with a narrow beam. Rows in clusters need that:
    /// downhill alone ends in one cluster, and if it is the wrong one, even a wide beam seldom gets out of it.
    fn descend<S: Space>(
        &self,
        rows: &Rows<S::Value>,
        query: &[S::Value],
        layer: usize,
        ef: usize,
        scratch: &mut Scratch,
        work: &mut Work,
    ) {
        let node = if self.upper.is_empty() { self.entry } else { 0 };
        scratch.start_at::<S>(rows, query, node, self.entry, work);
        let above = &self.upper[layer.min(self.upper.len())..];
        for (i, layer) in above.iter().enumerate().rev() {
            let width = ef / EF_PER_START;
            if i > 0 || width < 2 {
                scratch.downhill::<S>(rows, layer, query, work);
            } else {
                scratch.walk::<S>(rows, &layer.links, Some(&layer.rows), query, width, work);
                scratch.start_from_beam();
            }
            scratch.step_down(layer);
        }
    }

    pub(super) fn facts(&self) -> GraphFacts {
        let upper = || self.upper.iter();
        let tables: usize = upper()
            .map(|l| size_of_val(&*l.rows) + size_of_val(&*l.below))
            .sum();
        GraphFacts {
            links: self.base.count() + upper().map(|l| l.links.count()).sum::<usize>(),
            bytes: self.base.bytes() + upper().map(|l| l.links.bytes()).sum::<usize>() + tables,
            repeatable: true,
        }
    }

    /// Every slot of every layer, for tests that compare graphs.
    #[cfg(test)]
    pub(super) fn slots(&self) -> Vec<&[u32]> {
        let layers = std::iter::once(&self.base).chain(self.upper.iter().map(|l| &l.links));
        layers
            .flat_map(|links| (0..links.len() as u32).map(|node| links.slot(node)))
            .collect()
    }
}
