//! Which way a dense query goes: by code or by float, by graph or by scan, and where the filter comes in.

use super::{DenseIndex, DenseQuery};
use crate::index::Filtering;
use crate::index::graph::{Engine, LEAST_NEIGHBOURS};

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

/// What a walk among matches costs per unit of beam width, in scanned matches; how many match makes little difference.
///
/// Measured on 100,000 clustered rows of 384 dimensions, m 16, by the number of matches at which walk and scan take
/// equally long. A walk jumps and sorts, so it costs the more scanned rows the smaller these are.
fn walk_cost(row_bytes: usize) -> f64 {
    match row_bytes {
        0..256 => 200.0,
        256..1024 => 70.0,
        _ => 36.0,
    }
}

/// How wide a walk has to be able to be, so that finding out what lies around the query costs a tenth of a scan.
const PROBE: f64 = 120.0;

/// `hnsw_rs` goes on until it has nothing left to look at, and looks at rows that do not match too: about 43 comparisons
/// per unit of beam width when everything matches, each as dear as 3 of a scan, and more for codes.
fn hnsw_rs_cost(by_code: bool) -> f64 {
    if by_code { 2048.0 } else { 128.0 }
}

impl DenseIndex {
    /// Decides how a query is answered, before anything is computed.
    ///
    /// `matches` is how many points the filter lets pass, where there is a set of them.
    pub(super) fn way(&self, query: &DenseQuery<'_>, matches: usize) -> Way {
        let by_code = !query.exact && self.first_pass.has_codes();
        let graph = !query.exact && !query.scan && self.first_pass.graph_params().is_some();
        let (by_graph, filter) = match query.filtering {
            Filtering::None => (graph, Applied::Never),
            Filtering::Post(_) => (graph, Applied::After),
            Filtering::Pre(_) => (false, Applied::Within),
            Filtering::InGraph(_) => (graph, Applied::Within),
            Filtering::Auto(_) => (graph && self.walk_pays(matches, query), Applied::Within),
        };
        Way {
            by_code,
            by_graph,
            filter,
        }
    }

    /// How wide a walk among `matches` rows can be, to cost as much as a scan of them.
    pub(super) fn widest_walk(&self, matches: f64) -> f64 {
        matches / walk_cost(self.first_pass.row_bytes(&self.rows))
    }

    /// Whether a filter that lets `matches` points pass is better carried out inside the graph walk than by
    /// scanning the matches.
    ///
    /// What the walk finds out about the surroundings of the query can still change it: see
    /// [`crate::index::graph::Within::thorough`].
    fn walk_pays(&self, matches: usize, query: &DenseQuery<'_>) -> bool {
        let by_code = self.first_pass.has_codes();
        let want = if by_code { query.fetch() } else { query.limit };
        let ef = query.ef.max(want) as f64;
        let Some(params) = self.first_pass.graph_params() else {
            return false;
        };
        let (matches, rows) = (matches as f64, self.len() as f64);
        match params.engine {
            Engine::Hnsw => {
                // Where matches are too thin to be linked with each other, unless they crowd around the query, a walk will
                // most likely be given up as soon as it has come near: that has to cost little beside the scan.
                let links = 2.0 * params.m as f64 * matches / rows;
                let is_hopeful = links >= LEAST_NEIGHBOURS || self.widest_walk(matches) > PROBE;
                is_hopeful && self.widest_walk(matches) > ef
            }
            // Comparisons rise as the share of matches falls.
            Engine::HnswRs => matches * matches > hnsw_rs_cost(by_code) * ef * rows,
        }
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

    #[test]
    fn auto_walks_where_matches_are_near_and_scans_where_they_lie_elsewhere() {
        // The first thousand rows lie around one point, the others around the opposite one.
        let mut rng = Rng::new(40);
        let (centre, noise) = (rng.unit(256), rng.units(2000, 256));
        let mut rows = crate::vectors::Vectors::with_capacity(256, 2000);
        for (i, noise) in noise.rows().enumerate() {
            let side = if i < 1000 { 1.0 } else { -1.0 };
            let mut row: Vec<f32> = centre.iter().zip(noise).map(|(c, n)| side * c + n).collect();
            crate::vectors::normalize(&mut row);
            rows.push(&row);
        }
        let index = index(&rows, true, false);
        let answer = |filtering| {
            let query = DenseQuery {
                ef: 10,
                ..query(rows.row(3), filtering)
            };
            search(&index, &query)
        };
        let near = BitSet::from_iter(2000, 100..1000);
        let (got, want) = (answer(Filtering::Auto(&near)), answer(Filtering::Pre(&near)));
        assert!(got.way.by_graph);
        assert!(got.counters.float_distances < want.counters.float_distances);
        assert_eq!(got.counters.matches, 900);
        assert!(got.hits.iter().all(|h| near.contains(h.point)));

        // A third of what is near and all of what is far: fewer than in the corpus as a whole, but enough to meet them.
        let thinner = BitSet::from_iter(2000, (0..1000).step_by(3).chain(1000..2000));
        let (got, want) = (
            answer(Filtering::Auto(&thinner)),
            answer(Filtering::Pre(&thinner)),
        );
        assert!(got.way.by_graph && got.counters.float_distances < want.counters.float_distances);
        let (seen, passing) = (got.counters.sampled, got.counters.sampled_matches);
        assert!(seen > 0 && passing * 2 < seen, "{passing} of {seen}");
        let found = want.hits.iter().filter(|hit| got.hits.contains(hit)).count();
        assert!(found >= 4, "{found} of {}", want.hits.len());

        let elsewhere = BitSet::from_iter(2000, 1000..2000);
        let (got, want) = (
            answer(Filtering::Auto(&elsewhere)),
            answer(Filtering::Pre(&elsewhere)),
        );
        assert!(!got.way.by_graph && got.counters.hops > 0);
        assert_eq!(got.hits, want.hits);
    }
}
