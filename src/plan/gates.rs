//! What cells are compared with, and what must hold.

use indexmap::IndexMap;

use super::axes::Axes;
use super::cells::Made;
use super::findings::Findings;
use super::measure::{self, stage_of};
use super::numbers::{at_least, within};
use super::select::{Matcher, fits_nothing};
use super::sources::{Source, not_yet};
use super::{Compare, Gate, GateLevel, GateSubject, MeasurePlan, Relation};
use crate::spec::measure::{CompareSpec, GateLevelSpec, GateSpec};
use crate::spec::suggest::{instead, quoted};
use crate::spec::{Code, Diagnostic, Span, Spanned};

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
    pub(super) data: &'a [Source],
    pub(super) measure: &'a MeasurePlan,
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
    }
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
            [one] => drop(reference.insert(name.clone(), one.cell.id.clone())),
            [] if here.is_empty() => {}
            [] => {
                let title = format!("the reference fits no cell of data set `{name}`");
                findings.push(Diagnostic::new(Code::MatchesNothing, title).at(written.span, ""));
            }
            many => {
                let labels: Vec<String> = many.iter().map(|m| m.cell.label()).collect();
                let title = format!("the reference fits {} cells of data set `{name}`", many.len());
                let help = format!(
                    "it has to single out one of {}",
                    quoted(labels.iter().map(String::as_str))
                );
                let label = "say more";
                findings.push(
                    Diagnostic::new(Code::AmbiguousReference, title)
                        .at(written.span, label)
                        .help(help),
                );
            }
        }
    }
    reference
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
    if let Some(judge) = &written.judge {
        findings.push(not_yet("`judge`", judge.span));
    }
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
    let (subject, relation, threshold) = condition?;
    let defined = |cell: &&&Made| match &subject {
        GateSubject::Measure(measure) => stage_of(measure, cell).is_some(),
        GateSubject::Latency(_) => true,
    };
    let cells: Vec<String> = fitting
        .iter()
        .filter(defined)
        .map(|c| c.cell.id.clone())
        .collect();
    if cells.is_empty() && !ground.cells.is_empty() {
        let title = "the measure is undefined for every cell this gate speaks of";
        findings.push(Diagnostic::new(Code::MatchesNothing, title).at(that.span, ""));
        return None;
    }
    Some(Gate {
        that: that.value.clone(),
        subject,
        relation,
        threshold,
        scope: matcher.written(),
        cells,
        level: match written.level.as_ref().map(|l| l.value) {
            None | Some(GateLevelSpec::Error) => GateLevel::Error,
            Some(GateLevelSpec::Warn) => GateLevel::Warn,
        },
        line: that.span.line(ground.text),
    })
}

/// A gate's sentence: subject, relation, number.
struct Sentence<'a> {
    text: &'a str,
    span: Span,
    ground: Ground<'a>,
}

impl Sentence<'_> {
    fn read(&self, findings: &mut Findings) -> Option<(GateSubject, Relation, f64)> {
        for word in ["reference", "baseline", "not-worse-than", "relative-gain"] {
            if self.text.contains(word) {
                let diagnostic = Diagnostic::new(
                    Code::NotYet,
                    format!("a gate on `{word}` is not in this version yet"),
                );
                let help = "this version knows thresholds: `nDCG@10 >= 0.5`, `p95 <= 40ms`";
                findings.push(diagnostic.at(self.part(word), "").help(help));
                return None;
            }
        }
        let relations = [
            (">=", Relation::AtLeast),
            ("<=", Relation::AtMost),
            (">", Relation::Above),
            ("<", Relation::Below),
        ];
        let split = relations
            .iter()
            .find_map(|(sign, r)| self.text.split_once(sign).map(|(s, t)| (s.trim(), *r, t.trim())));
        let Some((subject, relation, threshold)) = split else {
            let diagnostic = Diagnostic::new(Code::BadGate, "a gate compares with `>=`, `>`, `<=` or `<`");
            findings.push(
                diagnostic
                    .at(self.span, "")
                    .help("for instance `nDCG@10 >= 0.5` or `p95 <= 40ms`"),
            );
            return None;
        };
        let subject = self.subject(subject, findings)?;
        let threshold = self.threshold(threshold, &subject, findings)?;
        Some((subject, relation, threshold))
    }

    fn subject(&self, text: &str, findings: &mut Findings) -> Option<GateSubject> {
        let percentile = text
            .strip_prefix('p')
            .and_then(|digits| digits.parse::<f64>().ok());
        if let Some(percentile) = percentile {
            return self.percentile(text, percentile, findings);
        }
        let mut of_measure = Findings::default();
        let Some(measure) = measure::read(text, self.part(text), &mut of_measure) else {
            let names = counters();
            if names.contains(&text) {
                let diagnostic =
                    Diagnostic::new(Code::NotYet, "a gate on a counter is not in this version yet");
                findings.push(diagnostic.at(self.part(text), ""));
            } else {
                of_measure
                    .finish()
                    .err()
                    .into_iter()
                    .flatten()
                    .for_each(|d| findings.push(d));
            }
            return None;
        };
        let measured = &self.ground.measure.quality;
        if !measured.contains(&measure) {
            let known: Vec<String> = measured.iter().map(ToString::to_string).collect();
            let label = instead(&measure.to_string(), known.iter().map(String::as_str));
            let diagnostic = Diagnostic::new(Code::NotMeasured, format!("`{measure}` is not measured"));
            let help = format!("add it: `measure: {{ quality: [{measure}, …] }}`");
            findings.push(diagnostic.at(self.part(text), label).help(help));
            return None;
        }
        Some(GateSubject::Measure(measure))
    }

    fn percentile(&self, text: &str, percentile: f64, findings: &mut Findings) -> Option<GateSubject> {
        let measured = self.ground.measure.latency.as_ref().map(|l| &l.quantiles);
        let Some(measured) = measured else {
            let diagnostic = Diagnostic::new(Code::NotMeasured, format!("`{text}` is not measured"));
            findings.push(diagnostic.at(self.part(text), "`measure.latency` is `none`"));
            return None;
        };
        if measured.iter().any(|q| q.total_cmp(&percentile).is_eq()) {
            return Some(GateSubject::Latency(percentile));
        }
        let known: Vec<String> = measured.iter().map(|q| format!("p{q}")).collect();
        let label = format!("measured: {}", quoted(known.iter().map(String::as_str)));
        let diagnostic = Diagnostic::new(Code::NotMeasured, format!("`{text}` is not measured"));
        let help = format!("add it: `measure: {{ latency: {{ quantiles: [{percentile}, …] }} }}`");
        findings.push(diagnostic.at(self.part(text), label).help(help));
        None
    }

    fn threshold(&self, text: &str, subject: &GateSubject, findings: &mut Findings) -> Option<f64> {
        let finite = |number: &str| number.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        let (value, expected) = match subject {
            GateSubject::Measure(_) => (finite(text), "a number, for instance `0.5`"),
            GateSubject::Latency(_) => (
                milliseconds(text),
                "a time with its unit: `40ms`, `1.5s` or `800us`",
            ),
        };
        if value.is_none() {
            let title = format!("`{text}` is no threshold for this gate");
            findings.push(Diagnostic::new(Code::BadGate, title).at(self.part(text), expected));
        }
        value
    }

    /// Where a part of the sentence stands.
    fn part(&self, part: &str) -> Span {
        match part {
            "" => self.span,
            part => self.span.of(part, self.ground.text),
        }
    }
}

/// A time with its unit, in milliseconds.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("ms", 1.0), ("us", 0.001), ("s", 1000.0)];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, f)| Some((text.strip_suffix(unit)?, f)))?;
    let number = number.trim().parse::<f64>().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number * factor)
}

/// The names of the cost counters, which gates will speak of.
fn counters() -> [&'static str; 7] {
    [
        "distance_computations",
        "float_distances",
        "code_distances",
        "postings",
        "candidates",
        "rescored",
        "pairs",
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        assert_eq!(milliseconds("40ms"), Some(40.0));
        assert_eq!(milliseconds("1.5 s"), Some(1500.0));
        assert_eq!(milliseconds("800us"), Some(0.8));
        assert_eq!(milliseconds("40"), None, "a bare number could be anything");
        assert_eq!(milliseconds("-1ms"), None);
    }
}
