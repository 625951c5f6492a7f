//! The manifest and the resolved settings, in the order in which people look for them.

use crate::dataset::{Itself, SourceFile, Unlisted};
use crate::evaluate::{CellResult, CellState, Evaluation};
use crate::store::{DataRecord, Manifest};

use super::number::{bytes, duration_ms, integer};
use super::set::Set;

/// A titled list of facts.
#[derive(Debug)]
pub(crate) struct Group {
    /// What they are about.
    pub(crate) title: String,
    /// Name and value.
    pub(crate) facts: Vec<(String, String)>,
}

const UNKNOWN: &str = "unknown";

/// Every fact of the manifest.
pub(crate) fn groups(manifest: &Manifest) -> Vec<Group> {
    let mut groups = vec![identity(manifest), machine(manifest), health(manifest)];
    groups.extend(manifest.data.iter().map(|(name, record)| data(name, record)));
    groups.extend(manifest.models.iter().map(|(role, model)| {
        group(
            format!("Model: {role}"),
            vec![
                ("name", model.name.clone()),
                ("runtime", format!("{} {}", model.runtime, model.runtime_version)),
                ("SHA-256 of weights and tokenizer", model.sha256.clone()),
                (
                    "longest input",
                    format!(
                        "{} tokens; what is beyond is cut",
                        integer(model.max_tokens as u64)
                    ),
                ),
            ],
        )
    }));
    groups.extend(manifest.backends.iter().map(|(name, info)| {
        let mut facts = vec![("engine".to_owned(), format!("{} {}", info.name, info.version))];
        facts.extend(info.details.iter().map(|(k, v)| (k.clone(), v.clone())));
        Group {
            title: format!("Backend: {name}"),
            facts,
        }
    }));
    groups
}

fn group(title: impl Into<String>, facts: Vec<(&str, String)>) -> Group {
    Group {
        title: title.into(),
        facts: facts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
    }
}

fn identity(manifest: &Manifest) -> Group {
    let tool = &manifest.tool;
    let commit = tool.commit.as_deref().unwrap_or("commit unknown");
    group(
        "Run",
        vec![
            ("run", manifest.run_id.clone()),
            ("experiment", manifest.experiment.clone()),
            ("started", manifest.started.clone()),
            (
                "finished",
                manifest
                    .finished
                    .clone()
                    .unwrap_or_else(|| "not finished".to_owned()),
            ),
            ("command", manifest.command.join(" ")),
            (
                "evalrun",
                format!("{} ({commit}), {} build", tool.version, tool.profile),
            ),
            ("spec", manifest.spec.path.clone()),
            ("SHA-256 of the spec", manifest.spec.sha256.clone()),
            ("bundle schema", manifest.schema.to_string()),
        ],
    )
}

fn machine(manifest: &Manifest) -> Group {
    let machine = &manifest.machine;
    let load = |l: Option<f64>| l.map_or_else(|| UNKNOWN.to_owned(), |l| format!("{l:.2}"));
    let jobs = manifest.jobs.map(|n| ("threads (--jobs)", integer(n as u64)));
    let mut group = group(
        "Machine",
        vec![
            (
                "processor",
                machine.cpu.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
            ),
            ("CPUs for this process", integer(machine.cpus as u64)),
            (
                "main memory",
                machine.memory_bytes.map_or_else(|| UNKNOWN.to_owned(), bytes),
            ),
            ("system", format!("{} {}", machine.os, machine.arch)),
            (
                "load before, after",
                format!("{}, {}", load(machine.load.0), load(machine.load.1)),
            ),
        ],
    );
    group.facts.extend(jobs.map(|(k, v)| (k.to_owned(), v)));
    group
}

fn health(manifest: &Manifest) -> Group {
    let health = &manifest.health;
    let number = |n: usize| integer(n as u64);
    group(
        "Cost and cache",
        vec![
            ("preparation", duration_ms(health.prepare_ms as f64)),
            ("whole run", duration_ms(health.wall_ms as f64)),
            (
                "peak memory of the process",
                health.peak_rss_bytes.map_or_else(|| UNKNOWN.to_owned(), bytes),
            ),
            ("texts embedded", number(health.texts_embedded)),
            ("embeddings from the cache", number(health.texts_cached)),
            ("pairs scored", number(health.pairs_scored)),
            ("pair scores from the cache", number(health.pairs_cached)),
        ],
    )
}

fn data(name: &str, record: &DataRecord) -> Group {
    let mut facts = vec![("documents".to_owned(), integer(record.docs as u64))];
    if record.is_judged() {
        let unlisted = match record.unlisted {
            Unlisted::Unjudged => "",
            Unlisted::Irrelevant => ", and grade 0 for every other pair: they are complete",
        };
        let grades: Vec<String> = record
            .grades
            .iter()
            .map(|(g, n)| format!("{n} × grade {g}"))
            .collect();
        facts.insert(0, ("split".to_owned(), record.split.clone()));
        facts.extend([
            ("judged queries".to_owned(), integer(record.queries as u64)),
            (
                "of these without a relevant document".to_owned(),
                integer(record.queries_without_relevant as u64),
            ),
            (
                "judgements".to_owned(),
                format!("{}{unlisted}", grades.join(", ")),
            ),
        ]);
        if record.itself == Itself::LeftOut {
            let rule = "taken out of every ranking before it is measured";
            facts.push(("the query's own document".to_owned(), rule.to_owned()));
        }
    } else {
        facts.push(("queries, none judged".to_owned(), integer(record.queries as u64)));
    }
    facts.extend(record.files.iter().map(file));
    Group {
        title: format!("Data: {name}"),
        facts,
    }
}

fn file(file: &SourceFile) -> (String, String) {
    let rows = super::text::count(file.rows, "row", "rows");
    (file.path.clone(), format!("{rows}, SHA-256 {}", file.sha256))
}

/// A cell's complete settings.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The cell's name.
    pub(crate) name: String,
    /// Its id.
    pub(crate) id: String,
    /// Everything, as JSON.
    pub(crate) json: String,
}

/// Every cell with every default filled in.
pub(crate) fn resolved(sets: &[Set<'_>]) -> Vec<Resolved> {
    let one = |set: &Set<'_>, cell: &crate::plan::Cell| Resolved {
        name: super::findings::full_name(sets, set, &cell.id),
        id: cell.id.clone(),
        json: serde_json::to_string_pretty(cell).expect("plain data serialises to JSON"),
    };
    sets.iter()
        .flat_map(|set| set.cells.iter().map(move |c| one(set, &c.cell)))
        .collect()
}

/// From combinations to cells, and what was left out for which reason.
pub(crate) fn counts(evaluation: &Evaluation) -> (String, Vec<(String, Vec<String>)>) {
    let counts = &evaluation.plan.counts;
    let mut parts = vec![format!("{} combinations", integer(counts.combinations as u64))];
    let changes = [
        (counts.merged, "merged because a setting does not apply"),
        (counts.excluded, "excluded"),
        (counts.extra, "added"),
    ];
    parts.extend(
        changes
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}")),
    );
    let sentence = format!(
        "{}: {} on {}.",
        parts.join(", "),
        super::text::count(evaluation.plan.cells.len(), "cell", "cells"),
        super::text::count(counts.builds, "index build", "index builds"),
    );
    let mut dropped: Vec<(String, Vec<String>)> = Vec::new();
    for combination in &evaluation.plan.dropped {
        let settings: Vec<String> = combination
            .settings
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        match dropped
            .iter_mut()
            .find(|(reason, _)| *reason == combination.reason)
        {
            Some((_, list)) => list.push(settings.join(" ")),
            None => dropped.push((combination.reason.clone(), vec![settings.join(" ")])),
        }
    }
    (sentence, dropped)
}

/// What the text on method says about this run.
#[derive(Debug)]
pub(crate) struct Method {
    /// Confidence level, `95 %`.
    pub(crate) level: String,
    /// How intervals are made: `BCa bootstrap`.
    pub(crate) interval: &'static str,
    /// The measures whose comparisons are corrected together.
    pub(crate) family: String,
    /// Largest difference that ties.
    pub(crate) tolerance: String,
    /// Bootstrap resamples.
    pub(crate) resamples: String,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// The policy for ties, as a spec writes it.
    pub(crate) tie: &'static str,
    /// The same in words.
    pub(crate) tie_words: &'static str,
    /// How latency was taken; `None` when it was not.
    pub(crate) latency: Option<LatencyMethod>,
}

/// How latency was taken.
#[derive(Debug)]
pub(crate) struct LatencyMethod {
    /// Closed-loop workers.
    pub(crate) workers: String,
    /// Queries before timing.
    pub(crate) warmup: String,
    /// Passes.
    pub(crate) passes: String,
}

/// The parameters of the method.
pub(crate) fn method(evaluation: &Evaluation) -> Method {
    let plan = &evaluation.plan;
    let is_timed = |c: &CellResult| matches!(&c.state, CellState::Ok(numbers) if numbers.latency.is_some());
    let timed = plan
        .measure
        .latency
        .as_ref()
        .filter(|_| evaluation.cells.iter().any(is_timed));
    let latency = timed.map(|l| LatencyMethod {
        workers: super::text::count(l.workers, "worker", "workers"),
        warmup: super::text::count(l.warmup, "query", "queries"),
        passes: super::text::count(l.passes, "pass", "passes"),
    });
    Method {
        level: super::number::level(plan.compare.level),
        interval: super::certainty::method_name(plan.compare.method),
        family: super::text::listed(
            &plan.family().iter().map(ToString::to_string).collect::<Vec<_>>(),
            6,
        ),
        tolerance: plan.compare.tolerance.to_string(),
        resamples: integer(plan.compare.resamples as u64),
        seed: plan.measure.seed,
        tie: plan.measure.tie.name(),
        tie_words: super::ties::policy(plan.measure.tie),
        latency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn every_group_of_the_manifest_is_there_and_unknown_is_said() {
        let evaluation = evaluation();
        let groups = groups(&evaluation.manifest);
        let titles: Vec<&str> = groups.iter().map(|g| g.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "Run",
                "Machine",
                "Cost and cache",
                "Data: demo",
                "Data: parts",
                "Model: embedder",
                "Model: reranker",
                "Backend: local"
            ]
        );
        let memory = groups[2]
            .facts
            .iter()
            .find(|(k, _)| k == "peak memory of the process")
            .unwrap();
        assert_eq!(memory.1, "unknown");
    }

    #[test]
    fn combinations_are_accounted_for() {
        let (sentence, dropped) = counts(&evaluation());
        insta::assert_snapshot!(sentence, @"16 combinations, 4 merged because a setting does not apply, 1 excluded: 10 cells on 3 index builds.");
        assert_eq!(dropped.len(), 1);
        assert_eq!(dropped[0].1, ["pipeline=words index.quantization=binary"]);
    }
}
