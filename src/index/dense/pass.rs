//! The four ways to a dense answer: floats or codes, scanned or by graph.

use super::{DenseIndex, DenseQuery};
use crate::hit::{Hit, rank};
use crate::index::binary::Codes;
use crate::index::bitset::BitSet;
use crate::index::distance::dot;
use crate::index::graph::Graph;
use crate::index::topk::TopK;
use crate::index::{Counters, exact};

/// One search under way. Hits carry rows as points until the end.
pub(super) struct Pass<'a> {
    pub(super) index: &'a DenseIndex,
    pub(super) query: &'a DenseQuery<'a>,
    pub(super) within: Option<&'a BitSet>,
    pub(super) found: &'a mut Vec<u32>,
    pub(super) top: &'a mut TopK,
    pub(super) counters: Counters,
}

impl Pass<'_> {
    pub(super) fn float_scan(&mut self) -> Vec<Hit> {
        self.top.reset(self.query.limit);
        let rows = &self.index.rows;
        let scored = exact::scan(rows, self.query.vector, self.within, self.top);
        self.counters.float_distances += scored;
        self.counters.candidates += scored;
        self.top.finish().clone()
    }

    pub(super) fn float_graph(&mut self, graph: &Graph<f32>) -> Vec<Hit> {
        let (vector, limit) = (self.query.vector, self.query.limit);
        let ef = self.query.ef.max(limit);
        self.counters.float_distances += graph.search(vector, ef, self.within, self.found);
        self.counters.candidates += self.found.len() as u64;
        let mut hits: Vec<Hit> = self
            .found
            .iter()
            .map(|&point| Hit { point, score: 0.0 })
            .collect();
        // The graph's distance is rounded; scoring again gives the bits of the scan.
        self.score(&mut hits);
        rank(&mut hits, limit);
        hits
    }

    pub(super) fn codes(&mut self, codes: &Codes, graph: Option<&Graph<u64>>, code: &[u64]) -> Vec<Hit> {
        let (fetch, rescore) = (self.query.fetch(), self.query.rescore);
        self.top.reset(fetch);
        let scored = match graph {
            None => codes.scan(code, self.within, self.top),
            Some(graph) => {
                self.counters.code_distances +=
                    graph.search(code, self.query.ef.max(fetch), self.within, self.found);
                for &point in self.found.iter() {
                    let score = codes.score(code, point as usize);
                    self.top.push(Hit { point, score });
                }
                self.found.len() as u64
            }
        };
        self.counters.code_distances += scored;
        let mut hits = self.top.finish().clone();
        self.counters.candidates += if rescore { hits.len() as u64 } else { scored };
        if rescore {
            self.score(&mut hits);
            self.counters.rescored += hits.len() as u64;
        }
        rank(&mut hits, self.query.limit);
        hits
    }

    /// Gives every hit its dot product with the query.
    fn score(&mut self, hits: &mut [Hit]) {
        for hit in &mut *hits {
            hit.score = dot(self.query.vector, self.index.rows.row(hit.point as usize));
        }
        self.counters.float_distances += hits.len() as u64;
    }
}
