//! The data sets that have a card: which there are, where each one lies, and whether it is there.

mod built_in;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::data::kinds;
use super::findings::Findings;
use crate::dataset::{Source, Unlisted};
use crate::spec::card::{self, Card};
use crate::spec::data::UnlistedSpec;
use crate::spec::{Code, Diagnostic, SpecSource};

/// The data sets that have a card, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cards(pub BTreeMap<String, Known>);

/// A data set that has a card.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// What the card says.
    pub card: Card,
    /// The folder that its files lie in, or would.
    pub folder: PathBuf,
    /// What is read there.
    pub source: Source,
    /// Whether that is there.
    pub state: State,
}

/// Whether a data set can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It comes with the program.
    BuiltIn,
    /// It was fetched, or put there.
    Fetched,
    /// `evalrun fetch` can get it.
    NotFetched,
    /// It comes with the program, but not to where the program was started.
    Elsewhere,
}

impl State {
    /// True when it can be read.
    pub fn is_there(self) -> bool {
        matches!(self, State::BuiltIn | State::Fetched)
    }
}

/// A card with mistakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCard {
    /// Its text and where it stands.
    pub source: SpecSource,
    /// All of them.
    pub errors: Vec<Diagnostic>,
}

impl Cards {
    /// The cards that come with the program, and those that lie in `roots` as `NAME.yaml`: of one name the first root
    /// wins, and a file wins over what came with the program. Fetched sets lie below `data`, built-in ones beside their
    /// cards.
    ///
    /// # Errors
    /// All mistakes of all cards, ready for [`crate::spec::render`].
    pub fn of_folders(roots: &[PathBuf], data: &Path) -> Result<Self, Vec<BadCard>> {
        let home = roots.first().cloned().unwrap_or_default();
        let mut texts: BTreeMap<String, (SpecSource, PathBuf)> = BTreeMap::new();
        for (name, text) in built_in::CARDS {
            let path = home.join(format!("{name}.yaml"));
            let text = (*text).to_owned();
            texts.insert((*name).to_owned(), (SpecSource { path, text }, home.clone()));
        }
        let mut bad = Vec::new();
        for root in roots.iter().rev() {
            for path in card_files(root) {
                let name = path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                match fs::read_to_string(&path) {
                    Ok(text) => drop(texts.insert(name, (SpecSource { path, text }, root.clone()))),
                    Err(error) => bad.push(unreadable(path, &error)),
                }
            }
        }
        let mut cards = BTreeMap::new();
        for (name, (source, root)) in texts {
            match known(&name, &source, &root, data) {
                Ok(known) => drop(cards.insert(name, known)),
                Err(errors) => bad.push(BadCard { source, errors }),
            }
        }
        if bad.is_empty() { Ok(Self(cards)) } else { Err(bad) }
    }
}

/// Files that end in `.yaml` right below `root`, sorted; none when it does not exist.
fn card_files(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml") && path.is_file());
    files.sort();
    files
}

fn unreadable(path: PathBuf, error: &std::io::Error) -> BadCard {
    let text = String::new();
    let errors = vec![Diagnostic::new(
        Code::Unreadable,
        format!("cannot read the card: {error}"),
    )];
    BadCard {
        source: SpecSource { path, text },
        errors,
    }
}

fn known(name: &str, source: &SpecSource, root: &Path, data: &Path) -> Result<Known, Vec<Diagnostic>> {
    let card = card::parse(&source.text)?;
    if card.name.value != name {
        let title = format!(
            "the card of `{}` lies in a file called `{name}.yaml`",
            card.name.value
        );
        let label = "name and file have to be the same";
        return Err(vec![
            Diagnostic::new(Code::BadName, title).at(card.name.span, label),
        ]);
    }
    let folder = if card.is_built_in() { root } else { data }.join(name);
    let mut findings = Findings::default();
    let source = kinds::source(&card.read.value, &folder, card.read.span, &mut findings);
    findings.finish()?;
    let Some((mut source, _)) = source else {
        return Err(Vec::new());
    };
    if let Source::Beir(beir) = &mut source {
        // `dir: .` is the folder itself, and should be called so in reports.
        beir.dir = beir.dir.components().collect();
    }
    set_unlisted(&mut source, card.unlisted);
    let state = match (card.is_built_in(), is_there(&source)) {
        (true, true) => State::BuiltIn,
        (true, false) => State::Elsewhere,
        (false, true) => State::Fetched,
        (false, false) => State::NotFetched,
    };
    Ok(Known {
        card,
        folder,
        source,
        state,
    })
}

/// Whether the files of a source are there.
fn is_there(source: &Source) -> bool {
    let corpus = match source {
        Source::Beir(beir) => ["corpus.jsonl", "corpus.jsonl.gz"]
            .iter()
            .any(|n| beir.dir.join(n).is_file()),
        _ => true,
    };
    corpus && source.files().iter().all(|path| path.exists())
}

/// What the card says of unlisted pairs takes the place of what stands under `read`.
fn set_unlisted(source: &mut Source, unlisted: UnlistedSpec) {
    let unlisted = match unlisted {
        UnlistedSpec::Unjudged => Unlisted::Unjudged,
        UnlistedSpec::Irrelevant => Unlisted::Irrelevant,
    };
    match source {
        Source::Beir(beir) => beir.unlisted = unlisted,
        Source::Trec(trec) => trec.unlisted = unlisted,
        Source::Table(table) => {
            if let Some(judgements) = &mut table.judgements {
                judgements.unlisted = unlisted;
            }
        }
        Source::Arrays(_) | Source::Hdf5(_) | Source::Tar(_) | Source::Synthetic(_) => {}
    }
}
