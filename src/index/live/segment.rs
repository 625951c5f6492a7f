//! Rows that stay as they are, with a graph.

use crate::hit::Hit;
use crate::index::dense::{DenseIndex, DenseParams, DenseQuery, DenseScratch};
use crate::index::file::FileError;
use crate::index::{Filtering, IndexError};
use crate::vectors::Vectors;

/// So many times the limit is fetched by code, where a segment has codes.
const OVERSAMPLING: f64 = 4.0;

/// An index over some rows, their points and the versions of these.
pub(super) struct Segment {
    index: DenseIndex,
    /// Ascending, so that ranking rows and ranking points is the same.
    points: Vec<u32>,
    versions: Vec<u64>,
}

impl Segment {
    pub(super) fn build(
        rows: &Vectors,
        points: Vec<u32>,
        versions: Vec<u64>,
        params: DenseParams,
    ) -> Result<Self, IndexError> {
        let numbers: Vec<u32> = (0..rows.len() as u32).collect();
        let index = DenseIndex::build(rows, &numbers, rows.len(), params)?;
        Ok(Self {
            index,
            points,
            versions,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// Point, version and row of everything here.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, u64, &[f32])> {
        let of = self
            .points
            .iter()
            .zip(&self.versions)
            .zip(self.index.float_rows());
        of.map(|((&point, &version), row)| (point, version, row))
    }

    /// The best `limit` rows with their versions, whether current or not.
    pub(super) fn search(
        &self,
        query: &[f32],
        limit: usize,
        ef: usize,
        scratch: &mut DenseScratch,
    ) -> Result<Vec<(Hit, u64)>, FileError> {
        let query = DenseQuery {
            vector: query,
            limit,
            ef,
            exact: false,
            scan: false,
            oversampling: OVERSAMPLING,
            rescore: true,
            filtering: Filtering::None,
        };
        let found = self.index.search(&query, scratch)?.hits;
        let named = found.into_iter().map(|hit| {
            let row = hit.point as usize;
            let point = self.points[row];
            (Hit { point, ..hit }, self.versions[row])
        });
        Ok(named.collect())
    }
}
