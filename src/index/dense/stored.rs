//! A dense index in a file.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::DenseIndex;
use super::first::FirstPass;
use super::floats::Floats;
use crate::index::binary::{BinaryParams, Codes};
use crate::index::file::{FileError, IndexReader, IndexWriter};
use crate::index::graph::{Graph, GraphParams};
use crate::index::kernel::Space;
use crate::index::points::PointMap;
use crate::index::rows::Rows;
use crate::index::scalar::Bytes;
use crate::vectors::Metric;

/// What the sections of a dense index are.
#[derive(Debug, Serialize, Deserialize)]
struct Facts {
    metric: Metric,
    dim: usize,
    rows: usize,
    /// Points of the corpus.
    count: usize,
    codes: Kind,
    graph: Option<GraphParams>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Floats,
    Bits(BinaryParams),
    Bytes,
}

impl DenseIndex {
    /// Writes the index as sections whose names begin with `name`; `count` is the number of points in the corpus.
    ///
    /// # Errors
    /// When the file cannot be written, or the graph has no form in a file: that of `hnsw_rs`.
    pub fn save(&self, to: &mut IndexWriter, name: &str, count: usize) -> Result<(), FileError> {
        let Floats::Held(floats) = &self.rows else {
            return Err(FileError::Unsupported(
                "an index whose floats are on disk is a file already",
            ));
        };
        let facts = Facts {
            metric: self.metric,
            dim: self.dim(),
            rows: self.len(),
            count,
            codes: match &self.first_pass {
                FirstPass::Dot(_) | FirstPass::L2(_) => Kind::Floats,
                FirstPass::Bits(codes, _) => Kind::Bits(codes.params()),
                FirstPass::DotBytes(..) | FirstPass::L2Bytes(..) => Kind::Bytes,
            },
            graph: self.first_pass.graph_params(),
        };
        to.json(&format!("{name}/facts"), &facts)?;
        to.section(&format!("{name}/floats"), floats.flat())?;
        if let Some(points) = self.points.stored() {
            to.section(&format!("{name}/points"), points)?;
        }
        match &self.first_pass {
            FirstPass::Dot(graph) => save_graph(graph, to, name),
            FirstPass::L2(graph) => save_graph(graph, to, name),
            FirstPass::Bits(codes, graph) => {
                to.section(&format!("{name}/codes"), codes.rows().flat())?;
                to.section(&format!("{name}/centre"), codes.centre())?;
                save_graph(graph, to, name)
            }
            FirstPass::DotBytes(codes, graph) => {
                save_bytes(codes, to, name)?;
                save_graph(graph, to, name)
            }
            FirstPass::L2Bytes(codes, graph) => {
                save_bytes(codes, to, name)?;
                save_graph(graph, to, name)
            }
        }
    }

    /// Reads what [`Self::save`] wrote. With `on_disk`, float rows stay in the file and are read when hits are scored
    /// again; everything else is held in memory.
    ///
    /// # Errors
    /// When the file was altered or is not what it says, there is no memory, or floats shall stay on disk and there are
    /// no codes to search instead.
    pub fn open(from: &IndexReader, name: &str, on_disk: bool) -> Result<Self, FileError> {
        let section = format!("{name}/facts");
        let facts: Facts = from.json(&section)?;
        let (dim, len) = (facts.dim, facts.rows);
        if on_disk && facts.codes == Kind::Floats {
            return Err(FileError::Unsupported(
                "floats can stay on disk where there are codes to search",
            ));
        }
        let points: Vec<u32> = match len < facts.count {
            true => from.values(&format!("{name}/points"))?,
            false => (0..len as u32).collect(),
        };
        let points =
            PointMap::new(&points, len, facts.count).map_err(|e| from.unfit(&section, e.to_string()))?;
        let floats = format!("{name}/floats");
        let (rows, held) = match on_disk {
            true => (Floats::OnDisk(from.rows_on_disk(&floats, dim, len)?), None),
            false => {
                let rows = Arc::new(from.rows(&floats, dim, len)?);
                (Floats::Held(rows.clone()), Some(rows))
            }
        };
        let open = Opening {
            from,
            name,
            facts: &facts,
        };
        let first_pass = match (facts.codes, held, facts.metric == Metric::L2) {
            (Kind::Floats, None, _) => return Err(FileError::Unsupported("there is nothing to search")),
            (Kind::Floats, Some(rows), false) => FirstPass::Dot(open.graph(&rows)?),
            (Kind::Floats, Some(rows), true) => FirstPass::L2(open.graph(&rows)?),
            (Kind::Bits(params), ..) => {
                let centre: Vec<f32> = from.values(&format!("{name}/centre"))?;
                if centre.len() != if params.centred { dim } else { 0 } {
                    return Err(from.unfit(&format!("{name}/centre"), format!("{} values", centre.len())));
                }
                let codes = Codes::stored(open.codes(dim.div_ceil(64))?, centre.into(), params.query);
                let graph = open.graph(codes.rows())?;
                FirstPass::Bits(codes, graph)
            }
            (Kind::Bytes, _, by_distance) => {
                let mut scale = [0.0; 2];
                from.read_into(&format!("{name}/scale"), &mut scale)?;
                let codes = Bytes::stored(open.codes(dim)?, scale.into());
                match by_distance {
                    false => {
                        let graph = open.graph(codes.rows())?;
                        FirstPass::DotBytes(codes, graph)
                    }
                    true => {
                        let graph = open.graph(codes.rows())?;
                        FirstPass::L2Bytes(codes, graph)
                    }
                }
            }
        };
        Ok(Self {
            metric: facts.metric,
            rows,
            points,
            first_pass,
        })
    }
}

/// A file, and which of its vectors is read.
struct Opening<'a> {
    from: &'a IndexReader,
    name: &'a str,
    facts: &'a Facts,
}

impl Opening<'_> {
    fn codes<T: bytemuck::Pod>(&self, width: usize) -> Result<Rows<T>, FileError> {
        self.from
            .rows(&format!("{}/codes", self.name), width, self.facts.rows)
    }

    fn graph<S: Space>(&self, rows: &Arc<Rows<S::Value>>) -> Result<Option<Graph<S>>, FileError> {
        let name = format!("{}/graph", self.name);
        let open = |params| Graph::open(self.from, &name, rows.clone(), params);
        self.facts.graph.map(open).transpose()
    }
}

/// Codes, and their scale as the bits that it has: JSON would not promise them.
fn save_bytes(codes: &Bytes, to: &mut IndexWriter, name: &str) -> Result<(), FileError> {
    let (middle, step) = codes.scale();
    to.section(&format!("{name}/scale"), &[middle, step])?;
    to.section(&format!("{name}/codes"), codes.rows().flat())
}

fn save_graph<S: Space>(graph: &Option<Graph<S>>, to: &mut IndexWriter, name: &str) -> Result<(), FileError> {
    let save = |graph: &Graph<S>| graph.save(to, &format!("{name}/graph"));
    graph.as_ref().map_or(Ok(()), save)
}

#[cfg(test)]
mod tests;
