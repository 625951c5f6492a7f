//! Queries for numbers: exact ones, and partial, reformatted or mistyped ones.

use serde_json::Value;

use super::brands::normal;
use super::grading::Need;
use super::lexis::edits;
use super::query::{Draft, Workshop};

/// Ways to ask for a number; the bare number is the most frequent.
const FRAMES: [&str; 9] = [
    "{}",
    "{}",
    "{}",
    "{}",
    "part number {}",
    "do you have {} in stock",
    "{} price",
    "replacement for {}",
    "what supersedes {}",
];

pub(crate) fn add(workshop: &mut Workshop<'_>) {
    let quotas = [
        ("own", [7, 14]),
        ("own-listed", [6, 11]),
        ("superseded", [4, 7]),
        ("cross-reference", [4, 7]),
    ];
    for (form, quota) in quotas {
        workshop.fill("exact-number", quota, &mut |w, of| exact(w, of, form));
    }
    for form in ["fragment", "reformatted", "mistyped"] {
        workshop.fill("partial-number", [7, 13], &mut |w, of| partial(w, of, form));
    }
}

fn draft(
    w: &mut Workshop<'_>,
    asked: &str,
    meant: Vec<String>,
    form: &'static str,
    frames: &[&str],
) -> Draft {
    let owned = w.own.iter().any(|own| meant.contains(own));
    Draft {
        text: w.rng.pick(frames).replace("{}", asked),
        need: Need::Number { meant, owned },
        filter: None,
        facts: vec![("form", Value::from(form))],
    }
}

/// The number of a part as it is written, where the text of some part has it.
fn exact(w: &mut Workshop<'_>, of: usize, form: &'static str) -> Option<Draft> {
    let number = drawn(w, of, form)?;
    let frames: &[&str] = if form.starts_with("own") {
        &FRAMES[..7]
    } else {
        &FRAMES
    };
    Some(draft(w, &number, vec![normal(&number)], form, frames))
}

fn drawn(w: &mut Workshop<'_>, of: usize, form: &str) -> Option<String> {
    let parts = w.of_type(of);
    let part = w.rng.pick(&parts);
    let owner = |number: &str| parts.iter().any(|p| p.number == number);
    let told = |number: &str| parts.iter().any(|p| p.description.contains(number));
    let number = match form {
        "own" | "own-listed" => Some(&part.number),
        "superseded" => part.old.iter().find(|n| !owner(n) && told(n)),
        _ => part.crosses.iter().find(|n| !owner(n) && told(n)),
    }?;
    // Listed by another part, which then is grade 2.
    let listed = parts.iter().any(|p| p.listed().any(|n| n == number));
    (form != "own-listed" || listed).then(|| number.clone())
}

fn partial(w: &mut Workshop<'_>, of: usize, form: &'static str) -> Option<Draft> {
    let parts = w.of_type(of);
    let number = w.rng.pick(&parts).number.clone();
    let (asked, meant) = match form {
        "fragment" => fragment(w, &number)?,
        "reformatted" => (reformatted(w, &number)?, vec![normal(&number)]),
        _ => (mistyped(w, &number)?, vec![normal(&number)]),
    };
    Some(draft(w, &asked, meant, form, &FRAMES[..5]))
}

/// The beginning or the end of a number, and the numbers in which it occurs.
fn fragment(w: &mut Workshop<'_>, number: &str) -> Option<(String, Vec<String>)> {
    let length = number.len();
    let keep = length * (55 + w.rng.below(25)) / 100;
    let start = if w.rng.chance(50) { 0 } else { length - keep };
    let asked = number[start..start + keep].trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let bare = normal(asked);
    let fits = |n: &&String| n.contains(&bare);
    let meant: Vec<String> = w.own.iter().filter(fits).cloned().collect();
    // A number that only others list would be meant as well: one rule for all is easier to check without it.
    let strays = w
        .listed
        .iter()
        .filter(fits)
        .filter(|n| !meant.contains(n))
        .count();
    let usable = bare.len() >= 5 && meant.len() <= 4 && strays == 0;
    usable.then(|| (asked.to_owned(), meant))
}

/// The number with other separators, or in lower case.
fn reformatted(w: &mut Workshop<'_>, number: &str) -> Option<String> {
    let separators: &[char] = &['-', ' ', '.', '/'];
    let asked = match w.rng.below(4) {
        0 => number.replace(separators, ""),
        1 => number.to_lowercase().replace(separators, ""),
        2 => number.replace(separators, if number.contains('-') { " " } else { "-" }),
        _ if number.contains(separators) => number.replace(separators, " ").to_lowercase(),
        _ => spaced(number),
    };
    (asked != number).then_some(asked)
}

/// In groups of three, as people read numbers out.
fn spaced(bare: &str) -> String {
    let groups: Vec<&str> = (0..bare.len())
        .step_by(3)
        .map(|i| &bare[i..bare.len().min(i + 3)])
        .collect();
    groups.join(" ")
}

/// The number with one slip; no other number may be as near.
fn mistyped(w: &mut Workshop<'_>, number: &str) -> Option<String> {
    let mut letters: Vec<char> = number.chars().collect();
    let at = 1 + w.rng.below(letters.len() - 2);
    match w.rng.below(3) {
        0 => {
            letters.remove(at);
        }
        1 => letters.swap(at, at + 1),
        _ => letters[at] = char::from(b'0' + w.rng.below(10) as u8),
    }
    let asked: String = letters.into_iter().collect();
    let (bare, meant) = (normal(&asked), normal(number));
    let rival = |n: &String| *n != meant && edits(n, &bare) <= 1;
    let rival = w.own.iter().chain(&w.listed).any(rival);
    (bare != meant && !rival).then_some(asked)
}
