//! Fusions: methods, weights, lists.

use super::{LIMIT, tune};
use crate::pipeline::{Combine, Fuse, Fusion, Normalize};
use crate::plan::findings::Findings;
use crate::plan::numbers::{count, within};
use crate::spec::pipelines::{CombSpec, FuseSpec, MethodSpec, NormalizeSpec, WeightsSpec};
use crate::spec::{Code, Diagnostic, ShortOr, Spanned};

/// Cormack, Clarke and Büttcher 2009.
const RRF_K: f64 = 60.0;
/// Bailey, Moffat, Scholer and Thomas 2017, for lists of about ten documents looked at.
const RBC_PERSISTENCE: f64 = 0.8;

pub(super) fn fuse(stage: &FuseSpec, findings: &mut Findings) -> Option<Fuse> {
    let of: Vec<String> = stage.of.value.iter().map(|s| s.value.clone()).collect();
    let again = of.iter().enumerate().find(|(i, name)| of[..*i].contains(name));
    if let Some((i, name)) = again {
        let title = format!("the list of stage `{name}` is fused with itself");
        findings.push(Diagnostic::new(Code::OneList, title).at(stage.of.value[i].span, "named before"));
    }
    if of.len() < 2 {
        let title = format!("a fusion needs two lists, this one has {}", of.len());
        findings.push(Diagnostic::new(Code::OneList, title).at(stage.of.span, "name two stages or more"));
    }
    let limit = count(stage.limit.as_ref(), LIMIT, "limit", findings);
    let method = method(stage, of.len(), findings)?;
    let tune = tune::tune(stage, findings);
    Some(Fuse {
        of,
        method,
        limit,
        tune,
    })
}

fn method(stage: &FuseSpec, lists: usize, findings: &mut Findings) -> Option<Fusion> {
    let written = &stage.method;
    let ones = || vec![1.0; lists];
    let mut equal =
        |given: &Option<Spanned<WeightsSpec>>| weights(given.as_ref(), stage, findings).unwrap_or_else(ones);
    let mut comb = |combine, comb: &CombSpec| Fusion::Comb {
        combine,
        normalize: normalize(comb.normalize.as_ref()),
        weights: equal(&comb.weights),
    };
    Some(match &written.value.0 {
        MethodSpec::CombSum(spec) => comb(Combine::Sum, spec),
        MethodSpec::CombMnz(spec) => comb(Combine::Mnz, spec),
        MethodSpec::CombMax(spec) => comb(Combine::Max, spec),
        MethodSpec::CombMed(spec) => comb(Combine::Med, spec),
        MethodSpec::Dbsf(spec) => Fusion::Dbsf {
            weights: equal(&spec.weights),
        },
        MethodSpec::Isr(spec) => Fusion::Isr {
            weights: equal(&spec.weights),
        },
        MethodSpec::Borda(spec) => Fusion::Borda {
            weights: equal(&spec.weights),
        },
        MethodSpec::Rrf(rrf) => Fusion::Rrf {
            weights: equal(&rrf.weights),
            k: within(rrf.k.as_ref(), RRF_K, "k", "0 or more", |k| k >= 0.0, findings),
        },
        MethodSpec::Rbc(rbc) => Fusion::Rbc {
            weights: equal(&rbc.weights),
            persistence: within(
                rbc.persistence.as_ref(),
                RBC_PERSISTENCE,
                "persistence",
                "above 0 and below 1",
                |p| p > 0.0 && p < 1.0,
                findings,
            ),
        },
        MethodSpec::Weighted(weighted) => {
            if weighted.weights.is_none() {
                let title = "a weighted fusion needs weights";
                let help = format!("for instance `{{ weighted: {{ weights: {:?} }} }}`", ones());
                findings.push(
                    Diagnostic::new(Code::Weights, title)
                        .at(written.span, "")
                        .help(help),
                );
            }
            Fusion::Weighted {
                weights: weights(weighted.weights.as_ref(), stage, findings)?,
                normalize: normalize(weighted.normalize.as_ref()),
            }
        }
    })
}

fn normalize(written: Option<&Spanned<NormalizeSpec>>) -> Normalize {
    match written.map(|n| n.value) {
        None | Some(NormalizeSpec::MinMax) => Normalize::MinMax,
        Some(NormalizeSpec::ZScore) => Normalize::ZScore,
        Some(NormalizeSpec::Sum) => Normalize::Sum,
        Some(NormalizeSpec::Rank) => Normalize::Rank,
        Some(NormalizeSpec::None) => Normalize::None,
    }
}

/// The weights as given; 1 each where they are to be tuned.
fn weights(
    written: Option<&Spanned<WeightsSpec>>,
    stage: &FuseSpec,
    findings: &mut Findings,
) -> Option<Vec<f64>> {
    let written = written?;
    let lists = stage.of.value.len();
    let ShortOr::Short(values) = &written.value else {
        return Some(vec![1.0; lists]);
    };
    let complaint = if values.len() != lists {
        format!("{} weights for {lists} lists", values.len())
    } else if let Some(bad) = values.iter().find(|w| !w.is_finite() || **w < 0.0) {
        format!("a weight cannot be {bad}")
    } else if values.iter().all(|w| *w == 0.0) {
        "all weights are 0".to_owned()
    } else {
        return Some(values.clone());
    };
    let diagnostic =
        Diagnostic::new(Code::Weights, complaint).at(written.span, "one number per list, 0 or more");
    findings.push(diagnostic.also(stage.of.span, "the lists"));
    None
}
