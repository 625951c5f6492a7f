//! Reading measures: `Name(param=value)@cutoff` as in ir_measures, and trec_eval's names.

mod params;

use std::str::FromStr;

use super::name::{Entry, Family, UTILITY_WEIGHTS, entries};
use super::{Measure, ParseMeasureError, SetMeasure};
use crate::suggest::closest;
use params::Params;

/// Measures of other tools that a slip of the pen must not turn into one of ours.
const NOT_COMPUTED: [&str; 7] = ["inst", "bpm", "sdcg", "compat", "alpha_ndcg", "err_ia", "nrbp"];

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
        if cutoff.is_none()
            && let Some((before, number)) = trailing_number(name)
        {
            (name, cutoff) = (before, Some(number));
        }
        name = name.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (!name.is_empty() && name.chars().all(is_name)).then_some(Self { name, params, cutoff })
    }
}

/// trec_eval's way: `ndcg_cut_10` when printed, `ndcg_cut.10` when asked for.
fn trailing_number(name: &str) -> Option<(&str, &str)> {
    let is_number = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && text.ends_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || ".,".contains(c))
    };
    let split = [name.rsplit_once('_'), name.split_once('.')];
    split
        .into_iter()
        .flatten()
        .find(|(before, number)| !before.is_empty() && is_number(number))
}

/// `a=1, b='x', c={0:1,1:3}` as pairs; quotes around a value are optional.
fn split_params(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut depth = 0_i32;
    let outside_braces = |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    };
    let pairs = text.split(outside_braces).map(|part| part.split_once('='));
    let trimmed =
        pairs.map(|pair| pair.map(|(key, value)| (key.trim(), value.trim().trim_matches(['\'', '"']))));
    trimmed.collect()
}

impl FromStr for Measure {
    type Err = ParseMeasureError;

    fn from_str(text: &str) -> Result<Self, ParseMeasureError> {
        let text = text.trim();
        let parts = Parts::split(text).ok_or_else(|| ParseMeasureError::Malformed(text.to_owned()))?;
        let alias = parts.name.to_lowercase();
        let is_named = |e: &&Entry| e.name.to_lowercase() == alias || e.aliases.contains(&alias.as_str());
        let entry = entries()
            .find(is_named)
            .ok_or_else(|| unknown(text, parts.name))?;
        let params = Params::new(entry, parts.params, parts.cutoff)?;
        if alias.ends_with("_cut") {
            params.cutoff()?;
        }
        let measure = match alias.as_str() {
            "rprec_mult" => {
                let mult = params.number_after_name("mult", MULTIPLE)?;
                Self::Rprec {
                    mult,
                    rel: params.rel()?,
                }
            }
            "set_f" => {
                let beta = params.number_after_name("beta", WEIGHT)?;
                Self::Set {
                    of: SetMeasure::F(beta),
                    rel: params.rel()?,
                }
            }
            "relative_p" | "r_cap" => Self::RelativeP {
                cutoff: params.cutoff()?,
                rel: params.rel()?,
            },
            "set_relative_p" => Self::Set {
                of: SetMeasure::RelativeP,
                rel: params.rel()?,
            },
            _ => of_family(entry.family, &params)?,
        };
        if !["rprec_mult", "set_f"].contains(&alias.as_str()) {
            params.all_used(&measure)?;
        }
        Ok(measure)
    }
}

const WEIGHT: &str = "the weight of recall is a number above 0";
const MULTIPLE: &str = "a multiple is a number above 0";
const PERSISTENCE: &str = "a persistence lies between 0 and 1";

fn of_family(family: Family, params: &Params) -> Result<Measure, ParseMeasureError> {
    let rel = params.rel()?;
    Ok(match family {
        Family::Success => Measure::Success {
            cutoff: params.cutoff()?,
            rel,
        },
        Family::Rr => Measure::Rr {
            cutoff: params.any_cutoff()?,
            rel,
        },
        Family::Ap => Measure::Ap {
            cutoff: params.any_cutoff()?,
            rel,
        },
        Family::P if params.flag("relative")? => Measure::RelativeP {
            cutoff: params.cutoff()?,
            rel,
        },
        Family::P => Measure::P {
            cutoff: params.cutoff()?,
            rel,
        },
        Family::R => Measure::R {
            cutoff: params.cutoff()?,
            rel,
        },
        Family::Bpref => Measure::Bpref { rel },
        Family::InfAp => Measure::InfAp { rel },
        Family::BinG => Measure::BinG { rel },
        Family::Geometric(of) => Measure::Geometric { of, rel },
        Family::Num(of) => Measure::Num { of, rel },
        Family::Judged => Measure::Judged {
            cutoff: params.cutoff()?,
        },
        Family::Unjudged => Measure::Unjudged {
            cutoff: params.cutoff()?,
        },
        Family::KnnRecall => Measure::KnnRecall {
            cutoff: params.cutoff()?,
        },
        Family::SetP if params.flag("relative")? => Measure::Set {
            of: SetMeasure::RelativeP,
            rel,
        },
        Family::SetP => Measure::Set {
            of: SetMeasure::P,
            rel,
        },
        Family::SetR => Measure::Set {
            of: SetMeasure::R,
            rel,
        },
        Family::SetAp => Measure::Set {
            of: SetMeasure::Ap,
            rel,
        },
        Family::SetF => {
            let beta = params.number("beta", 1.0, WEIGHT, |b| b > 0.0)?;
            Measure::Set {
                of: SetMeasure::F(beta),
                rel,
            }
        }
        Family::Rprec => {
            let mult = params.number("mult", 1.0, MULTIPLE, |m| m > 0.0)?;
            Measure::Rprec { mult, rel }
        }
        Family::IPrec => Measure::IPrec {
            recall: params.recall()?,
            rel,
        },
        Family::IPrecAvg => Measure::IPrecAvg {
            recalls: params.recalls()?,
            rel,
        },
        _ => of_graded(family, params)?,
    })
}

fn of_graded(family: Family, params: &Params) -> Result<Measure, ParseMeasureError> {
    let cutoff = || params.any_cutoff();
    Ok(match family {
        Family::NDcg => Measure::NDcg {
            gain: params.gain()?,
            cutoff: cutoff()?,
        },
        Family::Dcg => Measure::Dcg {
            gain: params.gain()?,
            cutoff: cutoff()?,
            ideal: params.flag("ideal")?,
        },
        Family::G => Measure::G { gain: params.gain()? },
        Family::NDcgRel => Measure::NDcgRel { gain: params.gain()? },
        Family::RNDcg => Measure::RNDcg { gain: params.gain()? },
        Family::Rbp => {
            let p = params.number("p", super::name::RBP_P.get(), PERSISTENCE, |p| 0.0 < p && p < 1.0)?;
            if params.flag("residual")? {
                params.excludes("residual", &["rel", "graded"])?;
                return Ok(Measure::RbpResidual { p, cutoff: cutoff()? });
            }
            let graded = params.flag("graded")?;
            if graded {
                params.excludes("graded", &["rel"])?;
            }
            let rel = params.rel()?;
            Measure::Rbp {
                p,
                rel: (!graded).then_some(rel),
                cutoff: cutoff()?,
            }
        }
        Family::Utility => {
            let weight = |i: usize| {
                params.number(
                    params.known()[1 + i],
                    UTILITY_WEIGHTS[i],
                    "a weight is a number",
                    |_| true,
                )
            };
            Measure::Utility {
                weights: [weight(0)?, weight(1)?, weight(2)?, weight(3)?],
                docs: params.whole("docs", 0, "a number of documents is a whole number")?,
                rel: params.rel()?,
            }
        }
        // The rest is expected reciprocal rank.
        family => Measure::Err {
            max: params.max_grade()?,
            cutoff: cutoff()?,
            normalised: family == Family::NErr,
        },
    })
}

fn unknown(text: &str, name: &str) -> ParseMeasureError {
    if NOT_COMPUTED.contains(&name.to_lowercase().as_str()) {
        return ParseMeasureError::NotComputed(name.to_owned());
    }
    let names = || {
        entries()
            .map(|e| e.name)
            .chain(entries().flat_map(|e| e.aliases.iter().copied()))
    };
    let meant = closest(name, names()).map(|meant| text.replacen(name, meant, 1));
    // The canonical spelling of the whole where the rest of it is sound.
    let suggestion = meant.map(|m| m.parse::<Measure>().map_or(m, |measure| measure.to_string()));
    ParseMeasureError::Unknown {
        name: name.to_owned(),
        suggestion,
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
mod tests;
