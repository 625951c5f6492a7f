//! Where the work of a cell goes: its stages with the paths they took, their counters and their time.

use std::collections::BTreeMap;

use crate::backend::Path;
use crate::evaluate::{MeanCounters, Percentiles};
use crate::index::Counters;
use crate::pipeline::{
    Combine, Dense, FilterUse, Fuse, Fusion, Graph, IndexConfig, Normalize, Quantization, Rerank,
};
use crate::pipeline::{Sparse, Stage, StageKind, Strategy, Tail};

use super::board::ordered;
use super::number::{self, NOT_APPLICABLE};
use super::set::{Ran, Set};
use super::text::count;

/// The table of one data set.
#[derive(Debug)]
pub(crate) struct StageTable {
    /// The data set.
    pub(crate) data: String,
    /// Headings of the counters that count anything.
    pub(crate) counters: Vec<&'static str>,
    /// Whether there are times.
    pub(crate) timed: bool,
    /// One per cell that ran.
    pub(crate) cells: Vec<CellStages>,
}

/// One cell.
#[derive(Debug)]
pub(crate) struct CellStages {
    /// Its name.
    pub(crate) name: String,
    /// Throughput and the first query, if it was timed.
    pub(crate) timing: Option<String>,
    /// Embedding the query (when timed), then the stages in order.
    pub(crate) rows: Vec<StageRow>,
}

/// One stage of one cell.
#[derive(Debug)]
pub(crate) struct StageRow {
    /// The stage's name.
    pub(crate) stage: String,
    /// What it does.
    pub(crate) what: String,
    /// `graph 24` or `graph 19, filtered-scan 5`.
    pub(crate) paths: String,
    /// Mean per query, under the table's headings.
    pub(crate) counters: Vec<String>,
    /// Mean, milliseconds.
    pub(crate) mean: String,
    /// The data set's tail percentile, milliseconds.
    pub(crate) tail: String,
    /// Share of the cell's mean.
    pub(crate) share: String,
}

type Counter = (&'static str, fn(&Counters) -> u64);

const COUNTERS: [Counter; 9] = [
    ("float distances", |c| c.float_distances),
    ("code distances", |c| c.code_distances),
    ("graph hops", |c| c.hops),
    ("filter matches", |c| c.matches),
    ("postings", |c| c.postings),
    ("candidates", |c| c.candidates),
    ("rescored", |c| c.rescored),
    ("pairs reranked", |c| c.pairs),
    ("bytes read", |c| c.bytes),
];

/// The table of one data set, cells in the order of the leaderboard.
pub(crate) fn stage_table(set: &Set<'_>) -> StageTable {
    let counts = |(_, get): &&Counter| {
        let mut all = set.ran().flat_map(|r| &r.numbers.counters);
        all.any(|(_, c)| get(&c.sum) > 0)
    };
    let counters: Vec<Counter> = COUNTERS.iter().filter(counts).copied().collect();
    let order = ordered(set);
    let position = |r: &Ran<'_>| order.iter().position(|c| std::ptr::eq(*c, r.cell));
    let mut cells: Vec<Ran<'_>> = set.ran().collect();
    cells.sort_by_key(position);
    StageTable {
        data: set.data.to_owned(),
        timed: set.ran().any(|r| r.numbers.latency.is_some()),
        cells: cells
            .into_iter()
            .map(|r| cell_stages(set, r, &counters))
            .collect(),
        counters: counters.iter().map(|(name, _)| *name).collect(),
    }
}

fn cell_stages(set: &Set<'_>, ran: Ran<'_>, counters: &[Counter]) -> CellStages {
    let cell = &ran.cell.cell;
    let mut rows = Vec::new();
    if time(ran, "embed").is_some() {
        rows.push(row(
            set,
            ran,
            "embed",
            "the query into a vector".to_owned(),
            counters,
        ));
    }
    let stages = cell.pipeline.stages.iter();
    rows.extend(stages.map(|s| row(set, ran, &s.name, describe(s, &cell.index), counters)));
    CellStages {
        name: set.name(&cell.id).to_owned(),
        timing: timing(ran),
        rows,
    }
}

fn timing(ran: Ran<'_>) -> Option<String> {
    let latency = ran.numbers.latency.as_ref()?;
    let mut text = format!("{} queries per second", number::mean_count(latency.qps));
    if let Some(timing) = &ran.numbers.measured.timing {
        text += &format!(", first query {} ms", number::ms(timing.first_ns as f64 / 1e6));
    }
    let passes: Vec<String> = latency.by_pass.iter().map(|m| number::ms(*m)).collect();
    if let (Some((q, _)), false) = (latency.total.quantiles.first(), passes.is_empty()) {
        text += &format!(", {} by pass {} ms", number::percentile(*q), passes.join(", "));
    }
    Some(text)
}

fn row(set: &Set<'_>, ran: Ran<'_>, stage: &str, what: String, counters: &[Counter]) -> StageRow {
    let numbers = ran.numbers;
    let paths = numbers.paths.iter().find(|(s, _)| s == stage).map(|(_, p)| p);
    let counted = numbers.counters.iter().find(|(s, _)| s == stage).map(|(_, c)| c);
    let time = time(ran, stage);
    let total = numbers
        .latency
        .as_ref()
        .map(|l| l.total.mean)
        .filter(|m| *m > 0.0);
    let tail = |p: &Percentiles| {
        let q = set.tail_percentile()?;
        p.quantiles.iter().find(|(own, _)| (own - q).abs() < 1e-9)?.1
    };
    let or_dash = |s: Option<String>| s.unwrap_or_else(|| NOT_APPLICABLE.to_owned());
    StageRow {
        stage: stage.to_owned(),
        what,
        paths: or_dash(paths.map(path_words)),
        counters: counters.iter().map(|(_, get)| mean(counted, *get)).collect(),
        mean: or_dash(time.map(|p| number::ms(p.mean) + &call(ran, stage))),
        tail: or_dash(time.and_then(tail).map(number::ms)),
        share: or_dash(time.zip(total).map(|(p, total)| number::percent(p.mean / total))),
    }
}

/// The parts of a call, where the stage was one: " (server 0.6 ms, network 1.4 ms)".
fn call(ran: Ran<'_>, stage: &str) -> String {
    let latency = ran.numbers.latency.as_ref();
    let found = latency.and_then(|l| l.calls.iter().find(|(name, ..)| name == stage));
    found.map_or(String::new(), |(_, server, network)| {
        format!(
            " (server {}, network {})",
            number::ms(server.mean),
            number::ms(network.mean)
        )
    })
}

fn time<'a>(ran: Ran<'a>, part: &str) -> Option<&'a Percentiles> {
    let latency = ran.numbers.latency.as_ref()?;
    latency
        .parts
        .iter()
        .find(|(name, _)| name == part)
        .map(|(_, p)| p)
}

fn mean(counted: Option<&MeanCounters>, get: fn(&Counters) -> u64) -> String {
    match counted {
        Some(c) if c.queries > 0 && get(&c.sum) > 0 => {
            number::mean_count(get(&c.sum) as f64 / c.queries as f64)
        }
        _ => NOT_APPLICABLE.to_owned(),
    }
}

fn path_words(paths: &BTreeMap<Path, usize>) -> String {
    let parts: Vec<String> = paths.iter().map(|(p, n)| format!("{} {n}", path(*p))).collect();
    parts.join(", ")
}

/// A path in words.
pub(crate) fn path(path: Path) -> &'static str {
    match path {
        Path::Scan => "scan",
        Path::CodeScan => "code scan",
        Path::Graph => "graph",
        Path::CodeGraph => "code graph",
        Path::FilteredScan => "filtered scan",
        Path::FilteredCodeScan => "filtered code scan",
        Path::FilteredGraph => "filtered graph",
        Path::FilteredCodeGraph => "filtered code graph",
        Path::PostFiltered => "post-filtered",
        Path::Postings => "postings",
        Path::FilteredPostings => "filtered postings",
        Path::Server => "server",
        Path::ServerExact => "server, exact",
        Path::Within => "within a later call",
        Path::ServerFused => "searched and fused by the server",
        Path::Fused => "fused",
        Path::Late => "scored by tokens",
        Path::Reranked => "reranked",
    }
}

/// A stage in words, with the settings that have a meaning on this index.
pub(crate) fn describe(stage: &Stage, index: &IndexConfig) -> String {
    match &stage.kind {
        StageKind::Dense(dense) => describe_dense(dense, index),
        StageKind::Sparse(Sparse {
            vector,
            limit,
            filter,
        }) => {
            format!("words: {vector}, {}{}", hits(*limit), filtering(filter))
        }
        StageKind::Fuse(fuse) => describe_fuse(fuse),
        StageKind::Late(late) => format!(
            "top {} of {} by tokens: {}, {}",
            late.depth,
            late.of,
            late.vector,
            describe_tail(late.tail)
        ),
        StageKind::Rerank(rerank) => describe_rerank(rerank),
    }
}

fn describe_dense(dense: &Dense, index: &IndexConfig) -> String {
    let mut text = format!("vectors: {}, {}", dense.vector, hits(dense.limit));
    if dense.exact {
        text += ", exact";
    } else {
        if index.graph != Graph::Exact {
            text += &format!(", ef {}", dense.ef);
        }
        if index.quantization != Quantization::None {
            let rescored = if dense.rescore { "rescored" } else { "not rescored" };
            text += &format!(", oversampling {}, {rescored}", dense.oversampling);
        }
    }
    text + &filtering(&dense.filter)
}

fn describe_fuse(fuse: &Fuse) -> String {
    let plain = |weights: &[f64]| weights.iter().all(|w| (w - 1.0).abs() < 1e-12);
    let weighted = |weights: &[f64]| {
        let terms = fuse.of.iter().zip(weights).map(|(s, w)| format!("{w} {s}"));
        terms.collect::<Vec<_>>().join(" + ")
    };
    let sum = |weights: &[f64]| {
        if plain(weights) {
            fuse.of.join(" + ")
        } else {
            weighted(weights)
        }
    };
    let how = match &fuse.method {
        Fusion::Rrf { k, weights } => format!("RRF (k {k}) of {}", sum(weights)),
        Fusion::Dbsf { weights } => format!("DBSF of {}", sum(weights)),
        Fusion::Isr { weights } => format!("inverse square ranks of {}", sum(weights)),
        Fusion::Borda { weights } => format!("Borda count of {}", sum(weights)),
        Fusion::Rbc { persistence, weights } => {
            format!("rank-biased centroids (φ {persistence}) of {}", sum(weights))
        }
        Fusion::Comb {
            combine,
            normalize,
            weights,
        } => {
            let name = match combine {
                Combine::Sum => "CombSUM",
                Combine::Mnz => "CombMNZ",
                Combine::Max => "CombMAX",
                Combine::Med => "CombMED",
            };
            format!("{name} of {} ({})", sum(weights), scale(*normalize))
        }
        Fusion::Weighted { weights, normalize } => {
            format!("weighted sum {} ({})", weighted(weights), scale(*normalize))
        }
    };
    format!("{how}, {}", hits(fuse.limit))
}

fn scale(normalize: Normalize) -> &'static str {
    match normalize {
        Normalize::MinMax => "scaled min–max",
        Normalize::ZScore => "by mean and deviation",
        Normalize::Sum => "as shares of the sum",
        Normalize::Rank => "by rank",
        Normalize::None => "scores as they are",
    }
}

fn describe_tail(tail: Tail) -> &'static str {
    match tail {
        Tail::Keep => "the rest kept below",
        Tail::Drop => "the rest dropped",
    }
}

fn describe_rerank(rerank: &Rerank) -> String {
    let tail = describe_tail(rerank.tail);
    let (depth, of, model) = (rerank.depth, &rerank.of, &rerank.model);
    format!(
        "top {depth} of {of} by {model} over {}, {tail}",
        rerank.fields.join(" + ")
    )
}

fn hits(limit: usize) -> String {
    count(limit, "hit", "hits")
}

fn filtering(filter: &FilterUse) -> String {
    let strategy = match filter.strategy {
        Strategy::Auto => String::new(),
        Strategy::Pre => ", filter first".to_owned(),
        Strategy::Post => ", filter last".to_owned(),
        Strategy::InGraph => ", filter in the graph".to_owned(),
        Strategy::Ignore => ", query filters ignored".to_owned(),
    };
    let condition = filter.condition.as_ref().map(super::filter::words);
    strategy + &condition.map_or_else(String::new, |c| format!(", only {c}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn the_table_of_the_fixture() {
        let evaluation = evaluation();
        let table = stage_table(&Set::all(&evaluation)[0]);
        assert_eq!(
            table.counters,
            [
                "float distances",
                "code distances",
                "postings",
                "candidates",
                "rescored",
                "pairs reranked"
            ]
        );
        let lines: Vec<String> = (table.cells.iter())
            .flat_map(|c| {
                c.rows.iter().map(move |r| {
                    let counters = r.counters.join(" ");
                    format!(
                        "{} | {} | {} | {} | {counters} | {} {} {}",
                        c.name, r.stage, r.what, r.paths, r.mean, r.tail, r.share
                    )
                })
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        dense · quantization none | embed | the query into a vector | – | – – – – – – | 3.47 5.58 91 %
        dense · quantization none | d | vectors: body, 30 hits, ef 128 | graph 24 | 412 – – 128 – – | 0.347 0.558 9 %
        reranked · quantization none | embed | the query into a vector | – | – – – – – – | 3.47 5.58 7 %
        reranked · quantization none | d | vectors: body, 30 hits, ef 128 | graph 24 | 412 – – 128 – – | 0.347 0.558 1 %
        reranked · quantization none | ce | top 20 of d by evalrun-rerank-l4 over title + description, the rest dropped | reranked 24 | – – – – – 20 | 46.7 75.1 92 %
        hybrid · quantization none | embed | the query into a vector | – | – – – – – – | 3.47 5.58 90 %
        hybrid · quantization none | d | vectors: body, 30 hits, ef 128 | graph 24 | 412 – – 128 – – | 0.347 0.558 9 %
        hybrid · quantization none | s | words: words, 30 hits | postings 24 | – – 61 30 – – | 0.047 0.076 1 %
        hybrid · quantization none | f | RRF (k 60) of d + s, 30 hits | fused 24 | – – – 47 – – | 0.009 0.014 1 %
        hybrid · quantization binary | embed | the query into a vector | – | – – – – – – | 3.47 5.58 96 %
        hybrid · quantization binary | d | vectors: body, 30 hits, ef 128, oversampling 4, rescored | code graph 24 | 120 415 – 128 120 – | 0.101 0.162 3 %
        hybrid · quantization binary | s | words: words, 30 hits | postings 24 | – – 61 30 – – | 0.047 0.076 1 %
        hybrid · quantization binary | f | RRF (k 60) of d + s, 30 hits | fused 24 | – – – 47 – – | 0.009 0.014 1 %
        dense · quantization binary | embed | the query into a vector | – | – – – – – – | 3.47 5.58 97 %
        dense · quantization binary | d | vectors: body, 30 hits, ef 128, oversampling 4, rescored | code graph 24 | 120 415 – 128 120 – | 0.101 0.162 3 %
        ");
    }
}
