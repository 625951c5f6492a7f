//! `evalrun history`: the runs of an experiment over time, from their bundles.

use std::collections::BTreeSet;

use super::args::HistoryArgs;
use super::explain::{self, Missed};
use super::progress::Talk;
use super::{Exit, data_out, width};
use crate::evaluate::{Evaluation, evaluate};
use crate::measure::StageMeasure;
use crate::report::{self, console};
use crate::store::{Bundle, Listed, StoreError, list};
use crate::suggest::closest;

pub(super) fn history(args: &HistoryArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let measure = match args
        .measure
        .as_deref()
        .map(str::parse::<StageMeasure>)
        .transpose()
    {
        Ok(measure) => measure.map(|m| m.to_string()),
        Err(error) => return explain::refuse(talk, &error.to_string(), error.suggestion(), Exit::Usage),
    };
    let (listed, bad) = list(&args.out_dir);
    let experiment = match experiment(args, &listed) {
        Ok(experiment) => experiment,
        Err((text, exit)) => {
            bad.iter().for_each(|error| talk.error(&error.to_string()));
            return explain::refuse(talk, &text, None, exit);
        }
    };
    let mut exit = Exit::Fine;
    for error in &bad {
        talk.error(&error.to_string());
        exit = Exit::BadInput;
    }
    let of_experiment: Vec<&Listed> = listed
        .iter()
        .filter(|l| l.manifest.experiment == experiment)
        .collect();
    let newest = of_experiment.len().saturating_sub(args.runs);
    let open = |run: &&Listed| -> Result<Evaluation, StoreError> { evaluate(&Bundle::open(&run.dir)?) };
    let mut runs = Vec::new();
    for run in &of_experiment[newest..] {
        match open(run) {
            Ok(run) => runs.push(run),
            // A run that was killed leaves half a bundle, which says nothing of the others.
            Err(error) if run.manifest.finished.is_none() => talk.say(&format!(
                "left out: {} was stopped before its end ({error})",
                run.manifest.run_id
            )),
            Err(error) => {
                talk.error(&error.to_string());
                exit = Exit::BadInput;
            }
        }
    }
    let Some(last) = runs.last() else {
        return Ok(exit.max(Exit::Nothing));
    };
    if let Some(measure) = &measure
        && let Err((text, meant)) = is_measured(last, measure)
    {
        return explain::refuse(talk, &text, meant.as_deref(), Exit::Nothing);
    }
    let cells = match args
        .cell
        .as_deref()
        .map(|pattern| one_cell(last, pattern))
        .transpose()
    {
        Ok(cells) => cells,
        Err((text, meant)) => return explain::refuse(talk, &text, meant.as_deref(), Exit::Nothing),
    };
    let Some(trend) = report::trend(&runs, measure.as_deref(), cells.as_deref()) else {
        return Ok(Exit::Nothing);
    };
    match args.json {
        true => data_out(&(serde_json::to_string_pretty(&trend)? + "\n"))?,
        false => data_out(&console::trend(&trend, width(), talk.style()))?,
    }
    Ok(exit)
}

/// The experiment that is meant, or why there is none.
fn experiment(args: &HistoryArgs, listed: &[Listed]) -> Result<String, (String, Exit)> {
    let known: BTreeSet<&str> = listed.iter().map(|l| l.manifest.experiment.as_str()).collect();
    let names = || known.iter().copied().collect::<Vec<&str>>().join(", ");
    let dir = args.out_dir.display();
    match (&args.experiment, known.len()) {
        (_, 0) => Err((
            format!("no run below `{dir}`; --out-dir says where else to look"),
            Exit::Nothing,
        )),
        (Some(asked), _) if known.contains(asked.as_str()) => Ok(asked.clone()),
        (Some(asked), _) => {
            let meant = closest(asked, known.iter().copied());
            let meant = meant.map_or_else(String::new, |m| format!("; did you mean `{m}`?"));
            let text = format!("no run of `{asked}` below `{dir}`, which has {}{meant}", names());
            Err((text, Exit::Nothing))
        }
        (None, 1) => Ok(names()),
        (None, _) => Err((
            format!(
                "several experiments have runs: say {}",
                names().replace(", ", " or ")
            ),
            Exit::Usage,
        )),
    }
}

fn is_measured(run: &Evaluation, measure: &str) -> Result<(), Missed> {
    let measured = report::measured(run);
    if measured.iter().any(|m| m == measure) {
        return Ok(());
    }
    let text = format!(
        "the newest run has no `{measure}`; it has {}",
        measured.join(", ")
    );
    let meant = closest(measure, measured.iter().map(String::as_str)).map(str::to_owned);
    Err((text, meant))
}

/// Label by data set; a pattern that fits several cells of one is not decided by chance.
fn one_cell(run: &Evaluation, pattern: &str) -> Result<Vec<(String, String)>, Missed> {
    let cells = explain::cells(run, Some(pattern))?;
    let mut chosen: Vec<(String, String)> = Vec::new();
    for cell in &cells {
        if chosen.iter().any(|(data, _)| *data == cell.data) {
            let names = console::names(run);
            let all: Vec<&str> = cells.iter().map(|c| names[&c.id].as_str()).collect();
            let text = format!("`{pattern}` fits {} cells: {}", all.len(), all.join("; "));
            return Err((text, Some(all[0].to_owned())));
        }
        chosen.push((cell.data.clone(), cell.label()));
    }
    Ok(chosen)
}
