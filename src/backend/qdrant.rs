//! A Qdrant server behind the seam: collections over gRPC, proof of path over REST.
//!
//! The only asynchronous part of the program, and only inside: a worker blocks on its call. What belongs to the index
//! as asked for is made when it is built; everything the server decides itself is read back and kept.

mod calls;
mod check;
mod client;
mod collection;
mod doctor;
mod effective;
mod encode;
mod fuse;
mod payload;
mod ready;
mod rest;
mod search;
mod state;
mod upload;
mod verify;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::backend::{
    Backend, BackendError, BackendInfo, Calls, Elsewhere, Index, IndexStats, Points, Searched, Searcher,
    Unsupported,
};
use crate::pipeline::server::{Address, QdrantConfig};
use crate::pipeline::{IndexConfig, Pipeline};
use crate::progress::Observer;

pub use client::Secret;
pub use doctor::{Check, Verdict, examine};

use client::Client;
use collection::Collection;
use rest::Rest;
use search::QdrantSearcher;

/// A Qdrant server, reached when it is first asked.
pub struct QdrantBackend<'w> {
    server: Arc<Server>,
    config: QdrantConfig,
    /// Where acknowledged batches are remembered.
    state: PathBuf,
    watch: &'w dyn Observer,
    /// Collections that this backend built or reused.
    used: Mutex<Vec<String>>,
}

/// Both interfaces of one server.
pub(crate) struct Server {
    client: Client,
    rest: Rest,
}

impl<'w> QdrantBackend<'w> {
    /// A server at `address`. `key` is the secret that `address.api_key_env` names; `state` a folder that is kept between
    /// runs; `watch` is told how far an upload is. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address is none, or the system gives no threads.
    pub fn new(
        address: &Address,
        key: Option<Secret>,
        config: QdrantConfig,
        state: PathBuf,
        watch: &'w dyn Observer,
    ) -> Result<Self, BackendError> {
        let server = Server::new(address, key, &config)?;
        Ok(Self {
            server: Arc::new(server),
            config,
            state,
            watch,
            used: Mutex::new(Vec::new()),
        })
    }
}

impl Server {
    pub(crate) fn new(
        address: &Address,
        key: Option<Secret>,
        config: &QdrantConfig,
    ) -> Result<Self, BackendError> {
        let wrong = |why| BackendError::Server {
            what: format!("the address `{}`", address.url),
            why,
        };
        let rest = Rest::new(address.rest().map_err(wrong)?, key.clone(), &config.calls);
        let client = Client::new(address.grpc().map_err(wrong)?, key, &config.calls)?;
        Ok(Self { client, rest })
    }
}

impl Backend for QdrantBackend<'_> {
    fn info(&self) -> Result<BackendInfo, BackendError> {
        let health = self.server.client.health()?;
        client::supported(&health.version)?;
        let mut details = BTreeMap::from([
            ("server".to_owned(), self.server.client.place().to_owned()),
            ("client".to_owned(), client::VERSION.to_owned()),
        ]);
        details.extend(health.commit.map(|commit| ("commit".to_owned(), commit)));
        // Both are for the record alone: a server that hides them can be measured all the same.
        details.extend(self.server.rest.cluster().unwrap_or_default());
        Ok(BackendInfo {
            name: "qdrant".to_owned(),
            version: health.version,
            details,
        })
    }

    fn check(&self, index: &IndexConfig, pipeline: &Pipeline) -> Result<(), Unsupported> {
        check::check(index, pipeline).map_err(Unsupported)
    }

    fn build(&self, index: &IndexConfig, points: &Points<'_>) -> Result<Box<dyn Index>, BackendError> {
        let collection = Collection::new(&self.config.collection, index, points);
        let name = collection.name.clone();
        self.used
            .lock()
            .expect("no thread panics with it")
            .push(name.clone());
        let state = state::State::of(&self.state, self.server.client.place(), &name);
        let watch = self.watch;
        let reused = upload::complete(&self.server, &collection, points, &self.config, &state, watch)?;
        verify::verify(&self.server.client, &collection, points)?;
        let ready = ready::wait(&self.server.client, &collection, &self.config.calls, watch)?;
        let stats = effective::stats(&self.server, &collection, &self.config, points, &ready, reused);
        Ok(Box::new(QdrantIndex {
            server: self.server.clone(),
            config: self.config.clone(),
            collection,
            stats,
            next: std::sync::atomic::AtomicUsize::new(0),
        }))
    }

    fn remove(&self) -> Result<Vec<String>, BackendError> {
        let used = std::mem::take(&mut *self.used.lock().expect("no thread panics with it"));
        let mut removed = Vec::new();
        for name in used {
            if collection::remove(&self.server.client, &name)? {
                state::State::of(&self.state, self.server.client.place(), &name).forget();
                removed.push(name);
            }
        }
        Ok(removed)
    }
}

/// Removes every collection on the server that evalrun made, and says which they were.
///
/// # Errors
/// When the server cannot be asked.
pub fn remove_all(address: &Address, key: Option<Secret>) -> Result<Vec<String>, BackendError> {
    let server = Server::new(address, key, &QdrantConfig::default())?;
    collection::remove_all(&server.client)
}

/// A complete collection.
struct QdrantIndex {
    server: Arc<Server>,
    config: QdrantConfig,
    collection: Collection,
    stats: IndexStats,
    /// Searchers handed out, so that they take turns on the connections.
    next: std::sync::atomic::AtomicUsize,
}

impl Index for QdrantIndex {
    fn stats(&self) -> Result<IndexStats, BackendError> {
        Ok(self.stats.clone())
    }

    fn searcher(&self) -> Result<Box<dyn Searcher + '_>, BackendError> {
        let turn = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(Box::new(QdrantSearcher::new(self, turn)))
    }

    fn elsewhere(&self) -> Option<&dyn Elsewhere> {
        Some(self)
    }
}

impl Elsewhere for QdrantIndex {
    fn searched(&self) -> Result<BTreeMap<String, Searched>, BackendError> {
        self.server.rest.searched(&self.collection.name)
    }

    fn calls(&self) -> Calls {
        self.server.client.calls()
    }
}

#[cfg(test)]
mod tests;

/// The error for something that a server was asked for.
fn failed(what: impl Into<String>, why: impl Into<String>) -> BackendError {
    BackendError::Server {
        what: what.into(),
        why: why.into(),
    }
}
