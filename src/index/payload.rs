//! An index over one payload field: which points hold a value, or a number within bounds.

use crate::filter::Range;
use crate::index::bitset::BitSet;

/// One value of a field. A point may have several (a list) or none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue<'a> {
    /// A text, compared byte by byte.
    Keyword(&'a str),
    /// A whole number.
    Integer(i64),
    /// Any other number, finite.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
}

/// The values of one field over all points.
#[derive(Debug, Clone)]
pub struct Column {
    keywords: Inverted<Box<str>>,
    integers: Inverted<i64>,
    floats: Inverted<f64>,
    bools: Inverted<bool>,
}

impl Column {
    /// Indexes `values`, over `count` points: a point and one of its values, in any order, repeats allowed.
    ///
    /// # Panics
    /// When a point is not below `count`.
    pub fn new<'a>(count: usize, values: impl Iterator<Item = (u32, FieldValue<'a>)>) -> Self {
        let (mut keywords, mut integers, mut floats, mut bools) = (vec![], vec![], vec![], vec![]);
        for (point, value) in values {
            match value {
                FieldValue::Keyword(v) => keywords.push((Box::from(v), point)),
                FieldValue::Integer(v) => integers.push((v, point)),
                FieldValue::Float(v) => floats.push((v, point)),
                FieldValue::Bool(v) => bools.push((v, point)),
            }
        }
        Self {
            keywords: Inverted::new(count, keywords, Ord::cmp),
            integers: Inverted::new(count, integers, Ord::cmp),
            floats: Inverted::new(count, floats, f64::total_cmp),
            bools: Inverted::new(count, bools, Ord::cmp),
        }
    }

    /// Adds the points that hold `value` to `out`. An integer equals a float of the same value.
    pub fn matches(&self, value: FieldValue<'_>, out: &mut BitSet) {
        match value {
            FieldValue::Keyword(v) => self.keywords.run(|k| **k < *v, |k| **k <= *v, out),
            FieldValue::Bool(v) => self.bools.run(|&k| !k & v, |&k| k <= v, out),
            FieldValue::Integer(v) => {
                self.integers.run(|&k| k < v, |&k| k <= v, out);
                self.floats.run(|&k| k < v as f64, |&k| k <= v as f64, out);
            }
            FieldValue::Float(v) => {
                self.integers.run(|&k| (k as f64) < v, |&k| k as f64 <= v, out);
                self.floats.run(|&k| k < v, |&k| k <= v, out);
            }
        }
    }

    /// Adds the points that hold a number within `range` to `out`.
    pub fn range(&self, range: &Range, out: &mut BitSet) {
        // Written as "not above the lower bound" so that a NaN bound lets nothing pass, as in `Range::contains`.
        let below = |x: f64| !(range.gt.is_none_or(|b| x > b) && range.gte.is_none_or(|b| x >= b));
        let up_to = |x: f64| range.lt.is_none_or(|b| x < b) && range.lte.is_none_or(|b| x <= b);
        self.integers.run(|&k| below(k as f64), |&k| up_to(k as f64), out);
        self.floats.run(|&k| below(k), |&k| up_to(k), out);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let texts: usize = self.keywords.keys.iter().map(|k| k.len()).sum();
        texts + self.keywords.bytes() + self.integers.bytes() + self.floats.bytes() + self.bools.bytes()
    }
}

/// A piece of an [`Inverted`] has at least one of so many parts of all points. With 32, a piece as a set takes no more
/// memory than its points as a list.
const PIECES: usize = 32;

/// Points by key; a run of neighbouring keys is one slice of points.
///
/// A filter that half of the corpus passes must not cost half of the corpus: frequent keys, and runs of rare ones, are
/// kept as sets too, which are joined a word at a time.
#[derive(Debug, Clone)]
struct Inverted<K> {
    /// Ascending, distinct.
    keys: Vec<K>,
    /// Where each key's points begin, and the end of the last.
    starts: Vec<u32>,
    points: Vec<u32>,
    /// Ascending, without overlaps; not every key is in one.
    pieces: Vec<Piece>,
}

/// The points of the keys `from..to` as a set.
#[derive(Debug, Clone)]
struct Piece {
    from: u32,
    to: u32,
    points: BitSet,
}

impl<K> Inverted<K> {
    fn new(count: usize, mut pairs: Vec<(K, u32)>, cmp: fn(&K, &K) -> std::cmp::Ordering) -> Self {
        pairs.sort_unstable_by(|a, b| cmp(&a.0, &b.0).then(a.1.cmp(&b.1)));
        let mut out = Self {
            keys: Vec::new(),
            starts: vec![0],
            points: Vec::with_capacity(pairs.len()),
            pieces: Vec::new(),
        };
        for (key, point) in pairs {
            if out.keys.last().is_none_or(|last| cmp(last, &key).is_ne()) {
                out.keys.push(key);
                out.starts.push(out.points.len() as u32);
            }
            out.points.push(point);
            let end = out.starts.len() - 1;
            out.starts[end] = out.points.len() as u32;
        }
        out.keys.shrink_to_fit();
        out.starts.shrink_to_fit();
        out.pieces = out.cut(count);
        out
    }

    /// Cuts the keys into pieces: a frequent key is one by itself, rare ones are taken together.
    fn cut(&self, count: usize) -> Vec<Piece> {
        let enough = count.div_ceil(PIECES).max(1);
        let piece = |keys: std::ops::Range<usize>| Piece {
            from: keys.start as u32,
            to: keys.end as u32,
            points: BitSet::from_iter(count, self.points_of(keys).iter().copied()),
        };
        let (mut pieces, mut from) = (Vec::new(), 0);
        for key in 0..self.keys.len() {
            if self.points_of(key..key + 1).len() >= enough {
                from = key;
            }
            if self.points_of(from..key + 1).len() >= enough {
                pieces.push(piece(from..key + 1));
                from = key + 1;
            }
        }
        pieces
    }

    fn points_of(&self, keys: std::ops::Range<usize>) -> &[u32] {
        &self.points[self.starts[keys.start] as usize..self.starts[keys.end] as usize]
    }

    /// Adds the points of the keys that are not `below` and still `up_to`; both are true for a prefix of the keys.
    fn run(&self, below: impl Fn(&K) -> bool, up_to: impl Fn(&K) -> bool, out: &mut BitSet) {
        let from = self.keys.partition_point(below);
        let to = self.keys.partition_point(up_to).max(from);
        let mut done = from;
        let first = self.pieces.partition_point(|p| (p.from as usize) < from);
        for piece in self.pieces[first..].iter().take_while(|p| p.to as usize <= to) {
            self.insert(done..piece.from as usize, out);
            out.or(&piece.points);
            done = piece.to as usize;
        }
        self.insert(done..to, out);
    }

    fn insert(&self, keys: std::ops::Range<usize>, out: &mut BitSet) {
        self.points_of(keys).iter().for_each(|&point| out.insert(point));
    }

    fn bytes(&self) -> usize {
        let pieces: usize = self
            .pieces
            .iter()
            .map(|p| size_of::<Piece>() + p.points.bytes())
            .sum();
        pieces
            + self.keys.capacity() * size_of::<K>()
            + (self.starts.capacity() + self.points.capacity()) * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::FieldValue::{Bool, Float, Integer, Keyword};
    use super::*;

    fn column() -> Column {
        let values = [
            (0, Keyword("bosch")),
            (1, Keyword("febi")),
            (1, Keyword("bosch")),
            (2, Integer(12)),
            (3, Float(12.0)),
            (3, Float(13.5)),
            (4, Integer(24)),
            (5, Bool(true)),
            (6, Bool(false)),
        ];
        Column::new(8, values.into_iter())
    }

    fn matching(value: FieldValue<'_>) -> Vec<u32> {
        let mut out = BitSet::new(8);
        column().matches(value, &mut out);
        out.iter().collect()
    }

    fn within(range: Range) -> Vec<u32> {
        let mut out = BitSet::new(8);
        column().range(&range, &mut out);
        out.iter().collect()
    }

    #[test]
    fn keywords_match_byte_by_byte_and_any_element_of_a_list_counts() {
        assert_eq!(matching(Keyword("bosch")), [0, 1]);
        assert_eq!(matching(Keyword("febi")), [1]);
        assert!(matching(Keyword("Bosch")).is_empty());
        assert!(matching(Keyword("")).is_empty());
    }

    #[test]
    fn numbers_match_by_value_and_booleans_are_no_numbers() {
        assert_eq!(matching(Integer(12)), [2, 3]);
        assert_eq!(matching(Float(24.0)), [4]);
        assert_eq!(matching(Float(13.5)), [3]);
        assert_eq!(matching(Bool(true)), [5]);
        assert_eq!(matching(Bool(false)), [6]);
        assert!(matching(Integer(1)).is_empty());
    }

    #[test]
    fn ranges_honour_each_bound() {
        let none = Range::default();
        assert_eq!(within(none), [2, 3, 4]);
        assert_eq!(
            within(Range {
                gt: Some(12.0),
                ..none
            }),
            [3, 4]
        );
        assert_eq!(
            within(Range {
                gte: Some(12.0),
                lt: Some(24.0),
                ..none
            }),
            [2, 3]
        );
        assert_eq!(
            within(Range {
                lte: Some(12.0),
                ..none
            }),
            [2, 3]
        );
        assert!(
            within(Range {
                gt: Some(30.0),
                lt: Some(10.0),
                ..none
            })
            .is_empty()
        );
        assert!(
            within(Range {
                gt: Some(f64::NAN),
                ..none
            })
            .is_empty()
        );
    }

    #[test]
    fn an_empty_column_matches_nothing() {
        let column = Column::new(3, std::iter::empty());
        let mut out = BitSet::new(3);
        column.matches(Integer(1), &mut out);
        column.range(&Range::default(), &mut out);
        assert_eq!(out.count(), 0);
    }

    #[test]
    fn sets_of_frequent_and_rare_keys_give_what_their_lists_give() {
        // Of 1,000 points, 400 hold 7, and every other number is held by one or two.
        let value = |p: u32| if p % 5 < 2 { 7 } else { i64::from(p) / 2 };
        let column = Column::new(1000, (0..1000).map(|p| (p, Integer(value(p)))));
        assert!(column.integers.pieces.len() > 10);
        assert!(column.integers.pieces.iter().any(|p| p.points.count() == 401));
        for (from, to) in [
            (0, 500),
            (7, 8),
            (7, 7),
            (6, 130),
            (99, 301),
            (250, 250),
            (480, 600),
            (9, 3),
        ] {
            let range = Range {
                gte: Some(f64::from(from)),
                lt: Some(f64::from(to)),
                ..Range::default()
            };
            let mut got = BitSet::new(1000);
            column.range(&range, &mut got);
            let want = (0..1000).filter(|&p| (from.into()..to.into()).contains(&value(p)));
            assert_eq!(got, BitSet::from_iter(1000, want), "{from} to {to}");
        }
    }
}
