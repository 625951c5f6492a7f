//! The way of every request over gRPC: key, log, faults of the connection, and then the answer.

use std::sync::{Arc, Mutex};

use tonic::{Request, Response, Status};

use super::connection::Line;
use super::faults::Mishap;
use super::log::Asked;
use super::state::{self, State};

/// Answers all services from one state.
#[derive(Clone)]
pub(super) struct Gate {
    state: Arc<Mutex<State>>,
}

/// Implements a service for the [`Gate`] in scope: the calls that are answered, by which function, and those that are
/// not.
macro_rules! service {
    (
        $service:ident in $name:literal
        { $($rpc:ident($ask:ty) -> $answer:ty = $handler:expr;)* }
        refused { $($no:ident($no_ask:ty) -> $no_answer:ty;)* }
    ) => {
        #[tonic::async_trait]
        impl $service for Gate {
            $(async fn $rpc(
                &self,
                request: tonic::Request<$ask>,
            ) -> Result<tonic::Response<$answer>, tonic::Status> {
                self.answer(concat!($name, "/", stringify!($rpc)), request, $handler).await
            })*

            $(async fn $no(
                &self,
                request: tonic::Request<$no_ask>,
            ) -> Result<tonic::Response<$no_answer>, tonic::Status> {
                self.refuse(concat!($name, "/", stringify!($no)), request).await
            })*
        }
    };
}
pub(super) use service;

impl Gate {
    pub(super) fn new(state: Arc<Mutex<State>>) -> Self {
        Self { state }
    }

    pub(super) async fn answer<A, B>(
        &self,
        method: &'static str,
        request: Request<A>,
        handler: fn(&mut State, A) -> Result<B, Status>,
    ) -> Result<Response<B>, Status>
    where
        for<'a> Asked: From<&'a A>,
    {
        let asked = Asked::from(request.get_ref());
        debug_assert_eq!(asked.method(), method);
        self.enter(method, asked, &request).await?;
        let mut state = state::lock(&self.state);
        state.began = std::time::Instant::now();
        handler(&mut state, request.into_inner()).map(Response::new)
    }

    pub(super) async fn refuse<A, B>(
        &self,
        method: &'static str,
        request: Request<A>,
    ) -> Result<Response<B>, Status> {
        self.enter(method, Asked::Refused(method), &request).await?;
        Err(Status::unimplemented(format!(
            "the test server does not answer {method}"
        )))
    }

    async fn enter<A>(&self, method: &str, asked: Asked, request: &Request<A>) -> Result<(), Status> {
        let (delay, mishap) = {
            let mut state = state::lock(&self.state);
            state.log.push(asked);
            let shown = |name| request.metadata().get(name).and_then(|v| v.to_str().ok());
            if !state.admits(shown("api-key"), shown("authorization")) {
                return Err(Status::unauthenticated("the test server wants another api-key"));
            }
            (state.faults.delay(method), state.faults.mishap(method))
        };
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        match mishap {
            None => Ok(()),
            Some(Mishap::Unavailable) => Err(Status::unavailable("the test server is told to be busy")),
            Some(Mishap::Exhausted(after)) => Err(exhausted(after)),
            Some(Mishap::Reset) => {
                let line = request
                    .extensions()
                    .get::<Line>()
                    .expect("every connection has one");
                line.cut();
                // Nobody hears this any more.
                Err(Status::aborted("the connection is cut"))
            }
        }
    }
}

fn exhausted(after: Option<u64>) -> Status {
    let mut status = Status::resource_exhausted("the test server is told to be tired");
    if let Some(seconds) = after {
        let value = seconds.to_string().parse().expect("digits are ASCII");
        status.metadata_mut().insert("retry-after", value);
    }
    status
}
