//! The diagnosis: the queries of a cell once more, with searches that are more exact than set.
//!
//! Each rung gives up one exactness more than the one before. A query is asked only where a rung's searches differ from
//! those of the next, so that a pipeline without codes, graph and filters costs nothing.

use crate::backend::{Index, StageAnswer};
use crate::dataset::Query;
use crate::pipeline::{Dense, FilterUse, Graph, IndexConfig, Quantization, Stage, StageKind, Strategy};
use crate::prepare::CachedReranker;
use crate::progress::Observer;
use crate::store::{Finding, LadderTrace, Rung, RungTrace, Severity};

use super::RunError;
use super::cell::CellContext;
use super::{quality, record};

/// Name of the finding for a diagnosis that could not be taken.
pub(super) const CHECK: &str = "diagnosis";

/// The rungs that are asked for; the last one, [`Rung::Filter`], is the quality pass.
const ASKED: [Rung; 3] = [Rung::Exact, Rung::Codes, Rung::Graph];

/// How one stage searches on a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Float vectors, scanned.
    Floats,
    /// Codes where there are codes, scanned.
    Scan,
    /// As the pipeline sets it.
    AsSet,
}

/// What each query would have found, in the order of the data set's queries.
pub(super) fn ladders(
    context: &CellContext<'_>,
    index: &dyn Index,
    mut reranker: Option<&mut CachedReranker<'_>>,
    watch: &dyn Observer,
) -> Result<Vec<LadderTrace>, RunError> {
    let queries = &context.data.queries;
    let mut rungs: Vec<Vec<RungTrace>> = queries.iter().map(|_| Vec::new()).collect();
    for rung in ASKED {
        let asked: Vec<usize> = (0..queries.len())
            .filter(|q| context.differs(rung, &queries[*q]))
            .collect();
        let answers = answers(context, index, rung, &asked, reranker.as_deref_mut(), watch)?;
        for (q, answers) in asked.into_iter().zip(&answers) {
            let stages = record::stages(context, answers);
            rungs[q].push(RungTrace { rung, stages });
        }
    }
    let ladder = |(query, rungs): (&Query, Vec<RungTrace>)| LadderTrace {
        cell: context.cell.id.clone(),
        query: query.id.clone(),
        rungs,
    };
    let climbed = queries.iter().zip(rungs).filter(|(_, rungs)| !rungs.is_empty());
    Ok(climbed.map(ladder).collect())
}

/// What is said of a diagnosis that failed: the cell's numbers are none the worse for it.
pub(super) fn failed(error: &RunError) -> Finding {
    Finding {
        check: CHECK.into(),
        severity: Severity::Note,
        message: format!("where answers are lost cannot be told: {error}"),
    }
}

fn answers(
    context: &CellContext<'_>,
    index: &dyn Index,
    rung: Rung,
    asked: &[usize],
    reranker: Option<&mut CachedReranker<'_>>,
    watch: &dyn Observer,
) -> Result<Vec<Vec<StageAnswer>>, RunError> {
    let mut searcher = index.searcher()?;
    let mut all = Vec::with_capacity(asked.len());
    for &q in asked {
        if watch.cancelled() {
            return Err(RunError::Cancelled);
        }
        let stages = context.stages_on(rung, &context.data.queries[q]);
        let encoded = context.prepared_query(q);
        all.push(searcher.search(&context.request(&stages, None, &encoded))?);
    }
    let queries: Vec<&Query> = asked.iter().map(|q| &context.data.queries[*q]).collect();
    quality::carry_on(context, &queries, &mut all, reranker, watch)?;
    Ok(all)
}

impl CellContext<'_> {
    /// Whether a rung searches otherwise than the next one.
    fn differs(&self, rung: Rung, query: &Query) -> bool {
        let next = match rung {
            Rung::Exact => Rung::Codes,
            Rung::Codes => Rung::Graph,
            Rung::Graph | Rung::Filter => Rung::Filter,
        };
        let stages = self.cell.pipeline.backend_part().iter();
        let way = |stage, rung| way(stage, &self.cell.index, query, rung);
        stages.into_iter().any(|s| way(s, rung) != way(s, next))
    }

    /// The backend's stages as a rung has them. Every stage brings the filter that holds for it, so the request has none.
    fn stages_on(&self, rung: Rung, query: &Query) -> Vec<Stage> {
        let mut stages = self.cell.pipeline.backend_part().to_vec();
        for stage in &mut stages {
            let way = way(stage, &self.cell.index, query, rung);
            match &mut stage.kind {
                StageKind::Dense(dense) => {
                    dense.exact |= way == Way::Floats;
                    dense.scan |= way == Way::Scan;
                    force(&mut dense.filter, query, way);
                }
                StageKind::Sparse(sparse) => force(&mut sparse.filter, query, way),
                StageKind::Fuse(_) | StageKind::Late(_) | StageKind::Rerank(_) => {}
            }
        }
        stages
    }
}

fn force(filter: &mut FilterUse, query: &Query, way: Way) {
    let strategy = match (way, filter.strategy) {
        (Way::Floats | Way::Scan, _) => Strategy::Pre,
        // What it ignores is left out already.
        (Way::AsSet, Strategy::Ignore) => Strategy::Auto,
        (Way::AsSet, strategy) => strategy,
    };
    *filter = FilterUse {
        condition: filter.effective(query.filter.as_ref()),
        strategy,
    };
}

fn way(stage: &Stage, index: &IndexConfig, query: &Query, rung: Rung) -> Way {
    let filtered = |f: &FilterUse| f.effective(query.filter.as_ref()).is_some_and(|f| !f.is_empty());
    match &stage.kind {
        StageKind::Dense(dense) => dense_way(dense, index, filtered(&dense.filter), rung),
        StageKind::Sparse(s) if filtered(&s.filter) && s.filter.strategy == Strategy::Post => match rung {
            Rung::Filter => Way::AsSet,
            Rung::Exact | Rung::Codes | Rung::Graph => Way::Scan,
        },
        StageKind::Sparse(_) | StageKind::Fuse(_) | StageKind::Late(_) | StageKind::Rerank(_) => Way::AsSet,
    }
}

/// A filter that is carried out first is a scan of its matches already; a scan makes every other strategy exact, too.
fn dense_way(dense: &Dense, index: &IndexConfig, filtered: bool, rung: Rung) -> Way {
    let approximates = !dense.exact;
    let coded = approximates && index.quantization != Quantization::None;
    let walks = approximates && !dense.scan && index.graph != Graph::Exact;
    let inexact = match (filtered, dense.filter.strategy) {
        (false, _) => walks,
        (true, Strategy::Pre) => false,
        (true, Strategy::Post) => true,
        (true, Strategy::Auto | Strategy::InGraph | Strategy::Ignore) => walks,
    };
    match rung {
        Rung::Exact if coded => Way::Floats,
        Rung::Exact | Rung::Codes if inexact => Way::Scan,
        Rung::Graph if inexact && filtered => Way::Scan,
        Rung::Exact | Rung::Codes | Rung::Graph | Rung::Filter => Way::AsSet,
    }
}

#[cfg(test)]
mod tests;
