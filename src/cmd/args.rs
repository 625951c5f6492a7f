//! What can be typed. Types only; what it means is the verbs' business.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Benchmark and evaluation harness for production vector search.
///
/// Reads experiments written in YAML, runs every combination of techniques they ask for, and says what each one changed in
/// quality and what it cost.
#[derive(Debug, Parser)]
#[command(
    name = "evalrun",
    version,
    args_conflicts_with_subcommands = true,
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
  evalrun plan experiments/techniques.yaml   show what would run, and run nothing
  evalrun validate my.yaml                   list every mistake, with line and column
  evalrun report reports/techniques/<run>    render a finished run again
  evalrun setup onnxruntime                  install the runtime for models beyond the built-in ones

Exit status: 0 fine, 1 internal or I/O, 2 usage, 3 bad spec or data, 4 nothing selected,
5 some cells did not finish, 100 a gate failed.";

/// The verbs; without one, the files are run.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Run experiments (the same as giving the files without a verb)
    Run(RunArgs),
    /// Check specs and list every mistake; run nothing
    Validate(SpecArgs),
    /// Show cells, index builds and what is cached; run nothing
    Plan(SpecArgs),
    /// Render a finished run again, without running anything
    Report(ReportArgs),
    /// Install optional parts into the cache folder
    Setup(SetupArgs),
    /// Print the JSON Schema of the spec
    Schema,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) specs: SpecArgs,
    /// Where bundles and reports go
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(super) out_dir: PathBuf,
    /// Take no latencies: quality only
    #[arg(long)]
    pub(super) no_timing: bool,
    /// Count a gate that cannot be decided as failed
    #[arg(long)]
    pub(super) strict: bool,
}

/// Specs, and what is changed in them.
#[derive(Debug, Args)]
pub(super) struct SpecArgs {
    /// Experiments
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Override a setting of every spec, for instance d.ef=64 or measure.seed=7; may be repeated
    #[arg(long, value_name = "PATH=VALUE", value_parser = setting)]
    pub(super) set: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (path, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is no PATH=VALUE, for instance d.ef=64"))?;
    Ok((path.trim().to_owned(), value.trim().to_owned()))
}

/// Options of `report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// A bundle: reports/<experiment>/<run>
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: PathBuf,
    /// Where to write; the suffix says what: .html or .md; may be repeated [default: report.html in the bundle]
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Vec<PathBuf>,
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
pub(super) struct GlobalArgs {
    /// Colour in tables and messages
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub(super) color: When,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t, global = true, value_name = "HOW")]
    pub(super) progress: ProgressKind,
    /// Print results and errors only
    #[arg(short, long, global = true)]
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
