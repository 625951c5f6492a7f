//! `evalrun explain`: where answers are lost.

use crate::evaluate::contributions::contributions;
use crate::evaluate::losses::losses;
use crate::evaluate::{Evaluation, evaluate};
use crate::measure::StageMeasure;
use crate::plan::{Cell, glob};
use crate::report::console;
use crate::store::{Bundle, QueryRecord};
use crate::suggest::closest;

use super::args::ExplainArgs;
use super::progress::Talk;
use super::width;
use super::{Exit, data_out};

pub(super) fn explain(args: &ExplainArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let measure = match args
        .measure
        .as_deref()
        .map(str::parse::<StageMeasure>)
        .transpose()
    {
        Ok(measure) => measure,
        Err(error) => return refuse(talk, &error.to_string(), error.suggestion(), Exit::Usage),
    };
    let bundle = match Bundle::open(&args.bundle) {
        Ok(bundle) => bundle,
        Err(error) => {
            talk.error(&error.to_string());
            talk.say(super::report::NO_BUNDLE);
            return Ok(Exit::BadInput);
        }
    };
    let mut evaluation = evaluate(&bundle)?;
    if let Some(measure) = &measure {
        evaluation.losses = losses(&bundle, &evaluation.qrels, measure)?;
    }
    let cells = match cells(&evaluation, args.cell.as_deref()) {
        Ok(cells) => cells,
        Err((text, meant)) => return refuse(talk, &text, meant.as_deref(), Exit::Nothing),
    };
    match &args.query {
        None => all(&evaluation, &cells, args.worst, talk),
        Some(asked) => match query(&evaluation, asked) {
            Ok(record) => one(&bundle, &evaluation, &cells, record, talk),
            Err((text, meant)) => refuse(talk, &text, meant.as_deref(), Exit::Nothing),
        },
    }
}

/// What could not be found, and what may have been meant.
pub(super) type Missed = (String, Option<String>);

pub(super) fn refuse(talk: &Talk, text: &str, meant: Option<&str>, exit: Exit) -> anyhow::Result<Exit> {
    talk.error(text);
    if let Some(meant) = meant {
        talk.say(&format!("hint: did you mean `{meant}`?"));
    }
    Ok(exit)
}

fn all(evaluation: &Evaluation, cells: &[&Cell], worst: usize, talk: &Talk) -> anyhow::Result<Exit> {
    let table = |cell: &&Cell| console::losses(evaluation, cell, worst, width(), talk.style());
    let tables: Vec<String> = cells.iter().filter_map(table).collect();
    if tables.is_empty() {
        let text = "none of these cells has losses: they did not run, or the measure cannot be read along their pipelines";
        return refuse(talk, text, None, Exit::Nothing);
    }
    data_out(&tables.join("\n"))?;
    Ok(Exit::Fine)
}

fn one(
    bundle: &Bundle,
    evaluation: &Evaluation,
    cells: &[&Cell],
    record: &QueryRecord,
    talk: &Talk,
) -> anyhow::Result<Exit> {
    let asked = |cell: &&&Cell| {
        let traces = evaluation.traces.get(&cell.id);
        cell.data == record.data && traces.is_some_and(|t| t.contains_key(&record.query))
    };
    let mut texts = Vec::new();
    for cell in cells.iter().filter(asked) {
        let parts = contributions(bundle, cell, &record.query)?;
        texts.push(console::query(
            evaluation,
            cell,
            record,
            &parts,
            width(),
            talk.style(),
        ));
    }
    if texts.is_empty() {
        let text = format!("query `{}` was asked in none of these cells", record.query);
        return refuse(talk, &text, None, Exit::Nothing);
    }
    data_out(&texts.join("\n"))?;
    Ok(Exit::Fine)
}

/// The cells that a pattern names, all of them without one.
pub(super) fn cells<'a>(evaluation: &'a Evaluation, pattern: Option<&str>) -> Result<Vec<&'a Cell>, Missed> {
    let all = || evaluation.cells.iter().map(|c| &c.cell);
    let Some(pattern) = pattern else {
        return Ok(all().collect());
    };
    let names = console::names(evaluation);
    let called = |cell: &Cell| {
        [
            cell.id.clone(),
            names[&cell.id].clone(),
            cell.label(),
            cell.pipeline.name.clone(),
        ]
    };
    let chosen: Vec<&Cell> = all()
        .filter(|c| called(c).iter().any(|name| glob(pattern, name)))
        .collect();
    if chosen.is_empty() {
        let known: Vec<String> = all().flat_map(called).collect();
        let meant = closest(pattern, known.iter().map(String::as_str)).map(str::to_owned);
        let first = all().next().map(|c| names[&c.id].clone());
        return Err((format!("no cell is called `{pattern}`"), meant.or(first)));
    }
    Ok(chosen)
}

/// The query with that id or text, or the only one whose text contains it.
fn query<'a>(evaluation: &'a Evaluation, asked: &str) -> Result<&'a QueryRecord, Missed> {
    let queries = &evaluation.queries;
    let lower = asked.to_lowercase();
    let same = |q: &&QueryRecord| q.query == asked || q.text.to_lowercase() == lower;
    if let Some(query) = queries.iter().find(same) {
        return Ok(query);
    }
    let holding: Vec<&QueryRecord> = queries
        .iter()
        .filter(|q| q.text.to_lowercase().contains(&lower))
        .collect();
    match holding.as_slice() {
        [only] => Ok(only),
        [] => {
            let known = queries.iter().flat_map(|q| [q.query.as_str(), q.text.as_str()]);
            let meant = closest(asked, known).map(str::to_owned);
            let likely = meant.or_else(|| most_words(queries, &lower));
            Err((
                format!("no query is called `{asked}`, and none contains it"),
                likely,
            ))
        }
        several => {
            let ids: Vec<&str> = several.iter().take(8).map(|q| q.query.as_str()).collect();
            let text = format!("{} queries contain `{asked}`: {}", several.len(), ids.join(", "));
            Err((text, several.first().map(|q| q.query.clone())))
        }
    }
}

/// The text that shares the most words with what was asked, if it shares any.
fn most_words(queries: &[QueryRecord], lower: &str) -> Option<String> {
    let shared = |q: &&QueryRecord| {
        let text = q.text.to_lowercase();
        let words = lower
            .split_whitespace()
            .filter(|w| text.split_whitespace().any(|t| t == *w));
        words.count()
    };
    // The first of equals.
    let best = queries.iter().rev().max_by_key(shared)?;
    (shared(&best) > 0).then(|| best.text.clone())
}
