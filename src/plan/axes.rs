//! Axes as written, read: lists, ranges and labelled values become labels and settings.

mod range;

use super::findings::Findings;
use super::settings::{Owner, Path, Select, Setting};
use super::{Axis, AxisKind};
use crate::spec::suggest::instead;
use crate::spec::sweep::{AxisSpec, SweepSpec};
use crate::spec::{Code, Diagnostic, Names, Span, Spanned, Value};

/// What paths and values can speak of.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) data: Vec<String>,
    pub(super) backends: Vec<String>,
    pub(super) pipelines: Vec<String>,
    /// The stages of all pipelines.
    pub(super) stages: Vec<(String, Owner)>,
}

impl Scope {
    /// What can be selected.
    pub(super) fn names(&self, select: Select) -> &[String] {
        match select {
            Select::Data => &self.data,
            Select::Backend => &self.backends,
            Select::Pipeline => &self.pipelines,
        }
    }
}

/// One setting made by one value of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assignment {
    /// The path as written.
    pub(super) text: String,
    pub(super) path: Path,
    pub(super) label: String,
    pub(super) setting: Setting,
    pub(super) span: Span,
}

/// Alternatives, of which every combination takes one. A row sets several paths at once, a plain axis one.
pub(super) type Factor = Vec<Vec<Assignment>>;

/// All that varies, read.
#[derive(Debug, Default)]
pub(super) struct Axes {
    pub(super) factors: Vec<Factor>,
    /// Combinations that are added.
    pub(super) extra: Vec<Spanned<Vec<Assignment>>>,
    /// In the order of the spec, those of rows after those of axes.
    pub(super) axes: Vec<Axis>,
    /// Paths as written that could not be read: selectors that speak of them are not wrong.
    pub(super) broken: Vec<String>,
}

impl Axes {
    /// The axis of that path.
    pub(super) fn get(&self, path: &str) -> Option<&Axis> {
        self.axes.iter().find(|a| a.path == path)
    }

    /// Every label of a path: of the axis, or of what is selected without one.
    pub(super) fn labels(&self, path: &str) -> Vec<String> {
        if let Some(axis) = self.get(path) {
            return axis.values.clone();
        }
        let all = self.factors.iter().flatten().flatten();
        all.filter(|a| a.text == path).map(|a| a.label.clone()).collect()
    }

    /// The value of that label on the axis of that path.
    fn labelled(&self, path: &str, label: &str) -> Option<Assignment> {
        let mut assignments = self.factors.iter().flatten().flatten();
        assignments.find(|a| a.text == path && a.label == label).cloned()
    }

    /// Remembers a label of a path.
    fn note(&mut self, text: &str, kind: AxisKind, label: &str) {
        let axis = match self.axes.iter().position(|a| a.path == text) {
            Some(i) => &mut self.axes[i],
            None => {
                let (path, values) = (text.to_owned(), Vec::new());
                self.axes.push(Axis { path, values, kind });
                self.axes.last_mut().expect("just pushed")
            }
        };
        if !axis.values.iter().any(|v| v == label) {
            axis.values.push(label.to_owned());
        }
    }

    fn note_all(&mut self, assignments: &[Assignment]) {
        for a in assignments {
            self.note(&a.text, a.path.kind(), &a.label);
        }
    }
}

/// Reads everything that varies.
pub(super) fn read(sweep: &SweepSpec, scope: &Scope, findings: &mut Findings) -> Axes {
    let mut axes = Axes::default();
    for (path, values) in sweep.axes.iter() {
        match axis(path, values, scope, findings) {
            Some(factor) => {
                factor.iter().for_each(|alternative| axes.note_all(alternative));
                axes.factors.push(factor);
            }
            None => axes.broken.push(path.value.clone()),
        }
    }
    rows(sweep, scope, &mut axes, findings);
    for written in &sweep.extra {
        if let Some(row) = row(written, scope, &mut axes, findings) {
            axes.note_all(&row);
            axes.extra.push(Spanned::new(row, written.span));
        }
    }
    select_all(scope, &mut axes);
    axes
}

/// What no axis selects, varies over everything there is; first, and as an axis only when there is a choice.
fn select_all(scope: &Scope, axes: &mut Axes) {
    for select in Select::ALL.into_iter().rev() {
        let name = select.name();
        let swept = axes.factors.iter().flatten().flatten().any(|a| a.text == name);
        if swept || axes.broken.iter().any(|b| b == name) {
            continue;
        }
        let names = scope.names(select);
        let alternative = |(i, label): (usize, &String)| {
            vec![Assignment {
                text: name.to_owned(),
                path: Path::Select(select),
                label: label.clone(),
                setting: Setting::Selected(i),
                span: Span::UNKNOWN,
            }]
        };
        axes.factors
            .insert(0, names.iter().enumerate().map(alternative).collect());
        // Combinations that are added may have named it already, last.
        axes.axes.retain(|a| a.path != name);
        if names.len() > 1 {
            let axis = Axis {
                path: name.to_owned(),
                values: names.to_vec(),
                kind: AxisKind::Select,
            };
            axes.axes.insert(0, axis);
        }
    }
}

fn axis(
    path: &Spanned<String>,
    values: &Spanned<AxisSpec>,
    scope: &Scope,
    findings: &mut Findings,
) -> Option<Factor> {
    let read = read_path(path, scope, findings)?;
    let labelled = labelled(&values.value.0, values.span, findings)?;
    if labelled.is_empty() {
        let title = format!("the axis `{}` has no value", path.value);
        findings.push(Diagnostic::new(Code::EmptyAxis, title).at(values.span, "two or more make an axis"));
        return None;
    }
    let written = path.span.is_known();
    if let ([_], true, Path::Index(_) | Path::Stage(..)) = (labelled.as_slice(), written, &read) {
        let title = format!("the axis `{}` has one value", path.value);
        let label = "nothing varies; write it where it belongs";
        findings.push(Diagnostic::new(Code::SingleValue, title).at(path.span, label));
    }
    let mut factor: Factor = Vec::new();
    for (label, value) in &labelled {
        if factor.iter().flatten().any(|a: &Assignment| a.label == *label) {
            let title = format!("`{label}` stands on the axis `{}` twice", path.value);
            findings.push(Diagnostic::new(Code::AxisTwice, title).at(value.span, ""));
            continue;
        }
        match assignment(path, &read, label.clone(), value, scope, findings) {
            Some(assignment) => factor.push(vec![assignment]),
            // The values of a range stand at one place; one complaint is enough.
            None if value.span == values.span => break,
            None => {}
        }
    }
    (factor.len() == labelled.len()).then_some(factor)
}

fn read_path(path: &Spanned<String>, scope: &Scope, findings: &mut Findings) -> Option<Path> {
    Path::read(&path.value, &scope.stages)
        .map_err(|why| {
            let title = format!("unknown path `{}`", path.value);
            findings.push(Diagnostic::new(Code::UnknownAxis, title).at(path.span, why));
        })
        .ok()
}

/// One value, as what its path takes.
fn assignment(
    text: &Spanned<String>,
    path: &Path,
    label: String,
    value: &Spanned<Value>,
    scope: &Scope,
    findings: &mut Findings,
) -> Option<Assignment> {
    let setting = match path {
        Path::Select(select) => selected(*select, value, scope, findings)?,
        Path::Index(key) | Path::Stage(_, key) => match Setting::read(*key, value) {
            Some(setting) => setting,
            None => {
                let title = format!("`{}` cannot be `{}`", text.value, value.value);
                let label = format!("it takes {}", key.takes());
                findings.push(Diagnostic::new(Code::WrongValue, title).at(value.span, label));
                return None;
            }
        },
    };
    Some(Assignment {
        text: text.value.clone(),
        path: path.clone(),
        label,
        setting,
        span: value.span,
    })
}

fn selected(
    select: Select,
    value: &Spanned<Value>,
    scope: &Scope,
    findings: &mut Findings,
) -> Option<Setting> {
    let names = scope.names(select);
    let name = value.value.to_string();
    let at = names.iter().position(|n| *n == name);
    if at.is_none() {
        let (code, what) = match select {
            Select::Data => (Code::UnknownData, "data set"),
            Select::Backend => (Code::UnknownBackend, "backend"),
            Select::Pipeline => (Code::UnknownPipeline, "pipeline"),
        };
        let label = instead(&name, names.iter().map(String::as_str));
        findings
            .push(Diagnostic::new(code, format!("the spec has no {what} `{name}`")).at(value.span, label));
    }
    at.map(Setting::Selected)
}

/// The labels and values of an axis.
fn labelled(written: &Value, span: Span, findings: &mut Findings) -> Option<Vec<(String, Spanned<Value>)>> {
    match written {
        Value::List(items) => Some(items.iter().map(|v| (v.value.to_string(), v.clone())).collect()),
        Value::Map(_) if written.get("from").is_some() || written.get("to").is_some() => {
            let values = range::values(written, span, findings)?;
            let at = |v: Value| (v.to_string(), Spanned::new(v, span));
            Some(values.into_iter().map(at).collect())
        }
        Value::Map(entries) => Some(
            entries
                .iter()
                .map(|(k, v)| (k.value.clone(), v.clone()))
                .collect(),
        ),
        other => {
            let title = format!("an axis cannot be `{other}`");
            let help =
                "write a list, a range `{ from, to, factor }` or `{ from, to, step }`, or labelled values";
            findings.push(
                Diagnostic::new(Code::WrongValue, title)
                    .at(span, "a single value is no axis")
                    .help(help),
            );
            None
        }
    }
}

fn rows(sweep: &SweepSpec, scope: &Scope, axes: &mut Axes, findings: &mut Findings) {
    let mut factor = Factor::new();
    let paths = |row: &[Assignment]| row.iter().map(|a| a.text.clone()).collect::<Vec<_>>();
    for written in &sweep.rows {
        for (path, _) in written.value.iter() {
            if sweep.axes.get(&path.value).is_some() {
                let title = format!("`{}` is swept by an axis and by the rows", path.value);
                findings
                    .push(Diagnostic::new(Code::AxisTwice, title).at(path.span, "one of the two has to go"));
            }
        }
        let Some(row) = row(written, scope, axes, findings) else {
            continue;
        };
        if let Some(first) = factor
            .first()
            .map(|first| paths(first))
            .filter(|first| *first != paths(&row))
        {
            let title = "the rows do not set the same paths in the same order";
            let label = format!("the first row sets {}", first.join(", "));
            findings.push(Diagnostic::new(Code::RowsDiffer, title).at(written.span, label));
        }
        factor.push(row);
    }
    if !factor.is_empty() {
        factor.iter().for_each(|row| axes.note_all(row));
        axes.factors.push(factor);
    }
}

/// The assignments of a row or of a combination that is added.
fn row(
    written: &Spanned<Names<Spanned<Value>>>,
    scope: &Scope,
    axes: &mut Axes,
    findings: &mut Findings,
) -> Option<Vec<Assignment>> {
    if written.value.0.is_empty() {
        findings.push(Diagnostic::new(Code::EmptyAxis, "it sets nothing").at(written.span, "path → value"));
    }
    let mut row = Vec::new();
    for (path, value) in written.value.iter() {
        let label = value.value.to_string();
        let assignment = match axes.labelled(&path.value, &label) {
            Some(known) => Some(known),
            None => read_path(path, scope, findings)
                .and_then(|read| assignment(path, &read, label, value, scope, findings)),
        };
        match assignment {
            Some(assignment) => row.push(assignment),
            None => axes.broken.push(path.value.clone()),
        }
    }
    (row.len() == written.value.0.len() && !row.is_empty()).then_some(row)
}
