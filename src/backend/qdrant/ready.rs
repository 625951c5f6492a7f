//! Waits until the server has indexed what it is going to index: by counts, never by its colour.

use std::time::{Duration, Instant};

use qdrant_client::qdrant::{CollectionInfo, CollectionStatus};

use super::client::Client;
use super::collection::{self, Collection};
use super::failed;
use crate::backend::BackendError;
use crate::digits::grouped;
use crate::pipeline::server::CallConfig;
use crate::progress::{Event, Observer};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// Looks with the same counts after which a server that works on nothing is done.
const SETTLED: usize = 5;

/// The collection when nothing was changing any more.
pub(super) struct Ready {
    pub(super) info: CollectionInfo,
    /// From the last upload, or from the first look at a collection that was there.
    pub(super) took: Duration,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    points: u64,
    indexed: u64,
    segments: u64,
    /// Works on segments, or has updates in its queue.
    busy: bool,
}

/// Waits until the server is done with the collection.
///
/// # Errors
/// When it still works after the time it has, says that indexing failed, or cannot be asked.
pub(super) fn wait(
    client: &Client,
    collection: &Collection,
    config: &CallConfig,
    watch: &dyn Observer,
) -> Result<Ready, BackendError> {
    let start = Instant::now();
    let limit = Duration::from_secs_f64(config.indexing_timeout_s);
    let mut same = 0;
    let mut last = None;
    loop {
        let info = collection::info(client, &collection.name)?;
        let info = info.ok_or_else(|| problem(collection, "it is gone".to_owned()))?;
        if let Some(status) = info.optimizer_status.as_ref().filter(|s| !s.ok) {
            return Err(problem(collection, format!("indexing failed: {}", status.error)));
        }
        let look = look(&info);
        same = if last == Some(look) { same + 1 } else { 0 };
        last = Some(look);
        // Counts are approximate where a cluster moves points; the exact one was taken after the upload.
        if !look.busy && same >= SETTLED {
            let took = start.elapsed();
            return Ok(Ready { info, took });
        }
        if start.elapsed() > limit {
            return Err(problem(
                collection,
                format!(
                    "still being indexed after {} s: {} of {} vectors; `indexing_timeout` gives it more time",
                    config.indexing_timeout_s,
                    grouped(look.indexed),
                    grouped(vectors(collection)),
                ),
            ));
        }
        if same == 0 {
            watch.event(Event::Note(&format!(
                "{}: {} of {} vectors indexed",
                collection.name,
                grouped(look.indexed),
                grouped(vectors(collection))
            )));
        }
        std::thread::sleep(PAUSE);
    }
}

/// Vectors that the collection holds, at most: points without one of their vectors are not looked for.
pub(super) fn vectors(collection: &Collection) -> u64 {
    let names = collection.dense.len() + collection.sparse.len() + collection.late.len();
    (names * collection.points) as u64
}

fn look(info: &CollectionInfo) -> Look {
    let queued = info.update_queue.as_ref().is_some_and(|q| q.length > 0);
    Look {
        points: info.points_count.unwrap_or(0),
        indexed: info.indexed_vectors_count.unwrap_or(0),
        segments: info.segments_count,
        // Green and grey alone would not do: both are also the colours of a server that has not begun.
        busy: queued || info.status == i32::from(CollectionStatus::Yellow),
    }
}

fn problem(collection: &Collection, why: String) -> BackendError {
    failed(format!("the collection `{}`", collection.name), why)
}
