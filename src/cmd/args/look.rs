//! Options of the verbs that look at what is there: `ls`, `history`, `cache`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::part;

pub(super) const LS_HELP: &str = "\
  evalrun ls data        data sets that a spec can call by name, from their cards; nothing is loaded
  evalrun ls runs        bundles below --out-dir: when, how they ended, names they were saved under
  evalrun ls models      built-in models and downloaded ones
  evalrun ls measures    every family of measures: notation, meaning, source
  evalrun ls stages      kinds of stages with their keys

Of data sets, a `?` before a licence says that nobody checked it. The card, datasets/NAME.yaml, has the
rest: source, weak points, and whether queries stand in the corpus.";

/// Options of `ls`.
#[derive(Debug, Args)]
pub(in crate::cmd) struct LsArgs {
    /// What to list
    #[arg(value_enum)]
    pub(in crate::cmd) what: LsWhat,
    /// Where bundles are
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(in crate::cmd) out_dir: PathBuf,
    /// For machines: a list of objects
    #[arg(long)]
    pub(in crate::cmd) json: bool,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cmd) enum LsWhat {
    /// Data sets
    Data,
    /// Bundles
    Runs,
    /// Models
    Models,
    /// Families of measures
    Measures,
    /// Kinds of stages
    Stages,
}

pub(super) const HISTORY_HELP: &str = "\
One line per run, the oldest first: cells with numbers of those planned, gates, the measure of the
reference cell and of the best cell, and the change against the run before. `≠` in the place of a change
says that the data or the judgements are others than in the run before, so the two do not compare. Times
are shown of runs on the same kind of machine as the newest.

  evalrun history                              of the only experiment below --out-dir
  evalrun history my -n 10                     the newest ten runs
  evalrun history my --cell 'pipeline=hybrid*' one cell instead of reference and best
  evalrun history my --measure R@100 --json

A page with the same and a chart: evalrun report reports/my/2*/ -o history.html

Exit status: 0 fine, 2 usage, 3 a bundle that cannot be read, 4 no such run, measure or cell.";

/// Options of `history`.
#[derive(Debug, Args)]
pub(in crate::cmd) struct HistoryArgs {
    /// An experiment [default: the only one that has runs]
    #[arg(value_name = "EXPERIMENT")]
    pub(in crate::cmd) experiment: Option<String>,
    /// A measure that the newest run has [default: nDCG@10 if measured, else the spec's first]
    #[arg(long, value_name = "MEASURE")]
    pub(in crate::cmd) measure: Option<String>,
    /// One cell, by id, name or name of the pipeline; * and ? stand for anything [default: the reference and the best]
    #[arg(long, value_name = "GLOB|ID")]
    pub(in crate::cmd) cell: Option<String>,
    /// So many of the newest runs
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = at_least_one)]
    pub(in crate::cmd) runs: usize,
    /// Where bundles are
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(in crate::cmd) out_dir: PathBuf,
    /// For machines: one object with all figures
    #[arg(long)]
    pub(in crate::cmd) json: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("a number of runs is a whole number from 1".to_owned()),
    }
}

pub(super) const CACHE_HELP: &str = "\
The cache folder (EVALRUN_CACHE, else evalrun below the user's cache folder) keeps what need not be computed
or downloaded again: embeddings, token vectors, pair scores, exact neighbours, data sets, models. Whatever
is removed is computed or downloaded again when it is needed.

  evalrun cache ls                     what is there, how large, when it was last used
  evalrun cache verify                 reads all of it and compares checksums
  evalrun cache gc                     removes what broken-off work left behind for more than a day
  evalrun cache gc --older-than 30d    and what can be computed again and was not used for 30 days
  evalrun cache gc --older-than 30d --kind data --kind models     downloads, only if named
  evalrun cache gc --dry-run           says what would go, and removes nothing

On a Qdrant server, collections that evalrun made are kept too, so that the next run need not upload them
again. Each is marked; `gc` removes those that carry the mark, and no other. `evalrun run --cleanup` removes
those of one run when it ends.

  evalrun cache gc --server            on the server of QDRANT_URL, else localhost
  evalrun cache gc --url https://…     on another one

Exit status: 0 fine, 1 a damaged file (verify) or an error of the disk.";

/// Options of `cache`.
#[derive(Debug, Args)]
pub(in crate::cmd) struct CacheArgs {
    /// What to do
    #[arg(value_enum)]
    pub(in crate::cmd) what: CacheWhat,
    /// Of gc: remove also what was not used for so long, for instance 30d or 12h
    #[arg(long, value_name = "AGE", value_parser = part::age)]
    pub(in crate::cmd) older_than: Option<Duration>,
    /// Of gc: only such files; may be repeated [default: all that can be computed again]
    #[arg(long, value_enum, value_name = "KIND", requires = "older_than")]
    pub(in crate::cmd) kind: Vec<KeptKind>,
    /// Of gc: say what would be removed, and remove nothing
    #[arg(long)]
    pub(in crate::cmd) dry_run: bool,
    /// Of gc: on a server instead, that of QDRANT_URL, else localhost
    #[arg(long, conflicts_with_all = ["older_than", "dry_run"])]
    pub(in crate::cmd) server: bool,
    /// Of gc: on the server there, at either of its ports
    #[arg(long, value_name = "URL", conflicts_with_all = ["older_than", "dry_run"])]
    pub(in crate::cmd) url: Option<String>,
    /// The environment variable with its API key [default: QDRANT_API_KEY, where that is set]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cmd) api_key_env: Option<String>,
    /// For machines, of ls and verify: a list of objects
    #[arg(long)]
    pub(in crate::cmd) json: bool,
}

/// What can be done with what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cmd) enum CacheWhat {
    /// List it
    Ls,
    /// Look for damage
    Verify,
    /// Remove what is of no use
    Gc,
}

/// Kinds of files in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(in crate::cmd) enum KeptKind {
    /// Vectors of texts
    Embeddings,
    /// Token vectors of texts, and how many each text has
    Tokens,
    /// Scores of a reranker
    Pairs,
    /// Exact neighbours
    Neighbours,
    /// Data sets that were fetched
    Data,
    /// Models that were downloaded, and ONNX Runtime
    Models,
}
