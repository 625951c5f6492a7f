//! Connections to a server, and calls that may be repeated.

use std::fmt;
use std::future::Future;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::qdrant_client::QdrantClient;
use qdrant_client::qdrant::{HealthCheckReply, HealthCheckRequest};
use tokio::runtime::Runtime;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Response, Status};

use super::calls::{Budget, Counts, pause, worth_repeating};
use super::failed;
use crate::backend::{BackendError, Calls};
use crate::pipeline::server::CallConfig;

/// Version of the client's protocol; `Cargo.lock` has it, a test compares the two.
pub(super) const VERSION: &str = "1.20.0";

/// Messages as large as a server may make them: its own limits hold.
const LARGEST: usize = usize::MAX;

/// A secret: neither printed nor written.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being seen.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Puts the key into every call.
#[derive(Debug, Clone)]
pub(super) struct Key(Option<MetadataValue<Ascii>>);

impl Interceptor for Key {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(key) = &self.0 {
            request.metadata_mut().insert("api-key", key.clone());
        }
        Ok(request)
    }
}

/// A connection that brings the key.
pub(super) type Connection = InterceptedService<Channel, Key>;

/// The gRPC side of a server.
pub(super) struct Client {
    runtime: Runtime,
    /// Where it may be.
    candidates: Vec<String>,
    key: Option<Secret>,
    config: CallConfig,
    connected: OnceLock<Connected>,
    counts: Counts,
    budget: Budget,
}

struct Connected {
    place: String,
    connections: Vec<Connection>,
    health: HealthCheckReply,
}

/// An answer, with how long it took to come.
pub(super) struct Answer<T> {
    pub(super) value: T,
    /// From the first try to the answer, pauses and repeats included.
    pub(super) took: Duration,
}

impl Client {
    pub(super) fn new(
        candidates: Vec<String>,
        key: Option<Secret>,
        config: &CallConfig,
    ) -> Result<Self, BackendError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("qdrant")
            .enable_all()
            .build()
            .map_err(|e| failed("the threads of the client", e.to_string()))?;
        Ok(Self {
            runtime,
            candidates,
            key,
            config: config.clone(),
            connected: OnceLock::new(),
            counts: Counts::default(),
            budget: Budget::default(),
        })
    }

    /// Who answers.
    pub(super) fn health(&self) -> Result<HealthCheckReply, BackendError> {
        Ok(self.connected()?.health.clone())
    }

    /// Where the server is: the address that answered, or the first one while none has.
    pub(super) fn place(&self) -> &str {
        match self.connected.get() {
            Some(connected) => &connected.place,
            None => &self.candidates[0],
        }
    }

    pub(super) fn calls(&self) -> Calls {
        self.counts.calls()
    }

    /// Calls `points` with a client of connection `turn`, again where that may help.
    pub(super) fn points<T, F>(
        &self,
        what: &str,
        turn: usize,
        call: impl Fn(PointsClient<Connection>) -> F,
    ) -> Result<Answer<T>, BackendError>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        self.call(what, turn, |connection| {
            let client = PointsClient::new(connection);
            call(
                client
                    .max_decoding_message_size(LARGEST)
                    .max_encoding_message_size(LARGEST),
            )
        })
    }

    /// The same for collections.
    pub(super) fn collections<T, F>(
        &self,
        what: &str,
        call: impl Fn(CollectionsClient<Connection>) -> F,
    ) -> Result<T, BackendError>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let answer = self.call(what, 0, |connection| call(CollectionsClient::new(connection)))?;
        Ok(answer.value)
    }

    fn call<T, F>(
        &self,
        what: &str,
        turn: usize,
        call: impl Fn(Connection) -> F,
    ) -> Result<Answer<T>, BackendError>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let connections = &self.connected()?.connections;
        let connection = &connections[turn % connections.len()];
        let start = Instant::now();
        for attempt in 0.. {
            let answer = self.once(call(connection.clone()));
            self.counts.sent(attempt);
            let status = match answer {
                Ok(response) => {
                    self.budget.earn();
                    let took = start.elapsed();
                    let value = response.into_inner();
                    return Ok(Answer { value, took });
                }
                Err(status) => status,
            };
            self.counts.failed(&status);
            let again = attempt < self.config.retries && worth_repeating(&status) && self.budget.spend();
            if !again {
                return Err(failed(what, in_words(&status, attempt)));
            }
            std::thread::sleep(pause(&status, attempt));
        }
        unreachable!("the loop above ends only by returning")
    }

    /// One try, ended when its time is up.
    fn once<T>(&self, call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        let limit = Duration::from_secs_f64(self.config.timeout_s);
        self.runtime.block_on(async {
            let late = |_| Status::deadline_exceeded(format!("no answer within {} s", self.config.timeout_s));
            tokio::time::timeout(limit, call).await.map_err(late)?
        })
    }

    /// The connections; made by the first call, to the first address that answers as Qdrant.
    fn connected(&self) -> Result<&Connected, BackendError> {
        if let Some(connected) = self.connected.get() {
            return Ok(connected);
        }
        let mut first = None;
        for place in &self.candidates {
            match self.connect(place) {
                Ok(connected) => return Ok(self.connected.get_or_init(|| connected)),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.expect("there is an address"))
    }

    fn connect(&self, place: &str) -> Result<Connected, BackendError> {
        let what = format!("reaching Qdrant at {place}");
        let wrong = |e: &dyn std::error::Error| failed(&*what, chain(e));
        let key = match &self.key {
            Some(secret) => {
                let value = secret.reveal().parse::<MetadataValue<Ascii>>();
                let mut value = value
                    .map_err(|_| failed(&*what, "the API key has characters that no header may have"))?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        let mut endpoint = Endpoint::from_shared(place.to_owned()).map_err(|e| wrong(&e))?;
        if place.starts_with("https://") {
            let tls = ClientTlsConfig::new().with_native_roots();
            endpoint = endpoint.tls_config(tls).map_err(|e| wrong(&e))?;
        }
        let limit = Duration::from_secs_f64(self.config.timeout_s.min(10.0));
        let endpoint = endpoint.connect_timeout(limit).tcp_nodelay(true);
        let channel = self.runtime.block_on(endpoint.connect()).map_err(|e| {
            failed(
                &*what,
                format!("{}; `evalrun doctor qdrant` looks further", chain(&e)),
            )
        })?;
        let first = InterceptedService::new(channel, Key(key.clone()));
        let health = self.once(QdrantClient::new(first.clone()).health_check(HealthCheckRequest {}));
        let health = health
            .map_err(|status| failed(&*what, in_words(&status, 0)))?
            .into_inner();
        let mut connections = vec![first];
        let _inside = self.runtime.enter();
        for _ in 1..self.config.connections {
            connections.push(InterceptedService::new(endpoint.connect_lazy(), Key(key.clone())));
        }
        Ok(Connected {
            place: place.to_owned(),
            connections,
            health,
        })
    }
}

/// An error with everything under it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// What a status means, and the way out.
fn in_words(status: &Status, repeats: u32) -> String {
    use tonic::Code;
    let advice = match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => {
            "; set the API key in the variable that `api_key: { env: … }` names (QDRANT_API_KEY)"
        }
        Code::ResourceExhausted => "; fewer `connections` or a smaller `batch` ask less of the server",
        Code::DeadlineExceeded => "; `timeout` gives it more time",
        Code::Unavailable => "; is the server still running?",
        _ => "",
    };
    let again = match repeats {
        0 => String::new(),
        n => format!(" (after {n} repeats)"),
    };
    let code = super::calls::name(status.code());
    let message = match status.message() {
        "" => String::new(),
        text => format!(" {text}"),
    };
    format!("{code}{message}{again}{advice}")
}

/// Whether the client's protocol fits a server: its own minor version and the one before.
pub(super) fn supported(version: &str) -> Result<(), BackendError> {
    match difference(version) {
        Some(-1..=1) => Ok(()),
        _ => Err(failed(
            format!("the server's version is {version:?}"),
            format!("this program speaks the protocol of {VERSION}; measure a server of 1.19 to 1.21"),
        )),
    }
}

/// By how many minor versions the server is ahead; `None` where the versions cannot be compared.
pub(super) fn difference(version: &str) -> Option<i64> {
    let parts = |text: &str| {
        let mut numbers = text.split('.').map(|n| n.parse::<i64>().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    let ((major, minor), (own_major, own_minor)) = (parts(version)?, parts(VERSION)?);
    (major == own_major).then_some(minor - own_minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_the_same_or_neighbours() {
        for version in ["1.19.0", "1.20.3", "1.21.0-dev"] {
            assert!(supported(version).is_ok(), "{version}");
        }
        for version in ["1.18.2", "2.20.0", "1.22.0", "", "dev"] {
            assert!(supported(version).is_err(), "{version}");
        }
    }

    #[test]
    fn the_version_is_that_of_the_locked_client() {
        let lock = include_str!("../../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"qdrant-client\"\nversion = \"{VERSION}\"\n")));
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Some(Secret::new("abc"))), "Some((secret))");
    }

    #[test]
    fn a_status_brings_its_way_out() {
        let text = in_words(&Status::unauthenticated("no key"), 0);
        assert_eq!(
            text,
            "UNAUTHENTICATED no key; set the API key in the variable that `api_key: { env: … }` names (QDRANT_API_KEY)"
        );
        assert_eq!(in_words(&Status::internal(""), 3), "INTERNAL (after 3 repeats)");
    }
}
