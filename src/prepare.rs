//! From data sets to what an index is built of: embeddings, sparse vectors, encoded queries.
//!
//! Everything a model computes here is kept under its content address, so that a second run computes nothing. What is
//! *timed* later never comes from here: the runner embeds and reranks anew.

pub mod cache;
mod cached;
pub mod neighbours;
mod pieces;
mod queries;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::dataset::{Dataset, Doc};
use crate::filter::Payload;
use crate::index::SparseVector;
use crate::index::bm25::Bm25Encoder;
use crate::models::ModelError;
use crate::pipeline::VectorConfig;
use crate::progress::{Event, Observer};
use crate::vectors::{Metric, TokenVectors, Vectors};

use cache::CacheError;
pub use cached::{CacheUse, CachedEmbedder, CachedReranker};
pub use queries::for_queries;

/// Everything the cells of one data set search, shared by all of them.
#[derive(Debug)]
pub struct PreparedData {
    /// By what the vector is made of: equal configurations share one entry.
    pub dense: BTreeMap<String, DenseVectors>,
    /// By what the vector is made of.
    pub sparse: BTreeMap<String, SparseVectors>,
    /// By what the vector is made of.
    pub late: BTreeMap<String, LateVectors>,
    /// What filters look at, one per document.
    pub payload: Vec<Payload>,
    /// Texts that rerankers read, one per document, by [`passage_key`].
    pub passages: BTreeMap<String, Vec<String>>,
}

/// Dense vectors: embeddings of one choice of text fields, or vectors that came with the data.
#[derive(Debug)]
pub struct DenseVectors {
    /// How two of them are compared.
    pub metric: Metric,
    /// One row per document that has such text.
    pub rows: Arc<Vectors>,
    /// The document of each row, ascending.
    pub points: Vec<u32>,
    /// One row per query of the data set.
    pub queries: Arc<Vectors>,
    /// True when a model made them: then a timed query is embedded, else its vector is at hand.
    pub embedded: bool,
}

/// BM25 vectors of one choice of text fields.
#[derive(Debug)]
pub struct SparseVectors {
    /// Turns queries into vectors of the same dictionary.
    pub encoder: Arc<Bm25Encoder>,
    /// One per document; empty where it has no such text.
    pub docs: Vec<SparseVector>,
    /// One per query.
    pub queries: Vec<SparseVector>,
}

/// Token vectors of one choice of text fields.
#[derive(Debug)]
pub struct LateVectors {
    /// Those of every document; none where it has no such text.
    pub docs: Arc<TokenVectors>,
    /// One matrix per query of the data set.
    pub queries: Arc<Vec<Vectors>>,
}

/// Why preparation stopped.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The cache failed.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Whoever watches asked to stop; what was computed so far is in the cache.
    #[error("stopped")]
    Cancelled,
    /// No document has any of the fields that are to be read.
    #[error("data set `{data}`: no document has text in {fields}; it has {present}")]
    NoText {
        /// The data set.
        data: String,
        /// The fields asked for.
        fields: String,
        /// The fields there are.
        present: String,
    },
    /// The data set lacks vectors that the plan searches.
    #[error("data set `{data}` brings no vectors called `{name}`")]
    NoVectors {
        /// The data set.
        data: String,
        /// The name asked for.
        name: String,
    },
    /// A vector is searched that a model makes, but the plan has no embedder.
    #[error("the plan searches a vector of texts but names no embedder")]
    NoEmbedder,
}

/// What names of vectors that came with the data begin with.
const PRECOMPUTED: &str = "precomputed ";

/// The name under which vectors of that configuration are shared.
pub fn vector_key(config: &VectorConfig) -> String {
    match config {
        VectorConfig::Dense { text } => format!("dense {}", text.join("+")),
        VectorConfig::Precomputed { name } => format!("{PRECOMPUTED}{name}"),
        VectorConfig::Bm25 { text, k1, b } => format!("bm25 {} k1={k1} b={b}", text.join("+")),
        VectorConfig::Late { text } => format!("late {}", text.join("+")),
    }
}

/// The name under which passages of those fields are shared.
pub fn passage_key(fields: &[String]) -> String {
    fields.join("+")
}

/// Prepares every vector of `configs`, and the passages of every choice of fields in `passages`, for one data set.
pub fn prepare(
    data: &Dataset,
    configs: &[&VectorConfig],
    passages: &[&[String]],
    mut embedder: Option<&mut CachedEmbedder<'_>>,
    watch: &dyn Observer,
) -> Result<PreparedData, PrepareError> {
    let mut prepared = PreparedData {
        dense: BTreeMap::new(),
        sparse: BTreeMap::new(),
        late: BTreeMap::new(),
        payload: data.docs.iter().map(|d| d.metadata.clone()).collect(),
        passages: BTreeMap::new(),
    };
    for fields in passages {
        prepared
            .passages
            .insert(passage_key(fields), texts(data, fields, ". ")?);
    }
    if configs.iter().any(|c| matches!(c, VectorConfig::Late { .. })) {
        // Before anything is computed that a model without token vectors would have cost for nothing.
        embedder
            .as_deref()
            .ok_or(PrepareError::NoEmbedder)?
            .shows_tokens()?;
    }
    // One embedding per query, shared by all vectors that the model makes.
    let mut queries: Option<Arc<Vectors>> = None;
    let mut query_tokens: Option<Arc<Vec<Vectors>>> = None;
    for config in configs {
        let key = vector_key(config);
        if prepared.has(&key) {
            continue;
        }
        match config {
            VectorConfig::Dense { text } => {
                let embedder = embedder.as_deref_mut().ok_or(PrepareError::NoEmbedder)?;
                let (rows, points) = dense(data, text, embedder, watch)?;
                if queries.is_none() {
                    let texts: Vec<&str> = data.queries.iter().map(|q| q.text.as_str()).collect();
                    queries = Some(Arc::new(embedder.embed(&texts, watch)?));
                }
                let vectors = DenseVectors {
                    metric: Metric::Cosine,
                    rows: Arc::new(rows),
                    points,
                    queries: queries.clone().expect("embedded above"),
                    embedded: true,
                };
                prepared.dense.insert(key, vectors);
            }
            VectorConfig::Precomputed { name } => {
                prepared.dense.insert(key, precomputed(data, name)?);
            }
            VectorConfig::Bm25 { text, k1, b } => {
                prepared.sparse.insert(key, sparse(data, text, *k1, *b)?);
            }
            VectorConfig::Late { text } => {
                let embedder = embedder.as_deref_mut().ok_or(PrepareError::NoEmbedder)?;
                let docs = Arc::new(late(data, text, embedder, watch)?);
                if query_tokens.is_none() {
                    let texts: Vec<&str> = data.queries.iter().map(|q| q.text.as_str()).collect();
                    query_tokens = Some(Arc::new(embedder.embed_tokens(&texts, watch)?.apart()));
                }
                let queries = query_tokens.clone().expect("embedded above");
                prepared.late.insert(key, LateVectors { docs, queries });
            }
        }
    }
    Ok(prepared)
}

impl PreparedData {
    fn has(&self, key: &str) -> bool {
        self.dense.contains_key(key) || self.sparse.contains_key(key) || self.late.contains_key(key)
    }
}

/// Token vectors of every document, none where it has no such text.
fn late(
    data: &Dataset,
    fields: &[String],
    embedder: &mut CachedEmbedder<'_>,
    watch: &dyn Observer,
) -> Result<TokenVectors, PrepareError> {
    let texts = texts(data, fields, " ")?;
    watch.event(Event::Note(&format!(
        "{}: tokens of {}",
        data.name,
        fields.join(" + ")
    )));
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    embedder.embed_tokens(&texts, watch)
}

/// Vectors that came with the data: shared, not copied.
fn precomputed(data: &Dataset, name: &str) -> Result<DenseVectors, PrepareError> {
    let given = data.vectors.get(name).ok_or_else(|| PrepareError::NoVectors {
        data: data.name.clone(),
        name: name.to_owned(),
    })?;
    Ok(DenseVectors {
        metric: given.metric,
        rows: given.docs.clone(),
        points: (0..given.docs.len() as u32).collect(),
        queries: given.queries.clone(),
        embedded: false,
    })
}

/// Every text that [`prepare`] would embed for one data set, each once: as a whole, and by tokens.
pub fn texts_to_embed(data: &Dataset, configs: &[&VectorConfig]) -> Result<[Vec<String>; 2], PrepareError> {
    let [mut whole, mut tokens] = [(); 2].map(|()| BTreeSet::new());
    for config in configs {
        let (all, text) = match config {
            VectorConfig::Dense { text } => (&mut whole, text),
            VectorConfig::Late { text } => (&mut tokens, text),
            VectorConfig::Precomputed { .. } | VectorConfig::Bm25 { .. } => continue,
        };
        all.extend(texts(data, text, " ")?);
        all.extend(data.queries.iter().map(|q| q.text.clone()));
        all.remove("");
    }
    Ok([whole, tokens].map(|all| all.into_iter().collect()))
}

fn dense(
    data: &Dataset,
    fields: &[String],
    embedder: &mut CachedEmbedder<'_>,
    watch: &dyn Observer,
) -> Result<(Vectors, Vec<u32>), PrepareError> {
    let texts = texts(data, fields, " ")?;
    let with_text = |(i, text): (usize, &String)| (!text.is_empty()).then_some(i as u32);
    let points: Vec<u32> = texts.iter().enumerate().filter_map(with_text).collect();
    let present: Vec<&str> = points.iter().map(|&p| texts[p as usize].as_str()).collect();
    watch.event(Event::Note(&format!(
        "{}: {} texts of {}",
        data.name,
        present.len(),
        fields.join(" + ")
    )));
    Ok((embedder.embed(&present, watch)?, points))
}

fn sparse(data: &Dataset, fields: &[String], k1: f32, b: f32) -> Result<SparseVectors, PrepareError> {
    let texts = texts(data, fields, " ")?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (encoder, docs) = Bm25Encoder::fit(&texts, k1, b);
    let queries = data.queries.iter().map(|q| encoder.query(&q.text)).collect();
    Ok(SparseVectors {
        encoder: Arc::new(encoder),
        docs,
        queries,
    })
}

/// The joined text of every document; an error when not one has any.
fn texts(data: &Dataset, fields: &[String], separator: &str) -> Result<Vec<String>, PrepareError> {
    let texts: Vec<String> = data.docs.iter().map(|d| d.text(fields, separator)).collect();
    if texts.iter().any(|t| !t.is_empty()) {
        return Ok(texts);
    }
    let mut present: Vec<&str> = data
        .docs
        .iter()
        .flat_map(|d: &Doc| d.fields.keys().map(String::as_str))
        .collect();
    present.sort_unstable();
    present.dedup();
    Err(PrepareError::NoText {
        data: data.name.clone(),
        fields: quoted(&fields.iter().map(String::as_str).collect::<Vec<&str>>()),
        present: match present.as_slice() {
            [] => "no text at all".to_owned(),
            present => quoted(present),
        },
    })
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    quoted.join(", ")
}
