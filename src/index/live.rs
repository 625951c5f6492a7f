//! Rows that come and go while others search.
//!
//! New rows go to a *tail*, which a search scans. A full tail becomes a *segment* with a graph, joined with those before it
//! that are not larger, and what is out of date is left out then. So there are about as many segments as doublings from a
//! tail to all rows, and each row is built into a graph about as often (the log-structured merge tree of O'Neil et al.
//! 1996, with graphs for its sorted runs). A graph is never changed once others can see it.
//!
//! A search holds the lock while it takes the list of segments and scans the tail, and while it looks up which of its hits
//! are still current, never while it walks a graph. Graphs are built by whoever inserts the row that fills the tail, while
//! others go on searching and deleting.

mod segment;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::hit::{Hit, rank};
use crate::index::IndexError;
use crate::index::dense::{DenseParams, DenseScratch};
use crate::index::file::FileError;
use crate::index::kernel::{Dot, L2, Space};
use crate::vectors::{Metric, Vectors};
use segment::Segment;

/// Rows of a tail that becomes a segment.
const TAIL: usize = 1024;

/// A dense index that takes rows and gives them up at any time, from any thread.
///
/// A point is a number of the caller's; a row that is inserted for a point that has one replaces it. A point whose row is
/// replaced while a search is under way may be missing from that search.
pub struct LiveIndex {
    dim: usize,
    params: DenseParams,
    tail_size: usize,
    state: RwLock<State>,
    /// One insertion at a time; deletions and searches do not wait for it.
    inserting: Mutex<()>,
}

/// What a search sees.
#[derive(Default)]
struct State {
    /// The largest first, more or less.
    segments: Vec<Arc<Segment>>,
    tail: Tail,
    /// The version of every point's row. A row of another version, or of no point here, is out of date.
    current: HashMap<u32, u64>,
    /// Rows inserted so far.
    versions: u64,
}

#[derive(Debug, Default)]
struct Tail {
    points: Vec<u32>,
    versions: Vec<u64>,
    rows: Vec<f32>,
}

impl State {
    fn is_current(&self, point: u32, version: u64) -> bool {
        self.current.get(&point) == Some(&version)
    }
}

impl LiveIndex {
    /// An empty index for rows of `dim` values; `params` say what is built over each segment.
    ///
    /// # Errors
    /// When the graph's parameters are out of range.
    pub fn new(dim: usize, params: DenseParams) -> Result<Self, IndexError> {
        Self::with_tail(dim, params, TAIL)
    }

    /// As [`Self::new`], with a tail of so many rows.
    fn with_tail(dim: usize, params: DenseParams, tail_size: usize) -> Result<Self, IndexError> {
        params.graph.map_or(Ok(()), |graph| graph.check())?;
        Ok(Self {
            dim,
            params,
            tail_size,
            state: RwLock::default(),
            inserting: Mutex::default(),
        })
    }

    /// Adds the row of `point`, or replaces it. When it returns, every search that begins finds it.
    ///
    /// # Errors
    /// When a value is not finite; or when there is no memory for a graph, and then the row is found all the same.
    ///
    /// # Panics
    /// When the row has another length than the index.
    pub fn insert(&self, point: u32, row: &[f32]) -> Result<(), IndexError> {
        assert_eq!(row.len(), self.dim, "length of the row");
        if !row.iter().all(|x| x.is_finite()) {
            return Err(IndexError::NotFinite { row: point as usize });
        }
        let one = self.inserting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = {
            let mut state = self.write();
            state.versions += 1;
            let version = state.versions;
            state.tail.points.push(point);
            state.tail.versions.push(version);
            state.tail.rows.extend_from_slice(row);
            state.current.insert(point, version);
            state.tail.points.len() >= self.tail_size
        };
        if is_full { self.seal(&one) } else { Ok(()) }
    }

    /// Takes the row of `point` away; false when it has none. No search that begins afterwards finds it.
    pub fn delete(&self, point: u32) -> bool {
        self.write().current.remove(&point).is_some()
    }

    /// Points that have a row.
    pub fn len(&self) -> usize {
        self.read().current.len()
    }

    /// True when no point has a row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Segments, each with a graph of its own.
    pub fn segments(&self) -> usize {
        self.read().segments.len()
    }

    /// The best `limit` points for `query`, by a beam of width `ef` in every segment, in rank order.
    ///
    /// # Errors
    /// Not while all rows are in memory, as they are here.
    pub fn search(
        &self,
        query: &[f32],
        limit: usize,
        ef: usize,
        scratch: &mut DenseScratch,
    ) -> Result<Vec<Hit>, FileError> {
        let (mut found, segments) = {
            let state = self.read();
            (self.scan(&state, query), state.segments.clone())
        };
        for segment in &segments {
            let mut ask = limit;
            loop {
                let hits = segment.search(query, ask, ef, scratch)?;
                let asked = hits.len();
                let state = self.read();
                let current = hits
                    .into_iter()
                    .filter(|(hit, version)| state.is_current(hit.point, *version));
                let current: Vec<(Hit, u64)> = current.collect();
                if current.len() >= limit || asked >= segment.len() || asked < ask {
                    found.extend(current);
                    break;
                }
                // Rows that are out of date took places of others.
                ask = segment.len().min(2 * ask);
            }
        }
        let state = self.read();
        found.retain(|(hit, version)| state.is_current(hit.point, *version));
        drop(state);
        let mut hits: Vec<Hit> = found.into_iter().map(|(hit, _)| hit).collect();
        rank(&mut hits, limit);
        Ok(hits)
    }

    /// The rows of the tail with their scores and versions.
    fn scan(&self, state: &State, query: &[f32]) -> Vec<(Hit, u64)> {
        let score = |row: &[f32]| match self.params.metric {
            Metric::L2 => -(-L2::score(query, row)).sqrt(),
            Metric::Cosine | Metric::Dot => Dot::score(query, row),
        };
        let Tail {
            points,
            versions,
            rows,
        } = &state.tail;
        let tail = points
            .iter()
            .zip(versions)
            .zip(rows.chunks_exact(self.dim.max(1)));
        tail.filter(|((point, version), _)| state.is_current(**point, **version))
            .map(|((&point, &version), row)| {
                let score = score(row);
                (Hit { point, score }, version)
            })
            .collect()
    }

    /// Makes a segment of the tail and of those segments before it that are not larger than what they are joined to. The
    /// caller holds the lock of insertions, so the tail stays as it is meanwhile.
    fn seal(&self, _one: &MutexGuard<'_, ()>) -> Result<(), IndexError> {
        let (kept, rows, points, versions) = {
            let state = self.read();
            let (mut kept, mut size) = (state.segments.len(), state.tail.points.len());
            while kept > 0 && state.segments[kept - 1].len() <= size {
                kept -= 1;
                size += state.segments[kept].len();
            }
            let (rows, points, versions) = self.join(&state, kept);
            (kept, rows, points, versions)
        };
        let built = Segment::build(&rows, points, versions, self.params)?;
        let mut state = self.write();
        state.segments.truncate(kept);
        if built.len() > 0 {
            state.segments.push(Arc::new(built));
        }
        state.tail = Tail::default();
        Ok(())
    }

    /// The current rows of the tail and of the segments from number `from` on, ascending by point, with their versions.
    fn join(&self, state: &State, from: usize) -> (Vectors, Vec<u32>, Vec<u64>) {
        let Tail {
            points,
            versions,
            rows,
        } = &state.tail;
        let tail = points
            .iter()
            .zip(versions)
            .zip(rows.chunks_exact(self.dim.max(1)));
        let tail = tail.map(|((&point, &version), row)| (point, version, row));
        let mut all: Vec<(u32, u64, &[f32])> = state.segments[from..].iter().flat_map(|s| s.rows()).collect();
        all.extend(tail);
        all.retain(|(point, version, _)| state.is_current(*point, *version));
        all.sort_unstable_by_key(|(point, ..)| *point);
        let mut rows = Vectors::with_capacity(self.dim, all.len());
        all.iter().for_each(|(.., row)| rows.push(row));
        let points = all.iter().map(|(point, ..)| *point).collect();
        (rows, points, all.iter().map(|(_, version, _)| *version).collect())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
