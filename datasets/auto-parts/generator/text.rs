//! Titles and descriptions.
//!
//! The words follow from the part's facts and from `wording` alone, and no choice depends on a value: two parts that
//! differ in one value have descriptions that differ in one word.

use super::brands::BRANDS;
use super::features::FEATURES;
use super::ontology::PartType;
use super::part::{Fact, Part};
use super::rng::Rng;
use super::vehicles::full_name;
use super::words::{self, capital, fill, lower_name, small};

/// A title that states the facts of `part.in_title` around one of the type's names.
pub(crate) fn title(part: &Part, types: &[PartType], rng: &mut Rng) -> String {
    let of = &types[part.of];
    let mut before = Vec::new();
    let mut after = String::new();
    let name = rng.pick(&of.names);
    for fact in &part.in_title {
        match fact {
            Fact::Line => before.insert(0, part.line.unwrap_or_default().to_owned()),
            Fact::Brand => {
                let brand = BRANDS[part.brand].name;
                match rng.below(3) {
                    0 => after += &format!(" by {brand}"),
                    1 => after += &format!(" {brand}"),
                    _ => before.insert(0, brand.to_owned()),
                }
            }
            Fact::Sides => {
                let sides = part
                    .sides
                    .iter()
                    .map(|s| capital(s))
                    .collect::<Vec<_>>()
                    .join(" ");
                match rng.below(4) {
                    0 => after += &format!(", {sides}"),
                    1 => after += &format!(" ({sides})"),
                    _ => before.push(sides),
                }
            }
            Fact::Design => {
                let design = part.design_name(types).unwrap_or_default();
                let prefix = !design.contains(' ') && rng.chance(60);
                if prefix {
                    before.push(capital(design));
                } else {
                    after += &format!(", {design}");
                }
            }
            Fact::Volt => after += &format!(" {} V", part.volt.unwrap_or_default()),
            Fact::Fits => {
                let model = full_name(part.fits[0].0);
                match rng.below(4) {
                    0 => after += &format!(" ({model})"),
                    1 => after += &format!(" {model}"),
                    2 => after += &format!(" suits {model}"),
                    _ => after += &format!(" for {model}"),
                }
            }
            _ => {}
        }
    }
    before.push(name.to_owned());
    before.join(" ") + &after
}

/// The description, or `None` when these words do not make 20 to 60 of them.
pub(crate) fn description(part: &Part, types: &[PartType]) -> Option<String> {
    let mut rng = Rng::new(part.wording);
    let mut sentences = facts(part, types, &mut rng);
    let lead = lead(&types[part.of], &mut rng);
    let place = if rng.chance(55) {
        0
    } else {
        rng.below(sentences.len() + 1)
    };
    sentences.insert(place, lead);
    let extras = [rng.pick(&types[part.of].notes), rng.pick(&words::FILL)];
    let wanted = [30 + rng.below(14), 26 + rng.below(14)];
    for (extra, wanted) in extras.into_iter().zip(wanted) {
        let place = 1 + rng.below(sentences.len());
        if count(&sentences) < wanted {
            sentences.insert(place, extra.to_owned());
        }
    }
    let joined = join(&sentences, &mut rng);
    (20..=60).contains(&count(&sentences)).then_some(joined)
}

/// One text; some sentences go on after a semicolon or a comma.
fn join(sentences: &[String], rng: &mut Rng) -> String {
    let habit = rng.pick(&[0, 10, 25, 40]);
    let mut text = String::new();
    for sentence in sentences {
        if !text.is_empty() && rng.chance(habit) {
            text.pop();
            text += rng.pick(&["; ", "; ", ", ", " – "]);
            text += &small(sentence);
        } else {
            text += if text.is_empty() { "" } else { " " };
            text += sentence;
        }
    }
    text
}

fn count(sentences: &[String]) -> usize {
    sentences.iter().map(|s| s.split_whitespace().count()).sum()
}

fn lead(of: &PartType, rng: &mut Rng) -> String {
    let does = rng.pick(&of.does);
    let noun = match rng.below(4) {
        0 => rng.pick(&["unit", "component", "item", "assembly"]).to_owned(),
        _ => lower_name(rng.pick(&of.names)),
    };
    // The verb phrases are in the singular.
    let plural = noun.ends_with('s') && !noun.ends_with("ss");
    let noun = if plural { "set" } else { &noun };
    fill(rng.pick(&words::DOES), does, noun, "")
}

/// One sentence per fact, in any order; some technical data run together as a list.
fn facts(part: &Part, types: &[PartType], rng: &mut Rng) -> Vec<String> {
    let mut order = part.in_description.clone();
    rng.shuffle(&mut order);
    let run_together = rng.chance(45);
    let mut list = Vec::new();
    let mut sentences = Vec::new();
    for fact in order {
        match listed(part, types, fact) {
            Some(item) if run_together => list.push(item),
            _ => sentences.push(sentence(part, types, fact, rng)),
        }
    }
    if !list.is_empty() {
        let separator = rng.pick(&[", ", "; ", ", ", " / "]);
        let place = rng.below(sentences.len() + 1);
        sentences.insert(place, capital(&list.join(separator)) + ".");
    }
    sentences
}

/// A technical fact as an item of a list, for facts that go there.
fn listed(part: &Part, types: &[PartType], fact: Fact) -> Option<String> {
    Some(match fact {
        Fact::Sides => part.position(),
        Fact::Volt => format!("{} V", part.volt?),
        Fact::Pins => format!("{} pins", part.pins?),
        Fact::Num(i) => {
            let num = &types[part.of].nums[i];
            let value = part.nums[i]?;
            match num.unit {
                "#" => format!("{value} {}", num.name),
                unit => format!("{} {value} {unit}", num.name),
            }
        }
        _ => return None,
    })
}

fn sentence(part: &Part, types: &[PartType], fact: Fact, rng: &mut Rng) -> String {
    let of = &types[part.of];
    match fact {
        Fact::Sides => fill(rng.pick(&words::SIDE), &part.position(), "", ""),
        Fact::Volt => fill(rng.pick(&words::VOLT), part.volt.unwrap_or_default(), "", ""),
        Fact::Pins => fill(rng.pick(&words::PINS), part.pins.unwrap_or_default(), "", ""),
        Fact::Num(i) => {
            let num = &of.nums[i];
            let templates: &[&str] = if num.unit == "#" {
                &words::COUNT
            } else {
                &words::NUM
            };
            fill(
                rng.pick(templates),
                part.nums[i].unwrap_or_default(),
                num.name,
                num.unit,
            )
        }
        Fact::Design => {
            // Drawn by position, so that the draw is the same for designs with more or fewer phrases.
            let (draw, template) = (rng.below(60), rng.pick(&words::DESIGN));
            let phrases = &of.designs[part.design.unwrap_or(0)].phrases;
            let phrase = phrases[draw % phrases.len()];
            fill(template, &small(phrase), "", "")
        }
        Fact::Brand => fill(rng.pick(&words::BRAND), BRANDS[part.brand].name, "", ""),
        Fact::Fits => fits(part, rng),
        Fact::Feature => {
            let told = FEATURES[part.feature.unwrap_or(0)].told;
            rng.pick(told).to_owned()
        }
        Fact::Certs => {
            let certs: Vec<String> = part.certs.iter().map(|c| spelled(c, rng)).collect();
            fill(rng.pick(&words::CERTS), &certs.join(" and "), "", "")
        }
        Fact::Crosses => {
            let several = rng.chance(40);
            let shown = if several { 2 } else { 1 };
            let shown: Vec<&str> = part.crosses.iter().take(shown).map(String::as_str).collect();
            fill(rng.pick(&words::CROSS), &shown.join(", "), "", "")
        }
        Fact::Old => fill(rng.pick(&words::OLD), &part.old[0], "", ""),
        Fact::Line => String::new(),
    }
}

/// A certification as different people write it.
fn spelled(cert: &str, rng: &mut Rng) -> String {
    match rng.below(3) {
        0 => cert.replace('-', " "),
        _ => cert.to_owned(),
    }
}

fn fits(part: &Part, rng: &mut Rng) -> String {
    let style = rng.pick(&words::YEARS);
    let vehicles: Vec<String> = part
        .fits
        .iter()
        .map(|(model, a, b)| {
            style
                .replace("{m}", &full_name(*model))
                .replace("{a}", &a.to_string())
                .replace("{b}", &b.to_string())
        })
        .collect();
    fill(rng.pick(&words::FITS), &vehicles.join(" and "), "", "")
}
