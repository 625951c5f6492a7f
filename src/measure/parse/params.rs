//! The parameters and the cut-off of a measure as written, read one by one.

use super::super::name::{ERR_MAX, Entry};
use super::super::{Gain, Measure, ParseMeasureError, Real};
use crate::dataset::Grade;

const REL: &str = "the least relevant grade is a whole number from 1";
const GAIN: &str = "a gain is `linear` or `exp`";
const GAINS: &str = "gains are written {grade:gain,…}, each grade once and from 0";
const RECALLS: &str = "levels of recall are written {0.25,0.5,…}, each from 0 to 1";

/// What stands between the name and the end.
pub(super) struct Params<'a> {
    entry: &'static Entry,
    pairs: Vec<(&'a str, &'a str)>,
    cutoff: Option<&'a str>,
}

impl<'a> Params<'a> {
    /// Refuses parameters that the measure does not have and those given twice.
    pub(super) fn new(
        entry: &'static Entry,
        pairs: Vec<(&'a str, &'a str)>,
        cutoff: Option<&'a str>,
    ) -> Result<Self, ParseMeasureError> {
        for (i, (param, _)) in pairs.iter().enumerate() {
            if pairs[..i].iter().any(|(earlier, _)| earlier == param) {
                return Err(ParseMeasureError::RepeatedParam((*param).to_owned()));
            }
            if !entry.params.contains(param) {
                return Err(ParseMeasureError::UnknownParam {
                    name: entry.name,
                    param: (*param).to_owned(),
                    known: entry.params,
                });
            }
        }
        Ok(Self { entry, pairs, cutoff })
    }

    /// The parameters that the measure has.
    pub(super) fn known(&self) -> &'static [&'static str] {
        self.entry.params
    }

    fn given(&self, param: &str) -> Option<&'a str> {
        let found = self.pairs.iter().find(|(name, _)| *name == param);
        found.map(|(_, value)| *value)
    }

    fn bad<T>(param: &'static str, value: &str, want: &'static str) -> Result<T, ParseMeasureError> {
        let value = value.to_owned();
        Err(ParseMeasureError::BadParam { param, value, want })
    }

    /// A cut-off that has to be there.
    pub(super) fn cutoff(&self) -> Result<usize, ParseMeasureError> {
        let name = self.entry.name;
        self.any_cutoff()?.ok_or(ParseMeasureError::NoCutoff { name })
    }

    /// A cut-off that may be there.
    pub(super) fn any_cutoff(&self) -> Result<Option<usize>, ParseMeasureError> {
        let parse = |text: &str| match text.parse() {
            Ok(cutoff) if cutoff > 0 => Ok(cutoff),
            _ => Err(ParseMeasureError::BadCutoff(text.to_owned())),
        };
        self.cutoff.map(parse).transpose()
    }

    /// A cut-off on a measure that has none is a mistake.
    pub(super) fn all_used(&self, measure: &Measure) -> Result<(), ParseMeasureError> {
        let needless =
            self.cutoff.is_some() && measure.cutoff().is_none() && !matches!(measure, Measure::IPrec { .. });
        let name = self.entry.name;
        if needless {
            Err(ParseMeasureError::NeedlessCutoff { name })
        } else {
            Ok(())
        }
    }

    /// A number that follows the name of the measure, as trec_eval writes some parameters; 1 without it.
    pub(super) fn number_after_name(
        &self,
        param: &'static str,
        want: &'static str,
    ) -> Result<Real, ParseMeasureError> {
        match self.cutoff {
            Some(text) => match number(text) {
                Some(value) if value.get() > 0.0 => Ok(value),
                _ => Self::bad(param, text, want),
            },
            None => self.number(param, 1.0, want, |value| value > 0.0),
        }
    }

    pub(super) fn number(
        &self,
        param: &'static str,
        default: f64,
        want: &'static str,
        allowed: impl Fn(f64) -> bool,
    ) -> Result<Real, ParseMeasureError> {
        match self.given(param) {
            None => Ok(Real::literal(default)),
            Some(text) => match number(text) {
                Some(value) if allowed(value.get()) => Ok(value),
                _ => Self::bad(param, text, want),
            },
        }
    }

    pub(super) fn whole(
        &self,
        param: &'static str,
        default: u32,
        want: &'static str,
    ) -> Result<u32, ParseMeasureError> {
        let parse = |text: &str| text.parse().or_else(|_| Self::bad(param, text, want));
        self.given(param).map_or(Ok(default), parse)
    }

    pub(super) fn flag(&self, param: &'static str) -> Result<bool, ParseMeasureError> {
        match self.given(param) {
            None | Some("false" | "False") => Ok(false),
            Some("true" | "True") => Ok(true),
            Some(other) => Self::bad(param, other, "it is `true` or `false`"),
        }
    }

    /// Parameters that say nothing beside another one.
    pub(super) fn excludes(
        &self,
        flag: &'static str,
        others: &[&'static str],
    ) -> Result<(), ParseMeasureError> {
        for param in others {
            if let Some(value) = self.given(param) {
                let want = match flag {
                    "residual" => "the residual does not depend on it; leave it out",
                    _ => "with `graded` there is no least relevant grade; leave it out",
                };
                return Self::bad(param, value, want);
            }
        }
        Ok(())
    }

    pub(super) fn rel(&self) -> Result<Grade, ParseMeasureError> {
        self.grade_from_one("rel", 1, REL)
    }

    /// The greatest grade of the scale.
    pub(super) fn max_grade(&self) -> Result<Grade, ParseMeasureError> {
        let want = "the greatest grade is a whole number from 1 to 1000";
        let max = self.grade_from_one("max", ERR_MAX, want)?;
        if max > 1000 {
            Self::bad("max", &max.to_string(), want)
        } else {
            Ok(max)
        }
    }

    fn grade_from_one(
        &self,
        param: &'static str,
        default: Grade,
        want: &'static str,
    ) -> Result<Grade, ParseMeasureError> {
        let parse = |text: &str| match text.parse() {
            Ok(grade) if grade >= 1 => Ok(grade),
            _ => Self::bad(param, text, want),
        };
        self.given(param).map_or(Ok(default), parse)
    }

    pub(super) fn gain(&self) -> Result<Gain, ParseMeasureError> {
        match (self.given("gain"), self.given("gains")) {
            (None, None) | (Some("linear"), None) => Ok(Gain::Linear),
            (Some("exp"), None) => Ok(Gain::Exp),
            (None, Some(text)) => table(text).map_or_else(|| Self::bad("gains", text, GAINS), Ok),
            (Some(other), None) => Self::bad("gain", other, GAIN),
            (Some(_), Some(text)) => Self::bad("gains", text, "give `gain` or `gains`, not both"),
        }
    }

    /// The level of recall that stands where others have a cut-off.
    pub(super) fn recall(&self) -> Result<Real, ParseMeasureError> {
        match self.cutoff.map(|text| (text, share(text))) {
            Some((_, Some(recall))) => Ok(recall),
            Some((text, None)) => Self::bad("recall", text, "a level of recall lies from 0 to 1"),
            None => Err(ParseMeasureError::NoRecall),
        }
    }

    pub(super) fn recalls(&self) -> Result<Option<Vec<Real>>, ParseMeasureError> {
        let Some(text) = self.given("recalls") else {
            return Ok(None);
        };
        let levels: Option<Vec<Real>> = braced(text).and_then(|list| list.split(',').map(share).collect());
        levels.map_or_else(|| Self::bad("recalls", text, RECALLS), |levels| Ok(Some(levels)))
    }
}

fn number(text: &str) -> Option<Real> {
    Real::new(text.trim().parse().ok()?)
}

fn share(text: &str) -> Option<Real> {
    number(text).filter(|share| (0.0..=1.0).contains(&share.get()))
}

fn braced(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}')
}

/// `{0:0,1:1,2:3}`.
fn table(text: &str) -> Option<Gain> {
    let pair = |pair: &str| {
        let (grade, gain) = pair.split_once(':')?;
        let grade: Grade = grade.trim().parse().ok()?;
        Some((grade, number(gain)?))
    };
    let mut gains: Vec<(Grade, Real)> = braced(text)?.split(',').map(pair).collect::<Option<_>>()?;
    gains.sort_unstable();
    let distinct = gains.windows(2).all(|pair| pair[0].0 != pair[1].0);
    (distinct && gains[0].0 >= 0).then_some(Gain::Table(gains))
}
