//! Combinations that are added one by one.

use super::Maker;
use crate::plan::axes::{Assignment, Factor};
use crate::plan::findings::Findings;
use crate::plan::settings::{Path, Select};
use crate::spec::{Code, Diagnostic, Span, Spanned};

impl Maker<'_> {
    /// Adds the combinations of `extra`, on the data sets and backends of the sweep unless they name their own.
    pub(super) fn add_extra(&mut self, findings: &mut Findings) {
        for added in &self.axes.extra {
            let Some(factors) = self.completed(added, findings) else {
                continue;
            };
            let before = self.cells.len();
            for taken in super::combinations(&factors) {
                let Some(combination) = self.combination(&taken) else {
                    continue;
                };
                for (path, why) in &combination.idle {
                    findings.push(without_effect(path, why, added));
                }
                self.effective.extend(combination.settings.keys().cloned());
                let (key, made) = self.make(combination, findings);
                self.cells.entry(key).or_insert(made);
            }
            let new = self.cells.len() - before;
            self.out.counts.extra += new;
            if new == 0 {
                let title = "the added combination is in the sweep already";
                findings.push(Diagnostic::new(Code::SameAgain, title).at(added.span, "adds nothing"));
            }
        }
    }

    /// A row with the factors it does not name itself: data set, backend, and the pipeline if there is only one.
    fn completed(&self, added: &Spanned<Vec<Assignment>>, findings: &mut Findings) -> Option<Vec<Factor>> {
        let mut factors: Vec<Factor> = Vec::new();
        for select in Select::ALL {
            let path = Path::Select(select);
            if added.value.iter().any(|a| a.path == path) {
                continue;
            }
            let mut of_sweep: Factor = Vec::new();
            for assignment in self
                .axes
                .factors
                .iter()
                .flatten()
                .flatten()
                .filter(|a| a.path == path)
            {
                if !of_sweep.iter().flatten().any(|a| a.setting == assignment.setting) {
                    of_sweep.push(vec![assignment.clone()]);
                }
            }
            if select == Select::Pipeline && of_sweep.len() > 1 {
                let title = "the added combination does not say which pipeline it is";
                findings.push(Diagnostic::new(Code::Incomplete, title).at(added.span, "add `pipeline: …`"));
                return None;
            }
            factors.push(of_sweep);
        }
        factors.push(vec![added.value.clone()]);
        Some(factors)
    }
}

fn without_effect(path: &str, why: &str, added: &Spanned<Vec<Assignment>>) -> Diagnostic {
    let setting = added.value.iter().find(|a| a.text == path);
    let place = setting.map_or(Span::UNKNOWN, |a| a.span).or(added.span);
    let title = format!("`{path}` has no effect in the added combination");
    Diagnostic::new(Code::WrongValue, title).at(place, why)
}
