//! Models with a cache: what they computed once is looked up. Never used for timing.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::PrepareError;
use super::cache::{self, Key, RecordFile};
use super::pieces::pieces;
use super::tokens::TokenFile;
use crate::content;
use crate::models::{Embedder, ModelIdentity, Reranker};
use crate::progress::{Observer, Silent};
use crate::vectors::{TokenVectors, Vectors};

/// What came from the cache and what was computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheUse {
    /// Computed in this run.
    pub computed: usize,
    /// Found in the cache.
    pub cached: usize,
}

/// An embedder with its cache.
pub struct CachedEmbedder<'a> {
    model: &'a dyn Embedder,
    file: RecordFile,
    tokens: TokenFile,
    /// What was reused so far.
    pub used: CacheUse,
}

/// A reranker with its cache of pair scores.
pub struct CachedReranker<'a> {
    model: &'a dyn Reranker,
    file: RecordFile,
    /// What was reused so far.
    pub used: CacheUse,
}

impl<'a> CachedEmbedder<'a> {
    /// Keeps `model`'s vectors below `cache`.
    pub fn new(model: &'a dyn Embedder, cache: &Path) -> Self {
        let file = |kind| model_file(cache, kind, model.identity());
        Self {
            file: RecordFile::new(file("embeddings"), model.dim()),
            tokens: TokenFile::new(file("tokens"), file("token-counts"), model.dim()),
            model,
            used: CacheUse::default(),
        }
    }

    /// How many of `texts` are in the cache.
    pub fn known(&self, texts: &[String]) -> Result<usize, PrepareError> {
        let keys = texts.iter().map(|t| cache::key(&[t])).collect();
        Ok(self.file.lookup(&keys)?.len())
    }

    /// How many of `texts` have their token vectors in the cache, as far as their numbers of tokens tell.
    pub fn known_tokens(&self, texts: &[String]) -> Result<usize, PrepareError> {
        let keys = texts.iter().map(|t| cache::key(&[t])).collect();
        Ok(self.tokens.counts(&keys)?.len())
    }

    /// An error for a model that has no token vectors to give.
    pub(super) fn shows_tokens(&self) -> Result<(), PrepareError> {
        self.model.embed_tokens(&["a"], &Silent)?;
        Ok(())
    }

    /// The token vectors of every text, from the cache where possible.
    pub fn embed_tokens(
        &mut self,
        texts: &[&str],
        watch: &dyn Observer,
    ) -> Result<TokenVectors, PrepareError> {
        let keys: Vec<Key> = texts.iter().map(|t| cache::key(&[t])).collect();
        let mut known = self.tokens.lookup(&keys.iter().copied().collect())?;
        let missing = missing(&keys, &known);
        self.used.computed += missing.len();
        self.used.cached += distinct(&keys) - missing.len();
        pieces(&missing, watch, |piece, watch| {
            let new: Vec<&str> = piece.iter().map(|&i| texts[i]).collect();
            let rows = self.model.embed_tokens(&new, watch)?;
            let records = || piece.iter().enumerate().map(|(n, &i)| (keys[i], rows.of(n)));
            self.tokens.append(records())?;
            known.extend(records().map(|(key, rows)| (key, rows.to_vec())));
            Ok(())
        })?;
        let mut all = TokenVectors::new(self.model.dim());
        for key in &keys {
            all.push(&known[key]);
        }
        Ok(all)
    }

    /// One row per text, from the cache where possible.
    pub fn embed(&mut self, texts: &[&str], watch: &dyn Observer) -> Result<Vectors, PrepareError> {
        let keys: Vec<Key> = texts.iter().map(|t| cache::key(&[t])).collect();
        let mut known = self.file.lookup(&keys.iter().copied().collect())?;
        let missing = missing(&keys, &known);
        self.used.computed += missing.len();
        self.used.cached += distinct(&keys) - missing.len();
        if !missing.is_empty() {
            pieces(&missing, watch, |piece, watch| {
                let new: Vec<&str> = piece.iter().map(|&i| texts[i]).collect();
                let rows = self.model.embed(&new, watch)?;
                let records = piece.iter().zip(rows.rows());
                self.file
                    .append(records.clone().map(|(&i, row)| (keys[i], row)))?;
                known.extend(records.map(|(&i, row)| (keys[i], row.to_vec())));
                Ok(())
            })?;
        }
        let mut all = Vectors::with_capacity(self.model.dim(), texts.len());
        for key in &keys {
            all.push(&known[key]);
        }
        Ok(all)
    }
}

impl<'a> CachedReranker<'a> {
    /// Keeps `model`'s scores below `cache`.
    pub fn new(model: &'a dyn Reranker, cache: &Path) -> Self {
        let path = model_file(cache, "pairs", model.identity());
        Self {
            file: RecordFile::new(path, 1),
            model,
            used: CacheUse::default(),
        }
    }

    /// One score per pair, from the cache where possible.
    pub fn score(&mut self, pairs: &[(&str, &str)], watch: &dyn Observer) -> Result<Vec<f32>, PrepareError> {
        let keys: Vec<Key> = pairs.iter().map(|(q, p)| cache::key(&[q, p])).collect();
        let mut known = self.file.lookup(&keys.iter().copied().collect())?;
        let missing = missing(&keys, &known);
        self.used.computed += missing.len();
        self.used.cached += distinct(&keys) - missing.len();
        if !missing.is_empty() {
            pieces(&missing, watch, |piece, watch| {
                let new: Vec<(&str, &str)> = piece.iter().map(|&i| pairs[i]).collect();
                let scores = self.model.score(&new, watch)?;
                let records = piece.iter().zip(scores.chunks_exact(1));
                self.file.append(records.clone().map(|(&i, s)| (keys[i], s)))?;
                known.extend(records.map(|(&i, s)| (keys[i], s.to_vec())));
                Ok(())
            })?;
        }
        Ok(keys.iter().map(|k| known[k][0]).collect())
    }
}

/// Positions of the first occurrence of every key that is not known.
fn missing(keys: &[Key], known: &HashMap<Key, Vec<f32>>) -> Vec<usize> {
    let mut seen = HashSet::new();
    let is_new = |&i: &usize| !known.contains_key(&keys[i]) && seen.insert(keys[i]);
    (0..keys.len()).filter(is_new).collect()
}

fn distinct(keys: &[Key]) -> usize {
    keys.iter().collect::<HashSet<&Key>>().len()
}

/// The cache file of a model; everything its numbers depend on is in the name.
fn model_file(cache: &Path, kind: &str, identity: &ModelIdentity) -> PathBuf {
    let address = content::hash_json(identity);
    cache.join(kind).join(format!(
        "{}-{}.f32",
        identity.name.replace('/', "--"),
        &address[..16]
    ))
}
