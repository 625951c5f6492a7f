use super::super::tests::search;
use super::super::{Coding, DenseParams, DenseQuery};
use super::*;
use crate::index::Filtering;
use crate::index::binary::BinaryQuery;
use crate::index::bitset::BitSet;
use crate::index::graph::Engine;
use crate::index::testing::Rng;

const GRAPH: GraphParams = GraphParams {
    engine: Engine::Hnsw,
    m: 4,
    ef_construct: 40,
    seed: 42,
};

fn build(params: DenseParams) -> DenseIndex {
    let rows = Rng::new(50).units(300, 20);
    // Every third point has no row.
    let points: Vec<u32> = (0..450).filter(|p| p % 3 > 0).collect();
    DenseIndex::build(&rows, &points, 450, params).unwrap()
}

fn written(index: &DenseIndex) -> (tempfile::TempDir, IndexReader) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut to = IndexWriter::create(&path).unwrap();
    index.save(&mut to, "v", 450).unwrap();
    to.finish().unwrap();
    let reader = IndexReader::open(&path).unwrap();
    (folder, reader)
}

#[test]
fn an_index_that_is_opened_again_answers_as_before() {
    let bits = |query| Some(Coding::Binary(BinaryParams { centred: true, query }));
    let codings = [
        None,
        bits(BinaryQuery::Bits),
        bits(BinaryQuery::FourBits),
        Some(Coding::Scalar { quantile: 0.99 }),
    ];
    let half = BitSet::from_iter(450, (0..450).step_by(2));
    for metric in [Metric::Cosine, Metric::L2] {
        for (codes, graph) in codings.into_iter().flat_map(|c| [(c, None), (c, Some(GRAPH))]) {
            let before = build(DenseParams { metric, graph, codes });
            let (_folder, reader) = written(&before);
            let after = DenseIndex::open(&reader, "v", false).unwrap();
            assert_eq!(
                (after.len(), after.dim(), after.graph()),
                (300, 20, before.graph())
            );
            assert_eq!(after.code_bytes(), before.code_bytes());
            let on_disk = codes.map(|_| DenseIndex::open(&reader, "v", true).unwrap());
            let mut rng = Rng::new(51);
            for filtering in [Filtering::None, Filtering::Auto(&half), Filtering::Pre(&half)] {
                let vector = rng.unit(20);
                let query = DenseQuery {
                    vector: &vector,
                    limit: 7,
                    ef: 20,
                    exact: false,
                    scan: false,
                    oversampling: 3.0,
                    rescore: true,
                    filtering,
                };
                assert_eq!(search(&after, &query), search(&before, &query));
                let Some(on_disk) = &on_disk else { continue };
                assert_eq!(on_disk.vector_bytes(), before.vector_bytes() - 300 * 20 * 4);
                // Everything fetched by code: the answer is exact, wherever the floats are.
                let all = DenseQuery {
                    oversampling: 450.0,
                    ..query
                };
                let exact = DenseQuery { exact: true, ..query };
                assert_eq!(search(on_disk, &all).hits, search(&before, &exact).hits);
                assert_eq!(search(on_disk, &exact), search(&before, &exact));
            }
        }
    }
}

#[test]
fn what_has_no_form_in_a_file_is_said() {
    let theirs = GraphParams {
        engine: Engine::HnswRs,
        ..GRAPH
    };
    let index = build(DenseParams {
        graph: Some(theirs),
        ..DenseParams::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let mut to = IndexWriter::create(&folder.path().join("index")).unwrap();
    let error = index.save(&mut to, "v", 450).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the graph of `hnsw_rs` cannot be written to a file; use `hnsw`"
    );

    let (_folder, reader) = written(&build(DenseParams::default()));
    let error = DenseIndex::open(&reader, "v", true).err().unwrap();
    assert_eq!(
        error.to_string(),
        "floats can stay on disk where there are codes to search"
    );
    let error = DenseIndex::open(&reader, "w", false).err().unwrap();
    assert!(error.to_string().ends_with("`w/facts`: is not there"), "{error}");
}
