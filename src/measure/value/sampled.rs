//! Measures that tell unjudged documents from those judged not relevant. A grade below 0 is no judgement to them,
//! except to `Judged`.

use super::super::Topic;
use super::{relevant, sum};
use crate::dataset::Grade;

/// Keeps a ratio of counts off zero (Yilmaz and Aslam 2006; the value is trec_eval's).
const EPSILON: f64 = 0.00001;

/// Documents judged and found not relevant.
pub(in super::super) fn judged_nonrelevant(grades: impl Iterator<Item = Grade>, rel: Grade) -> usize {
    grades.filter(|grade| (0..rel).contains(grade)).count()
}

pub(super) fn bpref(topic: &Topic, rel: Grade) -> Option<f64> {
    let all = relevant(topic, rel)?;
    let bound = all.min(judged_nonrelevant(topic.judged.iter().copied(), rel));
    let mut above = 0_usize;
    let mut total = 0.0;
    for grade in topic.ranked.iter().flatten() {
        if *grade >= rel {
            total += preferred(above, all, bound);
        } else if *grade >= 0 {
            above += 1;
        }
    }
    Some(total / all as f64)
}

/// What a relevant document adds to bpref when `above` judged non-relevant ones stand above it.
pub(in super::super) fn preferred(above: usize, all: usize, bound: usize) -> f64 {
    if above == 0 {
        return 1.0;
    }
    1.0 - above.min(all) as f64 / bound as f64
}

pub(super) fn inferred_ap(topic: &Topic, rel: Grade) -> Option<f64> {
    let all = relevant(topic, rel)?;
    let (mut relevant, mut nonrelevant, mut unsampled) = (0.0, 0.0, 0.0);
    let mut total = 0.0;
    for (above, grade) in topic.ranked.iter().enumerate() {
        match grade {
            Some(grade) if *grade >= rel => {
                let above = above as f64;
                total += 1.0 / (above + 1.0);
                if above > 0.0 {
                    let in_pool = (relevant + nonrelevant + unsampled) / above;
                    let of_judged = (relevant + EPSILON) / (relevant + nonrelevant + 2.0 * EPSILON);
                    total += above / (above + 1.0) * in_pool * of_judged;
                }
                relevant += 1.0;
            }
            Some(0..) => nonrelevant += 1.0,
            Some(_) => unsampled += 1.0,
            None => {}
        }
    }
    Some(total / all as f64)
}

pub(super) fn judged(topic: &Topic, cutoff: usize) -> Option<f64> {
    let seen = &topic.ranked[..cutoff.min(topic.ranked.len())];
    let judged = seen.iter().flatten().count();
    (!seen.is_empty()).then(|| judged as f64 / seen.len() as f64)
}

pub(super) fn unjudged(topic: &Topic, cutoff: usize) -> f64 {
    let seen = topic.ranked.iter().take(cutoff);
    sum(seen.map(|&grade| f64::from(u8::from(is_unjudged(grade))))) / cutoff as f64
}

/// As trec_eval has it.
pub(in super::super) fn is_unjudged(grade: Option<Grade>) -> bool {
    grade.is_none_or(|grade| grade < 0)
}
