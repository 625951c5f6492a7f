//! The texts of the documents: how many there are, how many are distinct, how long they are.

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;
use serde::Serialize;

use super::fold::{fold, grouped, many, percent};
use super::{Finding, Severity, Spread, WINDOW};
use crate::dataset::{Dataset, Doc};

/// The name under which all fields of a document are looked at together.
pub(super) const ALL: &str = "all";

/// A text field of the documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Documents that have it, and not blank.
    pub documents: usize,
    /// Distinct texts among them.
    pub distinct: usize,
    /// Distinct texts when case and white space do not count.
    pub distinct_folded: usize,
    /// Words per text.
    pub words: Option<Spread>,
    /// Texts of more than [`WINDOW`] words.
    pub long: usize,
}

/// The folded text of each document, all fields in the order of their names; empty when it has none.
pub(super) fn texts(data: &Dataset) -> Vec<String> {
    let all = |doc: &Doc| {
        let fields: Vec<&str> = doc.fields.values().map(String::as_str).collect();
        fold(&fields.join(" "))
    };
    data.docs.par_iter().map(all).collect()
}

pub(super) fn look(data: &Dataset, texts: &[String], findings: &mut Vec<Finding>) -> BTreeMap<String, Field> {
    let names: HashSet<&String> = data.docs.iter().flat_map(|doc| doc.fields.keys()).collect();
    let mut names: Vec<&String> = names.into_iter().collect();
    names.sort();
    let of = |name: &&String| {
        let values = data.docs.iter().filter_map(|doc| doc.fields.get(*name));
        let values: Vec<&str> = values
            .map(String::as_str)
            .filter(|t| !t.trim().is_empty())
            .collect();
        ((*name).clone(), field(&values))
    };
    let mut fields: BTreeMap<String, Field> = names.par_iter().map(of).collect();
    if fields.is_empty() {
        return fields;
    }
    let present: Vec<&str> = texts
        .iter()
        .map(String::as_str)
        .filter(|t| !t.is_empty())
        .collect();
    let all = field(&present);
    for (name, field) in &fields {
        repeated(name, field, findings);
    }
    together(&all, findings);
    empty(data, texts, findings);
    long(&all, findings);
    if fields.len() > 1 {
        fields.insert(ALL.to_owned(), all);
    }
    fields
}

fn field(values: &[&str]) -> Field {
    let exact: HashSet<&str> = values.iter().copied().collect();
    let folded: HashSet<String> = exact.iter().map(|text| fold(text)).collect();
    let words: Vec<usize> = values
        .par_iter()
        .map(|text| text.split_whitespace().count())
        .collect();
    Field {
        documents: values.len(),
        distinct: exact.len(),
        distinct_folded: folded.len(),
        long: words.iter().filter(|n| **n > WINDOW).count(),
        words: Spread::of_counts(words),
    }
}

/// More than one in twenty repeats another's text.
fn repeats(field: &Field) -> bool {
    field.documents >= 20 && field.distinct_folded * 20 < field.documents * 19
}

fn repeated(name: &str, field: &Field, findings: &mut Vec<Finding>) {
    if repeats(field) {
        let text = format!(
            "`{name}` has {} distinct texts in {} documents ({}): searched alone it cannot tell the others apart. \
             Index another field beside it.",
            grouped(field.distinct_folded),
            grouped(field.documents),
            percent(field.distinct_folded, field.documents)
        );
        findings.push(Finding::new(Severity::Note, "repeated_field", text));
    }
}

fn together(all: &Field, findings: &mut Vec<Finding>) {
    if repeats(all) {
        let text = format!(
            "{} of the documents are distinct ({} of {}): among equal texts the order is decided by ids, and a \
             judgement of one of them is luck. Remove repeats, or judge them alike.",
            percent(all.distinct_folded, all.documents),
            grouped(all.distinct_folded),
            grouped(all.documents)
        );
        findings.push(Finding::new(Severity::Warning, "repeated_documents", text));
    }
}

fn empty(data: &Dataset, texts: &[String], findings: &mut Vec<Finding>) {
    let blank = data.docs.iter().zip(texts).filter(|(_, text)| text.is_empty());
    let ids: Vec<&str> = blank.map(|(doc, _)| doc.id.as_str()).collect();
    if !ids.is_empty() {
        let them = if ids.len() == 1 { "it" } else { "them" };
        let text = format!(
            "{} without any text: no search by text can find {them}. Remove {them} from the corpus and from the \
             judgements.",
            many(ids.len(), "document", "documents"),
        );
        findings.push(Finding::new(Severity::Warning, "no_text", text).cases(ids));
    }
}

fn long(all: &Field, findings: &mut Vec<Finding>) {
    if all.long * 10 > all.documents {
        let text = format!(
            "{} of the documents have more than {WINDOW} words, and the built-in embedder reads {WINDOW} tokens: it \
             does not see their ends. Compare with BM25, which does, or take a model with a longer window.",
            percent(all.long, all.documents)
        );
        findings.push(Finding::new(Severity::Note, "long_documents", text));
    }
}
