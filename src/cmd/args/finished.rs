//! Options of the verbs that read finished runs: `report`, `diff`, `explain`.

use std::path::PathBuf;

use clap::Args;

/// Options of `report`.
#[derive(Debug, Args)]
pub(in crate::cmd) struct ReportArgs {
    /// A bundle (reports/<experiment>/<run>), or the name that a run was saved under, or EXPERIMENT/NAME; of several the
    /// newest is shown in full, with the others beside it and a history of those of its experiment
    #[arg(value_name = "BUNDLE|NAME", required = true)]
    pub(in crate::cmd) bundles: Vec<PathBuf>,
    /// Where to write; the suffix says what (below); may be repeated [default: report.html in the bundle]
    #[arg(short, long, value_name = "PATH")]
    pub(in crate::cmd) output: Vec<PathBuf>,
    /// Where saved runs are
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(in crate::cmd) out_dir: PathBuf,
    /// Adds micro-benchmarks: the folder that `cargo bench` wrote, such as target/criterion
    #[arg(long, value_name = "DIR")]
    pub(in crate::cmd) criterion: Option<PathBuf>,
    /// Count a gate that cannot be decided as failed, in JUnit and in the verdict
    #[arg(long)]
    pub(in crate::cmd) strict: bool,
}

pub(super) const DIFF_HELP: &str = "\
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
pub(in crate::cmd) struct DiffArgs {
    /// The earlier run: a bundle, or what `run --baseline` takes
    #[arg(value_name = "A")]
    pub(in crate::cmd) before: String,
    /// The later run: a bundle, reports/<experiment>/<run>
    #[arg(value_name = "B")]
    pub(in crate::cmd) after: PathBuf,
    /// Only cells whose label fits, for instance 'pipeline=hybrid*'
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cmd) cell: Option<String>,
    /// For machines: one object with all figures
    #[arg(long)]
    pub(in crate::cmd) json: bool,
}

pub(super) const EXPLAIN_HELP: &str = "\
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
pub(in crate::cmd) struct ExplainArgs {
    /// A bundle: reports/<experiment>/<run>
    #[arg(value_name = "BUNDLE")]
    pub(in crate::cmd) bundle: PathBuf,
    /// Cells, by id, name or name of the pipeline; * and ? stand for anything [default: all]
    #[arg(long, value_name = "GLOB|ID")]
    pub(in crate::cmd) cell: Option<String>,
    /// One query, by id or by part of its text
    #[arg(long, value_name = "ID|TEXT")]
    pub(in crate::cmd) query: Option<String>,
    /// What losses are counted in [default: nDCG@10 if measured, else the spec's first]
    #[arg(long, value_name = "MEASURE")]
    pub(in crate::cmd) measure: Option<String>,
    /// How many of the queries that fell furthest are shown
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(in crate::cmd) worst: usize,
}
