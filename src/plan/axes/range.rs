//! Ranges: `{ from: 16, to: 512, factor: 2 }`, `{ from: 10, to: 50, step: 10 }`.

use crate::plan::findings::Findings;
use crate::spec::{Code, Diagnostic, Span, Value};

/// Longest axis that a range may make.
const LONGEST: usize = 1000;

/// The values of `{ from, to, factor }` or `{ from, to, step }`, both ends included if they are met.
pub(super) fn values(written: &Value, span: Span, findings: &mut Findings) -> Option<Vec<Value>> {
    let mut refuse = |at: Span, what: String| {
        findings.push(Diagnostic::new(Code::BadRange, what).at(at, ""));
        None
    };
    let Value::Map(entries) = written else { return None };
    let unknown = |key: &str| !matches!(key, "from" | "to" | "factor" | "step");
    if let Some((key, _)) = entries.iter().find(|(key, _)| unknown(&key.value)) {
        return refuse(key.span, format!("a range has no `{}`", key.value));
    }
    let (factor, step) = (written.get("factor"), written.get("step"));
    let (Some(from), Some(to), Some(by)) = (written.get("from"), written.get("to"), factor.xor(step)) else {
        return refuse(
            span,
            "a range has `from`, `to` and either `factor` or `step`".to_owned(),
        );
    };
    let mut numbers = Vec::new();
    for bound in [from, to, by] {
        match bound.value.as_f64() {
            Some(number) => numbers.push(number),
            None => return refuse(bound.span, format!("`{}` is no number", bound.value)),
        }
    }
    let (first, last, stride) = (numbers[0], numbers[1], numbers[2]);
    if first > last {
        return refuse(to.span, "the range ends before it starts".to_owned());
    }
    if factor.is_some() && first <= 0.0 {
        return refuse(from.span, "a range with a factor has to start above 0".to_owned());
    }
    let (name, least) = if factor.is_some() {
        ("factor", 1.0)
    } else {
        ("step", 0.0)
    };
    if stride <= least {
        return refuse(
            by.span,
            format!("the range does not move: `{name}` has to be above {least}"),
        );
    }
    match walk(first, last, stride, factor.is_some()) {
        Some(values) => Some(values),
        None => refuse(span, format!("the range has more than {LONGEST} values")),
    }
}

fn walk(from: f64, to: f64, by: f64, by_factor: bool) -> Option<Vec<Value>> {
    // A little beyond the end: 0.1 + 2 × 0.1 is more than 0.3.
    let end = to + to.abs() * 1e-9;
    let at = |i: usize| match by_factor {
        true => from * by.powi(i as i32),
        false => from + by * i as f64,
    };
    let values: Vec<f64> = (0..=LONGEST).map(at).take_while(|x| *x <= end).collect();
    let tidy = |x: f64| (x * 1e9).round() / 1e9;
    let value = |x: f64| match tidy(x) {
        x if x.fract() == 0.0 => Value::Integer(x as i64),
        x => Value::Float(x),
    };
    (values.len() <= LONGEST).then(|| values.into_iter().map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(from: f64, to: f64, by: f64, by_factor: bool) -> String {
        let values = walk(from, to, by, by_factor).unwrap();
        values.iter().map(Value::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn both_ends_belong_to_a_range_if_they_are_met() {
        assert_eq!(walked(16.0, 128.0, 2.0, true), "16 32 64 128");
        assert_eq!(walked(16.0, 100.0, 2.0, true), "16 32 64");
        assert_eq!(walked(10.0, 30.0, 10.0, false), "10 20 30");
    }

    #[test]
    fn rounding_neither_loses_the_end_nor_shows() {
        assert_eq!(walked(0.1, 0.5, 0.1, false), "0.1 0.2 0.3 0.4 0.5");
        assert_eq!(walked(1.0, 2.0, 0.25, false), "1 1.25 1.5 1.75 2");
    }

    #[test]
    fn a_range_without_end_is_refused() {
        assert_eq!(walk(1.0, 1e9, 1.0, false), None);
    }
}
