//! Copies what an earlier run measured into a new bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::reader::{exact_path, run_path};
use super::super::{
    Bundle, BundleWriter, CellRecord, LatencySample, Measured, Outcome, StoreError, TOTAL, Timing,
};
use super::Taken;
use crate::plan::{Cell, Plan};

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// Cells that were taken over, by the run that measured them.
    pub taken: Vec<Taken>,
    /// Cells that have numbers there and were not, with the reason.
    pub left: Vec<(String, String)>,
}

/// Takes over every cell of `plan` that `from` measured and of which everything is there to be read: record, rankings,
/// traces, ladders, exact neighbours, and times where the plan wants them. The two must be the same run otherwise: see
/// [`super::plan_differences`] and [`super::manifest_differences`].
pub fn take_over(from: &Bundle, plan: &Plan, to: &mut BundleWriter) -> Result<TakenOver, StoreError> {
    let there = There::read(from)?;
    let mut over = TakenOver::default();
    let mut good: BTreeMap<&str, (&Cell, &CellRecord)> = BTreeMap::new();
    for record in &from.cells {
        let Outcome::Measured(measured) = &record.outcome else {
            continue;
        };
        let Some(cell) = plan.cells.iter().find(|c| c.id == record.cell) else {
            continue;
        };
        match there.lacks(cell, measured, plan.measure.latency.is_some()) {
            None => drop(good.insert(&cell.id, (cell, record))),
            Some(why) => over.left.push((cell.id.clone(), why)),
        }
    }
    for (cell, record) in good.values() {
        copy(&run_path(&from.dir, &cell.id), &run_path(to.dir(), &cell.id))?;
        for key in exact(record).filter(|key| !to.has_exact(key)).collect::<Vec<_>>() {
            copy(&exact_path(&from.dir, key), &exact_path(to.dir(), key))?;
        }
    }
    streams(from, plan, &good, to)?;
    let samples = there.samples.into_iter();
    to.latencies(samples.filter(|s| good.contains_key(s.cell.as_str())).collect());
    // In the order in which they were measured, and last: a line says that the rest is there.
    for record in from.cells.iter().filter(|r| good.contains_key(r.cell.as_str())) {
        to.cell(record)?;
    }
    over.taken = by_run(from, good.keys().copied());
    Ok(over)
}

/// Traces and ladders, one line after the other: they may be larger than memory.
fn streams(
    from: &Bundle,
    plan: &Plan,
    good: &BTreeMap<&str, (&Cell, &CellRecord)>,
    to: &mut BundleWriter,
) -> Result<(), StoreError> {
    let mut result = Ok(());
    let depth = plan.measure.trace.depth;
    from.for_each_trace(|trace| {
        if let (Ok(()), Some((cell, _))) = (&result, good.get(trace.cell.as_str())) {
            result = to.traces(&cell.data, std::slice::from_ref(&trace), depth);
        }
    })?;
    result?;
    let mut result = Ok(());
    from.for_each_ladder(|ladder| {
        if result.is_ok() && good.contains_key(ladder.cell.as_str()) {
            result = to.ladders(std::slice::from_ref(&ladder));
        }
    })?;
    result
}

/// What an earlier run left.
struct There<'a> {
    from: &'a Bundle,
    /// Queries by data set.
    queries: BTreeMap<&'a str, usize>,
    /// Cell → queries with a trace, and stages in all of them together.
    traced: BTreeMap<String, (BTreeSet<String>, usize)>,
    /// Whether the ladders of all cells can be read.
    ladders: bool,
    samples: Vec<LatencySample>,
    /// Cell → queries timed.
    timed: BTreeMap<String, usize>,
}

impl<'a> There<'a> {
    fn read(from: &'a Bundle) -> Result<Self, StoreError> {
        let mut queries = BTreeMap::new();
        for query in &from.queries {
            *queries.entry(query.data.as_str()).or_default() += 1;
        }
        let mut traced: BTreeMap<String, (BTreeSet<String>, usize)> = BTreeMap::new();
        from.for_each_trace(|trace| {
            let (queries, stages) = traced.entry(trace.cell).or_default();
            queries.insert(trace.query);
            *stages += trace.stages.len();
        })?;
        // A table that cannot be read leaves cells without times, and they are run again.
        let samples = from.latencies().unwrap_or_default();
        let mut timed: BTreeMap<String, usize> = BTreeMap::new();
        for sample in samples.iter().filter(|s| s.part == TOTAL) {
            *timed.entry(sample.cell.clone()).or_default() += 1;
        }
        Ok(Self {
            from,
            queries,
            traced,
            ladders: from.for_each_ladder(drop).is_ok(),
            samples,
            timed,
        })
    }

    /// What of a measured cell is not there to be taken over; `None` where everything is.
    fn lacks(&self, cell: &Cell, measured: &Measured, times: bool) -> Option<String> {
        let queries = self.queries.get(cell.data.as_str()).copied().unwrap_or(0);
        let stages = queries * cell.pipeline.stages.len();
        let traced = self.traced.get(&cell.id).map(|(q, stages)| (q.len(), *stages));
        if traced != Some((queries, stages)) {
            return Some("its traces are not whole".to_owned());
        }
        if let Err(error) = self.from.run(&cell.id) {
            return Some(format!("its rankings cannot be read: {error}"));
        }
        for key in measured.exact.values() {
            if let Err(error) = self.from.exact(key) {
                return Some(format!("its exact neighbours cannot be read: {error}"));
            }
        }
        if measured.diagnosed && !self.ladders {
            return Some("its ladders cannot be read".to_owned());
        }
        match &measured.timing {
            None if times => Some("it was not timed".to_owned()),
            Some(timing) if times && self.timed.get(&cell.id) != Some(&taken(timing, queries)) => {
                Some("its latencies are not whole".to_owned())
            }
            _ => None,
        }
    }
}

/// Queries that have a time.
fn taken(timing: &Timing, queries: usize) -> usize {
    (timing.passes * queries).saturating_sub(timing.failed)
}

fn exact(record: &CellRecord) -> impl Iterator<Item = &str> {
    let measured = match &record.outcome {
        Outcome::Measured(measured) => Some(measured),
        Outcome::Failed { .. } | Outcome::Unsupported { .. } => None,
    };
    measured
        .into_iter()
        .flat_map(|m| m.exact.values().map(String::as_str))
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let copied = std::fs::copy(from, to);
    copied.map(drop).map_err(|source| StoreError::Io {
        what: "copying",
        path: from.to_owned(),
        source,
    })
}

/// The cells by the run that measured them, oldest first.
fn by_run<'a>(from: &Bundle, cells: impl Iterator<Item = &'a str>) -> Vec<Taken> {
    let manifest = &from.manifest;
    let earlier = manifest.resumed.iter().flat_map(|r| &r.taken);
    let mut runs: Vec<Taken> = earlier
        .map(|taken| Taken {
            cells: Vec::new(),
            ..taken.clone()
        })
        .collect();
    runs.push(Taken {
        run: manifest.run_id.clone(),
        started: manifest.started.clone(),
        cells: Vec::new(),
    });
    let own = runs.len() - 1;
    for cell in cells {
        let taken = manifest.resumed.iter().flat_map(|r| &r.taken);
        let at = taken.into_iter().position(|t| t.cells.iter().any(|c| c == cell));
        runs[at.unwrap_or(own)].cells.push(cell.to_owned());
    }
    runs.retain(|run| !run.cells.is_empty());
    runs
}
