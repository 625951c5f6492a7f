//! Generated vectors with payload: data of any size that needs no download.
//!
//! The same source gives the same bytes, on any number of threads (see [`random`] for machines). Generating costs less
//! than reading would, so nothing of it is kept.

mod mixture;
mod payload;
mod random;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

use super::source::{SyntheticSource, VECTOR};
use super::{Dataset, DatasetError, Doc, GivenVectors, Qrels, Query};
use crate::filter::{self, Condition, Filter, Payload, Test};
use crate::progress::{Event, Observer};
use crate::vectors::{Metric, Vectors};

use mixture::{DOCUMENT, Mixture, QUERY, Weights};
use payload::Field;
use random::{Purpose, Stream};

/// Rows between two notices of progress.
const STEP: usize = 1 << 15;

/// Generates the data set `name`: documents and queries without text, their vectors, payload and filters, and no
/// judgements.
///
/// Ids are row numbers, padded with zeros so that their order is that of the rows. A query's metadata has `class`, the
/// fields of its filter joined with `+` or `none`, and `selectivity`, the share of the documents that pass it.
///
/// # Errors
/// When the source asks for what cannot be made, everything at once.
pub(super) fn load(
    name: &str,
    source: &SyntheticSource,
    watch: &dyn Observer,
) -> Result<Dataset, DatasetError> {
    check(name, source)?;
    let mixture = Mixture::new(source);
    let documents = Stream::new(source.seed, Purpose::Document);
    let queries = Stream::new(source.seed, Purpose::Query);
    watch.event(Event::Started {
        what: &format!("generate {name}"),
        total: source.n,
        unit: "vectors",
    });
    let docs = vectors(&mixture, source.dim, source.n, &DOCUMENT, documents, watch);
    watch.event(Event::Finished);
    let silent = &crate::progress::Silent;
    let asked = vectors(&mixture, source.dim, source.queries, &QUERY, queries, silent);
    let fields: Vec<Field> = source
        .payload
        .values()
        .enumerate()
        .map(|(i, attribute)| Field::new(&mixture, i, attribute, source.seed, documents, source.n))
        .collect();
    let asker = Asker {
        source,
        mixture: &mixture,
        fields: &fields,
        queries,
        vectors: &asked,
    };
    let queries = (0..source.queries)
        .into_par_iter()
        .map(|q| asker.query(q))
        .collect();
    let given = GivenVectors {
        metric: Metric::Cosine,
        docs: Arc::new(docs),
        queries: Arc::new(asked),
        neighbours: None,
    };
    Ok(Dataset {
        name: name.to_owned(),
        split: String::new(),
        docs: docs_of(source, &fields),
        queries,
        qrels: Qrels::default(),
        vectors: BTreeMap::from([(VECTOR.to_owned(), given)]),
        unjudged_queries: 0,
        files: Vec::new(),
    })
}

/// Everything that a plan has checked already, for callers who have none.
fn check(name: &str, source: &SyntheticSource) -> Result<(), DatasetError> {
    let mut what = Vec::new();
    let counts = [
        ("n", source.n),
        ("dim", source.dim),
        ("clusters", source.clusters),
        ("intrinsic_dim", source.intrinsic_dim),
        ("filters", source.filters.len()),
    ];
    for (key, _) in counts.iter().filter(|(_, count)| *count == 0) {
        what.push(format!("`{key}` is 0, at least 1 is needed"));
    }
    if u32::try_from(source.n).is_err() {
        what.push(format!(
            "`n` is {}, at most {} documents can be held",
            source.n,
            u32::MAX
        ));
    }
    for (field, attribute) in &source.payload {
        let (s, c) = (attribute.selectivity, attribute.correlation);
        if !(s > 0.0 && s <= 1.0) {
            what.push(format!(
                "the selectivity of `{field}` is {s}; it lies above 0 and is at most 1"
            ));
        }
        if !(-1.0..=1.0).contains(&c) {
            what.push(format!(
                "the correlation of `{field}` is {c}; it lies between -1 and 1"
            ));
        }
    }
    for field in source.filters.iter().flatten() {
        if !source.payload.contains_key(field) {
            what.push(format!(
                "a filter asks for `{field}`, which the payload does not have"
            ));
        }
    }
    if what.is_empty() {
        return Ok(());
    }
    let name = name.to_owned();
    Err(DatasetError::Generated { name, what })
}

/// `rows` vectors, each written by whichever thread is free straight to its place.
fn vectors(
    mixture: &Mixture,
    dim: usize,
    rows: usize,
    weights: &Weights,
    stream: Stream,
    watch: &dyn Observer,
) -> Vectors {
    let mut all = vec![0.0; rows * dim];
    for (step, part) in all.chunks_mut(STEP * dim).enumerate() {
        let row = |(i, row): (usize, &mut [f32])| mixture.write(weights, stream.at(step * STEP + i), row);
        part.par_chunks_mut(dim).enumerate().for_each(row);
        let done = rows.min((step + 1) * STEP);
        watch.event(Event::Advanced { done });
    }
    Vectors::from_flat(dim, all).expect("whole rows")
}

fn docs_of(source: &SyntheticSource, fields: &[Field]) -> Vec<Doc> {
    let value = |field: &Field, i: usize| Value::from(share(field.ranks[i], source.n));
    let doc = |i: usize| {
        let values = source.payload.keys().zip(fields);
        Doc {
            id: id(i, source.n),
            fields: BTreeMap::new(),
            metadata: values
                .map(|(name, field)| (name.clone(), value(field, i)))
                .collect(),
        }
    };
    (0..source.n).into_par_iter().map(doc).collect()
}

/// The row number, with as many digits as the last row has.
fn id(row: usize, rows: usize) -> String {
    let digits = (rows - 1).to_string().len();
    format!("{row:0digits$}")
}

/// A rank as a value. A document is inside a window exactly when its rank is: both are divided by the same number, and
/// division keeps their order.
fn share(rank: u32, n: usize) -> f64 {
    f64::from(rank) / n as f64
}

/// Makes queries.
struct Asker<'a> {
    source: &'a SyntheticSource,
    mixture: &'a Mixture,
    fields: &'a [Field],
    queries: Stream,
    vectors: &'a Vectors,
}

impl Asker<'_> {
    fn query(&self, q: usize) -> Query {
        let names = &self.source.filters[q % self.source.filters.len()];
        let latent = self.mixture.latent(&mut self.queries.at(q));
        let terms: Vec<(&str, &Field, Range<u32>)> = names
            .iter()
            .filter_map(|name| {
                let (at, name, _) = self.source.payload.get_full(name)?;
                let field = &self.fields[at];
                Some((
                    name.as_str(),
                    field,
                    field.window(self.mixture, q, &latent, self.vectors.row(q)),
                ))
            })
            .collect();
        let passes = |i: &usize| {
            terms
                .iter()
                .all(|(_, field, window)| window.contains(&field.ranks[*i]))
        };
        let passing = (0..self.source.n).filter(passes).count();
        let class = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join("+")
        };
        let selectivity = passing as f64 / self.source.n as f64;
        let conditions = terms.iter().map(|(name, _, window)| self.condition(name, window));
        let must: Vec<Condition> = conditions.collect();
        Query {
            id: id(q, self.source.queries),
            text: String::new(),
            filter: (!must.is_empty()).then(|| Filter {
                must,
                ..Filter::default()
            }),
            metadata: Payload::from_iter([
                ("class".to_owned(), Value::from(class)),
                ("selectivity".to_owned(), Value::from(selectivity)),
            ]),
        }
    }

    fn condition(&self, name: &str, window: &Range<u32>) -> Condition {
        let range = filter::Range {
            gte: Some(share(window.start, self.source.n)),
            lt: Some(share(window.end, self.source.n)),
            ..filter::Range::default()
        };
        Condition {
            key: name.to_owned(),
            test: Test::Range(range),
        }
    }
}
