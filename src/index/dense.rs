//! One dense vector of the corpus: its rows, and what makes searching them cheaper.

mod pass;
mod way;

use std::sync::Arc;

use crate::hit::Hit;
use crate::index::binary::{Codes, encode};
use crate::index::bitset::BitSet;
use crate::index::graph::{Graph, GraphFacts, GraphParams, Scratch};
use crate::index::kernel::{Dot, Hamming};
use crate::index::points::PointMap;
use crate::index::rows::Rows;
use crate::index::topk::TopK;
use crate::index::{Counters, Filtering, IndexError};
use crate::vectors::Vectors;
use pass::Pass;
pub use way::{Applied, Way};

/// The rows of one dense vector, ready to be searched.
pub struct DenseIndex {
    rows: Arc<Rows<f32>>,
    points: PointMap,
    first_pass: FirstPass,
}

/// What is searched unless an exact search is asked for.
enum FirstPass {
    Floats(Option<Graph<Dot>>),
    Codes(Codes, Option<Graph<Hamming>>),
}

/// What is built over the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DenseParams {
    /// A graph, over the codes if there are codes.
    pub graph: Option<GraphParams>,
    /// Binary codes for the first pass.
    pub binary: bool,
}

/// One query.
#[derive(Clone, Copy)]
pub struct DenseQuery<'a> {
    /// L2-normalised, as long as a row.
    pub vector: &'a [f32],
    /// Most hits wanted.
    pub limit: usize,
    /// Beam width of a graph search; raised to the number of hits it has to find.
    pub ef: usize,
    /// Scan the float rows whatever else there is.
    pub exact: bool,
    /// Scan instead of walking the graph; by code where there are codes.
    pub scan: bool,
    /// With codes: fetch `⌈oversampling × limit⌉` rows by code, at least `limit`.
    pub oversampling: f64,
    /// With codes: score what was fetched again with the float rows.
    pub rescore: bool,
    /// Which points may be returned.
    pub filtering: Filtering<'a>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseAnswer {
    /// In rank order. The score is the dot product, or, without rescoring, the negated number of differing bits.
    pub hits: Vec<Hit>,
    /// Work done.
    pub counters: Counters,
    /// How it was done.
    pub way: Way,
}

/// Memory of a search, used again by the next.
#[derive(Debug, Default)]
pub struct DenseScratch {
    code: Vec<u64>,
    walk: Scratch,
    found: Vec<Hit>,
    rows: BitSet,
    top: TopK,
}

impl DenseIndex {
    /// Indexes a copy of `rows`, of which row `i` belongs to point `points[i]` out of `count`.
    ///
    /// # Errors
    /// When points and rows do not go together, a value is not finite, the graph's parameters are out of range, or
    /// there is no memory.
    pub fn build(
        rows: &Vectors,
        points: &[u32],
        count: usize,
        params: DenseParams,
    ) -> Result<Self, IndexError> {
        let points = PointMap::new(points, rows.len(), count)?;
        if let Some(row) = rows.rows().position(|r| !r.iter().all(|x| x.is_finite())) {
            return Err(IndexError::NotFinite { row });
        }
        let rows = Arc::new(Rows::of(rows)?);
        let first_pass = if params.binary {
            let codes = Codes::new(&rows)?;
            let graph = params
                .graph
                .map(|p| Graph::build(codes.rows().clone(), p))
                .transpose()?;
            FirstPass::Codes(codes, graph)
        } else {
            let graph = params.graph.map(|p| Graph::build(rows.clone(), p)).transpose()?;
            FirstPass::Floats(graph)
        };
        Ok(Self {
            rows,
            points,
            first_pass,
        })
    }

    /// Values per row.
    pub fn dim(&self) -> usize {
        self.rows.width()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of the float rows and of the map to their points.
    pub fn vector_bytes(&self) -> usize {
        self.rows.bytes() + self.points.bytes()
    }

    /// The codes, if there are any.
    pub fn codes(&self) -> Option<&Codes> {
        match &self.first_pass {
            FirstPass::Floats(_) => None,
            FirstPass::Codes(codes, _) => Some(codes),
        }
    }

    /// Sizes of the graph, if there is one.
    pub fn graph(&self) -> Option<GraphFacts> {
        match &self.first_pass {
            FirstPass::Floats(graph) => graph.as_ref().map(Graph::facts),
            FirstPass::Codes(_, graph) => graph.as_ref().map(Graph::facts),
        }
    }

    /// Answers one query.
    ///
    /// # Panics
    /// When the vector is not as long as a row: a programming error, never an input error.
    pub fn search(&self, query: &DenseQuery<'_>, scratch: &mut DenseScratch) -> DenseAnswer {
        let way = self.way(query);
        let DenseScratch {
            code,
            walk,
            found,
            rows,
            top,
        } = scratch;
        let within = match query.filtering {
            Filtering::Auto(set) | Filtering::Pre(set) | Filtering::InGraph(set) => {
                Some(self.points.rows(set, rows))
            }
            Filtering::None | Filtering::Post(_) => None,
        };
        let mut pass = Pass {
            index: self,
            query,
            within,
            walk,
            found,
            top,
            counters: Counters::default(),
        };
        let mut hits = match &self.first_pass {
            FirstPass::Codes(codes, graph) if !query.exact => {
                code.resize(query.vector.len().div_ceil(64), 0);
                encode(query.vector, code);
                pass.codes(codes, graph.as_ref().filter(|_| way.by_graph), code)
            }
            FirstPass::Floats(Some(graph)) if way.by_graph => pass.float_graph(graph),
            _ => pass.float_scan(),
        };
        let counters = pass.counters;
        for hit in &mut hits {
            hit.point = self.points.point(hit.point);
        }
        if let Filtering::Post(passes) = query.filtering {
            hits.retain(|h| passes(h.point));
        }
        DenseAnswer { hits, counters, way }
    }
}

impl DenseQuery<'_> {
    /// Rows fetched by code.
    fn fetch(&self) -> usize {
        ((self.oversampling * self.limit as f64).ceil() as usize).max(self.limit)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::index::exact::scan;
    use crate::index::graph::Engine;
    use crate::index::testing::Rng;

    const GRAPH: GraphParams = GraphParams {
        engine: Engine::Hnsw,
        m: 12,
        ef_construct: 100,
        seed: 42,
    };

    pub(super) fn index(rows: &Vectors, graph: bool, binary: bool) -> DenseIndex {
        let points: Vec<u32> = (0..rows.len() as u32).collect();
        let params = DenseParams {
            graph: graph.then_some(GRAPH),
            binary,
        };
        DenseIndex::build(rows, &points, rows.len(), params).unwrap()
    }

    pub(super) fn query<'a>(vector: &'a [f32], filtering: Filtering<'a>) -> DenseQuery<'a> {
        DenseQuery {
            vector,
            limit: 5,
            ef: 40,
            exact: false,
            scan: false,
            oversampling: 3.0,
            rescore: true,
            filtering,
        }
    }

    pub(super) fn search(index: &DenseIndex, query: &DenseQuery<'_>) -> DenseAnswer {
        index.search(query, &mut DenseScratch::default())
    }

    fn way(by_code: bool, by_graph: bool, filter: Applied) -> Way {
        Way {
            by_code,
            by_graph,
            filter,
        }
    }

    #[test]
    fn each_kind_of_index_goes_its_own_way_and_counts_it() {
        let mut rng = Rng::new(31);
        let (rows, vector) = (rng.units(200, 24), rng.unit(24));
        let query = query(&vector, Filtering::None);

        let scan = search(&index(&rows, false, false), &query);
        assert_eq!(scan.way, way(false, false, Applied::Never));
        assert_eq!(
            scan.counters,
            Counters {
                float_distances: 200,
                candidates: 200,
                ..Counters::default()
            }
        );

        let codes = search(&index(&rows, false, true), &query);
        assert_eq!(codes.way, way(true, false, Applied::Never));
        let want = Counters {
            code_distances: 200,
            float_distances: 15,
            candidates: 15,
            rescored: 15,
            ..Counters::default()
        };
        assert_eq!(codes.counters, want);

        let graph = search(&index(&rows, true, false), &query);
        assert_eq!(graph.way, way(false, true, Applied::Never));
        assert_eq!(
            (graph.counters.candidates, graph.counters.code_distances),
            (40, 0)
        );

        let both = search(&index(&rows, true, true), &query);
        assert_eq!(both.way, way(true, true, Applied::Never));
        assert_eq!((both.counters.candidates, both.counters.rescored), (15, 15));
    }

    #[test]
    fn exact_ignores_graph_and_codes() {
        let mut rng = Rng::new(32);
        let (rows, vector) = (rng.units(100, 24), rng.unit(24));
        let query = DenseQuery {
            exact: true,
            ..query(&vector, Filtering::None)
        };
        let want = search(&index(&rows, false, false), &query);
        let got = search(&index(&rows, true, true), &query);
        assert_eq!(got, want);
        assert_eq!(got.way, way(false, false, Applied::Never));
    }

    #[test]
    fn enough_oversampling_makes_codes_exact_and_no_rescoring_shows_bits() {
        let mut rng = Rng::new(33);
        let (rows, vector) = (rng.units(100, 24), rng.unit(24));
        let (plain, coded) = (index(&rows, false, false), index(&rows, false, true));
        let all = DenseQuery {
            oversampling: 20.0,
            ..query(&vector, Filtering::None)
        };
        assert_eq!(search(&coded, &all).hits, search(&plain, &all).hits);

        let bits = search(
            &coded,
            &DenseQuery {
                rescore: false,
                ..all
            },
        );
        assert_eq!(
            (bits.counters.float_distances, bits.counters.candidates),
            (0, 100)
        );
        assert!(bits.hits.iter().all(|h| h.score <= 0.0 && h.score.fract() == 0.0));
        assert_eq!(bits.hits.len(), 5);
    }

    #[test]
    fn a_pre_filter_looks_at_matches_only_and_a_post_filter_may_come_back_short() {
        let rows = Vectors::from_flat(1, vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]).unwrap();
        let index = index(&rows, false, false);
        let points = |filtering| {
            let answer = search(
                &index,
                &DenseQuery {
                    filtering,
                    ..query(&[1.0], Filtering::None)
                },
            );
            let points: Vec<u32> = answer.hits.iter().map(|h| h.point).collect();
            (points, answer.counters.float_distances)
        };
        let low = BitSet::from_iter(8, 0..5);
        assert_eq!(points(Filtering::Pre(&low)), (vec![4, 3, 2, 1, 0], 5));
        assert_eq!(points(Filtering::Post(&|p| p < 5)), (vec![4, 3], 8));
    }

    #[test]
    fn rows_answer_with_their_points_and_filters_speak_of_points() {
        let rows = Vectors::from_flat(1, vec![0.1, 0.9, 0.5]).unwrap();
        let params = DenseParams::default();
        let index = DenseIndex::build(&rows, &[2, 5, 7], 9, params).unwrap();
        let points = |filtering| -> Vec<u32> {
            let answer = search(
                &index,
                &DenseQuery {
                    filtering,
                    ..query(&[1.0], Filtering::None)
                },
            );
            answer.hits.iter().map(|h| h.point).collect()
        };
        assert_eq!(points(Filtering::None), [5, 7, 2]);
        let some = BitSet::from_iter(9, [0, 2, 7, 8]);
        assert_eq!(points(Filtering::Pre(&some)), [7, 2]);
        assert_eq!(points(Filtering::Post(&|p| p != 5)), [7, 2]);
    }

    #[test]
    fn graph_scores_have_the_bits_of_the_scan() {
        let mut rng = Rng::new(35);
        let rows = rng.units(150, 24);
        let graph = index(&rows, true, false);
        for _ in 0..20 {
            let vector = rng.unit(24);
            let mut top = TopK::new(5);
            scan::<Dot>(&Rows::of(&rows).unwrap(), &vector, None, &mut top);
            let wide = DenseQuery {
                ef: 150,
                ..query(&vector, Filtering::None)
            };
            assert_eq!(search(&graph, &wide).hits, *top.finish());
        }
    }

    #[test]
    fn rows_that_cannot_be_compared_are_refused() {
        let rows = Vectors::from_flat(1, vec![0.1, f32::NAN]).unwrap();
        let got = DenseIndex::build(&rows, &[0, 1], 2, DenseParams::default()).err();
        assert_eq!(got, Some(IndexError::NotFinite { row: 1 }));
    }
}
