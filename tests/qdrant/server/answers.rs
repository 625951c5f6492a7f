//! Points as they are answered: with as much of them as was asked for.

use std::collections::HashMap;

use qdrant_client::qdrant::vector_output::Vector as Output;
use qdrant_client::qdrant::vectors_output::VectorsOptions;
use qdrant_client::qdrant::with_payload_selector::SelectorOptions as PayloadOptions;
use qdrant_client::qdrant::with_vectors_selector::SelectorOptions as VectorOptions;
use qdrant_client::qdrant::{
    DenseVector, MultiDenseVector, NamedVectorsOutput, RetrievedPoint, ScoredPoint, VectorOutput,
    VectorsOutput, WithPayloadSelector, WithVectorsSelector,
};

use super::faults::Faults;
use super::score::Vector;
use super::search::Hit;
use super::state::{Collection, Point};
use super::values::{Id, Payload};

/// What is answered of a point.
pub(super) struct Wanted {
    payload: Option<PayloadOptions>,
    vectors: Option<VectorOptions>,
}

impl Wanted {
    /// `payload` says whether payloads are answered when nothing is said of them.
    pub(super) fn new(
        with_payload: Option<WithPayloadSelector>,
        with_vectors: Option<WithVectorsSelector>,
        payload: bool,
    ) -> Self {
        let said = with_payload.and_then(|w| w.selector_options);
        Self {
            payload: said.or(payload.then_some(PayloadOptions::Enable(true))),
            vectors: with_vectors.and_then(|w| w.selector_options),
        }
    }

    pub(super) fn scored(&self, collection: &Collection, hit: &Hit, faults: &Faults) -> ScoredPoint {
        let point = &collection.points[&hit.id];
        ScoredPoint {
            id: Some(hit.id.wire()),
            payload: self.payload(point),
            score: hit.score,
            version: point.version,
            vectors: self.vectors(collection, &hit.id, point, faults),
            ..Default::default()
        }
    }

    pub(super) fn retrieved(
        &self,
        collection: &Collection,
        id: &Id,
        point: &Point,
        faults: &Faults,
    ) -> RetrievedPoint {
        RetrievedPoint {
            id: Some(id.wire()),
            payload: self.payload(point),
            vectors: self.vectors(collection, id, point, faults),
            ..Default::default()
        }
    }

    fn payload(&self, point: &Point) -> Payload {
        let mut payload = point.payload.clone();
        match &self.payload {
            None | Some(PayloadOptions::Enable(false)) => payload.clear(),
            Some(PayloadOptions::Enable(true)) => {}
            Some(PayloadOptions::Include(only)) => payload.retain(|key, _| only.fields.contains(key)),
            Some(PayloadOptions::Exclude(not)) => payload.retain(|key, _| !not.fields.contains(key)),
        }
        payload
    }

    fn vectors(
        &self,
        collection: &Collection,
        id: &Id,
        point: &Point,
        faults: &Faults,
    ) -> Option<VectorsOutput> {
        let wanted = |name: &&String| match &self.vectors {
            None => false,
            Some(VectorOptions::Enable(all)) => *all,
            Some(VectorOptions::Include(only)) => only.names.contains(name),
        };
        let output = |name: &String| {
            let vector = collection.vector(id, point, name, faults)?;
            Some((name.clone(), wire(&vector)))
        };
        let mut vectors: HashMap<String, VectorOutput> =
            point.vectors.keys().filter(wanted).filter_map(output).collect();
        let options = match (vectors.len(), vectors.remove("")) {
            (0, _) => return None,
            (1, Some(unnamed)) => VectorsOptions::Vector(unnamed),
            (_, unnamed) => {
                vectors.extend(unnamed.map(|v| (String::new(), v)));
                VectorsOptions::Vectors(NamedVectorsOutput { vectors })
            }
        };
        Some(VectorsOutput {
            vectors_options: Some(options),
        })
    }
}

fn wire(vector: &Vector) -> VectorOutput {
    let dense = |row: &Vec<f32>| DenseVector { data: row.clone() };
    let vector = match vector {
        Vector::Dense(row) => Output::Dense(dense(row)),
        Vector::Sparse(v) => Output::Sparse(v.clone()),
        Vector::Multi(rows) => Output::MultiDense(MultiDenseVector {
            vectors: rows.iter().map(dense).collect(),
        }),
    };
    VectorOutput {
        vector: Some(vector),
        ..Default::default()
    }
}
