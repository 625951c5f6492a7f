//! The index of the embedded backend: what is built, and what it weighs.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::check::graph_params;
use super::payload::PayloadIndex;
use super::search::LocalSearcher;
use super::stored::{OwnFile, disk_bytes};
use crate::backend::{BackendError, Index, IndexStats, Points, Searcher};
use crate::index::IndexError;
use crate::index::binary::BinaryQuery;
use crate::index::dense::{Coding, DenseIndex, DenseParams};
use crate::index::late::LateIndex;
use crate::index::sparse::SparseIndex;
use crate::pipeline::{Graph, IndexConfig, Quantization, VectorConfig, VectorKind};
use crate::vectors::Metric;

/// A complete index in memory.
pub(super) struct LocalIndex {
    pub(super) config: IndexConfig,
    pub(super) count: usize,
    pub(super) dense: BTreeMap<String, DenseIndex>,
    pub(super) sparse: BTreeMap<String, SparseIndex>,
    pub(super) late: BTreeMap<String, LateIndex>,
    pub(super) payload: PayloadIndex,
    /// Where float vectors are that are not in memory; the last field, because a file is closed before it is removed.
    pub(super) file: Option<OwnFile>,
}

impl LocalIndex {
    pub(super) fn new(config: &IndexConfig, points: &Points<'_>) -> Result<Self, BackendError> {
        if points.payload.len() != points.count {
            let (given, count) = (points.payload.len(), points.count);
            return Err(BackendError::Build(format!(
                "{given} payloads for {count} documents"
            )));
        }
        let of_kind = |kind: VectorKind| {
            let is = move |v: &VectorConfig| v.kind() == kind;
            let named = config.vectors.iter().filter(move |(_, v)| is(v));
            named.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
        };
        let dense = of_kind(VectorKind::Dense);
        let dense = dense
            .par_iter()
            .map(|name| Ok(((*name).to_owned(), build_dense(config, points, name)?)));
        let late = of_kind(VectorKind::Late).into_iter();
        let late = late.map(|name| Ok((name.to_owned(), build_late(points, name)?)));
        let sparse = of_kind(VectorKind::Sparse);
        let sparse = sparse
            .par_iter()
            .map(|name| Ok(((*name).to_owned(), build_sparse(points, name)?)));
        Ok(Self {
            config: config.clone(),
            count: points.count,
            dense: dense.collect::<Result<_, BackendError>>()?,
            sparse: sparse.collect::<Result<_, BackendError>>()?,
            late: late.collect::<Result<_, BackendError>>()?,
            payload: PayloadIndex::new(points.payload, &config.payload),
            file: None,
        })
    }

    /// The configuration in words, with everything a reader could wrongly assume.
    fn effective(&self) -> BTreeMap<String, String> {
        let seed = self.config.seed;
        let graph = match self.config.graph {
            Graph::Exact => "none: every search is a scan".to_owned(),
            Graph::Hnsw { m, ef_construct } => {
                format!("hnsw, m {m}, ef_construct {ef_construct}, seed {seed}")
            }
            Graph::HnswRs { m, ef_construct } => {
                format!(
                    "hnsw_rs, m {m}, ef_construct {ef_construct}; its layers come from a fixed seed, not the spec's"
                )
            }
        };
        let graph_bytes = match self.config.graph {
            Graph::Exact => "none",
            Graph::Hnsw { .. } => "links and tables; rows are shared with the scan, not copied",
            Graph::HnswRs { .. } => "links, tables, and the graph's own copy of what it searches",
        };
        let repeatable = self
            .dense
            .values()
            .all(|d| d.graph().is_none_or(|g| g.repeatable));
        let build = match (self.config.graph, repeatable) {
            (Graph::Exact, _) => "nothing to build",
            (Graph::Hnsw { .. }, _) => "in batches, the same for any number of threads",
            (Graph::HnswRs { .. }, true) => "one thread per vector, the same every time",
            (Graph::HnswRs { .. }, false) => "many threads, differs from build to build",
        };
        let binary = self.config.codes.binary;
        let above = if binary.centred { "the mean" } else { "0" };
        let query = match binary.query {
            BinaryQuery::Bits => "",
            BinaryQuery::FourBits => "; queries have four bits per dimension",
        };
        let quantization = match self.config.quantization {
            Quantization::None => "none".to_owned(),
            Quantization::Binary => format!("binary: one bit per dimension, 1 above {above}{query}"),
            Quantization::Scalar => format!(
                "scalar: one byte per dimension, on a scale that holds {} of the values",
                self.config.codes.quantile
            ),
            Quantization::Product => "product".to_owned(),
            Quantization::Turbo => "turbo".to_owned(),
        };
        let fields: Vec<&str> = self.payload.fields().collect();
        let floats = match disk_bytes(&self.dense) {
            0 => "in memory".to_owned(),
            bytes => format!("on disk, {bytes} bytes, read where hits are scored again"),
        };
        let mut out = BTreeMap::from([
            ("vectors.floats".to_owned(), floats),
            ("graph".to_owned(), graph),
            ("graph.bytes".to_owned(), graph_bytes.to_owned()),
            ("graph.build".to_owned(), build.to_owned()),
            (
                "payload.filters_by_document".to_owned(),
                self.payload.evaluated_by_document().to_string(),
            ),
            ("payload.indexed".to_owned(), fields.join(", ")),
            ("quantization".to_owned(), quantization),
        ]);
        for (name, dense) in &self.dense {
            let links = dense
                .graph()
                .map_or_else(String::new, |g| format!(", {} links", g.links));
            let text = format!(
                "{} rows of {} dimensions, by {}{links}",
                dense.len(),
                dense.dim(),
                dense.metric().words()
            );
            out.insert(format!("vector.{name}"), text);
        }
        for (name, sparse) in &self.sparse {
            let text = format!(
                "{} dimensions, {} postings",
                sparse.dimensions(),
                sparse.postings()
            );
            out.insert(format!("vector.{name}"), text);
        }
        for (name, late) in &self.late {
            let text = format!(
                "{} token rows of {} dimensions, by dot product; never searched",
                late.tokens(),
                late.dim()
            );
            out.insert(format!("vector.{name}"), text);
        }
        out
    }
}

impl Index for LocalIndex {
    fn stats(&self) -> Result<IndexStats, BackendError> {
        let dense = || self.dense.values();
        let distinct = |(name, d): (&String, &DenseIndex)| Some((name.clone(), d.distinct_codes()?));
        Ok(IndexStats {
            points: self.count,
            vector_bytes: dense().map(DenseIndex::vector_bytes).sum(),
            code_bytes: dense().map(DenseIndex::code_bytes).sum(),
            link_bytes: Some(dense().filter_map(DenseIndex::graph).map(|g| g.bytes).sum()),
            sparse_bytes: self.sparse.values().map(SparseIndex::bytes).sum(),
            token_bytes: self.late.values().map(LateIndex::bytes).sum(),
            payload_bytes: self.payload.bytes(),
            distinct_codes: self.dense.iter().filter_map(distinct).collect(),
            effective: self.effective(),
            doubts: Vec::new(),
        })
    }

    fn searcher(&self) -> Result<Box<dyn Searcher + '_>, BackendError> {
        Ok(Box::new(LocalSearcher::new(self)))
    }
}

fn build_dense(config: &IndexConfig, points: &Points<'_>, name: &str) -> Result<DenseIndex, BackendError> {
    let given = points.dense.get(name).ok_or_else(|| missing(name))?;
    if given.metric == Metric::Dot && matches!(config.graph, Graph::HnswRs { .. }) {
        let reason =
            format!("vector `{name}` is compared by dot product, which `hnsw_rs` cannot; use `hnsw`");
        return Err(BackendError::Build(reason));
    }
    let codes = match config.quantization {
        Quantization::None => None,
        Quantization::Binary => Some(Coding::Binary(config.codes.binary)),
        Quantization::Scalar => Some(Coding::Scalar {
            quantile: config.codes.quantile,
        }),
        Quantization::Product | Quantization::Turbo => {
            let reason = "the embedded engine makes no such codes".to_owned();
            return Err(BackendError::Build(reason));
        }
    };
    let params = DenseParams {
        metric: given.metric,
        graph: graph_params(config),
        codes,
    };
    DenseIndex::build(given.rows, given.points, points.count, params).map_err(|e| failed(name, &e))
}

fn build_sparse(points: &Points<'_>, name: &str) -> Result<SparseIndex, BackendError> {
    let given = points.sparse.get(name).ok_or_else(|| missing(name))?;
    if given.len() != points.count {
        let (given, count) = (given.len(), points.count);
        let reason = format!("vector `{name}`: {given} sparse vectors for {count} documents");
        return Err(BackendError::Build(reason));
    }
    SparseIndex::new(given).map_err(|e| failed(name, &e))
}

fn build_late(points: &Points<'_>, name: &str) -> Result<LateIndex, BackendError> {
    let given = points.late.get(name).ok_or_else(|| missing(name))?;
    LateIndex::new(given, points.count).map_err(|e| failed(name, &e))
}

fn missing(name: &str) -> BackendError {
    BackendError::Build(format!("no data was given for vector `{name}`"))
}

fn failed(name: &str, error: &IndexError) -> BackendError {
    BackendError::Build(format!("vector `{name}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::contract::config;
    use crate::backend::contract::fixture::{Corpus, DIM, DOCUMENTS};
    use crate::backend::local::LocalBackend;
    use crate::backend::{Backend, DensePoints};
    use crate::filter::Payload;
    use crate::index::SparseVector;

    const HNSW: Graph = Graph::Hnsw {
        m: 8,
        ef_construct: 32,
    };

    fn stats(graph: Graph, quantization: Quantization) -> IndexStats {
        let corpus = Corpus::new();
        let index = LocalBackend.build(&config(graph, quantization), &corpus.points());
        index.unwrap().stats().unwrap()
    }

    #[test]
    fn bytes_are_told_apart() {
        let plain = stats(Graph::Exact, Quantization::None);
        let corpus = Corpus::new();
        let body = corpus.points().dense["body"].rows.len();
        let rows = body + DOCUMENTS;
        // Only `body` needs a map from rows to points.
        assert_eq!(plain.vector_bytes, rows * DIM * 4 + body * 4);
        assert_eq!((plain.code_bytes, plain.link_bytes), (0, Some(0)));
        let coded = stats(Graph::Exact, Quantization::Binary);
        assert_eq!(coded.vector_bytes, plain.vector_bytes);
        assert_eq!(coded.code_bytes, rows * 8);
        assert!(
            coded.distinct_codes["title"] < DOCUMENTS,
            "the twins have one code"
        );
        let scalar = stats(Graph::Exact, Quantization::Scalar);
        assert_eq!((scalar.code_bytes, scalar.distinct_codes.len()), (rows * DIM, 0));
        let graph = stats(HNSW, Quantization::None).link_bytes.unwrap();
        let code_graph = stats(HNSW, Quantization::Binary).link_bytes.unwrap();
        // A slot of 16 links per row, and a little for the layers above; what is linked makes no difference.
        assert_eq!(graph, code_graph);
        assert!((rows * 64..rows * 80).contains(&graph), "{graph} for {rows} rows");
    }

    #[test]
    fn the_effective_configuration_says_what_could_be_assumed_wrongly() {
        let effective = stats(HNSW, Quantization::Binary).effective;
        assert_eq!(effective["graph"], "hnsw, m 8, ef_construct 32, seed 42");
        assert_eq!(
            effective["graph.build"],
            "in batches, the same for any number of threads"
        );
        assert_eq!(
            effective["graph.bytes"],
            "links and tables; rows are shared with the scan, not copied"
        );
        assert_eq!(effective["payload.indexed"], "brand, price, volt");
        assert_eq!(effective["payload.filters_by_document"], "0");
        assert_eq!(
            effective["quantization"],
            "binary: one bit per dimension, 1 above 0"
        );
        assert!(effective["vector.body"].starts_with("213 rows of 24 dimensions, by cosine, "));
        assert!(effective["vector.words"].ends_with(" postings"));
    }

    #[test]
    fn the_other_graph_says_that_it_has_a_seed_and_a_copy_of_its_own() {
        let graph = Graph::HnswRs {
            m: 8,
            ef_construct: 32,
        };
        let effective = stats(graph, Quantization::None).effective;
        let want = [
            (
                "graph",
                "hnsw_rs, m 8, ef_construct 32; its layers come from a fixed seed, not the spec's",
            ),
            ("graph.build", "one thread per vector, the same every time"),
            (
                "graph.bytes",
                "links, tables, and the graph's own copy of what it searches",
            ),
        ];
        for (key, text) in want {
            assert_eq!(effective[key], text);
        }
        let none = stats(Graph::Exact, Quantization::None).effective;
        assert_eq!(none["graph.build"], "nothing to build");
    }

    #[test]
    fn data_that_does_not_fit_the_configuration_is_refused() {
        let (corpus, config) = (Corpus::new(), config(HNSW, Quantization::None));
        let points = corpus.points();
        let error = |points: &Points<'_>| LocalBackend.build(&config, points).err().unwrap().to_string();

        let mut without = points.clone();
        without.dense.remove("title");
        assert_eq!(
            error(&without),
            "building the index: no data was given for vector `title`"
        );

        let short = Points {
            payload: &[Payload::new()][..],
            ..points.clone()
        };
        assert_eq!(error(&short), "building the index: 1 payloads for 240 documents");

        let mut few = points.clone();
        let one = [SparseVector::default()];
        few.sparse.insert("words", &one);
        assert_eq!(
            error(&few),
            "building the index: vector `words`: 1 sparse vectors for 240 documents"
        );

        let mut crooked = points.clone();
        let body = points.dense["body"];
        crooked.dense.insert(
            "body",
            DensePoints {
                points: &body.points[1..],
                ..body
            },
        );
        assert_eq!(
            error(&crooked),
            "building the index: vector `body`: 213 rows need as many points below 240, ascending and distinct"
        );
    }
}
