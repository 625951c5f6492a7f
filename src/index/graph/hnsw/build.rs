//! Building the graph in batches, the same graph for any number of threads.
//!
//! The rows of a batch look for neighbours side by side in the graph as it was before the batch; then all links of the
//! batch are written, those that lead back to older rows grouped by the row that they start from (prefix doubling and
//! batch insertion, Manohar et al. 2024, "ParlayANN", section 3). No step depends on which thread did it or when, so
//! there are no locks and nothing to repeat: the seed and the rows decide every link.

use std::sync::Mutex;

use rayon::prelude::*;

use super::beam::{Key, MOST_NODES};
use super::judge::ByRow;
use super::levels::{level, order};
use super::links::Links;
use super::select::Selection;
use super::tree::Tree;
use super::walk::Scratch;
use super::{Hnsw, Layer};
use crate::index::IndexError;
use crate::index::graph::{GraphParams, Work};
use crate::index::kernel::Space;
use crate::index::rows::Rows;

/// A batch has one row for so many that are in the graph already. Rows of a batch do not see each other, so it must be
/// a small part; but every batch ends with threads waiting for the last one.
const GRAPH_PER_BATCH: usize = 32;
/// And never more than so many.
const MOST_IN_BATCH: usize = 4096;
/// While the graph is built, a slot of the lowest layer holds this part of its final links more, so that it overflows
/// less often and is cut back by several links at once.
const SLACK: usize = 4;

/// Builds the graph over `rows`.
pub(in crate::index::graph) fn build<S: Space>(
    rows: &Rows<S::Value>,
    params: GraphParams,
) -> Result<Hnsw, IndexError> {
    if rows.len() > MOST_NODES {
        return Err(IndexError::Rows {
            rows: rows.len(),
            most: MOST_NODES,
        });
    }
    let levels: Vec<u8> = (0..rows.len() as u32)
        .map(|row| level(params.seed, row, params.m))
        .collect();
    let order = order(params.seed, &levels);
    let mut builder = Builder::<S>::new(rows, params, &levels, &order)?;
    let mut done = 1.min(order.len());
    while done < order.len() {
        let size = (done / GRAPH_PER_BATCH)
            .clamp(1, MOST_IN_BATCH)
            .min(order.len() - done);
        builder.insert(&order[done..done + size], &levels);
        done += size;
    }
    builder.finish()
}

struct Builder<'a, S: Space> {
    rows: &'a Rows<S::Value>,
    params: GraphParams,
    /// With wider slots in the lowest layer than in the end.
    graph: Hnsw,
    tree: Tree,
    /// Nodes inserted so far into each layer above the lowest.
    counts: Vec<u32>,
    workers: Mutex<Vec<Worker>>,
}

/// Memory of one thread.
#[derive(Default)]
struct Worker {
    walk: Scratch,
    selection: Selection,
    keys: Vec<Key>,
    nodes: Vec<u32>,
    scores: Vec<f32>,
}

/// The neighbours found for a new row, from the lowest layer upwards.
type Neighbours = Vec<Vec<u32>>;

/// A link to be added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    from: u32,
    to: u32,
}

impl<'a, S: Space> Builder<'a, S> {
    fn new(
        rows: &'a Rows<S::Value>,
        params: GraphParams,
        levels: &[u8],
        order: &[u32],
    ) -> Result<Self, IndexError> {
        let highest = order.first().map_or(0, |&row| levels[row as usize]);
        let mut upper: Vec<Layer> = Vec::with_capacity(highest.into());
        for l in 1..=highest {
            // In the order of insertion, as nodes are numbered in every layer.
            let reaches = |row: &u32| levels[*row as usize] >= l;
            let rows: Box<[u32]> = order.iter().copied().filter(reaches).collect();
            let below = match upper.last() {
                None => rows.clone(),
                Some(lower) => (0..)
                    .zip(&lower.rows)
                    .filter(|(_, row)| reaches(row))
                    .map(|(n, _)| n)
                    .collect(),
            };
            let links = Links::new(params.m, rows.len())?;
            upper.push(Layer { rows, below, links });
        }
        Ok(Self {
            rows,
            params,
            graph: Hnsw {
                base: Links::new(2 * params.m + 2 * params.m / SLACK, rows.len())?,
                upper,
                entry: order.first().copied().unwrap_or(0),
            },
            tree: Tree::new(rows.len(), params.m.min(255) as u8),
            counts: vec![1; highest.into()],
            workers: Mutex::default(),
        })
    }

    /// Inserts a batch.
    fn insert(&mut self, batch: &[u32], levels: &[u8]) {
        let neighbours: Vec<Neighbours> = batch
            .par_iter()
            .with_max_len(1)
            .map(|&row| self.worker(|worker| self.neighbours(row, levels[row as usize].into(), worker)))
            .collect();
        self.link_lowest(batch, &neighbours);
        for layer in 0..self.graph.upper.len() {
            self.link_upper(layer, &neighbours);
        }
    }

    /// Looks for the neighbours of `row` in the layers up to `level`.
    fn neighbours(&self, row: u32, level: usize, worker: &mut Worker) -> Neighbours {
        let (query, mut work) = (self.rows.row(row as usize), Work::default());
        let (walk, selection) = (&mut worker.walk, &mut worker.selection);
        let mut found = vec![Vec::new(); level + 1];
        let ef = self.params.ef_construct.min(self.rows.len());
        self.graph
            .descend::<S>(self.rows, query, level, ef, walk, &mut work);
        for layer in (0..=level).rev() {
            let to_row = match layer {
                0 => {
                    let judge = &mut ByRow::<S> {
                        rows: self.rows,
                        query,
                    };
                    walk.walk(judge, &self.graph.base, ef, &mut work);
                    None
                }
                _ => {
                    let layer = &self.graph.upper[layer - 1];
                    walk.walk_above::<S>(self.rows, layer, query, ef, &mut work);
                    Some(&layer.rows[..])
                }
            };
            let candidates = walk.beam.keys();
            let m = self.params.m;
            selection.select::<S>(self.rows, to_row, candidates, m, |_| false);
            found[layer] = selection.kept.clone();
            if layer > 0 {
                walk.start_from_beam();
                walk.step_down(&self.graph.upper[layer - 1]);
            }
        }
        found
    }

    fn link_lowest(&mut self, batch: &[u32], neighbours: &[Neighbours]) {
        let mut own = Vec::with_capacity(batch.len());
        let mut back = Vec::with_capacity(batch.len() * self.params.m);
        for (&row, neighbours) in batch.iter().zip(neighbours) {
            let mut links = neighbours[0].clone();
            let parent = self.tree.hang(row, &links);
            if !links.contains(&parent) {
                links.push(parent);
            }
            back.extend(links.iter().map(|&from| Edge { from, to: row }));
            own.push((row, links));
        }
        own.sort_unstable_by_key(|(row, _)| *row);
        self.graph.base.replace(&own);
        back.par_sort_unstable();
        let most = 2 * self.params.m;
        let new = self.merged(&self.graph.base, None, &back, most, |a, b| self.tree.joins(a, b));
        self.graph.base.replace(&new);
    }

    fn link_upper(&mut self, layer: usize, neighbours: &[Neighbours]) {
        let (mut own, mut back) = (Vec::new(), Vec::new());
        for neighbours in neighbours {
            let Some(links) = neighbours.get(layer + 1) else {
                continue;
            };
            let node = self.counts[layer];
            self.counts[layer] += 1;
            back.extend(links.iter().map(|&from| Edge { from, to: node }));
            own.push((node, links.clone()));
        }
        self.graph.upper[layer].links.replace(&own);
        back.sort_unstable();
        let Layer { rows, links, .. } = &self.graph.upper[layer];
        let new = self.merged(links, Some(rows), &back, self.params.m, |_, _| false);
        self.graph.upper[layer].links.replace(&new);
    }

    /// The links of every node that an edge of `edges`, which are sorted, starts from, with those edges. Where a slot
    /// is too small, at most `most` of them are selected.
    fn merged(
        &self,
        links: &Links,
        to_row: Option<&[u32]>,
        edges: &[Edge],
        most: usize,
        must: impl Fn(u32, u32) -> bool + Sync,
    ) -> Vec<(u32, Vec<u32>)> {
        let groups: Vec<&[Edge]> = edges.chunk_by(|a, b| a.from == b.from).collect();
        let merge = |edges: &&[Edge]| {
            let node = edges[0].from;
            let mut all = links.of(node).to_vec();
            all.extend(edges.iter().map(|e| e.to));
            if all.len() > links.width() {
                self.worker(|worker| self.shrink(node, &mut all, to_row, most, |n| must(node, n), worker));
            }
            (node, all)
        };
        groups.par_iter().with_min_len(16).map(merge).collect()
    }

    /// Selects at most `most` of the links of `node`.
    fn shrink(
        &self,
        node: u32,
        links: &mut Vec<u32>,
        to_row: Option<&[u32]>,
        most: usize,
        must: impl Fn(u32) -> bool,
        worker: &mut Worker,
    ) {
        let row = |node: u32| to_row.map_or(node, |t| t[node as usize]);
        let Worker {
            selection,
            keys,
            nodes,
            scores,
            ..
        } = worker;
        nodes.clear();
        nodes.extend(links.iter().map(|&n| row(n)));
        scores.resize(nodes.len(), 0.0);
        S::gather(self.rows.row(row(node) as usize), self.rows, nodes, scores);
        keys.clear();
        keys.extend(links.iter().zip(&*scores).map(|(&n, &score)| Key::new(n, score)));
        keys.sort_unstable();
        selection.select::<S>(self.rows, to_row, keys, most, must);
        links.clone_from(&selection.kept);
    }

    /// Brings the slots of the lowest layer to their final size.
    fn finish(mut self) -> Result<Hnsw, IndexError> {
        let most = 2 * self.params.m;
        let mut base = Links::new(most, self.rows.len())?;
        let final_links = |node: u32| {
            let mut links = self.graph.base.of(node).to_vec();
            if links.len() > most {
                let must = |n| self.tree.joins(node, n);
                self.worker(|worker| self.shrink(node, &mut links, None, most, must, worker));
            }
            (node, links)
        };
        let new: Vec<(u32, Vec<u32>)> = (0..self.rows.len() as u32)
            .into_par_iter()
            .map(final_links)
            .collect();
        base.replace(&new);
        self.graph.base = base;
        Ok(self.graph)
    }

    /// Lends the memory of a thread that waits to `job`.
    fn worker<R>(&self, job: impl FnOnce(&mut Worker) -> R) -> R {
        let idle = || {
            self.workers
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        let waiting = idle().pop();
        let mut worker = waiting.unwrap_or_default();
        let result = job(&mut worker);
        idle().push(worker);
        result
    }
}
