//! The lines of a large run, by query.

use std::ops::Range;

use rayon::prelude::*;

use crate::dataset::text::{Fields, check_mark, is_comment_or_blank, is_space, pieces};
use crate::dataset::{DatasetError, Fault, Text};

const WANT: &str = "6: query, Q0, document, rank, score, tag";

/// A run file's text and where the lines of each query stand.
///
/// Lines are `query Q0 document rank score tag`; further words are ignored, blank lines and those that begin with `#`
/// are skipped. Memory beside the text is proportional to the number of queries, or, where the lines of queries are
/// mixed, to how often the query changes from one line to the next.
#[derive(Debug)]
pub struct RunText<'t> {
    text: &'t Text,
    /// Sorted by query, then by place.
    blocks: Vec<Block<'t>>,
    /// Sorted by name.
    queries: Vec<RunQuery<'t>>,
    /// The sixth column of the last line.
    tag: &'t str,
}

/// One query of a run.
#[derive(Debug, Clone)]
pub struct RunQuery<'t> {
    /// Its id.
    pub name: &'t str,
    blocks: Range<usize>,
}

/// Lines one after the other that are of one query.
#[derive(Debug, Clone, Copy)]
struct Block<'t> {
    query: &'t str,
    lines: &'t str,
    /// Number of the first line, from 1.
    first: usize,
}

/// One line of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry<'t> {
    /// Finite, and never −0.
    pub(super) score: f64,
    pub(super) doc: &'t str,
    /// Its number, from 1.
    pub(super) line: usize,
}

impl<'t> RunText<'t> {
    /// Finds the lines of every query. What is on them is looked at later, by query.
    ///
    /// # Errors
    /// A file with nothing but comments.
    pub fn new(text: &'t Text) -> Result<Self, DatasetError> {
        let pieces = pieces(text.as_str());
        let found: Vec<(Vec<Block>, usize)> = pieces.par_iter().map(|piece| blocks(piece)).collect();
        let mut blocks = Vec::with_capacity(found.iter().map(|(blocks, _)| blocks.len()).sum());
        let mut before = 0;
        for (mut of_piece, lines) in found {
            of_piece.iter_mut().for_each(|block| block.first += before);
            blocks.append(&mut of_piece);
            before += lines;
        }
        let Some(last) = blocks.last() else {
            return Err(DatasetError::file(text.path(), "nothing but comments"));
        };
        let tag = tag(last.lines);
        let by_query = |a: &Block, b: &Block| a.query.cmp(b.query).then(a.first.cmp(&b.first));
        if !blocks.is_sorted_by(|a, b| by_query(a, b).is_lt()) {
            blocks.par_sort_unstable_by(by_query);
        }
        let queries = queries(&blocks);
        Ok(Self {
            text,
            blocks,
            queries,
            tag,
        })
    }

    /// The file.
    pub fn text(&self) -> &'t Text {
        self.text
    }

    /// All queries, sorted by the bytes of their ids.
    pub fn queries(&self) -> &[RunQuery<'t>] {
        &self.queries
    }

    /// What the run calls itself.
    pub fn tag(&self) -> &'t str {
        self.tag
    }

    /// Hands every line of a query to `take`, with its number: what is on it, or what is wrong with it.
    pub(super) fn each(&self, query: &RunQuery, mut take: impl FnMut(usize, Result<Entry<'t>, Fault>)) {
        for block in &self.blocks[query.blocks.clone()] {
            for (i, line) in block.lines.lines().enumerate() {
                let number = block.first + i;
                if let Some(entry) = entry(line, number).transpose() {
                    take(number, entry);
                }
            }
        }
    }
}

/// The blocks of a piece, with line numbers within it, and the number of its lines.
fn blocks(piece: &str) -> (Vec<Block<'_>>, usize) {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut query, mut start, mut first) = ("", 0, 1);
    let (mut at, mut number) = (0, 0);
    for line in piece.split_inclusive('\n') {
        number += 1;
        if !is_of(line, query) && !is_comment_or_blank(line) {
            if !query.is_empty() {
                let lines = &piece[start..at];
                blocks.push(Block { query, lines, first });
            }
            query = Fields(line).next().unwrap_or_default();
            (start, first) = (at, number);
        }
        at += line.len();
    }
    if !query.is_empty() {
        let lines = &piece[start..at];
        blocks.push(Block { query, lines, first });
    }
    (blocks, number)
}

/// Whether a line begins with this query, which most lines do.
fn is_of(line: &str, query: &str) -> bool {
    let next = line.as_bytes().get(query.len());
    !query.is_empty() && next.is_some_and(|&b| is_space(b)) && line.starts_with(query)
}

/// The tag on the last line that has one.
fn tag(lines: &str) -> &str {
    let of_line = |line| {
        if is_comment_or_blank(line) {
            None
        } else {
            Fields(line).nth(5)
        }
    };
    lines.lines().rev().find_map(of_line).unwrap_or_default()
}

/// What is on a line; `None` for a comment or a blank line.
fn entry(line: &str, number: usize) -> Result<Option<Entry<'_>>, Fault> {
    let mut fields = Fields(line);
    let (query, _, doc) = (fields.next(), fields.next(), fields.next());
    let (_, score, tag) = (fields.next(), fields.next(), fields.next());
    let (Some(query), Some(doc), Some(score), Some(_)) = (query, doc, score, tag) else {
        if is_comment_or_blank(line) {
            return Ok(None);
        }
        check_mark(line)?;
        let got = Fields(line).count();
        return Err(Fault::Columns { want: WANT, got });
    };
    if query.starts_with('#') {
        return Ok(None);
    }
    check_mark(query)?;
    match score.parse::<f64>() {
        // Adding zero turns −0.0 into 0.0 and leaves every other number alone.
        Ok(value) if value.is_finite() => Ok(Some(Entry {
            score: value + 0.0,
            doc,
            line: number,
        })),
        _ => Err(Fault::Score(score.to_owned())),
    }
}

fn queries<'t>(blocks: &[Block<'t>]) -> Vec<RunQuery<'t>> {
    let mut start = 0;
    let query = |blocks: &[Block<'t>]| {
        let range = start..start + blocks.len();
        start = range.end;
        RunQuery {
            name: blocks[0].query,
            blocks: range,
        }
    };
    blocks.chunk_by(|a, b| a.query == b.query).map(query).collect()
}
