//! Numbers that mean something only within bounds.

use super::findings::Findings;
use crate::spec::{Code, Diagnostic, Spanned};

/// The written count, or the default; a count is never 0.
pub(super) fn count(
    written: Option<&Spanned<usize>>,
    default: usize,
    what: &str,
    findings: &mut Findings,
) -> usize {
    at_least(written, 1, default, what, findings)
}

/// The written number, or the default; never below `least`.
pub(super) fn at_least(
    written: Option<&Spanned<usize>>,
    least: usize,
    default: usize,
    what: &str,
    findings: &mut Findings,
) -> usize {
    let Some(written) = written else { return default };
    if written.value < least {
        findings.push(out_of_range(what, written, &format!("{least} or more")));
    }
    written.value.max(least)
}

/// The written number, or the default, when `holds` for it; else the default and a complaint.
pub(super) fn within(
    written: Option<&Spanned<f64>>,
    default: f64,
    what: &str,
    bounds: &str,
    holds: impl Fn(f64) -> bool,
    findings: &mut Findings,
) -> f64 {
    match written {
        None => default,
        Some(written) if written.value.is_finite() && holds(written.value) => written.value,
        Some(written) => {
            findings.push(out_of_range(what, written, bounds));
            default
        }
    }
}

/// "`limit` is 0": a number that means nothing there.
pub(super) fn out_of_range<T: std::fmt::Display>(
    what: &str,
    written: &Spanned<T>,
    bounds: &str,
) -> Diagnostic {
    let title = format!("`{what}` cannot be {}", written.value);
    Diagnostic::new(Code::OutOfRange, title).at(written.span, format!("has to be {bounds}"))
}
