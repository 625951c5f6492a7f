//! Values of the command line that stand in for those of the spec: `--set d.ef=64`.

use super::findings::Findings;
use crate::spec::{self, Code, Diagnostic, Span, Spanned, Spec, Value, sweep::AxisSpec};

/// Writes overrides into a spec, before anything is resolved.
///
/// A path is that of an axis (`d.ef`, `index.quantization`, `pipeline`, …): its value, or list of values, takes the
/// place of the axis, or becomes one. Besides, `sweep.max` and `measure.seed` can be set.
pub(super) fn apply(spec: &mut Spec, overrides: &[(String, String)], findings: &mut Findings) {
    for (path, text) in overrides {
        let Some(value) = spec::parse_value(text) else {
            let title = format!("`{path}={text}`: the value is no YAML");
            findings.push(Diagnostic::new(Code::WrongValue, title));
            continue;
        };
        let number = match value {
            Value::Integer(n) => u64::try_from(n).ok(),
            _ => None,
        };
        match (path.as_str(), number) {
            ("sweep.max", Some(n)) => {
                let max = usize::try_from(n).unwrap_or(usize::MAX);
                spec.sweep.max = Some(Spanned::new(max, Span::UNKNOWN));
            }
            ("measure.seed", Some(n)) => spec.measure.seed = Some(Spanned::new(n, Span::UNKNOWN)),
            ("sweep.max" | "measure.seed", None) => {
                let title = format!("`{path}` cannot be `{text}`");
                findings.push(Diagnostic::new(Code::WrongValue, title).help("it takes a whole number"));
            }
            _ => set_axis(spec, path, value),
        }
    }
}

fn set_axis(spec: &mut Spec, path: &str, value: Value) {
    let values = match value {
        Value::List(_) => value,
        one => Value::List(vec![Spanned::new(one, Span::UNKNOWN)]),
    };
    let axis = Spanned::new(AxisSpec(values), Span::UNKNOWN);
    let axes = &mut spec.sweep.axes.0;
    match axes.iter_mut().find(|(name, _)| name.value == path) {
        Some((_, old)) => *old = axis,
        None => axes.push((Spanned::new(path.to_owned(), Span::UNKNOWN), axis)),
    }
}
