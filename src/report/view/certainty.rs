//! How certain the comparisons of a data set are: every comparison of the family, groups that cannot be told apart,
//! whether the best cell was lucky, and one line that says how it was all computed.

mod alike;

use crate::evaluate::{Certainty, Choice, Difference, Evaluation, IntervalMethod, Quality};
use crate::stats::{BootstrapMethod, MIN_QUERIES};

use super::board::ordered;
use super::judgement::Judgement;
use super::number::{self, NOT_APPLICABLE, UNDEFINED};
use super::set::{Ran, Set};
use super::text::{count, listed};
use alike::{Alike, alike, letters_of};

/// The section of one data set.
#[derive(Debug)]
pub(crate) struct CertaintyView {
    /// The data set.
    pub(crate) data: String,
    /// What is compared with what, and how.
    pub(crate) caption: String,
    /// Whether the family has several measures.
    pub(crate) has_measures: bool,
    /// Whether there is a reference to compare with.
    pub(crate) is_compared: bool,
    /// Cells in the order of the leaderboard, once per measure of the family.
    pub(crate) rows: Vec<Comparison>,
    /// Cells that cannot be told apart, if all pairs were compared.
    pub(crate) groups: Option<Alike>,
    /// Whether the best cell was lucky, as a sentence.
    pub(crate) choice: Option<String>,
}

/// One cell by one measure of the family, printed.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// The cell's name.
    pub(crate) cell: String,
    /// The measure.
    pub(crate) measure: String,
    /// Whether it is the reference.
    pub(crate) is_reference: bool,
    /// Its mean.
    pub(crate) mean: String,
    /// The interval of the mean, or why there is none.
    pub(crate) interval: String,
    /// Letters of the groups that it is in; empty for measures that were not grouped.
    pub(crate) letters: String,
    /// Against the reference; `None` for the reference and where there is none.
    pub(crate) difference: Option<Compared>,
}

/// A difference with all that is known of it, printed.
#[derive(Debug)]
pub(crate) struct Compared {
    /// With its sign.
    pub(crate) mean: String,
    /// In brackets, or why there is none.
    pub(crate) interval: String,
    /// What may be said by the interval.
    pub(crate) judgement: Judgement,
    /// In percent of the reference's mean.
    pub(crate) relative: String,
    /// Of the sign-flip test.
    pub(crate) p: String,
    /// Corrected over the family.
    pub(crate) p_holm: String,
    /// In standard deviations of the differences.
    pub(crate) d_z: String,
    /// `wins/ties/losses`.
    pub(crate) wins_ties_losses: String,
    /// The smallest detectable difference.
    pub(crate) detectable: String,
    /// Queries that would show the difference seen.
    pub(crate) needed: String,
}

/// One section per data set that has anything to compare.
pub(crate) fn certainties(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<CertaintyView> {
    if evaluation.plan.measure.timing_only {
        return Vec::new();
    }
    let of = |set| Some(view(evaluation, set, certainty_of(evaluation, set)?));
    sets.iter().filter_map(of).collect()
}

fn certainty_of<'a>(evaluation: &'a Evaluation, set: &Set<'_>) -> Option<&'a Certainty> {
    evaluation.certainty.iter().find(|c| c.data == set.data)
}

fn view(evaluation: &Evaluation, set: &Set<'_>, certainty: &Certainty) -> CertaintyView {
    let is_compared = set.reference_ran().is_some();
    let plan = &evaluation.plan.compare;
    let mut caption = format!(
        "Intervals at {} of means (Wilson where every value is 0 or 1, else {}) and of differences ({}).",
        number::level(plan.level),
        method_name(plan.method),
        method_name(plan.method)
    );
    if is_compared {
        caption += &format!(
            " p of a sign-flip test, corrected by Holm over {}. d_z is the difference in standard deviations. \
             Detectable is the least difference that as many queries show in 80 of 100 cases; needed is how many \
             queries show the one seen as often.",
            family(certainty)
        );
    }
    let rows = ordered(set).into_iter().filter_map(|cell| {
        let ran = set.ran().find(|r| std::ptr::eq(r.cell, cell))?;
        Some(
            certainty
                .family
                .iter()
                .filter_map(move |m| row(set, ran, m, certainty)),
        )
    });
    CertaintyView {
        data: set.data.to_owned(),
        caption,
        has_measures: certainty.family.len() > 1,
        is_compared,
        rows: rows.flatten().collect(),
        groups: certainty.groups.as_ref().map(|g| alike(evaluation, set, g)),
        choice: certainty.choice.as_ref().map(|c| choice_sentence(set, c)),
    }
}

/// `4 comparisons (nDCG@10)`.
fn family(certainty: &Certainty) -> String {
    let comparisons = count(certainty.comparisons, "comparison", "comparisons");
    format!("{comparisons} ({})", listed(&certainty.family, 6))
}

/// As it prints before "interval".
pub(crate) fn method_name(method: BootstrapMethod) -> &'static str {
    match method {
        BootstrapMethod::Bca => "BCa bootstrap",
        BootstrapMethod::Studentised => "studentized bootstrap",
    }
}

fn row(set: &Set<'_>, ran: Ran<'_>, measure: &str, certainty: &Certainty) -> Option<Comparison> {
    let quality = ran.numbers.quality.iter().find(|q| q.measure == measure)?;
    let id = &ran.cell.cell.id;
    let is_primary = certainty.family.first().is_some_and(|m| m == measure);
    let groups = certainty.groups.as_ref().filter(|_| is_primary);
    Some(Comparison {
        cell: set.name(id).to_owned(),
        measure: measure.to_owned(),
        is_reference: ran.cell.is_reference,
        mean: number::measure_or(quality.mean),
        interval: own_interval(quality),
        letters: groups.map_or_else(String::new, |g| letters_of(g, id)),
        difference: quality.difference.as_ref().map(compared),
    })
}

fn own_interval(quality: &Quality) -> String {
    match quality.interval {
        Some(interval) => {
            let wilson = match interval.method {
                IntervalMethod::Wilson => " W",
                IntervalMethod::Bootstrap => "",
            };
            format!("{}{wilson}", number::range((interval.low, interval.high)))
        }
        None => absent(quality.scored).to_owned(),
    }
}

/// Why a number that rests on the spread between queries is not there.
fn absent(n: usize) -> &'static str {
    if n < MIN_QUERIES { "n too small" } else { UNDEFINED }
}

fn compared(difference: &Difference) -> Compared {
    let (wins, ties, losses) = difference.wins_ties_losses;
    let effect = |print: &dyn Fn(&crate::evaluate::Effect) -> String| {
        let effect = difference.effect.as_ref();
        effect.map_or_else(|| absent(difference.n).to_owned(), print)
    };
    Compared {
        mean: number::signed(difference.mean),
        interval: difference
            .interval
            .map_or_else(|| absent(difference.n).to_owned(), number::interval),
        judgement: Judgement::of(difference),
        relative: difference
            .relative
            .map_or_else(|| UNDEFINED.to_owned(), number::relative),
        p: number::p(difference.test.p),
        p_holm: difference
            .p_holm
            .map_or_else(|| NOT_APPLICABLE.to_owned(), number::p),
        d_z: effect(&|e| number::signed(e.d_z)),
        wins_ties_losses: format!("{wins}/{ties}/{losses}"),
        detectable: effect(&|e| number::measure(e.detectable)),
        needed: effect(&|e| {
            let needed = e.queries_needed.map(|n| number::integer(n as u64));
            needed.unwrap_or_else(|| NOT_APPLICABLE.to_owned())
        }),
    }
}

/// Whether the best cell of a data set was lucky, if that could be tried.
pub(crate) fn choice(evaluation: &Evaluation, set: &Set<'_>) -> Option<String> {
    let choice = certainty_of(evaluation, set)?.choice.as_ref()?;
    Some(choice_sentence(set, choice))
}

fn choice_sentence(set: &Set<'_>, choice: &Choice) -> String {
    let winner = set.name(&choice.winner);
    let mut sentence = format!(
        "Chosen on one half of the queries and read on the other, {} times: {winner} wins in {} of {} halves",
        number::integer((choice.halves / 2) as u64),
        number::integer(choice.wins() as u64),
        number::integer(choice.halves as u64),
    );
    if let Some((other, times)) = choice.chosen.iter().find(|(id, _)| *id != choice.winner) {
        sentence += &format!(", {} in {}", set.name(other), number::integer(*times as u64));
    }
    sentence
        + &match (choice.is_lead, set.reference()) {
            (true, Some(reference)) => format!(
                "; the lead of the chosen cell over {} is {} on the half that chose it and {} on the other.",
                set.name(&reference.cell.id),
                number::signed(choice.selected),
                number::signed(choice.confirmed)
            ),
            _ => format!(
                "; the chosen cell has {} on the half that chose it and {} on the other.",
                number::measure(choice.selected),
                number::measure(choice.confirmed)
            ),
        }
}

/// One line below a table: how its intervals were made, what of it holds after the correction, and what so many queries
/// can show. `None` where nothing is compared.
pub(crate) fn footnote(evaluation: &Evaluation, set: &Set<'_>) -> Option<String> {
    let certainty = certainty_of(evaluation, set)?;
    let differences: Vec<&Difference> = set
        .ran()
        .filter_map(|r| set.headline_of(r)?.difference.as_ref())
        .collect();
    let n = range(differences.iter().map(|d| d.n as f64), |n| {
        number::integer(n as u64)
    })?;
    let plan = &evaluation.plan.compare;
    let mut parts = vec![match differences.iter().all(|d| d.n < MIN_QUERIES) {
        true => format!("n {n}, too small for intervals"),
        false => format!(
            "{} {}, n {n}",
            number::level(plan.level),
            method_name(plan.method)
        ),
    }];
    let told = differences
        .iter()
        .filter(|d| matches!(Judgement::of(d), Judgement::Better | Judgement::Worse));
    let told: Vec<&&Difference> = told.collect();
    let hold = told.iter().filter(|d| holds(plan.level, d)).count();
    let holm = format!("Holm over {}", family(certainty));
    parts.push(match told.len() {
        0 => holm,
        all => format!("{hold} of {all} told differences hold after {holm}"),
    });
    let detectable = differences.iter().filter_map(|d| Some(d.effect?.detectable));
    if let Some(detectable) = range(detectable, number::measure) {
        parts.push(format!("smallest detectable difference {detectable}"));
    }
    Some(parts.join("; "))
}

/// Whether a difference is one after the correction for its family.
fn holds(level: f64, difference: &Difference) -> bool {
    difference.p_holm.is_some_and(|p| p <= 1.0 - level)
}

/// `24`, or `20 to 24`; `None` of nothing.
fn range(values: impl Iterator<Item = f64>, print: impl Fn(f64) -> String) -> Option<String> {
    let ends = values.map(|x| (x, x)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let (low, high) = ends?;
    let (low, high) = (print(low), print(high));
    Some(if low == high {
        low
    } else {
        format!("{low} to {high}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{evaluation, many_cells, two_cells};

    #[test]
    fn every_comparison_of_the_family_is_a_row() {
        let evaluation = evaluation();
        let views = certainties(&evaluation, &Set::all(&evaluation));
        let rows = views.iter().flat_map(|v| &v.rows).map(|r| {
            let difference = r.difference.as_ref().map_or_else(String::new, |d| {
                [
                    d.mean.as_str(),
                    &d.relative,
                    &d.interval,
                    d.judgement.word(),
                    &d.p,
                    &d.p_holm,
                    &d.d_z,
                    &d.wins_ties_losses,
                    &d.detectable,
                    &d.needed,
                ]
                .join(" | ")
            });
            format!(
                "{} | {} {} | {} | {difference}",
                r.cell, r.mean, r.interval, r.letters
            )
            .trim_end()
            .to_owned()
        });
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @"
        dense · quantization none | 0.432 [0.369, 0.522] | b c |
        reranked · quantization none | 0.675 [0.601, 0.746] | a | +0.243 | +56 % | [+0.185, +0.298] | better | < 0.001 | < 0.001 | +1.676 | 22/2/0 | 0.087 | 6
        hybrid · quantization none | 0.523 [0.452, 0.612] | b | +0.091 | +21 % | [+0.007, +0.200] | cannot be told | 0.079 | 0.177 | +0.375 | 14/5/5 | 0.145 | 58
        hybrid · quantization binary | 0.498 [0.432, 0.587] | b c | +0.066 | +15 % | [−0.026, +0.179] | cannot be told | 0.230 | 0.230 | +0.253 | 13/3/8 | 0.156 | 125
        dense · quantization binary | 0.363 [0.306, 0.431] | c | −0.069 | −16 % | [−0.138, −0.004] | cannot be told | 0.059 | 0.177 | −0.403 | 4/6/14 | 0.102 | 51
        dense | 0.409 n too small |  |
        reranked | 0.880 n too small |  | +0.470 | +115 % | n too small | n too small | 0.500 | 0.500 | n too small | 2/0/0 | n too small | n too small
        ");
    }

    #[test]
    fn groups_choice_and_footnote_are_sentences() {
        let evaluation = evaluation();
        let sets = Set::all(&evaluation);
        let mut said = Vec::new();
        for (set, view) in sets.iter().zip(certainties(&evaluation, &sets)) {
            said.extend(footnote(&evaluation, set));
            said.extend(view.choice);
            let groups = view.groups.into_iter();
            said.extend(groups.flat_map(|g| {
                let groups = g
                    .groups
                    .into_iter()
                    .map(|(letter, cells)| format!("{letter}: {cells}"));
                std::iter::once(g.sentence).chain(groups).collect::<Vec<_>>()
            }));
        }
        insta::assert_snapshot!(said.join("\n"), @"
        95 % BCa bootstrap, n 24; 1 of 1 told differences hold after Holm over 4 comparisons (nDCG@10); smallest detectable difference 0.087 to 0.156
        Chosen on one half of the queries and read on the other, 1,000 times: reranked · quantization none wins in 1,994 of 2,000 halves, hybrid · quantization none in 6; the lead of the chosen cell over dense · quantization none is +0.243 on the half that chose it and +0.242 on the other.
        5 of 10 pairs of cells can be told apart in nDCG@10 at 5 % (randomised Tukey HSD, 10,000 rearrangements within 24 queries); cells of one group cannot.
        a: reranked · quantization none
        b: hybrid · quantization none, hybrid · quantization binary and dense · quantization none
        c: hybrid · quantization binary, dense · quantization none and dense · quantization binary
        n 2, too small for intervals; Holm over 1 comparison (nDCG@10)
        ");
    }

    #[test]
    fn without_a_reference_means_are_confirmed_and_nothing_is_compared() {
        let mut evaluation = many_cells(4);
        evaluation.cells[0].is_reference = false;
        for cell in &mut evaluation.cells {
            if let crate::evaluate::CellState::Ok(numbers) = &mut cell.state {
                numbers.quality.iter_mut().for_each(|q| q.difference = None);
            }
        }
        let (plan, queries) = (&evaluation.plan, &evaluation.queries);
        let certainty = crate::evaluate::certainty::certainty(plan, queries, &mut evaluation.cells);
        evaluation.certainty = certainty;
        let sets = Set::all(&evaluation);
        assert_eq!(footnote(&evaluation, &sets[0]), None);
        let view = &certainties(&evaluation, &sets)[0];
        assert!(!view.is_compared && view.rows.iter().all(|r| r.difference.is_none()));
        insta::assert_snapshot!(view.choice.as_deref().unwrap_or("no choice"), @"Chosen on one half of the queries and read on the other, 1,000 times: d.ef 16 wins in 764 of 2,000 halves, d.ef 128 in 628; the chosen cell has 0.445 on the half that chose it and 0.377 on the other.");
    }

    #[test]
    fn an_interval_off_zero_that_the_correction_does_not_bear_out_is_counted() {
        let mut evaluation = two_cells(0.1, Some((0.01, 0.19)), (10, 12, 2));
        evaluation.certainty = vec![Certainty {
            data: "parts".into(),
            family: vec!["nDCG@10".into()],
            comparisons: 8,
            groups: None,
            choice: None,
            slices: Vec::new(),
        }];
        if let crate::evaluate::CellState::Ok(numbers) = &mut evaluation.cells[1].state {
            let difference = numbers.quality[0].difference.as_mut().unwrap();
            difference.p_holm = Some(0.24);
        }
        assert_eq!(
            footnote(&evaluation, &Set::all(&evaluation)[0]).unwrap(),
            "95 % BCa bootstrap, n 24; 0 of 1 told differences hold after Holm over 8 comparisons (nDCG@10)"
        );
    }
}
