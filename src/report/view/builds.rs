//! Index builds: what they cost and what they hold.

use crate::backend::IndexStats;
use crate::pipeline::{Bits, Graph, IndexConfig, Quantization};

use super::number::{self, NOT_APPLICABLE, bytes};
use super::set::{Ran, Set};
use super::text::listed;

/// The size of an index, summed over its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IndexBytes {
    /// Sum of what is known.
    pub(crate) total: u64,
    /// False when the engine cannot tell the size of its links; the sum is then a lower bound.
    pub(crate) is_complete: bool,
}

/// Vectors, codes, links, postings and payload indexes together.
pub(crate) fn index_bytes(stats: &IndexStats) -> IndexBytes {
    let parts = [
        stats.vector_bytes,
        stats.code_bytes,
        stats.sparse_bytes,
        stats.token_bytes,
        stats.payload_bytes,
    ];
    let total: usize = parts.iter().sum::<usize>() + stats.link_bytes.unwrap_or(0);
    IndexBytes {
        total: total as u64,
        is_complete: stats.link_bytes.is_some(),
    }
}

/// One index build as a row: sizes are separate figures, because each technique moves a different one.
#[derive(Debug)]
pub(crate) struct Build {
    /// In words: graph, quantization, vectors.
    pub(crate) what: String,
    /// Names of the cells that searched it, the first few.
    pub(crate) searched_by: String,
    /// Documents.
    pub(crate) points: String,
    /// Wall time.
    pub(crate) took: String,
    /// Float vectors, codes, links, postings, token vectors, payload indexes, all of it: printed with units.
    pub(crate) sizes: [String; 7],
    /// Growth of the process while building.
    pub(crate) growth: String,
    /// `vector: distinct codes of n`.
    pub(crate) codes: Vec<String>,
    /// The configuration as the backend carries it out.
    pub(crate) effective: Vec<String>,
}

/// The builds of one data set, in the order in which cells first used them.
pub(crate) fn builds(set: &Set<'_>) -> Vec<Build> {
    let mut groups: Vec<(Ran<'_>, Vec<String>)> = Vec::new();
    for ran in set.ran() {
        let name = set.name(&ran.cell.cell.id).to_owned();
        let same =
            |(first, _): &&mut (Ran<'_>, _)| first.numbers.measured.build == ran.numbers.measured.build;
        match groups.iter_mut().find(same) {
            Some((_, names)) => names.push(name),
            None => groups.push((ran, vec![name])),
        }
    }
    groups.into_iter().map(|(ran, cells)| build(ran, cells)).collect()
}

fn build(ran: Ran<'_>, cells: Vec<String>) -> Build {
    let measured = &ran.numbers.measured;
    let stats = &measured.stats;
    let size = |n: usize| {
        if n == 0 {
            NOT_APPLICABLE.to_owned()
        } else {
            bytes(n as u64)
        }
    };
    let total = index_bytes(stats);
    let at_least = if total.is_complete { "" } else { "≥ " };
    Build {
        what: describe(&ran.cell.cell.index),
        searched_by: listed(&cells, 4),
        points: number::integer(stats.points as u64),
        took: number::duration_ms(measured.build_ms),
        sizes: [
            size(stats.vector_bytes),
            size(stats.code_bytes),
            stats.link_bytes.map_or_else(|| "unknown".to_owned(), size),
            size(stats.sparse_bytes),
            size(stats.token_bytes),
            size(stats.payload_bytes),
            format!("{at_least}{}", bytes(total.total)),
        ],
        growth: measured
            .build_rss_bytes
            .map_or_else(|| "unknown".to_owned(), growth),
        codes: stats
            .distinct_codes
            .iter()
            .map(|(v, n)| format!("{v}: {}", number::integer(*n as u64)))
            .collect(),
        effective: stats.effective.iter().map(|(k, v)| format!("{k}={v}")).collect(),
    }
}

fn growth(bytes_grown: i64) -> String {
    let sign = if bytes_grown < 0 { "−" } else { "" };
    format!("{sign}{}", bytes(bytes_grown.unsigned_abs()))
}

/// An index in words: `hnsw graph (m 16, ef_construct 128), binary codes; body, words`.
pub(crate) fn describe(index: &IndexConfig) -> String {
    let graph = match index.graph {
        Graph::Exact => "no graph".to_owned(),
        Graph::Hnsw { m, ef_construct } => format!("hnsw graph (m {m}, ef_construct {ef_construct})"),
        Graph::HnswRs { m, ef_construct } => format!("hnsw_rs graph (m {m}, ef_construct {ef_construct})"),
    };
    let quantization = match index.quantization {
        Quantization::None => "float32",
        Quantization::Binary => "binary codes",
        Quantization::Scalar => "scalar codes",
        Quantization::Product => "product codes",
        Quantization::Turbo => "turbo codes",
    };
    let vectors: Vec<&str> = index.vectors.keys().map(String::as_str).collect();
    format!("{graph}, {quantization}; vectors {}", vectors.join(", "))
}

/// What the codes of an index keep: `binary, 1 bit per dimension`.
pub(crate) fn codes(index: &IndexConfig) -> String {
    let codes = index.codes.server;
    let (name, usual) = match index.quantization {
        Quantization::None => ("float", "32"),
        Quantization::Binary => ("binary", "1"),
        Quantization::Scalar => ("scalar", "8"),
        Quantization::Product => return format!("product, 1/{} of the vectors", codes.compression),
        Quantization::Turbo => ("turbo", "4"),
    };
    let bits = codes.bits.map_or(usual, Bits::name);
    format!(
        "{name}, {bits} {} per dimension",
        if bits == "1" { "bit" } else { "bits" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn an_unknown_part_makes_the_sum_a_lower_bound() {
        let stats = IndexStats {
            vector_bytes: 100,
            code_bytes: 4,
            ..IndexStats::default()
        };
        assert_eq!(
            index_bytes(&stats),
            IndexBytes {
                total: 104,
                is_complete: false
            }
        );
        let known = IndexStats {
            link_bytes: Some(6),
            ..stats
        };
        assert_eq!(
            index_bytes(&known),
            IndexBytes {
                total: 110,
                is_complete: true
            }
        );
    }

    #[test]
    fn cells_that_share_a_build_share_a_row() {
        let evaluation = evaluation();
        let builds = builds(&Set::all(&evaluation)[0]);
        let shown: Vec<(&str, &str)> = builds
            .iter()
            .map(|b| (b.what.as_str(), b.searched_by.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (
                    "hnsw_rs graph (m 16, ef_construct 128), float32; vectors body, words",
                    "dense · quantization none, hybrid · quantization none and reranked · quantization none"
                ),
                (
                    "hnsw_rs graph (m 16, ef_construct 128), binary codes; vectors body, words",
                    "dense · quantization binary and hybrid · quantization binary"
                ),
            ]
        );
    }
}
