//! Options of the verbs about data and judgements: `fetch`, `doctor`, `eval`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(super) const FETCH_HELP: &str = "\
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
pub(in crate::cmd) struct FetchArgs {
    /// Data sets, by the names of their cards
    #[arg(value_name = "NAME", required = true)]
    pub(in crate::cmd) names: Vec<String>,
    /// The folder for fetched data sets [default: EVALRUN_DATA, or `data` in the cache folder]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cmd) dir: Option<PathBuf>,
    /// Download nothing: check and unpack what was put there, or say what to put where
    #[arg(long)]
    pub(in crate::cmd) offline: bool,
}

pub(super) const DOCTOR_HELP: &str = "\
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
pub(in crate::cmd) struct DoctorArgs {
    /// What to look at
    #[arg(value_enum)]
    pub(in crate::cmd) what: DoctorWhat,
    /// Names of data sets, folders, or specs (.yaml) [default: all data sets that are here]
    #[arg(value_name = "NAME|PATH|SPEC")]
    pub(in crate::cmd) targets: Vec<String>,
    /// Where the server is, at either of its ports
    #[arg(long, value_name = "URL")]
    pub(in crate::cmd) url: Option<String>,
    /// The environment variable with its API key [default: QDRANT_API_KEY, where that is set]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cmd) api_key_env: Option<String>,
    /// For machines: a list of objects with all figures
    #[arg(long)]
    pub(in crate::cmd) json: bool,
}

/// What can be looked at.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cmd) enum DoctorWhat {
    /// Data sets
    Data,
    /// A Qdrant server
    Qdrant,
}

/// Options of `eval`: trec_eval's, under its letters, and a few more.
#[derive(Debug, Args)]
pub(in crate::cmd) struct EvalArgs {
    /// Print the values of every query too
    #[arg(short = 'q', long)]
    pub(in crate::cmd) per_query: bool,
    /// Mean over all judged queries; one that the run lacks counts as 0
    #[arg(short = 'c', long)]
    pub(in crate::cmd) complete: bool,
    /// Print no summary
    #[arg(short = 'n', long)]
    pub(in crate::cmd) no_summary: bool,
    /// Least grade that counts as relevant
    #[arg(short = 'l', long, value_name = "GRADE", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..))]
    pub(in crate::cmd) level: i32,
    /// Look at no more documents of a query than this
    #[arg(short = 'M', long, value_name = "N")]
    pub(in crate::cmd) max_docs: Option<usize>,
    /// Take documents without a judgement, or with a grade below 0, out of the rankings first
    #[arg(short = 'J', long)]
    pub(in crate::cmd) judged_only: bool,
    /// Documents in the collection, for `utility`
    #[arg(short = 'N', long, value_name = "N", default_value_t = 0)]
    pub(in crate::cmd) docs: u32,
    /// A measure such as map, P.5,10 or RBP(p=0.8)@10, or a family: official, set, all_trec; may be repeated [default:
    /// official]
    #[arg(short = 'm', long, value_name = "MEASURE")]
    pub(in crate::cmd) measure: Vec<String>,
    /// Whose conventions count
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub(in crate::cmd) dialect: DialectArg,
    /// Add what the order of tied documents does: least, expected and greatest value, share of queries with a tie at the
    /// cut-off
    #[arg(long, conflicts_with = "max_docs")]
    pub(in crate::cmd) ties: bool,
    /// Judgements: query, iteration, document, grade
    #[arg(value_name = "QRELS")]
    pub(in crate::cmd) qrels: PathBuf,
    /// Runs: query, Q0, document, rank, score, tag; plain or gzip; - is the standard input
    #[arg(value_name = "RUN", required = true)]
    pub(in crate::cmd) runs: Vec<PathBuf>,
}

/// Whose conventions count in `eval`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cmd) enum DialectArg {
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
