//! Models without weights, for tests and for measuring the harness itself. Never a baseline: their numbers mean
//! nothing beyond shared words.

use super::{Embedder, ModelError, ModelIdentity, Reranker};
use crate::progress::Observer;
use crate::vectors::{TokenVectors, Vectors};

/// Embeds a text as the signed counts of its words, hashed into a few dimensions: texts that share words are near,
/// equal texts are equal, nothing is loaded.
#[derive(Debug, Clone)]
pub struct HashEmbedder {
    identity: ModelIdentity,
    dim: usize,
}

impl HashEmbedder {
    /// An embedder with vectors of `dim` values.
    ///
    /// # Panics
    /// When `dim` is 0.
    pub fn new(dim: usize) -> Self {
        assert!(dim > 0, "a vector has at least one dimension");
        Self {
            identity: identity(&format!("hash-{dim}")),
            dim,
        }
    }

    /// The dimension of a word, and its sign there.
    fn place(&self, word: &str) -> (usize, f32) {
        let hash = fnv1a(word);
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        ((hash % self.dim as u64) as usize, sign)
    }

    fn row(&self, text: &str) -> Vec<f32> {
        let mut row = vec![0.0; self.dim];
        for word in words(text) {
            let (at, sign) = self.place(&word);
            row[at] += sign;
        }
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        if norm > 0.0 {
            row.iter_mut().for_each(|x| *x /= norm);
        } else {
            // No word, or words that cancel out: still a vector of length 1.
            row[0] = 1.0;
        }
        row
    }
}

impl Embedder for HashEmbedder {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn embed(&self, texts: &[&str], _: &dyn Observer) -> Result<Vectors, ModelError> {
        let mut vectors = Vectors::with_capacity(self.dim, texts.len());
        for text in texts {
            vectors.push(&self.row(text));
        }
        Ok(vectors)
    }

    /// One row per word: equal words have equal rows, whatever stands beside them.
    fn embed_tokens(&self, texts: &[&str], _: &dyn Observer) -> Result<TokenVectors, ModelError> {
        let mut tokens = TokenVectors::new(self.dim);
        for text in texts {
            let mut rows = Vec::new();
            for word in words(text) {
                let start = rows.len();
                let (at, sign) = self.place(&word);
                rows.resize(start + self.dim, 0.0);
                rows[start + at] = sign;
            }
            tokens.push(&rows);
        }
        Ok(tokens)
    }
}

/// Scores a pair by how many words of the query occur in the passage.
#[derive(Debug, Clone)]
pub struct OverlapReranker {
    identity: ModelIdentity,
}

impl OverlapReranker {
    /// The one there is.
    pub fn new() -> Self {
        Self {
            identity: identity("overlap"),
        }
    }
}

impl Default for OverlapReranker {
    fn default() -> Self {
        Self::new()
    }
}

impl Reranker for OverlapReranker {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn score(&self, pairs: &[(&str, &str)], _: &dyn Observer) -> Result<Vec<f32>, ModelError> {
        let shared = |(query, passage): &(&str, &str)| {
            let passage: Vec<String> = words(passage).collect();
            words(query).filter(|word| passage.contains(word)).count() as f32
        };
        Ok(pairs.iter().map(shared).collect())
    }
}

fn identity(name: &str) -> ModelIdentity {
    ModelIdentity {
        name: name.to_owned(),
        runtime: "mock".to_owned(),
        runtime_version: env!("CARGO_PKG_VERSION").to_owned(),
        sha256: String::new(),
        max_tokens: usize::MAX,
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty());
    words.map(str::to_lowercase)
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo 1991): fixed for all time, unlike the standard library's hasher.
fn fnv1a(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn texts_that_share_words_are_nearer() {
        let texts = ["wheel speed sensor", "Speed sensor!", "cabin filter"];
        let rows = HashEmbedder::new(64).embed(&texts, &Silent).unwrap();
        let cosine =
            |a: usize, b: usize| -> f32 { rows.row(a).iter().zip(rows.row(b)).map(|(x, y)| x * y).sum() };
        assert!((cosine(0, 0) - 1.0).abs() < 1e-6);
        assert!(cosine(0, 1) > 0.8);
        assert!(cosine(0, 2) < 0.1);
    }

    #[test]
    fn the_empty_text_has_a_vector_too() {
        let rows = HashEmbedder::new(3).embed(&["", "?!"], &Silent).unwrap();
        assert_eq!(rows.as_flat(), [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn pairs_count_the_words_they_share() {
        let pairs = [
            ("wheel speed", "Speed of a wheel"),
            ("wheel", "filter"),
            ("", "filter"),
        ];
        assert_eq!(
            OverlapReranker::new().score(&pairs, &Silent).unwrap(),
            [2.0, 0.0, 0.0]
        );
    }
}
