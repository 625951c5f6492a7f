//! One dense vector of the corpus: its rows, and what makes searching them cheaper.

mod first;
mod pass;
mod way;

use std::sync::Arc;

use crate::hit::{Hit, rank};
use crate::index::binary::BinaryParams;
use crate::index::bitset::BitSet;
use crate::index::graph::{GraphFacts, GraphParams, Scratch};
use crate::index::points::PointMap;
use crate::index::rows::Rows;
use crate::index::topk::TopK;
use crate::index::{Counters, Filtering, IndexError};
use crate::vectors::{Metric, Vectors};
use first::FirstPass;
use pass::Pass;
pub use way::{Applied, Way};

/// The rows of one dense vector, ready to be searched.
pub struct DenseIndex {
    metric: Metric,
    rows: Arc<Rows<f32>>,
    points: PointMap,
    first_pass: FirstPass,
}

/// What is built over the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DenseParams {
    /// How rows are compared. Under [`Metric::Cosine`] they are L2-normalised.
    pub metric: Metric,
    /// A graph, over the codes if there are codes.
    pub graph: Option<GraphParams>,
    /// Codes for the first pass.
    pub codes: Option<Coding>,
}

/// What rows are compressed to for the first pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Coding {
    /// A bit per dimension.
    Binary(BinaryParams),
    /// A byte per dimension.
    Scalar {
        /// The share of values that the scale holds; see [`crate::index::scalar::Bytes::new`].
        quantile: f64,
    },
}

/// One query.
#[derive(Clone, Copy)]
pub struct DenseQuery<'a> {
    /// As long as a row; L2-normalised under [`Metric::Cosine`].
    pub vector: &'a [f32],
    /// Most hits wanted.
    pub limit: usize,
    /// Beam width of a graph search; raised to the number of hits it has to find.
    pub ef: usize,
    /// Scan the float rows whatever else there is.
    pub exact: bool,
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
    /// In rank order. The score is the dot product or the negated Euclidean distance; without rescoring, that of the codes.
    pub hits: Vec<Hit>,
    /// Work done.
    pub counters: Counters,
    /// How it was done.
    pub way: Way,
}

/// Memory of a search, used again by the next.
#[derive(Debug, Default)]
pub struct DenseScratch {
    shifted: Vec<f32>,
    bits: Vec<u64>,
    bytes: Vec<i8>,
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
        let first_pass = FirstPass::build(&rows, params)?;
        Ok(Self {
            metric: params.metric,
            rows,
            points,
            first_pass,
        })
    }

    /// Values per row.
    pub fn dim(&self) -> usize {
        self.rows.width()
    }

    /// How rows are compared.
    pub fn metric(&self) -> Metric {
        self.metric
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

    /// Bytes of the codes; 0 where there are none.
    pub fn code_bytes(&self) -> usize {
        self.first_pass.code_bytes()
    }

    /// How many different binary codes there are, if there are binary codes.
    pub fn distinct_codes(&self) -> Option<usize> {
        self.first_pass.distinct_codes()
    }

    /// Sizes of the graph, if there is one.
    pub fn graph(&self) -> Option<GraphFacts> {
        self.first_pass.graph()
    }

    /// Answers one query.
    ///
    /// # Panics
    /// When the vector is not as long as a row: a programming error, never an input error.
    pub fn search(&self, query: &DenseQuery<'_>, scratch: &mut DenseScratch) -> DenseAnswer {
        let mut pass = Pass::new(self, query, self.way(query));
        let mut hits = pass.run(scratch);
        let (counters, way) = (pass.counters, pass.way);
        if self.metric == Metric::L2 && (!way.by_code || query.rescore) {
            // Neighbouring squares can have one root, and of equals the larger row comes first.
            hits.iter_mut().for_each(|hit| hit.score = -(-hit.score).sqrt());
            rank(&mut hits, usize::MAX);
        }
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
    use crate::index::binary::BinaryQuery;
    use crate::index::exact::scan;
    use crate::index::graph::Engine;
    use crate::index::kernel::Dot;
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
            codes: binary.then_some(Coding::Binary(BinaryParams::default())),
            ..DenseParams::default()
        };
        DenseIndex::build(rows, &points, rows.len(), params).unwrap()
    }

    pub(super) fn query<'a>(vector: &'a [f32], filtering: Filtering<'a>) -> DenseQuery<'a> {
        DenseQuery {
            vector,
            limit: 5,
            ef: 40,
            exact: false,
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
                bytes: 200 * 24 * 4,
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
            bytes: 200 * 8 + 15 * 24 * 4,
            ..Counters::default()
        };
        assert_eq!(codes.counters, want);

        let graph = search(&index(&rows, true, false), &query);
        assert_eq!(graph.way, way(false, true, Applied::Never));
        assert_eq!(
            (graph.counters.candidates, graph.counters.code_distances),
            (40, 0)
        );
        // Rows of 24 floats, and slots of 24 links in the lowest layer and 12 in those above.
        let (rows_read, hops) = (graph.counters.float_distances * 24 * 4, graph.counters.hops);
        let links_read = graph.counters.bytes - rows_read;
        assert!(
            (hops * 12 * 4..=hops * 24 * 4).contains(&links_read),
            "{links_read} in {hops} hops"
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

    /// Every way of coding rows, and none.
    fn codings() -> Vec<Option<Coding>> {
        let binary = |centred, query| Some(Coding::Binary(BinaryParams { centred, query }));
        vec![
            None,
            binary(false, BinaryQuery::Bits),
            binary(true, BinaryQuery::Bits),
            binary(false, BinaryQuery::FourBits),
            binary(true, BinaryQuery::FourBits),
            Some(Coding::Scalar { quantile: 1.0 }),
            Some(Coding::Scalar { quantile: 0.9 }),
        ]
    }

    /// Rows of any length, none of them normalised.
    fn crooked(rng: &mut Rng, count: usize, dim: usize) -> Vectors {
        let values = (0..count * dim).map(|_| 3.0 * rng.symmetric() + 1.0).collect();
        Vectors::from_flat(dim, values).unwrap()
    }

    #[test]
    fn every_metric_and_coding_is_exact_when_everything_is_looked_at() {
        let mut rng = Rng::new(36);
        let (rows, vectors) = (crooked(&mut rng, 150, 20), crooked(&mut rng, 8, 20));
        let half = BitSet::from_iter(150, (0..150).step_by(2));
        let points: Vec<u32> = (0..150).collect();
        for metric in [Metric::Dot, Metric::L2] {
            for (codes, graph) in codings().into_iter().flat_map(|c| [(c, None), (c, Some(GRAPH))]) {
                let params = DenseParams { metric, graph, codes };
                let index = DenseIndex::build(&rows, &points, 150, params).unwrap();
                for vector in vectors.rows() {
                    for filtering in [Filtering::None, Filtering::Pre(&half), Filtering::InGraph(&half)] {
                        let query = DenseQuery {
                            ef: 150,
                            oversampling: 30.0,
                            ..query(vector, filtering)
                        };
                        let want = search(&index, &DenseQuery { exact: true, ..query });
                        let got = search(&index, &query);
                        assert_eq!(got.hits, want.hits, "{metric:?}, {params:?}");
                        assert_eq!(got.hits.len(), 5);
                    }
                }
            }
        }
    }

    #[test]
    fn scores_are_the_dot_product_and_the_negated_distance() {
        let rows = Vectors::from_flat(2, vec![3.0, 4.0, 1.0, 1.0, 0.0, 0.0]).unwrap();
        let found = |metric| {
            let params = DenseParams {
                metric,
                ..DenseParams::default()
            };
            let index = DenseIndex::build(&rows, &[0, 1, 2], 3, params).unwrap();
            let hits = search(&index, &query(&[0.0, 0.0], Filtering::None)).hits;
            hits.iter().map(|h| (h.point, h.score)).collect::<Vec<_>>()
        };
        assert_eq!(found(Metric::Dot), [(2, 0.0), (1, 0.0), (0, 0.0)]);
        assert_eq!(found(Metric::L2), [(2, 0.0), (1, -2f32.sqrt()), (0, -5.0)]);
    }

    #[test]
    fn bytes_and_four_bit_queries_tell_more_rows_apart_than_signs() {
        let mut rng = Rng::new(37);
        let rows = rng.units(3000, 64);
        let points: Vec<u32> = (0..3000).collect();
        let vectors = rng.units(30, 64);
        let good = |codes| {
            let params = DenseParams {
                codes: Some(codes),
                ..DenseParams::default()
            };
            let index = DenseIndex::build(&rows, &points, 3000, params).unwrap();
            let of = |vector| {
                let coded = DenseQuery {
                    limit: 10,
                    oversampling: 2.0,
                    ..query(vector, Filtering::None)
                };
                let want = search(&index, &DenseQuery { exact: true, ..coded }).hits;
                let got = search(&index, &coded).hits;
                want.iter().filter(|h| got.contains(h)).count()
            };
            vectors.rows().map(of).sum::<usize>()
        };
        let binary = |query| {
            Coding::Binary(BinaryParams {
                centred: false,
                query,
            })
        };
        let signs = good(binary(BinaryQuery::Bits));
        let four_bits = good(binary(BinaryQuery::FourBits));
        let bytes = good(Coding::Scalar { quantile: 1.0 });
        assert!(
            signs + 30 < four_bits && four_bits < bytes,
            "{signs}, {four_bits}, {bytes}"
        );
        assert_eq!(bytes, 300);
    }
}
