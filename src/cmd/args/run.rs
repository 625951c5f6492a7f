//! Options of the verbs that take specs: `run`, `calibrate`, `plan`, `validate`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::part::{self, PartArgs};

pub(super) const RUN_HELP: &str = "\
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

A run that was interrupted, or killed, is gone on with by --resume: a new bundle takes over what the
newest unfinished run below --out-dir measured, and the rest is run. --retry-failed does the same with
the newest run, finished or not, for the cells that failed, timed out or are missing. Both refuse what
is not provably the same: settings, data, models, versions, and where times are taken the machine.
Without anything to go on with the status is 4.

In CI (--ci, or CI=true in the environment) progress is plain. On GitHub, gates that do not hold
are shown on their lines of the spec, and the summary on the job's page.";

pub(super) const SUFFIX_HELP: &str = "

Suffixes of --output:
  .html .md                     the report, and its summary
  .json .jsonl                  cells, measures, differences and gates; a line per cell
  .csv .parquet                 a row per cell and measure; per cell, query and measure
  .junit.xml                    a test per cell and gate
  .bencher.json                 Bencher Metric Format
  .bigger.json .smaller.json    github-action-benchmark: customBiggerIsBetter, customSmallerIsBetter";

/// Options of `run`.
#[derive(Debug, Args)]
pub(in crate::cmd) struct RunArgs {
    /// Where bundles and reports go
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(in crate::cmd) out_dir: PathBuf,
    /// Take no latencies: quality only
    #[arg(long)]
    pub(in crate::cmd) no_timing: bool,
    /// Take latencies and work alone: no quality, no diagnosis, no lists; gates on quality are undecided
    #[arg(long, conflicts_with = "no_timing")]
    pub(in crate::cmd) timing_only: bool,
    /// Threads for embedding, building and exact search, and of a model while it is timed [default: one per core]; the
    /// workers of a timed load are the spec's
    #[arg(short, long, value_name = "N")]
    pub(in crate::cmd) jobs: Option<NonZeroUsize>,
    /// Use no network: models that were fetched before, data that are here, servers on this machine; also with
    /// EVALRUN_OFFLINE=1
    #[arg(long)]
    pub(in crate::cmd) offline: bool,
    /// Go on with the newest run of the experiment that has no end: take over what it measured, run the rest
    #[arg(long)]
    pub(in crate::cmd) resume: bool,
    /// Run again only what failed, timed out or is missing in the newest run, and take over the rest
    #[arg(long, conflicts_with = "resume")]
    pub(in crate::cmd) retry_failed: bool,
    /// Count a gate that cannot be decided as failed
    #[arg(long)]
    pub(in crate::cmd) strict: bool,
    /// Give a cell no longer than this to build and answer, for instance 90s or 5m; then it has failed
    #[arg(long, value_name = "DURATION", value_parser = part::duration)]
    pub(in crate::cmd) timeout: Option<Duration>,
    /// Stop at the first cell that fails
    #[arg(long)]
    pub(in crate::cmd) fail_fast: bool,
    /// Afterwards, remove the collections that the run made on servers, or used
    #[arg(long)]
    pub(in crate::cmd) cleanup: bool,
    /// Compare with another run: `previous`, a saved name, git:REVISION, or the folder of a bundle
    #[arg(short, long, value_name = "REF")]
    pub(in crate::cmd) baseline: Option<String>,
    /// Keep this run as a baseline under a name
    #[arg(long, value_name = "NAME", value_parser = baseline_name)]
    pub(in crate::cmd) save_baseline: Option<String>,
    /// Write the result to a file; the suffix says how (below); may be repeated
    #[arg(short, long, value_name = "PATH")]
    pub(in crate::cmd) output: Vec<PathBuf>,
    /// Plain progress, and messages for GitHub; implied by CI=true
    #[arg(long)]
    pub(in crate::cmd) ci: bool,
    // Last, because its options stand under a heading of their own, and with them all that follow.
    #[command(flatten)]
    pub(in crate::cmd) specs: SpecArgs,
}

pub(super) const CALIBRATE_HELP: &str = "\
The cell is timed twice, in turns, as the spec takes times. Each round is a whole measurement: the
spec's passes. The largest difference of p50, p95 … over all rounds is this machine's noise floor. It
is kept in the cache by machine and cell, and later runs of the cell and its data set hold their
times against it: a gate that misses by less is undecided, and the report names the cells that are no
further from the reference than a cell from itself.

  evalrun calibrate my.yaml                        the reference cell
  evalrun calibrate my.yaml --cell 'pipeline=dense*'   the first cell whose name fits
  evalrun calibrate my.yaml --rounds 19            more rounds, and a bound that is exceeded less often

Of N rounds, the largest is exceeded by the next one in one of N + 1 cases.";

/// Options of `calibrate`.
#[derive(Debug, Args)]
pub(in crate::cmd) struct CalibrateArgs {
    /// The experiment
    #[arg(value_name = "FILE")]
    pub(in crate::cmd) file: PathBuf,
    /// The cell, by id, name or name of the pipeline; * and ? stand for anything [default: the reference, else the first]
    #[arg(long, value_name = "GLOB|ID")]
    pub(in crate::cmd) cell: Option<String>,
    /// How often the two are held against each other
    #[arg(long, value_name = "N", default_value = "9")]
    pub(in crate::cmd) rounds: NonZeroUsize,
    /// Override a setting of the spec, as in a run; may be repeated
    #[arg(long, value_name = "PATH=VALUE", value_parser = part::setting)]
    pub(in crate::cmd) set: Vec<(String, String)>,
    /// Where the bundle and its report go
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(in crate::cmd) out_dir: PathBuf,
    /// Threads, as in a run: what is found holds for runs with as many
    #[arg(short, long, value_name = "N")]
    pub(in crate::cmd) jobs: Option<NonZeroUsize>,
    /// Use no network
    #[arg(long)]
    pub(in crate::cmd) offline: bool,
}

fn baseline_name(text: &str) -> Result<String, String> {
    match crate::store::is_name(text) {
        true => Ok(text.to_owned()),
        false => Err("a name has letters, digits, `-`, `_` and `.`, and is not `previous`".to_owned()),
    }
}

/// Specs, and what is changed in them.
#[derive(Debug, Args)]
pub(in crate::cmd) struct SpecArgs {
    /// Experiments
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cmd) files: Vec<PathBuf>,
    /// Override a setting of every spec, for instance d.ef=64 or measure.seed=7; may be repeated
    #[arg(long, value_name = "PATH=VALUE", value_parser = part::setting)]
    pub(in crate::cmd) set: Vec<(String, String)>,
    #[command(flatten)]
    pub(in crate::cmd) part: PartArgs,
}
