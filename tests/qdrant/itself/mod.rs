//! The test server itself, asked through the client of Qdrant.

mod collections;
mod faults;
mod filters;
mod fusion;
mod index;
mod points;
mod queries;
mod rest;

use std::future::Future;

use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{
    CreateCollection, CreateCollectionBuilder, Distance, ListValue, PointStruct, QueryPoints,
    QueryPointsBuilder, ScoredPoint, Struct, UpsertPointsBuilder, Value, VectorParamsBuilder,
    VectorsConfigBuilder, point_id,
};
use qdrant_client::{Payload, Qdrant, QdrantError};
use tonic::Code;

use crate::server::{Options, TestServer};

/// A server and a client of it.
struct Session {
    server: TestServer,
    client: Qdrant,
    runtime: tokio::runtime::Runtime,
}

impl Session {
    fn new(options: Options) -> Self {
        let server = TestServer::start(options);
        let client = client(&server, None);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self {
            server,
            client,
            runtime,
        }
    }

    /// With a collection `c` of vectors `v`, numbered from 0.
    fn of(options: Options, distance: Distance, vectors: &[&[f32]]) -> Self {
        let session = Self::new(options);
        session.create(collection(vectors[0].len() as u64, distance));
        session.put(points(vectors));
        session
    }

    fn run<T>(&self, future: impl Future<Output = Result<T, QdrantError>>) -> T {
        self.runtime.block_on(future).unwrap()
    }

    /// The code that a request is refused with.
    fn refused<T>(&self, future: impl Future<Output = Result<T, QdrantError>>) -> Code {
        match self.runtime.block_on(future).err().unwrap() {
            QdrantError::ResponseError { status } | QdrantError::ResourceExhaustedError { status, .. } => {
                status.code()
            }
            other => panic!("{other}"),
        }
    }

    fn create(&self, create: impl Into<CreateCollection>) {
        assert!(self.run(self.client.create_collection(create)).result);
    }

    fn put(&self, points: Vec<PointStruct>) {
        self.run(
            self.client
                .upsert_points(UpsertPointsBuilder::new("c", points).wait(true)),
        );
    }

    fn query(&self, query: impl Into<QueryPoints>) -> Vec<ScoredPoint> {
        self.run(self.client.query(query)).result
    }

    /// Numbers of the hits, best first.
    fn found(&self, query: impl Into<QueryPoints>) -> Vec<u64> {
        self.query(query).iter().map(number).collect()
    }

    /// What `/telemetry` counts for vector `v`: path and searches, summed over segments.
    fn searches(&self, vector: &str) -> Vec<(String, u64)> {
        let told = get(&format!("{}/telemetry?details_level=4", self.server.rest_url()));
        let mut sums = std::collections::BTreeMap::new();
        for shard in told["result"]["collections"]["collections"][0]["shards"]
            .as_array()
            .unwrap()
        {
            for segment in shard["local"]["segments"].as_array().unwrap() {
                for of_vector in segment["vector_index_searches"].as_array().unwrap() {
                    let of_vector = of_vector.as_object().unwrap();
                    if of_vector["index_name"] != vector {
                        continue;
                    }
                    for (path, count) in of_vector.iter().filter(|(path, _)| *path != "index_name") {
                        *sums.entry(path.clone()).or_insert(0) += count["count"].as_u64().unwrap();
                    }
                }
            }
        }
        sums.into_iter().collect()
    }
}

fn client(server: &TestServer, key: Option<&str>) -> Qdrant {
    let config = Qdrant::from_url(&server.grpc_url()).skip_compatibility_check();
    config.api_key(key.map(str::to_owned)).build().unwrap()
}

fn collection(size: u64, distance: Distance) -> CreateCollectionBuilder {
    let mut vectors = VectorsConfigBuilder::default();
    vectors.add_named_vector_params("v", VectorParamsBuilder::new(size, distance));
    CreateCollectionBuilder::new("c").vectors_config(vectors)
}

fn points(vectors: &[&[f32]]) -> Vec<PointStruct> {
    let point = |(number, vector): (usize, &&[f32])| {
        let vectors = std::collections::HashMap::from([("v".to_owned(), vector.to_vec())]);
        PointStruct::new(number as u64, vectors, Payload::new())
    };
    vectors.iter().enumerate().map(point).collect()
}

/// A query of vector `v`.
fn nearest(vector: &[f32]) -> QueryPointsBuilder {
    QueryPointsBuilder::new("c").query(vector.to_vec()).using("v")
}

fn number(point: &ScoredPoint) -> u64 {
    match point.id.as_ref().unwrap().point_id_options.as_ref().unwrap() {
        point_id::PointIdOptions::Num(number) => *number,
        point_id::PointIdOptions::Uuid(name) => panic!("{name}"),
    }
}

/// JSON as values of a payload.
fn value(json: serde_json::Value) -> Value {
    use serde_json::Value as J;
    let kind = match json {
        J::Null => Kind::NullValue(0),
        J::Bool(x) => Kind::BoolValue(x),
        J::Number(x) => x
            .as_i64()
            .map_or_else(|| Kind::DoubleValue(x.as_f64().unwrap()), Kind::IntegerValue),
        J::String(x) => Kind::StringValue(x),
        J::Array(x) => Kind::ListValue(ListValue {
            values: x.into_iter().map(value).collect(),
        }),
        J::Object(x) => {
            let fields = x.into_iter().map(|(key, x)| (key, value(x))).collect();
            Kind::StructValue(Struct { fields })
        }
    };
    Value { kind: Some(kind) }
}

fn payload(json: serde_json::Value) -> Payload {
    let Some(Kind::StructValue(object)) = value(json).kind else {
        panic!("a payload is an object")
    };
    Payload::from(object.fields)
}

fn get(url: &str) -> serde_json::Value {
    let text = ureq::get(url)
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Equal but for what float32 loses.
#[track_caller]
fn assert_near(got: f32, want: f64) {
    assert!((f64::from(got) - want).abs() < 1e-6, "{got} is not {want}");
}
