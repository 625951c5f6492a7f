//! What a spec may name that is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::cards::{Cards, State};
use crate::dataset::Source;

/// How many documents are looked at to learn which text fields there are.
const SAMPLED: usize = 1000;

/// What the outside knows: data sets, models, environment variables.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Data sets that can be called by name.
    pub datasets: BTreeMap<String, Source>,
    /// Data sets that have a card and can be had with `evalrun fetch`, but are not there.
    pub unfetched: BTreeSet<String>,
    /// Models that embed.
    pub embedders: Vec<KnownModel>,
    /// Models that rerank.
    pub rerankers: Vec<KnownModel>,
    /// What `${NAME}` stands for.
    pub environment: BTreeMap<String, String>,
    /// Looks into a folder: the text fields of its first documents, `None` when it holds no corpus.
    pub look: fn(&Path) -> Option<BTreeSet<String>>,
    /// Whether a file or folder is there.
    pub exists: fn(&Path) -> bool,
}

/// A model of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownModel {
    /// The name a spec uses.
    pub name: String,
    /// Whether the built-in runtime runs it too.
    pub builtin: bool,
}

impl Catalog {
    /// The data sets under `roots` (the first root that has a name wins) and the process's environment; no models.
    ///
    /// # Errors
    /// When a root exists but cannot be listed.
    pub fn of_folders(roots: &[PathBuf]) -> io::Result<Self> {
        let mut datasets = BTreeMap::new();
        for root in roots.iter().filter(|r| r.is_dir()) {
            for entry in fs::read_dir(root)? {
                let dir = entry?.path();
                let name = dir.file_name().and_then(|n| n.to_str()).map(str::to_owned);
                if let (Some(name), Some(_)) = (name, corpus(&dir)) {
                    datasets.entry(name).or_insert_with(|| Source::folder(dir));
                }
            }
        }
        Ok(Self {
            datasets,
            unfetched: BTreeSet::new(),
            embedders: Vec::new(),
            rerankers: Vec::new(),
            environment: std::env::vars().collect(),
            look: text_fields,
            exists: Path::exists,
        })
    }

    /// Adds the data sets that have a card. A card of a folder that is there already says how it is read; a fetched set
    /// never takes the place of a folder of its name.
    pub fn add(&mut self, cards: &Cards) {
        for (name, known) in &cards.0 {
            match known.state {
                State::BuiltIn => drop(self.datasets.insert(name.clone(), known.source.clone())),
                State::Fetched => {
                    let source = || known.source.clone();
                    self.datasets.entry(name.clone()).or_insert_with(source);
                }
                State::NotFetched if !self.datasets.contains_key(name) => {
                    self.unfetched.insert(name.clone());
                }
                State::NotFetched | State::Elsewhere => {}
            }
        }
    }
}

/// The corpus file of a folder in BEIR's layout.
fn corpus(dir: &Path) -> Option<PathBuf> {
    let names = ["corpus.jsonl", "corpus.jsonl.gz"];
    names.iter().map(|n| dir.join(n)).find(|path| path.is_file())
}

/// The text fields of a folder's first documents; `None` without a corpus. What cannot be read shows no fields: the
/// reader of the data set says why.
fn text_fields(dir: &Path) -> Option<BTreeSet<String>> {
    let path = corpus(dir)?;
    let mut fields = BTreeSet::new();
    let Ok(file) = File::open(&path) else {
        return Some(fields);
    };
    let packed = path.extension().is_some_and(|e| e == "gz");
    let text: Box<dyn BufRead> = match packed {
        true => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(file))),
        false => Box::new(BufReader::new(file)),
    };
    for line in text.lines().take(SAMPLED).map_while(Result::ok) {
        let document: Map<String, Value> = serde_json::from_str(&line).unwrap_or_default();
        let texts = document
            .into_iter()
            .filter(|(key, value)| key != "_id" && value.is_string());
        fields.extend(texts.map(|(key, _)| key));
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_with_a_corpus_are_data_sets_and_the_first_root_wins() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for dir in [
            a.path().join("parts"),
            b.path().join("parts"),
            b.path().join("wands"),
        ] {
            fs::create_dir(&dir).unwrap();
            fs::write(dir.join("corpus.jsonl"), "").unwrap();
        }
        fs::create_dir(a.path().join("empty")).unwrap();
        let roots = [a.path().to_owned(), b.path().to_owned(), b.path().join("absent")];
        let catalog = Catalog::of_folders(&roots).unwrap();
        let expected = [
            ("parts".to_owned(), Source::folder(a.path().join("parts"))),
            ("wands".to_owned(), Source::folder(b.path().join("wands"))),
        ];
        assert_eq!(catalog.datasets, BTreeMap::from(expected));
    }

    #[test]
    fn fields_are_the_texts_of_the_documents() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(text_fields(dir.path()), None);
        let corpus = "{\"_id\": \"1\", \"title\": \"a\", \"metadata\": {\"price\": 1}}\n{\"_id\": \"2\", \"text\": \"b\"}\n";
        fs::write(dir.path().join("corpus.jsonl"), corpus).unwrap();
        let expected = BTreeSet::from(["text".to_owned(), "title".to_owned()]);
        assert_eq!(text_fields(dir.path()), Some(expected));
    }
}
