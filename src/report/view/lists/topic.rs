//! What a query's lists are read against: judgements and texts.

use std::collections::{BTreeMap, BTreeSet};

use crate::dataset::Grade;
use crate::evaluate::StageView;

use super::super::text::one_line;

/// What a query's lists are read against.
#[derive(Debug)]
pub(crate) struct Topic<'a> {
    /// Judged documents of the query.
    pub(crate) judged: Option<&'a BTreeMap<String, Grade>>,
    /// The grade of a document that is not among them; `None`, unless the judgements are complete.
    unlisted: Option<Grade>,
    /// Document → field → text.
    texts: Option<&'a BTreeMap<String, BTreeMap<String, String>>>,
    /// The documents of the query's highest grade, if that makes them relevant: its best answers.
    pub(crate) targets: BTreeSet<&'a str>,
    /// Cut-offs of the measures, ascending.
    pub(crate) cutoffs: &'a [usize],
    /// Rows per list; relevant documents further down are shown too.
    pub(crate) depth: usize,
}

/// A judgement, printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// `★ 3` for the query's highest grade, the bare grade otherwise, `unjudged`.
    pub(crate) text: String,
    /// Class name in the page.
    pub(crate) class: &'static str,
}

impl<'a> Topic<'a> {
    /// Of one query. `cutoffs` ascend; `depth` is the number of rows per list.
    pub(crate) fn new(
        judged: Option<&'a BTreeMap<String, Grade>>,
        unlisted: Option<Grade>,
        texts: Option<&'a BTreeMap<String, BTreeMap<String, String>>>,
        cutoffs: &'a [usize],
        depth: usize,
    ) -> Topic<'a> {
        let grades = judged.into_iter().flatten();
        let top = grades.clone().map(|(_, grade)| *grade).max().unwrap_or(0);
        let targets = grades.filter(|(_, grade)| top >= 1 && **grade == top);
        Topic {
            judged,
            unlisted,
            texts,
            targets: targets.map(|(doc, _)| doc.as_str()).collect(),
            cutoffs,
            depth,
        }
    }

    /// Grade of a document; `None` is unjudged.
    fn grade(&self, doc: &str) -> Option<Grade> {
        self.judged?.get(doc).copied().or(self.unlisted)
    }

    /// Whether a document is judged relevant.
    pub(super) fn is_relevant(&self, doc: &str) -> bool {
        self.grade(doc).is_some_and(|g| g >= 1)
    }

    /// Whether a document is judged, and not relevant.
    pub(super) fn is_irrelevant(&self, doc: &str) -> bool {
        self.grade(doc).is_some_and(|g| g < 1)
    }

    /// Rank of the first target in a list.
    pub(crate) fn first_target(&self, stage: &StageView) -> Option<usize> {
        let is_target = |h: &&crate::evaluate::HitView| self.targets.contains(h.doc.as_str());
        stage.hits.iter().find(is_target).map(|h| h.rank)
    }

    /// How a sentence speaks of the targets.
    pub(super) fn subject(&self) -> String {
        let grades: Vec<Grade> = self
            .judged
            .into_iter()
            .flat_map(BTreeMap::values)
            .copied()
            .filter(|g| *g >= 1)
            .collect();
        let top = grades.iter().copied().max().unwrap_or(0);
        let of_top = grades.iter().filter(|g| **g == top).count();
        match (of_top, grades.len()) {
            (1, 1) => "the only relevant document".to_owned(),
            (1, _) => format!("the only document of the highest grade ({top})"),
            (n, all) if n == all => format!("the first of {n} relevant documents"),
            (n, _) => format!("the first of {n} documents of the highest grade ({top})"),
        }
    }

    /// A document's title, or the start of its first text, or nothing.
    pub(crate) fn title(&self, doc: &str) -> String {
        let Some(fields) = self.texts.and_then(|t| t.get(doc)) else {
            return String::new();
        };
        let title = fields.get("title").filter(|t| !t.trim().is_empty());
        let text = title.or_else(|| fields.values().find(|t| !t.trim().is_empty()));
        text.map_or_else(String::new, |t| one_line(t, 90))
    }

    /// All texts of a document in a line of at most `max` characters; `None` where it has none.
    pub(crate) fn text(&self, doc: &str, max: usize) -> Option<String> {
        let fields = self.texts?.get(doc)?.values();
        let texts: Vec<&str> = fields.map(|t| t.trim()).filter(|t| !t.is_empty()).collect();
        (!texts.is_empty()).then(|| one_line(&texts.join(" · "), max))
    }

    /// A judgement, printed.
    pub(crate) fn mark(&self, doc: &str) -> Mark {
        match self.grade(doc) {
            None => Mark {
                text: "unjudged".to_owned(),
                class: "unjudged",
            },
            Some(g) if self.targets.contains(doc) => Mark {
                text: format!("★ {g}"),
                class: "target",
            },
            Some(g) if g >= 1 => Mark {
                text: g.to_string(),
                class: "relevant",
            },
            Some(g) => Mark {
                text: g.to_string().replace('-', "−"),
                class: "zero",
            },
        }
    }
}
