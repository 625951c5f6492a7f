//! From the lists of a bundle to ladders, holding no list longer than it takes to read it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::fate::fate;
use super::ladder::{Place, places, side_branches, spine};
use super::{At, DocPath, Fate, Losses, Point, QueryLosses};
use crate::dataset::{Grade, Itself, Qrels};
use crate::evaluate::traces::{ExactLists, Walk};
use crate::evaluate::{Difference, difference};
use crate::measure::{Measure, StageMeasure};
use crate::pipeline::Pipeline;
use crate::plan::{Cell, Plan};
use crate::stats;
use crate::store::{Bundle, LadderTrace, Outcome, QueryTrace, Rung, RungTrace, StageTrace, StoreError};

/// What the lists of one query say on one rung.
#[derive(Debug, Clone)]
struct Reading {
    /// Value per stage of the spine.
    values: Vec<Option<f64>>,
    /// The same for the list in its ideal order.
    ceilings: Vec<Option<f64>>,
    /// Relevant document → rank per stage of the pipeline.
    ranks: BTreeMap<String, Vec<Option<usize>>>,
}

/// The rungs of one query that were asked, in order; a missing one is as the next, and the last is the quality pass.
type Rungs = Vec<(Rung, Reading)>;

/// One cell while its traces are read.
struct Partial<'a> {
    pipeline: &'a Pipeline,
    diagnosed: bool,
    spine: Vec<usize>,
    queries: BTreeMap<String, (Rungs, BTreeMap<String, Grade>)>,
}

/// Gathers losses while traces go by.
pub(in crate::evaluate) struct Collector<'a> {
    plan: &'a Plan,
    measure: Option<StageMeasure>,
    /// Cell → query → rungs read before.
    ladders: HashMap<String, HashMap<String, Rungs>>,
    cells: BTreeMap<String, Partial<'a>>,
}

impl<'a> Collector<'a> {
    /// Reads the bundle's ladders. Without a measure nothing is gathered.
    pub(in crate::evaluate) fn new(
        bundle: &'a Bundle,
        qrels: &BTreeMap<String, Qrels>,
        exact: &ExactLists,
        measure: Option<StageMeasure>,
    ) -> Result<Self, StoreError> {
        let plan = &bundle.plan;
        let mut collector = Self::empty(plan, measure, |cell| diagnosed(bundle, cell));
        let cells: HashMap<&str, &Cell> = plan.cells.iter().map(|c| (c.id.as_str(), c)).collect();
        bundle.for_each_ladder(|ladder| {
            if let Some(cell) = cells.get(ladder.cell.as_str()) {
                let walk = Walk {
                    plan: &plan.measure,
                    cell,
                    qrels: &qrels[&cell.data],
                    exact,
                    tuned: &[],
                };
                collector.climb(&walk, &ladder);
            }
        })?;
        Ok(collector)
    }

    fn empty(plan: &'a Plan, measure: Option<StageMeasure>, diagnosed: impl Fn(&str) -> bool) -> Self {
        let cells = plan.cells.iter().filter_map(|cell| {
            let partial = Partial {
                pipeline: &cell.pipeline,
                diagnosed: diagnosed(&cell.id),
                spine: spine(&cell.pipeline, measure.as_ref()?)?,
                queries: BTreeMap::new(),
            };
            Some((cell.id.clone(), partial))
        });
        Self {
            cells: cells.collect(),
            plan,
            ladders: HashMap::new(),
            measure,
        }
    }

    /// Takes the more exact searches of one query of one cell.
    fn climb(&mut self, walk: &Walk<'_>, ladder: &LadderTrace) {
        let (Some(measure), Some(partial)) = (&self.measure, self.cells.get(&ladder.cell)) else {
            return;
        };
        let read = |r: &RungTrace| {
            let reading = reading(walk, measure, &partial.spine, &r.stages, &ladder.query);
            (r.rung, reading)
        };
        let rungs = ladder.rungs.iter().map(read).collect();
        let of_cell = self.ladders.entry(ladder.cell.clone()).or_default();
        of_cell.insert(ladder.query.clone(), rungs);
    }

    /// Takes one query of one cell as it ran.
    pub(in crate::evaluate) fn add(&mut self, walk: &Walk<'_>, trace: &QueryTrace) {
        let (Some(measure), Some(partial)) = (&self.measure, self.cells.get_mut(&trace.cell)) else {
            return;
        };
        let known = self.ladders.get_mut(&trace.cell);
        let mut rungs = known.and_then(|l| l.remove(&trace.query)).unwrap_or_default();
        let ran = reading(walk, measure, &partial.spine, &trace.stages, &trace.query);
        rungs.push((Rung::Filter, ran));
        let relevant = relevant(walk, &trace.query);
        let relevant = relevant.map(|(doc, grade)| (doc.to_owned(), grade)).collect();
        partial.queries.insert(trace.query.clone(), (rungs, relevant));
    }

    /// The losses of every cell that was answered.
    pub(in crate::evaluate) fn finish(self) -> BTreeMap<String, Losses> {
        let Some(measure) = &self.measure else {
            return BTreeMap::new();
        };
        let answered = self.cells.into_iter().filter(|(_, p)| !p.queries.is_empty());
        answered
            .map(|(id, partial)| (id, partial.losses(self.plan, measure)))
            .collect()
    }
}

fn diagnosed(bundle: &Bundle, cell: &str) -> bool {
    let record = bundle.cells.iter().find(|r| r.cell == cell);
    record.is_some_and(|r| matches!(&r.outcome, Outcome::Measured(m) if m.diagnosed))
}

fn relevant<'w>(walk: &'w Walk<'_>, query: &str) -> impl Iterator<Item = (&'w str, Grade)> {
    let itself = (walk.qrels.itself != Itself::Counts).then(|| query.to_owned());
    let judged = walk.qrels.by_query.get(query).into_iter().flatten();
    judged
        .filter(move |(doc, grade)| **grade >= 1 && itself.as_ref() != Some(doc))
        .map(|(doc, grade)| (doc.as_str(), *grade))
}

fn reading(
    walk: &Walk<'_>,
    measure: &StageMeasure,
    spine: &[usize],
    stages: &[StageTrace],
    query: &str,
) -> Reading {
    let on_spine = || spine.iter().filter_map(|s| stages.get(*s));
    let rank = |doc: &str, s: &StageTrace| s.docs.iter().position(|d| d == doc).map(|i| i + 1);
    Reading {
        values: on_spine()
            .map(|s| walk.value_of(&measure.measure, s, query))
            .collect(),
        ceilings: on_spine()
            .map(|s| ceiling(walk, &measure.measure, s, query))
            .collect(),
        ranks: relevant(walk, query)
            .map(|(doc, _)| (doc.to_owned(), stages.iter().map(|s| rank(doc, s)).collect()))
            .collect(),
    }
}

/// The value of a list's documents in their ideal order: the highest grades first, unjudged ones last.
fn ceiling(walk: &Walk<'_>, measure: &Measure, stage: &StageTrace, query: &str) -> Option<f64> {
    if matches!(measure, Measure::KnnRecall { .. }) {
        return None;
    }
    let mut topic = walk.topic(stage, query)?;
    topic.ranked.sort_by_key(|grade| Reverse(*grade));
    measure.value(&topic)
}

/// A query's reading on a rung.
fn on(rungs: &Rungs, rung: Rung) -> &Reading {
    let at = rungs.iter().find(|(r, _)| *r >= rung);
    &at.expect("the quality pass is the last rung").1
}

impl Partial<'_> {
    fn losses(self, plan: &Plan, measure: &StageMeasure) -> Losses {
        let asked: BTreeSet<Rung> = self
            .queries
            .values()
            .flat_map(|(r, _)| r)
            .map(|(r, _)| *r)
            .collect();
        let places = places(&self.spine, self.diagnosed, |r| asked.contains(&r));
        let cutoff = measure.measure.cutoff();
        let queries: BTreeMap<String, QueryLosses> = self
            .queries
            .iter()
            .map(|(query, (rungs, relevant))| (query.clone(), self.query(&places, rungs, relevant, cutoff)))
            .collect();
        let column = |read: &dyn Fn(&Rungs) -> Option<f64>| -> BTreeMap<String, f64> {
            let scored = self.queries.iter().filter(|(q, _)| is_scored(&queries[*q]));
            scored
                .filter_map(|(q, (rungs, _))| Some((q.clone(), read(rungs)?)))
                .collect()
        };
        let values: Vec<_> = places
            .iter()
            .map(|p| column(&|r| on(r, p.rung).values[p.on]))
            .collect();
        let ends: Vec<_> = places
            .iter()
            .map(|p| (p.at != At::Stage).then(|| column(&|r| *on(r, p.rung).values.last()?)))
            .collect();
        let point = |(i, place): (usize, &Place)| {
            let (before, end_before) = match i.checked_sub(1) {
                Some(b) => (Some(&values[b]), ends[b].as_ref()),
                None => (None, None),
            };
            Point {
                at: place.at,
                stage: self.pipeline.stages[self.spine[place.on]].name.clone(),
                mean: mean(&values[i]),
                change: before.and_then(|b| difference(plan, &values[i], b)),
                end: ends[i].as_ref().and_then(mean),
                end_change: ends[i]
                    .as_ref()
                    .zip(end_before)
                    .and_then(|(e, b)| difference(plan, e, b)),
                ceiling: mean(&column(&|r| on(r, place.rung).ceilings[place.on])),
                rescued: count(&queries, Fate::Rescued(i)),
                buried: count(&queries, Fate::Buried(i)),
                lost: count(&queries, Fate::Lost(i)),
            }
        };
        Losses {
            measure: match measure.measure {
                Measure::KnnRecall { .. } => measure.to_string(),
                _ => measure.measure.to_string(),
            },
            cutoff,
            diagnosed: self.diagnosed,
            points: places.iter().enumerate().map(point).collect(),
            whole: whole(plan, &values),
            queries,
        }
    }

    fn query(
        &self,
        places: &[Place],
        rungs: &Rungs,
        relevant: &BTreeMap<String, Grade>,
        cutoff: Option<usize>,
    ) -> QueryLosses {
        let rank = |doc: &str, p: &Place| on(rungs, p.rung).ranks[doc][self.spine[p.on]];
        let sides: Vec<Vec<usize>> = places
            .iter()
            .map(|p| side_branches(self.pipeline, &self.spine, p.on))
            .collect();
        let seen = |doc: &str, (p, side): (&Place, &Vec<usize>)| {
            let ranks = &on(rungs, p.rung).ranks[doc];
            let found = side.iter().filter_map(|s| Some((ranks[*s]?, *s)));
            found
                .min()
                .map(|(rank, s)| (self.pipeline.stages[s].name.clone(), rank))
        };
        let path = |(doc, grade): (&String, &Grade)| {
            let ranks: Vec<Option<usize>> = places.iter().map(|p| rank(doc, p)).collect();
            let beside: Vec<Option<(String, usize)>> =
                places.iter().zip(&sides).map(|p| seen(doc, p)).collect();
            let joined: Vec<bool> = beside.iter().map(Option::is_some).collect();
            DocPath {
                doc: doc.clone(),
                grade: *grade,
                fate: fate(&ranks, &joined, cutoff.unwrap_or(usize::MAX)),
                beside,
                ranks,
            }
        };
        let mut docs: Vec<DocPath> = relevant.iter().map(path).collect();
        docs.sort_by_key(|d| Reverse(d.grade));
        QueryLosses {
            values: places.iter().map(|p| on(rungs, p.rung).values[p.on]).collect(),
            docs,
        }
    }
}

/// Steps add up only over queries that have a value at every point.
fn is_scored(query: &QueryLosses) -> bool {
    query.values.iter().all(Option::is_some)
}

fn mean(values: &BTreeMap<String, f64>) -> Option<f64> {
    stats::mean(&values.values().copied().collect::<Vec<f64>>())
}

fn count(queries: &BTreeMap<String, QueryLosses>, fate: Fate) -> usize {
    let docs = queries.values().flat_map(|q| &q.docs);
    docs.filter(|d| d.fate == fate).count()
}

fn whole(plan: &Plan, values: &[BTreeMap<String, f64>]) -> Option<Difference> {
    match values {
        [first, .., last] => difference(plan, last, first),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
