//! The graph over the rows of one vector: over float rows, or over their binary codes.
//!
//! This is the whole surface that a search needs, so that another engine can take the place of `hnsw_rs` without
//! anyone else noticing: build, search, sizes.

mod hnsw_rs;

use crate::index::IndexError;
use crate::index::bitset::BitSet;
use crate::index::distance::{dot, hamming};

/// How a graph is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphParams {
    /// Links per point and layer, twice as many in the lowest; 2 to 255.
    pub m: usize,
    /// Beam width while building, at least 1.
    pub ef_construct: usize,
}

impl GraphParams {
    /// Checks the ranges given at the fields.
    pub fn check(&self) -> Result<(), IndexError> {
        match self {
            GraphParams { m, .. } if !(2..=255).contains(m) => Err(IndexError::Links(*m)),
            GraphParams { ef_construct: 0, .. } => Err(IndexError::Beam),
            _ => Ok(()),
        }
    }
}

/// What a row is made of, and how far two rows are apart. Implemented for `f32` and `u64` only.
pub trait Element: Copy + Send + Sync + std::fmt::Debug + 'static {
    /// Never negative and never NaN; 0 for equal rows.
    fn distance(a: &[Self], b: &[Self]) -> f32;
}

/// Cosine distance of L2-normalised rows, `1 − a·b`; rounding below 0 is cut off.
impl Element for f32 {
    fn distance(a: &[f32], b: &[f32]) -> f32 {
        (1.0 - dot(a, b)).max(0.0)
    }
}

/// Hamming distance of codes.
impl Element for u64 {
    fn distance(a: &[u64], b: &[u64]) -> f32 {
        hamming(a, b) as f32
    }
}

/// A navigable small-world graph (Malkov and Yashunin 2018) over rows of `T`.
pub struct Graph<T: Element> {
    engine: hnsw_rs::HnswRs<T>,
}

impl<T: Element> Graph<T> {
    /// Builds the graph over `rows`, in their order.
    ///
    /// # Errors
    /// When `params` are out of range.
    pub fn build<'a>(
        rows: impl ExactSizeIterator<Item = &'a [T]>,
        params: GraphParams,
    ) -> Result<Self, IndexError> {
        params.check()?;
        let engine = hnsw_rs::HnswRs::build(rows, params);
        Ok(Self { engine })
    }

    /// Puts the rows found for `query` into `found`, at most `ef` of them and possibly fewer, in no promised order,
    /// and returns the number of distance computations.
    ///
    /// With `allowed`, the whole graph may be walked but only rows of the set are found.
    pub fn search(&self, query: &[T], ef: usize, allowed: Option<&BitSet>, found: &mut Vec<u32>) -> u64 {
        self.engine.search(query, ef, allowed, found)
    }

    /// Sizes.
    pub fn facts(&self) -> GraphFacts {
        self.engine.facts()
    }
}

/// Sizes of a graph, and whether it is the same every time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphFacts {
    /// Links between rows, over all layers, each direction counted.
    pub links: usize,
    /// Bytes held: links, tables, and whatever the engine copies for itself.
    pub bytes: usize,
    /// True when building again from the same rows gives the same graph.
    pub repeatable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::binary::Codes;
    use crate::index::exact::scan;
    use crate::index::testing::Rng;
    use crate::index::topk::TopK;
    use crate::vectors::Vectors;

    const PARAMS: GraphParams = GraphParams {
        m: 8,
        ef_construct: 64,
    };

    fn over_floats(rows: &Vectors) -> Graph<f32> {
        Graph::build(rows.rows(), PARAMS).unwrap()
    }

    fn exact_rows(rows: &Vectors, query: &[f32], allowed: Option<&BitSet>, limit: usize) -> Vec<u32> {
        let mut top = TopK::new(limit);
        scan(rows, query, allowed, &mut top);
        top.finish().iter().map(|h| h.point).collect()
    }

    #[test]
    fn a_beam_as_wide_as_the_corpus_finds_every_row() {
        let rows = Rng::new(11).units(300, 16);
        let (graph, mut found) = (over_floats(&rows), Vec::new());
        let computed = graph.search(rows.row(17), 300, None, &mut found);
        found.sort_unstable();
        assert_eq!(found, (0..300).collect::<Vec<u32>>());
        assert!(computed >= 300);
    }

    #[test]
    fn a_narrow_beam_finds_most_neighbours_with_a_fraction_of_the_work() {
        let mut rng = Rng::new(12);
        let rows = rng.units(3000, 16);
        let (graph, mut found, mut good, mut computed) = (over_floats(&rows), Vec::new(), 0, 0);
        for _ in 0..20 {
            let query = rng.unit(16);
            computed += graph.search(&query, 64, None, &mut found);
            assert!(found.len() <= 64);
            let want = exact_rows(&rows, &query, None, 10);
            good += want.iter().filter(|r| found.contains(r)).count();
        }
        assert!(good >= 190, "{good} of 200 neighbours");
        assert!(computed < 20 * 1500, "{computed} distances");
    }

    #[test]
    fn a_filter_inside_the_walk_finds_the_matches_and_only_them() {
        let mut rng = Rng::new(13);
        let rows = rng.units(1000, 16);
        let (graph, mut found) = (over_floats(&rows), Vec::new());
        let allowed = BitSet::from_iter(1000, (3..1000).step_by(7));
        let query = rng.unit(16);
        graph.search(&query, 1000, Some(&allowed), &mut found);
        assert!(found.iter().all(|&r| allowed.contains(r)));
        let want = exact_rows(&rows, &query, Some(&allowed), 10);
        assert!(want.iter().all(|r| found.contains(r)));
    }

    #[test]
    fn a_filter_that_nothing_passes_finds_nothing_at_any_width() {
        let rows = Rng::new(14).units(200, 8);
        let (graph, mut found) = (over_floats(&rows), vec![9]);
        for ef in [0, 1, 2, 10, usize::MAX] {
            graph.search(rows.row(0), ef, Some(&BitSet::new(200)), &mut found);
            assert!(found.is_empty(), "ef {ef}");
        }
    }

    #[test]
    fn the_narrowest_filtered_beam_still_finds_a_match() {
        let mut rng = Rng::new(15);
        let rows = rng.units(500, 8);
        let (graph, mut found) = (over_floats(&rows), Vec::new());
        let allowed = BitSet::from_iter(500, [250]);
        for _ in 0..200 {
            graph.search(&rng.unit(8), 1, Some(&allowed), &mut found);
            assert_eq!(found, [250]);
        }
    }

    #[test]
    fn no_row_and_one_row_work() {
        let mut found = vec![1];
        let none = Vectors::with_capacity(4, 0);
        let graph = over_floats(&none);
        assert_eq!(graph.search(&[1.0, 0.0, 0.0, 0.0], 10, None, &mut found), 0);
        assert!(found.is_empty());
        let want = GraphFacts {
            links: 0,
            bytes: 0,
            repeatable: true,
        };
        assert_eq!(graph.facts(), want);

        let one = Rng::new(16).units(1, 4);
        over_floats(&one).search(&[1.0, 0.0, 0.0, 0.0], 10, None, &mut found);
        assert_eq!(found, [0]);
    }

    #[test]
    fn building_twice_gives_the_same_answers_and_counts() {
        let mut rng = Rng::new(17);
        let rows = rng.units(2000, 16);
        let (a, b) = (over_floats(&rows), over_floats(&rows));
        assert!(a.facts().repeatable);
        assert_eq!(a.facts(), b.facts());
        let (mut from_a, mut from_b) = (Vec::new(), Vec::new());
        for _ in 0..20 {
            let query = rng.unit(16);
            let computed = a.search(&query, 20, None, &mut from_a);
            assert_eq!(b.search(&query, 20, None, &mut from_b), computed);
            assert_eq!(from_a, from_b);
        }
    }

    #[test]
    fn a_graph_over_codes_finds_rows_with_the_query_s_code() {
        let rows = Rng::new(18).units(1000, 64);
        let codes = Codes::new(&rows);
        let graph = Graph::build(codes.codes(), PARAMS).unwrap();
        let mut found = Vec::new();
        for row in [0, 499, 999] {
            graph.search(codes.code(row), 32, None, &mut found);
            assert!(found.contains(&(row as u32)));
        }
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let rows = Rng::new(19).units(2, 4);
        let refused = |m, ef_construct| Graph::build(rows.rows(), GraphParams { m, ef_construct }).err();
        assert_eq!(refused(1, 10), Some(IndexError::Links(1)));
        assert_eq!(refused(256, 10), Some(IndexError::Links(256)));
        assert_eq!(refused(16, 0), Some(IndexError::Beam));
    }
}
