//! What was taken over from an earlier run.

use std::collections::BTreeSet;

use super::super::set::Set;
use super::super::text::{count, listed};
use super::{Fact, Level};
use crate::evaluate::Evaluation;
use crate::store::Taken;

/// What another run measured was measured then. Times of two sittings beside each other are no fair comparison.
pub(crate) fn resumed(evaluation: &Evaluation, sets: &[Set<'_>]) -> Option<Fact> {
    let resumed = evaluation.manifest.resumed.as_ref()?;
    if resumed.taken.is_empty() {
        let text = format!(
            "nothing of run {} could be taken over; every cell was run",
            resumed.run
        );
        return Some(Fact::new(Level::Fine, "Resumed", text));
    }
    let from = |taken: &Taken| {
        let (verb, n) = match taken.cells.len() {
            1 => ("was", count(1, "cell", "cells")),
            n => ("were", count(n, "cell", "cells")),
        };
        format!("{n} {verb} taken from run {} of {}", taken.run, taken.started)
    };
    let mut text = resumed.taken.iter().map(from).collect::<Vec<String>>().join(", ");
    let by_taken: usize = resumed.taken.iter().map(|t| t.cells.len()).sum();
    // The run in which a cell was timed: one of the earlier, or this one.
    let sitting = |id: &str| resumed.taken.iter().position(|t| t.cells.iter().any(|c| c == id));
    let sittings = |set: &Set<'_>| -> BTreeSet<Option<usize>> {
        let timed = set.ran().filter(|r| r.numbers.latency.is_some());
        timed.map(|r| sitting(&r.cell.cell.id)).collect()
    };
    let by_set: Vec<(&str, BTreeSet<Option<usize>>)> = sets.iter().map(|s| (s.data, sittings(s))).collect();
    if by_set.iter().any(|(_, of)| of.iter().any(Option::is_some)) {
        let whose = match by_taken {
            1 => "its times were",
            _ => "their times were",
        };
        text += &format!("; {whose} taken then");
    }
    let mixed: Vec<String> = (by_set.iter().filter(|(_, of)| of.len() > 1))
        .map(|(data, _)| (*data).to_owned())
        .collect();
    if mixed.is_empty() {
        return Some(Fact::new(Level::Fine, "Resumed", text));
    }
    text += &format!(
        ". In {} cells were not timed in turns but in two sittings, and the machine may have changed between them: to compare \
         these times run all of it again",
        listed(&mixed, 3)
    );
    Some(Fact::new(Level::Attention, "Resumed", text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn cells_of_another_run_are_counted_and_times_of_two_sittings_noticed() {
        let mut evaluation = evaluation();
        let ran: Vec<String> = (evaluation.cells.iter())
            .filter(|c| c.cell.data == "parts" && matches!(&c.state, crate::evaluate::CellState::Ok(_)))
            .map(|c| c.cell.id.clone())
            .collect();
        let mut said = |cells: &[String]| {
            evaluation.manifest.resumed = Some(crate::store::Resumed {
                run: "20260301T090000Z-4f1c2ab".into(),
                taken: vec![Taken {
                    run: "20260301T090000Z-4f1c2ab".into(),
                    started: "2026-03-01T09:00:00Z".into(),
                    cells: cells.to_vec(),
                }],
            });
            let fact = resumed(&evaluation, &Set::all(&evaluation)).unwrap();
            format!("{} {}", fact.glyph(), fact.text)
        };
        insta::assert_snapshot!(said(&ran), @"✓ 5 cells were taken from run 20260301T090000Z-4f1c2ab of 2026-03-01T09:00:00Z; their times were taken then");
        insta::assert_snapshot!(said(&ran[..1]), @"! 1 cell was taken from run 20260301T090000Z-4f1c2ab of 2026-03-01T09:00:00Z; its times were taken then. In parts cells were not timed in turns but in two sittings, and the machine may have changed between them: to compare these times run all of it again");
    }
}
