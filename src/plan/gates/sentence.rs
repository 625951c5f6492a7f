//! The sentence of a gate: subject, relation, number.

use super::{Ground, not_measured};
use crate::plan::findings::Findings;
use crate::plan::{Against, GateSubject, Judge, Relation, WorkCounter, measure};
use crate::spec::suggest::quoted;
use crate::spec::{Code, Diagnostic, Span};

/// What a sentence says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub(super) subject: GateSubject,
    pub(super) relation: Relation,
    /// Milliseconds for latencies; see [`crate::plan::Gate::threshold`].
    pub(super) threshold: f64,
    pub(super) against: Against,
    /// See [`crate::plan::Gate::scale`].
    pub(super) scale: f64,
    /// What decides unless the gate says otherwise.
    pub(super) judge: Judge,
}

/// A gate's sentence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sentence<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
    pub(super) ground: Ground<'a>,
}

const RELATIONS: [(&str, Relation); 4] = [
    // The longer sign first: `>` is a part of `>=`.
    (">=", Relation::AtLeast),
    ("<=", Relation::AtMost),
    (">", Relation::Above),
    ("<", Relation::Below),
];

/// Forms of the language that a later version carries out.
const LATER: [&str; 1] = ["relative-gain"];

const EXAMPLES: &str =
    "`nDCG@10 >= 0.5`, `nDCG@10 >= reference + 0.02`, `nDCG@10 >= baseline - 0.01`, `p95 <= 40ms`";
/// What a threshold can be relative to: another cell, another run.
const OTHERS: [Against; 2] = [Against::Reference, Against::Baseline];
const NOT_WORSE: &str = "not-worse-than";

impl Sentence<'_> {
    /// What the sentence says; `None` after a complaint.
    pub(super) fn read(&self, findings: &mut Findings) -> Option<Condition> {
        if let Some(word) = LATER.into_iter().find(|word| self.text.contains(word)) {
            let title = format!("a gate on `{word}` is not in this version yet");
            let diagnostic = Diagnostic::new(Code::NotYet, title).at(self.part(word), "");
            findings.push(diagnostic.help(format!("this version knows {EXAMPLES}")));
            return None;
        }
        if let Some((subject, margin)) = self.text.split_once(NOT_WORSE) {
            return self.not_worse(subject.trim(), margin.trim(), findings);
        }
        let split = |(sign, relation)| {
            let (subject, threshold) = self.text.split_once(sign)?;
            // `=>` and `<>` are signs of other languages, whose half would be taken for ours.
            let is_whole = !subject.ends_with(['=', '<', '!']);
            is_whole.then_some((subject.trim(), relation, threshold.trim()))
        };
        let Some((subject, relation, threshold)) = RELATIONS.into_iter().find_map(split) else {
            let title = "a gate compares with `>=`, `>`, `<=` or `<`";
            let diagnostic = Diagnostic::new(Code::BadGate, title).at(self.span, "");
            findings.push(diagnostic.help(format!("for instance {EXAMPLES}")));
            return None;
        };
        let subject = self.subject(subject, findings)?;
        let other = OTHERS
            .into_iter()
            .find(|o| o.word().is_some_and(|w| threshold.contains(w)));
        let (scale, number) = match other {
            Some(other) => self.relative(threshold, other, &subject, findings)?,
            None => (1.0, self.threshold(threshold, &subject, findings)?),
        };
        Some(Condition {
            subject,
            relation,
            threshold: number,
            against: other.unwrap_or_default(),
            scale,
            judge: Judge::Mean,
        })
    }

    /// `nDCG@10 not-worse-than reference by 0.01`: non-inferiority with a margin, judged by the interval.
    fn not_worse(&self, subject: &str, margin: &str, findings: &mut Findings) -> Option<Condition> {
        let subject = self.subject(subject, findings)?;
        let is_measure = matches!(subject, GateSubject::Measure(_));
        let by = OTHERS.into_iter().find_map(|other| {
            let rest = margin.strip_prefix(other.word()?)?.trim();
            Some((other, rest.strip_prefix("by")?.trim().parse::<f64>().ok()?))
        });
        let Some((against, by)) = by.filter(|(_, by)| by.is_finite() && *by >= 0.0 && is_measure) else {
            let title =
                "`not-worse-than` speaks of a measure, the reference or baseline, and a margin of 0 or more";
            let diagnostic = Diagnostic::new(Code::BadGate, title).at(self.part(margin), "");
            findings.push(diagnostic.help("for instance `nDCG@10 not-worse-than reference by 0.01`"));
            return None;
        };
        self.needs_reference(against, findings)?;
        Some(Condition {
            subject,
            relation: Relation::AtLeast,
            threshold: -by,
            against,
            scale: 1.0,
            judge: Judge::Interval,
        })
    }

    /// `0.98 * baseline`, `reference + 0.02` for a measure: a scale and a difference. `1.5 * reference` for everything
    /// else: a factor.
    fn relative(
        &self,
        text: &str,
        other: Against,
        subject: &GateSubject,
        findings: &mut Findings,
    ) -> Option<(f64, f64)> {
        let word = other.word().unwrap_or_default();
        let (value, expected) = match subject {
            GateSubject::Measure(_) => (
                scaled_and_moved(text, word),
                format!("`{word}`, `{word} + 0.02` or `0.98 * {word}`"),
            ),
            GateSubject::Latency(_) | GateSubject::Counter(_) => (
                scaled_and_moved(text, word)
                    .filter(|_| text.ends_with(word))
                    .map(|(factor, _)| (1.0, factor)),
                format!("`{word}`, or a factor: `1.5 * {word}`"),
            ),
        };
        if value.is_none() {
            let title = format!("`{text}` is no threshold for this gate");
            findings.push(Diagnostic::new(Code::BadGate, title).at(self.part(text), expected));
        }
        self.needs_reference(other, findings)?;
        value
    }

    fn needs_reference(&self, other: Against, findings: &mut Findings) -> Option<()> {
        let word = other.word().unwrap_or_default();
        let needed = other == Against::Reference;
        if !needed || !self.ground.reference.is_empty() || self.ground.cells.is_empty() {
            return Some(());
        }
        let title = "the gate speaks of a reference, and the spec names none";
        let diagnostic = Diagnostic::new(Code::BadGate, title).at(self.part(word), "");
        findings.push(diagnostic.help("name a cell: `compare: { reference: { pipeline: … } }`"));
        None
    }

    fn subject(&self, text: &str, findings: &mut Findings) -> Option<GateSubject> {
        let digits = text.strip_prefix('p');
        if let Some(percentile) = digits.and_then(|digits| digits.parse::<f64>().ok()) {
            return self.percentile(text, percentile, findings);
        }
        if let Some((_, counter)) = WorkCounter::ALL.iter().find(|(name, _)| *name == text) {
            return Some(GateSubject::Counter(*counter));
        }
        let subject = measure::read(text, self.part(text), findings)?;
        let measured = &self.ground.measure.quality;
        if measured.contains(&subject) {
            return Some(GateSubject::Measure(subject));
        }
        findings.push(not_measured(&subject, self.part(text), self.ground));
        None
    }

    fn percentile(&self, text: &str, percentile: f64, findings: &mut Findings) -> Option<GateSubject> {
        let Some(latency) = &self.ground.measure.latency else {
            findings.push(self.not_measured(text, "`measure.latency` is `none`".to_owned()));
            return None;
        };
        let measured = &latency.quantiles;
        if measured.iter().any(|q| q.total_cmp(&percentile).is_eq()) {
            return Some(GateSubject::Latency(percentile));
        }
        let known: Vec<String> = measured.iter().map(|q| format!("p{q}")).collect();
        let label = format!("measured: {}", quoted(known.iter().map(String::as_str)));
        let help = format!("add it: `measure: {{ latency: {{ quantiles: [{percentile}, …] }} }}`");
        findings.push(self.not_measured(text, label).help(help));
        None
    }

    fn not_measured(&self, text: &str, label: String) -> Diagnostic {
        Diagnostic::new(Code::NotMeasured, format!("`{text}` is not measured")).at(self.part(text), label)
    }

    fn threshold(&self, text: &str, subject: &GateSubject, findings: &mut Findings) -> Option<f64> {
        let (value, expected) = match subject {
            GateSubject::Measure(_) => (
                text.parse::<f64>().ok().filter(|x| x.is_finite()),
                "a number, for instance `0.5`",
            ),
            GateSubject::Counter(_) => (
                text.parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0),
                "a number per query, for instance `2000`",
            ),
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

/// `[factor *] word [± number]` as the factor and the number, each with its default.
fn scaled_and_moved(text: &str, word: &str) -> Option<(f64, f64)> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let (scale, rest) = match text.split_once('*') {
        Some((factor, rest)) => (number(factor).filter(|f| *f > 0.0)?, rest.trim()),
        None => (1.0, text.trim()),
    };
    let rest = rest.strip_prefix(word)?.trim();
    let mut signed = rest.chars();
    let moved = match signed.next() {
        None => 0.0,
        Some('+') => number(signed.as_str())?,
        Some('-' | '−') => -number(signed.as_str())?,
        Some(_) => return None,
    };
    Some((scale, moved))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_factor_and_a_difference() {
        let read = |text| scaled_and_moved(text, "baseline");
        assert_eq!(read("baseline"), Some((1.0, 0.0)));
        assert_eq!(read("baseline - 0.01"), Some((1.0, -0.01)));
        assert_eq!(read("0.98 * baseline"), Some((0.98, 0.0)));
        assert_eq!(read("0.98*baseline+0.5"), Some((0.98, 0.5)));
        assert_eq!(read("0 * baseline"), None, "nothing is held against nothing");
        assert_eq!(read("baselines"), None);
        assert_eq!(read("baseline 0.01"), None);
        assert_eq!(read("baseline * 2"), None);
    }

    #[test]
    fn times_are_read_with_their_unit() {
        assert_eq!(milliseconds("40ms"), Some(40.0));
        assert_eq!(milliseconds("1.5 s"), Some(1500.0));
        assert_eq!(milliseconds("800us"), Some(0.8));
        assert_eq!(milliseconds("40"), None, "a bare number could be anything");
        assert_eq!(milliseconds("-1ms"), None);
    }
}
