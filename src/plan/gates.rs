//! What cells are compared with, and what must hold.

mod sentence;

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};

use super::axes::Axes;
use super::cells::Made;
use super::data::DataSet;
use super::findings::Findings;
use super::measure::{self, stage_of};
use super::numbers::{at_least, within};
use super::select::{Matcher, fits_nothing};
use super::{Against, Compare, Gate, GateLevel, GateSubject, Judge, MeasurePlan};
use crate::measure::StageMeasure;
use crate::spec::measure::{CompareSpec, GateLevelSpec, GateSpec, IntervalMethodSpec, JudgeSpec};
use crate::spec::suggest::{instead, quoted};
use crate::spec::{Code, Diagnostic, Span, Spanned};
use crate::stats::{BootstrapMethod, TIE};
use sentence::{Condition, Sentence};

const LEVEL: f64 = 0.95;
const RESAMPLES: usize = 10_000;
/// Fewer resamples have no percentiles to speak of.
const LEAST_RESAMPLES: usize = 100;

/// What gates and comparisons are held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) text: &'a str,
    pub(super) cells: &'a [Made],
    pub(super) axes: &'a Axes,
    pub(super) data: &'a [DataSet],
    pub(super) measure: &'a MeasurePlan,
    /// Per data set, the id of the reference cell, if the spec names one.
    pub(super) reference: &'a IndexMap<String, String>,
}

impl Ground<'_> {
    fn is_reference(&self, cell: &Made) -> bool {
        self.reference.get(&cell.cell.data) == Some(&cell.cell.id)
    }
}

/// What cells are compared with, every default filled in.
pub(super) fn compare(written: &CompareSpec, ground: Ground<'_>, findings: &mut Findings) -> Compare {
    let level = written.interval.level.as_ref();
    let resamples = written.interval.resamples.as_ref();
    let between = |x| x > 0.0 && x < 1.0;
    Compare {
        reference: reference(written, ground, findings),
        level: within(
            level,
            LEVEL,
            "level",
            "above 0 and below 1, for instance 0.95",
            between,
            findings,
        ),
        resamples: at_least(resamples, LEAST_RESAMPLES, RESAMPLES, "resamples", findings),
        method: match written.interval.method.as_ref().map(|m| m.value) {
            None | Some(IntervalMethodSpec::Bca) => BootstrapMethod::Bca,
            Some(IntervalMethodSpec::Studentized) => BootstrapMethod::Studentised,
        },
        family: family(written, ground, findings),
        tolerance: within(
            written.tolerance.as_ref(),
            TIE,
            "tolerance",
            "0 or more, for instance 0.01",
            |x| x >= 0.0,
            findings,
        ),
    }
}

/// The measures over which p values are corrected, each of them measured.
fn family(written: &CompareSpec, ground: Ground<'_>, findings: &mut Findings) -> Vec<StageMeasure> {
    let measured = &ground.measure.quality;
    let Some(written) = &written.family else {
        return ground.measure.headline().cloned().into_iter().collect();
    };
    if written.value.0.is_empty() {
        let diagnostic = Diagnostic::new(Code::Nothing, "no measure in the family");
        findings.push(diagnostic.at(written.span, "name at least one, or leave the key out"));
    }
    let mut family: Vec<StageMeasure> = Vec::new();
    for (text, span) in written.items() {
        let Some(measure) = measure::read(text, span, findings) else {
            continue;
        };
        if family.contains(&measure) {
            let title = format!("the measure `{measure}` stands in the family twice");
            findings.push(Diagnostic::new(Code::NameTwice, title).at(span, "the second one"));
        } else if measured.contains(&measure) {
            family.push(measure);
        } else {
            findings.push(not_measured(&measure, span, ground));
        }
    }
    family
}

/// A measure that the spec compares and does not measure.
fn not_measured(measure: &StageMeasure, span: Span, ground: Ground<'_>) -> Diagnostic {
    let known: Vec<String> = ground.measure.quality.iter().map(ToString::to_string).collect();
    let name = measure.to_string();
    let label = instead(&name, known.iter().map(String::as_str));
    let help = format!("add it: `measure: {{ quality: [{name}, …] }}`");
    Diagnostic::new(Code::NotMeasured, format!("`{name}` is not measured"))
        .at(span, label)
        .help(help)
}

fn reference(written: &CompareSpec, ground: Ground<'_>, findings: &mut Findings) -> IndexMap<String, String> {
    let mut reference = IndexMap::new();
    let Some(written) = &written.reference else {
        return reference;
    };
    let Some(matcher) = Matcher::read(written, ground.axes, findings) else {
        return reference;
    };
    let fitting = |cell: &&Made| matcher.fits(cell.traits());
    if !ground.cells.is_empty() && !ground.cells.iter().any(|c| fitting(&c)) {
        findings.push(fits_nothing("the reference", written.span));
        return reference;
    }
    for source in ground.data {
        let name = &source.source.name;
        let here: Vec<&Made> = ground.cells.iter().filter(|c| c.cell.data == *name).collect();
        let fitting: Vec<&Made> = here.iter().copied().filter(fitting).collect();
        match fitting.as_slice() {
            [one] => {
                reference.insert(name.clone(), one.cell.id.clone());
            }
            [] if here.is_empty() => {}
            [] => {
                let title = format!("the reference fits no cell of data set `{name}`");
                findings.push(Diagnostic::new(Code::MatchesNothing, title).at(written.span, ""));
            }
            many => findings.push(ambiguous(name, many, written.span)),
        }
    }
    reference
}

fn ambiguous(data: &str, fitting: &[&Made], span: Span) -> Diagnostic {
    let labels: Vec<String> = fitting.iter().map(|m| m.cell.label()).collect();
    let labels = quoted(labels.iter().map(String::as_str));
    let title = format!("the reference fits {} cells of data set `{data}`", fitting.len());
    let diagnostic = Diagnostic::new(Code::AmbiguousReference, title).at(span, "say more");
    diagnostic.help(format!("it has to single out one of {labels}"))
}

/// The gates, those that are right.
pub(super) fn gates(written: &[Spanned<GateSpec>], ground: Ground<'_>, findings: &mut Findings) -> Vec<Gate> {
    written
        .iter()
        .filter_map(|gate| self::gate(&gate.value, ground, findings))
        .collect()
}

fn gate(written: &GateSpec, ground: Ground<'_>, findings: &mut Findings) -> Option<Gate> {
    let that = &written.that;
    let sentence = Sentence {
        text: &that.value,
        span: that.span,
        ground,
    };
    let condition = sentence.read(findings);
    let matcher = match &written.scope {
        None => Matcher::default(),
        Some(scope) => Matcher::read(scope, ground.axes, findings)?,
    };
    let fitting = ground.cells.iter().filter(|c| matcher.fits(c.traits()));
    let fitting: Vec<&Made> = fitting.collect();
    if fitting.is_empty() && !ground.cells.is_empty() {
        let place = written.scope.as_ref().map_or(that.span, |s| s.span);
        findings.push(fits_nothing("`where`", place));
        return None;
    }
    let condition = condition?;
    let judge = judge(written, &condition, findings);
    let compared = |cell: &&&Made| condition.against != Against::Reference || !ground.is_reference(cell);
    let fitting: Vec<&Made> = fitting.iter().filter(compared).copied().collect();
    let cells = where_defined(&condition.subject, &fitting);
    if fitting.is_empty() {
        let title = "the only cell this gate speaks of is the reference itself";
        findings.push(Diagnostic::new(Code::MatchesNothing, title).at(that.span, ""));
        return None;
    }
    if cells.is_empty() && !fitting.is_empty() {
        let title = "the measure is undefined for every cell this gate speaks of";
        findings.push(Diagnostic::new(Code::MatchesNothing, title).at(that.span, ""));
        return None;
    }
    Some(Gate {
        that: that.value.clone(),
        subject: condition.subject,
        relation: condition.relation,
        threshold: condition.threshold,
        against: condition.against,
        scale: condition.scale,
        judge,
        scope: matcher.written(),
        cells,
        level: match written.level.as_ref().map(|l| l.value) {
            None | Some(GateLevelSpec::Error) => GateLevel::Error,
            Some(GateLevelSpec::Warn) => GateLevel::Warn,
        },
        line: that.span.line(ground.text),
    })
}

/// What decides; only a measure has an interval, and only one between 0 and 1 a sequence.
fn judge(written: &GateSpec, condition: &Condition, findings: &mut Findings) -> Judge {
    let Some(written) = &written.judge else {
        return condition.judge;
    };
    let judge = match written.value {
        JudgeSpec::Mean => return Judge::Mean,
        JudgeSpec::Interval => Judge::Interval,
        JudgeSpec::Sequential => Judge::Sequential,
    };
    let bad = |title: String, help: &str| {
        let diagnostic = Diagnostic::new(Code::BadGate, title).at(written.span, "");
        diagnostic.help(help)
    };
    match &condition.subject {
        GateSubject::Measure(of) if judge == Judge::Sequential && !of.measure.is_bounded() => {
            let title = format!("`{of}` is not bounded by 0 and 1, and `sequential` needs a measure that is");
            findings.push(bad(
                title,
                "judge it by its `interval`, once, when all queries are there",
            ));
        }
        GateSubject::Measure(_) => {}
        GateSubject::Latency(_) | GateSubject::Counter(_) => {
            let title = "only a measure of quality has an interval to judge by".to_owned();
            findings.push(bad(title, "leave `judge` out"));
        }
    }
    judge
}

/// Reads [`Gate::against`]; earlier plans said `to_reference: true`, and nothing for a number.
pub(super) fn against<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Against, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Earlier(bool),
        Now(Against),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Now(against) => against,
        Written::Earlier(true) => Against::Reference,
        Written::Earlier(false) => Against::Number,
    })
}

/// [`Gate::scale`] of plans that do not have it.
pub(super) fn whole() -> f64 {
    1.0
}

/// The cells in which a subject has a value.
fn where_defined(subject: &GateSubject, cells: &[&Made]) -> Vec<String> {
    let defined = |cell: &&&Made| match subject {
        GateSubject::Measure(measure) => stage_of(measure, cell).is_some(),
        GateSubject::Latency(_) | GateSubject::Counter(_) => true,
    };
    cells.iter().filter(defined).map(|c| c.cell.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_of_earlier_versions_keep_their_meaning() {
        #[derive(Deserialize)]
        struct Part {
            #[serde(default, alias = "to_reference", deserialize_with = "against")]
            against: Against,
        }
        let read = |json: &str| serde_json::from_str::<Part>(json).unwrap().against;
        assert_eq!(read(r#"{ "to_reference": true }"#), Against::Reference);
        assert_eq!(read(r#"{ "against": "baseline" }"#), Against::Baseline);
        assert_eq!(read("{}"), Against::Number);
    }
}
