//! The values of measures, as trec_eval defines them.

use super::{Gain, Measure, Topic};
use crate::dataset::Grade;

impl Measure {
    /// The value for one query; `None` when it is undefined there: no relevant document is known, or, for `Judged`,
    /// nothing was ranked. `knn_recall` is always `None` here, because judgements cannot tell it.
    pub fn value(&self, topic: &Topic) -> Option<f64> {
        match *self {
            Self::Success { cutoff, rel } => {
                relevant(topic, rel)?;
                Some(if found(topic, cutoff, rel) > 0 { 1.0 } else { 0.0 })
            }
            Self::NDcg { gain, cutoff } => ndcg(topic, gain, cutoff.unwrap_or(usize::MAX)),
            Self::Rr { cutoff, rel } => {
                relevant(topic, rel)?;
                let first = ranks(topic, cutoff.unwrap_or(usize::MAX), rel).next();
                Some(first.map_or(0.0, |rank| 1.0 / rank as f64))
            }
            Self::Ap { cutoff, rel } => {
                let all = relevant(topic, rel)?;
                let ranks = ranks(topic, cutoff.unwrap_or(usize::MAX), rel);
                let precisions = ranks.zip(1..).map(|(rank, nth)| f64::from(nth) / rank as f64);
                Some(sum(precisions) / all as f64)
            }
            Self::P { cutoff, rel } => {
                relevant(topic, rel)?;
                Some(found(topic, cutoff, rel) as f64 / cutoff as f64)
            }
            Self::R { cutoff, rel } => {
                let all = relevant(topic, rel)?;
                Some(found(topic, cutoff, rel) as f64 / all as f64)
            }
            Self::Rprec { rel } => {
                let all = relevant(topic, rel)?;
                Some(found(topic, all, rel) as f64 / all as f64)
            }
            Self::Judged { cutoff } => {
                let seen = &topic.ranked[..cutoff.min(topic.ranked.len())];
                let judged = seen.iter().flatten().count();
                (!seen.is_empty()).then(|| judged as f64 / seen.len() as f64)
            }
            Self::KnnRecall { .. } => None,
        }
    }

    /// True for measures whose value is 0 or 1 for every query: their intervals are those of a proportion.
    pub fn is_binary(&self) -> bool {
        matches!(self, Self::Success { .. })
    }
}

/// How many relevant documents are known; `None` when there is none, for then nothing can be told.
fn relevant(topic: &Topic, rel: Grade) -> Option<usize> {
    let count = topic.judged.iter().filter(|&&grade| grade >= rel).count();
    (count > 0).then_some(count)
}

/// Ranks, from 1, of the relevant documents among the first `cutoff`.
fn ranks(topic: &Topic, cutoff: usize, rel: Grade) -> impl Iterator<Item = usize> {
    let seen = topic.ranked.iter().take(cutoff).enumerate();
    seen.filter(move |(_, grade)| grade.is_some_and(|g| g >= rel))
        .map(|(i, _)| i + 1)
}

fn found(topic: &Topic, cutoff: usize, rel: Grade) -> usize {
    ranks(topic, cutoff, rel).count()
}

fn ndcg(topic: &Topic, gain: Gain, cutoff: usize) -> Option<f64> {
    let mut ideal = topic.judged.clone();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = dcg(ideal.into_iter(), gain, cutoff);
    // An unjudged document is worth as much as one of grade 0.
    let ranked = topic.ranked.iter().map(|grade| grade.unwrap_or(0));
    (best > 0.0).then(|| dcg(ranked, gain, cutoff) / best)
}

fn dcg(grades: impl Iterator<Item = Grade>, gain: Gain, cutoff: usize) -> f64 {
    let discounted = |(i, grade)| gain.of(grade) / f64::log2(i as f64 + 2.0);
    sum(grades.take(cutoff).enumerate().map(discounted))
}

/// `Iterator::sum` would make minus zero of nothing, and a ranking without a hit would print as −0.0000.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |sum, value| sum + value)
}

impl Gain {
    fn of(self, grade: Grade) -> f64 {
        match self {
            Self::Linear => f64::from(grade.max(0)),
            Self::Exp => f64::from(grade.clamp(0, 1000)).exp2() - 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A ranking of judged documents (−9 stands for unjudged), with further judged ones that it lacks.
    fn topic(ranked: &[Grade], missed: &[Grade]) -> Topic {
        let ranked: Vec<Option<Grade>> = ranked.iter().map(|&g| (g != -9).then_some(g)).collect();
        let judged = ranked.iter().flatten().chain(missed).copied().collect();
        Topic { ranked, judged }
    }

    fn value(measure: &str, topic: &Topic) -> Option<f64> {
        measure.parse::<Measure>().unwrap().value(topic)
    }

    fn close(measure: &str, topic: &Topic, expected: f64) {
        let got = value(measure, topic).unwrap();
        assert!(
            (got - expected).abs() < 1e-12,
            "{measure}: {got} is not {expected}"
        );
    }

    #[test]
    fn measures_of_a_ranking_worked_by_hand() {
        // Relevant at ranks 2 and 4, one relevant document missed, rank 3 unjudged.
        let t = topic(&[0, 1, -9, 2], &[1]);
        close("success@1", &t, 0.0);
        close("success@2", &t, 1.0);
        close("RR", &t, 1.0 / 2.0);
        close("RR@1", &t, 0.0);
        close("RR(rel=2)", &t, 1.0 / 4.0);
        close("AP", &t, (1.0 / 2.0 + 2.0 / 4.0) / 3.0);
        close("AP@2", &t, (1.0 / 2.0) / 3.0);
        close("P@2", &t, 1.0 / 2.0);
        close("P@10", &t, 2.0 / 10.0);
        close("P(rel=2)@4", &t, 1.0 / 4.0);
        close("R@2", &t, 1.0 / 3.0);
        close("R@100", &t, 2.0 / 3.0);
        close("R(rel=2)@3", &t, 0.0);
        close("Rprec", &t, 1.0 / 3.0);
        close("Judged@2", &t, 1.0);
        close("Judged@100", &t, 3.0 / 4.0);
    }

    #[test]
    fn ndcg_is_ideal_over_all_judged_documents() {
        let t = topic(&[0, 1, -9, 2], &[1]);
        let log = f64::log2;
        let ideal = 2.0 + 1.0 / log(3.0) + 1.0 / 2.0;
        close("nDCG", &t, (1.0 / log(3.0) + 2.0 / log(5.0)) / ideal);
        close("nDCG@2", &t, (1.0 / log(3.0)) / (2.0 + 1.0 / log(3.0)));
        let ideal = 3.0 + 1.0 / log(3.0) + 1.0 / 2.0;
        close("nDCG(gain=exp)", &t, (1.0 / log(3.0) + 3.0 / log(5.0)) / ideal);
    }

    #[test]
    fn negative_grades_are_judged_and_worth_nothing() {
        let t = topic(&[-2, 1], &[]);
        close("nDCG", &t, 1.0 / f64::log2(3.0));
        close("P@2", &t, 0.5);
        close("Judged@2", &t, 1.0);
    }

    #[test]
    fn without_relevant_documents_nothing_is_defined_but_judged() {
        let t = topic(&[0, -1, -9], &[0]);
        for measure in ["success@1", "nDCG@10", "RR", "AP", "P@1", "R@1", "Rprec"] {
            assert_eq!(value(measure, &t), None, "{measure}");
        }
        close("Judged@3", &t, 2.0 / 3.0);
        assert_eq!(value("P(rel=2)@1", &topic(&[1], &[])), None);
    }

    #[test]
    fn an_empty_ranking_scores_zero_and_has_nothing_to_judge() {
        let t = topic(&[], &[1]);
        for measure in ["success@1", "nDCG@10", "RR", "AP", "P@1", "R@1", "Rprec"] {
            assert_eq!(value(measure, &t).unwrap().to_string(), "0", "{measure}");
        }
        assert_eq!(value("Judged@10", &t), None);
    }

    #[test]
    fn enormous_grades_do_not_overflow() {
        close("nDCG(gain=exp)@1", &topic(&[2000], &[i32::MAX]), 1.0);
    }

    fn topics() -> impl Strategy<Value = Topic> {
        let grades = || prop::collection::vec(prop_oneof![Just(-9), -2..5], 0..30);
        (grades(), grades()).prop_map(|(ranked, missed)| {
            let missed: Vec<Grade> = missed.into_iter().filter(|&g| g != -9).collect();
            topic(&ranked, &missed)
        })
    }

    proptest! {
        #[test]
        fn values_lie_between_zero_and_one(t in topics(), cutoff in 1_usize..40, rel in 1..4) {
            for name in ["success", "RR", "AP", "P", "R"] {
                if let Some(v) = value(&format!("{name}(rel={rel})@{cutoff}"), &t) {
                    prop_assert!((0.0..=1.0).contains(&v), "{} {}", name, v);
                }
            }
            for name in ["nDCG", "nDCG(gain=exp)", "Judged"] {
                if let Some(v) = value(&format!("{name}@{cutoff}"), &t) {
                    prop_assert!((0.0..=1.0 + 1e-12).contains(&v), "{} {}", name, v);
                }
            }
        }

        #[test]
        fn the_ideal_order_scores_one_and_reversing_it_lowers_ndcg(mut grades in prop::collection::vec(0..4, 2..20)) {
            grades.sort_unstable_by_key(|&g: &Grade| -g);
            prop_assume!(grades.first() != grades.last());
            let reversed: Vec<Grade> = grades.iter().rev().copied().collect();
            for measure in ["nDCG", "nDCG(gain=exp)"] {
                let best = value(measure, &topic(&grades, &[])).unwrap();
                prop_assert!((best - 1.0).abs() < 1e-12);
                prop_assert!(value(measure, &topic(&reversed, &[])).unwrap() < best - 1e-6);
            }
        }
    }
}
