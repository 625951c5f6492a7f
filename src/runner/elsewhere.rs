//! Proof of path for an index elsewhere: its own counters, the same question twice, and its fusion against ours.

use std::collections::BTreeMap;

use crate::backend::{BackendError, Calls, Elsewhere, Index, Path, Searched, StageAnswer};
use crate::hit::Hit;
use crate::pipeline::{Graph, Stage, StageKind, Strategy, fusion};
use crate::progress::Observer;
use crate::store::{Finding, Severity};

use super::RunError;
use super::cell::CellContext;
use super::parity::{EPSILON, same_list};

/// Hits from the top that have to be the same when a question is asked twice.
const DEPTH: usize = 10;

/// The counters before a quality pass.
pub(super) struct Watch<'i> {
    elsewhere: &'i dyn Elsewhere,
    searched: Result<BTreeMap<String, Searched>, BackendError>,
    calls: Calls,
}

impl<'i> Watch<'i> {
    /// `None` for an index in this process. `calls` are those before the cell asked its first question.
    pub(super) fn start(index: &'i dyn Index, calls: Option<Calls>) -> Option<Self> {
        let elsewhere = index.elsewhere()?;
        Some(Self {
            elsewhere,
            searched: elsewhere.searched(),
            calls: calls.unwrap_or_default(),
        })
    }

    /// What the counters say after it, what asking again says, and the calls that both took.
    pub(super) fn end(
        self,
        context: &CellContext<'_>,
        index: &dyn Index,
        answers: &[Vec<StageAnswer>],
        watch: &dyn Observer,
    ) -> Result<(Vec<Finding>, Calls), RunError> {
        let mut findings = Vec::new();
        match self
            .searched
            .and_then(|before| Ok((before, self.elsewhere.searched()?)))
        {
            Ok((before, after)) => findings.extend(paths(context, &before, &after)),
            Err(error) => findings.push(warning(
                "path-unproved",
                format!("which way searches went cannot be proved: {error}"),
            )),
        }
        findings.extend(fusion_is_ours(context, answers));
        findings.extend(again(context, index, answers, watch)?);
        let calls = difference(&self.calls, self.elsewhere.calls());
        findings.extend(repeated(&calls));
        Ok((findings, calls))
    }
}

/// What the searches of one vector were to be.
struct Wanted<'a> {
    vector: &'a str,
    stage: &'a str,
    /// By graph, or by scan because an exact search was asked for.
    by_graph: bool,
}

/// Every dense stage's searches went the way that was asked for.
fn paths(
    context: &CellContext<'_>,
    before: &BTreeMap<String, Searched>,
    after: &BTreeMap<String, Searched>,
) -> Vec<Finding> {
    let graph = context.cell.index.graph != Graph::Exact;
    let wanted = context
        .cell
        .pipeline
        .stages
        .iter()
        .filter_map(|stage| match &stage.kind {
            StageKind::Dense(d) => Some(Wanted {
                vector: &d.vector,
                stage: &stage.name,
                by_graph: graph && !d.exact && d.filter.strategy != Strategy::Pre,
            }),
            _ => None,
        });
    let mut findings = Vec::new();
    let mut seen = Vec::new();
    for wanted in wanted {
        // Two stages on one vector share its counters.
        if seen.contains(&wanted.vector) {
            continue;
        }
        seen.push(wanted.vector);
        let count =
            |counters: &BTreeMap<String, Searched>| counters.get(wanted.vector).copied().unwrap_or_default();
        let done = count(after) - count(before);
        findings.extend(path(&wanted, done));
    }
    findings
}

fn path(wanted: &Wanted<'_>, done: Searched) -> Option<Finding> {
    let all = done.by_index + done.scanned + done.few_matches + done.exact;
    let Wanted { vector, stage, .. } = wanted;
    if all == 0 {
        let message = format!(
            "stage `{stage}`: the server counted no search of `{vector}`: its segments are on other nodes than the one asked, \
             or it does not count"
        );
        return Some(warning("path-unproved", message));
    }
    if !wanted.by_graph {
        let message = format!(
            "stage `{stage}`: {} of {all} segment searches used a graph though none was asked for",
            done.by_index
        );
        return (done.by_index > 0).then(|| warning("path", message));
    }
    if done.scanned + done.exact > 0 {
        let scanned = done.scanned + done.exact;
        let message = format!(
            "stage `{stage}`: {scanned} of {all} segment searches scanned though the graph was asked for: a segment below the \
             server's `indexing_threshold` has none"
        );
        return Some(warning("path", message));
    }
    (done.few_matches > 0).then(|| Finding {
        check: "path".into(),
        severity: Severity::Note,
        message: format!(
            "stage `{stage}`: {} of {all} segment searches scanned the few points that the filter lets through",
            done.few_matches
        ),
    })
}

/// A list that the server joined is the pure function of the lists it was made of. Where one of these holds equal scores,
/// the server's order of them decides about ranks and is not known here: such queries prove nothing.
fn fusion_is_ours(context: &CellContext<'_>, answers: &[Vec<StageAnswer>]) -> Option<Finding> {
    let stages = context.cell.pipeline.backend_part();
    let (last, _) = stages.split_last()?;
    let StageKind::Fuse(fuse) = &last.kind else {
        return None;
    };
    let at = stages.len() - 1;
    let by_server = |a: &&Vec<StageAnswer>| {
        let mut lists = fuse.of.iter().map(|of| context.input(of, a));
        a[at].path == Path::ServerFused && lists.all(distinct)
    };
    let differs = |a: &&Vec<StageAnswer>| {
        let lists: Vec<&[Hit]> = fuse.of.iter().map(|of| context.input(of, a)).collect();
        let ours = fusion::fuse(&fuse.method, &lists, usize::MAX);
        same_list(&a[at].hits, &ours, fuse.limit).is_err()
    };
    let joined = answers.iter().filter(by_server).count();
    let wrong = answers.iter().filter(by_server).filter(differs).count();
    (wrong > 0).then(|| {
        let message = format!(
            "stage `{}`: {wrong} of {joined} lists that the server joined are not what its formula makes of the lists it gives \
             (scores within {EPSILON}): near-ties before the fusion, or another formula; `fusion: client` joins them here",
            last.name
        );
        warning("server-fusion", message)
    })
}

/// Whether no two neighbours of a list have the same score, by the precision of a float.
fn distinct(hits: &[Hit]) -> bool {
    let same = |a: f32, b: f32| (a - b).abs() <= f32::EPSILON * 4.0 * b.abs().max(f32::MIN_POSITIVE);
    hits.windows(2).all(|pair| !same(pair[0].score, pair[1].score))
}

/// The same questions once more, as a user asks them.
fn again(
    context: &CellContext<'_>,
    index: &dyn Index,
    answers: &[Vec<StageAnswer>],
    watch: &dyn Observer,
) -> Result<Option<Finding>, RunError> {
    let mut searcher = index.searcher()?;
    let (mut top, mut list) = (0, 0);
    let last: Option<&Stage> = context.cell.pipeline.backend_part().last();
    let at = context.cell.pipeline.backend_part().len().wrapping_sub(1);
    for (q, query) in context.data.queries.iter().enumerate() {
        if watch.cancelled() {
            return Err(RunError::Cancelled);
        }
        let encoded = context.prepared_query(q);
        let second = context.retrieve(searcher.as_mut(), query, &encoded, context.needed())?;
        let points = |hits: &[Hit]| hits.iter().take(DEPTH).map(|h| h.point).collect::<Vec<u32>>();
        let (first, second) = (points(&answers[q][at].hits), points(&second[at].hits));
        top += usize::from(first.first() != second.first());
        list += usize::from(first != second);
    }
    let n = answers.len();
    Ok(last.filter(|_| list > 0).map(|stage| {
        let message = format!(
            "stage `{}`: asked again, {top} of {n} queries had another first hit and {list} another top {DEPTH}: equal scores in \
             the server's order, or an index that is still changing",
            stage.name
        );
        warning("repeat", message)
    }))
}

fn repeated(calls: &Calls) -> Option<Finding> {
    let failed: u64 = calls.failed.values().sum();
    (failed > 0).then(|| {
        let codes: Vec<String> = calls.failed.iter().map(|(code, n)| format!("{code} {n}")).collect();
        let message = format!(
            "{failed} of {} calls failed and {} were repeated ({}): the server was busy, or the way to it is bad",
            calls.sent,
            calls.repeated,
            codes.join(", ")
        );
        warning("calls", message)
    })
}

fn difference(before: &Calls, after: Calls) -> Calls {
    let earlier = |code: &String| before.failed.get(code).copied().unwrap_or(0);
    let failed = after
        .failed
        .iter()
        .map(|(code, n)| (code.clone(), n - earlier(code)));
    Calls {
        sent: after.sent - before.sent,
        repeated: after.repeated - before.repeated,
        failed: failed.filter(|(_, n)| *n > 0).collect(),
    }
}

fn warning(check: &str, message: String) -> Finding {
    Finding {
        check: check.into(),
        severity: Severity::Warning,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(by_graph: bool, done: Searched) -> Option<(Severity, String)> {
        let wanted = Wanted {
            vector: "body",
            stage: "d",
            by_graph,
        };
        path(&wanted, done).map(|f| (f.severity, f.check))
    }

    #[test]
    fn the_server_s_counters_say_which_way_searches_went() {
        let by_index = Searched {
            by_index: 8,
            ..Searched::default()
        };
        let half = Searched {
            scanned: 4,
            ..by_index
        };
        let few = Searched {
            few_matches: 2,
            ..by_index
        };
        let exact = Searched {
            exact: 8,
            ..Searched::default()
        };
        assert_eq!(verdict(true, by_index), None);
        assert_eq!(verdict(true, half), Some((Severity::Warning, "path".into())));
        assert_eq!(verdict(true, few), Some((Severity::Note, "path".into())));
        assert_eq!(
            verdict(true, Searched::default()),
            Some((Severity::Warning, "path-unproved".into()))
        );
        assert_eq!(verdict(false, exact), None);
        assert_eq!(verdict(false, by_index), Some((Severity::Warning, "path".into())));
    }

    #[test]
    fn calls_are_those_of_the_pass_alone() {
        let calls = |sent, busy| Calls {
            sent,
            repeated: busy,
            failed: BTreeMap::from([("UNAVAILABLE".to_owned(), busy)]),
        };
        let during = difference(&calls(10, 1), calls(30, 1));
        assert_eq!((during.sent, during.repeated, during.failed.len()), (20, 0, 0));
        assert_eq!(repeated(&during), None);
        assert!(repeated(&difference(&calls(10, 1), calls(30, 3))).is_some());
    }
}
