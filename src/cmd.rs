//! The command line: the only part that prints. stdout is data, stderr is talk.

mod args;
mod cache;
mod cards;
mod ci;
mod data;
mod diff;
mod doctor;
mod eval;
mod explain;
mod fetch;
mod history;
mod init;
mod interrupt;
mod ls;
mod models;
mod output;
mod plan;
mod progress;
mod report;
mod run;
mod schema;
mod servers;
mod setup;
mod shell;
mod table;
mod tuning;
mod validate;
mod verbs;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use args::{Cli, ProgressKind, Verb};

/// How a command ended; the numbers are part of the interface (README, "Exit status").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All well.
    Fine = 0,
    /// Internal or I/O.
    Internal = 1,
    /// Wrong usage of the command line.
    Usage = 2,
    /// A spec or data set with mistakes.
    BadInput = 3,
    /// Nothing was selected.
    Nothing = 4,
    /// Finished, but some cells did not.
    Incomplete = 5,
    /// A gate failed.
    GateFailed = 100,
    /// Stopped by a signal.
    Interrupted = 130,
}

/// Runs the command line `args` (with the program's name in front) and returns the exit status.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let exit = match Cli::try_parse_from(&args) {
        Ok(cli) => dispatch(cli, &args),
        Err(error) => {
            // clap prints help and version to stdout and mistakes to stderr.
            let _ = error.print();
            if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Fine
            }
        }
    };
    ExitCode::from(exit as u8)
}

fn dispatch(cli: Cli, command: &[OsString]) -> Exit {
    let asked = match &cli.verb {
        Some(Verb::Run(args)) => args.ci,
        None => cli.run.ci,
        Some(_) => false,
    };
    let ci = asked || ci::is_ci();
    let progress = match cli.global.progress {
        ProgressKind::Auto if ci => ProgressKind::Plain,
        other => other,
    };
    let talk = progress::Talk::new(progress, cli.global.quiet, cli.global.color);
    if let Some(said) = verbs::misplaced(&cli) {
        talk.error(&said);
        return Exit::Usage;
    }
    let result = match cli.verb {
        None => run::run(&cli.run, ci, &talk, command),
        Some(Verb::Run(args)) => run::run(&args, ci, &talk, command),
        Some(Verb::Validate(args)) => validate::validate(&args, &talk),
        Some(Verb::Plan(args)) => plan::plan(&args, &talk),
        Some(Verb::Report(args)) => report::report(&args, &talk),
        Some(Verb::Explain(args)) => explain::explain(&args, &talk),
        Some(Verb::Diff(args)) => diff::diff(&args, &talk),
        Some(Verb::Ls(args)) => ls::ls(&args, &talk),
        Some(Verb::Fetch(args)) => fetch::fetch(&args, &talk),
        Some(Verb::Doctor(args)) => doctor::doctor(&args, &talk),
        Some(Verb::History(args)) => history::history(&args, &talk),
        Some(Verb::Cache(args)) => cache::cache(&args, &talk),
        Some(Verb::Eval(args)) => eval::eval(&args, &talk),
        Some(Verb::Setup(args)) => setup::setup(&args, &talk),
        Some(Verb::Init(args)) => init::init(&args, &talk),
        Some(Verb::Schema) => schema::schema(),
        Some(Verb::Completions(args)) => shell::completions(args.shell),
        Some(Verb::Man) => shell::manual(),
    };
    result.unwrap_or_else(|error| {
        talk.error(&format!("{error:#}"));
        Exit::Internal
    })
}

/// Writes data to stdout; a closed pipe (`evalrun … | head`) is no error.
fn data_out(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Writes a file, with the folders that it needs.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    create_parent(path)?;
    std::fs::write(path, text).with_context(|| format!("writing `{}`", path.display()))
}

/// Makes the folder that a file goes to.
fn create_parent(path: &Path) -> anyhow::Result<()> {
    match path.parent() {
        None => Ok(()),
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("creating `{}`", folder.display()))
        }
    }
}

/// Columns to fill: the terminal's, or `COLUMNS`, or enough for every column of the table.
fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    columns
        .or_else(|| terminal_size::terminal_size().map(|(w, _)| usize::from(w.0)))
        .unwrap_or(160)
}

/// `1 cell`, `12 cells`.
fn cells(n: usize) -> String {
    format!("{n} {}", if n == 1 { "cell" } else { "cells" })
}
