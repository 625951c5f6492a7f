//! The ways to a dense answer: floats or codes, scanned or by graph.

use super::first::FirstPass;
use super::{DenseIndex, DenseQuery, DenseScratch, Way};
use crate::hit::{Hit, rank};
use crate::index::binary::{BinaryQuery, Codes};
use crate::index::bitset::BitSet;
use crate::index::exact::scan;
use crate::index::graph::{Graph, Scratch, Within};
use crate::index::kernel::{Dot, DotBytes, Hamming, L2, L2Bytes, Planes, Space};
use crate::index::rows::Rows;
use crate::index::topk::TopK;
use crate::index::{Counters, Filtering};
use crate::vectors::Metric;

/// One search under way. Hits carry rows as points until the end.
pub(super) struct Pass<'a> {
    index: &'a DenseIndex,
    query: &'a DenseQuery<'a>,
    pub(super) way: Way,
    pub(super) counters: Counters,
}

/// Memory of the search, and the rows that it may find.
struct Means<'a> {
    within: Option<&'a BitSet>,
    walk: &'a mut Scratch,
    found: &'a mut Vec<Hit>,
    top: &'a mut TopK,
}

/// What a first pass came back with.
struct First {
    hits: Vec<Hit>,
    /// Rows compared with the query.
    compared: u64,
    /// Rows whose score was known at the end.
    known: u64,
}

impl<'a> Pass<'a> {
    pub(super) fn new(index: &'a DenseIndex, query: &'a DenseQuery<'a>, way: Way) -> Self {
        let matches = match query.filtering {
            Filtering::Auto(set) | Filtering::Pre(set) | Filtering::InGraph(set) => set.count() as u64,
            Filtering::None | Filtering::Post(_) => 0,
        };
        let counters = Counters {
            matches,
            ..Counters::default()
        };
        Self {
            index,
            query,
            way,
            counters,
        }
    }

    pub(super) fn run(&mut self, scratch: &mut DenseScratch) -> Vec<Hit> {
        let index = self.index;
        let DenseScratch {
            shifted,
            bits,
            bytes,
            walk,
            found,
            rows,
            top,
        } = scratch;
        let within = match self.query.filtering {
            Filtering::Auto(set) | Filtering::Pre(set) | Filtering::InGraph(set) => {
                Some(index.points.rows(set, rows))
            }
            Filtering::None | Filtering::Post(_) => None,
        };
        let means = &mut Means {
            within,
            walk,
            found,
            top,
        };
        let vector = self.query.vector;
        match &index.first_pass {
            _ if self.query.exact && index.metric == Metric::L2 => self.floats::<L2>(None, means),
            _ if self.query.exact => self.floats::<Dot>(None, means),
            FirstPass::Dot(graph) => self.floats(graph.as_ref(), means),
            FirstPass::L2(graph) => self.floats(graph.as_ref(), means),
            FirstPass::Bits(codes, graph) => {
                codes.encode(vector, shifted, bits);
                self.bits(codes, graph.as_ref(), bits, means)
            }
            FirstPass::DotBytes(codes, graph) => {
                codes.encode(vector, bytes);
                self.codes::<_, DotBytes>(codes.rows(), graph.as_ref(), bytes, means)
            }
            FirstPass::L2Bytes(codes, graph) => {
                codes.encode(vector, bytes);
                self.codes::<_, L2Bytes>(codes.rows(), graph.as_ref(), bytes, means)
            }
        }
    }

    fn floats<S: Space<Value = f32>>(&mut self, graph: Option<&Graph<S>>, means: &mut Means<'_>) -> Vec<Hit> {
        let (query, limit) = (self.query, self.query.limit);
        let first = self.find::<S, S>(&self.index.rows, graph, query.vector, limit, means);
        self.counters.float_distances += first.compared;
        self.counters.candidates += first.known;
        first.hits
    }

    fn bits(
        &mut self,
        codes: &Codes,
        graph: Option<&Graph<Hamming>>,
        query: &[u64],
        means: &mut Means<'_>,
    ) -> Vec<Hit> {
        match codes.query() {
            BinaryQuery::Bits => self.codes::<Hamming, Hamming>(codes.rows(), graph, query, means),
            BinaryQuery::FourBits => self.codes::<Hamming, Planes>(codes.rows(), graph, query, means),
        }
    }

    /// Searches codes, of which a graph compares two as `S` and a query and one as `Q`.
    fn codes<S: Space, Q: Space<Value = S::Value>>(
        &mut self,
        rows: &Rows<S::Value>,
        graph: Option<&Graph<S>>,
        query: &[S::Value],
        means: &mut Means<'_>,
    ) -> Vec<Hit> {
        let fetch = self.query.fetch();
        let First {
            mut hits,
            compared,
            known,
        } = self.find::<S, Q>(rows, graph, query, fetch, means);
        self.counters.code_distances += compared;
        self.counters.candidates += if self.query.rescore {
            hits.len() as u64
        } else {
            known
        };
        if self.query.rescore {
            self.rescore(&mut hits);
        }
        rank(&mut hits, self.query.limit);
        hits
    }

    /// The best `want` rows by graph, if there is one and it is to be walked, or else by scan.
    fn find<S: Space, Q: Space<Value = S::Value>>(
        &mut self,
        rows: &Rows<S::Value>,
        graph: Option<&Graph<S>>,
        query: &[S::Value],
        want: usize,
        means: &mut Means<'_>,
    ) -> First {
        let mut compared = 0;
        if let Some(graph) = graph.filter(|_| self.way.by_graph) {
            let ef = self.query.ef.max(want);
            let thorough = !matches!(self.query.filtering, Filtering::Auto(_));
            let within = means.within.map(|rows| Within { rows, thorough });
            let work = graph.search::<Q>(query, ef, within, means.walk, means.found);
            self.counters.hops += work.hops;
            self.counters.bytes += work.link_bytes + work.distances * row_bytes(rows);
            compared = work.distances;
            if thorough || means.found.len() >= ef {
                return First {
                    hits: means.found[..want.min(means.found.len())].to_vec(),
                    compared,
                    known: means.found.len() as u64,
                };
            }
            // The links between the matches lead to too few of them.
            self.way.by_graph = false;
        }
        means.top.reset(want);
        let scored = scan::<Q>(rows, query, means.within, means.top);
        self.counters.bytes += scored * row_bytes(rows);
        First {
            hits: means.top.finish().clone(),
            compared: compared + scored,
            known: scored,
        }
    }

    /// Gives every hit the score of its float row.
    fn rescore(&mut self, hits: &mut [Hit]) {
        let (query, rows) = (self.query.vector, &self.index.rows);
        for hit in &mut *hits {
            let row = rows.row(hit.point as usize);
            hit.score = match self.index.metric {
                Metric::L2 => L2::score(query, row),
                Metric::Cosine | Metric::Dot => Dot::score(query, row),
            };
        }
        self.counters.float_distances += hits.len() as u64;
        self.counters.rescored += hits.len() as u64;
        self.counters.bytes += hits.len() as u64 * row_bytes(rows);
    }
}

fn row_bytes<T: bytemuck::Pod>(rows: &Rows<T>) -> u64 {
    (rows.width() * size_of::<T>()) as u64
}
