//! The values of measures, as trec_eval defines them.

pub(super) mod graded;
mod interpolated;
pub(super) mod sampled;
mod sets;

use super::{GeometricOf, Measure, Topic};
use crate::dataset::Grade;

pub(super) use interpolated::interpolated;

impl Measure {
    /// The value for one query; `None` when it is undefined there: no relevant document is known, or, for `Judged`,
    /// nothing was ranked. `knn_recall` is always `None` here, because judgements cannot tell it.
    pub fn value(&self, topic: &Topic) -> Option<f64> {
        match self {
            Self::Success { .. }
            | Self::Rr { .. }
            | Self::Ap { .. }
            | Self::P { .. }
            | Self::RelativeP { .. }
            | Self::R { .. }
            | Self::Rprec { .. }
            | Self::BinG { .. } => self.binary(topic),
            Self::NDcg { .. }
            | Self::Dcg { .. }
            | Self::Rbp { .. }
            | Self::RbpResidual { .. }
            | Self::Err { .. }
            | Self::G { .. }
            | Self::NDcgRel { .. }
            | Self::RNDcg { .. } => self.graded(topic),
            Self::IPrec { recall, rel } => interpolated::at_recall(topic, recall.get(), *rel),
            Self::IPrecAvg { recalls, rel } => interpolated::average(topic, recalls.as_deref(), *rel),
            Self::Bpref { rel } => sampled::bpref(topic, *rel),
            Self::InfAp { rel } => sampled::inferred_ap(topic, *rel),
            Self::Judged { cutoff } => sampled::judged(topic, *cutoff),
            Self::Unjudged { cutoff } => Some(sampled::unjudged(topic, *cutoff)),
            Self::Geometric { of, rel } => match of {
                GeometricOf::Ap => Self::Ap {
                    cutoff: None,
                    rel: *rel,
                }
                .value(topic),
                GeometricOf::Bpref => sampled::bpref(topic, *rel),
            },
            Self::Set { of, rel } => sets::set(topic, *of, *rel),
            Self::Num { of, rel } => Some(sets::count(topic, *of, *rel) as f64),
            Self::Utility { weights, docs, rel } => Some(sets::utility(topic, weights, *docs, *rel)),
            Self::KnnRecall { .. } => None,
        }
    }

    /// Measures that look at ranks of relevant documents and nothing else.
    fn binary(&self, topic: &Topic) -> Option<f64> {
        match *self {
            Self::Success { cutoff, rel } => {
                relevant(topic, rel)?;
                Some(if ranks(topic, cutoff, rel).next().is_some() {
                    1.0
                } else {
                    0.0
                })
            }
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
            Self::BinG { rel } => {
                let all = relevant(topic, rel)?;
                // The nth relevant document at this rank has rank − n others above it.
                let gain = |(rank, nth): (usize, usize)| 1.0 / f64::log2((2 + rank - nth) as f64);
                Some(sum(ranks(topic, usize::MAX, rel).zip(1..).map(gain)) / all as f64)
            }
            Self::P { rel, .. }
            | Self::RelativeP { rel, .. }
            | Self::R { rel, .. }
            | Self::Rprec { rel, .. } => {
                let (depth, over) = self.depth_and_divisor(relevant(topic, rel)?)?;
                let found = ranks(topic, depth, rel).count();
                Some(if over == 0 {
                    0.0
                } else {
                    found as f64 / over as f64
                })
            }
            _ => None,
        }
    }

    /// Of a share of relevant documents: how many documents it looks at, and what it divides by, given R.
    pub(super) fn depth_and_divisor(&self, all: usize) -> Option<(usize, usize)> {
        match *self {
            Self::P { cutoff, .. } => Some((cutoff, cutoff)),
            Self::RelativeP { cutoff, .. } => Some((cutoff, cutoff.min(all))),
            Self::R { cutoff, .. } => Some((cutoff, all)),
            Self::Rprec { mult, .. } => {
                // The sum is what trec_eval computes, to the last bit, and truncates.
                let depth = (mult.get() * all as f64 + 0.9) as usize;
                Some((depth, depth))
            }
            _ => None,
        }
    }
}

/// How many relevant documents are known; `None` when there is none, for then nothing can be told.
pub(super) fn relevant(topic: &Topic, rel: Grade) -> Option<usize> {
    let count = topic.judged.iter().filter(|&&grade| grade >= rel).count();
    (count > 0).then_some(count)
}

/// Ranks, from 1, of the relevant documents among the first `cutoff`.
fn ranks(topic: &Topic, cutoff: usize, rel: Grade) -> impl Iterator<Item = usize> {
    let seen = topic.ranked.iter().take(cutoff).enumerate();
    seen.filter(move |(_, grade)| grade.is_some_and(|g| g >= rel))
        .map(|(i, _)| i + 1)
}

/// `Iterator::sum` would make minus zero of nothing, and a ranking without a hit would print as −0.0000.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |sum, value| sum + value)
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
    fn gains_can_be_given_grade_by_grade() {
        let t = topic(&[0, 1, -9, 2], &[1]);
        let log = f64::log2;
        // Grade 1 is worth 3, grade 2 keeps its own worth: the ideal order begins with the two of grade 1.
        let ideal = 3.0 + 3.0 / log(3.0) + 2.0 / 2.0;
        close("nDCG(gains={1:3})", &t, (3.0 / log(3.0) + 2.0 / log(5.0)) / ideal);
        close("DCG(gains={1:3})@2", &t, 3.0 / log(3.0));
        close("DCG(gains={1:3},ideal=true)@1", &t, 3.0);
        // An unjudged document is worth nothing, whatever grade 0 is worth.
        close("DCG(gains={0:0.5})@3", &t, 0.5 + 1.0 / log(3.0));
    }

    #[test]
    fn shares_of_the_possible() {
        let t = topic(&[0, 1, -9, 2], &[1]);
        close("P(relative=true)@2", &t, 1.0 / 2.0);
        close("R_cap@10", &t, 2.0 / 3.0);
        // Half of R = 3, rounded upwards.
        close("Rprec(mult=0.5)", &t, 1.0 / 2.0);
        close("SetP", &t, 2.0 / 4.0);
        close("SetR", &t, 2.0 / 3.0);
        close("SetP(relative=true)", &t, 2.0 / 3.0);
        close("SetAP", &t, 1.0 / 2.0 * 2.0 / 3.0);
        close(
            "SetF",
            &t,
            2.0 * (1.0 / 2.0) * (2.0 / 3.0) / (1.0 / 2.0 + 2.0 / 3.0),
        );
        close(
            "SetF(beta=4)",
            &t,
            5.0 * (1.0 / 2.0) * (2.0 / 3.0) / (4.0 * (1.0 / 2.0) + 2.0 / 3.0),
        );
        close("utility(missed=-2)", &t, 2.0 - 2.0 - 2.0);
        for (count, expected) in [
            ("NumRet", 4.0),
            ("NumRel", 3.0),
            ("NumRelRet", 2.0),
            ("NumNonrelRet", 1.0),
        ] {
            close(count, &t, expected);
        }
    }

    #[test]
    fn interpolated_precision_looks_downwards() {
        // Precisions 1/2, 2/3, 3/5 at the three relevant documents: the greatest further down counts.
        let t = topic(&[0, 1, 1, 0, 1], &[]);
        close("IPrec@0", &t, 2.0 / 3.0);
        close("IPrec@0.3", &t, 2.0 / 3.0);
        close("IPrec@1", &t, 3.0 / 5.0);
        close("11pt_avg(recalls={0,1})", &t, (2.0 / 3.0 + 3.0 / 5.0) / 2.0);
        close("IPrec@1", &topic(&[1], &[1]), 0.0);
    }

    #[test]
    fn a_reader_who_may_stop() {
        let t = topic(&[0, 1, -9, 2], &[1]);
        close("RBP(p=0.5)", &t, 0.5 * (0.5 + 0.125));
        close("RBP(p=0.5,rel=2)", &t, 0.5 * 0.125);
        close("RBP(p=0.5,graded=true)", &t, 0.5 * (0.5 * 0.5 + 0.125));
        close("RBP(p=0.5)@2", &t, 0.5 * 0.5);
        // Rank 3 is unjudged, and so is everything from rank 5 on.
        close("RBP(p=0.5,residual=true)", &t, 0.5 * 0.25 + 0.0625);
        // Grades 1 and 2 of 2 stop the reader with probability 1/4 and 3/4.
        close("ERR(max=2)", &t, 0.25 / 2.0 + 0.75 * 0.75 / 4.0);
        close("ERR(max=2)@2", &t, 0.25 / 2.0);
        close("nERR(max=2)@1", &topic(&[1, 2], &[]), 0.25 / 0.75);
    }

    #[test]
    fn bpref_looks_at_judged_documents_alone() {
        // R = 2 relevant, N = 3 judged non-relevant. One of them stands above the second relevant document; the
        // unjudged and the one of grade −1 do not count.
        let t = topic(&[1, -9, -1, 0, 1, 0], &[0]);
        close("bpref", &t, (1.0 + (1.0 - 1.0 / 2.0)) / 2.0);
        close("gm_bpref", &t, 0.75);
        close("Unjudged@3", &t, 2.0 / 3.0);
        close("Unjudged@12", &t, 2.0 / 12.0);
        close("binG", &topic(&[0, 1], &[1]), 1.0 / f64::log2(3.0) / 2.0);
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
