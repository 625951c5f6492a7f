//! Brings the points to the server, in order, from where an earlier run was stopped.

use qdrant_client::qdrant::{CountPoints, UpsertPoints};

use super::client::Client;
use super::collection::Collection;
use super::encode::{self, Rows};
use super::state::State;
use super::{Server, failed};
use crate::backend::{BackendError, Points};
use crate::pipeline::server::QdrantConfig;
use crate::progress::{Event, Observer};

/// Most bytes of vectors in a message: half of what servers take unless they are told otherwise.
const MESSAGE: usize = 16 << 20;

/// The end of the batch that begins at `first`: `batch` points, or fewer where their token vectors make them large.
fn end(rows: &Rows<'_>, first: usize, batch: usize, points: usize) -> usize {
    let last = (first + batch).min(points);
    let mut bytes = 0;
    let fits = |point: &usize| {
        bytes += rows.bytes(*point);
        bytes <= MESSAGE
    };
    // A point larger than a message is sent alone all the same; the server says what it thinks of it.
    (first + (first..last).take_while(fits).count()).max(first + 1)
}

/// Makes the collection hold all points. Whether it did so already.
pub(super) fn complete(
    server: &Server,
    collection: &Collection,
    points: &Points<'_>,
    config: &QdrantConfig,
    state: &State,
    watch: &dyn Observer,
) -> Result<bool, BackendError> {
    let client = &server.client;
    let found = collection.find(client)?.is_some();
    if !found {
        state.forget();
        collection.create(client)?;
    }
    if found && count(client, collection)? == points.count {
        return Ok(true);
    }
    // A collection that has lost points is uploaded once more, from the start.
    let start = match state.confirmed() {
        all if all >= points.count => 0,
        some => some,
    };
    let rows = Rows::of(points);
    watch.event(Event::Started {
        what: &format!("upload to {}", collection.name),
        total: points.count,
        unit: "points",
    });
    let mut first = start;
    while first < points.count {
        let end = end(&rows, first, config.calls.batch, points.count);
        let request = UpsertPoints {
            collection_name: collection.name.clone(),
            wait: Some(true),
            points: (first..end).map(|p| rows.point(p)).collect(),
            shard_key_selector: encode::shard(collection.config.shard_key.as_ref()),
            ..UpsertPoints::default()
        };
        let what = format!("uploading points {first} to {}", end - 1);
        client.points(&what, 0, |mut c| {
            let request = request.clone();
            async move { c.upsert(request).await }
        })?;
        state.confirm(&collection.name, end);
        first = end;
        watch.event(Event::Advanced { done: end });
    }
    watch.event(Event::Finished);
    let held = count(client, collection)?;
    match held == points.count {
        true => Ok(false),
        false => Err(failed(
            format!("the collection `{}`", collection.name),
            format!(
                "it holds {held} points after {} were uploaded; remove it (`evalrun cache gc --url …`) and run again",
                points.count
            ),
        )),
    }
}

/// Points that the server holds, counted exactly.
pub(super) fn count(client: &Client, collection: &Collection) -> Result<usize, BackendError> {
    let request = CountPoints {
        collection_name: collection.name.clone(),
        exact: Some(true),
        shard_key_selector: encode::shard(collection.config.shard_key.as_ref()),
        ..CountPoints::default()
    };
    let answer = client.points("counting points", 0, |mut c| {
        let request = request.clone();
        async move { c.count(request).await }
    })?;
    let count = answer.value.result.map_or(0, |r| r.count);
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}
