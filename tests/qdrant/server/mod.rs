//! A test server that speaks Qdrant's protocol on the loopback interface. It is not Qdrant and shares no code with it.
//!
//! It exists so that the backend can be tested without a server: what the backend sends, what it makes of the answers,
//! and whether it notices answers that are wrong. Searches are scans in plain code, so what is not made wrong on
//! purpose is exact; sums are made in `f64`. Where a graph or codes would be at work in Qdrant, their losses are
//! imitated ([`Graph`], `codes`), because a setting that changes nothing could not be told from one that is ignored.
//!
//! It knows nothing of evalrun, so that an error there cannot hide itself here, and so that a unit test of the library
//! can include it by path.

mod answers;
mod codes;
mod collections;
mod connection;
mod faults;
mod filter;
mod formula;
mod fusion;
mod gate;
mod layout;
mod log;
mod paths;
mod points;
mod query;
mod rest;
mod score;
mod search;
mod settings;
mod state;
mod telemetry;
mod values;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use qdrant_client::qdrant::collections_server::CollectionsServer;
use qdrant_client::qdrant::points_server::PointsServer;
use qdrant_client::qdrant::qdrant_server::QdrantServer;
use qdrant_client::qdrant::{CreateCollection, QueryPoints, UpsertPoints};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codec::CompressionEncoding;

pub(crate) use faults::Fault;
pub(crate) use log::Asked;

use gate::Gate;
use state::State;

/// Longest request it takes, in bytes; as Qdrant is set when nothing else is said.
const LONGEST: usize = 32 << 20;

/// How it is set up.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The version it says it has.
    pub(crate) version: String,
    /// The key that every request must show, if any.
    pub(crate) api_key: Option<String>,
    /// What a search of a graph finds.
    pub(crate) graph: Graph,
    /// Which of two points of equal score comes first.
    pub(crate) ties: Ties,
    /// What is wrong with it from the start.
    pub(crate) faults: Vec<Fault>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: "1.20.0".into(),
            api_key: None,
            graph: Graph::Imitated,
            ties: Ties::SmallerFirst,
            faults: Vec::new(),
        }
    }
}

/// What a search of a graph finds; scans are exact either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Graph {
    /// A narrow beam misses points: one of `ef` misses about the share `4 / (4 + ef)`, the same ones every time, and a
    /// wider one misses fewer of them. One as wide as the segment misses none.
    Imitated,
    /// Everything.
    Exact,
}

/// Which of two points of equal score comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ties {
    /// The one with the smaller id.
    SmallerFirst,
    /// The one with the larger id.
    LargerFirst,
}

/// A running server; it stops when dropped.
pub(crate) struct TestServer {
    grpc: SocketAddr,
    rest: rest::Rest,
    state: Arc<Mutex<State>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl TestServer {
    /// Starts one on two free ports. It takes requests when this returns.
    pub(crate) fn start(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let grpc = listener.local_addr().expect("it is bound");
        listener.set_nonblocking(true).expect("sockets can be");
        let state = Arc::new(Mutex::new(State::new(options)));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("test-server")
            .enable_all()
            .build()
            .expect("threads can be started");
        let guard = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime is entered");
        let incoming = TcpListenerStream::new(listener).map(|c| c.map(connection::Connection::new));
        let gate = Gate::new(Arc::clone(&state));
        macro_rules! service {
            ($server:ident) => {
                $server::new(gate.clone())
                    .max_decoding_message_size(LONGEST)
                    .accept_compressed(CompressionEncoding::Gzip)
                    .send_compressed(CompressionEncoding::Gzip)
            };
        }
        let serving = tonic::transport::Server::builder()
            .add_service(service!(QdrantServer))
            .add_service(service!(CollectionsServer))
            .add_service(service!(PointsServer))
            .serve_with_incoming(incoming);
        runtime.spawn(serving);
        drop(guard);
        let rest = rest::Rest::start(Arc::clone(&state));
        Self {
            grpc,
            rest,
            state,
            runtime: Some(runtime),
        }
    }

    /// Where its gRPC port is, as the client takes it.
    pub(crate) fn grpc_url(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// Where its REST port is.
    pub(crate) fn rest_url(&self) -> String {
        format!("http://{}", self.rest.address())
    }

    /// Adds something that is wrong with it. One fault of a kind is in force: the last that was set.
    pub(crate) fn set_fault(&self, fault: Fault) {
        self.state().faults.set(None, fault);
    }

    /// The same for one kind of request alone, named as in [`Asked::method`]. Only faults of the connection can be
    /// (those that [`Fault`] lists first); the others belong to the data.
    pub(crate) fn set_fault_for(&self, method: &'static str, fault: Fault) {
        self.state().faults.set(Some(method), fault);
    }

    /// Makes it well again.
    pub(crate) fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// What it was asked, in order, requests that it refused or dropped included.
    pub(crate) fn requests(&self) -> Vec<Asked> {
        self.state().log.clone()
    }

    /// Forgets what it was asked so far.
    pub(crate) fn forget_requests(&self) {
        self.state().log.clear();
    }

    /// The collections it was asked to create.
    pub(crate) fn creations(&self) -> Vec<CreateCollection> {
        self.picked(|asked| match asked {
            Asked::Create(create) => vec![*create],
            _ => vec![],
        })
    }

    /// The points it was given, batch by batch.
    pub(crate) fn upserts(&self) -> Vec<UpsertPoints> {
        self.picked(|asked| match asked {
            Asked::Upsert(upsert) => vec![*upsert],
            _ => vec![],
        })
    }

    /// The queries it was asked, those of batches one by one.
    pub(crate) fn queries(&self) -> Vec<QueryPoints> {
        self.picked(|asked| match asked {
            Asked::Query(query) => vec![*query],
            Asked::QueryBatch(batch) => batch.query_points,
            _ => vec![],
        })
    }

    fn picked<T>(&self, pick: impl Fn(Asked) -> Vec<T>) -> Vec<T> {
        self.requests().into_iter().flat_map(pick).collect()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        state::lock(&self.state)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // Open connections end with their tasks; nobody waits for them.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
