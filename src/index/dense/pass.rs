//! The ways to a dense answer: floats or codes, scanned or by graph.

use super::first::FirstPass;
use super::floats::{Floats, scan_disk};
use super::{DenseIndex, DenseQuery, DenseScratch, Way};
use crate::hit::{Hit, rank};
use crate::index::binary::{BinaryQuery, Codes};
use crate::index::bitset::BitSet;
use crate::index::exact::scan;
use crate::index::file::FileError;
use crate::index::graph::{Again, Graph, Scratch, Within, Work};
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
    pub(super) fn new(index: &'a DenseIndex, query: &'a DenseQuery<'a>) -> Self {
        let matches = match query.filtering {
            Filtering::Auto(set) | Filtering::Pre(set) | Filtering::InGraph(set) => set.count(),
            Filtering::None | Filtering::Post(_) => 0,
        };
        let way = index.way(query, matches);
        let counters = Counters {
            matches: matches as u64,
            ..Counters::default()
        };
        Self {
            index,
            query,
            way,
            counters,
        }
    }

    pub(super) fn run(&mut self, scratch: &mut DenseScratch) -> Result<Vec<Hit>, FileError> {
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
                match codes.query() {
                    BinaryQuery::Bits => self.bits::<Hamming>(codes, graph.as_ref(), bits, means),
                    BinaryQuery::FourBits => self.bits::<Planes>(codes, graph.as_ref(), bits, means),
                }
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

    fn floats<S: Space<Value = f32>>(
        &mut self,
        graph: Option<&Graph<S>>,
        means: &mut Means<'_>,
    ) -> Result<Vec<Hit>, FileError> {
        let (query, limit) = (self.query, self.query.limit);
        let first = match &self.index.rows {
            Floats::Held(rows) => self.find::<S, S>(rows, graph, query.vector, limit, means),
            Floats::OnDisk(rows) => {
                means.top.reset(limit);
                let scored = scan_disk::<S>(rows, query.vector, means.within, means.top)?;
                self.counters.bytes += scored * self.index.rows.row_bytes();
                First {
                    hits: means.top.finish().clone(),
                    compared: scored,
                    known: scored,
                }
            }
        };
        self.counters.float_distances += first.compared;
        self.counters.candidates += first.known;
        Ok(first.hits)
    }

    /// Searches bits, with a query that is compared with them as `Q`.
    fn bits<Q: Space<Value = u64>>(
        &mut self,
        codes: &Codes,
        graph: Option<&Graph<Hamming>>,
        query: &[u64],
        means: &mut Means<'_>,
    ) -> Result<Vec<Hit>, FileError> {
        let walked = match self.index.metric {
            Metric::L2 => self.walk_again::<Q, L2>(graph, query, means),
            Metric::Cosine | Metric::Dot => self.walk_again::<Q, Dot>(graph, query, means),
        };
        match walked {
            Some(hits) => Ok(hits),
            None => self.codes::<Hamming, Q>(codes.rows(), graph, query, means),
        }
    }

    /// Walks the graph over bits and scores what looks good by its floats on the way. `None` where that is not what was
    /// asked for, cannot be done, or leads to too few.
    fn walk_again<Q: Space<Value = u64>, F: Space<Value = f32>>(
        &mut self,
        graph: Option<&Graph<Hamming>>,
        query: &[u64],
        means: &mut Means<'_>,
    ) -> Option<Vec<Hit>> {
        let graph = graph.filter(|_| self.way.by_graph && self.query.rescore)?;
        // From a disk, the few best by code are read, not each that looks good on the way.
        let floats = self.index.rows.held()?;
        let again = Again::<F> {
            rows: floats,
            query: self.query.vector,
            shortlist: self.query.fetch(),
        };
        let (limit, within) = (self.query.limit, self.within(means));
        let ef = self.query.ef.max(limit);
        let work = graph.search_again::<Q, F>(query, again, ef, within, means.walk, means.found)?;
        let code_bytes = (query.len() / Q::QUERY * size_of::<u64>()) as u64;
        self.count(work, code_bytes);
        self.counters.code_distances += work.distances;
        self.counters.float_distances += work.rescored;
        self.counters.rescored += work.rescored;
        self.counters.bytes += work.rescored * row_bytes(floats);
        if !self.settled(means.found.len(), ef) {
            return None;
        }
        self.counters.candidates += means.found.len() as u64;
        means.found.truncate(limit);
        Some(means.found.clone())
    }

    /// Searches codes, of which a graph compares two as `S` and a query and one as `Q`.
    fn codes<S: Space, Q: Space<Value = S::Value>>(
        &mut self,
        rows: &Rows<S::Value>,
        graph: Option<&Graph<S>>,
        query: &[S::Value],
        means: &mut Means<'_>,
    ) -> Result<Vec<Hit>, FileError> {
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
            self.rescore(&mut hits)?;
        }
        rank(&mut hits, self.query.limit);
        Ok(hits)
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
            let within = self.within(means);
            let work = graph.search::<Q>(query, ef, within, means.walk, means.found);
            self.count(work, row_bytes(rows));
            compared = work.distances;
            if self.settled(means.found.len(), ef) {
                return First {
                    hits: means.found[..want.min(means.found.len())].to_vec(),
                    compared,
                    known: means.found.len() as u64,
                };
            }
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

    /// The rows that a walk may find.
    fn within<'m>(&self, means: &Means<'m>) -> Option<Within<'m>> {
        let rows = means.within?;
        let matches = match self.index.points.is_identity() {
            true => self.counters.matches as usize,
            false => rows.count(),
        };
        Some(Within {
            rows,
            matches,
            thorough: self.is_thorough(),
            widest: self.index.widest_walk(matches as f64),
        })
    }

    /// A walk that was asked for is not given up.
    fn is_thorough(&self) -> bool {
        !matches!(self.query.filtering, Filtering::Auto(_))
    }

    /// Whether `found` rows for a beam of width `ef` are an answer; else the graph was the wrong way, and a scan follows:
    /// the links lead to too few of the matches.
    fn settled(&mut self, found: usize, ef: usize) -> bool {
        let settled = self.is_thorough() || found >= ef;
        self.way.by_graph &= settled;
        settled
    }

    fn count(&mut self, work: Work, row_bytes: u64) {
        self.counters.hops += work.hops;
        self.counters.sampled += work.sampled;
        self.counters.sampled_matches += work.sampled_matches;
        self.counters.bytes += work.link_bytes + work.distances * row_bytes;
    }

    /// Gives every hit the score of its float row.
    fn rescore(&mut self, hits: &mut [Hit]) -> Result<(), FileError> {
        let (query, rows) = (self.query.vector, &self.index.rows);
        self.counters.float_distances += hits.len() as u64;
        self.counters.rescored += hits.len() as u64;
        self.counters.bytes += hits.len() as u64 * rows.row_bytes();
        match self.index.metric {
            Metric::L2 => rows.rescore::<L2>(query, hits),
            Metric::Cosine | Metric::Dot => rows.rescore::<Dot>(query, hits),
        }
    }
}

fn row_bytes<T: bytemuck::Pod>(rows: &Rows<T>) -> u64 {
    (rows.width() * size_of::<T>()) as u64
}
