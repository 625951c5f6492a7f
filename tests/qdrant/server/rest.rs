//! The little of REST that is answered: a connection per request, closed after the answer.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::faults::Mishap;
use super::log::Asked;
use super::state::{self, State};
use super::telemetry;

/// A listener that stops when dropped.
pub(super) struct Rest {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Rest {
    pub(super) fn start(state: Arc<Mutex<State>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&state);
                std::thread::spawn(move || serve(connection, &state));
            }
        });
        Self { address, stopped }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut connection: TcpStream, state: &Mutex<State>) {
    let Some((line, headers)) = read(&connection) else {
        return;
    };
    let answer = respond(&line, &headers, state);
    if let Some((status, kind, body)) = answer {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        // The client may hang up early.
        let _ = connection.write_all((head + &body).as_bytes());
    }
}

/// The request line without its version, and the headers with names in lower case.
fn read(connection: &TcpStream) -> Option<(String, Vec<(String, String)>)> {
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    let line = lines.next()?;
    let line = line.rsplit_once(' ')?.0.to_owned();
    let header = |text: String| {
        let (name, value) = text.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers = lines
        .take_while(|text| !text.is_empty())
        .filter_map(header)
        .collect();
    Some((line, headers))
}

type Answer = (&'static str, &'static str, String);

/// Status, type and body; `None` drops the connection.
fn respond(line: &str, headers: &[(String, String)], state: &Mutex<State>) -> Option<Answer> {
    let asked = Asked::Rest(line.to_owned());
    let method = asked.method().to_owned();
    let (delay, mishap) = {
        let mut state = state::lock(state);
        state.log.push(asked);
        (state.faults.delay(&method), state.faults.mishap(&method))
    };
    std::thread::sleep(delay.unwrap_or_default());
    match mishap {
        Some(Mishap::Reset) => return None,
        Some(Mishap::Unavailable) => return Some(error("503 Service Unavailable", "told to be busy")),
        Some(Mishap::Exhausted(_)) => return Some(error("429 Too Many Requests", "told to be tired")),
        None => {}
    }
    let mut state = state::lock(state);
    let shown = |name| {
        headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    };
    // As in Qdrant, who asks for the version needs no key.
    if method != "GET /" && !state.admits(shown("api-key"), shown("authorization")) {
        return Some((
            "401 Unauthorized",
            "text/plain",
            "the test server wants another api-key".into(),
        ));
    }
    state.began = std::time::Instant::now();
    Some(route(line, &method, &mut state))
}

fn route(line: &str, method: &str, state: &mut State) -> Answer {
    match method {
        "GET /" => (
            "200 OK",
            "application/json",
            telemetry::version(state).to_string(),
        ),
        "GET /metrics" => ("200 OK", "text/plain", telemetry::metrics(state)),
        "GET /telemetry" => {
            let query = line.split_once('?').map_or("", |(_, query)| query);
            let level = query
                .split('&')
                .find_map(|p| p.strip_prefix("details_level=")?.parse().ok());
            let told = telemetry::telemetry(state, level.unwrap_or(0));
            fine(told, state)
        }
        "GET /cluster" => fine(json!({ "status": "disabled" }), state),
        _ => {
            let name = method
                .strip_prefix("GET /collections/")
                .and_then(|p| p.strip_suffix("/cluster"));
            match name.and_then(|name| state.collections.get_mut(name)) {
                Some(collection) => {
                    let told = telemetry::shards(collection);
                    fine(told, state)
                }
                None => error("404 Not Found", &format!("the test server has nothing at {line}")),
            }
        }
    }
}

fn fine(result: Value, state: &State) -> Answer {
    let body = json!({ "result": result, "status": "ok", "time": state.time() });
    ("200 OK", "application/json", body.to_string())
}

fn error(status: &'static str, text: &str) -> Answer {
    let body = json!({ "status": { "error": text }, "time": 0.0 });
    (status, "application/json", body.to_string())
}
