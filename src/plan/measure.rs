//! What is measured, every default filled in.

use super::cells::Made;
use super::data::DataSet;
use super::findings::Findings;
use super::numbers::{count, out_of_range};
use super::sources::not_yet;
use super::stages::limits::{limit_span, limits};
use super::{Diagnose, LatencyPlan, MeasurePlan, TiePolicy, TraceKeep, TracePlan};
use crate::measure::{Measure, StageMeasure, Summary};
use crate::pipeline::StageKind;
use crate::spec::measure::{LatencySpec, LoadSpec, MeasureSpec, TieSpec, TraceKeepSpec};
use crate::spec::suggest::instead;
use crate::spec::{Code, Diagnostic, ShortOr, Span, Spanned};

const QUALITY: [&str; 5] = ["success@1", "nDCG@10", "RR@10", "R@100", "Judged@10"];
/// Without judgements there is nothing else to measure.
const QUALITY_UNJUDGED: [&str; 1] = ["knn_recall@10"];
const QUANTILES: [f64; 3] = [50.0, 95.0, 99.0];
const WARMUP: usize = 20;
const PASSES: usize = 3;
const TRACE_DEPTH: usize = 20;

/// The seed of everything random, unless the spec names one.
pub(super) const SEED: u64 = 42;

/// The measures with their places, those that could be read.
pub(super) type Measures = Vec<(StageMeasure, Span)>;

impl MeasurePlan {
    /// The measure that leads the tables unless the spec declares another: nDCG@10 if it is measured, else the first of
    /// the final ranking against judgements, else the first at all.
    pub fn headline(&self) -> Option<&StageMeasure> {
        let of_the_answer = |m: &&StageMeasure| {
            m.stage.is_none() && !matches!(m.measure, Measure::Judged { .. } | Measure::KnnRecall { .. })
        };
        let is_ndcg = |m: &&StageMeasure| m.to_string() == "nDCG@10";
        let measured = || self.quality.iter();
        measured()
            .find(is_ndcg)
            .or_else(|| measured().find(of_the_answer))
            .or(measured().next())
    }
}

/// What is measured, and where each measure is written.
pub(super) fn measure(
    written: &MeasureSpec,
    data: &[DataSet],
    findings: &mut Findings,
) -> (MeasurePlan, Measures) {
    let judged = data.is_empty() || data.iter().any(|d| d.source.kind.is_judged());
    let quality = quality(written, judged, findings);
    let tie = tie(written.tie.as_ref(), &quality, findings);
    let slices = written.slices.iter().flat_map(|s| s.items());
    let plan = MeasurePlan {
        quality: quality.iter().map(|(m, _)| m.clone()).collect(),
        tie,
        latency: match written.latency.as_ref().map(|l| &l.value) {
            Some(ShortOr::Short(_)) => None,
            Some(ShortOr::Long(latency)) => Some(self::latency(latency, findings)),
            None => Some(self::latency(&LatencySpec::default(), findings)),
        },
        trace: TracePlan {
            keep: match written.trace.keep.as_ref().map(|k| k.value) {
                Some(TraceKeepSpec::None) => TraceKeep::None,
                None | Some(TraceKeepSpec::Movers) => TraceKeep::Movers,
                Some(TraceKeepSpec::All) => TraceKeep::All,
            },
            depth: count(written.trace.depth.as_ref(), TRACE_DEPTH, "depth", findings),
        },
        diagnose: match written.diagnose.as_ref().map(|d| d.value) {
            None => Diagnose::Small,
            Some(true) => Diagnose::Always,
            Some(false) => Diagnose::Never,
        },
        slices: slices.map(|(s, _)| s.clone()).collect(),
        seed: written.seed.as_ref().map_or(SEED, |s| s.value),
    };
    (plan, quality)
}

fn quality(written: &MeasureSpec, judged: bool, findings: &mut Findings) -> Measures {
    let Some(written) = &written.quality else {
        let known = |name: &str| name.parse().expect("the default measures are measures");
        let default = match judged {
            true => &QUALITY[..],
            false => &QUALITY_UNJUDGED[..],
        };
        return default.iter().map(|name| (known(name), Span::UNKNOWN)).collect();
    };
    if written.value.0.is_empty() {
        let diagnostic = Diagnostic::new(Code::Nothing, "no measure of quality");
        findings.push(diagnostic.at(written.span, "name at least one, or leave the key out"));
    }
    let mut measures = Measures::new();
    for (text, span) in written.items() {
        let Some(measure) = read(text, span, findings) else {
            continue;
        };
        if let Some((_, first)) = measures.iter().find(|(m, _)| *m == measure) {
            let title = format!("the measure `{measure}` stands there twice");
            let diagnostic = Diagnostic::new(Code::NameTwice, title).at(span, "the second one");
            findings.push(diagnostic.also(*first, "the first one"));
            continue;
        }
        measures.push((measure, span));
    }
    measures
}

/// Reads a measure; complains at `span`.
pub(super) fn read(text: &str, span: Span, findings: &mut Findings) -> Option<StageMeasure> {
    text.parse::<StageMeasure>()
        .map_err(|error| {
            let label = error.suggestion().map(|s| format!("did you mean `{s}`?"));
            let label = label.or_else(|| as_list(text));
            let diagnostic = Diagnostic::new(Code::UnknownMeasure, error.to_string());
            findings.push(diagnostic.at(span, label.unwrap_or_default()));
        })
        .ok()
}

/// Several measures in one word, as the list that was meant.
fn as_list(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split([',', ' ']).filter(|part| !part.is_empty()).collect();
    let all_are_measures = parts.iter().all(|part| part.parse::<StageMeasure>().is_ok());
    (parts.len() > 1 && all_are_measures).then(|| format!("write a list: `[{}]`", parts.join(", ")))
}

/// The policy for ties. One report has one: a measure without expected values has no place beside those that have.
fn tie(written: Option<&Spanned<TieSpec>>, measures: &Measures, findings: &mut Findings) -> TiePolicy {
    let Some(Spanned {
        value: TieSpec::Expected,
        span: asked,
    }) = written
    else {
        return TiePolicy::Docid;
    };
    for (measure, span) in measures.iter().filter(|(m, _)| !m.measure.has_expected()) {
        let title = format!("no closed form is known of the expected value of `{measure}`");
        let diagnostic = Diagnostic::new(Code::NoExpected, title).at(*span, "");
        let help = "leave the measure out, or write `tie: docid`";
        findings.push(
            diagnostic
                .also(*asked, "expected values are asked for")
                .help(help),
        );
    }
    TiePolicy::Expected
}

fn latency(written: &LatencySpec, findings: &mut Findings) -> LatencyPlan {
    let quantiles = match &written.quantiles {
        None => QUANTILES.to_vec(),
        Some(written) => {
            if written.value.is_empty() {
                let diagnostic = Diagnostic::new(Code::Nothing, "no percentile");
                findings.push(diagnostic.at(written.span, "name at least one, or write `latency: none`"));
            }
            for quantile in &written.value {
                if !(quantile.value > 0.0 && quantile.value < 100.0) {
                    findings.push(out_of_range("quantiles", quantile, "above 0 and below 100"));
                }
            }
            let mut quantiles: Vec<f64> = written.value.iter().map(|q| q.value).collect();
            quantiles.sort_by(f64::total_cmp);
            quantiles.dedup();
            quantiles
        }
    };
    LatencyPlan {
        quantiles,
        warmup: written.warmup.as_ref().map_or(WARMUP, |w| w.value),
        passes: count(written.passes.as_ref(), PASSES, "passes", findings),
        workers: workers(written, findings),
    }
}

fn workers(written: &LatencySpec, findings: &mut Findings) -> usize {
    let Some(Spanned { value, span }) = &written.load else {
        return 1;
    };
    match &value.0 {
        LoadSpec::Closed(closed) => count(closed.workers.as_ref(), 1, "workers", findings),
        LoadSpec::Open(_) => {
            findings.push(not_yet("`open` load", *span));
            1
        }
    }
}

/// The stage at which a measure is read in a cell; `None` where it is undefined.
pub(super) fn stage_of<'a>(measure: &'a StageMeasure, cell: &'a Made) -> Option<&'a str> {
    let stages = &cell.cell.pipeline.stages;
    let is_dense = |kind: &StageKind| matches!(kind, StageKind::Dense(_));
    let stage = match (&measure.stage, &measure.measure) {
        (Some(name), _) => stages.iter().find(|s| s.name == *name),
        (None, Measure::KnnRecall { .. }) => stages.iter().find(|s| is_dense(&s.kind)),
        (None, _) => stages.last(),
    }?;
    // Exact neighbours are those of one dense vector; other lists have none.
    let defined = !matches!(measure.measure, Measure::KnnRecall { .. }) || is_dense(&stage.kind);
    defined.then_some(stage.name.as_str())
}

/// Holds the measures against the cells.
pub(super) fn check(measures: &Measures, cells: &[Made], findings: &mut Findings) {
    for (measure, span) in measures {
        // An interval is one of a mean; sums and geometric means have none.
        if measure.measure.summary() != Summary::Mean {
            let title = format!("`{measure}` is no mean over queries");
            let help = format!(
                "`evalrun eval -m {}` has it for the run files of a bundle",
                measure.measure
            );
            findings.push(Diagnostic::new(Code::NotYet, title).at(*span, "").help(help));
            continue;
        }
        let names = cells
            .iter()
            .flat_map(|c| c.cell.pipeline.stages.iter().map(|s| s.name.as_str()));
        if let Some(stage) = &measure.stage
            && !cells.is_empty()
            && !names.clone().any(|n| n == stage)
        {
            let mut known: Vec<&str> = names.collect();
            known.sort_unstable();
            known.dedup();
            let title = format!("no pipeline has a stage `{stage}`");
            findings.push(Diagnostic::new(Code::UnknownStage, title).at(*span, instead(stage, known)));
            continue;
        }
        for cell in cells {
            check_in(measure, *span, cell, findings);
        }
    }
}

/// Measures that need judgements, on data sets that have none.
pub(super) fn check_judged(measures: &Measures, cells: &[Made], data: &[DataSet], findings: &mut Findings) {
    let searched = |d: &&DataSet| cells.iter().any(|c| c.cell.data == d.source.name);
    for set in data
        .iter()
        .filter(|d| !d.source.kind.is_judged())
        .filter(searched)
    {
        for (measure, span) in measures {
            if matches!(measure.measure, Measure::KnnRecall { .. }) {
                continue;
            }
            let title = format!("`{measure}` needs judgements, and `{}` has none", set.source.name);
            let diagnostic = Diagnostic::new(Code::Unjudged, title);
            // A default measure stands nowhere; the data set does.
            let diagnostic = match span.is_known() {
                true => diagnostic.at(*span, "").also(set.span, "it is vectors only"),
                false => diagnostic.at(set.span, "it is vectors only"),
            };
            let help = "measure `knn_recall@k` here; judged data sets go into an experiment of their own";
            findings.push(diagnostic.help(help));
        }
    }
}

fn check_in(measure: &StageMeasure, span: Span, cell: &Made, findings: &mut Findings) {
    let pipeline = &cell.cell.pipeline;
    let Some(stage) = stage_of(measure, cell) else {
        let has_stage = measure.stage.as_ref().is_none_or(|s| pipeline.stage(s).is_some());
        if has_stage {
            let title = format!("`{measure}` is undefined for pipeline `{}`", pipeline.name);
            let label = match &measure.stage {
                Some(stage) => format!("`{stage}` is no dense stage"),
                None => "it has no dense stage".to_owned(),
            };
            findings.push(Diagnostic::new(Code::KnnRecallUndefined, title).at(span, label));
        }
        return;
    };
    let (Some(cutoff), Some(limit)) = (measure.measure.cutoff(), limits(pipeline).get(stage).copied()) else {
        return;
    };
    if cutoff > limit {
        let title = format!(
            "`{measure}` looks deeper than pipeline `{}` answers",
            pipeline.name
        );
        let written = cell.draft.stages.iter().find(|s| s.value.0.name().value == stage);
        let place = written.map_or(Span::UNKNOWN, limit_span);
        let (deep, short) = (
            format!("looks at {cutoff} hits"),
            format!("hands on at most {limit}"),
        );
        let diagnostic = Diagnostic::new(Code::CutoffBeyondLimit, title);
        // A default measure stands nowhere; the stage does.
        findings.push(match span.is_known() {
            true => diagnostic.at(span, deep).also(place, short),
            false => diagnostic.at(place, short),
        });
    }
}
