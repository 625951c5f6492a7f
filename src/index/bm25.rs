//! BM25 as sparse vectors: a pure function of texts.
//!
//! Documents carry the saturated term frequency, queries the count of each term, and the index multiplies by the
//! inverse document frequency ([`crate::index::sparse`]). The three together are Okapi BM25 (Robertson and Zaragoza
//! 2009). Keeping the factors apart lets a server with a sparse index of its own compute the same numbers.

use std::collections::{HashMap, HashSet};

use bm25::{DefaultTokenizer, Language, Tokenizer};
use rayon::prelude::*;

use crate::index::SparseVector;

/// Turns texts into sparse vectors over the dictionary of one corpus.
///
/// Tokens are the words of a text by Unicode's rules, transliterated to ASCII, in lower case, without English stop
/// words, stemmed (Porter 2). A part number falls into the pieces between its blanks and hyphens.
#[derive(Debug)]
pub struct Bm25Encoder {
    tokenizer: DefaultTokenizer,
    /// Every token of the corpus has a dimension of its own, so no two can collide.
    dictionary: HashMap<String, u32>,
    avg_len: f32,
    k1: f32,
    b: f32,
}

impl Bm25Encoder {
    /// Learns the dictionary and the mean length of `texts` and encodes them, one vector per text, all cores.
    ///
    /// A text's length is its number of tokens; the mean is over texts that have any. `k1` ≥ 0 says how fast
    /// repeats of a term stop to count, `b` in 0..=1 how much long texts are marked down.
    pub fn fit(texts: &[&str], k1: f32, b: f32) -> (Self, Vec<SparseVector>) {
        let tokenizer = DefaultTokenizer::new(Language::English);
        let tokens: Vec<Vec<String>> = texts.par_iter().map(|t| tokenizer.tokenize(t)).collect();
        let words: HashSet<&str> = tokens.iter().flatten().map(String::as_str).collect();
        // Sorted, so that the order of the texts leaves the dimensions alone.
        let mut words: Vec<&str> = words.into_iter().collect();
        words.sort_unstable();
        let dictionary = words.into_iter().map(str::to_owned).zip(0..).collect();
        let lengths = tokens.iter().map(Vec::len).filter(|&len| len > 0);
        let (total, with_tokens) = lengths.fold((0, 0), |(sum, n), len| (sum + len, n + 1));
        let encoder = Self {
            tokenizer,
            dictionary,
            avg_len: total as f32 / with_tokens.max(1) as f32,
            k1,
            b,
        };
        let vectors = tokens.par_iter().map(|t| encoder.weigh(t)).collect();
        (encoder, vectors)
    }

    /// A document: `tf·(k1 + 1) / (tf + k1·(1 − b + b·len/avg_len))` for each token of the dictionary.
    ///
    /// Equal to what [`Self::fit`] returned for the same text.
    pub fn document(&self, text: &str) -> SparseVector {
        self.weigh(&self.tokenizer.tokenize(text))
    }

    /// A query: the number of times each token occurs. Tokens that are not in the dictionary match no document and
    /// get no dimension.
    pub fn query(&self, text: &str) -> SparseVector {
        let counts = self.counts(&self.tokenizer.tokenize(text));
        SparseVector {
            dims: counts.iter().map(|c| c.0).collect(),
            weights: counts.iter().map(|c| c.1).collect(),
        }
    }

    /// Number of dimensions.
    pub fn dimensions(&self) -> usize {
        self.dictionary.len()
    }

    /// Mean number of tokens of a text that has any; 0 when none has.
    pub fn avg_len(&self) -> f32 {
        self.avg_len
    }

    fn weigh(&self, tokens: &[String]) -> SparseVector {
        let counts = self.counts(tokens);
        let norm = self.k1 * (1.0 - self.b + self.b * tokens.len() as f32 / self.avg_len);
        SparseVector {
            dims: counts.iter().map(|c| c.0).collect(),
            weights: counts
                .iter()
                .map(|&(_, tf)| tf * (self.k1 + 1.0) / (tf + norm))
                .collect(),
        }
    }

    /// Dimensions, ascending and distinct, each with the number of its tokens.
    fn counts(&self, tokens: &[String]) -> Vec<(u32, f32)> {
        let known = tokens.iter().filter_map(|t| self.dictionary.get(t));
        let mut dims: Vec<u32> = known.copied().collect();
        dims.sort_unstable();
        dims.chunk_by(|a, b| a == b)
            .map(|run| (run[0], run.len() as f32))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::Hit;
    use crate::index::Filtering;
    use crate::index::sparse::{SparseIndex, SparseScratch};

    /// The tokens of a text, by way of a dictionary made of it alone.
    fn tokens(text: &str) -> Vec<String> {
        let (encoder, _) = Bm25Encoder::fit(&[text], 1.2, 0.75);
        let mut tokens: Vec<String> = encoder.dictionary.into_keys().collect();
        tokens.sort_unstable();
        tokens
    }

    #[test]
    fn words_are_stemmed_and_stop_words_left_out() {
        assert_eq!(tokens("The Brakes of a braking Système"), ["brake", "system"]);
    }

    #[test]
    fn part_numbers_fall_into_their_pieces() {
        assert_eq!(tokens("0 332 019 150"), ["0", "019", "150", "332"]);
        assert_eq!(tokens("BKX-1203-A"), ["1203", "bkx"]);
        assert_eq!(tokens("relay 12V 2.5"), ["12v", "2.5", "relay"]);
    }

    #[test]
    fn a_document_carries_saturated_term_frequencies() {
        let (encoder, docs) = Bm25Encoder::fit(&["relay relay fuse", "fuse"], 1.2, 0.75);
        assert_eq!((encoder.dimensions(), encoder.avg_len()), (2, 2.0));
        // Dictionary: fuse 0, relay 1. Lengths 3 and 1: norms 1.2 × 1.375 = 1.65 and 1.2 × 0.625 = 0.75.
        let want = [
            (vec![0, 1], vec![2.2 / 2.65, 4.4 / 3.65]),
            (vec![0], vec![2.2 / 1.75]),
        ];
        for (doc, (dims, weights)) in docs.iter().zip(want) {
            assert_eq!(doc.dims, dims);
            for (got, want) in doc.weights.iter().zip(weights) {
                assert!((got - want).abs() < 1e-6, "{got} against {want}");
            }
        }
        assert_eq!(encoder.document("relay relay fuse"), docs[0]);
    }

    #[test]
    fn weights_are_those_of_the_bm25_crate() {
        let text = "A switching relay for the starter relay circuit";
        let (encoder, docs) = Bm25Encoder::fit(&[text, "fuse"], 0.9, 0.4);
        let theirs = bm25::EmbedderBuilder::<u32>::with_avgdl(encoder.avg_len())
            .k1(0.9)
            .b(0.4)
            .language_mode(Language::English)
            .build()
            .embed(text);
        // Their vector repeats a token as often as it occurs and hashes it; compare the weights as a set.
        let mut want: Vec<f32> = theirs.iter().map(|t| t.value).collect();
        let mut got = docs[0].weights.clone();
        want.sort_unstable_by(f32::total_cmp);
        want.dedup();
        got.sort_unstable_by(f32::total_cmp);
        got.dedup();
        assert_eq!(got, want);
    }

    #[test]
    fn a_query_counts_known_tokens() {
        let (encoder, _) = Bm25Encoder::fit(&["fuse relay"], 1.2, 0.75);
        let query = encoder.query("relay, relays and the unheard-of fuse");
        assert_eq!((query.dims, query.weights), (vec![0, 1], vec![1.0, 2.0]));
        assert_eq!(encoder.query("unheard"), SparseVector::default());
    }

    #[test]
    fn texts_without_tokens_are_empty_vectors_and_leave_the_mean_alone() {
        let (encoder, docs) = Bm25Encoder::fit(&["", "of the", "fuse fuse"], 1.2, 0.75);
        assert!((encoder.avg_len() - 2.0).abs() < 1e-6);
        assert_eq!(docs[0], SparseVector::default());
        assert_eq!(docs[1], SparseVector::default());
        let (nothing, docs) = Bm25Encoder::fit(&["", ""], 1.2, 0.75);
        assert_eq!((nothing.dimensions(), nothing.avg_len()), (0, 0.0));
        assert_eq!(docs, [SparseVector::default(), SparseVector::default()]);
    }

    #[test]
    fn a_part_number_finds_its_part() {
        let texts = [
            "Bosch relay 0 332 019 150, 12 V 30 A",
            "Bosch relay 0 332 019 456, 12 V 20 A",
            "Brake disc BKX-1203-A",
        ];
        let (encoder, docs) = Bm25Encoder::fit(&texts, 1.2, 0.75);
        let index = SparseIndex::new(&docs).unwrap();
        let best = |query: &str| -> Hit {
            let query = encoder.query(query);
            let answer = index.search(&query, 1, Filtering::None, &mut SparseScratch::default());
            answer.hits[0]
        };
        assert_eq!(best("0 332 019 456").point, 1);
        assert_eq!(best("bkx 1203").point, 2);
    }
}
