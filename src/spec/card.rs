//! What a dataset card says: `datasets/NAME.yaml`, one to one with the YAML, positions kept.
//!
//! A card tells where a data set comes from, how it is fetched and read, and what is known to be wrong with it. Whatever
//! in it was not checked is listed under `unverified`, so that nobody takes it for a fact.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::data::{DataKindSpec, UnlistedSpec};
use super::{Code, Diagnostic, Names, Span, Spanned, parse as yaml};

/// The version of cards that this program reads.
pub const VERSION: u32 = 1;

/// A dataset card.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Version of the format: 1.
    pub card: Spanned<u32>,
    /// What a spec calls the data set; also the file's name.
    pub name: Spanned<String>,
    /// What it is, in a sentence.
    pub title: String,
    /// Who made it.
    pub source: Origin,
    /// The licence of the data itself.
    pub licence: String,
    /// Which version of the data the figures below are about.
    pub version: String,
    /// What is downloaded; empty for a set that comes with the program.
    pub files: Vec<CardFile>,
    /// How it is read, as in a spec; paths are relative to the data set's own folder.
    pub read: Spanned<DataKindSpec>,
    /// Text fields of the documents; empty for a set of vectors.
    pub fields: Vec<String>,
    /// Payload fields that filters can use: field → what it holds.
    pub filters: Names<String>,
    /// How much there is.
    pub counts: Counts,
    /// What a pair means that the judgements do not list; it holds for the source under `read`.
    pub unlisted: UnlistedSpec,
    /// Whether queries stand in the corpus, and what to do about it.
    pub leak: Leak,
    /// What the set is too weak for, or wrong about.
    pub weak_points: Vec<String>,
    /// What was checked, and how: topic → how.
    #[serde(default)]
    pub checked: Topics,
    /// What was not checked, and why: topic → why.
    #[serde(default)]
    pub unverified: Topics,
}

/// Who made a data set.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The project and its address.
    pub project: String,
    /// Authors, year and title of the paper, or `none`.
    pub paper: String,
}

/// A file to download.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardFile {
    /// Where it is published.
    pub url: Spanned<String>,
    /// Its size, when it is known.
    pub bytes: Option<Spanned<u64>>,
    /// Its size to a few per cent, when only that is known.
    pub about: Option<Spanned<u64>>,
    /// SHA-256 of it, 64 hexadecimal digits.
    pub sha256: Option<Spanned<String>>,
    /// MD5 of it, 32 hexadecimal digits, for publishers that give no better.
    pub md5: Option<Spanned<String>>,
    /// What has to be done with it.
    pub unpack: Unpack,
}

/// What has to be done with a downloaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpack {
    /// It is used as it is.
    None,
    /// A zip archive.
    Zip,
    /// A tar archive, plain or with gzip.
    Tar,
    /// One file with gzip.
    Gz,
}

/// How much there is; what is not known is left out.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Documents.
    pub documents: Option<u64>,
    /// Queries by split; a set without judgements has the one split `test`.
    pub queries: Names<u64>,
    /// Judgements by split.
    pub judgements: Names<u64>,
    /// Values per vector, for sets that come with vectors.
    pub dimension: Option<u64>,
}

/// Whether queries stand in the corpus.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leak {
    /// How many of them do.
    pub in_corpus: InCorpus,
    /// What that means for a measurement.
    pub policy: String,
}

/// How many queries stand in the corpus as documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InCorpus {
    /// None, as far as is known.
    None,
    /// Some.
    Some,
    /// Every one: a document has the query's text and often its id.
    All,
}

/// A remark for each topic of a card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topics {
    /// That the files can be had under their addresses.
    pub url: Option<String>,
    /// Sizes of the files.
    pub bytes: Option<String>,
    /// Hashes of the files.
    pub hash: Option<String>,
    /// That what lies in the files can be read as `read` says.
    pub layout: Option<String>,
    /// The licence.
    pub licence: Option<String>,
    /// The counts.
    pub counts: Option<String>,
    /// The leak policy.
    pub leak: Option<String>,
}

impl Topics {
    /// The topics in the order of a card, with their remarks.
    pub fn each(&self) -> [(&'static str, Option<&str>); 7] {
        [
            ("url", self.url.as_deref()),
            ("bytes", self.bytes.as_deref()),
            ("hash", self.hash.as_deref()),
            ("layout", self.layout.as_deref()),
            ("licence", self.licence.as_deref()),
            ("counts", self.counts.as_deref()),
            ("leak", self.leak.as_deref()),
        ]
    }
}

impl Card {
    /// True when the data comes with the program.
    pub fn is_built_in(&self) -> bool {
        self.files.is_empty()
    }

    /// Bytes to download, and whether that is exact; `None` when a size is not known.
    pub fn download(&self) -> Option<(u64, bool)> {
        let size = |file: &CardFile| {
            let exact = file.bytes.as_ref().map(|b| (b.value, true));
            exact.or_else(|| file.about.as_ref().map(|b| (b.value, false)))
        };
        let sizes: Option<Vec<(u64, bool)>> = self.files.iter().map(size).collect();
        sizes.map(|all| (all.iter().map(|s| s.0).sum(), all.iter().all(|s| s.1)))
    }
}

impl CardFile {
    /// The last part of the address: what the file is called on disk.
    pub fn name(&self) -> &str {
        let path = self.url.value.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }
}

/// Reads a card.
///
/// # Errors
/// The first mistake of structure, or all mistakes of meaning.
pub fn parse(text: &str) -> Result<Card, Vec<Diagnostic>> {
    let card: Card = yaml::document(text, &BTreeMap::new()).map_err(|error| vec![*error])?;
    let mut found = Vec::new();
    version(&card, &mut found);
    name(&card, &mut found);
    for file in &card.files {
        check_file(file, &mut found);
    }
    topics(&card, text, &mut found);
    if found.is_empty() { Ok(card) } else { Err(found) }
}

fn version(card: &Card, found: &mut Vec<Diagnostic>) {
    if card.card.value != VERSION {
        let title = format!("version {} of cards is not known", card.card.value);
        let label = format!("this program reads version {VERSION}");
        found.push(Diagnostic::new(Code::UnknownVersion, title).at(card.card.span, label));
    }
}

fn name(card: &Card, found: &mut Vec<Diagnostic>) {
    let Spanned { value, span } = &card.name;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if value.is_empty() || !value.chars().all(allowed) {
        let title = format!("a data set cannot be called `{value}`");
        found.push(Diagnostic::new(Code::BadName, title).at(*span, "letters, digits, `-` and `_` only"));
    }
}

fn check_file(file: &CardFile, found: &mut Vec<Diagnostic>) {
    let Spanned { value: url, span } = &file.url;
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        let title = format!("`{url}` is no address of a download");
        found.push(Diagnostic::new(Code::WrongValue, title).at(*span, "has to start with `https://`"));
    } else if matches!(file.name(), "" | "." | "..") {
        let title = format!("`{url}` ends without a file's name");
        found
            .push(Diagnostic::new(Code::WrongValue, title).at(*span, "the last part names the file on disk"));
    }
    digest(file.sha256.as_ref(), "SHA-256", 64, found);
    digest(file.md5.as_ref(), "MD5", 32, found);
    if let (Some(bytes), Some(about)) = (&file.bytes, &file.about) {
        let title = "a size that is known, and a size that is not";
        let diagnostic = Diagnostic::new(Code::WrongValue, title).at(about.span, "leave `about` out");
        found.push(diagnostic.also(bytes.span, "the size"));
    }
}

fn digest(written: Option<&Spanned<String>>, kind: &str, digits: usize, found: &mut Vec<Diagnostic>) {
    let Some(Spanned { value, span }) = written else {
        return;
    };
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if value.len() != digits || !value.bytes().all(digit) {
        let title = format!("`{value}` is no {kind}");
        let label = format!("{digits} hexadecimal digits in lower case");
        found.push(Diagnostic::new(Code::WrongValue, title).at(*span, label));
    }
}

/// Every topic that the card has to do with stands in exactly one of the two lists.
fn topics(card: &Card, text: &str, found: &mut Vec<Diagnostic>) {
    let top = Span {
        start: 0,
        end: text.len(),
    };
    let pairs = card.checked.each().into_iter().zip(card.unverified.each());
    for ((topic, checked), (_, unverified)) in pairs {
        let of_files = matches!(topic, "url" | "bytes" | "hash");
        match (checked, unverified) {
            (Some(_), Some(_)) => found.push(
                Diagnostic::new(
                    Code::DuplicateKey,
                    format!("`{topic}` is both checked and unverified"),
                )
                .at(top.of("unverified", text), "say one of the two"),
            ),
            (None, None) if !(of_files && card.is_built_in()) => found.push(
                Diagnostic::new(
                    Code::MissingKey,
                    format!("nobody says whether `{topic}` was checked"),
                )
                .at(card.name.span, "of this data set")
                .help(format!(
                    "put `{topic}: how` under `checked`, or `{topic}: why not` under `unverified`"
                )),
            ),
            _ => {}
        }
    }
    let hashless = |file: &&CardFile| file.sha256.is_none() && file.md5.is_none();
    if let Some(file) = card.files.iter().find(hashless)
        && card.checked.hash.is_some()
    {
        let title = format!("`{}` has no hash that could have been checked", file.name());
        found.push(Diagnostic::new(Code::WrongValue, title).at(
            file.url.span,
            "give its `sha256`, or say why not under `unverified`",
        ));
    }
}
