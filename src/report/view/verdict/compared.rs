//! What may be said of the best cell beside the reference.

use crate::evaluate::Difference;

use super::super::judgement::Judgement;
use super::super::number;

/// The second half of a sentence that begins with the cell and its mean.
pub(super) fn compared(level: f64, difference: &Difference, against: &str) -> String {
    let by = number::signed(difference.mean);
    let n = difference.n;
    let within = difference
        .interval
        .map_or_else(String::new, |i| format!(" {}", number::interval(i)));
    match Judgement::of(difference) {
        Judgement::Better => {
            format!(
                "better than {against} by {by}{within}{}.",
                corrected(level, difference)
            )
        }
        Judgement::Worse => {
            format!(
                "yet worse than {against} on the queries both answered, by {by}{within}{}.",
                corrected(level, difference)
            )
        }
        Judgement::Equal => format!("equal to {against} on every query."),
        Judgement::Unclear => {
            format!(
                "whether it is better than {against} cannot be told with {n} queries, {by}{within}{}.",
                shown_by(difference)
            )
        }
        Judgement::TooFew => {
            format!(
                "{by} against {against}; {} too few for an interval.",
                count_are(n)
            )
        }
        Judgement::NoInterval => {
            format!("{by} against {against}; too many resamples have no spread for an interval.")
        }
    }
}

/// What the correction over the family leaves of a difference.
fn corrected(level: f64, difference: &Difference) -> String {
    match difference.p_holm {
        None => String::new(),
        Some(p) if p <= 1.0 - level => format!(", p {} after Holm", number::p(p)),
        Some(p) => format!(", which does not hold after Holm (p {})", number::p(p)),
    }
}

/// What the queries could have shown.
fn shown_by(difference: &Difference) -> String {
    let Some(effect) = difference.effect else {
        return String::new();
    };
    let from = format!(
        "; so many show a difference from {} on",
        number::measure(effect.detectable)
    );
    match effect.queries_needed {
        Some(needed) => format!(
            "{from}, and {} would show this one",
            number::integer(needed as u64)
        ),
        None => from,
    }
}

fn count_are(n: usize) -> String {
    if n == 1 {
        "1 query is".to_owned()
    } else {
        format!("{n} queries are")
    }
}
