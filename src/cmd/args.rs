//! What can be typed. Types only; what it means is the verbs' business.

mod data;
mod finished;
mod look;
mod part;
mod run;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use data::{DOCTOR_HELP, FETCH_HELP};
pub(super) use data::{DialectArg, DoctorArgs, DoctorWhat, EvalArgs, FetchArgs};
use finished::{DIFF_HELP, EXPLAIN_HELP};
pub(super) use finished::{DiffArgs, ExplainArgs, ReportArgs};
pub(super) use look::{CacheArgs, CacheWhat, HistoryArgs, KeptKind, LsArgs, LsWhat};
pub(super) use part::PartArgs;
use run::{CALIBRATE_HELP, RUN_HELP, SUFFIX_HELP};
pub(super) use run::{CalibrateArgs, RunArgs, SpecArgs};

/// Benchmark and evaluation harness for production vector search.
///
/// Reads experiments written in YAML, runs every combination of techniques they ask for, and says what each one changed in
/// quality and what it cost.
#[derive(Debug, Parser)]
#[command(
    name = "evalrun",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = EXAMPLES
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,
    #[command(flatten)]
    pub(super) run: RunArgs,
    #[command(flatten)]
    pub(super) global: GlobalArgs,
}

const EXAMPLES: &str = "\
Examples:
  evalrun experiments/*.yaml                 run experiments, print tables, write reports/
  evalrun init my.yaml                       write a first experiment, with comments
  evalrun plan experiments/techniques.yaml   show what would run, and run nothing
  evalrun -f pipeline=hybrid -n 50 my.yaml   run a part: some cells, some queries
  evalrun validate my.yaml                   list every mistake, with line and column
  evalrun report reports/techniques/<run>    render a finished run again
  evalrun explain reports/techniques/<run>   show where answers are lost, stage by stage
  evalrun my.yaml --resume                   go on with a run that was stopped
  evalrun my.yaml --save-baseline main       keep this run, to compare later ones with
  evalrun my.yaml --baseline main --ci       compare with it, and tell CI what got worse
  evalrun diff reports/my/<run> reports/my/<run>   two runs, query by query
  evalrun history my                         the runs of an experiment, and what changed between them
  evalrun ls data                            list the data sets that a spec can name
  evalrun fetch scifact                      download one of them
  evalrun doctor data scifact                look for what makes its numbers doubtful
  evalrun eval -q qrels.txt run.txt          measure a run as trec_eval does
  evalrun setup onnxruntime                  install the runtime for models beyond the built-in ones

Exit status: 0 fine, 1 internal or I/O, 2 usage, 3 bad spec or data, 4 nothing selected,
5 some cells did not finish, 100 a gate failed, 130 interrupted.";

/// The verbs; without one, the files are run.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write a first experiment, with comments, to start from
    #[command(after_help = INIT_HELP)]
    Init(InitArgs),
    /// Run experiments (the same as giving the files without a verb)
    #[command(after_help = [RUN_HELP, SUFFIX_HELP].concat())]
    Run(RunArgs),
    /// Time one cell beside itself: how much do times differ on this machine that are equal?
    #[command(after_help = CALIBRATE_HELP)]
    Calibrate(CalibrateArgs),
    /// Check specs and list every mistake; run nothing
    Validate(SpecArgs),
    /// Show cells, index builds and what is cached; run nothing
    Plan(SpecArgs),
    /// Render a finished run again, without running anything
    #[command(after_help = SUFFIX_HELP.trim_start())]
    Report(ReportArgs),
    /// Show where answers are lost, stage by stage, over all queries or for one
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplainArgs),
    /// Compare two runs query by query: quality, rankings, work, time
    #[command(after_help = DIFF_HELP)]
    Diff(DiffArgs),
    /// List data sets, runs, models, measures or kinds of stages
    #[command(after_help = look::LS_HELP)]
    Ls(LsArgs),
    /// Show the runs of an experiment over time
    #[command(after_help = look::HISTORY_HELP)]
    History(HistoryArgs),
    /// Download data sets, verify and unpack them
    #[command(after_help = FETCH_HELP)]
    Fetch(FetchArgs),
    /// Look for what makes a data set's numbers doubtful, or what is wrong with a server
    #[command(after_help = DOCTOR_HELP)]
    Doctor(DoctorArgs),
    /// Measure run files against judgements, with the options and the output of trec_eval
    Eval(EvalArgs),
    /// List, verify or remove what is kept for later runs, here and on servers
    #[command(after_help = look::CACHE_HELP)]
    Cache(CacheArgs),
    /// Install optional parts into the cache folder
    Setup(SetupArgs),
    /// Print the JSON Schema of the spec
    Schema,
    /// Print completions for a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

const INIT_HELP: &str = "\
  evalrun init                        experiment.yaml: two pipelines on the built-in catalogue
  evalrun init sweep.yaml -t sweep    settings against each other, and what each costs
  evalrun init ci.yaml -t ci          gates, and how to run them in a pipeline

Nothing is overwritten. The file runs as it is; put your data in its place step by step.";

/// Options of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Where to write
    #[arg(value_name = "FILE", default_value = "experiment.yaml")]
    pub(super) file: PathBuf,
    /// What to start from
    #[arg(short, long, value_enum, default_value_t, value_name = "NAME")]
    pub(super) template: TemplateArg,
}

/// What to start from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum TemplateArg {
    /// Two pipelines and a question
    #[default]
    Minimal,
    /// Axes, latency, slices
    Sweep,
    /// Gates for a build
    Ci,
}

const COMPLETIONS_HELP: &str = "\
  evalrun completions bash > ~/.local/share/bash-completion/completions/evalrun
  evalrun completions zsh > ~/.zfunc/_evalrun            with ~/.zfunc in fpath
  evalrun completions fish > ~/.config/fish/completions/evalrun.fish";

/// Options of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Whose
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

/// Options of `setup`.
#[derive(Debug, Args)]
pub(super) struct SetupArgs {
    /// What to install
    #[arg(value_enum)]
    pub(super) what: SetupWhat,
}

/// What can be installed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SetupWhat {
    /// The ONNX Runtime library, from its Python package, pinned and verified
    Onnxruntime,
}

/// Options of every verb.
#[derive(Debug, Args)]
#[command(next_help_heading = "With every command")]
pub(super) struct GlobalArgs {
    /// Colour in tables and messages
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub(super) color: When,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t, global = true, value_name = "HOW")]
    pub(super) progress: ProgressKind,
    /// Print results and errors only
    #[arg(long, global = true)]
    pub(super) quiet: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ProgressKind {
    /// A bar on a terminal, lines elsewhere
    #[default]
    Auto,
    /// A bar
    Bar,
    /// One line per step
    Plain,
    /// Nothing
    None,
}
