//! Why a combination is not a cell of its own.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::Maker;
use crate::plan::axes::Assignment;
use crate::plan::findings::Findings;
use crate::plan::settings::Path;
use crate::plan::{Cell, Dropped};
use crate::spec::{Code, Diagnostic};

/// The axes that have no effect, each with its reason.
pub(super) type Idle = Vec<(String, String)>;

/// `n` combinations of a pipeline that differ only in axes without effect.
pub(super) fn merged(pipeline: &str, idle: &Idle, n: usize) -> Dropped {
    let mut by_reason: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for (path, why) in idle {
        by_reason.entry(why).or_default().push(path);
    }
    let reasons = by_reason
        .iter()
        .map(|(why, paths)| format!("{}: {why}", paths.join(", ")));
    let reasons: Vec<String> = reasons.collect();
    Dropped {
        settings: IndexMap::from([("pipeline".to_owned(), pipeline.to_owned())]),
        reason: format!("{n} merged; {}", reasons.join("; ")),
    }
}

/// A cell that the spec leaves out.
pub(super) fn excluded(cell: &Cell, line: usize) -> Dropped {
    // Also those that do not vary: there is no other place to read them.
    let mut settings = IndexMap::from([("data".to_owned(), cell.data.clone())]);
    settings.insert("pipeline".to_owned(), cell.pipeline.name.clone());
    settings.extend(cell.settings.clone());
    let reason = format!("excluded on line {line}");
    Dropped { settings, reason }
}

/// Warns of axes that have an effect nowhere.
pub(super) fn warn_of_dead_axes(maker: &Maker<'_>, findings: &mut Findings) {
    let is_dead = |a: &&Assignment| !matches!(a.path, Path::Select(_)) && !maker.effective.contains(&a.text);
    let first_values = maker
        .axes
        .factors
        .iter()
        .filter_map(|factor| factor.first())
        .flatten();
    for dead in first_values.filter(is_dead) {
        let idle = maker.merged.keys().flat_map(|(_, idle)| idle);
        let reasons = idle
            .filter(|(path, _)| *path == dead.text)
            .map(|(_, why)| why.as_str());
        let reasons: BTreeSet<&str> = reasons.collect();
        let label = reasons.into_iter().collect::<Vec<_>>().join("; ");
        let mut written = maker.parts.spec.sweep.axes.iter();
        let place = written.find(|(path, _)| path.value == dead.text);
        let place = place.map_or(dead.span, |(path, _)| path.span);
        let title = format!("the axis `{}` changes no cell", dead.text);
        findings.push(Diagnostic::new(Code::DeadAxis, title).at(place, label));
    }
}
