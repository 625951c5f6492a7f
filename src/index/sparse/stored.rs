//! A sparse index in a file.

use super::pruned::Blocks;
use super::{Posting, SparseIndex, idf};
use crate::index::file::{FileError, IndexReader, IndexWriter};

impl SparseIndex {
    /// Writes the index as sections whose names begin with `name`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, to: &mut IndexWriter, name: &str) -> Result<(), FileError> {
        let starts: Vec<u64> = self.starts.iter().map(|&start| start as u64).collect();
        let points: Vec<u32> = self.postings.iter().map(|p| p.point).collect();
        let weights: Vec<f32> = self.postings.iter().map(|p| p.weight).collect();
        to.section(&format!("{name}/dims"), &self.dims)?;
        to.section(&format!("{name}/starts"), &starts)?;
        to.section(&format!("{name}/points"), &points)?;
        to.section(&format!("{name}/weights"), &weights)
    }

    /// Reads what [`Self::save`] wrote over `count` documents.
    ///
    /// # Errors
    /// When the file was altered or does not hold posting lists of so many documents.
    pub fn open(from: &IndexReader, name: &str, count: usize) -> Result<Self, FileError> {
        let dims: Vec<u32> = from.values(&format!("{name}/dims"))?;
        let starts: Vec<u64> = from.values(&format!("{name}/starts"))?;
        let points: Vec<u32> = from.values(&format!("{name}/points"))?;
        let weights: Vec<f32> = from.values(&format!("{name}/weights"))?;
        let starts: Vec<usize> = starts.into_iter().map(|start| start as usize).collect();
        let lists_follow = starts.len() == dims.len() + 1
            && starts.first() == Some(&0)
            && starts.is_sorted()
            && starts.last() == Some(&points.len())
            && points.len() == weights.len();
        let is_sound = lists_follow
            && dims.is_sorted_by(|a, b| a < b)
            && starts.windows(2).all(|list| {
                let points = &points[list[0]..list[1]];
                points.is_sorted_by(|a, b| a < b) && points.last().is_none_or(|&p| (p as usize) < count)
            });
        if !is_sound {
            return Err(from.unfit(name, format!("these are no posting lists over {count} documents")));
        }
        let postings: Vec<Posting> = points
            .into_iter()
            .zip(weights)
            .map(|(point, weight)| Posting { point, weight })
            .collect();
        let df = starts.windows(2).map(|list| list[1] - list[0]);
        Ok(Self {
            idf: df.map(|df| idf(count, df)).collect(),
            blocks: Blocks::new(&starts, &postings, count),
            dims,
            starts,
            postings,
            count,
        })
    }
}
