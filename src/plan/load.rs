//! The one way from a file to a plan: `validate`, `plan` and `run` all take it.

use std::fs;
use std::path::Path;

use super::catalog::Catalog;
use super::findings::Findings;
use super::{Plan, overrides, resolve};
use crate::spec::{self, Code, Diagnostic, SpecSource};

/// A spec file, read and resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The file as read.
    pub source: SpecSource,
    /// What it means.
    pub plan: Plan,
    /// What is odd about it.
    pub warnings: Vec<Diagnostic>,
}

/// A spec file that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The file as read; without text when it could not be.
    pub source: SpecSource,
    /// What is wrong with it: one mistake of structure, or all mistakes of meaning.
    pub errors: Vec<Diagnostic>,
}

/// Reads and resolves a spec file. `overrides` are paths and values of the command line that take the place of what
/// the spec says: paths of axes, `sweep.max` and `measure.seed`.
///
/// # Errors
/// Everything that is wrong with it, ready for [`spec::render`].
pub fn load(path: &Path, catalog: &Catalog, overrides: &[(String, String)]) -> Result<Loaded, Refused> {
    let refused = |text: String, errors| {
        let path = path.to_owned();
        let source = SpecSource { path, text };
        Refused { source, errors }
    };
    let text = fs::read_to_string(path).map_err(|error| {
        let diagnostic = Diagnostic::new(Code::Unreadable, format!("cannot read the spec: {error}"));
        refused(String::new(), vec![diagnostic])
    })?;
    let path = path.to_owned();
    let source = SpecSource { path, text };
    match read(&source, catalog, overrides) {
        Ok((plan, warnings)) => Ok(Loaded {
            source,
            plan,
            warnings,
        }),
        Err(errors) => Err(Refused { source, errors }),
    }
}

fn read(
    source: &SpecSource,
    catalog: &Catalog,
    overrides: &[(String, String)],
) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut spec = spec::parse(&source.text, &catalog.environment).map_err(|error| vec![*error])?;
    let mut findings = Findings::default();
    overrides::apply(&mut spec, overrides, &mut findings);
    findings.finish()?;
    resolve(&spec, source, catalog)
}
