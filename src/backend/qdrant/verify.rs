//! Holds a sample of what the server gives back against what it was given.

use qdrant_client::qdrant::{
    DenseVector, GetPoints, RetrievedPoint, WithPayloadSelector, WithVectorsSelector, vector_output,
    vectors_output, with_payload_selector, with_vectors_selector,
};
use serde_json::Value as Json;

use super::client::Client;
use super::collection::Collection;
use super::encode::{self, Rows};
use super::failed;
use crate::backend::{BackendError, Points};
use crate::vectors::Metric;

/// Points looked at: enough that a corpus of another day cannot pass.
const SAMPLE: usize = 256;
/// Largest difference of a value. Servers normalise vectors for cosine once more.
const EPSILON: f32 = 1e-5;

/// Reads points from all over the collection and compares vectors and payload.
pub(super) fn verify(
    client: &Client,
    collection: &Collection,
    points: &Points<'_>,
) -> Result<(), BackendError> {
    let rows = Rows::of(points);
    let sample = sample(points.count);
    // Token vectors are many to a point.
    for part in sample.chunks(if points.late.is_empty() { 64 } else { 8 }) {
        let request = GetPoints {
            collection_name: collection.name.clone(),
            ids: part.iter().map(|p| encode::id(*p)).collect(),
            with_payload: Some(WithPayloadSelector {
                selector_options: Some(with_payload_selector::SelectorOptions::Enable(true)),
            }),
            with_vectors: Some(WithVectorsSelector {
                selector_options: Some(with_vectors_selector::SelectorOptions::Enable(true)),
            }),
            shard_key_selector: encode::shard(collection.config.shard_key.as_ref()),
            ..GetPoints::default()
        };
        let answer = client.points("reading a sample of points", 0, |mut c| {
            let request = request.clone();
            async move { c.get(request).await }
        })?;
        let stale = |point: u32, what: &str| {
            failed(
                format!("the collection `{}`", collection.name),
                format!(
                    "{what} of point {point} is not what was uploaded; something else writes to this collection"
                ),
            )
        };
        for &point in part {
            let got = answer
                .value
                .result
                .iter()
                .find(|r| encode::point(r.id.as_ref()) == Some(point));
            let got = got.ok_or_else(|| stale(point, "every part"))?;
            for (name, (_, metric)) in &collection.dense {
                if !same_dense(dense(got, name), rows.dense(name, point as usize), *metric) {
                    return Err(stale(point, &format!("the vector `{name}`")));
                }
            }
            for (name, vectors) in &points.sparse {
                if !same_sparse(got, name, &vectors[point as usize]) {
                    return Err(stale(point, &format!("the vector `{name}`")));
                }
            }
            for (name, tokens) in &points.late {
                if !same_tokens(got, name, tokens.of(point as usize), tokens.dim()) {
                    return Err(stale(point, &format!("the vector `{name}`")));
                }
            }
            if !same_payload(got, points.payload.get(point as usize)) {
                return Err(stale(point, "the payload"));
            }
        }
    }
    Ok(())
}

/// Evenly spread, the first and the last among them.
fn sample(count: usize) -> Vec<u32> {
    let n = count.min(SAMPLE);
    let at = |i: usize| match n {
        0 | 1 => 0,
        _ => i * (count - 1) / (n - 1),
    };
    (0..n)
        .map(|i| u32::try_from(at(i)).expect("points are numbered in 32 bits"))
        .collect()
}

fn output<'a>(point: &'a RetrievedPoint, name: &str) -> Option<&'a vector_output::Vector> {
    match point.vectors.as_ref()?.vectors_options.as_ref()? {
        vectors_output::VectorsOptions::Vectors(named) => named.vectors.get(name)?.vector.as_ref(),
        vectors_output::VectorsOptions::Vector(_) => None,
    }
}

fn dense<'a>(point: &'a RetrievedPoint, name: &str) -> Option<&'a [f32]> {
    match output(point, name)? {
        vector_output::Vector::Dense(dense) => Some(&dense.data),
        _ => None,
    }
}

fn same_dense(got: Option<&[f32]>, want: Option<&[f32]>, metric: Metric) -> bool {
    let (got, want) = match (got, want) {
        (None, None) => return true,
        (Some(got), Some(want)) => (got, want),
        _ => return false,
    };
    // Values of cosine vectors are at most 1; of the others, the largest one sets the scale.
    let scale = match metric {
        Metric::Cosine => 1.0,
        Metric::Dot | Metric::L2 => want.iter().fold(1.0f32, |m, x| m.max(x.abs())),
    };
    got.len() == want.len()
        && got
            .iter()
            .zip(want)
            .all(|(a, b)| (a - b).abs() <= EPSILON * scale)
}

fn same_sparse(point: &RetrievedPoint, name: &str, want: &crate::index::SparseVector) -> bool {
    let want = encode::stored(want);
    matches!(output(point, name), Some(vector_output::Vector::Sparse(got)) if *got == want)
}

fn same_tokens(point: &RetrievedPoint, name: &str, want: &[f32], dim: usize) -> bool {
    match output(point, name) {
        None => want.is_empty(),
        Some(vector_output::Vector::MultiDense(got)) => {
            let same =
                |(got, want): (&DenseVector, &[f32])| same_dense(Some(&got.data), Some(want), Metric::Cosine);
            got.vectors.len() * dim == want.len() && got.vectors.iter().zip(want.chunks_exact(dim)).all(same)
        }
        Some(_) => false,
    }
}

fn same_payload(point: &RetrievedPoint, want: Option<&crate::filter::Payload>) -> bool {
    let nothing = crate::filter::Payload::new();
    let want = want.unwrap_or(&nothing);
    let equal = |key: &String, json: &Json| point.payload.get(key).is_some_and(|v| encode::json(v) == *json);
    point.payload.len() == want.len() && want.iter().all(|(k, v)| equal(k, v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_from_the_first_to_the_last() {
        assert_eq!(sample(0), Vec::<u32>::new());
        assert_eq!(sample(1), [0]);
        assert_eq!(sample(3), [0, 1, 2]);
        let many = sample(100_000);
        assert_eq!((many.len(), many[0], many[SAMPLE - 1]), (SAMPLE, 0, 99_999));
    }

    #[test]
    fn vectors_are_the_same_up_to_rounding() {
        let close = |metric| same_dense(Some(&[100.0001]), Some(&[100.0]), metric);
        assert!(close(Metric::Dot));
        assert!(!close(Metric::Cosine));
        assert!(!same_dense(None, Some(&[1.0]), Metric::Cosine));
        assert!(same_dense(None, None, Metric::Cosine));
    }
}
