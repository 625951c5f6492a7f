//! From a spec to a plan: everything that is wrong with it, or everything a run needs to know.

use std::path::Path;

use indexmap::IndexMap;

use super::axes::{self, Scope};
use super::catalog::Catalog;
use super::cells::{self, Cells, Parts};
use super::data::{self, DataSet};
use super::drafts::{self, Draft};
use super::findings::Findings;
use super::gates::{self, Ground};
use super::settings::Owner;
use super::sources::{self, NamedBackend, check_name, not_yet};
use super::used::Used;
use super::{Models, Plan, index, measure, stages};
use crate::spec::data::ModelKindSpec;
use crate::spec::{Code, Diagnostic, ShortOr, Spec, SpecSource, VERSION};

/// Resolves a spec. Pure but for [`Catalog::look`].
///
/// # Errors
/// All mistakes at once, in the order of the text. Without a mistake, the warnings come beside the plan.
pub fn resolve(
    spec: &Spec,
    source: &SpecSource,
    catalog: &Catalog,
) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut findings = Findings::default();
    let folder = source.path.parent().unwrap_or(Path::new(""));
    check_header(spec, &mut findings);
    let data = data::data(spec, folder, catalog, &mut findings);
    let backends = sources::backends(spec, &catalog.environment, &mut findings);
    let models = models(spec, folder, catalog, &mut findings);
    let drafts = drafts::drafts(spec, &mut findings);
    let vectors = index::vectors(&spec.index, &data, &mut findings);
    let (measure, measures) = measure::measure(&spec.measure, &data, &mut findings);
    let axes = axes::read(&spec.sweep, &scope(&data, &backends, &drafts), &mut findings);

    let reranker = spec.models.reranker.as_ref().map(|m| match &m.value {
        ShortOr::Short(name) => name.as_str(),
        ShortOr::Long(ModelKindSpec::Onnx(dir)) => dir,
    });
    let parts = Parts {
        spec,
        text: &source.text,
        data: &data,
        backends: &backends,
        drafts: &drafts,
        vectors: &vectors,
        reranker,
        seed: measure.seed,
    };
    let Cells {
        made,
        counts,
        dropped,
    } = cells::cells(parts, &axes, &mut findings);
    if made.is_empty() && !findings.has_errors() {
        let place = spec.sweep.exclude.first().map_or(spec.pipelines.span, |e| e.span);
        findings
            .push(Diagnostic::new(Code::Nothing, "no cell is left").at(place, "all of them are excluded"));
    }
    measure::check(&measures, &made, &mut findings);
    stages::tune::check(&made, &data, measure.tie, &mut findings);
    measure::check_judged(&measures, &made, &data, &mut findings);
    let ground = Ground {
        text: &source.text,
        cells: &made,
        axes: &axes,
        data: &data,
        measure: &measure,
        reference: &IndexMap::new(),
    };
    let compare = gates::compare(&spec.compare, ground, &mut findings);
    let ground = Ground {
        reference: &compare.reference,
        ..ground
    };
    let gates = gates::gates(&spec.gates, ground, &mut findings);
    let used = Used {
        spec,
        made: &made,
        drafts: &drafts,
    };
    let models = used.models(models, &mut findings);
    used.check(&data, &backends, &mut findings);

    let warnings = findings.finish()?;
    let plan = Plan {
        experiment: spec.experiment.value.clone(),
        question: spec.question.value.trim().to_owned(),
        analysis: spec.analysis.trim().to_owned(),
        data: used.data(data),
        models,
        servers: used.servers(&backends),
        axes: axes.axes,
        counts,
        cells: made.into_iter().map(|m| m.cell).collect(),
        dropped,
        measure,
        compare,
        gates,
        narrowed: None,
    };
    Ok((plan, warnings))
}

fn check_header(spec: &Spec, findings: &mut Findings) {
    if spec.evalrun.value != VERSION {
        let title = format!("version {} of the language is not known", spec.evalrun.value);
        let label = format!("this program reads version {VERSION}");
        findings.push(Diagnostic::new(Code::UnknownVersion, title).at(spec.evalrun.span, label));
    }
    check_name("experiment", &spec.experiment, findings);
    if spec.question.value.trim().is_empty() {
        let diagnostic = Diagnostic::new(Code::Nothing, "the question is empty");
        findings.push(diagnostic.at(spec.question.span, "say what you want to know"));
    }
    if let Some(claims) = &spec.claims {
        let help = "keys that start with `x-` are ignored: `x-claims` keeps them for later";
        findings.push(not_yet("judging `claims`", claims.span).help(help));
    }
}

fn scope(data: &[DataSet], backends: &[NamedBackend], drafts: &[Draft]) -> Scope {
    let of_draft = |d: &Draft| -> Vec<(String, Owner)> {
        let stages = d.stages.iter().map(|s| &s.value.0);
        stages.map(|s| (s.name().value.clone(), Owner::of(s))).collect()
    };
    Scope {
        data: data.iter().map(|s| s.source.name.clone()).collect(),
        backends: backends.iter().map(|b| b.name.clone()).collect(),
        pipelines: drafts.iter().map(|d| d.name.value.clone()).collect(),
        stages: drafts.iter().flat_map(of_draft).collect(),
    }
}

fn models(spec: &Spec, folder: &Path, catalog: &Catalog, findings: &mut Findings) -> Models {
    let runtime = sources::runtime(spec);
    let mut model = |written, known| sources::model(written, known, runtime, folder, findings);
    Models {
        embedder: model(spec.models.embedder.as_ref(), &catalog.embedders),
        reranker: model(spec.models.reranker.as_ref(), &catalog.rerankers),
        runtime,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::dataset::Source;
    use crate::pipeline::{Dense, FilterUse, Fuse, Fusion, Graph, Rerank, StageKind, Tail};
    use crate::plan::{GateLevel, GateSubject, KnownModel, Relation};
    use crate::spec;

    const SPEC: &str = "
evalrun: 1
experiment: demo
question: Which one is better?
data: [parts, wands]
models: { embedder: e, reranker: r }
index:
  vectors:
    title: { text: title }
    words: { bm25: [title, description] }
  graph: hnsw
pipelines:
  dense:
    - dense: { as: d, vector: title }
  reranked:
    - dense: { as: d, vector: title, limit: 200 }
    - sparse: { as: s, vector: words, limit: 10 }
    - fuse: { as: f, of: [d, s], method: rrf }
    - rerank: { as: ce, depth: 50 }
";

    fn resolved(more: &str) -> Plan {
        let model = |name: &str| KnownModel {
            name: name.to_owned(),
            builtin: true,
        };
        let folder = |name: &str| (name.to_owned(), Source::folder(name));
        let catalog = Catalog {
            datasets: ["parts", "wands"].map(folder).into(),
            embedders: vec![model("e")],
            rerankers: vec![model("r")],
            environment: BTreeMap::new(),
            unfetched: BTreeSet::new(),
            look: |_| Some(BTreeSet::new()),
            exists: |_| false,
        };
        let source = SpecSource {
            path: "demo.yaml".into(),
            text: format!("{SPEC}{more}"),
        };
        let spec = spec::parse(&source.text, &catalog.environment).unwrap();
        resolve(&spec, &source, &catalog).unwrap().0
    }

    fn stage(plan: &Plan, cell: usize, name: &str) -> StageKind {
        plan.cells[cell].pipeline.stage(name).unwrap().kind.clone()
    }

    #[test]
    fn every_default_is_filled_in() {
        let plan = resolved("");
        let dense = |limit, ef| {
            StageKind::Dense(Dense {
                vector: "title".to_owned(),
                limit,
                ef,
                exact: false,
                scan: false,
                oversampling: 1.0,
                rescore: true,
                filter: FilterUse::default(),
            })
        };
        assert_eq!(stage(&plan, 0, "d"), dense(100, 128));
        assert_eq!(stage(&plan, 1, "d"), dense(200, 200), "as many as it has to find");
        let graph = Graph::Hnsw {
            m: 16,
            ef_construct: 128,
        };
        assert_eq!(plan.cells[0].index.graph, graph);
        assert_eq!(plan.cells[0].index.seed, 42);
        let rrf = Fusion::Rrf {
            k: 60.0,
            weights: vec![1.0, 1.0],
        };
        let (of, limit) = (vec!["d".to_owned(), "s".to_owned()], 100);
        assert_eq!(
            stage(&plan, 1, "f"),
            StageKind::Fuse(Fuse {
                of,
                method: rrf,
                limit,
                tune: None,
            })
        );
    }

    #[test]
    fn a_reranker_reads_what_the_stages_before_it_have_searched() {
        let expected = Rerank {
            of: "f".to_owned(),
            model: "r".to_owned(),
            fields: vec!["title".to_owned(), "description".to_owned()],
            depth: 50,
            tail: Tail::Keep,
        };
        assert_eq!(stage(&resolved(""), 1, "ce"), StageKind::Rerank(expected));
    }

    #[test]
    fn without_a_sweep_every_pipeline_runs_on_every_data_set() {
        let plan = resolved("");
        let cells: Vec<String> = plan
            .cells
            .iter()
            .map(|c| format!("{} {}", c.data, c.label()))
            .collect();
        let expected = [
            "parts pipeline=dense",
            "parts pipeline=reranked",
            "wands pipeline=dense",
            "wands pipeline=reranked",
        ];
        assert_eq!(cells, expected);
        // `dense` searches one vector and `reranked` two: an index each, on two data sets.
        assert_eq!(plan.counts.builds, 4);
    }

    #[test]
    fn the_reference_is_one_cell_of_every_data_set() {
        let plan = resolved("compare: { reference: { pipeline: dense } }\n");
        let reference: Vec<(&str, &str)> = plan
            .compare
            .reference
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        let (first, second) = (plan.cells[0].id.as_str(), plan.cells[2].id.as_str());
        assert_eq!(reference, [("parts", first), ("wands", second)]);
    }

    #[test]
    fn the_primary_measure_is_ndcg_at_10_or_the_first_of_the_answer() {
        let primary = |more: &str| resolved(more).compare.family[0].to_string();
        assert_eq!(primary(""), "nDCG@10");
        assert_eq!(
            primary("measure: { quality: [Judged@10, d:R@100, RR@10, AP] }\n"),
            "RR@10"
        );
        assert_eq!(primary("measure: { quality: [Judged@10] }\n"), "Judged@10");
        let declared = resolved("compare: { family: [R@100, nDCG@10], tolerance: 0.01 }\n").compare;
        let family: Vec<String> = declared.family.iter().map(ToString::to_string).collect();
        assert_eq!(
            (family, declared.tolerance),
            (vec!["R@100".into(), "nDCG@10".into()], 0.01)
        );
    }

    #[test]
    fn gates_know_their_cells_their_line_and_milliseconds() {
        let plan = resolved(
            "gates:\n  - { that: 'p99 < 1.5s', where: { pipeline: [dense, dens*] }, level: warn }\n  - that: nDCG@10 >= 0\n",
        );
        let [latency, quality] = plan.gates.as_slice() else {
            panic!("{:?}", plan.gates)
        };
        assert_eq!(latency.subject, GateSubject::Latency(99.0));
        assert_eq!((latency.relation, latency.threshold), (Relation::Below, 1500.0));
        assert_eq!(latency.scope["pipeline"], "dense|dens*");
        assert_eq!(
            latency.cells,
            [plan.cells[0].id.clone(), plan.cells[2].id.clone()]
        );
        assert_eq!((latency.level, latency.line), (GateLevel::Warn, 21));
        assert_eq!(
            (quality.threshold, quality.cells.len(), quality.line),
            (0.0, 4, 22)
        );
    }

    #[test]
    fn a_setting_of_the_index_makes_no_build_for_a_pipeline_that_does_not_use_it() {
        let words = "  words:\n    - sparse: { as: s, vector: words }\n";
        let plan = resolved(&format!(
            "{words}sweep: {{ axes: {{ index.quantization: [none, binary], d.oversampling: [2] }} }}\n"
        ));
        let of_words = plan
            .cells
            .iter()
            .filter(|c| c.pipeline.name == "words" && c.data == "parts");
        assert_eq!(
            of_words.map(|c| c.label()).collect::<Vec<_>>(),
            ["pipeline=words"]
        );
        // On each data set: one for `words`, and one per quantization for each of the other two.
        assert_eq!(plan.counts.builds, 10);
    }
}
