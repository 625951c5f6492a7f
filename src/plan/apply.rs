//! One combination: a copy of a pipeline and of the index, with the values of the axes written in.

use indexmap::IndexMap;

use super::Axis;
use super::axes::Assignment;
use super::drafts::Draft;
use super::settings::{Key, Owner, Path, Select, Setting};
use crate::spec::index::{GraphSpec, IndexSpec, QuantizationSpec};
use crate::spec::pipelines::{
    DenseSpec, FilterSpec, FuseSpec, LateSpec, MethodSpec, RerankSpec, StageSpec, StrategySpec,
};
use crate::spec::{Choice, Span, Spanned};

/// A combination with everything that its axes set.
#[derive(Debug, Clone)]
pub(super) struct Combination {
    pub(super) data: usize,
    pub(super) backend: usize,
    pub(super) draft: Draft,
    pub(super) index: IndexSpec,
    /// Axis path → label, of the axes that have an effect here.
    pub(super) settings: IndexMap<String, String>,
    /// The axes that have none here: path → why.
    pub(super) idle: Vec<(String, String)>,
}

/// The positions that a combination selects.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Selected {
    pub(super) data: Option<usize>,
    pub(super) backend: Option<usize>,
    pub(super) pipeline: Option<usize>,
}

impl Selected {
    /// What `assignments` select.
    pub(super) fn by(assignments: &[&Assignment]) -> Self {
        let mut selected = Self::default();
        for assignment in assignments {
            let (Path::Select(select), Setting::Selected(i)) = (&assignment.path, &assignment.setting) else {
                continue;
            };
            let slot = match select {
                Select::Data => &mut selected.data,
                Select::Backend => &mut selected.backend,
                Select::Pipeline => &mut selected.pipeline,
            };
            *slot = Some(*i);
        }
        selected
    }
}

impl Combination {
    /// Writes `assignments` into a copy of the pipeline and the index. `first` is the first value of an axis: where a
    /// setting of the index does not matter, all values share the build of the first.
    pub(super) fn new(
        selected: (usize, usize, Draft),
        index: IndexSpec,
        assignments: &[&Assignment],
        axes: &[Axis],
        first: impl Fn(&str) -> Option<Assignment>,
    ) -> Self {
        let (data, backend, draft) = selected;
        let mut this = Self {
            data,
            backend,
            draft,
            index,
            settings: IndexMap::new(),
            idle: Vec::new(),
        };
        let mut ordered = assignments.to_vec();
        ordered.sort_by_key(|a| match &a.path {
            Path::Select(_) => 0,
            Path::Index(key) | Path::Stage(_, key) => key.rank(),
        });
        for assignment in ordered {
            match this.apply(assignment) {
                Ok(()) => {
                    let (path, label) = (assignment.text.clone(), assignment.label.clone());
                    this.settings.insert(path, label);
                }
                Err(why) => this.leave_out(assignment, why, &first),
            }
        }
        this.leave_out_unsearched(assignments, &first);
        let place = |path: &String| axes.iter().position(|axis| axis.path == *path);
        this.settings.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
        this.settings.retain(|path, _| place(path).is_some());
        this
    }

    /// Graph and codes have no effect when every dense stage scans; known only when all values are written.
    fn leave_out_unsearched(
        &mut self,
        assignments: &[&Assignment],
        first: impl Fn(&str) -> Option<Assignment>,
    ) {
        if !self.dense().all(is_exact) {
            return;
        }
        let why = format!(
            "no stage of pipeline `{}` uses graph or codes",
            self.draft.name.value
        );
        for assignment in assignments {
            let of_search = matches!(assignment.path, Path::Index(key) if key != Key::Payload);
            if of_search && self.settings.shift_remove(&assignment.text).is_some() {
                self.leave_out(assignment, why.clone(), &first);
            }
        }
    }

    /// Writes one value; `Err` says why it has no effect here.
    fn apply(&mut self, a: &Assignment) -> Result<(), String> {
        match &a.path {
            Path::Select(_) => Ok(()),
            Path::Index(key) => {
                self.check_index(*key)?;
                write_index(&mut self.index, *key, &a.setting, a.span);
                Ok(())
            }
            Path::Stage(name, key) => {
                self.check_codes_and_graph(name, *key)?;
                let pipeline = self.draft.name.value.clone();
                let Some(stage) = self.draft.stage_mut(name) else {
                    return Err(format!("pipeline `{pipeline}` has no stage `{name}`"));
                };
                match write_stage(stage, *key, &a.setting, a.span) {
                    Written::Yes => Ok(()),
                    Written::NotThisMethod(method) => Err(format!("`{method}` has no `{}`", key.name())),
                    Written::NotThisStage => {
                        let kind = Owner::of(stage).name();
                        Err(format!(
                            "stage `{name}` of pipeline `{pipeline}` is a {kind} stage"
                        ))
                    }
                }
            }
        }
    }

    /// Notes that an axis has no effect here. Where it is one of the index, its first value is taken, so that no
    /// build is made for the others.
    fn leave_out(&mut self, a: &Assignment, why: String, first: impl Fn(&str) -> Option<Assignment>) {
        let shared = first(&a.text).unwrap_or_else(|| a.clone());
        if let Path::Index(key) = shared.path {
            write_index(&mut self.index, key, &shared.setting, shared.span);
        }
        self.idle.push((a.text.clone(), why));
    }

    /// Settings of the index that nothing in this pipeline looks at.
    fn check_index(&self, key: Key) -> Result<(), String> {
        if key != Key::Payload && self.dense().next().is_none() {
            return Err(format!("pipeline `{}` has no dense stage", self.draft.name.value));
        }
        if matches!(key, Key::GraphM | Key::GraphEfConstruct) && !self.has_graph() {
            return Err("the index has no graph".to_owned());
        }
        Ok(())
    }

    fn dense(&self) -> impl Iterator<Item = &DenseSpec> {
        let stages = self.draft.stages.iter().map(|s| &s.value.0);
        stages.filter_map(|stage| match stage {
            StageSpec::Dense(dense) => Some(dense),
            _ => None,
        })
    }

    /// Settings of a dense stage that need codes or a graph.
    fn check_codes_and_graph(&self, name: &str, key: Key) -> Result<(), String> {
        let Some(StageSpec::Dense(stage)) = self.draft.stage(name) else {
            return Ok(());
        };
        let quantization = self.index.quantization.as_ref().map(|q| &q.value.0);
        let has_codes = !matches!(quantization, None | Some(QuantizationSpec::None(_)));
        let without = match key {
            Key::Ef | Key::Oversampling | Key::Rescore if is_exact(stage) => "the stage is `exact`",
            Key::Oversampling | Key::Rescore if !has_codes => "nothing is quantized",
            Key::Ef if !self.has_graph() => "the index has no graph",
            Key::Exact if !self.has_graph() && !has_codes => "the index has neither graph nor codes",
            _ => return Ok(()),
        };
        Err(without.to_owned())
    }

    fn has_graph(&self) -> bool {
        let graph = self.index.graph.as_ref().map(|g| &g.value.0);
        !matches!(graph, None | Some(GraphSpec::Exact(_)))
    }
}

fn is_exact(stage: &DenseSpec) -> bool {
    stage.exact.as_ref().is_some_and(|e| e.value)
}

fn write_index(index: &mut IndexSpec, key: Key, setting: &Setting, span: Span) {
    match (key, setting) {
        (Key::Graph, Setting::Graph(graph)) => index.graph = Some(Spanned::new(Choice(graph.clone()), span)),
        (Key::Quantization, Setting::Quantization(q)) => {
            index.quantization = Some(Spanned::new(Choice(q.clone()), span));
        }
        (Key::Payload, Setting::Texts(fields)) => index.payload = Some(Spanned::new(fields.clone(), span)),
        (Key::GraphM | Key::GraphEfConstruct, Setting::Count(n)) => {
            let Some(hnsw) = index.graph.as_mut().and_then(|g| g.value.0.hnsw_mut()) else {
                return;
            };
            let slot = match key {
                Key::GraphM => &mut hnsw.m,
                _ => &mut hnsw.ef_construct,
            };
            *slot = Some(Spanned::new(*n, span));
        }
        _ => {}
    }
}

/// Whether a stage took a value.
enum Written {
    Yes,
    NotThisStage,
    NotThisMethod(&'static str),
}

fn write_stage(stage: &mut StageSpec, key: Key, setting: &Setting, span: Span) -> Written {
    match (stage, key, setting) {
        (StageSpec::Sparse(s), Key::Limit, Setting::Count(n)) => s.limit = Some(Spanned::new(*n, span)),
        (StageSpec::Sparse(s), Key::Vector, Setting::Text(v)) => s.vector = Spanned::new(v.clone(), span),
        (StageSpec::Sparse(s), Key::Strategy, Setting::Strategy(v)) => {
            strategy(&mut s.filter, Spanned::new(*v, span))
        }
        (StageSpec::Dense(s), key, setting) => return write_dense(s, key, setting, span),
        (StageSpec::Fuse(s), key, setting) => return write_fuse(s, key, setting, span),
        (StageSpec::Late(s), key, setting) => return write_late(s, key, setting, span),
        (StageSpec::Rerank(s), key, setting) => return write_rerank(s, key, setting, span),
        _ => return Written::NotThisStage,
    }
    Written::Yes
}

fn strategy(filter: &mut Option<FilterSpec>, value: Spanned<StrategySpec>) {
    filter.get_or_insert_default().strategy = Some(value);
}

fn write_dense(stage: &mut DenseSpec, key: Key, setting: &Setting, span: Span) -> Written {
    match (key, setting) {
        (Key::Limit, Setting::Count(n)) => stage.limit = Some(Spanned::new(*n, span)),
        (Key::Ef, Setting::Count(n)) => stage.ef = Some(Spanned::new(*n, span)),
        (Key::Vector, Setting::Text(v)) => stage.vector = Spanned::new(v.clone(), span),
        (Key::Exact, Setting::Flag(v)) => stage.exact = Some(Spanned::new(*v, span)),
        (Key::Oversampling, Setting::Number(v)) => stage.oversampling = Some(Spanned::new(*v, span)),
        (Key::Rescore, Setting::Flag(v)) => stage.rescore = Some(Spanned::new(*v, span)),
        (Key::Strategy, Setting::Strategy(v)) => strategy(&mut stage.filter, Spanned::new(*v, span)),
        _ => return Written::NotThisStage,
    }
    Written::Yes
}

fn write_fuse(stage: &mut FuseSpec, key: Key, setting: &Setting, span: Span) -> Written {
    let method = &mut stage.method.value.0;
    match (key, setting) {
        (Key::Limit, Setting::Count(n)) => stage.limit = Some(Spanned::new(*n, span)),
        (Key::Method, Setting::Method(m)) => stage.method = Spanned::new(Choice(m.clone()), span),
        (Key::Weights, Setting::Weights(w)) => *method.weights_mut() = Some(Spanned::new(w.clone(), span)),
        (Key::K, Setting::Number(k)) => match method {
            MethodSpec::Rrf(rrf) => rrf.k = Some(Spanned::new(*k, span)),
            other => return Written::NotThisMethod(other.name()),
        },
        (Key::Persistence, Setting::Number(p)) => match method {
            MethodSpec::Rbc(rbc) => rbc.persistence = Some(Spanned::new(*p, span)),
            other => return Written::NotThisMethod(other.name()),
        },
        (Key::Normalize, Setting::Normalize(n)) => {
            let name = method.name();
            match method.normalize_mut() {
                Some(normalize) => *normalize = Some(Spanned::new(*n, span)),
                None => return Written::NotThisMethod(name),
            }
        }
        _ => return Written::NotThisStage,
    }
    Written::Yes
}

fn write_late(stage: &mut LateSpec, key: Key, setting: &Setting, span: Span) -> Written {
    match (key, setting) {
        (Key::Vector, Setting::Text(v)) => stage.vector = Spanned::new(v.clone(), span),
        (Key::Depth, Setting::Count(n)) => stage.depth = Spanned::new(*n, span),
        (Key::Tail, Setting::Tail(t)) => stage.tail = Some(Spanned::new(*t, span)),
        _ => return Written::NotThisStage,
    }
    Written::Yes
}

fn write_rerank(stage: &mut RerankSpec, key: Key, setting: &Setting, span: Span) -> Written {
    match (key, setting) {
        (Key::Depth, Setting::Count(n)) => stage.depth = Spanned::new(*n, span),
        (Key::Tail, Setting::Tail(t)) => stage.tail = Some(Spanned::new(*t, span)),
        (Key::Fields, Setting::Texts(f)) => stage.fields = Some(Spanned::new(f.clone(), span)),
        _ => return Written::NotThisStage,
    }
    Written::Yes
}
