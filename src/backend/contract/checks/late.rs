//! The clauses for late stages.

use super::super::fixture::filters;
use super::super::{dense, dropping, fuse, late, sparse};
use super::Bench;
use crate::backend::{Lists, Request, StageAnswer};
use crate::filter::Filter;
use crate::hit::{Hit, by_rank};
use crate::pipeline::Fusion;

const LIMIT: usize = 10;

impl Bench<'_> {
    /// Over a search and over a fusion; what is below the depth or has no tokens keeps its order, or is left out.
    pub(in crate::backend::contract) fn late_interaction_is_the_naive_sum(&self) {
        let rrf = Fusion::Rrf {
            k: 60.0,
            weights: vec![],
        };
        let (depth, limit) = (12, 20);
        let stages = [
            dense("d", "body", limit),
            sparse("s", "words", limit),
            fuse("f", &["d", "s"], rrf, limit),
            late("of-search", "d", "tokens", depth),
            late("of-fusion", "f", "tokens", 2 * limit),
            dropping(late("cut", "f", "tokens", depth)),
            late("again", "of-search", "tokens", depth),
        ];
        let all: Vec<Filter> = filters();
        for (query, filter) in self
            .corpus
            .queries
            .iter()
            .zip(all.iter().map(Some).chain(std::iter::repeat(None)))
        {
            let answers = self.search(&stages, query, filter);
            let below = |input: &[Hit], scored: &[Hit]| -> Vec<u32> {
                let rest = input.iter().filter(|h| scored.iter().all(|s| s.point != h.point));
                rest.map(|h| h.point).collect()
            };
            for (answer, input, depth) in [(3, 0, depth), (4, 2, 2 * limit), (6, 3, depth)] {
                let input = &answers[input].hits;
                let want = self.corpus.naive_late(query, &input[..depth.min(input.len())]);
                let got = &answers[answer].hits;
                let (scored, rest) = got.split_at(want.len().min(got.len()));
                assert_near(scored, &want, &format!("{:?} {filter:?}", stages[answer].name));
                assert_eq!(
                    rest.iter().map(|h| h.point).collect::<Vec<u32>>(),
                    below(input, &want)
                );
                assert!(got.is_sorted_by(|a, b| by_rank(a, b).is_lt()), "{got:?}");
            }
            let input = &answers[2].hits;
            let want = self.corpus.naive_late(query, &input[..depth.min(input.len())]);
            assert_near(&answers[5].hits, &want, "cut");
        }
    }

    pub(in crate::backend::contract) fn tokens_that_are_not_there_score_nothing(&self) {
        let query = self.corpus.queries.last().expect("the last one has no token");
        let stages = [
            dense("d", "title", LIMIT),
            late("kept", "d", "tokens", LIMIT),
            dropping(late("cut", "d", "tokens", LIMIT)),
        ];
        let points = |a: &StageAnswer| a.hits.iter().map(|h| h.point).collect::<Vec<u32>>();
        let answers = self.search(&stages, query, None);
        assert_eq!(points(&answers[1]), points(&answers[0]), "the list is as it was");
        assert!(answers[2].hits.is_empty());
        // Every list alone gives the same, however many calls that takes.
        for query in &self.corpus.queries {
            for reordering in &stages[1..] {
                let stages = [stages[0].clone(), reordering.clone()];
                let last = |lists| {
                    let request = Request {
                        lists,
                        ..query.request(&stages, None)
                    };
                    let mut answers = self.index.searcher().unwrap().search(&request).unwrap();
                    answers.remove(1).hits
                };
                let (all, alone) = (last(Lists::All), last(Lists::Last));
                assert_near(&alone, &all, "asked for alone");
            }
        }
    }
}

/// The same documents in the same order, and scores to float32's precision.
fn assert_near(got: &[Hit], want: &[Hit], what: &str) {
    let points = |hits: &[Hit]| hits.iter().map(|h| h.point).collect::<Vec<_>>();
    assert_eq!(points(got), points(want), "{what}");
    for (g, w) in got.iter().zip(want) {
        assert!((g.score - w.score).abs() < 1e-4, "{what}: {g:?} against {w:?}");
    }
}
