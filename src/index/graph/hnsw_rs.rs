//! The graph of the `hnsw_rs` crate, with its habits contained.
//!
//! What had to be known (version 0.3):
//! * Distances must be neither negative nor NaN, or it panics; [`distance`] sees to that.
//! * More than 256 links end the *process*; exactly 256 count as 0. [`super::GraphParams::check`] refuses both.
//! * Layers are drawn from a generator with a fixed seed and nothing else is random, so insertion by one thread in
//!   one order always gives the same graph. Insertion by many threads does not.
//! * Under a filter the entry point sits in the result heap though it does not match. A beam of 1 then ends at the
//!   nearest row that can be reached downhill, matching or not; a beam of 2 goes on until something matches.
//! * It reserves memory for the whole beam before it starts, however wide.
//! * Under a filter the walk does not stop when the beam is full of nearer hits, but empties its candidate list,
//!   comparing as it goes. Filtered searches are therefore slow; the counter shows it.
//! * Hundreds of identical rows crowd each other out of their lists: of 300 copies of one row and nothing else, a beam
//!   over all of them finds 97. Among other rows, sixty copies each did no harm.
//! * Every row is copied into the graph.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use ::hnsw_rs::hnsw::Point;
use ::hnsw_rs::prelude::{Distance, FilterT, Hnsw};

use super::{GraphFacts, GraphParams};
use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::kernel::Space;
use crate::index::rows::Rows;

/// Up to here one thread inserts and the graph is repeatable; beyond, waiting costs more than repeatability is worth.
const REPEATABLE_ROWS: usize = 50_000;
/// Rows inserted by one thread before others join: racing for the first rows would leave some without links.
const HEAD_START: usize = 1_000;
/// Layers above the lowest are drawn with probability 1/m each; 16 is the crate's limit.
const MAX_LAYERS: usize = 16;

/// A link: the pointer in its list, and a counted allocation of a pointer to the row and its distance.
const LINK_BYTES: usize = size_of::<Arc<()>>() + ARC_HEADER + size_of::<(Arc<()>, f32)>();
/// The two reference counts in front of everything in an `Arc`.
const ARC_HEADER: usize = 2 * size_of::<usize>();
/// What a row costs beside its `Point` and its values: a counted pointer to it, and one list of links per layer, used
/// or not, behind a lock and a counted pointer.
const ROW_BYTES: usize =
    size_of::<Arc<()>>() + 2 * ARC_HEADER + size_of::<usize>() + (1 + MAX_LAYERS) * size_of::<Vec<()>>();

thread_local! {
    /// Distance computations of this thread: the crate's distance is a value without access to the search.
    static COMPUTED: Cell<u64> = const { Cell::new(0) };
}

/// [`distance`], counted.
struct Counted<S>(PhantomData<S>);

impl<S: Space> Distance<S::Value> for Counted<S> {
    fn eval(&self, a: &[S::Value], b: &[S::Value]) -> f32 {
        COMPUTED.set(COMPUTED.get() + 1);
        distance::<S>(a, b)
    }
}

/// How far two rows are apart: `1 − a·b` of L2-normalised rows. Never negative, because rounding below 0 is cut off.
fn distance<S: Space>(a: &[S::Value], b: &[S::Value]) -> f32 {
    (S::BEST - S::score(a, b)).max(0.0)
}

pub(super) struct HnswRs<S: Space> {
    hnsw: Hnsw<'static, S::Value, Counted<S>>,
}

impl<S: Space> HnswRs<S> {
    pub(super) fn build(rows: &Rows<S::Value>, params: GraphParams) -> Self {
        let count = rows.len();
        let distance = Counted(PhantomData);
        let hnsw = Hnsw::new(params.m, count.max(1), MAX_LAYERS, params.ef_construct, distance);
        let alone = if count <= REPEATABLE_ROWS {
            count
        } else {
            HEAD_START
        };
        let mut rows = rows.rows().zip(0..);
        for row in rows.by_ref().take(alone) {
            hnsw.insert_slice(row);
        }
        let rest: Vec<(&[S::Value], usize)> = rows.collect();
        if !rest.is_empty() {
            hnsw.parallel_insert_slice(&rest);
        }
        Self { hnsw }
    }

    /// The rows found, without scores, and the number of distance computations.
    pub(super) fn search(
        &self,
        query: &[S::Value],
        ef: usize,
        allowed: Option<&BitSet>,
        found: &mut Vec<Hit>,
    ) -> u64 {
        let ef = ef.min(self.hnsw.get_nb_point()).max(2);
        let before = COMPUTED.get();
        let neighbours = match allowed {
            None => self.hnsw.search(query, ef, ef),
            Some(set) => {
                let passes = |row: &usize| set.contains(*row as u32);
                self.hnsw
                    .search_filter(query, ef, ef, Some(&passes as &dyn FilterT))
            }
        };
        found.clear();
        found.extend(neighbours.iter().map(|n| Hit {
            point: n.d_id as u32,
            score: 0.0,
        }));
        COMPUTED.get() - before
    }

    /// The links are counted; the sizes of what holds them are those of the crate's types. Spare capacity and the
    /// allocator's own overhead are not seen, so the bytes are a lower bound.
    pub(super) fn facts(&self) -> GraphFacts {
        let rows = self.hnsw.get_nb_point();
        let links = self.links();
        let copy = self.hnsw.get_point_indexation().get_data_dimension() * size_of::<S::Value>();
        GraphFacts {
            links,
            bytes: links * LINK_BYTES + rows * (ROW_BYTES + size_of::<Point<'static, S::Value>>() + copy),
            repeatable: rows <= REPEATABLE_ROWS,
        }
    }

    fn links(&self) -> usize {
        let points = self.hnsw.get_point_indexation();
        (0..MAX_LAYERS)
            .flat_map(|layer| points.get_layer_iterator(layer))
            .map(|row| row.get_neighborhood_id().iter().map(Vec::len).sum::<usize>())
            .sum()
    }
}
