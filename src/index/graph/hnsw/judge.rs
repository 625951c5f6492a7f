//! What a node of the lowest layer is worth to a walk.

use super::beam::{Beam, Key};
use crate::index::graph::Work;
use crate::index::kernel::Space;
use crate::index::rows::Rows;

/// Scores nodes for a walk. A trait and no closure, so that each kind is compiled for the comparisons that it makes.
pub(super) trait Judge {
    /// Puts the scores of `nodes` into `scores`, in their order. Nodes that are not worth a score are taken out.
    fn judge(&mut self, nodes: &mut Vec<u32>, scores: &mut Vec<f32>, work: &mut Work);

    /// Says that the walk has to meet so many times as many nodes as its beam holds.
    fn widen(&mut self, _times: f64) {}
}

/// Every node is worth the score of its row.
pub(super) struct ByRow<'a, S: Space> {
    pub(super) rows: &'a Rows<S::Value>,
    pub(super) query: &'a [S::Value],
}

impl<S: Space> Judge for ByRow<'_, S> {
    fn judge(&mut self, nodes: &mut Vec<u32>, scores: &mut Vec<f32>, work: &mut Work) {
        scores.resize(nodes.len(), 0.0);
        S::gather(self.query, self.rows, nodes, scores);
        work.distances += nodes.len() as u64;
    }
}

/// A node is worth the score of its float row, if its code is among the best that were met so far.
///
/// A walk that goes by codes alone has to keep as many nodes as it takes for the true neighbours to be among them, and
/// pays for links and order of all of them. Here the walk is as narrow as over floats, and the codes spare it most of
/// the float rows, each of them many cache lines.
pub(super) struct ByCodeThenRow<'a, C: Space, F: Space> {
    pub(super) codes: ByRow<'a, C>,
    pub(super) floats: ByRow<'a, F>,
    /// The best codes met so far; as wide as the shortlist.
    pub(super) near: &'a mut Beam,
}

impl<C: Space, F: Space> Judge for ByCodeThenRow<'_, C, F> {
    fn judge(&mut self, nodes: &mut Vec<u32>, scores: &mut Vec<f32>, work: &mut Work) {
        self.codes.judge(nodes, scores, work);
        let mut kept = 0;
        for at in 0..nodes.len() {
            let key = Key::new(nodes[at], scores[at]);
            if self.near.wants(key) {
                self.near.offer(key);
                nodes[kept] = nodes[at];
                kept += 1;
            }
        }
        nodes.truncate(kept);
        scores.resize(kept, 0.0);
        F::gather(self.floats.query, self.floats.rows, nodes, scores);
        work.rescored += kept as u64;
    }

    fn widen(&mut self, times: f64) {
        self.near.widen(times);
    }
}
