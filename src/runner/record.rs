//! What was seen, in the form the bundle keeps: external ids instead of points.

use crate::backend::StageAnswer;
use crate::dataset::Query;
use crate::hit::Hit;
use crate::pipeline::Stage;
use crate::run::{Run, ScoredDoc};
use crate::store::{
    BundleWriter, CellRecord, LatencySample, Measured, Outcome, QueryTrace, StageTrace, Timing,
};

use super::cell::CellContext;
use super::{Answered, Built, RunError, checks, short};

/// What a timer hands over.
pub(super) type TimerResult = Result<(Timing, Vec<LatencySample>, Vec<Vec<Hit>>), RunError>;

/// The line of a cell that was answered. Its samples go to the bundle at once: they come before the line.
pub(super) fn record(
    answered: &mut Answered<'_>,
    builds: &[Built],
    timer: Option<TimerResult>,
    bundle: &mut BundleWriter,
) -> CellRecord {
    let built = &builds[answered.build];
    let outcome = match timer.transpose() {
        Err(error) => Outcome::Failed {
            error: format!("while timed: {error}"),
        },
        Ok(timed) => {
            let timing = timed.map(|(timing, samples, last)| {
                bundle.latencies(samples);
                answered
                    .findings
                    .extend(checks::timed_answers(&answered.answers, &last));
                timing
            });
            Outcome::Measured(Box::new(Measured {
                build: short(&built.key),
                build_ms: built.took.as_secs_f64() * 1e3,
                build_rss_bytes: built.rss,
                stats: built.stats.clone(),
                timing,
                exact: std::mem::take(&mut answered.exact),
                parity: std::mem::take(&mut answered.parity),
                calls: answered.calls.take(),
                tuned: std::mem::take(&mut answered.tuned),
                diagnosed: answered.diagnosed,
                findings: std::mem::take(&mut answered.findings),
            }))
        }
    };
    CellRecord {
        cell: answered.context.cell.id.clone(),
        outcome,
    }
}

pub(super) fn traces(context: &CellContext<'_>, answers: &[Vec<StageAnswer>]) -> Vec<QueryTrace> {
    let trace = |(query, answers): (&Query, &Vec<StageAnswer>)| QueryTrace {
        cell: context.cell.id.clone(),
        query: query.id.clone(),
        stages: stages(context, answers),
    };
    context.data.queries.iter().zip(answers).map(trace).collect()
}

/// Takes the lists out of a trace: what is left is the work that was done, and how.
pub(super) fn leave_work(trace: &mut QueryTrace) {
    for stage in &mut trace.stages {
        stage.docs = Vec::new();
        stage.scores = Vec::new();
    }
}

/// One query's answers, stage by stage.
pub(super) fn stages(context: &CellContext<'_>, answers: &[StageAnswer]) -> Vec<StageTrace> {
    let id = |point: u32| context.data.docs[point as usize].id.clone();
    let stage = |(stage, answer): (&Stage, &StageAnswer)| StageTrace {
        stage: stage.name.clone(),
        docs: answer.hits.iter().map(|h| id(h.point)).collect(),
        scores: answer.hits.iter().map(|h| h.score).collect(),
        counters: answer.counters,
        path: answer.path,
    };
    let pipeline = &context.cell.pipeline.stages;
    pipeline.iter().zip(answers).map(stage).collect()
}

pub(super) fn run(context: &CellContext<'_>, answers: &[Vec<StageAnswer>]) -> Run {
    let last = answers
        .iter()
        .map(|a| a.last().map_or(&[][..], |stage| &stage.hits));
    with_ids(context, &context.cell.id, last)
}

/// Rankings of all queries with external ids.
pub(super) fn with_ids<'a>(
    context: &CellContext<'_>,
    tag: &str,
    lists: impl Iterator<Item = &'a [Hit]>,
) -> Run {
    let doc = |hit: &Hit| ScoredDoc {
        doc: context.data.docs[hit.point as usize].id.clone(),
        score: f64::from(hit.score),
    };
    let queries = context.data.queries.iter().map(|q| q.id.clone());
    let rankings = queries.zip(lists.map(|hits| hits.iter().map(doc).collect()));
    Run {
        tag: tag.to_owned(),
        rankings: rankings.collect(),
    }
}
