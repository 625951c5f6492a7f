//! One search for the neighbours of a vector.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use qdrant_client::qdrant::{Filter, SearchParams, SparseVector};
use tonic::Status;

use super::codes::Codes;
use super::faults::{Fault, Faults};
use super::filter;
use super::layout::{Layout, Segment};
use super::paths::Path;
use super::score::{Metric, Vector, normalized};
use super::state::{Collection, Point, Work};
use super::values::{Id, spread};
use super::{Graph, Options, Ties};

/// A point that was found, with its score as it is answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub(super) id: Id,
    pub(super) score: f32,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Search {
    pub(super) using: String,
    pub(super) vector: Vector,
    /// All of them have to hold.
    pub(super) filters: Vec<Filter>,
    /// Only these, where it scores what was found before.
    pub(super) within: Option<BTreeSet<Id>>,
    pub(super) params: SearchParams,
    pub(super) limit: usize,
    pub(super) threshold: Option<f32>,
}

/// A request at work: what it may use, and what it leaves behind.
pub(super) struct Asking<'a> {
    pub(super) collection: &'a mut Collection,
    pub(super) faults: &'a Faults,
    pub(super) options: &'a Options,
    /// The number of the query, from 0.
    pub(super) number: u64,
    pub(super) work: Work,
    /// The search before this one, for those that are counted as one.
    pub(super) before: Option<Search>,
}

/// A candidate of a segment.
struct Candidate<'a> {
    id: &'a Id,
    vector: std::borrow::Cow<'a, Vector>,
}

impl Asking<'_> {
    pub(super) fn search(&mut self, mut search: Search) -> Result<Vec<Hit>, Status> {
        self.collection.settings.fits(&search.using, &search.vector)?;
        if self.faults.has(&Fault::DropFilter) {
            search.filters.clear();
        }
        search.filters.retain(|f| *f != Filter::default());
        search.filters.iter().try_for_each(filter::check)?;
        let together = search.within.is_none() && self.before.as_ref().is_some_and(|b| alike(b, &search));
        let layout = self.collection.layout();
        let half = self.collection.is_half_indexed(self.faults);
        let queries = self.queries(&search, &layout)?;
        let mut hits = Vec::new();
        for (number, segment) in layout.segments.iter().enumerate() {
            let mut found = self.candidates(&search, &layout, number);
            let path = self.path(&search, segment, found.len());
            if half && search.params.indexed_only() {
                found.retain(|c| c.id.part(2) == 0);
            }
            let (of_segment, work) = self.rank(&search, segment, path, &queries[segment.shard], found);
            hits.extend(of_segment);
            self.work.compared += work;
            if !together {
                let using = &search.using;
                self.collection.counts.add(number, using, path);
                if half && path.is_graph() {
                    // The part of it that is not in the graph yet.
                    let plain = self.plain(&search);
                    self.collection.counts.add(number, using, plain);
                }
            }
        }
        let metric = self.metric(&search.using);
        self.sort(&mut hits, metric.larger_is_better());
        hits.truncate(search.limit);
        if let Some(threshold) = search.threshold {
            hits.retain(|hit| match metric.larger_is_better() {
                true => hit.score >= threshold,
                false => hit.score <= threshold,
            });
        }
        if search.within.is_none() {
            self.before = Some(search);
        }
        Ok(hits)
    }

    /// The best first; what is equal in the order that the options or the faults say.
    pub(super) fn sort(&self, hits: &mut [Hit], larger_is_better: bool) {
        let turned = self.faults.has(&Fault::UnstableTies) && self.number % 2 == 1;
        let smaller_first = (self.options.ties == Ties::SmallerFirst) != turned;
        let either = |turn: bool, order: Ordering| if turn { order.reverse() } else { order };
        hits.sort_by(|a, b| {
            let score = either(larger_is_better, a.score.total_cmp(&b.score));
            score.then_with(|| either(!smaller_first, a.id.cmp(&b.id)))
        });
    }

    fn metric(&self, using: &str) -> Metric {
        match self.faults.has(&Fault::WrongMetric) {
            true => Metric::Product,
            false => self.collection.settings.metric(using),
        }
    }

    /// The query of each shard, as it is compared there. Shards know only their own documents, and so the weights
    /// that come from how rare a word is differ between them.
    fn queries(&self, search: &Search, layout: &Layout) -> Result<Vec<Vector>, Status> {
        let settings = &self.collection.settings;
        let shards = 0..layout.shards();
        let Vector::Sparse(query) = &search.vector else {
            let plain = !settings.is_cosine(&search.using) || self.faults.has(&Fault::WrongMetric);
            let query = match plain {
                true => search.vector.clone(),
                false => search.vector.map(normalized),
            };
            return Ok(shards.map(|_| query.clone()).collect());
        };
        if !settings.has_idf(&search.using) {
            return Ok(shards.map(|_| search.vector.clone()).collect());
        }
        let corpus = search.params.idf.as_ref().and_then(|idf| idf.corpus.as_ref());
        corpus.map_or(Ok(()), filter::check)?;
        let weigh = |shard| {
            let mut documents = Vec::new();
            for (id, point) in &self.collection.points {
                let here = layout.segments[layout.segment(id)].shard == shard;
                if !here || corpus.is_some_and(|c| !filter::passes(c, id, point)) {
                    continue;
                }
                match point.vectors.get(&search.using).map(|stored| &stored.kept) {
                    Some(Vector::Sparse(words)) if !words.indices.is_empty() => documents.push(words),
                    _ => {}
                }
            }
            Vector::Sparse(weighted(query, &documents))
        };
        Ok(shards.map(weigh).collect())
    }

    /// What of a segment may be found: it has the vector and passes the filters.
    fn candidates(&self, search: &Search, layout: &Layout, segment: usize) -> Vec<Candidate<'_>> {
        let (collection, faults) = (&*self.collection, self.faults);
        let allowed = |id: &Id, point: &Point| {
            layout.segment(id) == segment
                && search.within.as_ref().is_none_or(|within| within.contains(id))
                && search.filters.iter().all(|f| filter::passes(f, id, point))
        };
        let all = collection
            .present(faults)
            .filter(|(id, point)| allowed(id, point));
        all.filter_map(|(id, point)| {
            let vector = collection.compared(id, point, &search.using, faults)?;
            Some(Candidate { id, vector })
        })
        .collect()
    }

    fn plain(&self, search: &Search) -> Path {
        match is_filtered(search) {
            true => Path::FilteredPlain,
            false => Path::UnfilteredPlain,
        }
    }

    /// The way through a segment, as Qdrant decides it; its estimates of how much passes a filter are exact here.
    fn path(&self, search: &Search, segment: &Segment, matching: usize) -> Path {
        let (settings, using) = (&self.collection.settings, &search.using);
        let filtered = is_filtered(search);
        if settings.sparse.contains_key(using) {
            return match (filtered, matching < settings.sparse_scan_below(using)) {
                (false, _) => Path::UnfilteredSparse,
                (true, true) => Path::FilteredSmallCardinality,
                (true, false) => Path::FilteredSparse,
            };
        }
        let hnsw = settings.hnsw(using);
        // A segment without an index calls every search plain, an exact one too.
        if !segment.indexed || self.faults.has(&Fault::ScansOnly) {
            return self.plain(search);
        }
        if search.params.exact() {
            return if filtered {
                Path::FilteredExact
            } else {
                Path::UnfilteredExact
            };
        }
        if hnsw.m() == 0 && hnsw.payload_m() == 0 {
            return self.plain(search);
        }
        let held = segment.held.get(using).copied().unwrap_or_default();
        let bytes = held.bytes.checked_div(held.vectors).unwrap_or(1).max(1);
        let few = hnsw.full_scan_threshold() as usize * 1024 / bytes;
        match filtered {
            false if held.vectors < few => Path::UnfilteredPlain,
            false => Path::UnfilteredHnsw,
            true if matching < few => Path::FilteredSmallCardinality,
            true => Path::FilteredLargeCardinality,
        }
    }

    /// The best of a segment, and the bytes that were compared.
    fn rank(
        &self,
        search: &Search,
        segment: &Segment,
        path: Path,
        query: &Vector,
        mut found: Vec<Candidate<'_>>,
    ) -> (Vec<Hit>, u64) {
        let (settings, using) = (&self.collection.settings, &search.using);
        let metric = self.metric(using);
        let (codes, oversampling) = self.codes(search, segment);
        let limit = (search.limit as f64 * oversampling) as usize;
        if path.is_graph() && self.options.graph == Graph::Imitated {
            let construct = settings.hnsw(using).ef_construct();
            let asked = search
                .params
                .hnsw_ef
                .filter(|_| !self.faults.has(&Fault::IgnoresEf));
            let ef = (asked.unwrap_or(construct) as usize).max(limit);
            let points = segment.held.get(using).map_or(0, |held| held.vectors);
            found.retain(|c| points <= ef || is_reached(query, c.id, ef));
        }
        let numbers = |v: &Vector| v.rows().iter().map(|row| row.len()).sum::<usize>();
        let mut work = 0;
        let mut score = |query: &Vector, point: &Vector, bytes: usize| {
            work += bytes as u64;
            metric.score(query, point)
        };
        let size = settings.number_bytes(using);
        let mut hits: Vec<Hit> = Vec::new();
        let mut vectors = BTreeMap::new();
        let coded = codes.map(|codes| codes.query(query));
        for Candidate { id, vector } in found {
            let scored = match (codes, &coded) {
                (Some(codes), Some(query)) => {
                    score(query, &codes.point(&vector), codes.bytes(numbers(&vector)))
                }
                _ => score(query, &vector, vector.bytes(size)),
            };
            if let Some(score) = scored {
                hits.push(Hit {
                    id: id.clone(),
                    score,
                });
                vectors.insert(id.clone(), vector);
            }
        }
        self.sort(&mut hits, metric.larger_is_better());
        let Some(codes) = codes else { return (hits, work) };
        hits.truncate(limit);
        let asked = search.params.quantization.and_then(|q| q.rescore);
        if asked.unwrap_or(codes.rescores) {
            for hit in &mut hits {
                let vector = &vectors[&hit.id];
                hit.score = score(query, vector, vector.bytes(size)).unwrap_or(hit.score);
            }
            self.sort(&mut hits, metric.larger_is_better());
        }
        hits.truncate(search.limit);
        (hits, work)
    }

    /// The codes that a segment is searched with, and how many times the limit is taken before it is cut.
    fn codes(&self, search: &Search, segment: &Segment) -> (Option<Codes>, f64) {
        let asked = search.params.quantization.unwrap_or_default();
        let off = asked.ignore() || search.params.exact() || self.faults.has(&Fault::NoQuantization);
        let dense = self.collection.settings.dense.contains_key(&search.using);
        let codes = match dense && segment.indexed && !off {
            true => self.collection.settings.codes(&search.using),
            false => None,
        };
        let oversampling = asked.oversampling.filter(|_| codes.is_some());
        (codes, oversampling.unwrap_or(1.0).max(1.0))
    }
}

fn is_filtered(search: &Search) -> bool {
    !search.filters.is_empty() || search.within.is_some()
}

/// True when two searches differ in their vectors alone.
fn alike(a: &Search, b: &Search) -> bool {
    Search {
        vector: b.vector.clone(),
        ..a.clone()
    } == *b
}

/// True when the imitated graph leads to the point. The threshold falls with `ef`, so a wider beam reaches everything
/// that a narrower one does.
fn is_reached(query: &Vector, id: &Id, ef: usize) -> bool {
    let query = query.rows().into_iter().flatten().map(|x| u64::from(x.to_bits()));
    let place = spread(query.chain([id.part(usize::MAX) as u64]));
    let missed = 4.0 / (4.0 + ef as f64);
    place as f64 / u64::MAX as f64 >= missed
}

/// The query with each weight times how rare its dimension is among the documents: `ln(1 + (n - df + ½) / (df + ½))`.
fn weighted(query: &SparseVector, documents: &[&SparseVector]) -> SparseVector {
    let n = documents.len() as f64;
    let weigh = |(dimension, &weight): (&u32, &f32)| {
        let has = |document: &&&SparseVector| document.indices.binary_search(dimension).is_ok();
        let df = documents.iter().filter(has).count() as f64;
        (f64::from(weight) * ((n - df + 0.5) / (df + 0.5) + 1.0).ln()) as f32
    };
    let values = query.indices.iter().zip(&query.values).map(weigh).collect();
    SparseVector {
        indices: query.indices.clone(),
        values,
    }
}
