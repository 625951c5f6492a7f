//! Text to token ids as BERT does it (Devlin et al. 2019), read from a `tokenizer.json`.
//!
//! The steps and the Unicode tables are those of the Hugging Face tokenizer that the models were trained with, so that
//! both runtimes see the same tokens: clean, set CJK apart, decompose and drop accents, lower-case, split at
//! blanks and punctuation, then take the longest piece of the vocabulary each time. A word with any unknown part
//! is unknown as a whole.

use std::collections::HashMap;

use serde::Deserialize;
use unicode_categories::UnicodeCategories;
use unicode_normalization::UnicodeNormalization;

/// Token ids of one text or pair, special tokens included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tokens {
    /// In order, never empty.
    pub(super) ids: Vec<u32>,
    /// How many from the front belong to the first text (token type 0); the rest is the second text's.
    pub(super) first: usize,
}

/// A WordPiece tokenizer with the BERT normaliser.
#[derive(Debug)]
pub(super) struct WordPiece {
    /// Pieces that begin a word.
    heads: HashMap<String, u32>,
    /// Pieces that continue a word, without their prefix.
    tails: HashMap<String, u32>,
    /// Special tokens, recognised when written out in a text.
    special: Vec<(String, u32)>,
    max_word_chars: usize,
    unknown: u32,
    start: u32,
    end: u32,
    pad: u32,
}

impl WordPiece {
    /// Reads the bytes of a `tokenizer.json`. `Err` says what in it is not understood.
    pub(super) fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let file: File = serde_json::from_slice(bytes).map_err(|e| format!("not a BERT tokenizer: {e}"))?;
        file.check()?;
        let id = |token: &str| {
            let id = file.model.vocab.get(token).copied();
            id.ok_or_else(|| format!("the vocabulary has no `{token}`"))
        };
        let (unknown, start) = (id(&file.model.unk_token)?, id("[CLS]")?);
        let (end, pad) = (id("[SEP]")?, id("[PAD]")?);
        let prefix = &file.model.continuing_subword_prefix;
        let (mut heads, mut tails) = (HashMap::new(), HashMap::new());
        for (piece, id) in file.model.vocab {
            match piece
                .strip_prefix(prefix.as_str())
                .filter(|rest| !rest.is_empty())
            {
                Some(rest) => tails.insert(rest.to_owned(), id),
                None => heads.insert(piece, id),
            };
        }
        let special = file.added_tokens.into_iter().map(|t| (t.content, t.id));
        Ok(Self {
            heads,
            tails,
            special: special.collect(),
            max_word_chars: file.model.max_input_chars_per_word,
            unknown,
            start,
            end,
            pad,
        })
    }

    /// The id that fills a batch up.
    pub(super) fn pad(&self) -> u32 {
        self.pad
    }

    /// `[CLS] text [SEP]`, the text cut so that all of it is at most `max` tokens.
    pub(super) fn encode(&self, text: &str, max: usize) -> Tokens {
        let mut ids = vec![self.start];
        self.append(text, max.saturating_sub(2), &mut ids);
        ids.push(self.end);
        Tokens {
            first: ids.len(),
            ids,
        }
    }

    /// `[CLS] query [SEP] passage [SEP]`, the passage cut so that all of it is at most `max` tokens. `None` when
    /// the query leaves no room for the passage.
    pub(super) fn encode_pair(&self, query: &str, passage: &str, max: usize) -> Option<Tokens> {
        let mut ids = vec![self.start];
        // One token too many is enough to know that the query does not fit.
        self.append(query, max, &mut ids);
        ids.push(self.end);
        let first = ids.len();
        let room = max.checked_sub(first + 1)?;
        self.append(passage, room.max(1), &mut ids);
        ids.push(self.end);
        (ids.len() <= max).then_some(Tokens { ids, first })
    }

    /// Appends at most `limit` ids of `text` to `ids`.
    fn append(&self, mut text: &str, limit: usize, ids: &mut Vec<u32>) {
        let limit = ids.len() + limit;
        while let Some((at, length, id)) = self.next_special(text) {
            self.append_plain(&text[..at], limit, ids);
            ids.push(id);
            text = &text[at + length..];
        }
        self.append_plain(text, limit, ids);
        ids.truncate(limit);
    }

    /// Where the next written-out special token starts, its length and its id.
    fn next_special(&self, text: &str) -> Option<(usize, usize, u32)> {
        let found = self
            .special
            .iter()
            .filter_map(|(s, id)| Some((text.find(s)?, s.len(), *id)));
        found.min_by_key(|&(at, ..)| at)
    }

    /// Appends the ids of `text` until at least `limit` are there; the caller cuts the rest.
    fn append_plain(&self, text: &str, limit: usize, ids: &mut Vec<u32>) {
        let mut word = String::new();
        for c in normalize(text) {
            if ids.len() >= limit {
                return;
            }
            if c.is_whitespace() {
                self.append_word(&mut word, ids);
            } else if c.is_ascii_punctuation() || c.is_punctuation() {
                self.append_word(&mut word, ids);
                word.push(c);
                self.append_word(&mut word, ids);
            } else {
                word.push(c);
            }
        }
        self.append_word(&mut word, ids);
    }

    /// Appends the pieces of `word` and clears it.
    fn append_word(&self, word: &mut String, ids: &mut Vec<u32>) {
        let before = ids.len();
        if !self.append_pieces(word, ids) {
            ids.truncate(before);
            ids.push(self.unknown);
        }
        word.clear();
    }

    /// Longest piece first; false when the word is too long or some part of it is no piece.
    fn append_pieces(&self, word: &str, ids: &mut Vec<u32>) -> bool {
        if word.chars().count() > self.max_word_chars {
            return false;
        }
        let mut rest = word;
        while !rest.is_empty() {
            let vocab = if rest.len() == word.len() {
                &self.heads
            } else {
                &self.tails
            };
            let ends = rest.char_indices().rev().map(|(at, c)| at + c.len_utf8());
            let longest = ends
                .filter_map(|end| Some((end, *vocab.get(&rest[..end])?)))
                .next();
            let Some((end, id)) = longest else { return false };
            ids.push(id);
            rest = &rest[end..];
        }
        true
    }
}

/// The normalised characters, in the order of steps that the reference takes.
fn normalize(text: &str) -> impl Iterator<Item = char> {
    let cleaned = text.chars().filter(|&c| !is_dropped(c));
    let spaced = cleaned.flat_map(|c| {
        let blank = is_cjk(c).then_some(' ');
        blank.into_iter().chain([c]).chain(blank)
    });
    spaced
        .nfd()
        .filter(|c| !c.is_mark_nonspacing())
        .flat_map(char::to_lowercase)
}

/// Control characters and the replacement character vanish; tab and line ends count as blanks.
fn is_dropped(c: char) -> bool {
    !matches!(c, '\t' | '\n' | '\r') && (c == '\u{fffd}' || c.is_other())
}

/// The blocks of CJK ideographs; each of these characters is a word.
fn is_cjk(c: char) -> bool {
    matches!(
        u32::from(c),
        0x3400..=0x4DBF
            | 0x4E00..=0x9FFF
            | 0xF900..=0xFAFF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0x2F800..=0x2FA1F
    )
}

/// The parts of a `tokenizer.json` that matter here.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    normalizer: Normalizer,
    pre_tokenizer: PreTokenizer,
    model: Model,
}

impl File {
    /// Refuses every tokenizer that would need other steps than the ones written here.
    fn check(&self) -> Result<(), String> {
        let Normalizer {
            kind,
            clean_text,
            handle_chinese_chars,
            strip_accents,
            lowercase,
        } = &self.normalizer;
        let kinds = [kind, &self.pre_tokenizer.kind, &self.model.kind];
        if kinds != ["BertNormalizer", "BertPreTokenizer", "WordPiece"] {
            let [a, b, c] = kinds;
            return Err(format!(
                "the built-in runtime reads lower-casing BERT WordPiece only, not {a}, {b}, {c}"
            ));
        }
        if !(*clean_text && *handle_chinese_chars && *lowercase && strip_accents.unwrap_or(true)) {
            return Err(
                "the built-in runtime reads BERT tokenizers that clean, lower-case and strip accents only"
                    .into(),
            );
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
}

#[derive(Deserialize)]
struct Normalizer {
    #[serde(rename = "type")]
    kind: String,
    clean_text: bool,
    handle_chinese_chars: bool,
    /// Absent means: as `lowercase`.
    strip_accents: Option<bool>,
    lowercase: bool,
}

#[derive(Deserialize)]
struct PreTokenizer {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: String,
    vocab: HashMap<String, u32>,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tokenizer over a handful of pieces.
    fn tiny() -> WordPiece {
        let pieces = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "brake", "sensor", "##s", "gro", "##ßer", "-", "漢", "fine",
            "a",
        ];
        let vocab: HashMap<&str, usize> = pieces.iter().enumerate().map(|(i, p)| (*p, i)).collect();
        let file = serde_json::json!({
            "added_tokens": [{"id": 3, "content": "[SEP]"}],
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                           "strip_accents": null, "lowercase": true},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "vocab": vocab, "unk_token": "[UNK]",
                      "continuing_subword_prefix": "##", "max_input_chars_per_word": 8},
        });
        WordPiece::from_json(file.to_string().as_bytes()).unwrap()
    }

    fn ids(text: &str) -> Vec<u32> {
        tiny().encode(text, 99).ids
    }

    #[test]
    fn words_are_cut_into_the_longest_pieces() {
        assert_eq!(ids("Brake-Sensors"), [2, 4, 9, 5, 6, 3]);
        assert_eq!(ids(""), [2, 3]);
        assert_eq!(ids(" \t\n "), [2, 3]);
    }

    #[test]
    fn accents_go_and_sharp_s_stays() {
        assert_eq!(ids("größer"), [2, 7, 8, 3]);
        assert_eq!(ids("gro\u{308}ßer"), [2, 7, 8, 3]);
        assert_eq!(ids("FI\u{301}NE"), [2, 11, 3]);
    }

    #[test]
    fn a_word_with_an_unknown_part_is_unknown_as_a_whole() {
        assert_eq!(ids("brake☃ a"), [2, 1, 12, 3]);
        assert_eq!(ids(&"a".repeat(9)), [2, 1, 3]);
    }

    #[test]
    fn ideographs_stand_alone_and_control_characters_vanish() {
        assert_eq!(ids("a漢a"), [2, 12, 10, 12, 3]);
        assert_eq!(ids("fi\u{0}n\u{ad}e\u{fffd}"), [2, 11, 3]);
    }

    #[test]
    fn a_written_out_special_token_is_that_token() {
        assert_eq!(ids("a[SEP]a"), [2, 12, 3, 12, 3]);
    }

    #[test]
    fn long_texts_lose_their_end() {
        assert_eq!(tiny().encode("a a a a a", 4).ids, [2, 12, 12, 3]);
        assert_eq!(tiny().encode("sensors sensors", 5).ids, [2, 5, 6, 5, 3]);
    }

    #[test]
    fn pairs_lose_the_end_of_the_passage_never_of_the_query() {
        let pair = |query, passage| tiny().encode_pair(query, passage, 7);
        let cut = pair("brake", "a a a a a").unwrap();
        assert_eq!((cut.ids, cut.first), (vec![2, 4, 3, 12, 12, 12, 3], 3));
        // Four words of query fill it: only the empty passage still fits.
        assert_eq!(pair("a a a a", "").unwrap().ids, [2, 12, 12, 12, 12, 3, 3]);
        assert_eq!(pair("a a a a", "a"), None);
        assert_eq!(pair("a a a a a", ""), None);
        assert_eq!(pair(&"a ".repeat(50), "a"), None);
    }

    #[test]
    fn other_tokenizers_are_refused() {
        assert!(
            WordPiece::from_json(b"{")
                .unwrap_err()
                .starts_with("not a BERT tokenizer: ")
        );
        let other = serde_json::json!({
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                           "strip_accents": null, "lowercase": false},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "vocab": {}, "unk_token": "[UNK]",
                      "continuing_subword_prefix": "##", "max_input_chars_per_word": 100},
        });
        let error = WordPiece::from_json(other.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            error,
            "the built-in runtime reads BERT tokenizers that clean, lower-case and strip accents only"
        );
    }

    #[cfg(feature = "fastembed")]
    #[test]
    fn the_real_vocabulary_gives_what_the_reference_tokenizer_gives() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/models/all-minilm-l6-v2/tokenizer.json"
        );
        let ours = WordPiece::from_json(&std::fs::read(file).unwrap()).unwrap();
        let mut theirs = tokenizers::Tokenizer::from_file(file).unwrap();
        theirs.with_padding(None).with_truncation(None).unwrap();
        let texts = [
            "Wheel Speed Sensor, Hall-effect (ABS) 12 V, part no. 0 332 019 150",
            "Vektorsuche: größer, kürzer; naïve cafe\u{301}, İstanbul, ŞIRNAK, ﬁne, ẞ ß Å",
            "earbuds LC51C PRS-3SILCONCOV Kingston™ ® 5µm ½ °C ⅷ",
            "日本語 text 漢字abc 한국어 조선 हिन्दी العربية ไทย",
            "hello😀 foo☃bar 𝐇ello \u{1F468}\u{200d}\u{1F469}",
            "a\u{ad}b soft\u{200b}hyphen x\u{0}y\u{7}z\u{fffd} a\u{a0}b\u{3000}c\u{2028}d\u{345}",
            "[SEP] literal [MASK]x [UNK] [unk] x[CLS]y [PAD",
            "—–…“”‘’ $^`~+=|<> ¡¿«» ``'' ﷺ Ǆ",
            "donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft x",
        ];
        for text in texts {
            let expected = theirs.encode(text, true).unwrap();
            assert_eq!(ours.encode(text, 999).ids, expected.get_ids(), "{text}");
            let expected = theirs.encode((text, texts[0]), true).unwrap();
            let pair = ours.encode_pair(text, texts[0], 999).unwrap();
            assert_eq!(pair.ids, expected.get_ids(), "{text}");
            let types: Vec<u32> = (0..pair.ids.len()).map(|i| u32::from(i >= pair.first)).collect();
            assert_eq!(types, expected.get_type_ids(), "{text}");
        }
        let long = "x".repeat(101);
        assert_eq!(
            ours.encode(&long, 9).ids,
            theirs.encode(long.as_str(), true).unwrap().get_ids()
        );
    }
}
