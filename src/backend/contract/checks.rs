//! The clauses of the contract.

#[path = "checks/late.rs"]
mod of_late;

use std::collections::{BTreeMap, BTreeSet};

use super::fixture::{Corpus, DIM, DOCUMENTS, Query, TOKEN_DIM, filters, keyword, nobody};
use super::{dense, filtered, fuse, late, sparse, with};
use crate::backend::{Backend, DensePoints, Index, Lists, Points, Request, StageAnswer};
use crate::filter::{Filter, Payload};
use crate::hit::{Hit, by_rank};
use crate::index::SparseVector;
use crate::pipeline::{Fusion, Graph, IndexConfig, Normalize, Quantization, Stage, Strategy, fusion};
use crate::vectors::{Metric, TokenVectors, Vectors};

const LIMIT: usize = 10;

/// A corpus, and the index a backend built over it.
pub(super) struct Bench<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) index: &'a dyn Index,
    pub(super) has_graph: bool,
    /// Filter strategies that promise full answers.
    pub(super) strategies: Vec<Strategy>,
}

impl Bench<'_> {
    pub(super) fn exact_search_is_the_oracle(&self) {
        let exact = |vector: &str| with(dense("d", vector, LIMIT), |d| d.exact = true);
        for vector in ["body", "title"] {
            for query in &self.corpus.queries {
                self.assert_neighbours(exact(vector), vector, query, None);
                for filter in filters() {
                    for strategy in [Strategy::Pre, Strategy::Auto] {
                        // Whatever the strategy, an exact search is one over floats.
                        let stage = filtered(exact(vector), strategy, None);
                        self.assert_neighbours(stage, vector, query, Some(&filter));
                    }
                }
            }
        }
    }

    pub(super) fn a_full_beam_is_exact(&self) {
        let full = |vector: &str| {
            with(dense("d", vector, LIMIT), |d| {
                d.ef = DOCUMENTS;
                d.oversampling = (DOCUMENTS / LIMIT) as f64;
            })
        };
        for vector in ["body", "title"] {
            for query in &self.corpus.queries {
                self.assert_neighbours(full(vector), vector, query, None);
                for filter in filters() {
                    for strategy in self.filtering_strategies() {
                        let stage = filtered(full(vector), strategy, None);
                        self.assert_neighbours(stage, vector, query, Some(&filter));
                    }
                }
            }
        }
    }

    /// A forced scan answers as the same index without a graph does, whatever the filter.
    ///
    /// Of an index elsewhere the hits count alone, and a server may refuse to scan its codes.
    pub(super) fn a_scan_leaves_the_graph_out(&self, backend: &dyn Backend, config: &IndexConfig) {
        let elsewhere = self.index.elsewhere().is_some();
        if elsewhere && config.quantization != Quantization::None {
            return self.a_forced_scan_of_codes_is_refused();
        }
        let bare = IndexConfig {
            graph: Graph::Exact,
            ..config.clone()
        };
        let bare = backend.build(&bare, &self.corpus.points()).unwrap();
        let bare = Bench {
            index: &*bare,
            has_graph: false,
            corpus: self.corpus,
            strategies: self.strategies.clone(),
        };
        // A beam this narrow would miss neighbours.
        let narrow = with(dense("d", "body", LIMIT), |d| d.ef = 1);
        let forced = with(narrow.clone(), |d| d.scan = true);
        for query in &self.corpus.queries {
            for filter in filters().iter().map(Some).chain([None]) {
                let answer = |bench: &Bench<'_>, stage: &Stage| {
                    let answer = bench.search(std::slice::from_ref(stage), query, filter).remove(0);
                    let work = (!elsewhere).then_some((answer.counters, answer.path));
                    (answer.hits, work)
                };
                assert_eq!(answer(self, &forced), answer(&bare, &narrow), "{filter:?}");
            }
        }
    }

    fn a_forced_scan_of_codes_is_refused(&self) {
        let forced = [with(dense("d", "body", LIMIT), |d| d.scan = true)];
        let request = self.corpus.queries[0].request(&forced, None);
        let error = self.index.searcher().unwrap().search(&request).unwrap_err();
        assert_eq!(
            error.to_string(),
            "stage `d`: a server cannot be made to scan its codes"
        );
    }

    pub(super) fn every_answer_is_ranked_distinct_and_within_its_limit(&self) {
        let rrf = Fusion::Rrf {
            k: 60.0,
            weights: vec![],
        };
        for limit in [0, 1, 7, DOCUMENTS, 2 * DOCUMENTS] {
            let stages = [
                dense("d", "body", limit),
                with(dense("bits", "title", limit), |d| d.rescore = false),
                sparse("s", "words", limit),
                fuse("f", &["d", "bits", "s"], rrf.clone(), limit),
            ];
            for answer in self.search(&stages, &self.corpus.queries[0], None) {
                assert!(
                    answer.hits.len() <= limit,
                    "{} hits of {limit}",
                    answer.hits.len()
                );
                assert!(
                    answer.hits.is_sorted_by(|a, b| by_rank(a, b).is_lt()),
                    "{:?}",
                    answer.hits
                );
                let points: BTreeSet<u32> = answer.hits.iter().map(|h| h.point).collect();
                assert_eq!(points.len(), answer.hits.len(), "a document twice");
            }
        }
    }

    pub(super) fn every_hit_passes_the_filter(&self) {
        for filter in filters() {
            for strategy in self.filtering_strategies().into_iter().chain([Strategy::Post]) {
                let stages = [
                    filtered(dense("d", "body", LIMIT), strategy, None),
                    filtered(sparse("s", "words", LIMIT), without_graph(strategy), None),
                ];
                for query in &self.corpus.queries {
                    for answer in self.search(&stages, query, Some(&filter)) {
                        assert!(
                            answer.hits.iter().all(|h| self.passes(&filter, h)),
                            "{strategy:?} {filter:?}"
                        );
                    }
                }
            }
        }
    }

    pub(super) fn a_post_filter_keeps_what_passes_of_the_unfiltered_answer(&self) {
        let mut short = 0;
        for filter in filters() {
            for query in &self.corpus.queries {
                let stages = [dense("d", "body", LIMIT), sparse("s", "words", LIMIT)];
                let post = stages.clone().map(|s| filtered(s, Strategy::Post, None));
                let unfiltered = self.search(&stages, query, None);
                let got = self.search(&post, query, Some(&filter));
                for (mut all, kept) in unfiltered.into_iter().zip(got) {
                    all.hits.retain(|h| self.passes(&filter, h));
                    assert_eq!(kept.hits, all.hits, "{filter:?}");
                    short += usize::from(kept.hits.len() < LIMIT);
                }
            }
        }
        assert!(short > 0, "no post-filtered answer came back short");
    }

    pub(super) fn stage_and_query_filters_hold_together(&self) {
        // Both have a `should`: merging the two into one group would let the wrong documents through.
        let should = |brand: &str| Filter {
            should: vec![keyword("brand", brand), keyword("fits", "golf")],
            ..Filter::default()
        };
        let (of_stage, of_query) = (should("bosch"), should("febi"));
        for strategy in self.filtering_strategies().into_iter().chain([Strategy::Post]) {
            let stages = [filtered(
                dense("d", "title", 50),
                strategy,
                Some(of_stage.clone()),
            )];
            let answer = self.search_one(&stages, &self.corpus.queries[0], Some(&of_query));
            assert!(!answer.hits.is_empty());
            let passes = |h: &Hit| self.passes(&of_stage, h) && self.passes(&of_query, h);
            assert!(answer.hits.iter().all(passes), "{strategy:?}");
        }
    }

    pub(super) fn ignore_leaves_the_query_s_filter_out(&self) {
        for stage in [dense("d", "body", LIMIT), sparse("s", "words", LIMIT)] {
            let ignoring = [filtered(stage.clone(), Strategy::Ignore, None)];
            let query = &self.corpus.queries[1];
            let got = self.search_one(&ignoring, query, Some(&nobody()));
            let want = self.search_one(&[stage], query, None);
            assert_eq!((got.hits, got.path), (want.hits, want.path));
        }
    }

    pub(super) fn a_filter_that_nothing_passes_finds_nothing(&self) {
        for strategy in self.filtering_strategies().into_iter().chain([Strategy::Post]) {
            let stages = [
                filtered(dense("d", "body", LIMIT), strategy, None),
                filtered(sparse("s", "words", LIMIT), without_graph(strategy), None),
                fuse("f", &["d", "s"], Fusion::Dbsf { weights: vec![] }, LIMIT),
            ];
            for answer in self.search(&stages, &self.corpus.queries[0], Some(&nobody())) {
                assert!(answer.hits.is_empty(), "{strategy:?}");
            }
        }
    }

    pub(super) fn documents_without_a_vector_are_never_found(&self) {
        let stages = [with(dense("d", "body", DOCUMENTS), |d| d.ef = DOCUMENTS)];
        let answer = self.search_one(&stages, &self.corpus.queries[0], None);
        assert!(answer.hits.iter().all(|h| self.corpus.has_body(h.point)));
        let want = (0..DOCUMENTS as u32).filter(|&p| self.corpus.has_body(p)).count();
        assert_eq!(answer.hits.len(), want);
    }

    pub(super) fn sparse_search_is_the_naive_sum(&self) {
        for query in &self.corpus.queries {
            let all: Vec<Filter> = filters();
            for filter in all.iter().map(Some).chain([None]) {
                let stages = [filtered(sparse("s", "words", LIMIT), Strategy::Pre, None)];
                let got = self.search_one(&stages, query, filter);
                let want = self.corpus.naive_sparse(query, filter);
                assert_close(&got.hits, &want, &format!("sparse {filter:?}"));
            }
        }
    }

    pub(super) fn fusion_is_the_pure_function(&self) {
        let weights = vec![0.7, 0.3];
        let methods = [
            Fusion::Rrf {
                k: 60.0,
                weights: vec![],
            },
            Fusion::Weighted {
                weights: weights.clone(),
                normalize: Normalize::MinMax,
            },
            Fusion::Weighted {
                weights: weights.clone(),
                normalize: Normalize::None,
            },
            Fusion::Dbsf { weights },
        ];
        for method in methods {
            let stages = [
                dense("d", "body", 20),
                sparse("s", "words", 20),
                fuse("f", &["s", "d"], method.clone(), 15),
            ];
            let mut compared = 0;
            for query in &self.corpus.queries {
                let answers = self.search(&stages, query, None);
                let tied =
                    |a: &StageAnswer| a.hits.windows(2).any(|p| (p[0].score - p[1].score).abs() < 1e-6);
                // A server's order of equal scores is its own, and ranks depend on it.
                if self.index.elsewhere().is_some() && answers[..2].iter().any(tied) {
                    continue;
                }
                compared += 1;
                let want = fusion::fuse(&method, &[&answers[1].hits, &answers[0].hits], 15);
                match self.index.elsewhere() {
                    None => assert_eq!(answers[2].hits, want, "{method:?}"),
                    // A server adds in float32, and in an order of its own.
                    Some(_) => assert_same_up_to_ties(&answers[2].hits, &want, &format!("{method:?}")),
                }
            }
            if compared == 0 {
                panic!("{method:?}: equal scores in every list; nothing was compared");
            }
        }
    }

    pub(super) fn repeating_a_request_changes_nothing(&self) {
        let stages = [
            dense("d", "body", LIMIT),
            filtered(sparse("s", "words", LIMIT), Strategy::Auto, None),
        ];
        let filter = &filters()[0];
        let mut searcher = self.index.searcher().unwrap();
        let facts = |a: Vec<StageAnswer>| {
            a.into_iter()
                .map(|a| (a.hits, a.counters, a.path))
                .collect::<Vec<_>>()
        };
        let mut first = Vec::new();
        for round in 0..2 {
            for (i, query) in self.corpus.queries.iter().enumerate() {
                let answer = facts(searcher.search(&query.request(&stages, Some(filter))).unwrap());
                match round {
                    0 => first.push(answer),
                    _ => assert_eq!(answer, first[i], "query {i}"),
                }
            }
        }
    }

    pub(super) fn mistakes_are_named(&self) {
        let query = &self.corpus.queries[0];
        let error = |stages: &[Stage], request: &dyn Fn(&mut Request<'_>)| {
            let mut asked = query.request(stages, None);
            request(&mut asked);
            self.index
                .searcher()
                .unwrap()
                .search(&asked)
                .unwrap_err()
                .to_string()
        };
        let as_is = |_: &mut Request<'_>| {};
        assert_eq!(
            error(&[dense("d", "nobody", 5)], &as_is),
            "the index has no dense vector `nobody`"
        );
        assert_eq!(
            error(&[sparse("s", "body", 5)], &as_is),
            "the index has no sparse vector `body`"
        );
        assert_eq!(
            error(&[dense("d", "body", 5)], &|r| r.dense.clear()),
            "the request brings no query vector for `body`"
        );
        assert_eq!(
            error(&[sparse("s", "words", 5)], &|r| r.sparse.clear()),
            "the request brings no query vector for `words`"
        );
        let short = |r: &mut Request<'_>| {
            r.dense.insert("body", &[1.0, 0.0]);
        };
        assert_eq!(
            error(&[dense("d", "body", 5)], &short),
            format!("the query vector for `body` has 2 dimensions, the index has {DIM}")
        );
        let reordered = [dense("d", "body", 5), late("m", "d", "tokens", 5)];
        assert_eq!(
            error(&[dense("d", "body", 5), late("m", "d", "words", 5)], &as_is),
            "the index has no late vector `words`"
        );
        assert_eq!(
            error(&reordered, &|r| r.late.clear()),
            "the request brings no query vector for `tokens`"
        );
        let other = Vectors::from_flat(2, vec![0.6, 0.8]).unwrap();
        let mut crooked = query.request(&reordered, None);
        crooked.late.insert("tokens", &other);
        let refused = self.index.searcher().unwrap().search(&crooked).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("the query vector for `tokens` has 2 dimensions, the index has {TOKEN_DIM}")
        );
        assert_eq!(
            error(&[late("m", "d", "tokens", 5)], &as_is),
            "stage `m`: no earlier stage is named `d`"
        );
        let rrf = Fusion::Rrf {
            k: 60.0,
            weights: vec![],
        };
        assert_eq!(
            error(&[fuse("f", &["d"], rrf, 5)], &as_is),
            "stage `f`: no earlier stage is named `d`"
        );
    }

    pub(super) fn stats_tell_what_was_built(&self, quantization: Quantization) {
        let stats = self.index.stats().unwrap();
        assert_eq!(stats.points, DOCUMENTS);
        assert!(stats.vector_bytes > 0 && stats.sparse_bytes > 0);
        assert!(stats.token_bytes >= self.corpus.points().late["tokens"].rows().bytes());
        assert_eq!(stats.code_bytes > 0, quantization != Quantization::None);
        if self.index.elsewhere().is_some() {
            assert_eq!(stats.doubts, [], "the server has what was asked for");
            return;
        }
        assert!(stats.payload_bytes > 0);
        assert_eq!(
            stats.distinct_codes.is_empty(),
            quantization != Quantization::Binary
        );
        assert_eq!(
            stats.link_bytes.is_none_or(|bytes| bytes > 0),
            self.has_graph || stats.link_bytes.is_none()
        );
    }

    fn filtering_strategies(&self) -> Vec<Strategy> {
        self.strategies.clone()
    }

    fn search(&self, stages: &[Stage], query: &Query, filter: Option<&Filter>) -> Vec<StageAnswer> {
        let mut searcher = self.index.searcher().unwrap();
        searcher.search(&query.request(stages, filter)).unwrap()
    }

    fn search_one(&self, stages: &[Stage], query: &Query, filter: Option<&Filter>) -> StageAnswer {
        self.search(stages, query, filter).remove(0)
    }

    fn passes(&self, filter: &Filter, hit: &Hit) -> bool {
        filter.matches(&self.corpus.payload[hit.point as usize])
    }

    fn assert_neighbours(&self, stage: Stage, vector: &str, query: &Query, filter: Option<&Filter>) {
        let what = format!("{stage:?} {filter:?}");
        let got = self.search_one(&[stage], query, filter);
        let want = self.corpus.naive_dense(vector, query, filter);
        assert_close(&got.hits, &want, &what);
    }
}

/// The best of `want`, to the document; scores to float32's precision, as no two engines add in the same order.
fn assert_close(got: &[Hit], want: &[Hit], what: &str) {
    let want = &want[..want.len().min(LIMIT)];
    let points = |hits: &[Hit]| hits.iter().map(|h| h.point).collect::<Vec<_>>();
    assert_eq!(points(got), points(want), "{what}");
    for (g, w) in got.iter().zip(want) {
        assert!((g.score - w.score).abs() < 1e-4, "{what}: {g:?} against {w:?}");
    }
}

/// Equal scores rank by rank, and above those at the end the same documents.
fn assert_same_up_to_ties(got: &[Hit], want: &[Hit], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    let Some(last) = want.last() else { return };
    for (g, w) in got.iter().zip(want) {
        assert!((g.score - w.score).abs() < 1e-5, "{what}: {g:?} against {w:?}");
    }
    let above = |hits: &[Hit]| -> BTreeSet<u32> {
        let above = hits.iter().filter(|h| h.score > last.score + 1e-5);
        above.map(|h| h.point).collect()
    };
    assert_eq!(above(got), above(want), "{what}");
}

fn without_graph(strategy: Strategy) -> Strategy {
    match strategy {
        Strategy::InGraph => Strategy::Auto,
        other => other,
    }
}

/// Indexes `documents` equal documents and searches them.
fn tiny(backend: &dyn Backend, config: &IndexConfig, metric: Metric, documents: usize) -> Vec<StageAnswer> {
    let mut rows = Vectors::with_capacity(2, documents);
    (0..documents).for_each(|_| rows.push(&[0.6, 0.8]));
    let points: Vec<u32> = (0..documents as u32).collect();
    let word = SparseVector {
        dims: vec![3],
        weights: vec![1.0],
    };
    let (words, payload) = (vec![word.clone(); documents], vec![Payload::new(); documents]);
    let mut tokens = TokenVectors::new(2);
    (0..documents).for_each(|_| tokens.push(&[0.6, 0.8]));
    let asked = Vectors::from_flat(2, vec![1.0, 0.0]).unwrap();
    let dense_points = DensePoints {
        metric,
        rows: &rows,
        points: &points,
    };
    let points = Points {
        count: documents,
        dense: BTreeMap::from([("body", dense_points), ("title", dense_points)]),
        sparse: BTreeMap::from([("words", words.as_slice())]),
        late: BTreeMap::from([("tokens", &tokens)]),
        payload: &payload,
    };
    let index = backend.build(config, &points).unwrap();
    let rrf = Fusion::Rrf {
        k: 60.0,
        weights: vec![],
    };
    let stages = [
        dense("d", "body", 5),
        sparse("s", "words", 5),
        fuse("f", &["d", "s"], rrf, 5),
        late("m", "f", "tokens", 5),
    ];
    let request = Request {
        stages: &stages,
        dense: BTreeMap::from([("body", [1.0, 0.0].as_slice())]),
        sparse: BTreeMap::from([("words", &word)]),
        late: BTreeMap::from([("tokens", &asked)]),
        filter: None,
        lists: Lists::All,
    };
    index.searcher().unwrap().search(&request).unwrap()
}

pub(super) fn one_document_is_enough(backend: &dyn Backend, config: &IndexConfig, metric: Metric) {
    for answer in tiny(backend, config, metric, 1) {
        assert_eq!(answer.hits.iter().map(|h| h.point).collect::<Vec<_>>(), [0]);
    }
}

pub(super) fn no_document_is_no_error(backend: &dyn Backend, config: &IndexConfig, metric: Metric) {
    assert!(
        tiny(backend, config, metric, 0)
            .iter()
            .all(|answer| answer.hits.is_empty())
    );
}
