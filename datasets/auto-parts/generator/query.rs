//! What a query is, and how the set of them is put together: classes, quotas, the split.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::brands::normal;
use super::filters::Filter;
use super::grading::Need;
use super::lexis;
use super::ontology::PartType;
use super::part::Part;
use super::rng::Rng;
use super::{filtered, kinds, numbers};

const SEED: u64 = 0x5eed_0002;

/// A labelled query.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) need: Need,
    pub(crate) filter: Option<Filter>,
    /// Metadata besides the filter; `class` comes first.
    pub(crate) facts: Map<String, Value>,
    pub(crate) split: Split,
}

/// Which judgement file a query goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    Tune,
    Test,
}

/// What the makers of queries work with.
pub(crate) struct Workshop<'a> {
    pub(crate) types: &'a [PartType],
    pub(crate) parts: &'a [Part],
    pub(crate) rng: Rng,
    /// Normal forms of all parts' own numbers, and of those that parts list.
    pub(crate) own: Vec<String>,
    pub(crate) listed: Vec<String>,
    /// The split of each type: no type is asked for in both.
    splits: Vec<Split>,
    queries: Vec<Query>,
    /// Split and stems of every text so far.
    texts: Vec<(Split, BTreeSet<String>)>,
}

/// Makes one candidate of a class for a type; `None` if this draw gives none.
pub(crate) type Maker<'m> = &'m mut dyn FnMut(&mut Workshop<'_>, usize) -> Option<Draft>;

/// A query without id and split.
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) need: Need,
    pub(crate) filter: Option<Filter>,
    pub(crate) facts: Vec<(&'static str, Value)>,
}

/// All queries, ids `q001` and up, class by class.
pub(crate) fn build(types: &[PartType], parts: &[Part]) -> Vec<Query> {
    let mut rng = Rng::new(SEED);
    let mut workshop = Workshop {
        types,
        parts,
        splits: splits(types, &mut rng),
        rng,
        own: parts.iter().map(|p| normal(&p.number)).collect(),
        listed: parts.iter().flat_map(Part::listed).map(|n| normal(n)).collect(),
        queries: Vec::new(),
        texts: Vec::new(),
    };
    numbers::add(&mut workshop);
    kinds::add(&mut workshop);
    filtered::add(&mut workshop);
    let mut queries = workshop.queries;
    for (i, query) in queries.iter_mut().enumerate() {
        query.id = format!("q{:03}", i + 1);
    }
    queries
}

/// About 35 % of the types to `tune`; types that can stand in for each other stay together.
fn splits(types: &[PartType], rng: &mut Rng) -> Vec<Split> {
    let mut splits = vec![Split::Test; types.len()];
    let mut order: Vec<usize> = (0..types.len()).collect();
    rng.shuffle(&mut order);
    let mut tune = 0;
    for of in order {
        if tune * 100 < types.len() * 36 && splits[of] == Split::Test {
            for &member in types[of].like.iter().chain([&of]) {
                splits[member] = Split::Tune;
                tune += 1;
            }
        }
    }
    splits
}

impl<'a> Workshop<'a> {
    /// Adds `tune` and `test` queries that `make` drafts for types of the split, each type in turn.
    pub(crate) fn fill(&mut self, class: &'static str, [tune, test]: [usize; 2], make: Maker<'_>) {
        for (split, quota) in [(Split::Tune, tune), (Split::Test, test)] {
            let mut of_split: Vec<usize> = (0..self.types.len())
                .filter(|&t| self.splits[t] == split)
                .collect();
            let mut added = 0;
            let mut rounds = 0;
            while added < quota {
                self.rng.shuffle(&mut of_split);
                for &of in &of_split {
                    let draft = if added < quota { make(self, of) } else { None };
                    if draft.is_some_and(|draft| self.accept(class, split, draft)) {
                        added += 1;
                    }
                }
                rounds += 1;
                assert!(
                    rounds < 2000,
                    "{class}: only {added} of {quota} queries for {split:?}"
                );
            }
        }
    }

    /// Takes a draft unless nothing or too much answers it, or a text like it is there already.
    fn accept(&mut self, class: &'static str, split: Split, draft: Draft) -> bool {
        let grades: Vec<usize> = self.parts.iter().map(|p| self.grade(&draft, p)).collect();
        let answers = |least| grades.iter().filter(|grade| **grade >= least).count();
        let needed = if draft.filter.is_some() { 2 } else { 3 };
        if answers(needed) == 0 || answers(2) > 60 {
            return false;
        }
        let stems = lexis::stems(&draft.text);
        let like = |(of, other): &(Split, BTreeSet<String>)| {
            lexis::overlap(&stems, other) >= if *of == split { 95 } else { 60 }
        };
        if self.texts.iter().any(like) {
            return false;
        }
        self.texts.push((split, stems));
        let mut facts = Map::new();
        facts.insert("class".to_owned(), Value::from(class));
        facts.extend(
            draft
                .facts
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value)),
        );
        self.queries.push(Query {
            id: String::new(),
            text: draft.text,
            need: draft.need,
            filter: draft.filter,
            facts,
            split,
        });
        true
    }

    fn grade(&self, draft: &Draft, part: &Part) -> usize {
        grade(&draft.need, draft.filter.as_ref(), part, self.types)
    }

    /// The parts of a type.
    pub(crate) fn of_type(&self, of: usize) -> Vec<&'a Part> {
        let parts: &'a [Part] = self.parts;
        parts.iter().filter(|p| p.of == of).collect()
    }
}

/// The grade of a part for a need under a filter.
pub(crate) fn grade(need: &Need, filter: Option<&Filter>, part: &Part, types: &[PartType]) -> usize {
    if filter.is_some_and(|f| !f.passes(part)) {
        return 0;
    }
    need.grade(part, types)
}

impl Query {
    /// The judgements that are written down: every grade of 1 and more, and the zeros that are near misses.
    pub(crate) fn judgements<'p>(&self, parts: &'p [Part], types: &[PartType]) -> Vec<(&'p str, usize)> {
        let judged = parts.iter().filter_map(|part| {
            let grade = grade(&self.need, self.filter.as_ref(), part, types);
            let written = grade > 0 || self.is_near_miss(part, types);
            written.then_some((part.id.as_str(), grade))
        });
        judged.collect()
    }

    /// A part of grade 0 that is easily taken for an answer: of the right type, kept out by the filter only, or with
    /// a number that looks like the one asked for.
    fn is_near_miss(&self, part: &Part, types: &[PartType]) -> bool {
        match &self.need {
            Need::Number { meant, .. } => {
                let own = normal(&part.number);
                meant.iter().any(|number| lexis::edits(number, &own) <= 2)
            }
            Need::Kind { .. } => match self.filter {
                Some(_) => self.need.grade(part, types) >= 2,
                None => self.need.is_near(part, types),
            },
        }
    }
}
