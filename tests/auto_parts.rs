//! The built-in catalogue `auto-parts`: the files are what the generator makes, and have the properties that its card
//! claims.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]

#[path = "../datasets/auto-parts/generator/main.rs"]
#[expect(dead_code, reason = "`main` writes the files; a test compares them")]
mod generator;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bm25::{DefaultTokenizer, Language, Tokenizer};
use evalrun::dataset::source::BeirSource;
use evalrun::dataset::{Dataset, Doc, Query, Source, load};
use evalrun::progress::Silent;
use generator::DataSet;
use generator::lexis::{edits, overlap, stems};

static MADE: LazyLock<DataSet> = LazyLock::new(generator::generate);
static TUNE: LazyLock<Dataset> = LazyLock::new(|| read("tune"));
static TEST: LazyLock<Dataset> = LazyLock::new(|| read("test"));

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/auto-parts")
}

fn read(split: &str) -> Dataset {
    let source = Source::Beir(BeirSource {
        dir: folder(),
        split: Some(split.to_owned()),
        ..BeirSource::default()
    });
    load("auto-parts", &source, &Silent).unwrap()
}

/// The queries of both splits, each with its data set.
fn queries() -> impl Iterator<Item = (&'static Dataset, &'static Query)> {
    let splits: [&'static Dataset; 2] = [&TUNE, &TEST];
    splits
        .into_iter()
        .flat_map(|data| data.queries.iter().map(move |q| (data, q)))
}

fn of_class(class: &str) -> impl Iterator<Item = (&'static Dataset, &'static Query)> {
    queries().filter(move |(_, q)| fact(q, "class") == class)
}

/// A fact of a query's metadata as text; empty if it is not there.
fn fact(query: &Query, key: &str) -> String {
    let value = query.metadata.get(key);
    value.map_or_else(String::new, |v| v.as_str().map_or(v.to_string(), str::to_owned))
}

fn grade(data: &Dataset, query: &Query, doc: &str) -> i32 {
    data.qrels.by_query[&query.id].get(doc).copied().unwrap_or(0)
}

fn graded(data: &Dataset, query: &Query, least: i32) -> usize {
    let judged = data.qrels.by_query[&query.id].values();
    judged.filter(|grade| **grade >= least).count()
}

fn texts(field: &str) -> Vec<&'static str> {
    TEST.docs.iter().map(|d| d.fields[field].as_str()).collect()
}

fn distinct<T: Ord>(items: impl IntoIterator<Item = T>) -> usize {
    items.into_iter().collect::<BTreeSet<T>>().len()
}

#[test]
fn the_files_are_what_the_generator_makes() {
    for (name, made) in MADE.files() {
        let found = std::fs::read_to_string(folder().join(name)).unwrap();
        let line = found
            .lines()
            .zip(made.lines())
            .take_while(|(a, b)| a == b)
            .count()
            + 1;
        assert!(
            found == made,
            "datasets/auto-parts/{name} differs from what the generator makes, first in line {line}; \
             `cargo run --release --example auto-parts` writes it anew"
        );
    }
}

#[test]
fn it_is_as_large_as_its_card_says() {
    let types = TEST.docs.iter().map(|d| d.metadata["part_type"].to_string());
    assert_eq!((TEST.docs.len(), distinct(types)), (3517, 175));
    assert_eq!((TUNE.queries.len(), TEST.queries.len()), (192, 351));
    let lines = [&TUNE, &TEST].map(|d| d.qrels.by_query.values().map(BTreeMap::len).sum::<usize>());
    assert_eq!(lines, [7034, 11717]);
}

#[test]
fn no_two_parts_read_alike() {
    let all = TEST.docs.len();
    assert_eq!(distinct(texts("title")), all);
    assert_eq!(distinct(texts("description")), all);
    assert_eq!(distinct(texts("part_number")), all);
    // Not even when numbers are left out do two titles agree.
    let wordy = |title: &str| -> String {
        title
            .to_lowercase()
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .collect()
    };
    assert_eq!(distinct(texts("title").into_iter().map(wordy)), all);
    for description in texts("description") {
        let words = description.split_whitespace().count();
        assert!((20..=60).contains(&words), "{words} words: {description}");
    }
}

#[test]
fn a_share_of_parts_can_be_found_by_a_number_that_is_not_their_own() {
    let listing = |doc: &&Doc| {
        let lists = ["cross_references", "supersedes"]
            .into_iter()
            .filter_map(|key| doc.metadata.get(key));
        let mut numbers = lists.flat_map(|list| list.as_array().unwrap());
        numbers.any(|n| doc.fields["description"].contains(n.as_str().unwrap()))
    };
    let share = TEST.docs.iter().filter(listing).count() * 100 / TEST.docs.len();
    assert!((25..=60).contains(&share), "{share} %");
}

#[test]
fn every_class_has_its_share_in_both_splits() {
    let mut sizes: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for (data, query) in queries() {
        let key = ["class", "field", "requirements", "selectivity_band"].map(|key| fact(query, key));
        let split = usize::from(std::ptr::eq(data, &raw const *TEST));
        sizes
            .entry(key.join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
            .or_default()[split] += 1;
    }
    let expected = [
        ("attribute", [21, 39]),
        ("exact-number", [21, 39]),
        ("field description", [14, 26]),
        ("field title", [14, 26]),
        ("filtered 0.1%", [8, 14]),
        ("filtered 1%", [8, 14]),
        ("filtered 20%", [8, 14]),
        ("filtered 5%", [8, 14]),
        ("filtered 50%", [8, 14]),
        ("paraphrase", [28, 52]),
        ("partial-number", [21, 39]),
        ("requirements 1", [11, 20]),
        ("requirements 2", [11, 20]),
        ("requirements 3", [11, 20]),
    ];
    let expected: BTreeMap<String, [usize; 2]> = expected.map(|(key, n)| (key.to_owned(), n)).into();
    assert_eq!(sizes, expected);
}

#[test]
fn every_query_has_an_answer_and_none_has_hundreds() {
    for (data, query) in queries() {
        let answers = graded(data, query, 2);
        assert!((1..=60).contains(&answers), "{}: {answers}", query.id);
        assert!(
            query.filter.is_some() || graded(data, query, 3) > 0,
            "{}",
            query.id
        );
    }
}

#[test]
fn judgements_are_complete_by_the_rule() {
    for query in &MADE.queries {
        let split = if TEST.qrels.by_query.contains_key(&query.id) {
            &TEST
        } else {
            &TUNE
        };
        let judged = &split.qrels.by_query[&query.id];
        for part in &MADE.parts {
            let rule = generator::query::grade(&query.need, query.filter.as_ref(), part, &MADE.types);
            let listed = judged.get(&part.id).map_or(0, |grade| *grade as usize);
            assert_eq!(rule, listed, "{} {}", query.id, part.id);
        }
    }
}

#[test]
fn the_splits_share_no_query_and_no_near_copy_of_one() {
    for tune in &TUNE.queries {
        for test in &TEST.queries {
            assert_ne!(tune.id, test.id);
            let alike = overlap(&stems(&tune.text), &stems(&test.text));
            assert!(
                alike < 60,
                "`{}` and `{}` have {alike} % of their stems in common",
                tune.text,
                test.text
            );
            assert!(
                edits(&tune.text, &test.text) > 2,
                "`{}` and `{}`",
                tune.text,
                test.text
            );
        }
    }
}

#[test]
fn a_filter_lets_through_what_its_query_says_and_keeps_an_answer() {
    let all = TEST.docs.len();
    for (data, query) in of_class("filtered") {
        let filter = query.filter.as_ref().unwrap();
        let passing: Vec<&Doc> = data.docs.iter().filter(|d| filter.matches(&d.metadata)).collect();
        let measured = passing.len() as f64 / all as f64;
        let said = query.metadata["selectivity"].as_f64().unwrap();
        assert!(
            (measured - said).abs() < 0.000_01,
            "{}: {measured}, said {said}",
            query.id
        );

        let band = match said {
            0.35..=0.6 => "50%",
            0.14..=0.28 => "20%",
            0.035..=0.075 => "5%",
            0.007..=0.015 => "1%",
            0.000_5..=0.002 => "0.1%",
            _ => "none",
        };
        assert_eq!(fact(query, "selectivity_band"), band, "{}", query.id);
        // What the filter keeps out is not relevant.
        let let_through = passing.iter().filter(|d| grade(data, query, &d.id) > 0).count();
        assert_eq!(let_through, graded(data, query, 1), "{}", query.id);
    }
}

#[test]
fn filters_go_with_or_against_their_query_as_it_says() {
    let all = MADE.parts.len();
    for query in MADE.queries.iter().filter(|q| q.filter.is_some()) {
        let answers: Vec<_> = MADE
            .parts
            .iter()
            .filter(|p| query.need.grade(p, &MADE.types) >= 2)
            .collect();
        let passes = |p: &&generator::part::Part| query.filter.as_ref().unwrap().passes(p);
        let passing = MADE.parts.iter().filter(passes).count();
        let kept = answers.iter().copied().filter(passes).count();
        let label = generator::filtered::label(all, passing, answers.len(), kept);
        assert_eq!(label, query.facts["correlation"].as_str(), "{}", query.id);
    }
}

#[test]
fn a_paraphrase_has_no_content_word_of_its_answers() {
    let tokenizer = DefaultTokenizer::new(Language::English);
    for (data, query) in of_class("paraphrase") {
        let asked: BTreeSet<String> = tokenizer.tokenize(&query.text).into_iter().collect();
        for doc in data.docs.iter().filter(|d| grade(data, query, &d.id) == 3) {
            let told = tokenizer
                .tokenize(&doc.text(&["title", "description", "part_number"].map(str::to_owned), " "));
            let shared: Vec<&String> = told.iter().filter(|word| asked.contains(*word)).collect();
            assert!(shared.is_empty(), "`{}` and {}: {shared:?}", query.text, doc.id);
        }
    }
}

/// Parts by type and by their description with the word at one position left out.
fn near_misses() -> BTreeSet<(&'static str, &'static str)> {
    let mut blanked: HashMap<(String, usize, String), Vec<&'static str>> = HashMap::new();
    for doc in &TEST.docs {
        let words: Vec<&str> = doc.fields["description"].split_whitespace().collect();
        for at in 0..words.len() {
            let rest = [&words[..at], &words[at + 1..]].concat().join(" ");
            let key = (doc.metadata["part_type"].to_string(), at, rest);
            blanked.entry(key).or_default().push(&doc.id);
        }
    }
    let mut pairs = BTreeSet::new();
    for group in blanked.values() {
        for (i, a) in group.iter().enumerate() {
            pairs.extend(group[i + 1..].iter().map(|b| (*a, *b)));
        }
    }
    pairs
}

#[test]
fn many_parts_have_a_twin_that_differs_in_one_word_and_queries_tell_them_apart() {
    let pairs = near_misses();
    assert!(pairs.len() >= 300, "{} pairs", pairs.len());
    let told_apart = |(data, query): &(&Dataset, &Query)| {
        let differ = |(a, b): &(&str, &str)| (grade(data, query, a) >= 2) != (grade(data, query, b) >= 2);
        pairs.iter().any(differ)
    };
    let of = |class| of_class(class).filter(told_apart).count();
    let counts = ["requirements", "attribute", "filtered"].map(|class| (class, of(class)));
    assert!(counts.iter().all(|(_, n)| *n >= 15), "{counts:?}");
}

#[test]
fn many_numbers_differ_in_one_character() {
    let numbers = texts("part_number");
    let mut blanked: HashMap<String, usize> = HashMap::new();
    for number in &numbers {
        for at in 0..number.len() {
            *blanked
                .entry(format!("{}?{}", &number[..at], &number[at + 1..]))
                .or_default() += 1;
        }
    }
    let has_twin = |n: &&&str| (0..n.len()).any(|at| blanked[&format!("{}?{}", &n[..at], &n[at + 1..])] > 1);
    let twins = numbers.iter().filter(has_twin).count();
    assert!(twins * 4 >= numbers.len(), "{twins} of {}", numbers.len());
}

#[test]
fn a_field_query_is_answered_by_that_field_alone() {
    for query in MADE.queries.iter().filter(|q| q.facts.contains_key("field")) {
        let generator::grading::Need::Kind { of, wants } = &query.need else {
            panic!("{} asks for a number", query.id);
        };
        let fact = generator::kinds::fact(&wants[0]);
        let meets = |p: &&generator::part::Part| p.of == *of && wants[0].is_met(p, &MADE.types);
        for part in MADE.parts.iter().filter(meets) {
            let stated = (part.in_title.contains(&fact), part.in_description.contains(&fact));
            let expected = (
                query.facts["field"] == "title",
                query.facts["field"] == "description",
            );
            assert_eq!(stated, expected, "{} {}", query.id, part.id);
        }
    }
}
