//! The texts of the queries: asked twice, or standing in the corpus.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::fold::{fold, grouped, many, percent};
use super::{Finding, Severity, Spread};
use crate::dataset::Dataset;

/// A query of up to so many words is a name or a number rather than a question.
const NAME: usize = 3;

/// The texts of the queries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Queries {
    /// Distinct texts when case and white space do not count.
    pub distinct_folded: usize,
    /// Queries whose text is a field, or all of the text, of a document.
    pub in_corpus: usize,
    /// Those of them that have this document as a relevant one.
    pub in_corpus_relevant: usize,
    /// Words per query.
    pub words: Option<Spread>,
}

pub(super) fn look(data: &Dataset, texts: &[String], findings: &mut Vec<Finding>) -> Queries {
    // Sets of vectors have queries without texts.
    let asked: Vec<(&str, String)> = data
        .queries
        .iter()
        .map(|q| (q.id.as_str(), fold(&q.text)))
        .collect();
    let asked: Vec<(&str, String)> = asked.into_iter().filter(|(_, text)| !text.is_empty()).collect();
    let distinct: HashSet<&str> = asked.iter().map(|(_, text)| text.as_str()).collect();
    let leaks = leaks(data, texts, &asked, &distinct);
    let relevant = leaks.iter().filter(|leak| leak.is_relevant).count();
    repeats(&asked, distinct.len(), findings);
    in_corpus(&leaks, asked.len(), findings);
    Queries {
        distinct_folded: distinct.len(),
        in_corpus: leaks.len(),
        in_corpus_relevant: relevant,
        words: Spread::of_counts(asked.iter().map(|(_, text)| text.split(' ').count())),
    }
}

/// A query whose text is that of a document.
struct Leak<'a> {
    query: &'a str,
    document: &'a str,
    /// Whether the document is relevant to this query.
    is_relevant: bool,
    /// Whether the query is so short that it can be a name or a number.
    is_name: bool,
}

impl Leak<'_> {
    /// A name or a number of the thing that is looked for: found by design.
    fn is_known_item(&self) -> bool {
        self.is_name && self.is_relevant
    }

    fn case(&self) -> String {
        let relevance = if self.is_relevant {
            "relevant"
        } else {
            "not relevant"
        };
        format!("{}: {} ({relevance})", self.query, self.document)
    }
}

fn leaks<'a>(
    data: &'a Dataset,
    texts: &[String],
    asked: &[(&'a str, String)],
    wanted: &HashSet<&str>,
) -> Vec<Leak<'a>> {
    let mut holders: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, (doc, all)) in data.docs.iter().zip(texts).enumerate() {
        let mut own: Vec<String> = doc.fields.values().map(|text| fold(text)).collect();
        own.push(all.clone());
        own.sort();
        own.dedup();
        for text in own.into_iter().filter(|text| wanted.contains(text.as_str())) {
            holders.entry(text).or_default().push(i);
        }
    }
    let leak = |(query, text): &(&'a str, String)| {
        let holders = holders.get(text)?;
        let is_relevant = |i: &usize| data.qrels.grade(query, &data.docs[*i].id).is_some_and(|g| g > 0);
        let relevant = holders.iter().copied().find(is_relevant);
        let document = relevant.or(holders.first().copied())?;
        Some(Leak {
            query,
            document: &data.docs[document].id,
            is_relevant: relevant.is_some(),
            is_name: text.split(' ').count() <= NAME,
        })
    };
    asked.iter().filter_map(leak).collect()
}

fn in_corpus(leaks: &[Leak<'_>], asked: usize, findings: &mut Vec<Finding>) {
    let (known, leaks): (Vec<&Leak>, Vec<&Leak>) = leaks.iter().partition(|leak| leak.is_known_item());
    if !leaks.is_empty() {
        let n = leaks.len();
        let text = format!(
            "{} ({} of {}) {} word for word in the corpus, {} in a relevant document: such a document is found \
             without understanding, and one that is not relevant pushes the answer down for every technique alike. \
             Remove these documents or these queries, or report them apart.",
            many(n, "query", "queries"),
            percent(n, asked),
            grouped(asked),
            if n == 1 { "stands" } else { "stand" },
            grouped(leaks.iter().filter(|leak| leak.is_relevant).count())
        );
        let cases = leaks.iter().map(|leak| leak.case());
        findings.push(Finding::new(Severity::Warning, "query_in_corpus", text).cases(cases));
    }
    if !known.is_empty() {
        let text = format!(
            "{} of {} {} the name or number of a relevant document and nothing else: keyword search finds it without \
             fail. Report these queries apart.",
            grouped(known.len()),
            many(asked, "query", "queries"),
            if known.len() == 1 { "is" } else { "are" }
        );
        let cases = known.iter().map(|leak| leak.case());
        findings.push(Finding::new(Severity::Note, "known_items", text).cases(cases));
    }
}

fn repeats(asked: &[(&str, String)], distinct: usize, findings: &mut Vec<Finding>) {
    if distinct == asked.len() {
        return;
    }
    let mut by_text: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, text) in asked {
        by_text.entry(text).or_default().push(id);
    }
    let cases = by_text
        .values()
        .filter(|ids| ids.len() > 1)
        .map(|ids| ids.join(" = "));
    let text = format!(
        "{} the text of an earlier one: such a query counts twice in every mean and makes intervals too narrow. Join \
         their judgements.",
        many(asked.len() - distinct, "query has", "queries have")
    );
    findings.push(Finding::new(Severity::Warning, "repeated_queries", text).cases(cases));
}
