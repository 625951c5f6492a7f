//! From axes to cells: the product, what merges, what is left out, what is added.

mod added;
mod order;
mod reasons;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::Serialize;

use super::apply::{Combination, Selected};
use super::axes::{Assignment, Axes, Factor};
use super::data::DataSet;
use super::drafts::Draft;
use super::findings::Findings;
use super::index;
use super::select::{Matcher, Traits, fits_nothing};
use super::sources::NamedBackend;
use super::stages::{self, Context};
use super::{BackendConfig, Cell, Counts, Dropped};
use crate::content::hash_json;
use crate::pipeline::{IndexConfig, Pipeline, VectorConfig, server};
use crate::spec::{Code, Diagnostic, Span, Spec};
use reasons::Idle;

/// Most cells of an experiment unless the spec allows more.
const MAX_CELLS: usize = 500;
/// Most combinations that are looked at, whatever they merge to.
const MAX_COMBINATIONS: usize = 100_000;

/// What cells are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) spec: &'a Spec,
    pub(super) text: &'a str,
    pub(super) data: &'a [DataSet],
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
    maker.add_extra(findings);
    maker.finish(findings)
}

/// Every combination of one alternative of each factor; the last factor varies fastest, as when nested loops are read
/// from top to bottom.
fn combinations(factors: &[Factor]) -> impl Iterator<Item = Vec<&Assignment>> {
    (0..size(factors)).map(|mut n| {
        let mut taken: Vec<&Assignment> = Vec::new();
        for factor in factors.iter().rev() {
            taken.splice(0..0, &factor[n % factor.len()]);
            n /= factor.len();
        }
        taken
    })
}

fn size(factors: &[Factor]) -> usize {
    factors.iter().fold(1, |n, factor| n.saturating_mul(factor.len()))
}

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
        let total = size(&self.axes.factors);
        if total > MAX_COMBINATIONS {
            let title = format!("the axes make {total} combinations; {MAX_COMBINATIONS} are the most");
            let diagnostic = Diagnostic::new(Code::TooManyCells, title);
            findings.push(diagnostic.at(self.first_axis(), "axes from here on"));
            return;
        }
        self.out.counts.combinations = total;
        for taken in combinations(&self.axes.factors) {
            if let Some(combination) = self.combination(&taken) {
                self.add(combination, findings);
            }
        }
    }

    fn combination(&self, taken: &[&Assignment]) -> Option<Combination> {
        let selected = Selected::by(taken);
        let draft = self.parts.drafts.get(selected.pipeline?)?.clone();
        let first = |path: &str| {
            let mut all = self.axes.factors.iter().flatten().flatten();
            all.find(|a| a.text == path).cloned()
        };
        let index = self.parts.spec.index.clone();
        let place = (selected.data?, selected.backend?, draft);
        Some(Combination::new(place, index, taken, &self.axes.axes, first))
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

    /// The cell of a combination, and what it is kept under.
    fn make(&self, combination: Combination, findings: &mut Findings) -> (String, Made) {
        let parts = self.parts;
        let source = &parts.data[combination.data];
        let backend = &parts.backends[combination.backend];
        let index = index::config(&combination.index, parts.vectors, parts.seed, findings);
        let context = Context {
            index: &index,
            data: parts.data,
            reranker: parts.reranker,
        };
        let pipeline = stages::pipeline(&combination.draft, context, findings);
        let index = index.searched_by(&pipeline);
        let identity = Identity {
            data: (&source.source.name, &source.written),
            backend: Answering::of(backend),
            index: &index,
            pipeline: &pipeline,
        };
        let id = hash_json(&identity);
        // After a mistake a pipeline is incomplete, and looks like another that is incomplete in the same way.
        let complete = pipeline.stages.len() == combination.draft.stages.len();
        let key = match complete {
            true => id.clone(),
            false => hash_json(&(&identity, &combination.settings)),
        };
        let cell = Cell {
            id,
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
                    dropped.push(reasons::excluded(&made.cell, line));
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

    fn finish(mut self, findings: &mut Findings) -> Cells {
        reasons::warn_of_dead_axes(&self, findings);
        self.check_size(findings);
        let merged = std::mem::take(&mut self.merged);
        let merged = merged
            .iter()
            .map(|((pipeline, idle), n)| reasons::merged(pipeline, idle, *n));
        self.out.dropped.splice(0..0, merged);
        let mut made: Vec<Made> = self.cells.into_values().collect();
        order::shorten_ids(&mut made);
        self.out.counts.builds = order::sort(&mut made, self.parts.data);
        self.out.made = made;
        self.out
    }

    fn check_size(&self, findings: &mut Findings) {
        let (n, max) = (self.cells.len(), &self.parts.spec.sweep.max);
        let allowed = max.as_ref().map_or(MAX_CELLS, |m| m.value);
        if n > allowed {
            let place = max.as_ref().map_or_else(|| self.first_axis(), |m| m.span);
            let title = format!("the sweep makes {n} cells; {allowed} are allowed");
            let help = format!("sweep less, `exclude` some, or allow more: `sweep: {{ max: {n} }}`");
            let diagnostic = Diagnostic::new(Code::TooManyCells, title);
            findings.push(diagnostic.at(place, "").help(help));
        }
    }

    fn first_axis(&self) -> Span {
        let mut axes = self.parts.spec.sweep.axes.iter();
        axes.next().map_or(Span::UNKNOWN, |(path, _)| path.span)
    }
}

/// What determines the result of a cell; the folder of a data set does not.
#[derive(Serialize)]
struct Identity<'a> {
    data: (&'a str, &'a str),
    backend: Answering<'a>,
    index: &'a IndexConfig,
    pipeline: &'a Pipeline,
}

/// What of a backend determines the result. How calls are made does not, nor where a server is; but two servers of one
/// spec are two, even if they are asked in the same way.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Answering<'a> {
    Local,
    Qdrant {
        server: &'a str,
        collection: &'a server::CollectionConfig,
        search: &'a server::SearchConfig,
    },
}

impl<'a> Answering<'a> {
    fn of(backend: &'a NamedBackend) -> Self {
        match &backend.config {
            BackendConfig::Local => Self::Local,
            BackendConfig::Qdrant(config) => Self::Qdrant {
                server: &backend.name,
                collection: &config.collection,
                search: &config.search,
            },
        }
    }
}
