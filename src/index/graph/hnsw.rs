//! The engine's own graph: Hierarchical Navigable Small World (Malkov and Yashunin 2018, doi 10.1109/TPAMI.2018.2889473).
//!
//! Rows stay where they are; the graph holds links alone. The lowest layer has a slot of `2m` links per row, in one
//! piece of memory, so that finding a row's links is a multiplication. The layers above hold few rows; each numbers its
//! own from 0 and knows which row they are and which number they have one layer further down.

mod beam;
mod build;
mod filtered;
mod judge;
mod levels;
mod links;
mod select;
mod stored;
mod tree;
mod visited;
mod walk;

use super::{Again, GraphFacts, Within, Work};
use crate::hit::Hit;
use crate::index::kernel::Space;
use crate::index::rows::Rows;
use beam::Beam;
pub(super) use build::build;
use judge::{ByCodeThenRow, ByRow, Judge};
use links::Links;
pub use walk::Scratch;

/// A walk starts from one row for so much of its width.
const EF_PER_START: usize = 4;

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
        let (ef, mut work) = (ef.min(rows.len()), Work::default());
        if ef > 0 {
            self.descend::<S>(rows, query, 0, ef, scratch, &mut work);
            let judge = &mut ByRow::<S> { rows, query };
            self.lowest(judge, ef, within, scratch, &mut work);
            found.extend(scratch.found());
        }
        work
    }

    /// As [`Self::search`], but rows that look good by `rows`, their codes, are scored by `again`.
    pub(super) fn search_again<S: Space, F: Space>(
        &self,
        (rows, query): (&Rows<S::Value>, &[S::Value]),
        again: Again<'_, F>,
        ef: usize,
        within: Option<Within<'_>>,
        scratch: &mut Scratch,
        found: &mut Vec<Hit>,
    ) -> Work {
        found.clear();
        let (ef, mut work) = (ef.min(rows.len()), Work::default());
        if ef == 0 {
            return work;
        }
        let shortlist = again.shortlist.clamp(ef, rows.len());
        // Codes lead downhill less surely than floats, so the walk starts from more rows; half as many more than the
        // shortlist asks for cost less for the same recall than all of them.
        let width = ef.max(shortlist / 2);
        self.descend::<S>(rows, query, 0, width, scratch, &mut work);
        let mut near: Beam = std::mem::take(&mut scratch.near);
        near.reset(shortlist);
        let judge = &mut ByCodeThenRow::<S, F> {
            codes: ByRow { rows, query },
            floats: ByRow {
                rows: again.rows,
                query: again.query,
            },
            near: &mut near,
        };
        scratch.judge_starts(judge, &mut work);
        self.lowest(judge, ef, within, scratch, &mut work);
        scratch.near = near;
        found.extend(scratch.found());
        work
    }

    fn lowest(
        &self,
        judge: &mut impl Judge,
        ef: usize,
        within: Option<Within<'_>>,
        scratch: &mut Scratch,
        work: &mut Work,
    ) {
        match within {
            None => scratch.walk(judge, &self.base, ef, work),
            Some(within) => scratch.filtered_walk(judge, &self.base, ef, within, work),
        }
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
                scratch.walk_above::<S>(rows, layer, query, width, work);
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
