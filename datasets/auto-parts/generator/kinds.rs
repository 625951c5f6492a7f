//! Queries for kinds of parts, without a filter: paraphrases, facts of one field, requirements, attributes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::grading::{Need, Want};
use super::lexis::stems;
use super::ontology::{Num, thousandths};
use super::part::{Fact, Part};
use super::phrase::phrase;
use super::query::{Draft, Workshop};

pub(crate) fn add(workshop: &mut Workshop<'_>) {
    workshop.fill("paraphrase", [28, 52], &mut paraphrase);
    workshop.fill("field", [14, 26], &mut |w, of| field(w, of, "title"));
    workshop.fill("field", [14, 26], &mut |w, of| field(w, of, "description"));
    for n in 1..=3 {
        workshop.fill("requirements", [11, 20], &mut |w, of| requirements(w, of, n));
    }
    workshop.fill("attribute", [9, 16], &mut |w, of| attribute(w, of, "equal"));
    workshop.fill("attribute", [12, 23], &mut |w, of| attribute(w, of, "bound"));
}

fn draft(text: String, of: usize, wants: Vec<Want>, facts: Vec<(&'static str, Value)>) -> Draft {
    Draft {
        text,
        need: Need::Kind { of, wants },
        filter: None,
        facts,
    }
}

/// The need in words of which no part of the type has any.
fn paraphrase(w: &mut Workshop<'_>, of: usize) -> Option<Draft> {
    let of_type = &w.types[of];
    let text = w.rng.pick(&of_type.say);
    let told: BTreeSet<String> = w.of_type(of).into_iter().flat_map(words).collect();
    let free = stems(text).is_disjoint(&told);
    free.then(|| draft(text.to_owned(), of, Vec::new(), Vec::new()))
}

fn words(part: &Part) -> BTreeSet<String> {
    stems(&format!("{} {} {}", part.title, part.description, part.number))
}

/// A requirement that the answers state in one field only.
fn field(w: &mut Workshop<'_>, of: usize, field: &'static str) -> Option<Draft> {
    let parts = w.of_type(of);
    let part = w.rng.pick(&parts);
    let want = if field == "title" {
        match part.line {
            Some(line) if w.rng.chance(55) => Want::Line(line),
            _ => Want::Model(part.fits.first()?.0),
        }
    } else {
        match w.rng.below(10) {
            0 => Want::Design(part.design_name(w.types)?),
            1 => Want::Model(part.fits.first()?.0),
            2 => Want::Cert(part.certs.first()?),
            _ => Want::Feature(part.feature?),
        }
    };
    let fact = fact(&want);
    let in_title = field == "title";
    let only_there = |p: &&Part| {
        let (stated, other) = (p.in_title.contains(&fact), p.in_description.contains(&fact));
        stated == in_title && other != in_title
    };
    if !parts.iter().filter(|p| want.is_met(p, w.types)).all(only_there) {
        return None;
    }
    let text = phrase(&w.types[of], std::slice::from_ref(&want), &mut w.rng);
    Some(draft(text, of, vec![want], vec![("field", Value::from(field))]))
}

/// The fact by which a text tells whether a part meets a requirement.
pub(crate) fn fact(want: &Want) -> Fact {
    match want {
        Want::Side(_) => Fact::Sides,
        Want::Volt(_) => Fact::Volt,
        Want::Pins(_) => Fact::Pins,
        // No field query asks for a dimension; titles never name one.
        Want::Num { .. } => Fact::Num(0),
        Want::Model(_) => Fact::Fits,
        Want::Line(_) => Fact::Line,
        Want::Feature(_) => Fact::Feature,
        Want::Design(_) => Fact::Design,
        Want::Brand(_) => Fact::Brand,
        Want::Cert(_) => Fact::Certs,
    }
}

/// One to three requirements that some part meets together.
fn requirements(w: &mut Workshop<'_>, of: usize, n: usize) -> Option<Draft> {
    let parts = w.of_type(of);
    let part = w.rng.pick(&parts);
    let mut wants = wishes(w, part);
    w.rng.shuffle(&mut wants);
    wants.truncate(n);
    // Wishes alone would leave nearly every part of the type at grade 2.
    if wants.len() < n || !wants.iter().any(Want::is_hard) {
        return None;
    }
    let text = phrase(&w.types[of], &wants, &mut w.rng);
    Some(draft(text, of, wants, vec![("requirements", Value::from(n))]))
}

/// Everything but dimensions that can be asked of a part; its positions count once.
fn wishes(w: &mut Workshop<'_>, part: &Part) -> Vec<Want> {
    let mut wants = Vec::new();
    if !part.sides.is_empty() {
        wants.push(Want::Side(w.rng.pick(&part.sides)));
    }
    wants.extend(
        part.volt
            .filter(|_| w.types[part.of].volts.len() > 1)
            .map(Want::Volt),
    );
    wants.extend(
        part.pins
            .filter(|_| w.types[part.of].pins.len() > 1)
            .map(Want::Pins),
    );
    wants.extend(part.fits.first().map(|fit| Want::Model(fit.0)));
    wants.extend(part.feature.map(Want::Feature));
    wants.extend(part.design_name(w.types).map(Want::Design));
    wants.extend(part.certs.first().map(|cert| Want::Cert(cert)));
    wants.push(Want::Brand(part.brand));
    wants
}

/// A dimension or rating: a value that parts have, or a bound that no part's text contains.
fn attribute(w: &mut Workshop<'_>, of: usize, comparison: &'static str) -> Option<Draft> {
    let of_type = &w.types[of];
    let num = of_type.nums.get(w.rng.below(of_type.nums.len().max(1)))?;
    let bound = comparison == "bound";
    if bound && num.values.len() < 3 {
        return None;
    }
    let parts = w.of_type(of);
    let want = if bound {
        bounds(w, num)
    } else if of_type.volts.len() > 1 && w.rng.chance(30) {
        Want::Volt(w.rng.pick(&of_type.volts))
    } else {
        let value = thousandths(w.rng.pick(&num.values));
        let (least, most) = (Some(value), Some(value));
        let name = num.name;
        Want::Num { name, least, most }
    };
    let met = parts.iter().filter(|p| want.is_met(p, w.types)).count();
    // A bound that hardly any part misses asks for nothing.
    if 5 * met > 3 * parts.len() {
        return None;
    }
    let mut wants = vec![want];
    if w.rng.chance(30) {
        wants.push(Want::Side(w.types[of].sides.first()?[w.rng.below(2)]));
    }
    let text = phrase(&w.types[of], &wants, &mut w.rng);
    Some(draft(
        text,
        of,
        wants,
        vec![("comparison", Value::from(comparison))],
    ))
}

/// Bounds halfway between values that occur.
fn bounds(w: &mut Workshop<'_>, num: &Num) -> Want {
    let mut values: Vec<i64> = num.values.iter().map(|v| thousandths(v)).collect();
    values.sort_unstable();
    let halfway = |i: usize| {
        let step = if values[i] % 1000 == 0 && values[i + 1] - values[i] >= 2000 {
            1000
        } else {
            10
        };
        (values[i] + values[i + 1]) / 2 / step * step
    };
    let (least, most) = match w.rng.below(3) {
        0 => (Some(halfway(w.rng.below(values.len() - 1))), None),
        1 => (None, Some(halfway(w.rng.below(values.len() - 1)))),
        _ => {
            let i = w.rng.below(values.len() - 2);
            (Some(halfway(i)), Some(halfway(i + 1)))
        }
    };
    Want::Num {
        name: num.name,
        least,
        most,
    }
}
