//! The float rows of a dense vector: in memory, or in the file that the index was opened from.

use std::sync::Arc;

use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::file::{DiskRows, FileError};
use crate::index::kernel::Space;
use crate::index::rows::Rows;
use crate::index::topk::TopK;

/// Rows that are read from disk at once by a scan.
const BLOCK: usize = 128;

/// Where the float rows are.
pub(super) enum Floats {
    Held(Arc<Rows<f32>>),
    OnDisk(DiskRows),
}

impl Floats {
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Held(rows) => rows.width(),
            Self::OnDisk(rows) => rows.width(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Held(rows) => rows.len(),
            Self::OnDisk(rows) => rows.len(),
        }
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Held(rows) => rows.bytes(),
            Self::OnDisk(_) => 0,
        }
    }

    pub(super) fn row_bytes(&self) -> u64 {
        (self.width() * size_of::<f32>()) as u64
    }

    /// The rows, if they are in memory.
    pub(super) fn held(&self) -> Option<&Arc<Rows<f32>>> {
        match self {
            Self::Held(rows) => Some(rows),
            Self::OnDisk(_) => None,
        }
    }

    /// Gives every hit the score of its row.
    pub(super) fn rescore<S: Space<Value = f32>>(
        &self,
        query: &[f32],
        hits: &mut [Hit],
    ) -> Result<(), FileError> {
        match self {
            Self::Held(rows) => {
                for hit in hits {
                    hit.score = S::score(query, rows.row(hit.point as usize));
                }
            }
            Self::OnDisk(rows) => {
                // In the order in which they lie, which is kind to disks; the caller ranks them anyway.
                hits.sort_unstable_by_key(|hit| hit.point);
                let mut row = vec![0.0; rows.width()];
                for hit in hits {
                    rows.read(hit.point as usize, &mut row)?;
                    hit.score = S::score(query, &row);
                }
            }
        }
        Ok(())
    }
}

/// As [`crate::index::exact::scan`], over rows on disk.
pub(super) fn scan_disk<S: Space<Value = f32>>(
    rows: &DiskRows,
    query: &[f32],
    allowed: Option<&BitSet>,
    top: &mut TopK,
) -> Result<u64, FileError> {
    let mut block = vec![0.0; BLOCK * rows.width()];
    let mut scored = 0;
    for first in (0..rows.len()).step_by(BLOCK) {
        let end = rows.len().min(first + BLOCK);
        let passes = |row: u32| allowed.is_none_or(|set| set.contains(row));
        let next = allowed.map_or(Some(first as u32), |set| set.next(first as u32));
        if next.is_none_or(|next| next as usize >= end) {
            continue;
        }
        let block = &mut block[..(end - first) * rows.width()];
        rows.read(first, block)?;
        for (row, values) in (first as u32..).zip(block.chunks_exact(rows.width().max(1))) {
            if passes(row) {
                let score = S::score(query, values);
                top.push(Hit { point: row, score });
                scored += 1;
            }
        }
    }
    Ok(scored)
}
