//! Which cells are meant: `{ pipeline: "fused*", index.quantization: binary }`.

use indexmap::IndexMap;

use super::axes::Axes;
use super::findings::Findings;
use super::settings::Select;
use crate::spec::suggest::instead;
use crate::spec::sweep::Selector;
use crate::spec::{Code, Diagnostic, Span, Spanned, Value};

/// What a selector is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits<'a> {
    pub(super) data: &'a str,
    pub(super) backend: &'a str,
    pub(super) pipeline: &'a str,
    pub(super) settings: &'a IndexMap<String, String>,
}

impl<'a> Traits<'a> {
    fn get(&self, path: &str) -> Option<&'a str> {
        let select = Select::ALL.into_iter().find(|s| s.name() == path);
        match select {
            Some(Select::Data) => Some(self.data),
            Some(Select::Backend) => Some(self.backend),
            Some(Select::Pipeline) => Some(self.pipeline),
            None => self.settings.get(path).map(String::as_str),
        }
    }
}

/// A selector, read: each path with the patterns of which one has to fit. Cells without the path do not fit.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Matcher(Vec<(String, Vec<String>)>);

impl Matcher {
    /// Reads a selector; `None` when it speaks of something that does not vary.
    pub(super) fn read(written: &Spanned<Selector>, axes: &Axes, findings: &mut Findings) -> Option<Self> {
        let mut matcher = Vec::new();
        let mut right = true;
        for (path, value) in written.value.iter() {
            let is_select = Select::ALL.iter().any(|s| s.name() == path.value);
            if !is_select && axes.get(&path.value).is_none() {
                right = false;
                if !axes.broken.contains(&path.value) {
                    let selects = Select::ALL.iter().map(|s| s.name());
                    let known = selects.chain(axes.axes.iter().map(|a| a.path.as_str()));
                    let title = format!("`{}` does not vary in this sweep", path.value);
                    let label = instead(&path.value, known);
                    findings.push(Diagnostic::new(Code::UnknownSelector, title).at(path.span, label));
                }
                continue;
            }
            let patterns = patterns(value);
            for (pattern, span) in &patterns {
                let labels = axes.labels(&path.value);
                if !labels.iter().any(|label| glob(pattern, label)) {
                    right = false;
                    let title = format!("no `{}` is `{pattern}`", path.value);
                    let label = instead(pattern, labels.iter().map(String::as_str));
                    findings.push(Diagnostic::new(Code::MatchesNothing, title).at(*span, label));
                }
            }
            matcher.push((path.value.clone(), patterns.into_iter().map(|(p, _)| p).collect()));
        }
        right.then_some(Self(matcher))
    }

    /// Whether all paths fit.
    pub(super) fn fits(&self, cell: Traits<'_>) -> bool {
        self.0.iter().all(|(path, patterns)| {
            cell.get(path)
                .is_some_and(|label| patterns.iter().any(|p| glob(p, label)))
        })
    }

    /// Path → pattern, as written; several patterns with `|` between them.
    pub(super) fn written(&self) -> IndexMap<String, String> {
        let pair = |(path, patterns): &(String, Vec<String>)| (path.clone(), patterns.join("|"));
        self.0.iter().map(pair).collect()
    }
}

fn patterns(value: &Spanned<Value>) -> Vec<(String, Span)> {
    match &value.value {
        Value::List(items) => items.iter().map(|i| (i.value.to_string(), i.span)).collect(),
        one => vec![(one.to_string(), value.span)],
    }
}

/// Complains that a selector fits nothing, at its place.
pub(super) fn fits_nothing(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::MatchesNothing, format!("{what} fits no cell")).at(span, "")
}

/// Whether `text` is what `pattern` says; `*` stands for anything, `?` for one character.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let mut ends = text.char_indices().map(|(i, _)| i).chain([text.len()]);
            ends.any(|i| glob(rest.as_str(), &text[i..]))
        }
        Some(c) => {
            let mut of_text = text.chars();
            of_text
                .next()
                .is_some_and(|t| (c == '?' || c == t) && glob(rest.as_str(), of_text.as_str()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_a_shell() {
        assert!(glob("fused*", "fused-rerank"));
        assert!(glob("*", ""));
        assert!(glob("f?sed", "fused"));
        assert!(glob("*rank*", "fused-rerank"));
        assert!(!glob("fused", "fused-rerank"));
        assert!(!glob("Fused*", "fused"), "names are told apart by case");
    }
}
