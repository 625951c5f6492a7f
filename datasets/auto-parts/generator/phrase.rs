//! How people ask for a kind of part with requirements.

use super::brands::BRANDS;
use super::features::FEATURES;
use super::grading::Want;
use super::ontology::PartType;
use super::rng::Rng;
use super::vehicles::{MODELS, full_name};
use super::words::lower_name;

const FRAMES: [&str; 12] = [
    "{}",
    "{}",
    "{}",
    "{}",
    "{}",
    "looking for {}",
    "need {}",
    "{} wanted",
    "new {}",
    "replacement {}",
    "which {} do you have",
    "I want to order {}",
];

/// A query text for parts of the type with these requirements.
pub(crate) fn phrase(of: &PartType, wants: &[Want], rng: &mut Rng) -> String {
    let mut before: Vec<String> = Vec::new();
    let mut after: Vec<String> = Vec::new();
    for want in wants {
        let (text, in_front) = words(want, of, rng);
        if in_front {
            before.push(text)
        } else {
            after.push(text)
        }
    }
    rng.shuffle(&mut before);
    rng.shuffle(&mut after);
    before.push(lower_name(rng.pick(&of.names)));
    before.extend(after);
    rng.pick(&FRAMES).replace("{}", &before.join(" "))
}

/// The words for one requirement, and whether they go in front of the name.
fn words(want: &Want, of: &PartType, rng: &mut Rng) -> (String, bool) {
    let front = rng.chance(60);
    match want {
        Want::Side(side) if front => ((*side).to_owned(), true),
        Want::Side(side) => (format!("for the {side}"), false),
        Want::Volt(volt) if front => (format!("{volt} V"), true),
        Want::Volt(volt) => (format!("{volt} volt"), false),
        Want::Pins(pins) if front => (format!("{pins}-pin"), true),
        Want::Pins(pins) => (format!("with {pins} contacts"), false),
        Want::Num { name, least, most } => (number(name, *least, *most, of, rng), false),
        Want::Model(model) if front => (format!("for {}", full_name(*model)), false),
        Want::Model(model) if rng.chance(50) => (MODELS[*model].name.to_owned(), true),
        Want::Model(model) => (full_name(*model), true),
        Want::Line(line) => ((*line).to_owned(), front),
        Want::Feature(feature) => (rng.pick(FEATURES[*feature].asked).to_owned(), false),
        Want::Design(design) if design.contains(' ') || design.starts_with("with") => {
            ((*design).to_owned(), false)
        }
        Want::Design(design) => ((*design).to_owned(), true),
        Want::Brand(brand) if front => (BRANDS[*brand].name.to_owned(), true),
        Want::Brand(brand) => (format!("from {}", BRANDS[*brand].name), false),
        Want::Cert(cert) => {
            let spelled = cert.replace('-', rng.pick(&["-", " ", " "]));
            let text = rng.pick(&["{} approved", "with {} approval", "certified to {}"]);
            (text.replace("{}", &spelled), false)
        }
    }
}

fn number(name: &str, least: Option<i64>, most: Option<i64>, of: &PartType, rng: &mut Rng) -> String {
    let unit = of.nums.iter().find(|n| n.name == name).map_or("#", |n| n.unit);
    let unit = if unit == "#" {
        String::new()
    } else {
        format!(" {unit}")
    };
    let pick = |options: &[&'static str], rng: &mut Rng| rng.pick(options);
    match (least, most) {
        (Some(a), Some(b)) if a == b => {
            let form = pick(&["{n} {a}{u}", "{a}{u} {n}", "{a}{u}", "with {a}{u} {n}"], rng);
            // A bare count would not say what is counted.
            let form = if unit.is_empty() { "{a} {n}" } else { form };
            form.replace("{n}", name)
                .replace("{a}", &decimal(a))
                .replace("{u}", &unit)
        }
        (Some(a), Some(b)) => format!("{name} between {} and {}{unit}", decimal(a), decimal(b)),
        (Some(a), None) => {
            let form = pick(
                &["at least {a}{u} {n}", "{n} over {a}{u}", "{n} {a}{u} or more"],
                rng,
            );
            form.replace("{n}", name)
                .replace("{a}", &decimal(a))
                .replace("{u}", &unit)
        }
        (None, b) => {
            let form = pick(
                &["{n} under {b}{u}", "at most {b}{u} {n}", "{n} below {b}{u}"],
                rng,
            );
            let b = decimal(b.unwrap_or_default());
            form.replace("{n}", name).replace("{b}", &b).replace("{u}", &unit)
        }
    }
}

/// Thousandths as a decimal without zeros at the end.
fn decimal(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
