//! The best documents without looking at all postings.
//!
//! Documents are cut into blocks of 64 consecutive ones. The largest weight of each dimension in each block gives a bound
//! that no document of the block can exceed; blocks are scored from the highest bound down, until no block is left that
//! could still change the answer (block-max indexes: Ding and Suel 2011; blocks in the order of their bounds: Mallia et
//! al. 2024, "BMP").
//!
//! **The answer is that of the plain index, to the bit and with its ties.** A bound is added up in the same order as the
//! scores that it bounds, with every addend at least as large and never negative; float multiplication by a factor that is
//! not negative and float addition are monotone, so rounding cannot lift a score above its bound. A block whose bound
//! equals the last score of the answer is still scored, because of equals the larger document wins.

use std::collections::BinaryHeap;
use std::ops::Range;

use super::Posting;
use crate::hit::Hit;
use crate::index::bitset::BitSet;
use crate::index::topk::TopK;

/// Documents of a block: those of one word of a bit set.
const BLOCK: usize = 64;
/// A list with fewer postings per block than this, on average over all blocks, has no bounds: its postings are as quickly
/// looked at themselves.
const DENSE: usize = 2;

/// The bounds of all long lists.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    /// Where each list's bounds begin, and the end of the last; a short list has none.
    starts: Vec<usize>,
    bounds: Vec<Bound>,
    /// Blocks of the corpus.
    count: usize,
}

/// The postings of one list in one block.
#[derive(Debug, Clone, Copy)]
struct Bound {
    block: u32,
    /// Where they begin in the list.
    first: u32,
    /// The largest weight.
    most: f32,
}

/// A dimension of the query: its postings and what a weight counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term<'a> {
    pub(super) at: usize,
    pub(super) list: &'a [Posting],
    /// Not negative.
    pub(super) factor: f32,
}

/// Memory of a search, used again by the next.
#[derive(Debug, Default)]
pub(super) struct PrunedScratch {
    bounds: Vec<f32>,
    /// Blocks with a posting of the query, the highest bound on top: its bits, which sort as it does, and the block.
    queue: BinaryHeap<(u32, u32)>,
}

/// Postings read and documents scored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Looked {
    pub(super) postings: u64,
    pub(super) candidates: u64,
}

impl Blocks {
    /// Of lists that lie one after the other from `starts[i]` to `starts[i + 1]`, over `count` documents.
    pub(super) fn new(starts: &[usize], postings: &[Posting], count: usize) -> Self {
        let mut blocks = Self {
            starts: vec![0],
            bounds: Vec::new(),
            count: count.div_ceil(BLOCK),
        };
        for range in starts.windows(2) {
            let list = &postings[range[0]..range[1]];
            if list.len() >= DENSE * blocks.count {
                blocks.bounds.extend(runs(list).map(|(block, run)| Bound {
                    block,
                    first: run.start as u32,
                    most: most(&list[run]),
                }));
            }
            blocks.starts.push(blocks.bounds.len());
        }
        blocks.starts.shrink_to_fit();
        blocks.bounds.shrink_to_fit();
        blocks
    }

    pub(super) fn bytes(&self) -> usize {
        self.starts.capacity() * size_of::<usize>() + self.bounds.capacity() * size_of::<Bound>()
    }

    /// Offers `top` every document (of `within`, if given) that could be among the best; `terms` ascend.
    pub(super) fn search(
        &self,
        terms: &[Term<'_>],
        within: Option<&BitSet>,
        scratch: &mut PrunedScratch,
        top: &mut TopK,
    ) -> Looked {
        self.bound(terms, within, scratch);
        let mut looked = Looked::default();
        while let Some((bound, block)) = scratch.queue.pop() {
            if f32::from_bits(bound) < top.floor() {
                break;
            }
            self.score(terms, within, block, top, &mut looked);
        }
        looked
    }

    /// Queues the blocks that hold a posting of the query and a document that may be found.
    fn bound(&self, terms: &[Term<'_>], within: Option<&BitSet>, scratch: &mut PrunedScratch) {
        let PrunedScratch { bounds, queue } = scratch;
        // Below 0: nothing there. A bound of 0 is one, because documents may have weights of 0 or less.
        bounds.clear();
        bounds.resize(self.count, -1.0);
        let mut add = |block: u32, most: f32, factor: f32| {
            let bound = &mut bounds[block as usize];
            *bound = bound.max(0.0) + (factor * most).max(0.0);
        };
        for term in terms {
            match self.of(term) {
                [] => runs(term.list).for_each(|(block, run)| add(block, most(&term.list[run]), term.factor)),
                of_list => of_list.iter().for_each(|b| add(b.block, b.most, term.factor)),
            }
        }
        queue.clear();
        let may = |block: usize| within.is_none_or(|set| set.word(block) != 0);
        let found = (0..self.count).filter(|&block| bounds[block] >= 0.0 && may(block));
        // Bits of floats that are not negative sort as the floats do.
        queue.extend(found.map(|block| (bounds[block].to_bits(), block as u32)));
    }

    /// Scores the documents of one block, adding up in the order of dimensions.
    fn score(
        &self,
        terms: &[Term<'_>],
        within: Option<&BitSet>,
        block: u32,
        top: &mut TopK,
        looked: &mut Looked,
    ) {
        let (mut sums, mut there) = ([0.0f32; BLOCK], 0u64);
        for term in terms {
            let run = self.run(term, block);
            looked.postings += run.len() as u64;
            for posting in run {
                let at = posting.point as usize % BLOCK;
                sums[at] += term.factor * posting.weight;
                there |= 1 << at;
            }
        }
        there &= within.map_or(u64::MAX, |set| set.word(block as usize));
        looked.candidates += u64::from(there.count_ones());
        while there != 0 {
            let at = there.trailing_zeros();
            there &= there - 1;
            top.push(Hit {
                point: block * BLOCK as u32 + at,
                score: sums[at as usize],
            });
        }
    }

    fn of(&self, term: &Term<'_>) -> &[Bound] {
        &self.bounds[self.starts[term.at]..self.starts[term.at + 1]]
    }

    /// The postings of a term in one block.
    fn run<'a>(&self, term: &Term<'a>, block: u32) -> &'a [Posting] {
        let list = term.list;
        match self.of(term) {
            [] => {
                let from = list.partition_point(|p| block_of(p) < block);
                let rest = &list[from..];
                &rest[..rest.iter().take_while(|p| block_of(p) == block).count()]
            }
            bounds => {
                let at = bounds.partition_point(|b| b.block < block);
                match bounds.get(at) {
                    Some(bound) if bound.block == block => {
                        let end = bounds.get(at + 1).map_or(list.len(), |next| next.first as usize);
                        &list[bound.first as usize..end]
                    }
                    _ => &[],
                }
            }
        }
    }
}

fn block_of(posting: &Posting) -> u32 {
    posting.point / BLOCK as u32
}

fn most(postings: &[Posting]) -> f32 {
    postings
        .iter()
        .fold(f32::NEG_INFINITY, |most, p| most.max(p.weight))
}

/// The blocks of a list, and which of its postings each of them has.
fn runs(list: &[Posting]) -> impl Iterator<Item = (u32, Range<usize>)> + '_ {
    let mut start = 0;
    list.chunk_by(|a, b| block_of(a) == block_of(b)).map(move |run| {
        let from = start;
        start += run.len();
        (block_of(&run[0]), from..start)
    })
}
