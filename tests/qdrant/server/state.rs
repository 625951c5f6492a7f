//! What the server holds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use qdrant_client::qdrant::{HardwareUsage, PayloadSchemaInfo, ShardKey, ShardKeySelector, Usage};
use tonic::Status;

use super::Options;
use super::faults::{Fault, Faults};
use super::layout::Layout;
use super::log::Asked;
use super::paths::Counts;
use super::score::{Vector, normalized};
use super::settings::Settings;
use super::values::{Id, Payload};

pub(super) struct State {
    pub(super) options: Options,
    pub(super) faults: Faults,
    pub(super) log: Vec<Asked>,
    pub(super) collections: BTreeMap<String, Collection>,
    /// When the request that is answered began.
    pub(super) began: Instant,
    /// Queries answered so far, for ties that do not hold still.
    pub(super) queries: u64,
    /// Writes so far; their numbers.
    pub(super) writes: u64,
}

/// A panic in one request must not hide what the next one would say.
pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl State {
    pub(super) fn new(options: Options) -> Self {
        Self {
            faults: Faults::new(&options.faults),
            options,
            log: Vec::new(),
            collections: BTreeMap::new(),
            began: Instant::now(),
            queries: 0,
            writes: 0,
        }
    }

    /// True when the key is shown, if there is one.
    pub(super) fn admits(&self, api_key: Option<&str>, authorization: Option<&str>) -> bool {
        let shown = api_key.or_else(|| authorization?.strip_prefix("Bearer "));
        self.options
            .api_key
            .as_deref()
            .is_none_or(|key| shown == Some(key))
    }

    pub(super) fn version(&self) -> String {
        let told = |fault: &Fault| match fault {
            Fault::OldVersion(version) => Some(version.clone()),
            _ => None,
        };
        self.faults
            .find(told)
            .unwrap_or_else(|| self.options.version.clone())
    }

    pub(super) fn collection(&mut self, name: &str) -> Result<&mut Collection, Status> {
        self.collections
            .get_mut(name)
            .ok_or_else(|| Status::not_found(format!("the test server has no collection {name:?}")))
    }

    /// Seconds since the request that is answered began.
    pub(super) fn time(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}

/// Bytes that a request moved.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Work {
    /// Of the vectors or codes that were compared.
    pub(super) compared: u64,
    /// Of the payloads that were answered.
    pub(super) payload_read: u64,
    pub(super) payload_written: u64,
    pub(super) vectors_written: u64,
}

impl Work {
    pub(super) fn usage(self) -> Option<Usage> {
        let hardware = HardwareUsage {
            cpu: self.compared,
            payload_io_read: self.payload_read,
            payload_io_write: self.payload_written,
            vector_io_write: self.vectors_written,
            ..Default::default()
        };
        Some(Usage {
            hardware: Some(hardware),
            inference: None,
        })
    }
}

#[derive(Debug, Clone)]
pub(super) struct Collection {
    pub(super) settings: Settings,
    pub(super) points: BTreeMap<Id, Point>,
    pub(super) schema: BTreeMap<String, PayloadSchemaInfo>,
    pub(super) counts: Counts,
    /// The one shard key that was made, if any.
    pub(super) key: Option<ShardKey>,
    /// How often its state was asked for.
    pub(super) polls: u32,
    layout: Option<Layout>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Point {
    pub(super) payload: Payload,
    pub(super) vectors: BTreeMap<String, Stored>,
    /// The write that brought it.
    pub(super) version: u64,
}

/// A vector twice: as it is kept, and as it was given where that is different.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) kept: Vector,
    given: Option<Vector>,
}

impl Collection {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            points: BTreeMap::new(),
            schema: BTreeMap::new(),
            counts: Counts::default(),
            key: None,
            polls: 0,
            layout: None,
        }
    }

    /// Refuses shard keys that are not there. There is at most one, so that whoever names it means all points.
    pub(super) fn addressed(&self, keys: Option<&ShardKeySelector>) -> Result<(), Status> {
        let named = keys.map_or(&[][..], |keys| &keys.shard_keys);
        match named.iter().find(|key| self.key.as_ref() != Some(*key)) {
            Some(key) => Err(Status::not_found(format!("there is no shard key {key:?}"))),
            None => Ok(()),
        }
    }

    /// The same for a write, which has to name a key where shards have keys.
    pub(super) fn addressed_to_write(&self, keys: Option<&ShardKeySelector>) -> Result<(), Status> {
        if self.settings.has_keys() && keys.is_none_or(|keys| keys.shard_keys.is_empty()) {
            return Err(Status::invalid_argument(
                "shards have keys here; which one is meant?",
            ));
        }
        self.addressed(keys)
    }

    /// A vector as it is kept: with cosine, of length 1.
    pub(super) fn keep(&self, name: &str, given: Vector) -> Stored {
        match self.settings.is_cosine(name) {
            true => Stored {
                kept: given.map(normalized),
                given: Some(given),
            },
            false => Stored {
                kept: given,
                given: None,
            },
        }
    }

    /// To be called after every change to points or configuration.
    pub(super) fn changed(&mut self) {
        self.layout = None;
    }

    pub(super) fn layout(&mut self) -> Layout {
        let (settings, points) = (&self.settings, &self.points);
        self.layout
            .get_or_insert_with(|| Layout::of(settings, points))
            .clone()
    }

    /// The points that can be found.
    pub(super) fn present(&self, faults: &Faults) -> impl Iterator<Item = (&Id, &Point)> {
        let lost = faults.find(|fault| match fault {
            Fault::LosesPoints { points } => Some(*points),
            _ => None,
        });
        self.points
            .iter()
            .take(self.points.len().saturating_sub(lost.unwrap_or(0)))
    }

    /// The vector of a point, as it is answered when asked for.
    pub(super) fn vector<'a>(
        &self,
        id: &Id,
        point: &'a Point,
        name: &str,
        faults: &Faults,
    ) -> Option<Cow<'a, Vector>> {
        let stored = point.vectors.get(name)?;
        Some(told(id, &stored.kept, faults))
    }

    /// The vector that a query is compared with.
    pub(super) fn compared<'a>(
        &self,
        id: &Id,
        point: &'a Point,
        name: &str,
        faults: &Faults,
    ) -> Option<Cow<'a, Vector>> {
        let stored = point.vectors.get(name)?;
        let given = stored.given.as_ref().filter(|_| faults.has(&Fault::WrongMetric));
        Some(told(id, given.unwrap_or(&stored.kept), faults))
    }

    /// True while only half of it is indexed, if that is a fault.
    pub(super) fn is_half_indexed(&self, faults: &Faults) -> bool {
        faults
            .find(|fault| match fault {
                Fault::HalfIndexed { done_at } => Some(done_at.is_none_or(|at| self.polls < at)),
                _ => None,
            })
            .unwrap_or(false)
    }
}

/// A vector, or what the server makes of it.
fn told<'a>(id: &Id, vector: &'a Vector, faults: &Faults) -> Cow<'a, Vector> {
    let stale = matches!(id, Id::Number(n) if faults.has(&Fault::StaleCorpus { point: *n }));
    if !stale {
        return Cow::Borrowed(vector);
    }
    Cow::Owned(vector.map(|row| {
        let mut row = row.to_vec();
        row.rotate_right(1);
        row
    }))
}
