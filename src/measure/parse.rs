//! The names of measures: `Name(param=value)@cutoff` as in ir_measures, and trec_eval's.

use std::fmt;
use std::str::FromStr;

use super::{Gain, Measure, ParseMeasureError};
use crate::dataset::Grade;
use crate::suggest::closest;

/// A measure without its parameters and cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Success,
    NDcg,
    Rr,
    Ap,
    P,
    R,
    Rprec,
    Judged,
    KnnRecall,
}

impl Family {
    const ALL: [Self; 9] = [
        Self::Success,
        Self::NDcg,
        Self::Rr,
        Self::Ap,
        Self::P,
        Self::R,
        Self::Rprec,
        Self::Judged,
        Self::KnnRecall,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::NDcg => "nDCG",
            Self::Rr => "RR",
            Self::Ap => "AP",
            Self::P => "P",
            Self::R => "R",
            Self::Rprec => "Rprec",
            Self::Judged => "Judged",
            Self::KnnRecall => "knn_recall",
        }
    }

    fn params(self) -> &'static [&'static str] {
        match self {
            Self::NDcg => &["gain"],
            Self::Judged | Self::KnnRecall => &[],
            _ => &["rel"],
        }
    }
}

/// Every accepted name in lower case; upper and lower case are not told apart.
const NAMES: [(&str, Family); 19] = [
    ("success", Family::Success),
    ("hit", Family::Success),
    ("hit_rate", Family::Success),
    ("accuracy", Family::Success),
    ("ndcg", Family::NDcg),
    ("ndcg_cut", Family::NDcg),
    ("rr", Family::Rr),
    ("mrr", Family::Rr),
    ("recip_rank", Family::Rr),
    ("ap", Family::Ap),
    ("map", Family::Ap),
    ("map_cut", Family::Ap),
    ("p", Family::P),
    ("precision", Family::P),
    ("r", Family::R),
    ("recall", Family::R),
    ("rprec", Family::Rprec),
    ("judged", Family::Judged),
    ("knn_recall", Family::KnnRecall),
];

/// Measures of other tools that a slip of the pen must not turn into one of ours (`ERR` is not `RR`).
const NOT_COMPUTED: [&str; 9] = [
    "bpref", "rbp", "err", "nerr", "infap", "iprec", "gm_map", "inst", "dcg",
];

/// A name, its parameters and its cut-off, still text.
struct Parts<'a> {
    name: &'a str,
    params: Vec<(&'a str, &'a str)>,
    cutoff: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let (head, mut cutoff) = match text.rsplit_once('@') {
            Some((head, cutoff)) => (head, Some(cutoff)),
            None => (text, None),
        };
        let (mut name, params) = match head.split_once('(') {
            Some((name, params)) => (name, split_params(params.strip_suffix(')')?)?),
            None => (head, Vec::new()),
        };
        // trec_eval's way: `ndcg_cut_10` when printed, `ndcg_cut.10` when asked for.
        if let Some((before, digits)) = name.rsplit_once(['_', '.'])
            && cutoff.is_none()
            && digits.starts_with(|c: char| c.is_ascii_digit())
        {
            (name, cutoff) = (before, Some(digits));
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (!name.is_empty() && name.chars().all(is_name)).then_some(Self { name, params, cutoff })
    }
}

/// `a=1, b='x'` as pairs; quotes around a value are optional.
fn split_params(text: &str) -> Option<Vec<(&str, &str)>> {
    let pairs = text.split(',').map(|part| part.split_once('='));
    let trimmed =
        pairs.map(|pair| pair.map(|(key, value)| (key.trim(), value.trim().trim_matches(['\'', '"']))));
    trimmed.collect()
}

impl FromStr for Measure {
    type Err = ParseMeasureError;

    fn from_str(text: &str) -> Result<Self, ParseMeasureError> {
        let text = text.trim();
        let parts = Parts::split(text).ok_or_else(|| ParseMeasureError::Malformed(text.to_owned()))?;
        let lower = parts.name.to_lowercase();
        let Some(&(alias, family)) = NAMES.iter().find(|(name, _)| *name == lower) else {
            return Err(unknown(text, parts.name));
        };
        let cutoff = parts.cutoff.map(parse_cutoff).transpose()?;
        let needed = || cutoff.ok_or(ParseMeasureError::NoCutoff { name: family.name() });
        if alias.ends_with("_cut") {
            needed()?;
        }
        let Params { rel, gain } = parse_params(family, &parts.params)?;
        Ok(match family {
            Family::Success => Self::Success {
                cutoff: needed()?,
                rel,
            },
            Family::NDcg => Self::NDcg { gain, cutoff },
            Family::Rr => Self::Rr { cutoff, rel },
            Family::Ap => Self::Ap { cutoff, rel },
            Family::P => Self::P {
                cutoff: needed()?,
                rel,
            },
            Family::R => Self::R {
                cutoff: needed()?,
                rel,
            },
            Family::Rprec if cutoff.is_some() => {
                return Err(ParseMeasureError::NeedlessCutoff { name: family.name() });
            }
            Family::Rprec => Self::Rprec { rel },
            Family::Judged => Self::Judged { cutoff: needed()? },
            Family::KnnRecall => Self::KnnRecall { cutoff: needed()? },
        })
    }
}

fn unknown(text: &str, name: &str) -> ParseMeasureError {
    if NOT_COMPUTED.contains(&name.to_lowercase().as_str()) {
        return ParseMeasureError::NotComputed(name.to_owned());
    }
    let canonical = Family::ALL.map(Family::name);
    let known = canonical.into_iter().chain(NAMES.map(|(alias, _)| alias));
    let meant = closest(name, known).map(|meant| text.replacen(name, meant, 1));
    // The canonical spelling of the whole where the rest of it is sound.
    let suggestion = meant.map(|m| m.parse::<Measure>().map_or(m, |measure| measure.to_string()));
    ParseMeasureError::Unknown {
        name: name.to_owned(),
        suggestion,
    }
}

fn parse_cutoff(text: &str) -> Result<usize, ParseMeasureError> {
    match text.parse() {
        Ok(cutoff) if cutoff > 0 => Ok(cutoff),
        _ => Err(ParseMeasureError::BadCutoff(text.to_owned())),
    }
}

/// The parameters of all families, each at its default.
struct Params {
    rel: Grade,
    gain: Gain,
}

fn parse_params(family: Family, pairs: &[(&str, &str)]) -> Result<Params, ParseMeasureError> {
    let mut params = Params {
        rel: 1,
        gain: Gain::Linear,
    };
    for (i, (param, value)) in pairs.iter().enumerate() {
        if pairs[..i].iter().any(|(earlier, _)| earlier == param) {
            return Err(ParseMeasureError::RepeatedParam((*param).to_owned()));
        }
        match (*param, family.params()) {
            ("rel", ["rel"]) => params.rel = parse_rel(value)?,
            ("gain", ["gain"]) => params.gain = parse_gain(value)?,
            (_, known) => {
                return Err(ParseMeasureError::UnknownParam {
                    name: family.name(),
                    param: (*param).to_owned(),
                    known,
                });
            }
        }
    }
    Ok(params)
}

fn parse_rel(value: &str) -> Result<Grade, ParseMeasureError> {
    match value.parse() {
        Ok(rel) if rel >= 1 => Ok(rel),
        _ => Err(ParseMeasureError::BadParam {
            param: "rel",
            value: value.to_owned(),
            want: "the least relevant grade is a whole number from 1",
        }),
    }
}

fn parse_gain(value: &str) -> Result<Gain, ParseMeasureError> {
    match value {
        "linear" => Ok(Gain::Linear),
        "exp" => Ok(Gain::Exp),
        _ => Err(ParseMeasureError::BadParam {
            param: "gain",
            value: value.to_owned(),
            want: "a gain is `linear` or `exp`",
        }),
    }
}

impl fmt::Display for Measure {
    /// The canonical name: parameters at their defaults are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, rel, cutoff) = match *self {
            Self::Success { cutoff, rel } => (Family::Success, rel, Some(cutoff)),
            Self::NDcg { cutoff, .. } => (Family::NDcg, 1, cutoff),
            Self::Rr { cutoff, rel } => (Family::Rr, rel, cutoff),
            Self::Ap { cutoff, rel } => (Family::Ap, rel, cutoff),
            Self::P { cutoff, rel } => (Family::P, rel, Some(cutoff)),
            Self::R { cutoff, rel } => (Family::R, rel, Some(cutoff)),
            Self::Rprec { rel } => (Family::Rprec, rel, None),
            Self::Judged { cutoff } => (Family::Judged, 1, Some(cutoff)),
            Self::KnnRecall { cutoff } => (Family::KnnRecall, 1, Some(cutoff)),
        };
        f.write_str(family.name())?;
        if rel != 1 {
            write!(f, "(rel={rel})")?;
        }
        if matches!(self, Self::NDcg { gain: Gain::Exp, .. }) {
            f.write_str("(gain=exp)")?;
        }
        cutoff.map_or(Ok(()), |cutoff| write!(f, "@{cutoff}"))
    }
}

impl TryFrom<String> for Measure {
    type Error = ParseMeasureError;

    fn try_from(text: String) -> Result<Self, ParseMeasureError> {
        text.parse()
    }
}

impl From<Measure> for String {
    fn from(measure: Measure) -> Self {
        measure.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The canonical spelling of a measure, or its error.
    fn canonical(text: &str) -> Result<String, String> {
        let parsed = text.parse::<Measure>();
        parsed.map(|m| m.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn canonical_names_print_as_they_are_read() {
        for text in [
            "success@1",
            "success(rel=2)@5",
            "nDCG",
            "nDCG@10",
            "nDCG(gain=exp)@10",
            "RR",
            "RR@10",
            "AP",
            "AP(rel=2)@100",
            "P@5",
            "R(rel=3)@100",
            "Rprec",
            "Judged@10",
            "knn_recall@10",
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn names_of_trec_eval_and_common_ones_are_understood() {
        for (text, expected) in [
            ("ndcg_cut_10", "nDCG@10"),
            ("ndcg_cut.10", "nDCG@10"),
            ("ndcg", "nDCG"),
            ("map", "AP"),
            ("map_cut_100", "AP@100"),
            ("recip_rank", "RR"),
            ("P_5", "P@5"),
            ("recall_100", "R@100"),
            ("success_1", "success@1"),
            ("Success@1", "success@1"),
            ("NDCG@10", "nDCG@10"),
            ("mrr@10", "RR@10"),
            ("MAP@100", "AP@100"),
            ("hit@1", "success@1"),
            ("hit_rate@10", "success@10"),
            ("recall@100", "R@100"),
            ("precision@5", "P@5"),
            (" nDCG( gain = 'linear' )@10 ", "nDCG@10"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (text, expected) in [
            ("P", "`P` needs a cut-off, for instance `P@10`"),
            ("ndcg_cut", "`nDCG` needs a cut-off, for instance `nDCG@10`"),
            ("Rprec@5", "`Rprec` takes no cut-off"),
            ("nDCG@0", "the cut-off `0` is not a whole number from 1"),
            ("nDCG@ten", "the cut-off `ten` is not a whole number from 1"),
            ("P_5,10", "the cut-off `5,10` is not a whole number from 1"),
            ("nDCG(rel=2)@10", "`nDCG` has no parameter `rel`; it has `gain`"),
            ("Judged(rel=2)@10", "`Judged` has no parameter `rel`; it has none"),
            (
                "P(rel=0)@5",
                "`rel=0`: the least relevant grade is a whole number from 1",
            ),
            ("nDCG(gain=cubic)", "`gain=cubic`: a gain is `linear` or `exp`"),
            ("P(rel=1,rel=2)@5", "the parameter `rel` is given twice"),
            (
                "P(rel)@5",
                "`P(rel)@5` is not of the form `Name(param=value)@cutoff`",
            ),
            (
                "P(rel=2@5",
                "`P(rel=2@5` is not of the form `Name(param=value)@cutoff`",
            ),
            ("", "`` is not of the form `Name(param=value)@cutoff`"),
            ("ERR@10", "the measure `ERR` is not computed by this version"),
            ("nDGC@10", "unknown measure `nDGC`"),
        ] {
            assert_eq!(canonical(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_whole_measure() {
        let suggestion = |text: &str| {
            text.parse::<Measure>()
                .unwrap_err()
                .suggestion()
                .map(str::to_owned)
        };
        assert_eq!(suggestion("nDGC@10").as_deref(), Some("nDCG@10"));
        assert_eq!(suggestion("sucess(rel=2)@1").as_deref(), Some("success(rel=2)@1"));
        assert_eq!(suggestion("recal@100").as_deref(), Some("R@100"));
        assert_eq!(suggestion("latency@10"), None);
    }

    #[test]
    fn in_json_a_measure_is_its_name() {
        let measure: Measure = serde_json::from_str(r#""ndcg_cut_10""#).unwrap();
        assert_eq!(serde_json::to_string(&measure).unwrap(), r#""nDCG@10""#);
        let error = serde_json::from_str::<Measure>(r#""nDGC@10""#).unwrap_err();
        assert_eq!(error.to_string(), "unknown measure `nDGC`");
    }

    fn measures() -> impl Strategy<Value = Measure> {
        let cutoff = || 1_usize..2000;
        let perhaps = || prop::option::of(1_usize..2000);
        let rel = || 1_i32..9;
        let gain = prop_oneof![Just(Gain::Linear), Just(Gain::Exp)];
        prop_oneof![
            (cutoff(), rel()).prop_map(|(cutoff, rel)| Measure::Success { cutoff, rel }),
            (gain, perhaps()).prop_map(|(gain, cutoff)| Measure::NDcg { gain, cutoff }),
            (perhaps(), rel()).prop_map(|(cutoff, rel)| Measure::Rr { cutoff, rel }),
            (perhaps(), rel()).prop_map(|(cutoff, rel)| Measure::Ap { cutoff, rel }),
            (cutoff(), rel()).prop_map(|(cutoff, rel)| Measure::P { cutoff, rel }),
            (cutoff(), rel()).prop_map(|(cutoff, rel)| Measure::R { cutoff, rel }),
            rel().prop_map(|rel| Measure::Rprec { rel }),
            cutoff().prop_map(|cutoff| Measure::Judged { cutoff }),
            cutoff().prop_map(|cutoff| Measure::KnnRecall { cutoff }),
        ]
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverse(measure in measures()) {
            prop_assert_eq!(measure.to_string().parse::<Measure>().unwrap(), measure);
        }

        #[test]
        fn what_parses_prints_and_parses_again(text in "[a-zA-Z_]{1,9}[@(=)_.a-z0-9]{0,9}") {
            if let Ok(measure) = text.parse::<Measure>() {
                prop_assert_eq!(measure.to_string().parse::<Measure>().unwrap(), measure);
            }
        }
    }
}
