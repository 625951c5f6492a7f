//! The service of points.

use std::collections::BTreeMap;

use qdrant_client::qdrant::points_selector::PointsSelectorOneOf;
use qdrant_client::qdrant::points_server::Points;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{self as wire, vector};
use tonic::Status;

use super::answers::Wanted;
use super::gate::{Gate, service};
use super::score::{Vector, sorted};
use super::search::Asking;
use super::settings::Settings;
use super::state::{Collection, Point, State, Work};
use super::values::{Id, Payload, at, check_path, is_null};
use super::{filter, query};

service! {
    Points in "points" {
        upsert(wire::UpsertPoints) -> wire::PointsOperationResponse = upsert;
        delete(wire::DeletePoints) -> wire::PointsOperationResponse = delete;
        get(wire::GetPoints) -> wire::GetResponse = get;
        scroll(wire::ScrollPoints) -> wire::ScrollResponse = scroll;
        count(wire::CountPoints) -> wire::CountResponse = count;
        query(wire::QueryPoints) -> wire::QueryResponse = one;
        query_batch(wire::QueryBatchPoints) -> wire::QueryBatchResponse = batch;
        create_field_index(wire::CreateFieldIndexCollection) -> wire::PointsOperationResponse = index;
        delete_field_index(wire::DeleteFieldIndexCollection) -> wire::PointsOperationResponse = unindex;
    }
    refused {
        update_vectors(wire::UpdatePointVectors) -> wire::PointsOperationResponse;
        delete_vectors(wire::DeletePointVectors) -> wire::PointsOperationResponse;
        set_payload(wire::SetPayloadPoints) -> wire::PointsOperationResponse;
        overwrite_payload(wire::SetPayloadPoints) -> wire::PointsOperationResponse;
        delete_payload(wire::DeletePayloadPoints) -> wire::PointsOperationResponse;
        clear_payload(wire::ClearPayloadPoints) -> wire::PointsOperationResponse;
        create_vector_name(wire::CreateVectorNameRequest) -> wire::PointsOperationResponse;
        delete_vector_name(wire::DeleteVectorNameRequest) -> wire::PointsOperationResponse;
        search(wire::SearchPoints) -> wire::SearchResponse;
        search_batch(wire::SearchBatchPoints) -> wire::SearchBatchResponse;
        search_groups(wire::SearchPointGroups) -> wire::SearchGroupsResponse;
        recommend(wire::RecommendPoints) -> wire::RecommendResponse;
        recommend_batch(wire::RecommendBatchPoints) -> wire::RecommendBatchResponse;
        recommend_groups(wire::RecommendPointGroups) -> wire::RecommendGroupsResponse;
        discover(wire::DiscoverPoints) -> wire::DiscoverResponse;
        discover_batch(wire::DiscoverBatchPoints) -> wire::DiscoverBatchResponse;
        update_batch(wire::UpdateBatchPoints) -> wire::UpdateBatchResponse;
        query_groups(wire::QueryPointGroups) -> wire::QueryGroupsResponse;
        facet(wire::FacetCounts) -> wire::FacetResponse;
        search_matrix_pairs(wire::SearchMatrixPoints) -> wire::SearchMatrixPairsResponse;
        search_matrix_offsets(wire::SearchMatrixPoints) -> wire::SearchMatrixOffsetsResponse;
    }
}

fn upsert(state: &mut State, ask: wire::UpsertPoints) -> Result<wire::PointsOperationResponse, Status> {
    if ask.update_filter.is_some() || ask.update_mode() != wire::UpdateMode::Upsert {
        return Err(Status::unimplemented(
            "the test server only puts points in, whatever was there",
        ));
    }
    let version = state.writes + 1;
    let collection = state.collection(&ask.collection_name)?;
    collection.addressed_to_write(ask.shard_key_selector.as_ref())?;
    // All or nothing, so that a refused batch leaves no half of itself.
    let read = |point| read(collection, point, version);
    let points: Vec<(Id, Point)> = ask.points.into_iter().map(read).collect::<Result<_, _>>()?;
    let mut work = Work::default();
    for (_, point) in &points {
        work.vectors_written += point
            .vectors
            .values()
            .map(|v| v.kept.bytes(4) as u64)
            .sum::<u64>();
        work.payload_written += bytes(&point.payload);
    }
    collection.points.extend(points);
    collection.changed();
    Ok(written(state, ask.wait, work))
}

fn read(collection: &Collection, point: wire::PointStruct, version: u64) -> Result<(Id, Point), Status> {
    let id = Id::of(point.id)?;
    let mut vectors = BTreeMap::new();
    for (name, vector) in named(point.vectors) {
        let vector = taken(&collection.settings, &name, given(vector)?);
        collection.settings.fits(&name, &vector)?;
        vectors.insert(name.clone(), collection.keep(&name, vector));
    }
    Ok((
        id,
        Point {
            payload: point.payload,
            vectors,
            version,
        },
    ))
}

fn named(vectors: Option<wire::Vectors>) -> Vec<(String, wire::Vector)> {
    match vectors.and_then(|v| v.vectors_options) {
        None => vec![],
        Some(VectorsOptions::Vector(vector)) => vec![(String::new(), vector)],
        Some(VectorsOptions::Vectors(named)) => named.vectors.into_iter().collect(),
    }
}

/// A single row is kept as one of several where several are wanted.
fn taken(settings: &Settings, name: &str, vector: Vector) -> Vector {
    let several = settings
        .dense
        .get(name)
        .is_some_and(|p| p.multivector_config.is_some());
    match vector {
        Vector::Dense(row) if several => Vector::Multi(vec![row]),
        vector => vector,
    }
}

#[expect(deprecated, reason = "older clients send vectors in these fields")]
fn given(vector: wire::Vector) -> Result<Vector, Status> {
    match vector.vector {
        Some(vector::Vector::Dense(v)) => Ok(Vector::Dense(v.data)),
        Some(vector::Vector::Sparse(v)) => Ok(Vector::Sparse(sorted(v)?)),
        Some(vector::Vector::MultiDense(v)) => {
            Ok(Vector::Multi(v.vectors.into_iter().map(|row| row.data).collect()))
        }
        Some(_) => Err(Status::unimplemented("the test server has no models")),
        None => Ok(match (vector.indices, vector.vectors_count) {
            (Some(indices), _) => Vector::Sparse(sorted(wire::SparseVector {
                indices: indices.data,
                values: vector.data,
            })?),
            (None, Some(rows)) => {
                let length = vector.data.len() / (rows as usize).max(1);
                Vector::Multi(vector.data.chunks(length.max(1)).map(<[f32]>::to_vec).collect())
            }
            (None, None) => Vector::Dense(vector.data),
        }),
    }
}

/// What a payload takes as text, which is near enough to what is moved.
fn bytes(payload: &Payload) -> u64 {
    payload
        .iter()
        .map(|(key, value)| (key.len() + format!("{value:?}").len()) as u64)
        .sum()
}

fn written(state: &mut State, wait: Option<bool>, work: Work) -> wire::PointsOperationResponse {
    state.writes += 1;
    let status = match wait {
        Some(true) => wire::UpdateStatus::Completed,
        _ => wire::UpdateStatus::Acknowledged,
    };
    let result = wire::UpdateResult {
        operation_id: Some(state.writes),
        status: status as i32,
    };
    wire::PointsOperationResponse {
        result: Some(result),
        time: state.time(),
        usage: work.usage(),
    }
}

fn delete(state: &mut State, ask: wire::DeletePoints) -> Result<wire::PointsOperationResponse, Status> {
    let collection = state.collection(&ask.collection_name)?;
    collection.addressed(ask.shard_key_selector.as_ref())?;
    match ask.points.and_then(|p| p.points_selector_one_of) {
        None => return Err(Status::invalid_argument("which points?")),
        Some(PointsSelectorOneOf::Points(list)) => {
            for id in list.ids {
                collection.points.remove(&Id::of(Some(id))?);
            }
        }
        Some(PointsSelectorOneOf::Filter(filter)) => {
            filter::check(&filter)?;
            collection
                .points
                .retain(|id, point| !filter::passes(&filter, id, point));
        }
    }
    collection.changed();
    Ok(written(state, ask.wait, Work::default()))
}

fn get(state: &mut State, ask: wire::GetPoints) -> Result<wire::GetResponse, Status> {
    let wanted = Wanted::new(ask.with_payload, ask.with_vectors, false);
    let faults = state.faults.clone();
    let collection = state.collection(&ask.collection_name)?;
    collection.addressed(ask.shard_key_selector.as_ref())?;
    let ids = ask
        .ids
        .into_iter()
        .map(|id| Id::of(Some(id)))
        .collect::<Result<Vec<_>, _>>()?;
    let present: BTreeMap<_, _> = collection.present(&faults).collect();
    let found = ids.iter().filter_map(|id| Some((id, *present.get(id)?)));
    let result = found
        .map(|(id, point)| wanted.retrieved(collection, id, point, &faults))
        .collect();
    Ok(wire::GetResponse {
        result,
        time: state.time(),
        usage: Work::default().usage(),
    })
}

fn scroll(state: &mut State, ask: wire::ScrollPoints) -> Result<wire::ScrollResponse, Status> {
    if ask.order_by.is_some() {
        return Err(Status::unimplemented(
            "the test server scrolls in order of ids only",
        ));
    }
    let wanted = Wanted::new(ask.with_payload, ask.with_vectors, true);
    let from = ask.offset.map(|id| Id::of(Some(id))).transpose()?;
    let limit = ask.limit.unwrap_or(10) as usize;
    let filter = ask.filter.unwrap_or_default();
    filter::check(&filter)?;
    let faults = state.faults.clone();
    let collection = state.collection(&ask.collection_name)?;
    collection.addressed(ask.shard_key_selector.as_ref())?;
    let in_turn = |(id, _): &(&Id, &Point)| from.as_ref().is_none_or(|from| *id >= from);
    let passes = |(id, point): &(&Id, &Point)| filter::passes(&filter, id, point);
    let mut points = collection.present(&faults).filter(in_turn).filter(passes);
    let result = points.by_ref().take(limit);
    let result = result
        .map(|(id, point)| wanted.retrieved(collection, id, point, &faults))
        .collect();
    let next_page_offset = points.next().map(|(id, _)| id.wire());
    drop(points);
    let usage = Work::default().usage();
    Ok(wire::ScrollResponse {
        next_page_offset,
        result,
        time: state.time(),
        usage,
    })
}

fn count(state: &mut State, ask: wire::CountPoints) -> Result<wire::CountResponse, Status> {
    let filter = ask.filter.unwrap_or_default();
    filter::check(&filter)?;
    let off = super::collections::miscount(&state.faults);
    let collection = state.collection(&ask.collection_name)?;
    collection.addressed(ask.shard_key_selector.as_ref())?;
    let count = collection
        .points
        .iter()
        .filter(|(id, point)| filter::passes(&filter, id, point))
        .count();
    let result = Some(wire::CountResult {
        count: (count as u64).saturating_add_signed(off),
    });
    Ok(wire::CountResponse {
        result,
        time: state.time(),
        usage: Work::default().usage(),
    })
}

fn one(state: &mut State, ask: wire::QueryPoints) -> Result<wire::QueryResponse, Status> {
    let name = ask.collection_name.clone();
    let (mut results, work) = answer(state, &name, vec![ask])?;
    let result = results.pop().unwrap_or_default();
    Ok(wire::QueryResponse {
        result,
        time: state.time(),
        usage: work.usage(),
    })
}

fn batch(state: &mut State, ask: wire::QueryBatchPoints) -> Result<wire::QueryBatchResponse, Status> {
    let (results, work) = answer(state, &ask.collection_name, ask.query_points)?;
    let result = results
        .into_iter()
        .map(|result| wire::BatchResult { result })
        .collect();
    Ok(wire::QueryBatchResponse {
        result,
        time: state.time(),
        usage: work.usage(),
    })
}

fn answer(
    state: &mut State,
    name: &str,
    queries: Vec<wire::QueryPoints>,
) -> Result<(Vec<Vec<wire::ScoredPoint>>, Work), Status> {
    let (faults, options, first) = (state.faults.clone(), state.options.clone(), state.queries);
    state.queries += queries.len() as u64;
    let collection = state.collection(name)?;
    let mut asking = Asking {
        collection,
        faults: &faults,
        options: &options,
        number: first,
        work: Work::default(),
        before: None,
    };
    let mut results = Vec::new();
    for mut ask in queries {
        asking.collection.addressed(ask.shard_key_selector.as_ref())?;
        let wanted = Wanted::new(ask.with_payload.take(), ask.with_vectors.take(), false);
        let hits = query::ask(&mut asking, ask)?;
        asking.number += 1;
        let scored: Vec<wire::ScoredPoint> = hits
            .iter()
            .map(|hit| wanted.scored(asking.collection, hit, &faults))
            .collect();
        asking.work.payload_read += scored.iter().map(|hit| bytes(&hit.payload)).sum::<u64>();
        results.push(scored);
    }
    Ok((results, asking.work))
}

fn index(
    state: &mut State,
    ask: wire::CreateFieldIndexCollection,
) -> Result<wire::PointsOperationResponse, Status> {
    use wire::payload_index_params::IndexParams;
    let said = ask
        .field_index_params
        .as_ref()
        .and_then(|p| p.index_params.as_ref());
    let of_params = said.map(|params| match params {
        IndexParams::KeywordIndexParams(_) => wire::FieldType::Keyword,
        IndexParams::IntegerIndexParams(_) => wire::FieldType::Integer,
        IndexParams::FloatIndexParams(_) => wire::FieldType::Float,
        IndexParams::GeoIndexParams(_) => wire::FieldType::Geo,
        IndexParams::TextIndexParams(_) => wire::FieldType::Text,
        IndexParams::BoolIndexParams(_) => wire::FieldType::Bool,
        IndexParams::DatetimeIndexParams(_) => wire::FieldType::Datetime,
        IndexParams::UuidIndexParams(_) => wire::FieldType::Uuid,
    });
    let kind = ask.field_type.map(|_| ask.field_type()).or(of_params);
    let kind = kind.ok_or_else(|| Status::invalid_argument("a payload index of which type?"))?;
    check_path(&ask.field_name)?;
    let collection = state.collection(&ask.collection_name)?;
    // The types of the schema are those of fields, after one that is unknown.
    let data_type = kind as i32 + 1;
    let schema = wire::PayloadSchemaInfo {
        data_type,
        params: ask.field_index_params,
        points: None,
    };
    collection.schema.insert(ask.field_name, schema);
    Ok(written(state, ask.wait, Work::default()))
}

fn unindex(
    state: &mut State,
    ask: wire::DeleteFieldIndexCollection,
) -> Result<wire::PointsOperationResponse, Status> {
    state
        .collection(&ask.collection_name)?
        .schema
        .remove(&ask.field_name);
    Ok(written(state, ask.wait, Work::default()))
}

/// Points that have something under a path.
pub(super) fn points_with(collection: &Collection, path: &str) -> u64 {
    let has = |point: &&Point| at(&point.payload, path).into_iter().any(|value| !is_null(value));
    collection.points.values().filter(has).count() as u64
}
