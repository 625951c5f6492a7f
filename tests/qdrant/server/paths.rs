//! Which way a search goes through a segment, and how often each was gone.

use std::collections::BTreeMap;

/// A way, named as Qdrant's telemetry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Path {
    UnfilteredPlain,
    UnfilteredHnsw,
    UnfilteredSparse,
    UnfilteredExact,
    FilteredPlain,
    FilteredSmallCardinality,
    FilteredLargeCardinality,
    FilteredSparse,
    FilteredExact,
}

impl Path {
    pub(super) fn name(self) -> &'static str {
        match self {
            Path::UnfilteredPlain => "unfiltered_plain",
            Path::UnfilteredHnsw => "unfiltered_hnsw",
            Path::UnfilteredSparse => "unfiltered_sparse",
            Path::UnfilteredExact => "unfiltered_exact",
            Path::FilteredPlain => "filtered_plain",
            Path::FilteredSmallCardinality => "filtered_small_cardinality",
            Path::FilteredLargeCardinality => "filtered_large_cardinality",
            Path::FilteredSparse => "filtered_sparse",
            Path::FilteredExact => "filtered_exact",
        }
    }

    /// True when a graph is walked.
    pub(super) fn is_graph(self) -> bool {
        matches!(self, Path::UnfilteredHnsw | Path::FilteredLargeCardinality)
    }
}

/// Searches by segment, vector and path. Queries of a batch that follow each other and differ in their vectors alone
/// are one search, as in Qdrant.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts(BTreeMap<(usize, String), BTreeMap<Path, u64>>);

impl Counts {
    pub(super) fn add(&mut self, segment: usize, vector: &str, path: Path) {
        let of_vector = self.0.entry((segment, vector.to_owned())).or_default();
        *of_vector.entry(path).or_default() += 1;
    }

    pub(super) fn of(&self, segment: usize, vector: &str) -> BTreeMap<Path, u64> {
        self.0
            .get(&(segment, vector.to_owned()))
            .cloned()
            .unwrap_or_default()
    }
}
