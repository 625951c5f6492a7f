//! The one rule by which every part is graded for every query.
//!
//! A need for a kind of part starts at 3 and loses points: 1 for a type that can stand in for the one asked for, 2 for
//! another type of the same family, 1 for each soft requirement that is not met, 2 for each hard one. What is left, at
//! least 0, is the grade; a type of another family is 0. A part that does not say counts as not meeting.
//!
//! A need for a number: 3 for the part whose own number is meant; 2 for a part that lists it as a cross-reference or
//! as superseded, or 3 if no part has it as its own; otherwise 0.
//!
//! A part that the query's filter does not let through is 0.

use super::brands::normal;
use super::ontology::{PartType, thousandths};
use super::part::Part;

/// What a query is after.
#[derive(Debug, Clone)]
pub(crate) enum Need {
    /// The part with one of these numbers, in normal form; more than one when a fragment fits several.
    Number {
        meant: Vec<String>,
        owned: bool,
    },
    Kind {
        of: usize,
        wants: Vec<Want>,
    },
}

/// A requirement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Want {
    Side(&'static str),
    Volt(&'static str),
    Pins(&'static str),
    /// A dimension by name, with least and greatest value allowed, in thousandths.
    Num {
        name: &'static str,
        least: Option<i64>,
        most: Option<i64>,
    },
    Model(usize),
    Line(&'static str),
    Feature(usize),
    Design(&'static str),
    Brand(usize),
    Cert(&'static str),
}

impl Want {
    /// Without it the part does not fit or is not what was named; design, brand and certificate are wishes.
    pub(crate) fn is_hard(&self) -> bool {
        !matches!(self, Want::Design(_) | Want::Brand(_) | Want::Cert(_))
    }

    pub(crate) fn is_met(&self, part: &Part, types: &[PartType]) -> bool {
        match self {
            Want::Side(side) => part.sides.contains(side),
            Want::Volt(volt) => part.volt == Some(volt),
            Want::Pins(pins) => part.pins == Some(pins),
            Want::Num { name, least, most } => {
                let nums = types[part.of].nums.iter().zip(&part.nums);
                let value = nums.filter(|(num, _)| num.name == *name).find_map(|(_, v)| *v);
                value.map(thousandths).is_some_and(|value| {
                    least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most)
                })
            }
            Want::Model(model) => part.fits.iter().any(|fit| fit.0 == *model),
            Want::Line(line) => part.line == Some(line),
            Want::Feature(feature) => part.feature == Some(*feature),
            Want::Design(design) => part.design_name(types) == Some(design),
            Want::Brand(brand) => part.brand == *brand,
            Want::Cert(cert) => part.certs.contains(cert),
        }
    }
}

impl Need {
    /// The grade of `part`, the filter left aside.
    pub(crate) fn grade(&self, part: &Part, types: &[PartType]) -> usize {
        match self {
            Need::Number { meant, owned } => {
                let is_meant = |number: &String| meant.contains(&normal(number));
                if is_meant(&part.number) {
                    3
                } else if part.listed().any(is_meant) {
                    if *owned { 2 } else { 3 }
                } else {
                    0
                }
            }
            Need::Kind { of, wants } => {
                let lost = wants.iter().filter(|w| !w.is_met(part, types));
                let lost: usize = lost.map(|w| if w.is_hard() { 2 } else { 1 }).sum();
                match distance(*of, part.of, types) {
                    Some(far) => 3_usize.saturating_sub(far + lost),
                    None => 0,
                }
            }
        }
    }

    /// True for a part of the type asked for or of one that can stand in: a near miss if its grade is 0.
    pub(crate) fn is_near(&self, part: &Part, types: &[PartType]) -> bool {
        match self {
            Need::Number { .. } => false,
            Need::Kind { of, .. } => matches!(distance(*of, part.of, types), Some(0 | 1)),
        }
    }
}

/// Points that type `b` loses where `a` is asked for: 0 the same, 1 can stand in, 2 same family, none otherwise.
fn distance(a: usize, b: usize, types: &[PartType]) -> Option<usize> {
    if a == b {
        Some(0)
    } else if types[a].like.contains(&b) {
        Some(1)
    } else if types[a].family == types[b].family {
        Some(2)
    } else {
        None
    }
}
