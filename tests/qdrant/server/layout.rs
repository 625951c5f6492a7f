//! How the points of a collection lie in shards and segments, and what is indexed.
//!
//! As in Qdrant, a segment is indexed as a whole, all its vectors together, when any one of them has enough bytes; and
//! beside indexed segments a shard keeps an empty one for what comes next, which is searched like the others.

use std::collections::BTreeMap;

use super::settings::Settings;
use super::state::Point;
use super::values::Id;

/// What a segment holds of one vector.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Held {
    pub(super) vectors: usize,
    /// Sparse vectors with nothing in them, which no index takes up.
    empty: usize,
    pub(super) bytes: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Segment {
    pub(super) shard: usize,
    pub(super) points: usize,
    pub(super) held: BTreeMap<String, Held>,
    pub(super) indexed: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) segments: Vec<Segment>,
    shards: usize,
    filled: usize,
}

impl Layout {
    pub(super) fn of(settings: &Settings, points: &BTreeMap<Id, Point>) -> Self {
        let shards = settings.shards as usize;
        let filled = shards * settings.segments();
        let new = |number| Segment {
            shard: number % shards,
            ..Segment::default()
        };
        let mut layout = Self {
            segments: (0..filled).map(new).collect(),
            shards,
            filled,
        };
        for (id, point) in points {
            let at = layout.segment(id);
            let segment = &mut layout.segments[at];
            segment.points += 1;
            for (name, vector) in &point.vectors {
                let held = segment.held.entry(name.clone()).or_default();
                held.vectors += 1;
                held.empty += usize::from(vector.kept.is_empty());
                held.bytes += vector.kept.bytes(settings.number_bytes(name));
            }
        }
        for segment in &mut layout.segments {
            let most = segment.held.values().map(|held| held.bytes).max();
            segment.indexed = settings
                .indexed_from()
                .zip(most)
                .is_some_and(|(from, most)| most >= from);
        }
        for shard in 0..shards {
            let mut own = layout.segments.iter().filter(|s| s.shard == shard);
            if own.all(|s| s.indexed) {
                layout.segments.push(Segment {
                    shard,
                    ..Segment::default()
                });
            }
        }
        layout
    }

    /// The segment of a point: points take turns through the shards, and in each through its segments.
    pub(super) fn segment(&self, id: &Id) -> usize {
        id.part(self.filled)
    }

    pub(super) fn shards(&self) -> usize {
        self.shards
    }

    pub(super) fn points_of(&self, shard: usize) -> usize {
        self.segments
            .iter()
            .filter(|s| s.shard == shard)
            .map(|s| s.points)
            .sum()
    }

    /// Vectors that are in an index.
    pub(super) fn indexed(&self, settings: &Settings) -> usize {
        let of_segment = |s: &Segment| {
            s.held
                .keys()
                .map(|name| s.indexed_of(settings, name))
                .sum::<usize>()
        };
        self.segments.iter().map(of_segment).sum()
    }
}

impl Segment {
    /// Vectors of one name that are in an index. Sparse vectors always are.
    pub(super) fn indexed_of(&self, settings: &Settings, name: &str) -> usize {
        let held = self.held.get(name).copied().unwrap_or_default();
        match self.indexed || settings.sparse.contains_key(name) {
            true => held.vectors - held.empty,
            false => 0,
        }
    }
}
