//! From axes to cells: the product, what merges, what is left out, what is added.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::Serialize;

use super::apply::{Combination, Selected};
use super::axes::{Assignment, Axes};
use super::drafts::Draft;
use super::findings::Findings;
use super::index;
use super::select::{Matcher, Traits, fits_nothing};
use super::settings::Path;
use super::sources::{NamedBackend, Source};
use super::stages::{self, Context};
use super::{BackendConfig, Cell, Counts, Dropped};
use crate::content::hash_json;
use crate::pipeline::{IndexConfig, Pipeline, VectorConfig};
use crate::spec::{Code, Diagnostic, Span, Spec};

/// Most cells of an experiment unless the spec allows more.
pub(super) const MAX_CELLS: usize = 500;
/// Most combinations that are looked at, whatever they merge to.
const MAX_COMBINATIONS: usize = 100_000;
/// Hex digits of a cell's id.
const ID_DIGITS: usize = 10;

/// What cells are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) spec: &'a Spec,
    pub(super) text: &'a str,
    pub(super) data: &'a [Source],
    pub(super) backends: &'a [NamedBackend],
    pub(super) drafts: &'a [Draft],
    pub(super) vectors: &'a BTreeMap<String, VectorConfig>,
    pub(super) reranker: Option<&'a str>,
    pub(super) seed: u64,
}

/// A cell with the pipeline it was made from, positions and all.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) cell: Cell,
    pub(super) draft: Draft,
}

impl Made {
    /// What selectors look at.
    pub(super) fn traits(&self) -> Traits<'_> {
        Traits {
            data: &self.cell.data,
            backend: &self.cell.backend,
            pipeline: &self.cell.pipeline.name,
            settings: &self.cell.settings,
        }
    }
}

/// All cells, and what became of the rest.
#[derive(Debug, Default)]
pub(super) struct Cells {
    pub(super) made: Vec<Made>,
    pub(super) counts: Counts,
    pub(super) dropped: Vec<Dropped>,
}

/// Makes the cells of a plan.
pub(super) fn cells(parts: Parts<'_>, axes: &Axes, findings: &mut Findings) -> Cells {
    let mut maker = Maker {
        parts,
        axes,
        cells: IndexMap::new(),
        merged: IndexMap::new(),
        effective: BTreeSet::new(),
        out: Cells::default(),
    };
    maker.product(findings);
    maker.exclude(findings);
    maker.extra(findings);
    maker.finish(findings)
}

/// The axes that have no effect, each with its reason.
type Idle = Vec<(String, String)>;

struct Maker<'a> {
    parts: Parts<'a>,
    axes: &'a Axes,
    /// By hash of what determines the result.
    cells: IndexMap<String, Made>,
    /// Pipeline and idle axes → how many combinations merged because of them.
    merged: IndexMap<(String, Idle), usize>,
    /// Axes that have an effect somewhere.
    effective: BTreeSet<String>,
    out: Cells,
}

impl Maker<'_> {
    fn product(&mut self, findings: &mut Findings) {
        let factors = &self.axes.factors;
        let total = factors.iter().fold(1_usize, |n, f| n.saturating_mul(f.len()));
        if total > MAX_COMBINATIONS {
            let title = format!("the axes make {total} combinations; {MAX_COMBINATIONS} are the most");
            let place = self
                .parts
                .spec
                .sweep
                .axes
                .iter()
                .next()
                .map(|(path, _)| path.span);
            findings.push(
                Diagnostic::new(Code::TooManyCells, title)
                    .at(place.unwrap_or(Span::UNKNOWN), "axes from here on"),
            );
            return;
        }
        self.out.counts.combinations = total;
        for mut n in 0..total {
            let mut taken: Vec<&Assignment> = Vec::new();
            // The last axis varies fastest, as when nested loops are read from top to bottom.
            for factor in factors.iter().rev() {
                taken.splice(0..0, &factor[n % factor.len()]);
                n /= factor.len();
            }
            let Some(combination) = self.combination(&taken, Selected::by(&taken)) else {
                continue;
            };
            self.add(combination, findings);
        }
    }

    fn combination(&self, taken: &[&Assignment], selected: Selected) -> Option<Combination> {
        let draft = self.parts.drafts.get(selected.pipeline?)?.clone();
        let order: Vec<String> = self.axes.axes.iter().map(|a| a.path.clone()).collect();
        let first = |path: &str| {
            let mut all = self.axes.factors.iter().flatten().flatten();
            all.find(|a| a.text == path).cloned()
        };
        let index = self.parts.spec.index.clone();
        let place = (selected.data?, selected.backend?, draft);
        Some(Combination::new(place, index, taken, &order, first))
    }

    /// Adds a combination, unless there is an equal cell.
    fn add(&mut self, combination: Combination, findings: &mut Findings) {
        self.effective.extend(combination.settings.keys().cloned());
        let idle = combination.idle.clone();
        let (key, made) = self.make(combination, findings);
        let Some(there) = self.cells.get(&key) else {
            self.cells.insert(key, made);
            return;
        };
        self.out.counts.merged += 1;
        if !idle.is_empty() {
            *self.merged.entry((made.cell.pipeline.name, idle)).or_default() += 1;
            return;
        }
        let reason = format!("the same as {}", there.cell.label());
        let settings = made.cell.settings;
        self.out.dropped.push(Dropped { settings, reason });
    }

    fn make(&self, combination: Combination, findings: &mut Findings) -> (String, Made) {
        let Parts {
            data,
            backends,
            vectors,
            reranker,
            seed,
            ..
        } = self.parts;
        let (source, backend) = (&data[combination.data], &backends[combination.backend]);
        let index = index::config(&combination.index, vectors, seed, findings);
        let context = Context {
            index: &index,
            data,
            reranker,
        };
        let pipeline = stages::pipeline(&combination.draft, context, findings);
        let index = index.searched_by(&pipeline);
        let identity = Identity {
            data: (&source.source.name, &source.written),
            backend: &backend.config,
            index: &index,
            pipeline: &pipeline,
        };
        // After a mistake a pipeline is incomplete, and looks like another that is incomplete in the same way.
        let complete = pipeline.stages.len() == combination.draft.stages.len();
        let key = match complete {
            true => hash_json(&identity),
            false => hash_json(&(&identity, &combination.settings)),
        };
        let cell = Cell {
            id: hash_json(&identity),
            data: source.source.name.clone(),
            backend: backend.name.clone(),
            backend_config: backend.config.clone(),
            settings: combination.settings,
            index,
            pipeline,
        };
        let draft = combination.draft;
        (key, Made { cell, draft })
    }

    fn exclude(&mut self, findings: &mut Findings) {
        for written in &self.parts.spec.sweep.exclude {
            let Some(matcher) = Matcher::read(written, self.axes, findings) else {
                continue;
            };
            let line = written.span.pointed(self.parts.text).line(self.parts.text);
            let before = self.cells.len();
            let dropped = &mut self.out.dropped;
            self.cells.retain(|_, made| {
                let fits = matcher.fits(made.traits());
                if fits {
                    dropped.push(Dropped {
                        settings: with_selection(&made.cell),
                        reason: format!("excluded on line {line}"),
                    });
                }
                !fits
            });
            let gone = before - self.cells.len();
            self.out.counts.excluded += gone;
            if gone == 0 && before > 0 {
                findings.push(fits_nothing("`exclude`", written.span));
            }
        }
    }

    fn extra(&mut self, findings: &mut Findings) {
        for added in &self.axes.extra {
            let row: Vec<&Assignment> = added.value.iter().collect();
            let named = Selected::by(&row);
            let Some(pipeline) = named.pipeline.or_else(|| self.only_pipeline()) else {
                let title = "the added combination does not say which pipeline it is";
                findings.push(Diagnostic::new(Code::Incomplete, title).at(added.span, "add `pipeline: …`"));
                continue;
            };
            let before = self.cells.len();
            for (data, backend) in self.places(named) {
                let (data, backend) = (Some(data), Some(backend));
                let selected = Selected {
                    data,
                    backend,
                    pipeline: Some(pipeline),
                };
                let all = self.with_places(&row, selected);
                let Some(combination) = self.combination(&all.iter().collect::<Vec<_>>(), selected) else {
                    continue;
                };
                for (path, why) in &combination.idle {
                    let title = format!("`{path}` has no effect in the added combination");
                    let at = row
                        .iter()
                        .find(|a| a.text == *path)
                        .map_or(added.span, |a| a.span);
                    findings.push(Diagnostic::new(Code::WrongValue, title).at(at, why.clone()));
                }
                self.effective.extend(combination.settings.keys().cloned());
                let (key, made) = self.make(combination, findings);
                self.cells.entry(key).or_insert(made);
            }
            let new = self.cells.len() - before;
            self.out.counts.extra += new;
            if new == 0 {
                let title = "the added combination is in the sweep already";
                findings.push(Diagnostic::new(Code::SameAgain, title).at(added.span, "adds nothing"));
            }
        }
    }

    /// The pipeline, when there is no choice.
    fn only_pipeline(&self) -> Option<usize> {
        let mut pipelines = self.swept(|s| s.pipeline);
        (pipelines.len() == 1).then(|| pipelines.pop_first()).flatten()
    }

    /// The data sets and backends that an added combination runs on: those it names, else those of the sweep.
    fn places(&self, named: Selected) -> Vec<(usize, usize)> {
        let data = named
            .data
            .map_or_else(|| self.swept(|s| s.data), |d| BTreeSet::from([d]));
        let backends = named
            .backend
            .map_or_else(|| self.swept(|s| s.backend), |b| BTreeSet::from([b]));
        let pair = |d: usize| backends.iter().map(move |b| (d, *b));
        data.into_iter().flat_map(pair).collect()
    }

    fn swept(&self, which: impl Fn(Selected) -> Option<usize>) -> BTreeSet<usize> {
        let all = self.axes.factors.iter().flatten().flatten();
        all.filter_map(|a| which(Selected::by(&[a]))).collect()
    }

    /// A row with the data set, backend and pipeline that it does not name itself.
    fn with_places(&self, row: &[&Assignment], selected: Selected) -> Vec<Assignment> {
        let wanted = [(selected.data, 0), (selected.backend, 1), (selected.pipeline, 2)];
        let all = || self.axes.factors.iter().flatten().flatten();
        let missing = wanted.into_iter().filter_map(|(position, which)| {
            let of = |a: &Assignment| {
                let s = Selected::by(&[a]);
                [s.data, s.backend, s.pipeline][which]
            };
            let named = row.iter().any(|a| of(a).is_some());
            all().find(|a| !named && position.is_some() && of(a) == position)
        });
        missing.chain(row.iter().copied()).cloned().collect()
    }

    fn finish(mut self, findings: &mut Findings) -> Cells {
        self.warn_of_dead_axes(findings);
        let max = &self.parts.spec.sweep.max;
        let allowed = max.as_ref().map_or(MAX_CELLS, |m| m.value);
        if self.cells.len() > allowed {
            let title = format!(
                "the sweep makes {} cells; {allowed} are allowed",
                self.cells.len()
            );
            let axes = self
                .parts
                .spec
                .sweep
                .axes
                .iter()
                .next()
                .map(|(path, _)| path.span);
            let place = max.as_ref().map(|m| m.span).or(axes).unwrap_or(Span::UNKNOWN);
            let help = format!(
                "sweep less, `exclude` some, or allow more: `sweep: {{ max: {} }}`",
                self.cells.len()
            );
            findings.push(
                Diagnostic::new(Code::TooManyCells, title)
                    .at(place, "")
                    .help(help),
            );
        }
        let merged = std::mem::take(&mut self.merged);
        let reasons = merged.into_iter().map(|((pipeline, idle), n)| Dropped {
            settings: IndexMap::from([("pipeline".to_owned(), pipeline)]),
            reason: merge_reason(&idle, n),
        });
        self.out.dropped.splice(0..0, reasons);
        let mut made: Vec<Made> = self.cells.into_values().collect();
        shorten_ids(&mut made);
        sort(&mut made, self.parts.data);
        let builds: BTreeSet<String> = made.iter().map(|m| m.cell.build_key()).collect();
        self.out.counts.builds = builds.len();
        self.out.made = made;
        self.out
    }

    fn warn_of_dead_axes(&self, findings: &mut Findings) {
        let is_dead =
            |a: &&Assignment| !matches!(a.path, Path::Select(_)) && !self.effective.contains(&a.text);
        for assignment in self
            .axes
            .factors
            .iter()
            .filter_map(|f| f.first())
            .flatten()
            .filter(is_dead)
        {
            let why = self.merged.keys().flat_map(|(_, idle)| idle);
            let why: BTreeSet<&str> = why
                .filter(|(p, _)| *p == assignment.text)
                .map(|(_, w)| w.as_str())
                .collect();
            let place = self
                .parts
                .spec
                .sweep
                .axes
                .iter()
                .find(|(path, _)| path.value == assignment.text);
            let place = place.map_or(assignment.span, |(path, _)| path.span);
            let title = format!("the axis `{}` changes no cell", assignment.text);
            let label = why.into_iter().collect::<Vec<_>>().join("; ");
            findings.push(Diagnostic::new(Code::DeadAxis, title).at(place, label));
        }
    }
}

/// What determines the result of a cell; the folder of a data set does not.
#[derive(Serialize)]
struct Identity<'a> {
    data: (&'a str, &'a str),
    backend: &'a BackendConfig,
    index: &'a IndexConfig,
    pipeline: &'a Pipeline,
}

/// The settings of a cell, with its data set and pipeline even if they do not vary.
fn with_selection(cell: &Cell) -> IndexMap<String, String> {
    let mut settings = IndexMap::from([("data".to_owned(), cell.data.clone())]);
    settings.insert("pipeline".to_owned(), cell.pipeline.name.clone());
    settings.extend(cell.settings.clone());
    settings
}

/// "16 merged: `d.ef`, `ce.depth`: …".
fn merge_reason(idle: &Idle, n: usize) -> String {
    let mut by_why: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for (path, why) in idle {
        by_why.entry(why).or_default().push(path);
    }
    let parts: Vec<String> = by_why
        .iter()
        .map(|(why, paths)| format!("{}: {why}", paths.join(", ")))
        .collect();
    format!("{n} merged; {}", parts.join("; "))
}

/// Shortens ids as far as they stay distinct, which in practice is [`ID_DIGITS`].
fn shorten_ids(made: &mut [Made]) {
    let full: BTreeSet<String> = made.iter().map(|m| m.cell.id.clone()).collect();
    let distinct = |digits: &usize| {
        full.iter()
            .map(|id| &id[..*digits])
            .collect::<BTreeSet<_>>()
            .len()
            == full.len()
    };
    let digits = (ID_DIGITS..64).find(distinct).unwrap_or(64);
    for one in made {
        one.cell.id.truncate(digits);
    }
}

/// By data set, then index build, then the order in which the axes make them.
fn sort(made: &mut [Made], data: &[Source]) {
    let mut builds: IndexMap<String, ()> = IndexMap::new();
    for one in made.iter() {
        builds.entry(one.cell.build_key()).or_default();
    }
    made.sort_by_cached_key(|one| {
        let source = data.iter().position(|s| s.source.name == one.cell.data);
        (source, builds.get_index_of(&one.cell.build_key()))
    });
}
