//! Vectors, and the score of one beside another.

use qdrant_client::qdrant::{Distance, SparseVector};
use tonic::Status;

/// A vector of any of the three kinds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Vector {
    Dense(Vec<f32>),
    /// Dimensions ascending.
    Sparse(SparseVector),
    Multi(Vec<Vec<f32>>),
}

impl Vector {
    /// Bytes of its numbers, and of its dimensions where it is sparse.
    pub(super) fn bytes(&self, of_number: usize) -> usize {
        match self {
            Vector::Dense(v) => v.len() * of_number,
            Vector::Sparse(v) => v.values.len() * 8,
            Vector::Multi(vs) => vs.iter().map(|v| v.len() * of_number).sum(),
        }
    }

    /// True for a sparse one without any dimension.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Vector::Sparse(v) if v.indices.is_empty())
    }

    /// The rows of one that is not sparse.
    pub(super) fn rows(&self) -> Vec<&[f32]> {
        match self {
            Vector::Dense(v) => vec![v],
            Vector::Multi(vs) => vs.iter().map(Vec::as_slice).collect(),
            Vector::Sparse(_) => vec![],
        }
    }

    /// The same with every row changed; a sparse one stays as it is.
    pub(super) fn map(&self, change: impl Fn(&[f32]) -> Vec<f32>) -> Vector {
        match self {
            Vector::Dense(v) => Vector::Dense(change(v)),
            Vector::Multi(vs) => Vector::Multi(vs.iter().map(|v| change(v)).collect()),
            Vector::Sparse(_) => self.clone(),
        }
    }
}

/// As cosine wants it, and keeps it: of length 1. What has no length stays as it is.
pub(super) fn normalized(v: &[f32]) -> Vec<f32> {
    let length = v.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    match length > 0.0 {
        true => v.iter().map(|&x| (f64::from(x) / length) as f32).collect(),
        false => v.to_vec(),
    }
}

/// A sparse vector with its dimensions ascending.
pub(super) fn sorted(v: SparseVector) -> Result<SparseVector, Status> {
    if v.indices.len() != v.values.len() {
        return Err(Status::invalid_argument(
            "a sparse vector needs a value per index",
        ));
    }
    let mut pairs: Vec<(u32, f32)> = v.indices.into_iter().zip(v.values).collect();
    pairs.sort_by_key(|&(index, _)| index);
    if pairs.windows(2).any(|w| w[0].0 == w[1].0) {
        return Err(Status::invalid_argument(
            "a sparse vector must not repeat an index",
        ));
    }
    let (indices, values) = pairs.into_iter().unzip();
    Ok(SparseVector { indices, values })
}

/// What vectors are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    /// Scalar product; of normalized vectors it is the cosine.
    Product,
    Euclid,
    Manhattan,
}

impl Metric {
    pub(super) fn of(distance: Distance) -> Self {
        match distance {
            Distance::Euclid => Metric::Euclid,
            Distance::Manhattan => Metric::Manhattan,
            Distance::UnknownDistance | Distance::Cosine | Distance::Dot => Metric::Product,
        }
    }

    /// True when a larger score is the better one.
    pub(super) fn larger_is_better(self) -> bool {
        self == Metric::Product
    }

    /// The score of two vectors of one kind; `None` for two sparse ones that share no dimension. Several rows score as
    /// the sum, over those of the query, of the best beside any of the point (MaxSim).
    pub(super) fn score(self, query: &Vector, point: &Vector) -> Option<f32> {
        if let (Vector::Sparse(query), Vector::Sparse(point)) = (query, point) {
            return overlap(query, point);
        }
        let rows = point.rows();
        let best = |q: &[f32]| {
            let all = rows.iter().map(|row| self.pair(q, row));
            match self.larger_is_better() {
                true => all.fold(f64::NEG_INFINITY, f64::max),
                false => all.fold(f64::INFINITY, f64::min),
            }
        };
        Some(query.rows().into_iter().map(best).sum::<f64>() as f32)
    }

    fn pair(self, a: &[f32], b: &[f32]) -> f64 {
        let pairs = a.iter().zip(b).map(|(&x, &y)| (f64::from(x), f64::from(y)));
        match self {
            Metric::Product => pairs.map(|(x, y)| x * y).sum(),
            Metric::Euclid => pairs.map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt(),
            Metric::Manhattan => pairs.map(|(x, y)| (x - y).abs()).sum(),
        }
    }
}

fn overlap(query: &SparseVector, point: &SparseVector) -> Option<f32> {
    let mut sum = None;
    for (index, &weight) in query.indices.iter().zip(&query.values) {
        if let Ok(at) = point.indices.binary_search(index) {
            *sum.get_or_insert(0.0) += f64::from(weight) * f64::from(point.values[at]);
        }
    }
    sum.map(|sum| sum as f32)
}
