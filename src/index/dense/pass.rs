//! The four ways to a dense answer: floats or codes, scanned or by graph.

use super::{DenseIndex, DenseQuery};
use crate::hit::{Hit, rank};
use crate::index::Counters;
use crate::index::binary::Codes;
use crate::index::bitset::BitSet;
use crate::index::exact::scan;
use crate::index::graph::{Graph, Scratch, Work};
use crate::index::kernel::{Dot, Hamming, Space};
use crate::index::topk::TopK;

/// One search under way. Hits carry rows as points until the end.
pub(super) struct Pass<'a> {
    pub(super) index: &'a DenseIndex,
    pub(super) query: &'a DenseQuery<'a>,
    pub(super) within: Option<&'a BitSet>,
    pub(super) walk: &'a mut Scratch,
    pub(super) found: &'a mut Vec<Hit>,
    pub(super) top: &'a mut TopK,
    pub(super) counters: Counters,
}

impl Pass<'_> {
    pub(super) fn float_scan(&mut self) -> Vec<Hit> {
        self.top.reset(self.query.limit);
        let scored = scan::<Dot>(&self.index.rows, self.query.vector, self.within, self.top);
        self.counters.float_distances += scored;
        self.counters.candidates += scored;
        self.top.finish().clone()
    }

    pub(super) fn float_graph(&mut self, graph: &Graph<Dot>) -> Vec<Hit> {
        let limit = self.query.limit;
        let ef = self.query.ef.max(limit);
        let work = self.walk(graph, self.query.vector, ef);
        self.counters.float_distances += work.distances;
        self.counters.candidates += self.found.len() as u64;
        self.found[..limit.min(self.found.len())].to_vec()
    }

    pub(super) fn codes(&mut self, codes: &Codes, graph: Option<&Graph<Hamming>>, code: &[u64]) -> Vec<Hit> {
        let (fetch, rescore) = (self.query.fetch(), self.query.rescore);
        let (mut hits, scored) = match graph {
            None => {
                self.top.reset(fetch);
                let scored = scan::<Hamming>(codes.rows(), code, self.within, self.top);
                self.counters.code_distances += scored;
                (self.top.finish().clone(), scored)
            }
            Some(graph) => {
                let work = self.walk(graph, code, self.query.ef.max(fetch));
                self.counters.code_distances += work.distances;
                let fetched = &self.found[..fetch.min(self.found.len())];
                (fetched.to_vec(), self.found.len() as u64)
            }
        };
        self.counters.candidates += if rescore { hits.len() as u64 } else { scored };
        if rescore {
            self.rescore(&mut hits);
        }
        rank(&mut hits, self.query.limit);
        hits
    }

    fn walk<S: Space>(&mut self, graph: &Graph<S>, query: &[S::Value], ef: usize) -> Work {
        let work = graph.search(query, ef, self.within, self.walk, self.found);
        self.counters.hops += work.hops;
        work
    }

    /// Gives every hit its dot product with the query.
    fn rescore(&mut self, hits: &mut [Hit]) {
        for hit in &mut *hits {
            hit.score = Dot::score(self.query.vector, self.index.rows.row(hit.point as usize));
        }
        self.counters.float_distances += hits.len() as u64;
        self.counters.rescored += hits.len() as u64;
    }
}
