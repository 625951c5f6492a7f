//! What is searched unless an exact search is asked for: rows or their codes, each with or without a graph.

use std::sync::Arc;

use super::floats::Floats;
use super::{Coding, DenseParams};
use crate::index::IndexError;
use crate::index::binary::Codes;
use crate::index::graph::{Engine, Graph, GraphFacts, GraphParams};
use crate::index::kernel::{Dot, DotBytes, Hamming, L2, L2Bytes, Space};
use crate::index::rows::Rows;
use crate::index::scalar::Bytes;
use crate::vectors::Metric;

/// One kind of rows to compare, so that no walk and no scan asks per row what it compares.
pub(super) enum FirstPass {
    Dot(Option<Graph<Dot>>),
    L2(Option<Graph<L2>>),
    Bits(Codes, Option<Graph<Hamming>>),
    DotBytes(Bytes, Option<Graph<DotBytes>>),
    L2Bytes(Bytes, Option<Graph<L2Bytes>>),
}

/// The same expression for every kind of graph.
macro_rules! of_graph {
    ($pass:expr, $graph:ident => $value:expr) => {
        match $pass {
            FirstPass::Dot($graph) => $value,
            FirstPass::L2($graph) => $value,
            FirstPass::Bits(_, $graph) => $value,
            FirstPass::DotBytes(_, $graph) => $value,
            FirstPass::L2Bytes(_, $graph) => $value,
        }
    };
}

impl FirstPass {
    pub(super) fn build(rows: &Arc<Rows<f32>>, params: DenseParams) -> Result<Self, IndexError> {
        let graph = params.graph;
        let by_distance = params.metric == Metric::L2;
        Ok(match (params.codes, by_distance) {
            (None, false) => Self::Dot(over(rows, graph)?),
            (None, true) => Self::L2(over(rows, graph)?),
            (Some(Coding::Binary(params)), _) => {
                let codes = Codes::new(rows, params)?;
                let graph = match graph {
                    Some(params) if params.engine == Engine::Hnsw => {
                        Some(linked(rows, &codes, by_distance, params)?)
                    }
                    _ => over(codes.rows(), graph)?,
                };
                Self::Bits(codes, graph)
            }
            (Some(Coding::Scalar { quantile }), false) => {
                let codes = Bytes::new(rows, false, quantile)?;
                let graph = over(codes.rows(), graph)?;
                Self::DotBytes(codes, graph)
            }
            (Some(Coding::Scalar { quantile }), true) => {
                let codes = Bytes::new(rows, true, quantile)?;
                let graph = over(codes.rows(), graph)?;
                Self::L2Bytes(codes, graph)
            }
        })
    }

    pub(super) fn code_bytes(&self) -> usize {
        match self {
            Self::Dot(_) | Self::L2(_) => 0,
            Self::Bits(codes, _) => codes.bytes(),
            Self::DotBytes(codes, _) | Self::L2Bytes(codes, _) => codes.bytes(),
        }
    }

    pub(super) fn distinct_codes(&self) -> Option<usize> {
        match self {
            Self::Bits(codes, _) => Some(codes.distinct()),
            _ => None,
        }
    }

    /// What a row that is compared takes.
    pub(super) fn row_bytes(&self, floats: &Floats) -> usize {
        match self {
            Self::Dot(_) | Self::L2(_) => floats.width() * size_of::<f32>(),
            Self::Bits(codes, _) => codes.rows().width() * size_of::<u64>(),
            Self::DotBytes(codes, _) | Self::L2Bytes(codes, _) => codes.rows().width(),
        }
    }

    pub(super) fn has_codes(&self) -> bool {
        !matches!(self, Self::Dot(_) | Self::L2(_))
    }

    pub(super) fn graph(&self) -> Option<GraphFacts> {
        of_graph!(self, graph => graph.as_ref().map(Graph::facts))
    }

    pub(super) fn graph_params(&self) -> Option<GraphParams> {
        of_graph!(self, graph => graph.as_ref().map(Graph::params))
    }
}

fn over<S: Space>(
    rows: &Arc<Rows<S::Value>>,
    graph: Option<GraphParams>,
) -> Result<Option<Graph<S>>, IndexError> {
    graph.map(|params| Graph::build(rows.clone(), params)).transpose()
}

/// A graph over bits, linked by the floats that they were made of: bits tell near rows apart too badly to choose the best
/// neighbours among them.
fn linked(
    rows: &Rows<f32>,
    codes: &Codes,
    by_distance: bool,
    params: GraphParams,
) -> Result<Graph<Hamming>, IndexError> {
    let codes = codes.rows().clone();
    match by_distance {
        true => Graph::linked_by::<L2>(rows, codes, params),
        false => Graph::linked_by::<Dot>(rows, codes, params),
    }
}
