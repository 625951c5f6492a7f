//! Mistakes and warnings, collected while a spec is resolved.

use indexmap::IndexMap;

use crate::spec::{Code, Diagnostic, Label, Severity};

/// Everything found so far. Cells share stages, so the same thing is found many times and kept once.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: IndexMap<(Code, String, Option<Label>), Diagnostic>,
}

impl Findings {
    /// Adds one, unless it is there already.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        let key = (
            diagnostic.code,
            diagnostic.title.clone(),
            diagnostic.primary.clone(),
        );
        self.found.entry(key).or_insert(diagnostic);
    }

    /// True when the spec cannot be run.
    pub(super) fn has_errors(&self) -> bool {
        self.found.values().any(|d| d.severity() == Severity::Error)
    }

    /// The warnings, or, when there are errors, those: a warning may be no more than their echo. In the order of the
    /// text.
    pub(super) fn finish(self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let failed = self.has_errors();
        let mut found: Vec<Diagnostic> = self.found.into_values().collect();
        found.sort_by_key(|d| d.primary.as_ref().map(|p| p.span));
        if failed {
            found.retain(|d| d.severity() == Severity::Error);
            return Err(found);
        }
        Ok(found)
    }
}
