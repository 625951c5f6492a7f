//! Which way a dense query goes: by code or by float, by graph or by scan, and where the filter comes in.

use super::{DenseIndex, DenseQuery, FirstPass};
use crate::index::Filtering;
use crate::index::graph::{Engine, Graph};

/// How a dense search was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The codes were searched, not the floats.
    pub by_code: bool,
    /// The graph was walked; else rows were scanned.
    pub by_graph: bool,
    /// When the filter was applied.
    pub filter: Applied,
}

/// When a filter was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// There was none.
    Never,
    /// Only matching rows were scanned, or only they could leave the graph walk.
    Within,
    /// On the hits of an unfiltered search.
    After,
}

/// What a filtered walk costs per unit of beam width, in scanned rows, when everything matches: comparisons times what
/// one of them costs more than one of a scan, which reads on where a walk jumps.
///
/// Measured on 100,000 clustered rows of 384 dimensions, m 16, by the selectivity at which walk and scan take equally
/// long: about 5 comparisons, each as dear as 3 in a scan of floats and as dear as 11 in one of codes. `hnsw_rs` goes
/// on until it has nothing left to look at (43 comparisons on 20,000 rows).
fn walk_cost(engine: Engine, by_code: bool) -> f64 {
    match (engine, by_code) {
        (Engine::Hnsw, false) => 14.0,
        (Engine::Hnsw, true) => 60.0,
        (Engine::HnswRs, false) => 128.0,
        (Engine::HnswRs, true) => 2048.0,
    }
}

impl DenseIndex {
    /// Decides how a query is answered, before anything is computed.
    pub(super) fn way(&self, query: &DenseQuery<'_>) -> Way {
        let has_graph = matches!(
            self.first_pass,
            FirstPass::Floats(Some(_)) | FirstPass::Codes(_, Some(_))
        );
        let by_code = !query.exact && self.codes().is_some();
        let graph = !query.exact && !query.scan && has_graph;
        let (by_graph, filter) = match query.filtering {
            Filtering::None => (graph, Applied::Never),
            Filtering::Post(_) => (graph, Applied::After),
            Filtering::Pre(_) => (false, Applied::Within),
            Filtering::InGraph(_) => (graph, Applied::Within),
            Filtering::Auto(set) => (graph && self.walk_pays(set.count(), query), Applied::Within),
        };
        Way {
            by_code,
            by_graph,
            filter,
        }
    }

    /// Whether a filter that lets `matches` points pass is better carried out inside the graph walk than by
    /// scanning the matches.
    ///
    /// A walk has to compare about `ef · n / matches` times a constant, a scan `matches` rows.
    fn walk_pays(&self, matches: usize, query: &DenseQuery<'_>) -> bool {
        let (ef, engine, by_code) = match &self.first_pass {
            FirstPass::Floats(graph) => (
                query.ef.max(query.limit),
                graph.as_ref().map(Graph::engine),
                false,
            ),
            FirstPass::Codes(_, graph) => (
                query.ef.max(query.fetch()),
                graph.as_ref().map(Graph::engine),
                true,
            ),
        };
        let Some(engine) = engine else {
            return false;
        };
        let cost = walk_cost(engine, by_code);
        let (matches, rows) = (matches as f64, self.len() as f64);
        matches * matches > cost * ef as f64 * rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::bitset::BitSet;
    use crate::index::dense::tests::{index, query, search};
    use crate::index::testing::Rng;

    #[test]
    fn strategies_take_the_path_they_name() {
        let mut rng = Rng::new(34);
        let (rows, vector) = (rng.units(3000, 24), rng.unit(24));
        let few = BitSet::from_iter(3000, (0..3000).step_by(10));
        let most = BitSet::from_iter(3000, 20..3000);
        let passes = |p: u32| p.is_multiple_of(10);
        let with = index(&rows, true, false);
        let without = index(&rows, false, false);
        let ways = |filtering| {
            let query = DenseQuery {
                ef: 10,
                ..query(&vector, filtering)
            };
            [&with, &without].map(|i| {
                let answer = search(i, &query);
                (answer.way.by_graph, answer.way.filter)
            })
        };
        let (scan, walk) = ((false, Applied::Within), (true, Applied::Within));
        assert_eq!(ways(Filtering::Pre(&most)), [scan, scan]);
        assert_eq!(ways(Filtering::InGraph(&few)), [walk, scan]);
        assert_eq!(ways(Filtering::Auto(&few)), [scan, scan]);
        assert_eq!(ways(Filtering::Auto(&most)), [walk, scan]);
        let after = [(true, Applied::After), (false, Applied::After)];
        assert_eq!(ways(Filtering::Post(&passes)), after);
    }
}
