//! What can be typed. Types only; what it means is the verbs' business.

mod look;
mod part;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use look::{CacheArgs, CacheWhat, HistoryArgs, KeptKind, LsArgs, LsWhat};
pub(super) use part::PartArgs;

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

const RUN_HELP: &str = "\
A baseline is another run of the experiment. Cells are matched by what they are, then by their
labels; a measure is compared over the queries whose text, filter and judgements are the same in
both. It is looked up before anything runs.

  --baseline previous          the newest finished run below --out-dir
  --baseline main              the run that --save-baseline main kept, as a folder
                               <out-dir>/<experiment>/baselines/main; commit it to share it
  --baseline git:origin/main   the newest bundle of the experiment in that commit;
                               git:origin/main:NAME takes the one called NAME
  --baseline path/to/bundle    any bundle

Gates hold it against this run: `nDCG@10 not-worse-than baseline by 0.01`,
`distance_computations <= 1.2 * baseline`. Without --baseline they are undecided.

In CI (--ci, or CI=true in the environment) progress is plain. On GitHub, gates that do not hold
are shown on their lines of the spec, and the summary on the job's page.";

const SUFFIX_HELP: &str = "

Suffixes of --output:
  .html .md                     the report, and its summary
  .json .jsonl                  cells, measures, differences and gates; a line per cell
  .csv .parquet                 a row per cell and measure; per cell, query and measure
  .junit.xml                    a test per cell and gate
  .bencher.json                 Bencher Metric Format
  .bigger.json .smaller.json    github-action-benchmark: customBiggerIsBetter, customSmallerIsBetter";

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
    /// Give a cell no longer than this to build and answer, for instance 90s or 5m; then it has failed
    #[arg(long, value_name = "DURATION", value_parser = part::duration)]
    pub(super) timeout: Option<Duration>,
    /// Stop at the first cell that fails
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Afterwards, remove the collections that the run made on servers, or used
    #[arg(long)]
    pub(super) cleanup: bool,
    /// Compare with another run: `previous`, a saved name, git:REVISION, or the folder of a bundle
    #[arg(short, long, value_name = "REF")]
    pub(super) baseline: Option<String>,
    /// Keep this run as a baseline under a name
    #[arg(long, value_name = "NAME", value_parser = baseline_name)]
    pub(super) save_baseline: Option<String>,
    /// Write the result to a file; the suffix says how (below); may be repeated
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Vec<PathBuf>,
    /// Plain progress, and messages for GitHub; implied by CI=true
    #[arg(long)]
    pub(super) ci: bool,
}

fn baseline_name(text: &str) -> Result<String, String> {
    match crate::store::is_name(text) {
        true => Ok(text.to_owned()),
        false => Err("a name has letters, digits, `-`, `_` and `.`, and is not `previous`".to_owned()),
    }
}

/// Specs, and what is changed in them.
#[derive(Debug, Args)]
pub(super) struct SpecArgs {
    /// Experiments
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Override a setting of every spec, for instance d.ef=64 or measure.seed=7; may be repeated
    #[arg(long, value_name = "PATH=VALUE", value_parser = part::setting)]
    pub(super) set: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) part: PartArgs,
}

/// Options of `report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// A bundle (reports/<experiment>/<run>), or the name that a run was saved under, or EXPERIMENT/NAME; of several the
    /// newest is shown in full, with the others beside it and a history of those of its experiment
    #[arg(value_name = "BUNDLE|NAME", required = true)]
    pub(super) bundles: Vec<PathBuf>,
    /// Where to write; the suffix says what (below); may be repeated [default: report.html in the bundle]
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Vec<PathBuf>,
    /// Where saved runs are
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(super) out_dir: PathBuf,
    /// Adds micro-benchmarks: the folder that `cargo bench` wrote, such as target/criterion
    #[arg(long, value_name = "DIR")]
    pub(super) criterion: Option<PathBuf>,
    /// Count a gate that cannot be decided as failed, in JUnit and in the verdict
    #[arg(long)]
    pub(super) strict: bool,
}

const DIFF_HELP: &str = "\
Differences are B less A. Quality: the paired difference with its interval, and the queries that
changed most. Rankings: Kendall's tau-b and rank-biased overlap, whether or not there are judgements.
Effect: whether a gain over the reference cell in A is still there in B. Work: B over A. Times are
shown only if both ran on the same kind of machine.

  evalrun diff reports/my/<run A> reports/my/<run B>
  evalrun diff previous reports/my/<run B>           the run before B
  evalrun diff main reports/my/<run B>               a saved baseline of the same experiment
  evalrun diff git:origin/main reports/my/<run B>    a committed one

Exit status: 0 whatever the difference; gates are what fails a run.";

/// Options of `diff`.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The earlier run: a bundle, or what `run --baseline` takes
    #[arg(value_name = "A")]
    pub(super) before: String,
    /// The later run: a bundle, reports/<experiment>/<run>
    #[arg(value_name = "B")]
    pub(super) after: PathBuf,
    /// Only cells whose label fits, for instance 'pipeline=hybrid*'
    #[arg(long, value_name = "GLOB")]
    pub(super) cell: Option<String>,
    /// For machines: one object with all figures
    #[arg(long)]
    pub(super) json: bool,
}

const EXPLAIN_HELP: &str = "\
The table goes from an exact search to the final ranking; each step changes one thing, and the steps
add up to the whole way: exact search, binary codes, graph, filter, fused, reranked. What a pipeline
does not have is left out. `ceiling` is the value of the same documents in their ideal order.

  evalrun explain reports/techniques/<run>                         every cell
  evalrun explain reports/techniques/<run> --cell 'everything*'    cells by name, with * and ?
  evalrun explain reports/techniques/<run> --query \"brake sensor\"  one query, list beside list
  evalrun explain reports/techniques/<run> --measure R@10 --worst 10

Exit status: 0 fine, 2 usage, 3 no bundle, 4 no such cell or query.";

/// Options of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A bundle: reports/<experiment>/<run>
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: PathBuf,
    /// Cells, by id, name or name of the pipeline; * and ? stand for anything [default: all]
    #[arg(long, value_name = "GLOB|ID")]
    pub(super) cell: Option<String>,
    /// One query, by id or by part of its text
    #[arg(long, value_name = "ID|TEXT")]
    pub(super) query: Option<String>,
    /// What losses are counted in [default: nDCG@10 if measured, else the spec's first]
    #[arg(long, value_name = "MEASURE")]
    pub(super) measure: Option<String>,
    /// How many of the queries that fell furthest are shown
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(super) worst: usize,
}

const FETCH_HELP: &str = "\
A transfer that broke off goes on where it stopped. Files are compared with the size and the hash
on the card; a wrong one is kept as NAME.wrong and never used. A card without a hash says so, and
the hash that was found is printed for the card.

Proxies: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY. SSL_CERT_FILE names certificates (PEM) to
trust instead of the built-in ones.

Without a network: evalrun fetch --offline NAME says which file to put where. Put it there, and the
same command checks and unpacks it.

Exit status: 0 there and verified as far as the card allows, 1 no network or disk, 2 no such card,
3 a wrong or missing file.";

/// Options of `fetch`.
#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    /// Data sets, by the names of their cards
    #[arg(value_name = "NAME", required = true)]
    pub(super) names: Vec<String>,
    /// The folder for fetched data sets [default: EVALRUN_DATA, or `data` in the cache folder]
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// Download nothing: check and unpack what was put there, or say what to put where
    #[arg(long)]
    pub(super) offline: bool,
}

const DOCTOR_HELP: &str = "\
Reports, for each data set: counts; texts and titles that are not distinct; near-duplicates with
different grades; queries without a relevant document, or whose text stands in the corpus; queries
in more than one split; filters that select nothing or everything; vectors of length zero, equal
ones, and neighbours that came with the set and are not the nearest.

A finding is a note (know it), a warning (a number may mislead) or an error (a number is wrong).

  evalrun doctor data                        every data set that is here
  evalrun doctor data series-demo            one, by its name
  evalrun doctor data ../my-data             one, by its folder (layout of BEIR)
  evalrun doctor data experiments/mine.yaml  those of a spec, whatever their kind

Of a Qdrant server: both interfaces, version, TLS, key, collections, and whether it tells which way
searches go. QDRANT_URL and QDRANT_API_KEY are read from the environment, or from a file `.env`.

  evalrun doctor qdrant                      the server of QDRANT_URL, else localhost
  evalrun doctor qdrant --url https://…      another one
  evalrun doctor qdrant experiments/my.yaml  those of a spec

Exit status: 0 fine, or only notes and warnings; 3 an error, or a data set that cannot be read.";

/// Options of `doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// What to look at
    #[arg(value_enum)]
    pub(super) what: DoctorWhat,
    /// Names of data sets, folders, or specs (.yaml) [default: all data sets that are here]
    #[arg(value_name = "NAME|PATH|SPEC")]
    pub(super) targets: Vec<String>,
    /// Where the server is, at either of its ports
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// The environment variable with its API key [default: QDRANT_API_KEY, where that is set]
    #[arg(long, value_name = "NAME")]
    pub(super) api_key_env: Option<String>,
    /// For machines: a list of objects with all figures
    #[arg(long)]
    pub(super) json: bool,
}

/// What can be looked at.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DoctorWhat {
    /// Data sets
    Data,
    /// A Qdrant server
    Qdrant,
}

/// Options of `eval`: trec_eval's, under its letters, and a few more.
#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// Print the values of every query too
    #[arg(short = 'q', long)]
    pub(super) per_query: bool,
    /// Mean over all judged queries; one that the run lacks counts as 0
    #[arg(short = 'c', long)]
    pub(super) complete: bool,
    /// Print no summary
    #[arg(short = 'n', long)]
    pub(super) no_summary: bool,
    /// Least grade that counts as relevant
    #[arg(short = 'l', long, value_name = "GRADE", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..))]
    pub(super) level: i32,
    /// Look at no more documents of a query than this
    #[arg(short = 'M', long, value_name = "N")]
    pub(super) max_docs: Option<usize>,
    /// Take documents without a judgement, or with a grade below 0, out of the rankings first
    #[arg(short = 'J', long)]
    pub(super) judged_only: bool,
    /// Documents in the collection, for `utility`
    #[arg(short = 'N', long, value_name = "N", default_value_t = 0)]
    pub(super) docs: u32,
    /// A measure such as map, P.5,10 or RBP(p=0.8)@10, or a family: official, set, all_trec; may be repeated [default:
    /// official]
    #[arg(short = 'm', long, value_name = "MEASURE")]
    pub(super) measure: Vec<String>,
    /// Whose conventions count
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub(super) dialect: DialectArg,
    /// Add what the order of tied documents does: least, expected and greatest value, share of queries with a tie at the
    /// cut-off
    #[arg(long, conflicts_with = "max_docs")]
    pub(super) ties: bool,
    /// Judgements: query, iteration, document, grade
    #[arg(value_name = "QRELS")]
    pub(super) qrels: PathBuf,
    /// Runs: query, Q0, document, rank, score, tag; plain or gzip; - is the standard input
    #[arg(value_name = "RUN", required = true)]
    pub(super) runs: Vec<PathBuf>,
}

/// Whose conventions count in `eval`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DialectArg {
    /// trec_eval up to 9.0.8 and what embeds it: scores are float32
    #[default]
    #[value(name = "trec_eval-9")]
    TrecEval9,
    /// trec_eval 10: scores are float64, -c -q prints missing queries
    #[value(name = "trec_eval-10")]
    TrecEval10,
    /// This program's own: undefined values are left out and counted
    Evalrun,
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
