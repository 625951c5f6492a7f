//! A test tool: a backend that gives prepared answers at once.
//!
//! It measures what the harness itself costs per query, and lets the runner's tests see every way a cell can fail.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::backend::{
    Backend, BackendError, BackendInfo, Index, IndexStats, Path, Points, Request, Searcher, StageAnswer,
    Unsupported,
};
use crate::hit::Hit;
use crate::index::Counters;
use crate::pipeline::{IndexConfig, Pipeline, StageKind};

/// Answers by stage name, the same for every query.
#[derive(Debug, Clone, Default)]
pub struct MockBackend {
    /// What each stage answers, in rank order. A stage that is not named here fails the query.
    pub answers: BTreeMap<String, Vec<Hit>>,
    /// What a dense stage answers instead when it is asked for an exact search.
    pub exact: BTreeMap<String, Vec<Hit>>,
    /// What a dense stage answers instead when it is asked for a scan.
    pub scanned: BTreeMap<String, Vec<Hit>>,
    /// When set, no pipeline is supported, for this reason.
    pub unsupported: Option<String>,
    /// When set, no index can be built, for this reason.
    pub broken: Option<String>,
}

impl Backend for MockBackend {
    fn info(&self) -> Result<BackendInfo, BackendError> {
        Ok(BackendInfo {
            name: "mock".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            details: BTreeMap::new(),
        })
    }

    fn check(&self, _: &IndexConfig, _: &Pipeline) -> Result<(), Unsupported> {
        self.unsupported
            .clone()
            .map_or(Ok(()), |reason| Err(Unsupported(reason)))
    }

    fn build(&self, _: &IndexConfig, points: &Points<'_>) -> Result<Box<dyn Index>, BackendError> {
        match &self.broken {
            Some(reason) => Err(BackendError::Build(reason.clone())),
            None => Ok(Box::new(MockIndex {
                answers: self.clone(),
                points: points.count,
            })),
        }
    }
}

struct MockIndex {
    answers: MockBackend,
    points: usize,
}

impl Index for MockIndex {
    fn stats(&self) -> Result<IndexStats, BackendError> {
        Ok(IndexStats {
            points: self.points,
            ..IndexStats::default()
        })
    }

    fn searcher(&self) -> Result<Box<dyn Searcher + '_>, BackendError> {
        Ok(Box::new(MockSearcher {
            answers: &self.answers,
        }))
    }
}

struct MockSearcher<'i> {
    answers: &'i MockBackend,
}

impl Searcher for MockSearcher<'_> {
    fn search(&mut self, request: &Request<'_>) -> Result<Vec<StageAnswer>, BackendError> {
        let answer = |stage: &crate::pipeline::Stage| {
            let forced = match &stage.kind {
                StageKind::Dense(d) if d.exact => self.answers.exact.get(&stage.name),
                StageKind::Dense(d) if d.scan => self.answers.scanned.get(&stage.name),
                _ => None,
            };
            let hits = forced
                .or_else(|| self.answers.answers.get(&stage.name))
                .cloned()
                .ok_or_else(|| BackendError::BadStage {
                    stage: stage.name.clone(),
                    reason: "the mock has no answer for it".to_owned(),
                })?;
            let path = match stage.kind {
                StageKind::Dense(_) => Path::Scan,
                StageKind::Sparse(_) => Path::Postings,
                StageKind::Fuse(_) => Path::Fused,
                StageKind::Late(_) => Path::Late,
                StageKind::Rerank(_) => Path::Reranked,
            };
            Ok(StageAnswer {
                hits,
                counters: Counters::default(),
                path,
                took: Duration::ZERO,
                call: None,
            })
        };
        request.stages.iter().map(answer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::contract::{config, dense, sparse};
    use crate::pipeline::{Graph, Quantization};

    const CONFIG: fn() -> IndexConfig = || config(Graph::Exact, Quantization::None);

    fn no_points() -> Points<'static> {
        Points {
            count: 3,
            dense: BTreeMap::new(),
            sparse: BTreeMap::new(),
            late: BTreeMap::new(),
            payload: &[],
        }
    }

    #[test]
    fn a_stage_gets_its_prepared_answer_and_others_fail() {
        let hits = vec![Hit { point: 2, score: 0.5 }];
        let answers = BTreeMap::from([("d".to_owned(), hits.clone())]);
        let mock = MockBackend {
            answers,
            ..MockBackend::default()
        };
        let index = mock.build(&CONFIG(), &no_points()).unwrap();
        assert_eq!(index.stats().unwrap().points, 3);
        let mut searcher = index.searcher().unwrap();
        let mut search = |stage| {
            let stages = [stage];
            let request = Request {
                stages: &stages,
                dense: BTreeMap::new(),
                sparse: BTreeMap::new(),
                late: BTreeMap::new(),
                filter: None,
                lists: crate::backend::Lists::All,
            };
            searcher.search(&request)
        };
        let got = search(dense("d", "body", 5)).unwrap();
        assert_eq!((&got[0].hits, got[0].path), (&hits, Path::Scan));
        let error = search(sparse("s", "words", 5)).unwrap_err();
        assert_eq!(error.to_string(), "stage `s`: the mock has no answer for it");
    }

    #[test]
    fn it_refuses_and_breaks_when_told_to() {
        let mock = MockBackend {
            unsupported: Some("not today".to_owned()),
            broken: Some("out of paper".to_owned()),
            ..MockBackend::default()
        };
        let pipeline = Pipeline {
            name: "p".to_owned(),
            stages: vec![],
        };
        assert_eq!(
            mock.check(&CONFIG(), &pipeline),
            Err(Unsupported("not today".to_owned()))
        );
        let error = mock.build(&CONFIG(), &no_points()).err().unwrap();
        assert_eq!(error.to_string(), "building the index: out of paper");
    }
}
