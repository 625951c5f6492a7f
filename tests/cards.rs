//! Dataset cards: those that come with the program, what can be wrong with one, and how a spec finds its data.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evalrun::dataset::source::BeirSource;
use evalrun::dataset::{Source, Unlisted, load};
use evalrun::plan::cards::{Cards, State};
use evalrun::progress::Silent;
use evalrun::spec::card::{self, InCorpus};
use evalrun::spec::{Look, SpecSource, render_all};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("datasets")
}

fn shipped() -> Cards {
    Cards::of_folders(&[repository()], Path::new("/no/data")).unwrap()
}

#[test]
fn every_card_in_the_repository_is_sound_and_part_of_the_program() {
    let mut files: Vec<String> = fs::read_dir(repository())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .map(|p| p.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let known: Vec<String> = shipped().0.into_keys().collect();
    assert_eq!(known, files);
    // The cards in the program are those of the folder: without it there are as many.
    let elsewhere = Cards::of_folders(&[PathBuf::from("/no/datasets")], Path::new("/no/data")).unwrap();
    let built_in: Vec<String> = elsewhere.0.into_keys().collect();
    assert_eq!(built_in, files);
}

#[test]
fn no_card_claims_what_nobody_checked() {
    for (name, known) in shipped().0 {
        let card = known.card;
        for file in &card.files {
            let has_hash = file.sha256.is_some() || file.md5.is_some();
            assert!(
                has_hash || card.unverified.hash.is_some(),
                "{name}: {}",
                file.name()
            );
            let has_size = file.bytes.is_some() || card.unverified.bytes.is_some();
            assert!(has_size, "{name}: {}", file.name());
        }
        let sentence = card.title.ends_with('.') && !card.title.contains('\n');
        assert!(sentence, "{name}: the title is one sentence");
        assert!(!card.weak_points.is_empty(), "{name}: nothing is perfect");
    }
}

#[test]
fn counts_of_the_sets_in_the_repository_are_those_of_their_cards() {
    for (name, splits) in [("series-demo", &["test"][..]), ("auto-parts", &["test", "tune"])] {
        let known = &shipped().0[name];
        assert_eq!(known.state, State::BuiltIn, "{name}");
        let counts = &known.card.counts;
        assert_eq!(counts.queries.names().count(), splits.len(), "{name}");
        for split in splits {
            let Source::Beir(beir) = known.source.clone() else {
                panic!("{name} is a BEIR folder")
            };
            let split = (*split).to_owned();
            let source = Source::Beir(BeirSource {
                split: Some(split.clone()),
                ..beir
            });
            let data = load(name, &source, &Silent).unwrap();
            let judgements: usize = data.qrels.by_query.values().map(|docs| docs.len()).sum();
            assert_eq!(counts.documents, Some(data.docs.len() as u64), "{name}");
            assert_eq!(counts.queries.get(&split), Some(&(data.queries.len() as u64)));
            assert_eq!(counts.judgements.get(&split), Some(&(judgements as u64)));
        }
    }
}

#[test]
fn a_card_says_where_its_data_lies_and_what_unlisted_pairs_mean() {
    let cards = shipped();
    let parts = &cards.0["auto-parts"];
    let expected = BeirSource {
        dir: repository().join("auto-parts"),
        unlisted: Unlisted::Irrelevant,
        ..BeirSource::default()
    };
    assert_eq!(parts.source, Source::Beir(expected));
    let scifact = &cards.0["scifact"];
    assert_eq!(scifact.state, State::NotFetched);
    assert_eq!(scifact.source, Source::folder("/no/data/scifact/scifact"));
    assert_eq!(scifact.card.download(), Some((2_816_079, true)));
    assert_eq!(cards.0["arguana"].card.leak.in_corpus, InCorpus::All);
}

/// What is said of a card with these changes.
fn mistakes(changes: &[(&str, &str)]) -> String {
    let mut text = fs::read_to_string(repository().join("scifact.yaml")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let errors = card::parse(&text).unwrap_err();
    let path = "scifact.yaml".into();
    render_all(&errors, &SpecSource { path, text }, Look::Piped)
}

#[test]
fn mistakes_in_a_card_are_shown_where_they_stand() {
    let all = mistakes(&[
        ("card: 1", "card: 2"),
        ("name: scifact", "name: sci fact"),
        (
            "https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/scifact.zip",
            "scifact.zip",
        ),
        ("5f7d1de60b170fc8027bb7898e2efca1", "5F7D"),
        ("unverified:\n", "unverified:\n  hash: unsure\n"),
        ("checked:\n", "checked:\n  x: y\n"),
    ]);
    // A mistake of structure ends the reading.
    assert_eq!(
        all.lines().next(),
        Some("scifact.yaml:35:3: error[E0102]: unknown key `x`")
    );
    let all = mistakes(&[
        ("card: 1", "card: 2"),
        ("name: scifact", "name: sci fact"),
        (
            "https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/scifact.zip",
            "scifact.zip",
        ),
        ("5f7d1de60b170fc8027bb7898e2efca1", "5F7D"),
        ("unverified:\n", "unverified:\n  hash: unsure\n"),
    ]);
    insta::assert_snapshot!("mistakes", all);
}

#[test]
fn what_nobody_vouches_for_has_to_be_said() {
    let missing = mistakes(&[(
        "  licence: LICENSE.md of the makers' repository, allenai/scifact\n",
        "",
    )]);
    let expected = "\
scifact.yaml:2:7: error[E0103]: nobody says whether `licence` was checked
 --> scifact.yaml:2:7
  |
2 | name: scifact
  |       ^^^^^^^ of this data set
  |
  = help: put `licence: how` under `checked`, or `licence: why not` under `unverified`
";
    assert!(missing.ends_with(expected), "{missing}");
    let hashless = mistakes(&[("    md5: 5f7d1de60b170fc8027bb7898e2efca1\n", "")]);
    assert!(
        hashless.contains("error[E0403]: `scifact.zip` has no hash that could have been checked"),
        "{hashless}"
    );
}

/// The program, started in a folder of its own with data sets below `data` there.
fn evalrun(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evalrun"));
    for proxy in [
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "ALL_PROXY",
        "https_proxy",
        "http_proxy",
        "all_proxy",
    ] {
        command.env_remove(proxy);
    }
    command
        .current_dir(folder)
        .env("EVALRUN_DATA", folder.join("data"))
        .args(args);
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const SPEC: &str = "\
evalrun: 1
experiment: mine
question: Is the data found?
data: DATA
index: { vectors: { words: { bm25: title } } }
pipelines: { sparse: [{ sparse: { as: s, vector: words, limit: 10 } }] }
measure: { quality: [nDCG@10] }
";

#[test]
fn a_spec_that_names_a_set_that_is_not_fetched_is_told_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.yaml"), SPEC.replace("DATA", "scifact")).unwrap();
    let output = evalrun(folder.path(), &["validate", "mine.yaml"]);
    let expected = "\
mine.yaml:4:7: error[E0202]: the data set `scifact` is known, but it is not here
 --> mine.yaml:4:7
  |
4 | data: scifact
  |       ^^^^^^^ not fetched yet
  |
  = help: run `evalrun fetch scifact`
";
    assert_eq!(err(&output), expected);
    assert_eq!(output.status.code(), Some(3));

    fs::write(folder.path().join("mine.yaml"), SPEC.replace("DATA", "scifcat")).unwrap();
    let output = evalrun(folder.path(), &["validate", "mine.yaml"]);
    assert!(
        err(&output).contains("did you mean `scifact`?"),
        "{}",
        err(&output)
    );
}

#[test]
fn ls_data_lists_all_in_eighty_columns_and_for_machines() {
    let folder = tempfile::tempdir().unwrap();
    let table = out(&evalrun(folder.path(), &["ls", "data"]));
    insta::assert_snapshot!("ls_data", table);
    assert!(table.lines().all(|line| line.chars().count() <= 80));

    let json = out(&evalrun(folder.path(), &["ls", "data", "--json"]));
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let scifact = rows.iter().find(|row| row["name"] == "scifact").unwrap();
    assert_eq!(scifact["documents"], 5_183);
    assert_eq!(scifact["state"], "not fetched");
    assert_eq!(scifact["download_bytes"], 2_816_079);
    assert_eq!(
        scifact["unverified"],
        serde_json::json!(["url", "layout", "leak"])
    );
}

#[test]
fn fetch_offline_names_the_file_and_where_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let output = evalrun(folder.path(), &["fetch", "scifact", "--offline"]);
    let expected = "\
error: scifact: nothing was downloaded. Put this file there by hand:
  from    https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/scifact.zip
  to      FOLDER/data/scifact.incoming/scifact.zip
  bytes   2816079
  md5     5f7d1de60b170fc8027bb7898e2efca1
then run `evalrun fetch scifact` again
";
    let folder = folder.path().display().to_string();
    assert_eq!(err(&output).replace(&folder, "FOLDER"), expected);
    assert_eq!(output.status.code(), Some(3));

    let output = evalrun(Path::new("/"), &["fetch", "scifcat"]);
    assert_eq!(
        err(&output),
        "error: no data set `scifcat` has a card; did you mean `scifact`?\n"
    );
    assert_eq!(output.status.code(), Some(2));
}

/// A card of one's own, files put there by hand, and a spec that names it: the whole way without a network.
#[test]
fn a_card_of_ones_own_is_fetched_and_found_by_a_spec() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("corpus.jsonl", "{\"_id\": \"p1\", \"title\": \"Starter\"}\n"),
        ("queries.jsonl", "{\"_id\": \"q1\", \"text\": \"a starter\"}\n"),
    ];
    let card = fs::read_to_string(repository().join("scifact.yaml")).unwrap();
    let (start, rest) = card.split_once("files:").unwrap();
    let (_, end) = rest.split_once("\nfields:").unwrap();
    let listed = files.map(|(name, _)| format!("  - {{ url: https://data.invalid/{name}, unpack: none }}\n"));
    let read = "read:\n  table:\n    documents: { file: corpus.jsonl, id: _id, text: [title] }\n    \
                queries: { file: queries.jsonl, id: _id, text: text }\n";
    let card = format!("{start}files:\n{}{read}\nfields:{end}", listed.concat())
        .replace("name: scifact", "name: mine")
        .replace(
            "  hash: the MD5 of the catalogue of ir_datasets and that which public users of BEIR's archive keep are the same\n",
            "",
        )
        .replace("unverified:\n", "unverified:\n  hash: the publisher gives none\n");
    let incoming = folder.path().join("data/mine.incoming");
    fs::create_dir_all(&incoming).unwrap();
    fs::create_dir(folder.path().join("datasets")).unwrap();
    fs::write(folder.path().join("datasets/mine.yaml"), card).unwrap();
    for (name, text) in files {
        fs::write(incoming.join(name), text).unwrap();
    }

    let output = evalrun(folder.path(), &["fetch", "mine", "--offline"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let expected = format!(
        "\
mine: fetched
  corpus.jsonl, 34 bytes
    NOT VERIFIED: the card has no hash. If you trust this file, put into the card:
    bytes: 34
    sha256: {}
  queries.jsonl, 35 bytes
    NOT VERIFIED: the card has no hash. If you trust this file, put into the card:
    bytes: 35
    sha256: {}
  2 files, 69 bytes, in FOLDER/data/mine
  licence: CC BY 4.0 (claims and annotations), ODC-By 1.0 (abstracts)
  unverified on the card: url (nothing was downloaded when this card was written)
  unverified on the card: hash (the publisher gives none)
  unverified on the card: layout (the folder inside the archive, and that every line of it is accepted, was not seen)
  unverified on the card: leak (nobody compared queries and documents; `evalrun doctor data` does)

  data: mine
",
        evalrun::content::sha256(files[0].1.as_bytes()),
        evalrun::content::sha256(files[1].1.as_bytes())
    );
    let place = folder.path().display().to_string();
    assert_eq!(out(&output).replace(&place, "FOLDER"), expected);
    let again = out(&evalrun(folder.path(), &["fetch", "mine"]));
    assert!(again.starts_with("mine: already there, unchanged\n"), "{again}");

    fs::write(folder.path().join("mine.yaml"), SPEC.replace("DATA", "mine")).unwrap();
    let output = evalrun(folder.path(), &["plan", "mine.yaml"]);
    assert!(!err(&output).contains("E0202"), "{}", err(&output));
}

#[test]
fn a_broken_card_in_the_folder_is_shown_and_stops_the_command() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("datasets")).unwrap();
    fs::write(folder.path().join("datasets/mine.yaml"), "card: 1\nnam: mine\n").unwrap();
    let output = evalrun(folder.path(), &["ls", "data"]);
    let first = err(&output).lines().next().map(str::to_owned);
    assert_eq!(
        first.as_deref(),
        Some("datasets/mine.yaml:2:1: error[E0102]: unknown key `nam`")
    );
    assert_eq!(output.status.code(), Some(3));
}
