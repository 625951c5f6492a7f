//! What the server was asked.

use qdrant_client::qdrant::{
    CollectionClusterInfoRequest, CollectionExistsRequest, CountPoints, CreateCollection,
    CreateFieldIndexCollection, CreateShardKeyRequest, DeleteCollection, DeleteFieldIndexCollection,
    DeletePoints, GetCollectionInfoRequest, GetPoints, HealthCheckRequest, ListCollectionsRequest,
    QueryBatchPoints, QueryPoints, ScrollPoints, UpdateCollection, UpsertPoints,
};

macro_rules! asked {
    ($($variant:ident($message:ident) = $method:literal, $doc:literal;)*) => {
        /// A request as it came.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum Asked {
            $(#[doc = $doc] $variant(Box<$message>),)*
            /// A call that the server does not answer.
            Refused(&'static str),
            /// A path over REST, for instance `GET /telemetry?details_level=4`.
            Rest(String),
        }

        impl Asked {
            /// For instance `points/query`; over REST, `GET` and the path without what follows a question mark.
            pub(crate) fn method(&self) -> &str {
                match self {
                    $(Asked::$variant(_) => $method,)*
                    Asked::Refused(method) => method,
                    Asked::Rest(line) => line.split('?').next().unwrap_or(line),
                }
            }
        }

        $(impl From<&$message> for Asked {
            fn from(message: &$message) -> Self {
                Asked::$variant(Box::new(message.clone()))
            }
        })*
    };
}

asked! {
    Health(HealthCheckRequest) = "qdrant/health_check", "Name and version.";
    List(ListCollectionsRequest) = "collections/list", "All collections.";
    Exists(CollectionExistsRequest) = "collections/collection_exists", "Whether one is there.";
    Create(CreateCollection) = "collections/create", "A new one.";
    Info(GetCollectionInfoRequest) = "collections/get", "State and configuration of one.";
    Update(UpdateCollection) = "collections/update", "Another configuration.";
    Drop(DeleteCollection) = "collections/delete", "One less.";
    Cluster(CollectionClusterInfoRequest) = "collections/collection_cluster_info", "Where its shards are.";
    CreateShardKey(CreateShardKeyRequest) = "collections/create_shard_key", "A key of shards.";
    Upsert(UpsertPoints) = "points/upsert", "Points.";
    Delete(DeletePoints) = "points/delete", "Points to be forgotten.";
    Get(GetPoints) = "points/get", "Points by their ids.";
    Scroll(ScrollPoints) = "points/scroll", "Points in order of their ids.";
    Count(CountPoints) = "points/count", "How many points.";
    Query(QueryPoints) = "points/query", "A query.";
    QueryBatch(QueryBatchPoints) = "points/query_batch", "Several at once.";
    CreateFieldIndex(CreateFieldIndexCollection) = "points/create_field_index", "A payload index.";
    DeleteFieldIndex(DeleteFieldIndexCollection) = "points/delete_field_index", "One less.";
}
