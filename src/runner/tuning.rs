//! Weights that are tuned: the queries of their split are asked, and no other.

use std::collections::BTreeMap;

use crate::backend::Index;
use crate::dataset::Dataset;
use crate::hit::Hit;
use crate::pipeline::StageKind;
use crate::plan::Cell;
use crate::prepare::{CachedEmbedder, CachedReranker, PrepareError, PreparedData, for_queries};
use crate::progress::Observer;
use crate::store::{Finding, Severity};
use crate::tune::{self, Tuned};

use super::cell::CellContext;
use super::{OfData, RunError, Runner, quality};

/// The splits of one data set that are tuned on, with their queries as models leave them.
pub(super) type Sets<'a> = BTreeMap<&'a str, (&'a Dataset, PreparedData)>;

/// Prepares the queries of every split of `data` that is tuned on.
pub(super) fn sets<'a>(
    runner: &Runner<'a>,
    data: &str,
    prepared: &PreparedData,
    mut embedder: Option<&mut CachedEmbedder<'_>>,
) -> Result<Sets<'a>, PrepareError> {
    let of_data = runner.tuning.iter().filter(|((name, _), _)| name == data);
    of_data
        .map(|((_, split), set)| {
            let queries = for_queries(prepared, set, embedder.as_deref_mut(), runner.watch)?;
            Ok((split.as_str(), (set, queries)))
        })
        .collect()
}

/// Whether the cell has weights to tune.
pub(super) fn is_tuned(cell: &Cell) -> bool {
    let stages = cell.pipeline.stages.iter();
    stages
        .map(|s| &s.kind)
        .any(|kind| matches!(kind, StageKind::Fuse(fuse) if fuse.tune.is_some()))
}

/// The cell with all its weights in place, and how each was found. Of a fusion behind another, the lists are those that
/// the weights found first make.
pub(super) fn tuned(
    cell: &Cell,
    of_data: OfData<'_>,
    index: &dyn Index,
    mut reranker: Option<&mut CachedReranker<'_>>,
    watch: &dyn Observer,
) -> Result<(Cell, Vec<Tuned>), RunError> {
    let (mut cell, mut found) = (cell.clone(), Vec::new());
    for at in 0..cell.pipeline.stages.len() {
        let stage = &cell.pipeline.stages[at];
        let StageKind::Fuse(fuse) = &stage.kind else {
            continue;
        };
        let Some(tune) = &fuse.tune else { continue };
        let (set, prepared) = of_data
            .sets
            .get(tune.split.as_str())
            .ok_or_else(|| RunError::NoQueries(format!("{} ({})", of_data.data.name, tune.split)))?;
        // Only what the fusion joins: nothing behind it has a say.
        let mut before = cell.clone();
        before.pipeline.stages.truncate(at);
        let context = CellContext::new(&before, set, prepared);
        let answers = quality::answers(&context, index, reranker.as_deref_mut(), watch)?;
        let lists: Vec<Vec<&[Hit]>> = answers
            .iter()
            .map(|answers| fuse.of.iter().map(|of| context.input(of, answers)).collect())
            .collect();
        let tuned = tune::choose(
            &stage.name,
            (fuse, tune),
            set,
            &of_data.data.docs,
            &lists,
            of_data.tie,
        )?;
        cell.pipeline.set_weights(&tuned.stage, &tuned.weights);
        found.push(tuned);
    }
    Ok((cell, found))
}

/// Weights that few queries have chosen.
pub(super) fn findings(tuned: &[Tuned]) -> Vec<Finding> {
    let few = tuned.iter().filter(|t| t.queries < tune::FEW);
    few.map(|t| Finding {
        check: "tuning".into(),
        severity: Severity::Warning,
        message: format!(
            "the weights of `{}` were chosen on {} queries of `{}`, under {}: other queries may well choose others",
            t.stage,
            t.queries,
            t.split,
            tune::FEW
        ),
    })
    .collect()
}
