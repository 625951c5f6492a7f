//! Which point of the corpus each row of a matrix belongs to.

use crate::index::IndexError;
use crate::index::bitset::BitSet;

/// The point of every row, ascending; nothing is stored when every point has a row.
#[derive(Debug, Clone)]
pub struct PointMap {
    /// `None`: row `i` is point `i`.
    points: Option<Vec<u32>>,
    rows: usize,
    /// Points of the corpus.
    count: usize,
}

impl PointMap {
    /// Maps row `i` to `points[i]`, out of a corpus of `count` points.
    ///
    /// # Errors
    /// [`IndexError::Points`] unless there are `rows` points, ascending, distinct and below `count`.
    pub fn new(points: &[u32], rows: usize, count: usize) -> Result<Self, IndexError> {
        let ascending = points.is_sorted_by(|a, b| a < b);
        let inside = points.last().is_none_or(|&p| (p as usize) < count);
        if points.len() != rows || !ascending || !inside {
            return Err(IndexError::Points { rows, count });
        }
        // Ascending, distinct, below `count` and `count` of them: the identity.
        let points = (rows < count).then(|| points.to_vec());
        Ok(Self { points, rows, count })
    }

    /// Points of the corpus.
    pub fn count(&self) -> usize {
        self.count
    }

    /// True when row `i` is point `i`.
    pub fn is_identity(&self) -> bool {
        self.points.is_none()
    }

    /// The point of `row`.
    pub fn point(&self, row: u32) -> u32 {
        self.points.as_ref().map_or(row, |p| p[row as usize])
    }

    /// The rows whose points are in `set`; `scratch` holds them where they differ from the points.
    pub fn rows<'a>(&self, set: &'a BitSet, scratch: &'a mut BitSet) -> &'a BitSet {
        let Some(points) = &self.points else {
            return set;
        };
        scratch.reset(self.rows);
        for (row, &point) in points.iter().enumerate() {
            if set.contains(point) {
                scratch.insert(row as u32);
            }
        }
        scratch
    }

    /// The point of every row, where they differ.
    pub fn stored(&self) -> Option<&[u32]> {
        self.points.as_deref()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.points
            .as_ref()
            .map_or(0, |p| p.capacity() * size_of::<u32>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_without_a_vector_have_no_row() {
        let map = PointMap::new(&[1, 4, 5], 3, 6).unwrap();
        assert_eq!([0, 1, 2].map(|r| map.point(r)), [1, 4, 5]);
        let set = BitSet::from_iter(6, [0, 4, 5]);
        let mut scratch = BitSet::default();
        let rows: Vec<u32> = map.rows(&set, &mut scratch).iter().collect();
        assert_eq!(rows, [1, 2]);
    }

    #[test]
    fn a_complete_vector_stores_no_map() {
        let map = PointMap::new(&[0, 1, 2], 3, 3).unwrap();
        assert_eq!((map.point(2), map.bytes()), (2, 0));
    }

    #[test]
    fn points_that_do_not_fit_the_rows_are_refused() {
        for bad in [&[0, 1][..], &[0, 1, 6], &[0, 2, 1], &[0, 1, 1]] {
            let got = PointMap::new(bad, 3, 6).unwrap_err();
            assert_eq!(got, IndexError::Points { rows: 3, count: 6 });
        }
    }
}
