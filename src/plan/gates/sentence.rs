//! The sentence of a gate: subject, relation, number.

use super::Ground;
use crate::plan::findings::Findings;
use crate::plan::{GateSubject, Relation, measure};
use crate::spec::suggest::{instead, quoted};
use crate::spec::{Code, Diagnostic, Span};

/// What a sentence says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub(super) subject: GateSubject,
    pub(super) relation: Relation,
    /// Milliseconds for latencies.
    pub(super) threshold: f64,
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
const LATER: [&str; 4] = ["reference", "baseline", "not-worse-than", "relative-gain"];

/// The cost counters, which gates will speak of.
const COUNTERS: [&str; 7] = [
    "distance_computations",
    "float_distances",
    "code_distances",
    "postings",
    "candidates",
    "rescored",
    "pairs",
];

const EXAMPLES: &str = "`nDCG@10 >= 0.5`, `p95 <= 40ms`";

impl Sentence<'_> {
    /// What the sentence says; `None` after a complaint.
    pub(super) fn read(&self, findings: &mut Findings) -> Option<Condition> {
        if let Some(word) = LATER.into_iter().find(|word| self.text.contains(word)) {
            let title = format!("a gate on `{word}` is not in this version yet");
            let diagnostic = Diagnostic::new(Code::NotYet, title).at(self.part(word), "");
            findings.push(diagnostic.help(format!("this version knows thresholds: {EXAMPLES}")));
            return None;
        }
        let split = |(sign, relation)| {
            let (subject, threshold) = self.text.split_once(sign)?;
            Some((subject.trim(), relation, threshold.trim()))
        };
        let Some((subject, relation, threshold)) = RELATIONS.into_iter().find_map(split) else {
            let title = "a gate compares with `>=`, `>`, `<=` or `<`";
            let diagnostic = Diagnostic::new(Code::BadGate, title).at(self.span, "");
            findings.push(diagnostic.help(format!("for instance {EXAMPLES}")));
            return None;
        };
        let subject = self.subject(subject, findings)?;
        let threshold = self.threshold(threshold, &subject, findings)?;
        Some(Condition {
            subject,
            relation,
            threshold,
        })
    }

    fn subject(&self, text: &str, findings: &mut Findings) -> Option<GateSubject> {
        let digits = text.strip_prefix('p');
        if let Some(percentile) = digits.and_then(|digits| digits.parse::<f64>().ok()) {
            return self.percentile(text, percentile, findings);
        }
        if COUNTERS.contains(&text) {
            let title = "a gate on a counter is not in this version yet";
            findings.push(Diagnostic::new(Code::NotYet, title).at(self.part(text), ""));
            return None;
        }
        let subject = measure::read(text, self.part(text), findings)?;
        let measured = &self.ground.measure.quality;
        if measured.contains(&subject) {
            return Some(GateSubject::Measure(subject));
        }
        let known: Vec<String> = measured.iter().map(ToString::to_string).collect();
        let label = instead(&subject.to_string(), known.iter().map(String::as_str));
        let help = format!("add it: `measure: {{ quality: [{subject}, …] }}`");
        findings.push(self.not_measured(text, label).help(help));
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
