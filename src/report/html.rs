//! The page: one file, nothing loaded, complete without script; a script adds sorting, filtering and every query.

mod policy;

use askama::Template;

use crate::evaluate::Evaluation;

use super::chart::{Figure, figures};
use super::micro::{Micro, MicroRow, rows as micro_rows};
use super::view::baseline::{BaselineView, baseline};
use super::view::board::{Board, Figures};
use super::view::builds::{Build, builds};
use super::view::certainty::{CertaintyView, certainties};
use super::view::changes::{Changes, changes};
use super::view::effects::{EffectTable, effects};
use super::view::findings::{Found, findings, without_numbers};
use super::view::gates::{GateRow, gates};
use super::view::losses::{LossTable, loss_tables};
use super::view::manifest::{Group, Method, Resolved, counts, groups, method, resolved};
use super::view::number::align_points;
use super::view::queries::data::data;
use super::view::queries::{Shown, shown};
use super::view::runs::{History, OtherRun, history, others};
use super::view::set::Set;
use super::view::slices::{SliceTable, slices};
use super::view::stages::{StageTable, stage_table};
use super::view::targets::{TargetTable, targets};
use super::view::techniques::{Panel, techniques};
use super::view::text::{count, listed, visible};
use super::view::ties::{TieTable, table as tie_table};
use super::view::trust::{Fact, facts};
use super::view::tuned::{TunedRow, tuned};
use super::view::verdict::{Verdict, verdict};
use policy::{Assets, assets};

/// A blank as wide as a digit, and one as wide as a point: they align numbers that are set flush right.
const DIGIT_BLANK: char = '\u{2007}';
const POINT_BLANK: char = '\u{2008}';

/// Files of a bundle and what they hold, for readers who want the numbers behind the numbers.
const BUNDLE: [(&str, &str); 11] = [
    ("manifest.json", "what was run, on what, with what"),
    ("spec.yaml", "the spec as written"),
    (
        "plan.json",
        "the spec as understood: every cell with every default",
    ),
    ("cells.jsonl", "how each cell went, its index sizes, its findings"),
    ("runs/<cell>.trec.gz", "rankings in the format of trec_eval"),
    ("qrels/<data>.qrels", "judgements in the format of trec_eval"),
    (
        "traces.jsonl.zst",
        "the complete list of every stage, for every query and cell",
    ),
    (
        "ladders.jsonl.zst",
        "the same with more exact searches, where the run was diagnosed",
    ),
    ("latency.parquet", "every timed query, by part"),
    ("queries.jsonl", "the judged queries"),
    ("texts.jsonl.zst", "texts of the documents that appear above"),
];

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    assets: Assets,
    evaluation: &'a Evaluation,
    subtitle: String,
    verdict: Verdict,
    facts: Vec<Fact>,
    gates: Vec<GateRow>,
    baseline: Option<BaselineView>,
    changes: Vec<Changes>,
    effects: Vec<EffectTable>,
    targets: Vec<TargetTable>,
    panels: Vec<Panel>,
    boards: Vec<Board>,
    ties: Vec<TieTable>,
    tuned: Vec<(String, Vec<TunedRow>)>,
    missing: Vec<Found>,
    findings: Vec<Found>,
    figures: Vec<Figure>,
    certainties: Vec<CertaintyView>,
    slices: Vec<SliceTable>,
    losses: Vec<SetLosses>,
    stages: Vec<StageTable>,
    builds: Vec<(String, Vec<Build>)>,
    shown: Shown,
    /// The data block for the script, as JSON that may stand in a `script` element.
    data: Option<String>,
    history: Vec<(History, Figure)>,
    others: Vec<OtherRun>,
    micro: Vec<MicroRow>,
    method: Method,
    manifest: Vec<Group>,
    counts: String,
    dropped: Vec<(String, Vec<String>)>,
    resolved: Vec<Resolved>,
    bundle: &'static [(&'static str, &'static str)],
}

/// Where the cells of one data set lose.
struct SetLosses {
    data: String,
    measure: String,
    figure: Option<Figure>,
    tables: Vec<LossTable>,
}

/// `None` where no cell has a second step: there is nothing to lose.
fn set_losses(evaluation: &Evaluation, set: &Set<'_>) -> Option<SetLosses> {
    let tables: Vec<LossTable> = loss_tables(evaluation, set);
    let measure = tables.iter().find(|t| t.rows.len() > 1)?.measure.clone();
    Some(SetLosses {
        data: set.data.to_owned(),
        measure,
        figure: super::chart::losses::figure(evaluation, set),
        tables,
    })
}

/// The whole report as one HTML file: no network, no other file, complete without script. Equal evaluations give equal bytes.
///
/// Texts from outside are escaped by the templates; characters that would hide or reorder text are made visible.
pub fn html(evaluation: &Evaluation) -> String {
    html_beside(evaluation, &Beside::default())
}

/// What a report may show beside its run. None of it is part of that run's bundle.
#[derive(Debug, Default)]
pub struct Beside {
    /// Other runs: those of the same experiment make a history.
    pub runs: Vec<Evaluation>,
    /// Micro-benchmarks.
    pub micro: Vec<Micro>,
}

/// The same with other runs and micro-benchmarks.
pub fn html_beside(evaluation: &Evaluation, beside: &Beside) -> String {
    let sets = Set::all(evaluation);
    let several = sets.len() > 1;
    let (counts, dropped) = counts(evaluation);
    let mut boards: Vec<Board> = sets.iter().map(Board::of).collect();
    boards.iter_mut().for_each(align_board);
    let mut other_runs = others(&beside.runs);
    other_runs
        .iter_mut()
        .flat_map(|o| &mut o.boards)
        .for_each(align_board);
    let mut stages: Vec<StageTable> = sets.iter().map(stage_table).collect();
    stages.iter_mut().for_each(align_stages);
    let block = data(evaluation, &sets);
    let compared = baseline(evaluation, &sets);
    let page = Page {
        assets: assets(),
        evaluation,
        subtitle: subtitle(evaluation, &sets),
        verdict: verdict(evaluation, &sets),
        facts: facts(evaluation, &sets),
        gates: gates(evaluation, &sets),
        changes: changes(evaluation, &sets, compared.as_ref()),
        baseline: compared,
        effects: effects(evaluation, &sets),
        targets: targets(&sets),
        panels: techniques(evaluation, &sets),
        boards,
        ties: sets.iter().map(tie_table).collect(),
        tuned: sets.iter().map(|s| (s.data.to_owned(), tuned(s))).collect(),
        missing: without_numbers(&sets),
        findings: findings(&sets),
        figures: sets
            .iter()
            .flat_map(|s| figures(evaluation, s, several))
            .collect(),
        certainties: certainties(evaluation, &sets),
        slices: slices(evaluation, &sets),
        losses: sets.iter().filter_map(|s| set_losses(evaluation, s)).collect(),
        stages,
        builds: sets.iter().map(|s| (s.data.to_owned(), builds(s))).collect(),
        shown: shown(evaluation, &sets, block.as_ref()),
        data: block.map(|d| d.json()),
        history: history(evaluation, &beside.runs, &sets)
            .into_iter()
            .map(|h| {
                let figure = super::chart::history::figure(&h);
                (h, figure)
            })
            .collect(),
        others: other_runs,
        micro: micro_rows(&beside.micro),
        method: method(evaluation),
        manifest: groups(&evaluation.manifest),
        counts,
        dropped,
        resolved: resolved(&sets),
        bundle: &BUNDLE,
    };
    let page = page
        .render()
        .expect("templates are checked when they are compiled");
    visible(&page).into_owned()
}

/// When, on what, with what: one line under the title.
fn subtitle(evaluation: &Evaluation, sets: &[Set<'_>]) -> String {
    let data: Vec<String> = sets
        .iter()
        .map(|s| format!("{} ({})", s.data, count(s.queries, "query", "queries")))
        .collect();
    let manifest = &evaluation.manifest;
    let cells: usize = sets.iter().map(|s| s.cells.len()).sum();
    format!(
        "{} · {} on {} · evalrun {}",
        manifest.started,
        count(cells, "cell", "cells"),
        listed(&data, 6),
        manifest.tool.version
    )
}

fn align_board(board: &mut Board) {
    let mut all: Vec<&mut Figures> = board
        .rows
        .iter_mut()
        .filter_map(|r| r.numbers.as_mut().ok())
        .collect();
    for i in 0..board.measures.len() {
        align_points(
            all.iter_mut().map(|f| &mut f.measures[i]),
            DIGIT_BLANK,
            POINT_BLANK,
        );
    }
    for i in 0..board.percentiles.len() {
        align_points(
            all.iter_mut().map(|f| &mut f.percentiles[i]),
            DIGIT_BLANK,
            POINT_BLANK,
        );
    }
    align_points(all.iter_mut().map(|f| &mut f.index), DIGIT_BLANK, POINT_BLANK);
}

fn align_stages(table: &mut StageTable) {
    let mut all: Vec<_> = table.cells.iter_mut().flat_map(|c| &mut c.rows).collect();
    for i in 0..table.counters.len() {
        align_points(
            all.iter_mut().map(|r| &mut r.counters[i]),
            DIGIT_BLANK,
            POINT_BLANK,
        );
    }
    align_points(all.iter_mut().map(|r| &mut r.mean), DIGIT_BLANK, POINT_BLANK);
    align_points(all.iter_mut().map(|r| &mut r.tail), DIGIT_BLANK, POINT_BLANK);
}

#[cfg(test)]
mod tests;
