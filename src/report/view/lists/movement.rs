//! Where a document of a list stood before, and what that means for the query's best answers.

use crate::evaluate::{HitView, StageView};

use super::Topic;

/// A movement, printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    /// `#4 → #1 ▲3`, `#2 =`, `NEW`, or `d #4 · s –` after a fusion.
    pub(crate) text: String,
    /// Class name in the page.
    pub(crate) class: &'static str,
}

/// Where a document stood in an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    At(usize),
    /// Not in the part that is kept, which reaches to this rank.
    Beyond(usize),
    Absent,
}

pub(super) fn before(topic: &Topic<'_>, doc: &str, input: &StageView) -> Before {
    if let Some(hit) = input.hits.iter().find(|h| h.doc == doc) {
        return Before::At(hit.rank);
    }
    // Relevant documents are kept however far down they are, so they are absent if they are not there.
    let is_complete = input.hits.len() >= input.found;
    if is_complete || topic.is_relevant(doc) {
        Before::Absent
    } else {
        Before::Beyond(top(input))
    }
}

/// How far the unbroken top of a kept list reaches.
pub(super) fn top(view: &StageView) -> usize {
    view.hits
        .iter()
        .enumerate()
        .take_while(|(i, h)| h.rank == i + 1)
        .count()
}

pub(super) fn movement(topic: &Topic<'_>, hit: &HitView, inputs: &[&StageView]) -> Move {
    let now = hit.rank;
    if let [input] = inputs {
        let (text, class) = match before(topic, &hit.doc, input) {
            Before::At(then) if then == now => (format!("#{now} ="), "same"),
            Before::At(then) if then > now => (format!("#{then} → #{now} ▲{}", then - now), "up"),
            Before::At(then) => (format!("#{then} → #{now} ▼{}", now - then), "down"),
            Before::Beyond(top) => (format!(">#{top} → #{now} ▲"), "up"),
            Before::Absent => (format!("NEW → #{now}"), "up"),
        };
        return Move { text, class };
    }
    let from = |input: &&StageView| match before(topic, &hit.doc, input) {
        Before::At(then) => format!("{}\u{a0}#{then}", input.stage),
        Before::Beyond(top) => format!("{}\u{a0}>#{top}", input.stage),
        Before::Absent => format!("{}\u{a0}–", input.stage),
    };
    Move {
        text: inputs.iter().map(from).collect::<Vec<_>>().join(" · "),
        class: "from",
    }
}

/// The best rank a document had in any input.
fn best_before(topic: &Topic<'_>, doc: &str, inputs: &[&StageView]) -> Option<usize> {
    let at = |input: &&StageView| match before(topic, doc, input) {
        Before::At(rank) => Some(rank),
        Before::Beyond(_) | Before::Absent => None,
    };
    inputs.iter().filter_map(at).min()
}

/// A target is rescued (buried) when the stage carries it across a cut-off and the number of targets above that
/// cut-off grows (shrinks) with it; a mere exchange of two targets is neither. A document that is judged not relevant is
/// noise when the stage carries it across the first cut-off.
pub(crate) fn label(topic: &Topic<'_>, doc: &str, view: &StageView, inputs: &[&StageView]) -> Option<String> {
    if inputs.is_empty() {
        return None;
    }
    let now = |d: &str| view.hits.iter().find(|h| h.doc == d).map(|h| h.rank);
    let then = |d: &str| best_before(topic, d, inputs);
    let within = |rank: Option<usize>, k: usize| rank.is_some_and(|r| r <= k);
    if !topic.targets.contains(doc) {
        let least = *topic.cutoffs.first()?;
        let came_up = !within(then(doc), least) && within(now(doc), least);
        return (came_up && topic.is_irrelevant(doc)).then(|| format!("noise in the top {least}"));
    }
    topic.cutoffs.iter().find_map(|&k| {
        let count = |rank: &dyn Fn(&str) -> Option<usize>| {
            topic.targets.iter().filter(|d| within(rank(d), k)).count()
        };
        match (within(then(doc), k), within(now(doc), k)) {
            (false, true) if count(&now) > count(&then) => Some(format!("rescued into the top {k}")),
            (true, false) if count(&now) < count(&then) => Some(format!("buried below the top {k}")),
            _ => None,
        }
    })
}
