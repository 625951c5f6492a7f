//! Filters over metadata, as the harness reads them: `{ must: […], must_not: […], should: […] }`.
//!
//! Written apart from the harness's own filters on purpose: a test holds the figures made with these against those.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::part::Part;
use super::rng::Rng;

/// All of `must`, none of `must_not`, and one of `should` if there are any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    must: Vec<Condition>,
    must_not: Vec<Condition>,
    should: Vec<Condition>,
}

/// A condition on one metadata field; a list meets it when one of its elements does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    key: &'static str,
    test: Test,
    /// Which parts meet it.
    met: Bits,
}

/// One bit per part, in the order of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn of(parts: &[Part], holds: impl Fn(&Part) -> bool) -> Self {
        let word = |chunk: &[Part]| {
            chunk
                .iter()
                .rev()
                .fold(0, |word, p| word << 1 | u64::from(holds(p)))
        };
        Self(parts.chunks(64).map(word).collect())
    }

    fn has(&self, part: usize) -> bool {
        self.0[part / 64] >> (part % 64) & 1 == 1
    }

    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Bits that both have.
    pub(crate) fn and(&self, other: &Self) -> Self {
        self.join(other, |a, b| a & b)
    }

    fn join(&self, other: &Self, op: fn(u64, u64) -> u64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| op(*a, *b)).collect())
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Any(Vec<Value>),
    /// Least and greatest value.
    Within(Option<Value>, Option<Value>),
}

impl Condition {
    fn is_met(&self, part: &Part) -> bool {
        match part.payload.get(self.key) {
            None => false,
            Some(Value::Array(items)) => items.iter().any(|item| self.test.accepts(item)),
            Some(value) => self.test.accepts(value),
        }
    }

    fn json(&self) -> Value {
        match &self.test {
            Test::Any(values) if values.len() == 1 => json!({ "key": self.key, "match": values[0] }),
            Test::Any(values) => json!({ "key": self.key, "match": { "any": values } }),
            Test::Within(least, most) => {
                let bounds = [("gte", least), ("lte", most)].into_iter();
                let given = bounds.filter_map(|(name, bound)| Some((name.to_owned(), bound.clone()?)));
                json!({ "key": self.key, "range": given.collect::<Map<_, _>>() })
            }
        }
    }
}

impl Test {
    fn accepts(&self, value: &Value) -> bool {
        match self {
            Test::Any(values) => values.contains(value),
            Test::Within(least, most) => {
                let meets = |bound: &Option<Value>, holds: fn(f64, f64) -> bool| {
                    let pair = bound.as_ref().map(|b| (value.as_f64(), b.as_f64()));
                    pair.is_none_or(|pair| matches!(pair, (Some(v), Some(b)) if holds(v, b)))
                };
                meets(least, |v, b| v >= b) && meets(most, |v, b| v <= b)
            }
        }
    }
}

impl Filter {
    pub(crate) fn passes(&self, part: &Part) -> bool {
        self.must.iter().all(|c| c.is_met(part))
            && !self.must_not.iter().any(|c| c.is_met(part))
            && (self.should.is_empty() || self.should.iter().any(|c| c.is_met(part)))
    }

    /// The parts that pass, out of `all`.
    pub(crate) fn passing(&self, all: &Bits) -> Bits {
        let mut passing = self.must.iter().fold(all.clone(), |bits, c| bits.and(&c.met));
        for condition in &self.must_not {
            passing = passing.join(&condition.met, |a, b| a & !b);
        }
        let either = self
            .should
            .iter()
            .map(|c| c.met.clone())
            .reduce(|a, b| a.join(&b, |a, b| a | b));
        either.map_or(passing.clone(), |either| passing.and(&either))
    }

    /// As it stands under `metadata.filter`.
    pub(crate) fn json(&self) -> Value {
        let groups = [
            ("must", &self.must),
            ("must_not", &self.must_not),
            ("should", &self.should),
        ];
        let given = groups
            .into_iter()
            .filter(|(_, conditions)| !conditions.is_empty());
        let json = |conditions: &[Condition]| conditions.iter().map(Condition::json).collect();
        given
            .map(|(name, conditions)| (name.to_owned(), json(conditions)))
            .collect::<Map<_, _>>()
            .into()
    }

    /// A filter of one to three conditions that the part at this position passes.
    pub(crate) fn around(part: usize, pool: &[Condition], rng: &mut Rng) -> Filter {
        let mut filter = Filter::default();
        let mut keys = BTreeSet::new();
        let wanted = 1 + rng.below(3);
        for _ in 0..200 {
            if keys.len() == wanted {
                break;
            }
            let condition = &pool[rng.below(pool.len())];
            let met = condition.met.has(part);
            let exclude = !met && rng.chance(8);
            if !(met || exclude) || !keys.insert(condition.key) {
                continue;
            }
            let group = match (met, rng.chance(12)) {
                (false, _) => &mut filter.must_not,
                (true, true) if filter.should.is_empty() => {
                    // Another way to pass beside the one the part takes.
                    filter.should.push(pool[rng.below(pool.len())].clone());
                    &mut filter.should
                }
                _ => &mut filter.must,
            };
            group.push(condition.clone());
        }
        filter
    }
}

/// Conditions that people filter a catalogue by, over the values that occur.
pub(crate) fn pool(parts: &[Part]) -> Vec<Condition> {
    let mut tests = Vec::new();
    for key in [
        "category",
        "subcategory",
        "brand",
        "make",
        "model",
        "certifications",
        "position",
        "voltage",
    ] {
        let values = values(parts, key);
        // Neighbours in the list stand for lists of choices.
        tests.extend(values.windows(2).map(|pair| (key, Test::Any(pair.to_vec()))));
        tests.extend(
            values
                .iter()
                .flat_map(|one| [0, 1].map(|_| (key, Test::Any(vec![one.clone()])))),
        );
    }
    for key in ["price", "weight", "stock", "year_from", "year_to"] {
        let values = values(parts, key);
        let quantile = |percent: usize| values[(values.len() - 1) * percent / 100].clone();
        for percent in [10, 25, 40, 55, 70, 85] {
            let (low, high) = (Some(quantile(percent)), Some(quantile(percent + 12)));
            tests.push((key, Test::Within(low.clone(), None)));
            tests.push((key, Test::Within(None, low.clone())));
            tests.push((key, Test::Within(low, high)));
        }
    }
    for least in [1, 100] {
        tests.push(("stock", Test::Within(Some(Value::from(least)), None)));
    }
    let with_parts = |(key, test)| {
        let met = Bits(Vec::new());
        let condition = Condition { key, test, met };
        Condition {
            met: Bits::of(parts, |part| condition.is_met(part)),
            ..condition
        }
    };
    tests.into_iter().map(with_parts).collect()
}

/// Texts: every value once; numbers: one per part, so that positions in the list are quantiles.
fn values(parts: &[Part], key: &str) -> Vec<Value> {
    let all = parts.iter().filter_map(|p| p.payload.get(key));
    let all = all.flat_map(|v| v.as_array().cloned().unwrap_or_else(|| vec![v.clone()]));
    let mut all: Vec<Value> = all.collect();
    let number = |v: &Value| v.as_f64().unwrap_or_default();
    all.sort_by(|a, b| {
        number(a)
            .total_cmp(&number(b))
            .then_with(|| a.as_str().cmp(&b.as_str()))
    });
    if all.first().is_some_and(|v| v.is_string()) || key == "voltage" {
        all.dedup();
    }
    all
}
