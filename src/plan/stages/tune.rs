//! Weights that are tuned: what is asked, and on which queries.

use crate::dataset::Source;
use crate::measure::{Measure, StageMeasure, Summary};
use crate::pipeline::{StageKind, Tune};
use crate::plan::cells::Made;
use crate::plan::data::DataSet;
use crate::plan::findings::Findings;
use crate::plan::numbers::out_of_range;
use crate::plan::{TiePolicy, measure};
use crate::spec::pipelines::{FoundSpec, FuseSpec, StageSpec, TuneSpec};
use crate::spec::{Code, Diagnostic, ShortOr};

/// The split that is read where none is named.
const SPLIT: &str = "test";

fn written(stage: &FuseSpec) -> Option<&TuneSpec> {
    match &stage.method.value.0.weights()?.value {
        ShortOr::Long(FoundSpec::Tune(tune)) => Some(tune),
        ShortOr::Short(_) => None,
    }
}

/// How the weights of a fusion are to be tuned, if they are.
pub(super) fn tune(stage: &FuseSpec, findings: &mut Findings) -> Option<Tune> {
    let tune = written(stage)?;
    let measure = measure(tune, findings);
    let parts = parts(tune, stage.of.value.len(), findings);
    Some(Tune {
        split: tune.split.value.clone(),
        measure: measure?.to_string(),
        parts: parts?,
    })
}

fn measure(tune: &TuneSpec, findings: &mut Findings) -> Option<Measure> {
    let StageMeasure { stage, measure } = measure::read(&tune.measure.value, tune.measure.span, findings)?;
    let complaint = if stage.is_some() {
        "weights are tuned for their own stage; leave the name of the stage out"
    } else if matches!(measure, Measure::KnnRecall { .. }) || measure.summary() != Summary::Mean {
        "weights are tuned by a mean over judged queries"
    } else {
        return Some(measure);
    };
    let title = format!("`{}` is nothing to tune by", tune.measure.value);
    findings.push(Diagnostic::new(Code::NotTunable, title).at(tune.measure.span, complaint));
    None
}

/// The whole number of steps in 1.
fn parts(tune: &TuneSpec, lists: usize, findings: &mut Findings) -> Option<usize> {
    let step = tune.step.value;
    let parts = (1.0 / step).round();
    if !(step > 0.0 && step <= 0.5 && (parts * step - 1.0).abs() < 1e-9) {
        findings.push(out_of_range(
            "step",
            &tune.step,
            "1 over a whole number, at most 0.5",
        ));
        return None;
    }
    let parts = parts as usize;
    if Tune::points(parts, lists).is_none_or(|points| points > Tune::MOST_POINTS) {
        let most = Tune::MOST_POINTS;
        let bounds = format!("larger: more than {most} weights of {lists} lists would be tried");
        findings.push(out_of_range("step", &tune.step, &bounds));
        return None;
    }
    Some(parts)
}

/// Holds what is tuned against what is measured: the splits, and the policy for ties.
pub(in crate::plan) fn check(cells: &[Made], data: &[DataSet], tie: TiePolicy, findings: &mut Findings) {
    for made in cells {
        let Some(set) = data.iter().find(|d| d.source.name == made.cell.data) else {
            continue;
        };
        let is_tuned = |kind: &StageKind| matches!(kind, StageKind::Fuse(fuse) if fuse.tune.is_some());
        let tuned = made.cell.pipeline.stages.iter().filter(|s| is_tuned(&s.kind));
        for stage in tuned {
            let spec = made.draft.stages.iter().find_map(|s| match &s.value.0 {
                StageSpec::Fuse(fuse) if fuse.name.value == stage.name => written(fuse),
                _ => None,
            });
            if let Some(diagnostic) = spec.and_then(|spec| wrong(spec, set).or_else(|| unexpected(spec, tie)))
            {
                findings.push(diagnostic);
            }
        }
    }
}

fn wrong(tune: &TuneSpec, set: &DataSet) -> Option<Diagnostic> {
    let name = &set.source.name;
    let Source::Beir(beir) = &set.source.kind else {
        let title = format!("the data set `{name}` has no splits by name, so nothing can be tuned on one");
        let diagnostic = Diagnostic::new(Code::NotTunable, title).at(tune.split.span, "");
        let help = "a folder in the layout of BEIR has them: `qrels/tune.tsv` is the split `tune`";
        return Some(diagnostic.also(set.span, "this one").help(help));
    };
    let measured = beir.split.as_deref().unwrap_or(SPLIT);
    (measured == tune.split.value).then(|| {
        let title = format!("weights would be tuned on the queries of `{name}` that are measured");
        let label = format!("`{measured}` is the split that is measured");
        let help = "weights that were chosen on the queries they are reported for look better than they are; \
                    name another split";
        Diagnostic::new(Code::TunedOnMeasured, title)
            .at(tune.split.span, label)
            .help(help)
    })
}

/// A measure without expected values, in an experiment that asks for them.
fn unexpected(tune: &TuneSpec, tie: TiePolicy) -> Option<Diagnostic> {
    let measure: Measure = tune.measure.value.parse().ok()?;
    (tie == TiePolicy::Expected && !measure.has_expected()).then(|| {
        let title = format!("no closed form is known of the expected value of `{measure}`");
        let help = "tune by another measure, or write `tie: docid`";
        Diagnostic::new(Code::NoExpected, title)
            .at(tune.measure.span, "")
            .help(help)
    })
}
