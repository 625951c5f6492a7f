//! From the bundle of another run to what a comparison needs of it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::content;
use crate::dataset::Qrels;
use crate::evaluate::{latency, traces};
use crate::plan::{Cell, Plan};
use crate::store::{
    BaselineCell, BaselineData, BaselineLatency, BaselineLine, BaselineRecord, Bundle, LatencySample,
    Measured, Named, Outcome, StageWork, StoreError,
};

/// What a comparison needs of another run.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineCopy {
    /// Which run it is.
    pub record: BaselineRecord,
    /// Its queries and cells.
    pub lines: Vec<BaselineLine>,
}

/// Measures another run as `plan` asks for it, and keeps what comparisons need.
pub fn copy(other: &Bundle, plan: &Plan, named: Named) -> Result<BaselineCopy, StoreError> {
    let record = record(other, named);
    let qrels = super::super::all_qrels(other)?;
    let data = prints(other, &qrels).into_iter();
    let mut lines: Vec<BaselineLine> = data
        .map(|(data, queries)| BaselineLine::Data(BaselineData { data, queries }))
        .collect();
    // Traces have everything that measures are made of, so the measures of this run can be taken from the other's.
    let exact = traces::ExactLists::read(other)?;
    let mut traced = traces::read(other, &plan.measure, &qrels, &exact, &mut |_, _| {})?;
    let samples = other.latencies()?;
    for cell in &other.plan.cells {
        let outcome = other.cells.iter().find(|r| r.cell == cell.id).map(|r| &r.outcome);
        let found = match (outcome, traced.remove(&cell.id)) {
            (Some(Outcome::Measured(measured)), Some(traces)) => {
                line(cell, traces, latencies(cell, measured, &samples, plan), plan)
            }
            (Some(Outcome::Failed { error }), _) => without(cell, format!("it failed: {error}")),
            (Some(Outcome::Unsupported { reason }), _) => {
                without(cell, format!("it is not supported: {reason}"))
            }
            _ => without(cell, "it was not run".to_owned()),
        };
        lines.push(BaselineLine::Cell(Box::new(found)));
    }
    Ok(BaselineCopy { record, lines })
}

fn line(
    cell: &Cell,
    traces: traces::CellTraces,
    latency: Option<BaselineLatency>,
    plan: &Plan,
) -> BaselineCell {
    let measures = plan.measure.quality.iter().map(ToString::to_string);
    let stages = cell.pipeline.stages.iter().map(|s| s.name.clone());
    let work = stages.zip(traces.counters).map(|(stage, counters)| StageWork {
        stage,
        sum: counters.sum,
        queries: counters.queries,
    });
    BaselineCell {
        cell: cell.clone(),
        missing: None,
        values: measures.zip(traces.values).collect(),
        work: work.collect(),
        latency,
    }
}

fn without(cell: &Cell, why: String) -> BaselineCell {
    BaselineCell {
        cell: cell.clone(),
        missing: Some(why),
        values: BTreeMap::new(),
        work: Vec::new(),
        latency: None,
    }
}

fn latencies(
    cell: &Cell,
    measured: &Measured,
    samples: &[LatencySample],
    plan: &Plan,
) -> Option<BaselineLatency> {
    let own: Vec<&LatencySample> = samples.iter().filter(|s| s.cell == cell.id).collect();
    let timing = measured.timing.as_ref()?;
    let latency = latency::latency(timing, &own, &[], plan.measure.latency.as_ref()?)?;
    let quantiles = latency.total.quantiles.iter();
    Some(BaselineLatency {
        workers: timing.workers,
        quantiles: quantiles.filter_map(|(q, ms)| Some((*q, (*ms)?))).collect(),
        passes: latency.passes,
    })
}

fn record(other: &Bundle, named: Named) -> BaselineRecord {
    let manifest = &other.manifest;
    BaselineRecord {
        named,
        run_id: manifest.run_id.clone(),
        experiment: manifest.experiment.clone(),
        started: manifest.started.clone(),
        version: manifest.tool.version.clone(),
        machine: manifest.machine.clone(),
        models: manifest.models.clone(),
        backends: manifest.backends.clone(),
        files: manifest
            .data
            .keys()
            .map(|name| (name.clone(), files(other, name)))
            .collect(),
    }
}

/// Per data set: query id → hash of everything that its values hang on, beside the documents.
pub(super) fn prints(
    bundle: &Bundle,
    qrels: &BTreeMap<String, Qrels>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut prints: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for query in &bundle.queries {
        let judged = qrels.get(&query.data);
        let grades = judged.and_then(|q| q.by_query.get(&query.query));
        let rules = judged.map(|q| (q.unlisted, q.itself));
        // A query that is a vector has no text to tell it by; its file has to.
        let files = query.text.is_empty().then(|| files(bundle, &query.data));
        let print = content::hash_json(&(&query.text, &query.filter, grades, rules, files));
        let short = print[..16].to_owned();
        prints
            .entry(query.data.clone())
            .or_default()
            .insert(query.query.clone(), short);
    }
    prints
}

/// What a data set was made of: file name → hash of its content. A set that is made and not read has its settings.
pub(super) fn files(bundle: &Bundle, data: &str) -> BTreeMap<String, String> {
    let read = bundle.manifest.data.get(data).map(|record| &record.files);
    let name = |path: &str| {
        let name = Path::new(path).file_name();
        name.map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned())
    };
    let mut files = BTreeMap::new();
    for file in read.into_iter().flatten() {
        // Without its folder, which is a matter of the machine; two files of one name count together.
        let hash: &mut String = files.entry(name(&file.path)).or_default();
        hash.push_str(&file.sha256);
    }
    if files.is_empty()
        && let Some(source) = bundle.plan.data.iter().find(|d| d.name == data)
    {
        files.insert("settings".to_owned(), content::hash_json(&source.kind));
    }
    files
}
