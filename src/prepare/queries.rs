//! Other queries over documents that are prepared already.

use std::sync::Arc;

use super::{
    CachedEmbedder, DenseVectors, LateVectors, PRECOMPUTED, PrepareError, PreparedData, SparseVectors,
    precomputed,
};
use crate::dataset::Dataset;
use crate::progress::Observer;

/// What `prepared` is for other queries over the same documents: those of `other`, a split of the same data set. What
/// only building an index needs is left out.
pub fn for_queries(
    prepared: &PreparedData,
    other: &Dataset,
    embedder: Option<&mut CachedEmbedder<'_>>,
    watch: &dyn Observer,
) -> Result<PreparedData, PrepareError> {
    let texts: Vec<&str> = other.queries.iter().map(|q| q.text.as_str()).collect();
    let (mut embedded, mut tokens) = (None, None);
    if let Some(embedder) = embedder {
        if prepared.dense.values().any(|d| d.embedded) {
            embedded = Some(Arc::new(embedder.embed(&texts, watch)?));
        }
        if !prepared.late.is_empty() {
            tokens = Some(Arc::new(embedder.embed_tokens(&texts, watch)?.apart()));
        }
    }
    let dense = |(key, vectors): (&String, &DenseVectors)| {
        let queries = match vectors.embedded {
            true => embedded.clone().ok_or(PrepareError::NoEmbedder)?,
            false => precomputed(other, key.trim_start_matches(PRECOMPUTED))?.queries,
        };
        let of_other = DenseVectors {
            metric: vectors.metric,
            rows: vectors.rows.clone(),
            points: Vec::new(),
            queries,
            embedded: vectors.embedded,
        };
        Ok((key.clone(), of_other))
    };
    let sparse = |(key, vectors): (&String, &SparseVectors)| {
        let of_other = SparseVectors {
            encoder: vectors.encoder.clone(),
            docs: Vec::new(),
            queries: texts.iter().map(|text| vectors.encoder.query(text)).collect(),
        };
        (key.clone(), of_other)
    };
    let late = |(key, vectors): (&String, &LateVectors)| {
        let of_other = LateVectors {
            docs: vectors.docs.clone(),
            queries: tokens.clone().ok_or(PrepareError::NoEmbedder)?,
        };
        Ok((key.clone(), of_other))
    };
    Ok(PreparedData {
        dense: prepared
            .dense
            .iter()
            .map(dense)
            .collect::<Result<_, PrepareError>>()?,
        sparse: prepared.sparse.iter().map(sparse).collect(),
        late: prepared
            .late
            .iter()
            .map(late)
            .collect::<Result<_, PrepareError>>()?,
        payload: Vec::new(),
        passages: prepared.passages.clone(),
    })
}
