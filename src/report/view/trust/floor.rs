//! How much two identical cells differ on the machine, and which differences are no larger.

use super::super::number;
use super::super::set::{Ran, Set, percentile_of};
use super::super::text::{count, listed};
use super::{Fact, Level};
use crate::evaluate::Evaluation;
use crate::evaluate::floor::floor;
use crate::evaluate::noise::PASSES_APART;
use crate::store::NoiseFloor;

/// One sentence per cell that was calibrated, and what of the set lies within; nothing where nothing was.
pub(super) fn noise_floor(evaluation: &Evaluation, set: &Set<'_>) -> Option<Fact> {
    let floors = &evaluation.manifest.noise_floor;
    let of_data: Vec<&NoiseFloor> = floors.iter().filter(|f| f.data == set.data).collect();
    if of_data.is_empty() {
        return None;
    }
    let known: Vec<String> = of_data.iter().map(|f| words(set, f)).collect();
    let mut text = format!("{}: {}", set.data, known.join("; "));
    let wide = |f: &&NoiseFloor| f.shares.iter().any(|(_, share)| *share > PASSES_APART);
    let level = match of_data.iter().any(wide) {
        true => Level::Attention,
        false => Level::Fine,
    };
    let Some(reference) = set.reference_ran() else {
        return Some(Fact::new(level, "Noise", text));
    };
    let others = set.ran().filter(|r| !r.cell.is_reference);
    let within: Vec<String> = others.filter_map(|r| within(floors, set, r, reference)).collect();
    text += &match within.as_slice() {
        [] => "; every other cell is further from the reference than that".to_owned(),
        within => format!("; no further from the reference than that: {}", listed(within, 4)),
    };
    Some(Fact::new(level, "Noise", text))
}

fn words(set: &Set<'_>, floor: &NoiseFloor) -> String {
    let shares: Vec<String> = (floor.shares.iter())
        .map(|(q, share)| format!("{} in p{q}", number::percent(*share)))
        .collect();
    format!(
        "{} beside itself differed on this machine by up to {} ({} on {})",
        set.name(&floor.cell),
        listed(&shares, 5),
        count(floor.rounds, "round", "rounds"),
        floor.taken.get(..10).unwrap_or(&floor.taken),
    )
}

/// The percentiles in which a cell is no further from the reference than it would be from itself.
fn within(floors: &[NoiseFloor], set: &Set<'_>, ran: Ran<'_>, reference: Ran<'_>) -> Option<String> {
    let time = |ran: Ran<'_>, q: f64| percentile_of(ran.numbers.latency.as_ref()?, q);
    let is_within = |q: &f64| -> Option<bool> {
        let (own, other) = (time(ran, *q)?, time(reference, *q)?);
        Some(own.max(other) / own.min(other) - 1.0 <= floor(floors, &ran.cell.cell, *q)?)
    };
    let percentiles = set.percentiles();
    let within = percentiles.iter().filter(|q| is_within(q) == Some(true));
    let within: Vec<String> = within.map(|q| format!("p{q}")).collect();
    let name = set.name(&ran.cell.cell.id);
    (!within.is_empty()).then(|| format!("{name} ({})", within.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn differences_within_the_floor_are_named() {
        let mut evaluation = evaluation();
        let set = &Set::all(&evaluation)[0];
        assert_eq!(noise_floor(&evaluation, set), None);
        let reference = set.reference_ran().unwrap().cell.cell.id.clone();
        let mut said = |shares: &[(f64, f64)]| {
            evaluation.manifest.noise_floor = vec![NoiseFloor {
                cell: reference.clone(),
                data: "parts".into(),
                name: "dense".into(),
                taken: "2026-03-01T08:00:00Z".into(),
                rounds: 9,
                passes: 3,
                workers: 1,
                jobs: None,
                shares: shares.to_vec(),
            }];
            let fact = noise_floor(&evaluation, &Set::all(&evaluation)[0]).unwrap();
            format!("{} {}", fact.glyph(), fact.text)
        };
        insta::assert_snapshot!(said(&[(50.0, 0.03), (95.0, 0.5)]), @"! parts: dense · quantization none beside itself differed on this machine by up to 3 % in p50 and 50 % in p95 (9 rounds on 2026-03-01); no further from the reference than that: hybrid · quantization none (p50, p95), dense · quantization binary (p95) and hybrid · quantization binary (p95)");
        insta::assert_snapshot!(said(&[(50.0, 0.0)]), @"✓ parts: dense · quantization none beside itself differed on this machine by up to 0 % in p50 (9 rounds on 2026-03-01); every other cell is further from the reference than that");
    }
}
