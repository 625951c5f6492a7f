//! Dead knobs: a swept setting that changes neither answers nor work.

use std::collections::BTreeMap;

use super::{CellResult, CellState, StageView};
use crate::store::{Finding, Severity};

type Tops = BTreeMap<String, BTreeMap<String, Vec<StageView>>>;

/// Marks cells that differ from another in exactly one setting and equal it in every list and every counter.
pub(super) fn mark_dead(cells: &mut [CellResult], tops: &Tops) {
    let dead: Vec<(usize, String)> = (0..cells.len())
        .filter_map(|i| Some((i, dead_setting(cells, i, tops)?)))
        .collect();
    for (i, message) in dead {
        if let CellState::Ok(numbers) = &mut cells[i].state {
            numbers.measured.findings.push(Finding {
                check: "dead-knob".into(),
                severity: Severity::Warning,
                message,
            });
        }
    }
}

fn dead_setting(cells: &[CellResult], i: usize, tops: &Tops) -> Option<String> {
    cells[..i].iter().find_map(|other| {
        let axis = only_difference(&cells[i], other)?;
        same_work(&cells[i], other, tops).then(|| {
            format!(
                "`{axis}` has no effect: {} and {} give the same lists with the same work",
                cells[i].cell.settings[axis], other.cell.settings[axis]
            )
        })
    })
}

/// The one axis in which two cells of a data set differ. A pipeline differs in more than a setting, so it is no knob.
fn only_difference<'a>(a: &'a CellResult, b: &CellResult) -> Option<&'a str> {
    if a.cell.data != b.cell.data || a.cell.backend != b.cell.backend {
        return None;
    }
    if !a.cell.settings.keys().eq(b.cell.settings.keys()) {
        return None;
    }
    let mut different = a
        .cell
        .settings
        .iter()
        .filter(|(axis, label)| b.cell.settings.get(*axis) != Some(label))
        .map(|(axis, _)| axis.as_str());
    let axis = different.next()?;
    (different.next().is_none() && axis != "pipeline").then_some(axis)
}

fn same_work(a: &CellResult, b: &CellResult, tops: &Tops) -> bool {
    let (CellState::Ok(x), CellState::Ok(y)) = (&a.state, &b.state) else {
        return false;
    };
    x.counters == y.counters && tops.get(&a.cell.id) == tops.get(&b.cell.id)
}
