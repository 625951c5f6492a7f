//! `evalrun eval`: run files against judgements, as trec_eval does it.

use std::path::Path;

use rayon::prelude::*;

use super::args::{DialectArg, EvalArgs};
use super::progress::Talk;
use super::{Exit, data_out};
use crate::dataset::{DatasetError, QrelsTable, Text};
use crate::measure::trec_eval::{Columns, Dialect, Table};
use crate::run::{Depth, Measured, RunText, Wanted, measured};

/// Queries whose lines are put together in one piece.
const PIECE: usize = 1024;

pub(super) fn eval(args: &EvalArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let dialect = match args.dialect {
        DialectArg::TrecEval9 => Dialect::TrecEval9,
        DialectArg::TrecEval10 => Dialect::TrecEval10,
        DialectArg::Evalrun => Dialect::Evalrun,
    };
    let columns = match Columns::new(dialect, &args.measure, args.level, args.docs) {
        Ok(columns) => columns,
        Err(errors) => {
            for error in errors {
                let meant = error
                    .suggestion()
                    .map(|meant| format!("; did you mean `{meant}`?"));
                talk.error(&format!("{error}{}", meant.unwrap_or_default()));
            }
            return Ok(Exit::Usage);
        }
    };
    let text = match Text::open(&args.qrels) {
        Ok(text) => text,
        Err(error) => return Ok(bad_input(&error, talk)),
    };
    let qrels = match QrelsTable::read(&text) {
        Ok(qrels) => qrels,
        Err(error) => return Ok(bad_input(&error, talk)),
    };
    let table = Table::new(&columns, args.ties);
    data_out(table.header().unwrap_or_default())?;
    let mut exit = Exit::Fine;
    for path in &args.runs {
        exit = exit.max(eval_run(path, &qrels, &columns, &table, args, talk)?);
    }
    Ok(exit)
}

fn bad_input(error: &DatasetError, talk: &Talk) -> Exit {
    talk.error(&error.to_string());
    match error {
        DatasetError::Io { .. } => Exit::Internal,
        _ => Exit::BadInput,
    }
}

fn eval_run(
    path: &Path,
    qrels: &QrelsTable,
    columns: &Columns,
    table: &Table,
    args: &EvalArgs,
    talk: &Talk,
) -> anyhow::Result<Exit> {
    let wanted = Wanted {
        columns,
        complete: args.complete,
        depth: Depth {
            most: args.max_docs,
            judged_only: args.judged_only,
        },
        per_query: args.per_query,
        ties: args.ties,
    };
    let text = match Text::open(path) {
        Ok(text) => text,
        Err(error) => return Ok(bad_input(&error, talk)),
    };
    let run = RunText::new(&text);
    let result = run.and_then(|run| measured(&run, qrels, &wanted).map(|result| (run.tag(), result)));
    let (tag, result) = match result {
        Ok(result) => result,
        Err(error) => return Ok(bad_input(&error, talk)),
    };
    if result.missing == result.queries.judged {
        talk.error(&format!("{}: none of its queries is judged", path.display()));
        return Ok(Exit::BadInput);
    }
    say_what_does_not_match(path, &result, args, talk);
    if args.runs.len() > 1 {
        data_out(&format!("# {}\n", path.display()))?;
    }
    print(tag, &result, table, args)?;
    Ok(Exit::Fine)
}

/// Queries that one of the files lacks change a mean without a trace in it.
fn say_what_does_not_match(path: &Path, result: &Measured, args: &EvalArgs, talk: &Talk) {
    let path = path.display();
    let judged = result.queries.judged;
    let counted = if result.queries.complete {
        "they count as 0"
    } else {
        "they are left out; -c counts them as 0"
    };
    if result.missing > 0 {
        talk.say(&format!(
            "note: {path}: {} of {judged} judged queries are not in the run; {counted}",
            result.missing
        ));
    }
    if result.unjudged > 0 {
        talk.say(&format!(
            "note: {path}: {} of its queries have no judgements and are left out",
            result.unjudged
        ));
    }
    if result.all_negative > 0 && args.dialect != DialectArg::Evalrun {
        let queries = result.all_negative;
        talk.say(&format!(
            "note: {queries} queries have grades below 0 alone; they count as 0, trec_eval stops at them"
        ));
    }
}

fn print(tag: &str, result: &Measured, table: &Table, args: &EvalArgs) -> anyhow::Result<()> {
    let lines = |rows: &[(&str, crate::measure::trec_eval::Row)]| {
        let mut lines = String::new();
        rows.iter()
            .try_for_each(|(query, row)| table.query(query, row, &mut lines))
            .map(|()| lines)
    };
    let pieces: Result<Vec<String>, std::fmt::Error> = result.rows.par_chunks(PIECE).map(lines).collect();
    for piece in pieces? {
        data_out(&piece)?;
    }
    if !args.no_summary {
        let mut lines = String::new();
        table.run(tag, &result.totals, &result.queries, &mut lines)?;
        data_out(&lines)?;
    }
    Ok(())
}
